// @ts-check
/** The notebook's print, read back and held against itself and against GELU. */
import assert from 'node:assert/strict';

/** Half of the last digit printed, and what single precision adds. */
const RMSE_DIGITS = 0.5e-5 + 1e-7;

/** GELU in the tanh form, in double precision. @param {number} z */
export function geluTanh(z) {
  return 0.5 * z * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3)));
}

/** The notebook's print, as numbers. @param {string} text */
function parse(text) {
  const form =
    /^==== Neural φ\/ψ Linearization of GELU ====\n\nx' = Wx = \[([^\]]*)\]\nLearned φ\(W\) · ψ\(x\) = \[([^\]]*)\]\nGELU_tanh\(x'\) {6}= \[([^\]]*)\]\n\nRMSE: Linearized φ · ψ vs GELU_tanh = (\d+\.\d{5})$/;
  const found = form.exec(text);
  assert.ok(found, `not the notebook’s form:\n${text}`);
  const [wx, approx, tanh] = found.slice(1, 4).map((vector) => vector.trim().split(/\s+/).map(Number));
  return { wx, approx, tanh, rmse: Number(found[4]) };
}

/** Holds a print against itself and against GELU. @param {string} text @param {number} d */
export function judge(text, d) {
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
