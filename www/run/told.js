// @ts-check
/** What is said of a run's errors, in sentences. Pure. */
import { count, error, within } from '../common/figures.js';
import { intervalWords } from '../common/interval.js';

/** @typedef {import('../common/protocol.js').Comparison} Comparison */
/** @typedef {import('../common/protocol.js').EpochReport} EpochReport */
/** @typedef {import('../common/protocol.js').Evaluation} Evaluation */
/** @typedef {import('../common/protocol.js').Recipe} Recipe */

/** How far apart the two curves have come. @param {{ history: readonly EpochReport[], recipe: Pick<Recipe, 'fresh'> }} run */
export function gapWords({ history, recipe }) {
  const last = history.at(-1);
  if (!last) return '';
  const { epoch, mse, heldOut } = last;
  const fresh = recipe.fresh ? ' Here every epoch has fresh draws, so that nothing is seen twice: what is left of the gap is lag and chance.' : '';
  if (!Number.isFinite(heldOut / mse)) return '';
  return `After epoch ${count(epoch)}: validation ${error(heldOut)}, train ${error(mse)}, a ratio of ${(heldOut / mse).toPrecision(3)}.${fresh}`;
}

/** The error over all held-out draws. @param {Evaluation} found @param {string} age which weights have it */
export function heldOutWords({ draws, mse, mseError, rmseTanh }, age) {
  if (!Number.isFinite(mse))
    return `The outputs overflow, ${age}: on some of ${count(draws)} held-out draws they are no numbers, so there is no error to tell.`;
  return `Held-out RMSE over ${count(draws)} draws, ${age}; held-out MSE ${error(mse)} ± ${within(mseError, mse)}. RMSE against GELU_tanh ${rmseTanh.toFixed(5)}.`;
}

/** The mean error with its interval, for the reader to judge the notebook's word by; of outputs that overflow there is none. @param {Evaluation} found */
export function biasWords({ draws, mean, meanError }) {
  if (!Number.isFinite(mean) || !Number.isFinite(meanError)) return '';
  return (
    `The notebook calls the method unbiased. Over ${count(draws)} draws of W and x the mean error of these weights is ${intervalWords(mean, meanError)}. ` +
    'That is about these weights, and not about the method on average over seeds, nor at a point.'
  );
}

/** The draw itself, where it is small enough to be read; with all digits, so that it is the same draw wherever it is copied to. @param {Pick<Comparison, 'd' | 'W' | 'x'>} comparison */
export function drawWords({ d, W, x }) {
  if (d > 3) return '';
  const row = (/** @type {number[]} */ values) => `[${values.map(single).join(', ')}]`;
  const rows = Array.from({ length: d }, (_, i) => row(W.slice(i * d, (i + 1) * d)));
  return `W\u00a0= [${rows.join(', ')}], x\u00a0= ${row(x)}.`;
}

/** The shortest text that is this number among those of single precision. @param {number} value */
function single(value) {
  const digits = [6, 7, 8].find((some) => Math.fround(Number(value.toPrecision(some))) === Math.fround(value)) ?? 9;
  return String(Number(value.toPrecision(digits)));
}

/** The lowest error that there can be. @param {Pick<Recipe, 'd' | 'm' | 'layer'>} recipe @param {number} floor */
export function floorWords({ d, m, layer }, floor) {
  if (layer)
    return `The floor of the layer for m\u00a0=\u00a0${m} is ${error(floor)}: whatever they are, no φ and ψ of that width have a lower MSE over the rows and inputs that are kept back.`;
  return `The floor for d\u00a0=\u00a0${d}, m\u00a0=\u00a0${m} is ${error(floor)}: whatever they are, no φ and ψ of that width have a lower MSE on average over all W and x.`;
}

/**
 * What a held-out error amounts to: between answering zero, whatever is asked, and the least that there can be.
 * @param {Pick<Recipe, 'm'>} recipe @param {number} mse @param {number} zero the MSE of always answering zero @param {number} floor NaN where it is not known
 */
export function verdictWords({ m }, mse, zero, floor) {
  if (!Number.isFinite(mse)) return '';
  const share = `${percent(mse / zero)} of always answering zero`;
  return Number.isFinite(floor) ? `${share}; ${times(mse / floor)} the least that m\u00a0=\u00a0${m} allows.` : `${share}.`;
}

/** @param {number} ratio */
function percent(ratio) {
  const share = 100 * ratio;
  return `${share >= 100 ? count(share) : Number(share.toPrecision(2))}\u00a0%`;
}

/** What always answering zero has, beside what a run has. @param {Pick<Recipe, 'd' | 'layer'>} recipe @param {number} mse held-out @param {number} zero its MSE */
export function zeroWords({ d, layer }, mse, zero) {
  if (!Number.isFinite(mse)) return '';
  const over = layer ? 'the rows and inputs that are kept back' : `all W and x at d\u00a0=\u00a0${d}`;
  return `Always answering zero has an MSE of ${error(zero)}, the mean of y² over ${over}: the held-out MSE is ${percent(mse / zero)} of that.`;
}

/** How far above it a run is. @param {number} mse @param {number} floor */
export function ratioWords(mse, floor) {
  return `Held-out MSE ${error(mse)}, ${times(mse / floor)} the floor.`;
}

/** @param {number} ratio */
function times(ratio) {
  return `${ratio >= 100 ? count(ratio) : ratio.toPrecision(3)}×`;
}
