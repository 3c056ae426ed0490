// @ts-check
/**
 * `#source`: weights brought from a file, dropped on the page or chosen, and what the next run begins with. Reads no file's format: the
 * module does.
 */
import { byId } from '../../dom/dom.js';
import { bytes } from '../../common/figures.js';
import { RefusalError } from '../../run/errors.js';
import { fitting } from '../../run/run.js';

/** @typedef {import('../../app/context.js').Context} Context */

/** What is read into memory at most, before the module has seen it. The largest checkpoint that it takes fills 7.9 MB. */
const MOST_BYTES = 12 << 20;

export class SourceSection {
  #words = byId('source-words', HTMLElement);
  #drop = byId('drop', HTMLElement);
  #chooser = byId('weights-file', HTMLInputElement);
  #forget = byId('forget-source', HTMLButtonElement);
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
      const [file] = this.#chooser.files ?? [];
      if (file) void attempt(() => this.#open(file));
      // So that the same file, mended, can be chosen again.
      this.#chooser.value = '';
    });
    this.#forget.addEventListener('click', () => {
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
    this.#forget.hidden = !source;
    this.#say(source ? describe(source, fitting(source, this.#form.fields) !== null) : 'Runs begin with weights that are drawn from the seed.');
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
    void this.#attempt(async () => {
      if (files.length !== 1)
        throw new RefusalError(
          '',
          `${files.length === 0 ? 'What was dropped is no file' : `${files.length} files were dropped`}: one file of weights at a time.`,
        );
      await this.#open(files[0]);
    });
  }

  /** Opens the whole file or nothing of it. @param {File} file */
  async #open(file) {
    if (this.#trainer.busy) throw new RefusalError('', `A run is going on: pause it before “${short(file.name)}” is opened.`);
    if (file.size > MOST_BYTES)
      throw new RefusalError('', `“${short(file.name)}” has ${bytes(file.size)}, and the largest checkpoint here fills less than 9 MB.`);
    const content = await read(file);
    const { d, m, hidden, recipe } = await this.#trainer.inspect(content).catch((error) => {
      throw error instanceof RefusalError ? new RefusalError('', `“${short(file.name)}” cannot be opened: ${error.message}.`) : error;
    });
    // A recipe is taken whole: what it leaves out is off, whatever the form says.
    const values = Object.entries({ ...(recipe ?? this.#form.fields), d, m, hidden }).map(([key, value]) => [key, String(value)]);
    const fields = Object.fromEntries(values);
    // A recipe that is refused leaves everything as it is.
    await this.#trainer.check(fields);
    const before = this.#trainer.source;
    this.#trainer.source = { name: file.name, bytes: content, d, m, hidden };
    try {
      await this.#trainer.open(fields);
    } catch (error) {
      this.#trainer.source = before;
      throw error;
    }
    this.#form.fill(fields);
    await this.#comparison.settle();
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

/** @param {File} file */
async function read(file) {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new RefusalError('', `“${short(file.name)}” cannot be read: is it a folder, or was it moved?`);
  }
}

/** @param {import('../../run/trainer.js').Source} source @param {boolean} fits */
function describe({ name, d, m, hidden }, fits) {
  const what = `the weights of “${short(name)}” (d\u00a0=\u00a0${d}, m\u00a0=\u00a0${m}, hidden\u00a0=\u00a0${hidden})`;
  return fits
    ? `Runs begin with ${what}. Train goes on from there.`
    : `This recipe’s networks have other sizes than ${what}, so its run begins with the seed’s.`;
}

/** A stranger’s name for a file, short enough to stand in a sentence. @param {string} name */
function short(name) {
  return name.length > 60 ? `${name.slice(0, 40)}…${name.slice(-16)}` : name;
}
