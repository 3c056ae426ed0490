// @ts-check
/**
 * What every worker is built on: it loads the worker's module, hands each message to its handler, answers requests by their ids, and tells
 * the page what the worker died of. A worker is its table of handlers.
 *
 * A message waits until the module is there. One with an id is a request: it is answered (`answer`), or refused in a sentence (`refusal`) where its
 * handler throws. Where another handler throws, the worker is of no use any more, and neither is it after a trap in its module. A panic in
 * wasm leaves the promise that is awaited unsettled and surfaces only as an event of the worker, so those are heard too. The page is told
 * once, by the last message.
 *
 * One queue: messages first, then what nobody waits for, a slice at a time. Between them comes a macrotask, because `await` on wasm yields only
 * microtasks and no further message would arrive.
 */
import { loadModule, UnfitError } from './backend.js';
import { macrotask } from './macrotask.js';
import { words } from './probe.js';

/**
 * What is done with each type of message, when the module is there. What is returned answers a request, now or when it settles; undefined leaves
 * the answer for later.
 * @template {{ type: string }} To @template Module
 * @typedef {{ [Type in To['type']]: (message: Extract<To, { type: Type }>, module: Module) => unknown }} Handlers
 */

/**
 * `atOnce` are the types that do not wait for their turn. `slice` begins a piece of what nobody waits for, where there is any.
 * @template {{ type: string }} To @template Module
 * @typedef {{ atOnce?: To['type'][], slice?: (module: Module) => Promise<void> | undefined }} Turns
 */

/** @template {{ type: string }} To @template {{ type: string }} From @template Module */
export class Host {
  #module;
  #died;
  #broken;
  /** @type {(message: To, module: Module) => unknown} */
  #handle = () => {};
  /** @type {(module: Module) => Promise<void> | undefined} */
  #slice = () => undefined;
  /** @type {To[]} */
  #queue = [];
  #working = false;
  #dead = false;
  /** Set while something is tried that may kill a module: its death is then an answer and not the end. @type {((error: unknown) => void) | undefined} */
  #trapped;

  /**
   * @param {'cpu' | 'lab'} name of the module
   * @param {object} last
   * @param {(error: unknown) => From} last.died the last message
   * @param {(error: unknown) => From} [last.broken] the last message where the module could not be loaded
   */
  constructor(name, { died, broken = died }) {
    this.#died = died;
    this.#broken = broken;
    /** @type {Promise<Module>} */
    this.#module = loadModule(name);
    this.#module.catch(() => {}); // Told when something is asked.
    for (const type of /** @type {const} */ (['error', 'unhandledrejection'])) {
      self.addEventListener(type, (event) => {
        event.preventDefault();
        this.surface(reasonOf(event));
      });
    }
  }

  /** Listens from now on. @param {Handlers<To, Module>} handlers @param {Turns<To, Module>} [turns] */
  serve(handlers, { atOnce = [], slice = () => undefined } = {}) {
    this.#handle = (message, module) => handlers[/** @type {To['type']} */ (message.type)](/** @type {any} */ (message), module);
    this.#slice = slice;
    self.onmessage = ({ data }) => void this.#hear(data, atOnce.includes(data.type));
  }

  /** How many messages wait for their turn. */
  get waiting() {
    return this.#queue.length;
  }

  /** Whether a death would be an answer just now. */
  get guarding() {
    return this.#trapped !== undefined;
  }

  /** Posts a message. The memory of its typed arrays goes with it. @param {From} message */
  post(message) {
    if (!this.#dead) self.postMessage(message, { transfer: [...buffers(message)] });
  }

  /** Answers a request with what the work gives, or refuses it with what that throws. @param {number | undefined} id none where nothing is answered @param {() => unknown} work */
  async answer(id, work) {
    try {
      const value = await work();
      if (id !== undefined && value !== undefined) this.#reply({ type: 'answer', id, value });
    } catch (error) {
      if (id === undefined || isFatal(error)) return this.die(error);
      const key = /** @type {{ key?: unknown }} */ (error)?.key;
      this.#reply({ type: 'refusal', id, key: typeof key === 'string' ? key : '', message: words(error) });
    }
  }

  /**
   * Lets a module do what may kill it: its death is then an answer, and not the worker's.
   * @template T
   * @param {(trap: Promise<never>) => Promise<T>} work is given what rejects at that death
   * @returns {Promise<T>}
   */
  async guarded(work) {
    /** @type {Promise<never>} */
    const trap = new Promise((_, reject) => {
      this.#trapped = reject;
    });
    trap.catch(() => {}); // Nobody may be listening any more when a stray error arrives.
    try {
      return await work(trap);
    } finally {
      this.#trapped = undefined;
    }
  }

  /** What died while nobody waited for it. @param {unknown} error */
  surface(error) {
    if (this.#trapped) this.#trapped(error);
    else this.die(error);
  }

  /** Tells the page, and nothing after it. @param {unknown} error */
  die(error) {
    this.#end(this.#died, error);
  }

  /** @param {(error: unknown) => From} last @param {unknown} error */
  #end(last, error) {
    if (this.#dead) return;
    this.post(last(error));
    this.#dead = true;
  }

  /** @param {import('../common/protocol.js').Reply} reply */
  #reply(reply) {
    this.post(/** @type {From} */ (/** @type {unknown} */ (reply)));
  }

  /** @param {To} message @param {boolean} atOnce */
  async #hear(message, atOnce) {
    let module;
    try {
      module = await this.#module;
    } catch (error) {
      return this.#end(this.#broken, error);
    }
    if (this.#dead) return;
    if (atOnce) void this.#serve(message, module);
    else this.#queue.push(message);
    if (!this.#working) void this.#work(module);
  }

  /** @param {To} message @param {Module} module */
  #serve(message, module) {
    // Async, so that a refusal does not overtake the answer to the request before it.
    return this.answer(/** @type {{ id?: number }} */ (message).id, async () => this.#handle(message, module));
  }

  /** @param {Module} module */
  async #work(module) {
    this.#working = true;
    try {
      while (!this.#dead) {
        const message = this.#queue.shift();
        // Whether there is anything is known at once: a message that came between asking and knowing would wait for the next one.
        const work = message ? this.#serve(message, module) : this.#slice(module);
        if (!work) break;
        await work;
        await macrotask();
      }
    } catch (error) {
      this.die(error);
    }
    this.#working = false;
  }
}

/** Whether an error leaves a module that is not to be trusted any more. @param {unknown} error */
export function isFatal(error) {
  return error instanceof WebAssembly.RuntimeError || error instanceof UnfitError;
}

/** @param {ErrorEvent | PromiseRejectionEvent} event @returns {unknown} */
function reasonOf(event) {
  return 'reason' in event ? event.reason : (event.error ?? event.message);
}

/** The memory of all typed arrays in plain data. @param {unknown} data @param {Set<ArrayBuffer>} [found] @returns {Set<ArrayBuffer>} */
function buffers(data, found = new Set()) {
  if (ArrayBuffer.isView(data)) found.add(/** @type {ArrayBuffer} */ (data.buffer));
  else if (data !== null && typeof data === 'object') for (const part of Object.values(data)) buffers(part, found);
  return found;
}
