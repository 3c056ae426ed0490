// @ts-check
/**
 * The page for everyone: axe finds nothing in any state of it, in both themes, on a phone and on a desk; and on the phone nothing scrolls
 * sideways, with text twice as large neither, and a finger hits what it aims at.
 */
import assert from 'node:assert/strict';
import axe from 'axe-core';
import { visitors } from './browser.mjs';
import { targets } from './targets.mjs';
import { WALKS } from './walk.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

const PHONE = { width: 360, height: 740 };
/** The second is judged by its colours alone. */
const THEMES = /** @type {const} */ (['light', 'dark']);

const DESK = { width: 1100, height: 900 };

/** What is too wide for the phone, or too small for a finger. @param {Visitor} visitor */
async function cramped(visitor) {
  const { page } = visitor;
  const { small } = await targets(visitor);
  const wide = await visitor.tooWide();
  await page.evaluate(() => void (document.documentElement.style.fontSize = '200%'));
  await visitor.frames();
  const large = await visitor.tooWide();
  await page.evaluate(() => document.documentElement.removeAttribute('style'));
  await visitor.frames();
  return [...small.map((each) => `small: ${each}`), ...wide.map((each) => `wide: ${each}`), ...large.map((each) => `wide at 200 %: ${each}`)];
}

/** All of the page is to be judged. @param {Visitor} visitor */
function whole({ page }) {
  return page.evaluate(() => Object.assign(globalThis, { parts: [document.documentElement] }).parts.length);
}

/** Finds what is to be judged: the parts of the page that have changed since it was last asked, at this width of the window. @param {Visitor} visitor */
function changed({ page }) {
  return page.evaluate(() => {
    const all = /** @type {{ was?: WeakMap<Element, { own: string, whole: string }>, width?: number, parts?: Element[] }} */ (globalThis);
    if (all.width !== innerWidth) Object.assign(all, { was: new WeakMap(), width: innerWidth });
    /** @param {Element} element @returns {Element[]} */
    const differing = (element) => {
      const before = all.was?.get(element);
      const whole = element.outerHTML;
      if (before?.whole === whole) return [];
      const content = [...element.childNodes].map((node) => (node instanceof Element ? node.localName : node.textContent));
      // An empty style is what is left of one that was taken away.
      const own = `${[...element.attributes].filter(({ name, value }) => name !== 'style' || value).map(({ name, value }) => `${name}=${value}`)} ${content}`;
      all.was?.set(element, { own, whole });
      const inner = [...element.children].flatMap(differing);
      return before?.own === own ? inner : [element];
    };
    const parts = new Set(
      differing(document.documentElement).map((element) => element.closest('figure, details, section, nav, header, footer, dialog') ?? element),
    );
    all.parts = [...parts].filter((part) => ![...parts].some((other) => other !== part && other.contains(part)));
    return all.parts.length;
  });
}

/** Leaves away, or brings back, the rows of plain cells after the third of a table: they are as that is, and some tables have many. @param {Visitor} visitor @param {boolean} shorter */
function shorten({ page }, shorter) {
  return page.evaluate((shorter) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('tbody tr:nth-child(n + 4):not([class], :has([class], :not(th, td))) { display: none }');
    document.adoptedStyleSheets = shorter ? [sheet] : [];
  }, shorter);
}

/**
 * All rules but the experimental ones, with the sizes of targets; the rules that judge a whole page hold for one in a frame, too. In the
 * second theme those about colours, since nothing else differs there; level AAA, which axe leaves off by default, stays off.
 * @param {Visitor} visitor @param {'all' | 'colours' | 'no colours'} what
 */
function judged({ page }, what) {
  return page.evaluate(async (what) => {
    const { axe, parts } = /** @type {{ axe: typeof import('axe-core'), parts: Element[] }} */ (/** @type {unknown} */ (globalThis));
    const { violations, incomplete } = await axe.run(
      { include: /** @type {any} */ (parts) },
      {
        ...(what === 'colours'
          ? { runOnly: ['cat.color'], rules: { 'color-contrast-enhanced': { enabled: false } } }
          : { rules: { 'target-size': { enabled: true }, 'color-contrast': { enabled: what === 'all' } } }),
        resultTypes: ['violations'],
      },
    );
    return {
      found: violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary?.replace(/\s+/g, ' ')}`),
      ),
      unsure: incomplete.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`)),
    };
  }, what);
}

for (const { name, circumstances, walk } of WALKS) {
  // The views one by one are seen in both sizes, each; of the others the last state, which has most in it, is seen on the desk, too.
  const both = circumstances.view === '';
  // Without motion, since colours that change little by little are judged where they come to.
  visit(
    `${name}, in any state: axe finds nothing in either theme, and 360 pixels are enough, for text twice as large and fingers too`,
    { ...circumstances, script: axe.source, context: { viewport: both ? DESK : PHONE, hasTouch: true, reducedMotion: 'reduce' }, shows: 'narrow' },
    async (visitor, t) => {
      const { page } = visitor;
      /** @type {string[]} */
      const all = [];
      const ask = async (/** @type {string} */ state, elsewhere = false) => {
        const narrow = page.viewportSize()?.width === PHONE.width;
        if (narrow) all.push(...(await cramped(visitor)).map((one) => `${state}: ${one}`));
        // Where the width changes with each question, all of the page does.
        const parts = both ? await whole(visitor) : await changed(visitor);
        await shorten(visitor, true);
        // The colours are the same at both sizes, and in another walk: on the desk the light ones are judged once more where most is to be seen.
        for (const colorScheme of THEMES.slice(0, narrow && !elsewhere ? 2 : 1)) {
          await page.emulateMedia({ colorScheme });
          await visitor.frames();
          const { found, unsure } = await judged(visitor, colorScheme === 'dark' ? 'colours' : both && !narrow ? 'no colours' : 'all');
          t.diagnostic(`${state}, ${colorScheme}: ${parts} parts, ${found.length} violations, ${unsure.length} undecided`);
          all.push(...found.map((one) => `${state}, ${colorScheme}: ${one}`));
          for (const one of unsure) if (process.env.VERBOSE) t.diagnostic(one);
        }
        await page.emulateMedia({ colorScheme: 'light' });
        await shorten(visitor, false);
      };
      await walk(visitor, ask);
      if (!both) {
        await page.setViewportSize(DESK);
        await visitor.frames();
        await ask('and at last on a desk');
      }
      assert.deepEqual([...new Set(all)], []);
    },
  );
}
