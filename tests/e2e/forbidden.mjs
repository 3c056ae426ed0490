// @ts-check
/** What the page's policy forbids, and what comes of trying it on the page and in its workers. */
import assert from 'node:assert/strict';
import { preceded } from './browser.mjs';

/** @typedef {import('./browser.mjs').Circumstances} Circumstances */
/** @typedef {import('./browser.mjs').Visitor} Visitor */

/** Another origin, where nobody answers. */
export const ELSEWHERE = 'http://127.0.0.1:9/';

/** What comes of trying what the policy forbids: as text, since it stands before a script of the page. */
const TRY = `const tried = (task) => { try { task(); return 'done'; } catch (error) { return error.name; } };
const outcome = { eval: tried(() => eval('1')), Function: tried(() => new Function('return 1')()) };
const violation = new Promise((resolve) => addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
  if (effectiveDirective === 'connect-src') resolve(effectiveDirective + ' ' + new URL(blockedURI).origin);
}));
outcome.fetch = await fetch(${JSON.stringify(ELSEWHERE)}).then(() => 'done', () => violation);
`;

export const REFUSED = { eval: 'EvalError', Function: 'EvalError', fetch: `connect-src ${new URL(ELSEWHERE).origin}` };

/** Every refusal on the page is told on the console, in each browser's words; Chrome tells none of a worker's. */
export const TOLD = /^(console|page) error: .*(Content.Security.Policy|Trusted(HTML|Script|Type)|settings blocked)/i;

/** The page can try it, and workers do, each by its file. @param {Record<string, string>} workers @returns {NonNullable<Circumstances['site']>} */
export const trying = (workers) => ({
  'www/try.js': { route: (route) => route.fulfill({ contentType: 'text/javascript', body: `${TRY}globalThis.outcome = outcome;` }) },
  ...Object.fromEntries(Object.entries(workers).map(([kind, path]) => [path, preceded(`${TRY}new BroadcastChannel('outcome ${kind}').postMessage(outcome);`)])),
});

/** Scripts within the markup. @type {Circumstances['site']} */
export const SMUGGLING = {
  '?backend=cpu': {
    text: (own) =>
      own.replace('</main>', '<script>globalThis.smuggled = true</script></main>').replace('<main>', '<main onclick="globalThis.smuggled = true">'),
  },
};

/** No script within the markup has run, and what the page tries is refused. @param {Visitor} visitor */
export async function refusedOnPage({ page }) {
  await page.locator('#recipe-title').click();
  assert.equal(await page.evaluate('typeof globalThis.smuggled'), 'undefined', 'a script within the markup');
  await page.evaluate(`import('./www/try.js').then(() => {})`);
  assert.deepEqual(await page.evaluate('globalThis.outcome'), REFUSED, 'the page');
}
