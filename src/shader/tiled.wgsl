// What the kernels of large networks share: where everything lies. A piece of a mini-batch goes through one dispatch
// after the other, and what one leaves for the next is in `scratch` (matrices, in vectors along their rows), in `sums`
// (single numbers) or in `bits`.
//
// Constants made by the plan: D, M, W and F (a row of hidden units and one of features, in vectors), C (vectors of
// hidden units: a row may be longer by one), I (inputs in vectors), and where a matrix begins.

@group(0) @binding(0) var<storage, read_write> scratch: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;
@group(0) @binding(2) var<storage, read_write> bits: array<u32>;
@group(0) @binding(3) var<storage, read> parameters: array<vec4f>;
@group(0) @binding(4) var<storage, read> draws_w: array<f32>;
@group(0) @binding(5) var<storage, read> draws_x: array<f32>;
@group(0) @binding(6) var<storage, read> draws_y: array<f32>;
@group(0) @binding(7) var<storage, read> order: array<u32>;
@group(0) @binding(8) var<uniform> piece: Piece;

const ROWS: u32 = D + 1u + M;               // rows of a network: A1, b1, A2
const NETWORK: u32 = ROWS * W + F;          // vectors of a network
const A2: u32 = (D + 1u) * W;               // where A2 begins, and b2
const B2: u32 = ROWS * W;
const VECTORS: u32 = 2u * NETWORK;

const ZERO: vec4f = vec4f(0.0);

fn count() -> u32 { return piece.end - piece.start; }

// The draw that stands in a row of this piece.
fn draw_of(row: u32) -> u32 { return piece.run * piece.n + order[piece.run * piece.orders + piece.start + row]; }

fn weight(at: u32) -> vec4f { return parameters[piece.model * VECTORS + at]; }

// The part of the product of b2 and Psi that one of so many, who share the features of a draw of the piece, adds.
fn bias_part(draw: u32, one: u32, of_many: u32) -> f32 {
  var sum = 0.0;
  for (var k = one; k < F; k += of_many) { sum += dot(weight(NETWORK + B2 + k), scratch[PSI + draw * F + k]); }
  return sum;
}
