// @ts-check
/**
 * The shapes that cross between the page, its workers and the wasm modules. Nothing but declarations: the table that says what each message
 * means stands at the top of each worker. The lab's are in lab-protocol.js.
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

/** The end of one epoch; `line` is what the notebook prints, `heldOut` the MSE over the held-out draws that are watched. Where several seeds are
 * trained side by side these are the first one's, and `mses` and `heldOuts` have those of each.
 * @typedef {{ epoch: number, mse: number, line: string, heldOut: number, mses?: Float64Array, heldOuts?: Float64Array }} EpochReport */

/** The same as a module reports it: with the losses that an audit repeats, `kept` where a checkpoint was kept of this moment, and the held-out error
 * only where the device watches it along.
 * @typedef {Omit<EpochReport, 'heldOut'> & { heldOut?: number, losses: Float32Array, kept?: boolean }} Report */

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

/** Why this backend runs; the sentences are in reasons.js. Three are the page's own: `lost`, WebGPU failed (the worker says so too, of the next run), `wrong`, it
 * computed wrong numbers, and `switched`, the visitor took the page's offer.
 * @typedef {'webgpu' | 'asked' | 'switched' | 'no-webgpu' | 'no-adapter' | 'silent' | 'software' | 'slower' | 'refused' | 'self-check' | 'lost' | 'wrong'} Reason */

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
 *   | { type: 'prepare', fields: Fields }
 *   | { type: 'check', id: number, fields: Fields }
 *   | { type: 'read', id: number, fragment: string }
 *   | { type: 'write', id: number, parts: LinkParts }
 *   | { type: 'inspect', id: number, bytes: Uint8Array }
 *   | { type: 'open', id: number, run: number, fields: Fields, weights: Uint8Array | null, seeds: number, checkpoint: Uint8Array | null, seconds: number, careful: number, on: Backend | null }
 *   | { type: 'train', run: number, until: number }
 *   | { type: 'pause', run: number }
 *   | { type: 'draw', id: number, draw: number }
 *   | { type: 'typed', id: number, W: string, x: string }
 *   | { type: 'predict', id: number, W: Float32Array, x: Float32Array }
 *   | { type: 'weights', id: number, notes: Record<string, string> }
 *   | { type: 'sample', id: number, entries: number }
 *   | { type: 'rate', id: number, lr: string }
 *   | { type: 'evaluate', id: number }} ToWorker */

/** What a worker says to a request, by its id. In a refusal `key` names a field, or is empty.
 * @typedef {{ type: 'answer', id: number, value: unknown }
 *   | { type: 'refusal', id: number, key: string, message: string }} Reply */

/** @typedef {{ type: 'ready' }
 *   | { type: 'broken', message: string }
 *   | { type: 'probing' }
 *   | { type: 'backend', verdict: Verdict }
 *   | { type: 'measured', shape: string, backend: Backend, rate: number, adapter: Adapter | null }
 *   | { type: 'unfit', verdict: Verdict }
 *   | Reply
 *   | { type: 'progress', run: number, step: number, seconds: number, reports: EpochReport[], checkpoint?: Checkpoint, audited?: Checkpoint }
 *   | { type: 'stopped', run: number, done: boolean, diverged: boolean }
 *   | { type: 'fatal', message: string, cause: Cause }} FromWorker */

/** @typedef {{ type: 'measure', asked: Asked, recipe: Recipe, backends: Backend[] }} ToTrial */

/** @typedef {{ type: 'measured', backend: Backend, rate: number, adapter: Adapter | null }
 *   | { type: 'unusable', verdict: Verdict }
 *   | { type: 'finished' }
 *   | { type: 'failed', message: string }} FromTrial */

/**
 * What to train for the bench: `h` hidden units, mini-batches of `B` of `N` draws. `readLoss` is how often each loss is brought to the host: `step`
 * waits for every one, `epoch` leaves it to the module, as a run does.
 * @typedef {object} Workload
 * @property {number} d @property {number} m @property {number} h @property {number} B @property {number} N @property {number} seed
 * @property {'epoch' | 'step'} [readLoss]
 * @property {number} [seeds] runs side by side, counted up from the seed; the loss told is the first one's
 */

/** @typedef {{ type: 'measure', backend: Backend, workload: Workload }} ToBench */

/** @typedef {{ type: 'chosen', adapter: Adapter | null }
 *   | { type: 'first' }
 *   | { type: 'measured', rate: number }
 *   | { type: 'unusable', verdict: Verdict }
 *   | { type: 'failed', message: string }} FromBench */

/** What came of one run of a sweep: the held-out MSE, its standard error and the draws it was measured on; the last epoch's MSE; seconds of training.
 * @typedef {{ heldOut: number, heldOutError: number, draws: number, mse: number, seconds: number }} Outcome */

/** @typedef {{ type: 'run', key: string, fields: Fields }} ToSweep */

/** @typedef {{ type: 'progress', key: string, share: number }
 *   | { type: 'ended', key: string, outcome: Outcome, took: number }
 *   | { type: 'failed', key: string, message: string }
 *   | { type: 'broken', message: string }} FromSweep */

/** One run inside a module, or several of seeds that follow one another. One call at a time: a second call while one awaits throws.
 * @typedef {object} Session
 * @property {(microBatches: number, until: number) => number} queue how many micro-batches it were; none where nothing is left up to that epoch
 * @property {() => Promise<Report[]>} collect what was asked for first
 * @property {number} pending how often `collect` has something to wait for
 * @property {() => void} watchAlong has the draws that are watched be evaluated along with training
 * @property {() => void} keep has a checkpoint be kept as the next epoch ends
 * @property {() => Promise<Uint8Array | undefined>} checkpoint the one that was kept, or the run as it is; undefined within an epoch, and where a number is not finite
 * @property {(microBatches: number) => Promise<number | undefined>} watch the MSE over the held-out draws that are watched, with their last slice
 * @property {(entries: number) => Promise<Sample>} sample
 * @property {(lr: string) => Recipe} changeRate
 * @property {() => Float32Array} losses of the present epoch's steps that have been collected
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
 * @property {(software: boolean, memory?: number) => void} [planFor] on WebGPU's module only: has it plan as for another adapter
 * @property {(fields: Fields) => Promise<void>} [prepare] on WebGPU's module only: compiles what runs of a recipe need
 * @property {() => Promise<Float32Array>} selfCheck
 * @property {(checkpoint: Uint8Array) => Float32Array} audit on the CPU's module only: the losses that follow a checkpoint
 * @property {{ open: (fields: Fields, weights?: Uint8Array, checkpoint?: Uint8Array, seeds?: number) => Promise<Session> }} Session
 */

export {};
