// @ts-check
/** What stands open in each view: no more words than anyone reads, each term to be asked where it first stands, each figure by its own name. */
import assert from 'node:assert/strict';
import { press, visitors } from './browser.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

const DESK = { viewport: { width: 1440, height: 900 } };

const VIEWS = ['run', 'errors', 'limits', 'many', 'layer', 'share', 'about'];

/** More than this in one view is not read. */
const MOST_WORDS = 700;

/** Two windows of a desk. */
const TWO_WINDOWS = 1_800;

const TERMS = { m: 'run', mse: 'run', heldout: 'run', floor: 'run', biased: 'limits' };

/** More than this is no answer to a question asked in passing. */
const MOST_ASKED = 50;

/** @param {string} text */
const words = (text) => text.match(/\S*[\p{L}\p{N}]\S*/gu)?.length ?? 0;

/** Goes to a view by its link. @param {Visitor} visitor @param {string} name */
async function go({ page }, name) {
  await press(page.locator(`.views a[href*="view=${name}"]`));
  await page.locator(`#view-${name}`).waitFor();
}

visit('no view has more words open than are read, and the errors fit two windows', { view: 'run', context: DESK }, async (visitor, t) => {
  const { page } = visitor;
  await visitor.train({ epochs: 30 });
  await visitor.heldOut();
  for (const name of VIEWS) {
    await go(visitor, name);
    if (name === 'errors') await page.locator('#maps[data-value]').waitFor();
    if (name === 'layer') await page.locator('#layer-take:enabled').waitFor();
    if (name === 'limits') await page.locator('#taylor-toy:not(:empty)').waitFor();
    const shown = await page
      .locator(`header, .said, #view-${name}`)
      .evaluateAll((all) => all.map((one) => /** @type {HTMLElement} */ (one).innerText).join('\n'));
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    t.diagnostic(`${name}: ${words(shown)} words, ${height} pixels`);
    assert.ok(words(shown) <= MOST_WORDS, `${name}: ${words(shown)} words`);
    if (name === 'errors') assert.ok(height <= TWO_WINDOWS, `${height} pixels`);
  }
});

visit('each term is explained where it first stands, to the keyboard too', { view: 'run', context: DESK }, async (visitor) => {
  const { page } = visitor;
  await visitor.train({ epochs: 30 });
  await visitor.heldOut();
  await page.locator('#verdict:not(:empty)').waitFor();
  for (const [term, view] of Object.entries(TERMS)) {
    await go(visitor, view);
    const ask = page.locator(`#view-${view} [popovertarget="term-${term}"]`);
    const told = visitor.find(`term-${term}`);
    await ask.focus();
    await page.keyboard.press('Enter');
    assert.ok(await told.isVisible(), term);
    assert.ok(words((await told.textContent()) ?? '') <= MOST_ASKED, term);
    const box = await told.boundingBox();
    assert.ok(box && box.x >= 0 && box.x + box.width <= 1440 && box.y >= 0 && box.y + box.height <= 900, `${term}: ${JSON.stringify(box)}`);
    const { width, height } = (await ask.boundingBox()) ?? { width: 0, height: 0 };
    assert.ok(width >= 43.9 && height >= 43.9, `${term}: ${width} × ${height}`);
    await page.keyboard.press('Escape');
    assert.ok(await told.isHidden(), term);
    assert.ok(await ask.evaluate((button) => button === document.activeElement), term);
  }
});

visit('no two figures of a run have one name', { view: 'run', context: DESK }, async (visitor) => {
  const { page } = visitor;
  await visitor.train({ epochs: 30 });
  const { mse, rmse } = await visitor.heldOut();
  const four = (/** @type {number} */ value) => (value < 1e-3 ? value.toExponential(3) : value.toPrecision(4));
  const [train, validation] = [(await visitor.table()).at(-1) ?? NaN, (await visitor.table('validation')).at(-1) ?? NaN];
  assert.equal(new Set([train, validation, mse].map(four)).size, 3);
  assert.equal(await visitor.text('chart-readout'), `epoch 30: train ${four(train)}, validation ${four(validation)}`);
  assert.equal(await visitor.text('heldout-rmse'), rmse.toFixed(5));
  const said = await visitor.text('heldout-words');
  assert.ok(said.startsWith('Held-out RMSE over 10,000 draws, after 30 epochs; held-out MSE '), said);
  assert.ok(said.includes(four(mse)), said);
  assert.match(await visitor.text('comparison-caption'), /The RMSE is this draw’s\.$/);
  // «Held-out» is the last evaluation's word, and stands beside no other figure.
  const texts = await page.locator('body').evaluate((body) => body.textContent ?? '');
  for (const [, figure] of texts.matchAll(/held-out (?:R?MSE )?(\d[\d.]*(?:e-\d+)?)/gi)) assert.ok([four(mse), rmse.toFixed(5)].includes(figure), figure);
});
