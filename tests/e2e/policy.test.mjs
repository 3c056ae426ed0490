// @ts-check
/**
 * What the page's Content Security Policy and Trusted Types keep out, on the page and in every kind of worker: code made from text, other
 * hosts, scripts within the markup, markup made from text.
 */
import './written.mjs';
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { ADDRESS, preceded, visitors } from './browser.mjs';

/** @typedef {import('./browser.mjs').Circumstances} Circumstances */

const KINDS = ['worker', 'many-worker', 'trial-worker', 'lab-worker', 'bench-worker'];

/** Another origin, where nobody answers. */
const ELSEWHERE = 'http://127.0.0.1:9/';

/** What comes of trying what the policy forbids: as text, since it stands before a script of the page. */
const TRY = `const tried = (task) => { try { task(); return 'done'; } catch (error) { return error.name; } };
const outcome = { eval: tried(() => eval('1')), Function: tried(() => new Function('return 1')()) };
const violation = new Promise((resolve) => addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
  if (effectiveDirective === 'connect-src') resolve(effectiveDirective + ' ' + new URL(blockedURI).origin);
}));
outcome.fetch = await fetch(${JSON.stringify(ELSEWHERE)}).then(() => 'done', () => violation);
`;

const REFUSED = { eval: 'EvalError', Function: 'EvalError', fetch: `connect-src ${new URL(ELSEWHERE).origin}` };

/** Every refusal on the page is told on the console, in each browser's words; Chrome tells none of a worker's. */
const TOLD = /^(console|page) error: .*(Content.Security.Policy|Trusted(HTML|Script|Type)|settings blocked)/i;

/** The page and workers try it. @param {readonly string[]} kinds @returns {NonNullable<Circumstances['site']>} */
const trying = (kinds) => ({
  'www/try.js': { route: (route) => route.fulfill({ contentType: 'text/javascript', body: `${TRY}globalThis.outcome = outcome;` }) },
  ...Object.fromEntries(kinds.map((kind) => [`www/worker/${kind}.js`, preceded(`${TRY}new BroadcastChannel('outcome ${kind}').postMessage(outcome);`)])),
});

/** Scripts within the markup. @type {Circumstances['site']} */
const SMUGGLING = {
  '?backend=cpu': {
    text: (own) =>
      own.replace('</main>', '<script>globalThis.smuggled = true</script></main>').replace('<main>', '<main onclick="globalThis.smuggled = true">'),
  },
};

const visit = visitors();

for (const [browser, visitIn] of /** @type {const} */ ([
  ['Chrome', visit],
  ['Firefox', visitors('firefox')],
])) {
  // One file starts them all, which is held below: what Firefox holds one to it holds the others to.
  const kinds = browser === 'Chrome' ? KINDS : KINDS.slice(0, 1);
  visitIn(
    `no code is made from text and no other host is asked, on the page and in ${browser === 'Chrome' ? 'any worker' : 'a worker'}, and no script within the markup is run in ${browser}`,
    { site: { ...trying(kinds), ...SMUGGLING }, expect: [TOLD] },
    async (visitor) => {
      const { page } = visitor;
      await visitor.find('recipe-title').click();
      assert.equal(await page.evaluate('typeof globalThis.smuggled'), 'undefined', 'a script within the markup');
      await page.evaluate(`import('./www/try.js').then(() => {})`);
      assert.deepEqual(await page.evaluate('globalThis.outcome'), REFUSED, 'the page');
      for (const kind of kinds) {
        const outcome = await page.evaluate(`import('./www/shell/spawn.js').then(({ spawn }) => new Promise((resolve) => {
        new BroadcastChannel('outcome ${kind}').onmessage = ({ data }) => resolve(data);
        spawn(new URL('./www/worker/${kind}.js', location.href));
      }))`);
        assert.deepEqual(outcome, REFUSED, kind);
      }
    },
  );
}

visit(
  'markup and scripts are not made from text where the browser has Trusted Types, and the page’s own policy starts no worker from anywhere else',
  { expect: [TOLD] },
  async ({ page }) => {
    const outcome = await page.evaluate(() => {
      const names = /** @type {Record<string, string>} */ ({});
      const refused = (/** @type {string} */ name, /** @type {() => void} */ task) => {
        try {
          task();
          names[name] = 'done';
        } catch (error) {
          names[name] = /** @type {Error} */ (error).name;
        }
      };
      const box = document.createElement('p');
      refused('innerHTML', () => Reflect.set(box, 'innerHTML', '<b>bold</b>'));
      refused('script', () => void (document.createElement('script').src = 'www/shell/early.js'));
      refused('worker', () => void new Worker('www/worker/worker.js', { type: 'module' }));
      refused('policy', () => void Reflect.get(globalThis, 'trustedTypes').createPolicy('another', {}));
      return names;
    });
    assert.deepEqual(outcome, { innerHTML: 'TypeError', script: 'TypeError', worker: 'TypeError', policy: 'TypeError' });
    const said = await page.evaluate(
      `import('./www/shell/spawn.js').then(({ spawn }) => { try { spawn(new URL(${JSON.stringify(ELSEWHERE)})); return 'done'; } catch (error) { return error.message; } })`,
    );
    assert.equal(said, `${ELSEWHERE} is no script of this page`);
  },
);

test('one file starts workers, and all pages have one policy', async () => {
  const { PHI_PSI_DIST } = process.env;
  const folder = `${PHI_PSI_DIST}/www`;
  const scripts = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.js'));
  const starting = [];
  for (const name of scripts) if (/new (Shared)?Worker\(/.test(await readFile(`${folder}/${name}`, 'utf8'))) starting.push(name);
  assert.deepEqual(starting, ['shell/spawn.js']);
  const policies = [];
  for (const page of ['', 'www/bench.html', 'www/api.html'])
    policies.push((await (await fetch(ADDRESS + page)).text()).match(/<meta http-equiv="Content-Security-Policy" content="([^"]+)">/)?.[1]);
  assert.equal(new Set(policies).size, 1);
  assert.match(policies[0] ?? '', /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/);
  assert.doesNotMatch(policies[0] ?? '', /unsafe-inline|'unsafe-eval'|\*|https?:/);
});
