// @ts-check
/** Pause, resume, step, reset: the run is the same however it is interrupted. */
import assert from 'node:assert/strict';
import { visitors } from './browser.mjs';

/** @typedef {import('node:test').TestContext} TestContext */
/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

/** Long enough to be interrupted from within the page, with the worker at its ease. */
const LONG = { n: 8_192, epochs: 30 };

/** The promise is 100 ms; a busy machine may take longer, and only what no machine excuses fails a test. */
const PAUSE_MS = 5_000;

/**
 * Clicks Pause in the page, in a run that has not begun with its first epoch, and waits for the state; the time between, and what is on show
 * then and after the worker has answered two questions.
 * @param {Visitor} visitor @param {boolean} [begun] whether training is on; it is begun otherwise
 */
async function pauseAndWatch(visitor, begun = true) {
  const ms = await visitor.page.evaluate(async (begun) => {
    const find = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
    const status = find('status');
    if (!begun) {
      const last = find('log').textContent;
      const first = testing.once(find('log'), () => !['', last].includes(find('log').textContent));
      find('train').click();
      await first;
    }
    const paused = testing.once(status, () => status.dataset.state === 'paused');
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
  const lines = await visitor.lines();
  // What was found of the weights at a pause stays on show until this is.
  await visitor.eventually(async () => assert.match(await visitor.text('heldout-words'), new RegExp(`after ${lines.length} epochs?\\b`)));
  return { lines, table: await visitor.table(), heldOut: await visitor.heldOut() };
}

/** A paused run stands still; resumed, and reset in the middle, it ends as if nothing had been. @param {Visitor} visitor @param {TestContext} t */
async function interrupted(visitor, t) {
  await visitor.type({ ...LONG, seed: 42 });
  await visitor.ease(150);
  const { ms, stood, later } = await pauseAndWatch(visitor, false);
  await visitor.ease(0);
  t.diagnostic(`pause answered after ${ms.toFixed(1)} ms`);
  assert.ok(ms < PAUSE_MS, `pause took ${ms} ms`);
  await visitor.askTwice();
  assert.deepEqual(await later(), stood);
  assert.ok(stood.epochs < LONG.epochs, 'it was paused before the end');
  assert.equal(await visitor.state(), 'paused');
  assert.equal(await visitor.text('pause'), 'Resume');

  await visitor.press('pause');
  await visitor.reach('done');
  const whole = await print(visitor);
  assert.equal(whole.lines.length, LONG.epochs);
  assert.ok(await visitor.find('pause').isDisabled());
  assert.deepEqual((await visitor.states()).slice(-4), ['running', 'paused', 'running', 'done']);

  // Reset at the next run's first epoch, with another recipe in the form: the run begins again, with the recipe that runs.
  await visitor.ease(150);
  await visitor.page.evaluate(async () => {
    const [log, train, reset] = ['log', 'train', 'reset'].map((id) => /** @type {HTMLElement} */ (document.getElementById(id)));
    const last = log.textContent;
    const first = testing.once(log, () => !['', last].includes(log.textContent));
    train.click();
    await first;
    for (const [name, value] of Object.entries({ epochs: '7', d: '3' })) {
      const field = /** @type {HTMLInputElement} */ (document.querySelector(`#recipe [name=${name}]`));
      field.value = value;
      field.dispatchEvent(new Event('input', { bubbles: true }));
    }
    reset.click();
  });
  await visitor.ease(0);
  await visitor.reach('done');
  assert.deepEqual(await print(visitor), whole);
  const { d, epochs } = await visitor.typed();
  assert.deepEqual([d, epochs], ['2', String(LONG.epochs)]);
}

visit(
  'Step trains exactly one epoch; stepped, resumed, replayed and for a second visitor it is the same run, with another seed another; a paused run stands still; resumed, and reset in the middle, it ends as if nothing had been; a pause is answered at once, in a long epoch and while numbers are drawn, and no second run is started; a run goes on while another tab is in front',
  {},
  async (visitor, t) => {
    await visitor.press('reset');
    for (let epoch = 1; epoch <= 5; epoch += 1) {
      await visitor.press('step');
      await visitor.reach(epoch < 5 ? 'paused' : 'done');
      // Where it trained more, the next step would find more.
      assert.equal((await visitor.lines()).length, epoch);
      if (epoch === 1) assert.deepEqual(await visitor.passed(), ['idle', 'running', 'paused'], 'Reset before any run begins none');
    }
    assert.equal(await visitor.text('notice'), '');
    const stepped = await print(visitor);
    await visitor.press('reset');
    await visitor.reach('done');
    assert.deepEqual(await print(visitor), stepped, 'replayed');

    await visitor.page.reload();
    await visitor.press('step');
    await visitor.reach('paused');
    await visitor.press('pause');
    await visitor.reach('done');
    assert.deepEqual(await print(visitor), stepped, 'a second visitor, who goes on with Resume');
    await visitor.train({ seed: 43 });
    const other = await print(visitor);
    assert.notDeepEqual(other.lines, stepped.lines);
    assert.notEqual(other.heldOut.mse, stepped.heldOut.mse);
    await interrupted(visitor, t);
    await pausedAtOnce(visitor, t);
    await unseen(visitor);
  },
);

/** A pause is answered at once, in a long epoch and while numbers are drawn, and no second run is started. @param {Visitor} visitor @param {TestContext} t */
async function pausedAtOnce(visitor, t) {
  await visitor.type({ d: 16, m: 256, hidden: 1_024, batch: 8_192, n: 16_384, epochs: 5 });
  await visitor.press('train');
  // Of this run, and no longer of the one before.
  await visitor.page.locator('#status-epoch', { hasText: 'of 5' }).waitFor();
  await visitor.underWay({ seconds: 0.3 });
  const before = await visitor.states();
  await visitor.page.locator('#recipe [name=d]').press('Enter');
  for (const id of ['train', 'step']) assert.ok(await visitor.find(id).isDisabled(), id);
  for (let round = 1; round <= 2; round += 1) {
    const { ms, stood, later } = await pauseAndWatch(visitor);
    t.diagnostic(`pause ${round} in an epoch of many seconds answered after ${ms.toFixed(1)} ms`);
    assert.ok(ms < PAUSE_MS, `pause took ${ms} ms`);
    assert.equal(stood.epochs, 0);
    await visitor.askTwice();
    assert.deepEqual(await later(), stood);
    if (round === 2) break;
    assert.deepEqual(await visitor.states(), [...before, 'paused'], 'no second run');
    await visitor.press('pause');
    await visitor.reach('running');
    await visitor.eventually(async () => assert.notEqual(await visitor.text('status-time'), stood.time));
  }

  await visitor.type({ d: 32, m: 8, hidden: 8, n: 30_000, batch: 64, epochs: 1 });
  await visitor.ease(500);
  await visitor.press('train');
  await visitor.page.locator('#status[data-state=running]').waitFor();
  const { ms } = await pauseAndWatch(visitor);
  t.diagnostic(`pause while the numbers are drawn answered after ${ms.toFixed(1)} ms`);
  assert.ok(ms < PAUSE_MS, `pause took ${ms} ms`);
  await visitor.press('pause');
  await visitor.reach('running');
  await visitor.press('pause');
  await visitor.reach('paused');
  await visitor.ease(0);
  await visitor.eventually(async () => assert.match(await visitor.text('status'), /epoch 0 of 1/));
  await visitor.askTwice();
  assert.equal(await visitor.state(), 'paused');
  await visitor.press('pause');
  await visitor.reach('done');
  assert.equal((await visitor.lines()).length, 1);
}

/** A run goes on while another tab is in front. @param {Visitor} visitor */
async function unseen(visitor) {
  const { page } = visitor;
  await visitor.type({ ...LONG, d: 2, m: 16, hidden: 64 });
  await visitor.ease(150);
  // Browsers without a window do not hide their tabs: what a hidden one lacks, frames, is taken away, at the first epoch.
  const known = await page.evaluate(async () => {
    const [log, train] = ['log', 'train'].map((id) => /** @type {HTMLElement} */ (document.getElementById(id)));
    const last = log.textContent;
    const first = testing.once(log, () => !['', last].includes(log.textContent));
    train.click();
    await first;
    Object.defineProperty(document, 'hidden', { get: () => true });
    Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });
    globalThis.requestAnimationFrame = () => 0;
    document.dispatchEvent(new Event('visibilitychange'));
    return log.textContent.split('\n').length;
  });
  assert.ok(known < LONG.epochs, 'it goes on');
  await visitor.ease(0);
  const front = await page.context().newPage();
  await front.bringToFront();
  await page.locator('#status[data-state=done]').waitFor();
  await visitor.eventually(async () => assert.equal((await visitor.lines()).length, LONG.epochs));
  await visitor.heldOut();
}
