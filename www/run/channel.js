// @ts-check
/**
 * The way to a worker, and to the next one when it dies. Starts it, matches answers with requests, notices its death. Knows no domain: what
 * the messages say is between its owner and the worker.
 *
 * A message from the worker with an `id` belongs to a request: `answer` (value) and `refusal` (key, message) settle it, and any other is its
 * progress. `fatal` (message, cause) is the worker's own death. Any other message without an `id` goes to the owner.
 *
 * After a death nothing happens by itself: the owner stops the worker, and then has the next one asked again (`retry`, where a request may
 * be what killed it, `repeat` where none is to blame), or gives the requests up (`abandon`). Nothing is heard of a worker that was stopped.
 */
import { LostError, RefusalError } from './errors.js';

/** @typedef {import('../common/protocol.js').Cause} Cause */

/** A worker as far as a channel knows it. @typedef {Pick<Worker, 'postMessage' | 'terminate' | 'onmessage' | 'onerror'>} Port */

/** How a worker died: it said so, its script threw or did not load, or it said nothing for too long. `words` may be empty, and are so for the last.
 * @typedef {{ how: 'told', words: string, cause: Cause } | { how: 'thrown', words: string } | { how: 'silent', words: string }} Death */

/** How many seconds' ticks a worker may say nothing while it is expected to speak. Ticks and not time: a machine that sleeps does not tick.
 * @typedef {{ ticks: number, expected: () => boolean }} Patience */

/** What a request may have besides: where its progress goes, and what ends it. @template Progress
 * @typedef {{ progress?: (message: Progress) => void, signal?: AbortSignal }} Watch */

/** A request without its number. @template Message @typedef {Message extends { id: number } ? Omit<Message, 'id'> : never} Request */

/** What the owner hears. @template Message @typedef {Exclude<Message, { id: number } | { type: 'fatal' }>} Unasked */

/** A request's progress. @template Message @typedef {Exclude<Extract<Message, { id: number }>, { type: 'answer' | 'refusal' }>} Progress */

/**
 * A request that was not answered yet; `worker` is the number of the one that was last asked, `again` whether that was for the second time.
 * @template To
 * @typedef {{ message: To & { id: number }, worker: number, again: boolean, resolve: (value: any) => void, reject: (error: unknown) => void, progress?: (message: any) => void }} Pending
 */

/** @template To, From
 * @typedef {object} Owner
 * @property {() => Port} launch starts a worker
 * @property {(message: Unasked<From>) => void} hear
 * @property {(death: Death) => void} died
 * @property {() => To} [greet] what each worker is told first
 * @property {(message: To) => { key: string, message: To } | undefined} [before] what a worker must have been told before a message; once, unless it was told another of
 *   its kind meanwhile
 * @property {Patience} [patience] without it a worker may be silent for ever
 */

/** @template {{ type: string }} To @template {{ type: string }} From */
export class Channel {
  #owner;
  /** @type {Port | null} */
  #port = null;
  /** Of the present worker, or of the next one. */
  #worker = 1;
  /** @type {Map<number, Pending<To>>} */
  #pending = new Map();
  #lastId = 0;
  /** The key of what the present worker was told last, before a message. */
  #told = '';
  /** Ticks since the worker last said something. */
  #silence = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticking;
  /** Why the channel was closed; empty while it is not. */
  #closed = '';

  /** @param {Owner<To, From>} owner */
  constructor(owner) {
    this.#owner = owner;
  }

  /** Whether a request waits for its answer. */
  get waiting() {
    return this.#pending.size > 0;
  }

  /** Starts a worker; what is sent or asked does so too where there is none. */
  start() {
    const port = this.#owner.launch();
    this.#port = port;
    this.#told = '';
    this.#silence = 0;
    if (this.#owner.patience) this.#ticking = setInterval(() => this.#tick(), 1_000);
    this.#listen(port);
    const greeting = this.#owner.greet?.();
    if (greeting) port.postMessage(greeting);
    return port;
  }

  /** Ends the worker. What it was asked is still pending. */
  stop() {
    this.release()?.terminate();
  }

  /** Lets go of the worker, for another channel to go on with; null where there is none. */
  release() {
    const port = this.#port;
    if (!port) return null;
    clearInterval(this.#ticking);
    this.#port = null;
    this.#worker += 1;
    return port;
  }

  /** Ends the worker for good, and gives up all that was asked. @param {string} why */
  close(why) {
    this.#closed = why;
    this.stop();
    this.abandon(new LostError(why));
  }

  /** Says something that has no answer. @param {To} message */
  send(message) {
    if (!this.#closed) this.#post(message);
  }

  /**
   * Asks. A call in a module cannot be interrupted, so an aborted request ends the worker, and the next one is asked the others.
   * @param {Request<To>} request @param {Watch<Progress<From>>} [watch] @returns {Promise<any>}
   */
  ask(request, { progress, signal } = {}) {
    if (this.#closed) return Promise.reject(new LostError(this.#closed));
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = ++this.#lastId;
    const message = /** @type {To & { id: number }} */ (/** @type {unknown} */ ({ ...request, id }));
    const answer = new Promise((resolve, reject) => {
      const pending = { message, worker: 0, again: false, resolve, reject, progress };
      this.#pending.set(id, pending);
      this.#deliver(pending);
    });
    if (!signal) return answer;
    const abort = () => this.#cancel(id, signal.reason);
    signal.addEventListener('abort', abort);
    return answer.finally(() => signal.removeEventListener('abort', abort));
  }

  /** Asks the present worker all that is pending. */
  repeat() {
    for (const pending of [...this.#pending.values()]) this.#deliver(pending);
  }

  /** Asks the present worker what another was asked, once: what was asked twice already is refused. */
  retry() {
    for (const pending of [...this.#pending.values()]) {
      if (pending.worker === this.#worker) continue;
      if (pending.again) {
        this.#take(pending.message.id)?.reject(new RefusalError('', 'The worker died of this question, twice.'));
        continue;
      }
      pending.again = true;
      this.#deliver(pending);
    }
  }

  /** Takes requests back, for the caller to settle. @param {(message: To) => boolean} which */
  withdraw(which) {
    const found = [...this.#pending.values()].filter(({ message }) => which(message));
    for (const { message } of found) this.#pending.delete(message.id);
    return found;
  }

  /** Nothing that was asked will be answered. @param {Error} why */
  abandon(why) {
    for (const { reject } of this.withdraw(() => true)) reject(why);
  }

  /** @param {Pending<To>} pending */
  #deliver(pending) {
    this.#post(pending.message);
    pending.worker = this.#worker;
  }

  /** @param {To} message */
  #post(message) {
    const port = this.#port ?? this.start();
    const before = this.#owner.before?.(message);
    if (before && before.key !== this.#told) {
      this.#told = before.key;
      port.postMessage(before.message);
    }
    port.postMessage(message);
  }

  /** What a stopped worker had sent before may still arrive. @param {Port} port */
  #listen(port) {
    port.onmessage = ({ data }) => {
      if (port === this.#port) this.#receive(data);
    };
    port.onerror = (event) => {
      event.preventDefault();
      if (port === this.#port) this.#owner.died({ how: 'thrown', words: event.message || '' });
    };
  }

  /** @param {any} message */
  #receive(message) {
    this.#silence = 0;
    if ('id' in message) this.#settle(message);
    else if (message.type === 'fatal') this.#owner.died({ how: 'told', words: message.message, cause: message.cause ?? 'died' });
    else this.#owner.hear(message);
  }

  /** @param {{ type: string, id: number, value?: unknown, key?: string, message?: string }} message */
  #settle(message) {
    if (message.type === 'answer') this.#take(message.id)?.resolve(message.value);
    else if (message.type === 'refusal') this.#take(message.id)?.reject(new RefusalError(message.key ?? '', message.message ?? ''));
    else this.#pending.get(message.id)?.progress?.(message);
  }

  /** @param {number} id @param {unknown} reason */
  #cancel(id, reason) {
    this.#take(id)?.reject(reason);
    this.stop();
    this.repeat();
  }

  /** @param {number} id */
  #take(id) {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #tick() {
    const { patience, died } = this.#owner;
    if (!patience) return;
    this.#silence = patience.expected() ? this.#silence + 1 : 0;
    if (this.#silence >= patience.ticks) died({ how: 'silent', words: '' });
  }
}
