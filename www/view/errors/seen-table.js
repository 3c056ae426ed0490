// @ts-check
/** `#seen`: the errors of a run on a layer, apart by what it has seen of it: pairs that it trains on, other inputs, and other rows too. */
import { byId, html, say } from '../../dom/dom.js';
import { Looks } from '../../run/looks.js';
import { asDrawn, stale, weightsOf } from '../../run/run.js';
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
  /** Which weights the table is of, and which were asked about last. */
  #of = '';
  #asked = '';

  /** @param {Pick<Context, 'trainer' | 'lab' | 'attempt'>} context */
  constructor({ trainer, lab, attempt }) {
    this.#trainer = trainer;
    this.#lab = lab;
    this.#attempt = attempt;
    // It takes the lab a while: weights that go on are measured once they stop, though others may be trained beside them.
    const looks = new Looks(trainer, { seen: () => false, ask: (run) => this.#ask(run), show: (found, run) => this.#look(found, run) });
    for (const news of ['progress', 'rewound']) trainer.addEventListener(news, () => this.#hide());
    this.#hide();
    looks.follow();
  }

  #hide() {
    const { run } = this.#trainer;
    this.#place.hidden = !run || this.#of !== weightsOf(run);
  }

  /** @param {Run} run @returns {Promise<LayerErrors | null>} */
  async #ask(run) {
    if (!run.recipe.layer || asDrawn(run) || stale(run, run.fields, this.#trainer.source)) return null;
    this.#asked = weightsOf(run);
    const weights = await this.#trainer.weights(run.fields);
    /** @type {LayerErrors | null} */
    let found = null;
    await this.#attempt(async () => {
      found = await (await this.#lab()).layerErrors(run.fields, weights);
    }, true);
    return found;
  }

  /** @param {LayerErrors | null} found @param {Run | null} run */
  #look(found, run) {
    this.#of = found ? this.#asked : '';
    if (found && run) this.#show(found, run.recipe.m);
    this.#hide();
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
