// @ts-check
/** The run as a link: opened, refused, followed by the address bar, copied, replayed in a fresh browser, started by itself. */
import assert from 'node:assert/strict';
import { BROKEN_OFF, DEAF, press, UNTRIED, visitors } from './browser.mjs';
import { keeps } from './kept-runs.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

const DEFAULTS = { d: '2', m: '16', hidden: '64', n: '1024', batch: '64', epochs: '5', lr: '0.001', seed: '42' };
const NOTEBOOK = 'v=1&d=2&m=16&hidden=64&n=1024&batch=64&epochs=5&lr=0.001&seed=42';
const OTHER = 'v=1&d=1&m=4&hidden=8&n=100&batch=10&epochs=3&lr=0.0000001&seed=4294967295';
const OTHER_FIELDS = { d: '1', m: '4', hidden: '8', n: '100', batch: '10', epochs: '3', lr: '1e-7', seed: '4294967295' };

/** The fragment in the address. @param {Visitor} visitor */
const fragment = ({ page }) => new URL(page.url()).hash.slice(1);

/** Another fragment in the address of the same page, as who types one there does it. @param {Visitor} visitor @param {string} text */
const go = ({ page }, text) => page.evaluate((hash) => void (location.hash = hash), text);

/** @param {Visitor} visitor @param {string | RegExp} expected */
const addressed = (visitor, expected) =>
  visitor.eventually(async () => (expected instanceof RegExp ? assert.match(fragment(visitor), expected) : assert.equal(fragment(visitor), expected)));

/** @param {Visitor} visitor @param {RegExp} expected */
const told = (visitor, expected) => visitor.eventually(async () => assert.match(await visitor.text('opened'), expected));

/** How many runs the page has begun. @param {Visitor} visitor */
const begun = async (visitor) => (await visitor.states()).filter((state) => state === 'running').length;

/** The link on show. @param {Visitor} visitor */
const shown = (visitor) => visitor.find('link').inputValue();

/** Runs in the page: keeps what is written to the clipboard. @param {boolean} refused */
const clipboard = (refused) => `Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => {
  if (${refused}) throw new DOMException('refused', 'NotAllowedError');
  globalThis.copied = text;
} } });`;

visit(
  'a link fills in the form, says what is about to run, and waits; what it has brought stays one tap away',
  { query: `?backend=cpu#${OTHER}&W=0.5&x=-1.25&mse=0.25` },
  async (visitor) => {
    const { page } = visitor;
    await told(
      visitor,
      /d\u00a0=\u00a01, m\u00a0=\u00a04, hidden\u00a0=\u00a08, n\u00a0=\u00a0100, .*seed\u00a0=\u00a04294967295; 30 steps in all, .*W and x are under.*MSE was 0\.25\. Press Train/,
    );
    const words = await visitor.text('opened');
    assert.deepEqual(await visitor.typed(), OTHER_FIELDS);
    assert.deepEqual([await visitor.find('typed-W').inputValue(), await visitor.find('typed-x').inputValue()], ['0.5', '-1.25']);
    await visitor.eventually(async () => assert.ok((await shown(visitor)).endsWith(`#${OTHER}&W=0.5&x=-1.25&mse=0.25`)));
    assert.equal(fragment(visitor), `${OTHER}&W=0.5&x=-1.25&mse=0.25`, 'the address stays as it was opened');
    const back = visitor.find('back-to-link');
    assert.ok(await back.isHidden(), 'the form holds it');
    await press(page.locator('button[data-epochs="30"]'));
    await told(visitor, /^$/);
    assert.equal(await back.textContent(), 'Back to the link’s run');
    await visitor.find('typed-W').fill('9');
    await press(back);
    assert.deepEqual(await visitor.typed(), OTHER_FIELDS);
    assert.equal(await visitor.find('typed-W').inputValue(), '0.5');
    await visitor.eventually(async () => assert.equal(await visitor.text('opened'), words));
    assert.ok(await back.isHidden());
    assert.ok(await visitor.find('train').evaluate((button) => button === document.activeElement));
    await addressed(visitor, `${OTHER}&W=0.5&x=-1.25&mse=0.25`);

    // Typed back it is the link's run as well, and what it should end with is known.
    await visitor.type({ epochs: 4 });
    await back.waitFor();
    await visitor.type({ epochs: 3 });
    await told(visitor, /Press Train/);
    assert.ok(await back.isHidden());
    assert.equal((await visitor.train()).length, 3);
    assert.equal(await begun(visitor), 1, 'no run before that');
    await told(visitor, /^Not the same: .* and 0\.25 in the link/);

    await visitor.type({ epochs: 4 });
    await told(visitor, /^$/);
    await back.waitFor();
    await go(visitor, NOTEBOOK);
    await visitor.eventually(async () => assert.deepEqual(await visitor.typed(), DEFAULTS));
    assert.ok(await back.isHidden(), 'another link has come');
  },
);

const with_ = (/** @type {string} */ part, /** @type {string} */ other) => NOTEBOOK.replace(part, other);

/** One of each kind: no link, a bad key, a bad value, markup, one that is too long. All that can be wrong is in tests/unit/link.test.mjs. @type {[string, RegExp][]} */
const BAD = [
  ['v', /“v” in the link has no value: was the link cut\?$/],
  [`${with_('v=1', 'v=2')}&rates=2:<b>1</b>`, /rates = “2:‹b›1‹\/b›” is not possible/],
  [with_('d=2', 'd=64').replace('n=1024', 'n=1048576'), /n = 1048576 draws at d = 64 need about/],
  [`${NOTEBOOK}&<img src=x onerror=alert(1)>=1`, /“‹img src.*” is not part|“%3Cimg.*” is not part/],
  [`${NOTEBOOK}&W=1,2,3&x=1,2`, /W needs 4 numbers/],
  ['k'.repeat(100_000), /the link is longer than any/],
];

visit(
  'a page that is opened by a bad link has the notebook’s recipe and works, and the link stays in the address until something is changed; every other bad link is told what is wrong, and changes nothing; a jump within the page is no link; one that a chat or a mail program has touched is opened, and said what was taken off',
  { query: `?backend=cpu#${with_('lr=0.001', 'lr=NaN')}&play=1` },
  async (visitor, t) => {
    const lost = `${with_('lr=0.001', 'lr=NaN')}&play=1`;
    assert.match(await visitor.notice(), /cannot be opened: lr = “NaN”/);
    assert.deepEqual(await visitor.typed(), DEFAULTS);
    await visitor.eventually(async () => assert.ok((await shown(visitor)).endsWith(`#${NOTEBOOK}`)));
    assert.equal(fragment(visitor), lost, 'what can be mended stays in the address');
    assert.equal((await visitor.train()).length, 5);
    assert.equal(await begun(visitor), 1, 'no run before that');
    await visitor.heldOut();
    await visitor.eventually(async () => assert.match(await shown(visitor), /&mse=/));
    // The page’s own timer of 400 ms, which the address follows what is typed by, has come before this one.
    await visitor.page.evaluate(() => new Promise((done) => void setTimeout(done, 500)));
    assert.equal(fragment(visitor), lost, 'Train does not replace it');
    await visitor.type({ seed: 8 });
    await addressed(visitor, with_('seed=42', 'seed=8'));

    await visitor.type({ seed: 7 });
    await addressed(visitor, with_('seed=42', 'seed=7'));
    const states = await visitor.states();
    for (const [bad, words] of BAD) {
      await go(visitor, bad);
      const what = `#${bad.slice(0, 120)}`;
      await visitor.eventually(async () => {
        const sentence = await visitor.text('notice');
        assert.match(sentence, /^The link in the address cannot be opened: /, what);
        assert.match(sentence, words, what);
      });
      t.diagnostic(`${what} → ${await visitor.text('notice')}`);
      assert.deepEqual(await visitor.typed(), { ...DEFAULTS, seed: '7' }, what);
      assert.equal(await visitor.text('opened'), '', what);
      assert.equal(await visitor.page.locator('#notice *').count(), 0, what);
    }
    assert.deepEqual(await visitor.states(), states);
    await visitor.type({ epochs: 3 });
    await addressed(visitor, with_('epochs=5', 'epochs=3').replace('seed=42', 'seed=7'));
    assert.equal(await visitor.text('notice'), '', 'the link is gone');
    await go(visitor, 'run');
    assert.equal((await visitor.train()).length, 3);
    assert.equal(await visitor.text('notice'), '');

    const small = 'v=1&d=2&m=4&hidden=8&n=64&batch=64&epochs=2&lr=0.001&seed=1';
    for (const [touched, words] of /** @type {[string, RegExp][]} */ ([
      [`${small}.`, /^The link was mended: “\.” was taken off its end\. The link’s run: d/],
      [encodeURIComponent(small), /^The link was mended: percent codes were read/],
      [`sweep=m&values=1,2&seeds=1&${small}).`, /^The link was mended: “\)\.” was taken off its end\. The link’s sweep/],
    ])) {
      await visitor.type({ seed: 7 });
      await go(visitor, touched);
      await visitor.eventually(async () => assert.match(await visitor.text('opened'), words));
      assert.equal((await visitor.typed()).seed, '1');
      assert.equal(await visitor.text('notice'), '');
      assert.equal(fragment(visitor), touched.startsWith('sweep') ? touched.slice(0, -2) : small, 'the address has the link as it was written');
    }
    assert.equal((await visitor.train()).length, 2);
  },
);

visit(
  'where the clipboard is refused the link is shown selected, and without a share sheet there is no button for it; Back and Forward go through the links that were opened; the address follows the form, in one entry of the history, and the typed W and x ride along where they fit',
  { view: 'all', script: `${clipboard(true)} delete Navigator.prototype.share;` },
  async (visitor) => {
    const { page } = visitor;
    await visitor.eventually(async () => assert.ok((await shown(visitor)).endsWith(`/#${NOTEBOOK}`)));
    assert.equal(new URL(page.url()).hash, '', 'nothing was changed yet');
    assert.equal(await visitor.find('share').isVisible(), false);
    const selected = () =>
      visitor.find('link').evaluate((element) => {
        const { value, selectionStart, selectionEnd } = /** @type {HTMLTextAreaElement} */ (element);
        return document.activeElement === element ? value.slice(selectionStart, selectionEnd) : '';
      });
    await visitor.press('copy-link');
    await visitor.eventually(async () => assert.ok((await selected()).endsWith(`#${NOTEBOOK}`)));
    assert.equal(await visitor.text('copy-link'), 'Selected');
    await visitor.press('copy-markdown');
    await visitor.eventually(async () => assert.match(await selected(), /^\[φ·ψ /));
    // A timer that is set now fires after all those by which the link follows the form.
    await visitor.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 400)));
    assert.match(await selected(), /^\[φ·ψ /, 'it stays selected');

    await go(visitor, OTHER);
    await visitor.eventually(async () => assert.deepEqual(await visitor.typed(), OTHER_FIELDS));
    await visitor.type({ seed: 5 });
    await addressed(visitor, OTHER.replace('seed=4294967295', 'seed=5'));
    await go(visitor, `${NOTEBOOK}&W=1,2,3,4&x=5,6`);
    await visitor.eventually(async () => assert.deepEqual(await visitor.typed(), DEFAULTS));
    assert.equal(await visitor.find('typed-W').inputValue(), '1, 2, 3, 4');
    await page.goBack();
    await visitor.eventually(async () => assert.deepEqual(await visitor.typed(), { ...OTHER_FIELDS, seed: '5' }));
    assert.doesNotMatch(await visitor.find('typed-W').inputValue(), /1, 2/);
    await page.goBack();
    await visitor.eventually(async () => assert.deepEqual(await visitor.typed(), DEFAULTS));
    await visitor.eventually(async () => assert.ok((await shown(visitor)).endsWith(`#${NOTEBOOK}`)));
    assert.equal(fragment(visitor), '', 'a page without a fragment is the notebook’s run already');
    await page.goForward();
    await page.goForward();
    await visitor.eventually(async () => assert.equal(await visitor.find('typed-W').inputValue(), '1, 2, 3, 4'));
    assert.equal(await visitor.text('notice'), '');

    await page.goBack();
    await page.goBack();
    await visitor.eventually(async () => {
      assert.doesNotMatch(await visitor.find('typed-W').inputValue(), /1, 2/);
      assert.deepEqual(await visitor.typed(), DEFAULTS);
    });
    const length = await page.evaluate(() => history.length);
    for (let seed = 1; seed <= 5; seed += 1) await visitor.type({ seed });
    await addressed(visitor, with_('seed=42', 'seed=5'));
    await press(page.locator('button[data-epochs="30"]'));
    await addressed(visitor, with_('epochs=5', 'epochs=30'));
    assert.ok((await shown(visitor)).endsWith(`/#${with_('epochs=5', 'epochs=30')}`));
    assert.equal(
      await page.locator('a[href*="backend=webgpu"]').evaluate((link) => /** @type {HTMLAnchorElement} */ (link).hash),
      `#${with_('epochs=5', 'epochs=30')}`,
    );
    await visitor.find('typed-W').fill('1 2\n3 4');
    await addressed(visitor, `${with_('epochs=5', 'epochs=30')}&W=1,2,3,4&x=0.7,-1.2`);
    assert.match(await visitor.text('link-hint'), /the recipe and your W and x/);
    await visitor.type({ d: 'x' });
    await visitor.eventually(async () => assert.equal(await shown(visitor), ''));
    assert.equal(fragment(visitor), `${with_('epochs=5', 'epochs=30')}&W=1,2,3,4&x=0.7,-1.2`, 'a recipe that is refused is not followed');
    await visitor.type({ d: 3 });
    await addressed(visitor, with_('epochs=5', 'epochs=30').replace('d=2', 'd=3'));
    assert.match(await visitor.text('link-hint'), /W and x are left out: W needs 9 numbers/);
    assert.equal(await page.evaluate(() => history.length), length);
    await visitor.reload();
    await told(visitor, /d\u00a0=\u00a03/);
    assert.equal((await visitor.typed()).epochs, '30');
  },
);

/** Runs in the page: there is a share sheet, which is closed again over the run of seed 1. */
const SHEET = `Object.defineProperty(navigator, 'share', { value: async (sent) => {
  globalThis.sent = sent;
  if (sent.url.includes('seed=1&') || sent.url.endsWith('seed=1')) throw new DOMException('closed', 'AbortError');
} });`;

/** The address and log of the finished run; the next test opens them in a browser context of its own. */
const finished = { link: '', lines: /** @type {string[]} */ ([]) };

visit(
  'what is typed before a link has been read stays, and the link fills in the rest; Copy link, Copy as Markdown and the share sheet pass on the run and how it ended, without the backend',
  { query: `?backend=cpu#${OTHER}`, script: `${DEAF}deafen();${clipboard(false)}${SHEET}` },
  async (visitor) => {
    const { page } = visitor;
    await visitor.type({ m: 7 });
    await visitor.page.locator('#recipe [name=n]').focus();
    await visitor.page.keyboard.press('Control+a');
    await visitor.page.evaluate('hear()');
    await visitor.eventually(async () => assert.deepEqual(await visitor.typed(), { ...OTHER_FIELDS, m: '7' }));
    assert.equal(await visitor.text('back-to-link'), 'Back to the link’s run');
    await addressed(visitor, /&m=7&/);
    await visitor.page.keyboard.type('50');
    assert.equal((await visitor.typed()).n, '50', 'what is selected is typed over, also where it has changed meanwhile');

    await go(visitor, NOTEBOOK);
    await visitor.eventually(async () => assert.deepEqual(await visitor.typed(), DEFAULTS));
    const copied = () => page.evaluate('globalThis.copied');
    await visitor.press('share');
    await visitor.eventually(async () => assert.match(String(await page.evaluate('globalThis.sent?.url')), /seed=42$/));
    await visitor.type({ seed: 1 });
    await visitor.press('share');
    await visitor.eventually(async () => assert.match(String(await page.evaluate('globalThis.sent.url')), /seed=1$/));
    assert.equal(await visitor.text('notice'), '', 'to close it is no fault');
    // At once, before the address has followed.
    await visitor.type({ seed: 9 });
    await visitor.press('copy-link');
    await visitor.eventually(async () => assert.equal(await visitor.text('copy-link'), 'Copied'));
    const url = new URL(page.url());
    assert.equal(await copied(), `${url.origin}${url.pathname}#${with_('seed=42', 'seed=9')}`);
    await visitor.eventually(async () => assert.equal(await visitor.text('copy-link'), 'Copy link'));
    finished.lines = await visitor.train({ d: 3, n: 777, batch: 50, epochs: 7, seed: 11 });
    await addressed(visitor, /&mse=0\.\d+$/);
    finished.link = fragment(visitor);
    assert.match(await visitor.text('link-hint'), /last epoch’s MSE/);
    assert.equal(await visitor.text('opened'), '');
    await visitor.press('copy-markdown');
    await visitor.eventually(async () =>
      assert.match(String(await copied()), /^\[φ·ψ d=3 m=16 .*seed=11\]\(http\S+seed=11&mse=0\.\d+\): MSE 0\.\d+ in epoch 7$/),
    );
    await visitor.type({ seed: 12 });
    await addressed(visitor, /seed=12$/);
    await visitor.type({ m: 0 });
    await visitor.press('copy-link');
    assert.match(await visitor.notice(), /^m = 0 is out of range/);
  },
);

visit(
  'a whole recipe that is filled in before a link has been read stays whole, and so does that of an interrupted run; what the link has brought is one tap away, and does not start by itself; the view that is turned to meanwhile, and a W that is typed, stay too',
  { query: `?backend=cpu#${OTHER}&play=1`, script: `${DEAF}deafen();` },
  async (visitor) => {
    const { page } = visitor;
    await press(page.locator('button[data-epochs="30"]'));
    await page.evaluate('hear()');
    await visitor.find('back-to-link').waitFor();
    assert.deepEqual(await visitor.typed(), { ...DEFAULTS, epochs: '30' });
    await addressed(visitor, with_('epochs=5', 'epochs=30'));
    assert.equal(await visitor.text('opened'), '');

    await visitor.type({ n: 4_096, epochs: 20_000 });
    await visitor.trainAndPause(3);
    const typed = await visitor.typed();
    await keeps(visitor, 1);
    // Or it would follow the form over the other link.
    await addressed(visitor, /&n=4096&.*&epochs=20000&/);
    await page.evaluate((hash) => history.replaceState(null, '', hash), `#${OTHER}`);
    await visitor.reload();
    await page.locator('#interrupted:not([hidden])').waitFor();
    await visitor.press('resume-interrupted');
    await page.evaluate('hear()');
    await visitor.reach('running');
    await visitor.find('back-to-link').waitFor();
    assert.deepEqual(await visitor.typed(), typed);
    assert.equal(await visitor.text('opened'), '');
    await addressed(visitor, /&n=4096&.*&epochs=20000&/);

    await page.evaluate((hash) => history.replaceState(null, '', hash), `#sweep=m&values=2,4&seeds=1&${OTHER}`);
    await visitor.reload();
    await visitor.find('typed-W').fill('9');
    await page.getByRole('link', { name: 'Errors', exact: true }).click();
    await page.evaluate('hear()');
    await told(visitor, /^The link’s sweep/);
    assert.equal(await page.evaluate(() => document.documentElement.dataset.view), 'errors', 'who has turned to another view stays there');
    assert.deepEqual([await visitor.find('sweep-values').inputValue(), await visitor.find('sweep-seeds').inputValue()], ['2, 4', '1']);
    assert.equal(await visitor.find('typed-W').inputValue(), '9');
    await addressed(visitor, OTHER);

    await page.getByRole('link', { name: 'Run', exact: true }).click();
    await page.evaluate((hash) => history.replaceState(null, '', hash), `#sweep=m&values=3,5&seeds=1&${OTHER}`);
    await visitor.reload();
    await press(page.locator('button[data-epochs="30"]'));
    await page.evaluate('hear()');
    await visitor.find('back-to-link').waitFor();
    assert.equal((await visitor.typed()).epochs, '30');
    assert.deepEqual([await visitor.find('sweep-values').inputValue(), await visitor.find('sweep-seeds').inputValue()], ['3, 5', '1']);
    assert.equal(await page.evaluate(() => document.documentElement.dataset.view), 'run', 'nor is who has typed led away');
  },
);

/** Runs in the page: Train is pressed before the link is read. */
const EAGER = `addEventListener('DOMContentLoaded', () => document.getElementById('train').click());`;

visit(
  'Train pressed before the link is read waits for it; in this fresh browser the finished run’s link replays to the same log, and the page says so, or by how much it ends otherwise',
  { query: `?backend=cpu#${OTHER}`, script: EAGER, shows: 'link' },
  async (visitor, t) => {
    await visitor.reach('done');
    assert.equal((await visitor.lines()).length, 3);
    assert.deepEqual(await visitor.typed(), OTHER_FIELDS);
    await addressed(visitor, /^v=1.*&mse=/);

    assert.ok(finished.link);
    await go(visitor, finished.link);
    await told(visitor, /Press Train/);
    assert.deepEqual(await visitor.train(), finished.lines);
    await told(visitor, /^Reproduced: the last epoch’s MSE is the same to the last bit/);
    t.diagnostic(await visitor.text('opened'));
    await visitor.eventually(async () => assert.ok((await shown(visitor)).endsWith(`#${finished.link}`)));
    assert.equal(fragment(visitor), finished.link);
    // Reset replays it once more, and it is judged once more.
    await visitor.press('reset');
    await visitor.eventually(async () =>
      assert.deepEqual(
        (await visitor.passed()).filter((state) => state !== 'idle'),
        Array(3).fill(['running', 'done']).flat(),
      ),
    );
    await told(visitor, /^Reproduced/);

    const mse = Number(finished.link.split('mse=')[1]);
    await go(visitor, finished.link.replace(/mse=.*/, `mse=${mse * 1.000001}`));
    await told(visitor, /Press Train/);
    await visitor.press('train');
    await told(
      visitor,
      /^Not the same: the last epoch’s MSE is 0\.\d+ here, on the CPU, and 0\.\d+ in the link, 0\.0001\u00a0% apart: .*likely a GPU’s, which adds in another order\.$/,
    );
    t.diagnostic(await visitor.text('opened'));
  },
);

/** Runs in the page: keeps all that was said of the link, however short. */
const SAID = `addEventListener('DOMContentLoaded', () => (globalThis.said = testing.listen('opened')));`;

visit('a short run that asks for it starts by itself, where the page chooses the backend', { query: `#${OTHER}&play=1`, script: SAID }, async (visitor, t) => {
  await visitor.reach('done');
  assert.match(String(await visitor.page.evaluate('globalThis.said')), /It asks to start by itself/);
  assert.equal((await visitor.lines()).length, 3);
  t.diagnostic((await visitor.text('status')).trim());
  // Copied on, it does not start by itself again.
  await visitor.eventually(async () => assert.match(fragment(visitor), /seed=4294967295&mse=\d+\.\d+$/));
});

visit(
  'a run that is timed to be long does not start by itself, nor one that is long on any machine; a question takes nothing from one that is being timed, and who goes on before it has started is not overtaken by it',
  {
    query: '?backend=cpu#v=1&d=2&m=16&hidden=64&n=4096&batch=1&epochs=1000&lr=0.001&seed=1&play=1',
    // A timing that is broken off may still be fetching its module.
    allow: [BROKEN_OFF],
  },
  async (visitor, t) => {
    for (const seed of [1, 2]) {
      await told(visitor, new RegExp(`seed\u00a0=\u00a0${seed}[,;] .*It does not start by itself, since it would take .*: press Train to run it\\.$`));
      t.diagnostic(await visitor.text('opened'));
      assert.deepEqual(await visitor.passed(), ['idle']);
      if (seed === 1) await go(visitor, 'v=1&d=8&m=256&hidden=1024&n=65536&batch=64&epochs=1000&lr=0.001&seed=2&play=1');
    }

    await visitor.page.evaluate(UNTRIED);
    await go(visitor, `${OTHER}&play=1`);
    await told(visitor, /It asks to start by itself/);
    await visitor.press('draw');
    await visitor.comparison();
    await visitor.reach('idle');
    const [states, before] = [await visitor.states(), await begun(visitor)];
    assert.match(await visitor.text('opened'), /It asks to start by itself/, 'a question is no run');
    await visitor.type({ seed: 3 });
    await told(visitor, /^$/);
    await visitor.eventually(async () =>
      assert.ok(!visitor.page.workers().some((worker) => worker.url().includes('trial-worker')), 'it is not timed any more'),
    );
    await visitor.frames();
    assert.deepEqual(await visitor.states(), states);
    await visitor.train();
    assert.equal(await begun(visitor), before + 1);
    assert.equal(await visitor.text('opened'), '');
  },
);

visit(
  'the link past the head leaves the address what it is: a link to the run',
  { query: `?backend=cpu#${NOTEBOOK.replace('seed=42', 'seed=7')}` },
  async (visitor) => {
    const { page } = visitor;
    const address = page.url();
    await page.locator('.skip').focus();
    await page.keyboard.press('Enter');
    await visitor.frames();
    await visitor.eventually(async () => assert.equal(page.url(), address));
    await page.reload();
    await visitor.eventually(async () => assert.equal((await visitor.typed()).seed, '7'));
  },
);
