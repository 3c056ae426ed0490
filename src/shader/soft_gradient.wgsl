// Sums over draws for the software adapter: a tile of a part of a gradient an invocation, left ⊗ right.
//
// Constants made by the plan: LEFT and LEFT_ROW, RIGHT, OUT, HIGH (rows of the result), WITH_BIAS (one row more, the sum
// of the right operand), and the tile: QUADS (fours of rows), WIDE, DOWN, BESIDE.

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let first = (group.y * DOWN + t / BESIDE) * QUADS;
  let column = group.x * BESIDE * WIDE + t % BESIDE;
  if (4u * first >= HIGH) { return; }
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
#for v in QUADS
    let f$v = scratch[LEFT + draw * LEFT_ROW + first + $vu];
#end
#for c in WIDE
    let value_$c = scratch[RIGHT + draw * W + column + $cu * BESIDE];
    if (WITH_BIAS) { bias_$c += value_$c; }
#for v in QUADS
#for l in 4
    t$v$l_$c += f$v[$lu] * value_$c;
#end
#end
#end
  }
  let out = OUT + group.z * (VECTORS + 1u);
#for c in WIDE
  if (column + $cu * BESIDE < W) {
#for v in QUADS
#for l in 4
    if (4u * (first + $vu) + $lu < HIGH) { scratch[out + (4u * (first + $vu) + $lu) * W + column + $cu * BESIDE] = t$v$l_$c; }
#end
#end
    if (WITH_BIAS && first == 0u) { scratch[out + HIGH * W + column + $cu * BESIDE] = bias_$c; }
  }
#end
}
