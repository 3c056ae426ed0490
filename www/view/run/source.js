// @ts-check
/**
 * `#source`: weights brought from a file, or from one of Ψ and one of Φ, dropped on the page or chosen, and what the next run begins with.
 * Reads no file's format: the module does, and what it does not read is made plain before.
 */
import { byId } from '../../dom/dom.js';
import { bytes } from '../../common/figures.js';
import { short } from '../../common/quoted.js';
import { RefusalError } from '../../run/errors.js';
import { fitting } from '../../run/run.js';
import { typed } from '../../common/recipe.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../intake/weights.js').Half} Half */
/** @typedef {import('../../intake/weights.js').Whole} Whole */
/** @typedef {import('../../run/trainer.js').Source} Source */

/** What is read into memory at most, before the module has seen it. The largest checkpoint that it takes fills 7.9 MB. */
const MOST_BYTES = 12 << 20;

export class SourceSection {
  #words = byId('source-words', HTMLElement);
  #drop = byId('drop', HTMLElement);
  #chooser = byId('weights-file', HTMLInputElement);
  #forget = byId('forget-source', HTMLButtonElement);
  /** Ψ or Φ alone, whose other half has not come yet. @type {Half | null} */
  #waiting = null;
  /** What was done to the weights before they were read, in words. @type {WeakMap<Source, string>} */
  #mended = new WeakMap();
  #trainer;
  #form;
  #attempt;
  #comparison;

  /** @param {Context} context */
  constructor({ trainer, form, attempt, comparison }) {
    this.#trainer = trainer;
    this.#form = form;
    this.#attempt = attempt;
    this.#comparison = comparison;
    this.#chooser.addEventListener('change', () => {
      const files = [...(this.#chooser.files ?? [])];
      if (files.length > 0) void attempt(() => this.#bring(files));
      // So that the same file, mended, can be chosen again.
      this.#chooser.value = '';
    });
    this.#forget.addEventListener('click', () => {
      this.#waiting = null;
      trainer.source = null;
      this.#chooser.focus();
    });
    // Anywhere on the page: a file that misses its place would be opened by the browser instead of the page.
    addEventListener('dragover', (event) => this.#hover(event));
    addEventListener('dragleave', (event) => {
      if (!event.relatedTarget) this.#mark(false);
    });
    addEventListener('drop', (event) => this.#take(event));
    trainer.addEventListener('source', () => this.#write());
    form.addEventListener('change', () => this.#write());
    this.#write();
  }

  #write() {
    const { source } = this.#trainer;
    this.#forget.hidden = !source && !this.#waiting;
    const words = source ? describe(source, fitting(source, this.#form.fields) !== null) : 'Runs begin with weights that are drawn from the seed.';
    const mended = source && this.#mended.get(source);
    this.#say([this.#waiting && awaited(this.#waiting), words, mended].filter(Boolean).join(' '));
  }

  /** @param {DragEvent} event */
  #hover(event) {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    this.#mark(true);
  }

  /** @param {DragEvent} event */
  #take(event) {
    const { dataTransfer } = event;
    if (!dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    this.#mark(false);
    const files = [...dataTransfer.files];
    void this.#attempt(() => this.#bring(files));
  }

  /** Opens what the files hold, or keeps a half until the other comes. @param {File[]} files */
  async #bring(files) {
    const { miscounted, taken } = await import('../../intake/weights.js');
    const wrong = miscounted(files.length);
    if (wrong) throw new RefusalError('', wrong);
    const [{ name }] = files;
    if (this.#trainer.busy) throw new RefusalError('', `A run is going on: pause it before “${short(name)}” is opened.`);
    const brought = await Promise.all(files.map(content));
    const found = taken(brought, this.#waiting);
    if ('refused' in found) throw new RefusalError('', found.refused);
    if ('whole' in found) return this.#open(found.whole);
    this.#waiting = found.half;
    this.#write();
  }

  /** Opens the whole file or nothing of it. @param {Whole} whole */
  async #open({ name, bytes, words }) {
    const { d, m, hidden, recipe } = await this.#trainer.inspect(bytes).catch((error) => {
      throw error instanceof RefusalError ? new RefusalError('', `“${short(name)}” cannot be opened: ${error.message}.`) : error;
    });
    // A recipe is taken whole: what it leaves out is off, whatever the form says.
    const fields = typed({ ...(recipe ?? this.#typed(d)), d, m, hidden });
    // A recipe that is refused leaves everything as it is.
    await this.#trainer.check(fields);
    const before = this.#trainer.source;
    const source = { name, bytes, d, m, hidden };
    if (words.length > 0) this.#mended.set(source, `Of the file: ${words.join('; ')}.`);
    this.#waiting = null;
    this.#trainer.source = source;
    try {
      await this.#trainer.open(fields);
    } catch (error) {
      this.#trainer.source = before;
      throw error;
    }
    this.#form.fill(fields);
    await this.#comparison.settle();
  }

  /** What is typed, for networks of this width: a layer of another is nothing that the file has asked for. @param {number} d */
  #typed(d) {
    const { layer, ...others } = this.#form.fields;
    return layer && others.d === String(d) ? { ...others, layer } : others;
  }

  /** Shows where a file may be let go. @param {boolean} on */
  #mark(on) {
    this.#drop.classList.toggle('over', on);
  }

  /** @param {string} words */
  #say(words) {
    if (this.#words.textContent !== words) this.#words.textContent = words;
  }
}

/** What is in a file that is no larger than any that is opened. @param {File} file */
async function content(file) {
  const { name, size } = file;
  if (size <= MOST_BYTES) return { name, bytes: await read(file, name) };
  const { HEAD, kindOf } = await import('../../intake/kinds.js');
  const kind = kindOf(await read(file.slice(0, HEAD), name), size, name);
  const words = kind ? `cannot be opened: ${kind}.` : `has ${bytes(size)}, and the largest checkpoint here fills less than 9 MB.`;
  throw new RefusalError('', `“${short(name)}” ${words}`);
}

/** @param {Blob} file @param {string} name */
async function read(file, name) {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new RefusalError('', `“${short(name)}” cannot be read: is it a folder, or was it moved?`);
  }
}

/** What is there of the two networks, and what is not. @param {Half} half */
function awaited({ name, network }) {
  if (!network)
    return `“${short(name)}” holds one network alone, and neither its tensors nor its name say whether that is Ψ or Φ: bring the other in a file with psi or phi in its name.`;
  const [here, there] = network === 'psi' ? ['Ψ', 'Φ'] : ['Φ', 'Ψ'];
  return `“${short(name)}” holds ${here} alone: bring the file of ${there} too, and runs begin with both.`;
}

/** @param {import('../../run/trainer.js').Source} source @param {boolean} fits */
function describe({ name, d, m, hidden }, fits) {
  const what = `the weights of “${short(name)}” (d\u00a0=\u00a0${d}, m\u00a0=\u00a0${m}, hidden\u00a0=\u00a0${hidden})`;
  return fits
    ? `Runs begin with ${what}. Train goes on from there.`
    : `This recipe’s networks have other sizes than ${what}, so its run begins with the seed’s.`;
}
