// @ts-check
/**
 * The page's way to a run: owns the Worker, knows no wasm and no DOM.
 *
 * The page holds the run itself (what was typed, the recipe, the history, the last checkpoints); the worker is disposable. When one dies,
 * on whatever, a fresh one goes on from the last checkpoint: on the CPU, if the GPU was the cause. When two die at the same epoch the run
 * has failed, and its last checkpoint is still there to be asked.
 *
 * Events are signals without a load, the news is in the properties: `state` (state, failure), `backend` (verdict, asked), `run` (another
 * run, or none yet trained), `rates` (rates), `recipe` (the run's has changed on the way), `progress` (run.history, run.step, run.seconds), `rewound` (the
 * run went back to a checkpoint and on from there; news, run.history, run.marks), `source`.
 */

import { same, sameSizes } from '../common/recipe.js';
import { launch } from '../shell/launch.js';
import { Rates } from '../common/rates.js';

/** @typedef {import('../common/protocol.js').Asked} Asked */
/** @typedef {import('../common/protocol.js').Backend} Backend */
/** @typedef {import('../common/protocol.js').Cause} Cause */
/** @typedef {import('../common/protocol.js').CheckedRecipe} CheckedRecipe */
/** @typedef {import('../common/protocol.js').Checkpoint} Checkpoint */
/** @typedef {import('../common/protocol.js').Comparison} Comparison */
/** @typedef {import('../common/protocol.js').EpochReport} EpochReport */
/** @typedef {import('../common/protocol.js').Evaluation} Evaluation */
/** @typedef {import('../common/protocol.js').Fields} Fields */
/** @typedef {import('../common/protocol.js').FromWorker} FromWorker */
/** @typedef {import('../common/protocol.js').Inspected} Inspected */
/** @typedef {import('../common/protocol.js').LinkParts} LinkParts */
/** @typedef {import('../common/protocol.js').Opened} Opened */
/** @typedef {import('../common/protocol.js').OpenedLink} OpenedLink */
/** @typedef {import('../common/protocol.js').Recipe} Recipe */
/** @typedef {import('../common/protocol.js').Sample} Sample */
/** @typedef {import('../common/protocol.js').ToWorker} ToWorker */
/** @typedef {import('../common/protocol.js').Verdict} Verdict */

/** @typedef {'idle' | 'probing' | 'running' | 'paused' | 'done' | 'failed'} State */

/** Weights that a run begins with instead of the seed's, and the file they came in.
 * @typedef {{ name: string, bytes: Uint8Array, d: number, m: number, hidden: number }} Source */

/**
 * One run as the page holds it.
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
 * @property {number} failedAt epochs that were done when a worker died on the CPU; -1 before
 * @property {boolean} diverged
 */

/** Something that befell a run, and the first epoch after it. @typedef {{ epoch: number, words: string }} Mark */

/** A run that was interrupted, as it was kept. @typedef {Pick<Run, 'fields' | 'source' | 'history' | 'seconds' | 'marks'> & { checkpoint: Checkpoint }} Saved */

/** @typedef {{ message: ToWorker & { id: number }, again: boolean, resolve: (value: any) => void, reject: (error: Error) => void }} Pending */

/** A request that cannot be met, in a sentence; `key` names the form's field or is empty. */
export class RefusalError extends Error {
  /** @param {string} key @param {string} message */
  constructor(key, message) {
    super(message);
    this.key = key;
  }
}

/** The worker died before it answered; `trainer.failure` says why, and the `state` event has told so. */
export class LostError extends Error {}

/**
 * How long a worker that trains may say nothing, in ticks of a second. It speaks many times a second, so it is dead, or waits for a GPU
 * that is. Ticks and not time: a machine that sleeps does not tick.
 */
const SILENCE_TICKS = 60;

/** Workers in a row that may die without having done anything. */
const MOST_DEATHS = 3;

/** What no run has a part in: whichever worker there is can answer. @type {ReadonlySet<ToWorker['type']>} */
const ANY_WORKER = new Set(['check', 'read', 'write', 'inspect']);

export class Trainer extends EventTarget {
  /** @type {State} */
  state = 'idle';
  /** Why the state is `failed`, in a sentence. */
  failure = '';
  /** @type {Verdict | null} */
  verdict = null;
  /** @type {Run | null} */
  run = null;

  /** How fast each backend is here, as far as that has been found out. */
  rates = new Rates();

  /** What runs are to use: the address's word until the visitor switches. @type {Asked} */
  asked;

  /** How the run was saved just now, in a sentence; empty where nobody needs to know. */
  news = '';

  /** Whether the next run is to have a worker of its own, since the present one uses the backend that the visitor switched from. */
  #moving = false;
  /** @type {Worker | null} */
  #worker = null;
  /** @type {Map<number, Pending>} */
  #pending = new Map();
  #lastId = 0;
  #lastRun = 0;
  /** Whether the worker still holds the run. */
  #alive = false;
  #opening = false;
  #closed = false;
  /** Whether the run that is on its way is to wait once it is there. */
  #held = false;
  /** Whether a pause was asked for and has not come yet. */
  #pausing = false;
  /** The epoch up to which training was last asked for. */
  #until = Infinity;
  /** Whether a fresh worker is taking a run over. */
  #reviving = false;
  /** Whether somebody has asked meanwhile that a run which waits goes on. */
  #resumed = false;
  /** Workers that died since one last ended an epoch. */
  #deaths = 0;
  /** Ticks since the worker last said something. */
  #silence = 0;
  #ticking;
  /** @type {Source | null} */
  #source = null;

  /** @param {Asked} asked */
  constructor(asked) {
    super();
    this.asked = asked;
    this.#start();
    this.#ticking = setInterval(() => this.#tick(), 1_000);
  }

  /** Ends the worker, for good: nothing is answered any more. */
  close() {
    const why = 'The run was closed.';
    this.#closed = true;
    clearInterval(this.#ticking);
    this.#stop();
    this.#opening = false;
    this.#abandon(why);
    this.#enter('failed', why);
  }

  /** What the next run begins with, where its networks are of the same sizes; null for the seed's weights. @returns {Source | null} */
  get source() {
    return this.#source;
  }

  set source(source) {
    this.#source = source;
    this.#signal('source');
  }

  /** Whether `verdict` is about the next run, and not the present one. */
  get moving() {
    return this.#moving;
  }

  /** Whether another run is on its way. */
  get opening() {
    return this.#opening;
  }

  /** Whether no other run may be asked for now. */
  get busy() {
    return this.state === 'running' || this.state === 'probing' || this.#opening;
  }

  /** Whether a run is open that has epochs left to train. */
  get resumable() {
    return this.#alive && this.run !== null && !this.run.diverged && this.run.history.length < this.run.recipe.epochs;
  }

  /** The recipe as it would run, with its cost. @param {Fields} fields @returns {Promise<CheckedRecipe>} */
  check(fields) {
    return this.#ask({ type: 'check', id: this.#nextId(), fields });
  }

  /** What a link's fragment says. @param {string} fragment @returns {Promise<OpenedLink>} */
  readLink(fragment) {
    return this.#ask({ type: 'read', id: this.#nextId(), fragment });
  }

  /** A link's fragment, without `#`. @param {LinkParts} parts @returns {Promise<string>} */
  writeLink(parts) {
    return this.#ask({ type: 'write', id: this.#nextId(), parts });
  }

  /** What a weights file holds. @param {Uint8Array} bytes @returns {Promise<Inspected>} */
  inspect(bytes) {
    return this.#ask({ type: 'inspect', id: this.#nextId(), bytes });
  }

  /** Has the worker make ready, while nothing else is asked of it, what the recipe's run would need. @param {Fields} fields */
  prepare(fields) {
    if (!this.#closed && !this.#moving) this.#send({ type: 'prepare', fields });
  }

  /**
   * Opens the recipe's run and leaves it at its beginning, ready to be asked and trained.
   * @param {Fields} fields @param {number} [seeds] runs side by side, of as many seeds, counted up from the recipe's
   */
  async open(fields, seeds = 1) {
    if (this.busy) throw new RefusalError('', 'A run is going on: pause it first.');
    await this.#open(fields, this.source, null, seeds);
    this.#held = false;
    this.#enter('idle');
  }

  /** Opens a run that was interrupted, where it was: paused, at its last checkpoint. @param {Saved} saved */
  async restore(saved) {
    if (this.busy) throw new RefusalError('', 'A run is going on: pause it first.');
    await this.#open(saved.fields, saved.source, saved);
    this.#held = false;
    this.#enter(this.resumable ? 'paused' : 'done');
  }

  /** Trains the recipe from the beginning. @param {Fields} fields */
  async train(fields) {
    if (this.busy) return;
    await this.#open(fields, this.source);
    this.#train(Infinity);
  }

  /** Trains one epoch of the present run, or of a new one when there is none to go on with. @param {Fields} fields */
  async step(fields) {
    if (this.busy) return;
    if (!this.resumable || this.#moving || this.#stale(fields)) await this.#open(fields, this.source);
    this.#train(this.#current.history.length + 1);
  }

  /** A run that is still on its way is paused too: drawing a great many numbers may take it seconds. */
  pause() {
    if (this.#opening) this.#hold(true);
    else if (this.state === 'running') {
      this.#pausing = true;
      this.#send({ type: 'pause', run: this.#current.number });
    }
  }

  /** Goes on with a run that waits, at its beginning or within. */
  resume() {
    if (this.#opening) this.#hold(false);
    else if (this.#reviving) this.#resumed = true;
    else if (this.resumable && !this.busy) this.#train(Infinity);
  }

  /**
   * Has the next run use this backend. The present one stays what it is, and can still be asked for comparisons.
   * @param {Backend} backend
   */
  choose(backend) {
    this.asked = backend;
    this.#moving = true;
    this.verdict = backend === 'cpu' ? { backend, reason: 'switched', detail: '', adapter: null } : null;
    this.#signal('backend');
  }

  /** Discards the run's progress and trains the same recipe again from epoch 0. */
  async replay() {
    if (!this.run || this.#opening) return;
    await this.#open(this.run.fields, this.run.source, null, this.run.seeds);
    this.#train(Infinity);
  }

  /**
   * The demo on draw number `draw`, by the weights as they are; untrained ones of this recipe when nothing has run.
   * @param {number} draw @param {Fields} fields @returns {Promise<Comparison>}
   */
  async compare(draw, fields) {
    await this.#ensure(fields);
    return this.#ask({ type: 'draw', id: this.#nextId(), draw });
  }

  /** @param {string} W @param {string} x @param {Fields} fields @returns {Promise<Comparison>} */
  async compareWith(W, x, fields) {
    await this.#ensure(fields);
    return this.#ask({ type: 'typed', id: this.#nextId(), W, x });
  }

  /**
   * y' = Φ(W)·Ψ(x) by the weights as they are, for draws W `[draws, d, d]` and x `[draws, d]`, row by row.
   * @param {Float32Array} W @param {Float32Array} x @param {Fields} fields @returns {Promise<Float32Array>}
   */
  async predict(W, x, fields) {
    await this.#ensure(fields);
    return this.#ask({ type: 'predict', id: this.#nextId(), W, x });
  }

  /**
   * The weights as they are, as a `.safetensors` file with the recipe in its metadata; untrained ones when nothing has run.
   * @param {Fields} fields @param {Record<string, string>} [notes] further metadata; without any, the same run gives the same bytes
   * @returns {Promise<Uint8Array>}
   */
  async weights(fields, notes = {}) {
    if (this.run?.step && !this.#alive && !this.#reviving)
      throw new RefusalError('', 'The weights were lost when training failed: press Train to run it again.');
    await this.#ensure(fields);
    const begun = this.run?.source?.name;
    return this.#ask({ type: 'weights', id: this.#nextId(), notes: { ...notes, ...(begun && { begun_from: begun }) } });
  }

  /** What the networks make of the first held-out draws, as many as have up to `entries` outputs together. @param {number} entries @returns {Promise<Sample>} */
  sample(entries) {
    return this.#ask({ type: 'sample', id: this.#nextId(), entries });
  }

  /** Has another learning rate, as typed, hold from the next epoch that begins; the run's recipe has the change in it. @param {string} lr */
  async changeRate(lr) {
    if (!this.run || this.#opening) throw new RefusalError('', 'No run is under way: the recipe says how it begins.');
    const run = this.run;
    run.recipe = await this.#ask({ type: 'rate', id: this.#nextId(), lr });
    const { rates, lr: rate } = run.recipe;
    run.fields = { ...run.fields, lr: String(rate), ...(rates && { rates }) };
    this.#signal('recipe');
  }

  /** The held-out error of the present weights; null when training went on before it was known. @returns {Promise<Evaluation | null>} */
  evaluate() {
    return this.#ask({ type: 'evaluate', id: this.#nextId() });
  }

  /** Whether nothing of this run has been trained yet and the form has moved on. @param {Fields} fields */
  #stale(fields) {
    const { run } = this;
    if (run === null || run.step > 0) return false;
    return run.source !== fitting(this.source, fields) || !same(fields, run.fields);
  }

  /** @param {Fields} fields */
  async #ensure(fields) {
    if (this.busy || this.#reviving) return;
    if (this.#alive && !this.#stale(fields)) return;
    await this.open(fields);
  }

  /** @param {Fields} fields @param {Source | null} wanted @param {Saved | null} [saved] where to go on @param {number} [seeds] */
  async #open(fields, wanted, saved = null, seeds = 1) {
    if (this.#closed) throw new LostError(this.failure);
    const before = this.state;
    const number = ++this.#lastRun;
    const source = fitting(wanted, fields);
    this.#opening = true;
    this.#held = false;
    this.#enter(this.verdict ? 'running' : 'probing');
    try {
      if (this.#moving) {
        // A recipe that is refused costs nobody the run on show.
        await this.check(fields);
        if (this.#moving) this.#move();
      }
      const { recipe, stepsPerEpoch } = await this.#askToOpen(
        { number, fields, source, seeds, seconds: saved?.seconds ?? 0, failedAt: -1, verdict: null },
        saved?.checkpoint ?? null,
      );
      const epochs = saved?.checkpoint.epoch ?? 0;
      this.run = {
        number,
        fields: { ...fields },
        recipe,
        source,
        seeds,
        verdict: this.verdict,
        stepsPerEpoch,
        history: saved?.history.slice(0, epochs) ?? [],
        step: epochs * stepsPerEpoch,
        seconds: saved?.seconds ?? 0,
        checkpoints: saved ? [saved.checkpoint] : [],
        audited: null,
        marks: saved?.marks ?? [],
        failedAt: -1,
        diverged: false,
      };
      this.#alive = true;
      this.#opening = false;
      this.#deaths = 0;
      this.#signal('run');
    } catch (error) {
      this.#opening = false;
      if (error instanceof RefusalError) this.#enter(before);
      throw error;
    }
  }

  /** Has the worker open a run: at a checkpoint, or at its beginning. @param {Pick<Run, 'number' | 'fields' | 'source' | 'seeds' | 'seconds' | 'failedAt' | 'verdict'>} run @param {Checkpoint | null} from @returns {Promise<Opened>} */
  #askToOpen({ number, fields, source, seeds, seconds, failedAt, verdict }, from) {
    // A run that is on the CPU stays there.
    const on = verdict?.backend === 'cpu' ? 'cpu' : null;
    return this.#ask({
      type: 'open',
      id: this.#nextId(),
      run: number,
      fields,
      weights: source?.bytes ?? null,
      seeds,
      checkpoint: from?.bytes ?? null,
      seconds,
      careful: failedAt,
      on,
    });
  }

  /** @param {boolean} held */
  #hold(held) {
    this.#held = held;
    this.#enter(held ? 'paused' : 'running');
  }

  /** @param {number} until */
  #train(until) {
    const run = this.#current;
    if (this.#held) {
      this.#held = false;
      return this.#enter('paused');
    }
    this.#enter('running');
    this.#pausing = false;
    this.#until = Math.min(until, run.recipe.epochs);
    this.#send({ type: 'train', run: run.number, until: this.#until });
  }

  get #current() {
    if (!this.run) throw new Error('No run is open.');
    return this.run;
  }

  /** @param {State} state @param {string} [failure] */
  #enter(state, failure = '') {
    this.state = state;
    this.failure = failure;
    this.#signal('state');
  }

  /** @param {'state' | 'backend' | 'rates' | 'run' | 'recipe' | 'progress' | 'rewound' | 'source'} name */
  #signal(name) {
    this.dispatchEvent(new Event(name));
  }

  #nextId() {
    return ++this.#lastId;
  }

  /** @param {ToWorker & { id: number }} message @returns {Promise<any>} */
  #ask(message) {
    if (this.#closed) return Promise.reject(new LostError(this.failure));
    return new Promise((resolve, reject) => {
      this.#pending.set(message.id, { message, again: false, resolve, reject });
      this.#send(message);
    });
  }

  /** @param {ToWorker} message */
  #send(message) {
    (this.#worker ?? this.#start()).postMessage(message);
  }

  #start() {
    const worker = launch(
      (from, message) => {
        if (from !== this.#worker) return;
        this.#silence = 0;
        this.#receive(message);
      },
      (from, { message }) => {
        if (from === this.#worker) this.#fail(`The worker could not be started${message ? `: ${message}` : ''}.`);
      },
    );
    this.#worker = worker;
    this.#silence = 0;
    this.#moving = false;
    // A verdict, once reached, is kept for the page's life, unless it was about one recipe; WebGPU that failed is not tried again.
    const { verdict, asked } = this;
    worker.postMessage({ type: 'hello', asked: verdict && verdict.reason !== 'slower' ? verdict.backend : asked });
    return worker;
  }

  /** Gives up the present worker for one on the backend that was switched to. */
  #move() {
    this.#stop();
    for (const { message, resolve, reject } of this.#pending.values()) {
      if (ANY_WORKER.has(message.type)) continue;
      this.#take(message.id);
      if (message.type === 'evaluate') resolve(null);
      else reject(new LostError('The run was started again on another backend.'));
    }
    this.#start();
    for (const { message } of this.#pending.values()) this.#send(message);
    this.#signal('backend');
  }

  #stop() {
    this.#worker?.terminate();
    this.#worker = null;
    this.#alive = false;
  }

  /** @param {FromWorker} message */
  #receive(message) {
    switch (message.type) {
      case 'ready':
        return;
      case 'broken':
        return this.#fail(`The training module could not be loaded: ${sentence(message.message)} Reload the page, or press Train to try again.`);
      case 'probing':
        return this.#enter('probing');
      case 'backend':
        return this.#settle(message.verdict);
      case 'measured':
        this.rates.learn(message.shape, message.backend, message.rate, message.adapter);
        return this.#signal('rates');
      case 'unfit':
        return this.#replace(message.verdict);
      case 'answer':
        return this.#take(message.id)?.resolve(message.value);
      case 'refusal':
        return this.#take(message.id)?.reject(new RefusalError(message.key, message.message));
      case 'progress':
        return this.#advance(message);
      case 'stopped':
        if (message.run === this.run?.number && !this.#opening) this.#end(this.run, message);
        return;
      case 'fatal':
        return this.#recover(message.message, message.cause);
    }
  }

  /** @param {number} id */
  #take(id) {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  /** @param {Verdict} verdict */
  #settle(verdict) {
    // What the worker that is about to be left says of its own choice is of no use.
    if (this.#moving) return;
    const { backend, reason, detail } = this.verdict ?? {};
    // A fresh worker knows only that it was told what to use; the page knows why.
    if (backend === verdict.backend && (verdict.reason === 'asked' || (reason === verdict.reason && detail === verdict.detail))) return;
    this.verdict = verdict;
    this.#signal('backend');
    if (this.#opening) this.#enter('running');
  }

  /** A worker whose WebGPU module failed to start, or to be made ready, gives way to one on the CPU, which is asked again all that is open. @param {Verdict} verdict */
  #replace(verdict) {
    const { run } = this;
    const onGpu = run?.verdict?.backend === 'webgpu';
    this.#stop();
    this.#settle(verdict);
    if (this.#opening || !run) return this.#resend();
    // A run that waits goes on being there.
    const from = run.checkpoints.at(-1) ?? null;
    this.#rewind(run, from, onGpu);
    this.#signal('rewound');
    this.#resumed = false;
    void this.#revive(run, from, () => {
      if (this.#resumed) this.#train(Infinity);
    });
  }

  /** @param {Extract<FromWorker, { type: 'progress' }>} message */
  #advance(message) {
    const { run } = this;
    if (run?.number !== message.run) return;
    run.step = message.step;
    run.seconds = message.seconds;
    for (const report of message.reports) run.history.push(report);
    if (message.reports.length > 0) this.#deaths = 0;
    if (message.checkpoint) run.checkpoints = [...run.checkpoints.slice(-1), message.checkpoint];
    if (message.audited) run.audited = message.audited;
    this.#signal('progress');
  }

  #tick() {
    this.#silence = this.state === 'running' ? this.#silence + 1 : 0;
    if (this.#silence >= SILENCE_TICKS) this.#recover('nothing was heard of it for a minute', 'died');
  }

  /** @param {Run} run @param {{ done: boolean, diverged: boolean }} how */
  #end(run, { done, diverged }) {
    this.#pausing = false;
    if (!diverged) return this.#enter(done ? 'done' : 'paused');
    run.diverged = true;
    const { epoch = 0, mse } = run.history.at(-1) ?? { mse: NaN };
    const kept = run.checkpoints.at(-1);
    const what = Number.isFinite(mse) ? `is ${mse.toExponential(1)}, more than a million times the first one’s` : 'is not a number any more';
    const words = `The run diverged: the MSE of epoch ${epoch} ${what}. ${kept ? `The weights of epoch ${kept.epoch} are kept.` : 'No weights before it could be kept.'}`;
    // The weights that diverged are of no use to anybody: what is asked from here on is answered by those before.
    if (!kept) return this.#enter('failed', words);
    this.#stop();
    void this.#revive(run, kept, () => this.#enter('failed', words));
  }

  /**
   * The worker is of no use any more: a fresh one takes over from the last checkpoint.
   * @param {string} why @param {Cause} cause
   */
  #recover(why, cause) {
    const { run } = this;
    const wasOnGpu = this.verdict?.backend === 'webgpu';
    // With no run there is nothing to be lost, and the next worker may find the device well.
    if (!run && !this.#opening && wasOnGpu && cause === 'device' && this.#deaths++ < MOST_DEATHS) return this.#forget();
    const futile = this.#reviving || ++this.#deaths > MOST_DEATHS || (this.#opening && !wasOnGpu);
    this.#stop();
    if (this.verdict && wasOnGpu) this.#settle({ backend: 'cpu', reason: cause === 'wrong' ? 'wrong' : 'lost', detail: why, adapter: this.verdict.adapter });
    if (futile) return this.#fail(`Training stopped: ${sentence(why)} Press Train to start again.`);
    if (this.#opening || !run) return this.#resend();

    const done = run.history.length;
    const wasTraining = this.state === 'running';
    const twice = wasTraining && !wasOnGpu && done <= run.failedAt;
    if (wasTraining && !wasOnGpu) run.failedAt = done;
    const from = (cause === 'wrong' ? run.audited : run.checkpoints.at(-1)) ?? null;
    this.#rewind(run, from, wasOnGpu);
    const place = from ? `the end of epoch ${from.epoch}` : 'the beginning';
    this.news = wasTraining && !twice ? rescued(cause, why, done + 1, place, wasOnGpu) : '';
    this.#signal('rewound');
    void this.#revive(run, from, () => {
      if (twice)
        this.#enter(
          'failed',
          `Training stopped at epoch ${done + 1}, twice: ${sentence(why)} ${from ? `The weights of epoch ${from.epoch} are kept. ` : ''}Press Train to start again.`,
        );
      else if (wasTraining && this.#pausing) this.#enter('paused');
      else if (wasTraining) this.#train(this.#until);
    });
  }

  /** As if nothing had been chosen yet. */
  #forget() {
    this.#stop();
    this.verdict = null;
    this.#resend();
    this.#signal('backend');
  }

  /** The run is again what it was at a checkpoint, or at its beginning. @param {Run} run @param {Checkpoint | null} from @param {boolean} moved whether it leaves the GPU */
  #rewind(run, from, moved) {
    const epochs = from?.epoch ?? 0;
    run.history.length = epochs;
    run.step = epochs * run.stepsPerEpoch;
    run.checkpoints = from ? [from] : [];
    run.verdict = this.verdict;
    run.marks = run.marks.filter(({ epoch }) => epoch <= epochs + 1);
    if (moved && epochs < run.recipe.epochs) run.marks.push({ epoch: epochs + 1, words: 'on the CPU' });
  }

  /**
   * A fresh worker opens the run where it was left, and is asked again all that is open.
   * @param {Run} run @param {Checkpoint | null} from @param {() => void} then what follows, if no other run has come meanwhile
   */
  async #revive(run, from, then) {
    this.#reviving = true;
    const opened = this.#askToOpen(run, from);
    this.#resend(this.#lastId);
    try {
      await opened;
    } catch (error) {
      // Where it was lost once more the state says so.
      if (error instanceof RefusalError) this.#fail(`Training stopped: ${sentence(error.message)} Press Train to start again.`);
      return;
    } finally {
      this.#reviving = false;
    }
    if (run !== this.run || this.#opening) return;
    this.#alive = true;
    then();
  }

  /** Asks the present worker what is open, once; what was asked twice already is given up. @param {number} [but] an id that was just asked */
  #resend(but) {
    for (const pending of [...this.#pending.values()]) {
      if (pending.message.id === but) continue;
      if (pending.again) {
        this.#take(pending.message.id);
        pending.reject(new RefusalError('', 'The worker died of this question, twice.'));
        continue;
      }
      pending.again = true;
      this.#send(pending.message);
    }
  }

  /** Nothing that was asked will be answered. @param {string} why */
  #abandon(why) {
    const lost = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of lost) reject(new LostError(why));
  }

  /** Nothing goes on by itself any more. @param {string} failure */
  #fail(failure) {
    this.#stop();
    this.#opening = false;
    this.#deaths = 0;
    this.#abandon(failure);
    this.#enter('failed', failure);
  }
}

/** How a run was saved, in a sentence. @param {Cause} cause @param {string} why @param {number} epoch @param {string} place @param {boolean} wasOnGpu */
function rescued(cause, why, epoch, place, wasOnGpu) {
  if (cause === 'wrong')
    return `WebGPU computed wrong numbers: ${sentence(why)} The run went back to ${place}, the last that was confirmed, and on from there on the CPU.`;
  if (wasOnGpu) return `WebGPU failed in epoch ${epoch}: ${sentence(why)} The run went on on the CPU from ${place}; nothing before it has changed.`;
  return `The worker died in epoch ${epoch}: ${sentence(why)} A fresh one went on from ${place}; nothing before it has changed.`;
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

/** The text as a sentence of its own; what follows in further lines is for the diagnostics. @param {string} text */
function sentence(text) {
  const [line] = text.split('\n');
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
