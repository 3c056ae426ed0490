// Products on a card: a workgroup has a tile of 16 TR rows and 64 columns, an invocation TR rows by four columns, and
// what is multiplied comes through workgroup memory, KC numbers deep at a time.
//
// FIRST and, where BOTH, SECOND say what is multiplied; the plan writes them. A product's rows are draws, or it is a sum
// over draws, of which each part has a share and so many workgroups.

struct Operands {
  left: u32,      // ALONG: a matrix of `scratch`, its depth along a row. ACROSS: its rows along a row. INPUTS_…: x
  left_at: u32,
  left_row: u32,  // vectors of a row
  right: u32,     // WEIGHTS or MATRIX: columns along a row. TRANSPOSED: weights, the depth along a row
  right_at: u32,
  rows: u32,      // rows, or 0 for as many as there are draws
  depth: u32,     // terms of a sum, or 0 for as many as there are draws in a part
  columns: u32,   // vectors of the result's rows that there are
  row: u32,       // vectors from one of its rows to the next
  finish: u32,
  more: u32,      // the bias, or the matrix that masks
  out: u32,
  across: u32,    // workgroups beside one another
  bias: u32,      // whether the left operand is summed up over the draws too: 1, or 2 for its product with the sum of g
  bias_out: u32,
}

const ALONG: u32 = 0u; const ACROSS: u32 = 1u; const INPUTS_ALONG: u32 = 2u; const INPUTS_ACROSS: u32 = 3u;
const WEIGHTS: u32 = 0u; const MATRIX: u32 = 1u; const TRANSPOSED: u32 = 2u;
const PLAIN: u32 = 0u; const BIAS: u32 = 1u; const RELU: u32 = 2u; const PULLED_BIAS: u32 = 3u; const MASKED: u32 = 4u; const PART: u32 = 5u;

const TALL: u32 = 16u * TR;
const LEFT_ROW: u32 = TALL + 1u;
const RIGHT_ROW: u32 = 17u;
var<workgroup> left: array<f32, KC * LEFT_ROW>;
var<workgroup> right: array<vec4f, KC * RIGHT_ROW>;
var<workgroup> weights_of: array<f32, KC>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let first = groups_of(FIRST);
  if (!BOTH || group.x < first) { product(FIRST, group.x, t); } else { product(SECOND, group.x - first, t); }
}

fn rows_of(o: Operands) -> u32 { return select(o.rows, count(), o.rows == 0u); }

// Workgroups of one part, and of all.
fn tiles_of(o: Operands) -> u32 { return (rows_of(o) + TALL - 1u) / TALL * o.across; }
fn groups_of(o: Operands) -> u32 { return tiles_of(o) * select(1u, piece.parts, o.depth == 0u); }

fn product(o: Operands, group: u32, t: u32) {
  let tx = t % 16u;
  let ty = t / 16u;
  let rows = rows_of(o);
  let part = group / tiles_of(o);
  let number = group % tiles_of(o);
  let row = number / o.across * TALL;
  let column = number % o.across * 16u;
  var begin = 0u;
  var end = o.depth;
  if (o.depth == 0u) {
    begin = part * piece.share;
    end = min(begin + piece.share, count());
  }
  var tile = array<vec4f, TR>();
  var extra = 0.0;
  for (var k = begin; k < end; k += KC) {
    load_left(o, row, rows, k, end, t);
    load_right(o, column, k, end, t);
    if (o.bias == 2u && t < KC) { weights_of[t] = select(0.0, sums[PULL + min(k + t, end - 1u)], k + t < end); }
    workgroupBarrier();
    for (var i = 0u; i < KC; i++) {
      let value = right[i * RIGHT_ROW + tx];
      for (var r = 0u; r < TR; r++) { tile[r] += left[i * LEFT_ROW + ty * TR + r] * value; }
    }
    if (o.bias > 0u && column == 0u && t < TALL) {
      for (var i = 0u; i < KC; i++) { extra += left[i * LEFT_ROW + t] * select(1.0, weights_of[i], o.bias == 2u); }
    }
    workgroupBarrier();
  }
  if (column + tx < o.columns) {
    for (var r = 0u; r < TR; r++) {
      let at = row + ty * TR + r;
      if (at < rows) { finish(o, at, column + tx, part, tile[r]); }
    }
  }
  if (o.bias > 0u && column == 0u) {
    // Whole vectors, since two invocations must not each write a part of one.
    if (t < TALL) { left[t] = select(0.0, extra, row + t < rows); }
    workgroupBarrier();
    if (t < TALL / 4u && row + 4u * t < rows) {
      scratch[o.bias_out + part * (VECTORS + 1u) + row / 4u + t] = vec4f(left[4u * t], left[4u * t + 1u], left[4u * t + 2u], left[4u * t + 3u]);
    }
  }
}

fn finish(o: Operands, row: u32, column: u32, part: u32, sum: vec4f) {
  let at = row * o.row + column;
  var value = sum;
  switch o.finish {
    case BIAS: { value += weight(o.more + column); }
    case RELU: { value = max(value + weight(o.more + column), ZERO); }
    case PULLED_BIAS: { value += weight(o.more + column) * sums[PULL + row]; }
    case MASKED: { value = select(ZERO, value, scratch[o.more + at] > ZERO); }
    default: {}
  }
  scratch[o.out + select(0u, part * (VECTORS + 1u), o.finish == PART) + at] = value;
}

// left[k][row], and nothing where there is no such row or no such k.
fn load_left(o: Operands, row: u32, rows: u32, k: u32, end: u32, t: u32) {
  if (o.left == ALONG) {
    for (var e = t; e < TALL * KC / 4u; e += 256u) {
      let r = e / (KC / 4u);
      let i = e % (KC / 4u) * 4u;
      var four = ZERO;
      if (row + r < rows && k + i < end) { four = scratch[o.left_at + (row + r) * o.left_row + (k + i) / 4u]; }
      for (var c = 0u; c < 4u; c++) { left[(i + c) * LEFT_ROW + r] = four[c]; }
    }
  } else if (o.left == ACROSS) {
    for (var e = t; e < TALL * KC / 4u; e += 256u) {
      let i = e / (TALL / 4u);
      let r = e % (TALL / 4u) * 4u;
      var four = ZERO;
      if (row + r < rows && k + i < end) { four = scratch[o.left_at + (k + i) * o.left_row + (row + r) / 4u]; }
      for (var c = 0u; c < 4u; c++) { left[i * LEFT_ROW + r + c] = four[c]; }
    }
  } else if (o.left == INPUTS_ALONG) {
    for (var e = t; e < TALL * KC; e += 256u) {
      let r = e / KC;
      let i = e % KC;
      var one = 0.0;
      if (row + r < rows && k + i < end) { one = draws_x[draw_of(row + r) * D + k + i]; }
      left[i * LEFT_ROW + r] = one;
    }
  } else {
    // x, and 1 as one input more: b1.
    for (var e = t; e < TALL * KC; e += 256u) {
      let i = e / TALL;
      let r = e % TALL;
      var one = 0.0;
      if (k + i < end) {
        if (row + r < D) { one = draws_x[draw_of(k + i) * D + row + r]; } else if (row + r == D) { one = 1.0; }
      }
      left[i * LEFT_ROW + r] = one;
    }
  }
}

fn load_right(o: Operands, column: u32, k: u32, end: u32, t: u32) {
  if (o.right == TRANSPOSED) {
    // Four rows of weights, which are four columns, by four of their numbers: turned over here.
    for (var e = t; e < 4u * KC; e += 256u) {
      let c = e / (KC / 4u);
      let i = e % (KC / 4u) * 4u;
      var rows_of = mat4x4f();
      for (var lane = 0u; lane < 4u; lane++) {
        let feature = 4u * (column + c) + lane;
        if (feature < M && k + i < end) { rows_of[lane] = weight(o.right_at + feature * W + (k + i) / 4u); }
      }
      let turned = transpose(rows_of);
      for (var lane = 0u; lane < 4u; lane++) { right[(i + lane) * RIGHT_ROW + c] = turned[lane]; }
    }
  } else {
    for (var e = t; e < 16u * KC; e += 256u) {
      let i = e / 16u;
      let c = e % 16u;
      var four = ZERO;
      if (column + c < o.columns && k + i < end) {
        let at = o.right_at + (k + i) * W + column + c;
        if (o.right == WEIGHTS) { four = weight(at); } else { four = scratch[at]; }
      }
      right[i * RIGHT_ROW + c] = four;
    }
  }
}
