// @ts-check
/**
 * A layer and what stands in its place, on one input at a time: GELU(W·x + b), the product Φ(W)·Ψ(x) of a width, and what the head behind them answers.
 * And what both of them cost. No DOM here.
 */
import { gelu } from '../../common/gelu.js';

/** @typedef {import('../../common/lab-protocol.js').Replaced} Replaced */
/** @typedef {import('../../common/protocol.js').WithInputs} WithInputs */

/** What does not depend on the width, of an input that was kept back. @typedef {{ answer: number, features: Float64Array }} Known */

/** Multiplications of one pass, and numbers that are kept for it. @typedef {{ multiplications: number, numbers: number }} Cost */

export class Standin {
  layer;
  found;
  hidden;
  /** Of each input kept back, in their order. @type {Known[]} */
  #known = [];

  /** @param {WithInputs} layer @param {Replaced} found */
  constructor(layer, found) {
    this.layer = layer;
    this.found = found;
    this.hidden = found.psi[0].bias.length;
  }

  get rows() {
    return this.layer.bias.length;
  }

  /** @param {number} index */
  input(index) {
    const { d, inputs } = this.layer;
    return inputs.subarray(index * d, (index + 1) * d);
  }

  /** GELU(W·x + b). @param {ArrayLike<number>} x */
  original(x) {
    const { d, weight, bias } = this.layer;
    return Float64Array.from(bias, (b, row) => gelu(b + dot(weight, row * d, x, d)));
  }

  /** Ψ(x), all of its numbers; the first m are those of width m. @param {ArrayLike<number>} x */
  psi(x) {
    const [first, last] = this.found.psi;
    const { d } = this.layer;
    // The input that is always 1, behind the others, brings the layer's bias.
    const hidden = Float64Array.from(first.bias, (b, unit) => Math.max(0, b + dot(first.weight, unit * (d + 1), x, d) + first.weight[unit * (d + 1) + d]));
    return Float64Array.from(last.bias, (b, feature) => b + dot(last.weight, feature * this.hidden, hidden, this.hidden));
  }

  /** Φ(W)·Ψ(x) of a width. @param {ArrayLike<number>} features Ψ(x) @param {number} m */
  product(features, m) {
    const { phi, width } = this.found;
    return Float64Array.from({ length: this.rows }, (_, row) => dot(phi, row * width, features, m));
  }

  /** The class that the head answers, and what it says of each. @param {ArrayLike<number>} y @returns {{ answer: number, shares: number[] } | null} null without a head */
  read(y) {
    const { headWeight, headBias } = this.layer;
    if (!headWeight || !headBias) return null;
    const scores = Array.from(headBias, (b, one) => b + dot(headWeight, one * this.rows, y, this.rows));
    const most = Math.max(...scores);
    const weights = scores.map((score) => Math.exp(score - most));
    const sum = weights.reduce((all, weight) => all + weight, 0);
    return { answer: scores.indexOf(most), shares: weights.map((weight) => weight / sum) };
  }

  /** Reads more of the inputs kept back, for some milliseconds. @param {number} ms @returns {boolean} whether all have been read */
  look(ms) {
    const { kept } = this.found;
    for (const end = performance.now() + ms; this.#known.length < kept.length; ) {
      const x = this.input(kept[this.#known.length]);
      this.#known.push({ answer: this.read(this.original(x))?.answer ?? -1, features: this.psi(x) });
      if (performance.now() > end) break;
    }
    return this.#known.length === kept.length;
  }

  /** The inputs kept back, of those that have been read, on which the two answer another class. @param {number} m @returns {{ index: number, original: number, ours: number, label: number }[]} */
  differing(m) {
    const { labels } = this.layer;
    return this.#known.flatMap(({ answer, features }, i) => {
      const index = this.found.kept[i];
      const ours = this.read(this.product(features, m))?.answer;
      return ours !== undefined && labels && answer !== ours ? [{ index, original: answer, ours, label: labels[index] }] : [];
    });
  }

  /** Of the layer itself, beside its GELUs. @returns {Cost} */
  get before() {
    return { multiplications: this.rows * this.layer.d, numbers: this.rows * (this.layer.d + 1) };
  }

  /** Of the product of a width, Φ(W) being multiplied out. @param {number} m @returns {Cost} */
  after(m) {
    const { hidden, rows } = this;
    const { d } = this.layer;
    return { multiplications: hidden * d + m * hidden + rows * m, numbers: hidden * (d + 1) + m * (hidden + 1) + rows * m };
  }
}

/** @param {ArrayLike<number>} matrix @param {number} at @param {ArrayLike<number>} vector @param {number} many */
function dot(matrix, at, vector, many) {
  let sum = 0;
  for (let i = 0; i < many; i += 1) sum += matrix[at + i] * vector[i];
  return sum;
}

/** Wilson's interval that holds a share in 95 of 100 cases. @param {number} share @param {number} of @returns {[number, number]} */
export function interval(share, of) {
  const z = 1.96;
  const middle = (share + (z * z) / (2 * of)) / (1 + (z * z) / of);
  const half = (z / (1 + (z * z) / of)) * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
