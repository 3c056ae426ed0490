// @ts-check
/**
 * Looks at the run on show from time to time: at each pause, at its end, once it has failed and kept weights, and about once a second while
 * it goes on, as long as somebody sees it. Each look is a question that the worker answers between two slices of training. No document.
 */
import { LostError, RefusalError } from './errors.js';
import { weightsOf } from './run.js';

/** @typedef {import('./run.js').Run} Run */

/** The least time between two looks at a run that goes on, and the share of its time that they may take. */
const REST_MS = 1_000;
const SHARE = 0.04;

/**
 * What a look asks and what becomes of the answer.
 * @template T
 * @typedef {object} Look
 * @property {() => boolean} seen whether a run that goes on is to be looked at now
 * @property {(run: Run) => Promise<T>} ask
 * @property {(found: T | null, run: Run | null, at: string) => void | Promise<void>} show null when another run has taken the place of the one
 *   on show, or its weights are lost; `at` names the weights, by run, step and solutions
 */

/** @template T */
export class Looks {
  #trainer;
  #look;
  #asking = false;
  /** Which weights have been looked at, by the words of `#at`. */
  #shown = '';
  /** The run that they are of. @type {Run | null} */
  #run = null;
  #restedAt = 0;

  /** @param {import('./trainer.js').Trainer} trainer @param {Look<T>} look */
  constructor(trainer, look) {
    this.#trainer = trainer;
    this.#look = look;
    for (const news of ['state', 'run', 'rewound', 'progress']) trainer.addEventListener(news, () => this.follow());
  }

  /** Looks, if there is something new and it is time; to be called too when somebody begins to see it. */
  follow() {
    const { run, state, opening, training, answers } = this.#trainer;
    // The run on show may be lost while other seeds still train. One whose successor is refused is taken over again at once.
    const lost = !answers && (state === 'failed' || (state === 'running' && !training));
    if (this.#run && (run !== this.#run || lost)) this.#forget();
    if (!run || opening || lost || state === 'probing' || this.#asking || this.#shown === this.#at(run)) return;
    // The run on show may have ended while other seeds train.
    if (training && (!this.#look.seen() || performance.now() < this.#restedAt)) return;
    void this.#ask(run);
  }

  /** Which weights the run has: once it has failed, those of its last checkpoint. @param {Run} run */
  #at(run) {
    return weightsOf(run) + (this.#trainer.state === 'failed' ? '/kept' : '');
  }

  #forget() {
    this.#run = null;
    this.#shown = '';
    this.#restedAt = 0;
    void this.#look.show(null, null, '');
  }

  /** @param {Run} run */
  async #ask(run) {
    this.#asking = true;
    const began = performance.now();
    const at = this.#at(run);
    try {
      const found = await this.#look.ask(run);
      if (run === this.#trainer.run) {
        this.#run = run;
        this.#shown = at;
        await this.#look.show(found, run, at);
      }
    } catch (error) {
      // The run's state says it.
      if (!(error instanceof LostError || error instanceof RefusalError)) throw error;
      this.#shown = at;
      // What has no answer now is not what is on show.
      if (error instanceof RefusalError && this.#run) {
        this.#run = null;
        await this.#look.show(null, null, '');
      }
    } finally {
      this.#asking = false;
      const now = performance.now();
      this.#restedAt = now + Math.max(REST_MS, (now - began) / SHARE);
    }
    // The run may have ended meanwhile.
    this.follow();
  }
}
