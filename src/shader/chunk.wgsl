// Some draws through both networks, in one workgroup: what every kernel of small networks is made of.
//
// A *tile* is four draws, and a vector holds one quantity of a tile's four draws (x, W, the hidden layers, the
// features, the gradient at y') or four neighbouring hidden units of one row of weights. A *chunk* is BT tiles. An
// invocation owns four neighbouring hidden units, column j, of every G-th tile: a row of weights and a row of draws
// are an outer product for it, so that two vectors read feed sixteen multiply-adds. Phi's hidden layer is made
// twice and never kept: with a small d that costs less.
//
// Names are those of op.rs: q, s, and g for the gradient at y'. Everything here is called by all invocations
// together. Who includes this file says which draw stands where in the order (`index_of`).
//
// Constants made by the plan: D, M, W (hidden units in vectors), G and R (tiles side by side and one after the
// other), HELD (whether the parameters are in the workgroup's memory), FT (features that an invocation sums at a time).
// Where that memory is, says memory.wgsl or its fellow for the software adapter.

const T: u32 = W * G;                       // invocations
const BT: u32 = G * R;                      // tiles of a chunk
const F: u32 = (M + 3u) / 4u;               // features, in vectors
const M4: u32 = 4u * F;
const E: u32 = D * D + 2u * D;              // numbers of a draw: W, x, y
const X: u32 = D * D;
const Y: u32 = X + D;
const ROWS: u32 = D + 1u + M;               // rows of a network: A1, b1, A2
const NETWORK: u32 = ROWS * W + F;          // vectors of a network in the parameters' buffer

// A workgroup's memory, from v[own] on. A row of A2 has an odd distance from the next, so that a column is in as many banks.
const S2: u32 = W | 1u;
const A2: u32 = (D + 1u) * W;
const WEIGHTS: u32 = select(0u, A2 + M4 * S2, HELD);  // of one network
const DRAWS: u32 = 2u * WEIGHTS;
const HIDDEN: u32 = DRAWS + BT * E;         // Psi's hidden layer
const PULLED: u32 = HIDDEN + 4u * BT * W;   // q where R > 1, then s
const PARTS: u32 = PULLED + select(4u * BT * W, 0u, R == 1u);  // of y', one for each column
const PSI: u32 = PULLED + select(4u + D, max(4u, D), R == 1u) * BT * W;
const BACK: u32 = PSI + BT * M4;            // the gradient of Psi's features
const SIZE: u32 = BACK + BT * M4;
var<workgroup> biases: array<f32, 2u * M4>;
var<workgroup> losses_of: array<f32, T>;

var<private> t: u32;    // this invocation
var<private> j: u32;    // its column
var<private> g: u32;    // its first tile
var<private> base: u32; // where the parameters begin
var<private> q: mat4x4f;
var<private> loss: f32; // its part of it

const ZERO: vec4f = vec4f(0.0);

fn begin(invocation: u32, number: u32, parameters_at: u32) {
  settle(number);
  t = invocation;
  j = t % W;
  g = t / W;
  base = parameters_at;
  for (var network = 0u; network < 2u; network++) {
    if (HELD) {
      for (var k = g; k < D + 1u + M4; k += G) {
        var value = ZERO;
        if (k < ROWS) { value = parameters[base + network * NETWORK + k * W + j]; }
        v[own + held(network, k, j)] = value;
      }
    }
    for (var k = t; k < F; k += T) {
      let b = parameters[base + network * NETWORK + ROWS * W + k];
      for (var c = 0u; c < 4u; c++) { biases[network * M4 + 4u * k + c] = b[c]; }
    }
  }
}

fn held(network: u32, k: u32, column: u32) -> u32 {
  return network * WEIGHTS + select(k * W + column, A2 + (k - D - 1u) * S2 + column, k > D);
}

// Row k < D of A1, and b1 as row D.
fn a1(network: u32, k: u32, column: u32) -> vec4f {
  if (HELD) { return v[own + network * WEIGHTS + k * W + column]; }
  return parameters[base + network * NETWORK + k * W + column];
}

fn a2(network: u32, k: u32, column: u32) -> vec4f {
  if (HELD) { return v[own + network * WEIGHTS + A2 + k * S2 + column]; }
  return parameters[base + network * NETWORK + A2 + k * W + column];
}

// Four rows, W apart: a column of four hidden units for the four draws of a tile.
fn column_of(at: u32) -> mat4x4f { return mat4x4f(v[own + at], v[own + at + W], v[own + at + 2u * W], v[own + at + 3u * W]); }

fn put_column(at: u32, units: mat4x4f) {
  v[own + at] = units[0];
  v[own + at + W] = units[1];
  v[own + at + 2u * W] = units[2];
  v[own + at + 3u * W] = units[3];
}

// A number for each of four draws times a number for each of four units.
fn outer(draws: vec4f, units: vec4f) -> mat4x4f {
  return mat4x4f(draws * units.x, draws * units.y, draws * units.z, draws * units.w);
}

fn relu(units: mat4x4f) -> mat4x4f {
  return mat4x4f(max(units[0], ZERO), max(units[1], ZERO), max(units[2], ZERO), max(units[3], ZERO));
}

fn where_positive(hidden: mat4x4f, units: mat4x4f) -> mat4x4f {
  return mat4x4f(
    select(ZERO, units[0], hidden[0] > ZERO), select(ZERO, units[1], hidden[1] > ZERO),
    select(ZERO, units[2], hidden[2] > ZERO), select(ZERO, units[3], hidden[3] > ZERO));
}

// A first layer's units of column j from those that begin at `numbers`.
fn first_layer(network: u32, numbers: u32) -> mat4x4f {
  var units = outer(vec4f(1.0), a1(network, D, j));
  for (var k = 0u; k < D; k++) { units += outer(v[own + numbers + k], a1(network, k, j)); }
  return relu(units);
}

// Sums over features of column j: A2 transposed.
fn transposed(network: u32, features: u32) -> mat4x4f {
  var units = mat4x4f();
  for (var k = 0u; k < M; k++) { units += outer(v[own + features + k], a2(network, k, j)); }
  return units;
}

// A2 times those that begin at `columns`, and b2 times something of each tile; into the features at `to`.
fn second_layer(network: u32, columns: u32, to: u32, backward: bool) {
  if (FT == 1u) {
    for (var task = t; task < BT * M4; task += T) {
      let bt = task / M4;
      let k = task % M4;
      var sum = biases[network * M4 + k] * times_bias(bt, backward);
      if (k < M) {
        for (var i = 0u; i < W; i++) { sum += column_of(columns + 4u * bt * W + i) * a2(network, k, i); }
      }
      v[own + to + task] = sum;
    }
  } else {
    for (var task = t; task < BT * F; task += T) {
      let bt = task / F;
      let k = 4u * (task % F);
      let times = times_bias(bt, backward);
      var sums = outer(times, vec4f(biases[network * M4 + k], biases[network * M4 + k + 1u], biases[network * M4 + k + 2u], biases[network * M4 + k + 3u]));
      for (var i = 0u; i < W; i++) {
        let units = column_of(columns + 4u * bt * W + i);
        sums += mat4x4f(units * a2(network, k, i), units * a2(network, k + 1u, i), units * a2(network, k + 2u, i), units * a2(network, k + 3u, i));
      }
      for (var c = 0u; c < 4u; c++) { v[own + to + bt * M4 + k + c] = select(ZERO, sums[c], k + c < M); }
    }
  }
}

// What b2 counts in a feature: 1, or in the gradient the sum of g over the rows of W.
fn times_bias(bt: u32, backward: bool) -> vec4f {
  if (!backward) { return vec4f(1.0); }
  return pull(bt);
}

fn pull(bt: u32) -> vec4f {
  var sum = ZERO;
  for (var i = 0u; i < D; i++) { sum += v[own + DRAWS + bt * E + Y + i]; }
  return sum;
}

// From the draws in memory to y', in parts that `output` adds up.
fn forward() {
  for (var r = 0u; r < R; r++) {
    let bt = g + r * G;
    put_column(HIDDEN + 4u * bt * W + j, first_layer(0u, DRAWS + bt * E + X));
  }
  barrier();
  second_layer(0u, HIDDEN, PSI, false);
  barrier();
  for (var r = 0u; r < R; r++) {
    let bt = g + r * G;
    q = transposed(1u, PSI + bt * M4);
    if (R > 1u) { put_column(PULLED + 4u * bt * W + j, q); }
    // The features are shared out among the columns for b2's part.
    var more = ZERO;
    for (var k = j; k < M; k += W) { more += biases[M4 + k] * v[own + PSI + bt * M4 + k]; }
    for (var i = 0u; i < D; i++) {
      let hidden = first_layer(1u, DRAWS + bt * E + i * D);
      v[own + PARTS + (bt * D + i) * W + j] = more + hidden[0] * q[0] + hidden[1] * q[1] + hidden[2] * q[2] + hidden[3] * q[3];
    }
  }
  barrier();
}

// y' of row i of a tile, task = bt * D + i.
fn output(task: u32) -> vec4f {
  var sum = v[own + PARTS + task * W];
  for (var k = 1u; k < W; k++) { sum += v[own + PARTS + task * W + k]; }
  return sum;
}

// Which of a tile's draws, the first of which is `first`, stand before the end.
fn before(first: u32, end: u32) -> vec4<bool> {
  return vec4<bool>(first < end, first + 1u < end, first + 2u < end, first + 3u < end);
}

// g takes the place of y; draws from `end` on have none.
fn errors(first: u32, end: u32, scale: f32) {
  for (var task = t; task < BT * D; task += T) {
    let bt = task / D;
    let at = DRAWS + bt * E + Y + task % D;
    let error = select(ZERO, output(task) - v[own + at], before(first + 4u * bt, end));
    v[own + at] = 2.0 * scale * error;
    loss += scale * dot(error, error);
  }
  barrier();
}

// Number e of each of a tile's four draws; the last draw stands in for those beyond the end.
fn fetch(e: u32, run: u32, n: u32, order_at: u32, first: u32, end: u32) -> vec4f {
  let number = e % E;
  var four = ZERO;
  for (var lane = 0u; lane < 4u; lane++) {
    let draw = run * n + index_of(order_at + min(first + 4u * (e / E) + lane, end - 1u));
    if (number < X) {
      four[lane] = draws_w[draw * D * D + number];
    } else if (number < Y) {
      four[lane] = draws_x[draw * D + number - X];
    } else {
      four[lane] = draws_y[draw * D + number - Y];
    }
  }
  return four;
}
