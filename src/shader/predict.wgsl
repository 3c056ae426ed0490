// y' of small networks, or the sum of its squared errors. The second number of the grid is a set of parameters: what
// sets of one run are evaluated on is that run's draws.

struct Query { n: u32, runs: u32, squares: u32, first: u32 }

@group(0) @binding(0) var<storage, read_write> results: array<f32>;
@group(0) @binding(1) var<storage, read> parameters: array<vec4f>;
@group(0) @binding(2) var<storage, read> draws_w: array<f32>;
@group(0) @binding(3) var<storage, read> draws_x: array<f32>;
@group(0) @binding(4) var<storage, read> draws_y: array<f32>;
@group(0) @binding(5) var<uniform> query: Query;

@compute @workgroup_size(T)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) invocation: u32) {
  let model = query.first + group.y;
  let run = model % query.runs;
  begin(invocation, group.y * groups.x + group.x, model * 2u * NETWORK);
  loss = 0.0;
  for (var first = 4u * BT * group.x; first < query.n; first += 4u * BT * groups.x) {
    for (var e = t; e < BT * E; e += T) { v[own + DRAWS + e] = fetch(e, run, query.n, 0u, first, query.n); }
    barrier();
    forward();
    if (query.squares > 0u) {
      errors(first, query.n, 1.0);
    } else {
      for (var task = t; task < BT * D; task += T) {
        let y = output(task);
        for (var lane = 0u; lane < 4u; lane++) {
          let draw = first + 4u * (task / D) + lane;
          if (draw < query.n) { results[(model * query.n + draw) * D + task % D] = y[lane]; }
        }
      }
      barrier();
    }
  }
  if (query.squares > 0u) {
    losses_of[t] = loss;
    barrier();
    if (t == 0u) {
      for (var i = 1u; i < min(BT * D, T); i++) { loss += losses_of[i]; }
      results[model * groups.x + group.x] = loss;
    }
  }
}

fn index_of(at: u32) -> u32 { return at; }
