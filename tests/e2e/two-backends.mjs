// @ts-check
/** WebGPU beside the CPU. */
import assert from 'node:assert/strict';
import { cpu } from '../unit/module.mjs';

/** @typedef {import('./browser.mjs').Circumstances} Circumstances */

/** WebGPU's module, as it is written and as it ships. */
export const GPU_MODULE = 'www/{pkg/webgpu/phi_psi,module-webgpu-*}.js';

const losses = await (await cpu()).selfCheck();

/** Its text, with the CPU's losses at once in place of the self-check. @param {string} own */
export function checked(own) {
  const call = /[\w$]+\.selfCheck\(\)/g;
  assert.equal(own.match(call)?.length, 1, 'the self-check is there, once');
  return own.replace(call, `Promise.resolve(Float32Array.of(${losses}))`);
}

/**
 * The site with that module: no worker compiles the kernels of a self-check, which no run has. For tests of what comes after it; the check itself is in
 * backend.test.mjs. @type {NonNullable<Circumstances['site']>}
 */
export const CHECKED = { [GPU_MODULE]: { text: checked } };

/** How far the two backends may be apart after 480 steps: they add in another order, and Adam's first steps magnify that. */
export const RELATIVE = 1e-2;

/** What the page says where WebGPU is no match for the CPU. */
export const OFFER = /^For this recipe WebGPU .*makes [\d,.]+ steps\/s here and the CPU [\d,.]+: the CPU is [\d,.]+ times as fast\.$/;

/** How far apart two lists are, in parts of the second. @param {number[]} ours @param {number[]} theirs */
export function largestRelative(ours, theirs) {
  assert.equal(ours.length, theirs.length);
  return Math.max(...ours.map((value, i) => Math.abs(value - theirs[i]) / Math.abs(theirs[i])));
}
