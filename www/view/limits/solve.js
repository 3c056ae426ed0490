// @ts-check
/**
 * `#solving`: the last layers in closed form, beside training. What comes out is a file of weights, and a run that begins with it: everything
 * on the page works on it as on any other.
 */
import { byId, say } from '../../dom/dom.js';
import { count, duration, error } from '../../common/figures.js';
import { sameSizes } from '../../common/recipe.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../common/protocol.js').Fields} Fields */

/** Draws that the error is measured on afterwards; ten times as many as a run's, since what is left is small. */
const MEASURED = 100_000;

/** The preset: networks whose closed form ends within a tenth of the floor, from draws enough to know it. */
const NEAR = { hidden: '768', n: '6000', batch: '64', epochs: '5', lr: '0.001' };

export class SolveSection {
  #button = byId('solve', HTMLButtonElement);
  #near = byId('near', HTMLButtonElement);
  #cancel = byId('solve-cancel', HTMLButtonElement);
  #trained = byId('solve-trained', HTMLInputElement);
  #progress = byId('solve-progress', HTMLProgressElement);
  #words = byId('solved', HTMLElement);
  #trainer;
  #form;
  #lab;
  #comparison;
  /** @type {AbortController | null} */
  #going = null;

  /** @param {Context} context */
  constructor({ trainer, form, lab, attempt, comparison }) {
    this.#trainer = trainer;
    this.#form = form;
    this.#lab = lab;
    this.#comparison = comparison;
    this.#button.addEventListener('click', () => attempt(() => this.#solve()));
    this.#near.addEventListener('click', () => {
      form.fill({ ...form.defaults, ...NEAR, seed: form.fields.seed });
      void attempt(() => this.#solve());
    });
    this.#cancel.addEventListener('click', () => this.#going?.abort());
    trainer.addEventListener('state', () => this.#state());
    this.#state();
  }

  #state() {
    const { busy } = this.#trainer;
    const going = this.#going !== null;
    this.#button.disabled = busy || going;
    this.#near.disabled = busy || going;
    this.#cancel.hidden = !going;
    this.#trained.disabled = busy || going;
  }

  async #solve() {
    const { fields } = this.#form;
    const { recipe } = await this.#trainer.check(fields);
    if (this.#going || this.#trainer.busy) return;
    const hidden = await this.#hidden(fields);
    const going = new AbortController();
    this.#going = going;
    this.#state();
    const from = hidden ? 'the run’s trained hidden layers' : 'hidden layers as the seed draws them';
    try {
      const lab = await this.#lab();
      const began = performance.now();
      say(this.#words, `Solving over every pair of ${count(recipe.n)} draws, with ${from}…`);
      const progress = (/** @type {number} */ share) => (this.#progress.value = share);
      const solved = await lab.solve(fields, hidden, { draws: recipe.n, progress, signal: going.signal });
      const seconds = (performance.now() - began) / 1000;
      say(this.#words, `Solved in ${duration(seconds)}. Measuring over ${count(MEASURED)} fresh draws…`);
      const { mse, standardError } = await lab.evaluate(solved.file, MEASURED, { seed: recipe.seed, progress, signal: going.signal });
      const floor = (await lab.floors(recipe.d, recipe.m))[recipe.m];
      await this.#take(solved.file, recipe, fields);
      const pairs = solved.rows * solved.draws;
      const ratio = Number.isFinite(floor) ? `, ${(mse / floor).toPrecision(3)}× the floor` : '';
      Object.assign(this.#words.dataset, { mse: String(mse), seconds: String(seconds), ratio: String(mse / floor) });
      say(
        this.#words,
        `Solved in ${duration(seconds)} over ${count(pairs)} pairs of a row of W and an x, with ${from}: MSE ${error(mse)} ± ${standardError.toPrecision(2)} over ${count(MEASURED)} fresh draws${ratio}. Train goes on from it.`,
      );
    } catch (reason) {
      say(this.#words, going.signal.aborted ? 'Stopped: nothing was changed.' : '');
      if (!going.signal.aborted) throw reason;
    } finally {
      this.#going = null;
      this.#progress.removeAttribute('value');
      this.#state();
    }
  }

  /** The hidden layers to keep: the run's on show, where it has trained and they are asked for; null for the seed's. @param {Fields} fields */
  async #hidden(fields) {
    const { run } = this.#trainer;
    const same = run && run.step > 0 && sameSizes(run.fields, fields);
    return this.#trained.checked && same ? this.#trainer.weights(run.fields) : null;
  }

  /** @param {Uint8Array} bytes @param {import('../../common/protocol.js').Recipe} recipe @param {Fields} fields */
  async #take(bytes, { d, m, hidden }, fields) {
    const before = this.#trainer.source;
    this.#trainer.source = { name: 'the closed form', bytes, d, m, hidden };
    try {
      await this.#trainer.open(fields);
    } catch (reason) {
      this.#trainer.source = before;
      throw reason;
    }
    await this.#comparison.settle();
  }
}
