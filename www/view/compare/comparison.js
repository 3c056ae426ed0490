// @ts-check
/**
 * The comparison section: random draws, typed W and x, and the error over held-out draws.
 *
 * `evaluated` is a signal without a load: `measured` is another. So is `shown`: `shown` is.
 */
import { byId } from '../../dom/dom.js';
import { weightsOf } from '../../run/run.js';
import { count } from '../../common/figures.js';
import { ageOf, biasWords, drawWords, heldOutWords } from '../../run/told.js';
import { RefusalError } from '../../run/errors.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../common/protocol.js').Comparison} Comparison */
/** @typedef {import('../../common/protocol.js').Evaluation} Evaluation */
/** @typedef {import('../../run/trainer.js').Run} Run */

export class ComparisonSection extends EventTarget {
  /** The last held-out error that was found, and the weights that have it. @type {{ run: Run, weights: string, found: Evaluation } | null} */
  measured = null;
  /** The comparison on show. @type {Comparison | null} */
  shown = null;
  #text = byId('comparison', HTMLElement);
  #caption = byId('comparison-caption', HTMLElement);
  #heldout = byId('heldout', HTMLElement);
  /** What the document says of an error that is not known yet. */
  #unknown = byId('heldout-words', HTMLElement).textContent;
  #draw = byId('draw', HTMLButtonElement);
  #compare = byId('compare', HTMLButtonElement);
  #W = byId('typed-W', HTMLTextAreaElement);
  #x = byId('typed-x', HTMLTextAreaElement);
  #trainer;
  #announcer;
  #form;
  #attempt;
  /** The last draw that was asked for, or -1. */
  #asked = -1;
  /** W and x on show, where they were typed. @type {[string, string] | null} */
  #own = null;
  /** Where the held-out error shown was measured, or is being measured: run and weights. */
  #measuring = '';

  /** @param {Pick<Context, 'trainer' | 'announcer' | 'form' | 'attempt'>} context */
  constructor({ trainer, announcer, form, attempt }) {
    super();
    this.#trainer = trainer;
    this.#announcer = announcer;
    this.#form = form;
    this.#attempt = attempt;
    trainer.addEventListener('state', () => this.#state());
    trainer.addEventListener('run', () => this.#run());
    trainer.addEventListener('picked', () => this.#picked());
    this.#draw.addEventListener('click', () => this.#drawNext());
    byId('typed', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#compareTyped();
    });
  }

  /** The held-out error of the present weights; null while it is not known, and where their outputs overflow. @returns {Evaluation | null} */
  get heldOut() {
    const { run } = this.#trainer;
    const known = this.measured && this.measured.run === run && this.measured.weights === weightsOf(run) ? this.measured.found : null;
    return known && Number.isFinite(known.mse) ? known : null;
  }

  /** What is shown is not the new run's own. */
  #run() {
    this.#asked = -1;
    this.#own = null;
    this.#measuring = '';
    this.#text.textContent = '';
    this.#caption.textContent = '';
    this.#put(null);
    this.#forget();
  }

  /** What is on show again, by the weights as they are now, and the held-out error. */
  async settle() {
    await this.#attempt(() => this.#ask(this.#own ?? Math.max(0, this.#asked)), true);
    await this.#evaluate();
  }

  #state() {
    const { state } = this.#trainer;
    // While the backend is being chosen the worker has no time for questions.
    this.#draw.disabled = state === 'probing';
    this.#compare.disabled = state === 'probing';
    // Once every part has heard that the run is done: a question may open a run anew, and that is another state.
    if (state === 'done') queueMicrotask(() => void this.settle());
  }

  /** One of many is on show, while others may still be trained. */
  #picked() {
    if (this.#trainer.state !== 'done') void this.settle();
  }

  async #drawNext() {
    await this.#attempt(() => this.#ask(++this.#asked));
    await this.#evaluate();
  }

  /** @param {number | [string, string]} what a draw, or W and x */
  async #ask(what) {
    const { fields } = this.#form;
    const drawn = typeof what === 'number';
    this.#own = drawn ? null : what;
    const comparison = await (drawn ? this.#trainer.compare(what, fields) : this.#trainer.compareWith(...what, fields));
    // The question may have opened a run, which begins anew.
    if (drawn) this.#asked = Math.max(this.#asked, what);
    this.#own = drawn ? null : what;
    this.#show(comparison, drawn ? `Draw ${what} of seed ${this.#trainer.run?.recipe.seed ?? ''}` : 'Your W and x');
  }

  #compareTyped() {
    return this.#attempt(async () => {
      const { apart, commaHint, plainDraw } = await import('../../intake/matrix.js');
      const typed = apart({ W: this.#W.value, x: this.#x.value });
      this.#fill(typed);
      const { W, x } = plainDraw(typed);
      await this.#ask([W, x]).catch((error) => {
        throw error instanceof RefusalError ? new RefusalError(error.key, error.message + commaHint(error.key === 'x' ? typed.x : typed.W)) : error;
      });
    });
  }

  /** Both in their fields, where they were pasted into one. @param {import('../../intake/matrix.js').Typed} typed */
  #fill({ W, x }) {
    if (W === this.#W.value && x === this.#x.value) return;
    this.#W.value = W;
    this.#x.value = x;
    this.#W.dispatchEvent(new Event('input', { bubbles: true }));
  }

  /** @param {Comparison} comparison @param {string} what */
  #show(comparison, what) {
    this.#text.textContent = comparison.text;
    this.#caption.textContent = `${what}, ${this.#age()}. ${drawWords(comparison)} ${this.#trainer.run?.recipe.layer ? 'W is rows of the layer that are kept back, with their biases, and a row may stand in it more than once. ' : ''}The RMSE is this draw’s.`;
    this.#put(comparison);
  }

  /** @param {Comparison | null} comparison */
  #put(comparison) {
    this.shown = comparison;
    this.dispatchEvent(new Event('shown'));
    this.#announcer.say(
      'comparison',
      comparison ? `Compared: ${Number.isFinite(comparison.rmse) ? `this draw’s RMSE ${comparison.rmse.toFixed(5)}` : 'the outputs overflow'}` : '',
    );
  }

  #age() {
    const { run, training } = this.#trainer;
    return run ? ageOf(run, training) : '';
  }

  /** The held-out error, where it is not known for these weights already. */
  #evaluate() {
    return this.#attempt(async () => {
      const { run, training: busy } = this.#trainer;
      if (!run || busy) return;
      const weights = weightsOf(run);
      if (this.#measuring === weights) return;
      this.#measuring = weights;
      const age = this.#age();
      const found = await this.#trainer.evaluate();
      if (!found) {
        if (this.#measuring === weights) this.#measuring = '';
        return;
      }
      this.measured = { run, weights, found };
      this.dispatchEvent(new Event('evaluated'));
      this.#announce();
      if (this.#measuring !== weights) return;
      const { draws, mse, rmse } = found;
      Object.assign(this.#heldout.dataset, { rmse, mse, draws });
      byId('heldout-rmse', HTMLElement).textContent = Number.isFinite(rmse) ? rmse.toFixed(5) : '–';
      byId('heldout-words', HTMLElement).textContent = heldOutWords(found, age, run.recipe);
      const bias = byId('heldout-mean', HTMLElement);
      Object.assign(bias.dataset, { mean: found.mean, error: found.meanError });
      bias.textContent = biasWords(found);
    }, true);
  }

  #announce() {
    const { heldOut } = this;
    this.#announcer.say('held-out', heldOut ? `held-out RMSE ${heldOut.rmse.toFixed(5)} over ${count(heldOut.draws)} draws` : '');
  }

  #forget() {
    for (const key of ['rmse', 'mse', 'draws']) delete this.#heldout.dataset[key];
    byId('heldout-rmse', HTMLElement).textContent = '–';
    byId('heldout-words', HTMLElement).textContent = this.#unknown;
    const bias = byId('heldout-mean', HTMLElement);
    bias.textContent = '';
    for (const key of ['mean', 'error']) delete bias.dataset[key];
  }
}
