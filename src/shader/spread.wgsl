// The first of a step's two dispatches where a mini-batch is spread over workgroups: each takes every so many chunks
// of it and leaves its part of the gradient and of the loss for the second (adam.wgsl).

@group(0) @binding(0) var<storage, read_write> parts: array<vec4f>;
@group(0) @binding(1) var<storage, read> parameters: array<vec4f>;
@group(0) @binding(2) var<storage, read> draws_w: array<f32>;
@group(0) @binding(3) var<storage, read> draws_x: array<f32>;
@group(0) @binding(4) var<storage, read> draws_y: array<f32>;
@group(0) @binding(5) var<storage, read> order: array<u32>;
@group(0) @binding(6) var<uniform> piece: Piece;

var<private> part: u32; // where this workgroup's part begins

@compute @workgroup_size(T)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) invocation: u32) {
  let run = piece.run + group.y;
  part = (group.y * groups.x + group.x) * (2u * NETWORK + 1u);
  begin(invocation, group.y * groups.x + group.x, run * 2u * NETWORK);
  clear();
  for (var first = piece.start + 4u * BT * group.x; first < piece.end; first += 4u * BT * groups.x) {
    for (var e = t; e < BT * E; e += T) { v[own + DRAWS + e] = fetch(e, run, piece.n, run * piece.orders, first, piece.end); }
    barrier();
    forward();
    errors(first, piece.end, piece.scale);
    backward();
  }
  gradients();
  if (t == 0u) { parts[part + 2u * NETWORK] = vec4f(loss, 0.0, 0.0, 0.0); }
}

fn index_of(at: u32) -> u32 { return order[at]; }

fn put(network: u32, k: u32, column: u32, gradient: vec4f) { parts[part + network * NETWORK + k * W + column] = gradient; }

fn put_bias(network: u32, k: u32, gradient: vec4f) { parts[part + network * NETWORK + ROWS * W + k] = gradient; }
