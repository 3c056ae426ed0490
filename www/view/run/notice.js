// @ts-check
/** `#notice`: what went wrong, or was saved, in a sentence. */
import { byId } from '../../dom/dom.js';
import { regret } from '../../common/reasons.js';
import { LostError, RefusalError } from '../../run/errors.js';

/** @typedef {import('../../app/context.js').Context} Context */

export class Notice {
  #box = byId('notice', HTMLElement);
  #trainer;
  #form;
  /** Whether the address asks for WebGPU. */
  #byAddress;

  /** @param {Pick<Context, 'trainer' | 'form'>} context */
  constructor({ trainer, form }) {
    this.#trainer = trainer;
    this.#form = form;
    this.#byAddress = trainer.asked === 'webgpu';
    trainer.addEventListener('state', () => this.#state());
    trainer.addEventListener('rewound', () => this.#rewound());
    trainer.addEventListener('backend', () => this.#backend());
  }

  /**
   * Does what was asked for, or says in words why not.
   * @param {() => Promise<void>} task
   * @param {boolean} [byItself] whether nobody asked for it: what the page last said then stays
   */
  attempt = async (task, byItself = false) => {
    if (!byItself) this.#box.textContent = '';
    try {
      await task();
    } catch (error) {
      if (error instanceof LostError) return; // The state says it.
      const told = error instanceof RefusalError ? await this.#form.worded(error) : error;
      this.#box.textContent = inWords(told);
      // What was pressed may be far below.
      if (!byItself) this.#box.scrollIntoView({ block: 'nearest' });
      if (told instanceof RefusalError && told.key) this.#form.refuse(told);
    }
  };

  #state() {
    const { state, failure } = this.#trainer;
    if (state === 'failed') this.#box.textContent = failure;
  }

  #rewound() {
    const { news } = this.#trainer;
    if (news) this.#box.textContent = news;
  }

  #backend() {
    const { verdict, asked } = this.#trainer;
    if (asked !== 'webgpu' || verdict?.backend !== 'cpu' || verdict.reason === 'lost' || verdict.reason === 'wrong') return;
    this.#box.textContent = regret(verdict, this.#byAddress);
  }
}

/** A section that does not come is told in each browser's own words, none of them for a visitor. @param {unknown} error */
function inWords(error) {
  const message = error instanceof Error ? error.message : String(error);
  return /dynamically imported module|Importing a module script/i.test(message)
    ? 'A part of this page could not be loaded. Check the connection and reload the page.'
    : message;
}
