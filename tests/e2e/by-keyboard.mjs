// @ts-check
/** What a visitor does who has no pointer, in any browser. */
import assert from 'node:assert/strict';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

/** Runs in the page: after each key, what has the focus, and whether it is in sight, with nothing on top of its middle. */
function followFocus() {
  /** @type {{ element: Element, seen: boolean }[]} */
  const followed = [];
  Object.assign(globalThis, { followed });
  addEventListener('keyup', () => {
    const element = /** @type {HTMLInputElement} */ (document.activeElement);
    const { left, right, top, bottom } = element.getBoundingClientRect();
    const x = Math.min(Math.max((left + right) / 2, 1), innerWidth - 1);
    const y = Math.min(Math.max((Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2, 1), innerHeight - 1);
    const above = document.elementFromPoint(x, y);
    const inSight = bottom > 0 && top < innerHeight && right > 0 && left < innerWidth;
    const seen =
      inSight && above !== null && (element.contains(above) || above.contains(element) || [...(element.labels ?? [])].some((label) => label.contains(above)));
    followed.push({ element, seen });
  });
}

/** The script of a visit whose focus is followed. */
export const FOLLOWED = `(${followFocus})();`;

/** Steps, goes on, draws and trains. @param {Visitor} visitor */
export async function driven(visitor) {
  const { page } = visitor;
  const pressed = async (/** @type {string} */ id, key = 'Enter') => {
    await visitor.find(id).focus();
    await page.keyboard.press(key);
  };
  await pressed('step');
  await visitor.reach('paused');
  await pressed('pause', 'Space');
  await visitor.reach('done');
  const text = await visitor.comparison();
  await pressed('draw');
  await visitor.comparison(text);
  // Enter in a field is Train.
  await page.locator('#recipe [name=epochs]').fill('3');
  await visitor.anew();
  await page.keyboard.press('Enter');
  await visitor.reach('done');
  await visitor.eventually(async () => assert.equal((await visitor.lines()).length, 3));
}

/** What Tab has to come to, by the view where it is. @type {Record<string, string[]>} */
export const CONTROLS = {
  run: ['train', 'step', 'reset', 'trial', 'draw', 'compare', 'dice', 'copy', 'log', 'chart', 'comparison', 'd', 'seed', 'typed-W', 'typed-x'],
  share: ['link', 'copy-link', 'copy-markdown'],
};

/** Goes to views by their links, and by Tab to what is in them. @param {Visitor} visitor */
export async function tabbedTo({ page }) {
  for (const [view, controls] of Object.entries(CONTROLS)) {
    await page.locator(`.views a[href*="view=${view}"]`).focus();
    await page.keyboard.press('Enter');
    await page.locator(`#view-${view}`).waitFor();
    for (let i = 0, missed = controls; missed.length > 0; i += 1) {
      assert.ok(i < 15, `Tab never comes to ${missed}, in ${view}`);
      for (let j = 0; j < 10; j += 1) await page.keyboard.press('Tab');
      const reached = await page.evaluate(() =>
        /** @type {{ followed: { element: Element }[] }} */ (/** @type {unknown} */ (globalThis)).followed.map(({ element }) => element.id),
      );
      missed = controls.filter((id) => !reached.includes(id));
    }
  }
}
