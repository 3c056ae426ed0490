// @ts-check
/**
 * `.safetensors` files, as the module writes and reads them:
 *
 *     u64: length of the header │ header: JSON │ the tensors, f32, all little endian
 *
 * For our own files only, where nothing needs checking. What a visitor drops goes to the module, which trusts nobody.
 */

/** @typedef {{ shape: number[], values: Float32Array }} Tensor */

/** @param {Uint8Array} bytes @returns {{ metadata: Record<string, string>, tensors: Map<string, Tensor> }} */
export function readSafetensors(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  const { __metadata__: metadata = {}, ...entries } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  const tensors = new Map();
  for (const [name, entry] of Object.entries(entries)) {
    const [from, to] = entry.data_offsets;
    const values = Float32Array.from({ length: (to - from) / 4 }, (_, i) => view.getFloat32(start + from + 4 * i, true));
    tensors.set(name, { shape: entry.shape, values });
  }
  return { metadata, tensors };
}

/**
 * Writes tensors one behind another, each given in one piece or more. @param {Record<string, string>} metadata
 * @param {readonly { name: string, shape: readonly number[], pieces: readonly Float32Array[] }[]} tensors
 */
export function writeSafetensors(metadata, tensors) {
  let end = 0;
  const entries = tensors.map(({ name, shape, pieces }) => {
    const start = end;
    for (const { length } of pieces) end += 4 * length;
    return [name, { dtype: 'F32', shape, data_offsets: [start, end] }];
  });
  const header = new TextEncoder().encode(JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) }));
  // Spaces, so that the numbers begin at a multiple of eight bytes.
  const length = Math.ceil(header.length / 8) * 8;
  const file = new Uint8Array(8 + length + end).fill(0x20, 8 + header.length, 8 + length);
  const view = new DataView(file.buffer);
  view.setBigUint64(0, BigInt(length), true);
  file.set(header, 8);
  let at = 8 + length;
  for (const { pieces } of tensors)
    for (const piece of pieces)
      for (const value of piece) {
        view.setFloat32(at, value, true);
        at += 4;
      }
  return file;
}
