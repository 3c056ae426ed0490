// @ts-check
/**
 * A file of a real layer: `weight` `[rows, d]` (any one name that ends so), and beside it, where they are, `bias` `[rows]`, `inputs` `[n, d]`,
 * `head.weight` `[classes, rows]`, `head.bias` and `labels` `[n]`. What does not fit is refused in a sentence, before any room is made. Pure; loaded with
 * the first layer.
 */
import { ended, quoted, short } from '../common/quoted.js';
import { float32, WIDTHS } from './floats.js';
import { kindOf } from './kinds.js';
import { crowded, parsed } from './tensors.js';

/** @typedef {import('./tensors.js').Entry} Entry */
/** @typedef {import('./weights.js').Brought} Brought */

/**
 * A layer as it was brought: `inputs` is null where the file has none. The last `kept` inputs are kept back, and a quarter, drawn by the seed, where
 * that is 0.
 * @typedef {{ name: string, d: number, rows: number, weight: Float32Array, bias: Float32Array, inputs: Float32Array | null, kept: number,
 *   head: { classes: number, weight: Float32Array, bias: Float32Array, labels: Uint32Array } | null }} LayerFile
 */

/** The largest file that is read. */
export const MOST_BYTES = 100_000_000;

/** Rows and columns of any tensor, inputs, and outputs for all of them, as in the module. */
const MOST = 1_024;
const MOST_SAMPLES = 20_000;
const LEAST_SAMPLES = 8;
const MOST_OUTPUTS = 4_000_000;

/** Whole numbers, and how many bytes each takes. */
const WHOLE = new Map([
  ['U8', 1],
  ['I32', 4],
  ['I64', 8],
]);

/** What is said of a file that is too large to be read at all. @param {string} name @param {number} bytes */
export function tooLarge(name, bytes) {
  return `“${short(name)}” has ${bytes} bytes: a layer's file may have ${MOST_BYTES}. ${CUT}`;
}

/** How one layer becomes a file. */
const CUT = 'Cut one layer out: the lines of Python below write its weight, its bias and some of its inputs.';

/** @param {Brought} file @returns {{ layer: LayerFile } | { refused: string }} */
export function layerOf({ name, bytes }) {
  const refused = (/** @type {string} */ why) => ({ refused: `“${short(name)}” cannot be opened: ${ended(why)}` });
  const kind = kindOf(bytes, bytes.length, name);
  if (kind) return refused(kind);
  const file = parsed(bytes);
  if (!file)
    return refused(crowded(bytes) ? `its header is too long to be read: it has too many tensors, or long notes. ${CUT}` : 'it is not a whole safetensors file');
  const { metadata, data } = file;
  const entries = new Map(file.entries);
  try {
    const weights = [...entries.keys()].filter((tensor) => tensor.endsWith('weight') && tensor !== 'head.weight');
    if (weights.length !== 1)
      throw new Misfit(
        weights.length === 0 ? 'it has no tensor whose name ends with “weight”' : `${weights.length} of its names end with “weight”, and a layer has one`,
      );
    const [named] = weights;
    const [rows, d] = sizes(entries, named, 2);
    if (rows > MOST || d > MOST) throw new Misfit(`its weight is ${rows} by ${d}, and a layer may have ${MOST} rows of ${MOST} numbers. ${CUT.slice(0, -1)}`);
    const biased = [named.replace(/weight$/, 'bias'), 'bias'].find((tensor) => entries.has(tensor));
    const floats = (/** @type {string} */ tensor, /** @type {number[]} */ ...expected) => numbers(entries, data, tensor, expected);
    const weight = floats(named, rows, d);
    const bias = biased ? floats(biased, rows) : new Float32Array(rows);
    const samples = entries.has('inputs') ? sizes(entries, 'inputs', 2)[0] : 0;
    if (samples > MOST_SAMPLES) throw new Misfit(`it has ${samples} inputs, and ${MOST_SAMPLES} may be`);
    if (samples * rows > MOST_OUTPUTS) throw new Misfit(`it has ${samples} inputs for ${rows} rows, and ${Math.floor(MOST_OUTPUTS / rows)} may be for so many`);
    const inputs = samples > 0 ? scaled(floats('inputs', samples, d), metadata.inputs_scale) : null;
    if (inputs && samples < LEAST_SAMPLES)
      throw new Misfit(`the file has ${samples} inputs: at least ${LEAST_SAMPLES} are needed, of which a quarter is kept back`);
    const classes = entries.has('head.weight') ? sizes(entries, 'head.weight', 2)[0] : 0;
    if (classes > MOST) throw new Misfit(`its head has ${classes} classes, and ${MOST} may be`);
    const judged = classes > 0 && inputs && entries.has('labels');
    const head = judged
      ? {
          classes,
          weight: floats('head.weight', classes, rows),
          bias: entries.has('head.bias') ? floats('head.bias', classes) : new Float32Array(classes),
          labels: classesOf(floats('labels', samples), classes),
        }
      : null;
    const kept = inputs && /^\d{1,5}$/.test(metadata.kept_back ?? '') ? Number(metadata.kept_back) : 0;
    if (kept > 0 && !(kept >= 2 && kept <= samples - 4)) throw new Misfit(`${kept} of ${samples} inputs cannot be kept back`);
    return { layer: { name, d, rows, weight, bias, inputs, kept, head } };
  } catch (error) {
    if (error instanceof Misfit) return refused(error.message);
    throw error;
  }
}

/** Why a file is no layer's. */
class Misfit extends Error {}

/** @param {Map<string, Entry>} entries @param {string} name @param {number} dimensions */
function sizes(entries, name, dimensions) {
  const { shape } = /** @type {Entry} */ (entries.get(name));
  if (shape.length !== dimensions || shape.includes(0))
    throw new Misfit(`${quoted(name)} has shape [${shape.slice(0, 4).join(', ')}], and must have ${dimensions} sizes above zero`);
  return shape;
}

/** A tensor's numbers, whose shape the others fix. @param {Map<string, Entry>} entries @param {Uint8Array} data @param {string} name @param {number[]} expected */
function numbers(entries, data, name, expected) {
  const { dtype, shape, data_offsets } = /** @type {Entry} */ (entries.get(name));
  if (shape.join() !== expected.join())
    throw new Misfit(`${quoted(name)} has shape [${shape.slice(0, 4).join(', ')}], and with the others it must be [${expected.join(', ')}]`);
  const bytes = data.subarray(...data_offsets);
  const count = expected.reduce((product, size) => product * size, 1);
  const width = WHOLE.get(dtype);
  const each = width ?? WIDTHS.get(dtype);
  if (!each) throw new Misfit(`${quoted(name)} holds ${quoted(dtype)} numbers, which are not read here: save it as float32`);
  // Before any room is made for them.
  if (bytes.length !== count * each) throw new Misfit(`${quoted(name)} is not as long as its shape says`);
  const values = width ? whole(bytes, width) : float32(dtype, bytes).values;
  const wrong = values.find((value) => !Number.isFinite(value));
  if (wrong !== undefined) throw new Misfit(`${quoted(name)} holds ${wrong}, and a layer's numbers must be finite`);
  return values;
}

/** @param {Uint8Array} bytes @param {number} width of each number */
function whole(bytes, width) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const one = (/** @type {number} */ i) => (width === 1 ? bytes[i] : width === 4 ? view.getInt32(4 * i, true) : Number(view.getBigInt64(8 * i, true)));
  return Float32Array.from({ length: Math.floor(bytes.length / width) }, (_, i) => one(i));
}

/** Inputs that stand in the file in another unit. @param {Float32Array} inputs @param {string | undefined} told */
function scaled(inputs, told) {
  const scale = told === undefined ? 1 : Number(told);
  if (!(scale > 0 && scale <= 1e6)) throw new Misfit(`its inputs_scale is “${quoted(String(told))}”, and must be a number above zero`);
  const found = scale === 1 ? inputs : inputs.map((value) => value * scale);
  if (found.some((value) => !Number.isFinite(value))) throw new Misfit('its inputs times their inputs_scale are too large to be numbers');
  return found;
}

/** @param {Float32Array} labels @param {number} classes */
function classesOf(labels, classes) {
  const wrong = labels.find((label) => !Number.isInteger(label) || label < 0 || label >= classes);
  if (wrong !== undefined) throw new Misfit(`labels holds ${wrong}, and the head has ${classes} classes, counted from 0`);
  return Uint32Array.from(labels);
}
