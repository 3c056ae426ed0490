// @ts-check
/** Makes ready what a run of a recipe would need, and finds out where it would run faster, as long as nothing else is asked. */
import { shape } from '../common/recipe.js';
import { UnfitError } from './backend.js';
import { isFatal } from './host.js';
import { measure } from './measure.js';
import { within, words } from './probe.js';
import { kindOf } from './pump.js';

/** @typedef {import('../common/protocol.js').Adapter} Adapter */
/** @typedef {import('../common/protocol.js').Backend} Backend */
/** @typedef {import('../common/protocol.js').Engine} Engine */
/** @typedef {import('../common/protocol.js').Fields} Fields */
/** @typedef {import('../common/protocol.js').FromWorker} FromWorker */
/** @typedef {import('../common/protocol.js').Recipe} Recipe */
/** @typedef {import('../common/protocol.js').ToWorker} ToWorker */
/** @typedef {import('./choice.js').Chosen} Chosen */

/** The longest that kernels are compiled and timed. */
const PREPARE_MS = 60_000;

/** Bytes at most of what is made ready unasked. */
const MOST_READY = 64 << 20;

export class Readiness {
  #host;
  #choice;
  #called;
  #opened;

  /** The recipe that is to be made ready. @type {Fields | undefined} */
  wanted;

  /**
   * @param {import('./host.js').Host<ToWorker, FromWorker, Engine>} host @param {import('./choice.js').Choice} choice
   * @param {() => boolean} called whether anything else is asked @param {() => boolean} opened whether a run is open
   */
  constructor(host, choice, called, opened) {
    this.#host = host;
    this.#choice = choice;
    this.#called = called;
    this.#opened = opened;
  }

  /** @param {Fields} fields those that are wanted @param {Engine} cpu */
  async prepare(fields, cpu) {
    try {
      await this.#prepare(fields, cpu);
    } catch (error) {
      // Otherwise the recipe is refused, which is told to who asks for it.
      if (isFatal(error)) throw error;
    }
    if (this.wanted === fields && !this.#called()) this.wanted = undefined;
  }

  /** @param {Fields} fields @param {Engine} cpu */
  async #prepare(fields, cpu) {
    const { recipe, memory } = cpu.check(fields);
    const chosen = await this.#choice.made(cpu);
    const { backend, adapter } = chosen.verdict;
    // A software adapter is not there to be fast, and what takes so much is made ready when it is wanted.
    if (backend === 'webgpu' && !adapter?.software && memory.webgpu <= MOST_READY) {
      await this.#host.guarded((trap) => this.#makeReady(chosen, fields, recipe, trap));
      // Who asks for WebGPU has it, however fast it is.
      if (this.#choice.asked === 'auto') await this.#time(cpu, 'cpu', recipe, null);
    }
    if (this.#opened() || this.#called() || this.wanted !== fields) return;
    this.#host.post({ type: 'backend', verdict: this.#choice.preferred(cpu, chosen, recipe).verdict });
  }

  /** @param {Chosen} chosen @param {Fields} fields @param {Recipe} recipe @param {Promise<never>} trap */
  async #makeReady({ engine, verdict: { adapter } }, fields, recipe, trap) {
    if (this.#called()) return;
    const ready = async () => {
      await engine.prepare?.(fields);
      if (this.#choice.asked === 'auto') await this.#time(engine, 'webgpu', recipe, adapter);
    };
    // What is refused in words has no room, or the device is gone, which its watch tells; a trap is another matter.
    const refused = (/** @type {unknown} */ error) => {
      if (isFatal(error)) throw error;
    };
    try {
      await within(PREPARE_MS, Promise.race([ready().catch(refused), trap]));
    } catch (error) {
      throw new UnfitError({ backend: 'cpu', reason: 'refused', detail: words(error), adapter });
    }
  }

  /** Finds out, once, how fast a recipe is. @param {Engine} engine @param {Backend} backend @param {Recipe} recipe @param {Adapter | null} adapter */
  async #time(engine, backend, recipe, adapter) {
    const of = shape(recipe);
    const { rates } = this.#choice;
    if (this.#called() || rates.of(of)[backend] !== undefined) return;
    const fields = this.wanted;
    const found = await measure(engine, recipe, kindOf(backend, adapter), () => this.#called() || this.wanted !== fields);
    if (!found) return;
    rates.learn(of, backend, found, adapter);
    this.#host.post({ type: 'measured', shape: of, backend, rate: found, adapter });
  }
}
