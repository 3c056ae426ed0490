// @ts-check
/**
 * Faults of a worker and of a tab, in each browser that has its own, and the ledger of what was injected and whether it cost nothing. In Firefox they are
 * part of firefox.test.mjs, since a browser is dearer to start than to visit with.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extended, MODULE, Visitor } from './browser.mjs';
import { taken } from './downloads.mjs';
import { damageKept, keeps, keptRuns } from './kept-runs.mjs';

/** @typedef {import('./browser.mjs').Circumstances} Circumstances */
/** @typedef {import('./browser.mjs').Substitute} Substitute */
/** @typedef {import('node:test').TestContext} TestContext */
/** @typedef {ReturnType<typeof import('./browser.mjs').visitors>} Visit */

/** A browser that is visited, as the ledger calls it. @typedef {{ name: 'Chromium, WebGPU' | 'Chromium' | 'Firefox', visit: Visit }} Browser */

/** @type {{ sentence: string, injected: string, name: string, held: boolean }[]} */
const ledger = [];

/**
 * @param {string} sentence @param {string} injected how the fault comes about @param {Browser} browser
 * @param {Circumstances} circumstances @param {(visitor: Visitor, t: TestContext) => Promise<void>} body
 */
export function guarantee(sentence, injected, { name, visit }, circumstances, body) {
  visit(`${sentence} (${injected}; ${name})`, { ...circumstances, shows: 'fault' }, async (visitor, t) => {
    const line = { sentence, injected, name, held: false };
    ledger.push(line);
    await body(visitor, t);
    line.held = true;
  });
}

/** How many times as fast the page's seconds can pass. */
const MOST_HASTE = 120;

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

/** Has the page's seconds pass so fast until it has given so many notices: not a moment longer, since a fresh worker takes its time. @param {Visitor} visitor @param {number} notices */
const hasten = ({ page }, notices) =>
  page.evaluate(
    async ([most, notices]) => {
      const all = /** @type {{ haste: number, notices: string[] }} */ (/** @type {unknown} */ (globalThis));
      all.haste = most;
      await testing.once(/** @type {HTMLElement} */ (document.getElementById('notice')), () => all.notices.length === notices);
      all.haste = 1;
    },
    [MOST_HASTE, notices],
  );

/**
 * The CPU's module with something done in each `collect` of the nth worker. An epoch takes longer than a slice: the page hears of each by itself.
 * @param {(nth: number) => string} body @param {{ more?: string, ms?: number | string }} [rest] `ms` as an expression @returns {Record<string, Substitute>}
 */
function collect(body, { more = '', ms = 20 } = {}) {
  return {
    [MODULE]: {
      text: (own, nth) =>
        extended(
          own,
          `${more}
const { collect } = Session.prototype;
Session.prototype.collect = async function () {
  ${body(nth)}
  const reports = await collect.call(this);
  if (reports.length > 0) await new Promise((later) => setTimeout(later, ${ms}));
  return reports;
};`,
        ),
    },
  };
}

const NEVER = 'await new Promise(() => {});';

/** A run with fifteen steps an epoch kills every worker in epoch 7, and so does a comparison of what was typed. */
const KILLS = "if (this.epoch === 6 && this.stepsPerEpoch === 15) throw new WebAssembly.RuntimeError('unreachable');";
const KILLING = "Session.prototype.compareWith = async () => { throw new WebAssembly.RuntimeError('unreachable'); };";

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

/** @param {Browser} browser */
export function workersDie(browser) {
  const { name } = browser;
  // No engine tells of a worker that vanishes: what the page makes of the silence is the same in all of them.
  const deaths = name === 'Firefox' ? DEATHS.slice(0, 3) : DEATHS;
  guarantee(
    `a worker that dies costs nothing, whether it throws, rejects${name === 'Firefox' ? ' or traps' : ', traps or vanishes; an epoch that kills twice ends the run in words, and its last weights are there; a question that does is refused in words, and the run stays'}`,
    `an exception, a rejected promise, a RuntimeError in a call${name === 'Firefox' ? '' : ', self.close(); every worker dies in epoch 7, and of every comparison of what was typed'}`,
    browser,
    {
      script: `${HASTY}\n${NOTICES}`,
      site: collect((nth) => (nth > deaths.length ? KILLS : `if (this.epoch >= ${5 * nth}) { ${deaths[nth - 1][0]} ${NEVER} }`), { more: KILLING }),
      // Firefox's driver hears of a rejection although the worker has taken care of it.
      ...(name === 'Firefox' && { expect: [/page error: unreachable/] }),
    },
    async (visitor) => {
      const { page } = visitor;
      const epochs = 5 * deaths.length + 5;
      await visitor.type({ epochs });
      await visitor.press('train');
      if (deaths.length > 3) {
        await visitor.underWay({ epochs: 20 });
        await hasten(visitor, 4);
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
      if (name === 'Chromium') await killedTwice(visitor);
    },
  );
}

/** @param {Visitor} visitor */
async function killedTwice(visitor) {
  await visitor.type({ epochs: 20, n: 960 });
  await visitor.press('train');
  await visitor.page.locator('#status[data-state=failed]').waitFor();
  assert.equal(await visitor.notice(), 'Training stopped at epoch 7, twice: unreachable. The weights of epoch 6 are kept. Press Train to start again.');
  await visitor.eventually(async () => assert.equal((await visitor.lines()).length, 6));
  const { name, content } = await taken(visitor, 'take-checkpoint');
  assert.equal(name, 'phi-psi-checkpoint-epoch6.safetensors');
  const header = JSON.parse(content.subarray(8, 8 + Number(content.readBigUInt64LE())).toString());
  assert.equal(header.__metadata__.epoch, '6');
  assert.deepEqual(header['adam.exp_avg_sq.phi.net.2.weight'].shape, [16, 64]);
  await visitor.eventually(async () => {
    const known = await visitor.text('diagnostics');
    for (const part of ['twice: unreachable', 'd=2&m=16&hidden=64', 'epoch 6 of 20', 'runs on: the CPU', 'browser: Mozilla/'])
      assert.ok(known.includes(part), `${part} in\n${known}`);
  });
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
}

/** @param {Visitor} visitor */
const interrupted = async (visitor) => {
  await visitor.page.locator('#interrupted:not([hidden])').waitFor();
  return visitor.text('interrupted-words');
};

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

/** Each worker holds its first run until a Pause, which so short a run could be over before. */
const HELD = 'goal ??= this.epoch + (this.epoch > 0 ? 40 : 12); if (this.epoch >= goal) await paused;';
const HOLDS = `let goal;
const paused = new Promise((resolve) => addEventListener('message', ({ data }) => data.type === 'pause' && resolve((goal = Infinity))));`;

/** What is taken up takes a third of a second an epoch until then, since what took less than a second is not kept by itself, and then every two seconds. */
const SLOWLY = 'goal === Infinity ? 0 : goal > 12 ? 300 : 20';

/** @param {Browser} browser */
export function tabsEnd(browser) {
  const { name } = browser;
  guarantee(
    `a run that was paused stands still, and goes on after the page is loaded again; a tab that is killed finds its run again, and goes on, after another Pause too, to the same bits${name === 'Firefox' ? '' : '; what was kept and has been damaged is told in words'}`,
    `a reload; the page is closed without a word${name === 'Firefox' ? '' : '; a byte in IndexedDB'}`,
    browser,
    { script: LOOKED, site: collect(() => HELD, { more: HOLDS, ms: SLOWLY }) },
    async (killed) => {
      // What has been damaged is found by the module, and told by the page, whatever the engine.
      if (name === 'Chromium') await damaged(killed);
      await killed.type({ epochs: 120, fresh: 1, schedule: 'cosine' });
      await killed.trainAndPause(10);
      const seen = await killed.lines();
      await killed.askTwice();
      assert.deepEqual(await killed.lines(), seen);
      await keeps(killed, 1);
      await killed.page.reload();
      // A machine on which a checkpoint takes long takes fewer of them.
      const [from] = await keptRuns(killed);
      assert.ok(from >= 1 && from <= seen.length, `kept at ${from}, paused at ${seen.length}`);
      assert.match(
        await interrupted(killed),
        new RegExp(
          `^A run was interrupted at epoch ${from} of 120 \\(d\u00a0=\u00a02, m\u00a0=\u00a016, hidden\u00a0=\u00a064, n\u00a0=\u00a01,024, seed\u00a042\\)\\.$`,
        ),
      );
      await killed.press('resume-interrupted');
      await killed.eventually(async () => assert.ok((await keptRuns(killed))[0] > from));

      const page = await killed.page.context().newPage();
      await page.goto(killed.page.url());
      const visitor = new Visitor(page);
      await visitor.until(() => /** @type {any} */ (globalThis).looked > 0, null);
      await visitor.frames();
      assert.ok(await visitor.find('interrupted').isHidden(), 'a run that another tab trains is not interrupted');
      await killed.page.close({ runBeforeUnload: false });
      // Its lock goes with it, a moment later.
      await visitor.eventually(async () => assert.deepEqual(await page.evaluate(async () => (await navigator.locks.query()).held), []));
      await page.reload();
      const [at] = await keptRuns(visitor);
      assert.match(await interrupted(visitor), new RegExp(`^A run was interrupted at epoch ${at} of 120 `));
      await visitor.press('resume-interrupted');
      await visitor.underWay({ epochs: at + 2 });
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
        epochs: '120',
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
}

/** @param {Visitor} visitor */
async function damaged(visitor) {
  await visitor.type({ epochs: 500 });
  await visitor.trainAndPause(3);
  await keeps(visitor, 1);
  await damageKept(visitor);
  await visitor.page.reload();
  assert.match(await interrupted(visitor), /^A run was interrupted at epoch \d+ of 500/);
  await visitor.press('resume-interrupted');
  await visitor.eventually(async () => assert.equal(await visitor.text('notice'), 'the checkpoint is damaged'));
  await visitor.press('forget-interrupted');
  assert.ok(await visitor.find('interrupted').isHidden());
  await keeps(visitor, 0);
  assert.equal((await visitor.train({ epochs: 3 })).length, 3);
}

/** Declares the test that prints the ledger of what its file tried before it. @param {boolean} [skip] where there is no such browser */
export const told = (skip = false) =>
  test('the guarantees and how each was tried', { skip }, (t) => {
    const lines = ledger.splice(0);
    const width = Math.max(...lines.map(({ sentence }) => sentence.length));
    for (const { sentence, injected, name, held } of lines)
      t.diagnostic(`${held ? 'held' : 'NOT '}  ${sentence.padEnd(width)}  ${name.padEnd(16)}  ${injected}`);
    assert.ok(lines.length > 0 && lines.every(({ held }) => held));
  });
