// @ts-check
/** The form `#recipe`: reads what was typed, shows what the validator says about it, fills in presets and seeds. Validates nothing itself. */
import { byId } from './dom.js';
import { bytes, count } from './figures.js';
import { RefusalError } from './trainer.js';

/** @typedef {import('./protocol.js').CheckedRecipe} CheckedRecipe */
/** @typedef {import('./protocol.js').Fields} Fields */

/** Long enough not to judge half a number. */
const DEBOUNCE_MS = 150;

export class RecipeForm {
  /** What is typed, as it would run; null while the validator refuses it, and before it has seen any of it. @type {CheckedRecipe | null} */
  checked = null;
  #form = byId('recipe', HTMLFormElement);
  #estimate = byId('estimate', HTMLElement);
  /** @type {HTMLInputElement[]} */
  #inputs = [...this.#form.querySelectorAll('input')];
  /** @type {HTMLButtonElement[]} */
  #presets = [...document.querySelectorAll('button')].filter((button) => button.dataset.epochs !== undefined);
  /** @type {(fields: Fields) => Promise<CheckedRecipe>} */
  #check;
  #changed;
  #timer = 0;
  #turn = 0;

  /**
   * @param {(fields: Fields) => Promise<CheckedRecipe>} check the one validator
   * @param {() => void} submit what Train does
   * @param {() => void} changed called at every change of what is typed, and when the validator has judged it
   */
  constructor(check, submit, changed) {
    this.#check = check;
    this.#changed = changed;
    // At the click and not at the form's own event, which a frame without `allow-forms` never sees. Enter in a field clicks too.
    byId('train', HTMLButtonElement).addEventListener('click', (event) => {
      event.preventDefault();
      submit();
    });
    this.#form.addEventListener('input', () => {
      changed();
      this.#markPreset();
      clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => this.#validate(), DEBOUNCE_MS);
    });
    for (const preset of this.#presets) {
      preset.addEventListener('click', () => this.fill({ ...this.defaults, epochs: preset.dataset.epochs ?? '' }));
    }
    byId('dice', HTMLButtonElement).addEventListener('click', () => {
      const [seed] = crypto.getRandomValues(new Uint32Array(1));
      this.fill({ ...this.fields, seed: String(seed) });
    });
    this.#markPreset();
    void this.#validate();
  }

  /** What is typed, as it is typed. @returns {Fields} */
  get fields() {
    return Object.fromEntries(this.#inputs.map(({ name, value }) => [name, value]));
  }

  /** The notebook's values. @returns {Fields} */
  get defaults() {
    return Object.fromEntries(this.#inputs.map(({ name, defaultValue }) => [name, defaultValue]));
  }

  /** @param {Fields} fields */
  fill(fields) {
    for (const input of this.#inputs) input.value = fields[input.name] ?? input.value;
    this.#form.dispatchEvent(new Event('input'));
  }

  /** Shows the refusal at its field and goes there. @param {RefusalError} refusal */
  refuse(refusal) {
    this.#show(refusal);
    this.#inputs.find(({ name }) => name === refusal.key)?.focus();
  }

  async #validate() {
    const turn = ++this.#turn;
    try {
      const checked = await this.#check(this.fields);
      if (turn !== this.#turn) return;
      this.#judge(checked, null);
      const { recipe, memory, stepsPerEpoch } = checked;
      this.#estimate.textContent = `${count(stepsPerEpoch)} ${stepsPerEpoch === 1 ? 'step' : 'steps'} an epoch, ${count(stepsPerEpoch * recipe.epochs)} in all; about ${bytes(memory)} of memory.`;
    } catch (error) {
      if (turn === this.#turn && error instanceof RefusalError) this.#judge(null, error);
    }
  }

  /** @param {CheckedRecipe | null} checked @param {RefusalError | null} refusal */
  #judge(checked, refusal) {
    this.checked = checked;
    this.#show(refusal);
    this.#changed();
  }

  /** @param {RefusalError | null} refusal */
  #show(refusal) {
    for (const input of this.#inputs) {
      const mine = refusal?.key === input.name;
      if (mine) input.setAttribute('aria-invalid', 'true');
      else input.removeAttribute('aria-invalid');
      byId(`${input.name}-error`, HTMLElement).textContent = mine ? refusal.message : '';
    }
    if (refusal) this.#estimate.textContent = refusal.key ? 'This recipe cannot run yet.' : refusal.message;
  }

  #markPreset() {
    const { fields, defaults } = this;
    for (const preset of this.#presets) {
      const same = Object.keys(fields).every((key) => fields[key] === (key === 'epochs' ? preset.dataset.epochs : defaults[key]));
      preset.setAttribute('aria-pressed', String(same));
    }
  }
}
