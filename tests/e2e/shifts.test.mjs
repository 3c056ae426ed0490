// @ts-check
/** Nothing jumps while the page loads, trains and draws. */
import assert from 'node:assert/strict';
import { visitors } from './browser.mjs';
import { loaded, WATCHED } from './watched.mjs';

const visit = visitors();

/** What a visitor would not call a jump: of the whole, and not a time. */
const MOST_SHIFT = 0.02;

/** @param {import('./browser.mjs').Visitor} visitor @returns {Promise<{ value: number, at: number, hadRecentInput: boolean, what: string[] }[]>} */
const shifts = ({ page }) => page.evaluate('globalThis.shifts');

for (const [name, viewport] of /** @type {const} */ ([
  ['on a phone', { width: 360, height: 740 }],
  ['on a desk', { width: 1440, height: 900 }],
])) {
  visit(
    `loading, training and drawing, nothing jumps, and a jump is seen where there is one (${name})`,
    { script: WATCHED, context: { viewport, reducedMotion: 'reduce' } },
    async (visitor, t) => {
      const { page } = visitor;
      await loaded(visitor);
      // By the page's own hand: what follows a key or a click within half a second would be forgiven.
      await page.evaluate(() => document.getElementById('train')?.click());
      await visitor.reach('done');
      await visitor.heldOut();
      // The floor, from the lab, is the last that a run brings.
      await page.locator('#ratio[data-value]').waitFor({ state: 'attached' });
      await visitor.frames();
      const top = await shifts(visitor);
      await visitor.find('draw').evaluate((button) => button.scrollIntoView({ block: 'center', behavior: 'instant' }));
      await visitor.frames();
      for (let i = 0; i < 3; i += 1) {
        const last = await visitor.text('comparison');
        await visitor.find('draw').evaluate((button) => /** @type {HTMLButtonElement} */ (button).click());
        await visitor.comparison(last);
        await visitor.frames();
      }
      const all = await shifts(visitor);
      const sum = (/** @type {typeof all} */ some) => some.reduce((total, { value }) => total + value, 0);
      t.diagnostic(`${name}: ${sum(top).toFixed(4)} while it loads and trains, ${sum(all).toFixed(4)} with three draws`);
      for (const { value, at, what } of all) t.diagnostic(`${value.toFixed(5)} at ${Math.round(at)} ms: ${what.join(', ')}`);
      assert.ok(sum(all) < MOST_SHIFT, `${sum(all)}: ${JSON.stringify(all)}`);

      await page.evaluate(() => {
        scrollTo({ top: 0, behavior: 'instant' });
        const masthead = /** @type {HTMLElement} */ (document.querySelector('.masthead'));
        masthead.style.marginTop = '200px';
      });
      await visitor.eventually(async () => assert.ok(sum(await shifts(visitor)) > sum(all) + MOST_SHIFT));
    },
  );
}
