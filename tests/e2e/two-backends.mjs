// @ts-check
/** WebGPU beside the CPU. */
import assert from 'node:assert/strict';

/** How far the two backends may be apart after 480 steps: they add in another order, and Adam's first steps magnify that. */
export const RELATIVE = 1e-2;

/** What the page says where WebGPU is no match for the CPU. */
export const OFFER = /^For this recipe WebGPU .*makes [\d,.]+ steps\/s here and the CPU [\d,.]+: the CPU is [\d,.]+ times as fast\.$/;

/** How far apart two lists are, in parts of the second. @param {number[]} ours @param {number[]} theirs */
export function largestRelative(ours, theirs) {
  assert.equal(ours.length, theirs.length);
  return Math.max(...ours.map((value, i) => Math.abs(value - theirs[i]) / Math.abs(theirs[i])));
}
