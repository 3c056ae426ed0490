// Phi's hidden layer on a card: for 64 TR rows of W and 64 hidden units, which of them are positive (`bits`) and parts of
// the rows' y'. The layer itself is never kept: its gradient needs only the signs, and s follows from what that makes
// (rows_back.wgsl). A draw's rows are padded to fours, DP of them, so that an invocation's four are one draw's.

const TALL: u32 = 16u * TR;  // in vectors of four rows
const LEFT_ROW: u32 = TALL + 1u;
const RIGHT_ROW: u32 = 17u;
var<workgroup> left: array<vec4f, KC * LEFT_ROW>;
var<workgroup> right: array<vec4f, KC * RIGHT_ROW>;
var<workgroup> parts_of: array<f32, 4u * TALL * 17u>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let tx = t % 16u;
  let ty = t / 16u;
  let first = 4u * TALL * group.y;
  let column = 16u * group.x + tx;
  var tiles = array<mat4x4f, TR>();
  for (var k = 0u; k < D; k += KC) {
    for (var e = t; e < TALL * KC; e += 256u) {
      let i = e % KC;
      let row = first + 4u * (e / KC);
      let draw = row / DP;
      var four = ZERO;
      if (draw < count() && k + i < D) {
        let at = (draw_of(draw) * D + row % DP) * D + k + i;
        for (var c = 0u; c < 4u; c++) { if (row % DP + c < D) { four[c] = draws_w[at + c * D]; } }
      }
      left[i * LEFT_ROW + e / KC] = four;
    }
    for (var e = t; e < 16u * KC; e += 256u) {
      let i = e / 16u;
      let c = 16u * group.x + e % 16u;
      right[i * RIGHT_ROW + e % 16u] = select(ZERO, weight(NETWORK + min(k + i, D) * W + min(c, C - 1u)), k + i < D && c < C);
    }
    workgroupBarrier();
    for (var i = 0u; i < KC; i++) {
      let value = right[i * RIGHT_ROW + tx];
      for (var r = 0u; r < TR; r++) {
        let rows = left[i * LEFT_ROW + ty * TR + r];
        tiles[r] += mat4x4f(rows.x * value, rows.y * value, rows.z * value, rows.w * value);
      }
    }
    workgroupBarrier();
  }
  for (var r = 0u; r < TR; r++) {
    let row = first + 4u * (ty * TR + r);
    let draw = row / DP;
    let input = row % DP;
    var parts = ZERO;
    if (draw < count() && column < C) {
      let bias = weight(NETWORK + D * W + column);
      let q = scratch[Q + draw * W + column];
      let more = bias_part(draw, column, C);
      var signs = 0u;
      for (var c = 0u; c < 4u; c++) {
        let hidden = max(tiles[r][c] + bias, ZERO);
        if (input + c < D) {
          let positive = select(vec4u(0u), vec4u(1u, 2u, 4u, 8u), hidden > ZERO);
          signs |= (positive.x | positive.y | positive.z | positive.w) << (4u * c);
        }
        parts[c] = dot(hidden, q) + more;
      }
      bits[row / 4u * W + column] = signs;
    }
    for (var c = 0u; c < 4u; c++) { parts_of[(4u * (ty * TR + r) + c) * 17u + tx] = parts[c]; }
  }
  workgroupBarrier();
  for (var r = t; r < 4u * TALL; r += 256u) {
    let draw = (first + r) / DP;
    let input = (first + r) % DP;
    if (draw < count() && input < D) {
      var sum = 0.0;
      for (var i = 0u; i < 16u; i++) { sum += parts_of[r * 17u + i]; }
      sums[SHARES + (draw * D + input) * SHARE_COUNT + group.x] = sum;
    }
  }
}
