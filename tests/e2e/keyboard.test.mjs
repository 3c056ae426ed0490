// @ts-check
/** By keyboard alone: every control is reached in the order in which it is read, with a ring around it that can be seen. */
import assert from 'node:assert/strict';
import { visitors } from './browser.mjs';
import { loaded, near, openView, VIEWS, unfolded } from './walk.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

/** WCAG 1.4.11: a ring and what it stands on, this far apart. */
const LEAST_CONTRAST = 3;

/** What is loaded when it comes near, and what is there by then. */
const LATER = {
  'gelu-plot': '#gelu-plot[viewBox]',
  inside: '#inside[data-at]',
  errors: '#maps[data-value]',
  taylor: '#taylor[data-taylor]',
  solving: '#solve:enabled',
  sweeps: '#sweep-setup:enabled',
  layer: '#layer-take:enabled',
  takeaway: '#take-weights',
  citing: '#copy-cite:enabled',
};

/** What has the focus, where it is, and how its ring stands out. @param {Visitor} visitor */
const focused = ({ page }) =>
  page.evaluate((least) => {
    const element = /** @type {HTMLElement} */ (document.activeElement);
    if (!element || element === document.body) return null;
    const { left, right, top, bottom } = element.getBoundingClientRect();
    const look = getComputedStyle(element);
    /** @param {string} colour */
    const light = (colour) => {
      const [r, g, b] = (/rgba?\((\d+), (\d+), (\d+)/.exec(colour) ?? [])
        .slice(1)
        .map((part) => Number(part) / 255)
        .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    let ground = element.parentElement;
    while (ground && /^rgba\(0, 0, 0, 0\)$/.test(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
    const [a, b] = [light(look.outlineColor), light(getComputedStyle(ground ?? document.body).backgroundColor)];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    // At least its middle can be seen, with nothing on top of it.
    const [x, y] = [
      Math.min(Math.max((left + right) / 2, 1), innerWidth - 1),
      Math.min(Math.max((Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2, 1), innerHeight - 1),
    ];
    const inSight = bottom > 0 && top < innerHeight && right > 0 && left < innerWidth;
    const above = document.elementFromPoint(x, y);
    const { labels } = /** @type {HTMLInputElement} */ (element);
    return {
      name: `${element.localName}#${element.id} «${(element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 24)}»`,
      ring: look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2 && contrast >= least,
      contrast,
      seen: inSight && above !== null && (element.contains(above) || above.contains(element) || [...(labels ?? [])].some((label) => label.contains(above))),
      place: [...document.querySelectorAll('*')].indexOf(element),
    };
  }, LEAST_CONTRAST);

/** Goes through all that is on show by Tab, from the very beginning, with all that is folded away unfolded. @param {Visitor} visitor @param {string} when */
async function tabbed(visitor, when) {
  const { page } = visitor;
  await page.evaluate(() => {
    scrollTo({ top: 0, behavior: 'instant' });
    /** @type {HTMLElement} */ (document.activeElement).blur();
    getSelection()?.removeAllRanges();
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
  // Wherever the last click was.
  await page.locator('.skip').focus();
  for (const key of ['Tab', 'Shift+Tab']) await page.keyboard.press(key);
  /** @type {NonNullable<Awaited<ReturnType<typeof focused>>>[]} */
  const stops = [];
  for (let i = 0; i < 300; i += 1) {
    const stop = await focused(visitor);
    if (!stop || stops.some(({ place }) => place === stop.place)) break;
    stops.push(stop);
    await page.keyboard.press('Tab');
  }
  assert.deepEqual(
    stops.filter(({ ring }) => !ring).map(({ name, contrast }) => `${name}: ${contrast.toFixed(1)}`),
    [],
    `a ring that can be seen, ${when}`,
  );
  assert.deepEqual(
    stops.filter(({ seen }) => !seen).map(({ name }) => name),
    [],
    `in sight, and under nothing, ${when}`,
  );
  const places = stops.map(({ place }) => place);
  assert.deepEqual(
    places,
    [...places].sort((a, b) => a - b),
    `in the order of the page, ${when}`,
  );
  const left = await page.evaluate((reached) => {
    const all = [...document.querySelectorAll('*')];
    return all
      .filter(
        (each, i) =>
          each.matches('a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, summary, [tabindex="0"]') &&
          each.checkVisibility() &&
          !reached.includes(i),
      )
      .map(({ localName, id }) => `${localName}#${id}`);
  }, places);
  assert.deepEqual(left, [], `nothing is passed over, ${when}`);
  return `${when}: ${stops.length} stops, the weakest ring at ${Math.min(...stops.map(({ contrast }) => contrast)).toFixed(1)} : 1`;
}

visit(
  'Tab goes through all of the page in order, and what has the focus can be seen, light and dark',
  { context: { reducedMotion: 'reduce' } },
  async (visitor, t) => {
    const { page } = visitor;
    await visitor.train();
    await visitor.heldOut();
    // The floor comes last, and draws the chart anew.
    await page.locator('#ratio[data-value]').waitFor({ state: 'attached' });
    for (const [id, there] of Object.entries(LATER)) {
      await near(visitor, id, there);
    }
    await unfolded(visitor);
    for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
      await page.emulateMedia({ colorScheme });
      t.diagnostic(await tabbed(visitor, colorScheme));
    }
  },
);

visit(
  'so it does in each view by itself, on a phone, under whose bar no focus is hidden',
  { view: '', context: { reducedMotion: 'reduce', viewport: { width: 360, height: 780 } } },
  async (visitor, t) => {
    const { page } = visitor;
    await visitor.train();
    await visitor.heldOut();
    // The floor comes last, and draws the chart anew.
    await page.locator('#ratio[data-value]').waitFor({ state: 'attached' });
    for (const name of VIEWS) {
      await openView(visitor, name);
      await loaded(visitor, name);
      if (name === 'limits') await unfolded(visitor);
      t.diagnostic(await tabbed(visitor, name));
    }
  },
);

visit('the link past the head leads to the run, and leaves the recipe and the address in peace', {}, async (visitor) => {
  const { page } = visitor;
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.className), 'skip');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.ok(await page.evaluate(() => document.activeElement?.closest('#run') !== null));
  await visitor.frames();
  assert.equal(await visitor.text('notice'), '');
  assert.equal((await visitor.train()).length, 5);
});
