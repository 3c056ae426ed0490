// @ts-check
/** Sweeps without a browser: which runs they are, what is made of them, who trains them, and what is kept. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST_LETTERS, PLACE, SweepResults } from '../../www/run/sweep-results.js';
import { known, mapped } from '../../www/run/maps.js';
import { best, bestOf, missing, MOST_VALUES, planned, same, SEEDS, summary, Sweep, VALUES } from '../../www/run/sweeps.js';
import { solveClause } from '../../www/view/sweeps/sweep-words.js';

/** @typedef {import('../../www/common/protocol.js').CheckedRecipe} CheckedRecipe */
/** @typedef {import('../../www/common/protocol.js').Fields} Fields */
/** @typedef {import('../../www/common/protocol.js').Outcome} Outcome */
/** @typedef {import('../../www/run/sweeps.js').Plan} Plan */

const BASE = { d: '2', m: '16', hidden: '64', n: '1024', batch: '64', epochs: '5', lr: '0.001', seed: '42' };

class Refused extends Error {
  /** @param {string} key @param {string} text */
  constructor(key, text) {
    super(`${key} = “${text}” is refused`);
    this.key = key;
  }
}

/** As the module's validator, as far as sweeps see it. @param {Fields} fields @returns {Promise<CheckedRecipe>} */
async function check(fields) {
  for (const key of ['d', 'm', 'hidden', 'n', 'batch', 'epochs', 'seed'])
    if (!/^\d+$/.test(fields[key]) || Number(fields[key]) > 4_294_967_295) throw new Refused(key, fields[key]);
  const { fresh, ...numbers } = fields;
  const recipe = /** @type {any} */ ({ ...Object.fromEntries(Object.entries(numbers).map(([key, text]) => [key, Number(text)])), ...(fresh && { fresh }) });
  return { recipe, memory: { cpu: recipe.n * 1000, webgpu: Infinity }, stepsPerEpoch: Math.ceil(recipe.n / recipe.batch), flopsPerDraw: 1000 * recipe.m };
}

/** @param {Partial<import('../../www/run/sweeps.js').Setup>} [setup] @param {Fields} [base] */
const plan = (setup = {}, base = BASE) => planned({ axis: 'm', values: '1, 2, 4', seeds: '2', ...setup }, base, check);

/** @param {number} heldOut @returns {Outcome} */
const outcome = (heldOut) => ({ heldOut, heldOutError: 0.001, draws: 10_000, mse: heldOut / 2, seconds: 0.25 });

/** The outcomes of a cell's runs, in order. @param {Plan} plan @param {number} cell @param {number[]} errors */
const found = (plan, cell, errors) => new Map(errors.map((error, i) => [plan.cells[cell].runs[i].key, outcome(error)]));

test('a sweep is every value from every seed, seed by seed, and all else is the recipe’s', async () => {
  const { cells, runs } = await plan({ values: ' 4,1 2;' }, { ...BASE, fresh: '1' });
  assert.deepEqual(
    cells.map(({ value }) => value),
    [1, 2, 4],
  );
  assert.deepEqual(
    runs.map(({ recipe: { m, seed } }) => [seed, m]),
    [
      [42, 1],
      [42, 2],
      [42, 4],
      [43, 1],
      [43, 2],
      [43, 4],
    ],
  );
  for (const { fields } of runs) assert.deepEqual({ ...fields, m: '16', seed: '42' }, { ...BASE, fresh: '1' });
  assert.equal(new Set(runs.map(({ key }) => key)).size, 6);
});

test('that every run has the recipe’s Solve is said, and nothing of a recipe without one', () => {
  assert.equal(
    solveClause({ solve: '0:64,5:512' }),
    ' Every run has the same Solve: solved at the beginning over 64\u00a0draws, solved after epoch\u00a05 over 512\u00a0draws.',
  );
  for (const recipe of [{}, { solve: '' }]) assert.equal(solveClause(recipe), '');
});

test('the value of the axis in the recipe does not count', async () => {
  assert.ok(same(await plan(), await plan({}, { ...BASE, m: 'anything' })));
  assert.ok(!same(await plan(), await plan({}, { ...BASE, hidden: '65' })));
  assert.ok(!same(await plan(), await plan({ axis: 'hidden' })));
  assert.ok(!same(await plan({ axis: 'm', values: '16' }), await plan({ axis: 'hidden', values: '64' })), 'the same runs, seen along another axis');
  for (const other of [{ values: '1, 2' }, { values: '1, 2, 5' }, { values: '1, 2, 4, 8' }, { seeds: '3' }])
    assert.ok(!same(await plan(), await plan(other)), JSON.stringify(other));
  assert.equal((await plan()).runs[0].key, 'd=2&m=1&hidden=64&n=1024&batch=64&epochs=5&lr=0.001&seed=42');
});

test('what is proposed for each axis can be swept', async () => {
  for (const [axis, values] of Object.entries(VALUES)) {
    const { cells } = await plan({ axis: /** @type {any} */ (axis), values, seeds: SEEDS });
    assert.ok(cells.length >= 7 && cells.every(({ runs }) => runs.length === 5), axis);
  }
});

test('nothing is begun before every run has passed, and what is wrong is named', async () => {
  const bad = [
    [{ values: '' }, 'm', /m has no value to go over/],
    [{ values: ' , ' }, 'm', /m has no value/],
    [{ values: '1,x,4' }, 'm', /m = “x”/],
    [{ values: '1,-2' }, 'm', /m = “-2”/],
    [{ values: '1,2,2' }, 'm', /m = 2 is in the list twice/],
    [{ values: '1,024' }, 'm', /m = “024” begins with a zero/],
    [{ values: Array.from({ length: MOST_VALUES + 1 }, (_, i) => i + 1).join() }, 'm', /m has 25 values: at most 24/],
    [{ seeds: '0' }, 'seeds', /seeds = “0” is not/],
    [{ seeds: '10' }, 'seeds', /from 1 to 9/],
    [{ seeds: '' }, 'seeds', /seeds = “”/],
    [{ seeds: '1e1' }, 'seeds', /seeds = “1e1”/],
    [{ axis: 'n', values: '64' }, 'm', /m = “x”/, { m: 'x' }],
    [{}, 'seed', /seed = “4294967296”/, { seed: '4294967295' }],
  ];
  for (const [setup, key, words, own] of /** @type {[any, string, RegExp, Fields?][]} */ (bad)) {
    await assert.rejects(
      plan(setup, { ...BASE, ...own }),
      (error) => {
        assert.match(/** @type {Error} */ (error).message, words);
        assert.equal(/** @type {{ key?: string }} */ (error).key, key);
        return true;
      },
      JSON.stringify(setup),
    );
  }
  assert.equal((await plan({ seeds: '1' }, { ...BASE, seed: '4294967295' })).runs.length, 3);
  assert.equal((await plan({ seeds: ' 2 ', values: Array.from({ length: MOST_VALUES }, (_, i) => i + 1).join() })).runs.length, 2 * MOST_VALUES);
});

test('runs that diverged count as infinitely bad, and not as nothing', async () => {
  const sweep = await plan({ seeds: '5' });
  const { done, diverged, median, low, high } = summary(sweep.cells[0], found(sweep, 0, [0.3, NaN, 0.1, Infinity, 0.2]));
  assert.deepEqual([done, diverged, median, high], [5, 2, 0.3, Infinity]);
  assert.ok(Math.abs(low - 0.14) < 1e-12);
  assert.equal(summary(sweep.cells[0], found(sweep, 0, [NaN, NaN, 0.1])).median, Infinity);
  const nothing = summary(sweep.cells[0], new Map());
  assert.deepEqual([nothing.done, nothing.of], [0, 5]);
  assert.ok(Number.isNaN(nothing.median));
});

test('the best is the best run of the complete value with the lowest median', async () => {
  const sweep = await plan({ seeds: '3' });
  assert.equal(best(sweep, new Map()), null);
  const results = new Map([...found(sweep, 0, [0.2, 0.1, 0.9]), ...found(sweep, 1, [0.3, 0.3, 0.01]), ...found(sweep, 2, [0.05])]);
  const winner = best(sweep, results);
  assert.deepEqual([winner?.cell.value, winner?.run.recipe.seed, winner?.outcome.heldOut], [1, 43, 0.1]);
  assert.equal(best(sweep, found(sweep, 2, [0.05]))?.cell.value, 4, 'where none is complete, of what there is');
  assert.equal(best(sweep, found(sweep, 0, [NaN, NaN, 0.1])), null, 'a value that diverges more often than not is not the best');
});

/** A worker that does what it is told. */
class Hand {
  /** @type {any[]} */
  asked = [];
  ended = false;
  /** @type {any} */
  onmessage = null;
  /** @type {any} */
  onerror = null;
  /** @param {any} message */
  postMessage(message) {
    this.asked.push(message);
  }
  terminate() {
    this.ended = true;
  }
  get key() {
    return this.asked.at(-1).key;
  }
  /** @param {number} heldOut @param {number} [took] */
  end(heldOut, took = 1) {
    this.onmessage({ data: { type: 'ended', key: this.key, results: [{ outcome: outcome(heldOut) }], took } });
  }
  /** @param {any} message */
  say(message) {
    this.onmessage({ data: { key: this.key, ...message } });
  }
}

/** A sweep with workers that are led by hand. */
function workshop() {
  /** @type {Hand[]} */
  const hands = [];
  /** @type {Map<string, Outcome>} */
  const results = new Map();
  const sweep = new Sweep(
    (key, outcome) => results.set(key, outcome),
    () => {
      hands.push(new Hand());
      return hands[hands.length - 1];
    },
  );
  return { hands, results, sweep, at: () => hands.filter(({ ended }) => !ended) };
}

test('every run is trained once, by as many workers as there may be, and none is left', async () => {
  const { hands, results, sweep, at } = workshop();
  const all = await plan();
  sweep.start(all, results, 4);
  assert.equal(at().length, 4);
  assert.equal(sweep.underWay, 4);
  while (sweep.plan) at()[0].end(0.1);
  assert.deepEqual(hands.flatMap(({ asked }) => asked.map(({ key }) => key)).sort(), all.runs.map(({ key }) => key).sort());
  assert.equal(results.size, 6);
  assert.equal(at().length, 0);
  assert.equal(hands.length, 4, 'a worker goes on to the next run');
});

test('there are no more workers than runs, at least one, and no more than memory allows', async () => {
  const count = async (/** @type {number} */ most, /** @type {string} */ n, seeds = '9') => {
    const { hands, results, sweep, at } = workshop();
    sweep.start(await plan({ axis: 'n', values: n, seeds }), results, most);
    assert.equal(hands.length, at().length, 'none was started for nothing');
    return at().length;
  };
  assert.equal(await count(8, '64', '2'), 2);
  assert.equal(await count(0, '64'), 1);
  // 1 GiB over 250 MB each.
  assert.equal(await count(8, '250000'), 4);
  assert.equal(await count(8, '100, 250000'), 4, 'by the largest of them');
});

test('stopping ends every worker and keeps what is done; going on trains only the rest', async () => {
  const { hands, results, sweep, at } = workshop();
  const all = await plan();
  sweep.start(all, results, 2);
  at()[0].end(0.1);
  at()[1].end(0.2);
  const [, late] = at();
  sweep.stop();
  assert.equal(at().length, 0);
  assert.equal(sweep.plan, null);
  late.end(0.3);
  assert.equal(results.size, 2, 'what comes after the end is not heard');
  const before = hands.length;
  sweep.start(all, results, 2);
  while (sweep.plan) at()[0].end(0.1);
  assert.equal(hands.slice(before).flatMap(({ asked }) => asked).length, 4);
  assert.deepEqual(missing(all, results), []);
  sweep.start(all, results, 2);
  assert.equal(sweep.plan, null, 'there is nothing left to do');
});

test('on WebGPU the seeds of a value are one job, and what came of each is kept as that backend’s', async () => {
  const { hands, results, sweep, at } = workshop();
  const all = await planned({ axis: 'm', values: '1, 2', seeds: '3' }, BASE, check, 'webgpu');
  const known = all.cells[1].runs[1].key;
  assert.match(known, /^d=.*&on=webgpu$/);
  assert.deepEqual(
    (await plan({ values: '1, 2', seeds: '3' })).runs.filter(({ key }) => all.runs.some((run) => run.key === key)),
    [],
    'none is the CPU’s',
  );
  results.set(known, outcome(0.5));
  sweep.start(all, results, 4);
  assert.deepEqual([at().length, sweep.underWay], [1, 3]);
  const [hand] = at();
  hand.say({ type: 'progress', share: 0.25, at: 0, parts: [] });
  assert.deepEqual(
    all.cells[0].runs.map(({ key }) => sweep.share(key)),
    [0.25, 0.25, 0.25],
  );
  hand.say({ type: 'ended', results: [0.1, 0.2, 0.3].map((heldOut) => ({ outcome: outcome(heldOut) })), took: 3 });
  assert.deepEqual(
    all.cells[0].runs.map(({ key }) => results.get(key)?.heldOut),
    [0.1, 0.2, 0.3],
  );
  while (sweep.plan) at()[0].end(0.4);
  const asked = hands.flatMap(({ asked }) => asked.map(({ on, seeds, whole, fields }) => [on, seeds, whole, fields.m, fields.seed]));
  assert.deepEqual(
    asked,
    [
      ['webgpu', 3, false, '1', '42'],
      ['webgpu', 1, false, '2', '42'],
      ['webgpu', 1, false, '2', '44'],
    ],
    'seeds that do not follow each other go one by one',
  );
  assert.equal(sweep.lost, false);
});

test('a solution on the way is taken run by run on WebGPU too', async () => {
  const { hands, results, sweep } = workshop();
  const solved = async (/** @type {Fields} */ fields) => {
    const checked = await check(fields);
    return { ...checked, recipe: { ...checked.recipe, solve: '3:256' } };
  };
  sweep.start(await planned({ axis: 'm', values: '1', seeds: '2' }, BASE, /** @type {any} */ (solved), 'webgpu'), results, 4);
  assert.deepEqual(
    hands.flatMap(({ asked }) => asked.map(({ seeds }) => seeds)),
    [1],
  );
});

test('where WebGPU fails the sweep stops, says why and asks for it no more', async () => {
  for (const type of ['failed', 'broken']) {
    const { results, sweep, at } = workshop();
    sweep.start(await planned({ axis: 'm', values: '1, 2', seeds: '2' }, BASE, check, 'webgpu'), results, 4);
    at()[0].say({ type, message: 'the device was lost' });
    assert.deepEqual([at().length, sweep.plan, sweep.failure, sweep.lost, sweep.failed.size], [0, null, 'the device was lost', true, 0]);
    sweep.start(await plan({ values: '1', seeds: '1' }), results, 1);
    at()[0].say({ type: 'failed', message: 'unreachable' });
    assert.deepEqual([sweep.failure, sweep.failed.size], ['', 1], 'on the CPU a run dies alone');
  }
});

test('a run that dies takes its worker with it and no other run', async () => {
  const { results, sweep, at } = workshop();
  const all = await plan();
  sweep.start(all, results, 1);
  const [first] = at();
  first.say({ type: 'failed', message: 'unreachable' });
  assert.ok(first.ended);
  while (sweep.plan) at()[0].end(0.1);
  assert.equal(results.size, 5);
  assert.deepEqual([...sweep.failed], [[all.runs[0].key, 'unreachable']]);
  assert.equal(sweep.failure, '');
  sweep.start(all, results, 1);
  at()[0].say({ type: 'failed', message: 'again' });
  assert.equal(sweep.plan, null);
  assert.equal(at().length, 0);
});

test('where the module cannot be loaded all is stopped, and the reason kept', async () => {
  for (const tell of [
    (/** @type {Hand} */ hand) => hand.say({ type: 'broken', message: 'no module' }),
    (/** @type {Hand} */ hand) => hand.onerror({ preventDefault() {}, message: 'no module' }),
  ]) {
    const { hands, results, sweep, at } = workshop();
    sweep.start(await plan(), results, 3);
    tell(at()[0]);
    assert.equal(at().length, 0);
    assert.deepEqual([sweep.plan, sweep.failure, hands.length], [null, 'no module', 3]);
  }
});

test('what is left is told from what was timed, value by value, over all workers', async () => {
  const { results, sweep, at } = workshop();
  const all = await plan({ values: '1, 2', seeds: '3' });
  sweep.start(all, results, 1);
  assert.equal(sweep.left, null);
  at()[0].end(0.1, 2);
  // m = 2 costs 6,000 a draw where m = 1 costs 5,000: 2 · 2 s + 3 · 2.4 s.
  assert.ok(Math.abs((sweep.left ?? 0) - 11.2) < 1e-9, `${sweep.left}`);
  at()[0].end(0.1, 10);
  assert.ok(Math.abs((sweep.left ?? 0) - 24) < 1e-9, `${sweep.left}`);
  at()[0].say({ type: 'progress', share: 0.5 });
  assert.ok(Math.abs((sweep.left ?? 0) - 23) < 1e-9, `${sweep.left}`);
  assert.equal(sweep.share(at()[0].key), 0.5);
});

test('a cell’s figures are those of its runs, each in its own order', async () => {
  const sweep = await plan({ seeds: '3' });
  const [cell] = sweep.cells;
  const results = new Map([0.3, 0.1, 0.2].map((error, i) => [cell.runs[i].key, { ...outcome(error), seconds: [8, 10, 3][i] }]));
  const { low, high, ...rest } = summary(cell, results);
  assert.deepEqual(rest, { value: 1, done: 3, of: 3, diverged: 0, median: 0.2, seconds: 8 });
  assert.ok(Math.abs(low - 0.12) < 1e-12 && Math.abs(high - 0.28) < 1e-12, `${low} ${high}`);
  assert.deepEqual([cell.steps, cell.memory, cell.cost], [80, 1_024_000, 5_000 * (1_024 * 5 + 3_300)]);
  assert.equal(best(sweep, found(sweep, 0, [0.2, 0.2, 0.3]))?.run.recipe.seed, 42, 'of equals the first');
  const both = new Map([...found(sweep, 0, [0.2, 0.2, 0.2]), ...found(sweep, 1, [0.1, 0.1, 0.1])]);
  assert.equal(best(sweep, both)?.cell.value, 2);
  assert.equal(best(sweep, new Map([...found(sweep, 0, [NaN, 0.1, 0.3])]))?.outcome.heldOut, 0.1);
});

test('one sweep at a time, and every change is told', async () => {
  const { results, sweep, at } = workshop();
  assert.equal(sweep.failure, '');
  let changes = 0;
  sweep.addEventListener('change', () => (changes += 1));
  const [all, other] = [await plan(), await plan({ axis: 'hidden' })];
  sweep.start(all, results, 1);
  sweep.start(other, results, 3);
  assert.deepEqual([sweep.plan, at().length, changes], [all, 1, 1]);
  const [hand] = at();
  const { key, fields } = all.runs[0];
  assert.deepEqual(hand.asked, [{ type: 'run', key, fields, seeds: 1, on: 'cpu', from: [], until: 5, whole: false }]);
  hand.say({ type: 'progress', share: 0.25 });
  assert.deepEqual([changes, sweep.share(all.runs[0].key), sweep.share(all.runs[1].key)], [2, 0.25, 0]);
  // Of a run that it has been given before.
  hand.onmessage({ data: { type: 'progress', key: all.runs[5].key, share: 0.75 } });
  assert.deepEqual([changes, sweep.share(all.runs[0].key)], [2, 0.25]);
  hand.end(0.1);
  assert.equal(changes, 3);
  sweep.stop();
  assert.deepEqual([changes, sweep.share(all.runs[1].key)], [4, 0]);
  hand.onmessage({ data: { type: 'broken', message: 'late' } });
  assert.deepEqual([changes, sweep.failure], [4, '']);
});

test('a worker that cannot be started is told in words, and the next sweep begins without them', async () => {
  const { results, sweep, at } = workshop();
  const all = await plan();
  sweep.start(all, results, 1);
  let prevented = 0;
  at()[0].onerror({ preventDefault: () => (prevented += 1), message: '' });
  assert.deepEqual([sweep.failure, prevented], ['its worker could not be started', 1]);
  sweep.start(all, results, 1);
  assert.equal(sweep.failure, '');
  at()[0].say({ type: 'failed', message: 'unreachable' });
  assert.equal(sweep.failed.size, 1);
  sweep.stop();
  sweep.start(all, results, 1);
  assert.equal(sweep.failed.size, 0);
});

test('what is left is shared by the workers, and no shorter than what the longest is at', async () => {
  const { results, sweep, at } = workshop();
  sweep.start(await plan({ values: '1', seeds: '5' }), results, 2);
  at()[0].end(0.1, 4);
  // Two are on and two wait: 16 s of work for two.
  assert.equal(sweep.left, 8);
  at()[0].end(0.1, 4);
  at()[0].end(0.1, 4);
  assert.equal(sweep.left, 4, 'the last two are on');
  at()[0].say({ type: 'progress', share: 0.75 });
  assert.equal(sweep.left, 4, 'and one of them has all before it');
  while (sweep.plan) at()[0].end(0.1, 4);
  assert.equal(sweep.left, null, 'nothing is on');
  sweep.start(await plan({ axis: 'hidden', values: '7' }), results, 1);
  assert.equal(sweep.left, null, 'nothing of this one has been timed');
});

/** As a browser's, and refusing by name what it is told to. */
class FakeStorage {
  /** @type {Map<string, string>} */
  places = new Map();
  refusing = '';
  /** @param {string} key */
  getItem(key) {
    if (this.refusing === 'SecurityError') throw new DOMException('', this.refusing);
    return this.places.get(key) ?? null;
  }
  /** @param {string} key @param {string} text */
  setItem(key, text) {
    if (this.refusing) throw new DOMException('', this.refusing);
    this.places.set(key, text);
  }
}

/** @param {FakeStorage} storage */
const visit = (storage) => new SweepResults(() => /** @type {Storage} */ (/** @type {unknown} */ (storage)));

test('results and what was asked for are there again in the next visit, to the last bit', () => {
  const storage = new FakeStorage();
  const results = visit(storage);
  const odd = { heldOut: 0.1 + 0.2, heldOutError: 5e-324, draws: 10_000, mse: Math.fround(0.119), seconds: 1 / 3 };
  results.keep('d=2&m=1', odd);
  results.keep('d=2&m=2', { ...odd, heldOut: NaN, heldOutError: NaN, mse: Infinity });
  results.axis = 'm';
  results.ask('m', { values: '1, 2', seeds: '3', base: BASE });
  const again = visit(storage);
  assert.deepEqual(again.get('d=2&m=1'), odd);
  assert.deepEqual(again.get('d=2&m=2'), { ...odd, heldOut: NaN, heldOutError: NaN, mse: Infinity });
  assert.deepEqual([again.axis, again.asked('m'), again.asked('n')], ['m', { values: '1, 2', seeds: '3', base: BASE }, undefined]);
  assert.deepEqual([...storage.places.keys()], ['phi-psi sweeps 1']);
  assert.equal(again.refused, '');
});

test('two tabs do not wipe each other’s results', () => {
  const storage = new FakeStorage();
  const [one, other] = [visit(storage), visit(storage)];
  one.keep('d=1', outcome(0.1));
  other.keep('d=2', outcome(0.2));
  assert.match(storage.places.get(PLACE) ?? '', /\["d=1",.*\["d=2",/, 'from the oldest to the newest');
  assert.ok(other.get('d=1') && visit(storage).get('d=1') && visit(storage).get('d=2'));
});

test('what is forgotten is gone, and can be brought back', () => {
  const storage = new FakeStorage();
  const results = visit(storage);
  for (const key of ['d=1', 'd=2', 'd=3']) results.keep(key, outcome(0.1));
  const gone = results.forget(['d=1', 'd=3', 'd=4']);
  assert.deepEqual(
    gone.map(([key]) => key),
    ['d=1', 'd=3'],
  );
  assert.deepEqual(
    ['d=1', 'd=2', 'd=3'].map((key) => Boolean(visit(storage).get(key))),
    [false, true, false],
  );
  results.restore(gone);
  assert.ok(visit(storage).get('d=3'));
});

test('what is kept has a bound, and the oldest goes', () => {
  const storage = new FakeStorage();
  const results = visit(storage);
  const long = 'x'.repeat(3_000);
  for (let i = 0; i < 200; i += 1) results.keep(`d=${i}&rates=${long}`, outcome(0.1));
  const text = storage.places.get(PLACE) ?? '';
  assert.ok(text.length < 1.1 * MOST_LETTERS, `${text.length}`);
  const again = visit(storage);
  assert.ok(!again.get(`d=0&rates=${long}`) && again.get(`d=199&rates=${long}`));
  assert.ok(results.get(`d=0&rates=${long}`), 'in memory it stays');
});

test('storage that refuses or is full costs nothing but the next visit, and is told', () => {
  for (const [refusing, words] of /** @type {const} */ ([
    ['SecurityError', /lets the page keep nothing/],
    ['QuotaExceededError', /no more room/],
  ])) {
    const storage = new FakeStorage();
    storage.refusing = refusing;
    const results = visit(storage);
    results.keep('d=1', outcome(0.1));
    assert.match(results.refused, words);
    assert.ok(results.get('d=1'));
    storage.refusing = '';
    results.keep('d=2', outcome(0.2));
    assert.equal(results.refused, '');
    assert.ok(visit(storage).get('d=1'));
  }
});

test('damaged entries are dropped, and good ones beside them are not', () => {
  const good = ['d=1', 0.1, 0.01, 10_000, 0.2, 1];
  const bad = [
    null,
    1,
    [],
    ['d=2'],
    ['d=2', -1, 0, 1, 0, 0],
    ['d=2', 'x', 0, 1, 0, 0],
    ['d=2', 0, 0, 0, 0, 0],
    ['d=2', 0, 0, 1.5, 0, 0],
    ['d=2', 0, 0, 1, 0, 'NaN'],
    ['x'.repeat(5_000), 0, 0, 1, 0, 0],
    ['__proto__', 0, 0, 1, 0, 0],
    [['d=2'], 0, 0, 1, 0, 0],
  ];
  const askedBad = [
    null,
    ['m'],
    ['x', { values: '', seeds: '', base: null }],
    ['m', { values: 1, seeds: '', base: null }],
    ['m', { values: '', seeds: '', base: [] }],
    ['m', { values: '', seeds: '', base: { d: 2 } }],
  ];
  const storage = new FakeStorage();
  storage.places.set(
    PLACE,
    JSON.stringify({ axis: 'constructor', asked: [...askedBad, ['n', { values: '1', seeds: '2', base: null }]], found: [...bad, good] }),
  );
  const results = visit(storage);
  assert.deepEqual([results.axis, results.asked('m'), results.asked('n')?.values], ['n', undefined, '1']);
  assert.deepEqual([results.get('d=1')?.heldOut, results.get('d=2'), results.get('__proto__')], [0.1, undefined, undefined]);
  for (const text of ['', '{', 'null', '[]', '1', '{"found":{"length":3}}', '{"asked":"x"}']) {
    storage.places.set(PLACE, text);
    assert.deepEqual([visit(storage).get('d=1'), visit(storage).refused], [undefined, ''], text);
  }
});

test('what is kept is written in one form, and what cannot be written that way is dropped', () => {
  const storage = new FakeStorage();
  const results = visit(storage);
  results.axis = 'hidden';
  results.keep('d=1', { heldOut: 0, heldOutError: NaN, draws: 1, mse: Infinity, seconds: 0 });
  results.ask('epochs', { values: '3', seeds: '1', base: null });
  assert.equal(
    storage.places.get(PLACE),
    '{"axis":"hidden","asked":[["epochs",{"values":"3","seeds":"1","base":null}]],"found":[["d=1",0,"NaN",1,"Infinity",0]]}',
  );
  const read = (/** @type {any} */ kept) => {
    storage.places.set(PLACE, JSON.stringify(kept));
    const results = visit(storage);
    assert.equal(results.refused, '');
    return results;
  };
  const good = ['d=1', 0, 0, 1, 0, 0];
  for (const [at, value] of /** @type {[number, any][]} */ ([
    [0, 'e=1'],
    [1, -1],
    [1, null],
    [2, '1'],
    [2, 'nan'],
    [3, 'NaN'],
    [3, -1],
    [3, 2 ** 53],
    [5, 'Infinity'],
    [5, -1],
  ]))
    assert.equal(read({ found: [Object.assign([...good], { [at]: value })] }).get(String(good[0])), undefined, `${at}: ${value}`);
  assert.equal(read({ found: [[...good, 0]] }).get('d=1'), undefined);
  assert.deepEqual(read({ found: [good] }).get('d=1'), { heldOut: 0, heldOutError: 0, draws: 1, mse: 0, seconds: 0 });
  const long = `d=${'1'.repeat(3_998)}`;
  assert.ok(read({ found: [[long, 0, 0, 1, 0, 0]] }).get(long));
  assert.equal(read({ found: [[`${long}1`, 0, 0, 1, 0, 0]] }).get(`${long}1`), undefined);
  const base = (/** @type {number} */ many) => Object.fromEntries(Array.from({ length: many }, (_, i) => [`k${i}`, 'x']));
  const asked = { values: '1', seeds: '2', base: base(20) };
  assert.deepEqual(read({ asked: [['m', asked]] }).asked('m'), asked);
  for (const pair of [
    ['m', { ...asked, base: base(21) }],
    ['m', { ...asked, base: { [`k${'x'.repeat(4_000)}`]: 'x' } }],
    ['m', { ...asked, base: 'd=2' }],
    ['m', { ...asked, base: { d: '2', m: 2 } }],
    ['m', { ...asked, values: 1 }],
    ['m', { ...asked, seeds: null }],
    ['m', { ...asked }, 1],
    ['m', null],
    [['m'], asked],
  ])
    assert.equal(read({ asked: [pair] }).asked('m'), undefined, JSON.stringify(pair).slice(0, 60));
  assert.deepEqual([read({ axis: 'm' }).axis, read({ axis: ['m'] }).axis, read({ axis: 'x' }).axis], ['m', 'n', 'n']);
});

test('why results are not kept is a sentence, and what another tab found is not overwritten', () => {
  const storage = new FakeStorage();
  storage.refusing = 'SecurityError';
  const results = visit(storage);
  assert.equal(results.refused, 'This browser lets the page keep nothing, so the sweeps’ results are here only until it is closed.');
  storage.refusing = 'QuotaExceededError';
  results.keep('d=1', outcome(0.1));
  assert.equal(results.refused, 'The browser has no more room for this page, so new results of sweeps stay only until it is closed.');
  storage.refusing = '';
  const other = visit(storage);
  other.keep('d=1', outcome(0.5));
  results.keep('d=2', outcome(0.2));
  assert.equal(results.get('d=1')?.heldOut, 0.1, 'what is known here stays as it is');
  assert.equal(results.refused, '');
});

test('a map is every pair of values from every seed, in the order of the values, and a cell knows its best run', async () => {
  const setup = { axes: /** @type {const} */ (['m', 'hidden']), values: /** @type {const} */ (['4, 1', '64 8 16']), seeds: '2' };
  const plan = await mapped(setup, { ...BASE, seeds: '9' }, check);
  assert.deepEqual(plan.values, [
    [1, 4],
    [8, 16, 64],
  ]);
  assert.deepEqual(
    plan.rows.map((cells) => cells.map(({ runs }) => runs.map(({ recipe: { m, hidden, seed } }) => [m, hidden, seed].join()))),
    [
      [
        ['1,8,42', '1,8,43'],
        ['1,16,42', '1,16,43'],
        ['1,64,42', '1,64,43'],
      ],
      [
        ['4,8,42', '4,8,43'],
        ['4,16,42', '4,16,43'],
        ['4,64,42', '4,64,43'],
      ],
    ],
  );
  assert.deepEqual(
    plan.runs.slice(0, 7).map(({ recipe: { seed } }) => seed),
    [42, 42, 42, 42, 42, 42, 43],
  );
  const cell = plan.rows[1][2];
  const results = new Map([0.3, 0.1].map((error, i) => [cell.runs[i].key, outcome(error)]));
  assert.deepEqual([bestOf(cell, results)?.run.recipe.seed, bestOf(plan.cells[0], results)], [43, null]);
  const { over, summary: all } = known(cell, results, [1, 0.5, 0.25, 0.2, 0.1]);
  assert.deepEqual([over, all.median, all.done], [2, 0.2, 2]);
  assert.ok(Number.isNaN(known(cell, results, null).over));
  const { results: kept, sweep, at } = workshop();
  sweep.start(/** @type {any} */ (plan), kept, 2);
  while (sweep.plan) at()[0].end(0.1);
  assert.equal(kept.size, 12);
});
