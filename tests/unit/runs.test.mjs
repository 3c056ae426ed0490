// @ts-check
/** The list of kept runs, without a browser: storage that is shared, full, refused, and damaged. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CURVES, MOST_POINTS, MOST_RUNS, PLACE, Runs, thin, title } from '../../www/run/runs.js';

/** @typedef {import('../../www/run/runs.js').Ended} Ended */
/** @typedef {import('../../www/run/runs.js').Kept} Kept */
/** @typedef {import('../../www/run/runs.js').Point} Point */

const RECIPE = { d: 2, m: 16, hidden: 64, n: 1024, batch: 64, epochs: 5, lr: 0.001, seed: 42 };

/** @param {number[]} errors @returns {Point[]} */
const history = (errors) => errors.map((mse, i) => ({ epoch: i + 1, mse }));

let minute = 0;

/** A run that has ended a minute after the one before it. @param {Partial<Ended>} [own] @returns {Ended} */
function ended(own = {}) {
  const recipe = { ...RECIPE, ...own.recipe };
  const errors = Array.from({ length: recipe.epochs }, (_, i) => 0.8 / (i + 1) + recipe.seed / 1e6);
  minute += 1;
  return {
    recipe,
    fields: Object.fromEntries(Object.entries(recipe).map(([key, value]) => [key, String(value)])),
    backend: 'cpu',
    adapter: '',
    source: '',
    seconds: 0.5,
    ended: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
    history: history(errors),
    ...own,
  };
}

/** @param {number} seed */
const seeded = (seed) => ended({ recipe: { ...RECIPE, seed } });

/** As a browser's, and refusing by name what it is told to. */
class FakeStorage {
  /** @type {Map<string, string>} */
  places = new Map();
  /** @type {Record<string, string>} */
  refusing = {};
  /** @param {string} key */
  getItem(key) {
    if (this.refusing.getItem) throw new DOMException('', this.refusing.getItem);
    return this.places.get(key) ?? null;
  }
  /** @param {string} key @param {string} text */
  setItem(key, text) {
    if (this.refusing.setItem) throw new DOMException('', this.refusing.setItem);
    this.places.set(key, text);
  }
}

/** A tab's list over a storage. @param {FakeStorage} [storage] */
const tab = (storage = new FakeStorage()) => new Runs(() => /** @type {Storage} */ (/** @type {unknown} */ (storage)));

/** @param {Runs} runs */
const names = (runs) => runs.list.map(title);

test('a run that has ended is there again in the next visit, to the last bit', () => {
  const storage = new FakeStorage();
  const runs = tab(storage);
  const { kept } = runs.keep(ended({ history: history([0.8, 0.1 + 0.2, 5e-324, NaN, Math.fround(0.119)]) }));
  runs.learn(kept.id, 0.25);
  runs.keep(ended({ recipe: { ...RECIPE, epochs: 2 }, history: history([Infinity, NaN]), backend: 'webgpu', adapter: 'a GPU', source: 'theirs.safetensors' }));
  const again = tab(storage);
  assert.deepEqual(again.list, runs.list);
  assert.deepEqual(names(again), ['Run 2', 'Run 1']);
  assert.equal(again.list[1].heldOut, 0.25);
  assert.ok(Number.isNaN(again.list[0].mse) && again.list[0].points[0].mse === Infinity);
  assert.equal(again.refused, '');
  assert.deepEqual([...storage.places.keys()], [PLACE]);
});

/** A run as this page's first version kept it: it is read for ever, and a run without a course is still kept so. */
const GOLDEN =
  '[{"id":"0123456789abcdef01234567","number":1,"name":"mine","pinned":true,"curve":0,"fields":{"d":"2","m":"16","hidden":"64","n":"1024","batch":"64",' +
  '"epochs":"2","lr":"1e-3","seed":"42"},"recipe":{"d":2,"m":16,"hidden":64,"n":1024,"batch":64,"epochs":2,"lr":0.001,"seed":42},"backend":"cpu","adapter":"","source":"",' +
  '"seconds":0.25,"ended":"2026-01-01T00:00:01.000Z","points":[[1,0.8],[2,"NaN"]],"mse":"NaN","heldOut":0.0625}]';

test('a run of the first version is read, and one without a course is still kept so', () => {
  const storage = new FakeStorage();
  storage.places.set(PLACE, GOLDEN);
  const [old] = tab(storage).list;
  assert.deepEqual(old.recipe, { ...RECIPE, epochs: 2 });
  storage.places.clear();
  const runs = tab(storage);
  const { kept } = runs.keep({ ...ended({ recipe: old.recipe, history: old.points }), fields: old.fields, seconds: old.seconds, ended: old.ended });
  runs.rename(kept.id, 'mine');
  runs.pin(kept.id, true);
  runs.show(kept.id, true);
  runs.learn(kept.id, 0.0625);
  assert.equal(storage.places.get(PLACE)?.replace(kept.id, old.id), GOLDEN);
});

/** Every epoch with its held-out error. @param {number[]} errors */
const watched = (errors) => history(errors).map((point) => ({ ...point, heldOut: point.mse + 0.125 }));

test('the held-out errors are kept beside the points, and a replay brings them to a run that was kept without', () => {
  const storage = new FakeStorage();
  const runs = tab(storage);
  const errors = [0.5, NaN, 0.25, 0.125, 0.0625];
  runs.keep(ended({ history: history(errors) }));
  assert.equal(JSON.parse(storage.places.get(PLACE) ?? '')[0].heldOuts, undefined);
  runs.keep(ended({ history: watched(errors) }));
  assert.deepEqual(
    runs.list.map(({ points }) => points),
    [watched(errors)],
  );
  const [entry] = JSON.parse(storage.places.get(PLACE) ?? '');
  assert.deepEqual(
    [entry.points[0], entry.heldOuts],
    [
      [1, 0.5],
      [0.625, 'NaN', 0.375, 0.25, 0.1875],
    ],
  );
  assert.deepEqual(tab(storage).list, runs.list);
});

/** What may be wrong with the held-out errors of a stored run. @type {[string, unknown][]} */
const HELD_OUT_DAMAGES = [
  ['too few', [0.5]],
  ['too many', [1, 1, 1, 1, 1, 1]],
  ['none', []],
  ['null', null],
  ['a text', '11111'],
  ['an object', { length: 5 }],
  ['a negative one', [1, 1, 1, 1, -1]],
  ['null for one', [1, 1, null, 1, 1]],
  ['a text for one', [1, 1, '1', 1, 1]],
];

for (const [name, heldOuts] of HELD_OUT_DAMAGES) {
  test(`a stored run is dropped, and its neighbour is not: held-out errors, ${name}`, () => {
    const { storage, entries } = stored();
    entries[0].heldOuts = heldOuts;
    storage.places.set(PLACE, JSON.stringify(entries));
    assert.deepEqual(
      tab(storage).list.map(({ id }) => id),
      [entries[1].id],
    );
  });
}

/** A recipe with all that a course may have, and how that may have been typed. */
const WITH_COURSE = { ...RECIPE, fresh: '1', schedule: 'cosine', rates: '2:0.0005,4:0.0000001' };
const withCourse = (rates = WITH_COURSE.rates) => ended({ recipe: WITH_COURSE, fields: { ...ended({ recipe: WITH_COURSE }).fields, rates } });

test('a course is kept with the run, as it was typed, and makes it another run', () => {
  const storage = new FakeStorage();
  const runs = tab(storage);
  runs.keep(ended());
  runs.keep(withCourse('2:5e-4,04:1e-7'));
  for (const [key, value] of Object.entries({ fresh: '1', schedule: 'cosine', rates: '2:0.1' })) runs.keep(ended({ recipe: { ...RECIPE, [key]: value } }));
  assert.equal(runs.list.length, 5);
  const again = tab(storage);
  assert.deepEqual(again.list, runs.list);
  assert.deepEqual(again.list[3].recipe, WITH_COURSE);
  assert.equal(again.list[3].fields.rates, '2:5e-4,04:1e-7');
  again.keep(withCourse());
  assert.equal(again.list.length, 5, 'a replay is the same run');
});

test('a hundred changes of the learning rate are kept, and a longer text than is kept is written anew', () => {
  const rates = Array.from({ length: 100 }, (_, i) => `${i + 99_901}:0.000000${12345678901234567n + BigInt(i)}`).join(',');
  const recipe = { ...RECIPE, epochs: 100_000, rates };
  const storage = new FakeStorage();
  tab(storage).keep(ended({ recipe, fields: { ...ended({ recipe }).fields, rates: `${rates}${'0'.repeat(5_000)}` } }));
  assert.deepEqual(
    tab(storage).list.map(({ recipe, fields }) => [recipe.rates, fields.rates]),
    [[rates, rates]],
  );
});

/** What may be wrong with a stored course. @type {[string, (entry: any) => unknown][]} */
const COURSE_DAMAGES = [
  ['a course that was not typed', (entry) => void delete entry.fields.fresh],
  ['a course that is typed and not the run’s', (entry) => void delete entry.recipe.schedule],
  ['other changes typed', (entry) => void (entry.fields.rates = '2:0.0005,4:0.0000002')],
  ['fewer changes typed', (entry) => void (entry.fields.rates = '2:0.0005')],
  ['a course that is off', (entry) => void (entry.recipe.fresh = entry.fields.fresh = '0')],
  ['a course of another kind', (entry) => void (entry.recipe.schedule = entry.fields.schedule = 'linear')],
  ['null for a course', (entry) => void (entry.recipe.fresh = entry.fields.fresh = null)],
  ['a number for a course', (entry) => void (entry.recipe.fresh = entry.fields.fresh = 1)],
  ['markup for the changes', (entry) => void (entry.recipe.rates = entry.fields.rates = '2:<b>1</b>')],
  ['a change to nothing', (entry) => void (entry.recipe.rates = entry.fields.rates = '2:0')],
  ['no changes', (entry) => void (entry.recipe.rates = entry.fields.rates = '')],
  ['an object for the changes', (entry) => void (entry.recipe.rates = entry.fields.rates = { split: 1 })],
  ['endless changes', (entry) => void (entry.recipe.rates = entry.fields.rates = Array.from({ length: 10_000 }, (_, i) => `${i + 2}:0.1`).join())],
];

for (const [name, damage] of COURSE_DAMAGES) {
  test(`a stored run is dropped, and its neighbour is not: ${name}`, () => {
    const storage = new FakeStorage();
    const runs = tab(storage);
    runs.keep(withCourse());
    const { kept } = runs.keep(seeded(2));
    const entries = JSON.parse(storage.places.get(PLACE) ?? '');
    damage(entries[1]);
    storage.places.set(PLACE, JSON.stringify(entries));
    assert.deepEqual(
      tab(storage).list.map(({ id }) => id),
      [kept.id],
    );
  });
}

test('a replay takes the place of its time, and keeps name, pin, curve and held-out error', () => {
  const runs = tab();
  const { kept } = runs.keep(seeded(1));
  runs.rename(kept.id, ' mine ');
  runs.pin(kept.id, true);
  runs.show(kept.id, true);
  runs.learn(kept.id, 0.125);
  runs.keep({ ...seeded(1), seconds: 9 });
  assert.equal(runs.list.length, 1);
  const [again] = runs.list;
  assert.deepEqual({ ...again, seconds: 0, ended: '' }, { ...kept, name: 'mine', pinned: true, curve: 0, heldOut: 0.125, seconds: 0, ended: '' });
  assert.equal(again.seconds, 9);
  assert.ok(again.ended > kept.ended);
});

test('what differs in recipe, backend, adapter, beginning or last bit is another run', () => {
  const runs = tab();
  runs.keep(seeded(1));
  const others = [
    seeded(2),
    { ...seeded(1), backend: /** @type {const} */ ('webgpu') },
    { ...seeded(1), backend: /** @type {const} */ ('webgpu'), adapter: 'a GPU' },
    { ...seeded(1), source: 'theirs.safetensors' },
    { ...seeded(1), history: history([1, 1, 1, 1, 0.25]) },
    { ...seeded(1), history: history([1, 1, 1, 1, 0.25 + 2 ** -54]) },
  ];
  for (const [i, other] of others.entries()) {
    runs.keep(other);
    assert.equal(runs.list.length, i + 2);
  }
});

test('a diverged run that is replayed does not pile up either', () => {
  const runs = tab();
  for (let i = 0; i < 3; i += 1) runs.keep(ended({ history: history([1, 2, NaN, NaN, NaN]) }));
  assert.equal(runs.list.length, 1);
});

test('pinned runs come first, then the newest; an emptied name gives the number back', () => {
  const runs = tab();
  const [first, second] = [1, 2, 3].map((seed) => runs.keep(seeded(seed)).kept);
  runs.pin(first.id, true);
  assert.deepEqual(names(runs), ['Run 1', 'Run 3', 'Run 2']);
  runs.rename(second.id, 'x'.repeat(500));
  assert.equal(title(/** @type {Kept} */ (runs.find(second.id))).length, 80);
  runs.rename(second.id, '   ');
  assert.equal(title(/** @type {Kept} */ (runs.find(second.id))), 'Run 2');
  runs.pin(first.id, false);
  assert.deepEqual(names(runs), ['Run 3', 'Run 2', 'Run 1']);
});

test('of too many runs the oldest that is not pinned goes, and is told of', () => {
  const runs = tab();
  const first = runs.keep(seeded(1)).kept;
  runs.pin(first.id, true);
  for (let seed = 2; seed <= MOST_RUNS; seed += 1) assert.deepEqual(runs.keep(seeded(seed)).gone, []);
  assert.deepEqual(runs.keep(seeded(1_000)).gone.map(title), ['Run 2']);
  assert.equal(runs.list.length, MOST_RUNS);
  assert.ok(runs.find(first.id));

  for (const { id } of runs.list) runs.pin(id, true);
  const { kept, gone } = runs.keep(seeded(2_000));
  assert.deepEqual(gone, [kept]);
  assert.equal(runs.find(kept.id), undefined);
  assert.equal(runs.list.length, MOST_RUNS);
});

test('deletions are taken back one after the other, and nothing of them is lost', () => {
  const storage = new FakeStorage();
  const runs = tab(storage);
  for (const seed of [1, 2, 3, 4]) runs.keep(seeded(seed));
  runs.rename(runs.list[0].id, 'the best');
  const before = runs.list;
  runs.remove([before[0].id]);
  runs.remove([before[2].id, before[3].id]);
  assert.deepEqual(tab(storage).list, [before[1]]);
  runs.keep(seeded(5));
  assert.deepEqual(runs.undo().map(title), ['Run 2', 'Run 1']);
  assert.deepEqual(runs.undo().map(title), ['the best']);
  assert.deepEqual(runs.undo(), []);
  assert.deepEqual(runs.list.slice(1), before);
  assert.deepEqual(tab(storage).list, runs.list);
});

test('as many curves as there are looks differ, and a look that is free is used again', () => {
  const runs = tab();
  for (let seed = 0; seed < CURVES + 2; seed += 1) runs.keep(seeded(seed));
  const ids = runs.list.map(({ id }) => id);
  const looks = () => ids.map((id) => runs.find(id)?.curve);
  for (const id of ids.slice(0, CURVES)) runs.show(id, true);
  assert.deepEqual(new Set(looks().slice(0, CURVES)).size, CURVES);
  const freed = runs.find(ids[3])?.curve;
  runs.show(ids[3], false);
  runs.show(ids[CURVES], true);
  assert.equal(looks()[CURVES], freed);
  runs.show(ids[3], true);
  runs.show(ids[CURVES + 1], true);
  assert.ok(looks().every((look) => Number.isInteger(look) && Number(look) < CURVES));
});

test('two tabs do not wipe each other’s runs, and follow each other', () => {
  const storage = new FakeStorage();
  const [one, other] = [tab(storage), tab(storage)];
  one.keep(seeded(1));
  other.keep(seeded(2));
  assert.deepEqual(names(other), ['Run 2', 'Run 1']);
  assert.deepEqual(names(one), ['Run 1']);
  let changes = 0;
  one.addEventListener('change', () => (changes += 1));
  one.hear('something else');
  assert.equal(changes, 0);
  one.hear(PLACE);
  assert.deepEqual([changes, one.list], [1, other.list]);
  other.remove([one.list[0].id]);
  one.rename(one.list[1].id, 'renamed');
  assert.deepEqual(names(one), ['renamed']);
});

test('a list that is deleted under an open page stays on show, says so, and is kept again with the next change', () => {
  const storage = new FakeStorage();
  const runs = tab(storage);
  const { kept } = runs.keep(seeded(1));
  runs.keep(seeded(2));
  storage.places.clear();
  runs.hear(null);
  assert.deepEqual(names(runs), ['Run 2', 'Run 1']);
  assert.match(runs.refused, /^The browser has deleted what it kept of these runs: they are here from the page’s memory/);
  let valued = 0;
  runs.addEventListener('valued', () => (valued += 1));
  runs.pin(kept.id, true);
  runs.rename(kept.id, 'mine');
  assert.equal(valued, 2);
  assert.equal(runs.refused, '');
  assert.deepEqual(tab(storage).list, runs.list);
  storage.places.clear();
  assert.deepEqual(tab(storage).list, [], 'a page that is opened after it has nothing');
});

for (const [name, refusing] of /** @type {[string, Record<string, string>][]} */ ([
  ['refused', { getItem: 'SecurityError', setItem: 'SecurityError' }],
  ['unreadable', { getItem: 'SecurityError' }],
  ['not writable', { setItem: 'SecurityError' }],
  ['full', { setItem: 'QuotaExceededError' }],
])) {
  test(`where storage is ${name}, the list lives on in memory and says so`, () => {
    const storage = new FakeStorage();
    storage.refusing = refusing;
    const runs = tab(storage);
    const { kept } = runs.keep(seeded(1));
    runs.keep(seeded(2));
    runs.rename(kept.id, 'mine');
    assert.deepEqual(names(runs), ['Run 2', 'mine']);
    runs.remove([kept.id]);
    assert.deepEqual(names(runs), ['Run 2']);
    if (name !== 'unreadable')
      assert.match(runs.refused, name === 'full' ? /^The browser has no more room for this page, .*\.$/ : /^This browser lets the page keep nothing, .*\.$/);
  });
}

test('a browser without storage is one that refuses it', () => {
  for (const storage of [
    () => /** @type {any} */ (null),
    () => /** @type {any} */ (undefined),
    () => {
      throw new DOMException('', 'SecurityError');
    },
  ]) {
    const runs = new Runs(storage);
    assert.notEqual(runs.refused, '');
    runs.keep(seeded(1));
    assert.equal(runs.list.length, 1);
  }
});

test('when there is room again, all is kept: what was here, and what another tab has added meanwhile', () => {
  const storage = new FakeStorage();
  const runs = tab(storage);
  const first = runs.keep(seeded(1)).kept;
  const second = runs.keep(seeded(2)).kept;
  storage.refusing = { setItem: 'QuotaExceededError' };
  runs.keep(seeded(3));
  runs.remove([first.id]);
  assert.notEqual(runs.refused, '');
  storage.refusing = {};
  const other = tab(storage);
  other.keep(seeded(4));
  assert.deepEqual(
    other.list.map(({ recipe }) => recipe.seed),
    [4, 2, 1],
  );
  runs.pin(second.id, true);
  assert.equal(runs.refused, '');
  assert.deepEqual(
    runs.list.map(({ recipe }) => recipe.seed),
    [2, 4, 3],
  );
  assert.deepEqual(tab(storage).list, runs.list);
});

test('a long history is thinned to its first, its last, and the lows and highs between', () => {
  const short = history(Array.from({ length: MOST_POINTS }, () => Math.random()));
  assert.deepEqual(thin(short), short);
  for (const length of [MOST_POINTS + 1, 1_000, 99_999, 100_000]) {
    const errors = Array.from({ length }, () => 1 + Math.random());
    errors[Math.floor(length / 3)] = 0.5;
    errors[Math.floor(length / 2)] = 9;
    const points = thin(watched(errors));
    assert.ok(points.every(({ mse, heldOut }) => heldOut === mse + 0.125));
    assert.ok(points.length <= MOST_POINTS && points.length > MOST_POINTS / 2, `${points.length} points of ${length}`);
    assert.deepEqual(
      [points[0], points.at(-1)],
      [
        { epoch: 1, mse: errors[0], heldOut: errors[0] + 0.125 },
        { epoch: length, mse: errors[length - 1], heldOut: errors[length - 1] + 0.125 },
      ],
    );
    assert.ok(points.every(({ epoch, mse }, i) => mse === errors[epoch - 1] && (i === 0 || epoch > points[i - 1].epoch)));
    assert.deepEqual([Math.min(...points.map(({ mse }) => mse)), Math.max(...points.map(({ mse }) => mse))], [0.5, 9]);
  }
  const gap = Array.from({ length: 3_000 }, (_, i) => (i > 1_000 && i < 2_000 ? NaN : 1));
  assert.ok(
    thin(history(gap)).some(({ mse }) => Number.isNaN(mse)),
    'what is not a number stays to be seen',
  );
});

test('fifty long runs are well within what a browser gives', () => {
  const storage = new FakeStorage();
  const runs = tab(storage);
  const recipe = { ...RECIPE, epochs: 2_000 };
  for (let i = 0; i < MOST_RUNS; i += 1)
    runs.keep(ended({ recipe: { ...recipe, seed: i }, history: watched(Array.from({ length: 2_000 }, () => Math.fround(Math.random()))) }));
  const { length } = storage.places.get(PLACE) ?? '';
  assert.ok(length > 100_000 && length < 1_000_000, `${length} characters`);
  assert.equal(tab(storage).list.length, MOST_RUNS);
});

/** Two runs as they stand in storage. */
function stored() {
  const storage = new FakeStorage();
  const runs = tab(storage);
  runs.keep(seeded(1));
  runs.keep(seeded(2));
  return { storage, entries: /** @type {any[]} */ (JSON.parse(storage.places.get(PLACE) ?? '')) };
}

const HUGE = 'x'.repeat(100_000);

/** What may be wrong with an entry: a name, and the damage done to it, or what stands there instead. @type {[string, (entry: any) => unknown][]} */
const DAMAGES = [
  ...['id', 'number', 'name', 'pinned', 'curve', 'fields', 'recipe', 'backend', 'adapter', 'source', 'seconds', 'ended', 'points', 'mse', 'heldOut'].flatMap(
    (key) =>
      /** @type {[string, (entry: any) => unknown][]} */ ([
        [`no ${key}`, (entry) => void delete entry[key]],
        [`an object for ${key}`, (entry) => void (entry[key] = { toString: 'x' })],
        [`a list for ${key}`, (entry) => void (entry[key] = [[]])],
        [`a huge text for ${key}`, (entry) => void (entry[key] = HUGE)],
        [`a negative ${key}`, (entry) => void (entry[key] = -1)],
      ]),
  ),
  ['null for the entry', () => null],
  ['a number for the entry', () => 42],
  ['a text for the entry', () => 'run'],
  ['a list for the entry', () => []],
  ['an id that is markup', (entry) => void (entry.id = '<img src=x onerror=alert(1)>')],
  ['a look that there is not', (entry) => void (entry.curve = CURVES)],
  ['half a look', (entry) => void (entry.curve = 0.5)],
  ['a backend that there is not', (entry) => void (entry.backend = 'cuda')],
  ['half a number', (entry) => void (entry.number = 1.5)],
  ['no date', (entry) => void (entry.ended = 'yesterday')],
  ['a date in another form', (entry) => void (entry.ended = 'Thu, 01 Jan 2026 00:00:00 GMT')],
  ['a day that there is not', (entry) => void (entry.ended = '2026-02-31T00:00:00.000Z')],
  ['null for an error', (entry) => void (entry.mse = null)],
  ['another last error', (entry) => void (entry.mse = 0.5)],
  ['no points', (entry) => void (entry.points = [])],
  ['too many points', (entry) => void (entry.points = Array.from({ length: 10_000 }, (_, i) => [i + 1, 0.5]))],
  ['points from the second on', (entry) => void entry.points.shift()],
  ['points out of order', (entry) => void entry.points.reverse()],
  ['a point twice', (entry) => void (entry.points[1] = entry.points[0])],
  ['a point that is none', (entry) => void (entry.points[1] = { epoch: 2, mse: 0.5 })],
  ['a point without an error', (entry) => void (entry.points[1] = [2])],
  ['a point with a text for its error', (entry) => void (entry.points[1][1] = '0.5')],
  ['points beyond the end', (entry) => void (entry.points[4][0] = 6)],
  ['a recipe of other epochs', (entry) => void ((entry.recipe.epochs = 6), (entry.fields.epochs = '6'))],
  ['a recipe that was not typed', (entry) => void (entry.fields.lr = '0.002')],
  ['markup in a field', (entry) => void (entry.fields.d = '<b>2</b>')],
  ['an unread field', (entry) => void (entry.fields.d = 2)],
  ['a recipe without a key', (entry) => void delete entry.recipe.seed],
  ['a recipe with a text', (entry) => void (entry.recipe.d = '2')],
  ['a recipe of nothing', (entry) => void ((entry.recipe.n = 0), (entry.fields.n = '0'))],
];

for (const [name, damage] of DAMAGES) {
  test(`a stored run is dropped, and its neighbour is not: ${name}`, () => {
    const { storage, entries } = stored();
    const good = entries[1];
    const instead = damage(entries[0]);
    if (instead !== undefined) entries[0] = instead;
    storage.places.set(PLACE, JSON.stringify(entries));
    const runs = tab(storage);
    assert.deepEqual(
      runs.list.map(({ id }) => id),
      [good.id],
    );
    assert.equal(runs.refused, '');
  });
}

test('numbers that JSON can say and no run can have are dropped', () => {
  for (const [from, to] of [
    ['"seconds":0.5', '"seconds":1e999'],
    ['"seconds":0.5', '"seconds":"NaN"'],
    ['"lr":0.001', '"lr":1e999'],
    ['"d":2', '"d":1e999'],
    ['"heldOut":null', '"heldOut":1e999'],
    ['"number":2', '"number":1e20'],
  ]) {
    const { storage } = stored();
    const text = (storage.places.get(PLACE) ?? '').replace(from, to);
    assert.ok(text.includes(to), to);
    storage.places.set(PLACE, text);
    assert.equal(tab(storage).list.length, 1, to);
  }
});

test('what is no list of runs at all is none, and the next run is kept over it', () => {
  for (const text of [
    '',
    'null',
    '{}',
    '"runs"',
    '42',
    '[',
    '[[]]',
    '[null, 1, "x", {}]',
    HUGE,
    '[{"__proto__":{"id":"x"}}]',
    '{"length":1e9}',
    '\u0000',
    `[${'['.repeat(5_000)}${']'.repeat(5_000)}]`,
  ]) {
    const storage = new FakeStorage();
    storage.places.set(PLACE, text);
    const runs = tab(storage);
    assert.deepEqual([runs.list, runs.refused], [[], ''], text.slice(0, 40));
    runs.keep(seeded(1));
    assert.equal(tab(storage).list.length, 1);
  }
});

test('a stored run brings nothing with it that was not asked for', () => {
  const { storage } = stored();
  const poison = '"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"extra":1,';
  storage.places.set(PLACE, (storage.places.get(PLACE) ?? '').replaceAll('{"', `{${poison}"`));
  const runs = tab(storage);
  assert.equal(runs.list.length, 2);
  for (const kept of runs.list) {
    for (const part of [kept, kept.fields, kept.recipe]) {
      assert.equal(/** @type {any} */ (part).polluted, undefined);
      assert.equal(Object.getPrototypeOf(part), Object.prototype);
      assert.ok(!('extra' in part) && !Object.hasOwn(part, 'constructor'));
    }
  }
  assert.equal(/** @type {any} */ ({}).polluted, undefined);
});

test('the same run twice is one, and thousands are cut short', () => {
  const { storage, entries } = stored();
  const many = Array.from({ length: 3_000 }, (_, i) => ({ ...entries[0], id: i.toString(16).padStart(24, '0') }));
  storage.places.set(PLACE, JSON.stringify([entries[0], entries[0], ...many]));
  const runs = tab(storage);
  assert.equal(runs.list.length, 4 * MOST_RUNS);
  assert.equal(new Set(runs.list.map(({ id }) => id)).size, runs.list.length);
});
