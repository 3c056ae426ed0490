// @ts-check
/**
 * Timed training on a module as it ships: a number of steps, counted exactly, or as many as fit into some time, and the clock stopped when the
 * last one is done.
 *
 * What is timed is what a run does: shuffling, gathering the draws, the step itself, reading the losses. Drawing the data and the
 * initial weights comes before. Knows no DOM; works in a worker and in a page.
 */

import { keyOf, typed } from '../common/recipe.js';
import { Pump } from './pump.js';

/** @typedef {import('../common/protocol.js').Engine} Engine */
/** @typedef {import('../common/protocol.js').Fields} Fields */
/** @typedef {import('../common/protocol.js').Session} Session */
/** @typedef {import('../common/protocol.js').Report} Report */
/** @typedef {import('../common/protocol.js').Workload} Workload */
/** @typedef {import('./pump.js').Kind} Kind */

/** How long so many steps took, parts of one counted too, and the mean loss of each epoch (or part of one) among them.
 * @typedef {{ steps: number, seconds: number, epochLoss: number[] }} Lap */

/** The most epochs that a recipe may have; a timed run ends with the last lap, not with them. */
export const EPOCHS = keyOf('epochs').most ?? 1;

/** A sum of losses, each counted as often as its mini-batch has draws, and those draws.
 * @typedef {{ sum: number, draws: number }} Total */

export class TimedRun {
  #session;
  #fields;
  #pump;

  /** @param {Session} session @param {Fields} fields @param {Pump} pump */
  constructor(session, fields, pump) {
    this.#session = session;
    this.#fields = fields;
    this.#pump = pump;
  }

  /**
   * Draws data and weights for a workload. Where the draws need more memory than a recipe may (that of the largest workload does),
   * their number is halved until they fit: a step costs the same however many there are.
   * @param {Engine} engine @param {Workload} workload @param {Kind} kind what the engine computes on @returns {Promise<TimedRun>}
   */
  static async open(engine, workload, kind) {
    const { readLoss, seeds = 1 } = workload;
    const fields = fit(engine, workload);
    const session = await engine.Session.open(fields, undefined, undefined, seeds > 1 ? seeds : undefined);
    const each = readLoss === 'step' ? session.microBatchesPerStep : 0;
    return new TimedRun(session, fields, new Pump(session, kind, JSON.stringify(fields) + seeds, each));
  }

  /** Draws data and weights for a recipe. @param {Engine} engine @param {Fields} fields @param {Kind} kind @param {string} of what the size of pieces is remembered for */
  static async ofRecipe(engine, fields, kind, of) {
    const session = await engine.Session.open(fields);
    return new TimedRun(session, fields, new Pump(session, kind, of));
  }

  /** Draws that are trained on: the workload's, or as many of them as fit. */
  get draws() {
    return Number(this.#fields.n);
  }

  /** Whether nothing is left to train: the epochs are over, or the run has diverged. */
  get done() {
    return this.#session.done;
  }

  /** Trains exactly so many steps and waits until they are done. @param {number} steps @returns {Promise<Lap>} */
  async lap(steps) {
    const session = this.#session;
    const end = session.step + steps;
    this.#pump.left = steps * session.microBatchesPerStep;
    const lap = await this.#timed(() => session.step < end);
    if (session.step < end) throw new Error(`a run ends after ${EPOCHS} epochs, and these steps are more`);
    return lap;
  }

  /** Trains for so long, a piece at least, and waits until all of it is done. @param {number} ms @param {() => Promise<boolean>} goOn asked between pieces @returns {Promise<Lap>} */
  during(ms, goOn) {
    const began = performance.now();
    this.#pump.left = Infinity;
    return this.#timed(async () => (await goOn()) && performance.now() - began < ms);
  }

  /** @param {() => boolean | Promise<boolean>} goOn asked between pieces @returns {Promise<Lap>} */
  async #timed(goOn) {
    const session = this.#session;
    const pump = this.#pump;
    const from = pump.done;
    /** @type {number[]} */
    const epochLoss = [];
    // Part of an epoch may belong to the lap before.
    let before = this.#total(session.losses());
    const hear = (/** @type {Report[]} */ reports) => {
      for (const { mse } of reports) {
        epochLoss.push((mse * this.draws - before.sum) / (this.draws - before.draws));
        before = { sum: 0, draws: 0 };
      }
    };

    const began = performance.now();
    for await (const reports of pump.pieces(EPOCHS)) {
      hear(reports);
      if (!(await goOn())) break;
    }
    hear(await pump.settle());
    const losses = session.losses();
    const seconds = (performance.now() - began) / 1000;

    const after = this.#total(losses);
    if (after.draws > before.draws) epochLoss.push((after.sum - before.sum) / (after.draws - before.draws));
    return { steps: (pump.done - from) / session.microBatchesPerStep, seconds, epochLoss };
  }

  free() {
    this.#session.free();
  }

  /** @param {Float32Array} losses of an epoch's first steps @returns {Total} */
  #total(losses) {
    const batch = Number(this.#fields.batch);
    const total = { sum: 0, draws: 0 };
    for (const loss of losses) {
      const size = Math.min(batch, this.draws - total.draws);
      total.sum += loss * size;
      total.draws += size;
    }
    return total;
  }
}

/** @param {Engine} engine @param {Workload} workload @returns {Fields} */
function fit(engine, { d, m, h, B, N, seed }) {
  for (let n = N; ; n = Math.ceil(n / 2)) {
    const fields = typed({ d, m, hidden: h, n, batch: B, epochs: EPOCHS, lr: 0.001, seed });
    try {
      engine.check(fields);
      return fields;
    } catch (error) {
      const tooMany = /** @type {{ key?: unknown }} */ (error).key === 'n' && n > B;
      if (!tooMany) throw error;
    }
  }
}
