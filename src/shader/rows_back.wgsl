// The gradient at y' and what it makes of Phi's first layer, on a card. A workgroup has 64 hidden units and a share of
// the piece's draws, SLOTS of them at a time, for each KQ by 16 invocations: four inputs by four units each.
//
// Of a draw's hidden layer only the signs are known. With T = Σᵢ gᵢ·wᵢ where Hᵢⱼ > 0 (a matrix of inputs by units, and of
// a 1 as one input more) the gradient of A1 is q·T, summed over draws, and s = Σᵢ gᵢ·Hᵢ is the sum of A1·T over inputs.
//
// More inputs than 64 go in BLOCKS of 4 KQ, one after the other: s is the sum over all of them.
//
// Constants made by the plan: KQ, BLOCKS, SLOTS, DP, and CHUNK, the rows of W in workgroup memory at a time.

const UNITS: u32 = 16u * KQ;  // invocations of a slot
var<workgroup> rows: array<vec4f, SLOTS * CHUNK * KQ>;     // g·w, [row][inputs]
var<workgroup> signs: array<vec4f, SLOTS * CHUNK * 16u>;   // 1 where the unit is positive, [row][units]
var<workgroup> pulls: array<f32, SLOTS * DP>;              // g
var<workgroup> shared_sums: array<vec4f, SLOTS * UNITS>;

@compute @workgroup_size(SLOTS * UNITS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let slot = t / UNITS;
  let u = t % UNITS;
  let tx = u % 16u;
  let ky = u / 16u;
  let column = 16u * group.x + tx;
  let own = min(column, C - 1u);
  let b1 = weight(NETWORK + D * W + own);
  var bias = ZERO;
  var loss = 0.0;
  let begin = group.y * piece.row_share;
  let end = min(begin + piece.row_share, count());
  let out = OTHER + group.y * ((D + 1u) * W + 1u);
  for (var block = 0u; block < BLOCKS; block++) {
    let input = 4u * (block * KQ + ky);
    var a1 = mat4x4f();
    for (var c = 0u; c < 4u; c++) { if (input + c < D) { a1[c] = weight(NETWORK + (input + c) * W + own); } }
    var gradient = mat4x4f();
    for (var first = begin; first < end; first += SLOTS) {
      let draw = min(first + slot, end - 1u);
      let present = first + slot < end;
      for (var i = u; i < DP; i += UNITS) {
        var g = 0.0;
        if (present && i < D) {
          var y = 0.0;
          for (var part = 0u; part < SHARE_COUNT; part++) { y += sums[SHARES + (draw * D + i) * SHARE_COUNT + part]; }
          let error = y - draws_y[draw_of(draw) * D + i];
          g = 2.0 * piece.scale * error;
          if (block == 0u) { loss += piece.scale * error * error; }
        }
        pulls[slot * DP + i] = g;
      }
      workgroupBarrier();
      if (block == 0u && group.x == 0u && u == 0u && present) {
        var pull = 0.0;
        for (var i = 0u; i < D; i++) { pull += pulls[slot * DP + i]; }
        sums[PULL + draw] = pull;
      }
      var tile = mat4x4f();
      var tile_bias = ZERO;
      for (var i = 0u; i < DP; i += CHUNK) {
        for (var e = u; e < CHUNK * KQ; e += UNITS) {
          let row = i + e / KQ;
          var four = ZERO;
          if (row < D) {
            let from_input = 4u * (block * KQ + e % KQ);
            let at = (draw_of(draw) * D + row) * D + from_input;
            for (var c = 0u; c < 4u; c++) { if (from_input + c < D) { four[c] = draws_w[at + c]; } }
            four *= pulls[slot * DP + row];
          }
          rows[slot * CHUNK * KQ + e] = four;
        }
        for (var e = u; e < CHUNK * 4u; e += UNITS) {
          var word = 0u;
          if (i + e / 16u * 4u < DP && 16u * group.x + e % 16u < C) { word = bits[((draw * DP + i) / 4u + e / 16u) * W + 16u * group.x + e % 16u]; }
          for (var c = 0u; c < 4u; c++) {
            let of_row = vec4u(word >> (4u * c)) & vec4u(1u, 2u, 4u, 8u);
            signs[(slot * CHUNK + e / 16u * 4u + c) * 16u + e % 16u] = select(ZERO, vec4f(1.0), of_row > vec4u(0u));
          }
        }
        workgroupBarrier();
        for (var row = 0u; row < CHUNK; row++) {
          let w = rows[(slot * CHUNK + row) * KQ + ky];
          let positive = signs[(slot * CHUNK + row) * 16u + tx];
          tile += mat4x4f(w.x * positive, w.y * positive, w.z * positive, w.w * positive);
        }
        // The rows of the 1 are shared out among the invocations above one another.
        for (var row = ky; row < min(CHUNK, DP - i); row += KQ) { tile_bias += pulls[slot * DP + i + row] * signs[(slot * CHUNK + row) * 16u + tx]; }
        workgroupBarrier();
      }
      let q = select(ZERO, scratch[Q + draw * W + own], present);
      gradient += mat4x4f(q * tile[0], q * tile[1], q * tile[2], q * tile[3]);
      if (block == 0u) { bias += q * tile_bias; }
      shared_sums[t] = a1[0] * tile[0] + a1[1] * tile[1] + a1[2] * tile[2] + a1[3] * tile[3];
      if (block == 0u) { shared_sums[t] += b1 * tile_bias; }
      workgroupBarrier();
      if (ky == 0u && present && column < C) {
        var s = shared_sums[t];
        for (var i = 1u; i < KQ; i++) { s += shared_sums[t + 16u * i]; }
        if (block > 0u) { s += scratch[S + draw * W + column]; }
        scratch[S + draw * W + column] = s;
      }
    }
    // One part for the workgroup.
    for (var c = 0u; c < 4u; c++) {
      workgroupBarrier();
      shared_sums[t] = gradient[c];
      workgroupBarrier();
      if (slot == 0u && column < C && input + c < D) {
        var sum = shared_sums[t];
        for (var i = 1u; i < SLOTS; i++) { sum += shared_sums[t + i * UNITS]; }
        scratch[out + (input + c) * W + column] = sum;
      }
    }
    workgroupBarrier();
  }
  workgroupBarrier();
  shared_sums[t] = bias;
  workgroupBarrier();
  if (slot == 0u && ky == 0u && column < C) {
    var sum = shared_sums[t];
    for (var i = 1u; i < SLOTS * KQ; i++) { sum += shared_sums[t + 16u * i]; }
    scratch[out + D * W + column] = sum;
  }
  workgroupBarrier();
  shared_sums[t] = vec4f(loss, 0.0, 0.0, 0.0);
  workgroupBarrier();
  if (group.x == 0u && t == 0u) {
    for (var i = 1u; i < SLOTS * UNITS; i++) { loss += shared_sums[i].x; }
    scratch[out + (D + 1u) * W] = vec4f(loss, 0.0, 0.0, 0.0);
  }
}
