// @ts-check
/** A mean with its interval, in words. Pure. */
import { known } from './figures.js';

/** Of a normal distribution, 95 % is within so many standard deviations; over a great many draws the mean's is one. */
const NORMAL_95 = 1.96;

/** A mean with its 95 % interval, and whether zero lies within it, as the figures that are shown say. @param {number} mean @param {number} error its standard error @param {number} [width] the interval's half, in standard errors */
export function intervalWords(mean, error, width = NORMAL_95) {
  const [low, high] = [mean - width * error, mean + width * error].map((end) => known(end, error));
  const where = shown(low) <= 0 && shown(high) >= 0 ? 'zero lies within it' : 'zero lies outside it';
  return `${known(mean, error)}, 95\u00a0% interval ${low} to ${high}: ${where}`;
}

/** The number that a figure says. @param {string} figure */
function shown(figure) {
  return Number(figure.replace('−', '-').replaceAll(',', ''));
}
