// @ts-check
/**
 * The section «How far off, and where»: the errors of the present run's weights on held-out draws, as pictures. Loaded when it comes near.
 *
 * While a run goes on it is looked at about once a second, and only in sight: each look is a question that the worker answers between two
 * slices of training.
 */
import { BendPlot } from './bend-plot.js';
import { byId, say } from '../../dom/dom.js';
import { ErrorMaps } from './error-maps.js';
import { gelu } from '../../common/gelu.js';
import { meanSquare } from '../../common/statistics.js';
import { Histogram } from './histogram.js';
import { PredictedPlot } from './predicted-plot.js';
import { LostError, RefusalError } from '../../run/errors.js';
import { finite, found, overflown } from './words.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../common/protocol.js').Sample} Sample */
/** @typedef {import('../../run/trainer.js').Run} Run */
/** A sample, and its errors y' − y, all finite. @typedef {Sample & { error: Float64Array }} Errors */

/** Outputs that are looked at: as many as 10,000 draws have for d = 2. */
const OUTPUTS = 20_000;

/** Floating-point operations that a look may take, 50 ms on one core of a PC: a pause waits for as long. */
const FLOPS = 2_000_000_000;

/** The least time between two looks at a run that goes on, and the share of its time that they may take. */
const REST_MS = 1_000;
const SHARE = 0.04;

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
  #asking = false;
  /** Which weights are on show: run and step. */
  #shown = '';
  /** The run that they are of. @type {Run | null} */
  #run = null;
  #restedAt = 0;

  /** @param {Context} context */
  constructor({ trainer, comparison }) {
    this.#trainer = trainer;
    this.#comparison = comparison;
    this.#maps = new ErrorMaps(trainer);
    for (const news of ['state', 'run', 'progress']) trainer.addEventListener(news, () => this.#follow());
    document.addEventListener('visibilitychange', () => this.#follow());
    comparison.addEventListener('shown', () => this.#mark());
    new IntersectionObserver((entries) => {
      this.#inSight = entries[entries.length - 1].isIntersecting;
      this.#follow();
    }).observe(this.#section);
    this.#show(null);
    this.#mark();
    this.#follow();
  }

  #follow() {
    const { run, state, opening } = this.#trainer;
    this.#section.setAttribute('aria-busy', String(state === 'running'));
    if (this.#run && run !== this.#run) this.#forget();
    if (!run || opening || state === 'failed' || state === 'probing' || this.#asking || this.#shown === moment(run)) return;
    if (state === 'running' && (!this.#inSight || document.hidden || performance.now() < this.#restedAt)) return;
    void this.#look(run);
  }

  #forget() {
    this.#run = null;
    this.#shown = '';
    this.#restedAt = 0;
    this.#show(null);
    void this.#maps.follow(null);
  }

  /** @param {Run} run */
  async #look(run) {
    this.#asking = true;
    const began = performance.now();
    const shown = moment(run);
    try {
      const { flopsPerDraw } = await this.#trainer.check(run.fields);
      const draws = Math.max(1, Math.floor((3 * FLOPS) / flopsPerDraw));
      const sample = await this.#trainer.sample(Math.min(OUTPUTS, draws * run.recipe.d));
      if (run === this.#trainer.run) {
        this.#run = run;
        this.#shown = shown;
        await this.#maps.follow(this.#show(sample) ? run : null);
      }
    } catch (error) {
      // The run's state says it.
      if (!(error instanceof LostError || error instanceof RefusalError)) throw error;
      this.#shown = shown;
    } finally {
      this.#asking = false;
      const now = performance.now();
      this.#restedAt = now + Math.max(REST_MS, (now - began) / SHARE);
    }
    // The run may have ended meanwhile.
    this.#follow();
  }

  /** @param {Sample | null} sample @returns {boolean} whether there are errors to show */
  #show(sample) {
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
    dataset.at = this.#shown;
    const { run, state } = this.#trainer;
    say(this.#words, found(some, { d: run?.recipe.d ?? 1, epochs: run?.history.length ?? 0, training: state === 'running' }));
    return true;
  }

  #mark() {
    const { shown } = this.#comparison;
    this.#histogram.mark(shown ? shown.approx.map((approx, i) => approx - gelu(shown.wx[i])) : []);
  }
}

/** @param {Run} run */
function moment({ number, step }) {
  return `${number}/${step}`;
}
