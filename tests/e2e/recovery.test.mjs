// @ts-check
/**
 * Nothing is lost: a GPU that is lost, hangs, complains or computes wrong numbers, a worker that dies, a run that diverges, a tab that is
 * closed. Each guarantee is a fault that is injected and what the visitor must find afterwards; the last test prints them as a table.
 *
 * What follows on a fault is the page's own, and held branch by branch in tests/unit; here each fault is one of the browser's, in the engines that
 * have one of their own. Runs are short, and held where the fault strikes. A GPU that hangs in silence is among the sequences of sequences.test.mjs,
 * and what Firefox has of its own in firefox.test.mjs.
 */
import assert from 'node:assert/strict';
import { IDLE_DISPATCHES, visitors, WORKER } from './browser.mjs';
import { afterEpochs, comesBack, comingBack, FROM, ON_GPU, onceTrained } from './comeback.mjs';
import { taken } from './downloads.mjs';
import { guarantee, tabsEnd, told, workersDie } from './faults-told.mjs';
import { CHECKED } from './two-backends.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */
/** @typedef {import('./faults-told.mjs').Browser} Browser */

/** @type {Browser} */
const CHROMIUM = { name: 'Chromium', visit: visitors() };
/** @type {Browser} */
const WITH_GPU = { name: 'Chromium, WebGPU', visit: visitors('webgpu') };

/** The worker that trains on the GPU: when five epochs have come in, no read of its device settles any more. */
const STALLS = afterEpochs(5, 'GPUBuffer.prototype.mapAsync = () => new Promise(() => {});');

/** Runs in the page: a tab that nobody sees, in which no GPU comes back. */
const UNSEEN = "Object.defineProperty(document, 'visibilityState', { value: 'hidden' });";

/** Trains on the GPU, injects the fault, and finds the run at its end on the CPU. @param {Visitor} visitor @param {() => Promise<void>} inject @param {RegExp} words @param {string} [reason] */
async function survives(visitor, inject, words, reason = 'lost') {
  await visitor.type(ON_GPU);
  await visitor.blank();
  await visitor.press('train');
  await visitor.reach('running');
  await visitor.underWay({ epochs: 5 });
  assert.equal((await visitor.data('backend')).backend, 'webgpu');
  const seen = await visitor.lines();
  await inject();
  await visitor.reach('done');
  const [notice, lines] = [await visitor.notice(), await visitor.lines()];
  assert.match(notice, words);
  assert.equal(lines.length, ON_GPU.epochs);
  assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason });
  const from = Number(FROM.exec(notice)?.[1]);
  assert.ok(from >= 1, notice);
  const unchanged = Math.min(from, seen.length);
  assert.deepEqual(lines.slice(0, unchanged), seen.slice(0, unchanged), 'what came before the fault has not changed');
  assert.match((await visitor.find('chart').getAttribute('aria-label')) ?? '', new RegExp(`What changes: on the CPU from epoch ${from + 1}\\.`));
  await visitor.heldOut();
}

guarantee(
  'an error on the GPU costs nothing, and a GPU process that crashes in the next run, which tries WebGPU again, costs nothing either',
  'a buffer that is not allowed; Browser.crashGpuProcess',
  WITH_GPU,
  // CubeCL dies of an error, and says so.
  { query: '?backend=webgpu', script: UNSEEN, site: { [WORKER]: STALLS, ...CHECKED }, expect: [/console error: panicked/] },
  async (visitor) => {
    await survives(
      visitor,
      // Submitted, since nothing goes to a device before something is.
      () => visitor.worker.evaluate('void devices.at(-1).createBuffer({ size: 16, usage: 0 }), devices.at(-1).queue.submit([])'),
      /^WebGPU failed in epoch \d+: the GPU reported an error: /,
    );
    await survives(
      visitor,
      async () => {
        const session = await visitor.page.context().browser()?.newBrowserCDPSession();
        // The answer may be lost with the process.
        void session?.send('Browser.crashGpuProcess').catch(() => {});
      },
      /^WebGPU failed in epoch \d+: /,
      'gone',
    );
  },
);

guarantee(
  'a GPU that was lost costs nothing: it comes back, and the run goes over to it at the end of an epoch; wrong numbers from it are found out, and the run goes back to what was confirmed',
  'device.destroy() in the worker, where the next device works; dispatches that do nothing, however long that takes',
  WITH_GPU,
  comingBack(),
  async (visitor, t) => {
    await comesBack(visitor, t);
    await visitor.worker.evaluate(onceTrained(20, IDLE_DISPATCHES));
    // More than a worker asks for before it is found out.
    const fields = { ...ON_GPU, epochs: 1_000 };
    await visitor.train(fields);
    assert.match(
      await visitor.text('notice'),
      /^WebGPU computed wrong numbers: epoch \d+ began with losses .* instead of .*\. The run went back to the end of epoch \d+, the last that was confirmed, and on from there on the CPU\.$/,
    );
    assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'wrong' });
    assert.equal((await visitor.lines()).length, fields.epochs);
  },
);

workersDie(CHROMIUM);

guarantee(
  'a browser that keeps nothing costs no run, and says so in one quiet line; one that diverges stops there, keeps the last finite weights and offers a tenth of the rate',
  'IndexedDB that refuses; lr = 1 and one step an epoch',
  CHROMIUM,
  { script: "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };" },
  async (visitor) => {
    assert.equal((await visitor.train()).length, 5);
    await visitor.eventually(async () =>
      assert.equal(await visitor.text('keeping'), 'This browser lets the page keep nothing: a run is lost when its tab is closed.'),
    );
    assert.equal(await visitor.text('notice'), '');

    await visitor.type({ lr: 1, batch: 1024, epochs: 50 });
    await visitor.press('train');
    await visitor.page.locator('#status[data-state=failed]').waitFor();
    const found =
      /^The run diverged: the MSE of epoch (\d+) is [\d.]+e\+\d+, more than a million times the first one’s\. The weights of epoch (\d+) are kept\.$/.exec(
        await visitor.notice(),
      );
    assert.ok(found, await visitor.notice());
    const [, epoch, kept] = found.map(Number);
    await visitor.eventually(async () => assert.equal((await visitor.lines()).length, epoch));
    assert.ok(kept < epoch);
    const { name, content } = await taken(visitor, 'take-weights');
    assert.match(name, new RegExp(`-epoch${kept}\\.safetensors$`), 'by the epoch that its weights are of');
    await visitor.press('draw');
    const after = new RegExp(`, after ${kept === 1 ? '1 epoch' : `${kept} epochs`}\\.`);
    await visitor.eventually(async () => assert.match(await visitor.text('comparison-caption'), after));
    // The pictures are of those weights too.
    await visitor.page.getByRole('link', { name: 'Errors', exact: true }).click();
    await visitor.eventually(async () => assert.match(await visitor.text('errors-words'), new RegExp(`${after.source.slice(0, -2)}: `)));
    await visitor.page.goBack();
    const numbers = new Float32Array(content.buffer.slice(content.byteOffset + 8 + Number(content.readBigUInt64LE()), content.byteOffset + content.length));
    assert.ok(numbers.length === 2464 && numbers.every(Number.isFinite));
    await visitor.press('tenth');
    assert.equal((await visitor.typed()).lr, '0.1');
    // Step begins anew: there is nothing to go on with.
    await visitor.press('step');
    await visitor.reach('paused');
    assert.equal((await visitor.lines()).length, 1);
  },
);

tabsEnd(CHROMIUM);

told();
