// @ts-check
/**
 * A few of the sequences of `unit/sequences.test.mjs` on the page itself, which holds the world that those are played in to a browser's: five faults each,
 * and at the end the run that nothing befell, to the digits of the table on the CPU and up to rounding on a GPU.
 *
 *     PHI_PSI_PAGE_SEEDS=7,8,9: those instead, on each backend
 */
import assert from 'node:assert/strict';
import { visitors } from './browser.mjs';
import { drawn, randomOf, told } from '../faults.mjs';
import { circumstances, Staged } from './staged.mjs';

const { PHI_PSI_PAGE_SEEDS } = process.env;

/**
 * All of the twenty kinds of fault are among them but a GPU's wrong numbers: a run as short as these may end before the next audit finds them out, and
 * recovery.test.mjs has a longer one. Between two faults of the GPU, which each send the run to the CPU, the page is loaded again and has it back.
 */
const BACKENDS = {
  cpu: { visit: visitors(), fields: { m: 4, hidden: 16, n: 1_024, epochs: 50 }, tolerance: 0, seeds: [11, 66, 124] },
  // Another order of summing, some hundred steps long.
  webgpu: { visit: visitors('webgpu'), fields: { m: 4, hidden: 16, n: 256, epochs: 50 }, tolerance: 0.01, seeds: [1_409_873] },
};

/** The runs that nothing befalls, on the CPU. @type {Record<string, number[]>} */
const undisturbed = {};

BACKENDS.cpu.visit('the runs that nothing befalls', circumstances('?backend=cpu'), async (visitor) => {
  for (const [backend, { fields }] of Object.entries(BACKENDS)) {
    await visitor.train(fields);
    undisturbed[backend] = await visitor.table();
  }
});

for (const [backend, { visit, fields, tolerance, seeds }] of Object.entries(BACKENDS)) {
  for (const seed of PHI_PSI_PAGE_SEEDS?.split(',').map(Number) ?? seeds) {
    const random = randomOf(seed);
    const faults = drawn(random, backend === 'webgpu');
    visit(`${told(seed, faults)} (${backend})`, circumstances(`?backend=${backend}`), async (visitor, t) => {
      const staged = new Staged(visitor, fields, random);
      await staged.play(faults);
      // What is on show follows the state.
      await visitor.eventually(async () => assert.equal((await visitor.lines()).length, fields.epochs));
      const found = await visitor.table();
      assert.equal(found.length, fields.epochs);
      const off = found.map((mse, i) => Math.abs(mse / undisturbed[backend][i] - 1));
      t.diagnostic(`taken up again ${staged.resumed} times, begun ${staged.anew} times; off by ${Math.max(...off)} at most`);
      assert.ok(
        off.every((one) => one <= tolerance),
        `${off}`,
      );
    });
  }
}
