// @ts-check
/**
 * A worker of its own for one line of the bench: one workload on one backend, from nothing. It ends with the line, and with it the
 * module, its memory and its device.
 *
 * | page → worker | carries             | what it does                          | answered by                                |
 * |---------------|---------------------|---------------------------------------|--------------------------------------------|
 * | `measure`     | backend, workload   | the only message: time the workload   | `chosen`, `first`, `measured` or `unusable` or `failed` |
 *
 * | worker → page | carries             | meaning                                                      |
 * |---------------|---------------------|--------------------------------------------------------------|
 * | `chosen`      | adapter             | the module is there, and what WebGPU runs on                 |
 * | `first`       |                     | the first step is done                                       |
 * | `measured`    | rate                | steps a second: the median of some laps                      |
 * | `unusable`    | verdict             | WebGPU cannot be used, and why                               |
 * | `failed`      | message             | the line came to nothing                                     |
 */
import { tryBackend } from './backend.js';
import { Host } from './host.js';
import { words } from './probe.js';
import { kindOf } from './pump.js';
import { TimedRun } from './timing.js';

/** @typedef {import('../common/protocol.js').Engine} Engine */
/** @typedef {import('../common/protocol.js').FromBench} FromBench */
/** @typedef {import('../common/protocol.js').ToBench} ToBench */
/** @typedef {import('../common/protocol.js').Workload} Workload */

/** Browsers compile wasm well only after it has run for a while, and a GPU wakes up as slowly. */
const WARM_UP_SECONDS = 0.5;
const LAP_SECONDS = 0.3;
const LAPS = 3;

/** The least that is still called a lap: a clock that ticks once in a millisecond is then right to a hundredth. */
const SHORT_SECONDS = 0.1;

/** @type {Host<ToBench, FromBench, Engine>} */
const host = new Host('cpu', { died: (error) => ({ type: 'failed', message: words(error) }) });

host.serve({
  async measure({ backend, workload }, cpu) {
    const { engine, verdict } = await tryBackend(host, backend, cpu);
    if (verdict.backend !== backend) return host.post({ type: 'unusable', verdict });
    host.post({ type: 'chosen', adapter: verdict.adapter });
    await measure(engine, workload, kindOf(backend, verdict.adapter));
  },
});

/** @param {Engine} engine @param {Workload} workload @param {import('./pump.js').Kind} kind */
async function measure(engine, workload, kind) {
  const run = await TimedRun.open(engine, workload, kind);
  const first = await run.lap(1);
  host.post({ type: 'first' });

  // The first step compiles a GPU's pipelines and says nothing of the second.
  let steps = 1;
  let { seconds } = await run.lap(steps);
  for (let spent = first.seconds + seconds; spent < WARM_UP_SECONDS || seconds < SHORT_SECONDS; spent += seconds) {
    steps *= seconds < SHORT_SECONDS / 4 ? 4 : 2;
    ({ seconds } = await run.lap(steps));
  }
  const rates = [steps / seconds];
  if (seconds < 5 * LAP_SECONDS) {
    rates.length = 0;
    steps = Math.max(1, Math.round((steps / seconds) * LAP_SECONDS));
    for (let lap = 0; lap < LAPS; lap++) rates.push(steps / (await run.lap(steps)).seconds);
  }
  rates.sort((a, b) => a - b);
  host.post({ type: 'measured', rate: rates[rates.length >> 1] });
}
