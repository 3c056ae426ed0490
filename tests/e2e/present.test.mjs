// @ts-check
/** The run for a room: what is on show and how large, how fast its epochs come, and the ways in and out. */
import assert from 'node:assert/strict';
import { error } from '../../www/common/figures.js';
import { cpu, trained } from '../unit/module.mjs';
import { ADDRESS, press, visitors } from './browser.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

const RUN = 'v=1&d=2&m=4&hidden=8&n=100&batch=10&epochs=4&lr=0.001&seed=5';

/** So many epochs that at their pace no test comes to the last. */
const PACED = `?present=1&backend=cpu#${RUN.replace('epochs=4', 'epochs=30')}`;

/** Runs in the page: keeps what is written to the clipboard. */
const CLIPBOARD = `Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => void (globalThis.copied = text) } });`;

/** Runs in the page: notes when each of the log's lines came. */
const TIMES = `globalThis.times = [];
addEventListener('DOMContentLoaded', () => {
  const log = document.getElementById('log');
  new MutationObserver(() => {
    const lines = log.textContent.split('\\n').filter(Boolean).length;
    while (globalThis.times.length < lines) globalThis.times.push(performance.now());
  }).observe(log, { childList: true, characterData: true, subtree: true });
});`;

/** Waits until the link's run is in the form, and the part that presents it is there. @param {Visitor} visitor */
async function ready(visitor) {
  await visitor.eventually(async () => assert.equal((await visitor.typed()).seed, '5'));
  await visitor.page.locator('#present-next:disabled').waitFor();
}

/** Each text that can be seen, with its size on the screen; a chart's are larger there than they are drawn. @param {Visitor} visitor */
function sizes({ page }) {
  return page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    /** @type {[string, number][]} */
    const found = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      const words = node.textContent?.trim();
      if (!parent || !words || !parent.checkVisibility() || parent.closest('.unseen, .masthead, script, noscript')) continue;
      const size = parseFloat(getComputedStyle(parent).fontSize) * (parent instanceof SVGGraphicsElement ? (parent.getScreenCTM()?.d ?? 1) : 1);
      if (size > 0) found.push([words, size]);
    }
    for (const input of document.querySelectorAll('input')) if (input.checkVisibility()) found.push([input.id, parseFloat(getComputedStyle(input).fontSize)]);
    return found;
  });
}

/** Everything stands in the window, and every text can be read from the last row. @param {Visitor} visitor @param {string} when */
async function fits(visitor, when) {
  const { page } = visitor;
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
  const [wide, high] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]);
  assert.ok(wide <= width && high <= height, `${wide} by ${high} in ${width} by ${height}, ${when}`);
  for (const id of [
    'train',
    'pause',
    'reset',
    'd',
    'm',
    'epochs',
    'present-next',
    'present-skip',
    'present-end',
    'status',
    'chart',
    'log',
    'present-heldout',
    'heldout',
  ]) {
    const box = await visitor.find(id).boundingBox();
    assert.ok(
      box && box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height,
      `#${id} is in the window, ${when}: ${JSON.stringify(box)}`,
    );
  }
  // The chart is drawn for the window that it has now a while after that has changed.
  await visitor.eventually(
    async () =>
      assert.deepEqual(
        (await sizes(visitor)).filter(([, size]) => size < 20),
        [],
        when,
      ),
    5_000,
  );
}

/** n brings the next epoch, Pause waits at once, and e goes on to the end. @param {Visitor} visitor */
async function hastened(visitor) {
  const { page } = visitor;
  await visitor.type({ epochs: 200 });
  await visitor.blank();
  await visitor.press('train');
  await visitor.reach('running');
  await visitor.underWay({ epochs: 1 });
  const before = (await visitor.lines()).length;
  /** @type {number[]} */
  const took = [];
  const soon = () => took.filter((ms) => ms < 800).length;
  for (let more = 1; more <= 30 && soon() < 5; more += 1) {
    const began = Date.now();
    await page.keyboard.press('n');
    await visitor.underWay({ epochs: before + more });
    took.push(Date.now() - began);
  }
  // By itself each takes a second; a busy machine holds up some of those that are asked for.
  assert.equal(soon(), 5, `${took}`);
  await visitor.press('pause');
  await visitor.reach('paused');
  const waiting = await visitor.lines();
  await page.keyboard.press('n');
  // Two questions to the worker, one after the other: an epoch that it trained would be told between them.
  for (const [m, refused] of /** @type {[string, RegExp][]} */ ([
    ['0', /^m = 0 is out of range/],
    ['4', /^$/],
  ])) {
    await visitor.type({ m });
    await visitor.eventually(async () => assert.match(await visitor.text('m-error'), refused));
  }
  await visitor.frames();
  assert.deepEqual(await visitor.lines(), waiting, 'a run that is paused stays paused');
  assert.ok(await visitor.find('present-next').isDisabled());
  await visitor.press('pause');
  await visitor.underWay({ epochs: waiting.length + 1 });
  await page.keyboard.press('e');
  await visitor.reach('done');
  assert.equal((await visitor.lines()).length, 200);

  await visitor.blank();
  await visitor.press('reset');
  await visitor.reach('running');
  await visitor.underWay({ epochs: 1 });
  await visitor.press('reset');
  await visitor.frames();
  assert.ok((await visitor.lines()).length < 10, 'the next run has its pace again, and begins at once');
}

/** Whoever goes to another view before it is loaded is not led back. @param {Visitor} visitor */
async function outrun(visitor) {
  const { page } = visitor;
  /** @type {(script: string) => void} */
  let asked = () => {};
  let goOn = () => {};
  const script = new Promise((resolve) => (asked = resolve));
  const held = new Promise((resolve) => (goOn = () => resolve(undefined)));
  await page.route(/\/present(-\w+)?\.js$/, async (route) => {
    asked(route.request().url());
    await held;
    await route.continue();
  });
  await visitor.press('present');
  const url = await script;
  await press(page.locator('.views a[href*="view=limits"]'));
  goOn();
  await page.evaluate(async (url) => void (await import(url)), url);
  await visitor.frames();
  const { view, present } = await page.evaluate(() => ({ ...document.documentElement.dataset }));
  assert.deepEqual([view, present], ['limits', undefined]);
}

/** The button begins it, also while a run goes on; Escape ends it and lets the run go on. @param {Visitor} visitor */
async function begun(visitor) {
  const { page } = visitor;
  await visitor.type({ m: 16, hidden: 64, batch: 64, epochs: 100_000 });
  await visitor.press('train');
  await visitor.underWay({ epochs: 3 });
  await visitor.press('present');
  await page.locator(':root[data-present] #present-next:enabled').waitFor();
  assert.equal(new URL(page.url()).searchParams.get('present'), '1');
  assert.equal(await visitor.state(), 'running');
  // At its pace: once those that were trained before are drawn, lines come one by one, a second apart.
  await page.waitForFunction(() => {
    const { times } = /** @type {{ times: number[] }} */ (/** @type {unknown} */ (globalThis));
    return times[times.length - 1] - times[times.length - 3] > 1_500;
  });
  assert.ok(await visitor.find('comparison').isHidden());
  const then = (await visitor.lines()).length;
  await page.keyboard.press('Escape');
  await page.locator(':root:not([data-present])').waitFor();
  assert.equal(new URL(page.url()).searchParams.get('present'), null);
  await visitor.underWay({ epochs: then + 100 });
  // A browser leaves it when it comes to it.
  await visitor.eventually(async () => assert.equal(await page.evaluate(() => document.fullscreenElement === null), true));
  await visitor.press('pause');
  await visitor.reach('paused');
}

visit(
  'at 1024 by 768 and at 1280 by 720 all is on show, 20 pixels high and more, before, during and after a run; at 150 % zoom nothing is lost or overlaps; n brings the next epoch, Pause waits at once, and e goes on to the end',
  { query: PACED, view: '' },
  async (visitor) => {
    const { page } = visitor;
    const fitsBoth = async (/** @type {string} */ when) => {
      for (const [width, height] of [
        [1024, 768],
        [1280, 720],
      ]) {
        await page.setViewportSize({ width, height });
        await visitor.frames();
        await fits(visitor, when);
      }
    };
    await ready(visitor);
    await fitsBoth('before');
    await page.setViewportSize({ width: 683, height: 512 });
    await visitor.frames();
    const boxes = await page.evaluate(() =>
      ['d', 'epochs', 'train', 'present-end', 'status', 'chart', 'heldout', 'present-heldout', 'log'].map((id) => {
        const { left, right, top, bottom } = /** @type {HTMLElement} */ (document.getElementById(id)).getBoundingClientRect();
        return { id, left, right, top, bottom };
      }),
    );
    for (const [i, one] of boxes.entries()) {
      assert.ok(one.left >= 0 && one.right <= 683 && one.bottom > one.top, `${one.id} can be scrolled to`);
      for (const other of boxes.slice(i + 1)) {
        const apart = one.right <= other.left || other.right <= one.left || one.bottom <= other.top || other.bottom <= one.top;
        assert.ok(apart, `${one.id} and ${other.id}`);
      }
    }

    await visitor.press('train');
    await visitor.underWay({ epochs: 2 });
    await visitor.frames();
    await fitsBoth('during');
    assert.match(await visitor.text('status-epoch'), /^epoch \d+ of 30$/);
    assert.equal(await visitor.state(), 'running');
    await visitor.press('present-skip');
    await visitor.reach('done');
    await visitor.heldOut();
    await visitor.eventually(async () => assert.match(await visitor.text('verdict'), /m\u00a0=\u00a04 allows/));
    await fitsBoth('after');
    assert.equal(await visitor.text('present-epoch'), '30 of 30');
    const { session, history } = await trained(await cpu(), await visitor.typed());
    const heldOut = (await session.watch(0xffff_ffff)) ?? NaN;
    assert.deepEqual([await visitor.text('present-train'), await visitor.text('present-heldout')], [error(history[29].mse), error(heldOut)]);
    await hastened(visitor);
  },
);

visit(
  'the button begins it, also while a run goes on, and Escape ends it and lets the run go on; the Share view’s link presents the run: epochs come a second apart, and it ends with the bits of an unpaced one; a frame presents nothing',
  { query: `?backend=cpu#${RUN}`, script: `${CLIPBOARD}\n${TIMES}` },
  async (visitor) => {
    const { page } = visitor;
    await visitor.eventually(async () => assert.match(await visitor.find('link').inputValue(), /seed=5/));
    await visitor.press('copy-present');
    await page.waitForFunction(() => 'copied' in globalThis);
    /** @type {string} */
    const copied = await page.evaluate('copied');
    assert.equal(copied, `${ADDRESS}?present=1#${RUN}`);
    await outrun(visitor);
    await begun(visitor);
    await visitor.train({ m: 4, hidden: 8, batch: 10, epochs: 4 });
    const unpaced = await visitor.table();

    await page.goto(copied);
    await ready(visitor);
    assert.ok(await visitor.find('present-end').isVisible());
    const began = Number(await page.evaluate('performance.now()'));
    await visitor.press('train');
    await visitor.reach('done');
    await page.keyboard.press('Escape');
    assert.deepEqual(await visitor.table(), unpaced);
    /** @type {number[]} */
    const times = await page.evaluate('times');
    assert.equal(times.length, 4);
    // From the press on, since a busy machine may draw the first line late; unpaced, all are there in a fraction of a second.
    assert.ok(times[3] - began > 2_950, `${times} after ${began}`);
    assert.deepEqual(await visitor.passed(), ['idle', 'running', 'done'], 'and between two epochs the run is not paused');

    await page.goto(`${ADDRESS}?embed=1&present=1&backend=cpu#${RUN}`);
    await visitor.eventually(async () => assert.equal((await visitor.typed()).seed, '5'));
    assert.deepEqual(await page.evaluate(() => Object.keys(document.documentElement.dataset).filter((key) => key !== 'view')), ['embed']);
    for (const id of ['present', 'present-next', 'present-end', 'present-epoch']) assert.ok(await visitor.find(id).isHidden(), id);
  },
);
