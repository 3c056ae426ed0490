// @ts-check
/**
 * A worker that trains one run after the other, for sweeps and for the runs of many seeds, or on WebGPU several in common dispatches: owns the modules
 * and one Session at a time, trains a run as far as it is asked to and measures it. Its runs are the page's own, to the last bit; nobody pauses them, and
 * whoever gives one up ends the worker.
 *
 * | page → worker | carries                            | what it does                                           | answered by                    |
 * |---------------|------------------------------------|--------------------------------------------------------|--------------------------------|
 * | `run`         | key, fields, seeds, on, from, until, whole | train one run, or so many side by side, from checkpoints where there are, and measure them | `progress`…`ended` or `failed` |
 * | `layer`       | name, numbers                      | hold a layer, under the name that recipes have for it  |                                |
 *
 * | worker → page | carries                | meaning                                                                                   |
 * |---------------|------------------------|-------------------------------------------------------------------------------------------|
 * | `progress`    | key, share, at, parts  | the share of the steps that is done, and the epochs since, of the runs from number `at` on |
 * | `ended`       | key, results, took     | what came of each run, and the seconds that all took with their evaluation                |
 * | `failed`      | key, message           | the run died, and this worker is of no use any more                                       |
 * | `broken`      | message                | the module could not be loaded, or there is no WebGPU: no worker will be of use           |
 *
 * `predict` (fields, checkpoint, W, x) is a request, answered by y' of a run as it is at a checkpoint.
 *
 * One run after the other: one that is sent meanwhile waits. A part is for those who want each epoch (`whole`).
 */
import { shape, solves } from '../common/recipe.js';
import { tryBackend } from './backend.js';
import { Host, isFatal } from './host.js';
import { hold } from './layers.js';
import { macrotask } from './macrotask.js';
import { Pace } from './pace.js';
import { words } from './probe.js';
import { kindOf, Pump } from './pump.js';
import { solving, withWeights } from './solving.js';

/** @typedef {import('../common/protocol.js').Checkpoint} Checkpoint */
/** @typedef {import('../common/protocol.js').Engine} Engine */
/** @typedef {import('../common/protocol.js').Fields} Fields */
/** @typedef {import('../common/protocol.js').FromMany} FromMany */
/** @typedef {import('../common/protocol.js').Job} Job */
/** @typedef {import('../common/protocol.js').Result} Result */
/** @typedef {import('../common/protocol.js').Session} Session */
/** @typedef {import('../common/protocol.js').ToMany} ToMany */
/** @typedef {import('./pump.js').Kind} Kind */

/** How often progress is told, and one call of the evaluation. */
const CALL_MS = 50;

/** How often a run that takes long is kept, so that whoever gives it up loses no more. */
const KEEP_MS = 2_000;

/** Held-out draws are counted in thousands. */
const EVALUATION_MOST = 1 << 16;

/** An epoch's MSE over the first one's, beyond which a run has diverged: as in the module. */
const DIVERGED = 1e6;

/** What a run is computed on. @typedef {{ engine: Engine, kind: Kind }} Means */

/** The run that is on. */
let key = '';

/** @type {Host<ToMany, FromMany, Engine>} */
const host = new Host('cpu', { died, broken });

/** WebGPU, once it was asked for; null where it is not to be had. @type {Promise<Means | null> | undefined} */
let card;

host.serve({
  layer: hold,
  async run(job, cpu) {
    key = job.key;
    const began = performance.now();
    const means = job.on === 'cpu' ? { engine: cpu, kind: /** @type {const} */ ('cpu') } : await (card ??= webgpu(cpu));
    if (!means) return;
    const results = job.seeds > 1 ? await sideBySide(means, cpu, job) : [await train(means, job)];
    host.post({ type: 'ended', key, results, took: (performance.now() - began) / 1000 });
  },
  async predict({ fields, checkpoint, W, x }, engine) {
    const session = await engine.Session.open(fields, undefined, checkpoint);
    const outputs = await session.predict(W, x);
    session.free();
    return outputs;
  },
});

/** @param {unknown} error @returns {FromMany} */
function died(error) {
  return { type: 'failed', key, message: words(error) };
}

/** @param {unknown} error @returns {FromMany} */
function broken(error) {
  return { type: 'broken', message: words(error) };
}

/** The page has WebGPU, so this worker is of no use where it has not. @param {Engine} cpu @returns {Promise<Means | null>} */
async function webgpu(cpu) {
  const { engine, verdict } = await tryBackend(host, 'webgpu', cpu);
  if (verdict.backend === 'webgpu') return { engine, kind: kindOf('webgpu', verdict.adapter) };
  host.post(broken(new Error(verdict.detail || verdict.reason)));
  return null;
}

/** @param {Means} means @param {Job} job @returns {Promise<Result>} */
async function train({ engine, kind }, { fields, from: [from], until, whole }) {
  // A device that is asked ahead watches along; the CPU is asked at the end of each epoch.
  const along = kind !== 'cpu';
  let session = await engine.Session.open(fields, undefined, from?.bytes);
  if (along) session.watchAlong();
  const all = session.stepsPerEpoch * session.microBatchesPerStep * Number(fields.epochs);
  const before = session.step * session.microBatchesPerStep;
  const pump = new Pump(session, kind);
  let mse = NaN;
  let told = performance.now();
  let kept = told;
  let solved = from?.solved ? from.epoch : -1;
  /** @type {Epochs} */
  let epochs = { mses: [], heldOuts: [] };
  const part = async (/** @type {boolean} */ keep) => {
    const checkpoint = keep ? await checkpointOf(session, solved) : null;
    const part = { mses: Float64Array.from(epochs.mses), heldOuts: Float64Array.from(epochs.heldOuts), checkpoint };
    epochs = { mses: [], heldOuts: [] };
    return part;
  };
  for (const { epoch, draws } of stages(fields, from, until)) {
    for await (const reports of pump.pieces(epoch)) {
      for (const report of reports) {
        ({ mse } = report);
        if (!whole) continue;
        epochs.mses.push(mse);
        epochs.heldOuts.push((along ? report.heldOut : await session.watch(EVALUATION_MOST)) ?? NaN);
      }
      const now = performance.now();
      if (now - told < CALL_MS) continue;
      told = now;
      // A device that is asked ahead is past the epoch that it tells of.
      const keep = whole && !along && reports.length > 0 && now - kept >= KEEP_MS;
      if (keep) kept = now;
      host.post({ type: 'progress', key, share: (before + pump.done) / all, at: 0, parts: whole ? [await part(keep)] : [] });
    }
    // Diverged, or only the end.
    if (session.epoch !== epoch || session.diverged || draws === 0) continue;
    session = await withWeights(engine, session, fields, await solution(session, fields, draws));
    if (along) session.watchAlong();
    solved = epoch;
    pump.take(session);
  }
  const result = { outcome: await outcomeOf(session, mse, pump.seconds), ...(whole && { part: await part(true) }) };
  session.free();
  return result;
}

/** Runs of many seeds in common dispatches, as many at a time as there is room for. @param {Means} means @param {Engine} cpu @param {Job} job */
async function sideBySide({ engine, kind }, cpu, { fields, seeds, from, until, whole }) {
  /** @type {Result[]} */
  const results = [];
  let size = seeds;
  while (results.length < seeds) {
    const at = results.length;
    size = Math.min(size, seeds - at);
    const part = from.slice(at, at + size);
    const session = await opened(engine, { ...fields, seed: String(Number(fields.seed) + at) }, size, part);
    if (!session) {
      size = Math.ceil(size / 2);
      continue;
    }
    const pump = new Pump(session, kind, `${shape(cpu.check(fields).recipe)}/${size}`);
    results.push(...(await together(session, pump, { at, size, from: part, of: seeds, until, whole })));
    session.free();
  }
  return results;
}

/** So many runs side by side; null where there is no room for them. @param {Engine} engine @param {Fields} fields @param {number} size @param {Job['from']} from */
async function opened(engine, fields, size, from) {
  try {
    const bytes = from.map((checkpoint) => checkpoint.bytes);
    const session = await (from.length > 0 && engine.Session.openAll
      ? engine.Session.openAll(fields, bytes)
      : engine.Session.open(fields, undefined, undefined, size));
    session.watchAlong();
    return session;
  } catch (error) {
    if (isFatal(error) || size === 1) throw error;
    return null;
  }
}

/** @param {Session} session @param {Pump} pump @param {{ at: number, size: number, of: number, from: Job['from'], until: number, whole: boolean }} place among all runs of the job */
async function together(session, pump, { at, size, of, from, until, whole }) {
  /** @type {Epochs[]} */
  const all = Array.from({ length: size }, () => ({ mses: [], heldOuts: [] }));
  /** How many epochs of each have been told. */
  const told = new Array(size).fill(0);
  const part = (/** @type {number} */ run, /** @type {Checkpoint | null} */ checkpoint) => {
    const { mses, heldOuts } = all[run];
    const from = told[run];
    told[run] = mses.length;
    return { mses: Float64Array.from(mses.slice(from)), heldOuts: Float64Array.from(heldOuts.slice(from)), checkpoint };
  };
  const diverged = (/** @type {number} */ run) => hasDiverged(all[run].mses, from[run]?.first);
  const checkpoint = async (/** @type {number} */ run) => {
    await session.face?.(run);
    return diverged(run) ? null : checkpointOf(session, -1);
  };
  const tell = (/** @type {(Checkpoint | null)[]} */ checkpoints) => {
    const share = (at + (size * session.epoch) / until) / of;
    host.post({ type: 'progress', key, share, at, parts: whole ? all.map((_, run) => part(run, checkpoints[run] ?? null)) : [] });
  };
  // In stages of about as long as a run that is given up may lose: nothing is on its way at the end of one, so that all can be read.
  for (let stage = whole ? 1 : until; session.epoch < until; ) {
    const began = performance.now();
    const end = Math.min(until, session.epoch + stage);
    for await (const reports of pump.pieces(end)) {
      for (const { mse, heldOut = NaN, mses = [mse], heldOuts = [heldOut] } of reports) {
        for (const [run, epochs] of all.entries()) {
          // Alone it would have ended there.
          if (diverged(run)) continue;
          epochs.mses.push(mses[run]);
          epochs.heldOuts.push(heldOuts[run]);
        }
      }
      if (reports.length > 0) tell([]);
    }
    if (session.epoch < end) break; // All have diverged.
    const took = performance.now() - began;
    if (end < until && took >= KEEP_MS / 2) {
      /** @type {(Checkpoint | null)[]} */
      const checkpoints = [];
      for (let run = 0; run < size; run += 1) checkpoints.push(await checkpoint(run));
      tell(checkpoints);
    }
    stage = Math.ceil(stage * Math.min(8, KEEP_MS / took));
  }
  /** @type {Result[]} */
  const results = [];
  for (const [run, { mses }] of all.entries()) {
    const last = whole ? await checkpoint(run) : null;
    if (!whole) await session.face?.(run);
    const outcome = await outcomeOf(session, mses[mses.length - 1], pump.seconds / size);
    results.push({ outcome, ...(whole && { part: part(run, last) }) });
  }
  return results;
}

/** Whether the last epoch's MSE is what no later one brings back. @param {readonly number[]} mses @param {number} [first] that of the first epoch, where these are later ones */
function hasDiverged(mses, first = mses[0]) {
  return mses.length > 0 && !(mses[mses.length - 1] <= DIVERGED * first);
}

/** @param {Session} session @param {number} mse @param {number} seconds @returns {Promise<import('../common/protocol.js').Outcome>} */
async function outcomeOf(session, mse, seconds) {
  const { mse: heldOut, mseError: heldOutError, draws } = await evaluate(session);
  return { heldOut, heldOutError, draws, mse, seconds };
}

/** What each epoch since the last telling came to. @typedef {{ mses: number[], heldOuts: number[] }} Epochs */

/** The epochs to train to, each with the draws that are solved over at its end. @param {Fields} fields @param {Checkpoint | null} from @param {number} until */
function stages(fields, from, until) {
  const due = solves(fields).filter(({ epoch }) => epoch <= until && (!from || epoch > from.epoch || (epoch === from.epoch && !from.solved)));
  return [...due, { epoch: until, draws: 0 }];
}

/** @param {Session} session @param {number} solved the epoch at whose end there was a solution @returns {Promise<Checkpoint | null>} null where it has diverged */
async function checkpointOf(session, solved) {
  const bytes = await session.checkpoint();
  return bytes ? { epoch: session.epoch, bytes, solved: solved === session.epoch } : null;
}

/** The weights with the last layers in closed form, as a file. @param {Session} session @param {Fields} fields @param {number} draws */
async function solution(session, fields, draws) {
  const task = await solving(session, fields, draws);
  while (task.advance() < 1) await macrotask();
  const { file } = task.work.finish();
  task.work.free();
  return file;
}

/** As much at a time as the runs before have shown to be right. */
const pace = new Pace(CALL_MS, EVALUATION_MOST);

/** @param {Session} session */
async function evaluate(session) {
  for (;;) {
    const found = await pace.timed((size) => session.evaluate(size));
    if (found) return found;
  }
}
