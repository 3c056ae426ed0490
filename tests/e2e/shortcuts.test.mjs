// @ts-check
/** Single keys press the page's buttons, and never where a key has a meaning of its own; they can be turned off. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meant } from '../../www/dom/keys.js';
import { visitors } from './browser.mjs';
import { openView } from './walk.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

const PRESS = { key: 's', ctrlKey: false, altKey: false, metaKey: false, shiftKey: false, repeat: false, isComposing: false, defaultPrevented: false };

/** Nothing has the focus. */
const nowhere = () => false;

test('seven keys mean something, and only by themselves', () => {
  for (const key of [' ', 's', 'r', 'd', 'n', 'e', '?']) {
    assert.equal(meant({ ...PRESS, key }, nowhere), key);
    for (const other of ['ctrlKey', 'altKey', 'metaKey', 'repeat', 'isComposing', 'defaultPrevented'])
      assert.equal(meant({ ...PRESS, key, [other]: true }, nowhere), null, `${other} ${key}`);
    assert.equal(
      meant({ ...PRESS, key }, () => true),
      null,
      `${key} where something else has the focus`,
    );
  }
  for (const key of ['a', 'Enter', 'Escape', 'Tab', 'ArrowDown', 'S']) assert.equal(meant({ ...PRESS, key }, nowhere), null, key);
  const onAButton = (/** @type {string} */ selector) => selector.includes('button');
  assert.deepEqual(
    ['s', 'n', 'e'].map((key) => meant({ ...PRESS, key }, onAButton)),
    [null, 'n', 'e'],
    'a presentation’s keys also on a button',
  );
  assert.equal(meant({ ...PRESS, shiftKey: true }, nowhere), null);
  assert.equal(meant({ ...PRESS, key: '?', shiftKey: true }, nowhere), '?');
});

/** Nothing has the focus but the page. @param {Visitor} visitor */
async function leave({ page }) {
  await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement).blur());
}

/** Space trains, pauses and goes on. @param {Visitor} visitor */
async function space(visitor) {
  const { page } = visitor;
  await visitor.type({ n: 8_192, epochs: 100_000 });
  await leave(visitor);
  await page.keyboard.press('Space');
  await page.locator('#status[data-state=running]').waitFor();
  await page.keyboard.press('Space');
  await visitor.reach('paused');
  await page.keyboard.press('Space');
  await page.locator('#status[data-state=running]').waitFor();
  await page.keyboard.press('Space');
  await visitor.reach('paused');
  assert.equal(await page.evaluate(() => scrollY), 0, 'and the page does not scroll');
}

/** Help, and what keeps its keys. @param {Visitor} visitor */
async function help(visitor) {
  const { page } = visitor;
  await page.keyboard.press('?');
  await page.locator('#help[open]').waitFor();
  assert.match(await visitor.text('help'), /Space.*Train.*Step.*Reset.*New random draw/s);
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'help-close');
  for (const key of ['s', 'r', 'd', '?']) await page.keyboard.press(key);
  await visitor.frames();
  assert.deepEqual(await visitor.states(), ['idle']);
  await page.keyboard.press('Escape');
  await page.locator('#help:not([open])').waitFor({ state: 'attached' });
  await visitor.find('keys').focus();
  await page.keyboard.press('Enter');
  await page.locator('#help[open]').waitFor();
  await page.keyboard.press('Enter');
  await page.locator('#help:not([open])').waitFor({ state: 'attached' });
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'keys');

  const states = (await visitor.states()).length;
  for (const id of ['d', 'typed-W', 'keys', 'copy', 'whole-page', 'schedule', 'fresh', 'log', 'chart', 'theme', 'link']) {
    if (id === 'link') await openView(visitor, 'share');
    const found = await visitor.find(id).evaluate((element) => {
      const details = element.closest('details');
      if (details) details.open = true;
      /** @type {HTMLElement} */ (element).focus();
      return element === document.activeElement;
    });
    assert.equal(found, id !== 'whole-page', `${id}: the whole page’s link is for frames only`);
    for (const key of ['s', 'r', 'd']) if (found) await page.keyboard.press(key);
    await page.keyboard.press('Escape');
  }
  await openView(visitor, 'run');
  const summary = page.locator('#course summary');
  await summary.focus();
  const open = await visitor.find('course').getAttribute('open');
  await page.keyboard.press('Space');
  assert.notEqual(await visitor.find('course').getAttribute('open'), open, 'Space folds and unfolds');
  await page.locator('#notice').evaluate((element) => (element.textContent = ''));
  await visitor.frames();
  assert.equal((await visitor.states()).length, states, 'no run began');
  assert.equal(await visitor.text('comparison'), '');
  assert.match(await visitor.find('d').inputValue(), /srd/, 'what is typed is typed');

  await leave(visitor);
  for (const chord of ['Control+s', 'Alt+s', 'Shift+S']) await page.keyboard.press(chord);
  await visitor.frames();
  assert.equal((await visitor.states()).length, states);
}

/** s steps, r replays, d draws. @param {Visitor} visitor */
async function letters(visitor) {
  const { page } = visitor;
  await visitor.type({ d: 2, n: 256, epochs: 3, schedule: 'constant' });
  await leave(visitor);
  await page.keyboard.press('s');
  await visitor.eventually(async () => assert.equal((await visitor.lines()).length, 1));
  await visitor.reach('paused');
  await page.keyboard.press('r');
  await visitor.reach('done');
  assert.equal((await visitor.lines()).length, 3);
  const last = await visitor.comparison();
  await page.keyboard.press('d');
  await visitor.comparison(last);
  assert.match(await visitor.text('comparison-caption'), /^Draw 1 /);

  await openView(visitor, 'errors');
  await leave(visitor);
  for (const key of ['n', 'e']) await page.keyboard.press(key);
  await visitor.frames();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.view), 'errors', 'a presentation’s keys mean nothing without one');
  await openView(visitor, 'run');
  await leave(visitor);
}

/** Turned off they stay off, in this browser. @param {Visitor} visitor */
async function off(visitor) {
  const { page } = visitor;
  await page.keyboard.press('?');
  await page.locator('#shortcuts').uncheck();
  await visitor.press('help-close');
  for (const when of ['at once', 'on the next visit']) {
    if (when !== 'at once') await page.reload();
    await leave(visitor);
    const states = await visitor.states();
    for (const key of ['s', 'd', '?']) await page.keyboard.press(key);
    await visitor.frames();
    assert.deepEqual(await visitor.states(), states, when);
    assert.equal(await page.locator('#help[open]').count(), 0, when);
  }
  assert.deepEqual(await visitor.states(), ['idle']);
  await visitor.press('keys');
  await page.locator('#shortcuts').check();
  await visitor.press('help-close');
  await page.reload();
  await page.keyboard.press('s');
  await visitor.reach('paused');
}

visit(
  'Space trains, pauses and goes on; ? shows the keys, while they are on show nothing else happens, and Escape gives the focus back; what has the focus keeps its keys; s steps, r replays, d draws; turned off they stay off, in this browser',
  { context: { viewport: { width: 1440, height: 900 } } },
  async (visitor) => {
    await space(visitor);
    // Without the run that the address may have by now.
    await visitor.page.goto(visitor.page.url().split('#')[0]);
    await help(visitor);
    await letters(visitor);
    await off(visitor);
  },
);

visit(
  'where storage is refused they work, and can be turned off until the page is closed',
  { script: "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('refused', 'SecurityError'); } });" },
  async (visitor) => {
    const { page } = visitor;
    await page.keyboard.press('?');
    await page.locator('#shortcuts').uncheck();
    await page.keyboard.press('Escape');
    await leave(visitor);
    await page.keyboard.press('s');
    await visitor.frames();
    assert.deepEqual(await visitor.states(), ['idle']);
  },
);
