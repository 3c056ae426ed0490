// @ts-check
/** A server of a test's own, whose folder can be exchanged and which can go away, as a network does. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** @typedef {import('node:test').TestContext} TestContext */

/** A test, or a file's tests, whose end can be awaited. @typedef {{ after: (end: () => Promise<void>) => void }} Ending */

/** `location` is where it leads on to. @typedef {{ status: number, type: string, body: Buffer | string, location?: string }} Answer */

/** @type {Record<string, string>} */
const KINDS = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
};

/** A page of the same origin that is none of the folder's: it can ask about service workers, and none of them serves it. */
export const OUTSIDE = '/outside';
const EMPTY = '<!doctype html><html lang="en"><title>Outside</title><link rel="icon" href="data:,"></html>';

/** @type {Answer} */
const MISSING = { status: 404, type: 'text/plain', body: 'There is no such file here.\n' };

/**
 * Serves a folder below a path, as the page is often served.
 * @param {string} folder @param {string} [prefix] beginning and ending in a slash @param {Record<string, string>} [headers] that every file has besides
 * @param {(path: string, own: Answer) => Answer | Promise<Answer>} [changed] what is answered instead, by the path below the page with its query
 */
export async function open(folder, prefix = '/a/b/', headers = {}, changed = (_, own) => own) {
  const site = { folder, url: '', away: false, close: () => {} };
  const server = createServer(async ({ url = '' }, response) => {
    if (site.away) return response.destroy();
    const [path] = url.split('?');
    if (path === OUTSIDE) return response.writeHead(200, { 'content-type': KINDS['.html'] }).end(EMPTY);
    const file = path.endsWith('/') ? `${path}index.html` : path;
    const inside = file.startsWith(prefix) && !file.includes('..');
    const body = inside ? await readFile(join(site.folder, file.slice(prefix.length))).catch(() => null) : null;
    const own = body ? { status: 200, type: KINDS[extname(file)] ?? 'application/octet-stream', body } : MISSING;
    const answer = inside ? await changed(url.slice(prefix.length), own) : own;
    const { status, type, location } = answer;
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-cache', ...headers, ...(location && { location }) });
    response.end(answer.body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
  const address = server.address();
  if (!address || typeof address !== 'object') throw new Error('the server has no address');
  site.url = `http://127.0.0.1:${address.port}${prefix}`;
  site.close = () => {
    server.close();
    server.closeAllConnections();
  };
  return site;
}

/** The same until the test ends. @param {TestContext} t @param {string} folder @param {Record<string, string>} [headers] */
export async function serve(t, folder, headers) {
  const site = await open(folder, undefined, headers);
  t.after(site.close);
  return site;
}

/** A folder that ends with the test. @param {Ending} t */
export async function folderOf(t) {
  const folder = await mkdtemp(join(tmpdir(), 'phi-psi-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Another build of the page, by its commit. @param {Ending} t @param {string} commit @param {string[]} words what else it is told */
export async function build(t, commit, ...words) {
  const to = await folderOf(t);
  const { PHI_PSI_DIST } = process.env;
  if (!PHI_PSI_DIST) throw new Error('PHI_PSI_DIST does not name the page as it is written');
  await script('bundle.mjs', '--from', PHI_PSI_DIST, '--to', to, '--version', '9.9.9', '--commit', commit, '--plain', ...words);
  return to;
}

/** Runs a script of xtask's. @param {string} name @param {string[]} words */
export async function script(name, ...words) {
  await promisify(execFile)(process.execPath, [fileURLToPath(new URL(`../../xtask/${name}`, import.meta.url)), ...words]);
}
