// @ts-check
/** How fast a recipe trains on a backend: real steps of that very recipe, on weights that nobody sees. Knows no DOM. */
import { macrotask } from './macrotask.js';
import { Pump } from './pump.js';
import { keyOf, shape } from '../common/recipe.js';

/** @typedef {import('../common/protocol.js').Engine} Engine */
/** @typedef {import('../common/protocol.js').Fields} Fields */
/** @typedef {import('../common/protocol.js').Recipe} Recipe */
/** @typedef {import('../common/protocol.js').Session} Session */

/**
 * A speed is the best of some short measurements, taken until four in a row have brought nothing better: browsers compile wasm well only
 * after it has run for a while (on a busy machine, for long), a GPU wakes up as slowly, and what else the machine does only ever slows
 * one down.
 */
const MEASURE_MS = 120;
const NOTHING_BETTER = 4;
const BETTER = 1.05;

/** The longest that measuring goes on. */
const MOST_MS = 4_000;

/** Steps of an epoch beyond which more draws change nothing, and numbers of draws whose drawing takes a tenth of a second. */
const STEPS_PER_EPOCH = 64;
const MOST_NUMBERS = 1 << 21;

/** The most epochs that a recipe may have. */
const EPOCHS = keyOf('epochs').most ?? 1;

/**
 * @param {Engine} engine @param {Recipe} recipe @param {import('./pump.js').Kind} kind what the engine computes on
 * @param {() => boolean} [stop] whether there is something better to do
 * @returns {Promise<number | null>} steps a second; null if it was stopped, or diverged at once
 */
export async function measure(engine, recipe, kind, stop = () => false) {
  const session = await engine.Session.open(endless(recipe));
  try {
    const pump = new Pump(session, kind, shape(recipe));
    // The first step compiles a GPU's pipelines.
    await trainFor(pump, session, 0, stop);
    const began = performance.now();
    let best = 0;
    for (let worse = 0; worse < NOTHING_BETTER && performance.now() - began < MOST_MS && !stop(); worse += 1) {
      const rate = await trainFor(pump, session, MEASURE_MS, stop);
      if (rate > BETTER * best) worse = -1;
      best = Math.max(best, rate);
    }
    return stop() || !(best > 0) ? null : best;
  } finally {
    session.free();
  }
}

/**
 * Trains for that long, at least a piece, and waits until all of it is done.
 * @param {Pump} pump @param {Session} session @param {number} ms @param {() => boolean} stop @returns {Promise<number>} steps a second
 */
async function trainFor(pump, session, ms, stop) {
  // A step of a large recipe takes longer than the whole measurement, so parts count.
  const from = pump.done;
  const began = performance.now();
  do {
    await pump.next(EPOCHS);
    await macrotask();
  } while (!session.done && performance.now() - began < ms && !stop());
  await pump.settle();
  // A run that diverges is over at once.
  if (session.done) return 0;
  return ((pump.done - from) / session.microBatchesPerStep / (performance.now() - began)) * 1000;
}

/** The recipe with no end in sight, and no more draws than its speed depends on. @param {Recipe} recipe @returns {Fields} */
function endless(recipe) {
  const { n, batch, d } = recipe;
  const steps = Math.min(STEPS_PER_EPOCH, Math.ceil(MOST_NUMBERS / (batch * d * d)));
  const values = Object.entries({ ...recipe, n: Math.min(n, steps * batch), epochs: EPOCHS });
  return Object.fromEntries(values.map(([key, value]) => [key, String(value)]));
}
