// @ts-check
/**
 * Keeps the page for visits without a network. `xtask/bundle.mjs` writes it beside the page as sw.js, with the list of a build's files in it.
 *
 * Builds are never mixed: each has a cache of its own, every file is held to the hash in the list, and a new build waits until the last page
 * of the old one is closed. `index.html` and the other files whose names stay come from the cache as well, so that a page is of the build that it began with.
 */

/** Paths below this script with the hashes that their content is held to. @type {{ build: string, atOnce: Record<string, string>, later: Record<string, string> }} */
const FILES = {
  build: '',
  atOnce: {},
  later: {},
};

/** @typedef {Event & { waitUntil: (work: Promise<unknown>) => void }} Waiting */
/** @typedef {Event & { request: Request, respondWith: (response: Promise<Response>) => void }} Fetching */

const FOLDER = new URL('./', location.href).href;

/** Other pages of this origin may have caches too. */
const OURS = `phi-psi ${FOLDER} `;
const OWN = OURS + FILES.build;

addEventListener('install', (event) => /** @type {Waiting} */ (event).waitUntil(fill()));
addEventListener('activate', (event) => /** @type {Waiting} */ (event).waitUntil(take()));
addEventListener('message', (event) => /** @type {Waiting & MessageEvent} */ (event).waitUntil(refill(event.ports[0])));
addEventListener('fetch', (event) => {
  const { request, respondWith } = /** @type {Fetching} */ (event);
  const file = fileOf(request);
  if (file === null) return;
  // Who wants no service worker is not to be served by one that has gone wrong, if there is any other way.
  const unwanted = new URL(request.url).searchParams.get('sw') === 'off';
  respondWith.call(event, unwanted ? fetch(request).catch(() => answer(file, request)) : answer(file, request));
});

/** Fetches what a visit needs. One file that is not as it was built, and this build is not taken: the next visit tries again. */
async function fill() {
  const cache = await caches.open(OWN);
  await Promise.all(
    Object.entries(FILES.atOnce).map(async ([file, integrity]) => {
      if (await cache.match(FOLDER + file)) return;
      const response = await fetch(FOLDER + file, { integrity, cache: freshness(file) });
      if (!response.ok) throw new Error(`${file}: ${response.status}`);
      await cache.put(FOLDER + file, plain(response));
    }),
  );
}

/** The page asks for all of it once more, and hears whether it is there. @param {MessagePort} page */
async function refill(page) {
  try {
    await fill();
    page.postMessage(true);
  } catch {
    await caches.delete(OWN).catch(() => {});
    page.postMessage(false);
  }
}

/** By now no page of an older build is open. */
async function take() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(OURS) && name !== OWN).map((name) => caches.delete(name)));
  // So that what the first visit uses later is kept as well.
  const { clients } = /** @type {{ clients: { claim: () => Promise<void> } }} */ (/** @type {unknown} */ (globalThis));
  await clients.claim();
}

/** The listed file that is asked for; null for what is none of ours to answer. @param {Request} request */
function fileOf({ method, url, cache }) {
  // Who asks past all caches means this one as well.
  if (method !== 'GET' || cache === 'reload' || cache === 'no-store' || !url.startsWith(FOLDER)) return null;
  const path = url.slice(FOLDER.length).replace(/[?#].*$/, '');
  const file = path === '' ? 'index.html' : path;
  return file in FILES.atOnce || file in FILES.later ? file : null;
}

/** What was answered from another address, as a host does that has no `index.html` in its addresses: no page may be opened by such an answer. @param {Response} response */
function plain(response) {
  const { redirected, body, status, statusText, headers } = response;
  return redirected ? new Response(body, { status, statusText, headers }) : response;
}

/** @param {string} file @param {Request} request */
async function answer(file, request) {
  // Storage may refuse: then the network is left.
  const kept = await caches.match(FOLDER + file, { cacheName: OWN }).catch(() => undefined);
  if (kept) return kept;
  const integrity = FILES.later[file] ?? FILES.atOnce[file];
  try {
    const response = plain(await fetch(FOLDER + file, { integrity, cache: freshness(file) }));
    // There is no cache once the visitor wants nothing kept any more, while this page is open.
    if (response.ok && (await caches.has(OWN).catch(() => false))) await (await caches.open(OWN)).put(FOLDER + file, response.clone());
    return response;
  } catch {
    // Whatever there is, not to be kept: the page holds what matters to its hash by itself.
    return fetch(request);
  }
}

/** A name with a hash in it has one content for ever. @param {string} file @returns {RequestCache} */
function freshness(file) {
  return /-[0-9a-f]{10}\.\w+$/.test(file) ? 'default' : 'no-cache';
}
