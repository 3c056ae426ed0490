// @ts-check
/** A layer without its GELU as a JavaScript module: Φ(W) is multiplied out, so that it takes x alone. Pure text. */
import { MADE_BY } from '../shell/build.js';
import { base64 } from './base64.js';
import { ofWidth } from './of-width.js';

/** @typedef {import('../common/lab-protocol.js').Replaced} Replaced */

/** @param {{ name: string, of: string, d: number, rows: number, m: number, found: Replaced }} parts */
export function layerModule({ name, of, d, rows, m, found }) {
  const [first] = found.psi;
  const hidden = first.bias.length;
  const { phi, weight, bias } = ofWidth(found, m);
  const text = (/** @type {Float32Array} */ values) => base64(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return `/**
 * y' = Φ(W)·Ψ(x) in the place of GELU(W x + b), for one layer: ${of.replaceAll('*/', '* /')}
 *
 *     import { layer } from './${name}';
 *
 *     layer(x);      // ${rows} numbers of ${d}
 *
 * Made by ${MADE_BY}.
 */
export const d = ${d};
export const rows = ${rows};
export const m = ${m};

/** Ψ(x): ${d} numbers and a 1, ${hidden} ReLU units, m features. */
export function psi(x) {
  if (x?.length !== d) throw new TypeError(\`x has \${x?.length} numbers, and the layer reads \${d}\`);
  const hidden = Float64Array.from(B1, (b, unit) => Math.max(0, b + dot(W1, unit * (d + 1), x, d) + W1[unit * (d + 1) + d]));
  return Float64Array.from(B2, (b, feature) => b + dot(W2, feature * hidden.length, hidden, hidden.length));
}

/** Close to GELU(W x + b). */
export function layer(x) {
  const features = psi(x);
  return Float64Array.from({ length: rows }, (_, row) => dot(PHI, row * m, features, m));
}

function dot(matrix, at, vector, many) {
  let sum = 0;
  for (let i = 0; i < many; i += 1) sum += matrix[at + i] * vector[i];
  return sum;
}

function floats(text) {
  return new Float32Array(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer);
}

const W1 = floats('${text(first.weight)}');
const B1 = floats('${text(first.bias)}');
const W2 = floats('${text(weight)}');
const B2 = floats('${text(bias)}');
const PHI = floats('${text(phi)}');
`;
}
