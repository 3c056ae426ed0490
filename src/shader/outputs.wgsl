// y' of a piece from its parts, or the sum of its squared errors, of which each workgroup has one.
//
// Constants made by the plan: D, SHARES and SHARE_COUNT.

@group(0) @binding(0) var<storage, read_write> results: array<f32>;
@group(0) @binding(1) var<storage, read> sums: array<f32>;
@group(0) @binding(2) var<storage, read> draws_y: array<f32>;
@group(0) @binding(3) var<uniform> piece: Piece;

var<workgroup> squares: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) t: u32) {
  let end = (piece.end - piece.start) * D;
  var sum = 0.0;
  for (var at = 64u * group.x + t; at < end; at += 64u * groups.x) {
    var y = 0.0;
    for (var share = 0u; share < SHARE_COUNT; share++) { y += sums[SHARES + at * SHARE_COUNT + share]; }
    let place = piece.start * D + at;
    if (piece.slots == 0u) {
      results[piece.model * piece.n * D + place] = y;
    } else {
      let error = y - draws_y[piece.run * piece.n * D + place];
      sum += error * error;
    }
  }
  if (piece.slots > 0u) {
    squares[t] = sum;
    workgroupBarrier();
    if (t == 0u) {
      for (var i = 1u; i < 64u; i++) { sum += squares[i]; }
      results[piece.slot + group.x] = sum;
    }
  }
}
