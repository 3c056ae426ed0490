// @ts-check
/**
 * The form `#recipe`: reads what was typed, shows what the validator says about it, fills in presets and seeds. Validates nothing itself.
 *
 * `change` is a signal without a load: what is typed is another, or `checked` is, since the validator has judged it.
 */
import { off, plain, same } from '../../common/recipe.js';
import { byId } from '../../dom/dom.js';
import { showViewOf } from '../../dom/views.js';
import { count, room } from '../../common/figures.js';
import { plainField } from '../../intake/number.js';
import { atHand } from '../../run/at-hand.js';
import { RefusalError } from '../../run/errors.js';
import { BUILD } from '../../shell/build.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../common/protocol.js').CheckedRecipe} CheckedRecipe */
/** @typedef {import('../../common/protocol.js').Fields} Fields */
/** @typedef {HTMLInputElement | HTMLSelectElement} Control */

/** Long enough not to judge half a number. */
const DEBOUNCE_MS = 150;

export class RecipeForm extends EventTarget {
  /** What is typed, as it would run; null while the validator refuses it, and before it has seen any of it. @type {CheckedRecipe | null} */
  checked = null;
  #form = byId('recipe', HTMLFormElement);
  #estimate = byId('estimate', HTMLElement);
  /** @type {Control[]} */
  #controls = [...this.#form.querySelectorAll(/** @type {'input'} */ ('input, select'))];
  /** @type {HTMLButtonElement[]} */
  #presets = [...document.querySelectorAll(/** @type {'button'} */ ('button:is([data-epochs], [data-recipe])'))];
  #trainer;
  #timer = 0;
  #turn = 0;

  /** @param {Pick<Context, 'trainer'>} context */
  constructor({ trainer }) {
    super();
    this.#trainer = trainer;
    this.#form.addEventListener('input', () => {
      this.#changed();
      this.#markPreset();
      clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => this.#validate(), DEBOUNCE_MS);
    });
    // What was read is on show.
    this.#form.addEventListener('change', () => this.#controls.forEach((control) => write(control, read(control))));
    for (const preset of this.#presets) {
      preset.addEventListener('click', () => this.fill(this.#preset(preset)));
    }
    byId('dice', HTMLButtonElement).addEventListener('click', () => {
      const [seed] = crypto.getRandomValues(new Uint32Array(1));
      this.#put('seed', String(seed));
    });
    const from = byId('draws-from', HTMLSelectElement);
    from.add(new Option('the built-in digits layer', BUILD.digits.name));
    from.addEventListener('change', () => this.#widen(from));
    atHand.addEventListener('change', async () => {
      (await import('./draws.js')).list(from);
      // What was refused without it may pass.
      void this.#validate();
    });
    const hints = byId('recipe-hints', HTMLButtonElement);
    hints.addEventListener('click', () => hints.setAttribute('aria-expanded', String(this.#form.classList.toggle('told'))));
    // Where the worker was lost that was to judge it, another has come.
    trainer.addEventListener('run', () => this.checked || void this.#validate());
    this.#markPreset();
    void this.#validate();
  }

  /** What is typed, in the module’s notation; a part of the course that is off is left out. @returns {Fields} */
  get fields() {
    return plain(Object.fromEntries(this.#controls.map((control) => [control.name, read(control)])));
  }

  /** The notebook's values, which have no course. @returns {Fields} */
  get defaults() {
    const numbers = this.#controls.filter(({ name }) => off(name) === undefined);
    return Object.fromEntries(numbers.map((control) => [control.name, /** @type {HTMLInputElement} */ (control).defaultValue]));
  }

  /** Which fields the visitor types in from now on, until `end`: all of them where a whole recipe is filled in. */
  watch() {
    /** @type {Set<string>} */
    const names = new Set();
    const note = (/** @type {Event} */ { target }) => {
      for (const control of this.#controls) if (target === control || target === this.#form) names.add(control.name);
    };
    this.#form.addEventListener('input', note);
    return { names, end: () => this.#form.removeEventListener('input', note) };
  }

  /**
   * Fills in a recipe. What it leaves out of the course is off, and on show is what it does not leave out.
   * @param {Fields} fields @param {ReadonlySet<string>} [theirs] fields that stay as they are
   */
  fill(fields, theirs) {
    for (const control of this.#controls) {
      if (theirs?.has(control.name)) continue;
      // Whoever has come to a field by Tab types over what is in it, also where that has changed under the keyboard.
      const over =
        control === document.activeElement && 'selectionEnd' in control && control.selectionStart === 0 && control.selectionEnd === control.value.length;
      write(control, fields[control.name] ?? off(control.name) ?? control.value);
      if (over) control.select();
      if (off(control.name) !== undefined && fields[control.name] !== undefined) unfold(control);
    }
    this.#form.dispatchEvent(new Event('input'));
  }

  /** Fills in one field, as if it were typed. @param {string} name @param {string} value */
  #put(name, value) {
    const control = byId(name, HTMLInputElement);
    control.value = value;
    control.dispatchEvent(new Event('input', { bubbles: true }));
  }

  /** The refusal in the words for what was typed, where the module’s are about plain numbers. @param {RefusalError} refusal */
  async worded(refusal) {
    const control = this.#controls.find(({ name }) => name === refusal.key);
    if (!control || !/[.,]/.test(control.value)) return refusal;
    const { worded } = await import('../../intake/number-words.js');
    const words = worded(control.name, control.value);
    return words ? new RefusalError(refusal.key, words) : refusal;
  }

  /** Shows the refusal at its field and goes there. @param {RefusalError} refusal */
  refuse(refusal) {
    this.#show(refusal);
    showViewOf(this.#form);
    this.#controls.find(({ name }) => name === refusal.key)?.focus();
  }

  /** A layer brings its width with it, unless another is chosen before that is known. @param {HTMLSelectElement} from */
  async #widen(from) {
    const layer = from.value;
    const d = await (await import('./draws.js')).widthOf(layer, this.fields.d, this.defaults.d);
    if (from.value === layer && d !== this.fields.d) this.#put('d', d);
  }

  async #validate() {
    const turn = ++this.#turn;
    try {
      const checked = await this.#trainer.check(this.fields);
      if (turn !== this.#turn) return;
      this.#judge(checked, null);
      const { recipe, memory, stepsPerEpoch } = checked;
      this.#estimate.textContent = `${count(stepsPerEpoch)} ${stepsPerEpoch === 1 ? 'step' : 'steps'} an epoch, ${count(stepsPerEpoch * recipe.epochs)} in all${recipe.seeds ? `, for each of ${count(recipe.seeds)} seeds` : ''}; about ${room(memory)}.`;
    } catch (error) {
      if (turn !== this.#turn) return;
      if (!(error instanceof RefusalError)) {
        this.checked = null;
        return;
      }
      const refusal = await this.worded(error);
      if (turn === this.#turn) this.#judge(null, refusal);
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
    for (const control of this.#controls) {
      const mine = refusal?.key === control.name;
      if (mine) control.setAttribute('aria-invalid', 'true');
      else control.removeAttribute('aria-invalid');
      if (mine) unfold(control);
      byId(`${control.name}-error`, HTMLElement).textContent = mine ? refusal.message : '';
    }
    if (refusal) this.#estimate.textContent = refusal.key ? 'This recipe cannot run yet.' : refusal.message;
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }

  #markPreset() {
    const { fields } = this;
    for (const preset of this.#presets) preset.setAttribute('aria-pressed', String(same(fields, this.#preset(preset))));
  }

  /** The recipe that a button fills in: the notebook's, but for its epochs or for what else it names. @param {HTMLButtonElement} preset @returns {Fields} */
  #preset({ dataset: { epochs, recipe } }) {
    return { ...this.defaults, ...(epochs && { epochs }), ...Object.fromEntries(new URLSearchParams(recipe)) };
  }
}

/** @param {Control} control */
function read(control) {
  return isSwitch(control) ? (control.checked ? '1' : '0') : plainField(control.name, control.value);
}

/** @param {Control} control @param {string} value */
function write(control, value) {
  if (isSwitch(control)) control.checked = value === '1';
  else {
    // A layer that is not at hand is one that is named all the same.
    if (control instanceof HTMLSelectElement && ![...control.options].some((option) => option.value === value)) control.add(new Option(value, value));
    control.value = value;
  }
}

/** @param {Control} control @returns {control is HTMLInputElement} */
function isSwitch(control) {
  return control.type === 'checkbox';
}

/** What is in a part of the form that is folded away is not seen. @param {Control} control */
function unfold(control) {
  const details = control.closest('details');
  if (details) details.open = true;
}
