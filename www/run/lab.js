// @ts-check
/**
 * The page's way to the lab: the floor, the Taylor baseline, the closed form for the last layers, errors over a great many draws. Owns a
 * worker, which is started by the first question and not before, since the lab is a module of its own that few visitors need. Knows no
 * wasm and no DOM.
 */
import { ended } from '../common/quoted.js';
import { spawn } from '../shell/spawn.js';
import { before } from './at-hand.js';
import { Channel } from './channel.js';
import { LostError } from './errors.js';
import { StoppedError } from './stopped.js';

/** @typedef {import('../common/lab-protocol.js').Atlas} Atlas */
/** @typedef {import('../common/lab-protocol.js').Estimated} Estimated */
/** @typedef {import('../common/lab-protocol.js').FromLab} FromLab */
/** @typedef {import('../common/lab-protocol.js').LayerErrors} LayerErrors */
/** @typedef {import('../common/lab-protocol.js').LayerNumbers} LayerNumbers */
/** @typedef {import('../common/lab-protocol.js').MethodCopies} MethodCopies */
/** @typedef {import('../common/lab-protocol.js').MethodCourse} MethodCourse */
/** @typedef {import('../common/lab-protocol.js').MethodCourses} MethodCourses */
/** @typedef {import('../common/lab-protocol.js').Replaced} Replaced */
/** @typedef {import('../common/lab-protocol.js').Solved} Solved */
/** @typedef {import('../common/lab-protocol.js').Taylor} Taylor */
/** @typedef {import('../common/lab-protocol.js').TaylorCurves} TaylorCurves */
/** @typedef {import('../common/lab-protocol.js').TaylorToy} TaylorToy */
/** @typedef {import('../common/lab-protocol.js').ToLab} ToLab */
/** @typedef {import('../common/protocol.js').Fields} Fields */

/** What a long request takes besides: where its progress goes, from 0 to 1, and what ends it.
 * @typedef {{ progress?: (done: number) => void, signal?: AbortSignal }} Watch */

/**
 * How long the lab may say nothing while something is asked of it, in ticks of a second. What takes long tells its progress ten times a second;
 * what is done in one go, the last layers of the widest networks at most, takes seconds, and a slow phone ten times as long.
 */
const SILENCE_TICKS = 180;

/** What the lab is called where its death is told: nobody who looks at the page has heard of a lab. */
const NAME = 'The part of the page that computes the limits';

/** What is said of a death without words. */
const WORDLESS = {
  told: `${NAME} stopped.`,
  thrown: `${NAME} could not be started.`,
  silent: `${NAME} has said nothing for three minutes.`,
};

export class Lab {
  /** @type {Channel<ToLab, FromLab>} */
  #channel = new Channel({
    launch: () => spawn(new URL('../worker/lab-worker.js', import.meta.url)),
    hear: () => {},
    before,
    died: (death) => this.#mourn(death),
    patience: { ticks: SILENCE_TICKS, expected: () => this.#channel.waiting },
  });
  #lost;

  /** @param {(death: import('./channel.js').Death) => Error} [lost] what is said of a death to whoever waits */
  constructor(lost = ({ how, words }) => new LostError(words || WORDLESS[how])) {
    this.#lost = lost;
  }

  /**
   * The lowest population MSE that networks of width m can reach, at index m from 0 to `most`; NaN where it is below 10⁻²² (GELU’s at d = 1, m > 24).
   * @param {number} d @param {number} most @param {string} [target] what is learned, GELU if nothing is said @returns {Promise<Float64Array>}
   */
  floors(d, most, target) {
    return this.#ask({ type: 'floors', d, most, target });
  }

  /** The floors of every width up to a million, of a target of w·x times a scale. @param {number} d up to 1,024 @param {number} scale @param {string} [target] @returns {Promise<Atlas>} */
  atlas(d, scale, target) {
    return this.#ask({ type: 'atlas', d, scale, target });
  }

  /**
   * Every method's mean squared error by its width, for a recipe's target, d and sizes, over w and x that are no longer than `radius`; `files`,
   * `.safetensors` files, are the networks of runs of any width.
   * @param {Fields} fields @param {number} radius Infinity for all w and x @param {Uint8Array[]} files @param {Watch} [watch] @returns {Promise<MethodCourses & { seconds: number }>}
   */
  methods(fields, radius, files, watch) {
    return this.#ask({ type: 'methods', fields, radius, files }, watch);
  }

  /** What independent copies of each method give at one row w of W and one x. @param {Fields} fields @param {Float64Array} w @param {Float64Array} x @param {Watch} [watch] @returns {Promise<MethodCopies>} */
  copies(fields, w, x, watch) {
    return this.#ask({ type: 'copies', fields, w, x }, watch);
  }

  /** The sister notebook's toy case, computed. @returns {Promise<TaylorToy>} */
  taylorToy() {
    return this.#ask({ type: 'toy' });
  }

  /**
   * The series of `terms` terms with its errors, and the best that its powers could do; `draws` of the seed's held-out draws are taken.
   * @param {number} d @param {number} terms @param {{ seed?: number, draws?: number, target?: string }} [over] @returns {Promise<Taylor>}
   */
  taylor(d, terms, { seed = 42, draws = 10_000, target } = {}) {
    return this.#ask({ type: 'taylor', d, terms, seed, draws, target });
  }

  /** The series, the fit of its powers and the target at some z. @param {number} d @param {number} terms @param {Float64Array} z @param {string} [target] @returns {Promise<TaylorCurves>} */
  taylorCurves(d, terms, z, target) {
    return this.#ask({ type: 'curves', d, terms, z, target });
  }

  /**
   * The last layers in closed form, over all pairs of `draws` draws of the recipe's seed (the recipe's own n where none are given). The
   * hidden layers are the seed's initial ones, or those of a `.safetensors` file, whose sizes then count. Aborting ends the worker.
   * @param {Fields} fields @param {Uint8Array | null} weights @param {{ draws?: number } & Watch} [options] @returns {Promise<Solved>}
   */
  solve(fields, weights, { draws = Number(fields.n), ...watch } = {}) {
    return this.#ask({ type: 'solve', fields, weights, draws }, watch);
  }

  /**
   * The MSE of a `.safetensors` file's networks over fresh draws, with its standard error. Aborting ends the worker.
   * @param {Uint8Array} file @param {number} draws @param {{ seed?: number, target?: string } & Watch} [options] @returns {Promise<Estimated>}
   */
  evaluate(file, draws, { seed = 42, target, ...watch } = {}) {
    return this.#ask({ type: 'evaluate', file, seed, draws, target }, watch);
  }

  /**
   * What can stand in a real layer's place, width by width: the best of each rank, the best linear map, and Φ and Ψ with their last layers in
   * closed form, on inputs that were kept back. Aborting ends the worker.
   * @param {LayerNumbers} layer @param {{ hidden: number, seed: number } & Watch} options @returns {Promise<Replaced>}
   */
  replace(layer, { hidden, seed, ...watch }) {
    return this.#ask({ type: 'replace', layer, hidden, seed }, watch);
  }

  /** Inputs for a layer of d that has none, `[samples, d]`: standard normal times a scale, always the same. @param {number} d @param {number} scale @returns {Promise<Float32Array>} */
  assumedInputs(d, scale) {
    return this.#ask({ type: 'assumed', d, scale });
  }

  /** What the networks of a `.safetensors` file make of the layer that a recipe names, which is at hand, by what the recipe's run sees of it. @param {Fields} fields @param {Uint8Array} weights @returns {Promise<LayerErrors>} */
  layerErrors(fields, weights) {
    return this.#ask({ type: 'seen', fields, weights });
  }

  /** The lowest MSE of width 0, 1, … on the rows and inputs of a recipe's layer that its run keeps back. @param {Fields} fields @returns {Promise<Float64Array>} */
  layerFloors(fields) {
    return this.#ask({ type: 'layer-floors', fields });
  }

  /** Ends the worker, for good: nothing is answered any more. */
  close() {
    this.#channel.close('The lab was closed.');
  }

  /** @param {import('./channel.js').Request<ToLab>} request @param {Watch} [watch] @returns {Promise<any>} */
  #ask(request, { progress, signal } = {}) {
    return this.#channel.ask(request, { progress: ({ done }) => progress?.(done), signal });
  }

  /** Whoever waits is told, and the next question starts another worker. @param {import('./channel.js').Death} death */
  #mourn(death) {
    this.#channel.stop();
    this.#channel.abandon(this.#lost(death));
  }
}

/** The lab of the page, where no run’s state tells of its death: that is told like a refusal, in a sentence. */
export function lab() {
  return new Lab(({ how, words }) => new StoppedError('', how === 'told' && words ? `${NAME} stopped: ${ended(words)}` : WORDLESS[how]));
}
