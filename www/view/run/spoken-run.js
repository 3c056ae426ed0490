// @ts-check
/** The run for those who hear it: its states, how far it is now and then, and what has come of it. */
import { count, duration, error } from '../../common/figures.js';

/** @typedef {import('../../app/context.js').Context} Context */

/** A long run says so often how far it is. */
export const PROGRESS_MS = 15_000;

export class SpokenRun {
  #trainer;
  #announcer;
  #toldAt = 0;
  #told = '';

  /** @param {Context} context */
  constructor({ trainer, announcer }) {
    this.#trainer = trainer;
    this.#announcer = announcer;
    trainer.addEventListener('state', () => this.#state());
    trainer.addEventListener('progress', () => this.#progress());
  }

  /** Nothing of a run that is on its way: where it is refused, what was told of the one before still holds. Why a run has failed is said by the notice. */
  #state() {
    const { state, run, opening } = this.#trainer;
    if (opening) return;
    this.#toldAt = performance.now();
    let words = '';
    if (run && state === 'running') words = `Training, ${count(run.recipe.epochs)} epochs`;
    else if (run && (state === 'done' || state === 'paused')) words = `${state === 'done' ? 'Done' : 'Paused'}: ${this.#reached} ${duration(run.seconds)}`;
    // The same words of another run are news.
    const told = `${words} ${run?.number}`;
    if (told !== this.#told) this.#announcer.say('run', words);
    this.#told = told;
  }

  #progress() {
    if (this.#trainer.state !== 'running' || performance.now() - this.#toldAt < PROGRESS_MS) return;
    this.#toldAt = performance.now();
    this.#announcer.say('run', this.#reached);
  }

  get #reached() {
    const { run } = this.#trainer;
    const last = run?.history.at(-1);
    const epochs = `epoch ${count(last?.epoch ?? 0)} of ${count(run?.recipe.epochs ?? 0)},`;
    return last ? `${epochs} train MSE ${error(last.mse)}, validation MSE ${error(last.heldOut)},` : epochs;
  }
}
