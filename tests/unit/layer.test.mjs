// @ts-check
/** A real layer without its GELU, without a page: what a file may hold, what the lab finds, and what is said of it. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { gelu } from '../../www/common/gelu.js';
import { layerModule } from '../../www/export/layer-module.js';
import { ofWidth } from '../../www/export/of-width.js';
import { layerOf } from '../../www/intake/layer.js';
import { interval, Standin } from '../../www/view/layer/standin.js';
import { costWords, gaussWords, intervalWords, percent, readingWords, transferWords, verdict } from '../../www/view/layer/words.js';
import { f32, layer, safetensors } from './layers.mjs';
import { lab as loaded } from './module.mjs';

/** @typedef {import('../../www/common/lab-protocol.js').Replaced} Replaced */

const lab = await loaded();

/** @param {import('../../www/common/lab-protocol.js').LayerNumbers} numbers @param {number} [hidden] @returns {Replaced} */
function replaced(numbers, hidden = 64) {
  const work = lab.Replacement.open(/** @type {any} */ (numbers), hidden, 42);
  while (work.advance(1) < 1);
  const found = work.finish();
  work.free();
  return { ...found, seconds: 0 };
}

const opened = (/** @type {Uint8Array} */ bytes) => layerOf({ name: 'layer.safetensors', bytes });

/** @param {Uint8Array} bytes @returns {import('../../www/intake/layer.js').LayerFile} */
function read(bytes) {
  const found = opened(bytes);
  assert.ok('layer' in found, JSON.stringify(found));
  return found.layer;
}

/** @param {Record<string, any>} tensors @param {Record<string, string>} [metadata] */
function refused(tensors, metadata) {
  const found = opened(safetensors(tensors, metadata));
  assert.ok('refused' in found, 'it was opened');
  return found.refused;
}

const SMALL = { 'fc1.weight': f32([1, 2, 3, 4, 5, 6], 3, 2), 'fc1.bias': f32([0.5, 0, -1], 3), inputs: f32(Array(16).fill(1), 8, 2) };

test('the built-in layer is what its script says, its pixels sixteenths, the last 500 kept back', async () => {
  const { d, rows, inputs, kept, head } = read(await readFile(new URL('../../www/layers/digits.safetensors', import.meta.url)));
  assert.deepEqual([d, rows, inputs?.length, kept, head?.classes], [64, 128, 1797 * 64, 500, 10]);
  assert.ok(inputs?.every((value) => value >= 0 && value <= 1 && Number.isInteger(16 * value)));
});

test('a file is read whatever stands before its names, with a head and without, in any width', () => {
  const plain = read(safetensors(SMALL));
  assert.deepEqual([plain.d, plain.rows, [...plain.weight], [...plain.bias], plain.head, plain.kept], [2, 3, [1, 2, 3, 4, 5, 6], [0.5, 0, -1], null, 0]);
  const bare = read(safetensors({ weight: SMALL['fc1.weight'] }));
  assert.deepEqual([[...bare.bias], bare.inputs], [[0, 0, 0], null]);
  const labels = new BigInt64Array([0n, 1n, 0n, 1n, 0n, 1n, 0n, 1n]);
  const whole = read(
    safetensors({
      ...SMALL,
      'head.weight': f32([1, 0, 0, 0, 1, 0], 2, 3),
      'head.bias': f32([0, 1], 2),
      labels: { dtype: 'I64', shape: [8], bytes: new Uint8Array(labels.buffer) },
    }),
  );
  assert.deepEqual([whole.head?.classes, [...(whole.head?.labels ?? [])]], [2, [0, 1, 0, 1, 0, 1, 0, 1]]);
  // 0x3c00 is 1 in float16.
  assert.deepEqual([...read(safetensors({ weight: { dtype: 'F16', shape: [1, 2], bytes: Uint8Array.of(0, 0x3c, 0, 0xbc) } })).weight], [1, -1]);
});

/** A layer with a head of two classes, and labels. @param {number[]} labels */
const headed = (labels) => ({ ...SMALL, 'head.weight': f32([1, 0, 0, 0, 1, 0], 2, 3), labels: f32(labels, 8) });

test('what is no file of a layer is refused in a sentence', () => {
  const huge = { dtype: 'F32', shape: [32_768, 32_768], bytes: new Uint8Array(0) };
  for (const [tensors, words] of /** @type {[Record<string, any>, RegExp][]} */ ([
    [{ bias: SMALL['fc1.bias'] }, /has no tensor whose name ends with “weight”\.$/],
    [{ ...SMALL, 'fc2.weight': SMALL['fc1.weight'] }, /2 of its names end with “weight”, and a layer has one\.$/],
    [{ ...SMALL, 'fc1.bias': f32([1], 1) }, /fc1\.bias has shape \[1\], and with the others it must be \[3\]\.$/],
    [{ ...SMALL, inputs: f32([1, 2, 3], 1, 3) }, /inputs has shape \[1, 3\], and with the others it must be \[1, 2\]\.$/],
    [{ weight: f32([1, 2], 2) }, /weight has shape \[2\], and must have 2 sizes above zero\.$/],
    [{ weight: f32([1, Number.NaN], 1, 2) }, /weight holds NaN, and a layer's numbers must be finite\.$/],
    [{ weight: { dtype: 'BOOL', shape: [1, 2], bytes: Uint8Array.of(1, 0) } }, /weight holds BOOL numbers, which are not read here: save it as float32\.$/],
    [{ weight: { dtype: 'F32', shape: [4, 4], bytes: new Uint8Array(4) } }, /weight is not as long as its shape says\.$/],
    [{ ...SMALL, inputs: { dtype: 'U8', shape: [1, 1], bytes: new Uint8Array(64) } }, /inputs has shape \[1, 1\]/],
    [{ weight: { dtype: 'U8', shape: [1, 2], bytes: new Uint8Array(1 << 20) } }, /weight is not as long as its shape says\.$/],
    [
      { weight: f32(Array(512).fill(1), 512, 1), inputs: f32(Array(8_000).fill(1), 8_000, 1) },
      /it has 8000 inputs for 512 rows, and 7812 may be for so many\.$/,
    ],
    [headed([0, 1, 0, 0.5, 1, 1, 1, 1]), /labels holds 0\.5, and the head has 2 classes, counted from 0\.$/],
    [headed([0, 1, 0, -1, 1, 1, 1, 1]), /labels holds -1, and the head has 2 classes/],
    [headed([0, 1, 0, 2, 1, 1, 1, 1]), /labels holds 2, and the head has 2 classes/],
    [{ weight: huge }, /its weight is 32768 by 32768, and a layer may have 1024 rows of 1024 numbers\. Cut one layer out/],
  ]))
    assert.match(refused(tensors), words);
  const few = (/** @type {number} */ samples) => ({ ...SMALL, inputs: f32(Array(2 * samples).fill(1e36), samples, 2) });
  assert.match(refused(few(7)), /the file has 7 inputs: at least 8 are needed, of which a quarter is kept back\.$/);
  for (const kept of ['1', '5', '8']) assert.match(refused(few(8), { kept_back: kept }), new RegExp(`${kept} of 8 inputs cannot be kept back\\.$`));
  assert.match(refused(few(8), { inputs_scale: '1000' }), /its inputs times their inputs_scale are too large to be numbers\.$/);
  assert.match(refused(SMALL, { inputs_scale: 'a lot' }), /its inputs_scale is “a lot”, and must be a number above zero\.$/);
  for (const bytes of [new Uint8Array(0), Uint8Array.of(1, 2, 3), safetensors(SMALL).slice(0, -3)]) {
    const found = opened(bytes);
    assert.ok('refused' in found);
    assert.match(found.refused, /it is (not a whole safetensors file\.|empty: was it cut off, or is it still on its way\?)$/);
  }
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`blocks.${i}.weight`, f32([1], 1, 1)]));
  assert.match(refused(many), /its header is too long to be read: it has too many tensors, or long notes\. Cut one layer out: /);
});

test('the lab refuses what the numbers themselves do not allow, in a sentence', () => {
  const numbers = layer({ d: 3, rows: 5, samples: 40, rank: 2, classes: 2, seed: 1 });
  const why = (/** @type {object} */ change, hidden = 8) => {
    try {
      lab.Replacement.open(/** @type {any} */ ({ ...numbers, ...change }), hidden, 1);
      return '';
    } catch (error) {
      return error instanceof Error ? error.message : '';
    }
  };
  assert.equal(why({}), '');
  assert.match(why({ kept: 39 }), /^39 of 40 inputs cannot be kept back$/);
  assert.match(why({ labels: numbers.labels.map(() => 2) }), /^labels holds class 2, and the head has 2, counted from 0$/);
  assert.match(why({ inputs: numbers.inputs.slice(0, 12) }), /^the file has 4 inputs: at least 8 are needed/);
  assert.match(why({}, 0), /^the layer has 0 hidden units: it must be 1 to 1024$/);
});

test('one input at a time, the stand-in computes what the lab told of all of them', () => {
  const numbers = layer({ d: 4, rows: 12, samples: 200, rank: 3, classes: 3, seed: 2 });
  const found = replaced(numbers);
  const standin = new Standin(numbers, found);
  const m = 6;
  let [wrong, squares] = [0, 0];
  while (!standin.look(1));
  const differing = standin.differing(m).map(({ index }) => index);
  for (const index of found.kept) {
    const x = standin.input(index);
    const [y, ours] = [standin.original(x), standin.product(standin.psi(x), m)];
    for (const [row, value] of y.entries()) {
      let z = numbers.bias[row];
      for (let j = 0; j < 4; j += 1) z += numbers.weight[row * 4 + j] * x[j];
      assert.ok(Math.abs(value - gelu(z)) < 1e-12);
      squares += (ours[row] - value) ** 2;
    }
    const [one, other] = [standin.read(y)?.answer, standin.read(ours)?.answer];
    assert.equal(one !== other, differing.includes(index));
    const odds = Array.from(numbers.headBias, (b, head) => Math.exp(y.reduce((sum, value, row) => sum + value * numbers.headWeight[head * 12 + row], b)));
    const all = odds.reduce((sum, one) => sum + one, 0);
    const shares = standin.read(y)?.shares ?? [];
    assert.equal(shares.length, 3);
    for (const [head, share] of shares.entries()) assert.ok(Math.abs(share - odds[head] / all) < 1e-12, `class ${head}: ${share}`);
    if (other !== numbers.labels[index]) wrong += 1;
  }
  assert.ok(Math.abs(squares / (found.kept.length * 12) / found.oursMse[m] - 1) < 1e-3);
  assert.ok(Math.abs(1 - wrong / found.kept.length - found.ours[m]) <= 1 / found.kept.length);
  // Without a head, or labels, there is nothing to differ in.
  const { headWeight: _, headBias: __, ...headless } = numbers;
  for (const bare of [headless, { ...headless, headWeight: numbers.headWeight }, { ...numbers, labels: undefined }]) {
    const silent = new Standin(bare, found);
    while (!silent.look(1));
    assert.deepEqual(silent.differing(1), []);
    assert.equal(silent.read(silent.original(silent.input(0))) === null, !('headBias' in bare));
  }
  assert.ok(standin.differing(1).length > 0);
  assert.deepEqual(standin.before, { multiplications: 48, numbers: 60 });
  assert.deepEqual(standin.after(6), { multiplications: 64 * 4 + 6 * 64 + 12 * 6, numbers: 64 * 5 + 6 * 65 + 72 });
});

test('cut to a width, the first features of Φ and Ψ are left, row by row', () => {
  const psi = [
    { weight: Float32Array.of(1, 2), bias: Float32Array.of(3, 4) },
    { weight: Float32Array.of(1, 2, 3, 4, 5, 6), bias: Float32Array.of(7, 8, 9) },
  ];
  const found = { phi: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), width: 3, psi };
  assert.deepEqual(ofWidth(found, 2), {
    phi: Float32Array.of(1, 2, 4, 5, 7, 8, 10, 11),
    weight: Float32Array.of(1, 2, 3, 4),
    bias: Float32Array.of(7, 8),
  });
  assert.deepEqual(ofWidth(found, 3), { phi: found.phi, ...psi[1] });
});

test('the module that is taken away computes what the page does, and takes nothing else', async () => {
  const numbers = layer({ d: 5, rows: 9, samples: 100, rank: 4, classes: 2, seed: 3 });
  const found = replaced(numbers, 16);
  const text = layerModule({ name: 'mine.mjs', of: 'a */ layer', d: 5, rows: 9, m: 4, found });
  const made = await import(`data:text/javascript,${encodeURIComponent(text)}`);
  const standin = new Standin(numbers, found);
  for (const index of [0, 50, 99]) {
    const x = standin.input(index);
    assert.deepEqual(made.layer(x), standin.product(standin.psi(x), 4));
  }
  assert.deepEqual([made.d, made.rows, made.m], [5, 9, 4]);
  assert.throws(() => made.layer([1, 2]), /x has 2 numbers, and the layer reads 5/);
});

test('inputs that are assumed are normal with the scale that is set, and the same each time', () => {
  const inputs = lab.assumedInputs(20, 0.5);
  assert.deepEqual([inputs.length, lab.assumedInputs(20, 0.5)], [40_000, inputs]);
  const mean = inputs.reduce((sum, value) => sum + value, 0) / inputs.length;
  const square = inputs.reduce((sum, value) => sum + value * value, 0) / inputs.length;
  assert.ok(Math.abs(mean) < 0.01 && Math.abs(square - 0.25) < 0.008, `${mean} ${square}`);
});

test('what came of it is said in words', () => {
  assert.deepEqual([percent(0.9604), percent(Number.NaN)], ['96.0\u00a0%', '–']);
  // Wilson's interval by hand: 486 of 500.
  const [low, high] = interval(0.972, 500);
  assert.ok(Math.abs(low - 0.95361) < 1e-4 && Math.abs(high - 0.98325) < 1e-4, `${low} ${high}`);
  assert.equal(intervalWords(0.972, 500), '95.4–98.3\u00a0%');
  const found = /** @type {any} */ ({
    original: 0.98,
    linear: 0.9,
    linearR2: 0.8,
    kept: { length: 500 },
    ours: [0.1, 0.96, 0.98, 0.982],
    oursR2: [0, 0.5, 0.6, 0.7],
    oursSeenR2: [0, 0.55, 0.65, 0.75],
    transferSeenR2: [0, 0.54, 0.64],
    transferR2: [0, 0.3, 0.4],
  });
  assert.match(
    verdict(found, 1),
    /width 1 in the layer’s place, the network is right on 480 of 500 inputs kept back: 10 fewer than the layer itself\. .* is right on 450\.$/,
  );
  assert.match(verdict(found, 2), /right on 490 of 500 .*: as many as the layer itself\./);
  assert.match(verdict(found, 3), /right on 491 of 500 .*: 1 more than the layer itself\./);
  assert.match(verdict({ ...found, oursR2: Float64Array.of(NaN, NaN) }, 1), /answers the same to every input/);
  assert.match(verdict({ ...found, original: Number.NaN }, 1), /width 1 explains 50\.0\u00a0% of the layer’s outputs, the best linear map 80\.0\u00a0%\.$/);
  assert.match(
    transferWords(found, 2),
    /^R² is 0\.650 .* and 0\.600 on those kept back\. .* it is 0\.640 for those rows and 0\.400 for the others, on inputs kept back\. Rows that Φ has not seen are the harder part\.$/,
  );
  assert.match(transferWords({ ...found, transferR2: [0, 0.6, 0.7] }, 2), /0\.700 for the others, on inputs kept back\.$/);
  assert.equal(transferWords(found, 3), 'R² is 0.750 on the inputs that it was solved on and 0.700 on those kept back.');
  assert.match(
    costWords({ multiplications: 100, numbers: 110 }, { multiplications: 50, numbers: 70 }, 2),
    /takes 100 multiplications .* take 50 \(50\u00a0% of that\), no GELU, and keep 70\.$/,
  );
  assert.match(costWords({ multiplications: 100, numbers: 110 }, { multiplications: 250, numbers: 70 }, 2), /take 250 \(2\.5 times as many\)/);
  assert.match(gaussWords(Float64Array.of(2, 1), [4, 1], 1), /^: 50\.0+\u00a0% of the mean square .* width 1 is 25\.0+\u00a0%$/);
  for (const none of [null, [4], [4, Number.NaN]]) assert.equal(gaussWords(Float64Array.of(2, 1), none, 1), '');
  assert.equal(
    readingWords({ answer: 1, shares: [0.1, 0.9] }, { answer: 0, shares: [0.6, 0.4] }),
    'The network reads 1 (90\u00a0%); without its GELU, 0 (60\u00a0%).',
  );
});
