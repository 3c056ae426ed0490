// @ts-check
/** Pause, resume, step, reset: the run is the same however it is interrupted. */
import assert from 'node:assert/strict';
import { visitors } from './browser.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

/** Long enough to be interrupted, a second or two on the CPU. */
const LONG = { n: 32_768, epochs: 100 };

/** The promise is 100 ms; a busy machine may take longer, and only what no machine excuses fails a test. */
const PAUSE_MS = 1_000;

/**
 * Clicks Pause in the page and waits for the state; the time between, and the lines of the log then and half a second later.
 * @param {Visitor} visitor
 */
async function pauseAndWatch(visitor) {
  return visitor.page.evaluate(async () => {
    const find = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
    const status = find('status');
    const look = () => ({
      epochs: (find('log').textContent ?? '').split('\n').filter(Boolean).length,
      progress: /** @type {HTMLProgressElement} */ (find('status-progress')).value,
      time: find('status-time').textContent,
    });
    const wait = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const before = look();
    const clicked = performance.now();
    const paused = new Promise((resolve) => {
      new MutationObserver(() => status.dataset.state === 'paused' && resolve(performance.now() - clicked)).observe(status, {
        attributeFilter: ['data-state'],
      });
    });
    find('pause').click();
    const ms = /** @type {number} */ (await Promise.race([paused, wait(30_000).then(() => Infinity)]));
    // What was trained before the answer may still have to be drawn.
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const then = look();
    await wait(500);
    return { ms, before, then, later: look() };
  });
}

/** All that a finished run shows of itself: its lines, six digits of each loss, and all digits of the final weights' error. @param {Visitor} visitor */
async function print(visitor) {
  return { lines: await visitor.lines(), table: await visitor.table(), heldOut: await visitor.heldOut() };
}

visit('a paused run stands still, and resumed it ends as if never paused', {}, async (visitor, t) => {
  await visitor.type(LONG);
  await visitor.press('train');
  await visitor.underWay({ epochs: 1 });
  const { ms, then, later } = await pauseAndWatch(visitor);
  t.diagnostic(`pause answered after ${ms.toFixed(1)} ms`);
  assert.ok(ms < PAUSE_MS, `pause took ${ms} ms`);
  assert.deepEqual(later, then);
  assert.ok(then.epochs < LONG.epochs, 'it was paused before the end');
  assert.equal(await visitor.state(), 'paused');
  assert.equal(await visitor.text('pause'), 'Resume');

  await visitor.press('pause');
  await visitor.reach('done');
  const interrupted = await print(visitor);
  assert.equal(interrupted.lines.length, LONG.epochs);
  assert.deepEqual((await visitor.states()).slice(-4), ['running', 'paused', 'running', 'done']);

  await visitor.press('reset');
  await visitor.reach('done');
  assert.deepEqual(await print(visitor), interrupted);
});

visit('a pause in the middle of a long epoch is answered at once', {}, async (visitor, t) => {
  await visitor.type({ d: 64, m: 128, hidden: 512, batch: 1024, n: 5_000 });
  await visitor.press('train');
  await visitor.underWay({ seconds: 0.3 });
  for (let round = 1; round <= 3; round += 1) {
    const { ms, then, later } = await pauseAndWatch(visitor);
    t.diagnostic(`pause ${round} in an epoch of many seconds answered after ${ms.toFixed(1)} ms`);
    assert.ok(ms < PAUSE_MS, `pause took ${ms} ms`);
    assert.equal(then.epochs, 0);
    assert.deepEqual(later, then);
    await visitor.press('pause');
    await visitor.reach('running');
    await visitor.eventually(async () => assert.notEqual(await visitor.text('status-time'), then.time));
  }
});

visit('a run that is still drawing its numbers can be paused, resumed and paused', {}, async (visitor, t) => {
  await visitor.train();
  await visitor.type({ d: 64, m: 8, hidden: 8, n: 7_500, epochs: 1 });
  await visitor.press('train');
  const { ms, later } = await pauseAndWatch(visitor);
  t.diagnostic(`pause while the numbers are drawn answered after ${ms.toFixed(1)} ms`);
  assert.ok(ms < PAUSE_MS, `pause took ${ms} ms`);
  assert.equal(await visitor.state(), 'paused');
  await visitor.press('pause');
  await visitor.reach('running');
  await visitor.press('pause');
  await visitor.reach('paused');
  await visitor.eventually(async () => assert.match(await visitor.text('status'), /epoch 0 of 1/));
  await visitor.page.waitForTimeout(300);
  assert.equal(await visitor.state(), 'paused');
  assert.ok(later.epochs === 5 || later.epochs === 0);
  await visitor.press('pause');
  await visitor.reach('done');
  assert.equal((await visitor.lines()).length, 1);
});

visit('Step trains exactly one epoch, and five are the same run as Train', {}, async (visitor) => {
  for (let epoch = 1; epoch <= 5; epoch += 1) {
    await visitor.press('step');
    await visitor.reach(epoch < 5 ? 'paused' : 'done');
    await visitor.page.waitForTimeout(100);
    assert.equal((await visitor.lines()).length, epoch);
  }
  const stepped = await print(visitor);
  await visitor.press('train');
  await visitor.reach('done');
  assert.deepEqual(await print(visitor), stepped);
});

visit('a stepped run goes on with Resume', {}, async (visitor) => {
  await visitor.press('step');
  await visitor.reach('paused');
  await visitor.press('pause');
  await visitor.reach('done');
  const stepped = await print(visitor);
  await visitor.press('reset');
  await visitor.reach('done');
  assert.deepEqual(await print(visitor), stepped);
});

visit('a second visitor with the same recipe gets the same run, with another seed another', {}, async (visitor) => {
  await visitor.train();
  const first = await print(visitor);
  await visitor.page.reload();
  await visitor.train();
  assert.deepEqual(await print(visitor), first);
  await visitor.train({ seed: 43 });
  const other = await print(visitor);
  assert.notDeepEqual(other.lines, first.lines);
  assert.notEqual(other.heldOut.mse, first.heldOut.mse);
});

visit('Reset in the middle of a run replays it from the first epoch, with the recipe that runs', {}, async (visitor) => {
  await visitor.type(LONG);
  await visitor.press('train');
  await visitor.underWay({ epochs: 3 });
  await visitor.type({ epochs: 7, d: 3 });
  await visitor.press('reset');
  await visitor.reach('done');
  assert.equal((await visitor.lines()).length, LONG.epochs);
  const { d, epochs } = await visitor.typed();
  assert.deepEqual([d, epochs], ['2', '100']);
  const replayed = await print(visitor);
  await visitor.train();
  assert.deepEqual(await print(visitor), replayed);
});

visit('Reset before any run does no harm', {}, async (visitor) => {
  await visitor.press('reset');
  await visitor.page.waitForTimeout(300);
  assert.equal(await visitor.text('notice'), '');
  assert.equal((await visitor.train()).length, 5);
});

visit('while a run goes on no second one can be started', {}, async (visitor) => {
  await visitor.type(LONG);
  await visitor.press('train');
  await visitor.underWay({ epochs: 1 });
  await visitor.page.locator('#recipe [name=d]').press('Enter');
  for (const id of ['train', 'step']) assert.ok(await visitor.find(id).isDisabled(), id);
  await visitor.reach('done');
  assert.equal((await visitor.lines()).length, LONG.epochs);
  assert.ok(await visitor.find('pause').isDisabled());
});

visit('a run goes on while its comparison is drawn and another tab is in front', {}, async (visitor) => {
  const { page } = visitor;
  await visitor.type(LONG);
  await visitor.press('train');
  await visitor.underWay({ epochs: 1 });
  await visitor.press('draw');
  await visitor.comparison();
  // Browsers without a window do not hide their tabs: what a hidden one lacks, frames, is taken away.
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { get: () => true });
    Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });
    globalThis.requestAnimationFrame = () => 0;
    document.dispatchEvent(new Event('visibilitychange'));
  });
  const front = await page.context().newPage();
  await front.bringToFront();
  await page.locator('#status[data-state=done]').waitFor();
  await visitor.eventually(async () => assert.equal((await visitor.lines()).length, LONG.epochs));
  await visitor.heldOut();
});
