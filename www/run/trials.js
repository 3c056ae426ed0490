// @ts-check
/**
 * Finds out a recipe's speed on a backend: a trial runs some steps of it there, in a worker of its own (trial-worker.js). Knows no wasm
 * and no DOM. `change` is a signal without a load.
 */
import { shape } from '../common/recipe.js';
import { spawn } from '../shell/spawn.js';
import { Channel } from './channel.js';

/** @typedef {import('../common/protocol.js').Adapter} Adapter */
/** @typedef {import('../common/protocol.js').Asked} Asked */
/** @typedef {import('../common/protocol.js').Backend} Backend */
/** @typedef {import('../common/protocol.js').FromTrial} FromTrial */
/** @typedef {import('../common/protocol.js').Recipe} Recipe */
/** @typedef {import('../common/protocol.js').ToTrial} ToTrial */
/** @typedef {import('../common/protocol.js').Verdict} Verdict */

/** How a trial ended: null when it did all that it was asked, a sentence when it failed.
 * @typedef {{ failure: string | null }} Ending */

/** Software WebGPU compiles its pipelines for seconds; a driver that hangs is given up. */
const PATIENCE_MS = 45_000;

export class Trials extends EventTarget {
  #rates;
  /** Ends the present trial. @type {((ending: Ending | null) => void) | null} */
  #end = null;
  /** Why WebGPU cannot be used, once a trial has found out. @type {Verdict | null} */
  unusable = null;

  /** @param {import('../common/rates.js').Rates} rates where what is found out is kept */
  constructor(rates) {
    super();
    this.#rates = rates;
  }

  /** Whether a trial is on. */
  get busy() {
    return this.#end !== null;
  }

  /**
   * Measures a recipe on each of some backends. One trial at a time.
   * @param {Recipe} recipe
   * @param {Backend[]} backends
   * @param {Asked} asked as for a run: `auto` leaves software adapters alone, `webgpu` takes them
   * @returns {Promise<Ending | null>} null when it was cancelled
   */
  async measure(recipe, backends, asked) {
    if (this.#end) return null;
    const of = shape(recipe);
    const timer = setTimeout(() => this.#end?.({ failure: `no answer within ${PATIENCE_MS / 1000} seconds` }), PATIENCE_MS);
    /** @type {Promise<Ending | null>} */
    const ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    /** @type {Channel<ToTrial, FromTrial>} */
    const channel = new Channel({
      launch: () => spawn(new URL('../worker/trial-worker.js', import.meta.url)),
      hear: (message) => this.#hear(of, message),
      died: ({ words }) => this.#end?.({ failure: words || 'its worker could not be started' }),
    });
    channel.send({ type: 'measure', asked, recipe, backends });
    this.#changed();
    try {
      return await ended;
    } finally {
      clearTimeout(timer);
      channel.stop();
      this.#end = null;
      this.#changed();
    }
  }

  /** Ends the present trial; what it has measured so far is kept. */
  cancel() {
    this.#end?.(null);
  }

  /** @param {string} of @param {FromTrial} message */
  #hear(of, message) {
    switch (message.type) {
      case 'measured':
        this.#rates.learn(of, message.backend, message.rate, message.adapter);
        return;
      case 'unusable':
        // That an adapter is software is no obstacle to who asks for it.
        if (message.verdict.reason !== 'software') this.unusable = message.verdict;
        return;
      case 'finished':
        return this.#end?.({ failure: null });
      case 'failed':
        return this.#end?.({ failure: message.message });
    }
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
