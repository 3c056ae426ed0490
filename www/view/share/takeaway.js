// @ts-check
/**
 * The section `#takeaway`: what a run leaves behind, as files. What writes PyTorch's and JavaScript's is loaded when it is asked for, since
 * most visits are not about it.
 */
import { MADE_BY } from '../../shell/build.js';
import { copyText } from '../../dom/clipboard.js';
import { courseWords, numbers } from '../../common/recipe.js';
import { asIfShown } from '../../dom/as-if-shown.js';
import { byId } from '../../dom/dom.js';
import { download } from '../../dom/download.js';
import { error } from '../../common/figures.js';
import { partsOf } from '../../common/layer-name.js';
import { atHand } from '../../run/at-hand.js';
import { RefusalError } from '../../run/errors.js';
import { asDrawn, reachedBy, stale, withinEpoch } from '../../run/run.js';
import { named, ofHistory } from './file-name.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../run/trainer.js').Run} Run */

/** Bytes that no program should guess about. */
const BINARY = 'application/octet-stream';

/** Buttons that need weights that are more than a draw of the seed, and those that need an epoch. */
const OF_WEIGHTS = ['take-weights', 'take-notebook', 'take-module'];
const OF_HISTORY = ['take-csv', 'take-json', 'take-svg', 'take-png'];

export class Takeaway {
  #details = byId('python-details', HTMLDetailsElement);
  #lines = byId('python', HTMLElement);
  #trainer;
  #link;
  #lab;
  #attempt;

  /** @param {Context} context */
  constructor({ trainer, link, lab, comparison, attempt }) {
    this.#trainer = trainer;
    this.#link = link;
    this.#lab = lab;
    this.#attempt = attempt;
    this.#on('take-weights', async (run) => {
      const weights = await this.#weights(run);
      download(named(run, 'safetensors'), weights, BINARY);
      // The lines of Python name the file that was taken last.
      if (this.#details.open) await this.#tell();
    });
    this.#on('take-notebook', (run) => this.#notebook(run));
    this.#on('take-module', async (run) => {
      const { standalone } = await import('../../export/standalone.js');
      const weights = await this.#weights(run);
      const name = named(run, 'mjs');
      download(name, standalone({ name, recipe: run.recipe, weights, ...reached(run) }), 'text/javascript');
    });
    this.#on('take-csv', async (run) => {
      const { historyCsv } = await import('../../export/history.js');
      download(ofHistory(run, 'csv'), historyCsv(run), 'text/csv');
    });
    this.#on('take-json', async (run) => {
      const { historyJson } = await import('../../export/history.js');
      // Another run may be on show by then.
      download(ofHistory(run, 'json'), historyJson(run, run === trainer.run ? comparison.heldOut : null), 'application/json');
    });
    this.#on('take-svg', async (run) => {
      const drawing = await this.#drawing(run);
      download(ofHistory(run, 'svg'), chart(run, drawing).text, 'image/svg+xml');
    });
    this.#on('take-png', async (run) => {
      const drawing = await this.#drawing(run);
      // Of one moment: a run that trains is further on once the pixels are there.
      const [name, drawn] = [ofHistory(run, 'png'), chart(run, drawing)];
      download(name, await drawing.png(drawn), 'image/png');
    });
    const copy = byId('copy-python', HTMLButtonElement);
    copy.addEventListener('click', () => copyText(copy, this.#lines.textContent ?? '', () => getSelection()?.selectAllChildren(this.#lines)));
    this.#details.addEventListener('toggle', () => this.#state());
    for (const news of ['state', 'run', 'rewound', 'source']) trainer.addEventListener(news, () => this.#state());
    trainer.addEventListener('progress', () => this.#progress());
    this.#state();
  }

  #state() {
    this.#progress();
    if (this.#details.open) void this.#attempt(() => this.#tell(), true);
  }

  #progress() {
    const { run } = this.#trainer;
    const epochs = run?.history.length ?? 0;
    for (const id of OF_HISTORY) byId(id, HTMLButtonElement).disabled = epochs === 0;
    for (const id of OF_WEIGHTS) byId(id, HTMLButtonElement).disabled = !run || asDrawn(run) || stale(run, run.fields, this.#trainer.source);
  }

  /**
   * The weights, and what they say of the demo's first draw, so that the notebook can show that it predicts what the page does. A run that
   * goes on may take a step in between: then both are asked for again.
   * @param {Run} run @returns {Promise<{ weights: Uint8Array, W: number[], x: number[], y: number[] }>}
   */
  async #moment(run) {
    const asked = [this.#weights(run), this.#trainer.compare(0, run.fields), this.#weights(run)];
    const [weights, { W, x, approx }, after] = /** @type {[Uint8Array, import('../../common/protocol.js').Comparison, Uint8Array]} */ (
      await Promise.all(asked)
    );
    return weights.every((byte, i) => byte === after[i]) ? { weights, W, x, y: approx } : this.#moment(run);
  }

  /** How the present run's weights are loaded in PyTorch. */
  async #tell() {
    const { loadingLines } = await import('../../export/python.js');
    const { run } = this.#trainer;
    const text = run ? loadingLines({ name: named(run, 'safetensors'), recipe: run.recipe }) : '';
    if (this.#lines.textContent !== text) this.#lines.textContent = text;
  }

  /** @param {string} id @param {(run: Run) => Promise<void>} task */
  #on(id, task) {
    byId(id, HTMLButtonElement).addEventListener('click', () =>
      this.#attempt(async () => {
        if (this.#trainer.run) await task(this.#trainer.run);
      }),
    );
  }

  /** The weights of the present run, which another may have taken the place of by then. @param {Run} run */
  async #weights(run) {
    const file = await this.#trainer.weights(run.fields, { made_by: MADE_BY });
    this.#confirm(run);
    return file;
  }

  /** What draws the chart, which may be another run's by the time that it is loaded. @param {Run} run */
  async #drawing(run) {
    const drawing = await import('./picture.js');
    this.#confirm(run);
    return drawing;
  }

  /** The run that was asked about is still the present one. @param {Run} run */
  #confirm(run) {
    if (run !== this.#trainer.run) throw new RefusalError('', 'Another run has begun meanwhile, so nothing was saved.');
  }

  /** The layer that the run draws from, and what it keeps back of it. @param {Run} run @param {Uint8Array} weights @returns {Promise<import('../../export/notebook.js').Layer | null>} */
  async #layer({ recipe, fields }, weights) {
    const layer = atHand.get(recipe.layer);
    if (!layer) return null;
    const { keptRows, keptInputs, seen, both } = await (await this.#lab()).layerErrors(fields, weights);
    const { hash: sha256, scale } = partsOf(layer.name);
    return {
      file: layer.title,
      sha256,
      scale: layer.numbers.inputs ? 0 : scale,
      samples: seen.inputs + both.inputs,
      rows: keptRows,
      inputs: keptInputs,
    };
  }

  /** @param {Run} run */
  async #notebook(run) {
    const { notebook } = await import('../../export/notebook.js');
    const { weights, W, x, y } = await this.#moment(run);
    // Of that moment: a run that trains is further on once what follows is there.
    const [name, recipe, done] = [named(run, 'ipynb'), run.recipe, reached(run)];
    // A file's weights are in no link.
    const [layer, link] = await Promise.all([this.#layer(run, weights), run.source ? '' : this.#link.of(run)]);
    const text = notebook({ recipe, weights, ...done, link, prediction: { W, x, y }, ...(layer && { layer }) });
    download(name, text, 'application/x-ipynb+json');
  }
}

/** How far the run has come. @param {Run} run @returns {import('../../export/reached.js').Reached} */
function reached(run) {
  const epochs = reachedBy(run);
  return { epochs, mse: run.history[epochs - 1]?.mse ?? null, solved: [...run.solved], begun: run.source?.name, within: withinEpoch(run) };
}

/** @param {Run} run @param {typeof import('./picture.js')} drawing */
function chart({ recipe, history }, { picture }) {
  const values = numbers(recipe).map(([key, value]) => `${key} = ${value}`);
  const course = courseWords(recipe);
  const end = history.at(-1);
  const title = `Mean squared error of each epoch${end ? `, ${error(end.mse)} at the last` : ''}`;
  const caption = [`φ·ψ, epoch MSE: ${values.join(', ')}`, ...(course.length > 0 ? [course.join(', ')] : [])];
  const drawn = byId('chart', SVGSVGElement);
  return asIfShown(drawn, () => picture(drawn, byId('chart-legend', HTMLElement), title, caption));
}
