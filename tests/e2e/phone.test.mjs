// @ts-check
/** The page on a phone: nothing scrolls sideways, with text twice as large neither, and a finger hits what it aims at. */
import assert from 'node:assert/strict';
import { visitors } from './browser.mjs';
import { targets } from './targets.mjs';
import { WALKS } from './walk.mjs';

const visit = visitors();

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, reducedMotion: /** @type {const} */ ('reduce') };

for (const { name, circumstances, walk } of WALKS) {
  visit(
    `${name} fits 360 pixels in every state, with text twice as large too, and fingers`,
    { ...circumstances, context: PHONE, shows: 'narrow' },
    async (visitor, t) => {
      /** @type {string[]} */
      const all = [];
      await walk(visitor, async (state) => {
        const { seen, small } = await targets(visitor);
        const wide = await visitor.tooWide();
        await visitor.page.evaluate(() => void (document.documentElement.style.fontSize = '200%'));
        await visitor.frames();
        const wideLarge = await visitor.tooWide();
        await visitor.page.evaluate(() => void (document.documentElement.style.fontSize = ''));
        await visitor.frames();
        t.diagnostic(`${state}: ${seen} targets, ${small.length} too small; ${wide.length} too wide, ${wideLarge.length} at 200 % text`);
        all.push(
          ...small.map((each) => `${state}: small: ${each}`),
          ...wide.map((each) => `${state}: wide: ${each}`),
          ...wideLarge.map((each) => `${state}: wide at 200 %: ${each}`),
        );
      });
      assert.deepEqual([...new Set(all)], []);
    },
  );
}
