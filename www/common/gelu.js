// @ts-check
/** GELU with the exact erf, GELU(z) = z·(1 + erf(z/√2))/2, and its tanh form, in double precision. Pure arithmetic. */

/** From here on erf is 1 to the last bit. */
const ONE = 6;

/**
 * erf(x) = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (1·3·5·…·(2n+1)), Abramowitz & Stegun 7.1.6. All terms have one sign, so nothing cancels: it
 * is good to a few units of the last place.
 * @param {number} x
 */
export function erf(x) {
  if (!(Math.abs(x) < ONE)) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(sum); odd += 2) {
    term *= (2 * x * x) / odd;
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** @param {number} z */
export function gelu(z) {
  return (z * (1 + erf(z / Math.SQRT2))) / 2;
}

/** GELU's tanh form, which the comparison is held to. @param {number} z */
export function geluTanh(z) {
  return 0.5 * z * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3)));
}
