// @ts-check
/**
 * Files of weights as PyTorch's programs write them, as the module reads them: names below a common prefix, float16, bfloat16 and float64,
 * Ψ and Φ in files of their own. What is as the module reads it goes to the module as it is, and so does all that is broken: the module
 * judges it. Pure; loaded with the first file.
 */
import { ended, quoted, short } from '../common/quoted.js';
import { writeSafetensors } from '../common/safetensors.js';
import { kindOf } from './kinds.js';
import { float32, TYPES } from './floats.js';
import { parsed } from './tensors.js';

/** A file as it was brought. @typedef {{ name: string, bytes: Uint8Array }} Brought */

/** @typedef {import('./tensors.js').Entry} Entry */
/** @typedef {import('./tensors.js').Opened} Opened */
/** @typedef {import('../common/safetensors.js').Tensor} Tensor */

/** Ψ alone or Φ alone, and what was done to it, in words; `network` is empty where nothing says which.
 * @typedef {{ name: string, network: '' | 'psi' | 'phi', tensors: Map<string, Tensor>, words: string[] }} Half */

/** A file for the module, and what was done to it, in words. @typedef {{ name: string, bytes: Uint8Array, words: string[] }} Whole */

/** What came of the files. @typedef {{ whole: Whole } | { half: Half } | { refused: string }} Taken */

const NETWORKS = /** @type {const} */ (['psi', 'phi']);

const PARTS = ['net.0.weight', 'net.0.bias', 'net.2.weight', 'net.2.bias'];

/** A tensor's name: what the program put before it, which network, what stands between that and its layers, the layer and the part. */
const NAMED = /^((?:.*?[./])??)(psi|phi)(?:_?net)?[./]((?:[\w-]+[./])*?)(?:net[./])?([02])[./](weight|bias)$/i;
const BARE = /^((?:.*?[./])??)()()(?:net[./])?([02])[./](weight|bias)$/i;

/** Longer names are nobody's. */
const LONGEST_NAME = 200;

/** How Adam's moments begin, which the module leaves aside. */
const MOMENTS = 'adam.';

const GREEK = { psi: 'Ψ', phi: 'Φ' };

/** What is said of so many files at once; empty of one, and of the halves of a pair. @param {number} files */
export function miscounted(files) {
  if (files === 1 || files === 2) return '';
  return `${files === 0 ? 'What was dropped is no file' : `${files} files were dropped`}: one file of weights at a time.`;
}

/**
 * One file, or the two halves of one.
 * @param {Brought[]} files at most two @param {Half | null} waiting what was brought before
 * @returns {Taken}
 */
export function taken(files, waiting) {
  /** @type {Half[]} */
  const halves = [];
  for (const file of files) {
    const kind = kindOf(file.bytes, file.bytes.length, file.name);
    if (kind) return { refused: `“${short(file.name)}” cannot be opened: ${ended(kind)}` };
    const found = opened(file);
    if ('refused' in found) return found;
    if ('whole' in found && files.length === 1) return found;
    if ('whole' in found) return { refused: `${files.length} files were dropped: one file of weights at a time, or one of Ψ and one of Φ.` };
    halves.push(found.half);
  }
  if (halves.length === 2) return joined(halves[0], halves[1]);
  const [half] = halves;
  return waiting && fits(waiting, half) ? joined(waiting, half) : { half };
}

/** Whether the two may be the networks of one product. @param {Half} one @param {Half} other */
function fits(one, other) {
  return (one.network || other.network) !== '' && one.network !== other.network;
}

/** @param {Half} one @param {Half} other @returns {Taken} */
function joined(one, other) {
  if (!fits(one, other)) {
    const which = one.network
      ? `both hold ${GREEK[one.network]}`
      : 'nothing in them or in their names says which is Ψ and which is Φ: have psi or phi in a name';
    return { refused: `“${short(one.name)}” and “${short(other.name)}” do not make a pair: ${which}.` };
  }
  const psi = one.network === 'psi' || other.network === 'phi' ? one : other;
  const phi = psi === one ? other : one;
  const tensors = new Map([...[...psi.tensors].map(named('psi')), ...[...phi.tensors].map(named('phi'))]);
  return { whole: { name: `${psi.name} + ${phi.name}`, bytes: written({}, tensors), words: [...new Set([...psi.words, ...phi.words])] } };
}

/** @param {'psi' | 'phi'} network @returns {(part: [string, Tensor]) => [string, Tensor]} */
const named =
  (network) =>
  ([part, tensor]) => [`${network}.${part}`, tensor];

/** @param {Brought} file @returns {Taken} */
function opened({ name, bytes }) {
  const file = parsed(bytes);
  const asItIs = { whole: { name, bytes, words: [] } };
  if (!file) return asItIs;
  const entries = file.entries.filter(([tensor]) => !tensor.startsWith(MOMENTS));
  const names = read(entries.map(([tensor]) => tensor));
  if (!names || entries.some(([, { dtype }]) => !TYPES.has(dtype))) return asItIs;
  const plain = entries.every(([tensor, { dtype }], i) => dtype === 'F32' && tensor === `${names.networks[i]}.${names.parts[i]}`);
  if (plain && new Set(names.networks).size === 2) return asItIs;
  const { tensors, words, refused } = widened(file, entries);
  if (refused) return { refused: `“${short(name)}” cannot be opened: ${refused}.` };
  const all = [...names.words, ...words];
  if (new Set(names.networks).size === 2)
    return {
      whole: { name, bytes: written(file.metadata, new Map(tensors.map((tensor, i) => [`${names.networks[i]}.${names.parts[i]}`, tensor]))), words: all },
    };
  const network = /** @type {Half['network']} */ (names.networks[0]) || byName(name);
  const missing = PARTS.find((part) => !names.parts.includes(part));
  const what = network ? `${GREEK[network]} alone` : 'one network alone';
  if (missing) return { refused: `“${short(name)}” cannot be opened: it holds ${what}, and of that no ${missing}.` };
  return { half: { name, network, tensors: new Map(tensors.map((tensor, i) => [names.parts[i], tensor])), words: all } };
}

/** Which network it is by the file's name, where that names one of them. @param {string} name @returns {Half['network']} */
function byName(name) {
  const [psi, phi] = [/psi|ψ/i.test(name), /phi|φ|ϕ/i.test(name)];
  return psi === phi ? '' : psi ? 'psi' : 'phi';
}

/**
 * Which network and part each tensor is, where all names agree on what stands before and between; null where they do not.
 * @param {string[]} names
 */
function read(names) {
  const found = names.map((name) => (name.length > LONGEST_NAME ? null : (NAMED.exec(name) ?? BARE.exec(name))));
  if (names.length === 0 || found.includes(null)) return null;
  const parts = found.map((match) => `net.${match?.[4]}.${match?.[5].toLowerCase()}`);
  const networks = found.map((match) => (match?.[2] ?? '').toLowerCase());
  const fronts = new Set(found.map((match) => match?.[1] ?? ''));
  const inner = new Set(found.map((match) => match?.[3] ?? ''));
  const kinds = new Set(networks);
  // A name that stands for two would hide one of them, and a bare name beside one of a network is somebody else's.
  if (fronts.size > 1 || inner.size > 1 || (kinds.size > 1 && kinds.has('')) || new Set(parts.map((part, i) => `${networks[i]}.${part}`)).size < parts.length)
    return null;
  const [front, between] = [[...fronts][0], [...inner][0]];
  const words = [front, between].filter(Boolean).map((prefix) => `“${quoted(prefix)}” was taken off its names`);
  const plain = names.every((name, i) => name === `${front}${networks[i] && `${networks[i]}.`}${between}${parts[i]}`);
  if (!plain) words.push(`its names were read as ${networks[0] ? 'psi.net.0.weight' : 'net.0.weight'} and so on`);
  return { parts, networks, words };
}

/** The tensors in single precision. @param {Opened} file @param {[string, Entry][]} entries */
function widened({ data }, entries) {
  const types = new Set(entries.map(([, { dtype }]) => dtype));
  /** @type {Tensor[]} */
  const tensors = [];
  let rounded = false;
  for (const [name, { dtype, shape, data_offsets }] of entries) {
    const bytes = data.subarray(...data_offsets);
    const found = float32(dtype, bytes);
    if (found.values.length !== shape.reduce((product, size) => product * size, 1))
      return { tensors, words: [], refused: `the file is not a whole safetensors file: ${quoted(name)} is not as long as its shape says` };
    if (found.beyond !== null) return { tensors, words: [], refused: `${quoted(name)} holds ${found.beyond}, which float32 cannot hold` };
    rounded ||= found.rounded;
    tensors.push({ shape, values: found.values });
  }
  /** @type {string[]} */
  const words = [];
  const narrow = ['F16', 'BF16'].filter((type) => types.has(type)).map((type) => TYPES.get(type));
  if (narrow.length > 0) words.push(`its ${narrow.join(' and ')} numbers were widened to float32, which changes none of them`);
  if (types.has('F64'))
    words.push(rounded ? 'its float64 numbers were rounded to float32' : 'its float64 numbers were taken as float32, which changes none of them');
  return { tensors, words, refused: '' };
}

/** A file as the module reads it. @param {Record<string, string>} metadata @param {Map<string, Tensor>} tensors */
function written(metadata, tensors) {
  const order = NETWORKS.flatMap((network) => PARTS.map((part) => `${network}.${part}`));
  const parts = order.flatMap((name) => {
    const tensor = tensors.get(name);
    return tensor ? [{ name, shape: tensor.shape, pieces: [tensor.values] }] : [];
  });
  return writeSafetensors({ format: 'pt', ...metadata }, parts);
}
