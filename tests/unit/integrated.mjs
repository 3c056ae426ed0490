// @ts-check
/** GELU by Simpson's rule over the normal density: nothing of the page's. @param {number} z */
export function integrated(z) {
  const [steps, end] = [2_000, Math.abs(z)];
  const density = (/** @type {number} */ t) => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
  let sum = density(0) + density(end);
  for (let i = 1; i < steps; i += 1) sum += (i % 2 ? 4 : 2) * density((i * end) / steps);
  return z * (0.5 + (Math.sign(z) * sum * end) / (3 * steps));
}
