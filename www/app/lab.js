// @ts-check
/** The page's lab, which most of a first visit does without: loaded by whoever asks first, and the same for all. */
import { once } from '../common/once.js';
import { keyOf, off, typed } from '../common/recipe.js';

export const lab = once(async () => (await import('../run/lab.js')).lab());

/** What is dear about floors is the same for every width: all that a recipe may have, of each target and d that was asked for. @type {Map<string, Promise<Float64Array>>} */
const known = new Map();

/** @param {number} d @param {string} [target] */
function gaussian(d, target = off('target')) {
  const key = `${target} ${d}`;
  let found = known.get(key);
  if (!found) {
    found = lab().then((lab) => lab.floors(d, keyOf('m').most ?? 1, target));
    known.set(key, found);
    // Whoever asks next asks anew.
    found.catch(() => known.delete(key));
  }
  return found;
}

/**
 * The lowest MSE of each width from 0 to `most`, as far as it is known: under standard normal draws, or on what the run of a recipe that names a layer keeps back
 * of that; null where neither can be had.
 * @param {{ d: number } & Partial<import('../common/protocol.js').Recipe>} recipe @param {number} most
 */
export async function floors(recipe, most) {
  try {
    if (!recipe.layer) return [...(await gaussian(recipe.d, recipe.target)).subarray(0, most + 1)];
    await (await import('../run/layers.js')).held({ ...recipe });
    return [...(await (await lab()).layerFloors(typed(recipe)))];
  } catch {
    return null;
  }
}
