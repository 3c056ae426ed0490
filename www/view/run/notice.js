// @ts-check
/**
 * `#notice`: what went wrong, or was saved, in a sentence. It stands above every view; what a control refuses is said beside that control, by the
 * same element, so that nothing is said twice.
 */
import { same } from '../../common/recipe.js';
import { byId } from '../../dom/dom.js';
import { regret } from '../../common/reasons.js';
import { LostError, RefusalError } from '../../run/errors.js';
import { MISSING_SCRIPT } from '../../shell/missing.js';

/** @typedef {import('../../app/context.js').Context} Context */

/** What a sentence may stand in, between blocks, without a part of a name or a grid being made of it. */
const HOLDERS = ['DIV', 'SECTION', 'FORM', 'FIGURE', 'DD', 'FOOTER', 'HEADER', 'MAIN', 'BODY'];

export class Notice {
  #box = byId('notice', HTMLElement);
  #trainer;
  #form;
  /** Whether the address asks for WebGPU. */
  #byAddress;
  /** What was typed in the form, where it is about that. @type {import('../../common/protocol.js').Fields | null} */
  #typed = null;
  /** What the visitor uses at this moment. @type {Element | null} */
  #used = null;

  /** @param {Pick<Context, 'trainer' | 'form'>} context */
  constructor({ trainer, form }) {
    this.#trainer = trainer;
    this.#form = form;
    this.#byAddress = trainer.asked === 'webgpu';
    for (const use of ['click', 'change', 'drop']) addEventListener(use, (event) => this.#use(event), true);
    // A link is refused above the views, whatever was refused before it.
    for (const news of ['hashchange', 'popstate']) addEventListener(news, () => this.#goHome());
    trainer.addEventListener('state', () => this.#state());
    // What was refused is mended, maybe before the form has come to judge it.
    form.addEventListener('change', () => this.#mended());
    for (const news of ['rewound', 'news']) trainer.addEventListener(news, () => this.#news());
    trainer.addEventListener('backend', () => this.#backend());
  }

  /**
   * Does what was asked for, or says in words why not.
   * @param {() => Promise<void>} task
   * @param {boolean} [byItself] whether nobody asked for it: what the page last said then stays
   */
  attempt = async (task, byItself = false) => {
    const used = this.#used;
    if (!byItself) this.#say('');
    let asked = this.#form.fields;
    try {
      const going = task();
      // It may have filled them in itself.
      asked = this.#form.fields;
      await going;
    } catch (error) {
      if (error instanceof LostError) return; // The state says it.
      const told = error instanceof RefusalError ? await this.#form.worded(error) : error;
      const key = told instanceof RefusalError && told.key;
      this.#say(inWords(told), byItself || key ? null : used);
      if (key && key in asked) this.#typed = asked;
      // No further than it takes, and at once: a glide ends where the sentence was before the page moved under it.
      if (!byItself) this.#box.scrollIntoView({ block: 'nearest', behavior: 'instant' });
      if (key && same(asked, this.#form.fields)) this.#form.refuse(told);
      else this.#mended();
    }
  };

  /** What was refused is said no longer once the form holds something else that is right. */
  #mended() {
    if (this.#typed && this.#form.checked && !same(this.#typed, this.#form.fields)) this.#say('');
  }

  /** Knows what is used while the page's own listeners hear of it, and no longer. @param {Event} event */
  #use({ target }) {
    this.#used = target instanceof Element ? target : null;
    setTimeout(() => (this.#used = null));
  }

  /** Says it beside what was used, or above the views. @param {string} words @param {Element | null} [used] */
  #say(words, used = null) {
    if (!used || !this.#standBeside(used)) this.#goHome();
    this.#box.textContent = words;
    this.#typed = null;
  }

  #goHome() {
    const next = byId('salvage', HTMLElement);
    if (next.previousElementSibling !== this.#box) next.before(this.#box);
  }

  /** Goes behind the row that the element is in, where that is on show and has a place. @param {Element} used @returns {boolean} whether there is one */
  #standBeside(used) {
    // The run's own controls stand right below the notice, on a phone at the lower edge of the window.
    if (used.getClientRects().length === 0 || used.closest('.controls, .said, dialog, [popover]')) return false;
    const told = used.closest('dt')?.nextElementSibling;
    if (told) {
      told.append(this.#box);
      return true;
    }
    /** @type {Element | null} */
    let row = used;
    while (row && !(row.parentElement && holds(row.parentElement))) row = row.parentElement;
    row?.after(this.#box);
    return row !== null;
  }

  #state() {
    const { state, failure, opening } = this.#trainer;
    if (state === 'failed' && !opening) this.#say(failure);
  }

  #news() {
    const { news } = this.#trainer;
    if (news) this.#say(news);
  }

  #backend() {
    const { verdict, asked } = this.#trainer;
    if (asked !== 'webgpu' || verdict?.backend !== 'cpu' || /^(lost|gone|wrong)$/.test(verdict.reason)) return;
    this.#say(regret(verdict, this.#byAddress));
  }
}

/** Whether a sentence can come to stand between what is in the element, which stands in one column. @param {Element} element */
function holds(element) {
  if (!HOLDERS.includes(element.tagName)) return false;
  const { display, gridTemplateColumns, flexDirection } = getComputedStyle(element);
  if (display === 'grid') return !gridTemplateColumns.includes(' ');
  return display === 'flex' ? flexDirection === 'column' : /^(block|flow-root)$/.test(display);
}

/** What is told where something was not done. @param {unknown} error */
function inWords(error) {
  const message = error instanceof Error ? error.message : String(error);
  return MISSING_SCRIPT.test(message) ? 'A part of this page could not be loaded. Check the connection and reload the page.' : message;
}
