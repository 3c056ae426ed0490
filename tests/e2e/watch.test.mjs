// @ts-check
/** The watch that every other test relies on: what must not happen on the page is noticed, in the page and in its worker. */
import assert from 'node:assert/strict';
import { preceded, visitors } from './browser.mjs';

/** @typedef {import('./browser.mjs').Substitute} Substitute */

const visit = visitors();

/** @type {[string, Record<string, Substitute>, RegExp[]][]} */
const FAULTS = [
  ['an error of the page', { 'www/main.js': preceded("setTimeout(() => { throw new Error('oops'); });") }, [/page error: oops/]],
  ['a rejection nobody hears', { 'www/main.js': preceded("void Promise.reject(new Error('oops'));") }, [/page error: oops/]],
  ['an error on the console', { 'www/main.js': preceded("console.error('oops');") }, [/console error: oops/]],
  ['an error on the worker’s console', { 'www/worker.js': preceded("console.error('oops');") }, [/console error: oops/]],
  ['a request to another origin', { 'www/main.js': preceded("fetch('http://example.invalid/').catch(() => {});") }, [/foreign request: http:\/\/example\.invalid/, /failed request/, /console error/]],
  ['the worker’s request to another origin', { 'www/worker.js': preceded("fetch('http://example.invalid/').catch(() => {});") }, [/foreign request: http:\/\/example\.invalid/, /failed request/]],
  ['a file that is missing', { 'www/main.js': preceded("fetch(new URL('./none.js', import.meta.url));") }, [/answer 404: .*none\.js/, /console error/]],
  ['what a content security policy forbids', {
    '?backend=cpu': {
      route: async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': "img-src 'none'" } });
      },
    },
  }, [/console error: .*Content Security Policy/, /failed request: .*icon\.svg/]],
];

for (const [fault, site, expect] of FAULTS) {
  // `expect` fails where a problem is not seen, so that these tests pass means that the watch sees them.
  visit(`${fault} is noticed`, { site, expect }, async (visitor) => {
    assert.equal((await visitor.train()).length, 5);
  });
}
