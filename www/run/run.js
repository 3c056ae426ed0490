// @ts-check
/**
 * One run as the page holds it: a plain record, and what is done to it. Its history stays the same array from its first epoch on, also when the
 * run goes back, because charts and callers of the API hold on to it. No document and no worker.
 */
import { NAMES } from '../common/reasons.js';
import { same, sameSizes, solves } from '../common/recipe.js';

/** @typedef {import('../common/protocol.js').Checkpoint} Checkpoint */
/** @typedef {import('../common/protocol.js').EpochReport} EpochReport */
/** @typedef {import('../common/protocol.js').Fields} Fields */
/** @typedef {import('../common/protocol.js').FromWorker} FromWorker */
/** @typedef {import('../common/protocol.js').Opened} Opened */
/** @typedef {import('../common/protocol.js').Recipe} Recipe */
/** @typedef {import('../common/protocol.js').Solution} Solution */
/** @typedef {import('../common/protocol.js').Solved} Solved */
/** @typedef {import('../common/protocol.js').Verdict} Verdict */

/** Weights that a run begins with instead of the seed's, and the file they came in.
 * @typedef {{ name: string, bytes: Uint8Array, d: number, m: number, hidden: number }} Source */

/**
 * @typedef {object} Run
 * @property {number} number
 * @property {Fields} fields as typed
 * @property {Recipe} recipe
 * @property {Source | null} source
 * @property {number} seeds runs that are trained side by side; what is told and asked of the run is the first one's, but for its epochs
 * @property {Verdict | null} verdict what it runs on
 * @property {number} stepsPerEpoch
 * @property {EpochReport[]} history
 * @property {number} step
 * @property {number} seconds of training, pauses not counted
 * @property {Checkpoint[]} checkpoints the last two, the newest last
 * @property {Checkpoint | null} audited the newest that the CPU has confirmed
 * @property {Mark[]} marks
 * @property {Solved[]} solved the solutions so far, in the order of their epochs
 * @property {number | null} solving how much is done of the one that is under way
 * @property {number} failedAt epochs that were done when a worker died on the CPU; -1 before
 * @property {boolean} diverged
 */

/** Something that befell a run, and the first epoch after it. @typedef {{ epoch: number, words: string }} Mark */

/** A run as it is kept, until it is opened again. @typedef {Pick<Run, 'fields' | 'source' | 'history' | 'seconds' | 'marks'> & { checkpoint: Checkpoint, solved?: Solved[] }} Saved */

/** What a worker needs to open a run. @typedef {Pick<Run, 'number' | 'fields' | 'source' | 'seeds' | 'seconds' | 'failedAt' | 'verdict'>} Plan */

/** A run to be opened: the recipe's, from its beginning or from where it was interrupted. @param {number} number @param {Fields} fields @param {Source | null} source @param {number} seeds @param {Saved | null} saved @returns {Plan} */
export function planned(number, fields, source, seeds, saved) {
  return { number, fields: { ...fields }, source: fitting(source, fields), seeds, seconds: saved?.seconds ?? 0, failedAt: -1, verdict: null };
}

/** What has a worker open a run: at a checkpoint, or at its beginning. @param {Plan} plan @param {Checkpoint | null} checkpoint @param {Solution | null} [solution] that is due there */
export function toOpen({ number, fields, source, seeds, seconds, failedAt, verdict }, checkpoint, solution = null) {
  // A run that is on the CPU stays there.
  const on = verdict?.backend === 'cpu' ? /** @type {const} */ ('cpu') : null;
  return {
    type: /** @type {const} */ ('open'),
    run: number,
    fields,
    weights: source?.bytes ?? null,
    seeds,
    checkpoint,
    solution,
    seconds,
    careful: failedAt,
    on,
  };
}

/** The run that a worker has opened. @param {Plan} plan @param {Opened} opened @param {Verdict | null} verdict @param {Saved | null} saved @returns {Run} */
export function opened(plan, { recipe, stepsPerEpoch, solved = [], checkpoint }, verdict, saved) {
  const kept = checkpoint ?? saved?.checkpoint;
  const epochs = saved?.checkpoint.epoch ?? 0;
  return {
    ...plan,
    recipe,
    verdict,
    stepsPerEpoch,
    history: saved?.history.slice(0, epochs) ?? [],
    step: epochs * stepsPerEpoch,
    checkpoints: kept ? [kept] : [],
    audited: null,
    marks: saved?.marks ?? [],
    solved: [...(saved ? solvedBy(saved.checkpoint, saved.solved) : []), ...solved],
    solving: null,
    diverged: false,
  };
}

/** The run trains. @param {Run} run @param {Extract<FromWorker, { type: 'progress' }>} report */
export function advance(run, { step, seconds, reports, checkpoint, audited, solving = null, solved = [] }) {
  run.step = step;
  run.seconds = seconds;
  for (const report of reports) run.history.push(report);
  if (checkpoint) run.checkpoints = [...run.checkpoints.slice(-1), checkpoint];
  if (audited) run.audited = audited;
  run.solving = solving;
  run.solved.push(...solved);
}

/** The run is again what it was at a checkpoint, or at its beginning. @param {Run} run @param {Checkpoint | null} from @param {Verdict | null} verdict what it runs on from there @param {boolean} moved whether that is another than before */
export function rewind(run, from, verdict, moved) {
  const epochs = from?.epoch ?? 0;
  run.history.length = epochs;
  run.step = epochs * run.stepsPerEpoch;
  run.checkpoints = from ? [from] : [];
  run.solved = solvedBy(from, run.solved);
  run.solving = null;
  run.verdict = verdict;
  run.marks = run.marks.filter(({ epoch }) => epoch <= epochs + 1);
  if (moved && verdict && epochs < run.recipe.epochs) run.marks.push({ epoch: epochs + 1, words: `on ${NAMES[verdict.backend]}` });
}

/** The run as it is kept: as it was at its last checkpoint, or null where it has none. @param {Run} run @returns {Saved | null} */
export function savedOf({ fields, source, history, seconds, marks, solved, checkpoints }) {
  const checkpoint = checkpoints.at(-1);
  return checkpoint ? { fields, source, seconds, marks, checkpoint, solved: solvedBy(checkpoint, solved), history: history.slice(0, checkpoint.epoch) } : null;
}

/** The solutions that a checkpoint has in it. @param {Checkpoint | null} checkpoint @param {readonly Solved[]} [solved] */
function solvedBy(checkpoint, solved = []) {
  return solved.filter(({ epoch }) => checkpoint && (epoch < checkpoint.epoch || (checkpoint.solved && epoch === checkpoint.epoch)));
}

/** Another learning rate holds from the next epoch on: it is part of the recipe, and of what was typed. @param {Run} run @param {Recipe} recipe */
export function changeRate(run, recipe) {
  const { rates, lr } = recipe;
  run.recipe = recipe;
  run.fields = { ...run.fields, lr: String(lr), ...(rates && { rates }) };
}

/** Whether epochs are left to train, or their end to be solved. @param {Run} run */
export function unfinished({ diverged, history, recipe, solved, checkpoints }) {
  const here = (/** @type {{ epoch: number } | undefined} */ one) => one?.epoch === history.length;
  // Of a run that was one of many the checkpoint alone tells.
  const kept = checkpoints.at(-1);
  return !diverged && (history.length < recipe.epochs || (solves(recipe).some(here) && !here(solved.at(-1)) && !(kept?.solved && here(kept))));
}

/** The epoch at whose end the weights are that the run has now: where it diverged, those of its last checkpoint. @param {Run} run */
export function reachedBy({ diverged, history, checkpoints }) {
  return (diverged ? checkpoints.at(-1)?.epoch : undefined) ?? history.length;
}

/** Whether its weights have been trained for a part of the epoch that is next. @param {Run} run */
export function withinEpoch(run) {
  return !run.diverged && run.step > reachedBy(run) * run.stepsPerEpoch;
}

/** Whether nothing of the run has been trained or solved yet. @param {Pick<Run, 'step' | 'solved'>} run */
export function untouched({ step, solved }) {
  return step === 0 && solved.length === 0;
}

/** Whether nothing of the run has been trained or solved yet, and another is asked for. @param {Run} run @param {Fields} fields @param {Source | null} source */
export function stale(run, fields, source) {
  return untouched(run) && (run.source !== fitting(source, fields) || !same(fields, run.fields));
}

/** Whether the weights are still those that the seed draws. @param {Run} run */
export function asDrawn(run) {
  return !run.source && untouched(run);
}

/** Which weights these are: those of a run, others after every step and every solution. @param {Run} run */
export function weightsOf({ number, step, solved }) {
  return `${number}/${step}/${solved.length}`;
}

/** The MSE that a run has ended with. Undefined while it goes on, and where a file’s weights had a part in it: its recipe alone does not lead there. @param {Run} run */
export function outcome({ recipe, history, source }) {
  const last = history.at(-1);
  return last?.epoch === recipe.epochs && !source ? last.mse : undefined;
}

/** The source where it has networks of the recipe's sizes. @param {Source | null} source @param {Fields} fields */
export function fitting(source, fields) {
  return source && sameSizes(source, fields) ? source : null;
}
