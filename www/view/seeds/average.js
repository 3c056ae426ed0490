// @ts-check
/**
 * Does the mean of many networks' outputs do better than one? The outputs y' of an ensemble's runs on the same draws, averaged over the first 1, 2,
 * 4, … of them. The mean of k products of width m is itself a product of width m·k: the features behind one another, divided by k. So it is held
 * against the floor of that width. No DOM here.
 */
import { gelu } from '../../common/gelu.js';
import { targetOf } from '../../common/targets.js';

/** @typedef {import('../../common/protocol.js').WithInputs} WithInputs */
/** @typedef {import('../../run/ensemble.js').Ensemble} Ensemble */

/** Draws: W `[draws, d, d]`, x `[draws, d]`, and y = target(Wx) `[draws, d]`. @typedef {{ W: Float32Array, x: Float32Array, y: Float64Array }} Draws */

/** Of the mean over the first `runs` runs: its MSE, and the mean of what each of them has alone. @typedef {{ runs: number, mse: number, alone: number }} Averaged */

/** Draws that the mean is measured on, and numbers of W that they may have together. */
const DRAWS = 10_000;
const MOST_NUMBERS = 1 << 21;

/** @param {Pick<import('../../common/protocol.js').Recipe, 'd' | 'target'>} recipe @param {() => number} normal gives one standard normal number after the other @param {number} [most] @returns {Draws} */
export function drawn({ d, target }, normal, most = DRAWS) {
  const { at } = targetOf({ target });
  const draws = Math.max(1, Math.min(most, Math.floor(MOST_NUMBERS / (d * d))));
  const [W, x] = [Float32Array.from({ length: draws * d * d }, normal), Float32Array.from({ length: draws * d }, normal)];
  const y = Float64Array.from({ length: draws * d }, (_, i) => {
    const [draw, row] = [Math.floor(i / d), i % d];
    let z = 0;
    for (let j = 0; j < d; j += 1) z += W[(draw * d + row) * d + j] * x[draw * d + j];
    return at(z);
  });
  return { W, x, y };
}

/** The same of a layer's rows, with their biases, and its inputs, with a 1: of all of them, of which each run has seen its own part. @param {WithInputs} layer @param {() => number} uniform @returns {Draws} */
export function drawnFrom({ d, weight, bias, inputs }, uniform) {
  const width = d + 1;
  const draws = Math.max(1, Math.min(DRAWS, Math.floor(MOST_NUMBERS / (width * width))));
  const [W, x, y] = [new Float32Array(draws * width * width), new Float32Array(draws * width), new Float64Array(draws * width)];
  const any = (/** @type {number} */ count) => Math.floor(uniform() * count);
  for (let draw = 0; draw < draws; draw += 1) {
    const input = any(inputs.length / d);
    x.set(inputs.subarray(input * d, (input + 1) * d), draw * width);
    x[draw * width + d] = 1;
    for (let i = draw * width; i < (draw + 1) * width; i += 1) {
      const row = any(bias.length);
      W.set(weight.subarray(row * d, (row + 1) * d), i * width);
      W[i * width + d] = bias[row];
      let z = bias[row];
      for (let j = 0; j < d; j += 1) z += W[i * width + j] * x[draw * width + j];
      y[i] = gelu(z);
    }
  }
  return { W, x, y };
}

/** Standard normal numbers from a seed, by Box and Muller. Draws of the page's own, which no run has seen. @param {number} seed */
export function normals(seed) {
  const uniform = uniforms(seed);
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Numbers from [0, 1) from a seed: mulberry32. @param {number} seed */
export function uniforms(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Takes outputs in, run by run, and says what their mean comes to after the first, the second, the fourth, and so on, and after the last. */
export class Average {
  /** @type {Averaged[]} */
  points = [];
  #y;
  #sum;
  #alone = 0;
  #runs = 0;
  #all;

  /** @param {ArrayLike<number>} y @param {number} all how many runs there will be */
  constructor(y, all) {
    this.#y = y;
    this.#sum = new Float64Array(y.length);
    this.#all = all;
  }

  /** @param {ArrayLike<number>} outputs y' of the next run */
  add(outputs) {
    this.#runs += 1;
    let [own, together] = [0, 0];
    for (let i = 0; i < this.#y.length; i += 1) {
      this.#sum[i] += outputs[i];
      own += (outputs[i] - this.#y[i]) ** 2;
      together += (this.#sum[i] / this.#runs - this.#y[i]) ** 2;
    }
    this.#alone += own / this.#y.length;
    const runs = this.#runs;
    if ((runs & (runs - 1)) === 0 || runs === this.#all) this.points.push({ runs, mse: together / this.#y.length, alone: this.#alone / runs });
  }
}

/** The runs whose outputs are averaged: those that have ended, and have weights. @param {Ensemble['members']} members */
export function usable(members) {
  return members.filter(({ checkpoint, outcome }) => checkpoint && outcome);
}

/**
 * The points of an ensemble's runs, as they come.
 * @param {Ensemble} ensemble @param {WithInputs | null} layer that the runs draw from @param {(question: { fields: import('../../common/protocol.js').Fields, checkpoint: Uint8Array, W: Float32Array, x: Float32Array }) => Promise<ArrayLike<number>>} predict
 * @returns {AsyncGenerator<{ points: readonly Averaged[], done: number, of: number }, void>}
 */
export async function* averaged({ members, recipe }, layer, predict) {
  // As they are now: each may go on before its turn comes.
  const all = usable(members).map(({ fields, checkpoint }) => ({ fields, checkpoint }));
  const { W, x, y } = layer ? drawnFrom(layer, uniforms(recipe.seed)) : drawn(recipe, normals(recipe.seed));
  const average = new Average(y, all.length);
  for (const [i, { fields, checkpoint }] of all.entries()) {
    if (checkpoint) average.add(await predict({ fields, checkpoint: checkpoint.bytes, W, x }));
    yield { points: average.points, done: i + 1, of: all.length };
  }
}
