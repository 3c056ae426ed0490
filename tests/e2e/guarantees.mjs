// @ts-check
/** What the page promises, whichever engine it runs in. A test that shows one of these says so, and `cargo xtask test` prints which of them held where. */

/** @typedef {keyof typeof GUARANTEES} Guarantee */
/** @typedef {import('node:test').TestContext} TestContext */

export const GUARANTEES = {
  notebook: 'the notebook’s run, and its print',
  bits: 'the recorded bits',
  webgpu: 'WebGPU has the CPU’s numbers',
  seeds: 'many seeds, each as alone',
  link: 'a link gives its run again',
  files: 'weights leave and come back',
  keyboard: 'all of it by keyboard',
  narrow: 'nothing sideways at 360 pixels',
  kept: 'what ended is kept',
  fault: 'a fault costs nothing',
  offline: 'without a network, after one visit',
};

/** The engines, in the table's order. */
export const ENGINES = /** @type {const} */ ({
  plain: 'Chromium',
  webgpu: 'Chromium, WebGPU',
  firefox: 'Firefox',
  firefoxWebgpu: 'Firefox, WebGPU',
  webkit: 'WebKit',
});

/**
 * Does what shows some in an engine, and says whether they held there, in the form that `xtask/src/guarantees.rs` reads.
 * @param {TestContext} t @param {Guarantee | Guarantee[] | undefined} which @param {keyof typeof ENGINES} engine @param {() => Promise<void>} task
 */
export async function showing(t, which, engine, task) {
  let held = false;
  try {
    await task();
    held = true;
  } finally {
    for (const each of [which ?? []].flat()) t.diagnostic(`guarantee: ${GUARANTEES[each]} | ${ENGINES[engine]} | ${held ? 'held' : 'NOT held'}`);
  }
}
