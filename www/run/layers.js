// @ts-check
/**
 * Layers that recipes name: the built-in one, those that were opened, and those that were trained on, which the browser keeps so that a link or a run
 * that was interrupted finds them again. Loaded with the first of them.
 */
import { DIGITS_OF_A_HASH, partsOf } from '../common/layer-name.js';
import { sha256 } from '../common/sha256.js';
import { BUILD } from '../shell/build.js';
import { layerOf } from '../intake/layer.js';
import { atHand } from './at-hand.js';
import { Database } from './database.js';
import { RefusalError } from './errors.js';

/** @typedef {import('../intake/layer.js').LayerFile} LayerFile */
/** @typedef {import('./at-hand.js').Layer} Layer */

/** What the built-in layer's file is called to a reader. */
const DIGITS = 'digits.safetensors';

/** Files that are kept; of more the oldest go. */
const MOST = 3;

/** A file as it is kept. @typedef {{ hash: string, name: string, bytes: Uint8Array }} Kept */

/** What is known of it without its bytes: `of` is its hash, `at` when it was kept. @typedef {{ hash: string, of: string, name: string, at: number }} About */

const database = new Database('phi-psi layers 1', 'layers', 'hash');

/** Where that stands, apart from the file's own hash. */
const about = (/** @type {string} */ hash) => `about ${hash}`;

/** The files of those at hand, by the hash: what is kept of them once they are trained on. @type {Map<string, Kept>} */
const files = new Map();

/** Names that recipes have asked for in vain. @type {Set<string>} */
const wanted = new Set();

/** The built-in layer's file. */
export async function builtIn() {
  const response = await fetch(new URL(BUILD.digits.file, import.meta.url)).catch(() => null);
  if (!response?.ok) throw new Error(`the built-in layer did not arrive${response ? `: the server answered ${response.status}` : ''}`);
  return { name: DIGITS, bytes: new Uint8Array(await response.arrayBuffer()) };
}

/** How recipes name a file's layer. The scale is that of inputs that the file does not have. @param {Uint8Array} bytes @param {LayerFile} layer @param {number} [scale] */
export async function nameOf(bytes, layer, scale = 1) {
  const hash = await sha256(bytes, DIGITS_OF_A_HASH);
  return layer.inputs || scale === 1 ? hash : `${hash}:${scale}`;
}

/** Has a layer at hand. @param {string} name @param {LayerFile} layer @param {Uint8Array} bytes its file */
export function add(name, layer, bytes) {
  const { d, kept, weight, bias, inputs } = layer;
  files.set(partsOf(name).hash, { hash: partsOf(name).hash, name: layer.name, bytes });
  // No run asks for a head.
  const found = { name, title: layer.name, numbers: { d, kept, weight, bias, ...(inputs && { inputs }) } };
  wanted.delete(name);
  atHand.add(found);
  return found;
}

/** A file that was opened for another purpose: it is at hand where a recipe has asked for it; what is returned is the name that one still asks for. @param {LayerFile} layer @param {Uint8Array} bytes @param {string} hash */
export function offer(layer, bytes, hash) {
  const own = [...wanted].filter((name) => partsOf(name).hash === hash && (!layer.inputs || name === hash));
  for (const name of own) add(name, layer, bytes);
  return own.length > 0 ? undefined : [...wanted].at(-1);
}

/** Opens a layer's file. The scale is that of inputs that it does not have. @param {import('../intake/weights.js').Brought} file @param {number} [scale] @throws {RefusalError} */
export async function open(file, scale = 1) {
  const opened = layerOf(file);
  if ('refused' in opened) throw new RefusalError('layer', opened.refused);
  return add(await nameOf(file.bytes, opened.layer, scale), opened.layer, file.bytes);
}

/**
 * The layer of a recipe that names one, at hand from now on.
 * @param {{ d: number, layer?: string }} recipe @throws {RefusalError} where it is not to be had, or of another width
 */
export async function held({ d, layer: name = '' }) {
  const found = await find(name).catch((error) => {
    throw new RefusalError('layer', error instanceof Error ? error.message : String(error));
  });
  if (!found) {
    wanted.add(name);
    throw new RefusalError('layer', `the run draws from the layer ${name}, whose file is not here: open it under “Your layer”`);
  }
  const width = found.numbers.d + 1;
  if (width !== d) throw new RefusalError('d', `d = ${d} does not fit the layer: its rows have ${width} numbers with their bias`);
  return found;
}

/** The layer of this name, at hand from now on; undefined where it is not to be had. @param {string} name */
export async function find(name) {
  return atHand.get(name) ?? (await fetched(name));
}

/** @param {string} name @returns {Promise<Layer | undefined>} */
async function fetched(name) {
  const hash = partsOf(name).hash;
  const file = hash === BUILD.digits.name ? await builtIn() : (files.get(hash) ?? (await recalled(hash)));
  const opened = file && layerOf(file);
  if (!opened || !('layer' in opened)) return undefined;
  // A file that has inputs has no scale of them.
  if (opened.layer.inputs && name !== hash) return undefined;
  return add(name, opened.layer, file.bytes);
}

/** A file that is kept. @param {string} hash @returns {Promise<Kept | undefined>} */
export async function recalled(hash) {
  const found = await database.do('readonly', (store) => store.get(hash)).catch(() => undefined);
  // What is read back may be another's.
  return found?.bytes instanceof Uint8Array && (await sha256(found.bytes, DIGITS_OF_A_HASH)) === hash ? found : undefined;
}

/** Has the browser keep the file of a layer that is trained on; where it refuses, the page goes on without. @param {string} name */
export async function keep(name) {
  const file = files.get(partsOf(name).hash);
  if (!file || file.hash === BUILD.digits.name) return;
  try {
    const all = await listed();
    if (all.some(({ of }) => of === file.hash)) return;
    for (const { of } of all.slice(MOST - 1)) await forget(of);
    await database.do('readwrite', (store) => {
      store.put(file);
      return store.put({ hash: about(file.hash), of: file.hash, name: file.name, at: Date.now() });
    });
  } catch {
    // Refused, or full: what is kept is a help and not a promise.
  }
}

/** The files that are kept, the last one first; none where the browser refuses. @returns {Promise<About[]>} */
export async function listed() {
  const all = await database.do('readonly', (store) => store.getAll(IDBKeyRange.bound(about(''), about('g')))).catch(() => []);
  return all.sort((/** @type {About} */ one, /** @type {About} */ other) => other.at - one.at);
}

/** A file is kept no longer. @param {string} hash */
export async function forget(hash) {
  await database.do('readwrite', (store) => {
    store.delete(hash);
    return store.delete(about(hash));
  });
}
