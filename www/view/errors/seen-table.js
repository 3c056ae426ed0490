// @ts-check
/** `#seen`: the errors of a run on a layer, apart by what it has seen of it: pairs that it trains on, other inputs, and other rows too. */
import { byId, html, say } from '../../dom/dom.js';
import { asDrawn, weightsOf } from '../../run/run.js';
import { keepsRows, leastOf, seenCells, seenWords } from './words.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../common/lab-protocol.js').LayerErrors} LayerErrors */
/** @typedef {import('../../run/trainer.js').Run} Run */

/** @type {readonly { part: 'seen' | 'inputs' | 'both', words: string }[]} */
const PARTS = [
  { part: 'seen', words: 'rows and inputs that it trains on' },
  { part: 'inputs', words: 'the same rows, inputs kept back' },
  { part: 'both', words: 'rows and inputs kept back' },
];

export class SeenTable {
  #place = byId('seen', HTMLElement);
  #rows = byId('seen-rows', HTMLElement);
  #words = byId('seen-words', HTMLElement);
  #trainer;
  #lab;
  #attempt;
  /** Which weights the table is of, and which it is asked about. */
  #of = '';
  #asked = '';

  /** @param {Pick<Context, 'trainer' | 'lab' | 'attempt' | 'comparison'>} context */
  constructor({ trainer, lab, attempt, comparison }) {
    this.#trainer = trainer;
    this.#lab = lab;
    this.#attempt = attempt;
    for (const news of ['run', 'state']) trainer.addEventListener(news, () => this.#look());
    // Weights that have gone on are measured anew once they stop; until then nothing is known of them.
    trainer.addEventListener('progress', () => {
      if (trainer.run && this.#of !== weightsOf(trainer.run)) this.#place.hidden = true;
    });
    comparison.addEventListener('evaluated', () => this.#look());
    this.#look();
  }

  #look() {
    const { run, training } = this.#trainer;
    const told = run?.recipe.layer !== undefined && !asDrawn(run);
    const known = told && this.#of === weightsOf(run);
    this.#place.hidden = !known;
    if (told && !known && !training && this.#asked !== weightsOf(run)) void this.#attempt(() => this.#find(run), true);
  }

  /** @param {Run} run */
  async #find(run) {
    const at = weightsOf(run);
    this.#asked = at;
    try {
      const weights = await this.#trainer.weights(run.fields);
      const found = await (await this.#lab()).layerErrors(run.fields, weights);
      if (run !== this.#trainer.run || weightsOf(run) !== at) return;
      this.#show(found, run.recipe.m);
      this.#of = at;
      this.#place.hidden = false;
    } finally {
      if (this.#asked === at) this.#asked = '';
    }
  }

  /** @param {LayerErrors} found @param {number} m */
  #show(found, m) {
    const parts = PARTS.filter(({ part }) => part !== 'both' || keepsRows(found));
    const rows = parts.map(({ part, words }) => {
      const { mse, r2, linearR2 } = found[part];
      const least = leastOf(found[part], m);
      const row = html('tr', {}, html('th', { scope: 'row' }, words), ...seenCells(found[part], least).map((cell) => html('td', {}, cell)));
      Object.assign(row.dataset, { part, mse: String(mse), r2: String(r2), linear: String(linearR2), floor: String(least) });
      return row;
    });
    this.#rows.replaceChildren(...rows);
    say(this.#words, seenWords(found));
  }
}
