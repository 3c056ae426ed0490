// @ts-check
/** What there is to say of the chart: the whole, one epoch of the present run, and another run's value at it. Pure. */
import { count, error } from '../../common/figures.js';
import { solveWords } from '../../common/recipe.js';

/** @typedef {import('../../common/protocol.js').EpochReport} EpochReport */
/** @typedef {import('../../run/runs.js').Point} Point */
/** @typedef {import('./chart.js').Mark} Mark */
/** @typedef {import('./chart.js').Overlay} Overlay */

/** More names than this are counted and not read out. */
const MOST_NAMES = 6;

/** An epoch of the present run, with what holds at it; of one kind of change the last. @param {EpochReport} report @param {readonly Mark[]} marks in the order of their epochs */
export function epochWords({ epoch, mse, heldOut }, marks) {
  const holding = new Map(marks.filter((mark) => mark.epoch <= epoch).map(({ kind, words }) => [kind, words]));
  return [`epoch ${count(epoch)}: train ${error(mse)}`, `validation ${error(heldOut)}`, ...holding.values()].join(', ');
}

/** What the last layers in closed form have come to. @param {import('../../common/protocol.js').Solved} solved */
export function solvedWords(solved) {
  return `${solveWords(solved)}, to a validation MSE of ${error(solved.heldOut)}`;
}

/** @param {Point} point */
export function trainOf({ mse }) {
  return mse;
}

/** NaN where it is not known. @param {Point} point */
export function heldOutOf({ heldOut = NaN }) {
  return heldOut;
}

/** Whether a kept run's validation errors are known. @param {readonly Point[]} points */
export function watched(points) {
  return points[0].heldOut !== undefined;
}

/** An overlay's value at an epoch, 0 for its last; of a thinned one, the nearest that is kept. @param {readonly Point[]} points @param {number} epoch @param {(point: Point) => number} [of] */
export function overlayValue(points, epoch, of = trainOf) {
  const last = points[points.length - 1];
  if (epoch === 0) return error(of(last));
  if (epoch > last.epoch) return '–';
  let [low, high] = [0, points.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle].epoch < epoch) low = middle + 1;
    else high = middle;
  }
  const here = points[low];
  if (here.epoch === epoch) return error(of(here));
  const before = points[low - 1];
  return `≈ ${error(of(epoch - before.epoch < here.epoch - epoch ? before : here))}`;
}

/** Another run at an epoch. @param {Overlay} overlay @param {number} epoch */
export function overlayWords({ name, points }, epoch) {
  const heldOut = watched(points) && epoch <= points[points.length - 1].epoch ? `, validation ${overlayValue(points, epoch, heldOutOf)}` : '';
  return `${name}: ${overlayValue(points, epoch)}${heldOut}`;
}

/** The first few names, and how many more there are. @param {string[]} names @param {string} separator */
export function listed(names, separator) {
  const more = names.length - MOST_NAMES;
  return more > 0 ? [...names.slice(0, MOST_NAMES), `and ${more} more`].join(separator) : names.join(separator);
}

/** The whole chart. @param {readonly EpochReport[]} history @param {readonly Overlay[]} overlays @param {readonly Mark[]} marks @param {number | null} floor */
export function described(history, overlays, marks, floor) {
  const first = history[0];
  const last = history[history.length - 1];
  const course = (/** @type {number} */ from, /** @type {number} */ to) => `${error(from)} at epoch 1, ${error(to)} at epoch ${count(last.epoch)}`;
  const present = last ? `train ${course(first.mse, last.mse)}; validation ${course(first.heldOut, last.heldOut)}` : 'no epoch has been trained yet';
  const ends = overlays.map(({ name, points, floor }) => {
    const { epoch, mse, heldOut } = points[points.length - 1];
    const beside = [...(heldOut === undefined ? [] : [`validation ${error(heldOut)}`]), ...(floor === null ? [] : [`floor ${error(floor)}`])];
    return [`${name}, ${error(mse)} at epoch ${count(epoch)}`, ...beside].join(', ');
  });
  const behind = ends.length > 0 ? ` Behind it, kept runs: ${listed(ends, '; ')}.` : '';
  const changes = marks.map(({ epoch, kind, words }) => (kind === 'solve' ? words : `${words} from epoch ${count(epoch)}`));
  const changed = changes.length > 0 ? ` What changes: ${listed(changes, ', ')}.` : '';
  const hint = last || behind ? ' The arrow keys read out single epochs.' : '';
  const under = floor === null ? '' : ` The floor of this width is ${error(floor)}.`;
  return `Epoch MSE on a logarithmic axis: ${present}.${behind}${changed}${under}${hint}`;
}
