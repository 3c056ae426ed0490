// @ts-check
/**
 * Weights that are brought from a file, or from one of Ψ and one of Φ, for the next run to begin with. Reads no file's format: the module does, and what it does
 * not read is made plain before.
 */
import { bytes } from '../../common/figures.js';
import { short } from '../../common/quoted.js';
import { typed } from '../../common/recipe.js';
import { miscounted, taken } from '../../intake/weights.js';
import { RefusalError } from '../../run/errors.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../common/protocol.js').Fields} Fields */
/** @typedef {import('../../intake/weights.js').Half} Half */
/** @typedef {import('../../intake/weights.js').Whole} Whole */
/** @typedef {import('../../run/trainer.js').Source} Source */

/** What is read into memory at most, before the module has seen it. The largest checkpoint that it takes fills 12.7 MB. */
const MOST_BYTES = 13 << 20;

/** How long files that are being read keep others waiting: from a drive that does not answer nothing ever comes. */
const PATIENCE_MS = 5_000;

export class Brought {
  /** Ψ or Φ alone, whose other half has not come yet. @type {Half | null} */
  #waiting = null;
  /** What was done to the weights before they were read, in words. @type {WeakMap<Source, string>} */
  #mended = new WeakMap();
  /** One after another. @type {Promise<unknown>} */
  #last = Promise.resolve();
  /** Tells what was brought last that others wait for it. */
  #hurry = () => {};
  /** What the visitor types while files are opened. @type {ReturnType<import('./recipe-form.js').RecipeForm['watch']> | null} */
  #watched = null;
  #trainer;
  #form;
  #comparison;
  #changed;

  /** @param {Pick<Context, 'trainer' | 'form' | 'comparison'>} context @param {() => void} changed hears that a half has come */
  constructor({ trainer, form, comparison }, changed) {
    this.#trainer = trainer;
    this.#form = form;
    this.#comparison = comparison;
    this.#changed = changed;
  }

  /** What is there of two networks and what is not, in words; empty where nothing waits for its other half. */
  get waiting() {
    return this.#waiting ? awaited(this.#waiting) : '';
  }

  /** What was done to the weights that runs begin with, in words. */
  get mended() {
    const { source } = this.#trainer;
    return (source && this.#mended.get(source)) ?? '';
  }

  /** A half that waits is waited for no longer. */
  forget() {
    this.#waiting = null;
  }

  /** Opens what the files hold, or keeps a half until the other comes: once what was brought before has been opened. @param {File[]} files */
  async bring(files) {
    this.#watched ??= this.#form.watch();
    this.#hurry();
    /** @type {Promise<void>} */
    const waitedFor = new Promise((resolve) => (this.#hurry = resolve));
    const bringing = this.#last.then(() => this.#bring(files, waitedFor));
    const last = bringing.catch(() => {});
    this.#last = last;
    void last.then(() => {
      if (last !== this.#last) return;
      this.#watched?.end();
      this.#watched = null;
    });
    if (await bringing) await this.#comparison.settle();
  }

  /** @param {File[]} files @param {Promise<void>} waitedFor settles once others wait for them @returns {Promise<boolean>} whether there is something to be looked at */
  async #bring(files, waitedFor) {
    const wrong = miscounted(files.length);
    if (wrong) throw new RefusalError('', wrong);
    const [{ name }] = files;
    // A question about what was brought before may have opened its run anew.
    while (this.#trainer.opening) await this.#trainer.changed();
    if (this.#trainer.busy) throw new RefusalError('', `A run is going on: pause it before “${short(name)}” is opened.`);
    const brought = await Promise.all(files.map((file) => Promise.race([content(file), waitedFor.then(() => overdue(file.name))])));
    const found = taken(brought, this.#waiting);
    if ('refused' in found) throw new RefusalError('', found.refused);
    if ('whole' in found) {
      await this.#open(found.whole);
      return true;
    }
    this.#waiting = found.half;
    this.#changed();
    return false;
  }

  /** Opens the whole file or nothing of it. @param {Whole} whole */
  async #open({ name, bytes, words }) {
    // Whatever is refused, it is the file's and not the form's.
    const refuse = (/** @type {unknown} */ error) => {
      throw error instanceof RefusalError ? new RefusalError('', `“${short(name)}” cannot be opened: ${error.message}.`) : error;
    };
    const { d, m, hidden, recipe } = await this.#trainer.inspect(bytes).catch(refuse);
    // A recipe is taken whole: what it leaves out is off, whatever the form says.
    const fields = typed({ ...(recipe ?? this.#typed(d)), d, m, hidden });
    // A recipe that is refused leaves everything as it is.
    await this.#trainer.check(fields).catch(refuse);
    const before = this.#trainer.source;
    const source = { name, bytes, d, m, hidden };
    if (words.length > 0) this.#mended.set(source, `Of the file: ${words.join('; ')}.`);
    this.#waiting = null;
    this.#trainer.source = source;
    try {
      await this.#trainer.open(fields);
    } catch (error) {
      // It may have been taken away meanwhile.
      if (this.#trainer.source === source) this.#trainer.source = before;
      throw error;
    }
    this.#fill(fields);
  }

  /** Fills in the recipe, beside what the visitor has typed meanwhile. The sizes are the file's all the same: only so does a run begin with it. @param {Fields} fields */
  #fill(fields) {
    const theirs = new Set(this.#watched?.names);
    for (const name of ['d', 'm', 'hidden']) theirs.delete(name);
    this.#form.fill(fields, theirs);
    // What is filled in here is not typed.
    this.#watched?.names.clear();
    for (const name of theirs) this.#watched?.names.add(name);
  }

  /** What is typed, for networks of this width: a layer of another is nothing that the file has asked for. @param {number} d */
  #typed(d) {
    const { layer, ...others } = this.#form.fields;
    return layer && others.d === String(d) ? { ...others, layer } : others;
  }
}

/** What is in a file that is no larger than any that is opened. @param {File} file */
async function content(file) {
  const { name, size } = file;
  if (size <= MOST_BYTES) return { name, bytes: await read(file, name) };
  const { HEAD, kindOf } = await import('../../intake/kinds.js');
  const kind = kindOf(await read(file.slice(0, HEAD), name), size, name);
  const words = kind ? `cannot be opened: ${kind}.` : `has ${bytes(size)}, and the largest checkpoint here fills less than 13 MB.`;
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

/** Gives up what is not read in time. @param {string} name @returns {Promise<never>} */
function overdue(name) {
  const words = `“${short(name)}” was not read before the next file was to be opened: choose it again.`;
  return new Promise((_, reject) => setTimeout(() => reject(new RefusalError('', words)), PATIENCE_MS));
}

/** What is there of the two networks, and what is not. @param {Half} half */
function awaited({ name, network }) {
  if (!network)
    return `“${short(name)}” holds one network alone, and neither its tensors nor its name say whether that is Ψ or Φ: bring the other in a file with psi or phi in its name.`;
  const [here, there] = network === 'psi' ? ['Ψ', 'Φ'] : ['Φ', 'Ψ'];
  return `“${short(name)}” holds ${here} alone: bring the file of ${there} too, and runs begin with both.`;
}
