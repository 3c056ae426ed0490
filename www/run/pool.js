// @ts-check
/**
 * Workers that train run after run, as many at a time as there may be: sweeps and the runs of many seeds stand on it. A run is a job with a key;
 * its owner hears how far it is, what came of it, and what it died of. No DOM, no clock and no storage here.
 */
import { spawn } from '../shell/spawn.js';
import { before } from './at-hand.js';
import { Channel } from './channel.js';

/** @typedef {import('../common/protocol.js').FromMany} FromMany */
/** @typedef {import('../common/protocol.js').Job} Job */
/** @typedef {import('../common/protocol.js').ToMany} ToMany */

const CORES = globalThis.navigator?.hardwareConcurrency || 2;

/** One core stays for the page and its own run. */
export const WORKERS = Math.max(1, CORES - 1);

/** The same where the page's own run is one of them, and over soon: of two cores both are theirs. */
export const ALL_WORKERS = Math.max(Math.min(2, CORES), CORES - 1);

/** Starts a worker that trains run after run. */
export function launchMany() {
  return spawn(new URL('../worker/many-worker.js', import.meta.url));
}

/** A worker of the pool's. @typedef {Channel<ToMany, FromMany>} Hand */

/**
 * What the pool's owner hears. A run that `failed` may be added once more at once; where the workers are `broken` the pool has stopped.
 * @typedef {object} Owner
 * @property {() => import('./channel.js').Port} launch starts a worker
 * @property {(job: Job, message: Extract<FromMany, { type: 'progress' }>) => void} progress
 * @property {(job: Job, message: Extract<FromMany, { type: 'ended' }>) => void} ended
 * @property {(job: Job, words: string) => void} failed
 * @property {(words: string, job: Job) => void} broken the job that was on when it was told
 * @property {() => void} changed after each of these, and when the last worker has gone
 * @property {number} [ahead] runs that a worker is given before it has ended the first of them: it need not wait until the page has time for it
 */

export class Pool {
  #owner;
  /** @type {Job[]} */
  #queue = [];
  #most = 1;
  /** Each worker's runs, the first of which is on, and the share of that that is done. @type {Map<Hand, { jobs: Job[], share: number }>} */
  #hands = new Map();

  /** @param {Owner} owner */
  constructor(owner) {
    this.#owner = owner;
  }

  /** How many workers are at work. */
  get workers() {
    return this.#hands.size;
  }

  /** The runs that wait for a worker. */
  get waiting() {
    return [...[...this.#hands.values()].flatMap(({ jobs }) => jobs.slice(1)), ...this.#queue];
  }

  /** The runs that are on, and the share of each that is done. */
  get on() {
    return [...this.#hands.values()].map(({ jobs: [job], share }) => ({ job, share }));
  }

  /** One more run, behind those that wait. @param {Job} job */
  add(job) {
    this.#queue.push(job);
  }

  /** Trains what waits. @param {number} most workers at a time */
  start(most) {
    this.#most = most;
    while (this.#queue.length > 0 && this.#hands.size < most) this.#hire();
  }

  /** Ends all workers. What has not ended is nobody's any more. */
  stop() {
    for (const hand of this.#hands.keys()) hand.stop();
    this.#hands.clear();
    this.#queue = [];
  }

  /** Gives the next run to a new worker. */
  #hire() {
    if (this.#queue.length === 0) return;
    /** @type {Hand} */
    const hand = new Channel({
      launch: this.#owner.launch,
      before,
      hear: (message) => this.#hear(hand, message),
      died: ({ words }) => this.#hear(hand, { type: 'broken', message: words || 'its worker could not be started' }),
    });
    this.#give(hand, []);
  }

  /** What a worker is at, and what it is to be at next: its share at most, where there are few. @param {Hand} hand @param {Job[]} jobs that it has already */
  #give(hand, jobs) {
    const { ahead = 1 } = this.#owner;
    const share = Math.max(1, Math.floor(this.#queue.length / this.#most));
    const more = this.#queue.splice(0, Math.min(ahead - jobs.length, share));
    if (jobs.length + more.length === 0) return this.#dismiss(hand);
    this.#hands.set(hand, { jobs: [...jobs, ...more], share: 0 });
    for (const job of more) hand.send({ type: 'run', ...job });
  }

  /** @param {Hand} hand */
  #dismiss(hand) {
    hand.stop();
    this.#hands.delete(hand);
  }

  /** @param {Hand} hand @param {import('./channel.js').Unasked<FromMany>} message */
  #hear(hand, message) {
    const on = this.#hands.get(hand);
    // A worker that dies before it has heard of its next run names the one before.
    if (!on || ((message.type === 'progress' || message.type === 'ended') && message.key !== on.jobs[0].key)) return;
    const [job, ...next] = on.jobs;
    switch (message.type) {
      case 'progress':
        on.share = message.share;
        this.#owner.progress(job, message);
        break;
      case 'ended':
        this.#owner.ended(job, message);
        this.#give(hand, next);
        break;
      case 'failed':
        this.#queue.unshift(...next);
        this.#owner.failed(job, message.message);
        // The next one is hired before this one goes, or the pool would look idle.
        this.#hire();
        this.#dismiss(hand);
        break;
      case 'broken':
        this.stop();
        this.#owner.broken(message.message, job);
        break;
    }
    this.#owner.changed();
  }
}
