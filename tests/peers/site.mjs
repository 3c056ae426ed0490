// @ts-check
/** Where the peers' pages are: bundled where they are made of packages, served on a port of its own. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';

const HERE = import.meta.dirname;
const MODULES = join(HERE, 'node_modules');
const TFJS_WASM = join(MODULES, '@tensorflow/tfjs-backend-wasm/dist');

/** What the packages would use in Node, and never do in a browser. */
const NODE_ONLY = ['fs', 'path', 'worker_threads', 'perf_hooks', 'os', 'crypto', 'util', 'string_decoder'];

/** @type {Record<string, string>} */
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.wasm': 'application/wasm' };

/** What a page must be served with to have threads. */
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

/**
 * Serves page.html and what it loads; below `isolated/` the same, cross-origin isolated.
 * @param {string} limit the wasm module of limit/limit.rs
 */
export async function serve(limit) {
  const bundles = mkdtempSync(join(tmpdir(), 'phi-psi-peers-'));
  const unbundled = bundle(bundles);
  const folders = [bundles, HERE, join(HERE, 'src'), TFJS_WASM];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '', 'http://peers').pathname).slice(1);
    const name = path.replace(/^isolated\//, '');
    // Every file lies directly in one of the folders, so a name with a slash is none of them.
    const places = name === 'limit.wasm' ? [limit] : name.includes('/') ? [] : folders.map((folder) => join(folder, name));
    const file = places.find((place) => existsSync(place) && extname(place) in TYPES);
    if (!file) return response.writeHead(404).end();
    const type = { 'content-type': TYPES[extname(file)] };
    response.writeHead(200, path === name ? type : { ...type, ...ISOLATED }).end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}/`,
    /** Why the peers that are made of packages cannot be had; empty where they can. */
    unbundled,
    close() {
      server.close();
      rmSync(bundles, { recursive: true });
    },
  };
}

/** @param {string} folder @returns {string} why there are no bundles */
function bundle(folder) {
  const esbuild = join(MODULES, 'esbuild/bin/esbuild');
  if (!existsSync(esbuild)) return 'its npm packages are not installed';
  const options = ['--bundle', '--splitting', '--format=esm', '--minify', '--log-level=error', '--define:global=globalThis', `--outdir=${folder}`];
  const external = NODE_ONLY.map((name) => `--external:${name}`);
  try {
    execFileSync(process.execPath, [esbuild, 'src/tfjs.js', 'src/jax.js', ...options, ...external], { cwd: HERE, stdio: ['ignore', 'ignore', 'pipe'] });
    return '';
  } catch (error) {
    return `it could not be bundled: ${error instanceof Error ? (error.message.split('\n')[1] ?? error.message) : error}`;
  }
}
