// Many steps in a dispatch: a workgroup is a run, its parameters stay in workgroup memory from step to step.

struct Step { start: u32, count: u32, scale: f32, rate: f32, root: f32, slot: u32, snapshot: u32, unused: u32 }
struct Control { steps: u32, n: u32, slots: u32, orders: u32, table: array<Step, STEPS> }

@group(0) @binding(0) var<storage, read_write> parameters: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> moments: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> losses: array<f32>;
@group(0) @binding(3) var<storage, read_write> snapshots: array<vec4f>;
@group(0) @binding(4) var<storage, read> draws_w: array<f32>;
@group(0) @binding(5) var<storage, read> draws_x: array<f32>;
@group(0) @binding(6) var<storage, read> draws_y: array<f32>;
@group(0) @binding(7) var<storage, read> order: array<u32>;
@group(0) @binding(8) var<uniform> control: Control;

// Vectors of the next chunk's draws that an invocation asks for while the present one is computed.
const NEXT: u32 = (BT * E + T - 1u) / T;
const AHEAD: bool = NEXT <= 4u;
var<private> next: array<vec4f, NEXT>;

var<private> run: u32;
var<private> rate: f32;
var<private> root: f32;

@compute @workgroup_size(T)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) invocation: u32) {
  run = group.x;
  begin(invocation, run, run * 2u * NETWORK);
  if (AHEAD) { ask(0u, 0u); }
  for (var step = 0u; step < control.steps; step++) {
    let count = control.table[step].count;
    clear();
    for (var first = 0u; first < count; first += 4u * BT) {
      if (!AHEAD) { ask(step, first); }
      for (var i = 0u; i < NEXT; i++) {
        if (t + i * T < BT * E) { v[own + DRAWS + t + i * T] = next[i]; }
      }
      barrier();
      if (AHEAD) {
        let more = first + 4u * BT < count;
        if (more) { ask(step, first + 4u * BT); } else if (step + 1u < control.steps) { ask(step + 1u, 0u); }
      }
      forward();
      errors(first, count, control.table[step].scale);
      backward();
    }
    rate = control.table[step].rate;
    root = control.table[step].root;
    gradients();
    if (t == 0u) { losses[run * control.slots + control.table[step].slot] = loss; }
    let snapshot = control.table[step].snapshot;
    if (snapshot > 0u) {
      barrier();
      save(true, ((snapshot - 1u) * groups.x + run) * 2u * NETWORK);
    }
  }
  barrier();
  save(false, base);
}

fn ask(step: u32, first: u32) {
  let at = run * control.orders + control.table[step].start;
  for (var i = 0u; i < NEXT; i++) {
    if (t + i * T < BT * E) { next[i] = fetch(t + i * T, run, control.n, at, first, control.table[step].count); }
  }
}

fn save(snapshot: bool, to: u32) {
  for (var network = 0u; network < 2u; network++) {
    let from_here = to + network * NETWORK;
    for (var k = g; k < ROWS; k += G) {
      let value = v[own + held(network, k, j)];
      if (snapshot) { snapshots[from_here + k * W + j] = value; } else { parameters[from_here + k * W + j] = value; }
    }
    for (var k = t; k < F; k += T) {
      let b = network * M4 + 4u * k;
      let value = vec4f(biases[b], biases[b + 1u], biases[b + 2u], biases[b + 3u]);
      if (snapshot) { snapshots[from_here + ROWS * W + k] = value; } else { parameters[from_here + ROWS * W + k] = value; }
    }
  }
}

fn index_of(at: u32) -> u32 { return order[at]; }

fn put(network: u32, k: u32, column: u32, gradient: vec4f) {
  let at = 2u * base + network * NETWORK + k * W + column;
  let m = DECAY.x * moments[at] + DECAY.y * gradient;
  let s = DECAY.z * moments[at + 2u * NETWORK] + DECAY.w * gradient * gradient;
  moments[at] = m;
  moments[at + 2u * NETWORK] = s;
  v[own + held(network, k, column)] -= rate * m / (sqrt(s) * root + EPSILON);
}

// Four features' biases, k a number of vectors.
fn put_bias(network: u32, k: u32, gradient: vec4f) {
  let at = 2u * base + network * NETWORK + ROWS * W + k;
  let m = DECAY.x * moments[at] + DECAY.y * gradient;
  let s = DECAY.z * moments[at + 2u * NETWORK] + DECAY.w * gradient * gradient;
  moments[at] = m;
  moments[at + 2u * NETWORK] = s;
  let change = rate * m / (sqrt(s) * root + EPSILON);
  for (var c = 0u; c < 4u; c++) { biases[network * M4 + 4u * k + c] -= change[c]; }
}
