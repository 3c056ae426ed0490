// @ts-check
/** The run in another page's frame, and the page of the JavaScript API. */
import assert from 'node:assert/strict';
import { ADDRESS, press, visitors } from './browser.mjs';
import { EMPTY } from './other-page.mjs';

const visit = visitors();

const RUN = 'v=1&d=2&m=4&hidden=8&n=100&batch=10&epochs=3&lr=0.001&seed=5';

/** Runs in the page: keeps what is written to the clipboard. */
const CLIPBOARD = `Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => void (globalThis.copied = text) } });`;

/** The section of main and the parts of it that can be seen. @param {import('playwright-core').Page | import('playwright-core').Frame} page */
const seen = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('[id]')].filter((element) => element.checkVisibility() && element.getBoundingClientRect().height > 1).map(({ id }) => id),
  );

const SHOWN = ['run', 'train', 'status', 'chart', 'log', 'whole-page'];
const HIDDEN = ['recipe', 'step', 'reset', 'pause', 'link', 'backend', 'trial', 'draw', 'comparison', 'takeaway', 'weights-file', 'table-details'];

visit(
  'any other word than embed=1 shows the whole page, whose copied code is a sandboxed frame in which the run runs; a frame shows the chart, the log and Train, fits 720 by 480 and 360 by 640, and begins empty, whatever the visitor has ticked on the page itself',
  { script: CLIPBOARD, query: `?embed=yes&backend=cpu#${RUN}` },
  async (visitor) => {
    const { page } = visitor;
    assert.ok((await seen(page)).includes('recipe'), 'the whole page is there');
    await visitor.eventually(async () => assert.match(await visitor.find('link').inputValue(), /seed=5/));
    await visitor.press('copy-embed');
    await visitor.eventually(async () => assert.equal(await visitor.text('copy-embed'), 'Copied'));
    /** @type {string} */
    const code = await page.evaluate('globalThis.copied');
    assert.match(code, /^<iframe src="[^"<>&]+\?embed=1#v=1&#38;d=2[^"<>]*" title="[^"<>]+" .*sandbox="[^"]*"[^<>]*><\/iframe>$/);
    assert.doesNotMatch(code, /allow-(top-navigation|forms|downloads|modals)/);

    const host = await visitor.page.context().newPage();
    await host.setContent(`<!doctype html><title>a host</title>${code}`);
    const frame = await (await host.waitForSelector('iframe')).contentFrame();
    assert.ok(frame);
    await frame.waitForURL((url) => url.href.startsWith(ADDRESS));
    await press(frame.locator('#train'));
    await frame.locator('#status[data-state=done]').waitFor();
    await visitor.eventually(async () => assert.equal((await frame.locator('#log').textContent())?.split('\n').length, 3));
    assert.ok(!(await seen(frame)).includes('recipe'));
    await host.close();

    await visitor.train({ seed: 6 });
    await visitor.press('keep-curve');
    await visitor.train({ m: 2 });
    await visitor.eventually(async () => assert.equal(await page.locator('#chart .overlay').count(), 1));
    await page.setViewportSize({ width: 720, height: 480 });
    await page.goto(`${ADDRESS}?embed=1&backend=cpu#${RUN}`);
    await visitor.eventually(async () => assert.match(await visitor.text('opened'), /seed\u00a0=\u00a05/));
    await visitor.frames();
    const shown = async () => [
      await page.locator('#chart .overlay, #chart .overlay-watched, #chart line.overlay-floor').count(),
      await visitor.text('chart-legend'),
    ];
    assert.deepEqual(await shown(), [0, 'This run, trainThis run, validation'], 'it begins empty');
    const before = await seen(page);
    assert.ok(!before.includes('chart-legend') && !before.includes('keep-curve'), 'nothing of what was kept');
    assert.equal((await visitor.train()).length, 3);
    assert.deepEqual(await shown(), [0, 'This run, trainThis run, validation'], 'and shows its own run alone');
    assert.match(await page.locator('#whole-page').evaluate((link) => /** @type {HTMLAnchorElement} */ (link).href), /\/#v=1&d=2&m=4.*seed=5/);
    for (const [width, height] of [
      [720, 480],
      [360, 640],
    ]) {
      await page.setViewportSize({ width, height });
      await visitor.frames();
      const ids = await seen(page);
      for (const id of SHOWN) assert.ok(ids.includes(id), `#${id} is not seen at ${width} pixels`);
      for (const id of HIDDEN) assert.ok(!ids.includes(id), `#${id} is seen at ${width} pixels`);
      const [wide, high] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]);
      assert.ok(wide <= width, `${wide} pixels wide`);
      if (width > 500) assert.ok(high <= height + 1, `${high} pixels high`);
    }
  },
);

// The page itself is in the frame alone.
visit(
  'a frame whose sandbox leaves it no origin says so, and links to the page',
  { query: 'empty.html', site: { 'empty.html': EMPTY }, expect: [/CORS|cross-origin|ERR_FAILED/i] },
  async (visitor) => {
    const host = await visitor.page.context().newPage();
    await host.setContent(
      `<!doctype html><title>a host</title><iframe sandbox="allow-scripts" src="${ADDRESS}?embed=1#${RUN.replaceAll('&', '&#38;')}"></iframe>`,
    );
    const frame = await (await host.waitForSelector('iframe')).contentFrame();
    assert.ok(frame);
    const link = frame.locator('#notice a');
    await link.waitFor();
    assert.match((await frame.locator('#notice').textContent()) ?? '', /^The frame around this page does not allow it to run: /);
    assert.equal(await link.getAttribute('href'), `${new URL(ADDRESS).pathname}#${RUN}`);
    await host.close();
  },
);

visit('the API’s page runs the example that it shows', { query: 'www/api.html' }, async (visitor) => {
  await visitor.eventually(async () => assert.match(await visitor.text('example'), /for await \(const \{ line \} of run\.epochs\(\)\)/));
  for (let time = 1; time <= 2; time += 1) {
    await visitor.find('try').press('Enter');
    await visitor.eventually(async () => assert.match(await visitor.text('output'), /the link: #v=1&d=2.*&mse=0\.\d+/));
    const lines = (await visitor.text('output')).trim().split('\n');
    assert.equal(lines.length, 8);
    assert.match(lines[0], /^Epoch 1: MSE = 0\.\d{4}$/);
    assert.match(lines[7], /^10\d{3} bytes of weights/);
    assert.equal(await visitor.text('notice'), '');
    await visitor.eventually(async () => assert.equal(await visitor.page.evaluate(() => document.activeElement?.id), 'try', 'the keyboard keeps its place'));
  }
});
