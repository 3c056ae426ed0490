// Products for the software adapter: an invocation owns a tile of TALL rows by WIDE columns (in vectors) in registers and
// reads what it multiplies from the buffers themselves, four neighbours at a time. Nothing waits at a barrier, which
// there costs more than the reading. The lines between #for and #end stand there once for each number.
//
// Constants made by the plan: LEFT and DEPTH (where the left operand lies, vectors of a row), RIGHT and OF_WEIGHTS (where
// the right one, and in which buffer), MORE, OUT, ACROSS (columns), FINISH, and the tile: TALL, WIDE, DOWN (invocations
// below one another) and BESIDE.

const PLAIN: u32 = 0u; const BIAS: u32 = 1u; const RELU: u32 = 2u; const PULLED_BIAS: u32 = 3u; const MASKED: u32 = 4u; const SHARED: u32 = 6u;

const TILES_OF_DRAW: u32 = (D + TALL - 1u) / TALL;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let tile = group.y * DOWN + t / BESIDE;
  let position = group.x * BESIDE + t % BESIDE;
  let column = group.x * BESIDE * WIDE + t % BESIDE;
  var row = tile * TALL;
  var end = count();
  let draw = tile / TILES_OF_DRAW;
  if (FINISH == SHARED) {
    // A tile of Phi's hidden layer has rows of one draw, which share a q.
    row = draw * D + tile % TILES_OF_DRAW * TALL;
    end = select(0u, draw * D + D, draw < end);
  }
  if (row >= end) { return; }
#for c in WIDE
  let bias_$c = bias_of(column + $cu * BESIDE);
#for r in TALL
  var t$r_$c = start_of(bias_$c, row + $ru);
#end
#end
  let left = LEFT + row * DEPTH;
  for (var k = 0u; k < DEPTH; k++) {
#for r in TALL
    let f$r = scratch[left + $ru * DEPTH + k];
#end
#for l in 4
    {
      let begin = RIGHT + (4u * k + $lu) * ACROSS + column;
#for c in WIDE
      let value_$c = right_of(begin + $cu * BESIDE);
#for r in TALL
      t$r_$c += f$r[$lu] * value_$c;
#end
#end
    }
#end
  }
  var part = 0.0;
  if (FINISH == SHARED) { part = bias_part(draw, position, SHARE_COUNT); }
#for r in TALL
  if (row + $ru < end) {
    var share = part;
#for c in WIDE
    if (column + $cu * BESIDE < ACROSS) { share += finish(row + $ru, column + $cu * BESIDE, draw, t$r_$c); }
#end
    if (FINISH == SHARED) { sums[SHARES + (row + $ru) * SHARE_COUNT + position] = share; }
  }
#end
}

fn right_of(at: u32) -> vec4f {
  if (OF_WEIGHTS) { return weight(at); }
  return scratch[at];
}

fn start_of(bias: vec4f, row: u32) -> vec4f {
  if (FINISH == PULLED_BIAS) { return bias * sums[PULL + row]; }
  return bias;
}

fn bias_of(column: u32) -> vec4f {
  if (FINISH == PLAIN || FINISH == MASKED) { return ZERO; }
  return weight(MORE + column);
}

fn finish(row: u32, column: u32, draw: u32, sum: vec4f) -> f32 {
  let at = row * ACROSS + column;
  var value = sum;
  if (FINISH == RELU || FINISH == SHARED) { value = max(sum, ZERO); }
  if (FINISH == MASKED) { value = select(ZERO, sum, scratch[MORE + at] > ZERO); }
  scratch[OUT + at] = value;
  if (FINISH != SHARED) { return 0.0; }
  return dot(value, scratch[Q + draw * ACROSS + column]);
}
