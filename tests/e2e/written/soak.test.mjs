// @ts-check
/**
 * Ten thousand epochs in a row: memory stays flat, and the page hears of many epochs at a time.
 *
 *     PHI_PSI_SOAK=10000 node …: as many on WebGPU too, where a software adapter takes minutes for them
 */
import assert from 'node:assert/strict';
import { visitors } from '../browser.mjs';

/** @typedef {import('../browser.mjs').Visitor} Visitor */

/** Enough of it for the CPU not to be done at once. */
const RECIPES = { cpu: { hidden: 32, n: 256 }, webgpu: { hidden: 16, n: 16, batch: 16 } };

const EPOCHS = { cpu: 10_000, webgpu: Number(process.env.PHI_PSI_SOAK ?? 500) };

/** What the worker holds and says. */
const COUNTED = `{
globalThis.messages = 0;
globalThis.buffers = 0;
const post = self.postMessage;
self.postMessage = function (...rest) { globalThis.messages += 1; return post.apply(self, rest); };
if (globalThis.GPUDevice) {
  const { createBuffer } = GPUDevice.prototype;
  const { destroy } = GPUBuffer.prototype;
  const alive = new Set();
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    alive.add(buffer);
    globalThis.buffers += buffer.size;
    return buffer;
  };
  GPUBuffer.prototype.destroy = function () { if (alive.delete(this)) globalThis.buffers -= this.size; return destroy.call(this); };
}
}`;

const MEMORY = { text: (/** @type {string} */ own) => `${own}\nglobalThis.wasmBytes = () => wasm.memory.buffer.byteLength;` };

/** @param {Visitor} visitor @returns {Promise<{ wasm: number, gpu: number, messages: number, heap: number }>} in bytes */
async function held({ page, worker }) {
  const own = await worker.evaluate('({ wasm: wasmBytes(), gpu: buffers, messages })');
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return { .../** @type {{ wasm: number, gpu: number, messages: number }} */ (own), heap: usedSize };
}

for (const backend of /** @type {const} */ (['cpu', 'webgpu'])) {
  const visit = visitors(backend === 'cpu' ? 'plain' : 'webgpu');
  const site = { 'www/worker/worker.js': { text: (/** @type {string} */ own) => `${COUNTED}\n${own}` }, [`www/pkg/${backend}/phi_psi.js`]: MEMORY };
  visit(`${EPOCHS[backend]} epochs in a row take no more memory than a few (${backend})`, { query: `?backend=${backend}`, site }, async (visitor, t) => {
    const epochs = EPOCHS[backend];
    await visitor.type({ ...RECIPES[backend], epochs });
    await visitor.press('train');
    /** @type {Awaited<ReturnType<typeof held>>[]} */
    const all = [];
    for (const share of [0.1, 0.4, 0.7]) {
      // Not by the log, whose ten thousand lines would take longer to read than to write.
      await visitor.page.waitForFunction(
        (least) => Number((document.getElementById('status-epoch')?.textContent ?? '').replace(/^epoch | of.*$|,/g, '')) >= least,
        share * epochs,
      );
      all.push(await held(visitor));
    }
    await visitor.reach('done');
    const kilobytes = (/** @type {'wasm' | 'gpu' | 'heap'} */ key) => all.map((one) => `${Math.round(one[key] / 1024)}`).join(' → ');
    t.diagnostic(
      `${epochs} epochs; KiB at one, four and seven tenths: wasm ${kilobytes('wasm')}, GPU buffers ${kilobytes('gpu')}, the page’s heap ${kilobytes('heap')}; ${all[2].messages} messages`,
    );
    const [early, middle, late] = all;
    // At a tenth not every piece may have been asked for yet that is under way later, nor so many epochs told at a time.
    assert.ok(late.wasm <= Math.max(early.wasm, middle.wasm), 'the module’s memory');
    assert.ok(late.gpu <= Math.max(early.gpu, middle.gpu), 'the GPU’s buffers');
    // Half a kilobyte for each epoch that the page remembers.
    assert.ok(late.heap - early.heap < 1_000_000 + 512 * epochs, 'the page’s heap');
    if (backend === 'cpu') assert.ok(all[2].messages < epochs / 2, 'many epochs to a message');
  });
}
