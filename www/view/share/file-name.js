// @ts-check
/** What the files are called that are made of a run. Pure. */
import { reachedBy } from '../../run/run.js';

/** @typedef {import('../../run/run.js').Run} Run */

/** A file's name says which run it is of and how far that was. @param {Run} run @param {string} kind */
export function named(run, kind, epochs = reachedBy(run)) {
  const { d, m, hidden, seed } = run.recipe;
  const last = run.solved.at(-1);
  return `phi-psi-d${d}-m${m}-hidden${hidden}-seed${seed}-epoch${epochs}${last ? `-solved${last.epoch}` : ''}.${kind}`;
}

/** The name of a file of all that has been trained, the epoch that diverged among it. @param {Run} run @param {string} kind */
export function ofHistory(run, kind) {
  return named(run, kind, run.history.length);
}
