// @ts-check
/** The page's lab, which most of a first visit does without: loaded by whoever asks first, and the same for all. */
import { typed } from '../common/recipe.js';

/** @type {Promise<import('../run/lab.js').Lab> | undefined} */
let opened;

export function lab() {
  opened ??= import('../run/lab.js').then(({ Lab }) => new Lab());
  return opened;
}

/**
 * The lowest MSE of each width from 0 to `most`, as far as it is known: under standard normal draws, or on what the run of a recipe that names a layer keeps back
 * of that; null where neither can be had: then nothing is said of it.
 * @param {{ d: number } & Partial<import('../common/protocol.js').Recipe>} recipe @param {number} most
 */
export async function floors(recipe, most) {
  try {
    if (!recipe.layer) return [...(await (await lab()).floors(recipe.d, most, recipe.target))];
    await (await import('../run/layers.js')).held({ ...recipe });
    return [...(await (await lab()).layerFloors(typed(recipe)))];
  } catch {
    return null;
  }
}
