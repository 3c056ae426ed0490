// @ts-check
/** `#layer-choice`: the layers that can be looked at without a file: the built-in one, those whose files the browser keeps, and the one that was opened last. */
import { byId } from '../../dom/dom.js';
import { builtIn, forget, listed, recalled } from '../../run/layers.js';

/** @typedef {import('../../intake/weights.js').Brought} Brought */

/** The built-in layer's place in the list. */
const BUILT_IN = '';

export class Choice {
  #list = byId('layer-choice', HTMLSelectElement);
  #kept = byId('layer-kept', HTMLElement);
  /** The hashes of the files that are kept. @type {ReadonlySet<string>} */
  #hashes = new Set();

  /** @param {(fetched: () => Promise<Brought>) => Promise<void>} open takes a file on */
  constructor(open) {
    this.#list.add(new Option('built in: digits.safetensors', BUILT_IN));
    this.#list.addEventListener('change', () => void open(() => chosen(this.#list.value)));
    // A run that was begun meanwhile has had its layer kept.
    this.#list.addEventListener('focus', () => void this.refresh());
    byId('layer-forget', HTMLButtonElement).addEventListener('click', async () => {
      await forget(this.#list.value).catch(() => {});
      await this.refresh();
      this.#list.focus();
    });
  }

  /** The layer on show. @param {string} hash @param {string} name what its file is called @param {boolean} own whether it is not the built-in one */
  async show(hash, name, own) {
    const value = own ? hash : BUILT_IN;
    if (own && !this.#option(hash)) this.#list.add(new Option(name, hash));
    this.#list.value = value;
    await this.refresh();
  }

  /** Says again what is kept. */
  async refresh() {
    const all = await listed();
    this.#hashes = new Set(all.map(({ of }) => of));
    for (const { of, name } of all) if (!this.#option(of)) this.#list.add(new Option(name, of));
    // What is neither kept nor on show is not to be had without its file.
    for (const option of [...this.#list.options]) if (option.value !== BUILT_IN && !option.selected && !this.#hashes.has(option.value)) option.remove();
    this.#kept.hidden = !this.#hashes.has(this.#list.value);
  }

  /** @param {string} hash */
  #option(hash) {
    return [...this.#list.options].find(({ value }) => value === hash);
  }
}

/** @param {string} hash @returns {Promise<Brought>} */
async function chosen(hash) {
  if (hash === BUILT_IN) return builtIn();
  const file = await recalled(hash);
  if (!file) throw new Error('The file of that layer is kept no longer: choose it again');
  return file;
}
