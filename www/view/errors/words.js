// @ts-check
/** The figures over the errors, and the sentences that say them. Pure. */
import { count, error as figure, signed } from '../../common/figures.js';
import { determination, extent, mean, meanSquare } from '../../common/statistics.js';
import { rSquared } from '../../common/ratios.js';

/** @typedef {import('../../common/lab-protocol.js').LayerErrors} LayerErrors */
/** @typedef {import('../../common/protocol.js').Sample} Sample */
/** @typedef {import('../../common/statistics.js').Band} Band */
/** A sample, and its errors y' − y, all finite. @typedef {Sample & { error: Float64Array }} Errors */

/** The outputs of a sample whose errors are finite. @param {Sample} sample @returns {Errors} */
export function finite({ z, y, approx }) {
  const all = Float64Array.from(approx, (value, i) => value - y[i]);
  const kept = (/** @type {number} */ _, /** @type {number} */ i) => Number.isFinite(all[i]);
  return { z: z.filter(kept), y: y.filter(kept), approx: approx.filter(kept), error: all.filter(kept) };
}

/** What is said under the histogram while no bin is picked. @param {ArrayLike<number>} errors */
export function spread(errors) {
  return `mean ${signed(mean(errors))}, root mean square ${signed(Math.sqrt(meanSquare(errors)))}`;
}

/** Of y's variance, what y' accounts for. @param {Pick<Errors, 'y' | 'error'>} errors */
export function accounted({ y, error }) {
  return `R² = 1 − MSE / variance of y = ${determination(y, error).toFixed(4).replace('-', '−')}`;
}

/** What is said where some outputs are no numbers, and no figure is made of the rest. @param {number} lost @param {number} outputs */
export function overflown(lost, outputs) {
  return `${lost === outputs ? `All ${count(outputs)}` : `${count(lost)} of ${count(outputs)}`} outputs overflow: there are no errors to show.`;
}

/**
 * What a look at the errors has found.
 * @param {Pick<Errors, 'z' | 'error'>} errors
 * @param {{ d: number, age: string }} look of which weights
 */
export function found({ z, error }, { d, age }) {
  const outputs = error.length;
  const [half, most] = [0.5, 0.95].map((share) => signed(extent(error, share)));
  const worst = error.reduce((at, value, i) => (Math.abs(value) > Math.abs(error[at]) ? i : at), 0);
  return (
    `${count(outputs)} outputs of ${count(outputs / d)} held-out draws, ${age}: half of the errors are within ±${half}, ` +
    `95\u00a0% within ±${most}; the largest is ${signed(error[worst])}, at z = ${signed(z[worst])}.`
  );
}

/** A bin of z: where it is, and how its errors lie. @param {Band} band */
export function bandWords({ from, to, low, median, high }) {
  return `z ${signed(from)} to ${signed(to)}: median ${signed(median)}, 80\u00a0% in ${signed(low)} to ${signed(high)}`;
}

/** The bin whose middle 80 % reach widest. @param {readonly Band[]} bands at least one */
export function widest(bands) {
  return bands.reduce((wide, band) => (band.high - band.low > wide.high - wide.low ? band : wide));
}

/**
 * The floor of a part of a layer: as many features as rows can have any answers; beyond the widest that is computed nothing is known.
 * @param {Pick<LayerErrors['both'], 'rows' | 'floor'>} part @param {number} m
 */
export function leastOf({ rows, floor }, m) {
  return m >= rows ? 0 : (floor[m] ?? NaN);
}

/** What a layer's table has of a part. @param {LayerErrors['both']} part @param {number} least its floor */
export function seenCells({ rows, inputs, mse, r2, linearR2 }, least) {
  const floor = Number.isNaN(least) ? '–' : least === 0 ? '0' : figure(least);
  return [count(rows), count(inputs), figure(mse), rSquared(r2), rSquared(linearR2), floor];
}

/** Whether rows of a layer are kept back; of fewer than four none are, and all are learned from. @param {Pick<LayerErrors, 'inputs' | 'both'>} found */
export function keepsRows({ inputs, both }) {
  return both.rows !== inputs.rows;
}

/** What of a layer carries over. @param {Pick<LayerErrors, 'inputs' | 'both'>} found */
export function seenWords({ inputs, both }) {
  if (!Number.isFinite(inputs.r2) || !Number.isFinite(both.r2)) return 'Rows of this layer answer the same to every input, so that there is no R² to tell.';
  const harder = both.r2 < inputs.r2 ? 'rows that Φ has not seen are the harder part' : 'rows that Φ has not seen are no harder';
  const than = both.r2 < both.linearR2 ? 'more than this run does' : 'less than this run does';
  const rows = keepsRows({ inputs, both }) ? `, to unseen rows as well with ${rSquared(both.r2)}: ${harder}` : '; so few rows are all trained on';
  return `To unseen inputs what was learned carries over with an R² of ${rSquared(inputs.r2)}${rows}. Least squares on x, for each row from that row’s own answers, explains ${rSquared(both.linearR2)} of what is kept back, ${than}.`;
}
