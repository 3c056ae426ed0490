// @ts-check
/** What the browser keeps of runs: those that are under way or were set aside, and those that have ended. */
import assert from 'node:assert/strict';

/** @typedef {import('./browser.mjs').Fields} Fields */
/** @typedef {import('./browser.mjs').Visitor} Visitor */

/** All that stands in a store of the page's; of typed arrays the length. @param {Pick<Visitor, 'page'>} visitor @param {string} database @param {string} store @returns {Promise<any[]>} */
export const stored = ({ page }, database, store) =>
  page.evaluate(
    ([database, store]) =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open(database);
        // The page makes it; before that there is nothing.
        request.onupgradeneeded = () => request.transaction?.abort();
        request.onerror = () => resolve([]);
        request.onsuccess = () => {
          const transaction = request.result.transaction(store, 'readonly');
          transaction.onabort = reject;
          transaction.objectStore(store).getAll().onsuccess = ({ target }) => {
            request.result.close();
            const { result } = /** @type {IDBRequest} */ (target);
            resolve(JSON.parse(JSON.stringify(result, (_, value) => (ArrayBuffer.isView(value) ? value.byteLength : value))));
          };
        };
      }),
    [database, store],
  );

/** The runs that this browser keeps: the epoch of each one's checkpoint. @param {Visitor} visitor @returns {Promise<number[]>} */
export async function keptRuns(visitor) {
  const all = await stored(visitor, 'phi-psi runs under way 1', 'runs');
  return all.map(({ saved }) => saved.checkpoint.epoch);
}

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

/** The runs that have ended, as they are listed. @param {Visitor} visitor */
export const rows = ({ page }) => page.locator('#runs tr');

/** What the table says, row by row. @param {Visitor} visitor @returns {Promise<Record<string, string>[]>} */
export function table(visitor) {
  return rows(visitor).evaluateAll((all) =>
    all.map((row) => {
      const cell = (/** @type {string} */ name) => row.querySelector(`.run-${name}`)?.textContent ?? '';
      const name = /** @type {HTMLInputElement} */ (row.querySelector('.run-name input'));
      return {
        name: name.value || name.placeholder,
        recipe: cell('recipe'),
        backend: cell('backend'),
        time: cell('time'),
        mse: cell('mse'),
        heldOut: cell('heldout'),
        ended: cell('ended'),
      };
    }),
  );
}

/** Trains to the end, and waits until every run is kept with its held-out error. @param {Visitor} visitor @param {Fields} [fields] */
export async function trainAndKeep(visitor, fields = {}) {
  await visitor.train(fields);
  await visitor.heldOut();
  await visitor.eventually(async () => assert.ok((await table(visitor)).every(({ heldOut }) => heldOut !== '–')));
}

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
