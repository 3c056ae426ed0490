// @ts-check
/** The runs of many seeds without a browser: who trains them, what they come to, what is said and taken away of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gelu } from '../../www/common/gelu.js';
import { NOTEBOOK } from '../../www/common/notebook.js';
import { mean, shareBelow, spread, variance } from '../../www/common/statistics.js';
import { readSafetensors } from '../../www/common/safetensors.js';
import { allWeights, seedsCsv, seedsJson } from '../../www/export/seeds.js';
import { Average, averaged, drawn, normals, usable } from '../../www/view/seeds/average.js';
import { Ensemble } from '../../www/run/ensemble.js';
import {
  averageCells,
  averageWords,
  bandLines,
  bandWords,
  conclusion,
  fromBelow,
  isNotebooks,
  printedWords,
  seedsWords,
  spreadWords,
  tableOf,
} from '../../www/view/seeds/words.js';
import { cpu } from './module.mjs';
import { Scripted } from './scripted.mjs';

/** @typedef {import('../../www/common/protocol.js').Recipe} Recipe */

/** @param {number} seeds @param {{ workers?: number, recipe?: Partial<Recipe>, on?: 'cpu' | 'webgpu' }} [more] */
function workshop(seeds, { workers = 2, recipe = {}, on } = {}) {
  const start = Scripted.all.length;
  let changes = 0;
  const ensemble = new Ensemble({ ...NOTEBOOK, ...recipe, seeds }, () => (changes += 1), {
    on,
    launch: () => /** @type {any} */ (new Scripted()),
    workers,
    ahead: 1,
  });
  const all = () => Scripted.all.slice(start);
  return { ensemble, all, at: () => all().filter(({ ended }) => !ended), changes: () => changes };
}

/** @param {Scripted} hand */
const job = (hand) => hand.asked('run');

/** An outcome and the epochs' errors of the run that a worker is at: 1/epoch and twice that, times the seed. @param {Scripted} hand @param {object} [more] */
function ended(hand, more = {}) {
  const { key, from, until } = job(hand);
  const seed = Number(key);
  const before = from[0]?.epoch ?? 0;
  const epochs = Array.from({ length: until - before }, (_, i) => before + i + 1);
  const outcome = { heldOut: seed / 1000, heldOutError: 0.001, draws: 10_000, mse: seed / until, seconds: 0.5 };
  const checkpoint = { epoch: until, bytes: Uint8Array.of(seed), solved: false };
  const part = { mses: Float64Array.from(epochs, (epoch) => seed / epoch), heldOuts: Float64Array.from(epochs, (epoch) => (2 * seed) / epoch), checkpoint };
  return hand.say({ type: 'ended', key, results: [{ outcome, part, ...more }], took: 0.6 });
}

test('a spread is NumPy 2.4.6’s quantile, mean, and std(ddof=1) over the root of the count', () => {
  const near = (/** @type {number} */ ours, /** @type {number} */ theirs) =>
    assert.ok(Math.abs(ours - theirs) <= 1e-12 * Math.abs(theirs), `${ours} ${theirs}`);
  const many = Array.from({ length: 1_000 }, (_, i) => Math.sqrt((i * 7919) % 1009) / 7 + 1 / (i + 1));
  /** @type {[number[], number[]][]} */
  const golden = [
    [
      [0.25, 0.1],
      [0.1, 0.115, 0.175, 0.23500000000000001, 0.25, 0.175, 0.075],
    ],
    [
      [0.61, 0.8032, 0.55, 0.72, 0.4584, 0.795, 0.5888, 0.66, 1.21],
      [0.4584, 0.53168, 0.66, 0.8845600000000001, 1.21, 0.7106, 0.0728487779200478],
    ],
    [many, [0.14693877551020407, 1.4436478254437446, 3.2183737678730884, 4.311063501578087, 4.679639668093655, 3.032528907201883, 0.03386624361368864]],
  ];
  for (const [values, theirs] of golden) {
    const { least, low, median, high, most, mean, meanError, count } = spread(values);
    for (const [i, ours] of [least, low, median, high, most, mean, meanError].entries()) near(ours, theirs[i]);
    assert.equal(count, values.length);
  }
  assert.equal(spread([0.1, Infinity, 0.2]).median, 0.2);
  assert.ok(Number.isNaN(spread([]).median) && Number.isNaN(spread([1]).meanError));
  assert.equal(shareBelow([1, 2, 2, 3], 2), 0.25);
});

test('every seed is trained once, whole, from the beginning to the end, by as many workers as there may be', async () => {
  const { ensemble, all, at, changes } = workshop(5);
  assert.equal(ensemble.state, 'paused');
  ensemble.train(Infinity);
  assert.equal(at().length, 2);
  assert.equal(ensemble.state, 'running');
  assert.deepEqual(job(at()[0]), {
    type: 'run',
    key: '42',
    fields: { d: '2', m: '16', hidden: '64', n: '1024', batch: '64', epochs: '5', lr: '0.001', seed: '42' },
    seeds: 1,
    on: 'cpu',
    from: [],
    until: 5,
    whole: true,
  });
  while (at().length > 0) await ended(at()[0]);
  assert.deepEqual(
    all()
      .flatMap(({ told }) => told.map(({ key }) => Number(key)))
      .sort(),
    [42, 43, 44, 45, 46],
  );
  assert.deepEqual([ensemble.state, ensemble.done, all().length, changes()], ['done', 5, 2, 5]);
  assert.deepEqual(
    ensemble.heldOut,
    [42, 43, 44, 45, 46].map((seed) => ({ seed, value: seed / 1000 })),
  );
  assert.deepEqual(ensemble.effort, { epochs: 25, seconds: 1.25 });
  const { median, low, most, count } = ensemble.at('heldOuts', 2);
  assert.deepEqual([median, most, count], [44, 46, 5]);
  assert.ok(Math.abs(low - 42.4) < 1e-12);
});

test('what they come to is over those that have got there, and what diverged counts as infinite', async () => {
  const { ensemble, at } = workshop(3, { workers: 1 });
  ensemble.train(Infinity);
  await at()[0].say({
    type: 'progress',
    key: '42',
    share: 0.4,
    at: 0,
    parts: [{ mses: Float64Array.of(3, 2), heldOuts: Float64Array.of(6, 4), checkpoint: null }],
  });
  assert.deepEqual([ensemble.reached, ensemble.at('mses', 1).count, ensemble.at('mses', 2).median, ensemble.at('mses', 3).count], [2, 1, 2, 0]);
  assert.equal(ensemble.saved(42), null, 'nothing is kept of it yet');
  const part = { mses: Float64Array.of(1, NaN), heldOuts: Float64Array.of(2, NaN), checkpoint: null };
  const outcome = { heldOut: NaN, heldOutError: NaN, draws: 10_000, mse: NaN, seconds: 1 };
  await at()[0].say({ type: 'ended', key: '42', results: [{ outcome, part }], took: 1 });
  assert.deepEqual([ensemble.member(42).diverged, ensemble.member(42).epochs], [true, 4]);
  assert.deepEqual(ensemble.values('mses', 5), [Infinity]);
  while (at().length > 0) await ended(at()[0]);
  assert.deepEqual(ensemble.values('mses', 4), [Infinity, 43 / 4, 44 / 4]);
  assert.equal(ensemble.state, 'done');
});

test('a pause ends the workers, and each run goes on from its last checkpoint', async () => {
  const { ensemble, at } = workshop(3, { workers: 2 });
  ensemble.train(Infinity);
  await ended(at()[0]);
  const checkpoint = { epoch: 1, bytes: Uint8Array.of(7), solved: false };
  await at()[1].say({ type: 'progress', key: '43', share: 0.6, at: 0, parts: [{ mses: Float64Array.of(3), heldOuts: Float64Array.of(6), checkpoint }] });
  await at()[1].say({ type: 'progress', key: '43', share: 0.8, at: 0, parts: [{ mses: Float64Array.of(2), heldOuts: Float64Array.of(4), checkpoint: null }] });
  ensemble.pause();
  assert.deepEqual([at().length, ensemble.state, ensemble.done, ensemble.member(43).epochs], [0, 'paused', 1, 1]);
  ensemble.resume();
  const jobs = at().map(job);
  assert.deepEqual(jobs.map(({ key, from }) => [key, from[0]?.epoch, from[0]?.first]).sort(), [
    ['43', 1, 3],
    ['44', undefined, undefined],
  ]);
  while (at().length > 0) await ended(at()[0]);
  assert.deepEqual([...ensemble.member(43).mses], [3, 43 / 2, 43 / 3, 43 / 4, 43 / 5]);
  assert.equal(ensemble.state, 'done');
});

test('a step takes all of them one epoch on, and they are measured there', async () => {
  const { ensemble, at } = workshop(2, { workers: 1 });
  for (const epoch of [1, 2]) {
    ensemble.train(epoch);
    assert.equal(job(at()[0]).until, epoch);
    while (at().length > 0) await ended(at()[0]);
    assert.deepEqual([ensemble.state, ensemble.done, ensemble.reached], ['paused', 2, epoch]);
  }
  ensemble.resume();
  assert.deepEqual([job(at()[0]).from[0].epoch, job(at()[0]).until, ensemble.done], [2, 5, 0]);
});

test('a run that kills its worker is tried once more, and then left; the others go on', async () => {
  const { ensemble, at, all } = workshop(2, { workers: 1 });
  ensemble.train(Infinity);
  await at()[0].say({ type: 'failed', key: '42', message: 'unreachable' });
  await ended(at()[0]);
  await at()[0].say({ type: 'failed', key: '42', message: 'unreachable' });
  assert.deepEqual([ensemble.member(42).failed, ensemble.done, ensemble.state, all().length], ['unreachable', 1, 'done', 2]);
  const between = workshop(2, { workers: 1 });
  between.ensemble.train(Infinity);
  await ended(between.at()[0]);
  // Before it has heard of the next one.
  await between.at()[0].say({ type: 'failed', key: '42', message: 'lost' });
  assert.deepEqual([between.all().length, job(between.at()[0]).key], [2, '43']);
  await ended(between.at()[0]);
  assert.deepEqual([between.ensemble.done, between.ensemble.state], [2, 'done']);
  const known = { seed: 43, epochs: 5, mses: new Float64Array(5), heldOuts: new Float64Array(5), checkpoint: null, diverged: false, seconds: 1 };
  const outcome = { heldOut: 0.1, heldOutError: 0.01, draws: 1, mse: 0.1, seconds: 1 };
  const again = new Ensemble({ ...NOTEBOOK, seeds: 3 }, () => {}, { launch: () => /** @type {any} */ (new Scripted()), found: [{ ...known, outcome }] });
  assert.deepEqual([again.known, again.done, ensemble.known], [1, 1, 0]);
  const early = { ...known, epochs: 1, outcome };
  const stepped = new Ensemble({ ...NOTEBOOK, seeds: 3 }, () => {}, { launch: () => /** @type {any} */ (new Scripted()), found: [early] });
  assert.equal(stepped.known, 0, 'what was measured on the way is trained on');
  const broken = workshop(2);
  broken.ensemble.train(Infinity);
  await broken.at()[0].say({ type: 'broken', message: 'no module' });
  assert.deepEqual([broken.ensemble.failure, broken.ensemble.state, broken.at().length], ['no module', 'done', 0]);
});

test('on WebGPU many are a job, which goes on from its checkpoints after a pause, all of one epoch; where it fails the CPU does', async () => {
  const { ensemble, at, all } = workshop(130, { recipe: { epochs: 1 }, on: 'webgpu' });
  ensemble.train(Infinity);
  assert.deepEqual(
    at()
      .map(job)
      .map(({ key, seeds, on }) => [key, seeds, on]),
    [['42', 128, 'webgpu']],
  );
  const part = (/** @type {number} */ mse) => ({ mses: Float64Array.of(mse), heldOuts: Float64Array.of(2 * mse), checkpoint: null });
  await at()[0].say({ type: 'progress', key: '42', share: 0.1, at: 64, parts: [part(1), part(2)] });
  assert.deepEqual([ensemble.member(106).mses[0], ensemble.member(107).heldOuts[0], ensemble.reached], [1, 4, 1]);
  ensemble.pause();
  assert.equal(ensemble.reached, 0, 'nothing was kept yet');
  ensemble.resume();
  assert.deepEqual(job(at()[0]).from, []);
  const outcome = { heldOut: 1, heldOutError: 0.1, draws: 10_000, mse: 1, seconds: 0.01 };
  const whole = (/** @type {number} */ seed) => ({ outcome, part: { ...part(seed), checkpoint: { epoch: 1, bytes: Uint8Array.of(1), solved: false } } });
  await at()[0].say({ type: 'ended', key: '42', results: Array.from({ length: 128 }, (_, i) => whole(42 + i)), took: 1 });
  assert.deepEqual([ensemble.done, ensemble.member(100).mses[0], job(at()[0]).key, job(at()[0]).seeds], [128, 100, '170', 2]);
  await at()[0].say({ type: 'failed', key: '170', message: 'lost' });
  assert.deepEqual(job(at()[0]), { ...job(at()[0]), key: '170', seeds: 1, on: 'cpu' });
  while (at().length > 0) await ended(at()[0]);
  assert.deepEqual([ensemble.state, ensemble.done], ['done', 130]);

  const long = workshop(5, { on: 'webgpu' });
  long.ensemble.train(Infinity);
  const kept = (/** @type {number} */ epoch) => ({ ...part(epoch), checkpoint: { epoch, bytes: Uint8Array.of(epoch), solved: false } });
  await long.at()[0].say({ type: 'progress', key: '42', share: 0.2, at: 0, parts: [1, 1, 1, 1, 1].map(kept) });
  await long.at()[0].say({ type: 'progress', key: '42', share: 0.3, at: 0, parts: [2, 2].map(kept) });
  await long.at()[0].say({ type: 'progress', key: '42', share: 0.4, at: 0, parts: [part(3)] });
  long.ensemble.pause();
  assert.deepEqual(
    long.ensemble.members.map(({ epochs }) => epochs),
    [2, 2, 1, 1, 1],
  );
  long.ensemble.resume();
  const [two] = long.at().map(job);
  assert.deepEqual(
    [two.key, two.seeds, two.from.map((/** @type {any} */ { epoch, first }) => [epoch, first])],
    [
      '42',
      2,
      [
        [2, 1],
        [2, 1],
      ],
    ],
  );
  await long.at()[0].say({ type: 'failed', key: '42', message: 'lost' });
  assert.deepEqual(
    long
      .at()
      .map(job)
      .map(({ key, seeds, on, from }) => [key, seeds, on, from[0].epoch])[0],
    ['44', 3, 'webgpu', 1],
    'what was planned before goes on there',
  );
  await long.at()[0].say({ type: 'broken', message: 'no adapter' });
  assert.deepEqual([long.ensemble.failure, long.ensemble.state], ['', 'running'], 'and on the CPU where WebGPU is gone');
  assert.deepEqual(new Set(long.at().map((worker) => job(worker).on)), new Set(['cpu']));

  const without = workshop(3, { recipe: { epochs: 1 }, on: 'webgpu' });
  without.ensemble.train(Infinity);
  await without.at()[0].say({ type: 'broken', message: 'no adapter' });
  assert.deepEqual([without.ensemble.failure, without.ensemble.state, job(without.at()[0]).on], ['', 'running', 'cpu']);
  assert.ok(all().length > 1);
  const solved = workshop(3, { recipe: { epochs: 1, solve: '1:64' }, on: 'webgpu' });
  solved.ensemble.train(Infinity);
  assert.deepEqual([job(solved.at()[0]).seeds, job(solved.at()[0]).on], [1, 'webgpu']);
});

test('a run among many is saved as it would be opened, with the notebook’s lines', async () => {
  const { ensemble, at } = workshop(2, { workers: 1 });
  ensemble.train(2);
  while (at().length > 0) await ended(at()[0]);
  const saved = ensemble.saved(43);
  assert.deepEqual(saved?.history, [
    { epoch: 1, mse: 43, heldOut: 86, line: 'Epoch 1: MSE = 43.0000' },
    { epoch: 2, mse: 21.5, heldOut: 43, line: 'Epoch 2: MSE = 21.5000' },
  ]);
  assert.deepEqual([saved?.fields.seed, saved?.fields.seeds, saved?.checkpoint.epoch, saved?.seconds], ['43', undefined, 2, 0.5]);
});

test('where the notebook’s printed run lies is said of the notebook’s recipe alone', () => {
  assert.ok(isNotebooks(NOTEBOOK) && isNotebooks({ ...NOTEBOOK, seed: 7, epochs: 30, seeds: 1000 }));
  assert.ok(!isNotebooks({ ...NOTEBOOK, hidden: 65 }) && !isNotebooks({ ...NOTEBOOK, fresh: '1' }));
  const of = (/** @type {number} */ below, /** @type {number} */ all, /** @type {number} */ limit) =>
    Array.from({ length: all }, (_, i) => (i < below ? limit / 2 : 2 * limit));
  assert.equal(
    printedWords([of(93, 100, 0.8032), of(1, 2, 0.2772), of(1, 2, 0.1711), of(1, 2, 0.1388), of(999, 1000, 0.119), of(1, 2, 1)]),
    'The run that the notebook has printed in it begins with 0.8032, higher than 93\u00a0% of 100 seeds in epoch 1, and ends with 0.1190, higher than 99\u00a0% of 1,000 seeds in epoch 5.',
  );
  assert.equal(
    printedWords([of(1, 1000, 0.8032)]),
    'The run that the notebook has printed in it begins with 0.8032, higher than 1\u00a0% of 1,000 seeds in epoch 1.',
  );
  assert.equal(printedWords([]), '');
  const all = spread([0.1, 0.2, 0.3]);
  assert.deepEqual([bandWords(all), spreadWords(all)], ['0.1200–0.2800', 'median 0.2000, 10–90 % 0.1200–0.2800']);
});

test('what all seeds come to is told with mean, standard error, median, band and ends, and what is lost of them', () => {
  const members = [{}, {}, {}, {}, {}, { diverged: true }, { failed: true }, { failed: true }];
  const told = (/** @type {number[]} */ values, more = {}) => {
    const heldOut = values.map((value, i) => ({ seed: 42 + i, value }));
    return seedsWords(/** @type {any} */ ({ heldOut, members, recipe: NOTEBOOK, known: 0, failure: '', ...more }));
  };
  // The sum of squares from 0.6 is 1.3: √(1.3 / 4 / 5) = 0.25495. A tenth is 0.4 of the way from 0.1 to 0.2, nine tenths are 0.6 of that from 0.8 to 1.5.
  const all =
    'Held-out MSE over 5 of 8 seeds (seed 42 to 49): mean 0.6000 ± 0.2550 (standard error), median 0.4000, 10–90 % 0.1400–1.220, from 0.1000 to 1.500.';
  assert.equal(told([0.8, 0.1, 1.5, 0.2, 0.4]), `${all} 1 diverged. 2 could not be trained.`);
  assert.equal(
    told([0.8, 0.1, 1.5, 0.2, 0.4], { known: 3, members: members.slice(0, 5), failure: 'The worker died.' }),
    `${all.replace('8 seeds (seed 42 to 49)', '5 seeds (seed 42 to 46)')} 3 of them were trained before, and kept. The worker died.`,
  );
  assert.equal(told([0.8], { members: members.slice(0, 2) }), 'Held-out MSE over 1 of 2 seeds (seed 42 to 43).');
});

test('runs stand from the lowest to the highest, those that are not finite above all others by their seeds', () => {
  const points = [3, NaN, 1, Infinity, 2, NaN, 1].map((value, i) => ({ seed: 42 + i, value }));
  assert.deepEqual(
    fromBelow(points).map(({ seed }) => seed),
    [44, 48, 46, 42, 43, 45, 47],
  );
});

test('each epoch of all seeds has its line beside the log and its row in the table', () => {
  const of = (/** @type {number} */ count, /** @type {number[]} */ ...[mean, meanError, low, median, high]) => {
    return { count, mean, meanError, least: 0.001, low, median, high, most: 9 };
  };
  const columns = [
    { epoch: 1, mses: of(1_000, 0.5, 0.0123, 0.25, 0.45, 0.75), heldOuts: of(1_000, 0.6, 0.02, 0.3, 0.55, 0.8) },
    { epoch: 3, mses: of(20, 0.125, 0.001, 0.1, 0.12, 0.2), heldOuts: of(20, 0.15, 0.002, 0.11, 0.14, 0.25) },
    { epoch: 1_204, mses: of(1, 0.05, NaN, 0.05, 0.05, 0.05), heldOuts: of(1, 0.06, NaN, 0.06, 0.06, 0.06) },
  ];
  assert.equal(bandLines(columns, 4), '0.2500–0.7500\n\n0.1000–0.2000\n');
  assert.equal(bandLines([{ ...columns[2], epoch: 1 }], 1), '', 'of one run there is no band');
  assert.deepEqual(tableOf(columns, 1_000), {
    caption: '1,000 seeds, epoch by epoch: means with their standard errors.',
    rows: [
      ['1', '0.5000 ± 0.01230', '0.4500', '0.2500–0.7500', '0.6000 ± 0.02000', '0.5500', '0.3000–0.8000', '1,000'],
      ['3', '0.1250 ± 0.001000', '0.1200', '0.1000–0.2000', '0.1500 ± 0.002000', '0.1400', '0.1100–0.2500', '20'],
      ['1,204', '0.05000', '0.05000', '0.05000–0.05000', '0.06000', '0.06000', '0.06000–0.06000', '1'],
    ],
  });
});

test('the mean of all runs is told beside what each has alone, with how many times better that is, and the floor of their width', () => {
  const points = [
    { runs: 1, mse: 0.09, alone: 0.09 },
    { runs: 4, mse: 0.05, alone: 0.0921 },
  ];
  const floors = Array.from({ length: 20 }, (_, m) => 1 / (m + 1));
  const chance = 'What their errors have of chance cancels, and what they have in common stays.';
  const told = 'The mean of 4 runs’ outputs has an MSE of 0.05000, where each alone has 0.09210 on the same draws';
  // Three wide, four of them: 1/13.
  assert.equal(conclusion(points, floors, 3, false), `${told}: 1.8 times better. ${chance} Together they are 12 wide: the floor of that width is 0.07692.`);
  for (const none of [[], floors.slice(0, 12), floors.map(() => NaN), floors.map(() => 0)])
    assert.equal(conclusion(points, none, 3, false), `${told}: 1.8 times better. ${chance}`);
  assert.equal(
    conclusion([{ runs: 4, mse: 0.05, alone: 1 }], [], 3, true),
    'The mean of 4 runs’ outputs has an MSE of 0.05000, where each alone has 1.000 on the same draws, which are of all rows and inputs of the layer, ' +
      `those that a run has trained on among them: 20 times better. ${chance}`,
  );
  assert.deepEqual(averageCells(points[1], floors[12]), ['4', '0.05000', '0.09210', '0.07692']);
  assert.equal(averageWords(points[1], floors[12]), '4 runs: 0.05000, alone 0.09210, floor 0.07692');
  assert.equal(averageWords(points[0], undefined), '1 run: 0.09000, alone 0.09000, floor –');
  assert.equal(averageCells(points[0], NaN)[3], '–');
});

test('draws to average on are standard normal, with GELU’s exact outputs', () => {
  const { W, x, y } = drawn({ d: 2 }, normals(42));
  assert.deepEqual([W.length, x.length, y.length], [40_000, 20_000, 20_000]);
  for (const values of [W, x]) assert.ok(Math.abs(mean(values)) < 0.03 && Math.abs(variance(values) - 1) < 0.03);
  for (const draw of [0, 9_999]) {
    const z = W[4 * draw + 2] * x[2 * draw] + W[4 * draw + 3] * x[2 * draw + 1];
    assert.equal(y[2 * draw + 1], gelu(z));
  }
  assert.notDeepEqual(drawn({ d: 2 }, normals(43), 10).x, drawn({ d: 2 }, normals(42), 10).x);
  assert.equal(drawn({ d: 64 }, normals(1)).x.length, 512 * 64);
  const folded = drawn({ d: 1, target: 'relu' }, normals(3), 9);
  assert.deepEqual(
    [...folded.y],
    Array.from(folded.W, (w, i) => Math.max(0, w * folded.x[i])),
  );
});

test('averaged are the runs that have ended and have weights', () => {
  const [outcome, checkpoint] = [{ ended: true }, { epoch: 2 }];
  const members = [
    { outcome, checkpoint },
    { outcome, checkpoint: null },
    { outcome: null, checkpoint },
    { outcome: null, checkpoint: null },
  ];
  assert.deepEqual(usable(/** @type {any} */ (members)), members.slice(0, 1));
});

test('averaged outputs are held to y after one, two, four and all runs', () => {
  const average = new Average([0, 0], 5);
  for (const outputs of [
    [1, 1],
    [-1, 1],
    [3, -1],
    [1, 3],
    [1, 1],
  ])
    average.add(outputs);
  assert.deepEqual(average.points, [
    { runs: 1, mse: 1, alone: 1 },
    { runs: 2, mse: 0.5, alone: 1 },
    { runs: 4, mse: 1, alone: 3 },
    { runs: 5, mse: 1, alone: (1 + 1 + 5 + 5 + 1) / 5 },
  ]);
  const other = new Average([1, -2], 2);
  other.add([1.5, -2]);
  other.add([1.5, -3]);
  assert.deepEqual(other.points, [
    { runs: 1, mse: 0.125, alone: 0.125 },
    { runs: 2, mse: 0.25, alone: (0.125 + 0.625) / 2 },
  ]);
});

test('the real runs of three seeds: their average, and one file of all their weights', async () => {
  const engine = await cpu();
  const { ensemble, at } = workshop(3, { workers: 1, recipe: { m: 4, hidden: 8, n: 100, batch: 10, epochs: 2 } });
  ensemble.train(Infinity);
  /** @type {Map<number, Awaited<ReturnType<typeof engine.Session.open>>>} */
  const sessions = new Map();
  while (at().length > 0) {
    const { fields } = job(at()[0]);
    const session = await engine.Session.open(fields);
    while (!session.done) {
      session.queue(1_000, 2);
      await session.collect();
    }
    sessions.set(Number(fields.seed), session);
    const bytes = await session.checkpoint();
    assert.ok(bytes);
    const part = { mses: Float64Array.of(0.5, 0.25), heldOuts: Float64Array.of(1, 0.5), checkpoint: { epoch: 2, bytes, solved: false } };
    await ended(at()[0], { part });
  }
  const { tensors, metadata } = readSafetensors(allWeights(ensemble));
  assert.deepEqual([metadata.seeds_of_runs, metadata.epochs_of_runs, metadata.hidden], ['42,43,44', '2,2,2', '8']);
  assert.equal(tensors.size, 8);
  for (const [i, session] of [...sessions.values()].entries()) {
    for (const [name, { shape, values }] of readSafetensors(await session.weightsFile({})).tensors) {
      const all = tensors.get(name);
      assert.deepEqual(all?.shape, [3, ...shape]);
      assert.deepEqual(all?.values.slice(i * values.length, (i + 1) * values.length), values);
    }
  }
  const predict = async (
    /** @type {{ checkpoint: Uint8Array, fields: import('../../www/common/protocol.js').Fields, W: Float32Array, x: Float32Array }} */ asked,
  ) => {
    const session = await engine.Session.open(asked.fields, undefined, asked.checkpoint);
    return session.predict(asked.W, asked.x);
  };
  let last;
  for await (const news of averaged(ensemble, null, predict)) last = news;
  assert.deepEqual([last?.done, last?.of, last?.points.map(({ runs }) => runs)], [3, 3, [1, 2, 3]]);
  const { W, x, y } = drawn({ d: 2 }, normals(42));
  const outputs = await Promise.all([...sessions.values()].map((session) => session.predict(W, x)));
  const together = y.reduce((sum, value, i) => sum + (outputs.reduce((all, own) => all + own[i], 0) / 3 - value) ** 2, 0) / y.length;
  assert.ok(Math.abs((last?.points[2].mse ?? 0) - together) < 1e-12);
  const before = ensemble.members.map(({ checkpoint }) => checkpoint?.bytes);
  /** @type {Uint8Array[]} */
  const asked = [];
  const goesOn = averaged(ensemble, null, async ({ checkpoint }) => {
    asked.push(checkpoint);
    return y;
  });
  for await (const _ of goesOn) ensemble.member(43).checkpoint = { epoch: 3, bytes: Uint8Array.of(3), solved: false };
  assert.ok(asked.length === 3 && asked.every((bytes, i) => bytes === before[i]), 'all as they were at the beginning');
  ensemble.member(43).outcome = null;
  for await (const news of averaged(ensemble, null, predict)) last = news;
  assert.equal(last?.of, 2, 'what is under way is not averaged with what has ended');
});

test('all figures as CSV and JSON, run by run', async () => {
  const { ensemble, at } = workshop(2, { workers: 1, recipe: { epochs: 2 } });
  ensemble.train(Infinity);
  await ended(at()[0]);
  const rows = seedsCsv(ensemble).trim().split('\r\n');
  assert.equal(
    rows[0],
    'seed,epochs,held-out MSE,its standard error,held-out draws,seconds,"train MSE, epoch 1","train MSE, epoch 2","validation MSE, epoch 1","validation MSE, epoch 2"',
  );
  assert.deepEqual(rows.slice(1), ['42,2,0.042,0.001,10000,0.5,42,21,84,42', '43,0,,,,0,,,,']);
  const { recipe, runs } = JSON.parse(seedsJson(ensemble));
  assert.deepEqual([recipe.seeds, runs.length, runs[0].trainMse, runs[0].heldOut.mse, runs[1].heldOut], [2, 2, [42, 21], 0.042, null]);
});

test('few runs are shared out among all workers, and take the seconds of as many as there are', async () => {
  const shared = (/** @type {number} */ seeds, /** @type {number} */ workers) => {
    const start = Scripted.all.length;
    const launch = () => /** @type {any} */ (new Scripted());
    const ensemble = new Ensemble({ ...NOTEBOOK, epochs: 1, seeds }, () => {}, { launch, workers, ahead: 4 });
    ensemble.train(Infinity);
    return { ensemble, hands: Scripted.all.slice(start) };
  };
  const given = (/** @type {number} */ seeds, /** @type {number} */ workers) => shared(seeds, workers).hands.map(({ types }) => types.length);
  assert.deepEqual(
    [given(3, 7), given(8, 7), given(8, 2), given(100, 3)],
    [
      [1, 1, 1],
      [1, 1, 1, 1, 1, 1, 1],
      [4, 2],
      [4, 4, 4],
    ],
  );
  const { ensemble, hands } = shared(2, 7);
  for (const hand of hands) await ended(hand);
  assert.deepEqual(ensemble.effort, { epochs: 2, seconds: 0.5 });
});

test('a worker has its next runs before it has ended the first, and gives them back when it dies', async () => {
  const start = Scripted.all.length;
  const launch = () => /** @type {any} */ (new Scripted());
  const ensemble = new Ensemble({ ...NOTEBOOK, epochs: 1, seeds: 5 }, () => {}, { launch, workers: 1, ahead: 2 });
  ensemble.train(Infinity);
  const keys = (/** @type {Scripted} */ hand) => hand.told.map(({ key }) => key);
  const [first] = Scripted.all.slice(start);
  assert.deepEqual(keys(first), ['42', '43']);
  const result = {
    outcome: { heldOut: 1, heldOutError: 0.1, draws: 1, mse: 1, seconds: 1 },
    part: { mses: Float64Array.of(1), heldOuts: Float64Array.of(1), checkpoint: { epoch: 1, bytes: Uint8Array.of(1), solved: false } },
  };
  await first.say({ type: 'ended', key: '43', results: [result], took: 1 });
  assert.equal(ensemble.done, 0, 'the first comes first');
  await first.say({ type: 'ended', key: '42', results: [result], took: 1 });
  assert.deepEqual([keys(first), ensemble.done], [['42', '43', '44'], 1]);
  await first.say({ type: 'failed', key: '43', message: 'unreachable' });
  const [, second] = Scripted.all.slice(start);
  assert.deepEqual(keys(second), ['44', '45']);
  for (const key of ['44', '45', '46', '43']) await second.say({ type: 'ended', key, results: [result], took: 1 });
  assert.deepEqual([ensemble.state, ensemble.done], ['done', 5]);
});
