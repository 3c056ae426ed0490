// @ts-check
/** The hidden units as lines: by hand for a few, and by the kinks that a trained network has where they say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSafetensors } from '../../www/common/safetensors.js';
import { alike, away, between, census, distance, fold, radius, ranked, side, standing, TICKS, unitsOf } from '../../www/view/inside/lines.js';
import { counted, label, place, share, table, told, towards } from '../../www/view/inside/words.js';
import { cpu, trained } from './module.mjs';

/** @typedef {import('../../www/view/inside/lines.js').Units} Units */

/** A network's tensors, written out. @param {'phi' | 'psi'} net @param {number[][]} input @param {number[]} bias @param {number[][]} output */
function tensors(net, input, bias, output) {
  const tensor = (/** @type {number[][]} */ rows) => ({ shape: [rows.length, rows[0].length], values: Float32Array.from(rows.flat()) });
  return new Map([
    [`${net}.net.0.weight`, tensor(input)],
    [`${net}.net.0.bias`, { shape: [bias.length], values: Float32Array.from(bias) }],
    [`${net}.net.2.weight`, tensor(output)],
  ]);
}

/** The line 3v₁ + 4v₂ = 5; v₂ = ½, on below it; v₁ = −4, out of the picture; one that is never on; one that is not a number. */
const FIVE = unitsOf(
  tensors(
    'phi',
    [
      [3, 4],
      [0, -2],
      [1, 0],
      [0, 0],
      [NaN, 1],
    ],
    [-5, 1, 4, -1, 0],
    [
      [3, 0, 12, 7, 1],
      [4, 5, 5, 7, 1],
    ],
  ),
  'phi',
);

/** Two units of d = 1: on below ½, and on above −2. */
const TWO = unitsOf(tensors('psi', [[-2], [1]], [1, 2], [[1, 4]]), 'psi');

/** @param {ArrayLike<number>} found @param {number[]} expected */
function close(found, expected) {
  assert.equal(found.length, expected.length);
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(found[i] - value) < 1e-6, `${Array.from(found)} instead of ${expected}`);
}

test('the circle holds 95 % of two normal numbers, and the marks 95 % of one', () => {
  assert.ok(Math.abs(Math.exp(-(radius(2) ** 2) / 2) - 0.05) < 1e-12);
  assert.equal(radius(7), radius(2));
  assert.ok(Math.abs(radius(1) - 1.959964) < 1e-6, 'Φ⁻¹(0.975) of the tables');
});

test('a unit weighs the norm of its inputs times that of its outputs, relative to the largest', () => {
  // 5 · 5, 2 · 5, 1 · 13, 0 · 7√2 and what is not finite.
  close(FIVE.weight, [1, 0.4, 0.52, 0, 0]);
  assert.deepEqual(ranked(FIVE), [0, 2, 1, 3, 4]);
  // All components count, also those that the picture leaves out: 3 · 1 beside 2 · 1.
  const wide = unitsOf(
    tensors(
      'psi',
      [
        [1, 2, 2],
        [2, 0, 0],
      ],
      [0, 0],
      [[1, 1]],
    ),
    'psi',
  );
  close(wide.weight, [1, 2 / 3]);
  close(wide.first, [1, 2]);
  close(wide.second, [2, 0]);
  close(unitsOf(tensors('phi', [[1, 1]], [0], [[0]]), 'phi').weight, [0]);
  // A layer's input ends in a 1: what it is multiplied by is a bias, and no direction.
  const layered = unitsOf(
    tensors(
      'psi',
      [
        [3, 4, 2],
        [0, 1, 9],
      ],
      [-7, 1],
      [[1, 1]],
    ),
    'psi',
    true,
  );
  assert.equal(layered.d, 2);
  close(layered.first, [3, 0]);
  close(layered.second, [4, 1]);
  close(layered.bias, [-5, 10]);
  close(layered.weight, [1, 0.2]);
  const single = unitsOf(tensors('psi', [[2, 3]], [1], [[1]]), 'psi', true);
  assert.deepEqual([single.d, place(single, 0)], [1, '−2.00'], 'of one input and the 1 the picture is a line');
});

test('a unit bends where it does by hand, within the circle or not', () => {
  assert.deepEqual(
    [0, 1, 2, 3].map((k) => distance(FIVE, k)),
    [1, 0.5, 4, Infinity],
  );
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((k) => standing(FIVE, k)),
    ['bends', 'bends', 'on', 'off', 'lost'],
  );
  assert.deepEqual(census(FIVE), { bends: 2, on: 1, off: 1, lost: 1 });
  assert.deepEqual([distance(TWO, 0), distance(TWO, 1)], [0.5, -2]);
  assert.deepEqual(census(TWO), { bends: 1, on: 1, off: 0, lost: 0 });
  assert.equal(away(FIVE, 0, [0, 0]), 1);
  close([away(FIVE, 1, [7, 2])], [1.5]);
});

test('a line is clipped to the square, and its ticks stand a little within the circle', () => {
  const first = fold(FIVE, 0);
  assert.ok(first);
  const ends = [first.from, first.to].sort(([a], [b]) => a - b);
  close(ends[0], [-7 / 3, 3]);
  close(ends[1], [3, -1]);
  close(first.towards, [0.6, 0.8]);
  assert.equal(first.feet.length, 2);
  assert.ok(TICKS > 2 && TICKS < radius(2));
  for (const [x, y] of first.feet) close([Math.hypot(x, y), 3 * x + 4 * y], [TICKS, 5]);

  const level = fold(FIVE, 1);
  assert.ok(level);
  close([...level.from, ...level.to].map(Math.abs), [3, 0.5, 3, 0.5]);
  close(level.towards, [0, -1]);
  for (const k of [2, 3, 4]) assert.equal(fold(FIVE, k), null, `unit ${k + 1}`);

  // Across a corner, outside of the circle: one tick in the middle. x + y = 5 from (2, 3) to (3, 2).
  const corner = fold(unitsOf(tensors('phi', [[1, 1]], [-5], [[1]]), 'phi'), 0);
  assert.ok(corner);
  close(corner.feet.flat(), [2.5, 2.5]);

  const stroke = fold(TWO, 0);
  assert.ok(stroke);
  close([...stroke.from, ...stroke.to, ...stroke.feet.flat(), ...stroke.towards], [0.5, 0, 0.5, 0.5, 0.5, 0.5, -1, 0]);
});

test('the side where a unit is on is what its line leaves of the picture', () => {
  close(side(FIVE, 1).flat(), [-3, -3, 3, -3, 3, 0.5, -3, 0.5]);
  assert.equal(side(FIVE, 2).length, 4, 'on everywhere');
  assert.deepEqual(side(FIVE, 3), []);
  close(side(TWO, 0).flat(), [-3, 0, 0.5, 0, 0.5, 1.1, -3, 1.1]);
});

test('on the way from some weights to others each is in between', () => {
  const there = { ...TWO, bias: Float64Array.from([3, 0]), weight: Float64Array.from([1, 0]) };
  const half = between(TWO, there, 0.5);
  close([...half.bias, ...half.weight, ...half.first], [2, 1, 0.75, 0.5, -2, 1]);
  close(between(TWO, there, 0).bias, [1, 2]);
  assert.ok(alike(TWO, there) && !alike(TWO, FIVE));
});

test('units are said in words', () => {
  assert.equal(counted(FIVE), '5 units; 2 bend inside the circle, 1 stays on, 1 off, 1 not finite.');
  assert.equal(counted(TWO), '2 units; 1 bends between the marks, 1 stays on, 0 off.');
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((k) => told(FIVE, k)),
    [
      'unit 1: bends at 1.00 from the centre, the largest weight',
      'unit 2: bends at 0.50 from the centre, weight 0.40 of the largest',
      'unit 3: bends at 4.00 from the centre, outside the circle and always on within, weight 0.52 of the largest',
      'unit 4: bends nowhere, always off, weight 0 of the largest',
      'unit 5: not finite',
    ],
  );
  assert.deepEqual([told(TWO, 0), place(TWO, 1)], ['unit 1: bends at 0.50, weight 0.50 of the largest', '−2.00']);
  assert.deepEqual([towards(TWO, 0), towards(TWO, 1), towards(FIVE, 0), towards(FIVE, 3)], ['below it', 'above it', '(0.60, 0.80)', 'nowhere']);
  assert.deepEqual([share(1), share(0.004), share(0)], ['1.00', '4.0e−3', '0']);
  const look = { name: 'Φ', over: 'w', age: 'after 1 epoch' };
  assert.match(
    label(FIVE, look),
    /^Where the hidden units of Φ bend, after 1 epoch, in the plane of w₁ and w₂ from −3 to 3 both ways; the circle of radius 2\.45 holds 95\s% of normal draws\./,
  );
  assert.match(label(TWO, look), /on the line of w from −3 to 3; the marks at ±1\.96 hold 95\s% of normal draws\./);
  assert.match(label({ ...FIVE, d: 3 }, look), / both ways, the other components at 0; the circle/);
  const { caption, rows } = table(FIVE, ranked(FIVE), look);
  assert.equal(caption, 'The hidden units of Φ after 1 epoch, the heaviest first, counted from 1 as the rows of its first layer.');
  assert.deepEqual(rows.slice(0, 2), [
    ['unit 1', '1.00', '(0.60, 0.80)', '1.00'],
    ['unit 3', '4.00', '(1.00, 0.00)', '0.52'],
  ]);
});

test('a trained product has its kinks over x where Ψ’s lines are, and over w where Φ’s are, and nowhere else', async () => {
  const fields = { d: '2', m: '4', hidden: '6', n: '1024', batch: '64', epochs: '20', lr: '0.01', seed: '42' };
  const { session } = await trained(await cpu(), fields);
  const { tensors } = readSafetensors(await session.weightsFile({}));
  const [steps, size] = [600, 0.01];
  for (const net of /** @type {const} */ (['phi', 'psi'])) {
    // Along a slanting walk through the picture; the other input stays.
    const walk = Array.from({ length: steps + 1 }, (_, i) => [-3 + size * i, 0.2 - 0.3 * size * i]);
    const still = [0.9, -0.4];
    const W = Float32Array.from(walk.flatMap((here) => (net === 'phi' ? [...here, ...here] : [...still, ...still])));
    const x = Float32Array.from(walk.flatMap((here) => (net === 'psi' ? here : still)));
    const y = (await session.predict(W, x)).filter((_, i) => i % 2 === 0);
    const bent = Array.from(y.slice(1, -1), (value, i) => Math.abs(y[i] - 2 * value + y[i + 2]));
    const units = unitsOf(tensors, net);
    const crossings = bent.map((_, i) => [...units.bias.keys()].filter((k) => crosses(units, k, walk[i], walk[i + 2])).length);
    const found = bent.filter((kink) => kink > 2e-5).length;
    assert.ok(found >= 4, `${net}: ${found} kinks`);
    for (const [i, kink] of bent.entries()) if (crossings[i] === 0) assert.ok(kink < 3e-6, `${net} at ${walk[i + 1]}: ${kink} where no unit bends`);
  }
});

/** Whether a unit changes between on and off on the way. @param {Units} units @param {number} k @param {number[]} from @param {number[]} to */
function crosses({ first, second, bias }, k, from, to) {
  const [a, b] = [from, to].map(([x, y]) => first[k] * x + second[k] * y + bias[k]);
  return a > -1e-6 !== b > -1e-6 || a > 1e-6 !== b > 1e-6;
}
