// @ts-check
/**
 * Waits for a GPU that was lost. Most are lost after hours in the background, or as their driver starts again, and a new device works a second later: so
 * WebGPU is tried once more while the run trains on the CPU, in a worker of its own, when the page has been in view for a moment. That worker goes through
 * all that the first one did, and trains an epoch from the run's last checkpoint, of which the CPU computes the first losses again. Then it stands by until the run
 * takes it. What may follow on what is the table in `life.js`; seconds are the page's ticks, as a machine that sleeps does not tick.
 */
import { obstacle } from '../common/reasons.js';
import { shape } from '../common/recipe.js';
import { launch } from '../shell/launch.js';
import { beforeOpening } from './at-hand.js';
import { Channel } from './channel.js';
import { toOpen } from './run.js';
import { sentence } from './sentences.js';

/** @typedef {import('../common/protocol.js').Checkpoint} Checkpoint */
/** @typedef {import('../common/protocol.js').FromWorker} FromWorker */
/** @typedef {import('../common/protocol.js').ToWorker} ToWorker */
/** @typedef {import('../common/protocol.js').Verdict} Verdict */
/** @typedef {import('./channel.js').Death} Death */
/** @typedef {import('./run.js').Run} Run */
/** @typedef {import('./training.js').Training} Training */

/** Seconds without a break that a run is seen to train on the CPU before WebGPU is tried again. */
const WAIT_TICKS = 3;

/** Seconds of training on a GPU that has come back, after which another loss is a first one again. */
const TRUST_TICKS = 60;

export class Comeback {
  /** What the worker that stands by has found. @type {Verdict} */
  verdict = { backend: 'webgpu', reason: 'webgpu', detail: '', adapter: null };

  #training;
  #patience;
  /** The way to the worker that tries WebGPU, or stands by. @type {Channel<ToWorker, FromWorker> | null} */
  #channel = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticking;
  #ticks = 0;

  /** @param {Pick<Training, 'asked' | 'forgo' | 'life' | 'rates' | 'run'>} training @param {number} patience ticks that a worker which tries a GPU may say nothing */
  constructor(training, patience) {
    this.#training = training;
    this.#patience = patience;
  }

  /** From now on, and anew, until the GPU is sound or gone. */
  wait() {
    this.stop();
    this.#ticking = setInterval(() => this.#tick(), 1_000);
  }

  /** Waits for nothing any more. */
  stop() {
    clearInterval(this.#ticking);
    this.#ticks = 0;
    this.#channel?.stop();
    this.#channel = null;
  }

  /** The worker that stands by, for the run that goes over to it; null where none does. */
  take() {
    const port = this.#channel?.release() ?? null;
    this.wait();
    return port;
  }

  /** That the run has gone over. @param {Checkpoint} from */
  news({ epoch }) {
    return `WebGPU is back, and was checked against the CPU: the run went on on it from the end of epoch ${epoch}; nothing before it has changed.`;
  }

  #tick() {
    const { life } = this.#training;
    switch (life.gpu) {
      case 'lost':
        return this.#watch();
      case 'back':
        if (life.run === 'running') this.#ticks += 1;
        if (this.#ticks >= TRUST_TICKS) life.on('trust');
        return;
      case 'sound':
      case 'gone':
        return this.stop();
    }
  }

  /** Tries WebGPU when the time has come. */
  #watch() {
    const found = inView() ? this.#candidate : null;
    this.#ticks = found ? this.#ticks + 1 : 0;
    if (found && this.#ticks >= WAIT_TICKS) this.#attempt(found);
  }

  /** The run that would go over, and from where: one that trains, has epochs left and is not known to be faster on the CPU. @returns {{ run: Run, from: Checkpoint } | null} */
  get #candidate() {
    const { asked, life, rates, run } = this.#training;
    const from = run?.checkpoints.at(-1);
    if (life.run !== 'running' || !life.holding || !run || !from || from.epoch >= run.recipe.epochs) return null;
    return asked === 'auto' && rates.slower(shape(run.recipe)) ? null : { run, from };
  }

  /** @param {{ run: Run, from: Checkpoint }} found */
  #attempt({ run, from }) {
    const { life } = this.#training;
    life.on('attempt');
    /** @type {Channel<ToWorker, FromWorker>} */
    const channel = new Channel({
      launch,
      greet: () => this.#greet(),
      before: beforeOpening,
      hear: (message) => this.#hear(message),
      died: (death) => this.#fail(wordsOf(death)),
      patience: { ticks: this.#patience, expected: () => life.gpu === 'tried' },
    });
    this.#channel = channel;
    channel.ask({ ...toOpen(run, from), on: null }).then(
      () => channel.send({ type: 'train', run: run.number, until: from.epoch + 1 }),
      (error) => this.#fail(error.message),
    );
  }

  /** @returns {ToWorker} */
  #greet() {
    return { type: 'hello', asked: this.#training.asked };
  }

  /** @param {import('./channel.js').Unasked<FromWorker>} message */
  #hear(message) {
    switch (message.type) {
      case 'backend':
        this.verdict = message.verdict;
        return this.verdict.backend === 'cpu' ? this.#fail(obstacle(this.verdict)) : undefined;
      case 'unfit':
        return this.#fail(obstacle(message.verdict));
      case 'broken':
        return this.#fail(message.message);
      case 'stopped':
        // A loss that differs from the CPU's would have ended the worker.
        return this.#training.life.on('pass');
    }
  }

  /** @param {string} why */
  #fail(why) {
    this.stop();
    this.#training.forgo(why, `WebGPU was tried again, without success: ${sentence(why)} This page stays on the CPU.`);
  }
}

/** @param {Death} death */
function wordsOf({ how, words }) {
  return how === 'silent' ? 'nothing was heard of it for three minutes' : words || 'its worker could not be started';
}

/** A tab that nobody sees is no place to find out about a GPU: browsers take it away there. */
function inView() {
  return globalThis.document?.visibilityState !== 'hidden';
}
