// @ts-check
/**
 * The section «How far off, and where»: the errors of the present run's weights on held-out draws, as pictures. Loaded when it comes near.
 */
import { BendPlot } from './bend-plot.js';
import { byId, say } from '../../dom/dom.js';
import { ErrorMaps } from './error-maps.js';
import { targetOf } from '../../common/targets.js';
import { meanSquare } from '../../common/statistics.js';
import { Histogram } from './histogram.js';
import { PredictedPlot } from './predicted-plot.js';
import { SeenTable } from './seen-table.js';
import { Looks } from '../../run/looks.js';
import { ageOf } from '../../run/told.js';
import { finite, found, overflown } from './words.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../common/protocol.js').Sample} Sample */
/** @typedef {import('../../run/trainer.js').Run} Run */

/** Outputs that are looked at: as many as 10,000 draws have for d = 2. */
const OUTPUTS = 20_000;

/** Floating-point operations that a look may take, 50 ms on one core of a PC: a pause waits for as long. */
const FLOPS = 2_000_000_000;

export class ErrorsSection {
  #section = byId('errors', HTMLElement);
  #words = byId('errors-words', HTMLElement);
  #histogram = new Histogram();
  #predicted = new PredictedPlot();
  #bend = new BendPlot();
  #maps;
  #trainer;
  #comparison;
  #inSight = true;
  #looks;

  /** @param {Context} context */
  constructor(context) {
    const { trainer, comparison } = context;
    new SeenTable(context);
    this.#trainer = trainer;
    this.#comparison = comparison;
    this.#maps = new ErrorMaps(trainer);
    this.#looks = new Looks(trainer, {
      seen: () => this.#inSight && !document.hidden,
      ask: (run) => this.#ask(run),
      show: (sample, run, at) => this.#look(sample, run, at),
    });
    trainer.addEventListener('state', () => this.#state());
    document.addEventListener('visibilitychange', () => this.#looks.follow());
    comparison.addEventListener('shown', () => this.#mark());
    new IntersectionObserver((entries) => {
      this.#inSight = entries[entries.length - 1].isIntersecting;
      this.#looks.follow();
    }).observe(this.#section);
    this.#show(null, '');
    this.#mark();
    this.#state();
    this.#looks.follow();
  }

  #state() {
    this.#section.setAttribute('aria-busy', String(this.#trainer.state === 'running'));
  }

  /** As many held-out draws as a look has time for. @param {Run} run */
  async #ask(run) {
    const { flopsPerDraw } = await this.#trainer.check(run.fields);
    const draws = Math.max(1, Math.floor((3 * FLOPS) / flopsPerDraw));
    return this.#trainer.sample(Math.min(OUTPUTS, draws * run.recipe.d));
  }

  /** @param {Sample | null} sample @param {Run | null} run @param {string} at */
  async #look(sample, run, at) {
    await this.#maps.follow(this.#show(sample, at) ? run : null);
  }

  /** @param {Sample | null} sample @param {string} at @returns {boolean} whether there are errors to show */
  #show(sample, at) {
    const errors = sample && finite(sample);
    const some = sample && errors && errors.error.length === sample.z.length ? errors : null;
    this.#histogram.show(some);
    this.#predicted.show(some);
    this.#bend.show(some);
    const { dataset } = this.#section;
    if (!sample || !some) {
      for (const key of ['outputs', 'mse', 'at']) delete dataset[key];
      say(this.#words, sample && errors ? overflown(sample.z.length - errors.error.length, sample.z.length) : '');
      return false;
    }
    dataset.outputs = String(some.error.length);
    dataset.mse = String(meanSquare(some.error));
    dataset.at = at;
    const { run, training } = this.#trainer;
    say(this.#words, found(some, { d: run?.recipe.d ?? 1, age: run ? ageOf(run, training) : '' }));
    return true;
  }

  #mark() {
    const { shown } = this.#comparison;
    const { at } = targetOf(this.#trainer.run?.recipe);
    this.#histogram.mark(shown ? shown.approx.map((approx, i) => approx - at(shown.wx[i])) : []);
  }
}
