// @ts-check
/** What is said of a run's weights and of their errors, in sentences. Pure. */
import { count, error, within } from '../common/figures.js';
import { intervalWords } from '../common/interval.js';
import { reachedBy, withinEpoch } from './run.js';

/** @typedef {import('../common/protocol.js').Comparison} Comparison */
/** @typedef {import('../common/protocol.js').EpochReport} EpochReport */
/** @typedef {import('../common/protocol.js').Evaluation} Evaluation */
/** @typedef {import('../common/protocol.js').Recipe} Recipe */

/** Of a run on a layer, whatever its draws. */
const LAYERED = ' Validation is on rows and inputs of the layer that are kept back: a gap is what does not carry over to them.';

/** How far apart the two curves have come. @param {{ history: readonly EpochReport[], recipe: Pick<Recipe, 'fresh' | 'layer'> }} run */
export function gapWords({ history, recipe }) {
  const last = history.at(-1);
  if (!last) return '';
  const { epoch, mse, heldOut } = last;
  const fresh = recipe.layer
    ? LAYERED
    : recipe.fresh
      ? ' Here every epoch has fresh draws, so that nothing is seen twice: what is left of the gap is lag and chance.'
      : '';
  if (!Number.isFinite(heldOut / mse)) return '';
  return `After epoch ${count(epoch)}: validation ${error(heldOut)}, train ${error(mse)}, a ratio of ${(heldOut / mse).toPrecision(3)}.${fresh}`;
}

/** Which weights are looked at, by how far their run has come. @param {import('./run.js').Run} run @param {boolean} [training] whether they change meanwhile */
export function ageOf(run, training = false) {
  const done = reachedBy(run);
  if (training && run.solving === null) return `while it trains, in epoch ${count(done + 1)}`;
  const last = run.solved.at(-1);
  const parts = [
    done > 0 && (done === 1 ? '1 epoch' : `${count(done)} epochs`),
    last?.epoch === done && `solving over ${count(last.draws)} draws`,
    withinEpoch(run) && `a part of epoch ${count(done + 1)}`,
  ].filter(Boolean);
  if (parts.length > 0) return `after ${parts.join(' and ')}`;
  return run.source ? `by the weights of “${run.source.name}”` : 'before any training';
}

/** The error over all held-out draws. @param {Evaluation} found @param {string} age which weights have it @param {Pick<Recipe, 'target'>} [recipe] */
export function heldOutWords({ draws, mse, mseError, rmseYardstick }, age, recipe) {
  if (!Number.isFinite(mse))
    return `The outputs overflow, ${age}: on some of ${count(draws)} held-out draws they are no numbers, so there is no error to tell.`;
  // Only GELU is compared with another function than it is trained to be.
  const against = recipe?.target ? '' : ` RMSE against GELU_tanh ${rmseYardstick.toFixed(5)}.`;
  return `Held-out RMSE over ${count(draws)} draws, ${age}; held-out MSE ${error(mse)} ± ${within(mseError, mse)}.${against}`;
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
