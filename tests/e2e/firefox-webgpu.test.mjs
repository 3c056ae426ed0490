// @ts-check
/** Firefox's own WebGPU, on the adapter that there is: the probe, the notebook's run, what is read, and many runs, and a GPU that is lost. */
import assert from 'node:assert/strict';
import { DEVICES, preceded, visitors } from './browser.mjs';
import { comesBack, comingBack, ON_GPU } from './comeback.mjs';
import { shippedAt } from './shipped.mjs';
import { largestRelative, OFFER, RELATIVE } from './two-backends.mjs';

const visit = visitors('firefoxWebgpu');

visit('an adapter in software is not taken unasked here either', { query: '?backend=auto' }, async (visitor) => {
  await visitor.train({ epochs: 1 });
  assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'software' });
  assert.match(await visitor.text('backend'), /itself a program on the CPU/);
  assert.equal(await visitor.text('notice'), '');
});

/** Counts how often the page hears how far the run is, which is each time that the worker has read something. */
const COUNTING = `globalThis.heard = 0;
const Own = Worker;
globalThis.Worker = class extends Own {
  constructor(...rest) {
    super(...rest);
    this.addEventListener('message', ({ data }) => void (globalThis.heard += data.type === 'progress' ? 1 : 0));
  }
};`;

/** What times the CPU finds it fast, whatever else this machine does meanwhile: that the offer can be taken is what is tested here. */
const FAST_CPU = `const { postMessage } = self;
self.postMessage = (message, ...rest) => postMessage.call(self, message.backend === 'cpu' ? { ...message, rate: 1e6 } : message, ...rest);`;

visit(
  'the notebook’s run has the CPU’s numbers, many steps to a read; the CPU is offered, and taken',
  { query: '?backend=webgpu', script: COUNTING, site: { [shippedAt('trial-worker')]: preceded(FAST_CPU) }, shows: 'webgpu' },
  async (visitor, t) => {
    const drawn = async () => (await visitor.comparison()).split('\n')[0];
    // Long enough for dispatches of as many steps as there may be.
    await visitor.train({ epochs: 30 });
    const reads = await visitor.page.evaluate(() => /** @type {any} */ (globalThis).heard);
    assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' });
    const status = (await visitor.text('status')).replaceAll('\n', ' ');
    const [losses, wx] = [await visitor.table(), await drawn()];

    await visitor.eventually(async () => assert.match(await visitor.text('offer'), OFFER));
    await visitor.press('switch');
    await visitor.train();
    assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'switched' });
    const apart = largestRelative(losses, await visitor.table());
    t.diagnostic(`${status}; ${reads} reads for 480 steps; ${apart.toExponential(1)} from the CPU’s MSE at most`);
    assert.ok(apart < RELATIVE, `${apart}`);
    await visitor.eventually(async () => assert.equal(await drawn(), wx));
    assert.ok(reads < 480 / 4, `${reads} reads`);
  },
);

/** On Mesa's driver a seed's last bits have been others in company than alone. */
const ROUNDING = 1e-6;

/** Runs in the page: counts how often Firefox looks by itself whether its devices are done, which is all that an idle queue waits for. */
async function countLooks() {
  const device = await (await navigator.gpu.requestAdapter())?.requestDevice();
  const watched = Object.assign(globalThis, { looks: 0 });
  for (; device; watched.looks += 1) await device.queue.onSubmittedWorkDone();
}

/** The worker that trains, which reads from its device, one after the other, as often as it is told to. */
const READS = `${DEVICES}
const reads = new BroadcastChannel('reads');
reads.onmessage = async ({ data: many }) => {
  const buffer = devices.at(-1).createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  for (let i = 0; i < many; i += 1) {
    await buffer.mapAsync(GPUMapMode.READ);
    buffer.unmap();
  }
  buffer.destroy();
  reads.postMessage('done');
};`;

/** Runs in the page: has the worker read so often. @param {number} many */
function read(many) {
  const reads = new BroadcastChannel('reads');
  return new Promise((resolve) => {
    reads.onmessage = () => resolve(undefined);
    reads.postMessage(many);
  });
}

visit(
  'a GPU that was lost costs nothing: it comes back, and the run goes over to it at the end of an epoch; many seeds have, each, what the same seed has alone; and many reads come in between two looks of the browser',
  { ...comingBack(READS), shows: ['fault', 'seeds'] },
  async (visitor, t) => {
    const { page } = visitor;
    await comesBack(visitor, t);

    await visitor.train({ ...ON_GPU, epochs: 2, seeds: 3 });
    await page.waitForFunction(() => document.querySelectorAll('#strip [data-seed]').length === 3);
    const of = (/** @type {number} */ seed) => page.locator(`#strip [data-seed="${seed}"]`).getAttribute('data-value');
    const [first, third] = [Number(await of(42)), Number(await of(44))];
    const alone = [(await visitor.heldOut()).mse];
    await visitor.train({ seeds: 1, seed: 44 });
    alone.push((await visitor.heldOut()).mse);
    const apart = Math.max(Math.abs(alone[0] - first) / first, Math.abs(alone[1] - third) / third);
    t.diagnostic(`${apart.toExponential(1)} from the same seeds alone at most`);
    assert.ok(apart < ROUNDING, `${first}, ${third} and ${alone}`);
    assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' });

    // It never ends.
    void page.evaluate(countLooks).catch(() => {});
    await page.waitForFunction(() => /** @type {any} */ (globalThis).looks > 0);
    const looks = () => page.evaluate(() => /** @type {number} */ (/** @type {any} */ (globalThis).looks));
    const before = await looks();
    await page.evaluate(read, 50);
    const found = (await looks()) - before;
    t.diagnostic(`50 reads came in while Firefox looked ${found} times by itself`);
    assert.ok(found < 50 / 2, `${found}`);
  },
);
