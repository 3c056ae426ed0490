// @ts-check
/** `.gz` and `.br` beside what is large enough to gain, for hosts that send them as they lie. */
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** Text and wasm; pictures are compressed already. */
const KINDS = /\.(html|js|css|svg|wasm|json|webmanifest)$/;

/** Smaller files fit into one packet either way. */
const LEAST = 1_400;

const WAYS = {
  gz: (/** @type {Buffer} */ bytes) => promisify(gzip)(bytes, { level: 9 }),
  br: (/** @type {Buffer} */ bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
};

/** @param {string} folder @param {readonly string[]} files */
export async function compress(folder, files) {
  for (const file of files) {
    const path = `${folder}/${file}`;
    if (!KINDS.test(file)) continue;
    const bytes = await readFile(path);
    if (bytes.length < LEAST) continue;
    for (const [kind, way] of Object.entries(WAYS)) {
      // Brotli at its best takes a second for each megabyte, and what changes is written anew without its compressed forms.
      if (await stat(`${path}.${kind}`).catch(() => null)) continue;
      // What is cut off while it is written is not taken for compressed; the next build sweeps it away.
      await writeFile(`${path}.${kind}.new`, await way(bytes));
      await rename(`${path}.${kind}.new`, `${path}.${kind}`);
    }
  }
}
