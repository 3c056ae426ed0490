// @ts-check
/**
 * The hidden units of a network as what they do to the plane of its input's first two components: unit k is ReLU(a·v + b), which bends
 * along the line a·v + b = 0 and grows to one side of it. Further components are at zero; of one component the line is a point. Pure arithmetic.
 */
import { RADIUS_95 } from '../../common/statistics.js';

/** @typedef {import('../../common/safetensors.js').Tensor} Tensor */

/**
 * Unit by unit: a₁, a₂ and b, and how much it matters, from 0 to 1 for the one that matters most.
 * @typedef {{ d: number, first: Float64Array, second: Float64Array, bias: Float64Array, weight: Float64Array }} Units
 */

/** @typedef {readonly [number, number]} Point */

/** A line's part that can be seen, and the ticks on the side where the unit is on: where they stand, and their direction of length 1.
 * @typedef {{ from: Point, to: Point, feet: Point[], towards: Point }} Fold */

/** The picture reaches from minus this to this. */
export const SPAN = 3;

/** For d = 1 a unit is as high as it matters, and the picture a little higher. */
export const TOP = 1.1;

/** What holds 95 % of standard normal draws in one dimension: the 97.5 % quantile. */
const RADIUS_1 = 1.959963984540054;

/** How far from the centre the ticks stand: lines crowd at the centre, and on the circle itself a tick would lie along it. */
export const TICKS = 0.88 * RADIUS_95;

/** How far from the centre 95 % of the draws reach, in the picture of a width. @param {number} d */
export function radius(d) {
  return d === 1 ? RADIUS_1 : RADIUS_95;
}

/**
 * A network's units by its tensors: `0.weight` [hidden, d], `0.bias` [hidden] and `2.weight` [m, hidden]. An input of a layer ends in a 1, whose weights
 * are biases too.
 * @param {Map<string, Tensor>} tensors @param {'phi' | 'psi'} net @param {boolean} [endsInOne] @returns {Units}
 */
export function unitsOf(tensors, net, endsInOne = false) {
  const [input, biases, output] = ['0.weight', '0.bias', '2.weight'].map((part) => /** @type {Tensor} */ (tensors.get(`${net}.net.${part}`)));
  const [hidden, columns] = input.shape;
  const d = endsInOne ? columns - 1 : columns;
  const component = (/** @type {number} */ i) => Float64Array.from({ length: hidden }, (_, k) => (i < d ? input.values[k * columns + i] : 0));
  const into = Float64Array.from({ length: hidden }, (_, k) => Math.hypot(...input.values.subarray(k * columns, k * columns + d)));
  const bias = Float64Array.from(biases.values, (own, k) => own + (endsInOne ? input.values[k * columns + d] : 0));
  return { d, first: component(0), second: component(1), bias, weight: relative(into, outOf(output)) };
}

/** The norm of what each unit has in the output: the columns of [m, hidden]. @param {Tensor} output */
function outOf({ shape: [m, hidden], values }) {
  const squares = new Float64Array(hidden);
  for (let row = 0; row < m; row += 1) for (let k = 0; k < hidden; k += 1) squares[k] += values[row * hidden + k] ** 2;
  return squares.map(Math.sqrt);
}

/** The products, relative to the largest; 0 for what is not finite. @param {Float64Array} into @param {Float64Array} out */
function relative(into, out) {
  const products = into.map((norm, k) => (Number.isFinite(norm * out[k]) ? norm * out[k] : 0));
  const largest = products.reduce((most, product) => Math.max(most, product), 0);
  return largest > 0 ? products.map((product) => product / largest) : products;
}

/** The units by how much they matter, the heaviest first. @param {Units} units */
export function ranked({ weight }) {
  return Array.from(weight.keys()).sort((a, b) => weight[b] - weight[a] || a - b);
}

/** Where a unit bends: how far from the centre, or for d = 1 at which value; infinite where it never does. @param {Units} units @param {number} k */
export function distance({ d, first, second, bias }, k) {
  const norm = Math.hypot(first[k], second[k]);
  if (norm === 0) return Infinity;
  return d === 1 ? -bias[k] / first[k] + 0 : Math.abs(bias[k]) / norm;
}

/** What a unit is within the circle: it bends there, is on or off all over it, or is not finite. @param {Units} units @param {number} k @returns {'bends' | 'on' | 'off' | 'lost'} */
export function standing(units, k) {
  const { d, first, second, bias } = units;
  if (!Number.isFinite(first[k] + second[k] + bias[k])) return 'lost';
  if (Math.abs(distance(units, k)) < radius(d)) return 'bends';
  return bias[k] > 0 ? 'on' : 'off';
}

/** How many units are what. @param {Units} units */
export function census(units) {
  const counts = { bends: 0, on: 0, off: 0, lost: 0 };
  for (const k of units.bias.keys()) counts[standing(units, k)] += 1;
  return counts;
}

/** What of a unit is seen in the picture; null where its line passes by. @param {Units} units @param {number} k @returns {Fold | null} */
export function fold({ d, first, second, bias, weight }, k) {
  const norm = Math.hypot(first[k], second[k]);
  if (!(norm > 0) || !Number.isFinite(norm + bias[k])) return null;
  const towards = /** @type {const} */ ([first[k] / norm, second[k] / norm]);
  const near = -bias[k] / norm;
  if (d === 1) {
    const [at, top] = [near * towards[0], /** @type {const} */ ([near * towards[0], weight[k]])];
    return Math.abs(at) <= SPAN ? { from: [at, 0], to: top, feet: [top], towards } : null;
  }
  const along = /** @type {const} */ ([-towards[1], towards[0]]);
  const ends = clipped([near * towards[0], near * towards[1]], along);
  return ends && { from: ends[0], to: ends[1], feet: feet(ends, towards, near), towards };
}

/** Where a line's ticks stand: where it crosses their circle, else in the middle of what is seen. @param {[Point, Point]} ends @param {Point} towards @param {number} near the line's distance from the centre, with its sign @returns {Point[]} */
function feet([from, to], [x, y], near) {
  const half = Math.sqrt(TICKS ** 2 - near ** 2);
  if (!(half > 0)) return [[(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]];
  return [half, -half].map((step) => [near * x - step * y, near * y + step * x]);
}

/** A line's part in the square, after Liang and Barsky. @param {Point} through @param {Point} along of length 1 @returns {[Point, Point] | null} */
function clipped(through, along) {
  let [from, to] = [-Infinity, Infinity];
  for (const i of [0, 1]) {
    if (along[i] === 0 && Math.abs(through[i]) > SPAN) return null;
    if (along[i] === 0) continue;
    const [a, b] = [(-SPAN - through[i]) / along[i], (SPAN - through[i]) / along[i]];
    from = Math.max(from, Math.min(a, b));
    to = Math.min(to, Math.max(a, b));
  }
  if (from >= to) return null;
  return [
    [through[0] + from * along[0], through[1] + from * along[1]],
    [through[0] + to * along[0], through[1] + to * along[1]],
  ];
}

/** The corners of where in the picture a unit is on. @param {Units} units @param {number} k @returns {Point[]} */
export function side({ d, first, second, bias }, k) {
  const [low, high] = d === 1 ? [0, TOP] : [-SPAN, SPAN];
  const corners = /** @type {Point[]} */ ([
    [-SPAN, low],
    [SPAN, low],
    [SPAN, high],
    [-SPAN, high],
  ]);
  const value = (/** @type {Point} */ [x, y]) => first[k] * x + second[k] * y + bias[k];
  return corners.flatMap((here, i) => {
    const next = corners[(i + 1) % corners.length];
    const [a, b] = [value(here), value(next)];
    const kept = a >= 0 ? [here] : [];
    if (a >= 0 === b >= 0) return kept;
    const share = a / (a - b);
    return [...kept, /** @type {Point} */ ([here[0] + share * (next[0] - here[0]), here[1] + share * (next[1] - here[1])])];
  });
}

/** How far a point is from the line along which a unit bends. @param {Units} units @param {number} k @param {Point} point */
export function away({ first, second, bias }, k, [x, y]) {
  return Math.abs(first[k] * x + second[k] * y + bias[k]) / Math.hypot(first[k], second[k]);
}

/** Whether one network's lines can become another's little by little. @param {Units} a @param {Units} b */
export function alike(a, b) {
  return a.d === b.d && a.bias.length === b.bias.length;
}

/** Units on the way from some to others. @param {Units} from @param {Units} to @param {number} share of the way, from 0 to 1 @returns {Units} */
export function between(from, to, share) {
  const mixed = (/** @type {'first' | 'second' | 'bias' | 'weight'} */ of) => from[of].map((value, k) => value + share * (to[of][k] - value));
  return { d: to.d, first: mixed('first'), second: mixed('second'), bias: mixed('bias'), weight: mixed('weight') };
}
