// @ts-check
/**
 * The functions that Φ(W)·Ψ(x) can learn, as pictures and words have them. The recipe's key `target` names one; what a run trains on and is
 * judged by is the module's. Pure.
 */
import { gelu, geluTanh } from './gelu.js';

/** As it is written, and in double precision. @typedef {{ shown: string, at: (z: number) => number }} Target */

/** By the recipe's name for it. @type {Record<string, Target>} */
const TARGETS = {
  gelu: { shown: 'GELU', at: gelu },
  'gelu-tanh': { shown: 'GELU_tanh', at: geluTanh },
  relu: { shown: 'ReLU', at: (z) => Math.max(z, 0) },
  silu: { shown: 'SiLU', at: (z) => z / (1 + Math.exp(-z)) },
  tanh: { shown: 'tanh', at: Math.tanh },
  sin: { shown: 'sin', at: Math.sin },
  softplus: { shown: 'softplus', at: (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) },
  abs: { shown: 'abs', at: Math.abs },
  square: { shown: 'square', at: (z) => z * z },
};

/** Functions that have a corner at 0, and so no series about it; those that are odd; those whose series converges everywhere. */
export const CORNERED = ['relu', 'abs'];
export const ODD = ['tanh', 'sin'];
export const ENTIRE = ['gelu', 'sin', 'square'];

/** What a recipe's run learns: GELU, the notebook's, where it does not say. @param {{ target?: string } | null | undefined} recipe */
export function targetOf(recipe) {
  return TARGETS[recipe?.target ?? 'gelu'];
}

/** What the demo compares with: GELU's tanh form, as in the notebook, or the other function that is learned. @param {{ target?: string } | null | undefined} recipe */
export function yardstickOf(recipe) {
  return targetOf(targetOf(recipe) === TARGETS.gelu ? { target: 'gelu-tanh' } : recipe);
}
