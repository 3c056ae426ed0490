// @ts-check
/**
 * Runs for other pages, as `www/api.js` hands them out: opened, pulled epoch by epoch, asked, closed.
 *
 * The page itself stands on the same `Trainer`, which has states and events for whoever draws buttons. Every refusal is an Error whose
 * message is a sentence; a `RefusalError` also has the recipe's `key` that is wrong, or an empty one.
 */
import { partsOf } from '../common/layer-name.js';
import { typed } from '../common/recipe.js';
import { LostError, RefusalError } from './errors.js';
import { outcome } from './run.js';
import { Trainer } from './trainer.js';

/** @typedef {import('../common/protocol.js').Asked} Asked */
/** @typedef {import('../common/protocol.js').Comparison} Comparison */
/** @typedef {import('../common/protocol.js').EpochReport} EpochReport */
/** @typedef {import('../common/protocol.js').Evaluation} Evaluation */
/** @typedef {import('../common/protocol.js').Fields} Fields */
/** @typedef {import('../common/protocol.js').Recipe} Recipe */
/** @typedef {import('../common/protocol.js').Verdict} Verdict */
/** @typedef {import('./trainer.js').Source} Source */

/** The run diverged: what it was asked is not answered by weights from before that. */
export class DivergedError extends LostError {}

/**
 * Opens a run: draws its data and its initial weights, or begins with the weights of a `.safetensors` file.
 *
 * @param {Recipe | string} recipe all eight numbers, or a link (the whole address, or its fragment). Where the run is to leave the notebook's
 *   path, also `fresh: '1'` (new draws every epoch), `schedule: 'cosine'`, `rates: '10:0.0005'` (another learning rate from epoch 10
 *   on), `solve: '30:1024'` (the last layers in closed form over 1,024 draws at the end of epoch 30), and `target: 'relu'` (another function
 *   than GELU)
 * @param {object} [options]
 * @param {Asked} [options.backend] `auto` (by itself WebGPU where it is really usable), `webgpu` or `cpu`
 * @param {Uint8Array} [options.weights] a file by this page or by PyTorch, whose networks have the recipe's sizes
 * @param {Uint8Array} [options.layer] a layer's `.safetensors` file that the draws are taken from; the recipe's d is its inputs and one more, for the bias.
 *   Where the recipe names a layer it must be that one, with the scale that is in its name
 * @param {number} [options.seeds] so many runs side by side, from 1 to 1024 (the recipe's `seeds` where it is not given), of as many seeds, counted up from the recipe's: each has the
 *   bits of the same run alone on the same device. Every epoch then has the MSE of each run as `mses` and, held out, as `heldOuts`; whatever
 *   else is told and asked is the first one's
 * @returns {Promise<Run>}
 * @throws {RefusalError} if the recipe, the link, the file or the number of seeds is refused
 */
export async function openRun(recipe, { backend = 'auto', weights, layer, seeds: asked } = {}) {
  const trainer = new Trainer(backend);
  try {
    const read = typeof recipe === 'string' ? (await trainer.readLink(fragmentOf(recipe))).recipe : recipe;
    // An optional key may be there and undefined.
    const given = Object.entries(read).filter(([, value]) => value !== undefined);
    const { seeds: own = '1', ...fields } = typed(Object.fromEntries(given));
    const seeds = asked ?? Number(own);
    if (!Number.isInteger(seeds) || seeds < 1) throw new RefusalError('', `seeds = ${seeds} is not a number of runs`);
    if (weights && seeds > 1) throw new RefusalError('', 'runs of several seeds begin with their own weights, not with those of a file');
    if (layer) fields.layer = await layerFrom(layer, fields.layer);
    if (weights) trainer.source = await sourceOf(trainer, weights, fields);
    await trainer.open(fields, seeds);
    return new Run(trainer);
  } catch (error) {
    trainer.close();
    throw error;
  }
}

/** Opens a layer's file, as the recipe names it, if it does. @param {Uint8Array} bytes @param {string} [wanted] @returns {Promise<string>} its name */
async function layerFrom(bytes, wanted = '') {
  const { hash, scale } = partsOf(wanted);
  const { open } = await import('./layers.js');
  const { name } = await open({ name: 'layer.safetensors', bytes }, scale);
  const found = partsOf(name).hash;
  if (hash && found !== hash) throw new RefusalError('layer', `the file is the layer ${found}, and the recipe asks for ${hash}`);
  return name;
}

/**
 * One run. Its questions may be asked at any time, also while it trains; they are answered by the weights of that moment, and refused with
 * a `LostError` once training has failed or the run was closed.
 */
export class Run {
  #trainer;
  /** How many epochs the loops so far have yielded. */
  #yielded = 0;
  #closed = false;

  /** Made by `openRun`. @param {Trainer} trainer */
  constructor(trainer) {
    this.#trainer = trainer;
  }

  /** What defines the run, with what has been changed on the way. @returns {Recipe} */
  get recipe() {
    return this.#run.recipe;
  }

  /** Which backend computes, and why. @returns {Verdict | null} */
  get backend() {
    return this.#trainer.verdict;
  }

  /** The epochs so far. @returns {readonly EpochReport[]} */
  get history() {
    return this.#run.history;
  }

  /** Seconds spent training. */
  get seconds() {
    return this.#run.seconds;
  }

  /**
   * Trains, and yields each epoch as it ends: `{ epoch, mse, line, heldOut }`. Leaving the loop pauses the run, which by then may be some epochs
   * ahead; another loop goes on with the first epoch that was not yielded. `close()` ends a loop that is under way.
   * @returns {AsyncGenerator<EpochReport, void, void>}
   * @throws {LostError} if training fails, or the run was closed before
   */
  async *epochs() {
    const trainer = this.#closed ? this.#held : this.#trainer;
    const { history, recipe } = this.#run;
    let next = this.#yielded;
    try {
      for (;;) {
        while (next < history.length && !this.#closed) {
          const report = history[next++];
          this.#yielded = Math.max(this.#yielded, next);
          yield report;
        }
        // The end of the last epoch may be solved yet.
        if ((next === recipe.epochs && !trainer.resumable && !trainer.busy) || this.#closed) return;
        if (trainer.state === 'failed') throw lost(trainer);
        // Each time, since a pause that a loop before asked for may arrive only now.
        trainer.resume();
        await heard(trainer);
      }
    } finally {
      trainer.pause();
    }
  }

  /**
   * Has another learning rate hold from the next epoch that begins. It becomes a part of the recipe, and so of the link.
   * @param {number} lr
   * @returns {Promise<void>}
   * @throws {RefusalError} if it is none, or no epoch is left
   */
  changeRate(lr) {
    return this.#ask((trainer) => trainer.changeRate(String(lr)));
  }

  /** The notebook's demo on the seed's draw number `draw`. @param {number} [draw] from 0 @returns {Promise<Comparison>} */
  compare(draw = 0) {
    return this.#ask((trainer) => trainer.compare(draw, this.#run.fields));
  }

  /** The demo on W (d · d numbers, row by row) and x (d numbers). @param {number[]} W @param {number[]} x @returns {Promise<Comparison>} */
  compareWith(W, x) {
    return this.#ask((trainer) => trainer.compareWith(W.join(' '), x.join(' '), this.#run.fields));
  }

  /**
   * y' = Φ(W)·Ψ(x) of any number of draws.
   * @param {ArrayLike<number>} W `[draws, d, d]`, row by row @param {ArrayLike<number>} x `[draws, d]`
   * @returns {Promise<Float32Array>} `[draws, d]`
   */
  predict(W, x) {
    return this.#ask((trainer) => trainer.predict(Float32Array.from(W), Float32Array.from(x), this.#run.fields));
  }

  /** The error over 10,000 draws (fewer for very large networks) that no training sees; null if training went on meanwhile. @returns {Promise<Evaluation | null>} */
  evaluate() {
    return this.#ask((trainer) => trainer.evaluate());
  }

  /** The weights as a `.safetensors` file that PyTorch's `load_state_dict` takes, the recipe in its metadata. @returns {Promise<Uint8Array>} */
  weights() {
    return this.#ask((trainer) => trainer.weights(this.#run.fields));
  }

  /** The fragment of a link to this run, without `#`. @returns {Promise<string>} */
  link() {
    const { fields, seeds } = this.#run;
    return this.#ask((trainer) => trainer.writeLink({ fields: { ...fields, seeds: String(seeds) }, mse: outcome(this.#run) }));
  }

  /**
   * Ends the run's worker, at once. What was asked and not answered yet is refused with a `LostError`, and so is what is asked later; a loop over
   * the epochs ends; the history stays.
   */
  close() {
    this.#closed = true;
    this.#trainer.close();
  }

  /**
   * Asks the trainer. Whoever closes a run knows that its questions have no answers: one that nobody waits for any more is no error to report.
   * @template T
   * @param {(trainer: Trainer) => Promise<T>} question @returns {Promise<T>}
   */
  #ask(question) {
    const asked = async () => question(this.#held);
    /** @type {Promise<T>} */
    const answer = new Promise((resolve, reject) => {
      asked().then(resolve, (error) => {
        reject(error);
        if (this.#closed) answer.catch(() => {});
      });
    });
    return answer;
  }

  /** The trainer, as long as it holds the run: later it would open another, with other weights, to have an answer. */
  get #held() {
    if (this.#trainer.state === 'failed') throw lost(this.#trainer);
    return this.#trainer;
  }

  get #run() {
    if (!this.#trainer.run) throw new LostError('No run is open.');
    return this.#trainer.run;
  }
}

/** What follows the `#` of an address; a text without one is the fragment itself. @param {string} link */
function fragmentOf(link) {
  return link.slice(link.indexOf('#') + 1);
}

/** @param {Trainer} trainer @param {Uint8Array} bytes @param {Fields} fields @returns {Promise<Source>} */
async function sourceOf(trainer, bytes, fields) {
  const { d, m, hidden } = await trainer.inspect(bytes);
  for (const [key, value] of Object.entries({ d, m, hidden })) {
    if (fields[key] !== String(value)) throw new RefusalError(key, `the weights’ networks have ${key} = ${value}, and the recipe ${fields[key]}`);
  }
  return { name: 'weights', bytes, d, m, hidden };
}

/** Why a run that has failed says nothing more. @param {Trainer} trainer */
function lost({ failure, run }) {
  return run?.diverged ? new DivergedError(failure) : new LostError(failure);
}

/** The next news of the run. @param {Trainer} trainer @returns {Promise<void>} */
function heard(trainer) {
  return new Promise((resolve) => {
    const once = () => {
      trainer.removeEventListener('progress', once);
      trainer.removeEventListener('state', once);
      resolve();
    };
    trainer.addEventListener('progress', once);
    trainer.addEventListener('state', once);
  });
}
