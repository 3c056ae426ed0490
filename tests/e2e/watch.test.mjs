// @ts-check
/** The watch that every other test relies on: what must not happen on the page is noticed, in the page and in its worker. */
import './written.mjs';
import assert from 'node:assert/strict';
import { preceded, visitors } from './browser.mjs';

/** @typedef {import('./browser.mjs').Substitute} Substitute */

const visits = { Chrome: visitors(), Firefox: visitors('firefox') };

/**
 * Every fault at once, each in words of its own. The page's own Content Security Policy would keep requests to other origins from happening; the server's
 * forbids the page's pictures instead.
 * @type {Record<string, Substitute>}
 */
const FAULTS = {
  '?backend=cpu': {
    route: async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, '');
      await route.fulfill({ response, body, headers: { ...response.headers(), 'content-security-policy': "img-src 'none'" } });
    },
  },
  'www/app/main.js': preceded(`setTimeout(() => { throw new Error('an error of the page'); });
void Promise.reject(new Error('a rejection nobody hears'));
console.error('an error on the console');
fetch('http://page.invalid/').catch(() => {});
fetch(new URL('./none.js', import.meta.url));`),
  'www/worker/worker.js': preceded(`console.error('an error on the worker’s console');
fetch('http://worker.invalid/').catch(() => {});`),
};

/** What is seen of them in each browser. */
const SEEN = [
  /page error: an error of the page/,
  /page error: a rejection nobody hears/,
  /console error: an error on the console/,
  /console error: an error on the worker’s console/,
  /foreign request: http:\/\/page\.invalid/,
  /failed request: http:\/\/page\.invalid/,
  /foreign request: http:\/\/worker\.invalid/,
  /failed request: http:\/\/worker\.invalid/,
  /answer 404: .*none\.js/,
];

/** What is seen in one of them alone. */
const OWN = {
  Chrome: [
    /console error: Failed to load resource: net::/,
    /console error: Failed to load resource: the server responded with a status of 404/,
    /console error: .*Content Security Policy/,
    /failed request: .*(icon|run)\.svg/,
  ],
  Firefox: [/page error: The Same Origin Policy/, /page error: .*icon(\.svg|-192\.png) because it violates/],
};

for (const browser of /** @type {const} */ (['Chrome', 'Firefox'])) {
  // `expect` fails where a problem is not seen, so that these tests pass means that the watch sees them.
  visits[browser](
    `every fault is noticed in ${browser}, in the page and in its worker`,
    { site: FAULTS, expect: [...SEEN, ...OWN[browser]] },
    async (visitor) => {
      assert.equal(await visitor.state(), 'idle');
    },
  );
}
