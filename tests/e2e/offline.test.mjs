// @ts-check
/** The page without a network: kept after the first visit, never of two builds at once, and gone when it is switched off. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before } from 'node:test';
import { press, Visitor, visitors } from './browser.mjs';
import { build, OUTSIDE, serve } from './site.mjs';
import { webkitVisitors } from './webkit.mjs';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('./browser.mjs').Circumstances} Circumstances */

const { PHI_PSI_SHIPPED: FOLDER = '' } = process.env;

/**
 * The test's own server is another origin than the page's. No file is put in another's place, since whoever does that goes past the service
 * worker. @type {Circumstances}
 */
const ALLOWED = { context: { serviceWorkers: 'allow' }, query: 'www/api.html', expect: [/^foreign request: /] };

/** The folders of two builds, made once for both browsers. */
let [old, next] = ['', ''];
/** @type {(() => Promise<void>)[]} */
const ends = [];
before(async () => {
  const file = { after: (/** @type {() => Promise<void>} */ end) => void ends.push(end) };
  [old, next] = [await build(file, 'oldbuild'), await build(file, 'newbuild')];
});
after(async () => {
  for (const end of ends) await end();
});

/** Trains, and gives what is on show. @param {Page} page */
async function trained(page) {
  await press(page.locator('#train'));
  await new Visitor(page).reach('done');
  return { lines: ((await page.locator('#log').textContent()) ?? '').split('\n'), build: await page.locator('#build').textContent() };
}

/** @param {Page} page @param {string} state */
const reach = (page, state) => page.locator(`#offline-switch[data-state=${state}]`).waitFor();

/** Waits for what the page has to be asked for: `waitForFunction` takes the promise itself for an answer. @param {Page} page @param {() => Promise<boolean>} asked */
const until = (page, asked) => new Visitor(page).eventually(async () => assert.ok(await page.evaluate(asked), `${asked}`));

/** What is registered and kept. @param {Page} page */
const kept = (page) => page.evaluate(async () => ({ workers: (await navigator.serviceWorker.getRegistrations()).length, caches: await caches.keys() }));

for (const [browser, visit] of /** @type {const} */ ([
  ['Chrome', visitors()],
  ['Firefox', visitors('firefox')],
  ['WebKit', webkitVisitors()],
])) {
  visit(`after one visit the page opens and trains without a network in ${browser}`, { ...ALLOWED, shows: 'offline' }, async ({ page: other }, t) => {
    const page = await other.context().newPage();
    const site = await serve(t, FOLDER);
    await page.goto(`${site.url}?backend=cpu&view=all`);
    await reach(page, 'kept');
    assert.match((await page.locator('#offline-words').textContent()) ?? '', /works without a network/);
    // The floor: the lab is kept when it is first used.
    const first = await trained(page);
    await page.locator('#chart .floor').first().waitFor({ state: 'attached' });
    site.close();
    await page.goto(`${site.url}?backend=cpu&view=all#v=1&d=2&m=16&hidden=64&n=1024&batch=64&epochs=5&lr=0.001&seed=42`);
    await reach(page, 'kept');
    await page.reload();
    assert.deepEqual(await trained(page), first);
    await page.locator('#chart .floor').first().waitFor({ state: 'attached' });
    await page.locator('#sweeps').scrollIntoViewIfNeeded();
  });

  visit(`another build is taken at the next visit, and no page is of two builds in ${browser}`, ALLOWED, async ({ page: other }, t) => {
    const context = other.context();
    const first = await context.newPage();
    const names = async (/** @type {string} */ folder) => /** @type {string[]} */ (JSON.parse(await readFile(`${folder}/build.json`, 'utf8')).files);
    const onlyNext = (await names(next)).filter((name) => !name.endsWith('.html'));
    const onlyOld = await names(old);
    const site = await serve(t, old);
    await first.goto(`${site.url}?backend=cpu&view=all`);
    await reach(first, 'kept');
    site.folder = next;
    await first.reload();
    // The new one has come, and waits.
    await until(first, async () => Boolean((await navigator.serviceWorker.getRegistration())?.waiting));
    await first.reload();
    assert.match((await trained(first)).build ?? '', /oldbuild/);
    assert.ok(await first.evaluate(async () => Boolean((await navigator.serviceWorker.getRegistration())?.waiting)), 'it goes on waiting');
    await first.locator('#sweeps').scrollIntoViewIfNeeded();
    await first.locator('#sweep-setup:enabled').waitFor();
    const asked = await first.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .map(({ name }) => name)
        .filter((name) => name.startsWith('http')),
    );
    const files = asked.map((url) => new URL(url).pathname.slice(new URL(site.url).pathname.length)).filter((name) => name !== 'sw.js');
    assert.ok(
      files.some((name) => /sweeps-section/.test(name)),
      `${files}`,
    );
    assert.deepEqual(
      files.filter((name) => !onlyOld.includes(name)),
      [],
      'all of it is of the build that the page began with',
    );

    await first.close();
    const second = await context.newPage();
    // The browser may need a moment to see that the last page of the old build has gone: a page that none of them serves can ask.
    await second.goto(new URL(OUTSIDE, site.url).href);
    await until(second, async () => {
      const [registration] = await navigator.serviceWorker.getRegistrations();
      return registration.waiting === null && registration.active?.state === 'activated';
    });
    await second.goto(`${site.url}?backend=cpu&view=all`);
    assert.match((await trained(second)).build ?? '', /newbuild/);
    await reach(second, 'kept');
    await until(second, async () => (await caches.keys()).length === 1);
    const there = await second.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .map(({ name }) => name)
        .filter((name) => name.startsWith('http')),
    );
    const newer = there.map((url) => new URL(url).pathname.slice(new URL(site.url).pathname.length)).filter((name) => name !== 'sw.js');
    assert.deepEqual(
      newer.filter((name) => !onlyNext.includes(name)),
      [],
      'and the next of the next',
    );
    await second.close();
  });

  visit(`switched off, nothing is kept, and it stays off in ${browser}`, ALLOWED, async ({ page: other }, t) => {
    const page = await other.context().newPage();
    const site = await serve(t, FOLDER);
    await page.goto(`${site.url}?backend=cpu&view=all`);
    await reach(page, 'kept');
    const { workers, caches } = await kept(page);
    assert.equal(workers, 1);
    assert.equal(caches.length, 1);
    await press(page.locator('#offline-switch'));
    await reach(page, 'off');
    assert.match((await page.locator('#offline-words').textContent()) ?? '', /^Nothing of the page is kept/);
    await page.reload();
    await reach(page, 'off');
    assert.deepEqual(await kept(page), { workers: 0, caches: [] });
    await press(page.locator('#offline-switch'));
    await reach(page, 'kept');
    await page.goto(`${site.url}?backend=cpu&view=all&sw=off`);
    await reach(page, 'off');
    await page.goto(`${site.url}?backend=cpu&view=all`);
    await reach(page, 'off');
    assert.deepEqual(await kept(page), { workers: 0, caches: [] });
    assert.equal((await trained(page)).lines.length, 5);
  });
}

const visit = visitors();

visit('a build of which one file is another is not kept, and the page goes on without', ALLOWED, async ({ page: other }, t) => {
  const page = await other.context().newPage();
  const folder = await build(t, 'damaged');
  await writeFile(`${folder}/www/precheck.js`, `${await readFile(`${folder}/www/precheck.js`, 'utf8')}\n`);
  const site = await serve(t, folder);
  await page.goto(`${site.url}?backend=cpu&view=all`);
  await until(page, async () => (await navigator.serviceWorker.getRegistrations()).length === 0);
  assert.equal((await trained(page)).lines.length, 5);
  // What was asked for meanwhile has been refused by then.
  await until(page, async () => (await navigator.serviceWorker.getRegistrations()).length === 0);
});

visit('in another page’s frame nothing is kept', { ...ALLOWED, query: '?embed=1&backend=cpu', expect: [] }, async (visitor) => {
  assert.equal((await visitor.train()).length, 5);
  assert.deepEqual(await kept(visitor.page), { workers: 0, caches: [] });
  assert.ok(await visitor.find('offline').isHidden());
});
