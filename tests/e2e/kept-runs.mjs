// @ts-check
/** What the browser keeps of runs that are under way, or were set aside. */
import assert from 'node:assert/strict';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

/** The runs that this browser keeps: the epoch of each one's checkpoint. @param {Visitor} visitor @returns {Promise<number[]>} */
export const keptRuns = ({ page }) =>
  page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open('phi-psi runs under way 1');
        // The page makes it; before that there is nothing.
        request.onupgradeneeded = () => request.transaction?.abort();
        request.onerror = () => resolve([]);
        request.onsuccess = () => {
          const transaction = request.result.transaction('runs', 'readonly');
          transaction.onabort = reject;
          transaction.objectStore('runs').getAll().onsuccess = ({ target }) => {
            request.result.close();
            resolve(/** @type {IDBRequest} */ (target).result.map((/** @type {any} */ { saved }) => saved.checkpoint.epoch));
          };
        };
      }),
  );

/** A bit of every checkpoint that is kept is turned over. @param {Pick<Visitor, 'page'>} visitor */
export const damageKept = ({ page }) =>
  page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open('phi-psi runs under way 1');
        request.onerror = reject;
        request.onsuccess = () => {
          const transaction = request.result.transaction('runs', 'readwrite');
          const store = transaction.objectStore('runs');
          store.getAll().onsuccess = ({ target }) => {
            for (const entry of /** @type {IDBRequest} */ (target).result) {
              const { bytes } = entry.saved.checkpoint;
              bytes[bytes.length >> 1] ^= 1;
              store.put(entry);
            }
          };
          transaction.oncomplete = () => {
            request.result.close();
            resolve(null);
          };
        };
      }),
  );

/** Waits until the browser keeps so many runs. @param {Visitor} visitor @param {number} count */
export const keeps = (visitor, count) => visitor.eventually(async () => assert.equal((await keptRuns(visitor)).length, count));

/** Runs in the page: the seconds of training that a worker tells of pass `globalThis.haste` times as fast, so that a run has soon taken long, or never does. */
export const HASTE = `globalThis.haste = 1;
const Own = Worker;
globalThis.Worker = class extends Own {
  constructor(...given) {
    super(...given);
    // Before the page, which listens later.
    this.addEventListener('message', ({ data }) => {
      if (data.type === 'progress') data.seconds *= globalThis.haste;
    });
  }
};`;
