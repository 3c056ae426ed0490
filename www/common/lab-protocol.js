// @ts-check
/**
 * The shapes that cross between the page, the lab's worker and the lab's module. Nothing but declarations, all of plain data: the table
 * that says what each message means stands at the top of lab-worker.js.
 */

/** @typedef {import('./protocol.js').Fields} Fields */
/** @typedef {import('./protocol.js').Recipe} Recipe */
/** @typedef {import('./protocol.js').Reply} Reply */

/** The sister notebook's toy case, W row by row: its series against φ·ψ by Kronecker features and against GELU_tanh.
 * @typedef {{ d: number, terms: number, W: number[], x: number[], wx: number[], taylor: number[], product: number[], geluTanh: number[], rmseTanh: number, rmseProduct: number, features: number, monomials: number }} TaylorToy */

/**
 * A Taylor series and the least-squares fit of the same powers (`best`, `fitted`).
 * @typedef {object} Taylor
 * @property {number} d
 * @property {number} terms
 * @property {number} features Kronecker features; beyond 2⁵³ a rounded number
 * @property {number} monomials distinct ones among them
 * @property {number[]} powers 1, 2, 4, …
 * @property {number[]} coefficients of the powers, by the series
 * @property {number[]} fitted the best ones over w, x ~ N(0, I)
 * @property {{ r: number, error: number }[]} largest error of the series on [−r, r]
 * @property {{ taylor: number, best: number }} population MSEs
 * @property {{ draws: number, taylor: number, best: number, largest: number, median: number }} held MSEs on the seed's held-out draws, and the series' largest and median error there
 */

/** The two and GELU at some z. @typedef {{ taylor: Float64Array, fitted: Float64Array, gelu: Float64Array }} TaylorCurves */

/**
 * The last layers in closed form. `mse` is over the pairs that were solved on, a little too good; `recipe` has the file's sizes where the
 * hidden layers came from one; `ridges` is what was added to the diagonals of the features' moments.
 * @typedef {{ file: Uint8Array, recipe: Recipe, draws: number, rows: number, rank: number, ridges: number[], mse: number, singularValues: number[] }} Found
 */

/** With the seconds that the worker was at it. @typedef {Found & { seconds: number }} Solved */

/** The population MSE of networks by fresh draws. @typedef {{ draws: number, mse: number, standardError: number }} Estimate */

/** @typedef {Estimate & { seconds: number }} Estimated */

/** @typedef {{ type: 'floors', id: number, d: number, most: number }
 *   | { type: 'toy', id: number }
 *   | { type: 'taylor', id: number, d: number, terms: number, seed: number, draws: number }
 *   | { type: 'curves', id: number, d: number, terms: number, z: Float64Array }
 *   | { type: 'solve', id: number, fields: Fields, weights: Uint8Array | null, draws: number }
 *   | { type: 'evaluate', id: number, file: Uint8Array, seed: number, draws: number }} ToLab */

/** In a refusal `key` may also be `draws`.
 * @typedef {Reply
 *   | { type: 'progress', id: number, done: number }
 *   | { type: 'fatal', message: string }} FromLab */

/** Work that is done piece by piece: `advance` says how much of the whole is done. @template Result
 * @typedef {{ advance: (blocks: number) => number, finish: () => Result, free: () => void }} Work */

/** The loaded module.
 * @typedef {object} LabModule
 * @property {(d: number, most: number) => Float64Array} floors
 * @property {() => TaylorToy} taylorToy
 * @property {(d: number, terms: number, seed: number, draws: number) => Taylor} taylor
 * @property {(d: number, terms: number, z: Float64Array) => TaylorCurves} taylorCurves
 * @property {{ open: (fields: Fields, weights: Uint8Array | undefined, draws: number) => Work<Found> }} Solve
 * @property {{ open: (file: Uint8Array, seed: number, draws: number) => Work<Estimate> }} Population
 */

export {};
