// @ts-check
/** The functions that can be learned, the methods side by side, the copies and the atlas: what is told of them is what the module's figures, or figures computed here, say. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { keyOf } from '../../www/common/recipe.js';
import { demoText } from '../../www/common/print.js';
import { targetOf, yardstickOf } from '../../www/common/targets.js';
import { codeOf } from '../../www/export/target-code.js';
import {
  accuracies,
  atlasRows,
  atlasWords,
  floorAt as atlasFloor,
  floorCells,
  knees,
  read,
  readingWords,
  widthFor,
  written,
} from '../../www/view/limits/atlas.js';
import { consistencyWords, floorAt, means, methodRows, points, pointWords, rows, split, splitWords, untrained } from '../../www/view/limits/methods.js';
import { cpu, evaluated, lab, trained } from './module.mjs';

/** @typedef {import('../../www/common/lab-protocol.js').MethodCourse} MethodCourse */

const module = await lab();
const engine = await cpu();

const CHOICES = keyOf('target').choices ?? [];
const FIELDS = { d: '2', m: '4', hidden: '16', n: '256', batch: '32', epochs: '3', lr: '0.003', seed: '7' };

/** @template Result @param {{ advance: (blocks: number) => number, finish: () => Result }} work */
function finished(work) {
  while (work.advance(64) < 1);
  return work.finish();
}

test('every function of the recipe is known by name, in PyTorch and in TeX, and is the module’s', async () => {
  assert.equal(CHOICES.length, 9);
  for (const target of CHOICES) {
    assert.ok(codeOf({ target }).torch && codeOf({ target }).tex, target);
    const { shown, at } = targetOf({ target });
    assert.ok(shown);
    const { session } = await trained(engine, { ...FIELDS, target }, { until: 0 });
    const { z, y } = await session.sample(200);
    for (const [i, value] of y.entries()) assert.ok(Math.abs(at(z[i]) - value) < 2e-6 * Math.max(1, Math.abs(value)), `${target}(${z[i]}) is ${value}`);
  }
  assert.equal(targetOf({}).shown, 'GELU');
  assert.equal(yardstickOf({}).shown, 'GELU_tanh');
  assert.equal(yardstickOf({ target: 'relu' }).shown, 'ReLU');
});

test('a run of another function learns it, and its print says so', async () => {
  for (const target of ['relu', 'sin', 'square']) {
    const fields = { ...FIELDS, target, m: '8', hidden: '64', n: '2048', epochs: '40' };
    const { session, history } = await trained(engine, fields);
    assert.ok(history[39].mse < 0.2 * history[0].mse, `${target}: ${history[0].mse} and ${history[39].mse}`);
    const { mse, rmse, rmseYardstick } = await evaluated(session);
    assert.ok(Math.abs(rmseYardstick / rmse - 1) < 1e-5, 'it is compared with what it learns');
    const floor = module.floors(2, 8, target)[8];
    assert.ok(mse > floor, `${target}: ${mse}, ${floor} at the least`);
    const comparison = await session.compare(0);
    const text = demoText(comparison, { target });
    const { shown, at } = targetOf({ target });
    assert.match(text, new RegExp(`^==== Neural φ/ψ Linearization of ${shown} ====`));
    assert.match(text, new RegExp(`\\n${shown}\\(x'\\) +=`));
    assert.match(text, new RegExp(`vs ${shown} = \\d\\.\\d{5}$`));
    for (const [i, z] of [...comparison.wx].entries()) assert.ok(Math.abs(comparison.yardstick[i] - at(z)) < 1e-5);
  }
});

test('a run that does not say is GELU’s, to the last bit', async () => {
  const [one, other] = await Promise.all([FIELDS, { ...FIELDS, target: 'gelu' }].map((fields) => trained(engine, fields)));
  assert.deepEqual(
    one.history.map(({ mse }) => mse),
    other.history.map(({ mse }) => mse),
  );
  const relu = await trained(engine, { ...FIELDS, target: 'relu' });
  assert.notEqual(relu.history[0].mse, one.history[0].mse);
});

test('Solve of another function is near its floor, and of z² its hidden layers are what is missing', () => {
  const solved = (/** @type {string} */ target, hidden = '128') => {
    const work = module.Solve.open({ ...FIELDS, target, m: '3', hidden }, undefined, 2048);
    while (work.advance(64) < 1);
    return work.finish();
  };
  const measured = (/** @type {string} */ target, /** @type {Uint8Array} */ file) => {
    const work = module.Population.open(file, 3, 200_000, target);
    while (work.advance(64) < 1);
    return work.finish();
  };
  for (const target of ['relu', 'tanh', 'softplus', 'abs']) {
    const { mse } = measured(target, solved(target).file);
    const floor = module.floors(2, 3, target)[3];
    assert.ok(mse > floor * 0.98 && mse < floor + 0.05, `${target}: ${mse}, ${floor} at the least`);
  }
  assert.deepEqual([...module.floors(2, 4, 'square')].slice(3), [0, 0]);
  const [narrow, wide] = [measured('square', solved('square', '16').file), measured('square', solved('square', '256').file)];
  assert.ok(narrow.mse > wide.mse && wide.mse > 0, `${narrow.mse} and ${wide.mse}`);
});

/** @type {Map<string, readonly MethodCourse[]>} */
const known = new Map();

/** @param {string} target @param {number} radius */
function courses(target, radius) {
  const key = `${target}/${radius}`;
  const found = known.get(key) ?? finished(module.Methods.open({ ...FIELDS, target }, radius, [])).courses;
  known.set(key, found);
  return found;
}

test('no method is below the floor of its width, and each has its reason where it is none', () => {
  for (const [target, radius] of /** @type {[string, number][]} */ ([
    ['gelu', 1],
    ['gelu', Infinity],
    ['relu', 2],
    ['sin', 1],
    ['square', Infinity],
  ])) {
    const all = courses(target, radius);
    for (const { name, m, mse, standardError, finite } of points(all)) {
      const floor = floorAt(all, m);
      if (finite && Number.isFinite(floor)) assert.ok(mse + 4 * standardError >= floor * 0.9999 - 1e-15, `${target}, ${name}, ${m}: ${mse} below ${floor}`);
    }
    for (const { name, cells } of rows(all)) assert.ok(name && cells.length === 4 && cells.every(Boolean), name);
  }
  const relu = Object.fromEntries(rows(courses('relu', 2)).map(({ name, cells }) => [name, cells[3]]));
  assert.match(relu['the Taylor series'], /^none: relu has no Taylor series about 0/);
  assert.match(relu['random Fourier features'], /^none: the Fourier transform of relu falls too slowly/);
  const gelu = Object.fromEntries(rows(courses('gelu', Infinity)).map(({ name, cells }) => [name, cells]));
  assert.equal(gelu['random Fourier features'][1], 'infinite');
  assert.match(gelu['random Fourier features'][3], /with an infinite variance over all w and x$/);
  assert.doesNotMatch(rows(courses('square', Infinity)).find(({ name }) => /Maclaurin/.test(name))?.cells[3] ?? '', /infinite/);
});

test('of random features the error falls like 1/k', () => {
  // Those through the Fourier transform have tails so long that 48 rounds know their variance roughly.
  for (const [method, most] of /** @type {[string, number][]} */ ([
    ['maclaurin', 1.5],
    ['fourier', 4],
  ])) {
    const some = points(courses('gelu', 1)).filter(({ name }) => name === method);
    const [first, last] = [some[0], some[some.length - 1]];
    const ratio = (first.mse / last.mse) * ((first.m - 2) / (last.m - 2));
    assert.ok(ratio > 1 / most && ratio < most, `${method}: ${ratio}`);
  }
});

test('the points in words and as a file are the points', () => {
  const all = courses('gelu', 1);
  const [point] = points(all).filter(({ name }) => name === 'fourier');
  assert.match(pointWords(point, 0.25), /^m 4, random Fourier features: [\d.]+(e-\d+)?; the floor 0\.2500$/);
  assert.match(pointWords({ ...point, finite: false }, NaN), /measured, and infinite in the mean$/);
  const [head, ...file] = methodRows(all, { target: 'gelu', d: 2, radius: 1 });
  assert.equal(head.length, file[0].length);
  const some = file.find((row) => row[3] === 'fourier' && row[4] === point.m);
  assert.deepEqual(some?.slice(0, 8), ['gelu', 2, 1, 'fourier', point.m, point.mse, point.standardError, 1]);
  assert.equal(file.filter((row) => row[3] === 'floor').length, all.find(({ name }) => name === 'floor')?.m.length);
});

/** A course made by hand. @param {string} name @param {number[]} m @param {number[]} mse @param {Partial<MethodCourse>} [more] @returns {MethodCourse} */
const course = (name, m, mse, more = {}) => ({ name, m, mse, standardError: mse.map(() => 0), finite: true, reason: '', ...more });

test('a row has the least error of its method, with what it is off by, and the floor there', () => {
  const floor = course('floor', [4, 8, 16], [0.2, 0.05, 0.01]);
  const cells = (/** @type {MethodCourse} */ method) => rows([method, floor])[0];
  // The best is neither the first width nor the last, and its ± is its own.
  assert.deepEqual(cells(course('maclaurin', [4, 8, 16], [0.9, 0.3, 0.4], { standardError: [0.1, 0.0234, 0.02] })), {
    name: 'random Maclaurin features',
    cells: ['8', '0.3000 ± 0.023', '0.05000', 'unbiased at every w and x'],
  });
  assert.deepEqual(cells(course('powers', [16, 1_200], [2e-4, 1.234e-4], { standardError: [0, 5.67e-6] })).cells, [
    '1,200',
    '1.234e-4 ± 5.7e-6',
    '–',
    'biased; consistent as its powers grow',
  ]);
  assert.deepEqual(cells(course('constant', [4], [0.75])).cells, ['4', '0.7500', '0.2000', 'biased; nothing in it is drawn']);
  assert.deepEqual(cells(course('fourier', [16, 4], [0.5, 0.6], { finite: false })).cells, [
    '16',
    'infinite',
    '0.01000',
    'unbiased at every w and x, with an infinite variance over all w and x',
  ]);
  assert.deepEqual(cells(course('series', [3], [1e-16])).cells, ['3', 'below 1e-15', '–', 'exact: it is the function']);
  assert.deepEqual(cells(course('series', [], [], { reason: 'it has none' })).cells, ['–', '–', '–', 'none: it has none']);
});

test('what is consistent is told with both ends of its course, and the series by where it converges', () => {
  const solve = course('solve', [2, 8, 1_000], [0.5, 0.9, 0.0625]);
  const series = course('series', [3, 24], [0.25, 12.5]);
  const first =
    'Solve’s error goes from 0.5000 at m\u00a0=\u00a02 to 0.06250 at m\u00a0=\u00a01,000 with the same hidden layers and draws; more of both take it on down.';
  const goes = ' The series’ goes from 0.2500 at m\u00a0=\u00a03 to 12.50 at m\u00a0=\u00a024.';
  const told = (/** @type {number} */ radius, /** @type {string} */ target) => consistencyWords([series, solve], radius, target);
  const nowhere = ' Over all w and x, where w·x has no bound, more terms end up making it worse: it is not consistent.';
  assert.equal(told(Infinity, 'gelu'), `${first}${goes}${nowhere}`);
  assert.equal(told(Infinity, 'softplus'), `${first}${goes}${nowhere}`);
  for (const target of ['gelu', 'sin', 'square'])
    assert.equal(told(1, target), `${first}${goes} On a ball it is consistent, though the first terms may make it worse.`);
  for (const target of ['tanh', 'softplus'])
    assert.equal(told(2, target), `${first}${goes} It is consistent where |w·x| stays within what the series converges in, and nowhere else.`);
  assert.equal(consistencyWords([solve, course('series', [3], [0])], 1, 'square'), `${first} The series ends, and is the function.`);
  assert.equal(consistencyWords([solve, course('series', [], [], { reason: 'relu has none' })], 1, 'relu'), `${first} Of the series: relu has none.`);
  assert.equal(consistencyWords([solve], 1, 'relu'), first);
});

test('bias and variance of copies are told as they are', () => {
  const values = [1, 2, 4, 5];
  const found = means(values);
  assert.deepEqual(
    found.map(({ copies, mean }) => [copies, mean]),
    [
      [1, 1],
      [2, 1.5],
      [3, 7 / 3],
      [4, 3],
    ],
  );
  // The variance of 1, 2, 4, 5 is 10/3.
  assert.ok(Math.abs(found[3].error - Math.sqrt(10 / 3 / 4)) < 1e-12 && Number.isNaN(found[0].error));
  // So close together that the squares of them all say nothing of it.
  const error = means([1, 2, 4, 5].map((value) => 1 + value * 2 ** -30)).at(-1)?.error ?? NaN;
  assert.ok(Math.abs(error * 2 ** 30 - Math.sqrt(10 / 3 / 4)) < 1e-6, `${error}`);
  const copy = { name: 'solve', m: 8, values, reason: '' };
  const parts = split(copy, 2);
  assert.ok(parts && Math.abs(parts.bias - 1) < 1e-12 && Math.abs(parts.variance - 10 / 3) < 1e-12);
  assert.match(splitWords(copy, 2), /^4 copies of Solve, .* 8 wide: their mean is off by 1\.00 ± 0\.91, no more than chance, variance 3\.333\.$/);
  assert.match(splitWords({ ...copy, values: [5, 5.01, 4.99] }, 2), /: their mean is off by 3\.00 ± 0\.0058: bias² 9\.000, variance/);
  assert.match(splitWords({ ...copy, name: 'fourier', values: [5, 5.01, 4.99] }, 2), /: their mean is off by 3\.00 ± 0\.0058, which is chance; variance/);
  assert.match(
    splitWords({ name: 'series', m: 24, values: [1.5], reason: '' }, 2),
    /^The Taylor series, 24 wide, is off by −0\.500, always: bias² 0\.2500, variance 0\.$/,
  );
  assert.match(splitWords({ name: 'fourier', m: 0, values: [], reason: 'it has none' }, 2), /^Random Fourier features: none, it has none\.$/);
});

test('copies of random features average out to the truth, and those of the series do not', () => {
  const { z, copies } = finished(module.Copies.open({ ...FIELDS, n: '64' }, Float64Array.of(0.9, -0.3), Float64Array.of(1.1, 0.6)));
  assert.ok(Math.abs(z - (0.9 * 1.1 - 0.3 * 0.6)) < 1e-12);
  const truth = targetOf({}).at(z);
  for (const copy of copies) {
    const parts = split(copy, truth);
    assert.ok(parts, copy.name);
    if (['maclaurin', 'fourier'].includes(copy.name)) assert.ok(Math.abs(parts.bias) < 4 * parts.error, `${copy.name}: ${parts.bias} ± ${parts.error}`);
    if (copy.name === 'series') assert.equal(parts.variance, 0);
  }
  assert.deepEqual(
    copies.map(({ name }) => name),
    ['series', 'maclaurin', 'fourier', 'solve'],
  );
});

test('what the class’s sequel is up against is what the module has', async () => {
  const page = await readFile(new URL('../../index.html', import.meta.url), 'utf8');
  const hint = /<p id="sequel-hint"[^>]*>(.*?)<\/p>/s.exec(page)?.[1].replace(/<[^>]+>/g, '') ?? '';
  const { constant, norms } = module.taylor(16, 1, 1, 10).population;
  const floor = module.floors(16, 64)[64];
  assert.match(hint, new RegExp(`a constant leave ${constant.toFixed(2)}, .* ${norms.toFixed(2)}, and no 64 features less than ${floor.toFixed(3)}\\.`));
});

test('the atlas is read as its floors say', () => {
  const atlas = module.atlas(64, 1, 'gelu');
  // The design's figures.
  for (const [m, floor] of [
    [64, 6.12],
    [256, 5.4],
    [2144, 0.74],
  ])
    assert.ok(Math.abs(atlasFloor(atlas, m) / floor - 1) < 6e-3, `m = ${m}: ${atlasFloor(atlas, m)}`);
  assert.ok(Math.abs(atlas.all - 31.98) < 0.01);
  assert.ok(knees(atlas).some(({ m }) => m === 65) && knees(atlas).some(({ m }) => m === 2144), JSON.stringify(knees(atlas)));
  for (const share of [0.2, 0.1, 0.01]) {
    const m = widthFor(atlas, share);
    assert.ok(m && atlasFloor(atlas, m) <= share * atlas.all * (1 + 1e-9) && atlasFloor(atlas, m - 1) > share * atlas.all, `${share}: ${m}`);
  }
  assert.match(
    atlasWords({ target: 'gelu', scale: 1, d: 64 }, atlas),
    /^GELU, d\s=\s64: the mean of y² is 31\.98, of which the best multiple of w·x has 50\s%\. The floor has its knees at m\s=\s1 \(68\s% left\), m\s=\s65 \(18\s% left\), m\s=\s2,144 \(2\.3\s% left\)\.$/,
  );
  const square = module.atlas(8, 1, 'square');
  assert.match(readingWords([{ place: { target: 'square', scale: 1, d: 8 }, atlas: square }], 40), /, 0$/, 'beyond the last width too');
  assert.equal(widthFor(square, 0), 36);
  assert.equal(widthFor(module.atlas(1024, 1, 'sin'), 0.1), null);
  assert.match(accuracies(module.atlas(1024, 1, 'sin'))[0].m, /^more than 1,000,000$/);
  const file = atlasRows([{ place: { target: 'square', scale: 1, d: 8 }, atlas: square }]);
  assert.deepEqual(file[0], ['target', 'scale', 'd', 'm', 'floor']);
  assert.deepEqual(file.at(-1), ['square', 1, 8, 36, 0]);
});

test('what is told of an atlas is what a line between its floors comes to', () => {
  const [widths, floors] = [Float64Array.of(0, 1, 5, 1_205, 4_000), Float64Array.of(20, 12, 4, 0.04, 0)];
  const atlas = { all: 20, linear: 0.4, widths, floors };
  // A tenth, 2, and a hundredth, 0.2, are 1,200 · 2 / 3.96 and 1,200 · 3.8 / 3.96 beyond 5; 0.02 and 0.002 are 0.5 and 0.95 of the way from 1,205 to 4,000.
  assert.deepEqual(accuracies(atlas), [
    { share: '10\u00a0%', m: '612' },
    { share: '1\u00a0%', m: '1,157' },
    { share: '0.1\u00a0%', m: '2,603' },
    { share: '0.01\u00a0%', m: '3,861' },
  ]);
  const short = { ...atlas, widths: widths.slice(0, 4), floors: floors.slice(0, 4) };
  assert.deepEqual(
    accuracies(short).map(({ m }) => m),
    ['612', '1,157', 'more than 1,205', 'more than 1,205'],
  );
  assert.equal(accuracies({ ...atlas, widths: Float64Array.of(0, 2e6), floors: Float64Array.of(20, 19) })[0].m, 'more than 1,000,000');
  assert.equal(
    atlasWords({ target: 'relu', scale: 0.5, d: 1_024 }, atlas),
    'ReLU, d\u00a0=\u00a01,024, scale 0.5: the mean of y² is 20.00, of which the best multiple of w·x has 40\u00a0%. ' +
      'The floor has its knees at m\u00a0=\u00a01 (60\u00a0% left), m\u00a0=\u00a05 (20\u00a0% left), m\u00a0=\u00a01,205 (0.2\u00a0% left).',
  );
  // A knee is a fall of two hundredths of all, and the widths before the first and after the last are told as they are.
  const even = { all: 100, linear: 0, widths: Float64Array.of(0, 1, 2, 3), floors: Float64Array.of(100, 98, 96.5, 95) };
  assert.deepEqual(knees(even), [{ m: 1, floor: 98 }]);
  assert.match(
    atlasWords({ target: 'relu', scale: 1, d: 4 }, { ...even, floors: Float64Array.of(100, 99, 98, 97) }),
    / The floor has no knees: no singular value is a good part of all\.$/,
  );
  assert.deepEqual([atlasFloor(even, 0), widthFor(even, 1), widthFor(even, 0.5)], [100, 0, null]);
  assert.deepEqual(atlasRows([{ place: { target: 'relu', scale: 1, d: 4 }, atlas: { ...even, floors: Float64Array.of(100, NaN, NaN, NaN) } }])[2], [
    'relu',
    1,
    4,
    1,
    '',
  ]);
  const courses = [
    { place: { target: 'relu', scale: 1, d: 64 }, atlas },
    { place: { target: 'tanh', scale: 0.5, d: 8 }, atlas: short },
  ];
  assert.equal(readingWords(courses.slice(0, 1), 2), 'm 2: ReLU, d\u00a0=\u00a064, 10.00');
  assert.equal(readingWords(courses, 4_000), 'm 4,000: ReLU, d\u00a0=\u00a064, 0; tanh, d\u00a0=\u00a08, scale 0.5, not known');
  assert.deepEqual(floorCells(courses, 1_205), ['1,205', '0.04000', '0.04000']);
  assert.deepEqual(
    [floorCells(courses, 4_000), floorCells(courses.slice(0, 1), 3)],
    [
      ['4,000', '0', 'not known'],
      ['3', '8.000', '–'],
    ],
  );
});

test('the atlas’ addresses are read back, and what is none is none', () => {
  const places = [
    { target: 'gelu', scale: 1, d: 64 },
    { target: 'tanh', scale: 0.5, d: 1024 },
  ];
  assert.equal(written(places), 'gelu,1,64;tanh,0.5,1024');
  assert.deepEqual(read(written(places)), places);
  for (const text of [
    null,
    '',
    'gelu',
    'gelu,1',
    'gelu,,64',
    'gelu,1,64,5',
    'GELU,1,64',
    'gelu,x,64',
    'gelu,1,0.5',
    'gelu,-1,4',
    'gelu,0,4',
    'gelu,1,-4',
    'gelu,1,0',
    'gelu,1,',
    'gelu,1,64;',
    'gelu,1,2;gelu,1,3;gelu,1,4',
    '__proto__,1,2',
  ])
    assert.equal(read(text), null, String(text));
});

test('what the atlas and the methods are not told of is refused in a sentence', () => {
  const refusal = (/** @type {() => unknown} */ ask) => {
    try {
      ask();
    } catch (error) {
      return `${/** @type {any} */ (error).key}: ${/** @type {Error} */ (error).message}`;
    }
    return '';
  };
  assert.equal(
    refusal(() => module.atlas(1025, 1, 'gelu')),
    'd: d = 1025 is out of range: the atlas has a whole number from 1 to 1024',
  );
  assert.equal(
    refusal(() => module.atlas(2, 3, 'gelu')),
    'scale: scale = 3 is out of range: the atlas has a number from 0.01 to 2',
  );
  assert.match(
    refusal(() => module.floors(2, 4, 'gelu2')),
    /^target: target = “gelu2” is not one of them: it must be gelu or gelu-tanh/,
  );
  assert.match(
    refusal(() => module.Methods.open({ ...FIELDS, d: '65' }, 1, [])),
    /^d: the methods are shown up to d = 64/,
  );
  assert.match(
    refusal(() => module.Copies.open(FIELDS, Float64Array.of(1), Float64Array.of(1, 2))),
    /w and x must have 2 numbers each$/,
  );
});

test('a run that is only solved is told to be none of the trained networks', () => {
  const solved = [{ epoch: 0, draws: 64, rows: 128, heldOut: 0.25 }];
  assert.equal(untrained({ step: 0, solved }), 'it is solved and not trained, and Solve is a method of its own');
  assert.equal(untrained({ step: 16, solved }), '');
  assert.equal(untrained({ step: 0, solved: [] }), '', 'it has no weights but those that the seed draws');
});
