// @ts-check
/** What works a bounded piece at a time, and takes long: a slice of it is as much as leaves the worker free for others. */
import { Pace } from './pace.js';

/** How long one slice lasts: what a short request, or a Pause, has to wait for. */
const SLICE_MS = 40;

/** Blocks are counted in thousands. */
const MOST_BLOCKS = 1 << 12;

/** @template {object} Found */
export class Paced {
  #pace = new Pace(SLICE_MS, MOST_BLOCKS);

  /** Seconds that were spent on it. */
  seconds = 0;

  /** @param {import('../common/lab-protocol.js').Work<Found>} work */
  constructor(work) {
    this.work = work;
  }

  /** Works for one slice. Returns how much of the whole is done, 1 at the end. */
  advance() {
    const began = performance.now();
    const done = this.work.advance(this.#pace.size);
    const ms = performance.now() - began;
    this.#pace.learn(ms);
    this.seconds += ms / 1000;
    return done;
  }
}
