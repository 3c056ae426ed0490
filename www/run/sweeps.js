// @ts-check
/**
 * Sweeps: one key of a recipe takes some values, all else stays, and each value is trained from several seeds. Which runs that is, what has
 * come of them, and the workers that train what is missing. No DOM, no clock and no storage here.
 */
import { quoted } from '../common/quoted.js';
import { alone, typed } from '../common/recipe.js';
import { quantile } from '../common/statistics.js';
import { Pool } from './pool.js';

/** @typedef {import('../common/protocol.js').Backend} Backend */
/** @typedef {import('../common/protocol.js').CheckedRecipe} CheckedRecipe */
/** @typedef {import('../common/protocol.js').Fields} Fields */
/** @typedef {import('../common/protocol.js').Job} Job */
/** @typedef {import('../common/protocol.js').Outcome} Outcome */
/** @typedef {import('../common/protocol.js').Recipe} Recipe */

/** What a sweep may go over. @typedef {'n' | 'hidden' | 'epochs' | 'm'} Axis */

/** The values and the number of seeds, as typed. @typedef {{ axis: Axis, values: string, seeds: string }} Setup */

/** One run of a sweep; `key` is all that defines it, as text. @typedef {{ key: string, recipe: Recipe, fields: Fields }} Run */

/** One value and its runs, from seed to seed; `cost` of a run only compares with another's, `memory` is in bytes.
 * @typedef {{ value: number, runs: Run[], steps: number, cost: number, memory: number }} Cell */

/** `recipe` is the first run's; `on` is what all are trained on. @typedef {{ axis: Axis, on: Backend, recipe: Recipe, cells: Cell[], runs: Run[] }} Plan */

/** As much of a plan as is needed to train it. @typedef {Pick<Plan, 'cells' | 'runs' | 'on'>} Trainable */

/** What is known of a cell. What did not stay finite counts as infinite; `low` and `high` hold 80 % of the seeds between them.
 * @typedef {{ value: number, done: number, of: number, diverged: number, median: number, low: number, high: number, seconds: number }} Summary */

/** What is not right about a sweep, in a sentence; `key` is a key of the recipe, or `seeds`. */
export class SweepError extends Error {
  /** @param {string} key @param {string} message */
  constructor(key, message) {
    super(message);
    this.key = key;
  }
}

/** What each axis begins with. @type {Record<Axis, string>} */
export const VALUES = {
  n: '128, 256, 512, 1024, 2048, 4096, 8192, 16384',
  hidden: '8, 16, 32, 64, 128, 256, 512',
  epochs: '3, 5, 10, 20, 30, 60, 100',
  m: '1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 32',
};

export const AXES = /** @type {Axis[]} */ (Object.keys(VALUES));

export const SEEDS = '5';
const MOST_SEEDS = 9;

/** As many points as a chart has room for. */
export const MOST_VALUES = 24;

/** All workers together may take so many bytes; a recipe's own limit is a third of it. */
const MEMORY = 1 << 30;

/** What a draw costs beside its arithmetic, in floating-point operations, and the draws that an evaluation is worth. */
const OVERHEAD = 4_000;
const EVALUATION = 3_300;

/** The largest buffer that every GPU takes, in bytes. */
const BUFFER = 128 << 20;

/** What an axis begins with: of n, as much as a width leaves room for. @param {Axis} axis @param {number} d */
export function proposed(axis, d) {
  if (axis !== 'n') return VALUES[axis];
  return list(axis, VALUES.n)
    .filter((n) => Number(n) <= mostDraws(d))
    .join(', ');
}

/** As many draws as leave W, of d · d numbers each, in one buffer of a GPU. @param {number} d */
function mostDraws(d) {
  return Math.floor(BUFFER / (4 * d * d));
}

/** @param {string} word @returns {word is Axis} */
export function isAxis(word) {
  return Object.hasOwn(VALUES, word);
}

/**
 * The runs of a sweep. Nothing is begun before every one of them has passed the validator.
 * @param {Setup} setup
 * @param {Fields} form the recipe as typed, of which the axis' own key does not count
 * @param {(fields: Fields) => Promise<CheckedRecipe>} check the one validator
 * @param {Backend} [on]
 * @returns {Promise<Plan>}
 */
export async function planned({ axis, values, seeds }, form, check, on = 'cpu') {
  // A sweep's seeds are its own.
  const base = alone(form);
  const texts = list(axis, values);
  const many = seedsOf(seeds);
  const checked = await Promise.all(texts.map((text) => check({ ...base, [axis]: text })));
  checked.sort((one, other) => one.recipe[axis] - other.recipe[axis]);
  for (const [i, { recipe }] of checked.entries()) {
    if (recipe[axis] === checked[i + 1]?.recipe[axis]) throw new SweepError(axis, `${axis} = ${recipe[axis]} is in the list twice`);
  }
  const { recipe } = checked[0];
  await holdsSeeds(recipe, many, check);
  const cells = checked.map((cell) => cellOf(axis, cell, many, on));
  return { axis, on, recipe, cells, runs: seedBySeed(cells, many) };
}

/** How many seeds, as typed. @param {string} seeds */
export function seedsOf(seeds) {
  if (!/^[1-9]$/.test(seeds.trim())) throw new SweepError('seeds', `seeds = “${quoted(seeds)}” is not a whole number from 1 to ${MOST_SEEDS}`);
  return Number(seeds);
}

/** Has the validator see the last seed too. @param {Recipe} recipe @param {number} many @param {(fields: Fields) => Promise<CheckedRecipe>} check */
export async function holdsSeeds(recipe, many, check) {
  if (many > 1) await check(typed({ ...recipe, seed: recipe.seed + many - 1 }));
}

/** Seed by seed, so that something of every cell is there early. @param {readonly Cell[]} cells @param {number} many */
export function seedBySeed(cells, many) {
  return Array.from({ length: many }, (_, i) => cells.map((cell) => cell.runs[i])).flat();
}

/** @param {Axis | 'lr' | 'batch'} axis @param {CheckedRecipe} checked @param {number} many @param {Backend} on @returns {Cell} */
export function cellOf(axis, { recipe, stepsPerEpoch, memory, flopsPerDraw }, many, on) {
  const runs = Array.from({ length: many }, (_, i) => {
    const own = { ...recipe, seed: recipe.seed + i };
    return { key: keyOf(own, on), recipe: own, fields: typed(own) };
  });
  return {
    value: recipe[axis],
    runs,
    steps: stepsPerEpoch * recipe.epochs,
    cost: (flopsPerDraw + OVERHEAD) * (recipe.n * recipe.epochs + EVALUATION),
    memory: memory.cpu,
  };
}

/** The values one by one. @param {string} axis @param {string} text */
export function list(axis, text) {
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  if (parts.length === 0) throw new SweepError(axis, `${axis} has no value to go over: give at least one`);
  if (parts.length > MOST_VALUES) throw new SweepError(axis, `${axis} has ${parts.length} values: at most ${MOST_VALUES} make a sweep`);
  // 1,024 would be the two values 1 and 24.
  const led = parts.find((part) => /^0\d/.test(part));
  if (led) throw new SweepError(axis, `${axis} = “${quoted(led)}” begins with a zero: a comma stands between values, and not within one`);
  return parts;
}

/** All that defines a run's result: on WebGPU the last bits are the card's. @param {Recipe} recipe @param {Backend} on */
function keyOf(recipe, on) {
  const parts = Object.entries({ ...recipe, ...(on !== 'cpu' && { on }) });
  return parts.map(([key, value]) => `${key}=${value}`).join('&');
}

/** Whether two plans are of the same runs. @param {Plan} one @param {Plan} other */
export function same(one, other) {
  return one.axis === other.axis && one.runs.length === other.runs.length && one.runs.every(({ key }, i) => key === other.runs[i].key);
}

/**
 * The lowest MSE of each width up to the widest of a plan, as far as it is known. Null of a layer: every seed keeps back another part of that, with a floor of its own.
 * @param {Pick<Plan, 'recipe' | 'runs'>} plan @param {(recipe: Recipe, most: number) => Promise<readonly number[] | null>} floors finds those of a recipe's runs
 */
export async function floorsUnder({ recipe, runs }, floors) {
  return recipe.layer ? null : floors(recipe, Math.max(...runs.map((run) => run.recipe.m)));
}

/** @typedef {{ get: (key: string) => Outcome | undefined }} Found */

/** The runs of which nothing has come yet. @param {Pick<Plan, 'runs'>} plan @param {Found} found */
export function missing({ runs }, found) {
  return runs.filter(({ key }) => !found.get(key));
}

/** @param {Cell} cell @param {Found} found @returns {Summary} */
export function summary({ value, runs }, found) {
  const outcomes = runs.flatMap(({ key }) => found.get(key) ?? []);
  const errors = outcomes.map(({ heldOut }) => (Number.isFinite(heldOut) ? heldOut : Infinity)).sort((one, other) => one - other);
  const seconds = outcomes.map((outcome) => outcome.seconds).sort((one, other) => one - other);
  return {
    value,
    done: outcomes.length,
    of: runs.length,
    diverged: errors.filter((error) => error === Infinity).length,
    median: quantile(errors, 0.5),
    low: quantile(errors, 0.1),
    high: quantile(errors, 0.9),
    seconds: quantile(seconds, 0.5),
  };
}

/**
 * The run with the lowest error of the cell with the lowest median; cells that are complete come first.
 * @param {Plan} plan @param {Found} found @returns {{ cell: Summary, run: Run, outcome: Outcome } | null}
 */
export function best({ cells }, found) {
  const known = cells.map((cell) => ({ cell, known: summary(cell, found) })).filter(({ known }) => Number.isFinite(known.median));
  const complete = known.filter(({ known: { done, of } }) => done === of);
  const [first] = (complete.length > 0 ? complete : known).sort((one, other) => one.known.median - other.known.median);
  if (!first) return null;
  const winner = bestOf(first.cell, found);
  return winner && { cell: first.known, ...winner };
}

/** The cell's run with the lowest error, of equals the first; null where none has one. @param {Cell} cell @param {Found} found @returns {{ run: Run, outcome: Outcome } | null} */
export function bestOf({ runs }, found) {
  let winner = null;
  for (const run of runs) {
    const outcome = found.get(run.key);
    if (outcome && Number.isFinite(outcome.heldOut) && (!winner || outcome.heldOut < winner.outcome.heldOut)) winner = { run, outcome };
  }
  return winner;
}

/**
 * Trains what is missing of a plan: on the CPU run by run in workers of its own, on WebGPU in one, with the seeds of a value in common dispatches. `change` is a signal without a load: `plan`, `failure` or how far it is has changed.
 * @template {Trainable} [P=Plan]
 */
export class Sweep extends EventTarget {
  /** What is being trained; null when nothing is. @type {P | null} */
  plan = null;
  /** Why nothing could be trained, in a sentence. */
  failure = '';
  /** Runs that died, and of what. @type {Map<string, string>} */
  failed = new Map();
  /** Whether WebGPU has failed here: what is planned from then on is for the CPU. */
  lost = false;
  #pool;
  /** The runs of each job, by its key. @type {Map<string, Run[]>} */
  #jobs = new Map();
  /** Seconds that runs took, evaluation and all, in this page's life. @type {Map<string, number>} */
  #took = new Map();

  /**
   * @param {(key: string, outcome: Outcome) => void} keep is given what came of each run
   * @param {() => import('./channel.js').Port} launch starts a worker
   */
  constructor(keep, launch) {
    super();
    this.#pool = new Pool({
      launch,
      progress: () => {},
      ended: (job, { results, took }) => {
        for (const [i, { key }] of this.#of(job).entries()) {
          this.#took.set(key, took / results.length);
          keep(key, results[i].outcome);
        }
      },
      failed: (job, words) => {
        if (job.on === 'cpu') this.failed.set(job.key, words);
        else this.#giveUp(words);
      },
      broken: (words) => this.#giveUp(words),
      changed: () => {
        if (this.#pool.workers === 0) this.plan = null;
        this.#changed();
      },
    });
  }

  /** What is to be planned for: what the page's own runs are trained on, until that fails here. @param {{ backend: Backend } | null} verdict @returns {Backend} */
  on(verdict) {
    return this.lost || !verdict ? 'cpu' : verdict.backend;
  }

  /** How many runs are at it at once. */
  get underWay() {
    return this.#pool.on.reduce((sum, { job }) => sum + job.seeds, 0);
  }

  /** The share of a run that is done while it is on. @param {string} key */
  share(key) {
    return this.#pool.on.find(({ job }) => this.#of(job).some((run) => run.key === key))?.share ?? 0;
  }

  /** @param {Job} job */
  #of({ key }) {
    return this.#jobs.get(key) ?? [];
  }

  /** @param {string} words */
  #giveUp(words) {
    this.failure = words;
    this.lost ||= this.plan?.on === 'webgpu';
    this.#pool.stop();
  }

  /**
   * Trains what is missing. One sweep at a time.
   * @param {P} plan @param {Found} found what is known already
   * @param {number} most workers at a time
   */
  start(plan, found, most) {
    const queue = missing(plan, found);
    if (this.plan || queue.length === 0) return;
    this.plan = plan;
    this.failure = '';
    this.failed.clear();
    const { on } = plan;
    const jobs = on === 'cpu' ? queue.map((run) => [run]) : plan.cells.flatMap(({ runs }) => sideBySide(runs.filter((run) => queue.includes(run))));
    this.#jobs = new Map(jobs.map((runs) => [runs[0].key, runs]));
    for (const [{ key, fields }, ...more] of jobs)
      this.#pool.add({ key, fields, seeds: 1 + more.length, on, from: [], until: Number(fields.epochs), whole: false });
    const affordable = Math.floor(MEMORY / Math.max(...plan.cells.map(({ memory }) => memory)));
    this.#pool.start(on === 'cpu' ? Math.max(1, Math.min(most, affordable)) : 1);
    this.#changed();
  }

  /** Ends all workers. What has ended is kept; what is on begins anew another time. */
  stop() {
    this.#pool.stop();
    this.plan = null;
    this.#changed();
  }

  /** Seconds until all is done; null while nothing has been timed. @returns {number | null} */
  get left() {
    const { plan } = this;
    if (!plan || this.#took.size === 0) return null;
    const cells = new Map(plan.cells.flatMap((cell) => cell.runs.map(({ key }) => [key, cell])));
    const timed = plan.runs.filter(({ key }) => this.#took.has(key));
    if (timed.length === 0) return null;
    const sum = (/** @type {number[]} */ values) => values.reduce((all, value) => all + value, 0);
    const cost = (/** @type {{ key: string }} */ { key }) => cells.get(key)?.cost ?? 0;
    const rate = sum(timed.map(({ key }) => this.#took.get(key) ?? 0)) / sum(timed.map(cost));
    const seconds = (/** @type {{ key: string }} */ run) => {
      const own = cells.get(run.key)?.runs.flatMap(({ key }) => this.#took.get(key) ?? []) ?? [];
      return own.length > 0 ? sum(own) / own.length : rate * cost(run);
    };
    const whole = (/** @type {Job} */ job) => sum(this.#of(job).map(seconds));
    const on = this.#pool.on.map(({ job, share }) => (1 - share) * whole(job));
    return Math.max(sum([...this.#pool.waiting.map(whole), ...on]) / Math.max(1, this.#pool.workers), ...on);
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}

/** Runs that share dispatches: their seeds follow each other. What is solved on the way is solved run by run. @param {readonly Run[]} runs of one value */
function sideBySide(runs) {
  /** @type {Run[][]} */
  const groups = [];
  for (const run of runs) {
    const last = groups.at(-1);
    if (last && !run.recipe.solve && last[last.length - 1].recipe.seed + 1 === run.recipe.seed) last.push(run);
    else groups.push([run]);
  }
  return groups;
}
