// Orders of many runs' epochs, bit for bit those of src/data/mod.rs. A workgroup makes one: its invocations the words of the
// stream (ChaCha8: a block of sixteen each), and the first of them the exchanges (Fisher–Yates from the last place on,
// Lemire's multiplication with rejection).
//
// Constants made by the plan: N, the draws of a run, below 2¹⁶.

struct Control { seed: u32, epoch: u32, epochs: u32, unused: u32 }

@group(0) @binding(0) var<storage, read_write> order: array<u32>;
@group(0) @binding(1) var<uniform> control: Control;

const T: u32 = 64u;
const SHUFFLE: u32 = 2u;               // the stream's purpose
var<workgroup> words: array<u32, 16u * T>;
var<workgroup> places: array<u32, N>;
var<workgroup> left: u32;              // the last place that is still to be settled

@compute @workgroup_size(T)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let epoch = group.x;
  let run = group.y;
  for (var k = t; k < N; k += T) { places[k] = k; }
  if (t == 0u) { left = N - 1u; }
  for (var first = 0u; workgroupUniformLoad(&left) > 0u; first += T) {
    block(t, control.seed + run, control.epoch + epoch, first + t);
    workgroupBarrier();
    if (t == 0u) { left = exchange(left); }
  }
  workgroupBarrier();
  for (var k = t; k < N; k += T) { order[(run * control.epochs + epoch) * N + k] = places[k]; }
}

// As far as the words suffice: from this place down.
fn exchange(begin: u32) -> u32 {
  var last = begin;
  for (var at = 0u; at < 16u * T && last > 0u; at++) {
    let bound = last + 1u;
    let word = words[at];
    let low = word * bound;
    // Below the bound it may be one of the few products that some numbers have more of than others.
    if (low < bound && low < (0u - bound) % bound) { continue; }
    let other = ((word >> 16u) * bound + (((word & 0xffffu) * bound) >> 16u)) >> 16u;
    let moved = places[last];
    places[last] = places[other];
    places[other] = moved;
    last--;
  }
  return last;
}

// A block of the stream that belongs to a seed and an epoch.
fn block(t: u32, seed: u32, epoch: u32, number: u32) {
  let a0 = vec4u(0x61707865u, 0x3320646eu, 0x79622d32u, 0x6b206574u);
  let b0 = vec4u(seed, 0u, 0u, 0u);
  let d0 = vec4u(number, 0u, epoch, SHUFFLE);
  var a = a0;
  var b = b0;
  var c = vec4u(0u);
  var d = d0;
  for (var round = 0u; round < 8u; round++) {
    a += b; d = turned(d ^ a, 16u);
    c += d; b = turned(b ^ c, 12u);
    a += b; d = turned(d ^ a, 8u);
    c += d; b = turned(b ^ c, 7u);
    // Columns and diagonals in turns.
    if (round % 2u == 0u) { b = b.yzwx; c = c.zwxy; d = d.wxyz; } else { b = b.wxyz; c = c.zwxy; d = d.yzwx; }
  }
  a += a0;
  b += b0;
  d += d0;
  for (var k = 0u; k < 4u; k++) {
    words[16u * t + k] = a[k];
    words[16u * t + 4u + k] = b[k];
    words[16u * t + 8u + k] = c[k];
    words[16u * t + 12u + k] = d[k];
  }
}

fn turned(x: vec4u, by: u32) -> vec4u { return (x << vec4u(by)) | (x >> vec4u(32u - by)); }
