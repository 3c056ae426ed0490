// @ts-check
/**
 * The last layers in closed form on the way of a run, by the lab's module in the worker that trains. It is loaded by the first run that has
 * such a solution on its way.
 */
import { loadModule } from './backend.js';
import { Pace } from './pace.js';

/** @typedef {import('../common/lab-protocol.js').LabModule} LabModule */
/** @typedef {import('../common/protocol.js').Fields} Fields */
/** @typedef {import('../common/protocol.js').Session} Session */
/** @typedef {import('../common/protocol.js').Solution} Solution */

/** How long one slice lasts: what a Pause has to wait for. */
const SLICE_MS = 40;

/** Blocks are counted in thousands. */
const MOST_BLOCKS = 1 << 12;

/** @type {Promise<LabModule> | undefined} */
let loaded;

export class Solving {
  #work;
  #pace = new Pace(SLICE_MS, MOST_BLOCKS);

  /** @param {ReturnType<LabModule['Solve']['open']>} work */
  constructor(work) {
    this.#work = work;
  }

  /** Begins, for the hidden layers as they are. @param {Session} session @param {Fields} fields @param {number} draws */
  static async begin(session, fields, draws) {
    loaded ??= loadModule('lab');
    const lab = await loaded;
    return new Solving(lab.Solve.open(fields, await session.weightsFile({}), draws));
  }

  /** Works for one slice. Returns how much of the whole is done, 1 at the end. */
  advance() {
    const began = performance.now();
    const done = this.#work.advance(this.#pace.size);
    this.#pace.learn(performance.now() - began);
    return done;
  }

  /** @returns {Solution} */
  finish() {
    const { file, draws, rows } = this.#work.finish();
    return { file, draws, rows };
  }

  free() {
    this.#work.free();
  }
}
