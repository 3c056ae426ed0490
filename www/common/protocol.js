// @ts-check
/**
 * The shapes that cross between the page, its workers and the wasm modules. Nothing but declarations: the table that says what each message
 * means stands at the top of each worker. The lab's are in lab-protocol.js.
 *
 * Everything here is plain data, because only plain data survives `postMessage`.
 */

/** What the modules take and give; the crate declares it, beside its conversions in `src/web/`. */
/** @typedef {import('../pkg/cpu/phi_psi.js').Fields} Fields */
/** @typedef {import('./keys.js').Recipe} Recipe */
/** @typedef {import('../pkg/cpu/phi_psi.js').CheckedRecipe} CheckedRecipe */
/** @typedef {import('../pkg/cpu/phi_psi.js').OpenedLink} OpenedLink */
/** @typedef {import('../pkg/cpu/phi_psi.js').Inspected} Inspected */
/** @typedef {import('../pkg/cpu/phi_psi.js').Report} Report */
/** @typedef {import('../pkg/cpu/phi_psi.js').Evaluation} Evaluation */
/** @typedef {import('../pkg/cpu/phi_psi.js').Sample} Sample */
/** @typedef {import('../pkg/cpu/phi_psi.js').LayerNumbers} LayerNumbers */

/** A layer whose inputs are known, wherever they come from. @typedef {LayerNumbers & { inputs: Float32Array }} WithInputs */

/** The notebook's demo on one draw, and as the notebook prints it. @typedef {import('../pkg/cpu/phi_psi.js').Comparison & { text: string }} Comparison */

/** A run inside a module, or several, of which WebGPU's module can be asked each.
 * @typedef {Omit<import('../pkg/cpu/phi_psi.js').Session, typeof Symbol.dispose> & Partial<Pick<import('../pkg/webgpu/phi_psi.js').Session, 'face'>>} Session */

/** A loaded module that trains: the CPU's, and what only the WebGPU's has.
 * @typedef {typeof import('../pkg/cpu/phi_psi.js') & Partial<Pick<typeof import('../pkg/webgpu/phi_psi.js'), 'planFor' | 'prepare'>> &
 *   { Session: Partial<Pick<typeof import('../pkg/webgpu/phi_psi.js').Session, 'openAll'>> }} Engine */

/** The end of one epoch, with the validation MSE wherever that was computed. @typedef {Omit<Report, 'losses' | 'kept'> & { heldOut: number }} EpochReport */

/** What a link is made of: the recipe as typed, W and x as typed, and the last epoch's MSE.
 * @typedef {{ fields: Fields, W?: string, x?: string, mse?: number }} LinkParts */

/** @typedef {'webgpu' | 'cpu'} Backend */

/** What the address asked for.
 * @typedef {'auto' | Backend} Asked */

/** Why this backend runs; the sentences are in reasons.js. Four are the page's own: `lost`, WebGPU failed and is tried once more (the worker says so too, of
 * the next run), `gone`, it failed and is not tried again, `wrong`, it computed wrong numbers, and `switched`, the visitor took the page's offer.
 * @typedef {'webgpu' | 'asked' | 'switched' | 'no-webgpu' | 'no-adapter' | 'silent' | 'software' | 'slower' | 'refused' | 'self-check' | 'lost' | 'gone' | 'wrong'} Reason */

/** @typedef {{ vendor: string, architecture: string, description: string, software: boolean }} Adapter */

/** The backend that runs, why, the reason's own words where it has any, and the adapter where one was seen.
 * @typedef {{ backend: Backend, reason: Reason, detail: string, adapter: Adapter | null }} Verdict */

/** A run that is open; `solved` and `checkpoint` where it was given a solution. @typedef {{ recipe: Recipe, stepsPerEpoch: number, solved?: Solved[], checkpoint?: Checkpoint }} Opened */

/** All that a run needs to go on from the end of an epoch; `solved` where the solution that the recipe has there is in it. @typedef {{ epoch: number, bytes: Uint8Array, solved?: boolean }} Checkpoint */

/** The last layers were solved for: at the end of which epoch, over how many draws of x and rows of W, and the validation MSE with them.
 * @typedef {{ epoch: number, draws: number, rows: number, heldOut: number }} Solved */

/** Why a worker ended: the GPU under it failed, what that computed was wrong, or the worker itself died.
 * @typedef {'device' | 'wrong' | 'died'} Cause */

/** What the solution comes to that is due where a run is opened, where that is known already. @typedef {{ file: Uint8Array, draws: number, rows: number }} Solution */

/** A layer that is named in what is asked later. @typedef {{ type: 'layer', name: string, numbers: LayerNumbers }} ToHold */

/** @typedef {{ type: 'hello', asked: Asked }
 *   | ToHold
 *   | { type: 'prepare', fields: Fields }
 *   | { type: 'check', id: number, fields: Fields }
 *   | { type: 'read', id: number, fragment: string }
 *   | { type: 'write', id: number, parts: LinkParts }
 *   | { type: 'inspect', id: number, bytes: Uint8Array }
 *   | { type: 'open', id: number, run: number, fields: Fields, weights: Uint8Array | null, seeds: number, checkpoint: Checkpoint | null, solution: Solution | null, seconds: number, careful: number, on: Backend | null }
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
 *   | { type: 'progress', run: number, step: number, seconds: number, reports: EpochReport[], checkpoint?: Checkpoint, audited?: Checkpoint, solving?: number | null, solved?: Solved[] }
 *   | { type: 'freed', run: number }
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

/** What came of one run among many: the held-out MSE, its standard error and the draws it was measured on; the last epoch's MSE; seconds of training.
 * @typedef {{ heldOut: number, heldOutError: number, draws: number, mse: number, seconds: number }} Outcome */

/** A run to be trained among many, or several side by side, of as many seeds counted up from its own: `key` names it, `on` is what it is trained on,
 * `from` where each goes on from, which is the same epoch, with the MSE of its first one, and is empty where they begin; `until` the last epoch, and
 * `whole` asks for every epoch.
 * @typedef {{ key: string, fields: Fields, seeds: number, on: Backend, from: (Checkpoint & { first: number })[], until: number, whole: boolean }} Job */

/** What became of a run since it was last told of: the train and validation MSE of each epoch, and, now and then and at the end, where it can go on
 * from. @typedef {{ mses: Float64Array, heldOuts: Float64Array, checkpoint: Checkpoint | null }} Part */

/** What came of a run, with what was not told of it yet. @typedef {{ outcome: Outcome, part?: Part }} Result */

/** @typedef {({ type: 'run' } & Job) | ToHold | { type: 'predict', id: number, fields: Fields, checkpoint: Uint8Array, W: Float32Array, x: Float32Array }} ToMany */

/** @typedef {Reply
 *   | { type: 'progress', key: string, share: number, at: number, parts: Part[] }
 *   | { type: 'ended', key: string, results: Result[], took: number }
 *   | { type: 'failed', key: string, message: string }
 *   | { type: 'broken', message: string }} FromMany */

export {};
