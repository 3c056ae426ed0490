// @ts-check
/** On the CPU the same link gives the same bits in every browser; tests/unit/bits.test.mjs holds Node to more, here and for aarch64. */
import assert from 'node:assert/strict';
import { hash, LINKS } from '../unit/recorded.mjs';
import { ON_OTHER_PAGE, scripted } from './other-page.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */
/** @typedef {import('../unit/recorded.mjs').Outcome} Outcome */

/** Whole micro-batches and parts of one; tests/unit/bits.test.mjs interrupts them all. */
const INTERRUPTED = [LINKS[0], LINKS[2]];

/**
 * Declares the test for one browser: one page for all links, each of which opens a run of its own, in a worker of its own.
 * @param {ReturnType<typeof import('./browser.mjs').visitors>} visit @param {string} browser
 */
export function recordedBits(visit, browser) {
  visit(`the recorded bits in ${browser}`, { ...ON_OTHER_PAGE, shows: 'bits' }, async (visitor) => {
    for (const [name, link, recorded] of LINKS) {
      assert.equal(hash(await inBrowser(visitor, link, false)), recorded, `${name}, in one go`);
    }
    for (const [name, link, recorded] of INTERRUPTED) {
      assert.equal(hash(await inBrowser(visitor, link, true)), recorded, `${name}, interrupted`);
    }
  });
}

/** @param {Visitor} visitor @param {string} link @param {boolean} interrupted whether each epoch is a loop of its own, with a question after it @returns {Promise<Outcome>} */
function inBrowser(visitor, link, interrupted) {
  return scripted(
    visitor,
    async ({ openRun }, { link, interrupted }) => {
      const run = await openRun(link, { backend: 'cpu' });
      const losses = [];
      while (losses.length < run.recipe.epochs) {
        for await (const { mse } of run.epochs()) {
          losses.push(mse);
          if (interrupted) break;
        }
        if (interrupted) await run.compare(losses.length);
      }
      const weights = [...(await run.weights())];
      run.close();
      return { losses, weights };
    },
    { link, interrupted },
  );
}
