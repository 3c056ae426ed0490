// @ts-check
/**
 * Timed training on a module as it ships: a fixed number of steps, counted exactly, and the clock stopped when the last one is done.
 *
 * What is timed is what a run does: shuffling, gathering the draws, the step itself, reading the losses. Drawing the data and the
 * initial weights comes before. Knows no DOM; works in a worker and in a page.
 */

/** @typedef {import('./protocol.js').Engine} Engine */
/** @typedef {import('./protocol.js').Fields} Fields */
/** @typedef {import('./protocol.js').Session} Session */

/**
 * What to train: `h` hidden units, mini-batches of `B` of `N` draws. `readLoss` is how often each loss is brought to the host: `step`
 * waits for every one, `epoch` leaves it to the module, as a run does.
 * @typedef {object} Workload
 * @property {number} d @property {number} m @property {number} h @property {number} B @property {number} N @property {number} seed
 * @property {'epoch' | 'step'} [readLoss]
 */

/** How long some steps took, and the mean loss of each epoch (or part of one) among them.
 * @typedef {{ seconds: number, epochLoss: number[] }} Lap */

/** The most epochs that a recipe may have; the run ends with the last lap, not with them. */
const EPOCHS = 100_000;

/** The most micro-batches that one call takes. */
const MOST = 2 ** 31;

/** A sum of losses, each counted as often as its mini-batch has draws, and those draws.
 * @typedef {{ sum: number, draws: number }} Total */

export class TimedRun {
  #session;
  #fields;

  /** @param {Session} session @param {Fields} fields */
  constructor(session, fields) {
    this.#session = session;
    this.#fields = fields;
  }

  /**
   * Draws data and weights for a workload. Where the draws need more memory than a recipe may (that of the largest workload does),
   * their number is halved until they fit: a step costs the same however many there are.
   * @param {Engine} engine @param {Workload} workload @returns {Promise<TimedRun>}
   */
  static async open(engine, workload) {
    const fields = fit(engine, workload);
    const session = await engine.Session.open(fields);
    if (workload.readLoss === 'step') session.readEvery(1);
    return new TimedRun(session, fields);
  }

  /** Draws that are trained on: the workload's, or as many of them as fit. */
  get draws() {
    return Number(this.#fields.n);
  }

  /** Trains exactly so many steps and waits until they are done. @param {number} steps @returns {Promise<Lap>} */
  async lap(steps) {
    const session = this.#session;
    const end = session.step + steps;
    /** @type {number[]} */
    const epochLoss = [];
    // Part of an epoch may belong to the lap before.
    let before = this.#total(await session.losses());

    const began = performance.now();
    while (session.step < end) {
      if (session.done) throw new Error(`a run ends after ${EPOCHS} epochs, and these steps are more`);
      const report = await session.advance(Math.min(MOST, (end - session.step) * session.microBatchesPerStep));
      if (!report) continue;
      epochLoss.push((report.mse * this.draws - before.sum) / (this.draws - before.draws));
      before = { sum: 0, draws: 0 };
    }
    // A GPU's steps are only queued until something of theirs is read.
    const losses = await session.losses();
    const seconds = (performance.now() - began) / 1000;

    const after = this.#total(losses);
    if (after.draws > before.draws) epochLoss.push((after.sum - before.sum) / (after.draws - before.draws));
    return { seconds, epochLoss };
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
    const values = Object.entries({ d, m, hidden: h, n, batch: B, epochs: EPOCHS, lr: 0.001, seed });
    const fields = Object.fromEntries(values.map(([key, value]) => [key, String(value)]));
    try {
      engine.check(fields);
      return fields;
    } catch (error) {
      const tooMany = /** @type {{ key?: unknown }} */ (error).key === 'n' && n > B;
      if (!tooMany) throw error;
    }
  }
}
