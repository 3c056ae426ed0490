// @ts-check
/** The header of a safetensors file, believed only where it is as the format asks. Pure. */

/** One tensor, as the header has it. @typedef {{ dtype: string, shape: number[], data_offsets: [number, number] }} Entry */

/** A file whose header could be read. @typedef {{ metadata: Record<string, string>, entries: [name: string, entry: Entry][], data: Uint8Array }} Opened */

/** The longest header that is read, as in the module. */
const LONGEST_HEADER = 64 * 1024;

/** The header's length, as the file has it. @param {Uint8Array} bytes at least 8 */
function headerOf(bytes) {
  return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
}

/** Whether a file is whole as far as it can be seen, but its header longer than any that is read. @param {Uint8Array} bytes */
export function crowded(bytes) {
  return bytes.length >= 8 && headerOf(bytes) > LONGEST_HEADER && 8 + headerOf(bytes) <= bytes.length && bytes[8] === 0x7b;
}

/** The header and the data, where they are as the format asks. @param {Uint8Array} bytes @returns {Opened | null} */
export function parsed(bytes) {
  if (bytes.length < 8) return null;
  const length = headerOf(bytes);
  if (length > LONGEST_HEADER || 8 + length > bytes.length) return null;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length));
    const { __metadata__: metadata = {}, ...tensors } = JSON.parse(text);
    const entries = /** @type {[string, Entry][]} */ (Object.entries(tensors));
    const data = bytes.subarray(8 + length);
    const fine = !repeats(text) && Object.values(metadata).every((note) => typeof note === 'string') && entries.every(([, entry]) => isEntry(entry));
    return fine && covers(entries, data.length) ? { metadata, entries, data } : null;
  } catch {
    return null;
  }
}

/** Whether an object of the text has a key twice, of which a parser keeps the last without a word. @param {string} text */
function repeats(text) {
  /** @type {Set<string>[]} */
  const open = [];
  for (const [token, key] of text.matchAll(/"((?:[^"\\]|\\.)*)"\s*:|"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (key !== undefined) {
      const keys = open.at(-1);
      if (keys?.has(key)) return true;
      keys?.add(key);
    }
  }
  return false;
}

/** @param {any} entry @returns {entry is Entry} */
function isEntry(entry) {
  const sizes = (/** @type {unknown} */ list) => Array.isArray(list) && list.every((size) => Number.isSafeInteger(size) && size >= 0);
  return typeof entry?.dtype === 'string' && sizes(entry.shape) && sizes(entry.data_offsets) && entry.data_offsets.length === 2;
}

/** Whether the tensors lie one behind another and fill so many bytes. @param {[string, Entry][]} entries @param {number} bytes */
function covers(entries, bytes) {
  const ranges = entries.map(([, { data_offsets }]) => data_offsets).sort(([a, b], [c, d]) => a - c || b - d);
  const end = ranges.reduce((at, [from, to]) => (from === at && to >= from ? to : Number.NaN), 0);
  return end === bytes;
}
