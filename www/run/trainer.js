// @ts-check
/**
 * The page's way to a run: what may be asked for, when, and what is told. What comes of it is in `training.js`. Knows no wasm and no DOM.
 *
 * Events are signals without a load, the news is in the properties: `state` (state, failure), `backend` (verdict, asked), `run` (another
 * run, or none yet trained), `rates` (rates), `recipe` (the run's has changed on the way), `progress` (run.history, run.step, run.seconds), `rewound` (the
 * run went back to a checkpoint and on from there; news, run.history, run.marks), `news` (news), `source`, `ensemble` (another one, none, or one has gone on), `picked`
 * (one of the ensemble is the run).
 *
 * A recipe of many seeds is a run of the first, which is all that is said here of `run`, and an ensemble of all of them beside it. What is pressed
 * concerns both, and `state` is of both.
 */
import { typed } from '../common/recipe.js';
import { RefusalError } from './errors.js';
import { changeRate, fitting, stale, unfinished } from './run.js';
import { Training } from './training.js';

/** @typedef {import('../common/protocol.js').Asked} Asked */
/** @typedef {import('../common/protocol.js').Backend} Backend */
/** @typedef {import('../common/protocol.js').CheckedRecipe} CheckedRecipe */
/** @typedef {import('../common/protocol.js').Comparison} Comparison */
/** @typedef {import('../common/protocol.js').Evaluation} Evaluation */
/** @typedef {import('../common/protocol.js').Fields} Fields */
/** @typedef {import('../common/protocol.js').Inspected} Inspected */
/** @typedef {import('../common/protocol.js').LinkParts} LinkParts */
/** @typedef {import('../common/protocol.js').OpenedLink} OpenedLink */
/** @typedef {import('../common/protocol.js').Sample} Sample */
/** @typedef {import('../common/protocol.js').Solution} Solution */
/** @typedef {import('../common/protocol.js').Verdict} Verdict */
/** @typedef {import('./ensemble.js').Ensemble} Ensemble */
/** @typedef {import('./life.js').State} State */
/** @typedef {import('./run.js').Run} Run */
/** @typedef {import('./run.js').Saved} Saved */
/** @typedef {import('./run.js').Source} Source */

export class Trainer extends EventTarget {
  /** The runs of the seeds that the recipe asks for; null where that is one. @type {Ensemble | null} */
  ensemble = null;
  #training;
  /** @type {Promise<void> | undefined} */
  #gathered;
  /** Whether the run that is on its way is one of the ensemble's. */
  #picking = false;
  /** Runs that wait for the layer that their recipe names. */
  #holding = 0;
  /** One after the other. @type {Promise<void>} */
  #picks = Promise.resolve();
  /** @type {Source | null} */
  #source = null;

  /** @param {Asked} asked */
  constructor(asked) {
    super();
    this.#training = new Training(asked, (name) => {
      if (name === 'run' && !this.#picking) {
        this.#gathered = this.#gather();
        // Who trains hears of it.
        this.#gathered.catch(() => {});
      }
      if (name === 'run') void this.#keep();
      this.#signal(name);
    });
  }

  /** Ends the worker, for good: nothing is answered any more. */
  close() {
    this.ensemble?.pause();
    this.#training.close();
  }

  /** @returns {State} */
  get state() {
    const { shown } = this.#training.life;
    const all = this.ensemble?.state ?? 'done';
    // Where the first has diverged the others may go on; once they wait, it has failed.
    if (all === 'running' && shown === 'failed') return all;
    return all !== 'done' && (shown === 'paused' || shown === 'done') ? all : shown;
  }

  /** Why the state is `failed`, in a sentence. */
  get failure() {
    return this.#training.failure;
  }

  /** @returns {Verdict | null} */
  get verdict() {
    return this.#training.verdict;
  }

  /** @returns {Run | null} */
  get run() {
    return this.#training.run;
  }

  /** What is being trained, as typed: where there is an ensemble, all of it. */
  get fields() {
    const { run, ensemble } = this;
    return run && ensemble ? typed(ensemble.recipe) : run?.fields;
  }

  /** How fast each backend is here, as far as that has been found out. */
  get rates() {
    return this.#training.rates;
  }

  /** What runs are to use: the address's word until the visitor switches. */
  get asked() {
    return this.#training.asked;
  }

  /** How the run was saved just now, in a sentence; empty where nobody needs to know. */
  get news() {
    return this.#training.news;
  }

  /** What the next run begins with, where its networks are of the same sizes; null for the seed's weights. @returns {Source | null} */
  get source() {
    return this.#source;
  }

  set source(source) {
    this.#source = source;
    this.#signal('source');
  }

  /** Whether `verdict` is about the next run, and not the present one. */
  get moving() {
    return this.#training.life.switched;
  }

  /** Whether another run is on its way. */
  get opening() {
    return this.#training.life.coming || this.#holding > 0;
  }

  /** Whether no other run may be asked for now. */
  get busy() {
    return this.#training.busy || this.#holding > 0 || this.ensemble?.state === 'running';
  }

  /** Whether the present run itself is being trained, or is on its way. */
  get training() {
    return this.#training.busy;
  }

  /** Whether a run is open that has epochs left to train, or one of the ensemble has. */
  get resumable() {
    return this.#training.life.holding && (this.#goesOn || this.ensemble?.state === 'paused');
  }

  /** Whether a worker has the run's weights, or is about to. */
  get answers() {
    const { holding, reviving } = this.#training.life;
    return holding || reviving;
  }

  /** Whether the run goes on where it is, at once or as soon as a fresh worker has it. */
  get #goesOn() {
    return this.answers && this.run !== null && unfinished(this.run);
  }

  /** The recipe as it would run, with its cost; the layer that it names is at hand then. @param {Fields} fields @returns {Promise<CheckedRecipe>} */
  async check(fields) {
    const checked = await this.#training.ask({ type: 'check', fields });
    if (checked.recipe.layer) await (await import('./layers.js')).held(checked.recipe);
    return checked;
  }

  /** The file of the layer that a run draws from stays in the browser. */
  async #keep() {
    const layer = this.run?.recipe.layer;
    if (layer) await (await import('./layers.js')).keep(layer);
  }

  /** Has the layer at hand that the recipe names; null where it names none, and nothing is to be waited for. @param {Fields} fields */
  #hold(fields) {
    return fields.layer ? this.#held(fields) : null;
  }

  /** @param {Fields} fields */
  async #held(fields) {
    this.#holding += 1;
    this.#signal('state');
    try {
      await this.check(fields);
    } catch (error) {
      this.#holding -= 1;
      this.#signal('state');
      throw error;
    }
    // Who goes on enters the next state at once, which is told.
    this.#holding -= 1;
  }

  /** What a link's fragment says. @param {string} fragment @returns {Promise<OpenedLink>} */
  readLink(fragment) {
    return this.#training.ask({ type: 'read', fragment });
  }

  /** A link's fragment, without `#`. @param {LinkParts} parts @returns {Promise<string>} */
  writeLink(parts) {
    return this.#training.ask({ type: 'write', parts });
  }

  /** What a weights file holds. @param {Uint8Array} bytes @returns {Promise<Inspected>} */
  inspect(bytes) {
    return this.#training.ask({ type: 'inspect', bytes });
  }

  /** Has the worker make ready, while nothing else is asked of it, what the recipe's run would need. @param {Fields} fields */
  prepare(fields) {
    this.#training.prepare(fields);
  }

  /**
   * Opens the recipe's run and leaves it at its beginning, ready to be asked and trained.
   * @param {Fields} fields @param {number} [seeds] runs side by side, of as many seeds, counted up from the recipe's
   * @param {Solution | null} [solution] that the recipe has there, where it is known
   */
  async open(fields, seeds = 1, solution = null) {
    if (this.busy) throw new RefusalError('', 'A run is going on: pause it first.');
    const held = this.#hold(fields);
    if (held) await held;
    await this.#training.open(fields, this.source, null, seeds, solution);
    this.#training.enter('rest');
  }

  /**
   * Opens a run that was interrupted, where it was: paused, at its last checkpoint.
   * @param {Saved} saved @param {Solution | null} [solution] that the recipe has there, where it is known
   * @returns {Promise<boolean>} whether Pause was pressed on the way
   */
  async restore(saved, solution = null) {
    if (this.busy) throw new RefusalError('', 'A run is going on: pause it first.');
    return this.#restore(saved, solution);
  }

  /** @param {Saved} saved @param {Solution | null} [solution] */
  async #restore(saved, solution = null) {
    const held = this.#hold(saved.fields);
    if (held) await held;
    await this.#training.open(saved.fields, saved.source, saved, 1, solution);
    const paused = this.state === 'paused';
    this.#training.enter(this.#goesOn ? 'stopped' : 'finished');
    return paused;
  }

  /**
   * Opens one of the ensemble's runs as the present one, which the ensemble stays beside, and goes on beside. The present one is given up where it is:
   * the ensemble trains its seed too.
   * @param {number} seed
   */
  pick(seed) {
    const picked = this.#picks.then(() => this.#pick(seed));
    this.#picks = picked.catch(() => {});
    return picked;
  }

  /** @param {number} seed */
  async #pick(seed) {
    const { ensemble } = this;
    const saved = ensemble?.opened(seed);
    if (!saved) return;
    while (this.training && !this.opening) {
      this.#training.pause();
      if (this.training) await this.changed();
    }
    if (ensemble !== this.ensemble || this.opening) return;
    this.#picking = true;
    try {
      await this.#restore(saved);
    } finally {
      this.#picking = false;
    }
    this.#signal('picked');
  }

  /** Trains the recipe from the beginning. @param {Fields} fields */
  async train(fields) {
    if (this.busy) return;
    if (await this.#begin(fields)) this.#trainTo(Infinity);
  }

  /** Trains one epoch of the present run, or of a new one when there is none to go on with. @param {Fields} fields */
  async step(fields) {
    if (this.busy) return;
    // What was solved before anything is trained is given up by Step, as by Train, though by no question.
    const another = this.run && stale({ ...this.run, solved: [] }, fields, this.source);
    if (((!this.resumable && !this.#goesOn) || this.moving || another) && !(await this.#begin(fields))) return;
    this.#trainTo(this.#training.current.history.length + 1);
  }

  /** Opens the recipe's run, and its ensemble where it asks for one; false where another was asked for meanwhile. @param {Fields} fields @param {Source | null} [source] @param {number} [seeds] runs side by side */
  async #begin(fields, source = this.source, seeds = 1) {
    if (fitting(source, fields) && Number(fields.seeds ?? 1) > 1)
      throw new RefusalError('seeds', 'Runs of several seeds begin with their own weights, not with those of a file: set it to 1, or take the file away.');
    const held = this.#hold(fields);
    if (held) await held;
    await this.#training.open(fields, source, null, seeds);
    const { run } = this;
    try {
      await this.#gathered;
    } catch (error) {
      this.#training.enter('rest');
      throw error;
    }
    return run === this.run && !this.#training.life.opening;
  }

  /** The run and its ensemble train up to an epoch, unless they were to wait as soon as they are there. @param {number} until */
  #trainTo(until) {
    if (this.#goesOn) this.#training.train(until);
    if (!this.ensemble || this.#training.life.shown === 'paused') return;
    this.ensemble.train(until);
    this.#signal('state');
  }

  /** Makes the ensemble that the present run's recipe asks for. */
  async #gather() {
    const { run } = this;
    const before = this.ensemble;
    this.ensemble = null;
    before?.pause();
    if (run?.recipe.seeds && !run.source) {
      const { gathered } = await import('./kept-seeds.js');
      const ensemble = await gathered(run.recipe, run.verdict?.backend, () => this.#together());
      if (run !== this.run) return;
      this.ensemble = ensemble;
    }
    this.#signal('ensemble');
  }

  /** The ensemble has gone on. */
  #together() {
    this.#signal('ensemble');
    if (this.ensemble?.state !== 'running') this.#signal('state');
  }

  /** The next signal of the state. */
  changed() {
    return new Promise((resolve) => this.addEventListener('state', resolve, { once: true }));
  }

  /** @param {string} name */
  #signal(name) {
    this.dispatchEvent(new Event(name));
  }

  /** Has a run that waits within an epoch train that to its end. */
  async endEpoch() {
    const { run } = this;
    if (!run || run.step === run.history.length * run.stepsPerEpoch) return;
    this.#training.train(run.history.length + 1);
    while (this.busy) await this.changed();
    if (this.state === 'failed') throw new RefusalError('', this.failure);
  }

  /** A run that is still on its way is paused too: drawing a great many numbers may take it seconds. */
  pause() {
    this.#training.pause();
    if (this.ensemble?.state !== 'running') return;
    this.ensemble.pause();
  }

  /** Goes on with a run that waits, at its beginning or within. */
  resume() {
    this.#training.resume();
    if (this.ensemble?.state !== 'paused') return;
    this.ensemble.resume();
    this.#signal('state');
  }

  /** Has the epochs from now on begin at least so many milliseconds apart, for a room to follow; 0 for as soon as they can. @param {number} ms */
  pace(ms) {
    this.#training.pace(ms);
  }

  /** Begins the next epoch now, where it waits for its time. */
  hurry() {
    this.#training.beat.now();
  }

  /**
   * Has the next run use this backend. The present one stays what it is, and can still be asked for comparisons.
   * @param {Backend} backend
   */
  choose(backend) {
    this.#training.choose(backend);
  }

  /** Discards the run's progress and trains the same recipe again from epoch 0. */
  async replay() {
    const { run, fields } = this;
    if (!run || !fields || this.opening) return;
    if (await this.#begin(fields, run.source, run.seeds)) this.#trainTo(Infinity);
  }

  /**
   * The demo on draw number `draw`, by the weights as they are; untrained ones of this recipe when nothing has run.
   * @param {number} draw @param {Fields} fields @returns {Promise<Comparison>}
   */
  async compare(draw, fields) {
    await this.#ensure(fields);
    return this.#training.ask({ type: 'draw', draw });
  }

  /** @param {string} W @param {string} x @param {Fields} fields @returns {Promise<Comparison>} */
  async compareWith(W, x, fields) {
    await this.#ensure(fields);
    return this.#training.ask({ type: 'typed', W, x });
  }

  /**
   * y' = Φ(W)·Ψ(x) by the weights as they are, for draws W `[draws, d, d]` and x `[draws, d]`, row by row.
   * @param {Float32Array} W @param {Float32Array} x @param {Fields} fields @returns {Promise<Float32Array>}
   */
  async predict(W, x, fields) {
    await this.#ensure(fields);
    return this.#training.ask({ type: 'predict', W, x });
  }

  /**
   * The weights as they are, as a `.safetensors` file with the recipe in its metadata; untrained ones when nothing has run.
   * @param {Fields} fields @param {Record<string, string>} [notes] further metadata; without any, the same run gives the same bytes
   * @returns {Promise<Uint8Array>}
   */
  async weights(fields, notes = {}) {
    if (this.run?.step && !this.answers) throw new RefusalError('', 'The weights were lost when training failed: press Train to run it again.');
    await this.#ensure(fields);
    const begun = this.run?.source?.name;
    return this.#training.ask({ type: 'weights', notes: { ...notes, ...(begun && { begun_from: begun }) } });
  }

  /** What the networks make of the first held-out draws, as many as have up to `entries` outputs together. @param {number} entries @returns {Promise<Sample>} */
  sample(entries) {
    return this.#training.ask({ type: 'sample', entries });
  }

  /** Has another learning rate, as typed, hold from the next epoch that begins; the run's recipe has the change in it. @param {string} lr */
  async changeRate(lr) {
    if (!this.run || this.opening) throw new RefusalError('', 'No run is under way: the recipe says how it begins.');
    const { run } = this;
    if (this.ensemble) throw new RefusalError('', 'The runs of many seeds keep to their recipe: write the change into “rates”, and train anew.');
    changeRate(run, await this.#training.ask({ type: 'rate', lr }));
    this.#signal('recipe');
  }

  /** The held-out error of the present weights; null when training went on before it was known. @returns {Promise<Evaluation | null>} */
  evaluate() {
    return this.#training.ask({ type: 'evaluate' });
  }

  /** Opens a new run where the present one is not what is asked about. @param {Fields} fields */
  async #ensure(fields) {
    const { life } = this.#training;
    // What waits for its layer has asked no worker for a run yet.
    while (this.#holding > 0) await this.changed();
    if (this.busy || life.reviving) return;
    if (life.holding && !(this.run && stale(this.run, fields, this.source))) return;
    await this.open(fields);
  }
}
