// @ts-check
/**
 * The floor under every run: the lowest MSE that any Φ and Ψ of width m can have, and how far above it this run is. The lab's module, which
 * computes it, is loaded when a run has come to something, and so is this.
 */
import { byId, say } from '../../dom/dom.js';
import { asDrawn } from '../../run/run.js';
import { floorWords, noFloorWords, noVerdictWords, ratioWords, verdictWords, zeroWords } from './floor-words.js';

/** @typedef {import('../../app/context.js').Context} Context */

export class Bound {
  #floor = byId('floor', HTMLElement);
  #ratio = byId('ratio', HTMLElement);
  #verdict = byId('verdict', HTMLElement);
  #zero = byId('zero', HTMLElement);
  /** Whether the lab had no answer. */
  #missing = false;
  #trainer;
  #comparison;
  #chart;
  #floors;
  #attempt;

  /** @param {Context} context */
  constructor({ trainer, comparison, chart, floors, attempt }) {
    this.#trainer = trainer;
    this.#comparison = comparison;
    this.#chart = chart;
    this.#floors = floors;
    this.#attempt = attempt;
    trainer.addEventListener('state', () => this.#state());
    trainer.addEventListener('run', () => this.#run());
    comparison.addEventListener('evaluated', () => this.#look());
    addEventListener('online', () => this.#missing && this.#look());
    this.#look();
  }

  #state() {
    if (this.#trainer.state === 'done') this.#look();
  }

  #run() {
    this.#missing = false;
    this.#chart.bound(null);
    this.#write(null);
    this.#judge(null, NaN);
  }

  #look() {
    void this.#attempt(() => this.#find(), true);
  }

  /** The floor of the present run's width, where it has come to something. */
  async #find() {
    const { run } = this.#trainer;
    if (!run || asDrawn(run)) return;
    const { m } = run.recipe;
    const floors = await this.#floors(run.recipe, m);
    // As many features as a layer keeps rows back can have any answers there.
    const floor = floors?.[m] || NaN;
    if (this.#trainer.run !== run) return;
    this.#missing = floors === null;
    this.#judge(floors?.[0] ?? null, floor);
    const known = Number.isFinite(floor) ? floor : null;
    // Of a layer every seed keeps back another part, with a floor of its own.
    this.#chart.bound(run.recipe.layer && this.#trainer.ensemble ? null : known);
    this.#write(known);
    if (run.recipe.layer && floors && known === null) say(this.#floor, noFloorWords(run.recipe));
  }

  /** The verdict, and of its reasons the one that is not the floor. @param {number | null} zero the MSE of always answering zero @param {number} floor */
  #judge(zero, floor) {
    const { run } = this.#trainer;
    const { heldOut } = this.#comparison;
    const known = run && heldOut && zero !== null;
    const unknown = run && heldOut && this.#missing ? noVerdictWords(run.recipe, navigator.onLine) : '';
    say(this.#verdict, known ? verdictWords(run.recipe, heldOut.mse, zero, floor) : unknown);
    say(this.#zero, known ? zeroWords(run.recipe, heldOut.mse, zero) : '');
  }

  /** @param {number | null} floor */
  #write(floor) {
    const { run } = this.#trainer;
    const { heldOut } = this.#comparison;
    if (floor === null || !run) {
      delete this.#floor.dataset.value;
      delete this.#ratio.dataset.value;
      say(this.#floor, '');
      return say(this.#ratio, '');
    }
    this.#floor.dataset.value = String(floor);
    say(this.#floor, floorWords(run.recipe, floor));
    if (!heldOut) {
      delete this.#ratio.dataset.value;
      return say(this.#ratio, '');
    }
    this.#ratio.dataset.value = String(heldOut.mse / floor);
    say(this.#ratio, ratioWords(heldOut.mse, floor));
  }
}
