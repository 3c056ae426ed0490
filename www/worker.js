// @ts-check
/**
 * The worker: owns the wasm modules and the Session, knows no DOM.
 *
 * | page → worker | carries            | what it does                                              | answered by          |
 * |---------------|--------------------|-----------------------------------------------------------|----------------------|
 * | `hello`       | asked              | first message: remember the choice                        | `ready` or `broken`  |
 * | `check`       | id, fields         | validate what was typed                                   | `answer`, `refusal`  |
 * | `read`        | id, fragment       | read a link                                               | `answer`, `refusal`  |
 * | `write`       | id, parts          | write a link's fragment, without `#`                      | `answer`, `refusal`  |
 * | `inspect`     | id, bytes          | read a weights file                                       | `answer`, `refusal`  |
 * | `open`        | id, run, fields, weights, checkpoint, seconds, careful | choose the backend (once), replace the Session by run's, which begins with the seed's weights or a file's, or goes on from a checkpoint that took so many seconds; every epoch up to `careful` is kept | `answer`, `refusal` |
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
 * | `probing`     |                            | WebGPU is being tried                                            |
 * | `backend`     | verdict                    | the backend is chosen, for this worker's life                    |
 * | `unfit`       | verdict                    | the WebGPU module failed to start: replace this worker, on the CPU |
 * | `answer`      | id, value                  | the request's result                                             |
 * | `refusal`     | id, key, message           | the request cannot be met, in a sentence; key names a field or is empty |
 * | `progress`    | run, step, seconds, reports, checkpoint, audited | training time so far, the epochs ended since the last message, and where the run could go on from: the newest checkpoint, and the newest that the CPU has confirmed |
 * | `stopped`     | run, done, diverged        | training stopped: the recipe is done, the run has diverged, or it was paused |
 * | `fatal`       | message, cause             | a call died: this worker is of no use                            |
 *
 * One queue: requests first, then training, then evaluation, one call at a time, since a second call on a Session while one awaits
 * throws. Between slices comes a macrotask, because `await` on wasm yields only microtasks and a Pause would never arrive. No frames
 * and no long timers in here: a tab in the background goes on training.
 */
import { chooseBackend, loadModule, UnfitError } from './backend.js';
import { DeviceError } from './device-watch.js';
import { Keeper, WrongError } from './keeper.js';
import { Pace } from './pace.js';
import { words } from './probe.js';

/** @typedef {import('./protocol.js').Engine} Engine */
/** @typedef {import('./protocol.js').EpochReport} EpochReport */
/** @typedef {import('./protocol.js').FromWorker} FromWorker */
/** @typedef {import('./protocol.js').ToWorker} ToWorker */
/** @typedef {import('./protocol.js').Asked} Asked */
/** `reports` are the epochs that the page has not heard of.
 * @typedef {{ session: import('./protocol.js').Session, number: number, step: number, seconds: number, pace: Pace, keeper: Keeper, reports: EpochReport[], until: number }} Run */

/** How long one slice lasts. Pause waits for at most about twice that; a GPU is kept busier. */
const SLICE_MS = { cpu: 15, webgpu: 60 };

/** Held-out draws are counted in thousands, so that the first size worth trying is not one. */
const EVALUATION_MOST = 1 << 16;

/** @type {Asked} */
let asked = 'auto';
/** Loaded at once: whatever is chosen later, the CPU module checks recipes. */
const cpu = loadModule('cpu');
cpu.catch(() => {}); // Told when the page has said hello.
/** @type {Engine | undefined} */
let engine;
/** @type {Run | undefined} */
let run;
let training = false;
/** @type {{ id: number, pace: Pace } | undefined} */
let evaluation;
let dead = false;

/** @type {(() => Promise<void>)[]} */
const requests = [];
let working = false;

/** Set while the WebGPU module starts: its death is then an answer and not the end. @type {((error: unknown) => void) | undefined} */
let trapped;

const channel = new MessageChannel();
/** @type {(() => void) | undefined} */
let resume;
channel.port1.onmessage = () => resume?.();

/** Gives the event loop a turn. Not a timer: those are throttled in the background and clamped to 4 ms. */
function macrotask() {
  return /** @type {Promise<void>} */ (
    new Promise((resolve) => {
      resume = resolve;
      channel.port2.postMessage(0);
    })
  );
}

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
  post({ type: 'progress', run: number, step, seconds, reports, ...news }, Object.values(news).map(({ bytes }) => bytes.buffer));
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
    default:
      requests.push(() => answer(message));
  }
  if (!working) void work();
};

// A panic in wasm leaves the awaited promise unsettled and surfaces only here.
self.addEventListener('error', (event) => {
  event.preventDefault();
  surface(event.error ?? event.message);
});
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  surface(event.reason);
});

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
      post({ type: 'unfit', verdict: error.verdict });
      dead = true;
    } else if (error instanceof WebAssembly.RuntimeError) {
      die(error);
    } else {
      const key = /** @type {{ key?: unknown }} */ (error)?.key;
      post({ type: 'refusal', id: request.id, key: typeof key === 'string' ? key : '', message: words(error) });
    }
  }
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
    case 'rate':
      return (await opened()).changeRate(request.lr);
    case 'evaluate':
      await opened();
      dropEvaluation();
      evaluation = { id: request.id, pace: new Pace(SLICE_MS.cpu, EVALUATION_MOST) };
      return undefined;
  }
}

/**
 * A recipe that is refused leaves the present run as it is.
 * @param {Engine} checker @param {Extract<ToWorker, { type: 'open' }>} request
 * @returns {Promise<import('./protocol.js').Opened>}
 */
async function open(checker, { run: number, fields, weights, checkpoint, seconds, careful }) {
  const { recipe } = checker.check(fields);
  engine ??= await choose(checker);
  dropEvaluation();
  training = false;
  run?.session.free();
  run = undefined;
  const session = await engine.Session.open(fields, weights ?? undefined, checkpoint ?? undefined);
  const { stepsPerEpoch, microBatchesPerStep, step } = session;
  const onCpu = engine === checker;
  const pace = new Pace(onCpu ? SLICE_MS.cpu : SLICE_MS.webgpu, stepsPerEpoch * microBatchesPerStep);
  run = { session, number, step, seconds, pace, keeper: new Keeper(onCpu ? null : checker.audit, careful), reports: [], until: 0 };
  return { recipe, stepsPerEpoch };
}

/** @param {Engine} checker @returns {Promise<Engine>} */
async function choose(checker) {
  if (asked !== 'cpu') post({ type: 'probing' });
  /** @type {Promise<never>} */
  const trap = new Promise((_, reject) => (trapped = reject));
  trap.catch(() => {}); // Nobody may be listening any more when a stray error arrives.
  const choice = await chooseBackend(asked, checker, trap, surface);
  trapped = undefined;
  post({ type: 'backend', verdict: choice.verdict });
  return choice.engine;
}

/** @returns {Promise<import('./protocol.js').Session>} */
async function opened() {
  if (!run) throw new Error('No run is open.');
  return run.session;
}

/** Trains for one slice: as many calls as fit, since a short epoch ends a call long before the slice is over. */
async function trainSlice() {
  if (!run) return;
  dropEvaluation();
  const { session, pace, number, keeper } = run;
  const began = performance.now();
  let now = began;
  try {
    while (!session.done && session.epoch < run.until && now - began < pace.budget) {
      const before = now;
      const report = await session.advance(pace.size);
      now = performance.now();
      pace.learn(now - before);
      run.seconds += (now - before) / 1000;
      run.step = session.step;
      if (!report) continue;
      // Looked at and kept, and not trained on: its time is not training's.
      const { losses, ...told } = report;
      run.reports.push({ ...told, heldOut: await watched(session, pace) });
      await keeper.follow(session, losses);
      now = performance.now();
    }
    // Asked again here, because a Pause may have come while a GPU was awaited.
    if (session.done || session.epoch >= run.until) {
      training = false;
      await keeper.settle(session);
    }
  } catch (error) {
    return die(error);
  }
  tell();
  if (!training) post({ type: 'stopped', run: number, done: session.done, diverged: session.diverged });
}

/** The error over the held-out draws that are watched. @param {import('./protocol.js').Session} session @param {Pace} pace */
async function watched(session, pace) {
  for (;;) {
    const mse = await session.watch(pace.size);
    if (mse !== undefined) return mse;
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
