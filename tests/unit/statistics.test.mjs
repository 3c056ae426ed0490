// @ts-check
/** Means, quantiles and shares of variance, held to NumPy 2.4.6's of the same numbers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bands, counted, determination, extent, mean, meanError, meanSquare, quantile, variance } from '../../www/common/statistics.js';

/** Two hundred numbers in no order. @param {(i: number) => number} of */
const numbers = (of) => Float64Array.from({ length: 200 }, (_, i) => of(i));

const y = numbers((i) => ((i * 37) % 101) / 50 - 0.7);
const errors = numbers((i) => (((i * 53) % 97) - 39.7) / 1000);
const z = numbers((i) => ((i * 29) % 89) / 20 - 2.2);

/** @param {number} value @param {number} expected */
const near = (value, expected) => assert.ok(Math.abs(value - expected) < 1e-12, `${value}, and not ${expected}`);

test('means, mean squares and variances are NumPy’s', () => {
  near(mean(y), 0.3009);
  near(mean(errors), 0.007925);
  near(variance(y), 0.34194919);
  near(meanSquare(errors), 0.00085052);
  near(Math.sqrt(meanSquare(errors)), 0.02916367603715279);
  assert.deepEqual([mean([3]), meanSquare([3]), variance([3])], [3, 9, 0]);
  assert.ok(Number.isNaN(mean([])));
});

test('the standard error of a mean is numpy.std’s with ddof=1 over the root of the count', () => {
  near(meanError([0.25, 0.1]), 0.075);
  near(meanError(y), 0.04145283631057053);
  assert.equal(meanError([2, 2, 2]), 0);
  assert.ok(Number.isNaN(meanError([3])) && Number.isNaN(meanError([])));
});

test('R² is one less the residual sum of squares over the total one', () => {
  // 1 - numpy.sum(e**2) / numpy.sum((y - y.mean())**2)
  near(determination(y, errors), 0.9975127298883205);
  assert.equal(determination([1, 2, 3], [0, 0, 0]), 1);
  near(determination([1, 2, 3], [1, 0, -1]), 0);
  near(determination([1, 2, 3], [2, 0, -2]), -3);
});

test('quantiles are numpy.quantile’s with its default method, linear', () => {
  const sorted = y.slice().sort();
  for (const [share, value, size] of [
    [0, -0.7, 0.0003],
    [0.05, -0.601, 0.00268],
    [0.1, -0.502, 0.00524],
    [0.25, -0.205, 0.0126],
    [0.5, 0.3, 0.0243],
    [0.9, 1.102, 0.0464],
    [0.95, 1.201, 0.05135],
    [0.995, 1.3, 0.0563],
    [1, 1.3, 0.0563],
  ]) {
    near(quantile(sorted, share), value);
    near(extent(errors, share), size);
  }
  near(quantile([1, 2, 3, 4, 10], 0.1), 1.4);
  near(quantile([1, 2, 3, 4, 10], 0.5), 3);
  near(quantile([1, 2, 3, 4, 10], 0.9), 7.6);
  near(quantile([1, 2], 0.1), 1.1);
  assert.deepEqual([quantile([7], 0.9), quantile([1, Infinity, Infinity], 0.75)], [7, Infinity]);
  assert.ok(Number.isNaN(quantile([], 0.5)));
});

test('counts are numpy.histogram’s of the errors cut at the ends', () => {
  // numpy.histogram(numpy.clip(e, -0.05, 0.05), bins=8, range=(-0.05, 0.05))
  assert.deepEqual(counted(errors, 0.05, 8), [7, 25, 27, 24, 26, 26, 27, 38]);
});

test('bands are the quantiles of what each bin of the keys holds', () => {
  const found = bands(z, errors, { low: -2.2, high: 2.3, bins: 6, least: 31 });
  const expected = [
    [31, -0.0277, 0.0083, 0.0503],
    [37, -0.0311, 0.0053, 0.0419],
    [37, -0.0319, 0.0083, 0.0459],
    [35, -0.0285, 0.0123, 0.0479],
  ];
  assert.equal(found.length, expected.length, 'the two bins of thirty are left out');
  for (const [i, { count, low, median, high }] of found.entries()) for (const [k, value] of [count, low, median, high].entries()) near(value, expected[i][k]);
  for (const [i, from] of [-2.2, -1.45, 0.05, 1.55].entries()) {
    near(found[i].from, from);
    near(found[i].to, from + 0.75);
  }
});
