// @ts-check
/** The page for every visitor: small screens, keyboards, both themes, the clipboard. */
import assert from 'node:assert/strict';
import { visitors } from './browser.mjs';

const visit = visitors();

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  visit(`nothing scrolls sideways at 360 pixels (${colorScheme})`, { context: { viewport: { width: 360, height: 740 }, colorScheme } }, async (visitor) => {
    assert.deepEqual(await visitor.tooWide(), [], 'at first');
    await visitor.type({ d: '9'.repeat(60) });
    await visitor.press('train');
    await visitor.notice();
    assert.deepEqual(await visitor.tooWide(), [], 'with a refusal');
    await visitor.train({ d: 8, n: 1_048, epochs: 12 });
    await visitor.table();
    await visitor.heldOut();
    assert.deepEqual(await visitor.tooWide(), [], 'after a run');
    await visitor.press('trial');
    await visitor.eventually(async () => assert.match(await visitor.text('offer'), /^For this recipe/), 30_000);
    assert.deepEqual(await visitor.tooWide(), [], 'after a trial');
    const [left, right] = await visitor.find('train').evaluate((button) => [button.getBoundingClientRect().left, button.getBoundingClientRect().right]);
    assert.ok(left >= 0 && right <= 360, 'Train is in sight');
  });
}

visit('Copy puts the log on the clipboard', { context: { permissions: ['clipboard-read', 'clipboard-write'] } }, async (visitor) => {
  await visitor.train();
  await visitor.press('copy');
  await visitor.eventually(async () => assert.equal(await visitor.text('copy'), 'Copied'));
  const copied = await visitor.page.evaluate(() => navigator.clipboard.readText());
  assert.deepEqual(copied.split('\n'), await visitor.lines());
});

visit('the log can be selected line by line', {}, async (visitor) => {
  await visitor.train();
  const selected = await visitor.find('log').evaluate((log) => {
    const selection = /** @type {Selection} */ (getSelection());
    selection.selectAllChildren(log);
    return selection.toString();
  });
  assert.deepEqual(selected.split('\n'), await visitor.lines());
});

visit('the whole run can be driven by keyboard', {}, async (visitor) => {
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

visit('every control has a name', {}, async (visitor) => {
  await visitor.train();
  const nameless = await visitor.page
    .locator('button, input, select, textarea, summary, a, [role=img], [role=slider], [role=region], progress')
    .evaluateAll((elements) =>
      elements
        .filter((element) => {
          const labels = 'labels' in element ? /** @type {HTMLInputElement} */ (element).labels : null;
          const by = element.getAttribute('aria-labelledby');
          const named = by && document.getElementById(by)?.textContent;
          return !(named || element.getAttribute('aria-label') || labels?.[0]?.textContent || element.textContent?.trim());
        })
        .map((element) => element.outerHTML),
    );
  assert.deepEqual(nameless, []);
});
