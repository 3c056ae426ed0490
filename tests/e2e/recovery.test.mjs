// @ts-check
/**
 * Nothing is lost: a GPU that is lost, hangs, complains or computes wrong numbers, a worker that dies, a run that diverges, a tab that is
 * closed. Each guarantee is a fault that is injected and what the visitor must find afterwards; the last test prints them as a table.
 *
 * What follows on a fault is the page's own, and held branch by branch in tests/unit; here each fault is one of the browser's, in the engines that
 * have one of their own. Runs are short, and held where the fault strikes. A GPU that hangs in silence is among the sequences of sequences.test.mjs.
 */
import './written.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IDLE_DISPATCHES, Visitor, visitors } from './browser.mjs';
import { afterEpochs, COMES_BACK, comesBack, FROM, ON_GPU } from './comeback.mjs';
import { taken } from './downloads.mjs';
import { damageKept, keeps, keptRuns } from './kept-runs.mjs';

/** @typedef {import('./browser.mjs').Circumstances} Circumstances */
/** @typedef {import('./browser.mjs').Substitute} Substitute */
/** @typedef {import('node:test').TestContext} TestContext */

const BROWSERS = {
  'Chromium, WebGPU': visitors('webgpu'),
  Chromium: visitors(),
  Firefox: visitors('firefox'),
};

/** @typedef {keyof typeof BROWSERS} Browser */

/** @type {{ sentence: string, injected: string, browser: Browser, held: boolean }[]} */
const ledger = [];

/**
 * @param {string} sentence @param {string} injected how the fault comes about @param {Browser[]} browsers
 * @param {Circumstances} circumstances @param {(visitor: Visitor, t: TestContext) => Promise<void>} body
 */
function guarantee(sentence, injected, browsers, circumstances, body) {
  for (const browser of browsers) {
    BROWSERS[browser](`${sentence} (${injected}; ${browser})`, { ...circumstances, shows: 'fault' }, async (visitor, t) => {
      const told = ledger.find((one) => one.sentence === sentence && one.injected === injected && one.browser === browser);
      const line = told ?? { sentence, injected, browser, held: false };
      if (!told) ledger.push(line);
      await body(visitor, t);
      line.held = true;
    });
  }
}

/** How many times as fast the page's seconds can pass. */
const MOST_HASTE = 30;

/** Runs in the page: its seconds pass `haste` times as fast, once a test has changed that. */
const HASTY = `globalThis.haste = 1;
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

/** @param {Visitor} visitor @param {number} haste */
const hasten = ({ page }, haste) => page.evaluate(`globalThis.haste = ${haste}`);

/** The worker that trains on the GPU: when five epochs have come in, no read of its device settles any more. */
const STALLS = afterEpochs(5, 'GPUBuffer.prototype.mapAsync = () => new Promise(() => {});');

/** Runs in the page: a tab that nobody sees, in which no GPU comes back. */
const UNSEEN = "Object.defineProperty(document, 'visibilityState', { value: 'hidden' });";

/** Trains on the GPU, injects the fault, and finds the run at its end on the CPU. @param {Visitor} visitor @param {() => Promise<void>} inject @param {RegExp} words */
async function survives(visitor, inject, words) {
  await visitor.type(ON_GPU);
  await visitor.press('train');
  await visitor.underWay({ epochs: 5 });
  assert.equal((await visitor.data('backend')).backend, 'webgpu');
  const seen = await visitor.lines();
  await inject();
  await visitor.reach('done');
  const [notice, lines] = [await visitor.notice(), await visitor.lines()];
  assert.match(notice, words);
  assert.equal(lines.length, ON_GPU.epochs);
  assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'lost' });
  const from = Number(FROM.exec(notice)?.[1]);
  assert.ok(from >= 1, notice);
  const unchanged = Math.min(from, seen.length);
  assert.deepEqual(lines.slice(0, unchanged), seen.slice(0, unchanged), 'what came before the fault has not changed');
  assert.match((await visitor.find('chart').getAttribute('aria-label')) ?? '', new RegExp(`What changes: on the CPU from epoch ${from + 1}\\.`));
  await visitor.heldOut();
}

guarantee(
  'an error on the GPU costs nothing',
  'a buffer that is not allowed',
  ['Chromium, WebGPU'],
  // CubeCL dies of an error, and says so.
  { query: '?backend=webgpu', script: UNSEEN, site: { 'www/worker/worker.js': STALLS }, expect: [/console error: panicked/] },
  (visitor) =>
    survives(
      visitor,
      // Submitted, since nothing goes to a device before something is.
      () => visitor.worker.evaluate('void devices.at(-1).createBuffer({ size: 16, usage: 0 }), devices.at(-1).queue.submit([])'),
      /^WebGPU failed in epoch \d+: the GPU reported an error: /,
    ),
);

guarantee(
  'a GPU that was lost costs nothing: it comes back, and the run goes over to it at the end of an epoch',
  'device.destroy() in the worker; the next device works',
  ['Chromium, WebGPU'],
  COMES_BACK,
  comesBack,
);

guarantee(
  'wrong numbers from the GPU are found out, and the run goes back to what was confirmed',
  'dispatches that do nothing, however long that takes',
  ['Chromium, WebGPU'],
  { query: '?backend=webgpu', site: { 'www/worker/worker.js': afterEpochs(20, IDLE_DISPATCHES) } },
  async (visitor) => {
    // More than a worker asks for before it is found out.
    const fields = { ...ON_GPU, epochs: 1_000 };
    await visitor.type(fields);
    await visitor.press('train');
    await visitor.reach('done');
    assert.match(
      await visitor.text('notice'),
      /^WebGPU computed wrong numbers: epoch \d+ began with losses .* instead of .*\. The run went back to the end of epoch \d+, the last that was confirmed, and on from there on the CPU\.$/,
    );
    assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'wrong' });
    assert.equal((await visitor.lines()).length, fields.epochs);
  },
);

guarantee(
  'a GPU process that crashes costs nothing',
  'Browser.crashGpuProcess, once a browser',
  ['Chromium, WebGPU'],
  { query: '?backend=webgpu', script: UNSEEN, site: { 'www/worker/worker.js': STALLS } },
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

/**
 * The CPU's module with something done in each `collect` of the nth worker. An epoch takes longer than a slice: the page hears of each by itself.
 * @param {(nth: number) => string} body @param {{ more?: string, ms?: number }} [rest] @returns {Record<string, Substitute>}
 */
function collect(body, { more = '', ms = 20 } = {}) {
  return {
    'www/pkg/cpu/phi_psi.js': {
      text: (own, nth) => `${own}
${more}
const { collect } = Session.prototype;
Session.prototype.collect = async function () {
  ${body(nth)}
  const reports = await collect.call(this);
  if (reports.length > 0) await new Promise((later) => setTimeout(later, ${ms}));
  return reports;
};`,
    },
  };
}

const NEVER = 'await new Promise(() => {});';

/** How four workers of one run die, one after the other, the first in epoch 6, the others five epochs later each; and what is said. @type {[string, RegExp][]} */
const DEATHS = [
  ["setTimeout(() => { throw new Error('a cosmic ray'); });", /: .*a cosmic ray\. A fresh one went on/],
  ["void Promise.reject(new WebAssembly.RuntimeError('unreachable'));", /: unreachable\. A fresh one went on/],
  ["throw new WebAssembly.RuntimeError('unreachable');", /: unreachable\. A fresh one went on/],
  ['self.close();', /: nothing was heard of it for a minute\. A fresh one went on/],
];

/** Runs in the page: every notice that there was. */
const NOTICES = `globalThis.notices = [];
addEventListener('DOMContentLoaded', () => {
  const notice = document.getElementById('notice');
  // An empty page, before the visit, has none.
  if (!notice) return;
  new MutationObserver(() => {
    if (notice.textContent && notice.textContent !== globalThis.notices.at(-1)) globalThis.notices.push(notice.textContent);
  }).observe(notice, { childList: true, characterData: true, subtree: true });
});`;

for (const browser of /** @type {const} */ (['Chromium', 'Firefox'])) {
  // No engine tells of a worker that vanishes: what the page makes of the silence is the same in all of them.
  const deaths = browser === 'Firefox' ? DEATHS.slice(0, 3) : DEATHS;
  guarantee(
    `a worker that dies costs nothing, whether it throws, rejects${browser === 'Firefox' ? ' or traps' : ', traps or vanishes'}`,
    `an exception, a rejected promise, a RuntimeError in a call${browser === 'Firefox' ? '' : ', self.close()'}`,
    [browser],
    {
      script: `${HASTY}\n${NOTICES}`,
      site: collect((nth) => (nth > deaths.length ? '' : `if (this.epoch >= ${5 * nth}) { ${deaths[nth - 1][0]} ${NEVER} }`)),
      // Firefox's driver hears of a rejection although the worker has taken care of it.
      ...(browser === 'Firefox' && { expect: [/page error: unreachable/] }),
    },
    async (visitor) => {
      const { page } = visitor;
      const epochs = 5 * deaths.length + 5;
      await visitor.type({ epochs });
      await visitor.press('train');
      if (deaths.length > 3) {
        await visitor.underWay({ epochs: 20 });
        await hasten(visitor, MOST_HASTE);
        await page.waitForFunction(() => /** @type {any} */ (globalThis).notices.length === 4);
        await hasten(visitor, 1);
      }
      await visitor.reach('done');
      /** @type {string[]} */
      const notices = await page.evaluate('globalThis.notices');
      assert.equal(notices.length, deaths.length, notices.join('\n'));
      for (const [i, notice] of notices.entries()) {
        assert.ok(notice.startsWith(`The worker died in epoch ${5 * i + 6}: `), notice);
        assert.match(notice, deaths[i][1]);
        assert.match(notice, /from (the beginning|the end of epoch \d+); nothing before it has changed\.$/);
      }
      const found = await visitor.table();
      assert.equal(found.length, epochs);
      await visitor.train();
      assert.deepEqual(await visitor.table(), found, 'the same run, which nothing disturbs');
      assert.equal(await visitor.text('notice'), '');
    },
  );
}

guarantee(
  'an epoch that kills twice ends the run in words, and its last weights are there; a question that does is refused in words, and the run stays',
  'every worker dies in epoch 7, and of every comparison of what was typed',
  ['Chromium'],
  {
    site: collect(() => "if (this.epoch === 6) throw new WebAssembly.RuntimeError('unreachable');", {
      more: "Session.prototype.compareWith = async () => { throw new WebAssembly.RuntimeError('unreachable'); };",
    }),
  },
  async (visitor) => {
    await visitor.type({ epochs: 20 });
    await visitor.press('train');
    await visitor.page.locator('#status[data-state=failed]').waitFor();
    assert.equal(await visitor.notice(), 'Training stopped at epoch 7, twice: unreachable. The weights of epoch 6 are kept. Press Train to start again.');
    assert.equal((await visitor.lines()).length, 6);
    const { name, content } = await taken(visitor, 'take-checkpoint');
    assert.equal(name, 'phi-psi-checkpoint-epoch6.safetensors');
    const header = JSON.parse(content.subarray(8, 8 + Number(content.readBigUInt64LE())).toString());
    assert.equal(header.__metadata__.epoch, '6');
    assert.deepEqual(header['adam.exp_avg_sq.phi.net.2.weight'].shape, [16, 64]);
    const known = await visitor.text('diagnostics');
    for (const part of ['twice: unreachable', 'd=2&m=16&hidden=64', 'epoch 6 of 20', 'runs on: the CPU', 'browser: Mozilla/'])
      assert.ok(known.includes(part), `${part} in\n${known}`);
    await visitor.press('draw');
    const last = await visitor.comparison();
    assert.equal((await taken(visitor, 'take-weights')).name, 'phi-psi-d2-m16-hidden64-seed42-epoch6.safetensors');
    assert.equal((await visitor.train({ epochs: 5 })).length, 5, 'another run is not held to that');
    assert.ok(await visitor.find('salvage').isHidden());

    const { mse } = await visitor.heldOut();
    await visitor.comparison(last);
    await visitor.press('compare');
    await visitor.eventually(async () => assert.equal(await visitor.text('notice'), 'The worker died of this question, twice.'));
    assert.equal(await visitor.state(), 'done');
    const before = await visitor.text('comparison');
    await visitor.press('draw');
    await visitor.comparison(before);
    assert.equal((await visitor.heldOut()).mse, mse);
  },
);

guarantee(
  'a browser that keeps nothing costs no run, and says so in one quiet line; one that diverges stops there, keeps the last finite weights and offers a tenth of the rate',
  'IndexedDB that refuses; lr = 1 and one step an epoch',
  ['Chromium'],
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
    assert.equal((await visitor.lines()).length, epoch);
    assert.ok(kept < epoch);
    const { content } = await taken(visitor, 'take-weights');
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

/** @param {Visitor} visitor */
const interrupted = async (visitor) => {
  await visitor.page.locator('#interrupted:not([hidden])').waitFor();
  return visitor.text('interrupted-words');
};

guarantee(
  'a run that was paused stands still, and goes on after the page is loaded again, and after another Pause, to the same bits',
  'a reload',
  ['Chromium', 'Firefox'],
  {
    // The first two workers wait for a Pause, which so short a run could be over before.
    site: collect((nth) => (nth > 2 ? '' : `if (this.epoch >= ${10 * nth + 2}) await paused;`), {
      more: "const paused = new Promise((resolve) => addEventListener('message', ({ data }) => data.type === 'pause' && resolve()));",
    }),
  },
  async (visitor) => {
    await visitor.type({ epochs: 30, fresh: 1, schedule: 'cosine' });
    await visitor.trainAndPause(10);
    const seen = await visitor.lines();
    await visitor.askTwice();
    assert.deepEqual(await visitor.lines(), seen);
    await keeps(visitor, 1);
    await visitor.page.reload();
    // A machine on which a checkpoint takes long takes fewer of them.
    const [from] = await keptRuns(visitor);
    assert.ok(from >= 1 && from <= seen.length, `kept at ${from}, paused at ${seen.length}`);
    assert.match(
      await interrupted(visitor),
      new RegExp(
        `^A run was interrupted at epoch ${from} of 30 \\(d\u00a0=\u00a02, m\u00a0=\u00a016, hidden\u00a0=\u00a064, n\u00a0=\u00a01,024, seed\u00a042\\)\\.$`,
      ),
    );
    await visitor.press('resume-interrupted');
    await visitor.underWay({ epochs: 15 });
    await visitor.press('pause');
    await visitor.reach('paused');
    assert.deepEqual((await visitor.lines()).slice(0, seen.length), seen);
    await visitor.press('pause');
    await visitor.reach('done');
    const resumed = await visitor.table();
    const { mse } = await visitor.heldOut();
    assert.deepEqual(await visitor.typed(), {
      d: '2',
      m: '16',
      hidden: '64',
      n: '1024',
      batch: '64',
      epochs: '30',
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
  },
);

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

for (const browser of /** @type {const} */ (['Chromium', 'Firefox'])) {
  guarantee(
    `a tab that is killed finds its run again${browser === 'Firefox' ? '' : ', and is told in words if what was kept of it has been damaged'}`,
    `the page is closed without a word${browser === 'Firefox' ? '' : '; a byte in IndexedDB'}`,
    [browser],
    // Half a second an epoch, since a run that took less than a second is not kept.
    { script: LOOKED, site: collect(() => `if (this.epoch >= 4) ${NEVER}`, { ms: 500 }) },
    async (killed) => {
      await killed.type({ epochs: 500 });
      await killed.press('train');
      await killed.underWay({ epochs: 3 });
      await keeps(killed, 1);
      const page = await killed.page.context().newPage();
      await page.goto(killed.page.url());
      const visitor = new Visitor(page);
      await page.waitForFunction(() => /** @type {any} */ (globalThis).looked > 0);
      await visitor.frames();
      assert.ok(await visitor.find('interrupted').isHidden(), 'a run that another tab trains is not interrupted');
      await killed.page.close({ runBeforeUnload: false });
      await page.reload();
      assert.match(await interrupted(visitor), /^A run was interrupted at epoch [1-4] of 500/);
      // What has been damaged is found by the module, and told by the page, whatever the engine.
      if (browser === 'Firefox') return;

      await damageKept(visitor);
      await page.reload();
      await interrupted(visitor);
      await visitor.press('resume-interrupted');
      await visitor.eventually(async () => assert.equal(await visitor.text('notice'), 'the checkpoint is damaged'));
      await visitor.press('forget-interrupted');
      assert.ok(await visitor.find('interrupted').isHidden());
      await keeps(visitor, 0);
      assert.equal((await visitor.train({ epochs: 3 })).length, 3);
    },
  );
}

test('the guarantees and how each was tried', (t) => {
  const width = Math.max(...ledger.map(({ sentence }) => sentence.length));
  for (const { sentence, injected, browser, held } of ledger)
    t.diagnostic(`${held ? 'held' : 'NOT '}  ${sentence.padEnd(width)}  ${browser.padEnd(16)}  ${injected}`);
  assert.ok(ledger.length > 0 && ledger.every(({ held }) => held));
});
