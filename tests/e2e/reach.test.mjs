// @ts-check
/** The page for every visitor: small screens, keyboards, both themes, the clipboard. */
import assert from 'node:assert/strict';
import { visitors } from './browser.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

visit('nothing scrolls sideways at 360 pixels, light and dark', { context: { viewport: { width: 360, height: 740 } } }, async (visitor) => {
  const fits = async (/** @type {string} */ when) => {
    for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
      await visitor.page.emulateMedia({ colorScheme });
      assert.deepEqual(await visitor.tooWide(), [], `${when}, ${colorScheme}`);
    }
  };
  await fits('at first');
  await visitor.type({ d: '9'.repeat(60) });
  await visitor.press('train');
  await visitor.notice();
  await fits('with a refusal');
  await visitor.train({ d: 8, n: 1_048, epochs: 12 });
  await visitor.table();
  await visitor.heldOut();
  await fits('after a run');
  await visitor.press('trial');
  await visitor.eventually(async () => assert.match(await visitor.text('offer'), /^For this recipe/));
  await fits('after a trial');
  const [left, right] = await visitor.find('train').evaluate((button) => [button.getBoundingClientRect().left, button.getBoundingClientRect().right]);
  assert.ok(left >= 0 && right <= 360, 'Train is in sight');
});

visit(
  'Copy puts the log on the clipboard, it can be selected line by line, and every control has a name',
  { context: { permissions: ['clipboard-read', 'clipboard-write'] } },
  async (visitor) => {
    await visitor.train();
    await visitor.press('copy');
    await visitor.eventually(async () => assert.equal(await visitor.text('copy'), 'Copied'));
    const copied = await visitor.page.evaluate(() => navigator.clipboard.readText());
    assert.deepEqual(copied.split('\n'), await visitor.lines());
    const selected = await visitor.find('log').evaluate((log) => {
      const selection = /** @type {Selection} */ (getSelection());
      selection.selectAllChildren(log);
      return selection.toString();
    });
    assert.deepEqual(selected.split('\n'), await visitor.lines());
    assert.deepEqual(await nameless(visitor), []);
  },
);

for (const [browser, visitIn] of Object.entries({ Chromium: visit, Firefox: visitors('firefox') })) {
  visitIn(`the whole run can be driven by keyboard (${browser})`, { shows: 'keyboard' }, async (visitor) => {
    const { page } = visitor;
    const press = async (/** @type {string} */ id, key = 'Enter') => {
      await visitor.find(id).focus();
      await page.keyboard.press(key);
    };
    await press('step');
    await visitor.reach('paused');
    await press('pause', 'Space');
    await visitor.reach('done');
    const text = await visitor.comparison();
    await press('draw');
    await visitor.comparison(text);
    // Enter in a field is Train.
    await page.locator('#recipe [name=epochs]').fill('3');
    await page.keyboard.press('Enter');
    await visitor.eventually(async () => assert.equal((await visitor.lines()).length, 3));
    await visitor.reach('done');

    // Tab reaches every control.
    await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement).blur());
    const reached = new Set();
    for (let i = 0; i < 200; i += 1) {
      await page.keyboard.press('Tab');
      reached.add(await page.evaluate(() => document.activeElement?.id));
    }
    for (const id of [
      'train',
      'step',
      'reset',
      'trial',
      'draw',
      'compare',
      'dice',
      'copy',
      'link',
      'copy-link',
      'copy-markdown',
      'log',
      'chart',
      'comparison',
      'd',
      'seed',
      'typed-W',
      'typed-x',
    ]) {
      assert.ok(reached.has(id), `Tab never comes to #${id}`);
    }
  });
}

/** The controls that have no name. @param {Visitor} visitor */
function nameless({ page }) {
  return page.locator('button, input, select, textarea, summary, a, [role=img], [role=slider], [role=region], progress').evaluateAll((elements) =>
    elements
      .filter((element) => {
        const labels = 'labels' in element ? /** @type {HTMLInputElement} */ (element).labels : null;
        const by = element.getAttribute('aria-labelledby');
        const named = by && document.getElementById(by)?.textContent;
        return !(named || element.getAttribute('aria-label') || labels?.[0]?.textContent || element.textContent?.trim());
      })
      .map((element) => element.outerHTML),
  );
}
