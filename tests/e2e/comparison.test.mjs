// @ts-check
/** The notebook's demo: what is printed agrees with itself, with GELU, and with W and x as typed. */
import assert from 'node:assert/strict';
import { visitors } from './browser.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

/** Half of the last digit printed, and what single precision adds. */
const RMSE_DIGITS = 0.5e-5 + 1e-7;

/** GELU in the tanh form, in double precision. @param {number} z */
function geluTanh(z) {
  return 0.5 * z * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3)));
}

/** The notebook's print, as numbers. @param {string} text */
function parse(text) {
  const form = /^x' = Wx +=\s\[(.*)\]\nφ\(W\) · ψ\(x\) +=\s\[(.*)\]\nGELU_tanh\(x'\) +=\s\[(.*)\]\nRMSE: Linearized φ · ψ vs GELU_tanh = (\d+\.\d{5})$/;
  const found = form.exec(text);
  assert.ok(found, `not the notebook’s form:\n${text}`);
  const [wx, approx, tanh] = found.slice(1, 4).map((vector) => vector.trim().split(/\s+/).map(Number));
  return { wx, approx, tanh, rmse: Number(found[4]) };
}

/** Holds a print against itself and against GELU. @param {string} text @param {number} d */
function judge(text, d) {
  const { wx, approx, tanh, rmse } = parse(text);
  for (const vector of [wx, approx, tanh]) {
    assert.equal(vector.length, d);
    assert.ok(vector.every(Number.isFinite), text);
  }
  for (const [i, z] of wx.entries()) assert.ok(Math.abs(tanh[i] - geluTanh(z)) < 1e-6 * Math.max(1, Math.abs(z)), `GELU_tanh(${z}) is not ${tanh[i]}`);
  const expected = Math.sqrt(approx.reduce((sum, value, i) => sum + (value - tanh[i]) ** 2, 0) / d);
  assert.ok(Math.abs(rmse - expected) <= RMSE_DIGITS, `RMSE ${rmse} is printed, and the vectors give ${expected}`);
  return { wx, approx, tanh, rmse };
}

/** @param {Visitor} visitor @param {string} W @param {string} x */
async function compareTyped(visitor, W, x) {
  await visitor.find('typed-W').fill(W);
  await visitor.find('typed-x').fill(x);
  await visitor.press('compare');
}

visit('every draw’s RMSE is what its vectors give, and every draw is another', {}, async (visitor) => {
  await visitor.train({ epochs: 30 });
  let text = await visitor.comparison();
  const seen = [judge(text, 2)];
  for (let draw = 1; draw <= 8; draw += 1) {
    await visitor.press('draw');
    text = await visitor.comparison(text);
    seen.push(judge(text, 2));
  }
  assert.equal(new Set(seen.map(({ wx }) => wx.join())).size, seen.length);
  // After 30 epochs the networks say something of GELU: in the middle of nine draws they are nearer than zero is.
  const middle = (/** @type {number[]} */ values) => values.sort((a, b) => a - b)[4];
  const ours = middle(seen.map(({ rmse }) => rmse));
  const zero = middle(seen.map(({ tanh }) => Math.hypot(...tanh) / Math.SQRT2));
  assert.ok(ours < 0.25 && ours < zero, `RMSE ${ours}, of zero ${zero}`);
});

visit('wide layers are compared as well as narrow ones', {}, async (visitor) => {
  for (const d of [1, 7]) {
    await visitor.train({ d, epochs: 1 });
    judge(await visitor.comparison(), d);
  }
});

visit('the same seed draws the same comparisons', {}, async (visitor) => {
  await visitor.train();
  const first = await visitor.comparison();
  await visitor.press('draw');
  const second = await visitor.comparison(first);
  await visitor.press('reset');
  await visitor.reach('done');
  assert.equal(await visitor.comparison(), first);
  await visitor.press('draw');
  assert.equal(await visitor.comparison(first), second);
});

visit('before any run the untrained networks are asked, and Train then starts at the beginning', {}, async (visitor) => {
  await visitor.press('draw');
  const untrained = judge(await visitor.comparison(), 2);
  assert.match(await visitor.text('comparison-caption'), /untrained/);
  assert.equal(await visitor.state(), 'idle');
  const lines = await visitor.train();
  const trained = judge(await visitor.comparison(), 2);
  assert.deepEqual(trained.wx, untrained.wx);
  assert.notDeepEqual(trained.approx, untrained.approx);
  await visitor.page.reload();
  assert.deepEqual(await visitor.train(), lines);
});

visit('W and x as typed give Wx and its GELU', {}, async (visitor) => {
  await visitor.train({ d: 3, epochs: 1 });
  const drawn = await visitor.comparison();
  // The sister notebook's toy case and its printed numbers.
  await compareTyped(visitor, '[[-.8, -.8, -.8]\n [.5, .5, .5]; [.2,.3,1]]', '1, 0.1\t2');
  const { wx, tanh } = judge(await visitor.comparison(drawn), 3);
  const close = (/** @type {number[]} */ ours, /** @type {number[]} */ theirs) =>
    ours.forEach((value, i) => assert.ok(Math.abs(value - theirs[i]) < 1e-6, `${value} instead of ${theirs[i]}`));
  close(wx, [-2.48, 1.55, 2.23]);
  close(tanh, [-0.01585868, 1.45591211, 2.20158061]);
  assert.match(await visitor.text('comparison-caption'), /^Your W and x, after 1 epoch\./);
});

visit('the W and x that stand in the boxes from the start can be compared at once', {}, async (visitor) => {
  await visitor.press('compare');
  const { wx } = judge(await visitor.comparison(), 2);
  assert.ok(Math.abs(wx[0] - 0.1) < 1e-6 && Math.abs(wx[1] + 2.61) < 1e-6, `${wx}`);
});

visit('what cannot be read as W and x is refused in a sentence', {}, async (visitor) => {
  await visitor.train();
  await visitor.heldOut();
  const shown = await visitor.comparison();
  for (const [W, x, sentence] of [
    ['1 2 3', '1 2', /^W needs 4 numbers at this d, and 3 were given/],
    ['1 2 3 4', '1 2 3', /^x needs 2 numbers at this d, and 3 were given/],
    ['', '1 2', /^W needs 4 numbers at this d, and 0 were given/],
    ['1 2 3 4', '', /^x needs 2 numbers at this d, and 0 were given/],
    ['1 2 3 four', '1 2', /^W holds “four”, which is not a number from -1000000 to 1000000/],
    ['1 2 3 4', 'NaN 1', /^x holds “NaN”/],
    ['1 2 3 4', '1e9 1', /^x holds “1e9”/],
    ['1 2 3 4', 'Infinity 1', /^x holds “Infinity”/],
    ['<img/src=x/onerror=alert(1)> 2 3 4', '1 1', /^W holds “‹img\/src=x/],
  ]) {
    await compareTyped(visitor, /** @type {string} */ (W), /** @type {string} */ (x));
    await visitor.eventually(async () => assert.match(await visitor.text('notice'), /** @type {RegExp} */ (sentence)));
    assert.equal(await visitor.text('comparison'), shown);
  }
  await compareTyped(visitor, '1 2 3 4', '1 1');
  judge(await visitor.comparison(shown), 2);
  assert.equal(await visitor.text('notice'), '');
});

visit('a draw asked for while a run goes on is answered, and the run goes on', {}, async (visitor) => {
  await visitor.type({ n: 32_768, epochs: 100 });
  await visitor.press('train');
  await visitor.underWay({ epochs: 1 });
  await visitor.press('draw');
  judge(await visitor.comparison(), 2);
  assert.match(await visitor.text('comparison-caption'), /during training/);
  await visitor.reach('done');
  assert.equal((await visitor.lines()).length, 100);
});
