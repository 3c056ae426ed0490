// @ts-check
/** `#chart-gap`: how far apart the two curves have come, in a sentence. What that means stands before it in the markup. */
import { byId, coalesce, say } from '../../dom/dom.js';
import { count, error } from '../../common/figures.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../run/trainer.js').Run} Run */

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
    say(this.#words, run ? told(run) : '');
  }
}

/** @param {Run} run */
function told({ history, recipe }) {
  const last = history.at(-1);
  if (!last) return '';
  const { epoch, mse, heldOut } = last;
  const fresh = recipe.fresh ? ' Here every epoch has fresh draws, so that nothing is seen twice: what is left of the gap is lag and chance.' : '';
  if (!Number.isFinite(heldOut / mse)) return '';
  return `After epoch ${count(epoch)}: held-out ${error(heldOut)}, train ${error(mse)}, a ratio of ${(heldOut / mse).toPrecision(3)}.${fresh}`;
}
