// @ts-check
/** What cannot be loaded: always a sentence, never an empty page, and a way on where there is one. What dies later is in recovery.test.mjs. */
import assert from 'node:assert/strict';
import { ADDRESS, MISSING, press, viewed, visitors } from '../browser.mjs';

/** @typedef {import('../browser.mjs').Handler} Handler */
/** @typedef {import('../browser.mjs').Visitor} Visitor */

const visit = visitors();

/** @param {Visitor} visitor @param {RegExp} sentence */
async function failsInWords(visitor, sentence) {
  await visitor.page.locator('#status[data-state=failed]').waitFor();
  assert.match(await visitor.notice(), sentence);
  assert.match(await visitor.text('status'), /Failed/);
  assert.match(await visitor.page.locator('body').innerText(), /A GELU layer, split in two/);
}

/** What is no wasm. @type {Handler} */
const GARBAGE = { route: (route) => route.fulfill({ contentType: 'application/wasm', body: 'this is no module' }) };

/** What is missing is answered with 404, and the browser then calls the request failed. */
const NOT_FOUND = /^(answer 404|failed request): /;

const NO_MODULE = /^The training module could not be loaded: .*\. Reload the page, or press Train to try again\.$/;
const NO_WORKER = /^The worker could not be started/;

/** What does not come, in the order in which a visit meets it, and what is said of it. @type {[string, string, Handler, RegExp][]} */
const UNLOADABLE = [
  ['the worker’s own import is missing', 'www/worker/pace.js', MISSING, NO_WORKER],
  ['the worker is missing', 'www/worker/worker.js', MISSING, NO_WORKER],
  ['the wasm is missing', 'www/pkg/cpu/phi_psi_bg.wasm', MISSING, NO_MODULE],
  ['the wasm is garbage', 'www/pkg/cpu/phi_psi_bg.wasm', GARBAGE, NO_MODULE],
  ['the module’s script is missing', 'www/pkg/cpu/phi_psi.js', MISSING, NO_MODULE],
];

const LINK = 'v=1&d=2&m=4&hidden=8&n=64&batch=64&epochs=3&lr=0.001&seed=7';

let at = 0;

/** One after the other of these in the way of a file. @param {string} path @returns {Handler} */
const inTheWay = (path) => ({
  route: (route) => {
    const [, file, handler] = UNLOADABLE[at] ?? [];
    return handler && file === path ? handler.route(route) : route.continue();
  },
});

visit(
  'the worker, its import, the wasm or the module’s script is missing or garbage: the page says so at each attempt and stays, and once all is there it trains, also by a link whose reading was lost',
  { site: Object.fromEntries(UNLOADABLE.map(([, path]) => [path, inTheWay(path)])), expect: [NOT_FOUND] },
  async (visitor, t) => {
    for (const [name, , , sentence] of UNLOADABLE) {
      t.diagnostic(name);
      if (at > 0) await triedAgain(visitor);
      await failsInWords(visitor, sentence);
      at += 1;
    }
    assert.equal((await visitor.train()).length, 5);
    assert.equal(await visitor.text('notice'), '');
    await visitor.eventually(async () => assert.match(await visitor.text('estimate'), /^16 steps an epoch, 80 in all; about /));

    // Train reads a link too, whose reading was lost, and runs its recipe.
    at = 2;
    // The address follows the run's end by itself, and would take the place of what is put there before it has.
    await visitor.eventually(async () => assert.match(await visitor.page.evaluate('location.hash'), /&mse=/));
    await visitor.page.evaluate((hash) => history.replaceState(null, '', hash), `#${LINK}`);
    await visitor.page.reload();
    await failsInWords(visitor, NO_MODULE);
    const notice = await visitor.text('notice');
    at += 1;
    await visitor.press('train');
    await visitor.eventually(async () => assert.ok(!['', notice].includes(await visitor.text('notice'))));
    await failsInWords(visitor, NO_MODULE);
    assert.equal(new URL(visitor.page.url()).hash, `#${LINK}`);
    at = UNLOADABLE.length;
    assert.equal((await visitor.train()).length, 3);
    assert.equal((await visitor.typed()).seed, '7');
    assert.equal(await visitor.text('notice'), '');

    // So does the sweeps' Start.
    at = 2;
    await visitor.page.goto(`${ADDRESS}${viewed(`?backend=cpu#${LINK}`, 'all')}`);
    await failsInWords(visitor, NO_MODULE);
    at = UNLOADABLE.length;
    await visitor.find('sweeps').scrollIntoViewIfNeeded();
    await visitor.page.locator('#sweep-setup:enabled').waitFor();
    await press(visitor.page.locator('#sweeps [data-axis=m]'));
    await visitor.find('sweep-values').fill('2');
    await visitor.find('sweep-seeds').fill('1');
    await visitor.press('sweep-start');
    await visitor.eventually(async () => assert.equal(await visitor.text('sweep-said'), '1 of 1 run done.'));
    assert.equal((await visitor.typed()).seed, '7');
  },
);

/** Presses Train, and waits until something has come of it. @param {Visitor} visitor */
async function triedAgain(visitor) {
  const { length } = await visitor.states();
  await visitor.press('train');
  await visitor.eventually(async () => assert.ok((await visitor.states()).length > length));
}

let axis = false;

/** Lets the module through, once somebody has asked for it. @type {() => void} */
let letThrough;
const held = () => new Promise((resolve) => (letThrough = () => resolve(null)));
let through = held();

visit(
  'what a part of the page itself imports is missing: the page says so and stays; with it, Train pressed before the module is there runs as soon as it is, and what is refused then and has been mended meanwhile is right',
  {
    site: {
      'www/plot/axis.js': { route: (route) => (axis ? route.continue() : MISSING.route(route)) },
      'www/pkg/cpu/phi_psi_bg.wasm': { route: (route) => through.then(() => route.continue()) },
    },
    expect: [NOT_FOUND, /console error/],
  },
  async (visitor) => {
    await failsInWords(visitor, /^A part of this page could not be loaded\. Check the connection and reload the page\.$/);
    axis = true;
    await visitor.page.reload();
    await visitor.press('train');
    await visitor.eventually(async () => assert.equal(await visitor.state(), 'probing'));
    letThrough();
    await visitor.reach('done');
    assert.equal((await visitor.lines()).length, 5);

    through = held();
    await visitor.page.reload();
    await visitor.type({ m: 0 });
    await visitor.press('train');
    await visitor.eventually(async () => assert.equal(await visitor.state(), 'probing'));
    await visitor.type({ m: 8 });
    await visitor.find('n').focus();
    letThrough();
    await visitor.eventually(async () => assert.deepEqual(await visitor.states(), ['idle', 'probing', 'idle']));
    await visitor.eventually(async () => assert.equal(await visitor.text('notice'), ''));
    assert.deepEqual([await visitor.text('m-error'), await visitor.page.evaluate(() => document.activeElement?.id)], ['', 'n']);
  },
);
