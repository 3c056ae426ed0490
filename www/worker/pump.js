// @ts-check
/**
 * Keeps a session at work: asks for so much at a time, and so far ahead, that a GPU never waits until somebody has read what it did, and
 * that whoever wants it to stop does not wait long.
 *
 * What is asked for is done in order, and its losses, held-out errors and checkpoints come in behind the run. How much to ask for at a time
 * follows from how long the last pieces took from the asking to the answer; the recipe has no part in it, and of the device only its kind.
 */
import { Pace } from './pace.js';

/** @typedef {import('../common/protocol.js').Report} Report */
/** @typedef {import('../common/protocol.js').Session} Session */

/** @typedef {'cpu' | 'card' | 'software'} Kind */

/**
 * Pieces that are on their way at a time, and the milliseconds from the asking to the answer that are aimed at. A Pause waits about that long.
 * On the CPU a piece is done as it is asked for. On the software adapter a submission costs as much as a small network's ten steps.
 * @type {Record<Kind, { ahead: number, ms: number }>}
 */
const PACES = { cpu: { ahead: 1, ms: 15 }, card: { ahead: 4, ms: 80 }, software: { ahead: 2, ms: 1_200 } };

/** Where an answer takes its time whatever is asked, more is asked at a time. */
const OVER_LEAST = 2.5;

/** A worker that trains is taken for dead when it has said nothing for so long: what is longer between two answers was the machine's sleep. */
const MOST_MS = 60_000;

/** Nobody asks for more at a time. */
const MOST = 2 ** 31;

/** Sizes that earlier sessions have found, by what they were found for. @type {Map<string, number>} */
const found = new Map();

/** What a session is computed on, as far as that is known. @param {import('../common/protocol.js').Backend} backend @param {import('../common/protocol.js').Adapter | null} [adapter] @returns {Kind} */
export function kindOf(backend, adapter) {
  if (backend === 'cpu') return 'cpu';
  return adapter?.software ? 'software' : 'card';
}

export class Pump {
  #session;
  #kind;
  #pace;
  /** The pieces that are on their way. @type {{ at: number, size: number, fair: boolean }[]} */
  #asked = [];
  /** Milliseconds from the asking to the answer, at least. */
  #least = Infinity;
  /** When the present size was found. */
  #since = 0;
  /** From when on the time counts that the session is at work. */
  #working = 0;
  #ahead;
  #of;
  /** Micro-batches of every piece, where that is fixed. */
  #size;

  /** Seconds that the session was at work. */
  seconds = 0;
  /** Micro-batches that are done. */
  done = 0;
  /** Micro-batches that may still be asked for. */
  left = Infinity;
  /** Hears of it before more is asked for. */
  asking = () => {};

  /**
   * @param {Session} session @param {Kind} kind
   * @param {string} [of] what sizes are remembered for
   * @param {number} [size] micro-batches of every piece, each of which is waited for
   */
  constructor(session, kind, of = '', size = 0) {
    this.#session = session;
    this.#kind = kind;
    this.#of = `${kind} ${of}`;
    const epoch = session.stepsPerEpoch * session.microBatchesPerStep;
    this.#ahead = size ? 1 : PACES[kind].ahead;
    this.#pace = size ? null : new Pace(PACES[kind].ms, kind === 'cpu' ? epoch : MOST, found.get(this.#of));
    this.#size = size;
  }

  /**
   * Trains, piece after piece, until nothing is left up to the end of an epoch or whoever takes the pieces leaves.
   * @param {number} until @returns {AsyncGenerator<Report[], void>} the epochs that ended in each
   */
  async *pieces(until) {
    while (!this.#session.done && this.#session.epoch < until) yield await this.next(until);
  }

  /**
   * Asks for more where there is room, and waits for what was asked first.
   * @param {number} until the last epoch that may be asked for
   * @returns {Promise<Report[]>} the epochs that ended in it
   */
  async next(until) {
    const session = this.#session;
    this.asking();
    if (session.pending === 0) this.#working = performance.now();
    while (session.pending < this.#ahead && this.left > 0) {
      const at = performance.now();
      const wanted = this.#pace?.size ?? this.#size;
      const size = session.queue(Math.min(MOST, wanted, this.left), Math.min(MOST, until));
      if (size === 0) break;
      this.left -= size;
      this.#asked.push({ at, size, fair: size === wanted });
    }
    return session.pending > 0 ? this.collect() : [];
  }

  /** Keeps another session at work, which goes on where this one is. @param {Session} session */
  take(session) {
    this.#session = session;
  }

  /** Waits for all that was asked. @returns {Promise<Report[]>} the epochs that ended in it */
  async settle() {
    /** @type {Report[]} */
    const reports = [];
    while (this.#session.pending > 0) reports.push(...(await this.collect()));
    return reports;
  }

  /** Waits for what was asked first. @returns {Promise<Report[]>} the epochs that ended in it */
  async collect() {
    const reports = await this.#session.collect();
    const now = performance.now();
    this.seconds += Math.min(now - this.#working, MOST_MS) / 1000;
    this.#working = now;
    const piece = this.#asked.shift();
    if (piece) {
      this.done += piece.size;
      this.#learn(piece, now);
    }
    return reports;
  }

  /** @param {{ at: number, size: number, fair: boolean }} piece @param {number} now */
  #learn({ at, fair }, now) {
    const ms = now - at;
    this.#least = Math.min(this.#least, ms);
    // One that was asked for at another size says nothing of this one.
    if (!this.#pace || !fair || at < this.#since) return;
    const { size } = this.#pace;
    if (this.#kind !== 'cpu') this.#pace.budget = Math.max(PACES[this.#kind].ms, OVER_LEAST * this.#least);
    this.#pace.learn(ms);
    if (this.#pace.size === size) return;
    this.#since = now;
    found.set(this.#of, this.#pace.size);
  }
}
