// @ts-check
/** Layers to test with: made from a seed, as files and as the lab takes them. */
import { createHash } from 'node:crypto';
import { normals } from '../../www/view/seeds/average.js';

/** @typedef {import('../../www/common/lab-protocol.js').LayerNumbers} LayerNumbers */

/** How recipes name a file. @param {Uint8Array} bytes */
export function nameOf(bytes) {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

/** A safetensors file. @param {Record<string, { dtype?: string, shape: number[], bytes: Uint8Array }>} tensors @param {Record<string, string>} [metadata] */
export function safetensors(tensors, metadata = {}) {
  let end = 0;
  const header = Object.entries(tensors).map(([name, { dtype = 'F32', shape, bytes }]) => {
    const start = end;
    end += bytes.length;
    return [name, { dtype, shape, data_offsets: [start, end] }];
  });
  const text = new TextEncoder().encode(JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(header) }));
  const file = new Uint8Array(8 + text.length + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  let at = 8 + text.length;
  for (const { bytes } of Object.values(tensors)) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

/** Numbers of a tensor, as it stands in a file. @param {ArrayLike<number>} values @param {...number} shape */
export function f32(values, ...shape) {
  const floats = Float32Array.from(values);
  return { shape, bytes: new Uint8Array(floats.buffer) };
}

/**
 * A layer whose inputs live in `rank` dimensions, with a head that tells which of the classes' corners an input is nearest to.
 * @param {{ d: number, rows: number, samples: number, rank: number, classes: number, seed: number }} sizes @returns {Required<LayerNumbers>}
 */
export function layer({ d, rows, samples, rank, classes, seed }) {
  const normal = normals(seed);
  const some = (/** @type {number} */ many, scale = 1) => Float32Array.from({ length: many }, () => scale * normal());
  const [basis, codes] = [some(rank * d), some(samples * rank)];
  const inputs = Float32Array.from({ length: samples * d }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < rank; k += 1) sum += (codes[Math.floor(i / d) * rank + k] * basis[k * d + (i % d)]) / (1 + k);
    return sum;
  });
  const [weight, bias, headWeight, headBias] = [some(rows * d, 1 / Math.sqrt(d)), some(rows, 0.5), some(classes * rows), some(classes)];
  const labels = Uint32Array.from({ length: samples }, (_, i) => Math.abs(Math.floor(3 * codes[i * rank])) % classes);
  return { d, kept: 0, weight, bias, inputs, headWeight, headBias, labels };
}
