// @ts-check
/** What took long is not replaced without a way back: a run that another takes the place of is kept and offered. */
import assert from 'node:assert/strict';
import { visitors } from './browser.mjs';
import { keeps } from './kept-runs.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

/** Longer than any test waits. */
const LONG = { n: 4_096, epochs: 20_000 };

/** Trains for so long that the run is worth keeping, and pauses. @param {Visitor} visitor @returns {Promise<string[]>} the log */
async function trainLong(visitor) {
  await visitor.type(LONG);
  await visitor.press('train');
  await visitor.underWay({ seconds: 3.5 });
  await visitor.press('pause');
  await visitor.reach('paused');
  return visitor.lines();
}

/** The epoch of the run that is offered. @param {Visitor} visitor */
async function offered(visitor) {
  await visitor.page.locator('#interrupted:not([hidden])').waitFor();
  const words = await visitor.text('interrupted-words');
  const [, epoch] = words.match(/^The run before this one is kept, at epoch ([\d,]+) of 20,000 \(d\u00a0=\u00a02, /) ?? [];
  assert.ok(epoch, words);
  return Number(epoch.replaceAll(',', ''));
}

visit('a run that a key replaces is offered back, and goes on where it was kept', {}, async (visitor) => {
  const { page } = visitor;
  const lines = await trainLong(visitor);
  // A key means nothing while a button has the focus.
  await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement).blur());
  await page.keyboard.press('r');
  const epoch = await offered(visitor);
  assert.ok(epoch > 0 && epoch <= lines.length);
  assert.equal(await visitor.text('resume-interrupted'), 'Bring it back');
  // While the new run goes on.
  await visitor.press('resume-interrupted');
  await visitor.eventually(async () => assert.deepEqual(await visitor.lines(), lines.slice(0, epoch)));
  assert.equal(await visitor.state(), 'paused');
  await visitor.press('step');
  await visitor.eventually(async () => assert.equal((await visitor.lines()).length, epoch + 1));
  if (epoch < lines.length) assert.deepEqual((await visitor.lines()).at(-1), lines[epoch], 'and on to the same numbers');
});

visit('a run that was replaced is offered after a reload too, and a short one never', {}, async (visitor) => {
  const { page } = visitor;
  await visitor.train({ n: 64, epochs: 3 });
  await visitor.train({ seed: 1 });
  assert.ok(await visitor.find('interrupted').isHidden(), 'what is sooner trained again than asked about');
  await trainLong(visitor);
  await visitor.train({ n: 64, epochs: 3 });
  const epoch = await offered(visitor);
  await page.reload();
  await page.locator('#interrupted:not([hidden])').waitFor();
  assert.match(await visitor.text('interrupted-words'), new RegExp(`^A run was interrupted at epoch ${epoch.toLocaleString('en')} of 20,000`));
  await visitor.press('forget-interrupted');
  // What is still kept would be offered again, and move the buttons as it comes.
  await keeps(visitor, 0);
  await page.goto(page.url().split('#')[0]);
  await visitor.train({ n: 64, epochs: 3 });
  assert.ok(await visitor.find('interrupted').isHidden());
});
