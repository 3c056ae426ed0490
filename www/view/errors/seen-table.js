// @ts-check
/** `#seen`: the errors of a run on a layer, apart by what it has seen of it: pairs that it trains on, other inputs, and other rows too. */
import { byId, html, say } from '../../dom/dom.js';
import { count, error } from '../../common/figures.js';
import { asDrawn, weightsOf } from '../../run/run.js';

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
    const rows = PARTS.map(({ part, words }) => {
      const { rows, inputs, mse, r2, linearR2, floor } = found[part];
      // As many features as rows can have any answers; beyond the widest that is computed nothing is known.
      const least = m >= rows ? 0 : (floor[m] ?? NaN);
      const cells = [
        words,
        count(rows),
        count(inputs),
        error(mse),
        r2.toFixed(3),
        linearR2.toFixed(3),
        Number.isNaN(least) ? '–' : least === 0 ? '0' : error(least),
      ];
      const row = html('tr', {}, html('th', { scope: 'row' }, cells[0]), ...cells.slice(1).map((cell) => html('td', {}, cell)));
      Object.assign(row.dataset, { part, mse: String(mse), r2: String(r2), linear: String(linearR2), floor: String(least) });
      return row;
    });
    this.#rows.replaceChildren(...rows);
    const { inputs, both } = found;
    const harder = both.r2 < inputs.r2 ? 'rows that Φ has not seen are the harder part' : 'rows that Φ has not seen are no harder';
    const than = both.r2 < both.linearR2 ? 'more than this run does' : 'less than this run does';
    say(
      this.#words,
      `To unseen inputs what was learned carries over with an R² of ${inputs.r2.toFixed(3)}, to unseen rows as well with ${both.r2.toFixed(3)}: ${harder}. Least squares on x, for each row from that row’s own answers, explains ${both.linearR2.toFixed(3)} of what is kept back, ${than}.`,
    );
  }
}
