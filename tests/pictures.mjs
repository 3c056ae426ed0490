// @ts-check
/**
 * Takes the README's pictures of the page: three widths, both themes, one view and state each. Run by hand, after a change that can be seen:
 *
 *     cargo xtask serve
 *     CHROME=/usr/bin/chromium PHI_PSI_URL=http://127.0.0.1:8000/ node tests/pictures.mjs
 */
import { mkdir, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

/** @typedef {import('playwright-core').Page} Page */

const FOLDER = new URL('../.github/pictures/', import.meta.url);

/** Readers should not wait for them. */
const MOST_BYTES = 150_000;

/** @typedef {{ name: string, width: number, height: number, colorScheme: 'light' | 'dark', scale: number, show: (page: Page) => Promise<void> }} Picture */

/** @type {Picture[]} */
const PICTURES = [
  { name: '360-light', width: 360, height: 780, colorScheme: 'light', scale: 2, show: async () => {} },
  { name: '360-dark', width: 360, height: 780, colorScheme: 'dark', scale: 2, show: async (page) => (await trained(page), await top(page)) },
  { name: '768-light', width: 768, height: 1024, colorScheme: 'light', scale: 1, show: async (page) => (await swept(page), await stand(page, '.sweep-grid')) },
  {
    name: '768-dark',
    width: 768,
    height: 1024,
    colorScheme: 'dark',
    scale: 1,
    show: async (page) => (await trained(page), await mapped(page), await stand(page, '#maps')),
  },
  {
    name: 'sweep-m',
    width: 900,
    height: 760,
    colorScheme: 'light',
    scale: 1,
    show: async (page) => (await sweptWhole(page, 'm'), await stand(page, '.sweep-grid')),
  },
  {
    name: 'sweep-n',
    width: 900,
    height: 760,
    colorScheme: 'light',
    scale: 1,
    show: async (page) => (await sweptWhole(page, 'n'), await stand(page, '.sweep-grid')),
  },
  { name: 'seeds', width: 900, height: 1000, colorScheme: 'light', scale: 1, show: async (page) => (await many(page), await stand(page, '.bench figure')) },
  {
    name: 'averaging',
    width: 900,
    height: 760,
    colorScheme: 'light',
    scale: 1,
    show: async (page) => (await many(page), await averaged(page), await stand(page, '#average-words')),
  },
  {
    name: 'methods',
    width: 900,
    height: 660,
    colorScheme: 'light',
    scale: 1,
    show: async (page) => (await methods(page), await stand(page, '#methods .columns')),
  },
  { name: 'atlas', width: 900, height: 660, colorScheme: 'light', scale: 1, show: async (page) => (await floors(page), await stand(page, '#atlas .columns')) },
  { name: 'layer', width: 1440, height: 900, colorScheme: 'light', scale: 1, show: async (page) => (await replaced(page), await stand(page, '#layer')) },
  { name: 'layer-360', width: 360, height: 780, colorScheme: 'dark', scale: 2, show: async (page) => (await replaced(page), await stand(page, '#layer-draw')) },
  { name: 'map', width: 900, height: 620, colorScheme: 'light', scale: 1, show: async (page) => (await mappedOver(page), await stand(page, '#map-status')) },
  {
    name: '1440-light',
    width: 1440,
    height: 900,
    colorScheme: 'light',
    scale: 1,
    show: async (page) => (await trained(page), await page.locator('#draw').click(), await top(page)),
  },
  {
    name: '1440-dark',
    width: 1440,
    height: 900,
    colorScheme: 'dark',
    scale: 1,
    show: async (page) => (await trained(page), await mapped(page), await top(page)),
  },
  {
    name: 'inside',
    width: 1440,
    height: 660,
    colorScheme: 'light',
    scale: 1,
    show: async (page) => (await trained(page), await stand(page, '.second'), await page.locator('#inside-phi-words', { hasText: 'units' }).waitFor()),
  },
];

/** Opens another view. @param {Page} page @param {string} name */
async function see(page, name) {
  await page.locator(`.views a[href$="view=${name}"]`).click();
}

/** @param {Page} page */
async function top(page) {
  await page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }));
}

/** The notebook's longest run. @param {Page} page */
async function trained(page) {
  await page.locator('[data-epochs="30"]').click();
  await page.locator('#train').click();
  await page.locator('#heldout[data-rmse]').waitFor();
  await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement).blur());
}

/** @param {Page} page */
async function mapped(page) {
  await see(page, 'errors');
  await page.locator('#maps[data-value]').waitFor();
}

/** A small sweep over the width at which Φ and Ψ meet. @param {Page} page */
async function swept(page) {
  await see(page, 'many');
  await page.locator('#sweep-setup:enabled').waitFor();
  await page.locator('#sweeps button[data-axis=m]').click();
  await page.locator('#sweep-values').fill('1, 2, 3, 4, 6, 8, 12, 16');
  await page.locator('#sweep-seeds').fill('3');
  await page.locator('#sweep-plan', { hasText: '8 values × 3 seeds' }).waitFor();
  await page.locator('#sweep-start').click();
  await page.locator('#sweep-said', { hasText: '24 of 24 runs done.' }).waitFor();
}

/** A whole sweep as the page proposes it, and how long it took. @param {Page} page @param {string} axis */
async function sweptWhole(page, axis) {
  await page.locator('[data-epochs="30"]').click();
  await see(page, 'many');
  await page.locator('#sweep-setup:enabled').waitFor();
  await page.locator(`#sweeps button[data-axis=${axis}]`).click();
  // The plan follows what was typed a moment later.
  await page.waitForTimeout(500);
  const plan = await page.locator('#sweep-plan').textContent();
  const began = performance.now();
  await page.locator('#sweep-start').click();
  await page.locator('#sweep-said', { hasText: /^(\d+) of \1 runs done\.$/ }).waitFor({ timeout: 120_000 });
  console.log(`${plan} Done in ${((performance.now() - began) / 1000).toFixed(1)} s.`);
  if (axis === 'm') await page.locator('#sweep-chart .sweep-floor').waitFor({ state: 'attached' });
}

/** A thousand of the notebook's runs, and how long they took from the click to the finished picture. @param {Page} page */
async function many(page) {
  await page.locator('#seeds').fill('1000');
  await page.locator('#estimate', { hasText: '1,000 seeds' }).waitFor();
  const began = performance.now();
  await page.locator('#train').click();
  await page.waitForFunction(() => document.querySelectorAll('#strip [data-seed]').length === 1000, undefined, { timeout: 120_000 });
  console.log(`1,000 seeds in ${((performance.now() - began) / 1000).toFixed(1)} s: ${await page.locator('#seeds-words').textContent()}`);
  await page.locator('#heldout[data-rmse]').waitFor();
}

/** @param {Page} page */
async function averaged(page) {
  await page.locator('#average').click();
  await page.locator('#average-words', { hasText: 'The mean of' }).waitFor({ timeout: 120_000 });
}

/** A map as the page proposes it. @param {Page} page */
async function mappedOver(page) {
  await see(page, 'many');
  await page.locator('#sweep-setup:enabled').waitFor();
  await page.locator('#map-part summary').click();
  await page.locator('#map-start:enabled').click();
  await page.locator('#map-status', { hasText: /^(\d+) of \1 runs done\.$/ }).waitFor({ timeout: 120_000 });
}

/** A real layer without its GELU. @param {Page} page */
async function replaced(page) {
  await see(page, 'layer');
  await page.locator('#layer-take:enabled').waitFor();
  await page.locator('#layer-differ figure').first().waitFor();
}

/** Every method, after the notebook's run of thirty epochs. @param {Page} page */
async function methods(page) {
  await trained(page);
  await see(page, 'limits');
  await page.locator('#methods > summary').click();
  await stand(page, '#methods');
  await page.locator('#methods[data-target]').waitFor();
  console.log(await page.locator('#methods-said').textContent());
}

/** GELU's floors and those of tanh in 64 dimensions. @param {Page} page */
async function floors(page) {
  await see(page, 'limits');
  await page.locator('#atlas > summary').click();
  await stand(page, '#atlas');
  await page.locator('#atlas[data-of]').waitFor();
  await page.locator('#atlas-beside').check();
  const began = performance.now();
  await page.locator('#atlas-target-2').selectOption('tanh');
  await page.locator('#atlas[data-of="gelu,1,64;tanh,1,64"]').waitFor();
  console.log(`The atlas answered after ${(performance.now() - began).toFixed(0)} ms.`);
}

/** Has something stand at the top of the window. @param {Page} page @param {string} selector */
async function stand(page, selector) {
  await page
    .locator(selector)
    .first()
    .evaluate((element) => element.scrollIntoView({ block: 'start', behavior: 'instant' }));
}

const { CHROME, PHI_PSI_URL } = process.env;
if (!CHROME || !PHI_PSI_URL) throw new Error('CHROME names the browser and PHI_PSI_URL the page');
await mkdir(FOLDER, { recursive: true });
const browser = await chromium.launch({ executablePath: CHROME, args: ['--no-sandbox', '--hide-scrollbars'] });
for (const { name, width, height, colorScheme, scale, show } of PICTURES) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, deviceScaleFactor: scale, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(`${PHI_PSI_URL}?backend=cpu`);
  await page.locator('#estimate', { hasText: 'memory' }).waitFor();
  await show(page);
  await page.mouse.move(0, 0);
  await page.waitForTimeout(500);
  const path = fileURLToPath(new URL(`${name}.jpg`, FOLDER));
  await page.screenshot({ path, type: 'jpeg', quality: 68 });
  const { size } = await stat(path);
  if (size > MOST_BYTES) throw new Error(`${name}.jpg has ${size} bytes: at most ${MOST_BYTES}`);
  console.log(`${name}.jpg: ${Math.round(size / 1000)} kB`);
  await context.close();
}
await browser.close();
