// @ts-check
/**
 * What is known of each backend's speed on this machine, recipe by recipe: measured here, kept for the page's life and no longer.
 *
 * From which size a GPU beats the CPU is another size on every machine, so nothing is assumed: a trial runs some steps of the recipe on
 * the backend in question, in a worker of its own (trial-worker.js). Knows no wasm and no DOM. `change` is a signal without a load.
 */
import { spawn } from './spawn.js';

/** @typedef {import('./protocol.js').Adapter} Adapter */
/** @typedef {import('./protocol.js').Asked} Asked */
/** @typedef {import('./protocol.js').Backend} Backend */
/** @typedef {import('./protocol.js').FromTrial} FromTrial */
/** @typedef {import('./protocol.js').Recipe} Recipe */
/** @typedef {import('./protocol.js').ToTrial} ToTrial */
/** @typedef {import('./protocol.js').Verdict} Verdict */

/** Steps a second on each backend that was measured; `adapter` is what WebGPU ran on.
 * @typedef {{ cpu?: number, webgpu?: number, adapter: Adapter | null }} Rates */

/** How a trial ended: null when it did all that it was asked, a sentence when it failed.
 * @typedef {{ failure: string | null }} Ending */

/** Software WebGPU compiles its pipelines for seconds; a driver that hangs is given up. */
const PATIENCE_MS = 45_000;

/** All that a recipe's speed depends on. @param {Recipe} recipe */
export function shape({ d, m, hidden, n, batch, fresh }) {
  return [d, m, hidden, n, batch, ...(fresh ? ['fresh'] : [])].join('/');
}

export class Trials extends EventTarget {
  /** @type {Map<string, Rates>} */
  #known = new Map();
  /** Ends the present trial. @type {((ending: Ending | null) => void) | null} */
  #end = null;
  /** Why WebGPU cannot be used, once a trial has found out. @type {Verdict | null} */
  unusable = null;

  /** Whether a trial is on. */
  get busy() {
    return this.#end !== null;
  }

  /** What is known of recipes of this shape. @param {string} of @returns {Rates} */
  rates(of) {
    return this.#known.get(of) ?? { adapter: null };
  }

  /** Keeps a rate that a run has shown by itself. @param {string} of @param {Backend} backend @param {number} rate */
  learn(of, backend, rate) {
    this.#known.set(of, { ...this.rates(of), [backend]: rate });
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
    const worker = spawn(new URL('./trial-worker.js', import.meta.url));
    const timer = setTimeout(() => this.#end?.({ failure: `no answer within ${PATIENCE_MS / 1000} seconds` }), PATIENCE_MS);
    /** @type {Promise<Ending | null>} */
    const ended = new Promise((resolve) => {
      this.#end = resolve;
      worker.onmessage = ({ data }) => this.#hear(of, data, resolve);
      worker.onerror = (event) => {
        event.preventDefault();
        resolve({ failure: event.message || 'its worker could not be started' });
      };
    });
    /** @type {ToTrial} */
    const message = { type: 'measure', asked, recipe, backends };
    worker.postMessage(message);
    this.#changed();
    try {
      return await ended;
    } finally {
      clearTimeout(timer);
      worker.terminate();
      this.#end = null;
      this.#changed();
    }
  }

  /** Ends the present trial; what it has measured so far is kept. */
  cancel() {
    this.#end?.(null);
  }

  /** @param {string} of @param {FromTrial} message @param {(ending: Ending) => void} end */
  #hear(of, message, end) {
    switch (message.type) {
      case 'measured':
        this.learn(of, message.backend, message.rate);
        if (message.adapter) this.#known.set(of, { ...this.rates(of), adapter: message.adapter });
        return;
      case 'unusable':
        // That an adapter is software is no obstacle to who asks for it.
        if (message.verdict.reason !== 'software') this.unusable = message.verdict;
        return;
      case 'finished':
        return end({ failure: null });
      case 'failed':
        return end({ failure: message.message });
    }
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
