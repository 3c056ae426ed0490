// @ts-check
/** What is said of a link's run: what it is, before it runs, and whether it came out the same. Pure. Loaded with the first link. */
import { count, room } from '../../common/figures.js';
import { NAMES } from '../../common/reasons.js';
import { courseWords, numbers } from '../../common/recipe.js';

/** @typedef {import('../../common/protocol.js').Backend} Backend */
/** @typedef {import('../../common/protocol.js').CheckedRecipe} CheckedRecipe */
/** @typedef {import('../../common/protocol.js').OpenedLink} OpenedLink */

/** Another order of adding moves the last MSE by less than this part of it. */
const ROUNDING = 0.01;

/** What is about to run. @param {OpenedLink} link @param {CheckedRecipe} checked */
export function describe({ recipe, W, mse }, { stepsPerEpoch, memory }) {
  const values = [...numbers(recipe).map(([key, value]) => `${key}\u00a0=\u00a0${value}`), ...courseWords(recipe)];
  const steps = stepsPerEpoch * recipe.epochs;
  const demo = W === undefined ? '' : ' Its W and x are under “Or type your own”.';
  const expected = mse === undefined ? '' : ` Where it was made, the last epoch’s MSE was ${mse}.`;
  return `The link’s run: ${values.join(', ')}; ${count(steps)} ${steps === 1 ? 'step' : 'steps'} in all${recipe.seeds ? ' for each' : ''}, about ${room(memory)}.${demo}${expected}`;
}

/** @param {number} here @param {number} there @param {Backend} backend @param {string} told what tells of `there` */
export function compare(here, there, backend, told) {
  if (here === there) return `Reproduced: the last epoch’s MSE is the same to the last bit (${here}).`;
  const apart = Math.abs(here - there) / Math.max(here, there);
  const figures = `Not the same: the last epoch’s MSE is ${here} here, on ${NAMES[backend]}, and ${there} in the ${told}`;
  if (!Number.isFinite(apart)) return `${figures}.`;
  let why = `more than another order of adding explains: the ${told} was changed, or another version of this page made it`;
  if (apart < ROUNDING) {
    why =
      backend === 'webgpu'
        ? 'a GPU adds in another order than the CPU or another GPU'
        : `the CPU gives the same bits everywhere, so the ${told}’s figure is likely a GPU’s, which adds in another order`;
  }
  return `${figures}, ${Number((apart * 100).toPrecision(2))}\u00a0% apart: ${why}.`;
}
