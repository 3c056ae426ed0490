// @ts-check
/**
 * A worker of its own that measures how fast a recipe trains on a backend: real steps of that very recipe, in a module of its own, on
 * weights that nobody sees and that end with the worker.
 *
 * | page → worker | carries                     | what it does                                       | answered by                        |
 * |---------------|-----------------------------|----------------------------------------------------|------------------------------------|
 * | `measure`     | asked, recipe, backends     | the only message: measure on each backend, in turn | `measured`, `unusable`, `finished` |
 *
 * | worker → page | carries                     | meaning                                                             |
 * |---------------|-----------------------------|---------------------------------------------------------------------|
 * | `measured`    | backend, rate, adapter      | steps a second, and what WebGPU runs on                             |
 * | `unusable`    | verdict                     | WebGPU cannot be used, and why                                      |
 * | `finished`    |                             | nothing more will come                                              |
 * | `failed`      | message                     | the trial died                                                      |
 */
import { chooseBackend, loadModule, UnfitError } from './backend.js';
import { Pace } from './pace.js';
import { words } from './probe.js';

/** @typedef {import('./protocol.js').Engine} Engine */
/** @typedef {import('./protocol.js').Fields} Fields */
/** @typedef {import('./protocol.js').FromTrial} FromTrial */
/** @typedef {import('./protocol.js').Recipe} Recipe */
/** @typedef {import('./protocol.js').Session} Session */
/** @typedef {import('./protocol.js').ToTrial} ToTrial */

/**
 * A speed is the best of some short measurements, taken until four in a row have brought nothing better: browsers compile wasm well only
 * after it has run for a while (on a busy machine, for long), a GPU wakes up as slowly, and what else the machine does only ever slows
 * one down.
 */
const MEASURE_MS = 120;
const NOTHING_BETTER = 4;
const BETTER = 1.05;

/** The longest that measuring goes on. */
const MOST_MS = 4_000;

/** One call is a small part of the measurement, so that it ends near its time. */
const CALL_MS = 20;

/** Steps of an epoch beyond which more draws change nothing: the losses are read every 64 steps anyway. */
const STEPS_PER_EPOCH = 64;

/** The most epochs that a recipe may have. */
const EPOCHS = 100_000;

/** @type {(error: unknown) => void} */
let trapped;
/** A module that dies leaves its promises unsettled and surfaces only here. @type {Promise<never>} */
const trap = new Promise((_, reject) => (trapped = reject));
trap.catch(() => {});
self.addEventListener('error', (event) => {
  event.preventDefault();
  trapped(event.error ?? event.message);
});
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  trapped(event.reason);
});

/** @param {FromTrial} message */
function post(message) {
  self.postMessage(message);
}

self.onmessage = async ({ data }) => {
  try {
    await Promise.race([measureEach(/** @type {ToTrial} */ (data)), trap]);
    post({ type: 'finished' });
  } catch (error) {
    post({ type: 'failed', message: words(error) });
  }
};

/** @param {ToTrial} message */
async function measureEach({ asked, recipe, backends }) {
  const cpu = await loadModule('cpu');
  for (const backend of backends) {
    if (backend === 'cpu') post({ type: 'measured', backend, rate: await measure(cpu, recipe), adapter: null });
    else await measureWebGpu(asked, cpu, recipe);
  }
}

/** @param {import('./protocol.js').Asked} asked @param {Engine} cpu @param {Recipe} recipe */
async function measureWebGpu(asked, cpu, recipe) {
  try {
    const { engine, verdict } = await chooseBackend(asked, cpu, trap, trapped);
    if (verdict.backend === 'cpu') return post({ type: 'unusable', verdict });
    post({ type: 'measured', backend: 'webgpu', rate: await measure(engine, recipe), adapter: verdict.adapter });
  } catch (error) {
    if (!(error instanceof UnfitError)) throw error;
    post({ type: 'unusable', verdict: error.verdict });
  }
}

/** @param {Engine} engine @param {Recipe} recipe @returns {Promise<number>} steps a second */
async function measure(engine, recipe) {
  const session = await engine.Session.open(endless(recipe));
  const steps = new Steps(session);
  // The first step compiles a GPU's pipelines.
  await steps.train(0);
  const began = performance.now();
  let best = 0;
  for (let worse = 0; worse < NOTHING_BETTER && performance.now() - began < MOST_MS; worse += 1) {
    const rate = await steps.train(MEASURE_MS);
    if (rate > BETTER * best) worse = -1;
    best = Math.max(best, rate);
  }
  session.free();
  return best;
}

/** The recipe with no end in sight, and no more draws than its speed depends on. @param {Recipe} recipe @returns {Fields} */
function endless(recipe) {
  const n = Math.min(recipe.n, STEPS_PER_EPOCH * recipe.batch);
  const values = Object.entries({ ...recipe, n, epochs: EPOCHS });
  return Object.fromEntries(values.map(([key, value]) => [key, String(value)]));
}

/** Trains, and counts steps and parts of steps. */
class Steps {
  #session;
  #pace;
  /** Micro-batches of the present epoch. */
  #part = 0;

  /** @param {Session} session */
  constructor(session) {
    this.#session = session;
    this.#pace = new Pace(CALL_MS, session.stepsPerEpoch * session.microBatchesPerStep);
  }

  /** A step of a large recipe takes longer than the whole measurement, so parts count. */
  get #done() {
    const { epoch, stepsPerEpoch, microBatchesPerStep } = this.#session;
    return epoch * stepsPerEpoch + this.#part / microBatchesPerStep;
  }

  /**
   * Trains for that long, at least one micro-batch, and waits until all of it is done.
   * @param {number} ms @returns {Promise<number>} steps a second
   */
  async train(ms) {
    const session = this.#session;
    if (session.done) return 0;
    const from = this.#done;
    const began = performance.now();
    let now = began;
    do {
      const report = await session.advance(this.#pace.size);
      this.#part = report ? 0 : this.#part + this.#pace.size;
      const before = now;
      now = performance.now();
      this.#pace.learn(now - before);
    } while (!session.done && now - began < ms);
    // A GPU's steps are only queued until their losses are read.
    await session.losses();
    return ((this.#done - from) / (performance.now() - began)) * 1000;
  }
}
