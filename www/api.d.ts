/**
 * The types of `api.js`: φ·ψ for other pages. What each call does stands in `api.html`. The tests hold this file to the code.
 */

/** What defines a run. The last ones only where it leaves the notebook's path. */
export interface Recipe {
  /** The layer's width, from 1 to 257. */
  d: number;
  /** The features that Φ and Ψ meet in, from 1 to 256. */
  m: number;
  /** Hidden units in each network, from 1 to 1,024. */
  hidden: number;
  /** Training draws, up to 1,048,576. */
  n: number;
  /** Draws in a mini-batch. */
  batch: number;
  /** Up to 100,000. */
  epochs: number;
  /** The learning rate, from 1e-7 to 1. */
  lr: number;
  /** Of every draw, from 0 to 4,294,967,295. */
  seed: number;
  /** `'1'`: new draws every epoch. */
  fresh?: string;
  /** `'cosine'`: the learning rate falls along half a cosine. */
  schedule?: string;
  /** `'10:0.0005'`: another learning rate from epoch 10 on; several with commas between them. */
  rates?: string;
  /** `'30:1024'`: the last layers in closed form over 1,024 draws at the end of epoch 30; several with commas between them. */
  solve?: string;
  /** Runs of as many seeds, counted up from `seed`: 1 to 1,024. */
  seeds?: number;
  /** The layer that W and x are taken from: the beginning of its file's SHA-256, and behind a colon the scale of inputs that it does not have. */
  layer?: string;
  /** What is learned in the place of GELU: `'gelu-tanh'`, `'relu'`, `'silu'`, `'tanh'`, `'sin'`, `'softplus'`, `'abs'` or `'square'`. */
  target?: string;
}

/** A recipe as it is typed into a form, key by key. */
export type Fields = Record<string, string>;

export type Backend = 'webgpu' | 'cpu';

export interface Adapter {
  vendor: string;
  architecture: string;
  description: string;
  software: boolean;
}

/** Which backend computes, and why; `detail` is the reason's own words, where it has any. */
export interface Verdict {
  backend: Backend;
  reason:
    | 'webgpu'
    | 'asked'
    | 'switched'
    | 'no-webgpu'
    | 'no-adapter'
    | 'silent'
    | 'software'
    | 'slower'
    | 'refused'
    | 'self-check'
    | 'lost'
    | 'gone'
    | 'wrong';
  detail: string;
  adapter: Adapter | null;
}

/** The end of an epoch; `mses` and `heldOuts` are those of each seed, where several are trained side by side. */
export interface EpochReport {
  epoch: number;
  mse: number;
  /** What the notebook prints. */
  line: string;
  /** The validation MSE: over held-out draws that are watched, at the end of the epoch. */
  heldOut: number;
  mses?: Float64Array;
  heldOuts?: Float64Array;
}

/** The notebook's demo on one draw; `W` row by row. */
export interface Comparison {
  d: number;
  W: number[];
  x: number[];
  wx: number[];
  approx: number[];
  yardstick: number[];
  rmse: number;
  /** What the notebook prints. */
  text: string;
}

/** The error over held-out draws; `mseError` and `meanError` are standard errors, `mean` is the mean of y' − y. */
export interface Evaluation {
  draws: number;
  mse: number;
  mseError: number;
  mean: number;
  meanError: number;
  rmse: number;
  rmseYardstick: number;
}

export interface Options {
  /** `'auto'`, the default: WebGPU where it is really usable. */
  backend?: 'auto' | Backend;
  /** The bytes of a `.safetensors` file that take the place of the seed's weights. */
  weights?: Uint8Array;
  /**
   * The bytes of a layer's `.safetensors` file that the draws are taken from; the recipe's d is its inputs and one more, for the bias. Where the
   * recipe names a layer it must be that one, with the scale that is in its name.
   */
  layer?: Uint8Array;
  /** Runs side by side, from 1 to 1,024, of as many seeds, counted up from the recipe's. */
  seeds?: number;
}

/** Opens a run of a recipe, or of a link. A recipe, link or file that is refused rejects with a `RefusalError`. */
export function openRun(recipe: Recipe | string, options?: Options): Promise<Run>;

/** One run, made by `openRun`. Its questions are answered by the weights of that moment, and refused with a `LostError` once it has failed or was closed. */
export class Run {
  private constructor();
  get recipe(): Recipe;
  get backend(): Verdict | null;
  get history(): readonly EpochReport[];
  get seconds(): number;
  epochs(): AsyncGenerator<EpochReport, void, void>;
  changeRate(lr: number): Promise<void>;
  compare(draw?: number): Promise<Comparison>;
  compareWith(W: number[], x: number[]): Promise<Comparison>;
  predict(W: ArrayLike<number>, x: ArrayLike<number>): Promise<Float32Array>;
  evaluate(): Promise<Evaluation | null>;
  weights(): Promise<Uint8Array>;
  link(): Promise<string>;
  close(): void;
}

/** A request that cannot be met, in a sentence; `key` names the recipe's key that is wrong, or is empty. */
export class RefusalError extends Error {
  constructor(key: string, message: string);
  name: 'RefusalError';
  key: string;
}

/** The run failed or was closed before it answered; the message says which. */
export class LostError extends Error {
  name: 'LostError';
}

/** Weights that a run begins with, and the file that they came in. */
export interface Source {
  name: string;
  bytes: Uint8Array;
  d: number;
  m: number;
  hidden: number;
}

/** The run that a trainer holds. */
export interface HeldRun {
  readonly fields: Fields;
  readonly recipe: Recipe;
  readonly source: Source | null;
  readonly seeds: number;
  readonly history: readonly EpochReport[];
  readonly step: number;
  readonly seconds: number;
}

/** What the page's own buttons hang on: one run at a time. Its events are `state`, `backend`, `run`, `recipe`, `progress`, `rewound`, `rates`, `news`, `source`, `ensemble` and `picked`. */
export class Trainer extends EventTarget {
  constructor(asked: 'auto' | Backend);
  get state(): 'idle' | 'probing' | 'running' | 'paused' | 'done' | 'failed';
  get failure(): string;
  get verdict(): Verdict | null;
  get run(): HeldRun | null;
  get source(): Source | null;
  set source(source: Source | null);
  get busy(): boolean;
  get resumable(): boolean;
  check(fields: Fields): Promise<{ recipe: Recipe; memory: { cpu: number; webgpu: number }; stepsPerEpoch: number; flopsPerDraw: number }>;
  readLink(fragment: string): Promise<{ recipe: Recipe; play: boolean; W?: string; x?: string; mse?: number }>;
  writeLink(parts: { fields: Fields; W?: string; x?: string; mse?: number }): Promise<string>;
  inspect(bytes: Uint8Array): Promise<{ d: number; m: number; hidden: number; recipe?: Recipe }>;
  open(fields: Fields, seeds?: number): Promise<void>;
  train(fields: Fields): Promise<void>;
  step(fields: Fields): Promise<void>;
  pause(): void;
  resume(): void;
  replay(): Promise<void>;
  compare(draw: number, fields: Fields): Promise<Comparison>;
  compareWith(W: string, x: string, fields: Fields): Promise<Comparison>;
  predict(W: Float32Array, x: Float32Array, fields: Fields): Promise<Float32Array>;
  sample(entries: number): Promise<{ z: Float32Array; y: Float32Array; approx: Float32Array }>;
  weights(fields: Fields, notes?: Record<string, string>): Promise<Uint8Array>;
  changeRate(lr: string): Promise<void>;
  evaluate(): Promise<Evaluation | null>;
  close(): void;
}
