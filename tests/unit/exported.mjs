// @ts-check
/** Runs that are trained by the page's module and taken away; and what they predict on draws of the tests' own. */
import { trained } from './module.mjs';

/** @typedef {import('../../www/common/protocol.js').Engine} Engine */
/** @typedef {import('../../www/common/protocol.js').Recipe} Recipe */
/** @typedef {import('../../www/common/protocol.js').Session} Session */

/** @typedef {{ W: number[], x: number[] }} Draws */

/** A run that has left the page, and what was predicted by it.
 * @typedef {{ recipe: Recipe, weights: Uint8Array, epochs: number, mse: number | null, draws: Draws, y: number[] }} ExportedRun */

/** Recipes of every kind of shape: the notebook's, the smallest, odd ones, a wide one. @type {Recipe[]} */
export const RECIPES = [
  { d: 2, m: 16, hidden: 64, n: 1024, batch: 64, epochs: 5, lr: 0.001, seed: 42 },
  { d: 1, m: 1, hidden: 1, n: 7, batch: 3, epochs: 2, lr: 1e-7, seed: 4_294_967_295 },
  { d: 3, m: 5, hidden: 7, n: 200, batch: 64, epochs: 3, lr: 0.003, seed: 0 },
  { d: 8, m: 32, hidden: 128, n: 512, batch: 128, epochs: 2, lr: 0.001, seed: 7 },
];

/** @param {Recipe} recipe */
export function shapeOf({ d, m, hidden }) {
  return `d=${d} m=${m} hidden=${hidden}`;
}

/** So many draws of normal numbers, the same each time. @param {number} d @param {number} count @returns {Draws} */
export function draw(d, count) {
  let state = 1;
  const uniform = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const normal = () => Math.fround(Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()));
  return { W: Array.from({ length: count * d * d }, normal), x: Array.from({ length: count * d }, normal) };
}

/**
 * Trains the recipe, and takes it away.
 * @param {Engine} engine @param {Recipe} recipe
 * @param {{ epochs?: number, draws?: number }} [extent] epochs to train, all of the recipe's otherwise, and draws to predict
 * @returns {Promise<ExportedRun & { session: Session }>}
 */
export async function exportRun(engine, recipe, { epochs = recipe.epochs, draws: count = 64 } = {}) {
  const { session, history } = await trained(engine, fieldsOf(recipe), { until: epochs });
  const draws = draw(recipe.d, count);
  const y = [...(await session.predict(Float32Array.from(draws.W), Float32Array.from(draws.x)))];
  return { recipe, weights: await session.weightsFile({}), epochs, mse: history.at(-1)?.mse ?? null, draws, y, session };
}

/** What is predicted by the weights of a file. @param {Engine} engine @param {Recipe} recipe @param {Uint8Array} weights @param {Draws} draws @returns {Promise<number[]>} */
export async function predictBy(engine, recipe, weights, { W, x }) {
  const session = await engine.Session.open(fieldsOf(recipe), weights);
  return [...(await session.predict(Float32Array.from(W), Float32Array.from(x)))];
}

/** The recipe as it is typed. @param {Recipe} recipe */
export function fieldsOf(recipe) {
  return Object.fromEntries(Object.entries(recipe).map(([key, value]) => [key, String(value)]));
}

/** The first of the draws with its prediction, as the notebook takes it. @param {ExportedRun} run */
export function firstPrediction({ recipe: { d }, draws: { W, x }, y }) {
  return { W: W.slice(0, d * d), x: x.slice(0, d), y: y.slice(0, d) };
}

/** The largest difference, in parts of the largest number expected. @param {ArrayLike<number>} found @param {ArrayLike<number>} expected */
export function difference(found, expected) {
  if (found.length !== expected.length) return Infinity;
  const apart = Array.from(expected, (value, i) => Math.abs(found[i] - value));
  // `some`, since a NaN is no maximum.
  return apart.some(Number.isNaN) ? NaN : Math.max(...apart) / Math.max(...Array.from(expected, Math.abs));
}
