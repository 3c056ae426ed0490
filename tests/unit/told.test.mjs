// @ts-check
/** What is said of a run's errors, held to figures that are computed here. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { floorWords, noFloorWords, ratioWords, verdictWords, zeroWords } from '../../www/view/limits/floor-words.js';
import { biasWords, drawWords, gapWords, heldOutWords } from '../../www/run/told.js';
import { cpu, evaluated, lab, trained } from './module.mjs';

const NBSP = '\u00a0';

const FIELDS = { d: '2', m: '5', hidden: '7', n: '500', batch: '50', epochs: '12', lr: '0.02', seed: '11' };

/** @param {number} mse @param {number} heldOut @param {string} [fresh] */
const gap = (mse, heldOut, fresh) =>
  gapWords({
    history: [
      { epoch: 1, mse: 1, heldOut: 1, line: '' },
      { epoch: 2, mse: 3, heldOut: 3, line: '' },
      { epoch: 1_200, mse, heldOut, line: '' },
    ],
    recipe: { fresh },
  });

test('the gap is told with both errors and their ratio, and of nothing that is not finite', () => {
  assert.equal(gap(0.25, 0.5), 'After epoch 1,200: validation 0.5000, train 0.2500, a ratio of 2.00.');
  assert.equal(
    gap(0.5, 0.25, '1'),
    'After epoch 1,200: validation 0.2500, train 0.5000, a ratio of 0.500. Here every epoch has fresh draws, so that nothing is seen twice: what is left of the gap is lag and chance.',
  );
  assert.deepEqual([gap(NaN, 1), gap(1, Infinity), gap(0, 1)], ['', '', '']);
  assert.equal(gapWords({ history: [], recipe: {} }), '');
});

test('the held-out error is told with its standard error, over the very draws', async () => {
  const { session } = await trained(await cpu(), FIELDS);
  const found = await evaluated(session);
  const { y, approx } = await session.sample(20_000);
  const errors = Array.from(y, (value, i) => approx[i] - value);
  // A draw has two outputs, and its mean square and its mean are what the standard errors are about.
  const draws = Array.from({ length: 10_000 }, (_, i) => [errors[2 * i], errors[2 * i + 1]]);
  const spread = (/** @type {number[]} */ values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return { mean, error: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) / values.length) };
  };
  const [mse, mean] = [spread(draws.map(([a, b]) => (a * a + b * b) / 2)), spread(draws.map(([a, b]) => (a + b) / 2))];
  const near = (/** @type {number} */ value, /** @type {number} */ expected) => assert.ok(Math.abs(value / expected - 1) < 1e-3, `${value} and ${expected}`);
  near(found.mse, mse.mean);
  near(found.mseError, mse.error);
  near(found.mean, mean.mean);
  near(found.meanError, mean.error);
  const words = heldOutWords(found, 'after 12 epochs');
  const [, told, error] =
    /^Held-out RMSE over 10,000 draws, after 12 epochs; held-out MSE (\S+) ± (\S+)\. RMSE against GELU_tanh \d\.\d{5}\.$/.exec(words) ?? [];
  assert.ok(Math.abs(Number(told) / mse.mean - 1) < 1e-3 && Math.abs(Number(error) / mse.error - 1) < 0.05, words);
});

/** @param {number} mean @param {number} meanError */
const bias = (mean, meanError) => biasWords({ draws: 10_000, mean, meanError, mse: 0, mseError: 0, rmse: 0, rmseYardstick: 0 });

test('the mean error has its interval, and zero lies within it or outside', () => {
  assert.equal(
    bias(0.1234, 0.01),
    `The notebook calls the method unbiased. Over 10,000 draws of W and x the mean error of these weights is 0.123, 95${NBSP}% interval 0.104 to 0.143: zero lies outside it. That is about these weights, and not about the method on average over seeds, nor at a point.`,
  );
  assert.match(bias(-0.01, 0.01), /is −0\.010, 95\s% interval −0\.030 to 0\.010: zero lies within it\./);
  assert.match(bias(-0.1, 0.01), /zero lies outside it/);
  assert.match(bias(1.96, 1), /zero lies within it/);
  assert.match(bias(-1.96, 1), /zero lies within it/);
  assert.equal(bias(NaN, NaN), '');
});

test('outputs that overflow are said to, and no figure is made of them', () => {
  const figures = { draws: 10_000, mean: NaN, meanError: NaN, mse: Infinity, mseError: NaN, rmse: Infinity, rmseYardstick: Infinity };
  for (const found of [figures, { ...figures, mse: NaN }]) {
    const words = 'The outputs overflow, after 2 epochs: on some of 10,000 held-out draws they are no numbers, so there is no error to tell.';
    assert.deepEqual([heldOutWords(found, 'after 2 epochs'), biasWords(found), verdictWords({ m: 2 }, found.mse, 1, 0.1)], [words, '', '']);
  }
});

test('a draw is told where it is small enough to be read', () => {
  const f32 = (/** @type {number[]} */ ...values) => values.map(Math.fround);
  assert.equal(drawWords({ d: 1, W: [-0.5], x: f32(0.1) }), `W${NBSP}= [[-0.5]], x${NBSP}= [0.1].`);
  assert.equal(drawWords({ d: 2, W: f32(1, -2.3, 3, 16777.217), x: f32(0, -1e-7) }), `W${NBSP}= [[1, -2.3], [3, 16777.217]], x${NBSP}= [0, -1e-7].`);
  assert.notEqual(drawWords({ d: 3, W: Array(9).fill(1), x: Array(3).fill(1) }), '');
  assert.equal(drawWords({ d: 4, W: Array(16).fill(1), x: Array(4).fill(1) }), '');
});

test('the floor and how far above it a run is', async () => {
  const floors = (await lab()).floors(2, 4);
  assert.equal(
    floorWords({ d: 2, m: 1 }, floors[1]),
    `The floor for d${NBSP}=${NBSP}2, m${NBSP}=${NBSP}1 is 0.6059: whatever they are, no φ and ψ of that width have a lower MSE on average over all W and x.`,
  );
  assert.equal(
    floorWords({ d: 5, m: 3, layer: 'digits' }, 0.25),
    `The floor of the layer for m${NBSP}=${NBSP}3 is 0.2500: whatever they are, no φ and ψ of that width have a lower MSE over the rows and inputs that are kept back.`,
  );
  assert.equal(
    noFloorWords({ m: 65 }),
    `For m${NBSP}=${NBSP}65 no floor of the layer is shown: with as many features as rows that are kept back it would be 0, and above m${NBSP}=${NBSP}64 it is not computed.`,
  );
  assert.equal(ratioWords(0.5, 0.125), 'Held-out MSE 0.5000, 4.00× the floor.');
  assert.equal(ratioWords(12.5, 0.125), 'Held-out MSE 12.50, 100× the floor.');
  assert.equal(ratioWords(1234.5, 1), 'Held-out MSE 1235, 1,235× the floor.');
  assert.equal(ratioWords(9.994, 0.1), 'Held-out MSE 9.994, 99.9× the floor.');
});

/** Φ(z), by Simpson's rule over the normal density. @param {number} z */
function normal(z) {
  const [steps, end] = [400, Math.abs(z)];
  const density = (/** @type {number} */ t) => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
  let sum = density(0) + density(end);
  for (let i = 1; i < steps; i += 1) sum += (i % 2 ? 4 : 2) * density((i * end) / steps);
  return 0.5 + (Math.sign(z) * sum * end) / (3 * steps);
}

/** E[y²] at d = 2, where z = w₁x₁ + w₂x₂ has the density e^−|z| / 2. */
function meanOfSquares() {
  const [reach, step] = [40, 0.01];
  let sum = 0;
  for (let z = -reach; z <= reach; z += step) sum += ((z * normal(z)) ** 2 * Math.exp(-Math.abs(z)) * step) / 2;
  return sum;
}

test('what a held-out error amounts to is told between answering zero and the floor, with its reasons', async () => {
  const zero = meanOfSquares();
  const floors = (await lab()).floors(2, 16);
  assert.ok(Math.abs(floors[0] / zero - 1) < 1e-4, `${floors[0]} and ${zero}`);
  const [recipe, mse] = [{ d: 2, m: 16 }, 0.0114];
  assert.equal(
    verdictWords(recipe, mse, zero, floors[16]),
    `${((100 * mse) / zero).toFixed(1)}${NBSP}% of always answering zero; ${Math.round(mse / floors[16])}× the least that m${NBSP}=${NBSP}16 allows.`,
  );
  assert.equal(
    zeroWords(recipe, mse, zero),
    `Always answering zero has an MSE of ${zero.toFixed(4)}, the mean of y² over all W and x at d${NBSP}=${NBSP}2: the held-out MSE is ${((100 * mse) / zero).toFixed(1)}${NBSP}% of that.`,
  );
  assert.equal(
    zeroWords({ d: 5, layer: 'digits' }, 0.5, 0.25),
    `Always answering zero has an MSE of 0.2500, the mean of y² over the rows and inputs that are kept back: the held-out MSE is 200${NBSP}% of that.`,
  );
  assert.equal(verdictWords({ m: 4 }, 0.5, 0.25, NaN), `200${NBSP}% of always answering zero.`);
  assert.deepEqual([verdictWords({ m: 4 }, NaN, 1, 1), zeroWords({ d: 2 }, NaN, 1)], ['', '']);
});
