// @ts-check
/**
 * The page without a network: has the service worker keep this build, and lets the visitor switch that off. Only what ships does so, and not
 * in another page's frame. `?sw=off` in the address switches it off as well, for whoever has no button left to press.
 */
import { BUILD } from '../shell/build.js';
import { byId } from '../dom/dom.js';
import { enlist } from '../shell/spawn.js';

/** Where the visitor's choice is kept, as `off` or not at all. */
const CHOICE = 'phi-psi offline';

/** Between two looks at what is being kept, and how long that may take once it is asked for anew. */
const LOOK_MS = 250;
const PATIENCE_MS = 60_000;

const WORDS = {
  kept: 'The page is kept in this browser and works without a network.',
  keeping: 'The page is being kept for visits without a network.',
  off: 'Nothing of the page is kept; it needs the network at every visit.',
  refused: 'This browser keeps nothing of the page for visits without a network.',
};

/** @type {Record<keyof typeof WORDS, string>} */
const ACTS = { kept: 'Stop keeping it', keeping: 'Stop keeping it', off: 'Keep it for offline use', refused: 'Keep it for offline use' };

/** Where the page stands: what its service worker may serve. */
const FOLDER = new URL('./', location.href).href;

/** Called once the page is there: what it keeps must not delay what it shows. */
export async function offline() {
  if (!BUILD.shipped || document.documentElement.dataset.embed !== undefined || !('serviceWorker' in navigator)) return;
  const button = byId('offline-switch', HTMLButtonElement);
  button.addEventListener('click', () => void (button.dataset.state === 'off' || button.dataset.state === 'refused' ? keep() : stop()));
  byId('offline', HTMLElement).hidden = false;
  if (new URLSearchParams(location.search).get('sw') === 'off' || chosen() === 'off') await stop();
  else await keep();
}

/** Counts the visitor's choices: what comes of an earlier one is not told any more. */
let turn = 0;

async function keep() {
  const mine = ++turn;
  choose(null);
  say('keeping');
  const state = await enlist()
    .then(active)
    .then(filled)
    .then(() => /** @type {const} */ ('kept'))
    .catch(() => /** @type {const} */ ('refused'));
  if (mine === turn) say(state);
  // It was stopped while that was done.
  else if (chosen() === 'off') await forget();
}

/** The caches that are this page's. */
async function ours() {
  return (await caches.keys()).filter((name) => name.startsWith(`phi-psi ${FOLDER} `));
}

/**
 * Waits until one has all that it is to keep. Not by `ready`, which may be of one that has gone since, and does not tell of one that fails; nor by events, which
 * WebKit leaves out now and then on a busy machine.
 * @param {ServiceWorkerRegistration} registration
 */
async function active({ waiting, installing }) {
  const worker = waiting ?? installing;
  for (;;) {
    const there = await navigator.serviceWorker.getRegistration(FOLDER);
    if (there?.active) return there.active;
    if (worker?.state === 'redundant') throw new Error('redundant');
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Has the worker fetch all anew that was deleted: by «Stop keeping it», while the page stayed open, or by a browser that was short of room. @param {ServiceWorker} worker */
async function filled(worker) {
  if ((await ours()).length > 0) return;
  const { port1, port2 } = new MessageChannel();
  /** @type {Promise<MessageEvent<boolean>>} */
  const answer = new Promise((resolve, reject) => {
    port1.onmessage = resolve;
    setTimeout(reject, PATIENCE_MS);
  });
  worker.postMessage('fill', [port2]);
  if (!(await answer).data) throw new Error('not as it was built');
}

/** Deletes all that is kept. */
async function forget() {
  await Promise.all((await ours()).map((name) => caches.delete(name)));
}

/** The service worker goes, and all that it has kept. */
async function stop() {
  const mine = ++turn;
  choose('off');
  /** @type {keyof typeof WORDS} */
  let state = 'off';
  try {
    const there = await navigator.serviceWorker.getRegistration(FOLDER);
    if (there?.scope === FOLDER) await there.unregister();
    await forget();
  } catch {
    state = 'refused';
  }
  if (mine === turn) say(state);
}

/** @param {keyof typeof WORDS} state */
function say(state) {
  const button = byId('offline-switch', HTMLButtonElement);
  button.dataset.state = state;
  button.textContent = ACTS[state];
  byId('offline-words', HTMLElement).textContent = WORDS[state];
}

function chosen() {
  try {
    return localStorage.getItem(CHOICE);
  } catch {
    return null; // Refused: then it is not remembered either.
  }
}

/** @param {'off' | null} choice */
function choose(choice) {
  try {
    if (choice) localStorage.setItem(CHOICE, choice);
    else localStorage.removeItem(CHOICE);
  } catch {
    // As above.
  }
}
