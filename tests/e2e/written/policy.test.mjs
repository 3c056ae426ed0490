// @ts-check
/**
 * What the page's Content Security Policy and Trusted Types keep out, on the page and in every kind of worker: code made from text, other
 * hosts, scripts within the markup, markup made from text.
 */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { ADDRESS, visitors } from '../browser.mjs';
import { ELSEWHERE, REFUSED, refusedOnPage, SMUGGLING, TOLD, trying } from '../forbidden.mjs';

const KINDS = ['worker', 'many-worker', 'trial-worker', 'lab-worker', 'bench-worker'];

const visit = visitors();

// Firefox has the most of this in firefox.test.mjs.
visit(
  'no code is made from text and no other host is asked, on the page and in any worker, and no script within the markup is run; markup and scripts are not made from text where the browser has Trusted Types, and the page’s own policy starts no worker from anywhere else',
  {
    site: { ...trying(Object.fromEntries(KINDS.map((kind) => [kind, `www/worker/${kind}.js`]))), ...SMUGGLING },
    expect: [TOLD, /^console error: .*Trusted(HTML|Script)/],
  },
  async (visitor) => {
    const { page } = visitor;
    await refusedOnPage(visitor);
    for (const kind of KINDS) {
      const outcome = await page.evaluate(`import('./www/shell/spawn.js').then(({ spawn }) => new Promise((resolve) => {
        new BroadcastChannel('outcome ${kind}').onmessage = ({ data }) => resolve(data);
        spawn(new URL('./www/worker/${kind}.js', location.href));
      }))`);
      assert.deepEqual(outcome, REFUSED, kind);
    }

    const made = await page.evaluate(() => {
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
    assert.deepEqual(made, { innerHTML: 'TypeError', script: 'TypeError', worker: 'TypeError', policy: 'TypeError' });
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
