// @ts-check
/** For how long the browser keeps the runs is asked for when it is worth it, and said where they are listed; what it has deleted is told, and no empty list shown. */
import './written.mjs';
import assert from 'node:assert/strict';
import { ADDRESS, preceded, press, visitors } from './browser.mjs';
import { keeps, keptRuns } from './kept-runs.mjs';
import { EMPTY } from './other-page.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const BROWSERS = { Chromium: visitors(), Firefox: visitors('firefox') };

/** Runs in the page: a browser that answers so, and counts how often it was asked. @param {boolean} answer */
const answering = (answer) => `globalThis.asked = 0;
let persisted = false;
// An empty page, before the visit, has none.
Object.assign(globalThis.StorageManager?.prototype ?? {}, {
  persisted: async () => persisted,
  persist: async () => { globalThis.asked += 1; persisted = ${answer}; return persisted; },
});`;

/** With another page of the site to go to. */
const AWAY = { site: { 'empty.html': EMPTY } };

const FOR_GOOD = 'The browser has agreed to keep them until you delete them.';
const WHILE_ROOM = /^The browser may delete them when its space runs short or you stay away for long/;

/** @param {Visitor} visitor @returns {Promise<number>} */
const asked = ({ page }) => page.evaluate('globalThis.asked');

/** @param {Visitor} visitor @param {RegExp} words */
const said = (visitor, words) => visitor.eventually(async () => assert.match(await visitor.text('runs-kept'), words));

for (const [browser, visit] of Object.entries(BROWSERS)) {
  visit(`the browser is asked once a run is pinned, once, and its answer is said (${browser})`, { script: answering(true) }, async (visitor) => {
    assert.equal(await visitor.text('runs-kept'), '');
    await visitor.train();
    await said(visitor, WHILE_ROOM);
    assert.equal(await asked(visitor), 0, 'a run that has ended is no reason to ask');
    await press(visitor.page.locator('#runs button:text-is("Pin")'));
    await visitor.eventually(async () => assert.equal(await visitor.text('runs-kept'), FOR_GOOD));
    await visitor.page.locator('#runs .run-name input').fill('mine');
    await visitor.page.keyboard.press('Enter');
    await visitor.frames();
    assert.equal(await asked(visitor), 1);
  });

  visit(
    `after a minute of training ${browser === 'Firefox' ? 'Firefox, which would show a dialog, is not asked' : `${browser} is asked`}`,
    {
      script: answering(false),
      // Seconds that pass a hundred times as fast where training is timed.
      site: { 'www/worker/worker.js': preceded('const { now } = performance; performance.now = () => 100 * now.call(performance);') },
    },
    async (visitor) => {
      await visitor.type({ n: 16_384, epochs: 50_000 });
      await visitor.press('train');
      await visitor.page.waitForFunction(() => /min/.test(document.getElementById('status-time')?.textContent ?? ''));
      await visitor.press('pause');
      await visitor.reach('paused');
      if (browser === 'Firefox') assert.equal(await asked(visitor), 0);
      else await visitor.eventually(async () => assert.equal(await asked(visitor), 1));
      await visitor.train({ n: 64, epochs: 2 });
      await said(visitor, WHILE_ROOM);
    },
  );

  visit(`a browser that cannot be asked, and what this one answers by itself (${browser})`, {}, async (visitor) => {
    await visitor.train();
    await said(visitor, /^The browser (has agreed to|may delete)/);
    await visitor.page.addInitScript("Object.defineProperty(Navigator.prototype, 'storage', { value: undefined })");
    await visitor.page.reload();
    await said(visitor, /^This browser does not say for how long it keeps them/);
  });

  visit(`runs under way that the browser has deleted are told of, and the list stays (${browser})`, AWAY, async (visitor, t) => {
    const { page } = visitor;
    await visitor.train();
    await said(visitor, /./);
    await visitor.type({ n: 16_384, epochs: 50_000 });
    await visitor.trainAndPause(30);
    await keeps(visitor, 1);
    await visitor.eventually(async () => assert.match((await page.evaluate(() => localStorage.getItem('phi-psi kept'))) ?? '', /"epoch":/));
    await page.goto(`${ADDRESS}empty.html`);
    await evict(visitor, browser);
    await page.goBack();
    await visitor.eventually(async () =>
      assert.match(
        await visitor.text('deleted'),
        /^A run that was interrupted at epoch \d+ of 50000 \(d\u00a0=\u00a02, m\u00a0=\u00a016, hidden\u00a0=\u00a064, n\u00a0=\u00a016384, seed\u00a042\) was kept here until .*, and is not there any more\. The browser deletes what a page keeps when its space runs short/,
      ),
    );
    assert.ok(await visitor.find('interrupted').isHidden());
    assert.equal(await visitor.page.locator('#runs tr').count(), 1);
    t.diagnostic(await visitor.text('deleted'));
  });
}

/** As Chromium does when its space runs short: the databases go, and what is beside them stays. @param {Visitor} visitor @param {string} browser */
async function evict({ page }, browser) {
  if (browser === 'Firefox')
    return page.evaluate(async () => {
      for (const { name = '' } of await indexedDB.databases())
        await new Promise((resolve, reject) => Object.assign(indexedDB.deleteDatabase(name), { onsuccess: resolve, onerror: reject }));
    });
  const session = await page.context().newCDPSession(page);
  await session.send('Storage.clearDataForOrigin', { origin: new URL(ADDRESS).origin, storageTypes: 'indexeddb' });
}

const visit = BROWSERS.Chromium;

visit('runs that another page of the site has deleted with all else are told of, and those that the visitor deletes are not', AWAY, async (visitor) => {
  const { page } = visitor;
  await visitor.train();
  await visitor.train({ seed: 43 });
  await said(visitor, /./);
  await page.goto(`${ADDRESS}empty.html`);
  await page.evaluate(() => localStorage.clear());
  await page.goBack();
  await visitor.find('runs-empty').scrollIntoViewIfNeeded();
  await visitor.eventually(async () =>
    assert.match(await visitor.text('deleted'), /^2 runs that had ended were kept here until .*, and are not there any more\. The browser deletes/),
  );
  await visitor.train();
  await press(page.locator('#runs button:text-is("Delete")'));
  await visitor.eventually(async () => assert.match((await page.evaluate(() => localStorage.getItem('phi-psi kept'))) ?? '', /"runs":0/));
  await page.reload();
  await visitor.find('runs-empty').scrollIntoViewIfNeeded();
  await visitor.train();
  await said(visitor, /./);
  assert.equal(await visitor.text('deleted'), '');
});

visit('where another site has filled the storage it is said, and once there is room the run is kept again', {}, async (visitor) => {
  const { page } = visitor;
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(ADDRESS);
  await visitor.type({ n: 16_384, epochs: 50_000 });
  await visitor.press('train');
  await keeps(visitor, 1);
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
  await visitor.eventually(async () => assert.match(await visitor.text('keeping'), /^The browser has no room left for this page: until it has/));
  assert.equal(await visitor.state(), 'running');
  const [before] = await keptRuns(visitor);
  await session.send('Storage.overrideQuotaForOrigin', { origin });
  await visitor.eventually(async () => assert.ok((await keptRuns(visitor))[0] > before));
  await visitor.eventually(async () => assert.equal(await visitor.text('keeping'), ''));
  assert.equal(await visitor.text('notice'), '');
});
