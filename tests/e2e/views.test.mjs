// @ts-check
/** The views of the page: one at a time, each with its address, the first screen with the whole notebook on it, and no more words than anyone reads. */
import assert from 'node:assert/strict';
import { ADDRESS, press, SHIPPED, visitors } from './browser.mjs';
import { loaded, openView as open, VIEWS } from './walk.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */
/** @typedef {import('node:test').TestContext} TestContext */

const visit = visitors();

const DESK = { width: 1440, height: 900 };

/** Two windows of a desk. */
const MOST_HEIGHT = 1_800;

/** More than this in one view is not read. */
const MOST_WORDS = 700;

/** Where each term stands first. */
const TERMS = { m: 'run', mse: 'run', heldout: 'run', floor: 'run', biased: 'limits' };

/** More than this is no answer to a question asked in passing. */
const MOST_ASKED = 50;

/** The least height of the chart on the first screen. */
const CHART = 300;

/** As far from a phone's lower edge as a thumb reaches. */
const THUMB = 120;

/** Runs in the page: which views stood on the screen in each frame so far. */
const FRAMES = `globalThis.frames = new Set();
const look = () => {
  for (const view of document.querySelectorAll('.view')) if (view.getClientRects().length > 0) globalThis.frames.add(view.id);
  requestAnimationFrame(look);
};
requestAnimationFrame(look);`;

/** @param {string} text */
const words = (text) => text.match(/\S*[\p{L}\p{N}]\S*/gu)?.length ?? 0;

/** What the page is called. */
const TITLE = 'φ·ψ: a GELU layer, split in two';

/** @param {Visitor} visitor */
const shown = ({ page }) => page.locator('.view:visible').evaluateAll((views) => views.map(({ id }) => id.replace('view-', '')));

/** @param {Visitor} visitor @param {string} name */
async function stands(visitor, name) {
  const { page } = visitor;
  assert.deepEqual(await shown(visitor), [name]);
  assert.deepEqual(await page.locator('.views a[aria-current]').evaluateAll((links) => links.map((link) => link.getAttribute('aria-current'))), ['page']);
  const words = (await page.locator('.views a[aria-current]').textContent()) ?? '';
  const { search } = new URL(page.url());
  assert.equal(search, name === 'run' ? '?backend=cpu' : `?backend=cpu&view=${name}`);
  assert.equal(await page.title(), name === 'run' ? TITLE : `${words} – ${TITLE}`);
}

/** A view is an address. @param {Visitor} visitor */
async function addressed(visitor) {
  const { page } = visitor;
  await stands(visitor, 'run');
  await visitor.type({ m: 4, epochs: 2 });
  await page.waitForURL(/#v=1&d=2&m=4&.*&epochs=2&/);
  const { hash } = new URL(page.url());
  for (const name of VIEWS.slice(1)) {
    await open(visitor, name);
    await stands(visitor, name);
    assert.equal(new URL(page.url()).hash, hash);
    assert.equal(await page.evaluate(() => scrollY), 0);
  }
  assert.doesNotMatch(await visitor.find('link').inputValue(), /view/, 'a run’s link is the run alone');
  for (const name of VIEWS.slice(0, -1).reverse()) {
    await page.goBack();
    await stands(visitor, name);
  }
  await page.goForward();
  await stands(visitor, VIEWS[1]);
  assert.equal(await visitor.text('opened'), '', 'no link was opened on the way');

  await open(visitor, 'about');
  await page.reload();
  await visitor.frames();
  await stands(visitor, 'about');
  assert.deepEqual([...(await page.evaluate('[...globalThis.frames]'))], ['view-about'], 'no frame showed another view');
  await visitor.eventually(async () => assert.equal((await visitor.typed()).m, '4'));

  const [other] = await Promise.all([
    page.context().waitForEvent('page'),
    page.locator('.views a[href*="view=limits"]').click({ modifiers: ['ControlOrMeta'] }),
  ]);
  await other.waitForURL(/\?view=limits#v=1&d=2&m=4/);
  await other.close();
  await stands(visitor, 'about');

  await page.locator('.skip').focus();
  await page.keyboard.press('Enter');
  await visitor.eventually(async () => assert.deepEqual(await shown(visitor), ['run']));
  await page.goto(`${ADDRESS}?backend=cpu&view=nothing`);
  assert.deepEqual(await shown(visitor), ['run']);
  await page.goto(`${ADDRESS}?backend=cpu&view=all`);
  assert.deepEqual(await shown(visitor), VIEWS);
  await open(visitor, 'share');
  await stands(visitor, 'share');
  await page.goBack();
  assert.deepEqual(await shown(visitor), VIEWS);
  assert.equal(await page.title(), TITLE, 'all of them have the page’s own');
  await page.goto(`${ADDRESS}?backend=cpu#sweep=m&values=2,4&seeds=2&v=1&d=2&m=16&hidden=8&n=128&batch=64&epochs=2&lr=0.001&seed=42`);
  await visitor.eventually(async () => assert.deepEqual(await shown(visitor), ['many']));
}

/** What leads to the recipe, and what is said in the view. @param {Visitor} visitor */
async function led(visitor) {
  const { page } = visitor;
  await open(visitor, 'run');
  await visitor.train({ n: 128, epochs: 2, hidden: 8 });
  await visitor.type({ seed: 'none' });
  await open(visitor, 'about');
  // On the link that was clicked the key has a meaning of its own.
  await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement).blur());
  await page.keyboard.press('Space');
  await visitor.notice();
  assert.deepEqual(await shown(visitor), ['run']);
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'seed');
  assert.ok(await visitor.find('notice').isVisible());

  await open(visitor, 'share');
  await press(page.locator('#runs tr').first().getByRole('button', { name: /^Load/ }));
  assert.deepEqual(await shown(visitor), ['run']);
  assert.match(await visitor.text('opened'), /is in the form/);
  assert.equal((await visitor.typed()).seed, '42');

  await open(visitor, 'many');
  await page.locator('#sweep-setup:enabled').waitFor();
  await press(page.locator('#sweeps button[data-axis=m]'));
  await visitor.find('sweep-values').fill('2');
  await visitor.find('sweep-seeds').fill('1');
  await visitor.eventually(async () => assert.match(await visitor.text('sweep-plan'), /^1 value × 1 seed/));
  await visitor.press('sweep-start');
  await visitor.eventually(async () => assert.equal(await visitor.text('sweep-said'), '1 of 1 run done.'));
  assert.deepEqual(await shown(visitor), ['many']);
  await visitor.press('sweep-take');
  assert.deepEqual(await shown(visitor), ['run']);
  assert.equal((await visitor.typed()).m, '2');

  await visitor.find('weights-file').setInputFiles({ name: 'no.safetensors', mimeType: 'application/octet-stream', buffer: Buffer.from('nothing') });
  await visitor.notice();
  await open(visitor, 'share');
  assert.ok(await visitor.find('notice').isVisible(), 'above every view');
}

/** The run goes on while another view is on show, and every chart is right when it is back. @param {Visitor} visitor */
async function beside(visitor) {
  const { page } = visitor;
  await open(visitor, 'run');
  await visitor.type({ n: 8_192, epochs: 100_000 });
  await visitor.blank();
  await visitor.press('train');
  await visitor.reach('running');
  await visitor.underWay({ epochs: 1 });
  await visitor.ease(100);
  await open(visitor, 'errors');
  await loaded(visitor, 'errors');
  const lines = (await visitor.lines()).length;
  await visitor.underWay({ epochs: lines + 1 });
  for (const name of ['limits', 'many']) {
    await open(visitor, name);
    await loaded(visitor, name);
  }
  // The key presses a button of another view, and leads there; on the link that was clicked it has a meaning of its own.
  await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement).blur());
  await page.keyboard.press('Space');
  await visitor.reach('paused');
  await visitor.ease(0);
  assert.deepEqual(await shown(visitor), ['run']);

  await page.goBack();
  await page.setViewportSize({ width: 700, height: 900 });
  await visitor.frames();
  assert.deepEqual(await shown(visitor), ['many']);
  await page.goForward();
  await visitor.frames();
  assert.deepEqual(await shown(visitor), ['run']);
  assert.equal(await visitor.text('opened'), '', 'to be back is not to open a link');
  assert.equal(await visitor.state(), 'paused');
  await visitor.eventually(async () => {
    const [drawn, width] = await visitor.find('chart').evaluate((plot) => [plot.getAttribute('viewBox')?.split(' ')[2], plot.getBoundingClientRect().width]);
    assert.equal(Number(drawn), width, 'drawn to its size');
  });
}

visit(
  'a view is an address: a click changes it and keeps the run, Back and Forward lead through the views, a reload opens it at once, and a sweep’s link that of the sweeps; a refused recipe, a kept run that is loaded and a sweep’s best lead to the recipe; what else is said stands in the view; a run goes on while another view is on show, which is loaded by then, and every chart is right when it is back',
  { view: '', script: FRAMES },
  async (visitor) => {
    await addressed(visitor);
    await led(visitor);
    await beside(visitor);
  },
);

visit(
  'without JavaScript every view stands below the other',
  // The preloads of modules that will not be run are refused; what ships needs none.
  { view: '', context: { javaScriptEnabled: false }, expect: SHIPPED ? [] : [/failed request: .*\/www\/[\w/-]+\.js \(csp\)/] },
  async ({ page }) => {
    for (const name of VIEWS) assert.ok(await page.locator(`#view-${name}`).isVisible(), name);
    assert.ok(await page.locator('.views').isHidden());
  },
);

/** The boxes of what has an id, and the window's inside, without what lies over it. @param {Visitor} visitor @param {readonly string[]} ids */
const boxes = ({ page }, ids) =>
  page.evaluate(
    (ids) =>
      ids.map((id) => {
        const element = document.getElementById(id) ?? document.querySelector(id);
        const { left, top, right, bottom, height } = /** @type {Element} */ (element).getBoundingClientRect();
        return {
          id,
          height,
          middle: (top + bottom) / 2,
          inside: left >= 0 && top >= 0 && right <= document.documentElement.clientWidth && bottom <= innerHeight,
        };
      }),
    ids,
  );

/** The notebook: what it is, how it is run, what comes of it, and the comparison. */
const NOTEBOOK = ['.intro', '.preset-row', 'train', 'pause', 'step', 'reset', 'status', 'chart', 'draw', 'log', 'comparison'];

/** The windows that have all of it, and the least height of the log there. */
const WINDOWS = [
  { width: 1440, height: 900, log: 200 },
  { width: 1280, height: 720, log: 120 },
];

visit(
  'on a phone Train is in the window, from the top or the recipe; once it is pressed status and chart are, and the thumb finds what stops it',
  { view: '', context: { viewport: { width: 360, height: 780 }, hasTouch: true } },
  async (visitor) => {
    const { page } = visitor;
    await visitor.type({ n: 8_192, epochs: 100_000 });
    for (const [height, from] of /** @type {[number, 'top' | 'recipe'][]} */ ([
      [780, 'top'],
      [780, 'recipe'],
      [640, 'top'],
    ])) {
      const when = `360 × ${height}, from the ${from}`;
      await page.setViewportSize({ width: 360, height });
      await visitor.find(from === 'top' ? 'train' : 'recipe').evaluate((element, from) => {
        /** @type {HTMLElement} */ (document.activeElement).blur();
        if (from === 'top') scrollTo({ top: 0, behavior: 'instant' });
        else element.scrollIntoView({ block: 'start', behavior: 'instant' });
      }, from);
      await visitor.frames();
      assert.ok((await boxes(visitor, ['train']))[0].inside, when);
      await page.locator('#train').tap();
      await visitor.ease(100);
      await visitor.eventually(async () => {
        const [status, chart, ...buttons] = await boxes(visitor, ['status', 'chart', 'train', 'pause']);
        assert.ok(status.inside, when);
        assert.ok(chart.middle > 0 && chart.middle < height - THUMB / 2, `${when}: ${chart.middle}`);
        for (const button of buttons) assert.ok(button.inside && button.middle > height - THUMB, `${when}: ${button.id}`);
      });
      assert.deepEqual(await visitor.tooWide(), [], when);
      await visitor.press('pause');
      await visitor.reach('paused');
    }
    await inSight(visitor);
  },
);

/** The present view's link is in the window, wherever a click, Back or an address lead. @param {Visitor} visitor */
async function inSight(visitor) {
  const { page } = visitor;
  const seen = async (/** @type {string} */ name) => {
    await visitor.eventually(async () => {
      const box = await page.locator('.views a[aria-current]').boundingBox();
      assert.equal(await page.locator('.views a[aria-current]').textContent(), name);
      assert.ok(box && box.x >= 0 && box.x + box.width <= 360, `${name}: ${JSON.stringify(box)}`);
    });
  };
  await page.evaluate(() => document.querySelector(/** @type {'a'} */ ('.views a[href*=about]'))?.click());
  await seen('About');
  await page.goBack();
  await seen('Run');
  // A press does not move what is pressed.
  for (const name of ['Errors', 'Limits', 'Many runs', 'Your layer', 'Many runs', 'Limits']) {
    await page.locator('.views a', { hasText: name }).click();
    await seen(name);
  }
  await page.goto(`${ADDRESS}?backend=cpu&view=share`);
  await seen('Share');
}

/** Both windows have the whole notebook without scrolling: before, during and after a run, which stays. @param {Visitor} visitor */
async function whole(visitor) {
  const { page } = visitor;
  const fits = async (/** @type {string} */ state) => {
    for (const { width, height, log } of WINDOWS) {
      const when = `${state}, ${width} × ${height}`;
      await page.setViewportSize({ width, height });
      await visitor.frames();
      const all = await boxes(visitor, NOTEBOOK);
      assert.deepEqual(
        all.filter(({ inside }) => !inside).map(({ id }) => id),
        [],
        when,
      );
      const high = Object.fromEntries(all.map((one) => [one.id, one.height]));
      assert.ok(high.chart >= CHART, `${when}: the chart is ${high.chart} high`);
      assert.ok(high.log >= log, `${when}: the log is ${high.log} high`);
      assert.equal(await page.evaluate(() => scrollY), 0, when);
      assert.deepEqual(await visitor.tooWide(), [], when);
    }
  };
  const top = () => page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }));
  await fits('before');
  await visitor.type({ n: 8_192, epochs: 100_000 });
  await top();
  await visitor.press('train');
  await visitor.underWay({ epochs: 2 });
  await fits('during');
  await visitor.press('pause');
  await visitor.reach('paused');
  await visitor.type({ n: 1_024, epochs: 30 });
  await top();
  await visitor.train();
  await visitor.heldOut();
  await fits('after');
  await page.setViewportSize(DESK);
  await visitor.frames();
}

/** No two figures of the run have one name. @param {Visitor} visitor */
async function named(visitor) {
  const { page } = visitor;
  const { mse, rmse } = await visitor.heldOut();
  const four = (/** @type {number} */ value) => (value < 1e-3 ? value.toExponential(3) : value.toPrecision(4));
  const [train, validation] = [(await visitor.table()).at(-1) ?? NaN, (await visitor.table('validation')).at(-1) ?? NaN];
  await page.locator('#table-details summary').press('Enter');
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
}

/** Each term is explained where it first stands, to the keyboard too. @param {Visitor} visitor */
async function explained(visitor) {
  const { page } = visitor;
  await page.locator('#verdict:not(:empty)').waitFor();
  for (const [term, view] of Object.entries(TERMS)) {
    await open(visitor, view);
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
}

/** No view is longer than two windows, nor has more words open than are read; a projector and a zoomed page lose nothing. @param {Visitor} visitor @param {TestContext} t */
async function brief(visitor, t) {
  const { page } = visitor;
  for (const name of VIEWS) {
    await open(visitor, name);
    await loaded(visitor, name);
    await visitor.frames();
    const [height, shown] = await page
      .locator(`header, .said, #view-${name}`)
      .evaluateAll((all) => [document.documentElement.scrollHeight, all.map((one) => /** @type {HTMLElement} */ (one).innerText).join('\n')]);
    t.diagnostic(`${name}: ${words(shown)} words, ${height} pixels`);
    assert.ok(height <= MOST_HEIGHT, `${name}: ${height} pixels`);
    assert.ok(words(shown) <= MOST_WORDS, `${name}: ${words(shown)} words`);
  }
  for (const [width, height] of [
    [1024, 768],
    [960, 600],
  ]) {
    await page.setViewportSize({ width, height });
    for (const name of VIEWS) {
      await open(visitor, name);
      await visitor.frames();
      assert.deepEqual(await visitor.tooWide(), [], `${name}, ${width} × ${height}`);
    }
    await open(visitor, 'run');
    for (const id of [...NOTEBOOK, 'recipe', 'trial', 'compare']) {
      const element = page.locator(/^\w+$/.test(id) ? `#${id}` : id).first();
      assert.ok(await element.isVisible(), `${id}, ${width} × ${height}`);
      await element.scrollIntoViewIfNeeded();
    }
  }
}

visit(
  '1440 × 900 and 1280 × 720 have the whole notebook without scrolling, at any time; after a run no two figures have one name, each term is explained, and no view is longer, nor has more words, than are read',
  { view: '', context: { viewport: DESK } },
  async (visitor, t) => {
    await whole(visitor);
    await named(visitor);
    await explained(visitor);
    await brief(visitor, t);
  },
);
