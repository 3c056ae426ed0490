// @ts-check
/** Runs that are opened through the page's API, trained, and taken away; and what they predict on draws of the tests' own. */
import { Buffer } from 'node:buffer';

/** @typedef {import('../../www/common/protocol.js').Recipe} Recipe */
/** @typedef {import('./browser.mjs').Visitor} Visitor */

/** @typedef {{ W: number[], x: number[] }} Draws */

/** A run that has left the page, and what the page predicts by it.
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
 * Trains the recipe in the page.
 * @param {Visitor} visitor @param {Recipe} recipe
 * @param {{ epochs?: number, draws?: number }} [extent] epochs to train, all of the recipe's otherwise, and draws to predict
 * @returns {Promise<ExportedRun>}
 */
export async function exportRun({ page }, recipe, { epochs = recipe.epochs, draws: count = 64 } = {}) {
  const draws = draw(recipe.d, count);
  const { weights, y, mse } = await page.evaluate(
    async ({ recipe, epochs, draws }) => {
      const load = (/** @type {string} */ name) => import(new URL(`www/${name}`, document.baseURI).href);
      const [{ openRun }, { base64 }] = [await load('api.js'), await load('export/base64.js')];
      const run = await openRun(recipe, { backend: 'cpu' });
      if (epochs > 0) for await (const { epoch } of run.epochs()) if (epoch === epochs) break;
      const weights = base64(await run.weights());
      const y = [...(await run.predict(draws.W, draws.x))];
      const mse = epochs > 0 ? run.history[epochs - 1].mse : null;
      run.close();
      return { weights, y, mse };
    },
    { recipe, epochs, draws },
  );
  return { recipe, weights: Buffer.from(weights, 'base64'), epochs, mse, draws, y };
}

/** What the page predicts by the weights of a file. @param {Visitor} visitor @param {Recipe} recipe @param {Uint8Array} weights @param {Draws} draws @returns {Promise<number[]>} */
export function predictBy({ page }, recipe, weights, draws) {
  return page.evaluate(
    async ({ recipe, weights, draws }) => {
      const { openRun } = await import(new URL('www/api.js', document.baseURI).href);
      const bytes = Uint8Array.from(atob(weights), (character) => character.charCodeAt(0));
      const run = await openRun(recipe, { backend: 'cpu', weights: bytes });
      const y = [...(await run.predict(draws.W, draws.x))];
      run.close();
      return y;
    },
    { recipe, weights: Buffer.from(weights).toString('base64'), draws },
  );
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
