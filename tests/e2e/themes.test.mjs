// @ts-check
/** Light and dark: the system's, or the visitor's own choice, from the first frame on; and what the system asks for besides. */
import assert from 'node:assert/strict';
import { ADDRESS, Visitor, visitors } from './browser.mjs';
import { CONTRAST } from './contrast.mjs';

const visit = visitors();

/** @param {Visitor} visitor */
const paper = ({ page }) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const LIGHT = 'rgb(251, 250, 247)';
const DARK = 'rgb(19, 20, 24)';

/** Runs in the page: the colours of every frame until all is loaded. */
const FRAMES = `globalThis.papers = new Set();
const look = () => {
  if (document.body) globalThis.papers.add(getComputedStyle(document.body).backgroundColor);
  if (document.readyState !== 'complete') requestAnimationFrame(look);
};
look();
addEventListener('DOMContentLoaded', look);`;

/** @param {Visitor} visitor @returns {Promise<string[]>} */
const papers = ({ page }) => page.evaluate('[...globalThis.papers]');

/** What the system asks for besides. @param {Visitor} visitor */
async function asked(visitor) {
  const { page } = visitor;
  const moving = await page.evaluate(() =>
    [...document.querySelectorAll('*')]
      .filter((element) => {
        const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(element);
        return transitionDuration !== '0s' || animationName !== 'none' || scrollBehavior === 'smooth';
      })
      .map(({ id, localName }) => `${localName}#${id}`),
  );
  assert.deepEqual(moving, []);

  await visitor.train();
  await page.emulateMedia({ forcedColors: 'active' });
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    await page.emulateMedia({ colorScheme });
    // Even where the visitor has chosen the other theme, since that one is not worn.
    await visitor.find('theme').selectOption(colorScheme === 'light' ? 'dark' : 'light');
    await visitor.frames();
    const looks = await page.evaluate(() => {
      const canvas = getComputedStyle(document.body).backgroundColor;
      const look = (/** @type {string} */ selector) => getComputedStyle(/** @type {Element} */ (document.querySelector(selector)));
      const keys = [...document.querySelectorAll('.keys .key')]
        .filter((key) => key.getClientRects().length > 0)
        .map((key) => {
          const { backgroundColor, borderTopColor, borderTopWidth, borderLeftColor, borderLeftWidth } = getComputedStyle(key);
          const inks = [
            backgroundColor,
            ...(parseFloat(borderTopWidth) > 0 ? [borderTopColor] : []),
            ...(parseFloat(borderLeftWidth) > 0 ? [borderLeftColor] : []),
          ];
          return { name: key.className, seen: inks.some((ink) => ink !== canvas && ink !== 'rgba(0, 0, 0, 0)') };
        });
      return {
        canvas,
        keys,
        pressed: look('[data-epochs="5"]').backgroundColor,
        other: look('[data-epochs="3"]').backgroundColor,
        drawn: [look('#chart text').fill, look('#chart .curve').stroke, look('#chart line.axis').stroke],
      };
    });
    assert.deepEqual(
      looks.keys.filter(({ seen }) => !seen),
      [],
    );
    assert.ok(looks.keys.length > 3);
    assert.notEqual(looks.pressed, looks.other, 'what is pressed looks it');
    const light = (/** @type {string} */ colour) => (/\d+, \d+, \d+/.exec(colour) ?? ['0'])[0].split(', ').reduce((sum, part) => sum + Number(part), 0);
    for (const drawn of looks.drawn) assert.ok(Math.abs(light(drawn) - light(looks.canvas)) > 150, `${colorScheme}: ${drawn} on ${looks.canvas}`);
  }

  await visitor.find('theme').selectOption('system');
  await page.emulateMedia({ forcedColors: 'none', contrast: 'more' });
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    await page.emulateMedia({ colorScheme });
    await visitor.frames();
    const weak = await page.evaluate(() => {
      const { contrast } = /** @type {{ contrast: (...colours: string[]) => number }} */ (/** @type {unknown} */ (globalThis));
      const card = getComputedStyle(/** @type {Element} */ (document.querySelector('.bench'))).backgroundColor;
      /** @type {[string, 'color' | 'fill' | 'stroke' | 'borderTopColor', number][]} */
      const looks = [
        ['.hint', 'color', 7],
        ['#chart text.tick', 'fill', 7],
        ['#step', 'borderTopColor', 4.5],
        ['.bench', 'borderTopColor', 4.5],
        ['#chart .curve', 'stroke', 4.5],
        ['#chart line.axis', 'stroke', 4.5],
      ];
      return looks
        .map(([selector, what, least]) => ({
          selector,
          least,
          found: contrast(getComputedStyle(/** @type {Element} */ (document.querySelector(selector)))[what], card),
        }))
        .filter(({ least, found }) => !(found >= least));
    });
    assert.deepEqual(weak, [], colorScheme);
  }

  await page.emulateMedia({ contrast: 'no-preference', colorScheme: 'light' });
  await visitor.find('errors').evaluate((section) => section.scrollIntoView());
  await page.locator('#maps[data-value]').waitFor();
  await visitor.frames();
  const look = () => visitor.find('map-scale').evaluate((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL());
  const light = await look();
  await visitor.find('theme').selectOption('dark');
  await visitor.frames();
  const dark = await look();
  assert.notEqual(dark, light);
  await page.emulateMedia({ media: 'print' });
  await visitor.frames();
  assert.equal(await look(), light, 'paper is light');
  await page.emulateMedia({ media: 'screen' });
  await visitor.frames();
  assert.equal(await look(), dark);
}

visit(
  'the colours are the system’s, and follow it; what the visitor chooses holds in other tabs, and from the first frame of the next visit on, on every page of the site; with less motion nothing moves by itself; in the system’s few colours nothing is told by colour alone, and with more contrast all text has 7 to 1, and lines 4.5 to 1, light and dark; the maps are painted anew in the colours that hold',
  { view: 'all', script: `${FRAMES}\n${CONTRAST}` },
  async (visitor) => {
    const { page } = visitor;
    const theme = () => visitor.find('theme').inputValue();
    assert.deepEqual([await paper(visitor), await theme()], [LIGHT, 'system']);
    await page.emulateMedia({ colorScheme: 'dark' });
    assert.deepEqual([await paper(visitor), await theme()], [DARK, 'system']);
    await page.emulateMedia({ colorScheme: 'light' });

    await visitor.find('theme').selectOption('dark');
    assert.equal(await paper(visitor), DARK);
    await visitor.find('theme').selectOption('system');
    assert.equal(await paper(visitor), LIGHT);
    await visitor.find('theme').selectOption('dark');
    // The next visit is in another tab.
    const other = new Visitor(await page.context().newPage());
    await other.page.goto(page.url());
    assert.deepEqual(await papers(other), [DARK]);
    assert.equal(await other.find('theme').inputValue(), 'dark');
    await other.find('theme').selectOption('light');
    await visitor.eventually(async () => assert.equal(await paper(visitor), LIGHT));
    assert.equal(await theme(), 'light');
    await other.find('theme').selectOption('dark');
    await visitor.eventually(async () => assert.equal(await paper(visitor), DARK));
    assert.equal(await theme(), 'dark');
    await other.page.close();
    for (const other of ['www/bench.html', 'www/api.html']) {
      await page.goto(ADDRESS + other);
      assert.deepEqual(await papers(visitor), [DARK], other);
    }
    await page.goto(`${ADDRESS}?backend=cpu&view=all`);
    await visitor.find('theme').selectOption('light');
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.reload();
    assert.deepEqual(await papers(visitor), [LIGHT]);
    await visitor.find('theme').selectOption('system');
    assert.equal(await paper(visitor), DARK);
    await page.reload();
    assert.deepEqual(await papers(visitor), [DARK]);
    await page.emulateMedia({ colorScheme: 'light' });
    await asked(visitor);
  },
);

visit(
  'what another page has written there is no theme',
  { script: "if (location.protocol !== 'about:') localStorage.setItem('phi-psi theme', '\"><b>');" },
  async (visitor) => {
    assert.equal(await visitor.find('theme').inputValue(), 'system');
    assert.equal(await paper(visitor), LIGHT);
  },
);

visit(
  'where storage is refused a choice holds until the page is closed',
  { script: "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('refused', 'SecurityError'); } });" },
  async (visitor) => {
    await visitor.find('theme').selectOption('dark');
    assert.equal(await paper(visitor), DARK);
  },
);
