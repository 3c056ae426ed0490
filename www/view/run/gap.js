// @ts-check
/** `#chart-gap`: how far apart the two curves have come, in a sentence. What that means stands before it in the markup. */
import { byId, coalesce, say } from '../../dom/dom.js';
import { gapWords } from '../../run/told.js';

/** @typedef {import('../../app/context.js').Context} Context */

export class Gap {
  #words = byId('chart-gap', HTMLElement);
  #trainer;
  #soon = coalesce(() => this.#write(), 500);

  /** @param {Context} context */
  constructor({ trainer }) {
    this.#trainer = trainer;
    for (const news of ['run', 'rewound', 'progress']) trainer.addEventListener(news, this.#soon);
  }

  #write() {
    const { run } = this.#trainer;
    say(this.#words, run ? gapWords(run) : '');
  }
}
