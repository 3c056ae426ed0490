// @ts-check
/**
 * A few of the sequences of `unit/sequences.test.mjs` on the page itself, which holds the world that those are played in to a browser's: five faults each,
 * and at the end the run that nothing befell, to the digits of the table on the CPU and up to rounding on a GPU.
 *
 *     PHI_PSI_PAGE_SEEDS=7,8,9: those instead, on each backend
 */
import assert from 'node:assert/strict';
import { drawn, randomOf, told } from '../faults.mjs';
import { cpu, trained } from '../unit/module.mjs';
import { visitors } from './browser.mjs';
import { circumstances, Staged } from './staged.mjs';

const { PHI_PSI_PAGE_SEEDS } = process.env;

/**
 * All of the twenty kinds of fault are among them but a GPU's wrong numbers: a run as short as these may end before the next audit finds them out, and
 * recovery.test.mjs has a longer one. Between two faults of the GPU, which each send the run to the CPU, the page is loaded again and has it back.
 */
const BACKENDS = {
  cpu: { visit: visitors(), fields: { m: '4', hidden: '16', n: '1024', epochs: '50' }, tolerance: 0, seeds: [11, 66, 124] },
  // Another order of summing, some hundred steps long.
  webgpu: { visit: visitors('webgpu'), fields: { m: '4', hidden: '16', n: '256', epochs: '50' }, tolerance: 0.01, seeds: [1_409_873] },
};

/** What the form holds besides. */
const DEFAULTS = { d: '2', batch: '64', lr: '0.001', seed: '42' };

const engine = await cpu();

/** The run that nothing befalls, from the module in Node, which has every browser's bits on the CPU. @param {typeof BACKENDS.cpu.fields} fields */
async function undisturbed(fields) {
  const { history } = await trained(engine, { ...DEFAULTS, ...fields });
  return history.map(({ mse }) => Number(mse.toPrecision(6)));
}

for (const [backend, { visit, fields, tolerance, seeds }] of Object.entries(BACKENDS)) {
  for (const seed of PHI_PSI_PAGE_SEEDS?.split(',').map(Number) ?? seeds) {
    const random = randomOf(seed);
    const faults = drawn(random, backend === 'webgpu');
    visit(`${told(seed, faults)} (${backend})`, circumstances(`?backend=${backend}`), async (visitor, t) => {
      const staged = new Staged(visitor, fields, random);
      await staged.play(faults);
      // What is on show follows the state.
      await visitor.eventually(async () => assert.equal((await visitor.lines()).length, Number(fields.epochs)));
      const found = await visitor.table();
      const known = await undisturbed(fields);
      assert.equal(found.length, known.length);
      const off = found.map((mse, i) => Math.abs(mse / known[i] - 1));
      t.diagnostic(`taken up again ${staged.resumed} times, begun ${staged.anew} times; off by ${Math.max(...off)} at most`);
      assert.ok(
        off.every((one) => one <= tolerance),
        `${off}`,
      );
    });
  }
}
