// @ts-check
/**
 * Makes what ships from the page as it is written: few files, whose names change with their content.
 *
 *     node xtask/bundle.mjs --from unbundled --to dist --version 0.1.0 --commit 0123abc [--address https://example.org/phi-psi/] [--source …] [--notebooks …] [--plain]
 *
 * `--from` is a folder with index.html, www/ and the wasm packages in www/pkg/, which also works as it is; `cargo xtask build` lays it out and
 * calls this. `--address` is where the page will stand, for those who show its picture elsewhere: they want it in full.
 * `--source` is where its source is to be had (PHI_PSI_SOURCE, or what the checkout was cloned from, if that is on the web), and `--notebooks` where
 * the notebooks are that it began as (PHI_PSI_NOTEBOOKS): both for who cites it. `--plain` leaves out the compressed copies.
 *
 *     index.html  sw.js  build.json       the page, its service worker, the list of files
 *     www/bench.html  www/api.html        the other pages
 *     www/api.js  www/api.d.ts  …         what others import by its address, or must be there when all else is gone (STABLE)
 *     www/NAME-HASH.*                     everything else
 *
 * The files of the build before stay beside these for one generation, so that an index in somebody's cache still finds its scripts.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { compress } from './bundle/compress.mjs';
import { Output } from './bundle/output.mjs';
import { Pages } from './bundle/pages.mjs';
import { bundled, minified, readable } from './bundle/scripts.mjs';
import { serviceWorker } from './bundle/service-worker.mjs';
import { addresses, COMMON, FLAG, needing, TEXT } from './bundle/options.mjs';

const { values } = parseArgs({ options: { from: TEXT, to: TEXT, plain: FLAG, ...COMMON } });
needing(values, ['from', 'to', 'version'], 'node xtask/bundle.mjs --from FOLDER --to FOLDER --version VERSION');
const { from, to, version, commit, plain } = values;
const { address, source, notebooks } = addresses(values);

/** The workers, each a file by itself: what they share is little, and every file more is one that a first visit waits for. */
const WORKERS = ['worker', 'many-worker', 'trial-worker', 'lab-worker', 'bench-worker'];
const MODULES = /** @type {const} */ (['cpu', 'webgpu', 'lab']);

const output = await Output.open(to);

/** Files as they are, under names that tell their content. */
for (const name of ['icon.svg', 'icon-192.png', 'icon-512.png', 'icon-maskable.png', 'run.svg', 'card.png', 'style.css', 'shell/early.js', 'api-example.js']) {
  output.hashed(`www/${name}`, await readFile(`${from}/www/${name}`));
}
const layer = await readFile(`${from}/www/layers/digits.safetensors`);
const digits = {
  file: `./${output.base(output.hashed('www/layers/digits.safetensors', layer))}`,
  name: createHash('sha256').update(layer).digest('hex').slice(0, 16),
};
output.stable('www/precheck.js', await readFile(`${from}/www/shell/precheck.js`), 'www/shell/precheck.js');

/** @type {Record<string, { script: string, wasm: string, integrity: string }>} */
const modules = {};
for (const name of MODULES) {
  const part = (/** @type {string} */ file) => readFile(`${from}/www/pkg/${name}/${file}`);
  const script = output.hashed(`www/module-${name}.js`, (await minified(String(await part('phi_psi.js')))).code);
  const wasm = output.hashed(`www/module-${name}.wasm`, await part('phi_psi_bg.wasm'));
  modules[name] = { script: `./${output.base(script)}`, wasm: `./${output.base(wasm)}`, integrity: output.integrity(wasm) };
}
const build = { shipped: true, version, commit, address, source, notebooks, digits, modules };

/** Workers first, since the others start them by name. */
for (const name of WORKERS) await bundled({ from, output, build, entries: { [name]: `www/worker/${name}.js` }, whole: true });
await bundled({ from, output, build, entries: { main: 'www/app/main.js', launch: 'www/shell/launch.js' } });
for (const [name, path] of Object.entries({ bench: 'www/pages/bench.js', 'api-page': 'www/pages/api-page.js', api: 'www/api.js' })) {
  await bundled({ from, output, build, entries: { [name]: path }, whole: true });
}
output.stable(
  'www/api.js',
  readable('/** φ·ψ for other pages: its address stays, and what stands behind it changes with its content. */', output.base('www/api.js')),
);
output.stable('www/api.d.ts', await readFile(`${from}/www/api.d.ts`));

const pages = new Pages({ from, output, version, commit, address, source });
for (const page of ['index.html', 'www/bench.html', 'www/api.html']) output.stable(page, await pages.page(page));
output.stable('www/manifest.webmanifest', await pages.manifest('www/manifest.webmanifest'));
output.stable('sw.js', serviceWorker(await readFile(`${from}/www/shell/service-worker.js`, 'utf8'), output));
await output.close({ version, commit });
if (!plain) await compress(to, output.files);
console.log(`${output.files.length} files of build ${output.build} in ${to}`);
