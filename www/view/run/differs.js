// @ts-check
/** `#recipe-hint` and `#link-differs`: whether the run on show is of another recipe than the one that is typed. */
import { byId } from '../../dom/dom.js';
import { differing } from '../../common/differences.js';
import { typed } from '../../common/recipe.js';
import { untouched } from '../../run/run.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {Partial<import('../../common/keys.js').Recipe>} Recipe as text, whose values are words as well */

const LIST = new Intl.ListFormat('en');

export class Differs {
  #hint = byId('recipe-hint', HTMLElement);
  #own = this.#hint.textContent;
  #link = byId('link-differs', HTMLElement);
  #trainer;
  #form;

  /** @param {Pick<Context, 'trainer' | 'form'>} context */
  constructor({ trainer, form }) {
    this.#trainer = trainer;
    this.#form = form;
    for (const news of ['run', 'ensemble', 'recipe', 'progress', 'rewound']) trainer.addEventListener(news, () => this.#tell());
    form.addEventListener('change', () => this.#tell());
    this.#tell();
  }

  #tell() {
    const { run, ensemble } = this.#trainer;
    const { checked, fields } = this.#form;
    // One number can be typed in many ways.
    const both = run && !untouched(run) ? [typed(ensemble?.recipe ?? run.recipe), checked ? typed(checked.recipe) : fields] : [{}];
    const words = LIST.format(differing(/** @type {Recipe[]} */ (both))[0]);
    const hint = words ? `On show is a run with ${words}. What is typed here is for the next one.` : this.#own;
    if (this.#hint.textContent !== hint) this.#hint.textContent = hint;
    this.#link.hidden = !words;
  }
}
