// @ts-check
/**
 * The worker: owns the wasm modules and the Session, knows no DOM.
 *
 * | page → worker | carries            | what it does                                              | answered by          |
 * |---------------|--------------------|-----------------------------------------------------------|----------------------|
 * | `hello`       | asked              | first message: remember the choice                        | `ready` or `broken`  |
 * | `prepare`     | fields             | while nothing else is asked: choose the backend, make it ready for the recipe, find out how fast it and the CPU are | `backend` or `unfit`, `measured` |
 * | `layer`       | name, numbers      | hold a layer, under the name that recipes have for it     |                      |
 * | `check`       | id, fields         | validate what was typed                                   | `answer`, `refusal`  |
 * | `read`        | id, fragment       | read a link                                               | `answer`, `refusal`  |
 * | `write`       | id, parts          | write a link's fragment, without `#`                      | `answer`, `refusal`  |
 * | `inspect`     | id, bytes          | read a weights file                                       | `answer`, `refusal`  |
 * | `open`        | id, run, fields, weights, seeds, checkpoint, solution, seconds, careful, on | choose the backend unless the run is to stay `on` one, replace the Session by run's, which begins with the seed's weights or a file's, is one of so many seeds side by side, or goes on from a checkpoint that took so many seconds, with the solution that is due there; every epoch up to `careful` is kept | `answer`, `refusal` |
 * | `train`       | run, until         | train the run up to the end of epoch `until`              | `progress`…`stopped` |
 * | `pause`       | run                | stop after the present slice                              | `stopped`            |
 * | `draw`        | id, draw           | compare on draw number `draw`                             | `answer`, `refusal`  |
 * | `typed`       | id, W, x           | compare on a W and an x as typed                          | `answer`, `refusal`  |
 * | `predict`     | id, W, x           | y' of draws W and x                                       | `answer`, `refusal`  |
 * | `weights`     | id, notes          | the weights as a file, with notes in its metadata         | `answer`, `refusal`  |
 * | `sample`      | id, entries        | z, y and y' of held-out draws                             | `answer`, `refusal`  |
 * | `rate`        | id, lr             | another learning rate from the next epoch on; the recipe  | `answer`, `refusal`  |
 * | `evaluate`    | id                 | held-out error; `null` if training or a new run comes first | `answer`, `refusal` |
 *
 * | worker → page | carries                    | meaning                                                          |
 * |---------------|----------------------------|------------------------------------------------------------------|
 * | `ready`       |                            | the CPU module is loaded                                         |
 * | `broken`      | message                    | the CPU module could not be loaded: this worker is of no use     |
 * | `probing`     |                            | WebGPU is being tried, and a run waits for it                    |
 * | `backend`     | verdict                    | what the run that is on its way will use, or the next one        |
 * | `measured`    | shape, backend, rate, adapter | how many steps a second recipes of this shape make on a backend |
 * | `unfit`       | verdict                    | the WebGPU module failed to start: replace this worker, on the CPU |
 * | `answer`      | id, value                  | the request's result                                             |
 * | `refusal`     | id, key, message           | the request cannot be met, in a sentence; key names a field or is empty |
 * | `progress`    | run, step, seconds, reports, checkpoint, audited, solving, solved | training time so far, the epochs ended since the last message, where the run could go on from: the newest checkpoint, and the newest that the CPU has confirmed; how much is done of the solution that is under way, and those found since |
 * | `freed`       | run                        | the run was given up for another, which could not be opened: it is here no more |
 * | `stopped`     | run, done, diverged        | training stopped: the recipe is done, the run has diverged, or it was paused |
 * | `fatal`       | message, cause             | a call died: this worker is of no use                            |
 *
 * One queue: requests first, then training, then evaluation, then what can be made ready, one call at a time, since a second call on a
 * Session while one awaits throws. What concerns no run (`check` to `inspect`) waits for nothing. No frames and no long timers in here: a tab
 * in the background goes on training.
 */
import { UnfitError } from './backend.js';
import { Choice } from './choice.js';
import { DeviceError } from './device-watch.js';
import { Host, isFatal } from './host.js';
import { WrongError } from './keeper.js';
import { hold } from './layers.js';
import { LINKS } from './links.js';
import { words } from './probe.js';
import { kindOf } from './pump.js';
import { questions } from './questions.js';
import { Readiness } from './readiness.js';
import { Run } from './run.js';

/** @typedef {import('../common/protocol.js').Engine} Engine */
/** @typedef {import('../common/protocol.js').Evaluation} Evaluation */
/** @typedef {import('../common/protocol.js').FromWorker} FromWorker */
/** @typedef {import('../common/protocol.js').Opened} Opened */
/** @typedef {import('../common/protocol.js').ToWorker} ToWorker */

/** @type {Run | undefined} */
let run;
/** The question that is being answered slice by slice. @type {{ id: number, evaluate: () => Promise<Evaluation | undefined> } | undefined} */
let evaluation;

/** Whatever is chosen later, the CPU's module checks recipes. @type {Host<ToWorker, FromWorker, Engine>} */
const host = new Host('cpu', { died, broken: (error) => ({ type: 'broken', message: words(error) }) });
const choice = new Choice(host, () => run?.onCpu === true);
const readiness = new Readiness(host, choice, called, () => run !== undefined);

host.serve(
  {
    hello({ asked }) {
      choice.asked = asked;
      host.post({ type: 'ready' });
    },
    train({ run: number, until }) {
      if (run?.number !== number) return;
      run.until = until;
      run.training = true;
    },
    pause({ run: number }) {
      if (run?.number === number) run.until = 0;
    },
    prepare({ fields }) {
      readiness.wanted = fields;
    },
    layer: hold,
    ...LINKS,
    open,
    ...questions(settled),
    async evaluate({ id }) {
      const present = await settled();
      dropEvaluation();
      evaluation = { id, evaluate: present.evaluation() };
    },
  },
  { atOnce: ['hello', 'train', 'pause', 'prepare', 'check', 'read', 'write', 'inspect'], slice },
);

/** The last message. The page first hears of all that the run has done, unless only WebGPU's start has failed. @param {unknown} error @returns {FromWorker} */
function died(error) {
  if (error instanceof UnfitError) return { type: 'unfit', verdict: error.verdict };
  if (run) host.post(run.news());
  return { type: 'fatal', message: words(error), cause: error instanceof DeviceError ? 'device' : error instanceof WrongError ? 'wrong' : 'died' };
}

/** What is done while no request waits. @param {Engine} cpu */
function slice(cpu) {
  if (run?.training) return train(run);
  if (evaluation) return evaluate(evaluation);
  if (readiness.wanted) return readiness.prepare(readiness.wanted, cpu);
  return undefined;
}

/** Whether anything is asked but to make ready. */
function called() {
  return host.waiting > 0 || run?.training === true || evaluation !== undefined;
}

/** A recipe that is refused leaves the present run as it is; one that there is no room for has cost it, which the page is told first. @param {Extract<ToWorker, { type: 'open' }>} asked @param {Engine} cpu @returns {Promise<Opened>} */
async function open(asked, cpu) {
  const { recipe } = cpu.check(asked.fields);
  const { engine, verdict } = asked.on === 'cpu' ? { engine: cpu, verdict: null } : await choice.forRun(cpu, recipe, asked.seeds);
  if (verdict) host.post({ type: 'backend', verdict });
  dropEvaluation();
  const before = run;
  before?.free();
  run = undefined;
  try {
    run = await Run.open(engine, engine === cpu ? 'cpu' : kindOf('webgpu', verdict?.adapter), cpu, recipe, asked);
  } catch (error) {
    if (before && !isFatal(error)) host.post({ type: 'freed', run: before.number });
    throw error;
  }
  return { recipe, stepsPerEpoch: run.session.stepsPerEpoch, ...run.solution() };
}

/** The present run, with nothing on its way: what is answered is of the moment that the page has heard of. */
async function settled() {
  if (!run) throw new Error('No run is open.');
  if (run.session.pending === 0) return run;
  try {
    await run.settle();
  } catch (error) {
    host.die(error);
    throw error;
  }
  host.post(run.news());
  return run;
}

/** @param {Run} run */
async function train(run) {
  dropEvaluation();
  await run.train();
  host.post(run.news());
  if (!run.training) host.post(run.stopped());
}

/** @param {NonNullable<typeof evaluation>} asked */
async function evaluate({ id, evaluate }) {
  const value = await evaluate();
  if (!value) return;
  evaluation = undefined;
  host.post({ type: 'answer', id, value });
}

function dropEvaluation() {
  if (!evaluation) return;
  host.post({ type: 'answer', id: evaluation.id, value: null });
  evaluation = undefined;
}
