// @ts-check
/**
 * Nothing is lost: a GPU that is lost, hangs, complains or computes wrong numbers, a worker that dies, a run that diverges, a tab that is
 * closed. Each guarantee is a fault that is injected and what the visitor must find afterwards; the last test prints them as a table.
 */
import './written.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as frozenFor } from 'node:timers/promises';
import { DEVICES, IDLE_DISPATCHES, preceded, Visitor, visitors } from './browser.mjs';
import { taken } from './downloads.mjs';
import { damageKept, keeps, keptRuns } from './kept-runs.mjs';

/** @typedef {import('./browser.mjs').Circumstances} Circumstances */
/** @typedef {import('./browser.mjs').Fields} Fields */
/** @typedef {import('./browser.mjs').Substitute} Substitute */
/** @typedef {import('node:test').TestContext} TestContext */

const BROWSERS = {
  'Chromium, WebGPU': visitors('webgpu'),
  'Firefox, WebGPU': visitors('firefoxWebgpu'),
  Chromium: visitors(),
  Firefox: visitors('firefox'),
};

/** @typedef {keyof typeof BROWSERS} Browser */

/** @type {{ sentence: string, injected: string, browser: Browser, held: boolean }[]} */
const ledger = [];

/**
 * @param {string} sentence @param {string} injected how the fault comes about @param {Browser[]} browsers
 * @param {Circumstances} circumstances @param {(visitor: Visitor, t: TestContext, browser: Browser) => Promise<void>} body
 */
function guarantee(sentence, injected, browsers, circumstances, body) {
  for (const browser of browsers) {
    // Firefox's driver hears of a rejection although the worker has taken care of it.
    const expect = browser === 'Firefox' && injected === REJECTED ? { expect: [/page error: unreachable/] } : {};
    BROWSERS[browser](`${sentence} (${injected}; ${browser})`, { ...circumstances, ...expect, shows: 'fault' }, async (visitor, t) => {
      const told = ledger.find((one) => one.sentence === sentence && one.injected === injected && one.browser === browser);
      const line = told ?? { sentence, injected, browser, held: false };
      if (!told) ledger.push(line);
      await body(visitor, t, browser);
      line.held = true;
    });
  }
}

const REJECTED = 'a rejected promise';

/** How many times as fast the page's seconds can pass. */
const MOST_HASTE = 30;

/** Runs in the page: its seconds pass `haste` times as fast, from the start or once a test has changed that. @param {number} [haste] */
const hasty = (haste = MOST_HASTE) => `globalThis.haste = ${haste};
const slow = setInterval;
globalThis.setInterval = (task, ms) => {
  let passed = 0;
  return slow(() => {
    passed += globalThis.haste;
    if (passed < ${MOST_HASTE}) return;
    passed = 0;
    task();
  }, ms / ${MOST_HASTE});
};`;

/** Epochs long enough to be interrupted. @type {Fields} */
const ON_CPU = { n: 16_384, epochs: 60 };
/** @type {Fields} */
const ON_GPU = { n: 512, epochs: 500 };

const FROM = /from the end of epoch (\d+); nothing before it has changed\.$/;

/** The worker that trains, with its GPU devices within reach. @type {Substitute} */
const WITH_DEVICES = preceded(DEVICES);

/** Runs in the page: a tab that nobody sees, in which no GPU comes back. */
const UNSEEN = "Object.defineProperty(document, 'visibilityState', { value: 'hidden' });";

/** Trains on the GPU, injects the fault, and finds the run at its end on the CPU. @param {Visitor} visitor @param {() => Promise<void>} inject @param {RegExp} words @param {string} [reason] */
async function survives(visitor, inject, words, reason = 'lost') {
  const fields = ON_GPU;
  await visitor.type(fields);
  await visitor.press('train');
  await visitor.underWay({ epochs: 5 });
  assert.equal((await visitor.data('backend')).backend, 'webgpu');
  const seen = await visitor.lines();
  await inject();
  await visitor.reach('done');
  const [notice, lines] = [await visitor.notice(), await visitor.lines()];
  assert.match(notice, words);
  assert.equal(lines.length, Number(fields.epochs));
  assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason });
  const from = Number(FROM.exec(notice)?.[1]);
  assert.ok(from >= 1, notice);
  const unchanged = Math.min(from, seen.length);
  assert.deepEqual(lines.slice(0, unchanged), seen.slice(0, unchanged), 'what came before the fault has not changed');
  assert.match((await visitor.find('chart').getAttribute('aria-label')) ?? '', new RegExp(`What changes: on the CPU from epoch ${from + 1}\\.`));
  await visitor.heldOut();
}

/** CubeCL dies of an error, and says so. */
const PANIC = /console error: panicked/;

/** @type {[string, string, string, RegExp, RegExp[]?][]} */
const GPU_FAULTS = [
  [
    'a GPU that is lost costs nothing',
    'device.destroy() in the worker',
    'devices.at(-1).destroy()',
    /^WebGPU failed in epoch \d+: (the GPU was lost|the device failed during the run)/,
  ],
  [
    'a validation error on the GPU costs nothing',
    'a buffer that is not allowed',
    'void devices.at(-1).createBuffer({ size: 16, usage: 0 })',
    /^WebGPU failed in epoch \d+: the GPU reported an error: /,
    [PANIC],
  ],
  [
    'running out of GPU memory costs nothing',
    'an error event',
    "devices.at(-1).dispatchEvent(new GPUUncapturedErrorEvent('uncapturederror', { error: new GPUOutOfMemoryError('no room') }))",
    /^WebGPU failed in epoch \d+: the GPU reported an error: no room\./,
    [PANIC],
  ],
  [
    'an internal error of the GPU costs nothing',
    'an error event',
    "devices.at(-1).dispatchEvent(new GPUUncapturedErrorEvent('uncapturederror', { error: new GPUInternalError('a driver’s bug') }))",
    /^WebGPU failed in epoch \d+: the GPU reported an error: a driver’s bug\./,
    [PANIC],
  ],
];

for (const [sentence, injected, script, words, expect] of GPU_FAULTS) {
  guarantee(
    sentence,
    injected,
    ['Chromium, WebGPU'],
    { query: '?backend=webgpu', script: UNSEEN, site: { 'www/worker/worker.js': WITH_DEVICES }, ...(expect && { expect }) },
    (visitor) => survives(visitor, () => visitor.worker.evaluate(script), words),
  );
}

guarantee(
  'a GPU that hangs in silence costs nothing',
  'mapAsync that never settles',
  ['Chromium, WebGPU'],
  { query: '?backend=webgpu', script: hasty(1), site: { 'www/worker/worker.js': WITH_DEVICES } },
  async (visitor) => {
    await survives(
      visitor,
      async () => {
        await visitor.worker.evaluate('void (GPUBuffer.prototype.mapAsync = () => new Promise(() => {}))');
        // Only now, since software WebGPU may compile for seconds without a word.
        await visitor.page.evaluate(`globalThis.haste = ${MOST_HASTE}`);
      },
      /^WebGPU failed in epoch \d+: nothing was heard of it for a minute\. The run went on on the CPU/,
      'gone',
    );
    // It is not tried again, however often a run begins.
    await visitor.train({ epochs: 2 });
    assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'gone' });
  },
);

/** A run that is lost early, and that the CPU has not ended when the GPU is back. @type {Fields} */
const LOST_EARLY = { m: 4, hidden: 8, n: 320, epochs: 60 };

/** Loses its device by itself when five epochs have come in; every worker tells the others when it stops. */
const LOSES = `${DEVICES}
let epochs = 0;
const stops = new BroadcastChannel('stops');
const { postMessage } = self;
self.postMessage = (message, ...rest) => {
  postMessage.call(self, message, ...rest);
  if (message.type === 'stopped') stops.postMessage('');
  if (message.type !== 'progress' || epochs >= 5) return;
  epochs += message.reports.length;
  if (epochs < 5 || !FIRST) return;
  // CubeCL may die of it, and say so.
  console.error = () => {};
  devices.at(-1).destroy();
};`;

/** The CPU waits at epoch 20 until a worker has stopped, which is the one that tries WebGPU, and takes its time then. */
const WAITS = `const stopped = new Promise((resolve) => void (new BroadcastChannel('stops').onmessage = resolve));
const { collect } = Session.prototype;
Session.prototype.collect = async function () {
  if (this.epoch >= 20) {
    await stopped;
    await new Promise((later) => setTimeout(later, 50));
  }
  return collect.call(this);
};`;

/** How far a run may be from one that nothing disturbs, after so few steps: the backends add in another order. */
const RELATIVE = 1e-2;

guarantee(
  'a GPU that was lost comes back, and the run goes over to it at the end of an epoch',
  'device.destroy() in the worker; the next device works',
  ['Chromium, WebGPU', 'Firefox, WebGPU'],
  {
    query: '?backend=webgpu',
    site: {
      'www/worker/worker.js': { text: (own, nth) => `const FIRST = ${nth === 1};\n${LOSES}\n${own}` },
      'www/pkg/cpu/phi_psi.js': { text: (own) => `${own}\n${WAITS}` },
    },
  },
  async (visitor, t) => {
    await visitor.type(LOST_EARLY);
    await visitor.press('train');
    await visitor.eventually(async () => assert.match(await visitor.text('notice'), /^WebGPU failed in epoch \d+: .* The run went on on the CPU/));
    const failed = Number(FROM.exec(await visitor.text('notice'))?.[1]);
    await visitor.reach('done');
    const notice = await visitor.text('notice');
    const back = Number(/^WebGPU is back, and was checked against the CPU: the run went on on it from the end of epoch (\d+); /.exec(notice)?.[1]);
    assert.ok(failed >= 1 && back > failed && back < 60, `${failed}, ${back}: ${notice}`);
    assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' });
    assert.match(
      (await visitor.find('chart').getAttribute('aria-label')) ?? '',
      new RegExp(`What changes: on the CPU from epoch ${failed + 1}, on WebGPU from epoch ${back + 1}\\.`),
    );
    assert.equal(await visitor.page.locator('#chart line.change').count(), 2);
    assert.deepEqual(await visitor.passed(), ['idle', 'running', 'done'], 'it has trained all the while');
    const found = await visitor.table();
    assert.equal(found.length, 60);
    const { mse } = await visitor.heldOut();
    // The worker that it went over to trains the whole run, with nothing to disturb it.
    const before = await visitor.states();
    await visitor.press('reset');
    await visitor.eventually(async () => assert.deepEqual(await visitor.states(), [...before, 'running', 'done']));
    await visitor.reach('done');
    const all = await visitor.table();
    const apart = Math.max(...all.map((value, i) => Math.abs(value - found[i]) / value), Math.abs((await visitor.heldOut()).mse - mse) / mse);
    t.diagnostic(`lost at epoch ${failed}, back at ${back}; ${apart.toExponential(1)} from the undisturbed run at most`);
    assert.ok(apart < RELATIVE, `${apart}`);
    assert.equal(
      await visitor
        .find('chart')
        .getAttribute('aria-label')
        .then((label) => /What changes/.test(label ?? '')),
      false,
    );
  },
);

guarantee(
  'wrong numbers from the GPU are found out, and the run goes back to what was confirmed',
  'dispatches that do nothing, however long that takes',
  ['Chromium, WebGPU'],
  { query: '?backend=webgpu', site: { 'www/worker/worker.js': WITH_DEVICES } },
  async (visitor) => {
    const fields = { n: 128, batch: 32, epochs: 10_000 };
    await visitor.type(fields);
    await visitor.press('train');
    await visitor.underWay({ epochs: 20 });
    await visitor.worker.evaluate(IDLE_DISPATCHES);
    await visitor.eventually(async () =>
      assert.match(
        await visitor.text('notice'),
        /^WebGPU computed wrong numbers: epoch \d+ began with losses .* instead of .*\. The run went back to the end of epoch \d+, the last that was confirmed, and on from there on the CPU\.$/,
      ),
    );
    assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'wrong' });
    await visitor.reach('done');
    assert.equal((await visitor.lines()).length, fields.epochs);
  },
);

guarantee(
  'a GPU process that crashes costs nothing',
  'Browser.crashGpuProcess, once a browser',
  ['Chromium, WebGPU'],
  { query: '?backend=webgpu', script: UNSEEN, site: { 'www/worker/worker.js': WITH_DEVICES } },
  (visitor) =>
    survives(
      visitor,
      async () => {
        const session = await visitor.page.context().browser()?.newBrowserCDPSession();
        // The answer may be lost with the process.
        void session?.send('Browser.crashGpuProcess').catch(() => {});
      },
      /^WebGPU failed in epoch \d+: /,
    ),
);

/** Dies in the first worker, some time into training; the workers after it are well. @param {string} death @returns {Record<string, Substitute>} */
function firstDies(death) {
  const script = `addEventListener('message', ({ data }) => { if (data.type === 'train') setTimeout(() => { ${death} }, 150); });`;
  return { 'www/worker/worker.js': { text: (own, nth) => (nth === 1 ? `${script}\n${own}` : own) } };
}

/** The CPU's module with another `collect`. @param {string} body @param {boolean} always or in the first worker only @returns {Record<string, Substitute>} */
function collect(body, always = false) {
  return {
    'www/pkg/cpu/phi_psi.js': {
      text: (own, nth) =>
        nth > 1 && !always
          ? own
          : `${own}
let calls = 0;
const { collect } = Session.prototype;
Session.prototype.collect = async function () { calls += 1; ${body} return collect.call(this); };`,
    },
  };
}

/** The undisturbed run, for each browser. @type {Map<string, Promise<number[]>>} */
const undisturbed = new Map();

/** @type {[string, string, Circumstances, RegExp][]} */
const DEATHS = [
  [
    'an error in the worker costs nothing',
    'an exception',
    { site: firstDies("throw new Error('a cosmic ray');") },
    /^The worker died in epoch \d+: .*a cosmic ray\. A fresh one went on/,
  ],
  [
    'a rejection nobody hears costs nothing',
    REJECTED,
    { site: firstDies("Promise.reject(new WebAssembly.RuntimeError('unreachable'));") },
    /^The worker died in epoch \d+: unreachable\. A fresh one went on/,
  ],
  [
    'a trap in the module costs nothing',
    'a RuntimeError in a call',
    { site: collect("if (calls === 40) throw new WebAssembly.RuntimeError('unreachable');") },
    /^The worker died in epoch \d+: unreachable\. A fresh one went on/,
  ],
  [
    'a worker that vanishes costs nothing',
    'self.close()',
    { site: firstDies('self.close();'), script: hasty() },
    /^The worker died in epoch \d+: nothing was heard of it for a minute\. A fresh one went on/,
  ],
];

for (const [sentence, injected, circumstances, words] of DEATHS) {
  guarantee(sentence, injected, ['Chromium', 'Firefox'], circumstances, async (visitor) => {
    await visitor.train(ON_CPU);
    const notice = await visitor.notice();
    assert.match(notice, words);
    assert.match(notice, /from (the beginning|the end of epoch \d+); nothing before it has changed\.$/);
    const found = await visitor.table();
    assert.equal(found.length, ON_CPU.epochs);
    const expected = await (undisturbed.get('cpu') ?? Promise.resolve(found));
    undisturbed.set('cpu', Promise.resolve(expected));
    assert.deepEqual(found, expected, 'however the run was interrupted, and in whichever browser');
  });
}

BROWSERS.Chromium('the run that those are held to is the one that nothing disturbs', {}, async (visitor) => {
  await visitor.train(ON_CPU);
  assert.deepEqual(await visitor.table(), await undisturbed.get('cpu'));
  assert.equal(await visitor.text('notice'), '');
});

guarantee(
  'an epoch that kills twice ends the run in words, and its last weights are there',
  'every worker dies in epoch 7',
  ['Chromium', 'Firefox'],
  {
    site: collect("if (this.epoch === 6) throw new WebAssembly.RuntimeError('unreachable');", true),
  },
  async (visitor, _, browser) => {
    await visitor.type({ epochs: 20 });
    await visitor.press('train');
    await visitor.page.locator('#status[data-state=failed]').waitFor();
    assert.equal(await visitor.notice(), 'Training stopped at epoch 7, twice: unreachable. The weights of epoch 6 are kept. Press Train to start again.');
    assert.equal((await visitor.lines()).length, 6);
    // Firefox's driver hands out no downloads.
    if (browser !== 'Firefox') {
      const { name, content } = await taken(visitor, 'take-checkpoint');
      assert.equal(name, 'phi-psi-checkpoint-epoch6.safetensors');
      const header = JSON.parse(content.subarray(8, 8 + Number(content.readBigUInt64LE())).toString());
      assert.equal(header.__metadata__.epoch, '6');
      assert.deepEqual(header['adam.exp_avg_sq.phi.net.2.weight'].shape, [16, 64]);
    }
    const known = await visitor.text('diagnostics');
    for (const part of ['twice: unreachable', 'd=2&m=16&hidden=64', 'epoch 6 of 20', 'runs on: the CPU', 'browser: Mozilla/'])
      assert.ok(known.includes(part), `${part} in\n${known}`);
    await visitor.press('draw');
    await visitor.comparison();
    if (browser !== 'Firefox') assert.equal((await taken(visitor, 'take-weights')).name, 'phi-psi-d2-m16-hidden64-seed42-epoch6.safetensors');
    assert.equal((await visitor.train({ epochs: 5 })).length, 5, 'another run is not held to that');
    assert.ok(await visitor.find('salvage').isHidden());
  },
);

guarantee(
  'a question that kills the worker twice is refused in words, and the run goes on',
  'a RuntimeError in every comparison',
  ['Chromium'],
  {
    site: {
      'www/pkg/cpu/phi_psi.js': {
        text: (own) => `${own}\nSession.prototype.compareWith = async () => { throw new WebAssembly.RuntimeError('unreachable'); };`,
      },
    },
  },
  async (visitor) => {
    await visitor.train();
    const { mse } = await visitor.heldOut();
    await visitor.press('compare');
    await visitor.eventually(async () => assert.equal(await visitor.text('notice'), 'The worker died of this question, twice.'));
    assert.equal(await visitor.state(), 'done');
    await visitor.press('draw');
    await visitor.comparison();
    assert.equal((await visitor.heldOut()).mse, mse);
  },
);

guarantee(
  'a run that diverges stops at that epoch, keeps the last finite weights and offers a tenth of the rate',
  'lr = 1 and one step an epoch',
  ['Chromium', 'Firefox'],
  {},
  async (visitor, _, browser) => {
    await visitor.type({ lr: 1, batch: 1024, epochs: 50 });
    await visitor.press('train');
    await visitor.page.locator('#status[data-state=failed]').waitFor();
    const found =
      /^The run diverged: the MSE of epoch (\d+) is [\d.]+e\+\d+, more than a million times the first one’s\. The weights of epoch (\d+) are kept\.$/.exec(
        await visitor.notice(),
      );
    assert.ok(found, await visitor.notice());
    const [, epoch, kept] = found.map(Number);
    assert.equal((await visitor.lines()).length, epoch);
    assert.ok(kept < epoch);
    if (browser !== 'Firefox') {
      const { content } = await taken(visitor, 'take-weights');
      const numbers = new Float32Array(content.buffer.slice(content.byteOffset + 8 + Number(content.readBigUInt64LE()), content.byteOffset + content.length));
      assert.ok(numbers.length === 2464 && numbers.every(Number.isFinite));
    }
    await visitor.press('tenth');
    assert.equal((await visitor.typed()).lr, '0.1');
    // Step begins anew: there is nothing to go on with.
    await visitor.press('step');
    await visitor.reach('paused');
    assert.equal((await visitor.lines()).length, 1);
  },
);

/** Longer than any test waits. */
const LONG = { n: 16_384, epochs: 50_000 };

/** @param {Visitor} visitor */
const interrupted = async (visitor) => {
  await visitor.page.locator('#interrupted:not([hidden])').waitFor();
  return visitor.text('interrupted-words');
};

guarantee('a run that was paused goes on after the page is loaded again, to the same bits', 'a reload', ['Chromium', 'Firefox'], {}, async (visitor) => {
  const fields = { n: 16_384, epochs: 60, fresh: 1, schedule: 'cosine' };
  await visitor.type(fields);
  await visitor.trainAndPause(10);
  const seen = (await visitor.lines()).length;
  await keeps(visitor, 1);
  await visitor.page.reload();
  // A machine on which a checkpoint takes long takes fewer of them.
  const [from] = await keptRuns(visitor);
  assert.ok(from >= 1 && from <= seen, `kept at ${from}, paused at ${seen}`);
  assert.match(
    await interrupted(visitor),
    new RegExp(
      `^A run was interrupted at epoch ${from} of 60 \\(d\u00a0=\u00a02, m\u00a0=\u00a016, hidden\u00a0=\u00a064, n\u00a0=\u00a016,384, seed\u00a042\\)\\.$`,
    ),
  );
  await visitor.press('resume-interrupted');
  await visitor.reach('done');
  const resumed = await visitor.table();
  const { mse } = await visitor.heldOut();
  assert.deepEqual(await visitor.typed(), {
    d: '2',
    m: '16',
    hidden: '64',
    n: '16384',
    batch: '64',
    epochs: '60',
    lr: '0.001',
    seed: '42',
    fresh: '1',
    schedule: 'cosine',
  });
  // A run that has ended is not offered again, since nothing of it is kept.
  await keeps(visitor, 0);
  // Last, since a run that takes long is set aside for the next one.
  await visitor.train();
  assert.deepEqual(await visitor.table(), resumed);
  assert.equal((await visitor.heldOut()).mse, mse);
});

/** Runs in the page: counts how often it has found out whether a run is another tab's. */
const LOOKED = `globalThis.looked = 0;
if (navigator.locks) {
  const { request } = LockManager.prototype;
  LockManager.prototype.request = async function (...rest) {
    const found = await request.apply(this, rest);
    if (rest[1].ifAvailable) globalThis.looked += 1;
    return found;
  };
}`;

guarantee('a tab that is killed finds its run again', 'the page is closed without a word', ['Chromium', 'Firefox'], { script: LOOKED }, async (visitor) => {
  const { page } = visitor;
  const other = await page.context().newPage();
  await other.goto(page.url());
  const killed = new Visitor(other);
  await killed.type(LONG);
  await killed.press('train');
  await keeps(visitor, 1);
  await page.reload();
  await visitor.eventually(async () => assert.ok(await page.evaluate('globalThis.looked > 0')));
  await visitor.frames();
  assert.ok(await visitor.find('interrupted').isHidden(), 'a run that another tab trains is not interrupted');
  await other.close({ runBeforeUnload: false });
  await page.reload();
  assert.match(await interrupted(visitor), /^A run was interrupted at epoch [\d,]+ of 50,000/);
  await visitor.press('forget-interrupted');
  assert.ok(await visitor.find('interrupted').isHidden());
  await keeps(visitor, 0);
});

guarantee('a checkpoint that was damaged where it was kept is refused in words', 'a byte in IndexedDB', ['Chromium'], {}, async (visitor) => {
  await visitor.type(LONG);
  await visitor.press('train');
  await visitor.underWay({ epochs: 3 });
  await visitor.press('pause');
  await visitor.reach('paused');
  await keeps(visitor, 1);
  await damageKept(visitor);
  await visitor.page.reload();
  await interrupted(visitor);
  await visitor.press('resume-interrupted');
  await visitor.eventually(async () => assert.equal(await visitor.text('notice'), 'the checkpoint is damaged'));
  assert.equal((await visitor.train({ n: 1_024, epochs: 5 })).length, 5);
});

guarantee(
  'a browser that keeps nothing costs no run, and says so in one quiet line',
  'IndexedDB that refuses',
  ['Chromium', 'Firefox'],
  { script: "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };" },
  async (visitor) => {
    assert.equal((await visitor.train()).length, 5);
    await visitor.eventually(async () =>
      assert.equal(await visitor.text('keeping'), 'This browser lets the page keep nothing: a run is lost when its tab is closed.'),
    );
    assert.equal(await visitor.text('notice'), '');
  },
);

guarantee(
  'a page that was frozen does not take its worker for dead',
  'Page.setWebLifecycleState, two minutes of the page’s own',
  ['Chromium'],
  { script: hasty() },
  async (visitor) => {
    const session = await visitor.page.context().newCDPSession(visitor.page);
    await visitor.type({ n: 16_384, epochs: 250 });
    await visitor.press('train');
    await visitor.underWay({ epochs: 2 });
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    // Two minutes of the page's own. Time that passes is the fault itself here.
    await frozenFor(4_000);
    await session.send('Page.setWebLifecycleState', { state: 'active' });
    await visitor.reach('done');
    assert.equal(await visitor.text('notice'), '');
  },
);

test('the guarantees and how each was tried', (t) => {
  const width = Math.max(...ledger.map(({ sentence }) => sentence.length));
  for (const { sentence, injected, browser, held } of ledger)
    t.diagnostic(`${held ? 'held' : 'NOT '}  ${sentence.padEnd(width)}  ${browser.padEnd(16)}  ${injected}`);
  assert.ok(ledger.length > 0 && ledger.every(({ held }) => held));
});
