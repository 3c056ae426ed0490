// The gradient at y' for the software adapter, from the parts of y': one number an invocation.

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let at = id.x;
  if (at >= count() * D) { return; }
  var y = 0.0;
  for (var share = 0u; share < SHARE_COUNT; share++) { y += sums[SHARES + at * SHARE_COUNT + share]; }
  sums[at] = 2.0 * piece.scale * (y - draws_y[draw_of(at / D) * D + at % D]);
}
