// The last dispatch of a step that has several: adds up the gradient's parts, and takes the step of Adam where the
// mini-batch ends. COLUMNS vectors of the parameters a workgroup, and SLICES invocations for the parts of each; behind
// the last vector stands the loss.
//
// Constants made by the plan: VECTORS (of a run's parameters), COLUMNS, SLICES; OTHER_BEGIN and OTHER_END, the vectors
// whose parts lie elsewhere, from OTHER on, with a vector more for the loss.

@group(0) @binding(0) var<storage, read> parts: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> parameters: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> moments: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> losses: array<f32>;
@group(0) @binding(5) var<storage, read_write> snapshots: array<vec4f>;
@group(0) @binding(6) var<uniform> piece: Piece;

var<workgroup> sums: array<vec4f, COLUMNS * SLICES>;

@compute @workgroup_size(COLUMNS * SLICES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let at = group.x * COLUMNS + t % COLUMNS;
  let slice = t / COLUMNS;
  let run = piece.run + group.y;
  var sum = vec4f(0.0);
  if (at <= VECTORS) {
    if (OTHER_END > 0u && ((at >= OTHER_BEGIN && at < OTHER_END) || at == VECTORS)) {
      const ROW: u32 = OTHER_END - OTHER_BEGIN + 1u;
      let column = select(at - OTHER_BEGIN, ROW - 1u, at == VECTORS);
      for (var part = slice; part < piece.row_parts; part += SLICES) { sum += parts[OTHER + part * ROW + column]; }
    } else {
      let first = group.y * piece.parts;
      for (var part = slice; part < piece.parts; part += SLICES) { sum += parts[(first + part) * (VECTORS + 1u) + at]; }
    }
  }
  if (SLICES > 1u) {
    sums[t] = sum;
    workgroupBarrier();
    if (slice == 0u) {
      for (var i = 1u; i < SLICES; i++) { sum += sums[t + i * COLUMNS]; }
    }
  }
  if (slice > 0u || at > VECTORS) { return; }

  let waiting = run * (4u * VECTORS + 1u) + 4u * at;
  if (piece.begins == 0u) {
    sum.x += gradient[waiting];
    if (at < VECTORS) {
      for (var c = 1u; c < 4u; c++) { sum[c] += gradient[waiting + c]; }
    }
  }
  if (piece.ends == 0u) {
    gradient[waiting] = sum.x;
    if (at < VECTORS) {
      for (var c = 1u; c < 4u; c++) { gradient[waiting + c] = sum[c]; }
    }
  } else if (at == VECTORS) {
    losses[run * piece.slots + piece.slot] = sum.x;
  } else {
    let here = run * VECTORS + at;
    let first = 2u * run * VECTORS + at;
    let m = DECAY.x * moments[first] + DECAY.y * sum;
    let s = DECAY.z * moments[first + VECTORS] + DECAY.w * sum * sum;
    moments[first] = m;
    moments[first + VECTORS] = s;
    let changed = parameters[here] - piece.rate * m / (sqrt(s) * piece.root + EPSILON);
    parameters[here] = changed;
    if (piece.snapshot > 0u) { snapshots[((piece.snapshot - 1u) * piece.runs + run) * VECTORS + at] = changed; }
  }
}
