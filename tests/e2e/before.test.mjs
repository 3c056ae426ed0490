// @ts-check
/** What took long is not replaced without a way back: a run that another takes the place of is kept and offered. */
import assert from 'node:assert/strict';
import { visitors } from './browser.mjs';
import { HASTE, keeps } from './kept-runs.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

/** The epoch of the run that is offered. @param {Visitor} visitor @param {string} kept */
async function offered(visitor, kept) {
  await visitor.page.locator('#interrupted:not([hidden])').waitFor();
  const words = await visitor.text('interrupted-words');
  const [, epoch] = words.match(new RegExp(`^${kept} at epoch ([\\d,]+) of 20,000 \\(d\u00a0=\u00a02, `)) ?? [];
  assert.ok(epoch, words);
  return Number(epoch.replaceAll(',', ''));
}

const REPLACED = 'The run before this one is kept,';

visit('a run that a key replaces is offered back, and goes on where it was kept; after a reload too; a short one never', { script: HASTE }, async (visitor) => {
  const { page } = visitor;
  await visitor.train({ n: 64, epochs: 3 });
  await visitor.train({ seed: 1 });
  assert.ok(await visitor.find('interrupted').isHidden(), 'what is sooner trained again than asked about');

  await page.evaluate('globalThis.haste = 10_000');
  // Longer than any test waits.
  await visitor.type({ n: 4_096, epochs: 20_000 });
  await visitor.trainAndPause(3);
  const lines = await visitor.lines();
  await page.evaluate('globalThis.haste = 0');
  // A key means nothing while a button has the focus.
  await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement).blur());
  await page.keyboard.press('r');
  const epoch = await offered(visitor, REPLACED);
  assert.ok(epoch > 0 && epoch <= lines.length);
  assert.equal(await visitor.text('resume-interrupted'), 'Bring it back');
  // While the new run goes on.
  await visitor.press('resume-interrupted');
  // Until it is back the log is the new run's, which has the same lines.
  await visitor.find('interrupted').waitFor({ state: 'hidden' });
  await visitor.eventually(async () => assert.deepEqual(await visitor.lines(), lines.slice(0, epoch)));
  assert.equal(await visitor.state(), 'paused');
  await page.evaluate('globalThis.haste = 1');
  await visitor.press('step');
  await visitor.eventually(async () => assert.equal((await visitor.lines()).length, epoch + 1));
  if (epoch < lines.length) assert.deepEqual((await visitor.lines()).at(-1), lines[epoch], 'and on to the same numbers');
  await visitor.reach('paused');

  await visitor.train({ n: 64, epochs: 3 });
  assert.equal(await offered(visitor, REPLACED), epoch + 1);
  await keeps(visitor, 1);
  await page.reload();
  assert.equal(await offered(visitor, 'A run was interrupted'), epoch + 1);
  await visitor.press('forget-interrupted');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'train', 'whose button has gone is led on');
  // What is still kept would be offered again, and move the buttons as it comes.
  await keeps(visitor, 0);
  await page.goto(page.url().split('#')[0]);
  await visitor.train({ n: 64, epochs: 3 });
  assert.ok(await visitor.find('interrupted').isHidden());
});

visit('a run that had ended when another took its place is offered after a reload as what it is, and is there again', { script: HASTE }, async (visitor) => {
  const { page } = visitor;
  await page.evaluate('globalThis.haste = 10_000');
  const lines = await visitor.train({ n: 64, epochs: 3 });
  await page.evaluate('globalThis.haste = 0');
  await visitor.train({ seed: 1 });
  await keeps(visitor, 1);
  await page.reload();
  await page.locator('#interrupted:not([hidden])').waitFor();
  assert.match(await visitor.text('interrupted-words'), /^A run that had ended is kept, at epoch 3 of 3 /);
  assert.equal(await visitor.text('resume-interrupted'), 'Bring it back');
  await visitor.press('resume-interrupted');
  await visitor.eventually(async () => assert.deepEqual(await visitor.lines(), lines));
  assert.equal(await visitor.state(), 'done');
  await keeps(visitor, 0);
});
