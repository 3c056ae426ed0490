// @ts-check
/** The run that is open: a session, the pump that keeps it at work, what keeps it from being lost, and what the page has not heard of it. */
import { alone, shape, solves, typed } from '../common/recipe.js';
import { Keeper } from './keeper.js';
import { macrotask } from './macrotask.js';
import { Pace } from './pace.js';
import { Pump } from './pump.js';
import { solving, withWeights } from './solving.js';

/** @typedef {import('../common/protocol.js').Engine} Engine */
/** @typedef {import('../common/protocol.js').EpochReport} EpochReport */
/** @typedef {import('../common/protocol.js').Fields} Fields */
/** @typedef {import('../common/protocol.js').FromWorker} FromWorker */
/** @typedef {import('../common/protocol.js').Recipe} Recipe */
/** @typedef {import('../common/protocol.js').Report} Report */
/** @typedef {import('../common/protocol.js').Session} Session */
/** @typedef {import('../common/protocol.js').Solution} Solution */
/** @typedef {import('../common/protocol.js').Solved} Solved */
/** @typedef {import('../common/protocol.js').ToWorker} ToWorker */
/** @typedef {import('./pump.js').Kind} Kind */

/** How long one slice lasts, on the CPU, where Pause waits for at most about twice that. */
const SLICE_MS = 15;

/** Held-out draws are counted in thousands. */
const EVALUATION_MOST = 1 << 16;

/** Those that are watched are few. */
const WATCH_AT_ONCE = 16;

export class Run {
  #engine;
  #fields;
  /** The solutions that the recipe has on its way. */
  #solves;
  #pump;
  #keeper;
  /** Seconds that it had taken where it went on from a checkpoint. */
  #before;
  #step;
  #seconds;
  /** The epochs that the page has not heard of, and the solutions. @type {EpochReport[]} */
  #reports = [];
  /** @type {Solved[]} */
  #solved = [];
  /** The solution that is under way, which waits through a Pause, and how much of it is done. @type {{ task: Awaited<ReturnType<typeof solving>>, share: number } | null} */
  #present = null;

  /** Whether it is to be trained, and up to the end of which epoch. */
  training = false;
  until = 0;

  /**
   * @param {Session} session
   * @param {{ number: number, engine: Engine, fields: Fields, kind: Kind, pump: Pump, keeper: Keeper, seconds: number }} parts
   */
  constructor(session, { number, engine, fields, kind, pump, keeper, seconds }) {
    this.session = session;
    this.number = number;
    this.onCpu = kind === 'cpu';
    this.#engine = engine;
    this.#fields = fields;
    this.#solves = solves(fields);
    this.#pump = pump;
    this.#keeper = keeper;
    this.#before = seconds;
    this.#seconds = seconds;
    this.#step = session.step;
    pump.asking = () => keeper.ask(this.session);
  }

  /** The recipe, as it would be typed. */
  get fields() {
    return this.#fields;
  }

  /** @param {Engine} engine @param {Kind} kind what the engine computes on @param {Engine} cpu @param {Recipe} recipe @param {Extract<ToWorker, { type: 'open' }>} asked */
  static async open(engine, kind, cpu, recipe, { run: number, fields, weights, seeds, checkpoint, solution, seconds, careful }) {
    if (seeds > 1 && recipe.solve) throw Object.assign(new Error('Runs side by side are only trained: leave solve empty.'), { key: 'solve' });
    const [file, from] = checkpoint ? [undefined, checkpoint.bytes] : [weights ?? undefined, undefined];
    // Its files are of the one run that it is, whatever others the recipe asks for.
    const session = await engine.Session.open(alone(fields), file, from, seeds > 1 ? seeds : undefined);
    const onCpu = kind === 'cpu';
    if (!onCpu || seeds > 1) session.watchAlong();
    const pump = new Pump(session, kind, shape(recipe) + (seeds > 1 ? `/${seeds}` : ''));
    const keeper = new Keeper(onCpu ? null : cpu.audit, careful, checkpoint);
    const run = new Run(session, { number, engine, fields, kind, pump, keeper, seconds });
    if (solution) await run.#take(solution);
    return run;
  }

  /** Trains for one slice: on the CPU as many pieces as fit, since a short epoch ends one long before the slice is over. */
  async train() {
    const { session } = this;
    if (this.#due && this.until > 0) return this.#solve();
    const began = performance.now();
    for await (const reports of this.#pump.pieces(Math.min(this.until, this.#next))) {
      await this.#hear(reports);
      if (session.pending > 0 || this.#over || performance.now() - began >= SLICE_MS) break;
    }
    // Asked again here, because a Pause may have come while a GPU was awaited.
    if (!this.#over) return;
    await this.settle();
    this.training = false;
    await this.#keeper.settle(session);
  }

  /** Waits for all that is on its way. */
  async settle() {
    while (this.session.pending > 0) await this.#hear(await this.#pump.collect());
  }

  /** How far it is, with what the page has not heard of. A session that has died is not asked. @returns {FromWorker} */
  news() {
    const reports = this.#reports;
    this.#reports = [];
    const solving = this.#present?.share ?? null;
    return { type: 'progress', run: this.number, step: this.#step, seconds: this.#seconds, reports, solving, ...this.solution() };
  }

  /** The solutions that the page has not heard of, and where the run could go on from. */
  solution() {
    const solved = this.#solved;
    this.#solved = [];
    return { solved, ...this.#keeper.take() };
  }

  /** That it has stopped, and how. @returns {FromWorker} */
  stopped() {
    const { done, diverged } = this.session;
    return { type: 'stopped', run: this.number, done: done && !this.#due, diverged };
  }

  /** @param {string} lr @returns {Recipe} */
  changeRate(lr) {
    this.#keeper.change();
    const recipe = this.session.changeRate(lr);
    this.#fields = typed(recipe);
    return recipe;
  }

  /** The error over all held-out draws, call by call: undefined until it is known. */
  evaluation() {
    const pace = new Pace(SLICE_MS, EVALUATION_MOST);
    return () => pace.timed((size) => this.session.evaluate(size));
  }

  /** Whether nothing more is to be done: nothing at all after a Pause. */
  get #over() {
    return this.until === 0 || (!this.#due && (this.session.done || this.session.epoch >= this.until));
  }

  /** The epoch at whose end there is a solution next. */
  get #next() {
    return this.#solves.find(({ epoch }) => epoch > this.session.epoch)?.epoch ?? Infinity;
  }

  /** The solution that is due now. */
  get #due() {
    // Asked after every piece, of which a run of short epochs has a great many.
    if (this.#solves.length === 0) return undefined;
    const { epoch, step, stepsPerEpoch, diverged } = this.session;
    if (diverged || step !== epoch * stepsPerEpoch || this.#keeper.hasSolved(epoch)) return undefined;
    return this.#solves.find((solve) => solve.epoch === epoch);
  }

  /** Works on the solution that is due, for one slice. */
  async #solve() {
    await this.settle();
    const due = this.#due;
    if (!due) return;
    this.#present ??= { task: await solving(this.session, this.#fields, due.draws), share: 0 };
    const { task } = this.#present;
    this.#present.share = task.advance();
    if (this.#present.share < 1) return;
    const solution = task.work.finish();
    this.#leave();
    await this.#take(solution);
  }

  /** Gives up what the modules hold of it. */
  free() {
    this.#leave();
    this.session.free();
  }

  /** Gives up what the lab's module holds of the solution that was under way. */
  #leave() {
    this.#present?.task.work.free();
    this.#present = null;
  }

  /** Goes on with the weights of a solution, and with Adam's moments as they are. @param {Solution} solution */
  async #take({ file, draws, rows }) {
    const { epoch } = this.session;
    const session = await withWeights(this.#engine, this.session, alone(this.#fields), file);
    this.session = session;
    this.#pump.take(session);
    if (!this.onCpu) session.watchAlong();
    await this.#keeper.solved(session);
    this.#solved.push({ epoch, draws, rows, heldOut: await this.#watched() });
  }

  /** What has come in. @param {Report[]} reports */
  async #hear(reports) {
    this.#step = this.session.step;
    this.#seconds = this.#before + this.#pump.seconds;
    for (const report of reports) {
      const { losses, kept, ...told } = report;
      // Looked at and kept, and not trained on: its time is not training's.
      this.#reports.push({ ...told, heldOut: told.heldOut ?? (await this.#watched()) });
      await this.#keeper.follow(this.session, report);
    }
  }

  /** The error over the held-out draws that are watched. */
  async #watched() {
    const pace = new Pace(SLICE_MS, EVALUATION_MOST, WATCH_AT_ONCE);
    for (;;) {
      const mse = await pace.timed((size) => this.session.watch(size));
      if (mse !== undefined) return mse;
      await macrotask();
    }
  }
}
