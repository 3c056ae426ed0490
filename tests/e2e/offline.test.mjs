// @ts-check
/** The page without a network: kept after the first visit, never of two builds at once, and gone when it is switched off. */
import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { after } from 'node:test';
import { press, Visitor, visitors } from './browser.mjs';
import { build, folderOf, open, OUTSIDE, serve } from './site.mjs';
import { openView } from './walk.mjs';
import { webkitVisitors } from './webkit.mjs';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('./browser.mjs').Circumstances} Circumstances */
/** @typedef {Awaited<ReturnType<typeof serve>>} Site */
/** @typedef {Awaited<ReturnType<typeof trained>>} Trained */

const { PHI_PSI_SHIPPED: FOLDER = '' } = process.env;

/**
 * The test's own server is another origin than the page's. No file is put in another's place, since whoever does that goes past the service
 * worker. @type {Circumstances}
 */
const ALLOWED = { context: { serviceWorkers: 'allow' }, query: 'www/precheck.js', expect: [/^foreign request: /] };

const SOURCE = 'https://example.org/phi-psi';

/** @type {Promise<string> | undefined} */
let next;
/** @type {(() => Promise<void>)[]} */
const ends = [];
/** The folder of another build than the one that ships, made once for all browsers. */
const nextBuild = () => (next ??= build({ after: (end) => void ends.push(end) }, 'newbuild', '--source', `${SOURCE}.git`));
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
const reach = (page, state) => page.locator(`#offline-switch[data-state=${state}]`).waitFor({ state: 'attached' });

/** Goes to the view of the sweeps, which loads their scripts and the lab's module. @param {Page} page */
async function sweepsIn(page) {
  await openView(new Visitor(page), 'many');
  await page.locator('#sweep-setup:enabled').waitFor();
}

/** Presses the switch, which is below the words about the page. @param {Page} page */
async function switched(page) {
  await openView(new Visitor(page), 'about');
  await press(page.locator('#offline-switch'));
}

/** Waits for what the page has to be asked for: `waitForFunction` takes the promise itself for an answer. @param {Page} page @param {() => Promise<boolean>} asked */
const until = (page, asked) => new Visitor(page).eventually(async () => assert.ok(await page.evaluate(asked), `${asked}`));

/** What is registered and kept. @param {Page} page */
const kept = (page) => page.evaluate(async () => ({ workers: (await navigator.serviceWorker.getRegistrations()).length, caches: await caches.keys() }));

/** Runs in the page: a browser that is short of room deletes what it keeps. */
const emptied = async () => {
  for (const name of await caches.keys()) await caches.delete(name);
};

/** Runs in the page. */
const oneCache = async () => (await caches.keys()).length === 1;

/** What a page has asked for, below its folder. @param {Page} page @param {string} url the folder's */
async function asked(page, url) {
  const all = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
  return all.filter((name) => name.startsWith('http') && !name.endsWith('/sw.js')).map((name) => new URL(name).pathname.slice(new URL(url).pathname.length));
}

/** The names of a build's files. @param {string} folder @returns {Promise<string[]>} */
const namesOf = async (folder) => JSON.parse(await readFile(`${folder}/build.json`, 'utf8')).files;

/** Whether a new build has come, and waits. @returns {Promise<boolean>} */
const waiting = async () => Boolean((await navigator.serviceWorker.getRegistration())?.waiting);

const visit = visitors();

/** After one visit the page opens and trains without a network. @param {Page} page @param {Site} site */
async function without(page, site) {
  await page.goto(`${site.url}?backend=cpu`);
  await reach(page, 'kept');
  assert.match((await page.locator('#offline-words').textContent()) ?? '', /works without a network/);
  const { workers, caches } = await kept(page);
  assert.deepEqual([workers, caches.length], [1, 1]);
  // The floor: the lab is kept when it is first used.
  const first = await trained(page);
  await page.locator('#chart .floor').first().waitFor({ state: 'attached' });
  site.away = true;
  // Not by `goto`: in Firefox Playwright waits in vain for a new fragment while the page writes its address itself. And without a word to the
  // page, which would fetch what describes a link, and Firefox tells it as an error when the reload breaks that off.
  await page.evaluate(() => history.replaceState(null, '', '#v=1&d=2&m=16&hidden=64&n=1024&batch=64&epochs=5&lr=0.001&seed=42'));
  await page.reload();
  await reach(page, 'kept');
  assert.deepEqual(await trained(page), first);
  await page.locator('#chart .floor').first().waitFor({ state: 'attached' });
  await sweepsIn(page);
  site.away = false;
  // As it was opened at first: for a link's words, see above.
  await page.evaluate(() => history.replaceState(null, '', '?backend=cpu'));
  return first;
}

/** While another build waits, all of the page is of the one that it began with. @param {Page} page @param {Site} site @param {Trained} first */
async function waited(page, site, first) {
  const names = await namesOf(FOLDER);
  site.folder = await nextBuild();
  await page.reload();
  await until(page, waiting);
  await page.reload();
  assert.deepEqual(await trained(page), first);
  // The lab has come, or it would be on its way when this page is closed.
  await page.locator('#chart .floor').first().waitFor({ state: 'attached' });
  await sweepsIn(page);
  assert.ok(await page.evaluate(waiting), 'it goes on waiting');
  const files = await asked(page, site.url);
  assert.ok(
    files.some((name) => /sweeps-section/.test(name)),
    `${files}`,
  );
  assert.deepEqual(
    files.filter((name) => !names.includes(name)),
    [],
    'all of it is of the build that the page began with',
  );
  // Closed: a page that was left is kept by Firefox for who comes back, and with it the old build.
  await page.close();
}

/** At the next visit the other build is there, and all of the page is of that. @param {Page} page @param {Site} site */
async function taken(page, site) {
  // The browser may need a moment to see that the last page of the old build has gone: a page that none of them serves can ask.
  await page.goto(new URL(OUTSIDE, site.url).href);
  await until(page, async () => {
    const [registration] = await navigator.serviceWorker.getRegistrations();
    return registration.waiting === null && registration.active?.state === 'activated';
  });
  await page.goto(`${site.url}?backend=cpu`);
  const next = await trained(page);
  assert.match(next.build ?? '', /newbuild/);
  assert.equal(await page.locator('#source').getAttribute('href'), SOURCE, 'with the source that the build was told of');
  await reach(page, 'kept');
  await until(page, oneCache);
  const names = (await namesOf(site.folder)).filter((name) => !name.endsWith('.html'));
  assert.deepEqual(
    (await asked(page, site.url)).filter((name) => !names.includes(name)),
    [],
    'and the next of the next',
  );
  return next;
}

/** Switched off, nothing is kept, and it stays off. @param {Page} page @param {Trained} next */
async function off(page, next) {
  await switched(page);
  await reach(page, 'off');
  assert.match((await page.locator('#offline-words').textContent()) ?? '', /^Nothing of the page is kept/);
  // What was never asked for before is not kept either, while the page that was open then still is.
  await openView(new Visitor(page), 'errors');
  await page.locator('#maps[data-value]').waitFor({ state: 'attached' });
  assert.deepEqual(await kept(page), { workers: 0, caches: [] });
  await page.reload();
  await reach(page, 'off');
  assert.deepEqual(await kept(page), { workers: 0, caches: [] }, 'switched off');
  assert.deepEqual(await trained(page), next, 'and the page goes on without');
}

/** On again, it is kept anew, also where the browser has deleted it; and the address switches it off too. @param {Page} page @param {Site} site */
async function onAndOff(page, site) {
  await switched(page);
  await reach(page, 'kept');
  await page.evaluate(emptied);
  await page.reload();
  await until(page, oneCache);
  await reach(page, 'kept');
  // It was kept anew, but for what a run's end asks for.
  site.away = true;
  await page.reload();
  await reach(page, 'kept');
  site.away = false;
  const address = `${site.url}?backend=cpu`;
  await page.goto(`${address}&sw=off`);
  await reach(page, 'off');
  await page.goto(address);
  await reach(page, 'off');
  assert.deepEqual(await kept(page), { workers: 0, caches: [] }, 'switched off by the address');
}

for (const [browser, visitIn] of /** @type {const} */ ([
  ['Chrome', visit],
  ['Firefox', visitors('firefox')],
  ['WebKit', webkitVisitors()],
])) {
  visitIn(
    `after one visit the page opens and trains without a network; another build is taken at the next visit, and no page is of two builds; switched off, nothing is kept, and it stays off in ${browser}`,
    { ...ALLOWED, shows: 'offline' },
    async ({ page: second }, t) => {
      const site = await serve(t, FOLDER);
      const first = await second.context().newPage();
      await waited(first, site, await without(first, site));
      const next = await taken(second, site);
      // Last: once a service worker has been unregistered, WebKitGTK tells pages of other origins of none that they have.
      await off(second, next);
      // What the address asks for is read in the same way everywhere.
      if (browser === 'Chrome') await onAndOff(second, site);
    },
  );
}

visit('a build of which one file is another is not kept, and the page goes on without', ALLOWED, async ({ page }, t) => {
  const folder = await folderOf(t);
  await cp(FOLDER, folder, { recursive: true });
  await writeFile(`${folder}/www/precheck.js`, `${await readFile(`${folder}/www/precheck.js`, 'utf8')}\n`);
  const site = await serve(t, folder);
  await page.goto(`${site.url}?backend=cpu`);
  await until(page, async () => (await navigator.serviceWorker.getRegistrations()).length === 0);
  await reach(page, 'refused');
  assert.equal((await trained(page)).lines.length, 5);
  // What was asked for meanwhile has been refused by then.
  await until(page, async () => (await navigator.serviceWorker.getRegistrations()).length === 0);
});

/** A host that has the pages at addresses without their endings, and leads on from those with them. @param {string} path @param {import('./site.mjs').Answer} own */
async function withoutEndings(path, own) {
  const [file] = path.split('?');
  const on = { status: 308, type: 'text/plain', body: '' };
  if (file === 'index.html') return { ...on, location: './' };
  if (file.endsWith('.html')) return { ...on, location: file.replace(/.*\//, '').replace('.html', '') };
  const body = /^www\/\w+$/.test(file) ? await readFile(`${FOLDER}/${file}.html`) : null;
  return body ? { status: 200, type: 'text/html; charset=utf-8', body } : own;
}

visit('from a host that leads on to addresses without endings the page is kept like from any other, and opens again', ALLOWED, async ({ page }, t) => {
  const site = await open(FOLDER, undefined, {}, withoutEndings);
  t.after(site.close);
  await page.goto(`${site.url}?backend=cpu`);
  await reach(page, 'kept');
  // All that opens it is kept; what a run's end asks for is not yet.
  site.away = true;
  await page.reload();
  await reach(page, 'kept');
  site.away = false;
  assert.equal((await trained(page)).lines.length, 5);
  await page.goto(`${site.url}www/api.html`);
  await page.locator('h1').waitFor();
});

visit('in another page’s frame nothing is kept', { ...ALLOWED, query: '?embed=1&backend=cpu', expect: [] }, async (visitor) => {
  assert.equal((await visitor.train()).length, 5);
  assert.deepEqual(await kept(visitor.page), { workers: 0, caches: [] });
  assert.ok(await visitor.find('offline').isHidden());
});
