// @ts-check
/**
 * The page's way to the lab: the floor, the Taylor baseline, the closed form for the last layers, errors over a great many draws. Owns a
 * worker, which is started by the first question and not before, since the lab is a module of its own that few visitors need. Knows no
 * wasm and no DOM.
 */
import { spawn } from '../shell/spawn.js';
import { LostError, RefusalError } from './trainer.js';

/** @typedef {import('../common/lab-protocol.js').Estimated} Estimated */
/** @typedef {import('../common/lab-protocol.js').FromLab} FromLab */
/** @typedef {import('../common/lab-protocol.js').Solved} Solved */
/** @typedef {import('../common/lab-protocol.js').Taylor} Taylor */
/** @typedef {import('../common/lab-protocol.js').TaylorCurves} TaylorCurves */
/** @typedef {import('../common/lab-protocol.js').TaylorToy} TaylorToy */
/** @typedef {import('../common/lab-protocol.js').ToLab} ToLab */
/** @typedef {import('../common/protocol.js').Fields} Fields */

/** What a long request takes besides: where its progress goes, from 0 to 1, and what ends it.
 * @typedef {{ progress?: (done: number) => void, signal?: AbortSignal }} Watch */

/** @template Message @typedef {Message extends { id: number } ? Omit<Message, 'id'> : never} Asked */

/** @typedef {{ message: ToLab, resolve: (value: any) => void, reject: (error: unknown) => void, progress?: (done: number) => void }} Pending */

export class Lab {
  /** @type {Worker | null} */
  #worker = null;
  /** @type {Map<number, Pending>} */
  #pending = new Map();
  #lastId = 0;
  #closed = false;

  /**
   * The lowest population MSE that networks of width m can reach, at index m from 0 to `most`; NaN where it is below 10⁻²² (d = 1, m > 24).
   * @param {number} d @param {number} most @returns {Promise<Float64Array>}
   */
  floors(d, most) {
    return this.#ask({ type: 'floors', d, most });
  }

  /** The sister notebook's toy case, computed. @returns {Promise<TaylorToy>} */
  taylorToy() {
    return this.#ask({ type: 'toy' });
  }

  /**
   * The series of `terms` terms with its errors, and the best that its powers could do; `draws` of the seed's held-out draws are taken.
   * @param {number} d @param {number} terms @param {{ seed?: number, draws?: number }} [over] @returns {Promise<Taylor>}
   */
  taylor(d, terms, { seed = 42, draws = 10_000 } = {}) {
    return this.#ask({ type: 'taylor', d, terms, seed, draws });
  }

  /** The series, the fit of its powers and GELU at some z. @param {number} d @param {number} terms @param {Float64Array} z @returns {Promise<TaylorCurves>} */
  taylorCurves(d, terms, z) {
    return this.#ask({ type: 'curves', d, terms, z });
  }

  /**
   * The last layers in closed form, over all pairs of `draws` draws of the recipe's seed (the recipe's own n where none are given). The
   * hidden layers are the seed's initial ones, or those of a `.safetensors` file, whose sizes then count. Aborting ends the worker.
   * @param {Fields} fields @param {Uint8Array | null} weights @param {{ draws?: number } & Watch} [options] @returns {Promise<Solved>}
   */
  solve(fields, weights, { draws = Number(fields.n), ...watch } = {}) {
    return this.#ask({ type: 'solve', fields, weights, draws }, watch);
  }

  /**
   * The MSE of a `.safetensors` file's networks over fresh draws, with its standard error. Aborting ends the worker.
   * @param {Uint8Array} file @param {number} draws @param {{ seed?: number } & Watch} [options] @returns {Promise<Estimated>}
   */
  evaluate(file, draws, { seed = 42, ...watch } = {}) {
    return this.#ask({ type: 'evaluate', file, seed, draws }, watch);
  }

  /** Ends the worker, for good: nothing is answered any more. */
  close() {
    this.#closed = true;
    this.#lose(new LostError('The lab was closed.'));
  }

  /** @param {Asked<ToLab>} request @param {Watch} [watch] @returns {Promise<any>} */
  #ask(request, { progress, signal } = {}) {
    if (this.#closed) return Promise.reject(new LostError('The lab was closed.'));
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = ++this.#lastId;
    const message = /** @type {ToLab} */ ({ ...request, id });
    const abort = () => this.#cancel(id, signal?.reason);
    signal?.addEventListener('abort', abort);
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { message, resolve, reject, progress });
      this.#send(message);
    }).finally(() => signal?.removeEventListener('abort', abort));
  }

  /** A call in the module cannot be interrupted, so its worker goes; whatever else was asked is asked of the next one again. @param {number} id @param {unknown} reason */
  #cancel(id, reason) {
    this.#take(id)?.reject(reason);
    this.#stop();
    for (const { message } of this.#pending.values()) this.#send(message);
  }

  /** @param {ToLab} message */
  #send(message) {
    this.#worker ??= this.#start();
    this.#worker.postMessage(message);
  }

  #start() {
    const worker = spawn(new URL('../worker/lab-worker.js', import.meta.url));
    // What a terminated worker had sent before may still arrive.
    worker.onmessage = ({ data }) => {
      if (worker === this.#worker) this.#hear(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (worker === this.#worker) this.#lose(new LostError(event.message || 'The lab’s worker could not be started.'));
    };
    return worker;
  }

  #stop() {
    this.#worker?.terminate();
    this.#worker = null;
  }

  /** @param {FromLab} message */
  #hear(message) {
    switch (message.type) {
      case 'answer':
        return this.#take(message.id)?.resolve(message.value);
      case 'refusal':
        return this.#take(message.id)?.reject(new RefusalError(message.key, message.message));
      case 'progress':
        return this.#pending.get(message.id)?.progress?.(message.done);
      case 'fatal':
        return this.#lose(new LostError(message.message));
    }
  }

  /** @param {number} id */
  #take(id) {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  /** @param {Error} error */
  #lose(error) {
    this.#stop();
    const lost = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of lost) reject(error);
  }
}
