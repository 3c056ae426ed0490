// @ts-check
/** Every chart has a caption, a table with its data behind it, and is read out by the arrow keys. */
import assert from 'node:assert/strict';
import { press, visitors } from './browser.mjs';
import { near, unfolded } from './walk.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

/** Each chart by its id, where its data stand as a table, and how many rows that has after the run below. @type {Record<string, { table: string, rows: number, readout: string, words: RegExp }>} */
const CHARTS = {
  chart: { table: 'table-details', rows: 30, readout: 'chart-readout', words: /^epoch \d+: train 0\.\d+, validation/ },
  strip: { table: 'strip-table', rows: 4, readout: 'strip-readout', words: /^seed \d+: held-out MSE 0\.\d+, the \d/ },
  'average-plot': { table: 'average-table', rows: 3, readout: 'average-readout', words: /^\d runs?: [\d.e-]+, alone [\d.e-]+, floor / },
  'gelu-plot': { table: 'gelu-table', rows: 2, readout: 'gelu-readout', words: /^z −?[\d.]+: GELU −?[\d.e-]+, learned −?[\d.e-]+, error −?[\d.e-]+$/ },
  'inside-phi': { table: 'inside-phi-table', rows: 64, readout: 'inside-phi-readout', words: /^unit \d+: bends at [\d.]+ from the centre, .*weight/ },
  'inside-psi': { table: 'inside-psi-table', rows: 64, readout: 'inside-psi-readout', words: /^unit \d+: bends at [\d.]+ from the centre, .*weight/ },
  histogram: { table: 'histogram-table', rows: 40, readout: 'histogram-readout', words: /: [\d,]+ of 20,000, / },
  predicted: { table: 'predicted-table', rows: 5, readout: 'predicted-readout', words: /^y .* to .*: y′ / },
  bend: { table: 'bend-table', rows: 15, readout: 'bend-readout', words: /^z .* to .*: median / },
  'map-x': { table: 'map-x-table', rows: 6, readout: 'map-x-readout', words: /^w = .*, x = .*, z = .*: y′ .*, error / },
  'map-w': { table: 'map-w-table', rows: 6, readout: 'map-w-readout', words: /^w = .*, x = .*, z = .*: y′ .*, error / },
  'taylor-plot': { table: 'taylor-table', rows: 17, readout: 'taylor-readout', words: /^z −?[\d.]+: GELU .*, the series .*, the fit / },
  'methods-chart': {
    table: 'methods-points',
    rows: 30,
    readout: 'methods-readout',
    words: /^m [\d,]+, .*: ([\d.e-]+|below 1e-15)( ± [\d.e-]+)?(; the floor .*)?$/,
  },
  'biased-plot': {
    table: 'biased-table',
    rows: 8,
    readout: 'biased-readout',
    words: /^(the mean of \d+ cop(y|ies), Solve.*: −?[\d.e-]+( ± [\d.e-]+)?|the Taylor series: −?[\d.e-]+, always)$/,
  },
  'unbiased-plot': {
    table: 'unbiased-table',
    rows: 20,
    readout: 'unbiased-readout',
    words: /^the mean of \d+ cop(y|ies), random .* features: −?[\d.e-]+( ± [\d.e-]+)?$/,
  },
  'consistent-plot': { table: 'consistent-table', rows: 12, readout: 'consistent-readout', words: /^m [\d,]+, (Solve|the Taylor series).*: [\d.e-]+$/ },
  'atlas-chart': { table: 'atlas-points', rows: 20, readout: 'atlas-readout', words: /^m [\d,]+: GELU, d\s=\s\d+, [\d.e-]+$/ },
  'layer-chart': {
    table: 'layer-widths',
    rows: 64,
    readout: 'layer-readout',
    words: /^m = \d+: Φ\(W\)Ψ\(x\) wrong on \d+ of 500, the best of rank \d+ on \d+$/,
  },
  'sweep-chart': { table: 'sweep-runs-details', rows: 2, readout: 'sweep-readout', words: /^m = \d+: MSE / },
};

/** Everything that a chart shows. @param {Visitor} visitor */
async function fill(visitor) {
  await visitor.train({ epochs: 30, seeds: 4 });
  await visitor.heldOut();
  await visitor.press('average');
  await visitor.eventually(async () => assert.match(await visitor.text('average-words'), /^The mean of 4 runs/));
  await near(visitor, 'inside', '#inside[data-at]');
  await near(visitor, 'errors', '#maps[data-value]');
  await near(visitor, 'taylor', '#taylor[data-taylor]');
  await unfolded(visitor);
  await near(visitor, 'layer', '#layer-take:enabled');
  await near(visitor, 'sweeps', '#sweep-setup:enabled');
  await press(visitor.page.locator('#sweeps button[data-axis=m]'));
  await visitor.find('sweep-values').fill('2, 4');
  await visitor.find('sweep-seeds').fill('1');
  await visitor.eventually(async () => assert.match(await visitor.text('sweep-plan'), /2 values × 1 seed/));
  await visitor.press('sweep-start');
  await visitor.eventually(async () => assert.equal(await visitor.text('sweep-said'), '2 of 2 runs done.'));
}

visit('every chart has a caption, a table that says what the picture does, and words for every place that the arrow keys go to', {}, async (visitor) => {
  const { page } = visitor;
  await fill(visitor);
  assert.deepEqual(
    (await page.locator('svg.plot').evaluateAll((all) => all.map(({ id }) => id))).sort(),
    Object.keys(CHARTS).sort(),
    'no chart is forgotten here',
  );
  for (const [id, { table, rows, readout, words }] of Object.entries(CHARTS)) {
    const plot = visitor.find(id);
    await plot.scrollIntoViewIfNeeded();
    const caption = await plot.evaluate((svg) => svg.closest('figure')?.querySelector('figcaption')?.textContent?.trim() ?? '');
    assert.ok(caption.length > 10, `#${id} has the caption «${caption}»`);

    await visitor.find(table).evaluate((details) => void details.toggleAttribute('open', true));
    await visitor.eventually(async () =>
      assert.ok((await page.locator(`#${table} tbody tr`).count()) >= rows, `#${table}: ${await page.locator(`#${table} tbody tr`).count()} rows`),
    );
    const cells = await page.locator(`#${table} tbody tr`).first().locator('th, td').allTextContents();
    assert.equal(cells.length, await page.locator(`#${table} thead th`).count(), `${cells}`);
    assert.ok(
      cells.every((cell) => cell.trim() !== ''),
      `${cells}`,
    );
    assert.match((await page.locator(`#${table} caption`).textContent()) ?? '', /\w+.*\.$/);

    await plot.focus();
    for (const key of ['Home', 'ArrowRight', 'ArrowLeft', 'End', 'ArrowLeft']) {
      await page.keyboard.press(key);
      await visitor.eventually(async () => assert.match(await visitor.text(readout), words, `#${id}, ${key}`));
      await visitor.eventually(async () => assert.match((await plot.getAttribute('aria-valuetext')) ?? '', words, `#${id}, ${key}`));
    }
    const before = await visitor.text(readout);
    await page.keyboard.press('ArrowLeft');
    if (!['gelu-plot', 'sweep-chart'].includes(id))
      await visitor.eventually(async () => assert.notEqual(await visitor.text(readout), before, `#${id} stays where it is`));
    const [now, least, most] = await plot.evaluate((svg) => ['now', 'min', 'max'].map((name) => Number(svg.getAttribute(`aria-value${name}`))));
    assert.ok(least <= now && now <= most, `#${id}: ${least} ≤ ${now} ≤ ${most}`);
  }

  // The tables say what the pictures do.
  const outputs = (await page.locator('#histogram-table tbody td:nth-child(2)').allTextContents()).map((text) => Number(text.replaceAll(',', '')));
  assert.deepEqual(outputs.map(String).join(' '), (await visitor.data('histogram')).counts);
  assert.equal(
    outputs.reduce((sum, many) => sum + many, 0),
    20_000,
  );
  const squares = (await page.locator('#map-x-table tbody td').allTextContents()).map((text) => Number(text.replace('−', '-')));
  assert.equal(squares.length, 36);
  assert.ok(squares.every(Number.isFinite) && new Set(squares).size > 20, `${squares}`);
});
