// @ts-check
/**
 * A worker of a sweep: owns the CPU module and one Session at a time, trains a run to its end and measures it. Its runs are the page's own,
 * to the last bit; nobody pauses them, and whoever gives one up ends the worker.
 *
 * | page → worker | carries         | what it does                                        | answered by                    |
 * |---------------|-----------------|-----------------------------------------------------|--------------------------------|
 * | `run`         | key, fields     | train the recipe to its end, then measure the error | `progress`…`ended` or `failed` |
 *
 * | worker → page | carries            | meaning                                                                |
 * |---------------|--------------------|------------------------------------------------------------------------|
 * | `progress`    | key, share         | the share of the run's steps that is done                              |
 * | `ended`       | key, outcome, took | what came of the run, and the seconds that it took with its evaluation |
 * | `failed`      | key, message       | the run died, and this worker is of no use any more                    |
 * | `broken`      | message            | the module could not be loaded: no worker will be of use               |
 *
 * One run after the other: the next `run` comes when this one has ended.
 */
import { solves } from '../common/recipe.js';
import { Host } from './host.js';
import { macrotask } from './macrotask.js';
import { Pace } from './pace.js';
import { words } from './probe.js';
import { Pump } from './pump.js';
import { solving, withWeights } from './solving.js';

/** @typedef {import('../common/protocol.js').Engine} Engine */
/** @typedef {import('../common/protocol.js').Fields} Fields */
/** @typedef {import('../common/protocol.js').FromSweep} FromSweep */
/** @typedef {import('../common/protocol.js').Outcome} Outcome */
/** @typedef {import('../common/protocol.js').Session} Session */
/** @typedef {import('../common/protocol.js').ToSweep} ToSweep */

/** How often progress is told, and one call of the evaluation. */
const CALL_MS = 50;

/** Held-out draws are counted in thousands. */
const EVALUATION_MOST = 1 << 16;

/** The run that is on. */
let key = '';

/** @type {Host<ToSweep, FromSweep, Engine>} */
const host = new Host('cpu', { died, broken: (error) => ({ type: 'broken', message: words(error) }) });

host.serve({
  async run({ key: asked, fields }, engine) {
    key = asked;
    const began = performance.now();
    const outcome = await train(engine, fields);
    host.post({ type: 'ended', key, outcome, took: (performance.now() - began) / 1000 });
  },
});

/** @param {unknown} error @returns {FromSweep} */
function died(error) {
  return { type: 'failed', key, message: words(error) };
}

/** @param {Engine} engine @param {Fields} fields @returns {Promise<Outcome>} */
async function train(engine, fields) {
  let session = await engine.Session.open(fields);
  const length = Number(fields.epochs);
  const all = session.stepsPerEpoch * session.microBatchesPerStep * length;
  const pump = new Pump(session, 'cpu');
  let mse = NaN;
  let told = performance.now();
  for (const { epoch, draws } of [...solves(fields), { epoch: length, draws: 0 }]) {
    for await (const reports of pump.pieces(epoch)) {
      for (const report of reports) ({ mse } = report);
      const now = performance.now();
      if (now - told < CALL_MS) continue;
      told = now;
      host.post({ type: 'progress', key, share: pump.done / all });
    }
    // Diverged, or only the end.
    if (session.epoch !== epoch || session.diverged || draws === 0) continue;
    session = await withWeights(engine, session, fields, await solution(session, fields, draws));
    pump.take(session);
  }
  const { mse: heldOut, mseError: heldOutError, draws } = await evaluate(session);
  session.free();
  return { heldOut, heldOutError, draws, mse, seconds: pump.seconds };
}

/** The weights with the last layers in closed form, as a file. @param {Session} session @param {Fields} fields @param {number} draws */
async function solution(session, fields, draws) {
  const task = await solving(session, fields, draws);
  while (task.advance() < 1) await macrotask();
  const { file } = task.work.finish();
  task.work.free();
  return file;
}

/** @param {Session} session */
async function evaluate(session) {
  const pace = new Pace(CALL_MS, EVALUATION_MOST);
  for (;;) {
    const found = await pace.timed((size) => session.evaluate(size));
    if (found) return found;
  }
}
