// @ts-check
/** `#chart-gap`: how far apart the two curves have come, in a sentence. What that means stands before it in the markup. */
import { byId, coalesce, say } from '../../dom/dom.js';
import { gapWords } from '../../run/told.js';

/** @typedef {import('../../run/trainer.js').Run} Run */

export class Gap {
  #words = byId('chart-gap', HTMLElement);
  /** @type {Run | null} */
  #run = null;
  #soon = coalesce(() => this.#write(), 500);

  /** @param {Run} run */
  follow(run) {
    this.#run = run;
    this.update();
  }

  update() {
    this.#soon();
  }

  #write() {
    say(this.#words, this.#run ? gapWords(this.#run) : '');
  }
}
