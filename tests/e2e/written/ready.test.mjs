// @ts-check
/**
 * Ready before the click: with a card, the module, the self-check and the kernels are there when Train is pressed. The card is the software
 * adapter under another name, so the kernels are those that a card gets.
 */
import assert from 'node:assert/strict';
import { DEVICES, press, UNTRIED, visitors } from '../browser.mjs';

/** @typedef {import('../browser.mjs').Substitute} Substitute */
/** @typedef {import('../browser.mjs').Visitor} Visitor */

const visit = visitors('webgpu');

/** The worker that trains, on a card by all appearances, counting what is compiled. @type {Substitute} */
const CARD = {
  text: (own) => `Object.defineProperty(GPUAdapter.prototype, 'info', {
  get: () => ({ vendor: 'acme', architecture: 'anvil', device: '', description: '', isFallbackAdapter: false }),
});
globalThis.compiled = 0;
const { createComputePipeline } = GPUDevice.prototype;
GPUDevice.prototype.createComputePipeline = function (...rest) {
  globalThis.compiled += 1;
  return createComputePipeline.apply(this, rest);
};
${DEVICES}
${own}`,
};

const MODULE = 'www/pkg/webgpu/phi_psi.js';

/** WebGPU's module, which tells how wide the networks are that it has last been made ready for. @type {Substitute} */
const TELLING = {
  text: (own) => `${own.replace('export function prepare(', 'function prepared(')}
export async function prepare(fields) {
  const done = await prepared(fields);
  globalThis.ready = fields.hidden;
  return done;
}`,
};

/** @param {Visitor} visitor @returns {Promise<number>} */
const compiled = (visitor) => visitor.worker.evaluate('globalThis.compiled');

/** Kernels compiled once all is ready for networks so wide. @param {Visitor} visitor @param {string} hidden */
async function readyFor(visitor, hidden) {
  await visitor.eventually(async () => assert.equal(await visitor.worker.evaluate('globalThis.ready'), hidden));
  return compiled(visitor);
}

/** @param {Visitor} visitor */
const onWebgpu = (visitor) => visitor.eventually(async () => assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' }));

visit(
  'pressing Train compiles nothing, and a changed recipe is made ready anew',
  {
    query: '?backend=webgpu#v=1&d=2&m=4&hidden=8&n=64&batch=16&epochs=3&lr=0.001&seed=42',
    script: UNTRIED,
    site: { 'www/worker/worker.js': CARD, [MODULE]: TELLING },
  },
  async (visitor, t) => {
    await onWebgpu(visitor);
    const first = await readyFor(visitor, '8');
    assert.equal(await visitor.state(), 'idle', 'and nothing is trained unasked');
    assert.equal((await visitor.train()).length, 3);
    assert.deepEqual(await visitor.states(), ['idle', 'running', 'done'], 'nothing is tried any more');
    assert.equal(await compiled(visitor), first);
    await visitor.press('draw');
    await visitor.comparison();
    assert.equal(await compiled(visitor), first);

    await visitor.type({ batch: 10, hidden: 12 });
    const second = await readyFor(visitor, '12');
    assert.ok(second > first);
    await visitor.train();
    assert.equal(await compiled(visitor), second);
    t.diagnostic(`${first} kernels for one recipe, ${second - first} for another`);

    // Another learning rate behind a checkpoint is no wrong number of the card's.
    await visitor.type({ epochs: 12 });
    await visitor.press('step');
    await visitor.eventually(async () => assert.equal((await visitor.lines()).length, 1));
    await visitor.reach('paused');
    const loaded = visitor.page.waitForResponse(/rate-change\.js$/);
    await press(visitor.page.locator('#changing summary'));
    await loaded;
    await visitor.frames();
    await visitor.find('next-lr').fill('0.01');
    await visitor.press('change-lr');
    await visitor.eventually(async () => assert.match(await visitor.text('next-lr-said'), /from epoch 2 on/));
    await visitor.press('pause');
    await visitor.reach('done');
    assert.equal((await visitor.lines()).length, 12);
    assert.equal(await visitor.text('notice'), '');
    assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' });
  },
);

/** WebGPU's module with a device of its own and the CPU's kernels, which traps as it is made ready for networks of another width. @type {Substitute} */
const TRAPPING = {
  route: (route) =>
    route.fulfill({
      contentType: 'text/javascript',
      body: `import init from '../cpu/phi_psi.js';
        export * from '../cpu/phi_psi.js';
        export default async ({ module_or_path }) => {
          await (await module_or_path).arrayBuffer();
          await init();
        };
        export async function openDevice() { await (await navigator.gpu.requestAdapter()).requestDevice(); }
        export async function prepare({ hidden }) { if (hidden === '24') throw new WebAssembly.RuntimeError('unreachable'); }`,
    }),
};

visit(
  'a card that is lost before anything runs is taken again, and one that fails while another recipe is made ready leaves the run that waits where it is',
  { query: '?backend=webgpu', script: UNTRIED, site: { 'www/worker/worker.js': CARD, [MODULE]: TRAPPING } },
  async (visitor) => {
    await onWebgpu(visitor);
    // The page has heard of it before the run begins.
    await visitor.worker.evaluate('devices.at(-1).destroy(), devices.at(-1).lost.then(() => 0)');
    await visitor.frames();
    await visitor.train({ epochs: 2 });
    assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' });
    assert.equal(await visitor.text('notice'), '');

    await visitor.type({ epochs: 12 });
    for (let epoch = 1; epoch <= 2; epoch += 1) {
      await visitor.press('step');
      await visitor.eventually(async () => assert.equal((await visitor.lines()).length, epoch));
      await visitor.reach('paused');
    }
    const lines = await visitor.lines();
    await visitor.type({ hidden: 24 });
    await visitor.eventually(async () => assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'refused' }));
    await visitor.type({ hidden: 64 });
    // The log is drawn a frame later.
    await visitor.eventually(async () => assert.deepEqual(await visitor.lines(), lines));
    assert.equal(await visitor.state(), 'paused');
    await visitor.press('pause');
    await visitor.reach('done');
    assert.deepEqual((await visitor.lines()).slice(0, 2), lines);
    assert.equal((await visitor.lines()).length, 12);
  },
);
