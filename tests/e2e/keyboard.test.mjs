// @ts-check
/** By keyboard alone: every control is reached in the order in which it is read, with a ring around it that can be seen, and every chart is read out. */
import assert from 'node:assert/strict';
import { press, visitors } from './browser.mjs';
import { CONTROLS, driven, FOLLOWED } from './by-keyboard.mjs';
import { CONTRAST } from './contrast.mjs';
import { loaded, narrowest, near, openView, unfolded, VIEWS } from './walk.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */
/** @typedef {import('node:test').TestContext} TestContext */
/** Where the focus stopped. @typedef {{ name: string, seen: boolean, place: number }} Stop */

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

/** Each chart by its id, where its data stand as a table, and how many rows that has after the run below. @type {Record<string, { table: string, rows: number, readout: string, words: RegExp }>} */
const CHARTS = {
  chart: { table: 'table-details', rows: 30, readout: 'chart-readout', words: /^epoch \d+: train 0\.\d+, validation/ },
  strip: { table: 'strip-table', rows: 4, readout: 'strip-readout', words: /^seed \d+: held-out MSE 0\.\d+, the \d/ },
  'average-plot': { table: 'average-table', rows: 3, readout: 'average-readout', words: /^\d runs?: [\d.e-]+, alone [\d.e-]+, floor / },
  'gelu-plot': { table: 'gelu-table', rows: 2, readout: 'gelu-readout', words: /^z −?[\d.]+: GELU −?[\d.e-]+, learned −?[\d.e-]+, error −?[\d.e-]+$/ },
  'inside-phi': { table: 'inside-phi-table', rows: 16, readout: 'inside-phi-readout', words: /^unit \d+: bends at [\d.]+ from the centre, .*weight/ },
  'inside-psi': { table: 'inside-psi-table', rows: 16, readout: 'inside-psi-readout', words: /^unit \d+: bends at [\d.]+ from the centre, .*weight/ },
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
    rows: 33,
    readout: 'layer-readout',
    words: /^m = \d+: Φ\(W\)Ψ\(x\) wrong on \d+ of 500, the best of rank \d+ on \d+$/,
  },
  'sweep-chart': { table: 'sweep-runs-details', rows: 2, readout: 'sweep-readout', words: /^m = \d+: MSE / },
};

/** Where the focus stopped, until it came to where it had been; null while it goes on. @param {Visitor} visitor @returns {Promise<Stop[] | null>} */
const stopped = ({ page }) =>
  page.evaluate(() => {
    const { followed } = /** @type {{ followed: { element: HTMLElement, seen: boolean }[] }} */ (/** @type {unknown} */ (globalThis));
    const end = followed.findIndex(({ element }, i) => element === document.body || followed.slice(0, i).some((before) => before.element === element));
    if (end < 0) return null;
    followed.splice(end);
    const all = [...document.querySelectorAll('*')];
    return followed.map(({ element, seen }) => ({
      name: `${element.localName}#${element.id} «${(element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 24)}»`,
      seen,
      place: all.indexOf(element),
    }));
  });

/** How the ring of each stop stands out from its ground, 0 where there is none, in the order of the stops. @param {Visitor} visitor @returns {Promise<number[]>} */
const rings = ({ page }) =>
  page.evaluate(() => {
    const { followed, contrast } = /** @type {{ followed: { element: HTMLElement }[], contrast: (...colours: string[]) => number }} */ (
      /** @type {unknown} */ (globalThis)
    );
    return followed.map(({ element }) => {
      // After the Tab key what has the focus shows it, whoever gives it.
      element.focus({ preventScroll: true });
      const look = getComputedStyle(element);
      if (look.outlineStyle === 'none' || !(parseFloat(look.outlineWidth) >= 2)) return 0;
      let ground = element.parentElement;
      while (ground && /^rgba\(0, 0, 0, 0\)$/.test(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
      return contrast(look.outlineColor, getComputedStyle(ground ?? document.body).backgroundColor);
    });
  });

/** Goes through all that is on show by Tab, from the very beginning, with all that is folded away unfolded. @param {Visitor} visitor @param {string} when */
async function tabbed(visitor, when) {
  const { page } = visitor;
  await page.evaluate(() => {
    scrollTo({ top: 0, behavior: 'instant' });
    /** @type {HTMLElement} */ (document.activeElement).blur();
    getSelection()?.removeAllRanges();
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
  // What is loaded with the part that it stands in.
  await page.locator('#change-lr:enabled').waitFor({ state: 'attached' });
  // Wherever the last click was.
  await page.locator('.skip').focus();
  for (const key of ['Tab', 'Shift+Tab']) await page.keyboard.press(key);
  // The last of these is the first of the way.
  await page.evaluate(() => void (/** @type {any} */ (globalThis).followed.splice(0, /** @type {any} */ (globalThis).followed.length - 1)));
  /** @type {Stop[] | null} */
  let stops = null;
  for (let i = 0; i < 20 && !stops; i += 1) {
    for (let j = 0; j < 15; j += 1) await page.keyboard.press('Tab');
    stops = await stopped(visitor);
  }
  assert.ok(stops, `comes to an end, ${when}`);
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
  return stops;
}

/** Each stop has a ring that can be seen. @param {Visitor} visitor @param {TestContext} t @param {Stop[]} stops @param {string} when */
async function ringed(visitor, t, stops, when) {
  const contrasts = await rings(visitor);
  assert.deepEqual(
    stops.flatMap(({ name }, i) => (contrasts[i] >= LEAST_CONTRAST ? [] : [`${name}: ${contrasts[i].toFixed(1)}`])),
    [],
    `a ring that can be seen, ${when}`,
  );
  t.diagnostic(`${when}: ${stops.length} stops, the weakest ring at ${Math.min(...contrasts).toFixed(1)} : 1`);
}

/** Goes by the arrow keys through every chart; their tables are unfolded. @param {Visitor} visitor */
async function readOut(visitor) {
  const { page } = visitor;
  assert.deepEqual(
    (await page.locator('svg.plot').evaluateAll((all) => all.map(({ id }) => id))).sort(),
    Object.keys(CHARTS).sort(),
    'no chart is forgotten here',
  );
  for (const [id, { table, rows, readout, words }] of Object.entries(CHARTS)) {
    const plot = visitor.find(id);
    /** The chart's words where the arrow keys are, twice: beside it, and for who cannot see it. */
    const said = () =>
      plot.evaluate((svg, readout) => [document.getElementById(readout)?.textContent ?? '', svg.getAttribute('aria-valuetext') ?? ''], readout);
    await visitor.eventually(async () => {
      const { caption, head, count, cells, title } = await plot.evaluate((svg, table) => {
        const all = (/** @type {string} */ selector) =>
          [...document.querySelectorAll(`#${table} ${selector}`)].map(({ textContent }) => textContent?.trim() ?? '');
        return {
          caption: svg.closest('figure')?.querySelector('figcaption')?.textContent?.trim() ?? '',
          head: all('thead th').length,
          count: all('tbody tr').length,
          cells: all('tbody tr:first-child > *'),
          title: all('caption')[0],
        };
      }, table);
      assert.ok(caption.length > 10, `#${id} has the caption «${caption}»`);
      assert.ok(count >= rows, `#${table}: ${count} rows`);
      assert.equal(cells.length, head, `${cells}`);
      assert.ok(cells.every(Boolean), `${cells}`);
      assert.match(title ?? '', /\w+.*\.$/, `#${table} has a caption`);
    });

    await plot.focus();
    for (const key of ['Home', 'ArrowRight', 'ArrowLeft', 'End', 'ArrowLeft']) {
      await page.keyboard.press(key);
      await visitor.eventually(async () => {
        for (const text of await said()) assert.match(text, words, `#${id}, ${key}`);
      });
    }
    const [before] = await said();
    await page.keyboard.press('ArrowLeft');
    if (!['gelu-plot', 'sweep-chart'].includes(id))
      await visitor.eventually(async () => assert.notEqual((await said())[0], before, `#${id} stays where it is`));
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
}

/** The link past the head leads to the run, and leaves recipe and address in peace. @param {Visitor} visitor */
async function skipped(visitor) {
  const { page } = visitor;
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.className), 'skip');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.ok(await page.evaluate(() => document.activeElement?.closest('#run') !== null));
  await visitor.frames();
  assert.equal(await visitor.text('notice'), '');
}

/** Copy puts the log on the clipboard, and it can be selected. @param {Visitor} visitor @param {string[]} lines */
async function copied(visitor, lines) {
  await visitor.press('copy');
  await visitor.eventually(async () => assert.equal(await visitor.text('copy'), 'Copied'));
  await visitor.eventually(async () => assert.match(await visitor.text('announcer'), /Copied\./));
  assert.deepEqual((await visitor.page.evaluate(() => navigator.clipboard.readText())).split('\n'), lines);
  const selected = await visitor.find('log').evaluate((log) => {
    const selection = /** @type {Selection} */ (getSelection());
    selection.selectAllChildren(log);
    return selection.toString();
  });
  assert.deepEqual(selected.split('\n'), lines);
}

visit(
  'the link past the head leads to the run; Tab goes through all of the page in order, and what has the focus can be seen, light and dark, and has a name; the log is copied and selected line by line; every chart has a caption, a table that says what the picture does, and words for every place that the arrow keys go to',
  { view: 'all', script: `${FOLLOWED}\n${CONTRAST}`, context: { permissions: ['clipboard-read', 'clipboard-write'] } },
  async (visitor, t) => {
    const { page } = visitor;
    await narrowest(visitor);
    await skipped(visitor);
    const lines = await visitor.train({ m: 4, hidden: 16, n: 128, epochs: 30 });
    assert.equal(lines.length, 30);
    await copied(visitor, lines);
    await visitor.train({ seeds: 4 });
    await visitor.heldOut();
    await visitor.press('average');
    await visitor.eventually(async () => assert.match(await visitor.text('average-words'), /^The mean of 4 runs/));
    // The floor comes last, and draws the chart anew.
    await page.locator('#ratio[data-value]').waitFor({ state: 'attached' });
    for (const [id, there] of Object.entries(LATER)) {
      await near(visitor, id, there);
    }
    await unfolded(visitor);
    await press(page.locator('#sweeps button[data-axis=m]'));
    await visitor.find('sweep-values').fill('2, 4');
    await visitor.find('sweep-seeds').fill('1');
    await visitor.eventually(async () => assert.match(await visitor.text('sweep-plan'), /2 values × 1 seed/));
    await visitor.press('sweep-start');
    await visitor.eventually(async () => assert.equal(await visitor.text('sweep-said'), '2 of 2 runs done.'));
    const stops = await tabbed(visitor, 'on a desk');
    for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
      await page.emulateMedia({ colorScheme });
      await ringed(visitor, t, stops, colorScheme);
    }
    assert.deepEqual(await nameless(visitor), []);
    await readOut(visitor);
  },
);

visit(
  'the whole run can be driven by keyboard, and Tab comes to all of each view by itself, on a phone, under whose bar no focus is hidden',
  { view: '', script: FOLLOWED, context: { viewport: { width: 360, height: 780 } }, shows: 'keyboard' },
  async (visitor) => {
    const { page } = visitor;
    await narrowest(visitor);
    // The methods solve 24 copies of the closed form of these sizes.
    await visitor.type({ hidden: 16, n: 128 });
    await driven(visitor);
    await visitor.heldOut();
    // The floor comes last, and draws the chart anew.
    await page.locator('#ratio[data-value]').waitFor({ state: 'attached' });
    for (const name of VIEWS) {
      await openView(visitor, name);
      await loaded(visitor, name);
      if (name === 'limits') await unfolded(visitor);
      const stops = await tabbed(visitor, name);
      const missed = (CONTROLS[name] ?? []).filter((id) => !stops.some((stop) => stop.name.includes(`#${id} «`)));
      assert.deepEqual(missed, [], `Tab comes to these, in ${name}`);
    }
  },
);

/** The controls that have no name. @param {Visitor} visitor */
function nameless({ page }) {
  return page.locator('button, input, select, textarea, summary, a, [role=img], [role=slider], [role=region], progress').evaluateAll((elements) =>
    elements
      .filter((element) => {
        const labels = 'labels' in element ? /** @type {HTMLInputElement} */ (element).labels : null;
        const by = element.getAttribute('aria-labelledby');
        const named = by && document.getElementById(by)?.textContent;
        return !(named || element.getAttribute('aria-label') || labels?.[0]?.textContent || element.textContent?.trim());
      })
      .map((element) => element.outerHTML),
  );
}
