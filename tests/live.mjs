// @ts-check
/**
 * What stands at an address, against what was built: every file of the build is there with its own bytes, and wasm is called wasm.
 *
 *     node tests/live.mjs https://example.org/phi-psi/ dist
 */
import { readFile } from 'node:fs/promises';

const [address, folder] = process.argv.slice(2);
if (!address || !folder) throw new Error('node tests/live.mjs ADDRESS FOLDER');

/** A host may take minutes until all of its machines have the new files. */
const TRIES = 20;
const PAUSE_MS = 15_000;

const { build, files } = JSON.parse(await readFile(`${folder}/build.json`, 'utf8'));
const all = [...files, 'sbom.cdx.json', 'provenance.json'];

for (let left = TRIES; ; left -= 1) {
  const wrong = await compared();
  if (wrong.length === 0) break;
  if (left === 1) throw new Error(`${address} is not build ${build}:\n${wrong.join('\n')}`);
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
console.log(`${all.length} files of build ${build} stand at ${address}`);

/** What differs, a line each. */
async function compared() {
  const wrong = [];
  for (const name of all) {
    const response = await fetch(new URL(name === 'index.html' ? './' : name, address), { cache: 'no-store' });
    const bytes = Buffer.from(await response.arrayBuffer());
    const kind = response.headers.get('content-type') ?? '';
    if (!response.ok) wrong.push(`${name}: ${response.status}`);
    else if (!bytes.equals(await readFile(`${folder}/${name}`))) wrong.push(`${name}: other bytes`);
    else if (name.endsWith('.wasm') && kind !== 'application/wasm') wrong.push(`${name}: sent as ${kind}`);
    else if (name.endsWith('.js') && !/javascript/.test(kind)) wrong.push(`${name}: sent as ${kind}`);
  }
  return wrong;
}
