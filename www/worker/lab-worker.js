// @ts-check
/**
 * The lab's worker: owns the lab's module, knows no DOM. Whoever no longer wants what it is at terminates it; it holds nothing that
 * could be lost.
 *
 * | page → worker | carries                     | what it does                                                   | answered by                      |
 * |---------------|-----------------------------|----------------------------------------------------------------|----------------------------------|
 * | `floors`      | id, d, most                 | the lowest MSE of width 0, 1, … most                           | `answer`, `refusal`              |
 * | `toy`         | id                          | the sister notebook's toy case                                 | `answer`                         |
 * | `taylor`      | id, d, terms, seed, draws   | a series, its errors, and the best of its powers               | `answer`, `refusal`              |
 * | `curves`      | id, d, terms, z             | the series, the fit and GELU at some z                         | `answer`, `refusal`              |
 * | `solve`       | id, fields, weights, draws  | the last layers in closed form                                 | `progress`… `answer`, `refusal`  |
 * | `evaluate`    | id, file, seed, draws       | the MSE of a file's networks over fresh draws                  | `progress`… `answer`, `refusal`  |
 *
 * | worker → page | carries                     | meaning                                                        |
 * |---------------|-----------------------------|----------------------------------------------------------------|
 * | `answer`      | id, value                   | the request's result                                           |
 * | `refusal`     | id, key, message            | the request cannot be met, in a sentence; key names a field, or `draws`, or is empty |
 * | `progress`    | id, done                    | how much of a long request is done, from 0 to 1, ten times a second at most |
 * | `fatal`       | message                     | the module died: this worker is of no use                      |
 *
 * One queue. What takes long is done in slices, and what does not is answered between two of them.
 */
import { loadModule } from './backend.js';
import { Pace } from './pace.js';
import { words } from './probe.js';

/** @typedef {import('../common/lab-protocol.js').FromLab} FromLab */
/** @typedef {import('../common/lab-protocol.js').LabModule} LabModule */
/** @typedef {import('../common/lab-protocol.js').ToLab} ToLab */
/** @typedef {import('../common/lab-protocol.js').Work<object>} Work */
/** @typedef {Extract<ToLab, { type: 'solve' | 'evaluate' }>} Long */
/** @typedef {Exclude<ToLab, Long>} Short */

/** How long one slice lasts: what a short request has to wait for. */
const SLICE_MS = 40;
const PROGRESS_MS = 100;

/** Blocks are counted in thousands. */
const MOST_BLOCKS = 1 << 12;

/** @type {Promise<LabModule>} */
const loading = loadModule('lab');
loading.catch(() => {}); // Told when something is asked.

/** @type {Short[]} */
const short = [];
/** @type {Long[]} */
const long = [];
/** @type {{ id: number, work: Work, pace: Pace, seconds: number, told: number } | null} */
let present = null;
let working = false;
let dead = false;

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

/** @param {FromLab} message */
function post(message) {
  if (!dead) self.postMessage(message);
}

self.onmessage = ({ data }) => {
  const message = /** @type {ToLab} */ (data);
  if (message.type === 'solve' || message.type === 'evaluate') long.push(message);
  else short.push(message);
  if (!working) void work();
};

async function work() {
  working = true;
  try {
    const lab = await loading;
    while (!dead) {
      const request = short.shift() ?? (present ? undefined : long.shift());
      if (request) attempt(request.id, () => begin(lab, request));
      else if (present) slice(present);
      else break;
      await macrotask();
    }
  } catch (error) {
    post({ type: 'fatal', message: words(error) });
    dead = true;
  }
  working = false;
}

/** @param {number} id @param {() => void} action */
function attempt(id, action) {
  try {
    action();
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    const key = /** @type {{ key?: unknown }} */ (error)?.key;
    post({ type: 'refusal', id, key: typeof key === 'string' ? key : '', message: words(error) });
  }
}

/** Answers what is short, and opens what is long. @param {LabModule} lab @param {ToLab} request */
function begin(lab, request) {
  const { id } = request;
  const answer = (/** @type {unknown} */ value) => post({ type: 'answer', id, value });
  const open = (/** @type {() => Work} */ opening) => {
    const began = performance.now();
    const work = opening();
    present = { id, work, pace: new Pace(SLICE_MS, MOST_BLOCKS), seconds: (performance.now() - began) / 1000, told: 0 };
  };
  switch (request.type) {
    case 'floors':
      return answer(lab.floors(request.d, request.most));
    case 'toy':
      return answer(lab.taylorToy());
    case 'taylor':
      return answer(lab.taylor(request.d, request.terms, request.seed, request.draws));
    case 'curves':
      return answer(lab.taylorCurves(request.d, request.terms, request.z));
    case 'solve':
      return open(() => lab.Solve.open(request.fields, request.weights ?? undefined, request.draws));
    case 'evaluate':
      return open(() => lab.Population.open(request.file, request.seed, request.draws));
  }
}

/** @param {NonNullable<typeof present>} task */
function slice(task) {
  const { id, work, pace } = task;
  const began = performance.now();
  const done = work.advance(pace.size);
  const now = performance.now();
  pace.learn(now - began);
  task.seconds += (now - began) / 1000;
  if (done < 1) {
    if (now - task.told < PROGRESS_MS) return;
    task.told = now;
    return post({ type: 'progress', id, done });
  }
  present = null;
  attempt(id, () => post({ type: 'answer', id, value: { ...work.finish(), seconds: task.seconds } }));
  work.free();
}
