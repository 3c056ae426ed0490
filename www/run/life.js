// @ts-check
/**
 * What may happen to a run, and when: one table of four parts that change side by side. It knows no worker and no words; the trainer tells
 * it what happened and does what follows.
 *
 * `run`: what is shown of it, and what it waits for. A run that is on its way is looking for a backend (probing), being made (opening), or is
 * to wait once it is there (held); arrived or waiting it is there, until what it was opened for begins. Pausing is running until the
 * worker says that it has stopped, ending until a fresh worker has the last weights of a run that has failed.
 *
 * `worker`: whether one holds the run's weights: none, one that is still taking them over (reviving), or one that can be asked (holding).
 * A run that trains goes on when it is revived, and one that waits goes on waiting.
 *
 * `backend`: whether the next run's is the present worker's, or the visitor has switched and it is to have a worker of its own. So it is where the next run
 * tries a GPU again.
 *
 * `gpu`: whether one that was lost comes back. It is sound until it is lost; then a worker of its own tries another, once, and stands by (ready) until the run
 * goes over to it. It is back then, or where the next run tries it, and for a minute of training another loss is the last: what is gone is not tried again as long
 * as the page is there. What hangs or computes wrong numbers is left at once. Where the visitor switches nothing is waited for.
 *
 * An event concerns the parts that have it anywhere; where the present state has not, it should not have happened, and that is an error.
 */

/** @typedef {'idle' | 'probing' | 'running' | 'paused' | 'done' | 'failed'} State what is shown of a run */

/** Where a run goes that is refused: back to what was there when it was asked for. */
const BEFORE = 'before';

const ENDS = { fail: 'failed', close: 'closed' };
const OPENS = { open: 'opening', probe: 'probing', ...ENDS };
const ON_ITS_WAY = { probe: 'probing', settle: 'opening', pause: 'held', resume: 'opening', opened: 'arrived', refused: BEFORE, ...ENDS };
const ARRIVED = { pause: 'waiting', resume: 'arrived', rest: 'idle', stopped: 'paused', finished: 'done', ...ENDS };

/** Part by part: state → event → next state. @type {Record<'run' | 'worker' | 'backend' | 'gpu', Record<string, Record<string, string>>>} */
export const TABLE = {
  run: {
    idle: { ...OPENS, train: 'running' },
    probing: ON_ITS_WAY,
    opening: ON_ITS_WAY,
    held: { ...ON_ITS_WAY, probe: 'held', settle: 'held', opened: 'waiting' },
    arrived: { ...ARRIVED, train: 'running' },
    waiting: { ...ARRIVED, train: 'paused' },
    running: { ...OPENS, train: 'running', pause: 'pausing', stopped: 'paused', finished: 'done', end: 'ending' },
    pausing: { ...OPENS, pause: 'pausing', stopped: 'paused', finished: 'done', end: 'ending' },
    paused: { ...OPENS, train: 'running' },
    done: { ...OPENS, train: 'running' },
    ending: OPENS,
    failed: { ...OPENS, train: 'running' },
    closed: { close: 'closed' },
  },
  worker: {
    none: { opened: 'holding', revive: 'reviving', gone: 'none' },
    reviving: { opened: 'holding', revived: 'holding', gone: 'none' },
    holding: { opened: 'holding', gone: 'none' },
  },
  backend: {
    settled: { switch: 'switched', again: 'switched', started: 'settled' },
    switched: { switch: 'switched', again: 'switched', started: 'settled' },
  },
  gpu: {
    sound: { lose: 'lost', leave: 'gone', switch: 'sound' },
    lost: { attempt: 'tried', again: 'back', leave: 'gone', switch: 'sound' },
    tried: { pass: 'ready', again: 'back', leave: 'gone', switch: 'sound' },
    ready: { return: 'back', again: 'back', leave: 'gone', switch: 'sound' },
    back: { trust: 'sound', lose: 'gone', leave: 'gone', switch: 'sound' },
    gone: { lose: 'gone', leave: 'gone', switch: 'gone' },
  },
};

/** What is shown, where it has another name. @type {Record<string, State>} */
const SHOWN = { opening: 'running', held: 'paused', arrived: 'running', waiting: 'paused', pausing: 'running', ending: 'running', closed: 'failed' };

export class Life {
  #present = { run: 'idle', worker: 'none', backend: 'settled', gpu: 'sound' };
  #before = '';

  /** The run's state in the table. */
  get run() {
    return this.#present.run;
  }

  /** The run's state as it is shown. */
  get shown() {
    return SHOWN[this.run] ?? /** @type {State} */ (this.run);
  }

  /** Whether a run is on its way. */
  get opening() {
    return 'opened' in TABLE.run[this.run];
  }

  /** Whether a run has yet to begin what it was opened for. */
  get coming() {
    return 'resume' in TABLE.run[this.run];
  }

  /** Whether the worker can be asked about the run. */
  get holding() {
    return this.#present.worker === 'holding';
  }

  /** Whether a fresh worker is taking the run over. */
  get reviving() {
    return this.#present.worker === 'reviving';
  }

  /** Whether the next run is to have a worker of its own. */
  get switched() {
    return this.#present.backend === 'switched';
  }

  /** The GPU's state in the table. */
  get gpu() {
    return this.#present.gpu;
  }

  /** Whether an event may happen now. @param {string} event */
  may(event) {
    return this.#concerned(event).every((part) => event in this.#row(part));
  }

  /** An event has happened. @param {string} event */
  on(event) {
    const parts = this.#concerned(event);
    for (const part of parts) if (!(event in this.#row(part))) throw new Error(`“${event}” cannot happen while ${part} is “${this.#present[part]}”.`);
    const next = parts.map((part) => this.#row(part)[event]);
    if (!this.opening) this.#before = this.run;
    parts.forEach((part, i) => {
      this.#present[part] = next[i] === BEFORE ? this.#before : next[i];
    });
  }

  /** The parts that know an event. @param {string} event */
  #concerned(event) {
    const parts = /** @type {(keyof typeof TABLE)[]} */ (Object.keys(TABLE)).filter((part) => Object.values(TABLE[part]).some((row) => event in row));
    if (parts.length === 0) throw new Error(`“${event}” is no event.`);
    return parts;
  }

  /** @param {keyof typeof TABLE} part */
  #row(part) {
    return TABLE[part][this.#present[part]];
  }
}
