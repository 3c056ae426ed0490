// @ts-check
/** Which backend the worker's runs use: chosen once, by trying it, and left for the CPU where that is known to be faster or the GPU has failed. */
import { rate } from '../common/figures.js';
import { Rates } from '../common/rates.js';
import { shape } from '../common/recipe.js';
import { chooseBackend } from './backend.js';
import { words } from './probe.js';

/** @typedef {import('../common/protocol.js').Asked} Asked */
/** @typedef {import('../common/protocol.js').Engine} Engine */
/** @typedef {import('../common/protocol.js').FromWorker} FromWorker */
/** @typedef {import('../common/protocol.js').Recipe} Recipe */
/** @typedef {import('../common/protocol.js').ToWorker} ToWorker */
/** @typedef {import('../common/protocol.js').Verdict} Verdict */
/** @typedef {{ engine: Engine, verdict: Verdict }} Chosen */

export class Choice {
  #host;
  #onCpu;
  /** What was chosen, or is being chosen. @type {Promise<Chosen> | undefined} */
  #chosen;

  /** @type {Asked} */
  asked = 'auto';
  rates = new Rates();

  /** @param {import('./host.js').Host<ToWorker, FromWorker, Engine>} host @param {() => boolean} onCpu whether a run on the CPU is open */
  constructor(host, onCpu) {
    this.#host = host;
    this.#onCpu = onCpu;
  }

  /** What a run of the recipe is to use. @param {Engine} cpu @param {Recipe} recipe @param {number} seeds @returns {Promise<Chosen>} */
  async forRun(cpu, recipe, seeds) {
    if (!this.#chosen && this.asked !== 'cpu') this.#host.post({ type: 'probing' });
    const chosen = await this.made(cpu);
    // Many runs side by side are another matter.
    return seeds > 1 ? chosen : this.preferred(cpu, chosen, recipe);
  }

  /** What was chosen; the first time that is asked, it is chosen now. @param {Engine} cpu */
  made(cpu) {
    this.#chosen ??= this.#host.guarded((trap) => chooseBackend(this.asked, cpu, trap, (error) => this.#befall(cpu, error)));
    return this.#chosen;
  }

  /** What was chosen, but no GPU that is known to be slower. @param {Engine} cpu @param {Chosen} chosen @param {Recipe} recipe @returns {Chosen} */
  preferred(cpu, chosen, recipe) {
    const slower = this.asked === 'auto' && chosen.verdict.backend === 'webgpu' ? this.rates.slower(shape(recipe)) : null;
    if (!slower) return chosen;
    const detail = `${rate(slower.cpu)} steps/s here, and WebGPU ${rate(slower.webgpu)}`;
    return { engine: cpu, verdict: { ...chosen.verdict, backend: 'cpu', reason: 'slower', detail } };
  }

  /** What befell the device is no concern of a run on the CPU; the next one is not to try it. @param {Engine} cpu @param {Error} error */
  #befall(cpu, error) {
    if (this.#host.guarding || !this.#onCpu()) return this.#host.surface(error);
    /** @type {Verdict} */
    const verdict = { backend: 'cpu', reason: 'lost', detail: words(error), adapter: null };
    this.#chosen = Promise.resolve({ engine: cpu, verdict });
  }
}
