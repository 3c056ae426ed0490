// @ts-check
/** The watch that every other test relies on: what must not happen on the page is noticed, in the page and in its worker. */
import './written.mjs';
import assert from 'node:assert/strict';
import { preceded, visitors } from './browser.mjs';

/** @typedef {import('./browser.mjs').Substitute} Substitute */

const visits = { Chrome: visitors(), Firefox: visitors('firefox') };

/** The page without its Content Security Policy, which would keep the fault from happening. @type {Record<string, Substitute>} */
const UNGUARDED = { '?backend=cpu': { text: (own) => own.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, '') } };

/** A fault, and what is seen of it in Chrome, and in Firefox where that differs. @type {[string, Record<string, Substitute>, RegExp[], RegExp[]?][]} */
const FAULTS = [
  ['an error of the page', { 'www/app/main.js': preceded("setTimeout(() => { throw new Error('oops'); });") }, [/page error: oops/]],
  ['a rejection nobody hears', { 'www/app/main.js': preceded("void Promise.reject(new Error('oops'));") }, [/page error: oops/]],
  ['an error on the console', { 'www/app/main.js': preceded("console.error('oops');") }, [/console error: oops/]],
  ['an error on the worker’s console', { 'www/worker/worker.js': preceded("console.error('oops');") }, [/console error: oops/]],
  [
    'a request to another origin',
    { ...UNGUARDED, 'www/app/main.js': preceded("fetch('http://example.invalid/').catch(() => {});") },
    [/foreign request: http:\/\/example\.invalid/, /failed request/, /console error/],
    [/foreign request: http:\/\/example\.invalid/, /failed request/, /page error: The Same Origin Policy/],
  ],
  [
    'the worker’s request to another origin',
    { ...UNGUARDED, 'www/worker/worker.js': preceded("fetch('http://example.invalid/').catch(() => {});") },
    [/foreign request: http:\/\/example\.invalid/, /failed request/],
  ],
  [
    'a file that is missing',
    { 'www/app/main.js': preceded("fetch(new URL('./none.js', import.meta.url));") },
    [/answer 404: .*none\.js/, /console error/],
    [/answer 404: .*none\.js/],
  ],
  [
    'what a content security policy forbids',
    {
      '?backend=cpu': {
        route: async (route) => {
          const response = await route.fetch();
          await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': "img-src 'none'" } });
        },
      },
    },
    [/console error: .*Content Security Policy/, /failed request: .*(icon|run)\.svg/],
    [/page error: .*icon(\.svg|-192\.png) because it violates/],
  ],
];

for (const [fault, site, inChrome, inFirefox = inChrome] of FAULTS) {
  for (const [browser, expect] of /** @type {const} */ ([
    ['Chrome', inChrome],
    ['Firefox', inFirefox],
  ])) {
    // `expect` fails where a problem is not seen, so that these tests pass means that the watch sees them.
    visits[browser](`${fault} is noticed in ${browser}`, { site, expect }, async (visitor) => {
      assert.equal(await visitor.state(), 'idle');
    });
  }
}
