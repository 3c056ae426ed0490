/** The three matrix products, in the order memory is laid out, four rows of the weight matrix in each pass. */

/** out[n,q] = bias[q] + a[n,p] @ w[p,q], optionally ReLU. */
export function linear(out, a, w, bias, n, p, q, relu) {
  const p4 = p - (p % 4);
  for (let i = 0; i < n; i++) {
    const o = i * q, ao = i * p;
    for (let j = 0; j < q; j++) out[o + j] = bias[j];
    for (let k = 0; k < p4; k += 4) {
      const a0 = a[ao + k], a1 = a[ao + k + 1], a2 = a[ao + k + 2], a3 = a[ao + k + 3];
      const w0 = k * q, w1 = w0 + q, w2 = w1 + q, w3 = w2 + q;
      for (let j = 0; j < q; j++) out[o + j] += a0 * w[w0 + j] + a1 * w[w1 + j] + a2 * w[w2 + j] + a3 * w[w3 + j];
    }
    for (let k = p4; k < p; k++) {
      const ak = a[ao + k];
      for (let j = 0; j < q; j++) out[o + j] += ak * w[k * q + j];
    }
    if (relu) for (let j = 0; j < q; j++) if (out[o + j] < 0) out[o + j] = 0;
  }
}

/** gw[p,q] = a[n,p]^T @ g[n,q]; gb[q] = sum of g over n. */
export function gradWeight(gw, gb, a, g, n, p, q) {
  gw.fill(0);
  gb.fill(0);
  const n4 = n - (n % 4);
  for (let i = 0; i < n4; i += 4) {
    const g0 = i * q, g1 = g0 + q, g2 = g1 + q, g3 = g2 + q;
    for (let k = 0; k < p; k++) {
      const a0 = a[i * p + k], a1 = a[(i + 1) * p + k], a2 = a[(i + 2) * p + k], a3 = a[(i + 3) * p + k];
      if (a0 === 0 && a1 === 0 && a2 === 0 && a3 === 0) continue; // What ReLU cut off.
      const o = k * q;
      for (let j = 0; j < q; j++) gw[o + j] += a0 * g[g0 + j] + a1 * g[g1 + j] + a2 * g[g2 + j] + a3 * g[g3 + j];
    }
    for (let j = 0; j < q; j++) gb[j] += g[g0 + j] + g[g1 + j] + g[g2 + j] + g[g3 + j];
  }
  for (let i = n4; i < n; i++) {
    for (let k = 0; k < p; k++) for (let j = 0; j < q; j++) gw[k * q + j] += a[i * p + k] * g[i * q + j];
    for (let j = 0; j < q; j++) gb[j] += g[i * q + j];
  }
}

/** ga[n,p] = (g[n,q] @ w[p,q]^T) where act[n,p] > 0, else 0. */
export function gradHidden(ga, g, w, act, n, p, q) {
  for (let i = 0; i < n; i++) {
    const go = i * q;
    for (let k = 0; k < p; k++) {
      if (act[i * p + k] <= 0) { ga[i * p + k] = 0; continue; }
      const wo = k * q;
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0, j = 0;
      for (; j + 3 < q; j += 4) {
        s0 += g[go + j] * w[wo + j];
        s1 += g[go + j + 1] * w[wo + j + 1];
        s2 += g[go + j + 2] * w[wo + j + 2];
        s3 += g[go + j + 3] * w[wo + j + 3];
      }
      for (; j < q; j++) s0 += g[go + j] * w[wo + j];
      ga[i * p + k] = s0 + s1 + s2 + s3;
    }
  }
}
