// @ts-check
/** How the page comes to stand: nothing jumps while it loads, trains and draws, and its times are told. */
import assert from 'node:assert/strict';
import { visitors } from './browser.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

/** What a visitor would not call a jump: of the whole, and not a time. */
const MOST_SHIFT = 0.02;

/** Tasks that hold the main thread for longer than a visitor's patience with a key. */
const LONG_MS = 100;

const LOADS = 3;

/** Runs in the page, from its very beginning: what moves, what takes long, and when the log has its first line and each state begins. */
const WATCHED = `globalThis.shifts = [];
globalThis.tasks = [];
const name = (node) => (node ? (node.localName ?? '#text') + '#' + (node.id || node.className || '') : 'gone');
new PerformanceObserver((list) => {
  for (const { value, startTime, hadRecentInput, sources } of list.getEntries()) globalThis.shifts.push({ value, at: startTime, hadRecentInput, what: sources.map(({ node }) => name(node)) });
}).observe({ type: 'layout-shift', buffered: true });
new PerformanceObserver((list) => {
  for (const { duration, startTime } of list.getEntries()) globalThis.tasks.push({ duration, at: startTime });
}).observe({ type: 'longtask', buffered: true });
addEventListener('DOMContentLoaded', () => {
  const log = document.getElementById('log');
  if (log) new MutationObserver(() => (globalThis.firstEpoch ??= performance.now())).observe(log, { childList: true, subtree: true });
  const status = document.getElementById('status');
  globalThis.since = {};
  new MutationObserver(() => (globalThis.since[status.dataset.state] = performance.now())).observe(status, { attributeFilter: ['data-state'] });
});`;

/** @param {Visitor} visitor @returns {Promise<{ value: number, at: number, hadRecentInput: boolean, what: string[] }[]>} */
const shifts = ({ page }) => page.evaluate('globalThis.shifts');

/** @param {Visitor} visitor @returns {Promise<{ duration: number, at: number }[]>} */
const tasks = ({ page }) => page.evaluate('globalThis.tasks');

/** The module is there, and the page is drawn. @param {Visitor} visitor */
async function loaded(visitor) {
  await visitor.eventually(async () => assert.match(await visitor.text('estimate'), /memory/));
  await visitor.frames();
}

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

for (const [name, viewport] of /** @type {const} */ ([
  ['on a phone', { width: 360, height: 740 }],
  ['on a desk', { width: 1440, height: 900 }],
])) {
  visit(`loading, training and drawing, nothing jumps (${name})`, { script: WATCHED, context: { viewport, reducedMotion: 'reduce' } }, async (visitor, t) => {
    const { page } = visitor;
    await loaded(visitor);
    // By the page's own hand: what follows a key or a click within half a second would be forgiven.
    await page.evaluate(() => document.getElementById('train')?.click());
    await visitor.reach('done');
    await visitor.heldOut();
    // The floor, from the lab, is the last that a run brings.
    await page.locator('#ratio[data-value]').waitFor({ state: 'attached' });
    await visitor.frames();
    const top = await shifts(visitor);
    await visitor.find('draw').evaluate((button) => button.scrollIntoView({ block: 'center', behavior: 'instant' }));
    await visitor.frames();
    for (let i = 0; i < 3; i += 1) {
      const last = await visitor.text('comparison');
      await visitor.find('draw').evaluate((button) => /** @type {HTMLButtonElement} */ (button).click());
      await visitor.comparison(last);
      await visitor.frames();
    }
    const all = await shifts(visitor);
    const sum = (/** @type {typeof all} */ some) => some.reduce((total, { value }) => total + value, 0);
    t.diagnostic(`${name}: ${sum(top).toFixed(4)} while it loads and trains, ${sum(all).toFixed(4)} with three draws`);
    for (const { value, at, what } of all) t.diagnostic(`${value.toFixed(5)} at ${Math.round(at)} ms: ${what.join(', ')}`);
    assert.ok(sum(all) < MOST_SHIFT, `${sum(all)}: ${JSON.stringify(all)}`);
  });
}

visit(
  'the main thread is free for most of the time while a hundred epochs are trained, and a jump is seen where there is one',
  { script: WATCHED },
  async (visitor, t) => {
    await loaded(visitor);
    const before = (await tasks(visitor)).length;
    // Of so many draws that no one task of a busy machine is half of it.
    await visitor.train({ n: 4_096, epochs: 100 });
    await visitor.heldOut();
    const all = await tasks(visitor);
    const long = (/** @type {typeof all} */ some) => some.filter(({ duration }) => duration > LONG_MS);
    const most = Math.round(Math.max(0, ...all.map(({ duration }) => duration)));
    t.diagnostic(
      `tasks over ${LONG_MS} ms: ${long(all.slice(0, before)).length} while it loads, ${long(all.slice(before)).length} while it trains and compares; the longest ${most} ms. On a busy machine any task may be long.`,
    );
    // Of the run itself, by the page's own clock. A share and not a time: a busy machine makes both longer.
    const { running, done } = await visitor.page.evaluate(() => /** @type {any} */ (globalThis).since);
    const held = long(all).reduce((sum, { duration, at }) => sum + Math.max(0, Math.min(at + duration, done) - Math.max(at, running)), 0);
    t.diagnostic(`of the ${Math.round(done - running)} ms of the run long tasks held ${Math.round(held)}`);
    assert.ok(held < (done - running) / 2, `held for ${Math.round(held)} of ${Math.round(done - running)} ms`);

    const jumped = async () => (await shifts(visitor)).reduce((total, { value }) => total + value, 0);
    const until = await jumped();
    await visitor.page.evaluate(() => {
      scrollTo({ top: 0, behavior: 'instant' });
      const masthead = /** @type {HTMLElement} */ (document.querySelector('.masthead'));
      masthead.style.marginTop = '200px';
    });
    await visitor.eventually(async () => assert.ok((await jumped()) > until + MOST_SHIFT));
  },
);

visit('when it is there, over several visits', { script: WATCHED }, async (visitor, t) => {
  const { page } = visitor;
  /** @type {{ paint: number, wasm: number, epoch: number }[]} */
  const loads = [];
  for (let load = 0; load < LOADS; load += 1) {
    await page.reload();
    const wasm = await page.waitForFunction(() => document.getElementById('estimate')?.textContent?.includes('memory') && performance.now());
    const ready = Number(await wasm.jsonValue());
    await page.evaluate(() => document.getElementById('train')?.click());
    await visitor.reach('done');
    loads.push(
      await page.evaluate(
        (ready) => ({
          paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
          wasm: ready,
          epoch: /** @type {any} */ (globalThis).firstEpoch,
        }),
        ready,
      ),
    );
  }
  const of = (/** @type {'paint' | 'wasm' | 'epoch'} */ what) => Math.round(median(loads.map((load) => load[what])));
  t.diagnostic(`medians of ${LOADS} loads: first paint ${of('paint')} ms, module ready ${of('wasm')} ms, first epoch on show ${of('epoch')} ms`);
  assert.ok(
    // A paint is dated when it is presented, which may be after what was ready in its frame.
    loads.every(({ paint, wasm, epoch }) => 0 < paint && 0 < wasm && wasm <= epoch),
    JSON.stringify(loads),
  );
});
