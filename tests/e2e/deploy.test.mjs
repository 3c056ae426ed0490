// @ts-check
/** What ships: how much it is, how it arrives or does not, and what a stale index does. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { Output } from '../../xtask/bundle/output.mjs';
import { ADDRESS, BROKEN_OFF, MISSING, preceded, Visitor, visitors } from './browser.mjs';
import { folderOf, script, serve } from './site.mjs';

/** @typedef {import('./browser.mjs').Handler} Handler */
/** @typedef {import('playwright-core').Route} Route */

const visit = visitors();

const { PHI_PSI_SHIPPED: FOLDER = '' } = process.env;
/** @type {{ version: string, commit: string, files: string[], before: string[] }} */
const BUILD = JSON.parse(await readFile(`${FOLDER}/build.json`, 'utf8'));

/** A file by its name without the hash. @param {string} source */
function named(source) {
  const [base, kind] = source.split(/\.(?=\w+$)/);
  const found = BUILD.files.find((file) => new RegExp(`^www/${base}-[0-9a-f]{10}\\.${kind}$`).test(file));
  assert.ok(found, `${source} is in the build`);
  return found;
}

const MOST_REQUESTS = 12;
const MOST_BYTES = 400_000;
const MOST_SCRIPT_BYTES = 61_400;

/** Nothing of the page but a text. */
const TEXT_ALONE = 'www/precheck.js';

visit('a first visit trains on the CPU with a dozen requests and 400 kB at most, 61 kB of them scripts', { query: TEXT_ALONE }, async ({ page }, t) => {
  /** @type {Set<string>} */
  const asked = new Set();
  page.context().on('request', (request) => void (request.url().startsWith('http') && asked.add(request.url())));
  await page.goto(`${ADDRESS}?backend=cpu`);
  const visitor = new Visitor(page);
  // Long, so that what follows a run's end is not in it: the lab, for the floor.
  await visitor.type({ epochs: 100_000 });
  await visitor.press('train');
  await visitor.underWay({ epochs: 100 });
  const files = [...asked].map((url) => new URL(url).pathname.slice(new URL(ADDRESS).pathname.length) || 'index.html');
  await visitor.press('pause');
  let [total, scripts] = [0, 0];
  for (const file of files) {
    const bytes = await readFile(`${FOLDER}/${file}`);
    const zipped = gzipSync(bytes, { level: 9 }).length;
    total += zipped;
    if (file.endsWith('.js')) scripts += zipped;
    t.diagnostic(`${file.padEnd(36)} ${String(bytes.length).padStart(8)} ${String(zipped).padStart(8)}`);
  }
  t.diagnostic(`${files.length} requests, ${total} bytes with gzip, of which ${scripts} are scripts`);
  for (const needed of ['main.js', 'worker.js', 'module-cpu.js', 'module-cpu.wasm']) assert.ok(files.includes(named(needed)), `${needed} was asked for`);
  assert.deepEqual(
    files.filter((file) => /webgpu|lab|sweep|trial|bench/.test(file)),
    [],
    'what nobody asked for',
  );
  assert.ok(files.length <= MOST_REQUESTS, `${files.length} requests`);
  assert.ok(total <= MOST_BYTES, `${total} bytes`);
  assert.ok(scripts <= MOST_SCRIPT_BYTES, `${scripts} bytes of scripts`);
});

test('every file that the pages name is there, and the larger ones have compressed copies', async () => {
  for (const page of ['index.html', 'www/bench.html', 'www/api.html']) {
    const text = await readFile(`${FOLDER}/${page}`, 'utf8');
    for (const [, name] of text.matchAll(/\b(?:src|href)="([^":#?]+\.\w+)"/g)) {
      const response = await fetch(new URL(name, `${ADDRESS}${page}`), { method: 'HEAD' });
      assert.equal(response.status, 200, `${page} names ${name}`);
    }
    assert.doesNotMatch(text, /href="\/|src="\//, 'no address begins at the host');
  }
  const page = await readFile(`${FOLDER}/index.html`, 'utf8');
  assert.match(page, /href="www\/digits-\w+\.safetensors" download="digits\.safetensors"/, 'notebooks open it by this name');
  const all = new Set(await readdir(`${FOLDER}/www`));
  for (const source of ['main.js', 'style.css', 'module-cpu.wasm', 'module-webgpu.wasm', 'module-lab.wasm']) {
    for (const kind of ['gz', 'br']) assert.ok(all.has(`${named(source).slice(4)}.${kind}`), `${source}.${kind}`);
  }
});

/** Builds a page of one script, and says which scripts stand there then. @param {string} to the folder @param {string} text the script's */
async function built(to, text) {
  const output = await Output.open(to);
  output.hashed('www/main.js', text);
  await output.close({ version: '9.9.9', commit: '' });
  return (await readdir(`${to}/www`)).sort();
}

test('the files of the build before stay for one build, and no longer', async (t) => {
  const folder = await folderOf(t);
  const [first] = await built(folder, 'first');
  const both = await built(folder, 'second');
  assert.ok(both.includes(first) && both.length === 2, `${both}`);
  assert.deepEqual(await built(folder, 'second'), both, 'built again without a change: nothing has become older');
  const last = await built(folder, 'third');
  assert.ok(!last.includes(first) && last.length === 2, `${last}`);

  // A build in an empty folder has them from where the last one stands.
  const { url } = await serve(t, folder);
  const empty = await folderOf(t);
  await script('bundle/previous.mjs', url, empty);
  const there = await built(empty, 'fourth');
  const [third] = last.filter((name) => !both.includes(name));
  assert.ok(there.includes(third) && there.length === 2, `${there} with ${third}`);
  await script('bundle/previous.mjs', `${url}nothing/`, empty);
});

/** What is missing is answered with 404, and the browser then calls the request failed. */
const NOT_FOUND = /^(answer 404|failed request|console error): /;

/** What the browser says of bytes that are not those that the page was built with. */
const NOT_AS_BUILT = /console error: .*integrity/i;

/** @param {string} name */
const gone = (name) => ({
  text: (/** @type {string} */ own, /** @type {number} */ nth) =>
    own.replaceAll(named(name), `www/main-000000000${nth % 10}.js`).replace(/ integrity="[^"]*"/g, ''),
});

/** The page has been loaded anew. @param {Visitor} visitor */
const loadedAnew = ({ page }) =>
  page.waitForFunction(() => performance.getEntriesByType('navigation').some((entry) => /** @type {PerformanceNavigationTiming} */ (entry).type === 'reload'));

let copies = 0;

visit(
  'a bad copy of the module that only a cache holds is passed by, a good one that is called something else than wasm is taken, and nobody notices; the page says which build it is, and the card for other sites, the manifest and its icons are there; no code is made from text in the worker that ships, and a section that does not come is told in words',
  {
    view: 'all',
    script: "globalThis.outcome = new Promise((resolve) => { new BroadcastChannel('outcome').onmessage = ({ data }) => resolve(data); });",
    site: {
      [named('module-cpu.wasm')]: {
        route: (route) => {
          copies += 1;
          return (copies === 1 ? changed((bytes) => bytes.subarray(0, 1_000)) : changed((bytes) => bytes, 'text/plain')).route(route);
        },
      },
      [named('worker.js')]: preceded(
        "let outcome = 'done'; try { eval('1'); } catch (error) { outcome = error.name; } new BroadcastChannel('outcome').postMessage(outcome);",
      ),
      [named('sweeps-section.js')]: MISSING,
    },
    expect: [/console warning: .*MIME/, /^answer 404: .*\/sweeps-section-/, /^(console error|failed request): .*(404|sweeps-section)/],
  },
  async (visitor) => {
    const { page } = visitor;
    assert.equal((await visitor.train()).length, 5);
    assert.equal(await visitor.text('notice'), '');
    assert.deepEqual(await visitor.passed(), ['idle', 'running', 'done']);
    assert.equal(copies, 2);

    assert.equal(await visitor.text('build'), BUILD.commit ? `Version ${BUILD.version}, built from ${BUILD.commit}.` : `Version ${BUILD.version}.`);
    const card = await page.locator('meta[property="og:image"]').getAttribute('content');
    const manifest = await page.evaluate(async () => (await fetch(/** @type {HTMLLinkElement} */ (document.querySelector('link[rel=manifest]')).href)).json());
    const sizes = await page.evaluate(
      async (sources) => {
        const pictures = sources.map(async (source) => {
          const image = new Image();
          image.src = source;
          await image.decode();
          return `${image.naturalWidth} ${image.naturalHeight}`;
        });
        return Promise.all(pictures);
      },
      [card ?? '', ...manifest.icons.slice(1).map((/** @type {{ src: string }} */ { src }) => `www/${src}`)],
    );
    assert.deepEqual(sizes, ['1200 630', '192 192', '512 512', '512 512']);
    assert.equal(new URL(manifest.start_url, `${ADDRESS}www/`).href, ADDRESS);

    assert.equal(await page.evaluate('globalThis.outcome'), 'EvalError');
    await visitor.find('sweeps').scrollIntoViewIfNeeded();
    assert.match(await visitor.notice(), /^A part of this page could not be loaded\. Check the connection and reload the page\.$/);
    assert.equal((await visitor.train()).length, 5);
  },
);

let loads = 0;

visit(
  'where that does not help it is told in words, and the page is not loaded again and again',
  {
    site: { '?backend=cpu': { text: (own, nth) => gone('main.js').text(own, (loads = nth)) } },
    expect: [NOT_FOUND],
  },
  async (visitor) => {
    await loadedAnew(visitor);
    assert.match(await visitor.notice(), /^A part of this page could not be loaded\. Check the connection and reload the page\.$/);
    // What would load it once more would do so in place of the sentence.
    await visitor.frames();
    assert.equal(loads, 3, 'the visit, the question whether the server has another, and one visit more');
  },
);

/** What is wrong, one after the other, and with which file. @type {[string, string, Handler][]} */
const BAD = [
  ['the module is missing', named('module-cpu.wasm'), MISSING],
  ['the module is cut off', named('module-cpu.wasm'), changed((bytes) => bytes.subarray(0, 200_000))],
  ['the module has one bit turned over', named('module-cpu.wasm'), changed((bytes) => bytes.fill(bytes[300_000] ^ 1, 300_000, 300_001))],
  [
    'the module is of another build',
    named('module-cpu.wasm'),
    { route: async (route) => route.fulfill({ contentType: 'application/wasm', body: await readFile(`${FOLDER}/${named('module-lab.wasm')}`) }) },
  ],
  ['the worker is missing', named('worker.js'), MISSING],
  ['the worker is cut off', named('worker.js'), changed((bytes) => bytes.subarray(0, 9_000), 'text/javascript')],
];

let bad = 0;

/** @param {string} name @returns {Handler} */
const atTimesBad = (name) => ({
  route: (route) => {
    const [, file, handler] = BAD[bad] ?? [];
    return handler && file === name ? handler.route(route) : route.continue();
  },
});

visit(
  'an index from a cache whose scripts are gone is loaded anew by itself; the module is missing, cut off, not to the bit as it was built, or of another build, or the worker is missing or cut off: one sentence, and Train tries again',
  {
    site: {
      '?backend=cpu': { text: (own, nth) => (nth === 1 ? gone('main.js').text(own, nth) : own) },
      [named('module-cpu.wasm')]: atTimesBad(named('module-cpu.wasm')),
      [named('worker.js')]: atTimesBad(named('worker.js')),
    },
    expect: [NOT_FOUND],
  },
  async (visitor) => {
    await loadedAnew(visitor);
    for (const [what, file] of BAD) {
      const { length } = await visitor.states();
      if (bad > 0) {
        await visitor.press('train');
        await visitor.eventually(async () => assert.ok((await visitor.states()).length > length));
      }
      await visitor.page.locator('#status[data-state=failed]').waitFor();
      const sentence = file.endsWith('.wasm')
        ? /^The training module could not be loaded: module-cpu-\w+\.wasm did not arrive, or not as this page was built with it\. Reload the page, or press Train to try again\.$/
        : /^The worker could not be started/;
      assert.match(await visitor.notice(), sentence, what);
      bad += 1;
    }
    assert.equal((await visitor.train()).length, 5);
    assert.equal(await visitor.text('notice'), '');
  },
);

for (const source of ['main.js', 'launch.js']) {
  visit(
    `a script of the page that is cut off (${source}) is not run at all, and told in words`,
    {
      site: { [named(source)]: changed((bytes) => bytes.subarray(0, bytes.length / 2), 'text/javascript') },
      expect: [NOT_AS_BUILT],
    },
    async (visitor) => {
      assert.match(await visitor.notice(), /^A part of this page could not be loaded\. Check the connection and reload the page\.$/);
      assert.equal(await visitor.state(), 'failed');
    },
  );
}

visit('a style sheet that is missing is told in words', { site: { [named('style.css')]: MISSING }, expect: [NOT_FOUND] }, async (visitor) => {
  assert.match(await visitor.notice(), /^A part of this page could not be loaded\. Check the connection and reload the page\.$/);
});

visit(
  'opened as a file, the page says what to do, and shows what a run looks like',
  { query: TEXT_ALONE, expect: [/^foreign request: file:/, /^(console error|failed request): /] },
  async (visitor) => {
    const { page } = visitor;
    await page.goto(pathToFileURL(`${FOLDER}/index.html`).href);
    assert.match(await visitor.notice(), /^This page was opened as a file, and browsers load no modules from files\. Serve its folder instead/);
    assert.equal(await visitor.state(), 'failed');
    await stillLife(visitor);
  },
);

visit(
  'a browser without WebAssembly is told so, and shown what a run looks like',
  {
    script: 'delete globalThis.WebAssembly',
    site: { [named('main.js')]: MISSING, [named('launch.js')]: MISSING },
    expect: [NOT_FOUND],
  },
  async (visitor) => {
    assert.match(await visitor.notice(), /^This browser is too old for this page, which needs JavaScript modules, web workers and WebAssembly/);
    assert.match(await visitor.text('status'), /Failed/);
    assert.equal(await visitor.state(), 'failed');
    await stillLife(visitor);
  },
);

/** The words, the formulas and the picture of a run. @param {Visitor} visitor */
async function stillLife({ page }) {
  assert.match(await page.locator('body').innerText(), /A GELU layer, split in two/);
  assert.ok((await page.locator('math:visible').count()) >= 2);
  const picture = page.locator('#still img:visible');
  await picture.scrollIntoViewIfNeeded();
  await page.waitForFunction(() => {
    const still = /** @type {HTMLImageElement | null} */ (document.querySelector('#still img'));
    return still !== null && still.naturalWidth > 400;
  });
}

/** A worker whose seconds pass fast, since no time that the bench takes is judged. */
const FAST = preceded('{ const { now } = performance; performance.now = () => 8 * now.call(performance); }');

// The worker of the next line, which is stopped, may still be loading.
visit('the bench works from what ships', { query: 'www/bench.html', site: { [named('bench-worker.js')]: FAST }, allow: [BROKEN_OFF] }, async (visitor) => {
  await visitor.press('start');
  await visitor.eventually(async () => assert.match(await visitor.text('text'), /^Small, CPU +[\d,.]+ +[\d,]+ ms$/m));
  await visitor.press('start');
});

/** The file with other bytes. @param {(bytes: Buffer) => Buffer} change @param {string} [contentType] @returns {Handler} */
function changed(change, contentType = 'application/wasm') {
  return {
    route: async (/** @type {Route} */ route) => {
      const name = new URL(route.request().url()).pathname.slice(new URL(ADDRESS).pathname.length);
      await route.fulfill({ contentType, body: change(await readFile(`${FOLDER}/${name}`)) });
    },
  };
}
