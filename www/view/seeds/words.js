// @ts-check
/** What there is to say of the runs of many seeds: how they are spread, and where the notebook's own printed run lies among them. Pure. */
import { KEYS } from '../../common/keys.js';
import { count, error } from '../../common/figures.js';
import { shareBelow } from '../../common/statistics.js';

/** @typedef {import('../../common/keys.js').Recipe} Recipe */
/** @typedef {import('../../common/statistics.js').Spread} Spread */

/** The epoch MSE that the class notebook has printed in it, of a seed that nobody wrote down. */
export const PRINTED = [0.8032, 0.2772, 0.1711, 0.1388, 0.119];

/** What may be another than the notebook's and leave its first epochs as they are. */
const FREE = ['seed', 'seeds', 'epochs'];

/** Whether the runs begin as the notebook's own did, but for their seeds. @param {Recipe} recipe */
export function isNotebooks(recipe) {
  return KEYS.every(({ name, notebook }) => FREE.includes(name) || String(recipe[name] ?? notebook) === notebook);
}

/** @param {Spread} spread */
export function spreadWords({ median, low, high }) {
  return `median ${error(median)}, 10–90 % ${bandWords({ low, high })}`;
}

/** @param {Pick<Spread, 'low' | 'high'>} band */
export function bandWords({ low, high }) {
  return `${error(low)}–${error(high)}`;
}

/** Where the notebook's printed run lies. @param {readonly (readonly number[])[]} mses of each epoch, those of all runs */
export function printedWords(mses) {
  const epochs = mses.slice(0, PRINTED.length).filter(({ length }) => length > 0);
  if (epochs.length === 0) return '';
  const last = epochs.length;
  const share = (/** @type {number} */ epoch) =>
    `higher than ${percent(shareBelow(mses[epoch - 1], PRINTED[epoch - 1]))} of ${count(mses[epoch - 1].length)} seeds in epoch ${epoch}`;
  const end = last > 1 ? `, and ends with ${PRINTED[last - 1].toFixed(4)}, ${share(last)}` : '';
  return `The run that the notebook has printed in it begins with ${PRINTED[0].toFixed(4)}, ${share(1)}${end}.`;
}

/** Never rounded up to all of them, nor down to none. @param {number} share */
function percent(share) {
  const rounded = Math.min(Math.max(Math.round(100 * share), share > 0 ? 1 : 0), share < 1 ? 99 : 100);
  return `${rounded}\u00a0%`;
}
