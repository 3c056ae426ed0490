// @ts-check
/** `#changing`: another learning rate for the run that is under way, from its next epoch on. Loaded when it is opened. */
import { changes, same } from '../../common/recipe.js';
import { byId, say } from '../../dom/dom.js';
import { count } from '../../common/figures.js';
import { plainField } from '../../intake/number.js';
import { worded } from '../../intake/number-words.js';
import { RefusalError } from '../../run/errors.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../run/run.js').Run} Run */

export class RateChange {
  #rate = byId('next-lr', HTMLInputElement);
  #error = byId('next-lr-error', HTMLElement);
  #said = byId('next-lr-said', HTMLElement);
  #trainer;
  #form;
  /** One after the other: each finds the form as the one before has left it. @type {Promise<void>} */
  #changed = Promise.resolve();

  /** @param {Context} context */
  constructor({ trainer, form, attempt }) {
    this.#trainer = trainer;
    this.#form = form;
    byId('changing-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      const [{ run }, lr] = [trainer, this.#rate.value];
      const changed = this.#changed.then(() => this.#change(run, lr));
      this.#changed = changed.catch(() => {});
      void attempt(() => changed);
    });
    trainer.addEventListener('run', () => this.#tell('', ''));
    byId('change-lr', HTMLButtonElement).disabled = false;
  }

  /** @param {Run | null} run @param {string} lr as typed */
  async #change(run, lr) {
    // Another may have taken its place while it waited for the change before.
    if (run !== this.#trainer.run) return;
    const before = run?.fields;
    try {
      await this.#trainer.changeRate(plainField('lr', lr));
    } catch (error) {
      if (!(error instanceof RefusalError)) throw error;
      return this.#tell(error.key === 'rates' ? this.#noMore() : (worded('lr', lr) ?? error.message), '');
    }
    // Or while the worker was asked.
    if (!run || !before || run !== this.#trainer.run) return;
    const change = changes(run.recipe).at(-1);
    this.#tell('', change ? `lr\u00a0=\u00a0${change.lr} from epoch ${count(change.epoch)} on.` : `lr\u00a0=\u00a0${run.recipe.lr} from the first epoch on.`);
    // The form that shows the run's recipe shows it still; another recipe in it is left alone.
    if (same(this.#form.fields, before)) this.#form.fill(run.fields);
  }

  /** Why the run takes no change of its learning rate at all. */
  #noMore() {
    const { run, state } = this.#trainer;
    const over = state === 'done' || !run || run.history.length >= run.recipe.epochs - 1;
    return over ? 'No epoch is left to begin: train a recipe with more epochs.' : `A run takes ${count(changes(run.recipe).length)} changes at most.`;
  }

  /** @param {string} error @param {string} words */
  #tell(error, words) {
    say(this.#error, error);
    say(this.#said, words);
    if (error) this.#rate.setAttribute('aria-invalid', 'true');
    else this.#rate.removeAttribute('aria-invalid');
    if (error) this.#rate.focus();
  }
}
