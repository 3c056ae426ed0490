// @ts-check
/** The notebook's demo as the notebook prints it. Pure. */
import { vectorText } from './numpy.js';
import { targetOf, yardstickOf } from './targets.js';

/** The width of the names before the numbers. */
const NAMES = 19;

/**
 * Of GELU character by character as the notebook prints it; of another function with its name.
 * @param {{ wx: ArrayLike<number>, approx: ArrayLike<number>, yardstick: ArrayLike<number>, rmse: number }} comparison @param {{ target?: string }} [recipe]
 */
export function demoText({ wx, approx, yardstick, rmse }, recipe) {
  const { shown } = yardstickOf(recipe);
  return `==== Neural φ/ψ Linearization of ${targetOf(recipe).shown} ====

x' = Wx = ${vectorText(wx)}
Learned φ(W) · ψ(x) = ${vectorText(approx)}
${`${shown}(x')`.padEnd(NAMES)}= ${vectorText(yardstick)}

RMSE: Linearized φ · ψ vs ${shown} = ${fiveDecimals(rmse)}`;
}

/** Python's `.5f` of a number that is not negative. `toFixed` differs: it rounds a tie up, and ends at 1e21. @param {number} value */
function fiveDecimals(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : 'inf';
  if (value >= 2 ** 53) return `${BigInt(value)}.00000`;
  // Ties at the fifth decimal are the odd multiples of 1/64, whose six decimals end in 5; Python rounds them to an even digit.
  const below = (value * 64) % 2 === 1 ? value.toFixed(6).slice(0, -1) : '';
  return /[02468]$/.test(below) ? below : value.toFixed(5);
}
