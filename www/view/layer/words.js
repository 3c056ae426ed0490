// @ts-check
/** What there is to say of a layer and of what stands in its place. Pure. */
import { count, error } from '../../common/figures.js';
import { ended, short } from '../../common/quoted.js';
import { rSquared } from '../../common/ratios.js';
import { StoppedError } from '../../run/stopped.js';
import { interval } from './standin.js';

/** @typedef {import('../../common/lab-protocol.js').Replaced} Replaced */
/** @typedef {import('./standin.js').Cost} Cost */

/** A share as «96.0 %». @param {number} share */
export function percent(share) {
  return Number.isFinite(share) ? `${(100 * share).toFixed(1).replace('-', '−')}\u00a0%` : '–';
}

/** @param {number} share @param {number} of */
export function intervalWords(share, of) {
  if (!Number.isFinite(share)) return '–';
  const [low, high] = interval(share, of);
  return `${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)}\u00a0%`;
}

/** Why the lab has said nothing of a layer: what is no fault of its file is not told as one. @param {string} name of the file @param {Error} error */
export function refusedWords(name, error) {
  const [what, again] =
    error instanceof StoppedError
      ? ['could not be looked at.', ' To have another try, choose it or another number of hidden units.']
      : ['cannot be opened:', ''];
  return `“${short(name)}” ${what} ${ended(error.message)}${again}`;
}

/** Of outputs without a spread there is nothing to explain. */
const SAME = 'On inputs kept back each row of this layer answers the same to every input, so that there is nothing to explain and no R² to tell.';

/** What came of it, in a sentence or two. @param {Replaced} found @param {number} m */
export function verdict({ original, ours, linear, kept, oursR2, linearR2 }, m) {
  if (!Number.isFinite(oursR2[m])) return SAME;
  if (Number.isNaN(original))
    return `On inputs kept back Φ(W)Ψ(x) of width ${m} explains ${percent(oursR2[m])} of the layer’s outputs, the best linear map ${percent(linearR2)}.${oursR2[m] < 0 || linearR2 < 0 ? ' Less than nothing is worse than each row’s mean: there are too few inputs for so many numbers.' : ''}`;
  const lost = Math.round((original - ours[m]) * kept.length);
  const beside =
    lost === 0 ? 'as many as the layer itself' : lost > 0 ? `${count(lost)} fewer than the layer itself` : `${count(-lost)} more than the layer itself`;
  const right = (/** @type {number} */ share) => count(Math.round(share * kept.length));
  return `Without its GELU, with Φ(W)Ψ(x) of width ${m} in the layer’s place, the network is right on ${right(ours[m])} of ${count(kept.length)} inputs kept back: ${beside}. The best linear map of x, which needs no Φ and no Ψ, is right on ${right(linear)}.`;
}

/** @param {Cost} before @param {Cost} after @param {number} m */
export function costWords(before, after, m) {
  const more = (/** @type {number} */ one, /** @type {number} */ other) =>
    one === other ? 'as many' : one > other ? `${(one / other).toFixed(1)} times as many` : `${((100 * one) / other).toFixed(0)}\u00a0% of that`;
  return `A forward pass of the layer takes ${count(before.multiplications)} multiplications and as many GELUs as it has rows, and keeps ${count(before.numbers)} numbers. With Φ(W) multiplied out, Ψ and the product of width ${m} take ${count(after.multiplications)} (${more(after.multiplications, before.multiplications)}), no GELU, and keep ${count(after.numbers)}.`;
}

/** @param {Replaced} found @param {number} m */
export function transferWords({ oursSeenR2, oursR2, transferSeenR2, transferR2 }, m) {
  if (!Number.isFinite(oursR2[m])) return '';
  const whole = `R² is ${rSquared(oursSeenR2[m])} on the inputs that it was solved on and ${rSquared(oursR2[m])} on those kept back.`;
  if (m >= transferR2.length) return whole;
  return `${whole} Solved on three quarters of the rows alone, it is ${rSquared(transferSeenR2[m])} for those rows and ${rSquared(transferR2[m])} for the others, on inputs kept back.${transferR2[m] < transferSeenR2[m] ? ' Rows that Φ has not seen are the harder part.' : ''}`;
}

/** The floor beside that of normal draws, as shares of E[y²]. @param {Float64Array} floor @param {readonly number[] | null} gaussian @param {number} m */
export function gaussWords(floor, gaussian, m) {
  if (!gaussian || !(floor[0] > 0) || !Number.isFinite(gaussian[m])) return '';
  const share = (/** @type {number} */ part) => `${error(100 * part)}\u00a0%`;
  return `: ${share(floor[m] / floor[0])} of the mean square of its outputs. For standard normal rows and inputs of the same size the floor of width ${m} is ${share(gaussian[m] / gaussian[0])}`;
}

/** What the two say of a picture. @param {{ answer: number, shares: number[] }} original @param {{ answer: number, shares: number[] }} ours */
export function readingWords(original, ours) {
  const of = (/** @type {{ answer: number, shares: number[] }} */ { answer, shares }) => `${answer} (${(100 * shares[answer]).toFixed(0)}\u00a0%)`;
  return `The network reads ${of(original)}; without its GELU, ${of(ours)}.`;
}
