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

/** What a module's memory grows by: over the epochs that are counted two of them are forty bytes an epoch. */
const WASM_PAGE = 1 << 16;

/** What the worker says, and what it holds whenever it tells of epochs: the page hears of those on WebGPU when the run may be over. */
const COUNTED = `{
globalThis.messages = 0;
globalThis.buffers = 0;
globalThis.held = [];
const post = self.postMessage;
self.postMessage = function (message, ...rest) {
  globalThis.messages += 1;
  const epoch = message.type === 'progress' && message.reports.at(-1)?.epoch;
  if (epoch) globalThis.held.push({ epoch, wasm: wasmBytes(), gpu: globalThis.buffers });
  return post.call(self, message, ...rest);
};
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

/** On WebGPU few steps to a call, which would otherwise be twice as many with each of the first hundreds, and its buffers as large. */
const BRIEF = {
  text: (/** @type {string} */ own) => {
    const brief = own.replace(': MOST, found', ': 16, found');
    assert.notEqual(brief, own, 'the largest size of a call is there');
    return brief;
  },
};

/** What the page holds, in bytes. @param {Visitor} visitor */
async function heap({ page }) {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  return (await session.send('Runtime.getHeapUsage')).usedSize;
}

for (const backend of /** @type {const} */ (['cpu', 'webgpu'])) {
  const visit = visitors(backend === 'cpu' ? 'plain' : 'webgpu');
  const site = {
    'www/worker/worker.js': { text: (/** @type {string} */ own) => `${COUNTED}\n${own}` },
    [`www/pkg/${backend}/phi_psi.js`]: MEMORY,
    ...(backend === 'webgpu' && { 'www/worker/pump.js': BRIEF }),
  };
  visit(`${EPOCHS[backend]} epochs in a row take no more memory than a few (${backend})`, { query: `?backend=${backend}`, site }, async (visitor, t) => {
    const epochs = EPOCHS[backend];
    await visitor.type({ ...RECIPES[backend], epochs });
    await visitor.press('train');
    /** @type {number[]} */
    const heaps = [];
    for (const share of [0.1, 0.4, 0.7]) {
      // Not by the log, whose ten thousand lines would take longer to read than to write.
      await visitor.page.waitForFunction(
        (least) => Number((document.getElementById('status-epoch')?.textContent ?? '').replace(/^epoch | of.*$|,/g, '')) >= least,
        share * epochs,
      );
      heaps.push(await heap(visitor));
    }
    await visitor.reach('done');
    /** @type {{ messages: number, held: { epoch: number, wasm: number, gpu: number }[] }} */
    const { messages, held } = await visitor.worker.evaluate('({ messages, held })');
    // At the very first not every piece has been asked for yet that is under way later, nor so many epochs told at a time; the end asks for more.
    const halves = [held.filter(({ epoch }) => epoch <= 0.4 * epochs), held.filter(({ epoch }) => epoch >= 0.7 * epochs && epoch < epochs)];
    const most = (/** @type {'wasm' | 'gpu'} */ key) => halves.map((some) => Math.max(...some.map((one) => one[key])));
    const kilobytes = (/** @type {number[]} */ all) => all.map((one) => `${Math.round(one / 1024)}`).join(' → ');
    t.diagnostic(
      `${epochs} epochs; KiB up to four tenths and from seven on: wasm ${kilobytes(most('wasm'))}, GPU buffers ${kilobytes(most('gpu'))}; the page’s heap ${kilobytes(heaps)}; ${messages} messages, ${held.length} of epochs`,
    );
    assert.ok(
      halves.every(({ length }) => length > 1),
      'epochs are told of in both',
    );
    const [[early, late], [earlyGpu, lateGpu]] = [most('wasm'), most('gpu')];
    // One page more was seen once, on a machine whose speed changed; a leak would not stop at that.
    assert.ok(late <= early + WASM_PAGE, 'the module’s memory');
    // Of small buffers one more may be alive at one moment than at another.
    assert.ok(lateGpu <= 1.02 * earlyGpu, 'the GPU’s buffers');
    // Half a kilobyte for each epoch that the page remembers.
    assert.ok(heaps[2] - heaps[0] < 1_000_000 + 512 * epochs, 'the page’s heap');
    if (backend === 'cpu') assert.ok(messages < epochs / 2, 'many epochs to a message');
  });
}
