// @ts-check
/** What the pictures say: every figure and sentence beside a plot, held to values computed apart (NumPy 2.4.6, or by hand). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fold, percent, rSquared } from '../../www/common/ratios.js';
import { described as comparison, outputs, resting, words } from '../../www/view/compare/words.js';
import { blocks, cellAt, CELLS, centre, inside, placed, question, SIDE, signChanges, spanOf } from '../../www/view/errors/cells.js';
import { accounted, bandWords, finite, found, leastOf, overflown, seenCells, seenWords, spread, widest } from '../../www/view/errors/words.js';
import { described as chart, epochWords, listed, overlayValue, overlayWords } from '../../www/view/run/chart-words.js';
import { described as sweep, told } from '../../www/view/sweeps/sweep-words.js';

const errors = Float64Array.from({ length: 200 }, (_, i) => (((i * 53) % 97) - 39.7) / 1000);
const y = Float32Array.from({ length: 200 }, (_, i) => ((i * 37) % 101) / 50 - 0.7);
const z = Float32Array.from({ length: 200 }, (_, i) => ((i * 29) % 89) / 20 - 2.2);

test('the mean, the root mean square and R² of the errors are NumPy’s', () => {
  assert.equal(spread(errors), 'mean 0.00792, root mean square 0.0292');
  assert.equal(accounted({ y, error: errors }), 'R² = 1 − MSE / variance of y = 0.9975');
  assert.equal(accounted({ y: Float32Array.of(1, 2, 3), error: Float64Array.of(2, 0, -2) }), 'R² = 1 − MSE / variance of y = −3.0000');
});

test('half of the errors, 95 % of them and the largest are told, with when it was', () => {
  const look = { d: 2, age: 'after 1 epoch' };
  assert.equal(
    found({ z, error: errors }, look),
    '200 outputs of 100 held-out draws, after 1 epoch: half of the errors are within ±0.0243, 95\u00a0% within ±0.0513; the largest is 0.0563, at z = −2.10.',
  );
  assert.match(found({ z: z.slice(0, 3), error: Float64Array.of(0.5, -2, 1) }, look), /; the largest is −2\.00, at z = −0\.750\./);
  assert.match(found({ z, error: errors }, { d: 1, age: 'before any training' }), /^200 outputs of 200 held-out draws, before any training: .* −2\.10\.$/);
});

test('outputs that overflow are counted, and no figure is made of the others', () => {
  assert.equal(overflown(3, 20_000), '3 of 20,000 outputs overflow: there are no errors to show.');
  assert.equal(overflown(20_000, 20_000), 'All 20,000 outputs overflow: there are no errors to show.');
});

test('an error is what is predicted less what is true, and what is not finite is left out', () => {
  const sample = { z: Float32Array.of(1, 2, 3), y: Float32Array.of(0.5, 1.5, 2.5), approx: Float32Array.of(0.25, NaN, 3) };
  assert.deepEqual(finite(sample), {
    z: Float32Array.of(1, 3),
    y: Float32Array.of(0.5, 2.5),
    approx: Float32Array.of(0.25, 3),
    error: Float64Array.of(-0.25, 0.5),
  });
});

test('a bin of z is told with its ends, and the widest is the one whose middle 80 % reach widest', () => {
  const bin = (/** @type {number} */ from, /** @type {number} */ low, /** @type {number} */ median, /** @type {number} */ high) => ({
    from,
    to: from + 0.25,
    count: 20,
    low,
    median,
    high,
  });
  // The last reaches highest, the second lowest; the third from the one to the other end.
  const bins = [bin(-0.5, -0.1, 0, 0.1), bin(-0.25, -0.9, -0.7, -0.5), bin(0, -0.4, 0.02, 0.4), bin(0.25, 0.5, 0.6, 1)];
  assert.equal(bandWords(widest(bins)), 'z 0 to 0.250: median 0.0200, 80\u00a0% in −0.400 to 0.400');
  assert.equal(bandWords(bins[1]), 'z −0.250 to 0: median −0.700, 80\u00a0% in −0.900 to −0.500');
  assert.equal(widest([bins[0], { ...bins[0], from: 1 }]), bins[0], 'of two as wide the first');
});

test('what of a layer carries over is told part by part, and what is harder, and whether least squares explains more', () => {
  const part = { rows: 1_200, inputs: 500, mse: 0.0123456, r2: 0.9876, linearR2: 0.5432, floor: Float64Array.of(1, 0.5, 1.25e-4) };
  assert.deepEqual(seenCells(part, leastOf(part, 2)), ['1,200', '500', '0.01235', '0.988', '0.543', '1.250e-4']);
  assert.deepEqual([leastOf(part, 1), leastOf(part, 3), leastOf({ ...part, rows: 2 }, 2), leastOf({ ...part, rows: 3 }, 2)], [0.5, NaN, 0, 1.25e-4]);
  assert.deepEqual([seenCells(part, 0)[5], seenCells(part, NaN)[5], seenCells({ ...part, r2: -0.5 }, 0)[3]], ['0', '–', '−0.500']);
  const told = (/** @type {number} */ inputs, /** @type {number} */ both, /** @type {number} */ linear) =>
    seenWords({ inputs: { ...part, r2: inputs, linearR2: 0.1 }, both: { ...part, rows: part.rows / 2, r2: both, linearR2: linear } });
  assert.equal(
    told(0.9123, 0.8456, 0.8512),
    'To unseen inputs what was learned carries over with an R² of 0.912, to unseen rows as well with 0.846: rows that Φ has not seen are the harder part. ' +
      'Least squares on x, for each row from that row’s own answers, explains 0.851 of what is kept back, more than this run does.',
  );
  assert.equal(
    told(0.75, 0.8456, 0.7),
    'To unseen inputs what was learned carries over with an R² of 0.750, to unseen rows as well with 0.846: rows that Φ has not seen are no harder. ' +
      'Least squares on x, for each row from that row’s own answers, explains 0.700 of what is kept back, less than this run does.',
  );
  // Each judgement by itself: least squares explains less than of the inputs, and more than of both.
  assert.match(told(0.9, 0.5, 0.7), /are the harder part\..*, more than this run does\.$/);
  assert.match(told(0.5, 0.9, 0.7), /are no harder\..*, less than this run does\.$/);
  assert.equal(
    seenWords({ inputs: { ...part, r2: NaN }, both: { ...part, r2: NaN } }),
    'Rows of this layer answer the same to every input, so that there is no R² to tell.',
  );
  assert.match(
    seenWords({ inputs: part, both: part }),
    /^To unseen inputs what was learned carries over with an R² of 0\.\d{3}; so few rows are all trained on\. Least squares/,
    'of one to three rows none are kept back',
  );
});

test('the compared outputs are told from left to right, with the largest error among them', () => {
  // The second is off by most, downwards; the last two are no numbers, and are not drawn.
  const [wx, truths, approx] = [
    [1.5, -0.25, 0.5, 2, NaN],
    [1.4, -0.1, 0.35, 1.95, 0],
    [1.6, -0.6, 0.4, Infinity, 0],
  ];
  const found = outputs(wx, truths, approx);
  assert.deepEqual(found, [
    { z: -0.25, truth: -0.1, learned: -0.6 },
    { z: 0.5, truth: 0.35, learned: 0.4 },
    { z: 1.5, truth: 1.4, learned: 1.6 },
  ]);
  assert.equal(resting(found), 'largest error −0.500, at z −0.250');
  assert.equal(resting(found.slice(1)), 'largest error 0.200, at z 1.50');
  assert.equal(resting([]), '');
  assert.equal(words(found[0], 'GELU'), 'z −0.250: GELU −0.100, learned −0.600, error −0.500');
  const all = { wx, yardstick: truths, approx };
  assert.equal(
    comparison(/** @type {any} */ (all), 'GELU'),
    'The curve of GELU with the compared outputs: at 1.50 GELU is 1.40, learned 1.60; at -0.25 GELU is -0.10, learned -0.60; at 0.50 GELU is 0.35, learned 0.40; ' +
      'at 2.00 GELU is 1.95, learned not a finite number; at NaN GELU is 0.00, learned 0.00. The arrow keys read out single outputs.',
  );
  assert.equal(comparison(null, 'sin'), 'The curve of sin; nothing has been compared yet.');
});

test('each cell of a map is asked for at its middle, and is found there again', () => {
  assert.deepEqual(
    [centre(0), centre(CELLS - 1)],
    [
      [-2.9375, 2.9375],
      [2.9375, -2.9375],
    ],
  );
  for (let cell = 0; cell < CELLS; cell += 1) assert.equal(cellAt(centre(cell)), cell);
  assert.deepEqual([cellAt([3, -3]), cellAt([-3, 3])], [CELLS - 1, 0]);
  assert.deepEqual([inside([3, -3]), inside([3.01, 0]), inside([-3.01, 0]), inside([0, -3.01])], [true, false, false, false]);
  assert.equal(placed([-1.5, 2]), '(−1.5, 2)');
  const points = { x: /** @type {[number, number]} */ ([0.5, -1]), w: /** @type {[number, number]} */ ([2, 0.25]) };
  const over = question('x', points);
  assert.deepEqual([...over.W.slice(4, 8), ...over.x.slice(2, 4)], [2, 0.25, 2, 0.25, ...centre(1)]);
  assert.deepEqual([...over.W.slice(4 * CELLS), ...over.x.slice(2 * CELLS)], [2, 0.25, 2, 0.25, 0.5, -1], 'the last is the points’ own');
  assert.deepEqual([...question('w', points).W.slice(0, 4)], [...centre(0), ...centre(0)]);
});

test('a map’s colours reach over the errors of 98 % of the draws, and its table has the means of squares', () => {
  const slope = Float64Array.from({ length: CELLS }, (_, cell) => 0.01 * centre(cell)[0] + 0.002 * centre(cell)[1] + 0.0004);
  assert.equal(spanOf([slope]), 0.03, 'NumPy: 98 % of the normal weight lies below 0.0234');
  assert.equal(spanOf([null, Float64Array.from(slope, (error) => 10 * error)]), 0.3);
  for (const axis of [0, 1]) {
    const away = Float64Array.from({ length: CELLS }, (_, cell) => 0.004 * Math.abs(centre(cell)[axis]));
    assert.equal(spanOf([away]), 0.01, 'NumPy: 98 % of the weight lies below 0.00925, either way');
  }
  assert.equal(spanOf([new Float64Array(CELLS).fill(-0.2)]), 0.2);
  assert.deepEqual([spanOf([null, null]), spanOf([new Float64Array(CELLS)]), spanOf([new Float64Array(CELLS).fill(NaN)])], [0, 0, 0]);
  const rows = blocks(slope);
  // numpy: E.reshape(6, 8, 6, 8).mean(axis=(1, 3))
  assert.deepEqual(rows[0], ['2 to 3', '−0.0196', '−0.00960', '4.00e-4', '0.0104', '0.0204', '0.0304']);
  assert.deepEqual(rows[5], ['−3 to −2', '−0.0296', '−0.0196', '−0.00960', '4.00e-4', '0.0104', '0.0204']);
});

test('the line between signs runs along the edges of cells', () => {
  const halves = Float64Array.from({ length: CELLS }, (_, cell) => (cell < CELLS / 2 ? -1 : 1));
  const path = signChanges(halves, { left: 40, top: 8, size: 2 });
  assert.equal(path, Array.from({ length: SIDE }, (_, column) => `M${(40 + 2 * column).toFixed(1)} 56.0h2.00`).join(''));
  assert.equal(signChanges(new Float64Array(CELLS), { left: 0, top: 0, size: 1 }), '');
});

/** @param {number} epoch @param {number} mse @param {number} heldOut */
const report = (epoch, mse, heldOut) => ({ epoch, mse, heldOut, line: '' });

test('an epoch is read out with what holds at it', () => {
  const marks = /** @type {import('../../www/view/run/chart.js').Mark[]} */ ([
    { epoch: 2, kind: 'rate', words: 'lr 0.1' },
    { epoch: 3, kind: 'backend', words: 'CPU' },
    { epoch: 4, kind: 'rate', words: 'lr 0.01' },
  ]);
  const at = (/** @type {number} */ epoch) => epochWords(report(epoch, 0.25, 0.5), marks);
  assert.equal(at(1), 'epoch 1: train 0.2500, validation 0.5000');
  assert.equal(at(3), 'epoch 3: train 0.2500, validation 0.5000, lr 0.1, CPU');
  assert.equal(at(1_000), 'epoch 1,000: train 0.2500, validation 0.5000, lr 0.01, CPU');
});

test('another run’s value is that of the epoch, or of the nearest one that is kept', () => {
  const points = [1, 2, 5, 9].map((epoch) => ({ epoch, mse: epoch / 10 }));
  const at = (/** @type {number} */ epoch) => overlayValue(points, epoch);
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(at), [
    '0.9000',
    '0.1000',
    '0.2000',
    '≈ 0.2000',
    '≈ 0.5000',
    '0.5000',
    '≈ 0.5000',
    '≈ 0.9000',
    '≈ 0.9000',
    '0.9000',
    '–',
  ]);
});

const RECIPE = { d: 2, m: 4, hidden: 8, n: 100, batch: 10, epochs: 3, lr: 0.001, seed: 42 };

test('another run is read out with its validation error, where that was kept and the run has the epoch', () => {
  const run = (/** @type {{ heldOut?: number }} */ more) => ({
    name: 'm = 4',
    look: 0,
    points: [1, 3].map((epoch) => ({ epoch, mse: 0.5, ...more })),
    recipe: RECIPE,
    floor: null,
  });
  assert.deepEqual(
    [1, 2, 4].map((epoch) => overlayWords(run({ heldOut: 0.25 }), epoch)),
    ['m = 4: 0.5000, validation 0.2500', 'm = 4: ≈ 0.5000, validation ≈ 0.2500', 'm = 4: –'],
  );
  assert.equal(overlayWords(run({}), 3), 'm = 4: 0.5000');
});

test('the chart is described as a whole, with no more than six names', () => {
  assert.equal(chart([], [], [], null), 'Epoch MSE on a logarithmic axis: no epoch has been trained yet.');
  const history = [report(1, 0.5, 0.6), report(2, 0.25, 0.3)];
  const overlay = { name: '#1', look: 1, points: [{ epoch: 40, mse: 0.125 }], recipe: RECIPE, floor: null };
  const watched = { ...overlay, points: [{ epoch: 40, mse: 0.125, heldOut: 0.25 }], floor: 0.01 };
  assert.equal(
    chart(history, [overlay], [{ epoch: 2, kind: 'rate', words: 'lr 0.1' }], 0.01),
    'Epoch MSE on a logarithmic axis: train 0.5000 at epoch 1, 0.2500 at epoch 2; validation 0.6000 at epoch 1, 0.3000 at epoch 2. ' +
      'Behind it, kept runs: #1, 0.1250 at epoch 40. What changes: lr 0.1 from epoch 2. The floor of this width is 0.01000. The arrow keys read out single epochs.',
  );
  assert.match(chart(history, [], [], null), /at epoch 2\. The arrow keys read out single epochs\.$/);
  assert.match(
    chart([], [overlay], [], null),
    /no epoch has been trained yet\. Behind it, kept runs: #1, 0\.1250 at epoch 40\. The arrow keys read out single epochs\.$/,
  );
  assert.match(
    chart([], [overlay, watched], [], null),
    /kept runs: #1, 0\.1250 at epoch 40; #1, 0\.1250 at epoch 40, validation 0\.2500, floor 0\.01000\. The arrow/,
  );
  assert.equal(listed(['a', 'b', 'c', 'd', 'e', 'f'], '; '), 'a; b; c; d; e; f');
  assert.equal(listed(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], '; '), 'a; b; c; d; e; f; and 2 more');
});

/** @param {Partial<import('../../www/run/sweeps.js').Summary>} [summary] */
const point = (summary) => ({ value: 1_024, done: 4, of: 5, diverged: 0, median: 0.02, low: 0.01, high: 0.03, seconds: 1, ...summary });

test('a value of a sweep is told with its seeds, its band and how far it is above the floor', () => {
  assert.equal(told('n', point(), 0.005), 'n = 1,024: median MSE 0.02000 (4 of 5 seeds), 10–90 % 0.01000 to 0.03000, 4.00× the floor (0.005000)');
  assert.equal(told('m', point({ value: 3, done: 1, of: 1 }), NaN), 'm = 3: MSE 0.02000 (one seed)');
  assert.match(told('m', point({ done: 1 }), NaN), /^m = 1,024: median MSE 0\.02000 \(1 of 5 seeds\)$/);
  assert.equal(told('m', point({ done: 0 }), 0.005), 'm = 1,024: no run has ended yet');
  assert.equal(told('m', point({ value: 2, median: Infinity, high: Infinity, diverged: 4 }), 0.005), 'm = 2: diverged (4 of 5 seeds)');
  assert.deepEqual([fold(1.0449), fold(9.994), fold(9.995), fold(9.996), fold(110.4), fold(6140.2)], ['1.04×', '9.99×', '9.99×', '10.0×', '110×', '6,140×']);
});

test('a share has two digits, and all of them from a hundred on', () => {
  assert.deepEqual(
    [0, 0.01234, 0.5, 9.949, 9.951, 14.5, 99.49, 99.51, 100, 1240.4, NaN].map(percent),
    ['0', '0.012', '0.5', '9.9', '10', '15', '99', '100', '100', '1,240', 'NaN'].map((figure) => `${figure}\u00a0%`),
  );
});

test('an R² has a sign of its own, and none is told where it has no meaning', () => {
  assert.deepEqual([0.98765, -0.2504, 1, NaN, -Infinity].map(rSquared), ['0.988', '−0.250', '1.000', '–', '–']);
});

test('a sweep is described from its first known value to its last', () => {
  assert.equal(sweep('n', [point({ done: 0 })]), 'Held-out MSE against n: no run has ended yet.');
  assert.equal(
    sweep('m', [point({ value: 1, done: 0 }), point({ value: 2 }), point({ value: 3, median: NaN }), point({ value: 4, median: 0.125 })]),
    'Held-out MSE against m on logarithmic axes: median MSE 0.02000 at m = 2, median MSE 0.1250 at m = 4. The arrow keys read out single values.',
  );
});
