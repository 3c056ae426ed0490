// @ts-check
/** The figures over the errors, and the sentences that say them. Pure. */
import { count, signed } from '../../common/figures.js';
import { determination, extent, mean, meanSquare } from '../../common/statistics.js';

/** @typedef {import('../../common/protocol.js').Sample} Sample */
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
