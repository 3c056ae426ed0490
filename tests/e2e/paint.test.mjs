// @ts-check
/** How the page comes to stand: the main thread is free, and its times are told. That nothing jumps meanwhile is in shifts.test.mjs. */
import assert from 'node:assert/strict';
import { visitors } from './browser.mjs';
import { loaded, WATCHED } from './watched.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

/** Tasks that hold the main thread for longer than a visitor's patience with a key. */
const LONG_MS = 100;

const LOADS = 3;

/** @param {Visitor} visitor @returns {Promise<{ duration: number, at: number }[]>} */
const tasks = ({ page }) => page.evaluate('globalThis.tasks');

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

visit('the main thread is free for most of the time while a hundred epochs are trained', { script: WATCHED }, async (visitor, t) => {
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
});

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
