// @ts-check
/**
 * Reads the `.safetensors` file that the module has just written:
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
