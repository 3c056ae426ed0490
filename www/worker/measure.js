// @ts-check
/** How fast a recipe trains on a backend: real steps of that very recipe, on weights that nobody sees. Knows no DOM. */
import { shape, typed } from '../common/recipe.js';
import { macrotask } from './macrotask.js';
import { EPOCHS, TimedRun } from './timing.js';

/** @typedef {import('../common/protocol.js').Engine} Engine */
/** @typedef {import('../common/protocol.js').Fields} Fields */
/** @typedef {import('../common/protocol.js').Recipe} Recipe */

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

/**
 * @param {Engine} engine @param {Recipe} recipe @param {import('./pump.js').Kind} kind what the engine computes on
 * @param {() => boolean} [stop] whether there is something better to do
 * @returns {Promise<number | null>} steps a second; null if it was stopped, or diverged at once
 */
export async function measure(engine, recipe, kind, stop = () => false) {
  const run = await TimedRun.ofRecipe(engine, endless(recipe), kind, shape(recipe));
  const goOn = async () => {
    await macrotask();
    return !stop();
  };
  try {
    // The first step compiles a GPU's pipelines.
    await run.during(0, goOn);
    const began = performance.now();
    let best = 0;
    for (let worse = 0; worse < NOTHING_BETTER && performance.now() - began < MOST_MS && !stop(); worse += 1) {
      // A step of a large recipe takes longer than the whole measurement, so parts count.
      const { steps, seconds } = await run.during(MEASURE_MS, goOn);
      // A run that diverges is over at once.
      const rate = run.done ? 0 : steps / seconds;
      if (rate > BETTER * best) worse = -1;
      best = Math.max(best, rate);
    }
    return stop() || !(best > 0) ? null : best;
  } finally {
    run.free();
  }
}

/** The recipe with no end in sight, and no more draws than its speed depends on; where they come from does not matter. @param {Recipe} recipe @returns {Fields} */
function endless({ layer: _, ...recipe }) {
  const { n, batch, d } = recipe;
  const steps = Math.min(STEPS_PER_EPOCH, Math.ceil(MOST_NUMBERS / (batch * d * d)));
  return typed({ ...recipe, n: Math.min(n, steps * batch), epochs: EPOCHS });
}
