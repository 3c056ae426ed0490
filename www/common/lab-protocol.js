// @ts-check
/**
 * The shapes that cross between the page, the lab's worker and the lab's module. Nothing but declarations, all of plain data: the table
 * that says what each message means stands at the top of lab-worker.js.
 */

/** What the lab's module takes and gives; the crate declares it, beside its conversions in `src/web/lab.rs`. */
/** @typedef {import('../pkg/lab/phi_psi.js').Fields} Fields */
/** @typedef {import('./protocol.js').LayerNumbers} LayerNumbers */
/** @typedef {import('./protocol.js').Reply} Reply */
/** @typedef {import('../pkg/lab/phi_psi.js').TaylorToy} TaylorToy */
/** @typedef {import('../pkg/lab/phi_psi.js').Taylor} Taylor */
/** @typedef {import('../pkg/lab/phi_psi.js').TaylorCurves} TaylorCurves */
/** @typedef {import('../pkg/lab/phi_psi.js').Solution} Solution */
/** @typedef {import('../pkg/lab/phi_psi.js').Atlas} Atlas */
/** @typedef {import('../pkg/lab/phi_psi.js').MethodCourse} MethodCourse */
/** @typedef {import('../pkg/lab/phi_psi.js').MethodCourses} MethodCourses */
/** @typedef {import('../pkg/lab/phi_psi.js').MethodCopy} MethodCopy */
/** @typedef {import('../pkg/lab/phi_psi.js').MethodCopies} MethodCopies */
/** @typedef {import('../pkg/lab/phi_psi.js').Estimate} Estimate */
/** @typedef {import('../pkg/lab/phi_psi.js').LayerErrors} LayerErrors */

/** With the seconds that the worker was at it. @typedef {Solution & { seconds: number }} Solved */

/** @typedef {Estimate & { seconds: number }} Estimated */

/** @typedef {import('../pkg/lab/phi_psi.js').Replaced & { seconds: number }} Replaced */

/** @typedef {import('./protocol.js').ToHold
 *   | { type: 'floors', id: number, d: number, most: number, target?: string }
 *   | { type: 'atlas', id: number, d: number, scale: number, target?: string }
 *   | { type: 'methods', id: number, fields: Fields, radius: number, files: Uint8Array[] }
 *   | { type: 'copies', id: number, fields: Fields, w: Float64Array, x: Float64Array }
 *   | { type: 'toy', id: number }
 *   | { type: 'taylor', id: number, d: number, terms: number, seed: number, draws: number, target?: string }
 *   | { type: 'curves', id: number, d: number, terms: number, z: Float64Array, target?: string }
 *   | { type: 'solve', id: number, fields: Fields, weights: Uint8Array | null, draws: number }
 *   | { type: 'evaluate', id: number, file: Uint8Array, seed: number, draws: number, target?: string }
 *   | { type: 'replace', id: number, layer: LayerNumbers, hidden: number, seed: number }
 *   | { type: 'assumed', id: number, d: number, scale: number }
 *   | { type: 'seen', id: number, fields: Fields, weights: Uint8Array }
 *   | { type: 'layer-floors', id: number, fields: Fields }} ToLab */

/** In a refusal `key` may also be `draws`.
 * @typedef {Reply
 *   | { type: 'progress', id: number, done: number }
 *   | { type: 'fatal', message: string }} FromLab */

/** Work that is done piece by piece: `advance` says how much of the whole is done. @template Result
 * @typedef {{ advance: (blocks: number) => number, finish: () => Result, free: () => void }} Work */

/** The loaded module. @typedef {typeof import('../pkg/lab/phi_psi.js')} LabModule */

export {};
