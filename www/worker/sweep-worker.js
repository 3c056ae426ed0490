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
import { Host } from './host.js';
import { Pace } from './pace.js';
import { words } from './probe.js';
import { Pump } from './pump.js';

/** @typedef {import('../common/protocol.js').Engine} Engine */
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
    const session = await engine.Session.open(fields);
    const outcome = await train(session, Number(fields.epochs));
    session.free();
    host.post({ type: 'ended', key, outcome, took: (performance.now() - began) / 1000 });
  },
});

/** @param {unknown} error @returns {FromSweep} */
function died(error) {
  return { type: 'failed', key, message: words(error) };
}

/** @param {Session} session @param {number} length in epochs @returns {Promise<Outcome>} */
async function train(session, length) {
  const all = session.stepsPerEpoch * session.microBatchesPerStep * length;
  const pump = new Pump(session, 'cpu');
  let mse = NaN;
  let told = performance.now();
  for await (const reports of pump.pieces(length)) {
    for (const report of reports) ({ mse } = report);
    const now = performance.now();
    if (now - told < CALL_MS) continue;
    told = now;
    host.post({ type: 'progress', key, share: pump.done / all });
  }
  const { mse: heldOut, mseError: heldOutError, draws } = await evaluate(session);
  return { heldOut, heldOutError, draws, mse, seconds: pump.seconds };
}

/** @param {Session} session */
async function evaluate(session) {
  const pace = new Pace(CALL_MS, EVALUATION_MOST);
  for (;;) {
    const found = await pace.timed((size) => session.evaluate(size));
    if (found) return found;
  }
}
