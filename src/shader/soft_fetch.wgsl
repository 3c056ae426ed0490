// For the software adapter: puts a piece's draws in order and A2 of both networks transposed, so that a product reads
// everything as it lies, in whole vectors. One vector an invocation.

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let at = id.x;
  let of_w = count() * D * I;
  let of_x = of_w + count() * I;
  var four = ZERO;
  if (at < of_x) {
    let in_w = at < of_w;
    let item = select(at - of_w, at, in_w);
    let row = item / I;
    let input = item % I * 4u;
    let draw = draw_of(select(row, row / D, in_w));
    let first = select(draw, draw * D + row % D, in_w) * D + input;
    for (var lane = 0u; lane < 4u; lane++) {
      if (input + lane < D) {
        if (in_w) { four[lane] = draws_w[first + lane]; } else { four[lane] = draws_x[first + lane]; }
      }
    }
    scratch[select(INPUTS, ROWS_OF_W, in_w) + item] = four;
  } else if (at < of_x + 8u * W * F) {
    let item = at - of_x;
    let network = item / (4u * W * F);
    // Neighbours take neighbouring units of a feature.
    let feature = item / (4u * W) % F;
    let unit = item % (4u * W);
    for (var lane = 0u; lane < 4u; lane++) {
      let k = 4u * feature + lane;
      if (k < M) { four[lane] = weight(network * NETWORK + A2 + k * W + unit / 4u)[unit % 4u]; }
    }
    scratch[TRANSPOSED_A2 + (network * 4u * W + unit) * F + feature] = four;
  }
}
