// A workgroup's memory on the software adapter: a part of a buffer, which is as fast there, has no limit, and need not be
// set to zero number by number, in straight code that takes seconds to compile.

@group(0) @binding(MEMORY) var<storage, read_write> v: array<vec4f>;
var<private> own: u32;

fn settle(number: u32) { own = number * SIZE; }

fn barrier() {
  storageBarrier();
  workgroupBarrier();
}
