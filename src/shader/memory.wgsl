// A workgroup's memory on a card.

var<workgroup> v: array<vec4f, SIZE>;
const own: u32 = 0u;

fn settle(number: u32) {}

fn barrier() { workgroupBarrier(); }
