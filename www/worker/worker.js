// @ts-check
/**
 * The worker: owns the wasm modules and the Session, knows no DOM.
 *
 * | page → worker | carries            | what it does                                              | answered by          |
 * |---------------|--------------------|-----------------------------------------------------------|----------------------|
 * | `hello`       | asked              | first message: remember the choice                        | `ready` or `broken`  |
 * | `prepare`     | fields             | while nothing else is asked: choose the backend, make it ready for the recipe, find out how fast it and the CPU are | `backend` or `unfit`, `measured` |
 * | `check`       | id, fields         | validate what was typed                                   | `answer`, `refusal`  |
 * | `read`        | id, fragment       | read a link                                               | `answer`, `refusal`  |
 * | `write`       | id, parts          | write a link's fragment, without `#`                      | `answer`, `refusal`  |
 * | `inspect`     | id, bytes          | read a weights file                                       | `answer`, `refusal`  |
 * | `open`        | id, run, fields, weights, seeds, checkpoint, seconds, careful, on | choose the backend unless the run is to stay `on` one, replace the Session by run's, which begins with the seed's weights or a file's, is one of so many seeds side by side, or goes on from a checkpoint that took so many seconds; every epoch up to `careful` is kept | `answer`, `refusal` |
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
 * | `progress`    | run, step, seconds, reports, checkpoint, audited | training time so far, the epochs ended since the last message, and where the run could go on from: the newest checkpoint, and the newest that the CPU has confirmed |
 * | `stopped`     | run, done, diverged        | training stopped: the recipe is done, the run has diverged, or it was paused |
 * | `fatal`       | message, cause             | a call died: this worker is of no use                            |
 *
 * One queue: requests first, then training, then evaluation, then what can be made ready, one call at a time, since a second call on a
 * Session while one awaits throws. What concerns no run (`check` to `inspect`) waits for nothing. Between slices comes a macrotask, because
 * `await` on wasm yields only microtasks and a Pause would never arrive. No frames and no long timers in here: a tab in the background
 * goes on training.
 */
import { chooseBackend, loadModule, UnfitError } from './backend.js';
import { DeviceError } from './device-watch.js';
import { rate } from '../common/figures.js';
import { Keeper, WrongError } from './keeper.js';
import { macrotask } from './macrotask.js';
import { measure } from './measure.js';
import { Pace } from './pace.js';
import { within, words } from './probe.js';
import { kindOf, Pump } from './pump.js';
import { Rates } from '../common/rates.js';
import { shape } from '../common/recipe.js';
import { surfacing } from './surfacing.js';

/** @typedef {import('../common/protocol.js').Engine} Engine */
/** @typedef {import('../common/protocol.js').EpochReport} EpochReport */
/** @typedef {import('../common/protocol.js').FromWorker} FromWorker */
/** @typedef {import('../common/protocol.js').ToWorker} ToWorker */
/** @typedef {import('../common/protocol.js').Asked} Asked */
/** @typedef {import('../common/protocol.js').Recipe} Recipe */
/** @typedef {import('../common/protocol.js').Verdict} Verdict */
/** @typedef {{ engine: Engine, verdict: Verdict }} Choice */
/** `reports` are the epochs that the page has not heard of.
 * @typedef {{ session: import('../common/protocol.js').Session, onCpu: boolean, number: number, step: number, before: number, seconds: number, pump: Pump, keeper: Keeper, reports: EpochReport[], until: number }} Run */

/** How long one slice lasts, on the CPU, where Pause waits for at most about twice that. */
const SLICE_MS = 15;

/** The longest that kernels are compiled and timed. */
const PREPARE_MS = 60_000;

/** Bytes at most of what is made ready unasked. */
const MOST_READY = 64 << 20;

/** Held-out draws are counted in thousands. */
const EVALUATION_MOST = 1 << 16;

/** Those that are watched are few. */
const WATCH_AT_ONCE = 16;

/** @type {Asked} */
let asked = 'auto';
/** Loaded at once: whatever is chosen later, the CPU module checks recipes. */
const cpu = loadModule('cpu');
cpu.catch(() => {}); // Told when the page has said hello.
/** What was chosen, or is being chosen. @type {Promise<Choice> | undefined} */
let choice;
const rates = new Rates();
/** @type {Run | undefined} */
let run;
let training = false;
/** @type {{ id: number, pace: Pace } | undefined} */
let evaluation;
/** The recipe that is to be made ready. @type {Record<string, string> | undefined} */
let wanted;
let dead = false;

/** @type {(() => Promise<void>)[]} */
const requests = [];
let working = false;

/** Set while the WebGPU module starts or is made ready: its death is then an answer and not the end. @type {((error: unknown) => void) | undefined} */
let trapped;

/** @param {FromWorker} message @param {Transferable[]} [given] */
function post(message, given = []) {
  if (!dead) self.postMessage(message, { transfer: given });
}

/** The page hears of all that was done before. @param {unknown} error */
function die(error) {
  if (dead) return;
  tell();
  post({ type: 'fatal', message: words(error), cause: error instanceof DeviceError ? 'device' : error instanceof WrongError ? 'wrong' : 'died' });
  dead = true;
}

/** Tells the page how far the run is. A session that has died is not asked. */
function tell() {
  if (!run) return;
  const { number, step, seconds, reports, keeper } = run;
  run.reports = [];
  const news = keeper.take();
  post(
    { type: 'progress', run: number, step, seconds, reports, ...news },
    Object.values(news).map(({ bytes }) => bytes.buffer),
  );
}

self.onmessage = ({ data }) => {
  const message = /** @type {ToWorker} */ (data);
  if (dead) return;
  switch (message.type) {
    case 'hello':
      return hello(message.asked);
    case 'train':
      if (run?.number !== message.run) return;
      run.until = message.until;
      training = true;
      break;
    case 'pause':
      if (run?.number === message.run) run.until = 0;
      break;
    case 'prepare':
      wanted = message.fields;
      break;
    case 'check':
    case 'read':
    case 'write':
    case 'inspect':
      return void answer(message);
    default:
      requests.push(() => answer(message));
  }
  if (!working) void work();
};

surfacing(surface);

/** @param {unknown} error */
function surface(error) {
  if (trapped) trapped(error);
  else die(error);
}

/** @param {Asked} choice */
function hello(choice) {
  asked = choice;
  cpu.then(
    () => post({ type: 'ready' }),
    (error) => {
      post({ type: 'broken', message: words(error) });
      dead = true;
    },
  );
}

async function work() {
  working = true;
  while (!dead) {
    const request = requests.shift();
    if (request) await request();
    else if (training) await trainSlice();
    else if (evaluation) await evaluateSlice();
    else if (wanted) await prepare(wanted);
    else break;
    await macrotask();
  }
  working = false;
}

/** @typedef {Extract<ToWorker, { id: number }>} Request */

/** @param {Request} request */
async function answer(request) {
  try {
    const value = await serve(request);
    if (value !== undefined) post({ type: 'answer', id: request.id, value });
  } catch (error) {
    if (error instanceof UnfitError) {
      giveUp(error);
    } else if (error instanceof WebAssembly.RuntimeError) {
      die(error);
    } else {
      const key = /** @type {{ key?: unknown }} */ (error)?.key;
      post({ type: 'refusal', id: request.id, key: typeof key === 'string' ? key : '', message: words(error) });
    }
  }
}

/** This worker's WebGPU module is not to be trusted. @param {UnfitError} error */
function giveUp({ verdict }) {
  post({ type: 'unfit', verdict });
  dead = true;
}

/** @param {Request} request @returns {Promise<unknown>} the answer, or undefined when it comes later */
async function serve(request) {
  const checker = await cpu;
  switch (request.type) {
    case 'check':
      return checker.check(request.fields);
    case 'read':
      return checker.readLink(request.fragment);
    case 'write': {
      const { fields, W, x, mse } = request.parts;
      return checker.writeLink(fields, W, x, mse, false);
    }
    case 'inspect':
      return checker.readWeights(request.bytes);
    case 'open':
      return open(checker, request);
    case 'draw':
      return (await opened()).compare(request.draw);
    case 'typed':
      return (await opened()).compareWith(request.W, request.x);
    case 'predict':
      return (await opened()).predict(request.W, request.x);
    case 'weights':
      return (await opened()).weightsFile(request.notes);
    case 'sample':
      return (await opened()).sample(request.entries);
    case 'rate': {
      const session = await opened();
      run?.keeper.change();
      return session.changeRate(request.lr);
    }
    case 'evaluate':
      await opened();
      dropEvaluation();
      evaluation = { id: request.id, pace: new Pace(SLICE_MS, EVALUATION_MOST) };
      return undefined;
  }
}

/**
 * A recipe that is refused leaves the present run as it is.
 * @param {Engine} checker @param {Extract<ToWorker, { type: 'open' }>} request
 * @returns {Promise<import('../common/protocol.js').Opened>}
 */
async function open(checker, { run: number, fields, weights, seeds, checkpoint, seconds, careful, on }) {
  const { recipe } = checker.check(fields);
  const { engine, verdict } = on === 'cpu' ? { engine: checker, verdict: null } : await chosenFor(checker, recipe, seeds);
  if (verdict) post({ type: 'backend', verdict });
  dropEvaluation();
  training = false;
  run?.session.free();
  run = undefined;
  const session = await engine.Session.open(fields, weights ?? undefined, checkpoint ?? undefined, seeds > 1 ? seeds : undefined);
  const { stepsPerEpoch, step } = session;
  const onCpu = engine === checker;
  if (!onCpu || seeds > 1) session.watchAlong();
  const pump = new Pump(session, onCpu ? 'cpu' : kindOf('webgpu', verdict?.adapter), shape(recipe) + (seeds > 1 ? `/${seeds}` : ''));
  run = { session, onCpu, number, step, before: seconds, seconds, pump, keeper: new Keeper(onCpu ? null : checker.audit, careful), reports: [], until: 0 };
  return { recipe, stepsPerEpoch };
}

/** What a run of the recipe is to use: what was chosen, but no GPU that is known to be slower. @param {Engine} checker @param {Recipe} recipe @param {number} seeds @returns {Promise<Choice>} */
async function chosenFor(checker, recipe, seeds) {
  if (!choice && asked !== 'cpu') post({ type: 'probing' });
  const chosen = await choose(checker);
  // Many runs side by side are another matter.
  return seeds > 1 ? chosen : preferred(checker, chosen, recipe);
}

/** @param {Engine} checker @param {Choice} chosen @param {Recipe} recipe @returns {Choice} */
function preferred(checker, chosen, recipe) {
  const slower = asked === 'auto' && chosen.verdict.backend === 'webgpu' ? rates.slower(shape(recipe)) : null;
  if (!slower) return chosen;
  const detail = `${rate(slower.cpu)} steps/s here, and WebGPU ${rate(slower.webgpu)}`;
  return { engine: checker, verdict: { ...chosen.verdict, backend: 'cpu', reason: 'slower', detail } };
}

/** Chooses, once. @param {Engine} checker */
function choose(checker) {
  choice ??= guarded((trap) => chooseBackend(asked, checker, trap, (error) => befall(checker, error)));
  return choice;
}

/** What befell the device is no concern of a run on the CPU; the next one is not to try it. @param {Engine} checker @param {Error} error */
function befall(checker, error) {
  if (trapped || !run?.onCpu) return surface(error);
  /** @type {Verdict} */
  const verdict = { backend: 'cpu', reason: 'lost', detail: words(error), adapter: null };
  choice = Promise.resolve({ engine: checker, verdict });
}

/**
 * Lets the WebGPU module do what may kill it: its death is then an answer, and not this worker's.
 * @template T
 * @param {(trap: Promise<never>) => Promise<T>} work is given what rejects at that death
 * @returns {Promise<T>}
 */
async function guarded(work) {
  /** @type {Promise<never>} */
  const trap = new Promise((_, reject) => (trapped = reject));
  trap.catch(() => {}); // Nobody may be listening any more when a stray error arrives.
  try {
    return await work(trap);
  } finally {
    trapped = undefined;
  }
}

/** Makes ready what a run of a recipe would need, and finds out where it would run faster; as long as nothing else is asked. @param {Record<string, string>} fields */
async function prepare(fields) {
  try {
    const checker = await cpu;
    const { recipe, memory } = checker.check(fields);
    const chosen = await choose(checker);
    const { backend, adapter } = chosen.verdict;
    // A software adapter is not there to be fast, and what takes so much is made ready when it is wanted.
    if (backend === 'webgpu' && !adapter?.software && memory.webgpu <= MOST_READY) {
      await guarded((trap) => makeReady(chosen, fields, recipe, trap));
      // Who asks for WebGPU has it, however fast it is.
      if (asked === 'auto') await time(checker, 'cpu', recipe, null);
    }
    if (!run && !called() && wanted === fields) post({ type: 'backend', verdict: preferred(checker, chosen, recipe).verdict });
  } catch (error) {
    if (error instanceof UnfitError) giveUp(error);
    else if (error instanceof WebAssembly.RuntimeError) die(error);
    // Otherwise the recipe is refused, which is told to who asks for it.
  }
  if (wanted === fields && !called()) wanted = undefined;
}

/** @param {Choice} chosen @param {Record<string, string>} fields @param {Recipe} recipe @param {Promise<never>} trap */
async function makeReady({ engine, verdict: { adapter } }, fields, recipe, trap) {
  if (called()) return;
  const ready = async () => {
    await engine.prepare?.(fields);
    if (asked === 'auto') await time(engine, 'webgpu', recipe, adapter);
  };
  try {
    // What is refused in words has no room, or the device is gone, which its watch tells.
    await within(PREPARE_MS, Promise.race([ready().catch(refused), trap]));
  } catch (error) {
    throw new UnfitError({ backend: 'cpu', reason: 'refused', detail: words(error), adapter });
  }
}

/** Leaves it at a refusal; a trap is another matter. @param {unknown} error */
function refused(error) {
  if (error instanceof WebAssembly.RuntimeError) throw error;
}

/** Finds out, once, how fast a recipe is. @param {Engine} engine @param {import('../common/protocol.js').Backend} backend @param {Recipe} recipe @param {import('../common/protocol.js').Adapter | null} adapter */
async function time(engine, backend, recipe, adapter) {
  const of = shape(recipe);
  if (called() || rates.of(of)[backend] !== undefined) return;
  const fields = wanted;
  const found = await measure(engine, recipe, kindOf(backend, adapter), () => called() || wanted !== fields);
  if (!found) return;
  rates.learn(of, backend, found, adapter);
  post({ type: 'measured', shape: of, backend, rate: found, adapter });
}

/** Whether anything else is asked. */
function called() {
  return requests.length > 0 || training || evaluation !== undefined;
}

/** The present run, with nothing on its way: what is answered is of the moment that the page has heard of. @returns {Promise<import('../common/protocol.js').Session>} */
async function opened() {
  if (!run) throw new Error('No run is open.');
  const { session } = run;
  if (session.pending > 0) {
    try {
      await settle(run);
    } catch (error) {
      die(error);
      throw error;
    }
    tell();
  }
  return session;
}

/** Waits for all that is on its way. @param {Run} run */
async function settle(run) {
  while (run.session.pending > 0) await hear(run, await run.pump.collect());
}

/** Trains for one slice: on the CPU as many calls as fit, since a short epoch ends one long before the slice is over. */
async function trainSlice() {
  if (!run) return;
  dropEvaluation();
  const { session, pump, number, keeper } = run;
  const began = performance.now();
  try {
    do {
      keeper.ask(session);
      await hear(run, await pump.next(run.until));
    } while (session.pending === 0 && !over(run) && performance.now() - began < SLICE_MS);
    // Asked again here, because a Pause may have come while a GPU was awaited.
    if (over(run)) {
      await settle(run);
      training = false;
      await keeper.settle(session);
    }
  } catch (error) {
    return die(error);
  }
  tell();
  if (!training) post({ type: 'stopped', run: number, done: session.done, diverged: session.diverged });
}

/** Whether nothing more is to be trained. @param {Run} run */
function over({ session, until }) {
  return session.done || session.epoch >= until;
}

/** What has come in. @param {Run} run @param {import('../common/protocol.js').Report[]} reports */
async function hear(run, reports) {
  const { session, pump, keeper } = run;
  run.step = session.step;
  run.seconds = run.before + pump.seconds;
  for (const report of reports) {
    const { losses, kept, ...told } = report;
    // Looked at and kept, and not trained on: its time is not training's.
    run.reports.push({ ...told, heldOut: told.heldOut ?? (await watched(session)) });
    await keeper.follow(session, report);
  }
}

/** The error over the held-out draws that are watched. @param {import('../common/protocol.js').Session} session */
async function watched(session) {
  const pace = new Pace(SLICE_MS, EVALUATION_MOST, WATCH_AT_ONCE);
  for (;;) {
    const began = performance.now();
    const mse = await session.watch(pace.size);
    if (mse !== undefined) return mse;
    pace.learn(performance.now() - began);
    await macrotask();
  }
}

async function evaluateSlice() {
  if (!run || !evaluation) return;
  const { id, pace } = evaluation;
  const began = performance.now();
  try {
    const value = await run.session.evaluate(pace.size);
    pace.learn(performance.now() - began);
    if (!value) return;
    evaluation = undefined;
    post({ type: 'answer', id, value });
  } catch (error) {
    die(error);
  }
}

function dropEvaluation() {
  if (!evaluation) return;
  post({ type: 'answer', id: evaluation.id, value: null });
  evaluation = undefined;
}
