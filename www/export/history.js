// @ts-check
/** A run's history as text: a CSV table, and JSON with all that the page knows of the run. Pure. */
import { MADE_BY } from '../shell/build.js';
import { bibtex, citeLine } from './cite.js';
import { csv } from './csv.js';

/** @typedef {import('../common/protocol.js').Evaluation} Evaluation */
/** @typedef {import('../run/trainer.js').Run} Run */

/** One line an epoch: `epoch,mse,held_out`, the last the validation MSE, and nothing else: a comment would be a row to many who read it. @param {Run} run */
export function historyCsv({ history }) {
  return csv([['epoch', 'mse', 'held_out'], ...history.map(({ epoch, mse, heldOut }) => [epoch, mse, heldOut])]);
}

/**
 * The recipe, where it ran, how long, what it began with, every epoch's train MSE and validation MSE (there `held_out`), the solutions on its way, and the held-out
 * error where it is known. JSON has no NaN: a figure that is not finite is null.
 * @param {Run} run @param {Evaluation | null} heldOut
 */
export function historyJson({ recipe, history, solved, source, step, seconds, verdict }, heldOut) {
  const told = {
    made_by: MADE_BY,
    cite: { text: citeLine(), bibtex: bibtex() },
    recipe,
    begun_from: source?.name ?? null,
    backend: verdict?.backend ?? null,
    adapter: verdict?.backend === 'webgpu' ? verdict.adapter : null,
    steps: step,
    seconds,
    // What the columns of `epochs` and `solved` are, whose names programs know; `held_out` below is another figure.
    columns: { mse: 'train MSE', held_out: 'validation MSE' },
    epochs: history.map(({ epoch, mse, heldOut }) => ({ epoch, mse, held_out: heldOut })),
    solved: solved.map(({ epoch, draws, rows, heldOut }) => ({ after_epoch: epoch, draws, rows, held_out: heldOut })),
    held_out: heldOut && { draws: heldOut.draws, mse: heldOut.mse, mse_error: heldOut.mseError, mean: heldOut.mean, mean_error: heldOut.meanError },
  };
  return `${JSON.stringify(told, null, 1)}\n`;
}
