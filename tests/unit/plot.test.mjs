// @ts-check
/** What charts are made of, without a chart: axes, scales, marks, bins, quantiles, colours, and GELU itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { erf, gelu, geluTanh } from '../../www/common/gelu.js';
import { bands, counted, extent, quantile } from '../../www/common/statistics.js';
import { linearAxis, logAxis, roundUp, wholeAxis } from '../../www/plot/axis.js';
import { diverging } from '../../www/plot/diverging.js';
import { band, line, stretches, trace } from '../../www/plot/marks.js';
import { nearest, steer, targets } from '../../www/plot/reading.js';
import { drawable, linear, logarithmic, range } from '../../www/plot/scale.js';
import { integrated } from './integrated.mjs';

test('erf and GELU are those of the tables and of the integral', () => {
  // Abramowitz & Stegun, table 7.1.
  for (const [x, value] of [
    [0, 0],
    [0.5, 0.5204998778],
    [1, 0.8427007929],
    [1.5, 0.9661051465],
    [2, 0.995322265],
  ]) {
    assert.ok(Math.abs(erf(x) - value) < 1e-10 && Math.abs(erf(-x) + value) < 1e-10, `erf(${x})`);
  }
  assert.deepEqual([erf(7), erf(-40), erf(Infinity)], [1, -1, 1]);
  for (let z = -9; z <= 9; z += 0.37) assert.ok(Math.abs(gelu(z) - integrated(z)) < 1e-9, `GELU(${z})`);
});

test('counts leave nothing out, and bands are quantiles', () => {
  assert.deepEqual(counted([-9, -0.6, -0.1, 0.1, 0.2, 0.9, 1, 77], 1, 4), [2, 1, 2, 3]);
  assert.deepEqual([quantile([1, 2, 3], 0.5), quantile([1, 2], 0.25), quantile([5], 0.9)], [2, 1.25, 5]);
  assert.deepEqual([roundUp(0.11), roundUp(3), roundUp(8.2), roundUp(1e-6)], [0.15, 3, 10, 1e-6]);
  const keys = Array.from({ length: 101 }, () => 0.5);
  const found = bands([...keys, -0.5], [...keys.keys(), 7], { low: -1, high: 1, bins: 2, least: 2 });
  assert.deepEqual(found, [{ from: 0, to: 1, count: 101, low: 10, median: 50, high: 90 }]);
});

test('the colours go evenly from zero to both ends, equally light, in both themes', () => {
  /** CIE lightness, another scale than the one that they are made by. @param {readonly number[]} rgb */
  const lightness = (rgb) => {
    const [r, g, b] = rgb.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 116 * Math.cbrt(0.2126 * r + 0.7152 * g + 0.0722 * b) - 16;
  };
  for (const dark of [false, true]) {
    const zero = lightness(diverging(0, dark));
    for (const side of [-1, 1]) {
      const steps = [0.25, 0.5, 0.75, 1].map((share) => Math.abs(lightness(diverging(side * share, dark)) - zero));
      for (const [i, step] of steps.entries()) assert.ok(Math.abs(step - ((i + 1) / 4) * steps[3]) < 4, `${dark} ${side}: ${steps}`);
      assert.ok(steps[3] > 40, `${steps}`);
    }
    assert.ok(Math.abs(lightness(diverging(-1, dark)) - lightness(diverging(1, dark))) < 6);
    // Blue and orange differ in what those who do not tell red from green see too.
    const [blue, orange] = [diverging(-1, dark), diverging(1, dark)];
    assert.ok(blue[2] - blue[0] > 80 && orange[0] - orange[2] > 80);
    assert.deepEqual(diverging(-5, dark), blue);
  }
});

/** OKLab's polar form as sRGB, by the matrices of CSS Color 4, which go by way of XYZ. @param {number[]} polar lightness, chroma, hue in degrees */
function css([lightness, chroma, hue]) {
  const times = (/** @type {number[][]} */ matrix, /** @type {number[]} */ vector) =>
    matrix.map((row) => row.reduce((sum, value, i) => sum + value * vector[i], 0));
  const [a, b] = [Math.cos, Math.sin].map((of) => chroma * of((hue / 180) * Math.PI));
  const cones = times(
    [
      [1, 0.3963377773761749, 0.2158037573099136],
      [1, -0.1055613458156586, -0.0638541728258133],
      [1, -0.0894841775298119, -1.2914855480194092],
    ],
    [lightness, a, b],
  );
  const xyz = times(
    [
      [1.2268798758459243, -0.5578149944602171, 0.2813910456659647],
      [-0.0405757452148008, 1.112286803280317, -0.0717110580655164],
      [-0.0763729366746601, -0.4214933324022432, 1.5869240198367816],
    ],
    cones.map((cone) => cone ** 3),
  );
  const linear = times(
    [
      [12831 / 3959, -329 / 214, -1974 / 3959],
      [-851781 / 878810, 1648619 / 878810, 36519 / 878810],
      [705 / 12673, -2585 / 12673, 705 / 667],
    ],
    xyz,
  );
  return linear.map((value) => Math.round(255 * Math.min(Math.max(value > 0.0031308 ? 1.055 * value ** (1 / 2.4) - 0.055 : 12.92 * value, 0), 1)));
}

test('the ends of the scale and its middle are the colours that they are meant to be', () => {
  assert.deepEqual(
    [-1, 0, 1].map((share) => diverging(share, false)),
    [
      [0.5, 0.135, 262],
      [0.985, 0, 0],
      [0.5, 0.135, 48],
    ].map(css),
  );
  assert.deepEqual(
    [-1, 0, 1].map((share) => diverging(share, true)),
    [
      [0.8, 0.1, 262],
      [0.24, 0, 0],
      [0.8, 0.1, 62],
    ].map(css),
  );
  // Half the way is half the way in OKLab, where the middle has no chroma.
  assert.deepEqual(diverging(0.5, false), css([(0.5 + 0.985) / 2, 0.135 / 2, 48]));
  assert.deepEqual(diverging(-0.5, true), css([(0.8 + 0.24) / 2, 0.05, 262]));
});

test('bins have edges that are theirs, and quantiles ends', () => {
  assert.deepEqual(counted([-2, -1, 0, 1, 1.9], 2, 4), [1, 1, 1, 2]);
  assert.deepEqual(counted([-0.02, 0.01, 0.1], 0.1, 4), [0, 1, 1, 1]);
  // Unsorted, and with keys beyond both ends.
  assert.deepEqual(bands([1, 1, 1, -5, 5], [30, 10, 20, 0, 0], { low: 0, high: 2, bins: 1, least: 3 }), [
    { from: 0, to: 2, count: 3, low: 12, median: 20, high: 28 },
  ]);
  assert.deepEqual(counted([-1, -0.5, 0, 0.5, 1], 1, 4), [1, 1, 1, 2]);
  assert.deepEqual(counted([NaN], 1, 2).length, 2);
  assert.equal(extent([-3, 1, 2], 1), 3);
  assert.equal(extent([-3, 1, 2, 10], 0.5), 2.5);
  assert.deepEqual([quantile([1, 2, 3], 0), quantile([1, 2, 3], 1)], [1, 3]);
  assert.deepEqual([roundUp(10), roundUp(1), roundUp(1.01), roundUp(0.2), roundUp(9.99), roundUp(450)], [10, 1, 1.5, 0.2, 10, 500]);
  const keys = [0.1, 0.2, 0.3, 0.6, 0.7, 1.1];
  const found = bands(keys, keys, { low: 0, high: 1.5, bins: 3, least: 2 });
  assert.deepEqual(
    found.map(({ from, to, count, median }) => [from, to, count, median]),
    [
      [0, 0.5, 3, 0.2],
      [0.5, 1, 2, 0.6499999999999999],
    ],
  );
});

test('a logarithmic axis holds its ends at 1, 2 or 5, and names no more than it has room for', () => {
  const told = (/** @type {number} */ low, /** @type {number} */ high) => {
    const { ticks, minor, ...ends } = logAxis(low, high);
    return { ...ends, ticks: ticks.map(({ value, label }) => `${value}: ${label}`), minor };
  };
  assert.deepEqual(told(0.03, 0.9), {
    low: 0.02,
    high: 1,
    ticks: ['0.02: 0.02', '0.05: 0.05', '0.1: 0.1', '0.2: 0.2', '0.5: 0.5', '1: 1'],
    minor: [0.03, 0.04, 0.06, 0.07, 0.08, 0.09, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9],
  });
  assert.deepEqual(told(1e-6, 2e3).ticks, [
    '0.000001: 10⁻⁶',
    '0.00001: 10⁻⁵',
    '0.0001: 0.0001',
    '0.001: 0.001',
    '0.01: 0.01',
    '0.1: 0.1',
    '1: 1',
    '10: 10',
    '100: 100',
    '1000: 1,000',
  ]);
  assert.deepEqual(told(1e-6, 2e3).minor, [], 'marks of nine decades would be a wall');
  const labels = (/** @type {number} */ low, /** @type {number} */ high) => logAxis(low, high).ticks.map(({ label }) => label);
  assert.deepEqual(labels(1e-25, 1), ['10⁻²⁴', '10⁻²¹', '10⁻¹⁸', '10⁻¹⁵', '10⁻¹²', '10⁻⁹', '10⁻⁶', '0.001', '1']);
  assert.deepEqual([labels(1, 1e10).length, labels(1, 2e10).length], [11, 6], 'up to ten decades each power has its label');
  assert.deepEqual(told(2e-6, 5e-6).ticks, ['0.000002: 2·10⁻⁶', '0.000005: 5·10⁻⁶']);
  assert.deepEqual(told(1, 1), { low: 1, high: 10, ticks: ['1: 1', '2: 2', '5: 5', '10: 10'], minor: [3, 4, 6, 7, 8, 9] });
  assert.deepEqual([told(5, 5).high, told(4.9, 20).low, told(5, 21).high], [50, 2, 50]);
  assert.ok(told(1_000, 20_000).ticks.includes('10000: 10,000'));
  assert.deepEqual(told(100_000, 200_000).ticks, ['100000: 10⁵', '200000: 2·10⁵']);
  assert.deepEqual(told(0.1, 1e3).minor.length, 32, 'four decades have their marks');
  assert.deepEqual(told(0.1, 100).ticks.length, 10, 'and three have the twos and fives named');
  assert.deepEqual(told(0.1, 200).ticks.length, 4);
});

test('a whole-number axis has both ends, and round numbers that keep clear of them', () => {
  const told = (/** @type {number} */ first, /** @type {number} */ last, /** @type {number} */ most) => wholeAxis(first, last, most).map(({ label }) => label);
  assert.deepEqual(told(1, 5, 10), ['1', '2', '3', '4', '5']);
  assert.deepEqual(told(1, 30, 5), ['1', '10', '20', '30']);
  assert.deepEqual(told(1, 31, 5), ['1', '10', '20', '31']);
  assert.deepEqual(told(1, 28, 5), ['1', '10', '20', '28']);
  assert.deepEqual(told(1, 1, 5), ['1']);
  assert.deepEqual(told(1, 2, 1), ['1', '2']);
  // Three of five apart is far enough, at both ends.
  assert.deepEqual(told(7, 30, 6), ['7', '10', '15', '20', '25', '30']);
  assert.deepEqual(told(5, 28, 6), ['5', '10', '15', '20', '25', '28']);
  assert.deepEqual(told(8, 30, 4), ['8', '20', '30']);
  assert.deepEqual(told(1, 100_000, 6), ['1', '20,000', '40,000', '60,000', '80,000', '100,000']);
  assert.deepEqual(
    wholeAxis(1, 3, 3).map(({ value }) => value),
    [1, 2, 3],
  );
});

test('a linear axis has round numbers within its ends', () => {
  const told = (/** @type {number} */ low, /** @type {number} */ high, /** @type {number} */ most) => linearAxis(low, high, most).map(({ label }) => label);
  assert.deepEqual(told(-1e6, 1.5e6, 5), ['−1e6', '−5e5', '0', '5e5', '1e6', '1.5e6'], 'what is long is written short');
  assert.deepEqual(told(-1, 1, 5), ['−1', '−0.5', '0', '0.5', '1']);
  assert.deepEqual(told(-0.05, 0.29, 7), ['−0.05', '0', '0.05', '0.1', '0.15', '0.2', '0.25']);
  assert.deepEqual(told(0, 10, 4), ['0', '5', '10']);
  assert.deepEqual(
    linearAxis(0, 0.35, 4).map(({ value }) => value),
    [0, 0.1, 0.2, 0.3],
  );
});

test('what is nearest is found by its place', () => {
  assert.equal(nearest([], 5), -1);
  assert.equal(nearest([0, 10, 20], 14), 1);
  assert.equal(nearest([0, 10], 100), 1);
});

test('GELU’s tanh form is what Python makes of it', () => {
  // Python: 0.5 * z * (1 + math.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)))
  for (const [z, value] of [
    [-2, -0.04540230591222494],
    [-0.5, -0.15428599017485606],
    [0, 0],
    [1, 0.8411919906082768],
    [3, 2.996362607918227],
  ]) {
    assert.ok(Math.abs(geluTanh(z) - value) < 1e-15, `GELU(${z}) is ${geluTanh(z)}`);
  }
});

test('a scale places its ends, and finds the value at a place', () => {
  const across = linear(-2, 2, 100, 500);
  assert.deepEqual([across(-2), across(0), across(1), across(2)], [100, 300, 400, 500]);
  assert.deepEqual([across.value(100), across.value(400), across.value(600)], [-2, 1, 3]);
  const up = logarithmic(0.01, 100, 400, 0);
  for (const [value, at] of [
    [0.01, 400],
    [0.1, 300],
    [1, 200],
    [100, 0],
  ]) {
    assert.ok(Math.abs(up(value) - at) < 1e-9 && Math.abs(up.value(at) / value - 1) < 1e-12, `${value}`);
  }
  const one = logarithmic(8, 8, 10, 30);
  assert.deepEqual([one(8), one.value(10)], [20, 8]);
});

test('a logarithmic axis has no place for zero, for what is below it, and for what is not finite', () => {
  assert.deepEqual([1e-300, 0, -1, Infinity, NaN].map(drawable), [true, false, false, false, false]);
  const bounds = range();
  assert.equal(bounds.ends(), null);
  bounds.widen([{ mse: 0.5 }, { mse: 0 }, { mse: Infinity }, { mse: NaN }], ({ mse }) => mse);
  assert.deepEqual(bounds.ends(), { low: 0.5, high: 0.5 });
  bounds.widen([3, -7, 0.25], (value) => value);
  assert.deepEqual(bounds.ends(), { low: 0.25, high: 3 });
});

test('a line has a gap at what cannot be drawn, and a band is closed', () => {
  assert.deepEqual(stretches([null, 1, 2, null, null, 3, null]), [[1, 2], [3]]);
  assert.deepEqual(stretches([null]), []);
  assert.equal(line([[0, 1], [2.04, 3.06], null, [4, 5]]), 'M0.0 1.0L2.0 3.1M4.0 5.0');
  assert.equal(line([]), '');
  const upper = /** @type {[number, number][]} */ ([
    [0, 1],
    [2, 1],
  ]);
  const lower = /** @type {[number, number][]} */ ([
    [0, 5],
    [2, 6],
  ]);
  assert.equal(band(upper, lower), 'M0.0 1.0L2.0 1.0L2.0 6.0L0.0 5.0Z');
  assert.deepEqual(
    lower,
    [
      [0, 5],
      [2, 6],
    ],
    'which are as they were',
  );
});

test('a curve of many points has each pixel column’s highest and lowest value, and no others', () => {
  const by = {
    x: (/** @type {number} */ i) => (i + 0.5) / 10,
    of: (/** @type {number} */ i) => ((i * 7) % 10) + 1,
    y: (/** @type {number} */ value) => -value,
    fits: drawable,
  };
  const few = trace([0, 1, 2], { ...by, room: 2 });
  assert.deepEqual(few, [
    [0.05, -1],
    [0.15, -8],
    [0.25, -5],
  ]);
  assert.deepEqual(trace([0, 1, 2], { ...by, room: 1.5 }), few, 'two points a column are all drawn');
  const places = trace([...Array(50).keys()], { ...by, room: 5 });
  assert.deepEqual(
    places,
    [0, 1, 2, 3, 4].flatMap((column) => [
      [column + 0.5, -10],
      [column + 0.5, -1],
    ]),
  );
  assert.deepEqual(trace([0, 1, 2], { ...by, of: (i) => (i === 1 ? NaN : i + 1), room: 2 }), [[0.05, -1], null, [0.25, -3]]);
  const lost = trace([...Array(50).keys()], { ...by, of: (i) => (i === 3 ? 0 : Infinity), room: 5 });
  assert.deepEqual(lost, [], 'of columns without a drawable end nothing is drawn');
});

test('the keys lead from part to part, and in from the ends where none is picked', () => {
  const from = (/** @type {number} */ picked, /** @type {Parameters<typeof targets>[1]} */ readable) => {
    const { ArrowLeft, ArrowRight, ArrowDown, ArrowUp, PageDown, PageUp, Home, End } = targets(picked, readable);
    return [ArrowLeft, ArrowRight, ArrowDown, ArrowUp, PageDown, PageUp, Home, End];
  };
  assert.deepEqual(from(-1, { parts: 40 }), [39, 0, 39, 0, 0, 4, 0, 39]);
  assert.deepEqual(from(20, { parts: 40 }), [19, 21, 19, 21, 15, 25, 0, 39]);
  assert.deepEqual(from(0, { parts: 40 }), [0, 1, 0, 1, 0, 5, 0, 39]);
  assert.deepEqual(from(39, { parts: 40 }), [38, 39, 38, 39, 34, 39, 0, 39]);
  assert.deepEqual(from(1, { parts: 3 }), [0, 2, 0, 2, 0, 2, 0, 2], 'a page is one part at least');
  assert.deepEqual(from(-1, { parts: 30, begin: 29, pages: 10 }), [28, 29, 28, 29, 26, 29, 0, 29]);
  assert.deepEqual(targets(-1, { parts: 0 }), {});
});

test('keys that are the browser’s are left to it', () => {
  const plot = new EventTarget();
  /** @type {number[]} */
  const went = [];
  steer(
    /** @type {SVGSVGElement} */ (plot),
    () => ({ ArrowLeft: 7 }),
    (target) => void went.push(target),
  );
  const press = (/** @type {Partial<KeyboardEvent>} */ keys) => {
    const event = Object.assign(new Event('keydown', { cancelable: true }), { ctrlKey: false, metaKey: false, altKey: false, ...keys });
    plot.dispatchEvent(event);
    return event.defaultPrevented;
  };
  const taken = [{ key: 'ArrowLeft' }, { key: 'Tab' }, ...['ctrlKey', 'metaKey', 'altKey'].map((held) => ({ key: 'ArrowLeft', [held]: true }))].map(press);
  assert.deepEqual(taken, [true, false, false, false, false]);
  assert.deepEqual(went, [7]);
});
