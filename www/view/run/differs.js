// @ts-check
/** `#recipe-hint` and `#link-differs`: whether the run on show is of another recipe than the one that is typed. */
import { byId } from '../../dom/dom.js';
import { off, typed } from '../../common/recipe.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../common/protocol.js').Fields} Fields */

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
    const begun = run && (run.step > 0 || run.solved.length > 0);
    // One number can be typed in many ways.
    const words = begun ? differing(typed(ensemble?.recipe ?? run.recipe), checked ? typed(checked.recipe) : fields) : '';
    const hint = words ? `On show is a run with ${words}. What is typed here is for the next one.` : this.#own;
    if (this.#hint.textContent !== hint) this.#hint.textContent = hint;
    this.#link.hidden = !words;
  }
}

/** In what a run’s recipe is another than that of the form, by the run’s values; nothing where they are the same. @param {Fields} run @param {Fields} form */
export function differing(run, form) {
  const names = Object.keys({ ...run, ...form }).filter((name) => (run[name] ?? off(name)) !== (form[name] ?? off(name)));
  return LIST.format(names.map((name) => (run[name] || off(name) ? `${name} = ${run[name] || off(name)}` : `no ${name}`)));
}
