// @ts-check
/** Light and dark: the system's, or the visitor's own choice, from the first frame on; and what the system asks for besides. */
import assert from 'node:assert/strict';
import { ADDRESS, visitors } from './browser.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

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

visit('the colours are the system’s, and follow it', {}, async (visitor) => {
  const { page } = visitor;
  assert.equal(await paper(visitor), LIGHT);
  await page.emulateMedia({ colorScheme: 'dark' });
  assert.equal(await paper(visitor), DARK);
  assert.equal(await visitor.find('theme').inputValue(), 'system');
});

visit('what the visitor chooses holds from the first frame of the next visit on, on every page of the site', { script: FRAMES }, async (visitor) => {
  const { page } = visitor;
  await visitor.find('theme').selectOption('dark');
  assert.equal(await paper(visitor), DARK);
  await page.reload();
  assert.deepEqual(await papers(visitor), [DARK]);
  assert.equal(await visitor.find('theme').inputValue(), 'dark');
  for (const other of ['www/bench.html', 'www/api.html']) {
    await page.goto(ADDRESS + other);
    assert.deepEqual(await papers(visitor), [DARK], other);
  }
  await page.goto(`${ADDRESS}?backend=cpu`);
  await visitor.find('theme').selectOption('light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.reload();
  assert.deepEqual(await papers(visitor), [LIGHT]);
  await visitor.find('theme').selectOption('system');
  assert.equal(await paper(visitor), DARK);
  await page.reload();
  assert.deepEqual(await papers(visitor), [DARK]);
});

visit('a choice in one tab holds in the others', {}, async (visitor) => {
  const other = await visitor.page.context().newPage();
  await other.goto(visitor.page.url());
  await other.locator('#theme').selectOption('dark');
  await visitor.eventually(async () => assert.equal(await paper(visitor), DARK));
  assert.equal(await visitor.find('theme').inputValue(), 'dark');
  await other.close();
});

visit('what another page has written there is no theme', { script: "if (location.protocol !== 'about:') localStorage.setItem('phi-psi theme', '\"><b>');" }, async (visitor) => {
  assert.equal(await visitor.find('theme').inputValue(), 'system');
  assert.equal(await paper(visitor), LIGHT);
});

visit('where storage is refused a choice holds until the page is closed', { script: "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('refused', 'SecurityError'); } });" }, async (visitor) => {
  await visitor.find('theme').selectOption('dark');
  assert.equal(await paper(visitor), DARK);
});

visit('the maps are painted anew in the colours that hold', {}, async (visitor) => {
  const { page } = visitor;
  await visitor.train();
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
});

visit('with less motion nothing moves by itself', { context: { reducedMotion: 'reduce' } }, async (visitor) => {
  const moving = await visitor.page.evaluate(() => [...document.querySelectorAll('*')].filter((element) => {
    const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(element);
    return transitionDuration !== '0s' || animationName !== 'none' || scrollBehavior === 'smooth';
  }).map(({ id, localName }) => `${localName}#${id}`));
  assert.deepEqual(moving, []);
});
