// @ts-check
/** Inputs for a layer that came without any: standard normal, from a seed. An assumption, and told as one. */
import { normals } from './average.js';

/** How many, where the numbers allow it. */
const SAMPLES = 2_000;
const MOST_NUMBERS = 1 << 20;

/** `[samples, d]`. @param {number} d @param {number} seed */
export function drawn(d, seed) {
  const samples = Math.max(64, Math.min(SAMPLES, Math.floor(MOST_NUMBERS / d)));
  return Float32Array.from({ length: samples * d }, normals(seed));
}
