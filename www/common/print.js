// @ts-check
/** The notebook's demo as the notebook prints it, character by character. Pure. */
import { vectorText } from './numpy.js';

/** @param {{ wx: ArrayLike<number>, approx: ArrayLike<number>, geluTanh: ArrayLike<number>, rmse: number }} comparison */
export function demoText({ wx, approx, geluTanh, rmse }) {
  return `==== Neural φ/ψ Linearization of GELU ====

x' = Wx = ${vectorText(wx)}
Learned φ(W) · ψ(x) = ${vectorText(approx)}
GELU_tanh(x')      = ${vectorText(geluTanh)}

RMSE: Linearized φ · ψ vs GELU_tanh = ${fiveDecimals(rmse)}`;
}

/** Python's `.5f` of a number that is not negative. `toFixed` differs: it rounds a tie up, and ends at 1e21. @param {number} value */
function fiveDecimals(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : 'inf';
  if (value >= 2 ** 53) return `${BigInt(value)}.00000`;
  // Ties at the fifth decimal are the odd multiples of 1/64, whose six decimals end in 5; Python rounds them to an even digit.
  const below = (value * 64) % 2 === 1 ? value.toFixed(6).slice(0, -1) : '';
  return /[02468]$/.test(below) ? below : value.toFixed(5);
}
