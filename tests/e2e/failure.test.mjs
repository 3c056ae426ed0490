// @ts-check
/** What cannot be loaded: always a sentence, never an empty page, and a way on where there is one. What dies later is in recovery.test.mjs. */
import './written.mjs';
import assert from 'node:assert/strict';
import { MISSING, visitors } from './browser.mjs';

/** @typedef {import('./browser.mjs').Substitute} Substitute */
/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

/** @param {Visitor} visitor @param {RegExp} sentence */
async function failsInWords(visitor, sentence) {
  await visitor.page.locator('#status[data-state=failed]').waitFor();
  assert.match(await visitor.notice(), sentence);
  assert.match(await visitor.text('status'), /Failed/);
  assert.match(await visitor.page.locator('body').innerText(), /A GELU layer, split in two/);
}

/** What is no wasm. @type {Substitute} */
const GARBAGE = { route: (route) => route.fulfill({ contentType: 'application/wasm', body: 'this is no module' }) };

/** What is missing is answered with 404, and the browser then calls the request failed. */
const NOT_FOUND = /^(answer 404|failed request): /;

/** @type {[string, Record<string, Substitute>, RegExp[], RegExp][]} */
const UNLOADABLE = [
  [
    'the wasm is missing',
    { 'www/pkg/cpu/phi_psi_bg.wasm': MISSING },
    [NOT_FOUND],
    /^The training module could not be loaded: .*\. Reload the page, or press Train to try again\.$/,
  ],
  ['the wasm is garbage', { 'www/pkg/cpu/phi_psi_bg.wasm': GARBAGE }, [], /^The training module could not be loaded: .*\. Reload the page/],
  ['the module’s script is missing', { 'www/pkg/cpu/phi_psi.js': MISSING }, [NOT_FOUND], /^The training module could not be loaded: .*\. Reload the page/],
  ['the worker is missing', { 'www/worker/worker.js': MISSING }, [NOT_FOUND], /^The worker could not be started/],
  ['the worker’s own import is missing', { 'www/worker/pace.js': MISSING }, [NOT_FOUND], /^The worker could not be started/],
];

for (const [name, site, expect, sentence] of UNLOADABLE) {
  visit(`${name}: the page says so and stays`, { site, expect }, async (visitor) => {
    await failsInWords(visitor, sentence);
    const { length } = await visitor.states();
    await visitor.press('train');
    await visitor.eventually(async () => assert.ok((await visitor.states()).length > length));
    await failsInWords(visitor, sentence);
  });
}

for (const file of ['app/main.js', 'plot/axis.js']) {
  visit(
    `a part of the page itself is missing (${file}): the page says so and stays`,
    { site: { [`www/${file}`]: MISSING }, expect: [NOT_FOUND, /console error/] },
    async (visitor) => {
      await failsInWords(visitor, /^A part of this page could not be loaded\. Check the connection and reload the page\.$/);
    },
  );
}

visit(
  'a module that is there at the second attempt trains',
  {
    site: {
      'www/pkg/cpu/phi_psi.js': (() => {
        let asked = 0;
        return { route: (route) => (++asked === 1 ? MISSING.route(route) : route.continue()) };
      })(),
    },
    expect: [NOT_FOUND],
  },
  async (visitor) => {
    await failsInWords(visitor, /could not be loaded/);
    assert.equal((await visitor.train()).length, 5);
    assert.equal(await visitor.text('notice'), '');
  },
);

/** Lets the module through, once somebody has asked for it. @type {() => void} */
let letThrough;
const through = new Promise((resolve) => (letThrough = () => resolve(null)));

visit(
  'Train pressed before the module is there runs as soon as it is',
  { site: { 'www/pkg/cpu/phi_psi_bg.wasm': { route: (route) => through.then(() => route.continue()) } } },
  async (visitor) => {
    await visitor.press('train');
    await visitor.eventually(async () => assert.equal(await visitor.state(), 'probing'));
    letThrough();
    await visitor.reach('done');
    assert.equal((await visitor.lines()).length, 5);
  },
);

visit(
  'a browser that lacks WebAssembly is told so',
  { site: { 'www/app/main.js': { route: (route) => route.fulfill({ contentType: 'text/javascript', body: '' }) } }, script: 'delete globalThis.WebAssembly' },
  async (visitor) => {
    await failsInWords(visitor, /too old for this page, which needs JavaScript modules, web workers and WebAssembly/);
  },
);
