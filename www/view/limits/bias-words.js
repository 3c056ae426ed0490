// @ts-check
/** Below the series: what «biased» means of it and of what is learned, over W and x, at a point and, when it is asked for, over seeds. */
import { alone } from '../../common/recipe.js';
import { byId, say } from '../../dom/dom.js';
import { atPoint, overDraws, overSeeds, SEEDS, seriesMean } from './bias.js';
import { targetOf } from '../../common/targets.js';
import { InTurn } from './in-turn.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../common/protocol.js').Recipe} Recipe */
/** @typedef {import('./bias.js').OfSeed} OfSeed */
/** @typedef {Awaited<ReturnType<import('../../run/lab.js').Lab['taylor']>>} Series */

/** Draws that are known by their W and x. @typedef {{ W: readonly number[], x: readonly number[], wx: readonly number[] }} Draw */

/** The point while no draw is on show: where the series of five terms leaves GELU. */
const POINT = 3;

/** Seeds are whole numbers below this. */
const MOST_SEEDS = 2 ** 32;

/** What comes of a seed whose run diverged. @type {OfSeed} */
const DIVERGED = { mean: NaN, there: NaN, diverged: true };

export class BiasWords {
  #draws = byId('bias-draws', HTMLElement);
  #point = byId('bias-point', HTMLElement);
  #told = byId('bias-seeds', HTMLElement);
  /** What seeds came to last. */
  #answer = this.#told.textContent ?? '';
  #button = byId('bias-train', HTMLButtonElement);
  #inTurn = new InTurn(this.#button, byId('bias-stop', HTMLButtonElement));
  #trainer;
  #comparison;
  #form;
  #lab;
  /** @type {Series | null} */
  #series = null;
  #beside = false;
  /** What it is a series of. @type {string | undefined} */
  #target;
  /** Counts what was asked about the point; only the last answer is shown. */
  #turn = 0;

  /** @param {Context} context */
  constructor({ trainer, comparison, form, lab, attempt }) {
    this.#trainer = trainer;
    this.#comparison = comparison;
    this.#form = form;
    this.#lab = lab;
    comparison.addEventListener('shown', () => attempt(() => this.#write(), true));
    this.#button.addEventListener('click', () => attempt(() => this.#ask()));
  }

  /** @param {Series} series that is on show @param {boolean} beside whether it is of the present run's draws @param {string} [target] what it is a series of */
  async show(series, beside, target) {
    this.#series = series;
    this.#target = target;
    this.#beside = beside;
    await this.#write();
  }

  async #write() {
    const series = this.#series;
    if (!series) return;
    const turn = ++this.#turn;
    const { shown, heldOut } = this.#comparison;
    // A run of another kind than the series' has no error to be set beside it. The point is its own all the same, as it is of what several seeds come to.
    const own = this.#beside ? shown : null;
    const z = shown ? shown.wx[0] : POINT;
    const off = await this.#off(series, z);
    if (turn !== this.#turn) return;
    say(this.#draws, overDraws(seriesMean(series.d, series), this.#beside ? heldOut : null));
    const { at } = targetOf(this.#trainer.run?.recipe);
    say(this.#point, atPoint(z, off, own && own.approx[0] - at(z), shown !== null));
  }

  /** The series' error at z. @param {Series} series @param {number} z */
  async #off({ d, terms }, z) {
    const curves = await (await this.#lab()).taylorCurves(d, terms, Float64Array.of(z), this.#target);
    return curves.taylor[0] - curves.target[0];
  }

  /** Trains the recipe from several seeds. What was found before stays until there is an answer. */
  async #ask() {
    const series = this.#series;
    if (!series) return;
    /** @type {Recipe[]} */
    let recipes = [];
    /** @type {Draw | null} */
    let draw = this.#comparison.shown;
    const own = draw === null;
    try {
      const runs = await this.#inTurn.train(
        async () => {
          recipes = await this.#recipes();
          return recipes;
        },
        (nth) => say(this.#told, `Training seed ${nth} of ${SEEDS}…`),
        async (run) => {
          draw ??= await run.compare();
          return asOne(run, draw);
        },
      );
      const all = runs.map((one) => one ?? DIVERGED);
      const z = draw?.wx[0] ?? POINT;
      if (runs.length === SEEDS)
        this.#answer = overSeeds(recipes[0], all, { z, series: this.#target === recipes[0].target ? await this.#off(series, z) : null, own });
    } finally {
      say(this.#told, this.#answer);
    }
  }

  /** The run's recipe, or the form's, from several seeds. */
  async #recipes() {
    const recipe = alone((await this.#trainer.check(this.#trainer.run?.fields ?? this.#form.fields)).recipe);
    return Array.from({ length: SEEDS }, (_, i) => ({ ...recipe, seed: (recipe.seed + i) % MOST_SEEDS }));
  }
}

/** What comes of one seed: over W and x, and at the draw's first output. @param {import('../../run/open-run.js').Run} run @param {Draw} draw @returns {Promise<OfSeed>} */
export async function asOne(run, { W, x, wx }) {
  const found = await run.evaluate();
  const [approx] = await run.predict(W, x);
  return { mean: found?.mean ?? NaN, there: approx - targetOf(run.recipe).at(wx[0]) };
}
