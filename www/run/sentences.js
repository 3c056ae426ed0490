// @ts-check
/** What befell a run, in sentences for the visitor. */
import { ended } from '../common/quoted.js';

/** @typedef {import('../common/protocol.js').Cause} Cause */
/** @typedef {import('../common/protocol.js').Checkpoint} Checkpoint */
/** @typedef {import('./run.js').Run} Run */

/** The text as a sentence of its own; what follows in further lines is for the diagnostics. @param {string} text */
export function sentence(text) {
  return ended(text.split('\n')[0]);
}

/** @param {string} why */
export function stopped(why) {
  return `Training stopped: ${sentence(why)} Press Train to start again.`;
}

/** @param {number} epoch the one in which two workers died @param {string} why @param {Checkpoint | null} kept */
export function stoppedTwice(epoch, why, kept) {
  return `Training stopped at epoch ${epoch}, twice: ${sentence(why)} ${kept ? `The weights of epoch ${kept.epoch} are kept. ` : ''}Press Train to start again.`;
}

/** @param {string} why the script did not start, or nothing */
export function notStarted(why) {
  return `The worker could not be started${why ? `: ${why}` : ''}.`;
}

/** @param {string} why */
export function notLoaded(why) {
  return `The training module could not be loaded: ${sentence(why)} Reload the page, or press Train to try again.`;
}

/** @param {Run} run with the epoch that diverged as its last */
export function diverged({ history, checkpoints }) {
  const { epoch = 0, mse } = history.at(-1) ?? { mse: NaN };
  const kept = checkpoints.at(-1);
  const what = Number.isFinite(mse) ? `is ${mse.toExponential(1)}, more than a million times the first one’s` : 'is not a number any more';
  return `The run diverged: the MSE of epoch ${epoch} ${what}. ${kept ? `The weights of epoch ${kept.epoch} are kept.` : 'No weights before it could be kept.'}`;
}

/** How a run was saved. @param {Cause | 'hung'} cause @param {string} why @param {number} epoch @param {Checkpoint | null} from @param {boolean} wasOnGpu */
export function rescued(cause, why, epoch, from, wasOnGpu) {
  const place = from ? `the end of epoch ${from.epoch}` : 'the beginning';
  if (cause === 'wrong')
    return `WebGPU computed wrong numbers: ${sentence(why)} The run went back to ${place}, the last that was confirmed, and on from there on the CPU.`;
  if (wasOnGpu) return `WebGPU failed in epoch ${epoch}: ${sentence(why)} The run went on on the CPU from ${place}; nothing before it has changed.`;
  return `The worker died in epoch ${epoch}: ${sentence(why)} A fresh one went on from ${place}; nothing before it has changed.`;
}
