// @ts-check
/**
 * The runs of one recipe from many seeds: what each has come to so far, what they come to together, and the pool that trains them. Each is the page's
 * own run of its seed, to the last bit. Loaded by the first recipe that asks for more than one seed. No DOM, no clock and no storage here.
 *
 * On the CPU every run is a job of its own, so that workers share them out as they get ready; on WebGPU many are a job. One that is interrupted, by Pause
 * or by the death of its worker, goes on from its last checkpoint, on the CPU where WebGPU has failed.
 */
import { spread } from '../common/statistics.js';
import { alone, typed } from '../common/recipe.js';
import { RefusalError } from './errors.js';
import { ALL_WORKERS, launchMany, Pool } from './pool.js';

/** @typedef {import('../common/protocol.js').Backend} Backend */
/** @typedef {import('../common/protocol.js').Checkpoint} Checkpoint */
/** @typedef {import('../common/protocol.js').EpochReport} EpochReport */
/** @typedef {import('../common/protocol.js').Fields} Fields */
/** @typedef {import('../common/protocol.js').Job} Job */
/** @typedef {import('../common/protocol.js').Outcome} Outcome */
/** @typedef {import('../common/protocol.js').Part} Part */
/** @typedef {import('../common/protocol.js').Recipe} Recipe */
/** @typedef {import('../common/statistics.js').Spread} Spread */
/** @typedef {import('./run.js').Saved} Saved */

/**
 * One of the runs: `epochs` are done, of each of which `mses` has the train MSE and `heldOuts` the validation MSE; `outcome` is of the weights at
 * their end, null until they are measured; `failed` says what it died of, twice.
 * @typedef {{ seed: number, fields: Fields, epochs: number, mses: Float64Array, heldOuts: Float64Array, outcome: Outcome | null, checkpoint: Checkpoint | null, diverged: boolean, deaths: number, failed: string, seconds: number }} Member
 */

/** What is known of a run from before. @typedef {Pick<Member, 'seed' | 'epochs' | 'mses' | 'heldOuts' | 'outcome' | 'checkpoint' | 'diverged' | 'seconds'>} Found */

/** A quantity of each epoch. @typedef {'mses' | 'heldOuts'} Quantity */

/** Workers that may die of one run. */
const MOST_DEATHS = 2;

/** Runs that a worker is given at a time: each may be over in ten milliseconds, and a picture takes the page as long. */
const AHEAD = 4;

/** Runs in a job on WebGPU: so many that they fill a card, and so few that there is soon something to see. */
const SIDE_BY_SIDE = 128;

export class Ensemble {
  /** The recipe of all: its seed is the first one's. */
  recipe;
  /** By their seeds. @type {readonly Member[]} */
  members;
  /** Why nothing can be trained any more, in a sentence. */
  failure = '';
  /** The epoch up to which training was last asked for. */
  #until = 0;
  /** Runs that had ended before, and were kept. */
  known;
  #pool;
  #changed;
  #workers;
  /** What is trained on. @type {Backend} */
  #on;
  /** What the members come to, as long as none of them has gone on. @type {Map<string, { of: number, spread: Spread }>} */
  #spreads = new Map();

  /**
   * @param {Recipe} recipe with the number of seeds
   * @param {() => void} changed hears of every change
   * @param {{ on?: Backend, launch?: () => import('./channel.js').Port, workers?: number, ahead?: number, found?: readonly Found[] }} [means]
   */
  constructor(recipe, changed, { on = 'cpu', launch = launchMany, workers = ALL_WORKERS, ahead = AHEAD, found = [] } = {}) {
    const { seeds = 1 } = recipe;
    this.recipe = recipe;
    this.members = Array.from({ length: seeds }, (_, i) => memberOf({ ...alone(recipe), seed: recipe.seed + i }));
    for (const known of found) Object.assign(this.member(known.seed) ?? {}, known);
    this.known = this.members.filter(({ outcome, epochs, diverged }) => outcome && (diverged || epochs >= recipe.epochs)).length;
    this.#on = on;
    this.#changed = changed;
    this.#workers = workers;
    this.#pool = new Pool({
      launch,
      changed,
      ahead: on === 'cpu' ? ahead : 1,
      progress: (job, { at, parts }) => parts.forEach((part, i) => this.#take(this.#of(job)[at + i], part)),
      ended: (job, { results }) => this.#of(job).forEach((member, i) => this.#end(member, results[i])),
      failed: (job, words) => this.#fail(job, words),
      broken: (words, job) => this.#broken(words, job),
    });
  }

  /** @returns {'running' | 'paused' | 'done'} */
  get state() {
    if (this.#pool.workers > 0) return 'running';
    return this.failure || this.members.every((member) => this.#isOver(member, this.recipe.epochs)) ? 'done' : 'paused';
  }

  /** Runs whose weights have been measured at the epoch that all are trained to. */
  get done() {
    return this.members.filter(({ outcome }) => outcome).length;
  }

  /** @param {number} seed */
  member(seed) {
    return this.members[seed - this.recipe.seed];
  }

  /** Trains all of them up to an epoch. @param {number} until */
  train(until) {
    this.#until = Math.min(until, this.recipe.epochs);
    if (this.failure || this.#pool.workers > 0) return;
    this.#add(this.members.filter((member) => !this.#isOver(member, this.#until)));
    this.#pool.start(this.#most);
  }

  /** Goes on with what was begun. */
  resume() {
    this.train(Math.max(this.#until, this.recipe.epochs));
  }

  /** Ends the workers: each run goes on from its last checkpoint. */
  pause() {
    if (this.#pool.workers === 0) return;
    this.#pool.stop();
    for (const member of this.members) if (!member.outcome) cut(member);
    this.#changed();
  }

  /**
   * What a quantity comes to at the end of an epoch, over the runs that have got there. What did not stay finite counts as infinite.
   * @param {Quantity} quantity @param {number} epoch
   */
  at(quantity, epoch) {
    const values = this.values(quantity, epoch);
    const key = `${quantity} ${epoch}`;
    const known = this.#spreads.get(key);
    if (known?.of === values.length) return known.spread;
    const found = { of: values.length, spread: spread(values) };
    this.#spreads.set(key, found);
    return found.spread;
  }

  /** A quantity of the runs that have got to the end of an epoch. @param {Quantity} quantity @param {number} epoch @returns {number[]} */
  values(quantity, epoch) {
    /** @type {number[]} */
    const found = [];
    for (const member of this.members) {
      if (member.epochs >= epoch) found.push(finite(member[quantity][epoch - 1]));
      else if (member.diverged) found.push(Infinity);
    }
    return found;
  }

  /** The last epoch that any run has ended. */
  get reached() {
    return this.members.reduce((most, { epochs }) => Math.max(most, epochs), 0);
  }

  /** Epochs that have been trained, of all runs together, and the seconds that took: the workers', shared among them. */
  get effort() {
    const sum = (/** @type {(member: Member) => number} */ of) => this.members.reduce((all, member) => all + of(member), 0);
    return { epochs: sum(({ epochs }) => epochs), seconds: sum(({ seconds }) => seconds) / Math.min(this.#most, this.members.length) };
  }

  /** The held-out MSE of the runs that have been measured, each with its seed. */
  get heldOut() {
    return this.members.flatMap(({ seed, outcome }) => (outcome ? { seed, value: outcome.heldOut } : []));
  }

  /** One of the runs as it could be opened, at its last checkpoint; null where it has none. @param {number} seed @returns {Saved | null} */
  saved(seed) {
    const { checkpoint, fields, seconds, mses, heldOuts } = this.member(seed);
    if (!checkpoint) return null;
    const history = Array.from({ length: checkpoint.epoch }, (_, i) => reportOf(i + 1, mses[i], heldOuts[i]));
    return { fields, source: null, seconds, marks: [], history, checkpoint };
  }

  /** The same of a run that is to be opened. @param {number} seed */
  opened(seed) {
    const saved = this.saved(seed);
    if (!saved) throw new RefusalError('', `The run of seed ${seed} has no weights: it diverged, or has not been trained yet.`);
    return saved;
  }

  /** Workers at a time: there is one card. */
  get #most() {
    return this.#on === 'cpu' ? this.#workers : 1;
  }

  /** The runs of a job. @param {Job} job */
  #of({ key, seeds }) {
    const first = Number(key) - this.recipe.seed;
    return this.members.slice(first, first + seeds);
  }

  /** Has runs wait for a worker, in the order of their seeds. @param {readonly Member[]} members */
  #add(members) {
    const [on, until, whole] = [this.#on, this.#until, true];
    for (let at = 0; at < members.length; ) {
      const first = members[at];
      const together = on === 'cpu' || this.recipe.solve ? 1 : neighbours(members, at);
      const group = members.slice(at, at + together);
      for (const member of group) {
        member.outcome = null;
        cut(member);
      }
      const from = group.flatMap(({ checkpoint, mses: [first] }) => (checkpoint ? { ...checkpoint, first } : []));
      this.#pool.add({ key: String(first.seed), fields: first.fields, seeds: together, on, from, until, whole });
      at += together;
    }
  }

  /** Whether nothing is left of a run up to an epoch. @param {Member} member @param {number} until */
  #isOver({ outcome, epochs, diverged, failed }, until) {
    return failed !== '' || (outcome !== null && (diverged || epochs >= until));
  }

  /** @param {Member} member @param {Part} part */
  #take(member, { mses, heldOuts, checkpoint }) {
    // Most runs come in one piece.
    member.mses = joined(member.mses, member.epochs, mses);
    member.heldOuts = joined(member.heldOuts, member.epochs, heldOuts);
    member.epochs += mses.length;
    if (checkpoint) member.checkpoint = checkpoint;
  }

  /** @param {Member} member @param {import('../common/protocol.js').Result} result */
  #end(member, { outcome, part }) {
    if (part) this.#take(member, part);
    member.outcome = outcome;
    member.seconds += outcome.seconds;
    member.diverged = member.epochs < this.#until || (part !== undefined && !part.checkpoint);
  }

  /** @param {Job} job @param {string} words */
  #fail(job, words) {
    const members = this.#of(job);
    if (job.on === 'webgpu') this.#on = 'cpu';
    for (const member of members) {
      cut(member);
      member.deaths += job.on === 'cpu' ? 1 : 0;
      if (member.deaths >= MOST_DEATHS) member.failed = words;
    }
    this.#add(members.filter(({ failed }) => !failed));
    // What one card was to train has room on every core.
    if (job.on === 'webgpu') this.#pool.start(this.#most);
  }

  /** Without WebGPU the CPU goes on, also with what had been planned for it before; without the CPU nothing does. @param {string} words @param {Job} job */
  #broken(words, { on }) {
    if (on === 'cpu') {
      this.failure = words;
      return;
    }
    this.#on = 'cpu';
    this.pause();
    this.train(this.#until);
  }
}

/** @param {Recipe} recipe @returns {Member} */
function memberOf(recipe) {
  const none = new Float64Array(0);
  return {
    seed: recipe.seed,
    fields: typed(recipe),
    epochs: 0,
    mses: none,
    heldOuts: none,
    outcome: null,
    checkpoint: null,
    diverged: false,
    deaths: 0,
    failed: '',
    seconds: 0,
  };
}

/** How many of the runs from one on have seeds that follow each other and are at the same epoch, up to as many as are a job. @param {readonly Member[]} members @param {number} at */
function neighbours(members, at) {
  const { seed, checkpoint } = members[at];
  let many = 1;
  for (; many < SIDE_BY_SIDE; many += 1) {
    const next = members[at + many];
    if (next?.seed !== seed + many || next.checkpoint?.epoch !== checkpoint?.epoch) break;
  }
  return many;
}

/** What is known of a run whose worker is gone: as far as its last checkpoint. @param {Member} member */
function cut(member) {
  member.epochs = member.checkpoint?.epoch ?? 0;
}

/** The first so many numbers, and others behind them. @param {Float64Array} first @param {number} many @param {Float64Array} more */
function joined(first, many, more) {
  if (many === 0) return more;
  const all = new Float64Array(many + more.length);
  all.set(first.subarray(0, many));
  all.set(more, many);
  return all;
}

/** @param {number} value */
function finite(value) {
  return Number.isFinite(value) ? value : Infinity;
}

/** The end of an epoch, with the notebook's line for it. @param {number} epoch @param {number} mse @param {number} heldOut @returns {EpochReport} */
function reportOf(epoch, mse, heldOut) {
  const words = Number.isFinite(mse) ? mse.toFixed(4) : String(mse).toLowerCase().replace('infinity', 'inf');
  return { epoch, mse, heldOut, line: `Epoch ${epoch}: MSE = ${words}` };
}
