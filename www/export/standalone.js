// @ts-check
/** «y' = Φ(W)Ψ(x) without the GELU»: what was learned, as the text of a JavaScript module that needs nothing else. */
import { base64 } from './base64.js';
import { targetOf } from '../common/targets.js';
import { MADE_BY } from '../shell/build.js';
import { citeLine } from './cite.js';
import { reachedWords } from './reached.js';
import { readSafetensors } from '../common/safetensors.js';

/** @typedef {import('../common/protocol.js').Recipe} Recipe */

/** The order in which the module holds its numbers. */
const NAMES = ['psi', 'phi'].flatMap((net) => ['0.weight', '0.bias', '2.weight', '2.bias'].map((part) => `${net}.net.${part}`));

/**
 * `name` is the file that it is saved as, which its example imports; `weights` the run's `.safetensors` file.
 * @param {import('./reached.js').Reached & { name: string, recipe: Recipe, weights: Uint8Array }} run
 * @returns {string}
 */
export function standalone({ name, recipe, weights, ...reached }) {
  const { d, m, hidden } = recipe;
  const told = Object.entries(recipe)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
  const { shown } = targetOf(recipe);
  // A file's name may hold what ends a comment.
  const done = (reachedWords(reached).join('; ') || 'untrained').replaceAll('*/', '* /');
  const W = JSON.stringify(Array.from({ length: d }, (_, i) => Array.from({ length: d }, (_, j) => ((i * d + 3 * j) % 7) / 2 - 1.5)));
  const x = JSON.stringify(Array.from({ length: d }, (_, i) => (i % 5) / 2 - 0.5));
  const example =
    d <= 4 ? `const W = ${W}, x = ${x};` : `const W = Array.from({ length: ${d * d} }, Math.random), x = Array.from({ length: ${d} }, Math.random);`;
  return `/**
 * y' = Φ(W)·Ψ(x), a ${shown} layer without the ${shown}: two networks that were trained until their product is close to ${shown}(W x) for
 * ${recipe.layer ? 'rows of a layer with their biases, as W [d, d], and its inputs with a 1 behind them, as x [d]' : 'normal W [d, d] and x [d]'}. Φ sees only the weights, row by row, and Ψ only the input.
 *
 *     import { layer, phi, psi, product } from './${name}';
 *
 *     ${example}
 *     layer(W, x);                 // y' as a Float32Array of d numbers
 *     const Phi = phi(W);          // or in parts: once for each W, [d, m] row by row …
 *     product(Phi, psi(x));        // … and then for each x
 *
 * W is an array of d rows or of d · d numbers, row by row.
 * Made by ${MADE_BY}: ${told}; ${done}.
 * Cite: ${citeLine()}
 */
export const d = ${d};
export const m = ${m};
export const hidden = ${hidden};

/** Φ(W) [d, m], row by row. */
export function phi(W) {
  const rows = numbers('W', W, d, d);
  const features = new Float32Array(d * m);
  for (let i = 0; i < d; i += 1) features.set(network(PHI, rows.subarray(i * d, (i + 1) * d)), i * m);
  return features;
}

/** Ψ(x) [m]. */
export function psi(x) {
  return network(PSI, numbers('x', x, 1, d));
}

/** Φ(W)·Ψ(x) [d], of what phi and psi have returned. */
export function product(Phi, Psi) {
  const left = numbers('Phi', Phi, d, m);
  const right = numbers('Psi', Psi, 1, m);
  return Float32Array.from({ length: d }, (_, i) => dot(left, i * m, right, 0));
}

/** y' [d], close to ${shown}(W x). */
export function layer(W, x) {
  return product(phi(W), psi(x));
}

/** Linear, ReLU, Linear. Sums are taken in double precision: the weights are what was trained, the rounding is less. */
function network([inner, innerBias, outer, outerBias], input) {
  const units = Float64Array.from(innerBias, (bias, i) => Math.max(0, dot(inner, i * d, input, bias)));
  return Float32Array.from(outerBias, (bias, i) => dot(outer, i * hidden, units, bias));
}

function dot(matrix, start, vector, bias) {
  let sum = bias;
  for (let i = 0; i < vector.length; i += 1) sum += matrix[start + i] * vector[i];
  return sum;
}

/** What was given as numbers, row by row; an error says what it should have been. */
function numbers(name, given, rows, columns) {
  const needed = rows === 1 ? \`\${columns} numbers\` : \`\${rows} rows of \${columns} numbers, or all of them row by row\`;
  const isList = (value) => Array.isArray(value) || ArrayBuffer.isView(value);
  if (!isList(given)) throw new TypeError(\`\${name} must be an array: \${needed}.\`);
  let flat = Array.from(given);
  if (flat.some(isList)) {
    if (flat.length !== rows || flat.some((row) => row.length !== columns)) throw new TypeError(\`\${name} must be \${needed}.\`);
    flat = flat.flatMap((row) => Array.from(row));
  }
  if (flat.length !== rows * columns) throw new TypeError(\`\${name} has \${flat.length} numbers, and must be \${needed}.\`);
  const wrong = flat.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw new TypeError(\`\${name} holds \${String(flat[wrong])}, which is not a finite number.\`);
  return Float64Array.from(flat);
}

/** Weight and bias of the inner layer and of the outer one, out of all the weights: float32, little endian. */
const [PSI, PHI] = (() => {
  const bytes = new DataView(Uint8Array.from(atob(weights()), (character) => character.charCodeAt(0)).buffer);
  let at = 0;
  const take = (count) => Float32Array.from({ length: count }, () => bytes.getFloat32((at += 4) - 4, true));
  const four = () => [take(hidden * d), take(hidden), take(m * hidden), take(m)];
  return [four(), four()];
})();

function weights() {
  return '${base64(joined(weights))}';
}
`;
}

/** The eight tensors one after another, little endian. @param {Uint8Array} file */
function joined(file) {
  const { tensors } = readSafetensors(file);
  const numbers = NAMES.flatMap((name) => [...(tensors.get(name)?.values ?? [])]);
  const view = new DataView(new ArrayBuffer(4 * numbers.length));
  numbers.forEach((value, i) => view.setFloat32(4 * i, value, true));
  return new Uint8Array(view.buffer);
}
