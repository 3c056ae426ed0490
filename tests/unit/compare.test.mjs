// @ts-check
/** The notebook's demo by the module, as the page prints it: it agrees with itself, with GELU, and with W and x as typed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demoText } from '../../www/common/print.js';
import { geluTanh, judge } from '../e2e/demo.mjs';
import { cpu, evaluated, refusal, trained } from './module.mjs';

const engine = await cpu();

const DEFAULTS = { d: '2', m: '16', hidden: '64', n: '1024', batch: '64', epochs: '5', lr: '0.001', seed: '42' };

test('every draw’s RMSE is what its vectors give, and every draw is another', async () => {
  const { session } = await trained(engine, { ...DEFAULTS, epochs: '30' });
  const seen = [];
  for (let draw = 0; draw <= 8; draw += 1) {
    const comparison = await session.compare(draw);
    const told = judge(demoText(comparison), 2);
    for (const [i, z] of comparison.wx.entries())
      assert.ok(Math.abs(Math.fround(told.wx[i]) - z) <= 1e-8 && Math.abs(comparison.yardstick[i] - geluTanh(z)) < 1e-6);
    const { W, x } = comparison;
    for (const i of [0, 1]) assert.ok(Math.abs(W[2 * i] * x[0] + W[2 * i + 1] * x[1] - comparison.wx[i]) < 1e-6, 'Wx is W times x');
    seen.push(told);
  }
  assert.equal(new Set(seen.map(({ wx }) => wx.join())).size, seen.length);
  // After 30 epochs the networks say something of GELU: in the middle of nine draws they are nearer than zero is.
  const middle = (/** @type {number[]} */ values) => values.sort((a, b) => a - b)[4];
  const ours = middle(seen.map(({ rmse }) => rmse));
  const zero = middle(seen.map(({ tanh }) => Math.hypot(...tanh) / Math.SQRT2));
  assert.ok(ours < 0.25 && ours < zero, `RMSE ${ours}, of zero ${zero}`);
});

test('wide layers are compared as well as narrow ones', async () => {
  for (const d of [1, 7, 64]) {
    const { session } = await trained(engine, { ...DEFAULTS, d: String(d), epochs: '1' });
    judge(demoText(await session.compare(0)), d);
  }
});

test('the same seed draws the same comparisons, whatever the weights', async () => {
  const [untrained, one, other] = await Promise.all([0, 5, 5].map((until) => trained(engine, DEFAULTS, { until })));
  for (const draw of [0, 1]) {
    const texts = await Promise.all([one, other].map(({ session }) => session.compare(draw).then(demoText)));
    assert.equal(texts[0], texts[1]);
    const [before, after] = [judge(demoText(await untrained.session.compare(draw)), 2), judge(texts[0], 2)];
    assert.deepEqual(after.wx, before.wx);
    assert.notDeepEqual(after.approx, before.approx);
  }
});

test('W and x as typed give Wx and its GELU', async () => {
  const { session } = await trained(engine, { ...DEFAULTS, d: '3', epochs: '1' });
  // The sister notebook's toy case and its printed numbers.
  const { wx, tanh } = judge(demoText(await session.compareWith('[[-.8, -.8, -.8]\n [.5, .5, .5]; [.2,.3,1]]', '1, 0.1\t2')), 3);
  const close = (/** @type {number[]} */ ours, /** @type {number[]} */ theirs) =>
    ours.forEach((value, i) => assert.ok(Math.abs(value - theirs[i]) < 1e-6, `${value} instead of ${theirs[i]}`));
  close(wx, [-2.48, 1.55, 2.23]);
  close(tanh, [-0.01585868, 1.45591211, 2.20158061]);
});

test('what cannot be read as W and x is refused in a sentence', async () => {
  const { session } = await trained(engine, DEFAULTS, { until: 0 });
  for (const [W, x, sentence] of /** @type {[string, string, RegExp][]} */ ([
    ['1 2 3', '1 2', /^W needs 4 numbers at this d, and 3 were given/],
    ['1 2 3 4', '1 2 3', /^x needs 2 numbers at this d, and 3 were given/],
    ['', '1 2', /^W needs 4 numbers at this d, and 0 were given/],
    ['1 2 3 4', '', /^x needs 2 numbers at this d, and 0 were given/],
    ['1 2 3 four', '1 2', /^W holds “four”, which is not a number from -1000000 to 1000000/],
    ['1 2 3 4', 'NaN 1', /^x holds “NaN”/],
    ['1 2 3 4', '1e9 1', /^x holds “1e9”/],
    ['1 2 3 4', 'Infinity 1', /^x holds “Infinity”/],
    ['<img/src=x/onerror=alert(1)> 2 3 4', '1 1', /^W holds “‹img\/src=x/],
  ]))
    assert.match((await refusal(() => session.compareWith(W, x))).message, sentence);
  judge(demoText(await session.compareWith('1 2 3 4', '1 1')), 2);
});

test('the evaluation is that of the sample, and the watched error that of as many draws', async () => {
  for (const [n, d, draws] of [
    [1_024, 2, 1_024],
    [300, 3, 300],
    [4_000, 1, 1_024],
    [10, 2, 64],
  ]) {
    const { session } = await trained(engine, { ...DEFAULTS, d: String(d), n: String(n), m: '8', hidden: '20', batch: '32', epochs: '3', seed: '11' });
    const mse = async (/** @type {number} */ outputs) => {
      const { y, approx } = await session.sample(outputs);
      assert.equal(y.length, outputs);
      return y.reduce((sum, value, i) => sum + (approx[i] - value) ** 2, 0) / outputs;
    };
    const watched = (await session.watch(0xffff_ffff)) ?? NaN;
    assert.ok(Math.abs(watched / (await mse(draws * d)) - 1) < 1e-6, `n ${n}`);
    // So many outputs are a sample at most.
    if (d <= 2) assert.ok(Math.abs((await evaluated(session)).mse / (await mse(10_000 * d)) - 1) < 1e-6, `n ${n}`);
  }
});
