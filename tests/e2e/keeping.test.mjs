// @ts-check
/** For how long the browser keeps the runs is asked for when it is worth it, and said where they are listed; what it has deleted is told, and no empty list shown. */
import assert from 'node:assert/strict';
import { ADDRESS, press, visitors } from './browser.mjs';
import { HASTE, keeps, keptRuns, stored, table, trainAndKeep } from './kept-runs.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const BROWSERS = { Chromium: visitors(), Firefox: visitors('firefox') };

/** Runs in the page: a browser that agrees, and counts how often it was asked. */
const AGREEING = `globalThis.asked = 0;
let agreed = false;
// An empty page, before the visit, has none.
const { persisted } = globalThis.StorageManager?.prototype ?? {};
Object.assign(globalThis.StorageManager?.prototype ?? {}, {
  async persisted() { return agreed || persisted.call(this); },
  persist: async () => { globalThis.asked += 1; agreed = true; return agreed; },
});`;

/** Of the site, and nothing of the page's: there the storage can be emptied meanwhile. */
const AWAY = `${ADDRESS}www/api.js`;

const FOR_GOOD = /^The browser has agreed to keep them until you delete them\.$/;
const WHILE_ROOM = /^The browser may delete them when its space runs short or you stay away for long/;

/** @param {Visitor} visitor @returns {Promise<number>} */
const asked = ({ page }) => page.evaluate('globalThis.asked');

/** @param {Visitor} visitor @param {RegExp} words */
const said = (visitor, words) => visitor.eventually(async () => assert.match(await visitor.text('runs-kept'), words));

/** What is noted of what is kept. @param {Visitor} visitor @param {RegExp} what */
const notes = (visitor, what) =>
  visitor.eventually(async () => assert.match((await visitor.page.evaluate(() => localStorage.getItem('phi-psi kept'))) ?? '', what));

/** A run is pinned and named, for which the browser is asked once. @param {Visitor} visitor */
async function asksOnce(visitor) {
  await press(visitor.page.locator('#runs button:text-is("Pin")').first());
  await said(visitor, FOR_GOOD);
  await visitor.page.locator('#runs .run-name input').first().fill('mine');
  await visitor.page.keyboard.press('Enter');
  await visitor.frames();
  assert.equal(await asked(visitor), 1);
}

/** A run is trained to its end, and kept with its figures. @param {Visitor} visitor */
async function isKept(visitor) {
  assert.equal(await visitor.text('runs-empty'), 'No run has ended yet.');
  assert.ok(await visitor.find('runs-box').isHidden());
  await trainAndKeep(visitor);
  const [losses, { mse: heldOut }] = [await visitor.losses(), await visitor.heldOut()];
  const all = await table(visitor);
  assert.equal(all.length, 1);
  const [{ name, recipe, backend, time, ended, ...figures }] = all;
  assert.deepEqual([name, recipe, backend], ['Run 1', 'the notebook’s', 'CPU']);
  assert.ok(Math.abs(Number(figures.mse) - losses[4]) < 1e-4, `${figures.mse}, and the log says ${losses[4]}`);
  assert.ok(Math.abs(Number(figures.heldOut) / heldOut - 1) < 1e-3, `${figures.heldOut}, and the page says ${heldOut}`);
  assert.match(time, /^\d+\.\d+ s$/);
  assert.match(ended, /^[A-Z][a-z]{2} \d{1,2}, \d\d:\d\d$/);
  assert.ok(await visitor.find('runs-empty').isHidden());
}

for (const [browser, visit] of Object.entries(BROWSERS)) {
  const sentence =
    browser === 'Firefox' ? 'Firefox, which would show a dialog, is not asked, but once a run is pinned, and its answer is said' : `${browser} is asked, once`;
  visit(
    `a run that ends is kept with its figures, and in the next visit; after a minute of training ${sentence}; runs under way that it has deleted are told of, and the list stays`,
    { script: `${HASTE}\n${AGREEING}`, shows: 'kept' },
    async (visitor, t) => {
      const { page } = visitor;
      assert.equal(await visitor.text('runs-kept'), '');
      await isKept(visitor);
      await said(visitor, WHILE_ROOM);
      assert.equal(await asked(visitor), 0, 'a run that has ended is no reason to ask');
      await page.evaluate('globalThis.haste = 10_000');
      await visitor.type({ n: 16_384, epochs: 50_000, seed: 43 });
      await visitor.press('train');
      await page.waitForFunction(() => /min/.test(document.getElementById('status-time')?.textContent ?? ''));
      // What is paused within its first epoch has nothing that could be kept.
      await visitor.underWay({ epochs: 1 });
      await visitor.press('pause');
      await visitor.reach('paused');
      await said(visitor, browser === 'Firefox' ? WHILE_ROOM : FOR_GOOD);
      assert.equal(await asked(visitor), browser === 'Firefox' ? 0 : 1);
      await asksOnce(visitor);

      await keeps(visitor, 1);
      await notes(visitor, /"epoch":[1-9]/);
      const all = await table(visitor);
      await page.goto(AWAY);
      await evict(visitor, browser);
      await page.addInitScript("Object.defineProperty(Navigator.prototype, 'storage', { value: undefined })");
      await page.goBack();
      await visitor.eventually(async () =>
        assert.match(
          await visitor.text('deleted'),
          /^A run that was interrupted at epoch \d+ of 50000 \(d\u00a0=\u00a02, m\u00a0=\u00a016, hidden\u00a0=\u00a064, n\u00a0=\u00a016384, seed\u00a043\) was kept here until .*, and is not there any more\. The browser deletes what a page keeps when its space runs short/,
        ),
      );
      assert.ok(await visitor.find('interrupted').isHidden());
      assert.deepEqual([all.length, await table(visitor)], [1, all]);
      assert.equal(await visitor.text('runs-refused'), '');
      await said(visitor, /^This browser does not say for how long it keeps them/);
      t.diagnostic(await visitor.text('deleted'));
    },
  );
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

visit(
  'where another site has filled the storage it is said, and once there is room the run is kept; runs that another page of the site has deleted with all else are told of, and those that the visitor deletes are not; once one is pinned the browser is asked',
  { view: 'all', script: AGREEING },
  async (visitor) => {
    const { page } = visitor;
    const session = await visitor.page.context().newCDPSession(visitor.page);
    const { origin } = new URL(ADDRESS);
    // A run is kept whenever it waits.
    const step = async () => {
      await visitor.press('step');
      await visitor.reach('paused');
    };
    // Before anything is kept, since Chromium goes by the room that it last found for half a minute.
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
    await step();
    await visitor.eventually(async () => assert.match(await visitor.text('keeping'), /^The browser has no room left for this page: until it has/));
    await session.send('Storage.overrideQuotaForOrigin', { origin });
    await step();
    await visitor.eventually(async () => assert.deepEqual(await keptRuns(visitor), [2]));
    await visitor.eventually(async () => assert.equal(await visitor.text('keeping'), ''));
    assert.equal(await visitor.text('notice'), '');

    await visitor.press('pause');
    await visitor.reach('done');
    await visitor.train({ n: 64, hidden: 8, seed: 43 });
    await keeps(visitor, 0);
    await said(visitor, WHILE_ROOM);
    await visitor.eventually(async () =>
      assert.deepEqual(
        (await stored(visitor, 'phi-psi kept 1', 'notes')).map(({ noted }) => noted.runs),
        [2],
      ),
    );
    await page.goto(AWAY);
    await page.evaluate(() => localStorage.clear());
    await page.goBack();
    await visitor.find('runs-empty').scrollIntoViewIfNeeded();
    await visitor.eventually(async () =>
      assert.match(await visitor.text('deleted'), /^2 runs that had ended were kept here until .*, and are not there any more\. The browser deletes/),
    );
    await visitor.train();
    await press(page.locator('#runs button:text-is("Delete")'));
    await notes(visitor, /"runs":0/);
    await page.reload();
    await visitor.find('runs-empty').scrollIntoViewIfNeeded();
    await visitor.train();
    await said(visitor, WHILE_ROOM);
    assert.equal(await visitor.text('deleted'), '');
    assert.equal(await asked(visitor), 0, 'a run that has ended is no reason to ask');
    await asksOnce(visitor);
  },
);
