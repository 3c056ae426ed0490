// @ts-check
/** How far a run has come, in a sentence for what is taken away of it. Pure. */
import { error } from '../common/figures.js';
import { quoted } from '../common/quoted.js';
import { solveWords } from '../common/recipe.js';

/**
 * @typedef {object} Reached
 * @property {number} epochs trained so far
 * @property {number | null} mse of the last of them, where there is one
 * @property {readonly import('../common/protocol.js').Solved[]} [solved] the solutions on its way
 * @property {string} [begun] the file whose weights it began with
 * @property {boolean} [within] whether it was trained for a part of the next epoch too
 */

/** What was done, one thing after the other; nothing of untrained networks. @param {Reached} reached @returns {string[]} */
export function reachedWords({ epochs, mse, solved = [], begun, within = false }) {
  const first = begun === undefined ? [] : [`begun with the weights of “${quoted(begun)}”`];
  const trained = mse === null ? [] : [`trained for ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}, MSE ${error(mse)}`];
  const found = solved.map((solve) => `${solveWords(solve)}, validation MSE ${error(solve.heldOut)} with that`);
  return [...first, ...trained, ...found, ...(within ? [`trained for a part of epoch ${epochs + 1}`] : [])];
}
