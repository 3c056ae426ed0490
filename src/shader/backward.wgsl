// The way back through a chunk, and what is left of it: the gradients that each invocation has summed up.
//
// Constants made by the plan, beside those of chunk.wgsl: KT, the rows of A2's gradient that an invocation owns
// together. Who includes this file says what becomes of a gradient (`put`, `put_bias`).

// What an invocation has of the gradient.
const TILES: u32 = (M + KT - 1u) / KT * W;
const N2: u32 = (TILES + T - 1u) / T;
const NB: u32 = (F + T - 1u) / T;
var<private> a2_psi: array<vec4f, N2 * KT>;
var<private> a2_phi: array<vec4f, N2 * KT>;
var<private> a1_psi: array<vec4f, D + 1u>;
var<private> a1_phi: array<vec4f, D + 1u>;
var<private> b2_psi: array<vec4f, NB>;
var<private> b2_phi: array<vec4f, NB>;

fn clear() {
  for (var n = 0u; n < N2 * KT; n++) { a2_psi[n] = ZERO; a2_phi[n] = ZERO; }
  for (var k = 0u; k <= D; k++) { a1_psi[k] = ZERO; a1_phi[k] = ZERO; }
  for (var n = 0u; n < NB; n++) { b2_psi[n] = ZERO; b2_phi[n] = ZERO; }
  loss = 0.0;
}

// From g to the gradients, which are added to what this invocation has.
fn backward() {
  for (var r = 0u; r < R; r++) {
    let bt = g + r * G;
    let at = PULLED + 4u * bt * W + j;
    if (R > 1u) { q = column_of(at); }
    var s = mat4x4f();
    for (var i = 0u; i < D; i++) {
      let row = DRAWS + bt * E + i * D;
      let hidden = first_layer(1u, row);
      let gi = v[own + DRAWS + bt * E + Y + i];
      s += mat4x4f(gi * hidden[0], gi * hidden[1], gi * hidden[2], gi * hidden[3]);
      let back = where_positive(hidden, mat4x4f(gi * q[0], gi * q[1], gi * q[2], gi * q[3]));
      a1_phi[D] += vec4f(1.0) * back;
      for (var k = 0u; k < D; k++) { a1_phi[k] += v[own + row + k] * back; }
    }
    put_column(at, s);
  }
  barrier();
  for (var n = 0u; n < N2; n++) {
    let tile = t + n * T;
    if (tile < TILES) {
      for (var bt = 0u; bt < BT; bt++) {
        let s = column_of(PULLED + 4u * bt * W + tile % W);
        for (var c = 0u; c < KT; c++) { a2_phi[n * KT + c] += v[own + PSI + bt * M4 + tile / W * KT + c] * s; }
      }
    }
  }
  second_layer(1u, PULLED, BACK, true);
  for (var n = 0u; n < NB; n++) {
    if (t + n * T < F) {
      for (var bt = 0u; bt < BT; bt++) { b2_phi[n] += pull(bt) * features(PSI + bt * M4 + 4u * (t + n * T)); }
    }
  }
  barrier();
  for (var n = 0u; n < N2; n++) {
    let tile = t + n * T;
    if (tile < TILES) {
      for (var bt = 0u; bt < BT; bt++) {
        let h = column_of(HIDDEN + 4u * bt * W + tile % W);
        for (var c = 0u; c < KT; c++) { a2_psi[n * KT + c] += v[own + BACK + bt * M4 + tile / W * KT + c] * h; }
      }
    }
  }
  for (var n = 0u; n < NB; n++) {
    if (t + n * T < F) {
      for (var bt = 0u; bt < BT; bt++) { b2_psi[n] += vec4f(1.0) * features(BACK + bt * M4 + 4u * (t + n * T)); }
    }
  }
  for (var r = 0u; r < R; r++) {
    let bt = g + r * G;
    let back = where_positive(column_of(HIDDEN + 4u * bt * W + j), transposed(0u, BACK + bt * M4));
    a1_psi[D] += vec4f(1.0) * back;
    for (var k = 0u; k < D; k++) { a1_psi[k] += v[own + DRAWS + bt * E + X + k] * back; }
  }
  barrier();
}

// Four features of a tile, one after the other.
fn features(at: u32) -> mat4x4f { return mat4x4f(v[own + at], v[own + at + 1u], v[own + at + 2u], v[own + at + 3u]); }

// Rows of A1's gradients that fit at a time into the memory of the hidden layers, one for each of G partial sums.
const ROUND: u32 = min(2u * (D + 1u), 8u * R);

// Hands out the gradients, each to one invocation, and leaves the loss in the first's.
fn gradients() {
  losses_of[t] = loss;
  for (var n = 0u; n < N2; n++) {
    let tile = t + n * T;
    for (var c = 0u; c < KT; c++) {
      let k = tile / W * KT + c;
      if (tile < TILES && k < M) {
        put(0u, D + 1u + k, tile % W, a2_psi[n * KT + c]);
        put(1u, D + 1u + k, tile % W, a2_phi[n * KT + c]);
      }
    }
  }
  for (var n = 0u; n < NB; n++) {
    if (t + n * T < F) {
      put_bias(0u, t + n * T, b2_psi[n]);
      put_bias(1u, t + n * T, b2_phi[n]);
    }
  }
  if (G == 1u) {
    for (var k = 0u; k <= D; k++) {
      put(0u, k, j, a1_psi[k]);
      put(1u, k, j, a1_phi[k]);
    }
    barrier();
  } else {
    for (var first = 0u; first < 2u * (D + 1u); first += ROUND) {
      for (var k = 0u; k <= D; k++) {
        if (k >= first && k < first + ROUND) { v[own + HIDDEN + ((k - first) * G + g) * W + j] = a1_psi[k]; }
        let row = k + D + 1u;
        if (row >= first && row < first + ROUND) { v[own + HIDDEN + ((row - first) * G + g) * W + j] = a1_phi[k]; }
      }
      barrier();
      for (var row = first + g; row < min(first + ROUND, 2u * (D + 1u)); row += G) {
        let at = HIDDEN + (row - first) * G * W + j;
        var sum = v[own + at];
        for (var i = 1u; i < G; i++) { sum += v[own + at + i * W]; }
        put(row / (D + 1u), row % (D + 1u), j, sum);
      }
      barrier();
    }
  }
  if (t == 0u) {
    for (var i = 1u; i < min(BT * D, T); i++) { loss += losses_of[i]; }
  }
}
