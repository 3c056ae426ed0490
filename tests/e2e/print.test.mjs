// @ts-check
/** What comes out of the printer: the run as a report, dark on light whatever the screen has, with nothing to press. */
import assert from 'node:assert/strict';
import { press, visitors } from './browser.mjs';
import { near } from './walk.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

/** @param {Visitor} visitor */
async function onPaper(visitor) {
  await visitor.page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  await visitor.frames();
}

/** How light a colour is, from 0 to 255. @param {string} colour */
const lightness = (colour) => {
  const [, r, g, b] = /rgba?\((\d+), (\d+), (\d+)/.exec(colour) ?? [];
  return 0.2126 * Number(r) + 0.7152 * Number(g) + 0.0722 * Number(b);
};

/** @param {Visitor} visitor */
async function pages({ page }) {
  const pdf = await page.pdf({ format: 'A4' });
  return pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
}

visit(
  'words and recipe are printed before any run; then the run with its recipe, link, chart, figures, comparison and version, and no controls; and no more of what the form holds by then',
  { view: 'all', context: { colorScheme: 'dark' } },
  async (visitor) => {
    const { page } = visitor;
    await onPaper(visitor);
    assert.ok(await visitor.find('report').isHidden());
    assert.ok(await visitor.find('recipe').isVisible());
    await page.emulateMedia({ media: 'screen' });

    await visitor.train({ epochs: 6, seed: 7 });
    await visitor.heldOut();
    await near(visitor, 'errors', '#maps[data-value]');
    await visitor.eventually(async () => assert.match(await visitor.find('link').inputValue(), /mse=/));
    // The lab has come, which says what always answering zero is wrong by.
    await visitor.eventually(async () => assert.match(await visitor.text('verdict'), /allows\.$/));
    const url = await visitor.find('link').inputValue();
    const rmse = await visitor.text('heldout-rmse');
    await onPaper(visitor);

    const words = (await page.locator('body').innerText()).replace(/\s+/g, ' ');
    for (const part of [
      'A GELU layer, split in two',
      'd 2 m 16 hidden 64 n 1024 batch 64 epochs 6 lr 0.001 seed 7',
      url,
      'Epoch 6: MSE = 0.',
      rmse,
      'of always answering zero',
      'RMSE: Linearized',
      'made by phi·psi',
      'the CPU',
    ]) {
      assert.ok(words.includes(part), `«${part}» is not in «${words.slice(0, 900)}»`);
    }
    assert.deepEqual(await visitor.controls(), []);
    assert.ok(await visitor.find('chart').isVisible());
    for (const id of ['gelu-plot', 'errors', 'sweeps', 'taylor', 'takeaway', 'backend']) assert.ok(await visitor.find(id).isHidden(), id);

    const colours = await page.evaluate(() => {
      const look = (/** @type {string} */ selector, /** @type {'fill' | 'color' | 'backgroundColor' | 'stroke'} */ what) =>
        getComputedStyle(/** @type {Element} */ (document.querySelector(selector)))[what];
      return {
        paper: look('body', 'backgroundColor'),
        ink: look('body', 'color'),
        label: look('#chart text', 'fill'),
        curve: look('#chart .curve', 'stroke'),
        bar: look('#histogram .bar', 'fill'),
      };
    });
    assert.ok(lightness(colours.paper) > 254);
    for (const [what, colour] of Object.entries(colours)) if (what !== 'paper') assert.ok(lightness(colour) < 110, `${what}: ${colour}`);
    const middle = await visitor.find('map-scale').evaluate((canvas) => {
      const { width } = /** @type {HTMLCanvasElement} */ (canvas);
      return /** @type {CanvasRenderingContext2D} */ (/** @type {HTMLCanvasElement} */ (canvas).getContext('2d')).getImageData(width >> 1, 0, 1, 1).data[0];
    });
    assert.ok(middle > 200, 'zero is white on the maps');

    await page.emulateMedia({ media: 'screen' });
    const link = visitor.find('report-link');
    const linked = () => visitor.eventually(async () => assert.match((await link.textContent()) ?? '', /seed=7/));
    await linked();
    await visitor.type({ fresh: 1 });
    await visitor.eventually(async () => assert.equal(await link.textContent(), '', 'no link where the form has another course'));
    await visitor.type({ fresh: 0 });
    await linked();
    await visitor.type({ seed: 99 });
    await visitor.eventually(async () => assert.match(await visitor.find('link').inputValue(), /seed=99/));
    await onPaper(visitor);
    const report = await visitor.find('report').innerText();
    assert.match(report.replace(/\s+/g, ' '), /seed 7/);
    assert.doesNotMatch(report, /seed=99/, 'no link is better than another run’s');
  },
);

visit(
  'the report is one page, from any view, with the chart in it where it has never been on show; and the view is back afterwards',
  { view: 'run', context: { viewport: { width: 1440, height: 900 } } },
  async (visitor) => {
    const { page } = visitor;
    await page.evaluate(() =>
      addEventListener('beforeprint', () => {
        const chart = /** @type {Element} */ (document.getElementById('chart'));
        Object.assign(globalThis, { printed: [chart.getAttribute('viewBox'), chart.querySelectorAll('.dot').length] });
      }),
    );
    // Within the page: what the run draws, it would draw in the view that is then left.
    await page.evaluate(() => {
      document.getElementById('train')?.click();
      /** @type {HTMLElement} */ (document.querySelector('.views a[href*="view=about"]')).click();
    });
    await visitor.reach('done');
    await page.locator('#heldout[data-rmse]').waitFor({ state: 'attached' });
    assert.equal(await pages(visitor), 1);
    const [size, dots] = await page.evaluate('globalThis.printed');
    assert.ok(Number(size.split(' ')[2]) > 300, size);
    assert.equal(dots, 5, 'one for each epoch');
    assert.deepEqual(await page.locator('.view:visible').evaluateAll((views) => views.map(({ id }) => id)), ['view-about']);

    await press(page.locator('.views a[href*="view=run"]'));
    for (const fields of [
      { d: 8, hidden: 8, n: 64, epochs: 200 },
      { d: 2, epochs: 5, fresh: 1, rates: '3:0.0005' },
    ]) {
      await visitor.train(fields);
      await visitor.heldOut();
      await visitor.table();
      assert.equal(await pages(visitor), 1, JSON.stringify(fields));
    }
  },
);
