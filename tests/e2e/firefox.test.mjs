// @ts-check
/** The page in Firefox: it opens, trains and is asked there as in Chrome, and a link made in Chrome replays to the same bits. Bad links are in link.test.mjs. */
import assert from 'node:assert/strict';
import { visitors, WORKER } from './browser.mjs';
import { driven, FOLLOWED, tabbedTo } from './by-keyboard.mjs';
import { tabsEnd, told, workersDie } from './faults-told.mjs';
import { REFUSED as FORBIDDEN, refusedOnPage, SMUGGLING, TOLD, trying } from './forbidden.mjs';
import { recordedBits } from './recorded-bits.mjs';
import { weightsComeBack } from './weights-back.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors('firefox');

recordedBits(visit, 'Firefox');

/** Runs in the page: what the worker that trains has tried. */
const HEARD = "globalThis.heard = new Promise((resolve) => { new BroadcastChannel('outcome worker').onmessage = ({ data }) => resolve(data); });";

visit(
  'no code is made from text and no other host is asked, on the page and in a worker, and no script within the markup is run',
  // One file starts all workers (policy.test.mjs): what Firefox holds one to it holds the others to.
  { script: HEARD, site: { ...trying({ worker: WORKER }), ...SMUGGLING }, expect: [TOLD] },
  async (visitor) => {
    await refusedOnPage(visitor);
    assert.deepEqual(await visitor.page.evaluate('globalThis.heard'), FORBIDDEN);
  },
);

const NOTEBOOK = 'v=1&d=2&m=16&hidden=64&n=1024&batch=64&epochs=5&lr=0.001&seed=42';
/** As Chrome has it when the run has ended. */
const FINISHED = 'v=1&d=3&m=16&hidden=64&n=777&batch=50&epochs=7&lr=0.001&seed=11&mse=0.22947149396786512';
const OTHER = 'v=1&d=1&m=4&hidden=8&n=100&batch=10&epochs=3&lr=0.0000001&seed=4294967295';

/** @param {Visitor} visitor @param {string} hash */
const go = ({ page }, hash) => page.evaluate((to) => void (location.hash = to), hash);

/** @param {Visitor} visitor */
const fragment = ({ page }) => page.evaluate(() => location.hash.slice(1));

/** Runs in the page: a clipboard that refuses until the test allows it. */
const REFUSED = `globalThis.refuses = true;
Object.defineProperty(navigator, 'clipboard', { value: { writeText: async () => {
  if (globalThis.refuses) throw new DOMException('refused', 'NotAllowedError');
} } });`;

visit(
  'at 360 pixels nothing scrolls sideways, the link is copied, and shown selected where the clipboard is refused; the page trains the notebook’s run, says why it is on the CPU, compares by itself, on another draw and on what was typed, and is evaluated; Back and Forward go through the links that were opened, and the address follows the form; a link made in Chrome replays to the last bit; weights come back in a fresh page, are asked at once, and training goes on from them',
  { query: '', view: 'all', script: REFUSED, context: { viewport: { width: 360, height: 740 } }, shows: ['narrow', 'notebook', 'link', 'files'] },
  async (visitor, t) => {
    assert.deepEqual(await visitor.tooWide(), [], 'at first');
    await copied(visitor);
    await notebook(visitor, t);
    await visitor.type({ d: '9'.repeat(60) });
    await visitor.press('train');
    await visitor.notice();
    assert.deepEqual(await visitor.tooWide(), [], 'with a refusal');
    await visitor.train({ d: 8, n: 128, epochs: 12 });
    await visitor.table();
    await visitor.heldOut();
    assert.deepEqual(await visitor.tooWide(), [], 'after a run');
    await visitor.page.setViewportSize({ width: 1100, height: 900 });
    await links(visitor);
    await weightsComeBack(visitor, t);
  },
);

/** @type {import('./faults-told.mjs').Browser} */
const FIREFOX = { name: 'Firefox', visit };
workersDie(FIREFOX);
tabsEnd(FIREFOX);
told(!process.env.FIREFOX);

/** @param {Visitor} visitor */
async function copied(visitor) {
  await visitor.press('copy-link');
  await visitor.eventually(async () => assert.equal(await visitor.text('copy-link'), 'Selected'));
  const selected = await visitor.find('link').evaluate((element) => {
    const { value, selectionStart, selectionEnd } = /** @type {HTMLTextAreaElement} */ (element);
    return document.activeElement === element ? value.slice(selectionStart, selectionEnd) : '';
  });
  assert.ok(selected.endsWith(`#${NOTEBOOK}`), selected);
  await visitor.page.evaluate('globalThis.refuses = false');
  await visitor.press('copy-link');
  await visitor.eventually(async () => assert.equal(await visitor.text('copy-link'), 'Copied'));
}

/** @param {Visitor} visitor @param {import('node:test').TestContext} t */
async function notebook(visitor, t) {
  const lines = await visitor.train();
  assert.equal(lines.length, 5);
  for (const [i, line] of lines.entries()) assert.match(line, new RegExp(`^Epoch ${i + 1}: MSE = 0\\.\\d{4}$`));
  assert.deepEqual(await visitor.passed(), ['idle', 'running', 'done']);
  assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'no-webgpu' });
  assert.match(await visitor.text('backend'), /the CPU, because this browser offers no WebGPU/);
  assert.equal(await visitor.text('notice'), '');
  assert.equal(await visitor.page.locator('#chart circle.dot').count(), 5);
  t.diagnostic((await visitor.page.locator('#status').innerText()).replaceAll('\n', ' '));

  const first = await visitor.comparison();
  assert.match(first, /RMSE: Linearized φ · ψ vs GELU_tanh = \d+\.\d{5}$/);
  const { draws, rmse } = await visitor.heldOut();
  assert.equal(draws, 10_000);
  assert.ok(rmse > 0.2 && rmse < 0.5, `${rmse}`);
  await visitor.press('draw');
  const second = await visitor.comparison(first);
  await visitor.find('typed-W').fill('1 2\n3 4');
  await visitor.find('typed-x').fill('0.5, -1');
  await visitor.press('compare');
  assert.match(await visitor.comparison(second), /RMSE: Linearized φ · ψ vs GELU_tanh = \d+\.\d{5}$/);
  assert.deepEqual(await visitor.typed(), { d: '2', m: '16', hidden: '64', n: '1024', batch: '64', epochs: '5', lr: '0.001', seed: '42' });
}

/** @param {Visitor} visitor */
async function links(visitor) {
  const { page } = visitor;
  // The address follows the run's end by itself, and may do so over what is put there at that moment.
  await visitor.eventually(async () => assert.match(await fragment(visitor), /&mse=/));
  await go(visitor, NOTEBOOK);
  await visitor.eventually(async () => assert.equal((await visitor.typed()).d, '2'));
  await go(visitor, OTHER);
  await visitor.eventually(async () => assert.equal((await visitor.typed()).seed, '4294967295'));
  await visitor.type({ seed: 5 });
  await visitor.eventually(async () => assert.equal(await fragment(visitor), OTHER.replace('seed=4294967295', 'seed=5')));
  await go(visitor, `${NOTEBOOK}&W=1,2,3,4&x=5,6`);
  await visitor.eventually(async () => assert.equal(await visitor.find('typed-W').inputValue(), '1, 2, 3, 4'));
  await page.evaluate(() => history.back());
  await visitor.eventually(async () =>
    assert.deepEqual(await visitor.typed(), { d: '1', m: '4', hidden: '8', n: '100', batch: '10', epochs: '3', lr: '1e-7', seed: '5' }),
  );
  await page.evaluate(() => history.back());
  await visitor.eventually(async () => assert.equal((await visitor.typed()).seed, '42'));
  await page.evaluate(() => history.go(2));
  await visitor.eventually(async () => assert.equal(await visitor.find('typed-W').inputValue(), '1, 2, 3, 4'));

  await go(visitor, FINISHED);
  await visitor.eventually(async () => assert.match(await visitor.text('opened'), /MSE was 0\.\d+.*Press Train/));
  await visitor.train();
  await visitor.eventually(async () => assert.match(await visitor.text('opened'), /^Reproduced: the last epoch’s MSE is the same to the last bit/));
  assert.equal(await visitor.text('notice'), '');
}

visit('the whole run can be driven by keyboard, and Tab comes to what it needs', { view: '', script: FOLLOWED, shows: 'keyboard' }, async (visitor) => {
  await driven(visitor);
  await tabbedTo(visitor);
});
