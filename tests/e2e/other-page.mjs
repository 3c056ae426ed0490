// @ts-check
/** A page of somebody else's, which uses phi·psi by its API. */

/** @typedef {import('./browser.mjs').Circumstances} Circumstances */
/** @typedef {import('./browser.mjs').Handler} Handler */
/** @typedef {import('./browser.mjs').Visitor} Visitor */
/** @typedef {typeof import('../../www/api.js')} Api */

/** The page's text. @param {string} api where the API is to be had */
function otherPage(api) {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Another page</title><link rel="icon" href="data:,">
    <script type="module">import * as api from ${JSON.stringify(api)}; globalThis.api = api;</script></html>`;
}

/** Served beside our own page. @type {Handler} */
const BESIDE = { route: (route) => route.fulfill({ contentType: 'text/html', body: otherPage('./www/api.js') }) };

/** A page that has nothing of ours. @type {Handler} */
export const EMPTY = {
  route: (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><html lang="en"><title>Empty</title><link rel="icon" href="data:,"></html>' }),
};

/** @type {Circumstances} */
export const ON_OTHER_PAGE = { query: 'other.html', site: { 'other.html': BESIDE } };

/**
 * What a script of that page makes of the API. Its text and what it is given are all that gets there, as plain data; so does its result.
 * @template G, T
 * @param {Visitor} visitor @param {(api: Api & { refusal: typeof refusal }, given: G) => Promise<T>} script @param {G} given
 * @returns {Promise<T>}
 */
export async function scripted({ page }, script, given) {
  await page.waitForFunction('globalThis.api');
  return page.evaluate(`(${script})({ ...globalThis.api, refusal: ${refusal} }, ${JSON.stringify(given)})`);
}

/** Runs in the page: what something is refused with. @param {Promise<unknown>} asked @returns {Promise<{ kind: string, key?: string, message: string }>} */
async function refusal(asked) {
  try {
    await asked;
  } catch (error) {
    const { name, key, message } = /** @type {Error & { key?: string }} */ (error);
    return { kind: name, key, message };
  }
  throw new Error('it was not refused');
}
