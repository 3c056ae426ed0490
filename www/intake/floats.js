// @ts-check
/** Floating-point numbers of other widths, little endian, in single precision. Pure. */

/** The types that are read, by their names in the file, and what they are called. */
export const TYPES = new Map([
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['F32', 'float32'],
  ['F64', 'float64'],
]);

/** Bytes of each. */
export const WIDTHS = new Map([
  ['F16', 2],
  ['BF16', 2],
  ['F32', 4],
  ['F64', 8],
]);

/**
 * The numbers of so many bytes; `rounded` says whether one of them is another now, and `beyond` is the first that single precision has no
 * room for.
 * @param {string} dtype one of `TYPES` @param {Uint8Array} bytes
 */
export function float32(dtype, bytes) {
  const width = WIDTHS.get(dtype) ?? 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(bytes.length % width === 0 ? bytes.length / width : 0);
  let rounded = false;
  /** @type {number | null} */
  let beyond = null;
  for (let i = 0; i < values.length; i += 1) {
    const value = one(dtype, view, i * width);
    values[i] = value;
    rounded ||= values[i] !== value;
    if (Number.isFinite(value) && !Number.isFinite(values[i])) beyond ??= value;
  }
  return { values, rounded, beyond };
}

/** @param {string} dtype @param {DataView} view @param {number} at */
function one(dtype, view, at) {
  if (dtype === 'F64') return view.getFloat64(at, true);
  if (dtype === 'F32') return view.getFloat32(at, true);
  return dtype === 'F16' ? half(view.getUint16(at, true)) : bfloat(view, at);
}

/** A sign, five bits of exponent and ten of fraction. @param {number} bits */
function half(bits) {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? Number.NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

const WORD = new DataView(new ArrayBuffer(4));

/** The upper half of a float32. @param {DataView} view @param {number} at */
function bfloat(view, at) {
  WORD.setUint32(0, view.getUint16(at, true) << 16);
  return WORD.getFloat32(0);
}
