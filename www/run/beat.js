// @ts-check
/** The time between a run's epochs, where they are to come no faster than a room can follow. */

export class Beat {
  /** The least time from the beginning of one epoch to that of the next; 0 where nothing waits. */
  ms = 0;
  #began = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** What waits. @type {(() => void) | null} */
  #next = null;

  /** Whether an epoch waits for its time. */
  get waiting() {
    return this.#next !== null;
  }

  /** An epoch begins. */
  begin() {
    this.#began = performance.now();
  }

  /** Does it when the next epoch's time has come: at once, where that has passed. @param {() => void} next */
  wait(next) {
    this.drop();
    const left = this.#began + this.ms - performance.now();
    if (left <= 0) return next();
    this.#next = next;
    this.#timer = setTimeout(() => this.now(), left);
  }

  /** Does what waits, if anything does. */
  now() {
    const next = this.#next;
    this.drop();
    next?.();
  }

  /** What waits is not done. */
  drop() {
    clearTimeout(this.#timer);
    this.#next = null;
  }
}
