// @ts-check
/** The page for everyone: axe finds nothing in any state of it, in both themes. */
import assert from 'node:assert/strict';
import axe from 'axe-core';
import { visitors } from './browser.mjs';
import { WALKS } from './walk.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

/**
 * All rules but the experimental ones, with the sizes of targets; the rules that judge a whole page hold for one in a frame, too. In the
 * second theme those about colours, since nothing else differs there; level AAA, which axe leaves off by default, stays off.
 * @param {Visitor} visitor @param {boolean} coloursAlone
 */
async function judged({ page }, coloursAlone) {
  return page.evaluate(async (coloursAlone) => {
    /** @type {typeof import('axe-core')} */
    const { run } = /** @type {any} */ (globalThis).axe;
    const { passes, violations, incomplete } = await run(document, {
      ...(coloursAlone
        ? { runOnly: ['cat.color'], rules: { 'color-contrast-enhanced': { enabled: false } } }
        : { rules: { 'target-size': { enabled: true } } }),
      resultTypes: ['violations'],
    });
    const found = violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary?.replace(/\s+/g, ' ')}`),
    );
    return {
      rules: passes.length + violations.length + incomplete.length,
      found,
      unsure: incomplete.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`)),
    };
  }, coloursAlone);
}

for (const { name, circumstances, walk } of WALKS) {
  // Without motion, since colours that change little by little are judged where they come to.
  visit(
    `axe finds nothing in any state of ${name}, in either theme`,
    { ...circumstances, script: axe.source, context: { reducedMotion: 'reduce' } },
    async (visitor, t) => {
      /** @type {string[]} */
      const all = [];
      await walk(visitor, async (state) => {
        for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
          await visitor.page.emulateMedia({ colorScheme });
          await visitor.frames();
          const { rules, found, unsure } = await judged(visitor, colorScheme === 'dark');
          t.diagnostic(`${state}, ${colorScheme}: ${rules} rules, ${found.length} violations, ${unsure.length} undecided`);
          all.push(...found.map((one) => `${state}, ${colorScheme}: ${one}`));
          for (const one of unsure) if (process.env.VERBOSE) t.diagnostic(one);
        }
        await visitor.page.emulateMedia({ colorScheme: 'light' });
      });
      assert.deepEqual(all, []);
    },
  );
}
