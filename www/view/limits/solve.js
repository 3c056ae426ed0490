// @ts-check
/**
 * `#solving`: the last layers in closed form, as a part of the run: at the end of the epoch where it is, or at its beginning. Its recipe has it
 * from there on, and everything on the page works on it as on any other.
 */
import { byId, say } from '../../dom/dom.js';
import { count, duration, within } from '../../common/figures.js';
import { sameSizes, typed } from '../../common/recipe.js';
import { fitting, reachedBy, savedOf, stale, untouched, weightsOf } from '../../run/run.js';
import { RefusalError } from '../../run/errors.js';
import { handOver } from '../../dom/hand-over.js';
import { foundWords, inAll, withSolve } from './solve-words.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../common/protocol.js').Fields} Fields */
/** @typedef {import('../../common/protocol.js').Recipe} Recipe */
/** @typedef {import('../../run/trainer.js').Run} Run */
/** @typedef {import('../../run/trainer.js').Source} Source */
/** @typedef {import('./solve-words.js').Answer} Answer */

/**
 * What is to be solved: over so many draws of the form's recipe `fields`, at the end of an epoch of `run`, whose hidden layers are kept, or at the
 * beginning where it is null, with the `hidden` layers of a file or the seed's; `solve` and `recipe` are the recipe with the solution in it. `shown`,
 * `weights` and `source` are what was on show and chosen when it began.
 * @typedef {{
 *   fields: Fields, draws: number, run: Run | null, shown: Run | null, weights: string, source: Source | null,
 *   epoch: number, solve: Fields, recipe: Recipe, hidden: Uint8Array | null, from: string,
 * }} Question
 */

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
  #floors;
  #comparison;
  /** @type {AbortController | null} */
  #going = null;
  /** The weights that the words are of. */
  #told = '';
  /** The button that what is going was begun with. */
  #begun = this.#button;

  /** @param {Context} context */
  constructor({ trainer, form, lab, floors, attempt, comparison }) {
    this.#trainer = trainer;
    this.#form = form;
    this.#lab = lab;
    this.#floors = floors;
    this.#comparison = comparison;
    this.#button.addEventListener('click', () => attempt(() => this.#solve()));
    this.#near.addEventListener('click', () => {
      form.fill({ ...form.defaults, ...NEAR, seed: form.fields.seed });
      void attempt(() => this.#solve());
    });
    this.#cancel.addEventListener('click', () => this.#going?.abort());
    trainer.addEventListener('state', () => this.#state());
    for (const news of ['run', 'rewound', 'progress']) trainer.addEventListener(news, () => this.#forget());
    this.#state();
  }

  #state() {
    const { busy } = this.#trainer;
    const going = this.#going !== null;
    const pressed = document.activeElement;
    this.#begun = [this.#button, this.#near].find((button) => button === pressed) ?? this.#begun;
    this.#button.disabled = busy || going;
    this.#near.disabled = busy || going;
    this.#cancel.hidden = !going;
    this.#trained.disabled = busy || going;
    handOver(pressed, this.#begun, this.#cancel, going);
  }

  /** What was found is of weights that are on show no more. */
  #forget() {
    if (!this.#told || this.#going || this.#told === this.#weights) return;
    this.#told = '';
    for (const key of ['mse', 'seconds', 'ratio']) delete this.#words.dataset[key];
    say(this.#words, '');
  }

  /** What is typed meanwhile stays. */
  async #solve() {
    const watched = this.#form.watch();
    try {
      await this.#put(this.#form.fields, watched.names);
    } finally {
      watched.end();
    }
  }

  /** Puts what was solved into the run, and its recipe into the form. @param {Fields} fields @param {ReadonlySet<string>} theirs fields of the form that stay as they are */
  async #put(fields, theirs) {
    const { recipe } = await this.#trainer.check(fields);
    if (this.#going || this.#trainer.busy) return;
    const going = new AbortController();
    this.#going = going;
    this.#told = '';
    this.#state();
    try {
      const question = await this.#question(fields, recipe.n);
      const answer = await this.#answer(question, going.signal);
      // Neither a layer's errors nor a floor ends by Stop.
      going.signal.throwIfAborted();
      const overtaken = this.#overtaken(question);
      if (overtaken) return say(this.#words, overtaken);
      const { run, solve, epoch } = question;
      const saved = run && savedOf(run);
      await (saved ? this.#trainer.restore({ ...saved, fields: solve }, answer.solved) : this.#trainer.open(solve, 1, answer.solved));
      this.#told = this.#weights;
      this.#form.fill(solve, theirs);
      await this.#comparison.settle();
      const { mse, seconds, floor } = answer;
      Object.assign(this.#words.dataset, { mse: String(mse), seconds: String(seconds), ratio: String(mse / floor) });
      say(this.#words, `${foundWords(answer, question.from)} ${this.#next(epoch)}`);
    } catch (reason) {
      const refused = reason instanceof RefusalError && ['', 'solve', 'draws'].includes(reason.key);
      say(this.#words, going.signal.aborted ? 'Stopped: nothing was changed.' : refused ? reason.message : '');
      if (!going.signal.aborted && !refused) throw reason;
    } finally {
      this.#going = null;
      this.#forget();
      this.#progress.removeAttribute('value');
      this.#state();
    }
  }

  /** What is to be solved, as things stand. @param {Fields} fields @param {number} draws @returns {Promise<Question>} */
  async #question(fields, draws) {
    const run = await this.#kept(fields);
    const { run: shown } = this.#trainer;
    const weights = this.#weights;
    const source = fitting(this.#trainer.source, fields);
    const epoch = run ? reachedBy(run) : 0;
    const solve = withSolve(run?.fields ?? fields, { epoch, draws });
    // The run's own, which is not the form's where another seed or function is typed.
    const { recipe } = await this.#trainer.check(solve);
    const hidden = run ? await this.#trainer.weights(run.fields) : (source?.bytes ?? null);
    const from = run ? 'the run’s trained hidden layers' : source ? `the hidden layers of ${source.name}` : 'hidden layers as the seed draws them';
    return { fields, draws, run, shown, weights, source, epoch, solve, recipe, hidden, from };
  }

  /** Solves and measures, and says meanwhile how far it is. @param {Question} question @param {AbortSignal} signal @returns {Promise<Answer>} */
  async #answer({ draws, solve, recipe, hidden, from }, signal) {
    const lab = await this.#lab();
    const began = performance.now();
    const past = () => (performance.now() - began) / 1000;
    const pairs = recipe.layer ? `of the layer’s rows with up to ${count(draws)} of its inputs` : `of ${count(draws)} draws`;
    const words = `Solving over every pair ${pairs}, with ${from}…`;
    say(this.#words, words);
    const progress = (/** @type {number} */ share) => (this.#progress.value = share);
    let long = '';
    const begun = (/** @type {number} */ share) => {
      progress(share);
      // The first that is known stays, since it is read out.
      long ||= inAll(past(), share);
      if (long) say(this.#words, `${words} ${long}`);
    };
    const solved = await lab.solve(solve, hidden, { draws, progress: begun, signal });
    const seconds = past();
    say(this.#words, `Solved in ${duration(seconds)}. Measuring …`);
    const measured = await this.#measured(lab, recipe, solved.file, { progress, signal });
    return { solved, seconds, ...measured, floor: (await this.#floors(recipe, recipe.m))?.[recipe.m] ?? NaN };
  }

  /** Why what was found is not put into the run: something else was chosen meanwhile; nothing where all is as it was. @param {Question} question */
  #overtaken({ fields, run, shown, weights, source }) {
    if (this.#trainer.busy || this.#weights !== weights)
      return 'The run went on while this was solved, so what was found is not put into it, and nothing was changed. Solve once more.';
    // A run whose hidden layers are kept has its own source.
    if (run) return '';
    const { run: now } = this.#trainer;
    const other = source !== fitting(this.#trainer.source, fields) || (now && now !== shown && stale(now, fields, source));
    return other ? 'Another run or other weights were chosen while this was solved, so nothing was changed. Solve once more.' : '';
  }

  /** Which weights the run on show has; none where nothing has been trained or solved. */
  get #weights() {
    const { run } = this.#trainer;
    return run && !untouched(run) ? weightsOf(run) : '';
  }

  /** The error of what was found: over fresh draws, or over every pair of a layer's rows and inputs that are kept back. @param {import('../../run/lab.js').Lab} lab @param {Recipe} recipe @param {Uint8Array} file @param {import('../../run/lab.js').Watch} watch */
  async #measured(lab, recipe, file, watch) {
    if (recipe.layer) {
      const { both } = await lab.layerErrors(typed(recipe), file);
      return { mse: both.mse, within: '', over: `every pair of ${count(both.rows)} rows and ${count(both.inputs)} inputs kept back` };
    }
    const { mse, standardError } = await lab.evaluate(file, MEASURED, { seed: recipe.seed, target: recipe.target, ...watch });
    return { mse, within: ` ± ${within(standardError, mse)}`, over: `${count(MEASURED)} fresh draws` };
  }

  /** The run whose hidden layers are kept, at the end of an epoch: the one on show, where it has trained and is asked for; null for the recipe's beginning. @param {Fields} fields @returns {Promise<Run | null>} */
  async #kept(fields) {
    const { run } = this.#trainer;
    if (!this.#trained.checked || !run || run.step === 0 || !sameSizes(run.fields, fields)) return null;
    await this.#trainer.endEpoch();
    if (run !== this.#trainer.run || run.step !== run.history.length * run.stepsPerEpoch)
      throw new RefusalError('', 'The run did not come to the end of its epoch, so nothing was changed. Solve once more.');
    return run;
  }

  /** How training goes on. @param {number} epoch at whose end was solved */
  #next(epoch) {
    if (epoch === 0) return 'Train begins with it.';
    const begun = `It is the end of epoch ${count(epoch)} of the run.`;
    return this.#trainer.resumable ? `${begun} Resume trains on from it.` : `${begun} With more epochs Train passes by it and trains on.`;
  }
}
