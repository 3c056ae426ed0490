// @ts-check
/** The run that is open: a session, the pump that keeps it at work, what keeps it from being lost, and what the page has not heard of it. */
import { shape } from '../common/recipe.js';
import { Keeper } from './keeper.js';
import { macrotask } from './macrotask.js';
import { Pace } from './pace.js';
import { Pump } from './pump.js';

/** @typedef {import('../common/protocol.js').Engine} Engine */
/** @typedef {import('../common/protocol.js').EpochReport} EpochReport */
/** @typedef {import('../common/protocol.js').FromWorker} FromWorker */
/** @typedef {import('../common/protocol.js').Recipe} Recipe */
/** @typedef {import('../common/protocol.js').Report} Report */
/** @typedef {import('../common/protocol.js').Session} Session */
/** @typedef {import('../common/protocol.js').ToWorker} ToWorker */
/** @typedef {import('./pump.js').Kind} Kind */

/** How long one slice lasts, on the CPU, where Pause waits for at most about twice that. */
const SLICE_MS = 15;

/** Held-out draws are counted in thousands. */
const EVALUATION_MOST = 1 << 16;

/** Those that are watched are few. */
const WATCH_AT_ONCE = 16;

export class Run {
  #pump;
  #keeper;
  /** Seconds that it had taken where it went on from a checkpoint. */
  #before;
  #step;
  #seconds;
  /** The epochs that the page has not heard of. @type {EpochReport[]} */
  #reports = [];

  /** Whether it is to be trained, and up to the end of which epoch. */
  training = false;
  until = 0;

  /**
   * @param {Session} session
   * @param {{ number: number, kind: Kind, pump: Pump, keeper: Keeper, seconds: number }} parts
   */
  constructor(session, { number, kind, pump, keeper, seconds }) {
    this.session = session;
    this.number = number;
    this.onCpu = kind === 'cpu';
    this.#pump = pump;
    this.#keeper = keeper;
    this.#before = seconds;
    this.#seconds = seconds;
    this.#step = session.step;
    pump.asking = () => keeper.ask(session);
  }

  /** @param {Engine} engine @param {Kind} kind what the engine computes on @param {Engine} cpu @param {Recipe} recipe @param {Extract<ToWorker, { type: 'open' }>} asked */
  static async open(engine, kind, cpu, recipe, { run: number, fields, weights, seeds, checkpoint, seconds, careful }) {
    const session = await engine.Session.open(fields, weights ?? undefined, checkpoint ?? undefined, seeds > 1 ? seeds : undefined);
    const onCpu = kind === 'cpu';
    if (!onCpu || seeds > 1) session.watchAlong();
    const pump = new Pump(session, kind, shape(recipe) + (seeds > 1 ? `/${seeds}` : ''));
    return new Run(session, { number, kind, pump, keeper: new Keeper(onCpu ? null : cpu.audit, careful), seconds });
  }

  /** Trains for one slice: on the CPU as many pieces as fit, since a short epoch ends one long before the slice is over. */
  async train() {
    const { session } = this;
    const began = performance.now();
    for await (const reports of this.#pump.pieces(this.until)) {
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
    return { type: 'progress', run: this.number, step: this.#step, seconds: this.#seconds, reports, ...this.#keeper.take() };
  }

  /** That it has stopped, and how. @returns {FromWorker} */
  stopped() {
    const { done, diverged } = this.session;
    return { type: 'stopped', run: this.number, done, diverged };
  }

  /** @param {string} lr @returns {Recipe} */
  changeRate(lr) {
    this.#keeper.change();
    return this.session.changeRate(lr);
  }

  /** The error over all held-out draws, call by call: undefined until it is known. */
  evaluation() {
    const pace = new Pace(SLICE_MS, EVALUATION_MOST);
    return () => pace.timed((size) => this.session.evaluate(size));
  }

  /** Whether nothing more is to be trained. */
  get #over() {
    return this.session.done || this.session.epoch >= this.until;
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
