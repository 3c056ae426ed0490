// @ts-check
/**
 * The shapes that cross between the page, the worker and the wasm modules. Nothing but declarations: the tables that say what
 * each message means stand at the top of worker.js, trial-worker.js and sweep-worker.js.
 *
 * Everything here is plain data, because only plain data survives `postMessage`.
 */

/** What was typed into the recipe form, key by key, unread: the one validator is in the module.
 * @typedef {Record<string, string>} Fields */

/** The last three only where they are not as the notebook has them: `fresh` is `1`, `schedule` `cosine`, `rates` `10:0.0005,20:0.0001`.
 * @typedef {{ d: number, m: number, hidden: number, n: number, batch: number, epochs: number, lr: number, seed: number,
 *   fresh?: string, schedule?: string, rates?: string }} Recipe */

/** A recipe that passed, with what it will cost; `memory` is in bytes, on each backend.
 * @typedef {{ recipe: Recipe, memory: Record<Backend, number>, stepsPerEpoch: number, flopsPerDraw: number }} CheckedRecipe */

/** The end of one epoch; `line` is what the notebook prints, `heldOut` the MSE over the held-out draws that are watched.
 * @typedef {{ epoch: number, mse: number, line: string, heldOut: number }} EpochReport */

/** The notebook's demo on one draw; `text` is its print, and `W` is row-major.
 * @typedef {{ d: number, W: number[], x: number[], wx: number[], approx: number[], geluTanh: number[], rmse: number, text: string }} Comparison */

/** The error over held-out draws, against exact GELU and (`rmseTanh`) against its tanh form; `mean` is the mean of the error with its sign.
 * `mseError` and `meanError` are standard errors over draws.
 * @typedef {{ draws: number, mse: number, mseError: number, mean: number, meanError: number, rmse: number, rmseTanh: number }} Evaluation */

/** What the networks make of some held-out draws, entry by entry: z = Wx, y = GELU(z) and y'.
 * @typedef {{ z: Float32Array, y: Float32Array, approx: Float32Array }} Sample */

/** What a link is made of: the recipe as typed, W and x as typed, and the last epoch's MSE.
 * @typedef {{ fields: Fields, W?: string, x?: string, mse?: number }} LinkParts */

/** What a link says; `play` asks the page to start by itself.
 * @typedef {{ recipe: Recipe, W?: string, x?: string, mse?: number, play: boolean }} OpenedLink */

/** @typedef {'webgpu' | 'cpu'} Backend */

/** What the address asked for.
 * @typedef {'auto' | Backend} Asked */

/** Why this backend runs; the sentences are in reasons.js. Three are the page's own: `lost`, WebGPU failed during a run, `wrong`, it
 * computed wrong numbers, and `switched`, the visitor took the page's offer.
 * @typedef {'webgpu' | 'asked' | 'switched' | 'no-webgpu' | 'no-adapter' | 'silent' | 'software' | 'missing-feature' | 'refused' | 'self-check' | 'lost' | 'wrong'} Reason */

/** @typedef {{ vendor: string, architecture: string, description: string, software: boolean }} Adapter */

/** The backend that runs, why, the reason's own words where it has any, and the adapter where one was seen.
 * @typedef {{ backend: Backend, reason: Reason, detail: string, adapter: Adapter | null }} Verdict */

/** @typedef {{ recipe: Recipe, stepsPerEpoch: number }} Opened */

/** All that a run needs to go on from the end of an epoch. @typedef {{ epoch: number, bytes: Uint8Array }} Checkpoint */

/** Why a worker ended: the GPU under it failed, what that computed was wrong, or the worker itself died.
 * @typedef {'device' | 'wrong' | 'died'} Cause */

/** The networks' sizes in a weights file, and the recipe they were trained by where the file tells one that can be believed.
 * @typedef {{ d: number, m: number, hidden: number, recipe?: Recipe }} Inspected */

/** @typedef {{ type: 'hello', asked: Asked }
 *   | { type: 'check', id: number, fields: Fields }
 *   | { type: 'read', id: number, fragment: string }
 *   | { type: 'write', id: number, parts: LinkParts }
 *   | { type: 'inspect', id: number, bytes: Uint8Array }
 *   | { type: 'open', id: number, run: number, fields: Fields, weights: Uint8Array | null, checkpoint: Uint8Array | null, seconds: number, careful: number }
 *   | { type: 'train', run: number, until: number }
 *   | { type: 'pause', run: number }
 *   | { type: 'draw', id: number, draw: number }
 *   | { type: 'typed', id: number, W: string, x: string }
 *   | { type: 'predict', id: number, W: Float32Array, x: Float32Array }
 *   | { type: 'weights', id: number, notes: Record<string, string> }
 *   | { type: 'sample', id: number, entries: number }
 *   | { type: 'rate', id: number, lr: string }
 *   | { type: 'evaluate', id: number }} ToWorker */

/** @typedef {{ type: 'ready' }
 *   | { type: 'broken', message: string }
 *   | { type: 'probing' }
 *   | { type: 'backend', verdict: Verdict }
 *   | { type: 'unfit', verdict: Verdict }
 *   | { type: 'answer', id: number, value: unknown }
 *   | { type: 'refusal', id: number, key: string, message: string }
 *   | { type: 'progress', run: number, step: number, seconds: number, reports: EpochReport[], checkpoint?: Checkpoint, audited?: Checkpoint }
 *   | { type: 'stopped', run: number, done: boolean, diverged: boolean }
 *   | { type: 'fatal', message: string, cause: Cause }} FromWorker */

/** @typedef {{ type: 'measure', asked: Asked, recipe: Recipe, backends: Backend[] }} ToTrial */

/** @typedef {{ type: 'measured', backend: Backend, rate: number, adapter: Adapter | null }
 *   | { type: 'unusable', verdict: Verdict }
 *   | { type: 'finished' }
 *   | { type: 'failed', message: string }} FromTrial */

/** What came of one run of a sweep: the held-out MSE, its standard error and the draws it was measured on; the last epoch's MSE; seconds of training.
 * @typedef {{ heldOut: number, heldOutError: number, draws: number, mse: number, seconds: number }} Outcome */

/** @typedef {{ type: 'run', key: string, fields: Fields }} ToSweep */

/** @typedef {{ type: 'progress', key: string, share: number }
 *   | { type: 'ended', key: string, outcome: Outcome, took: number }
 *   | { type: 'failed', key: string, message: string }
 *   | { type: 'broken', message: string }} FromSweep */

/** One run inside a module. One call at a time: a second call while one awaits throws.
 * @typedef {object} Session
 * @property {(microBatches: number) => Promise<Omit<EpochReport, 'heldOut'> & { losses: Float32Array } | undefined>} advance with the losses that an audit repeats
 * @property {() => Promise<Uint8Array | undefined>} checkpoint undefined within an epoch, and where a number is not finite
 * @property {(microBatches: number) => Promise<number | undefined>} watch the MSE over the held-out draws that are watched, with their last slice
 * @property {(entries: number) => Promise<Sample>} sample
 * @property {(lr: string) => Recipe} changeRate
 * @property {(steps: number) => void} readEvery
 * @property {() => Promise<Float32Array>} losses of the present epoch's steps so far; when it resolves, they are done
 * @property {number} epoch
 * @property {number} step
 * @property {number} stepsPerEpoch
 * @property {number} microBatchesPerStep
 * @property {boolean} done nothing is left to train: the recipe is done, or the run has diverged
 * @property {boolean} diverged
 * @property {(draw: number) => Promise<Comparison>} compare
 * @property {(W: string, x: string) => Promise<Comparison>} compareWith
 * @property {(W: Float32Array, x: Float32Array) => Promise<Float32Array>} predict
 * @property {(notes: Record<string, string>) => Promise<Uint8Array>} weightsFile
 * @property {(microBatches: number) => Promise<Evaluation | undefined>} evaluate
 * @property {() => void} free
 */

/** A loaded wasm module; both backends export the same names.
 * @typedef {object} Engine
 * @property {(input?: unknown) => Promise<unknown>} default
 * @property {() => string} backend
 * @property {(fields: Fields) => CheckedRecipe} check
 * @property {(fragment: string) => OpenedLink} readLink
 * @property {(fields: Fields, W: string | undefined, x: string | undefined, mse: number | undefined, play: boolean) => string} writeLink
 * @property {(bytes: Uint8Array) => Inspected} readWeights
 * @property {() => Promise<void>} openDevice
 * @property {() => Promise<Float32Array>} selfCheck
 * @property {(checkpoint: Uint8Array) => Float32Array} audit on the CPU's module only: the losses that follow a checkpoint
 * @property {{ open: (fields: Fields, weights?: Uint8Array, checkpoint?: Uint8Array) => Promise<Session> }} Session
 */

export {};
