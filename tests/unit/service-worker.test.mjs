// @ts-check
/** The service worker without a browser: what a page is answered while storage refuses. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { serviceWorker } from '../../xtask/bundle/service-worker.mjs';

const FOLDER = 'https://page.example/';

test('a page whose storage refuses comes from the network', async () => {
  const source = await readFile(new URL('../../www/shell/service-worker.js', import.meta.url), 'utf8');
  const output = { build: 'one', files: ['index.html'], integrity: () => 'sha256-' };
  /** @type {Map<string, (event: object) => void>} */
  const heard = new Map();
  let asked = 0;
  const refuse = async () => {
    throw new Error('refused');
  };
  const scope = {
    addEventListener: (/** @type {string} */ type, /** @type {(event: object) => void} */ task) => heard.set(type, task),
    location: { href: `${FOLDER}sw.js` },
    caches: { match: refuse, has: refuse, open: refuse },
    fetch: async () => new Response(`the page, asked for ${++asked} times`),
  };
  new Function(...Object.keys(scope), serviceWorker(source, /** @type {any} */ (output)))(...Object.values(scope));
  /** @type {Response} */
  const answer = await new Promise((respondWith) => heard.get('fetch')?.({ request: new Request(FOLDER), respondWith }));
  assert.equal(await answer.text(), 'the page, asked for 1 times');
});
