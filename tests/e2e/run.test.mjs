// @ts-check
/** Pause, resume, step, reset: the run is the same however it is interrupted. */
import assert from 'node:assert/strict';
import { visitors } from './browser.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

/** Long enough to be interrupted from within the page, a second or so on the CPU. */
const LONG = { n: 16_384, epochs: 60 };

/** The promise is 100 ms; a busy machine may take longer, and only what no machine excuses fails a test. */
const PAUSE_MS = 1_000;

/**
 * Clicks Pause in the page, in a run that has not begun with its first epoch, and waits for the state; the time between, and what is on show
 * then and after the worker has answered two questions.
 * @param {Visitor} visitor @param {boolean} [begun] whether training is on; it is begun otherwise
 */
async function pauseAndWatch(visitor, begun = true) {
  const ms = await visitor.page.evaluate(async (begun) => {
    const find = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
    const status = find('status');
    /** @param {HTMLElement} element @param {() => boolean} wanted */
    const until = (element, wanted) =>
      new Promise((resolve) => {
        new MutationObserver((_, observer) => {
          if (!wanted()) return;
          observer.disconnect();
          resolve(null);
        }).observe(element, { childList: true, characterData: true, subtree: true, attributes: true });
      });
    if (!begun) {
      const first = until(find('log'), () => find('log').textContent !== '');
      find('train').click();
      await first;
    }
    const paused = until(status, () => status.dataset.state === 'paused');
    const clicked = performance.now();
    find('pause').click();
    await paused;
    return performance.now() - clicked;
  }, begun);
  // What was trained before the answer may still have to be drawn.
  await visitor.frames();
  return { ms, stood: await look(visitor), later: () => look(visitor) };
}

/** How far the run is, as it is shown. @param {Visitor} visitor */
async function look(visitor) {
  return {
    epochs: (await visitor.lines()).length,
    progress: await visitor.find('status-progress').getAttribute('value'),
    time: await visitor.text('status-time'),
  };
}

/** All that a finished run shows of itself: its lines, six digits of each loss, and all digits of the final weights' error. @param {Visitor} visitor */
async function print(visitor) {
  return { lines: await visitor.lines(), table: await visitor.table(), heldOut: await visitor.heldOut() };
}

visit('a paused run stands still, and resumed it ends as if never paused', {}, async (visitor, t) => {
  await visitor.type(LONG);
  const { ms, stood, later } = await pauseAndWatch(visitor, false);
  t.diagnostic(`pause answered after ${ms.toFixed(1)} ms`);
  assert.ok(ms < PAUSE_MS, `pause took ${ms} ms`);
  await visitor.askTwice();
  assert.deepEqual(await later(), stood);
  assert.ok(stood.epochs < LONG.epochs, 'it was paused before the end');
  assert.equal(await visitor.state(), 'paused');
  assert.equal(await visitor.text('pause'), 'Resume');

  await visitor.press('pause');
  await visitor.reach('done');
  const interrupted = await print(visitor);
  assert.equal(interrupted.lines.length, LONG.epochs);
  assert.ok(await visitor.find('pause').isDisabled());
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
    const { ms, stood, later } = await pauseAndWatch(visitor);
    t.diagnostic(`pause ${round} in an epoch of many seconds answered after ${ms.toFixed(1)} ms`);
    assert.ok(ms < PAUSE_MS, `pause took ${ms} ms`);
    assert.equal(stood.epochs, 0);
    await visitor.askTwice();
    assert.deepEqual(await later(), stood);
    await visitor.press('pause');
    await visitor.reach('running');
    await visitor.eventually(async () => assert.notEqual(await visitor.text('status-time'), stood.time));
  }
});

visit('a run that is still drawing its numbers can be paused, resumed and paused', {}, async (visitor, t) => {
  await visitor.train();
  await visitor.type({ d: 64, m: 8, hidden: 8, n: 7_500, epochs: 1 });
  await visitor.press('train');
  const { ms, stood } = await pauseAndWatch(visitor);
  t.diagnostic(`pause while the numbers are drawn answered after ${ms.toFixed(1)} ms`);
  assert.ok(ms < PAUSE_MS, `pause took ${ms} ms`);
  assert.equal(await visitor.state(), 'paused');
  await visitor.press('pause');
  await visitor.reach('running');
  await visitor.press('pause');
  await visitor.reach('paused');
  await visitor.eventually(async () => assert.match(await visitor.text('status'), /epoch 0 of 1/));
  await visitor.askTwice();
  assert.equal(await visitor.state(), 'paused');
  assert.ok(stood.epochs === 5 || stood.epochs === 0);
  await visitor.press('pause');
  await visitor.reach('done');
  assert.equal((await visitor.lines()).length, 1);
});

visit('Step trains exactly one epoch, and five are the same run as Train', {}, async (visitor) => {
  for (let epoch = 1; epoch <= 5; epoch += 1) {
    await visitor.press('step');
    await visitor.reach(epoch < 5 ? 'paused' : 'done');
    // Where it trained more, the next step would find more.
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
  await visitor.page.evaluate(
    () =>
      new Promise((resolve) => {
        const find = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
        new MutationObserver((_, observer) => {
          observer.disconnect();
          for (const [name, value] of Object.entries({ epochs: '7', d: '3' })) {
            const field = /** @type {HTMLInputElement} */ (document.querySelector(`#recipe [name=${name}]`));
            field.value = value;
            field.dispatchEvent(new Event('input', { bubbles: true }));
          }
          find('reset').click();
          resolve(null);
        }).observe(find('log'), { childList: true, characterData: true, subtree: true });
        find('train').click();
      }),
  );
  await visitor.reach('done');
  assert.equal((await visitor.lines()).length, LONG.epochs);
  const { d, epochs } = await visitor.typed();
  assert.deepEqual([d, epochs], ['2', String(LONG.epochs)]);
  const replayed = await print(visitor);
  await visitor.train();
  assert.deepEqual(await print(visitor), replayed);
});

visit('Reset before any run does no harm', {}, async (visitor) => {
  await visitor.press('reset');
  assert.equal((await visitor.train()).length, 5);
  assert.equal((await visitor.states()).filter((state) => state === 'running').length, 1, 'that was the only run');
  assert.equal(await visitor.text('notice'), '');
});

visit('while a run goes on no second one can be started', {}, async (visitor) => {
  await visitor.type({ ...LONG, epochs: 100_000 });
  await visitor.press('train');
  await visitor.underWay({ epochs: 1 });
  const before = await visitor.states();
  await visitor.page.locator('#recipe [name=d]').press('Enter');
  for (const id of ['train', 'step']) assert.ok(await visitor.find(id).isDisabled(), id);
  const { length } = await visitor.lines();
  await visitor.underWay({ epochs: length + 1 });
  await visitor.press('pause');
  await visitor.reach('paused');
  assert.deepEqual(await visitor.states(), [...before, 'paused']);
});

visit('a run goes on while its comparison is drawn and another tab is in front', {}, async (visitor) => {
  const { page } = visitor;
  const long = { ...LONG, epochs: 150 };
  await visitor.type(long);
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
  await visitor.eventually(async () => assert.equal((await visitor.lines()).length, long.epochs));
  await visitor.heldOut();
});
