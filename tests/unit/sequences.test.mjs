// @ts-check
/**
 * Whatever befalls a run, and in whatever order, it ends with the bits of the run that nothing befell. Five faults each, drawn by a seed from all that there
 * are (`faults.mjs`), on the page's own scripts and modules in a world of our own (`world.mjs`).
 *
 *     PHI_PSI_SEQUENCES=1000 PHI_PSI_SEED=7 node --test tests/unit/sequences.test.mjs: as many, from that seed on
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawn, FAULTS, randomOf, told } from '../faults.mjs';
import { Stage } from './stage.mjs';
import { parts } from './world.mjs';

const SEQUENCES = Number(process.env.PHI_PSI_SEQUENCES ?? 100);
const SEED = Number(process.env.PHI_PSI_SEED ?? 1);

const SMALL = { d: '2', m: '4', hidden: '8', n: '64', batch: '16', epochs: '200', lr: '0.01', seed: '42' };

/** @type {import('../../www/common/protocol.js').Fields[]} */
const RECIPES = [
  SMALL,
  { ...SMALL, fresh: '1', schedule: 'cosine' },
  { ...SMALL, rates: '60:0.005,140:0.001', n: '50' },
  { ...SMALL, target: 'relu', batch: '64' },
];

const made = await parts();

/** @typedef {Awaited<ReturnType<Stage['play']>>} Outcome */
/** @typedef {import('../faults.mjs').Drawn} Drawn */

/** What each recipe comes to where nothing befalls it. @type {Map<string, Promise<Outcome>>} */
const undisturbed = new Map();

/** @param {typeof RECIPES[number]} fields @param {boolean} gpu */
function expected(fields, gpu) {
  const key = JSON.stringify([fields, gpu]);
  const found = undisturbed.get(key) ?? new Stage(made, fields, gpu, Math.random).play([]);
  undisturbed.set(key, found);
  return found;
}

/** Plays one sequence, and holds its end to the undisturbed run's. @param {typeof RECIPES[number]} fields @param {boolean} gpu @param {readonly Drawn[]} faults @param {() => number} random */
async function survives(fields, gpu, faults, random) {
  const stage = new Stage(made, fields, gpu, random);
  const [found, wanted] = [await stage.play(faults), await expected(fields, gpu)];
  assert.deepEqual(found.bits, wanted.bits);
  // A GPU looks at the held-out draws in another order.
  found.heldOuts.forEach((heldOut, i) => assert.ok(Math.abs(heldOut / wanted.heldOuts[i] - 1) <= (gpu ? 1e-4 : 0), `epoch ${i + 1}`));
  return stage;
}

/** What lost a run before it was mended, as it was drawn. @type {Record<string, Drawn[]>} */
const LOST = {
  'what was kept of a GPU’s wrong numbers was offered again': [
    { name: 'the GPU computes wrong numbers', at: 0.01, atOnce: false },
    { name: 'a trap in the module', at: 0, atOnce: true },
    { name: 'the network is lost and comes back', at: 0, atOnce: true },
    { name: 'the network is lost and comes back', at: 0, atOnce: true },
    { name: 'the clock jumps', at: 0.9, atOnce: false },
  ],
  'a worker that was killed while a GPU was tried was waited for without end': [{ name: 'a worker killed without a word', at: 0, atOnce: true }],
};

for (const [words, faults] of Object.entries(LOST)) test(`mended: ${words}`, async () => void (await survives(RECIPES[3], true, faults, () => 0.5)));

test(`after ${SEQUENCES} sequences of five faults each the run has the bits of the undisturbed one`, async (t) => {
  /** @type {Record<string, number>} */
  const counts = {};
  let [resumed, anew] = [0, 0];
  for (let seed = SEED; seed < SEED + SEQUENCES; seed += 1) {
    const random = randomOf(seed);
    const gpu = seed % 2 === 0;
    const fields = RECIPES[Math.floor(random() * RECIPES.length)];
    const faults = drawn(random, gpu);
    for (const { name } of faults) counts[name] = (counts[name] ?? 0) + 1;
    try {
      const stage = await survives(fields, gpu, faults, random);
      resumed += stage.resumed;
      anew += stage.anew;
    } catch (error) {
      t.diagnostic(`PHI_PSI_SEQUENCES=1 PHI_PSI_SEED=${seed} repeats it: ${told(seed, faults)}`);
      throw error;
    }
  }
  t.diagnostic(
    `${SEQUENCES} sequences from seed ${SEED}: all ended with the bits; runs were taken up again ${resumed} times, and trained anew ${anew - SEQUENCES} times`,
  );
  for (const name of Object.keys(FAULTS)) t.diagnostic(`${String(counts[name] ?? 0).padStart(5)}  ${name}`);
});
