// @ts-check
/** Layers by their hashes, without a page: what recipes call them, which is at hand, and what is said of one that is not. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { hashed, sha256 } from '../../www/common/sha256.js';
import { layerOf } from '../../www/intake/layer.js';
import { atHand, before } from '../../www/run/at-hand.js';
import { drawnFrom, uniforms } from '../../www/view/seeds/average.js';
import { add, find, held, nameOf } from '../../www/run/layers.js';
import { BUILD } from '../../www/shell/build.js';
import { gelu } from '../../www/common/gelu.js';
import { f32, layer, safetensors } from './layers.mjs';
import { cpu, refusal } from './module.mjs';

const own = layer({ d: 3, rows: 6, samples: 40, rank: 3, classes: 2, seed: 3 });
const WHOLE = safetensors({ weight: f32(own.weight, 6, 3), bias: f32(own.bias, 6), inputs: f32(own.inputs, 40, 3) });
const BARE = safetensors({ weight: f32(own.weight, 6, 3) });

/** @param {Uint8Array} bytes */
function opened(bytes) {
  const found = layerOf({ name: 'mine.safetensors', bytes });
  assert.ok('layer' in found);
  return found.layer;
}

test('the hash is SHA-256, where the browser has none too', async () => {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 4_096]) {
    const bytes = new Uint8Array(randomBytes(length));
    const expected = createHash('sha256').update(bytes).digest('hex');
    assert.equal(Buffer.from(hashed(bytes)).toString('hex'), expected, String(length));
    assert.equal(await sha256(bytes, 16), expected.slice(0, 16));
  }
});

test('the built-in layer is called by the hash of its file', async () => {
  const bytes = await readFile(new URL('../../www/layers/digits.safetensors', import.meta.url));
  assert.equal(BUILD.digits.name, await sha256(new Uint8Array(bytes), 16));
});

test('a scale is part of the name where the file leaves it open', async () => {
  const hash = await sha256(WHOLE, 16);
  assert.equal(await nameOf(WHOLE, opened(WHOLE), 0.5), hash, 'it has inputs of its own');
  assert.equal(await nameOf(BARE, opened(BARE), 1), await sha256(BARE, 16));
  assert.equal(await nameOf(BARE, opened(BARE), 0.5), `${await sha256(BARE, 16)}:0.5`);
  const engine = await cpu();
  const recipe = { d: '4', m: '2', hidden: '4', n: '8', batch: '4', epochs: '1', lr: '0.01', seed: '1' };
  for (const name of [await sha256(WHOLE, 16), `${await sha256(BARE, 16)}:0.000001`, `${await sha256(BARE, 16)}:1000000`])
    assert.equal(engine.check({ ...recipe, layer: name }).recipe.layer, name);
  for (const name of ['digits', '0123456789abcdef:0', '0123456789ABCDEF', '0123456789abcdef:1e3']) {
    const { key, message } = await refusal(() => engine.check({ ...recipe, layer: name }));
    assert.equal(key, 'layer');
    assert.match(message, /^layer = “.*” is not possible: it must be the first 16 hexadecimal digits of the SHA-256 of a layer’s file/);
  }
  // Named and not there: the module has no draws.
  const { key, message } = await refusal(() => engine.Session.open({ ...recipe, layer: '0123456789abcdef' }));
  assert.deepEqual([key, message], ['layer', 'the run draws from the layer 0123456789abcdef, whose file is not here']);
});

test('what is at hand is told to a worker before a message that names it, and what is not is asked for', async () => {
  const name = await nameOf(WHOLE, opened(WHOLE));
  assert.equal(before({ fields: { layer: name } }), undefined);
  const missing = await refusal(() => held({ d: 4, layer: name }));
  assert.deepEqual([missing.key, missing.message], ['layer', `the run draws from the layer ${name}, whose file is not here: open it under “Your layer”`]);
  let changes = 0;
  atHand.addEventListener('change', () => (changes += 1));
  add(name, opened(WHOLE), WHOLE);
  add(name, opened(WHOLE), WHOLE);
  assert.equal(changes, 1);
  assert.equal((await held({ d: 4, layer: name })).title, 'mine.safetensors');
  const wide = await refusal(() => held({ d: 5, layer: name }));
  assert.deepEqual([wide.key, wide.message], ['d', 'd = 5 does not fit the layer: its rows have 4 numbers with their bias']);
  assert.deepEqual(before({ fields: { layer: name } })?.key, name);
  assert.equal(before({ fields: {} }), undefined);
  assert.equal(before({}), undefined);
  // A file without inputs is found under any scale, and one with inputs under its hash alone.
  const bare = await nameOf(BARE, opened(BARE), 2);
  add(bare, opened(BARE), BARE);
  assert.equal((await find(bare.replace(':2', ':0.25')))?.numbers.inputs, undefined);
  assert.equal(await find(`${name}:2`), undefined);
});

test('draws of a layer for the mean of many runs are its rows and inputs, with the bias', () => {
  const { W, x, y } = drawnFrom(own, uniforms(5));
  assert.deepEqual([W.length, x.length, y.length], [160_000, 40_000, 40_000]);
  // Of long rows there are fewer, and of the longest one.
  const long = { ...own, d: 999, weight: new Float32Array(999), bias: new Float32Array(1), inputs: new Float32Array(999) };
  assert.equal(drawnFrom(long, uniforms(5)).x.length, 2_000);
  assert.equal(uniforms(0)(), 0.26642920868471265, 'mulberry32');
  const has = (/** @type {Float32Array} */ all, /** @type {ArrayLike<number>} */ one, /** @type {number} */ width) =>
    Array.from({ length: all.length / width }, (_, i) => all.subarray(i * width, (i + 1) * width)).some((row) => row.every((value, j) => value === one[j]));
  for (const draw of [0, 1, 77]) {
    const input = x.subarray(4 * draw, 4 * draw + 4);
    assert.ok(input[3] === 1 && has(own.inputs, input, 3));
    for (let i = 4 * draw; i < 4 * draw + 4; i += 1) {
      const row = W.subarray(4 * i, 4 * i + 4);
      assert.ok(has(own.weight, row, 3) && own.bias.includes(row[3]));
      const z = row.reduce((sum, value, j) => sum + value * input[j], 0);
      assert.ok(Math.abs(y[i] - gelu(z)) < 1e-6);
    }
  }
});
