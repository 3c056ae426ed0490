// @ts-check
/** What the browser promises to keep, when it is asked, and what can be told once it has deleted something: the decisions and the words, without a browser. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keptWords, Persistence } from '../../www/run/persistence.js';
import { PLACE, Trace } from '../../www/run/trace.js';
import { lostWords } from '../../www/view/run/keeping.js';

const CHROMIUM = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

/** A browser that answers so, and counts how often it was asked. @param {string} userAgent @param {boolean} persists @param {boolean} [persisted] */
function browser(userAgent, persists, persisted = false) {
  const storage = {
    asked: 0,
    persisted: async () => persisted,
    persist: async () => {
      storage.asked += 1;
      persisted ||= persists;
      return persists;
    },
  };
  return { storage, userAgent };
}

test('a browser is asked once, whether it agrees or not', async () => {
  for (const [persists, answer] of /** @type {const} */ ([
    [true, 'for good'],
    [false, 'while there is room'],
  ])) {
    const own = browser(CHROMIUM, persists);
    const persistence = new Persistence(own);
    assert.equal(await persistence.known(), 'while there is room');
    assert.equal(own.storage.asked, 0, 'what holds is known without asking');
    for (const ownAct of [false, true, true]) assert.equal(await persistence.ask(ownAct), answer);
    assert.equal(own.storage.asked, 1);
    assert.equal(await persistence.known(), answer);
  }
});

test('one that has agreed before is not asked again', async () => {
  const own = browser(CHROMIUM, true, true);
  assert.equal(await new Persistence(own).ask(true), 'for good');
  assert.equal(own.storage.asked, 0);
});

test('Firefox, which asks the visitor, is asked by the visitor’s own act alone', async () => {
  const own = browser(FIREFOX, true);
  const persistence = new Persistence(own);
  assert.equal(await persistence.ask(false), 'while there is room');
  assert.equal(own.storage.asked, 0);
  assert.equal(await persistence.ask(true), 'for good');
  assert.equal(own.storage.asked, 1);
});

test('a browser without the API, or one that throws, has promised nothing', async () => {
  const refuse = async () => {
    throw new TypeError('an opaque origin');
  };
  for (const storage of [undefined, {}, { persist: refuse, persisted: refuse }]) {
    const persistence = new Persistence({ userAgent: CHROMIUM, ...(storage && { storage }) });
    assert.equal(await persistence.known(), 'unknown');
    assert.equal(await persistence.ask(true), 'unknown');
  }
});

test('each answer has its own sentence, and only the one that needs it tells of a way out', () => {
  const [forGood, whileRoom, unknown] = [keptWords('for good'), keptWords('while there is room'), keptWords('unknown')];
  assert.equal(new Set([forGood, whileRoom, unknown]).size, 3);
  assert.doesNotMatch(forGood, /download/);
  for (const words of [whileRoom, unknown]) assert.match(words, /can be downloaded/);
});

/** A place that a test can empty and forbid. */
class Place {
  /** @type {Map<string, string>} */
  texts = new Map();
  refused = false;
  getItem = (/** @type {string} */ key) => {
    if (this.refused) throw new DOMException('no', 'SecurityError');
    return this.texts.get(key) ?? null;
  };
  setItem = (/** @type {string} */ key, /** @type {string} */ text) => {
    if (this.refused) throw new DOMException('no', 'SecurityError');
    this.texts.set(key, text);
  };
}

const FIELDS = { d: '2', m: '16', hidden: '64', n: '1024', batch: '64', epochs: '500', lr: '0.001', seed: '42' };
const NOW = '2026-05-03T12:02:00.000Z';
const UNDER_WAY = { at: NOW, epoch: 120, fields: FIELDS };

/** @param {string} id @param {number} [epoch] @returns {any} */
const entry = (id, epoch = 120) => ({ id, saved: { fields: FIELDS, checkpoint: { epoch } } });

/** A browser's places, and pages that note there. */
function places() {
  const [local, session] = [new Place(), new Place()];
  const database = { /** @type {any} */ noted: undefined };
  const page = () =>
    new Trace(
      [() => /** @type {any} */ (local), () => /** @type {any} */ (session)],
      { read: async () => structuredClone(database.noted), write: async (noted) => Object.assign(database, { noted: structuredClone(noted) }) },
      () => NOW,
    );
  return { local, session, database, page };
}

/** @param {Trace} trace @param {boolean} list @param {string[] | null} ids */
const missing = (trace, list, ids) => trace.missing(list, ids && new Set(ids));

test('where nothing was kept nothing is missing, and neither is what is there', async () => {
  const { page } = places();
  assert.deepEqual(await missing(page(), false, []), { at: '', runs: 0, underWay: [] });
  const trace = page();
  trace.count(3);
  trace.add(entry('a'));
  assert.deepEqual(await missing(page(), true, ['a', 'b']), { at: NOW, runs: 0, underWay: [] });
});

test('Chromium deletes the database and leaves the note beside the list', async () => {
  const { page, database } = places();
  const trace = page();
  trace.count(3);
  trace.add(entry('a'));
  trace.add(entry('b', 7));
  database.noted = undefined;
  assert.deepEqual(await missing(page(), true, ['b']), { at: NOW, runs: 0, underWay: [UNDER_WAY] });
  assert.deepEqual((await missing(page(), true, null)).underWay, [], 'of a browser that does not say nothing is told');
});

test('another page of the site clears localStorage, and the note in the database tells of the list', async () => {
  const { page, local } = places();
  const trace = page();
  trace.add(entry('a'));
  trace.count(2);
  local.texts.clear();
  assert.deepEqual(await missing(page(), false, ['a']), { at: NOW, runs: 2, underWay: [] });
});

test('Firefox and WebKit delete all at once, and a tab that was open before tells of both', async () => {
  const { page, local, session, database } = places();
  const trace = page();
  trace.count(1);
  trace.add(entry('a'));
  local.texts.clear();
  database.noted = undefined;
  assert.deepEqual(await missing(page(), false, []), { at: NOW, runs: 1, underWay: [UNDER_WAY] });
  session.texts.clear();
  assert.deepEqual(await missing(page(), false, []), { at: '', runs: 0, underWay: [] }, 'where no place remembers, nothing can be told');
});

test('what the page itself let go, or the visitor deleted, is not missing; what was told of is told until something is kept again', async () => {
  const { page } = places();
  const [one, other] = [page(), page()];
  one.add(entry('a'));
  other.add(entry('b'));
  one.remove('b');
  one.count(2);
  other.count(0);
  const found = await missing(page(), true, []);
  assert.deepEqual(found, { at: NOW, runs: 0, underWay: [UNDER_WAY] });
  const next = page();
  assert.deepEqual(await missing(next, true, []), found, 'it is told again');
  next.add(entry('c'), found.underWay);
  assert.deepEqual((await missing(page(), false, ['c'])).underWay, []);
});

test('a note that is damaged, another page’s, or refused is no note', async () => {
  for (const text of ['{', 'null', '[]', '7', '{"runs":-1,"underWay":{}}', '{"runs":3,"underWay":null}', '{"runs":3,"underWay":{},"at":"then"}']) {
    const { page, local } = places();
    local.texts.set(PLACE, text);
    assert.equal((await missing(page(), false, [])).runs, 0, text);
  }
  const { page, local, session } = places();
  local.texts.set(PLACE, JSON.stringify({ at: NOW, runs: 1, underWay: { a: { at: 'then', epoch: 1, fields: {} }, b: null, c: UNDER_WAY } }));
  assert.deepEqual(await missing(page(), true, []), { at: NOW, runs: 0, underWay: [UNDER_WAY] });
  local.refused = true;
  session.refused = true;
  page().count(5);
  assert.equal((await missing(page(), true, [])).runs, 0);
});

test('each run that is missing is told with what it was and until when it was kept, and nothing is said of none', () => {
  assert.equal(lostWords({ at: '', runs: 0, underWay: [] }), '');
  const one = lostWords({ at: NOW, runs: 1, underWay: [] });
  assert.match(one, /^A run that had ended was kept here until May 3, 2026 at .*, and is not there any more\. The browser deletes/);
  const all = lostWords({ at: NOW, runs: 2_000, underWay: [UNDER_WAY, { ...UNDER_WAY, epoch: 7 }] });
  assert.match(all, /^2,000 runs that had ended were kept here/);
  for (const part of ['at epoch 120 of 500', 'at epoch 7 of 500', 'seed\u00a042']) assert.ok(all.includes(part), part);
  assert.equal(all.match(/The browser deletes/g)?.length, 1);
});
