// @ts-check
/**
 * `#source`: where files of weights are dropped or chosen, and what the next run begins with. What is brought is opened in `brought.js`, which is loaded for
 * the first of them.
 */
import { byId, say } from '../../dom/dom.js';
import { short } from '../../common/quoted.js';
import { fitting } from '../../run/run.js';

/** @typedef {import('../../app/context.js').Context} Context */

export class SourceSection {
  #words = byId('source-words', HTMLElement);
  #drop = byId('drop', HTMLElement);
  #chooser = byId('weights-file', HTMLInputElement);
  #forget = byId('forget-source', HTMLButtonElement);
  /** What opens files, once there was one. @type {import('./brought.js').Brought | null} */
  #brought = null;
  #context;
  #trainer;
  #form;

  /** @param {Context} context */
  constructor(context) {
    const { trainer, form, attempt } = context;
    this.#context = context;
    this.#trainer = trainer;
    this.#form = form;
    this.#chooser.addEventListener('change', () => {
      const files = [...(this.#chooser.files ?? [])];
      if (files.length > 0) void attempt(() => this.#bring(files));
      // So that the same file, mended, can be chosen again.
      this.#chooser.value = '';
    });
    this.#forget.addEventListener('click', () => {
      this.#brought?.forget();
      trainer.source = null;
      this.#chooser.focus();
    });
    // Anywhere on the page: a file that misses its place would be opened by the browser instead of the page.
    addEventListener('dragover', (event) => this.#hover(event));
    addEventListener('dragleave', (event) => {
      if (!event.relatedTarget) this.#mark(false);
    });
    addEventListener('drop', (event) => this.#take(event));
    trainer.addEventListener('source', () => this.#write());
    form.addEventListener('change', () => this.#write());
    this.#write();
  }

  #write() {
    const { source } = this.#trainer;
    const { waiting = '', mended = '' } = this.#brought ?? {};
    this.#forget.hidden = !source && !waiting;
    const words = source ? describe(source, fitting(source, this.#form.fields) !== null) : 'Runs begin with weights that are drawn from the seed.';
    say(this.#words, [waiting, words, mended].filter(Boolean).join(' '));
  }

  /** @param {DragEvent} event */
  #hover(event) {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    this.#mark(true);
  }

  /** @param {DragEvent} event */
  #take(event) {
    const { dataTransfer } = event;
    if (!dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    this.#mark(false);
    const files = [...dataTransfer.files];
    void this.#context.attempt(() => this.#bring(files));
  }

  /** @param {File[]} files */
  async #bring(files) {
    const { Brought } = await import('./brought.js');
    this.#brought ??= new Brought(this.#context, () => this.#write());
    await this.#brought.bring(files);
  }

  /** Shows where a file may be let go. @param {boolean} on */
  #mark(on) {
    this.#drop.classList.toggle('over', on);
  }
}

/** @param {import('../../run/trainer.js').Source} source @param {boolean} fits */
function describe({ name, d, m, hidden }, fits) {
  const what = `the weights of “${short(name)}” (d\u00a0=\u00a0${d}, m\u00a0=\u00a0${m}, hidden\u00a0=\u00a0${hidden})`;
  return fits
    ? `Runs begin with ${what}. Train goes on from there.`
    : `This recipe’s networks have other sizes than ${what}, so its run begins with the seed’s.`;
}
