// @ts-check
/** What there is to say of the runs of many seeds: how they are spread, where the notebook's own printed run lies among them, and what their mean does. Pure. */
import { KEYS } from '../../common/keys.js';
import { count, error, times } from '../../common/figures.js';
import { shareBelow, spread } from '../../common/statistics.js';

/** @typedef {import('../../common/keys.js').Recipe} Recipe */
/** @typedef {import('../../common/statistics.js').Spread} Spread */
/** @typedef {import('./average.js').Averaged} Averaged */
/** @typedef {import('../../run/ensemble.js').Ensemble} Ensemble */
/** A run that has been measured. @typedef {{ seed: number, value: number }} Point */
/** What all runs come to at an epoch. @typedef {{ epoch: number, mses: Spread, heldOuts: Spread }} Column */

/** The epoch MSE that the class notebook has printed in it, of a seed that nobody wrote down. */
export const PRINTED = [0.8032, 0.2772, 0.1711, 0.1388, 0.119];

/** What may be another than the notebook's and leave its first epochs as they are. */
const FREE = ['seed', 'seeds', 'epochs'];

/** Whether the runs begin as the notebook's own did, but for their seeds. @param {Recipe} recipe */
export function isNotebooks(recipe) {
  return KEYS.every(({ name, notebook }) => FREE.includes(name) || String(recipe[name] ?? notebook) === notebook);
}

/** From the lowest to the highest; what is not finite is above all else. @param {readonly Point[]} points */
export function fromBelow(points) {
  const height = (/** @type {Point} */ { value }) => (Number.isFinite(value) ? value : Infinity);
  return [...points].sort((one, other) => height(one) - height(other) || one.seed - other.seed);
}

/** @param {Spread} spread */
export function spreadWords({ median, low, high }) {
  return `median ${error(median)}, 10–90 % ${bandWords({ low, high })}`;
}

/** @param {Pick<Spread, 'low' | 'high'>} band */
export function bandWords({ low, high }) {
  return `${error(low)}–${error(high)}`;
}

/** The band of each line of the log, where more than one run has come so far. @param {readonly Column[]} columns @param {number} lines */
export function bandLines(columns, lines) {
  const known = new Map(columns.map(({ epoch, mses }) => [epoch, mses.count > 1 ? bandWords(mses) : '']));
  return Array.from({ length: lines }, (_, i) => known.get(i + 1) ?? '').join('\n');
}

/** Every epoch that is looked at. @param {readonly Column[]} columns @param {number} seeds */
export function tableOf(columns, seeds) {
  const mean = (/** @type {Spread} */ { mean, meanError }) => (Number.isNaN(meanError) ? error(mean) : `${error(mean)} ± ${error(meanError)}`);
  const rows = columns.map(({ epoch, mses, heldOuts }) => [
    count(epoch),
    ...[mses, heldOuts].flatMap((all) => [mean(all), error(all.median), bandWords(all)]),
    count(mses.count),
  ]);
  return { caption: `${count(seeds)} seeds, epoch by epoch: means with their standard errors.`, rows };
}

/** What all runs come to. @param {Pick<Ensemble, 'heldOut' | 'members' | 'recipe' | 'known' | 'failure'>} ensemble */
export function seedsWords({ heldOut, members, recipe, known, failure }) {
  const all = spread(heldOut.map(({ value }) => value));
  const [measured, diverged] = [heldOut.length, members.filter((member) => member.diverged).length];
  const failed = members.filter((member) => member.failed).length;
  const first = `seed ${recipe.seed} to ${recipe.seed + members.length - 1}`;
  const parts = [
    `Held-out MSE over ${count(measured)} of ${count(members.length)} seeds (${first})`,
    ...(measured > 1
      ? [`mean ${error(all.mean)} ± ${error(all.meanError)} (standard error), ${spreadWords(all)}, from ${error(all.least)} to ${error(all.most)}`]
      : []),
  ];
  const lost = [
    ...(known > 0 ? [`${count(known)} of them were trained before, and kept.`] : []),
    ...(diverged > 0 ? [`${count(diverged)} diverged.`] : []),
    ...(failed > 0 ? [`${count(failed)} could not be trained.`] : []),
    failure,
  ];
  return [`${parts.join(': ')}.`, ...lost].filter(Boolean).join(' ');
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

/** The mean of so many runs, for a table. @param {Averaged} point @param {number | undefined} floor of that width */
export function averageCells({ runs, mse, alone }, floor) {
  return [count(runs), error(mse), error(alone), floorWords(floor)];
}

/** The same, read out. @param {Averaged} point @param {number | undefined} floor */
export function averageWords({ runs, mse, alone }, floor) {
  return `${count(runs)} ${runs === 1 ? 'run' : 'runs'}: ${error(mse)}, alone ${error(alone)}, floor ${floorWords(floor)}`;
}

/** @param {number | undefined} floor */
function floorWords(floor) {
  return floor === undefined || Number.isNaN(floor) ? '–' : error(floor);
}

/** What has come of averaging. @param {readonly Averaged[]} points @param {readonly number[]} floors of width 0, 1, … @param {number} m @param {boolean} layered whether the draws are a layer's */
export function conclusion(points, floors, m, layered) {
  const last = points[points.length - 1];
  const width = m * last.runs;
  const against = floors[width] > 0 ? ` Together they are ${count(width)} wide: the floor of that width is ${error(floors[width])}.` : '';
  return `The mean of ${count(last.runs)} runs’ outputs has an MSE of ${error(last.mse)}, where each alone has ${error(last.alone)} on the same draws${layered ? ', which are of all rows and inputs of the layer, those that a run has trained on among them' : ''}: ${times(last.alone / last.mse)} better. What their errors have of chance cancels, and what they have in common stays.${against}`;
}
