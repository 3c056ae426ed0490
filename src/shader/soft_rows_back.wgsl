// Phi's first layer for the software adapter: a tile of the parts of its gradient an invocation; and s and the sum of g
// of every draw on the way.
//
// Constants made by the plan: the tile, as in soft_gradient.wgsl.

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let first = (group.y * DOWN + t / BESIDE) * QUADS;
  let column = group.x * BESIDE * WIDE + t % BESIDE;
  if (first >= I) { return; }
  let begin = group.z * piece.share;
  let end = min(begin + piece.share, count());
#for c in WIDE
  var bias_$c = ZERO;
#for v in QUADS
#for l in 4
  var t$v$l_$c = ZERO;
#end
#end
#end
  for (var draw = begin; draw < end; draw++) {
    var pull = 0.0;
#for c in WIDE
    let q_$c = scratch[Q + draw * W + column + $cu * BESIDE];
    var s_$c = ZERO;
#end
    for (var i = 0u; i < D; i++) {
      let row = draw * D + i;
      let g = sums[row];
      pull += g;
#for v in QUADS
      let f$v = scratch[ROWS_OF_W + row * I + first + $vu];
#end
#for c in WIDE
      {
        let hidden = scratch[HIDDEN_ROWS + row * W + column + $cu * BESIDE];
        s_$c += g * hidden;
        let back = select(ZERO, g * q_$c, hidden > ZERO);
        bias_$c += back;
#for v in QUADS
#for l in 4
        t$v$l_$c += f$v[$lu] * back;
#end
#end
      }
#end
    }
    if (first == 0u) {
#for c in WIDE
      if (column + $cu * BESIDE < W) { scratch[S + draw * W + column + $cu * BESIDE] = s_$c; }
#end
      if (column == 0u) { sums[PULL + draw] = pull; }
    }
  }
  let out = NETWORK + group.z * (VECTORS + 1u);
#for c in WIDE
  if (column + $cu * BESIDE < W) {
#for v in QUADS
#for l in 4
    if (4u * (first + $vu) + $lu < D) { scratch[out + (4u * (first + $vu) + $lu) * W + column + $cu * BESIDE] = t$v$l_$c; }
#end
#end
    if (first == 0u) { scratch[out + D * W + column + $cu * BESIDE] = bias_$c; }
  }
#end
}
