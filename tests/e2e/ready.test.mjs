// @ts-check
/**
 * Ready before the click: with a card, the module, the self-check and the kernels are there when Train is pressed. The card is the software
 * adapter under another name, so the kernels are those that a card gets.
 */
import assert from 'node:assert/strict';
import { visitors } from './browser.mjs';

/** @typedef {import('./browser.mjs').Substitute} Substitute */
/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors('webgpu');

/** The worker that trains, on a card by all appearances, counting what is compiled. @type {Substitute} */
const CARD = { text: (own) => `Object.defineProperty(GPUAdapter.prototype, 'info', {
  get: () => ({ vendor: 'acme', architecture: 'anvil', device: '', description: '', isFallbackAdapter: false }),
});
globalThis.compiled = 0;
const { createComputePipeline } = GPUDevice.prototype;
GPUDevice.prototype.createComputePipeline = function (...rest) {
  globalThis.compiled += 1;
  return createComputePipeline.apply(this, rest);
};
${own}` };

const SITE = { 'www/worker/worker.js': CARD };

/** @param {Visitor} visitor @returns {Promise<number>} */
const compiled = (visitor) => visitor.worker.evaluate('globalThis.compiled');

/** Kernels compiled once nothing has been for a while. @param {Visitor} visitor @param {number} [before] there are to be more */
async function atRest(visitor, before = 0) {
  let last = -1;
  await visitor.eventually(async () => {
    const [was, now] = [last, await compiled(visitor)];
    last = now;
    await visitor.page.waitForTimeout(1_000);
    assert.ok(now > before && now === was, `${now} kernels`);
  }, 60_000);
  return last;
}

visit('pressing Train compiles nothing, and a changed recipe is made ready anew', { query: '?backend=webgpu', site: SITE }, async (visitor, t) => {
  await visitor.eventually(async () => assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' }), 60_000);
  const first = await atRest(visitor);
  assert.equal(await visitor.state(), 'idle', 'and nothing is trained unasked');
  assert.equal((await visitor.train({ epochs: 3 })).length, 3);
  assert.deepEqual(await visitor.states(), ['idle', 'running', 'done'], 'nothing is tried any more');
  assert.equal(await compiled(visitor), first);
  await visitor.press('draw');
  await visitor.comparison();
  assert.equal(await compiled(visitor), first);

  await visitor.type({ hidden: 24, batch: 50 });
  const second = await atRest(visitor, first);
  await visitor.train();
  assert.equal(await compiled(visitor), second);
  t.diagnostic(`${first} kernels for the notebook’s recipe, ${second - first} for another`);
});

visit('what is slower is found out before the click, and the run is on the CPU at once', { query: '?backend=auto', site: SITE }, async (visitor, t) => {
  await visitor.eventually(async () => assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'slower' }), 60_000);
  t.diagnostic(await visitor.text('backend'));
  await visitor.train();
  assert.deepEqual(await visitor.states(), ['idle', 'running', 'done']);
  assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'slower' });
});
