// @ts-check
/**
 * The page in WebKit, the engine of Safari: all that a visitor does there, on a desk and on a phone, and what Safari does otherwise than the others.
 * The page without a network is in offline.test.mjs.
 */
import assert from 'node:assert/strict';
import { cpu, trained } from '../unit/module.mjs';
import { extended, MODULE, press, Visitor, WORKER } from './browser.mjs';
import { judge } from './demo.mjs';
import { taken } from './downloads.mjs';
import { keeps, keptRuns } from './kept-runs.mjs';
import { targets } from './targets.mjs';
import { loaded, narrowest, near, openView, VIEWS } from './walk.mjs';
import { recordedBits } from './recorded-bits.mjs';
import { webkitVisitors } from './webkit.mjs';

/** @typedef {import('./browser.mjs').Circumstances} Circumstances */
/** @typedef {import('./browser.mjs').Fields} Fields */

const visit = webkitVisitors();

recordedBits(visit, 'WebKit');

const PHONE = { viewport: { width: 360, height: 740 } };
const DESK = { viewport: { width: 1280, height: 900 } };

/** Runs whose few epochs take time, but no computing and no drawing. @type {NonNullable<Circumstances['site']>} */
const LEISURELY = {
  [MODULE]: {
    text: (own) =>
      extended(
        own,
        `const { collect } = Session.prototype;
Session.prototype.collect = async function () {
  const reports = await collect.call(this);
  if (reports.length > 0) await new Promise((later) => setTimeout(later, 100));
  return reports;
};`,
      ),
  },
};

/** A run that is long enough then for a Pause at its first epoch. @type {Fields} */
const INTERRUPTED = { n: 256, epochs: 20 };

/** A run that does not come to its end. @type {Fields} */
const LONG = { n: 256, epochs: 100_000 };

visit(
  'in every view, with all unfolded, nothing scrolls sideways at 360 pixels, and a finger hits what it aims at',
  { view: '', context: PHONE, shows: 'narrow' },
  async (visitor, t) => {
    /** @type {string[]} */
    const found = [];
    const measured = async (/** @type {string} */ where) => {
      found.push(...(await visitor.tooWide()).map((each) => `${where}: wide: ${each}`));
      const { seen, small } = await targets(visitor);
      t.diagnostic(`${where}: ${seen} targets, ${small.length} too small`);
      found.push(...small.map((each) => `${where}: small: ${each}`));
    };
    await narrowest(visitor);
    await visitor.train({ n: 128, epochs: 2, seeds: 2 });
    await visitor.heldOut();
    for (const name of VIEWS) {
      await openView(visitor, name);
      await loaded(visitor, name);
      await visitor.page.evaluate(() => {
        for (const details of document.querySelectorAll('details:not(#methods, #atlas)')) details.toggleAttribute('open', true);
      });
      await visitor.frames();
      await measured(name);
    }
    await openView(visitor, 'run');
    await visitor.type({ d: '9'.repeat(30) });
    await visitor.press('train');
    await visitor.notice();
    await measured('a refused recipe');
    assert.deepEqual([...new Set(found)], []);
  },
);

/** Runs in the page: has the rules for paper hold on the screen; WebDriver prints nothing here. @param {boolean} on */
const onPaper = (on) => {
  dispatchEvent(new Event(on ? 'beforeprint' : 'afterprint'));
  for (const rule of [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])) {
    if (!(rule instanceof CSSMediaRule)) continue;
    const { media } = rule;
    if (on && media.mediaText === 'print') media.mediaText = 'all';
  }
};

visit(
  'a newcomer presses Train: the notebook’s five lines, its print, the held-out error, and why it is the CPU; paper gets the report of it, from any view, with its chart and nothing to press, and the view is back afterwards',
  { query: '', view: '', context: DESK, shows: 'notebook' },
  async (visitor, t) => {
    const { page } = visitor;
    t.diagnostic(await page.evaluate(() => navigator.userAgent));
    const lines = await visitor.train();
    assert.equal(lines.length, 5);
    for (const [i, line] of lines.entries()) assert.match(line, new RegExp(`^Epoch ${i + 1}: MSE = 0\\.\\d{4}$`));
    const losses = await visitor.losses();
    assert.ok(
      losses.every((loss, i) => i === 0 || loss < losses[i - 1]),
      `${losses}`,
    );
    assert.deepEqual(await visitor.passed(), ['idle', 'running', 'done']);
    assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'no-webgpu' });
    assert.equal(await visitor.text('notice'), '');
    judge(await visitor.comparison(), 2);
    const { draws, rmse } = await visitor.heldOut();
    assert.equal(draws, 10_000);
    assert.ok(rmse > 0.2 && rmse < 0.5, `${rmse}`);
    const table = await visitor.table();
    assert.deepEqual(
      table.map((mse) => mse.toFixed(4)),
      losses.map((loss) => loss.toFixed(4)),
    );
    await visitor.find('typed-W').fill('1 2\n3 4');
    await visitor.find('typed-x').fill('0.5, -1');
    const last = await visitor.text('comparison');
    await visitor.press('compare');
    assert.deepEqual(judge(await visitor.comparison(last), 2).wx, [-1.5, -2.5]);

    await press(page.locator('.views a[href*="view=about"]'));
    assert.ok(await visitor.find('chart').isHidden());
    await page.evaluate(onPaper, true);
    await visitor.frames();
    const words = (await page.locator('body').innerText()).replace(/\s+/g, ' ');
    for (const part of [
      'd 2 m 16 hidden 64 n 1024 batch 64 epochs 5 lr 0.001 seed 42',
      'Epoch 5: MSE = 0.',
      await visitor.text('heldout-rmse'),
      'RMSE: Linearized',
      'made by phi·psi',
    ])
      assert.ok(words.includes(part), `«${part}» is not in «${words.slice(0, 900)}»`);
    assert.deepEqual(await visitor.controls(), []);
    assert.ok((await visitor.find('chart').evaluate((chart) => chart.getBoundingClientRect().width)) > 300);
    await page.evaluate(onPaper, false);
    assert.equal(await page.evaluate(() => document.documentElement.dataset.view), 'about');
  },
);

/** What has the focus. @param {Visitor} visitor */
const focused = ({ page }) => page.evaluate(() => document.activeElement?.id || document.activeElement?.className);

visit(
  'by keys alone: past the head, through the recipe to Train, the chart read out, the shortcuts and their dialog',
  { context: DESK, shows: 'keyboard' },
  async (visitor) => {
    const { page } = visitor;
    const { keyboard } = page;
    await keyboard.press('Tab');
    assert.equal(await focused(visitor), 'skip');
    await keyboard.press('Enter');
    // Tab goes to links and buttons as well, and through the whole of it in order.
    /** @type {string[]} */
    const stops = [];
    for (let i = 0; i < 40 && stops.at(-1) !== 'epochs'; i += 1) {
      await keyboard.press('Tab');
      stops.push((await focused(visitor)) ?? '');
    }
    assert.ok(stops.indexOf('train') >= 0 && stops.indexOf('train') < stops.indexOf('d'), `${stops}`);
    for (const key of ['Backspace', '3']) await keyboard.press(key);
    await keyboard.press('Enter');
    await visitor.reach('done');
    assert.equal((await visitor.lines()).length, 3, 'three epochs, as typed');

    const mse = await visitor.table();
    await visitor.find('chart').focus();
    for (const key of ['Home', 'ArrowRight']) await keyboard.press(key);
    assert.match(await visitor.text('chart-readout'), new RegExp(`^epoch 2: train ${mse[1].toPrecision(4)}`));

    await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement).blur());
    const last = await visitor.comparison();
    await keyboard.press('d');
    await visitor.comparison(last);
    await keyboard.press('?');
    await page.locator('#help[open]').waitFor();
    assert.equal(await focused(visitor), 'help-close');
    await keyboard.press('s');
    await keyboard.press('Escape');
    await page.locator('#help:not([open])').waitFor({ state: 'attached' });
    assert.equal(await visitor.state(), 'done', 'under the dialog no shortcut is heard');
    await keyboard.press('s');
    await visitor.reach('paused');
    assert.equal((await visitor.lines()).length, 1, 'a step of another run');
    await keyboard.press('Space');
    await visitor.reach('done');
    assert.equal((await visitor.lines()).length, 3);
  },
);

const NOTEBOOK = 'v=1&d=2&m=16&hidden=64&n=1024&batch=64&epochs=5&lr=0.001&seed=42';

visit(
  'a link is the run: it is told to be the same to the last bit; a bad one is told in words; Back and Forward go from link to link; a click copies it, on the clipboard or, where that is refused, selected',
  { shows: 'link' },
  async (visitor) => {
    const { page } = visitor;
    const lines = await visitor.train({ d: 3, n: 777, batch: 50, epochs: 7, seed: 11 });
    await visitor.eventually(async () => assert.match(await visitor.find('link').inputValue(), /&mse=0\.\d+$/));
    const link = await visitor.find('link').inputValue();
    await page.evaluate((hash) => void (location.hash = hash), NOTEBOOK.replace('lr=0.001', 'lr=NaN'));
    await visitor.eventually(async () => assert.match(await visitor.text('notice'), /cannot be opened: lr = “NaN” is not a plain decimal number/));
    await page.evaluate((hash) => void (location.hash = hash), NOTEBOOK);
    await visitor.eventually(async () => assert.equal((await visitor.typed()).seed, '42'));

    await page.evaluate((hash) => void (location.hash = hash), new URL(link).hash);
    await visitor.eventually(async () => assert.match(await visitor.text('opened'), /MSE was 0\.\d+.*Press Train/));
    assert.deepEqual(await visitor.train(), lines);
    await visitor.eventually(async () => assert.match(await visitor.text('opened'), /^Reproduced: the last epoch’s MSE is the same to the last bit/));

    await page.evaluate(() => history.back());
    await visitor.eventually(async () => assert.equal((await visitor.typed()).seed, '42'));
    await page.evaluate(() => history.forward());
    await visitor.eventually(async () => assert.equal((await visitor.typed()).seed, '11'));

    await near(visitor, 'link');
    await page.locator('#copy-link').click();
    await visitor.eventually(async () => assert.match(await visitor.text('copy-link'), /^(Copied|Selected)$/));
    if ((await visitor.text('copy-link')) === 'Selected') assert.equal(await focused(visitor), 'link');
  },
);

visit(
  'files leave the page whole, and weights come back in from one and go on; what is no file of weights is told in a sentence',
  { shows: 'files' },
  async (visitor) => {
    await visitor.train({ d: 3, m: 5, hidden: 7, epochs: 15, lr: 0.02 });
    const losses = await visitor.losses();
    const { mse } = await visitor.heldOut();
    const text = await visitor.comparison();
    await near(visitor, 'takeaway');

    const png = await taken(visitor, 'take-png');
    assert.equal(png.content.subarray(1, 4).toString(), 'PNG');
    assert.ok(png.content.readUInt32BE(16) > 600, 'as wide as the chart, twice');
    const weights = await taken(visitor, 'take-weights');
    assert.match(weights.name, /epoch15\.safetensors$/);
    const header = JSON.parse(weights.content.subarray(8, 8 + Number(weights.content.readBigUInt64LE(0))).toString());
    assert.deepEqual(header['phi.net.2.weight'].shape, [5, 7]);

    await visitor.page.reload();
    await openView(visitor, 'run');
    await visitor.find('weights-file').setInputFiles({ name: 'no.safetensors', mimeType: '', buffer: Buffer.from('nothing') });
    assert.match(await visitor.notice(), /no\.safetensors/);
    await visitor.find('weights-file').setInputFiles({ name: 'mine.safetensors', mimeType: '', buffer: weights.content });
    await visitor.eventually(async () => assert.match(await visitor.text('source-words'), /^Runs begin with the weights of “mine\.safetensors”/));
    assert.equal(await visitor.comparison(), text, 'the same weights say the same of the same draw');
    assert.equal((await visitor.heldOut()).mse, mse);
    await visitor.train();
    assert.ok((await visitor.losses())[0] < losses[0] / 2, 'it goes on where it was');
  },
);

visit(
  'two windows share the runs that have ended and the colours, and neither takes the other’s run for interrupted; by a reload or the end of its window it is, and goes on to the same bits',
  { query: 'www/precheck.js', site: LEISURELY, shows: 'kept' },
  async (visitor) => {
    const { page } = visitor;
    const address = new URL('../?backend=cpu&sw=off', await page.url()).href;
    const other = await page.context().newPage();
    await other.goto(address);
    const there = new Visitor(other);
    await there.train({ n: 128, epochs: 2 });
    await there.type(INTERRUPTED);
    await there.trainAndPause(1);
    await keeps(there, 1);
    await page.goto(address);
    await visitor.train({ epochs: 1 });
    assert.ok(await visitor.find('interrupted').isHidden(), 'it is open in another window');
    await other.locator('#runs tr').nth(1).waitFor({ state: 'attached' });
    await page.locator('#theme').selectOption('dark');
    await other.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
    await other.reload();
    await other.locator('#interrupted:visible').waitFor();
    await other.close();
    await page.reload();
    await page.locator('#interrupted:visible').waitFor();
    assert.match(await visitor.text('interrupted'), /A run was interrupted at epoch \d+ of 20/);
    assert.equal(await page.locator('#runs tr').count(), 2, 'the runs that had ended');
    await visitor.press('resume-interrupted');
    await visitor.reach('done');
    const resumed = await visitor.table();
    await keeps(visitor, 0);
    // In Node it is the same run as here: the recorded bits are held above.
    const { history } = await trained(await cpu(), await visitor.typed());
    assert.deepEqual(
      resumed,
      history.map(({ mse }) => Number(mse.toPrecision(6))),
    );
  },
);

/** Runs in the page: what Safari does to a site that nobody has used for seven days, or whose tab was in the background for long. */
const evict = async () => {
  localStorage.clear();
  const names = (await indexedDB.databases()).map(({ name }) => name ?? '');
  const gone = names.map(
    // What is being written to it holds it up.
    (name) => new Promise((resolve, reject) => Object.assign(indexedDB.deleteDatabase(name), { onsuccess: resolve, onerror: reject })),
  );
  await Promise.all(gone);
  return names;
};

/** How two workers of one run die, one after the other, each when the first of its epochs is on its way to the page. */
const DEATHS = [
  "addEventListener('death', () => { throw new Error('a cosmic ray'); }); dispatchEvent(new Event('death'));",
  "void Promise.reject(new WebAssembly.RuntimeError('unreachable'));",
];

/** The nth worker, which dies. @param {string} own @param {number} nth */
const mortal = (own, nth) => `let dead = ${nth > DEATHS.length};
const { postMessage } = self;
self.postMessage = (message, ...rest) => {
  postMessage.call(self, message, ...rest);
  if (dead || !message.reports?.length) return;
  dead = true;
  ${DEATHS[nth - 1] ?? ''}
};
${own}`;

/** Runs in the page: every notice that there was. */
const NOTICES = `globalThis.notices = [];
addEventListener('DOMContentLoaded', () => {
  const notice = document.getElementById('notice');
  new MutationObserver(() => notice.textContent && notice.textContent !== notices.at(-1) && notices.push(notice.textContent)).observe(notice, { childList: true });
});`;

visit(
  'a worker that dies by an error, or by a rejection that nobody hears, costs nothing: a fresh one goes on to the same bits; nor does storage that is emptied under the page, and what comes after is kept again',
  { site: { [WORKER]: { text: mortal }, ...LEISURELY }, script: NOTICES, shows: 'fault' },
  async (visitor) => {
    const { page } = visitor;
    // None of it is over in the slices in which its workers die.
    await visitor.train({ n: 256, epochs: 8 });
    /** @type {string[]} */
    const notices = await page.evaluate('globalThis.notices');
    assert.equal(notices.length, 2, `${notices}`);
    assert.match(notices[0], /^The worker died in epoch \d+: .*a cosmic ray\. A fresh one went on/);
    assert.match(notices[1], /^The worker died in epoch \d+: unreachable\. A fresh one went on/);
    const disturbed = await visitor.table();
    const before = await visitor.states();
    await visitor.press('reset');
    await visitor.eventually(async () => assert.deepEqual(await visitor.states(), [...before, 'running', 'done']));
    await visitor.reach('done');
    assert.equal(await visitor.text('notice'), '');
    assert.deepEqual(await visitor.table(), disturbed);

    await visitor.type(LONG);
    await visitor.trainAndPause(3);
    await keeps(visitor, 1);
    assert.ok((await page.evaluate(evict)).includes('phi-psi runs under way 1'));
    assert.deepEqual(await keptRuns(visitor), []);
    // It goes on, and at its next checkpoint it is kept as if nothing had been there.
    const { length } = await visitor.lines();
    await visitor.press('pause');
    await visitor.underWay({ epochs: length + 3 });
    await visitor.press('pause');
    await visitor.reach('paused');
    await keeps(visitor, 1);
    assert.equal(await visitor.text('notice'), '');
    await page.evaluate(evict);
    await page.reload();
    // The address is still that run's link, which fills the form once it has been read.
    await visitor.eventually(async () => assert.equal((await visitor.typed()).epochs, '100000'));
    assert.equal((await visitor.train({ n: 1_024, epochs: 2 })).length, 2);
    assert.ok(await visitor.find('interrupted').isHidden(), 'nothing is offered that is not there');
  },
);

/**
 * Runs in the page and takes from it what Safari 16.4 does not have, the oldest that the page promises to work in, and what some of its windows do
 * without. The policy that asks for Trusted Types holds whether they can be named or not, so they stay.
 */
const OLD = `for (const [owner, names] of [
    [globalThis, ['requestIdleCallback', 'scheduler', 'CloseWatcher', 'navigation']],
    [Navigator.prototype, ['locks', 'storage', 'share', 'wakeLock', 'gpu', 'userActivation', 'connection']],
    [HTMLElement.prototype, ['popover', 'showPopover', 'hidePopover', 'togglePopover']],
    [HTMLButtonElement.prototype, ['popoverTargetElement', 'command', 'commandForElement']],
    [Element.prototype, ['setHTMLUnsafe', 'requestFullscreen']],
    [Promise, ['withResolvers', 'try']], [AbortSignal, ['any']], [URL, ['parse', 'canParse']], [Object, ['groupBy']], [Map, ['groupBy']], [Array, ['fromAsync']],
    [Set.prototype, ['union', 'difference', 'intersection', 'isSubsetOf']], [Uint8Array, ['fromBase64', 'fromHex']], [String.prototype, ['isWellFormed']],
  ]) for (const name of names) delete owner[name];`;

visit('without all that came after Safari 16.4 the page trains, compares, solves, links and keeps', { script: OLD, site: LEISURELY }, async (visitor) => {
  const { page } = visitor;
  assert.ok(await page.evaluate("!('locks' in navigator) && !('popover' in HTMLElement.prototype) && !('requestIdleCallback' in window)"));
  assert.equal((await visitor.train()).length, 5);
  judge(await visitor.comparison(), 2);
  await visitor.heldOut();
  await near(visitor, 'solving');
  await visitor.press('solve');
  await page.locator('#solved[data-mse]').waitFor({ state: 'attached' });
  await near(visitor, 'takeaway');
  assert.match((await taken(visitor, 'take-weights')).name, /\.safetensors$/);
  await visitor.type(LONG);
  await visitor.trainAndPause(3);
  await keeps(visitor, 1);
  const ended = await page.locator('#runs tr').count();
  await page.reload();
  await page.waitForFunction(() => document.getElementById('interrupted')?.getClientRects().length);
  assert.equal(await page.locator('#runs tr').count(), ended);
  assert.ok(ended > 0, 'the runs that had ended');
});
