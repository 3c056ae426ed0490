// @ts-check
/** What stands in a layer's place, cut to a width: its first features are those of any narrower one. Pure. */

/** @typedef {import('../common/lab-protocol.js').Replaced} Replaced */

/** Φ(W) `[rows, m]`, and Ψ's last layer for the first m of its features. @param {Pick<Replaced, 'phi' | 'psi' | 'width'>} found @param {number} m */
export function ofWidth({ phi, psi: [first, last], width }, m) {
  const rows = phi.length / width;
  return {
    phi: Float32Array.from({ length: rows * m }, (_, i) => phi[Math.floor(i / m) * width + (i % m)]),
    weight: last.weight.slice(0, m * first.bias.length),
    bias: last.bias.slice(0, m),
  };
}
