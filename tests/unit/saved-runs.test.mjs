// @ts-check
/** Runs under way in a browser’s database, which here is a map: what is kept of them, whose they are, and how many stay. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { SavedRuns } from '../../www/run/saved-runs.js';

/** All that was kept, by id. @type {Map<string, any>} */
const kept = new Map();

/** The locks that open pages hold. @type {Set<string>} */
const held = new Set();

/** What the next transaction ends with. @type {DOMException | null | undefined} */
let failing;

/** One request, as IndexedDB answers it: later. @param {() => unknown} task @param {any} transaction */
function request(task, transaction) {
  const asked = { result: /** @type {unknown} */ (undefined) };
  queueMicrotask(() => {
    transaction.error = failing;
    if (failing !== undefined) return transaction.onabort();
    asked.result = structuredClone(task());
    transaction.oncomplete();
  });
  return asked;
}

const store = (/** @type {any} */ transaction) => ({
  put: (/** @type {any} */ entry) => request(() => kept.set(entry.id, structuredClone(entry)), transaction),
  delete: (/** @type {string} */ id) => request(() => kept.delete(id), transaction),
  getAll: () => request(() => [...kept.values()], transaction),
  getAllKeys: () => request(() => [...kept.keys()], transaction),
});

/** The database, and what was asked of it when it was made. */
const made = { opened: /** @type {string[]} */ ([]), stores: /** @type {unknown[]} */ ([]), modes: /** @type {string[]} */ ([]) };
let refused = false;

const database = {
  transaction: (/** @type {string} */ name, /** @type {string} */ mode) => {
    made.modes.push(`${name} ${mode}`);
    const transaction = { objectStore: () => store(transaction), oncomplete: null, onabort: null, error: null };
    return transaction;
  },
  createObjectStore: (/** @type {unknown[]} */ ...given) => void made.stores.push(given),
};

/** How many locks were asked for. */
let asked = 0;

const locks = {
  request: async (/** @type {string} */ name, /** @type {any} */ ...rest) => {
    const use = rest.at(-1);
    if (rest[0].ifAvailable) return use(held.has(name) ? null : { name });
    asked += 1;
    held.add(name);
    await use({ name });
    held.delete(name);
  },
};

beforeEach(() => {
  kept.clear();
  held.clear();
  failing = undefined;
  refused = false;
  asked = 0;
  for (const list of Object.values(made)) list.length = 0;
  Object.assign(globalThis, {
    indexedDB: {
      open: (/** @type {string} */ name) => {
        made.opened.push(name);
        const asked = /** @type {any} */ ({ result: database, error: new DOMException('no', 'InvalidStateError') });
        queueMicrotask(() => {
          if (refused) return asked.onerror();
          asked.onupgradeneeded();
          asked.onsuccess();
        });
        return asked;
      },
    },
  });
  Object.defineProperty(globalThis, 'navigator', { value: { locks }, configurable: true });
});

/** Everybody has had a turn. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

const HISTORY = [
  { epoch: 1, mse: 0.1 + 0.2, heldOut: 0.5, line: 'Epoch 1: MSE = 0.3000' },
  { epoch: 2, mse: NaN, heldOut: Infinity, line: 'Epoch 2: MSE = NaN' },
  { epoch: 3, mse: 0.2, heldOut: NaN, line: 'Epoch 3: MSE = 0.2000' },
];

/** A run with a checkpoint at an epoch. @param {number} epoch @param {string} [seed] */
const run = (epoch, seed = '42') =>
  /** @type {any} */ ({
    fields: { seed },
    source: null,
    history: HISTORY,
    seconds: 1.5,
    marks: [{ epoch: 2, words: 'a mark' }],
    checkpoints: [
      { epoch: 1, bytes: new Uint8Array([1]) },
      { epoch: 1, bytes: new Uint8Array([9]) },
      { epoch, bytes: new Uint8Array([epoch]) },
    ],
    number: 7,
  });

/** As much of a run as is kept. @param {number} epoch @param {string} [seed] */
const saved = (epoch, seed = '42') => ({
  fields: { seed },
  source: null,
  seconds: 1.5,
  marks: [{ epoch: 2, words: 'a mark' }],
  solved: [],
  checkpoint: { epoch, bytes: new Uint8Array([epoch]) },
  history: HISTORY.slice(0, epoch),
});

test('a run is there for the next page as it was at its last checkpoint, whatever its numbers are', async () => {
  const page = new SavedRuns();
  await page.save(run(2));
  assert.deepEqual(made, { opened: ['phi-psi runs under way 1'], stores: [['runs', { keyPath: 'id' }]], modes: ['runs readwrite'] });
  assert.deepEqual([...held], [`phi-psi run ${[...kept.keys()][0]}`]);
  assert.equal(await new SavedRuns().interrupted(), null, 'a run that an open page holds is not interrupted');
  held.clear();
  const next = new SavedRuns();
  const entry = await next.interrupted();
  assert.deepEqual(entry, { id: [...kept.keys()][0], saved: saved(2) });
  await next.forget(entry?.id ?? '');
  assert.deepEqual(made.modes, ['runs readwrite', 'runs readonly', 'runs readonly', 'runs readwrite']);
  assert.equal(kept.size, 0);
  assert.equal(await next.interrupted(), null);
});

test('a page keeps one run, under an id and a lock of its own, until it is dropped', async () => {
  const [page, other] = [new SavedRuns(), new SavedRuns()];
  await page.drop();
  assert.deepEqual(made.modes, [], 'nothing was kept yet');
  await page.save(run(1));
  await page.save(run(3, '43'));
  await other.save(run(2));
  assert.deepEqual([kept.size, held.size, asked], [2, 2, 2]);
  for (const id of kept.keys()) assert.match(id, /^\d+-\d+-\d+-\d+$/);
  assert.equal(made.opened.length, 2, 'a page opens the database once');
  made.modes.length = 0;
  await page.drop();
  await settled();
  assert.deepEqual(made.modes, ['runs readwrite']);
  assert.deepEqual([kept.size, held.size], [1, 1]);
  await page.save(run(2, '44'));
  assert.deepEqual([kept.size, held.size], [2, 2], 'the next run has the lock again');
});

test('who notes what is kept hears of it when it is there, and before it goes', async () => {
  const page = new SavedRuns();
  /** @type {unknown[]} */
  const noted = [];
  page.trace = {
    add: ({ id, saved: { checkpoint } }) => noted.push(['add', checkpoint.epoch, kept.has(id)]),
    remove: (id) => noted.push(['remove', kept.has(id)]),
  };
  await page.save(run(2));
  const [id] = kept.keys();
  assert.deepEqual(await page.ids(), new Set([id]));
  await page.drop();
  failing = new DOMException('full', 'QuotaExceededError');
  await assert.rejects(page.save(run(3)));
  assert.deepEqual(noted, [
    ['add', 2, true],
    ['remove', true],
  ]);
});

test('a page that cannot keep a run holds no lock for it, and one that has kept it before goes on holding it', async () => {
  const page = new SavedRuns();
  failing = new DOMException('full', 'QuotaExceededError');
  await assert.rejects(page.save(run(1)));
  await settled();
  assert.deepEqual([kept.size, held.size, asked], [0, 0, 1]);
  failing = undefined;
  await page.save(run(2));
  failing = new DOMException('full', 'QuotaExceededError');
  await assert.rejects(page.save(run(3)));
  await settled();
  assert.deepEqual([kept.size, held.size, asked], [1, 1, 2]);
});

test('where the browser refuses the lock the run is kept all the same', async () => {
  const request = async () => {
    throw new DOMException('no', 'SecurityError');
  };
  Object.defineProperty(globalThis, 'navigator', { value: { locks: { request } }, configurable: true });
  await new SavedRuns().save(run(1));
  await settled();
  assert.equal(kept.size, 1);
});

test('of the runs that a page has set aside the last four stay, and the one under way beside them', async () => {
  const page = new SavedRuns();
  await page.save(run(1));
  for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) await page.setAside({ id, saved: /** @type {any} */ (saved(2)) });
  assert.deepEqual([...kept.keys()].slice(1), ['c', 'd', 'e', 'f']);
});

test('a run without a checkpoint is not kept', async () => {
  await new SavedRuns().save({ ...run(1), checkpoints: [] });
  assert.deepEqual([kept.size, held.size], [0, 0]);
});

test('the run that was interrupted last is offered, and of many the oldest go', async () => {
  for (const [i, id] of ['b', 'f', 'a', 'd', 'c', 'e'].entries()) {
    await new SavedRuns().save(run(1, String(i)));
    const [[key, entry]] = [...kept].slice(-1);
    kept.delete(key);
    kept.set(id, { ...entry, id, at: id.charCodeAt(0) });
  }
  held.clear();
  held.add('phi-psi run f');
  const found = await new SavedRuns().interrupted();
  assert.deepEqual([found?.id, found?.saved.fields.seed], ['e', '5']);
  assert.deepEqual([...kept.keys()].sort(), ['b', 'c', 'd', 'e', 'f'], 'four free ones stay, and the one that a page holds');
});

test('where a browser has no locks every kept run is offered, and runs are kept', async () => {
  Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  await new SavedRuns().save(run(1));
  assert.deepEqual((await new SavedRuns().interrupted())?.saved, saved(1));
});

test('a database that refuses or fails is told of', async () => {
  failing = new DOMException('full', 'QuotaExceededError');
  await assert.rejects(new SavedRuns().save(run(1)), { name: 'QuotaExceededError' });
  failing = null;
  await assert.rejects(new SavedRuns().save(run(1)), { message: 'the browser gave no reason' });
  failing = undefined;
  refused = true;
  await assert.rejects(new SavedRuns().save(run(1)), { name: 'InvalidStateError' });
});
