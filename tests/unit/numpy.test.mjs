// @ts-check
/** Vectors and the demo, printed as NumPy and the notebook print them: tests/python/numpy_print.py recorded what they say. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { vectorText } from '../../www/common/numpy.js';
import { demoText } from '../../www/common/print.js';

/** @type {{ vectors: { bits: string, text: string }[], demos: { vectors: string[], rmse: string, text: string }[] }} */
const golden = JSON.parse(await readFile(new URL('../golden/numpy-print.json', import.meta.url), 'utf8'));

/** @param {string} hex big-endian */
function view(hex) {
  const bytes = Buffer.from(hex, 'hex');
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** @param {string} hex */
function floats(hex) {
  const data = view(hex);
  return Float32Array.from({ length: data.byteLength / 4 }, (_, i) => data.getFloat32(4 * i));
}

test('a vector is printed as NumPy prints it, digit for digit and blank for blank', () => {
  assert.ok(golden.vectors.length > 400);
  for (const { bits, text } of golden.vectors) assert.equal(vectorText(floats(bits)), text, bits);
});

test('the demo is printed as the notebook prints it, line for line', () => {
  for (const { vectors, rmse, text } of golden.demos) {
    const [wx, approx, yardstick] = vectors.map(floats);
    assert.equal(demoText({ wx, approx, yardstick, rmse: view(rmse).getFloat64(0) }), text);
  }
});

// The notebook's record has 0.35716217 on the GELU_tanh line, which no float32 is printed as: that array was a float64 there. Ours is a float32.
test('the notebook’s own numbers give the notebook’s own print', () => {
  const ours = demoText({ wx: [-0.7917412, 0.51313776], approx: [-0.14708376, 0.3033128], yardstick: [-0.16971655, 0.35716217], rmse: 0.0413 });
  const theirs = [
    '==== Neural φ/ψ Linearization of GELU ====',
    '',
    "x' = Wx = [-0.7917412   0.51313776]",
    'Learned φ(W) · ψ(x) = [-0.14708376  0.3033128 ]',
    "GELU_tanh(x')      = [-0.16971655  0.35716218]",
    '',
    'RMSE: Linearized φ · ψ vs GELU_tanh = 0.04130',
  ];
  assert.deepEqual(ours.split('\n'), theirs);
});
