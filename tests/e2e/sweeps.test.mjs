// @ts-check
/** Sweeps on the page, over one key and over two: their runs are the page's own, they stop, go on, outlive a reload, are taken away and come back as links. */
import assert from 'node:assert/strict';
import { error } from '../../www/common/figures.js';
import { cpu, evaluated, lab, trained } from '../unit/module.mjs';
import { ADDRESS, BROKEN_OFF, preceded, press, viewed, visitors } from './browser.mjs';
import { taken } from './downloads.mjs';
import { aroundCpu, shippedAt } from './shipped.mjs';
import { without } from './walk.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

const PLACE = 'phi-psi sweeps 1';
const SMALL = { hidden: 8, n: 128, epochs: 3 };
const RUN = 'v=1&d=2&m=16&hidden=8&n=128&batch=64&epochs=3&lr=0.001&seed=42';
const FIELDS = { d: '2', m: '16', hidden: '8', n: '128', batch: '64', epochs: '3', lr: '0.001', seed: '42' };

/** Runs in the page: the sweeps’ neighbours stay away, and the runs that are given to workers are counted. */
const COUNTED = `${without('errors', 'limits', 'layer')}
globalThis.given = [];
const post = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (message, ...rest) {
  if (message.type === 'run') globalThis.given.push(message.key);
  return post.call(this, message, ...rest);
};`;

/** The runs that were given to workers since the page was loaded. @param {Visitor} visitor @returns {Promise<string[]>} */
const given = ({ page }) => page.evaluate('globalThis.given');

/** The workers that train for a sweep. @param {Visitor} visitor */
const workers = ({ page }) => page.workers().filter((worker) => worker.url().includes('many-worker'));

/** Brings the sweeps into sight, and waits until they are there. @param {Visitor} visitor */
async function see(visitor) {
  const { page } = visitor;
  await page.locator('#sweeps').scrollIntoViewIfNeeded();
  await page.locator('#sweep-setup:enabled').waitFor();
  // Judged for the first time, by a worker that is there by now.
  await visitor.eventually(async () => assert.notEqual(await visitor.text('sweep-plan'), ''));
}

/** Types a sweep. @param {Visitor} visitor @param {string} axis @param {string} values @param {string} seeds */
async function set(visitor, axis, values, seeds) {
  await press(visitor.page.locator(`[data-axis=${axis}]`));
  await visitor.find('sweep-values').fill(values);
  await visitor.find('sweep-seeds').fill(seeds);
}

/** Starts a sweep and waits for its end. @param {Visitor} visitor @param {string} axis @param {string} values @param {string} seeds */
async function sweep(visitor, axis, values, seeds) {
  await see(visitor);
  await set(visitor, axis, values, seeds);
  await visitor.press('sweep-start');
  await ended(visitor, values.split(',').length * Number(seeds));
}

/** @param {Visitor} visitor @param {number} runs */
async function ended(visitor, runs) {
  await visitor.until((words) => document.getElementById('sweep-said')?.textContent === words, `${runs} of ${runs} runs done.`);
  assert.equal(await visitor.text('sweep-notice'), '');
}

/** Unfolds the map over two keys, and types one. @param {Visitor} visitor @param {string} first @param {string} second @param {string} seeds */
async function setMap(visitor, first, second, seeds) {
  const { page } = visitor;
  await press(page.locator('#map-part summary'));
  await page.locator('#map-setup:enabled').waitFor();
  await typeMap(visitor, first, second, seeds);
}

/** @param {Visitor} visitor @param {string} first @param {string} second @param {string} seeds */
async function typeMap(visitor, first, second, seeds) {
  const { page } = visitor;
  await press(page.locator('#map-pairs button', { hasText: 'm × hidden' }));
  for (const [id, text] of Object.entries({ 'map-first': first, 'map-second': second, 'map-seeds': seeds })) await visitor.find(id).fill(text);
}

/** The table value by value. @param {Visitor} visitor */
const cells = ({ page }) =>
  page
    .locator('#sweep-cells tr')
    .evaluateAll((rows) => rows.map((row) => [...row.children].filter((cell) => !(/** @type {HTMLElement} */ (cell).hidden)).map((cell) => cell.textContent)));

/** How many runs of each value are done. @param {Visitor} visitor */
const done = async (visitor) => (await cells(visitor)).map(([value, runs]) => `${value}: ${runs}`);

/** The file, row by row. @param {Visitor} visitor @param {string} [button] */
async function csv(visitor, button = 'sweep-csv') {
  const { name, content } = await taken(visitor, button);
  const [head, ...rows] = content
    .toString()
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','));
  return { name, rows: rows.map((row) => /** @type {Record<string, string>} */ (Object.fromEntries(head.map((key, i) => [key, row[i]])))) };
}

/** @param {Visitor} visitor */
const fragment = ({ page }) => new URL(page.url()).hash.slice(1);

/** Every run is the page's own, by keyboard on 360 pixels. @param {Visitor} visitor */
async function own(visitor) {
  const { page } = visitor;
  await visitor.train({ ...SMALL, n: 300, solve: '2:64' });
  const loaded = () =>
    page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .map(({ name }) => name)
        .filter((name) => name.includes('/sweep')),
    );
  assert.deepEqual(await loaded(), []);
  await see(visitor);
  assert.ok((await loaded()).some((name) => /\/sweeps-section-\w+\.js$/.test(name)));

  const pressed = async (/** @type {string} */ selector, key = 'Enter') => {
    await page.locator(selector).focus();
    await page.keyboard.press(key);
  };
  await pressed('[data-axis=m]', 'Space');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'sweep-values');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('9'.repeat(80));
  await pressed('#sweep-start');
  await visitor.eventually(async () => assert.notEqual(await visitor.text('sweep-notice'), ''));
  assert.deepEqual(await visitor.tooWide(), [], 'with a refusal');
  await page.locator('#sweep-values').focus();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('1, 2, 4');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('2');
  await pressed('#sweep-start');
  await ended(visitor, 6);
  const { name, rows } = await csv(visitor);
  assert.equal(name, 'phi-psi-sweep-m.csv');
  assert.deepEqual(
    rows.map(({ m, seed }) => [m, seed]),
    ['1', '2', '4'].flatMap((m) => ['42', '43'].map((seed) => [m, seed])),
  );
  for (const { hidden, n, epochs, d, batch, lr } of rows) assert.deepEqual([hidden, n, epochs, d, batch, lr], ['8', '300', '3', '2', '64', '0.001']);
  // Of two runs the median is the mean.
  const middle = (/** @type {string} */ m) => rows.filter((row) => row.m === m).reduce((sum, row) => sum + Number(row.held_out_mse) / 2, 0);
  const table = ['1', '2', '4'].map((m) => [m, '2 of 2', middle(m).toPrecision(4)]);
  assert.deepEqual(
    (await cells(visitor)).map((cell) => cell.slice(0, 3)),
    table,
  );
  assert.match(
    await visitor.text('sweep-caption'),
    /the median over 2 seeds \(42 to 43\) of the MSE over 10,000 draws.*10\u0020% to their 90\u0020%.*d\u00a02, hidden\u00a08, n\u00a0300.*\. Every run has the same Solve: solved after epoch\u00a02 over 64\u00a0draws\./,
  );

  // Both at once, since a chart may be drawn anew between two looks.
  const drawn = () =>
    page.evaluate(() =>
      ['.sweep-floor', '.curve'].map((selector) =>
        [...(document.querySelector(`#sweep-chart ${selector}`)?.getAttribute('d') ?? '').matchAll(/([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [
          Number(x),
          Number(y),
        ]),
      ),
    );
  await visitor.eventually(async () =>
    assert.deepEqual(
      (await drawn()).map(({ length }) => length),
      [4, 3],
      'a floor at every width, and not only at those that were swept',
    ),
  );
  const [floor, curve] = await drawn();
  for (const [i, at] of [0, 1, 3].entries()) {
    assert.equal(floor[at][0], curve[i][0]);
    assert.ok(floor[at][1] > curve[i][1], 'below');
  }
  await visitor.find('sweep-chart').press('Home');
  // The chart, and what is read out of it, may still be of the last frame, which knew fewer runs.
  await visitor.eventually(async () => assert.match(await visitor.text('sweep-readout'), /\(2 of 2 seeds\)/));
  // 0.60588 is the floor of d = 2 and m = 1.
  const read = await visitor.text('sweep-readout');
  const [, shown, times, under] =
    /^m = 1: median MSE ([\d.]+) \(2 of 2 seeds\), 10–90 % [\d.]+ to [\d.]+, ([\d.]+)× the floor \(([\d.]+)\)$/.exec(read) ?? assert.fail(read);
  assert.equal(shown, table[0][2]);
  assert.equal(under, '0.6059');
  assert.ok(Math.abs(Number(times) - Number(shown) / 0.6059) < 0.01, read);

  const at = (/** @type {number} */ i) =>
    visitor.eventually(async () => {
      const words = await visitor.text('sweep-readout');
      assert.ok(words.startsWith(`m = ${table[i][0]}: median MSE ${table[i][2]} (2 of 2 seeds), 10–90 % `), words);
    });
  for (const [key, i] of /** @type {const} */ ([
    ['ArrowRight', 1],
    ['End', 2],
    ['ArrowRight', 2],
  ])) {
    await page.keyboard.press(key);
    await at(i);
  }
  assert.match(
    (await visitor.find('sweep-chart').getAttribute('aria-label')) ?? '',
    /^Held-out MSE against m on logarithmic axes: median MSE [\d.]+ at m = 1, median MSE [\d.]+ at m = 4\./,
  );
  await pressed('#sweep-runs-details summary');
  await visitor.eventually(async () => assert.equal(await page.locator('#sweep-runs tr').count(), 6));
  await pressed('#sweep-copy');
  // Where the clipboard is refused the link is selected, which takes the focus there.
  await visitor.eventually(async () => assert.match(await visitor.text('sweep-copy'), /^(Copied|Selected)$/));
  assert.deepEqual(await visitor.tooWide(), [], 'with results');
  assert.equal(
    await page.locator('#sweeps .scroll').evaluateAll((all) => all.filter((box) => box.scrollWidth > box.clientWidth).length),
    0,
    'nothing scrolls by itself either',
  );

  await pressed('#sweep-take');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'train');
  const [m] = ['1', '2', '4'].sort((one, other) => middle(one) - middle(other));
  const [best, second] = rows.filter((row) => row.m === m).sort((run, other) => Number(run.held_out_mse) - Number(other.held_out_mse));
  assert.deepEqual(await visitor.typed(), { ...FIELDS, n: '300', solve: '2:64', m, seed: best.seed });
  assert.match(await visitor.text('opened'), /The sweep’s best recipe is in the form: m = \d+, seed \d+, held-out MSE .*luckiest of 2.* Press Train/);
  assert.ok((await visitor.text('opened')).includes(` the luckiest of 2: their median is ${error(middle(m))}.`), await visitor.text('opened'));
  assert.deepEqual(await done(visitor), ['1: 2 of 2', '2: 2 of 2', '4: 2 of 2'], 'the sweep stays on show');
  const trained = async (/** @type {typeof best} */ { held_out_mse, held_out_draws, train_mse, m, seed }) => {
    await visitor.page.locator('#heldout[data-mse]').waitFor();
    const { mse, draws } = await visitor.data('heldout');
    assert.deepEqual([held_out_mse, held_out_draws], [mse, draws], `m = ${m}, seed = ${seed}`);
    const json = JSON.parse((await taken(visitor, 'take-json')).content.toString());
    assert.equal(train_mse, String(json.epochs.at(-1).mse));
  };
  await visitor.train();
  await visitor.eventually(async () => assert.match(await visitor.text('opened'), /^Reproduced/));
  await trained(best);
  // Another width, and of the other seed.
  const another = rows.find((row) => row.m !== m && row.seed === second.seed) ?? assert.fail();
  await visitor.train({ m: another.m, seed: another.seed });
  await trained(another);
}

/** Runs in the page: what its storage has at first is damaged. */
const DAMAGED = `if (location.protocol !== 'about:')
  localStorage['${PLACE}'] ??= '{"found":[[1]],"asked":[["m",{"values":"1","seeds":"1","base":{"d":"x"}}]],"axis":"m"}';`;

/** What is known, what diverges, and storage that is damaged or full. @param {Visitor} visitor */
async function kept(visitor) {
  const { page } = visitor;
  const band = page.locator('#sweep-chart .sweep-band');
  const before = (await given(visitor)).length;
  await visitor.type({ ...SMALL, m: 4, seed: 42, solve: '' });
  await sweep(visitor, 'm', '2,4', '1');
  assert.equal(await visitor.text('sweep-refused'), '');
  await visitor.eventually(async () => assert.equal(await band.count(), 0));
  assert.match(await visitor.text('sweep-caption'), /from one seed \(42\): how much of it is luck cannot be seen/);
  assert.doesNotMatch(await visitor.text('sweep-caption'), /Solve/);
  await sweep(visitor, 'm', '2,4', '2');
  await visitor.eventually(async () => assert.equal(await band.count(), 1));
  assert.equal(await page.locator('#sweep-chart circle.dot').count(), 2);

  await sweep(visitor, 'hidden', '4,8', '2');
  assert.equal((await given(visitor)).length, before + 6);
  assert.ok(await visitor.find('sweep-start').isDisabled(), 'all of it is known');
  await press(page.locator('[data-axis=m]'));
  await visitor.eventually(async () => assert.deepEqual(await done(visitor), ['2: 2 of 2', '4: 2 of 2']));
  await visitor.press('sweep-forget');
  await visitor.eventually(async () => assert.deepEqual(await done(visitor), ['2: 0 of 2', '4: 0 of 2']));
  await visitor.press('sweep-forget');
  await visitor.eventually(async () => assert.deepEqual(await done(visitor), ['2: 2 of 2', '4: 2 of 2']));

  // No learning rate that is allowed makes these networks diverge for certain, so one run's outcome is put in its place.
  await page.evaluate(
    (place) => localStorage.setItem(place, (localStorage.getItem(place) ?? '').replace(/(\["d=2&m=2&hidden=8&n=128&[^"]*seed=42",)[^,]+/, '$1"NaN"')),
    PLACE,
  );
  await visitor.reload();
  await see(visitor);
  await set(visitor, 'm', '2', '2');
  await visitor.eventually(async () =>
    assert.deepEqual(
      (await cells(visitor)).map((cell) => cell.slice(0, 4)),
      [['2', '2 of 2, 1 diverged', 'diverged', '–']],
    ),
  );
  await visitor.eventually(async () => {
    const marks = ['.sweep-lost', 'circle.dot'].map((mark) => page.locator(`#sweep-chart ${mark}`).count());
    assert.deepEqual(await Promise.all(marks), [1, 0]);
  });
  assert.ok(await visitor.find('sweep-key-lost').isVisible());
  assert.ok(await visitor.find('sweep-take').isDisabled());

  assert.equal(await visitor.text('sweep-refused'), '');
  await page.evaluate(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
  });
  await sweep(visitor, 'm', '1,3', '1');
  assert.match(await visitor.text('sweep-refused'), /no more room/);
}

visit(
  'a visitor who does not come to the sweeps loads nothing of them; by keyboard, on 360 pixels, every run of a sweep has the errors that Train gives for its recipe, to the last bit; the floor lies under the curve, which reads itself out, and the best is taken into the form; one seed has no band, what was trained is not trained again, what diverges is shown as such, and storage that is damaged or refused hurts nothing',
  { view: 'all', context: { viewport: { width: 360, height: 740 } }, script: `${DAMAGED}\n${COUNTED}` },
  async (visitor) => {
    await own(visitor);
    await visitor.page.setViewportSize({ width: 1_100, height: 900 });
    await kept(visitor);
  },
);

/** What the sweep's workers do: none begins a run of the last seed; none can be loaded; one dies; or they train. @type {'hindered' | 'missing' | 'dying' | 'sound'} */
let trainers = 'sound';
const DYING = aroundCpu(`const { open } = own.Session;
own.Session.open = async (fields, ...rest) => {
  if (fields.m === '2') throw new WebAssembly.RuntimeError('unreachable');
  return open.call(own.Session, fields, ...rest);
};`);

/** A sweep that is stopped, and workers that fail it. @param {Visitor} visitor */
async function stopped(visitor) {
  const { page } = visitor;
  const before = (await given(visitor)).length;
  await visitor.type({ ...SMALL, m: 16, n: 64, batch: 64, seed: 42, seeds: 1 });
  await see(visitor);
  await set(visitor, 'm', '1,2,4', '3');
  await visitor.press('sweep-start');
  await visitor.eventually(async () => assert.deepEqual(await done(visitor), ['1: 2 of 3', '2: 2 of 3', '4: 2 of 3']), 60_000);
  assert.equal(workers(visitor).length, 3);
  assert.equal((await given(visitor)).length, before + 9);
  assert.match(await visitor.text('sweep-status'), /^Against m: 6 of 9 runs done, 3 under way; about \d/);
  // What is being trained is not to be typed over, and the page's own run goes on beside it.
  assert.ok(await visitor.find('sweep-values').isDisabled());
  assert.equal((await visitor.train()).length, 3);

  await visitor.press('sweep-stop');
  await visitor.eventually(async () => assert.equal(workers(visitor).length, 0));
  assert.equal(await visitor.text('sweep-said'), 'Stopped: 6 of 9 runs done and kept. Go on trains the rest.');
  assert.equal(await visitor.text('sweep-stop'), 'Go on');
  assert.equal((await csv(visitor)).rows.length, 6);

  // Whatever the form holds by then, what goes on is the sweep that was begun.
  await visitor.type({ hidden: 9 });
  trainers = 'missing';
  await visitor.press('sweep-stop');
  await visitor.eventually(async () =>
    assert.match(await visitor.text('sweep-notice'), /^The sweep could not go on: .*no worker today.* Go on tries again\.$/),
  );
  await visitor.eventually(async () => assert.equal(workers(visitor).length, 0));
  trainers = 'dying';
  await visitor.press('sweep-stop');
  await visitor.eventually(
    async () => assert.match(await visitor.text('sweep-said'), /^8 of 9 runs done\. 1 run died \(unreachable\); Go on tries again\.$/),
    60_000,
  );
  assert.deepEqual(await done(visitor), ['1: 3 of 3', '2: 2 of 3, 1 died', '4: 3 of 3']);

  trainers = 'sound';
  await page.reload();
  await see(visitor);
  await visitor.eventually(async () => assert.deepEqual(await done(visitor), ['1: 3 of 3', '2: 2 of 3', '4: 3 of 3']));
  await visitor.press('sweep-stop');
  await ended(visitor, 9);
  assert.deepEqual(
    (await given(visitor)).map((key) => /m=(\d+).*hidden=8.*seed=44$/.exec(key)?.[1]),
    ['2'],
  );
  await visitor.eventually(async () => assert.equal(workers(visitor).length, 0));
  assert.deepEqual(await done(visitor), ['1: 3 of 3', '2: 3 of 3', '4: 3 of 3']);
}

/** Refused by the page, by the plan, and by the module; all that can be wrong is in tests/unit/link.test.mjs. @type {[string, RegExp][]} */
const BAD = [
  ['sweep=', /sweep = “” is nothing that is swept: it must be one of n, hidden, epochs, m, n,hidden, m,hidden, lr,batch$/],
  [`sweep=m&values=1,257&seeds=1&${RUN}`, /m = 257 is out of range/],
  [`sweep=m&values=1&seeds=10&${RUN}`, /seeds = “10” is not a whole number from 1 to 9/],
  [`sweep=m&values=1&seeds=1&${RUN}&odd=1`, /“odd” is not part of a recipe/],
];

/** What is typed wrong, and links. @param {Visitor} visitor */
async function linked(visitor) {
  const { page } = visitor;
  await visitor.type(SMALL);
  await see(visitor);
  for (const [values, seeds, id, words] of /** @type {const} */ ([
    ['1,x', '2', 'sweep-values', /m = “x” is not a whole number: it must be a whole number from 1 to 256/],
    ['2,2', '2', 'sweep-values', /in the list twice/],
    ['1', '11', 'sweep-seeds', /seeds = “11”/],
  ])) {
    await set(visitor, 'm', values, seeds);
    await visitor.press('sweep-start');
    await visitor.eventually(async () => assert.match(await visitor.text('sweep-notice'), words));
    await visitor.eventually(async () => assert.match(await visitor.text(`${id}-error`), words));
    assert.equal(await visitor.find(id).getAttribute('aria-invalid'), 'true');
    assert.equal(await page.evaluate(() => document.activeElement?.id), id);
    assert.equal(await page.locator('#sweep-setup [aria-invalid=true]').count(), 1);
  }
  await set(visitor, 'm', '4 1,2', '2');
  await visitor.eventually(async () => assert.match(await visitor.text('sweep-plan'), /^3 values × 2 seeds/));
  await visitor.type({ lr: 'fast' });
  await visitor.eventually(async () => assert.match(await visitor.text('sweep-plan'), /The recipe in the form cannot be swept: lr = “fast” is not/));
  await visitor.press('sweep-start');
  await visitor.eventually(async () => assert.match(await visitor.text('sweep-notice'), /lr = “fast” is not/));
  assert.deepEqual(await given(visitor), []);
  // Of an axis that nothing is known of nothing is on show.
  assert.ok(await visitor.find('sweep-results').isVisible());
  await press(page.locator('#sweeps [data-axis=hidden]'));
  await visitor.eventually(async () => assert.ok(await visitor.find('sweep-results').isHidden()));
  await press(page.locator('#sweeps [data-axis=m]'));
  await set(visitor, 'm', '4 1,2', '2');

  await visitor.type({ lr: '0.001' });
  await visitor.eventually(async () => assert.match(await visitor.text('sweep-plan'), /^3 values × 2 seeds: 6 runs, 36 steps in all/));
  await visitor.press('sweep-copy');
  await visitor.eventually(async () => assert.equal(await visitor.text('sweep-copy'), 'Copied'));
  /** @type {string} */
  const url = await page.evaluate('globalThis.copied');
  assert.equal(new URL(url).hash, `#sweep=m&values=1,2,4&seeds=2&${RUN}`);
  assert.equal(new URL(url).search, '');
  await page.evaluate(() => localStorage.clear());
  await page.goto('about:blank');
  await page.goto(url.replace('#', '?backend=cpu&view=all#'));
  await visitor.eventually(async () =>
    assert.match(await visitor.text('opened'), /^The link’s sweep: held-out MSE against m = 1, 2, 4, 2 seeds each, 6 runs in all\. Press “Start the sweep”/),
  );
  assert.deepEqual(await visitor.typed(), FIELDS);
  assert.deepEqual([await visitor.find('sweep-values').inputValue(), await visitor.find('sweep-seeds').inputValue()], ['1, 2, 4', '2']);
  assert.equal(await page.locator('[data-axis=m]').getAttribute('aria-pressed'), 'true');
  assert.deepEqual(await visitor.states(), ['idle']);
  assert.deepEqual(await given(visitor), []);
  assert.equal(await visitor.text('notice'), '');
  assert.equal(fragment(visitor), `sweep=m&values=1,2,4&seeds=2&${RUN}`, 'the address stays as it was opened');
  await visitor.press('sweep-start');
  await ended(visitor, 6);
  // The form moves on, and so does the address.
  await visitor.type({ seed: 7 });
  await visitor.eventually(async () => assert.equal(fragment(visitor), RUN.replace('seed=42', 'seed=7')));
  assert.equal(await visitor.text('opened'), '');

  const typed = await visitor.typed();
  for (const [bad, words] of BAD) {
    await page.evaluate((hash) => void (location.hash = hash), bad);
    await visitor.eventually(async () => {
      const sentence = await visitor.text('notice');
      assert.match(sentence, /^The link in the address cannot be opened: /, bad);
      assert.match(sentence, words, bad);
    });
    assert.deepEqual(await visitor.typed(), typed, bad);
    assert.equal(await visitor.text('opened'), '', bad);
  }
  assert.equal(await visitor.find('sweep-seeds').inputValue(), '2');
  // What the form has for the key that is swept does not count.
  await visitor.type({ m: 'any' });
  await see(visitor);
  await set(visitor, 'm', '1', '2');
  await visitor.eventually(async () => assert.match(await visitor.text('sweep-plan'), / Start sweeps it: 1 value × 2 seeds/));
  // What is typed before it could begin is another sweep, which nobody has started.
  const before = (await given(visitor)).length;
  await page.evaluate(() => {
    const [start, values] = ['sweep-start', 'sweep-values'].map((id) => /** @type {HTMLInputElement} */ (document.getElementById(id)));
    start.click();
    values.value = '1, 2';
    values.dispatchEvent(new Event('input'));
  });
  await visitor.eventually(async () => assert.match(await visitor.text('sweep-plan'), / Start sweeps it: 2 values × 2 seeds/));
  assert.deepEqual([await visitor.text('sweep-said'), (await given(visitor)).length], ['', before]);
  await visitor.find('sweep-values').fill('1');
  await visitor.eventually(async () => assert.match(await visitor.text('sweep-plan'), / Start sweeps it: 1 value × 2 seeds/));
  // What is judged while it starts is the sweep before it, and is not shown in its place.
  await page.evaluate(() => {
    for (const button of ['#sweep-start', '[data-axis=m]']) /** @type {HTMLElement} */ (document.querySelector(button)).click();
  });
  await ended(visitor, 2);
  // Nothing is left to train, until another is typed: that is startable at once, before it is judged.
  const start = visitor.find('sweep-start');
  await visitor.eventually(async () => assert.ok(await start.isDisabled()));
  const startable = await visitor.find('sweep-values').evaluate((input) => {
    Object.assign(input, { value: '1,2' });
    input.dispatchEvent(new Event('input'));
    return !(/** @type {HTMLButtonElement} */ (document.getElementById('sweep-start')).disabled);
  });
  assert.ok(startable);
  assert.equal((await visitor.train({ m: 16 })).length, 3);
}

/** A map over two keys. @param {Visitor} visitor */
async function mapped(visitor) {
  const { page } = visitor;
  await visitor.type({ n: 64, batch: 16, epochs: 2, seed: 42, seeds: 7 });
  await see(visitor);
  await setMap(visitor, '2, 1', '8 4', '3');
  // What was asked for is begun only while it is what is on show.
  await page.evaluate(() => {
    for (const button of ['#map-start', '#map-pairs button']) /** @type {HTMLElement} */ (document.querySelector(button)).click();
  });
  await visitor.type({ epochs: 3 });
  await visitor.eventually(async () => assert.match(await visitor.text('estimate'), /, 12 in all/));
  assert.equal(await visitor.text('map-status'), '');
  await visitor.type({ epochs: 2 });
  await typeMap(visitor, '2, 1', '8 4', '3');
  await visitor.press('map-start');
  await page
    .locator('#map td button')
    .first()
    .evaluate((button) => (button.id = 'same'));
  await visitor.eventually(async () => assert.equal(await visitor.text('map-status'), '12 of 12 runs done.'));
  await visitor.eventually(async () => assert.match(await visitor.text('map'), /^The median over the floor of its width/));
  assert.ok(await page.locator('#same:enabled').isVisible(), 'as runs end, what is pressed stays');
  assert.deepEqual(await page.locator('#map th').allTextContents(), ['m \\ hidden', '4', '8', '1', '2']);
  const cells = page.locator('#map td');
  const medians = await cells.evaluateAll((all) => all.map((cell) => Number(cell.getAttribute('data-median'))));
  assert.ok(medians.length === 4 && medians.every((median) => median > 0), `${medians}`);
  const { rows } = await csv(visitor, 'map-csv');
  const own = rows.filter(({ m, hidden }) => m === '2' && hidden === '4').sort((run, other) => Number(run.held_out_mse) - Number(other.held_out_mse));
  assert.equal(own.length, 3);
  assert.ok(
    rows.every(({ seeds }) => seeds === ''),
    'each is a run of its own',
  );
  const [best, middle] = own;
  // The module in Node has the same floors, and of such a run the same error.
  const floors = (await lab()).floors(2, 2);
  for (const { m, floor } of rows) assert.equal(floor, String(floors[Number(m)]), `m = ${m}`);
  const { session } = await trained(await cpu(), { ...FIELDS, m: '2', hidden: '4', n: '64', batch: '16', epochs: '2', seed: best.seed });
  const { mse, mseError } = await evaluated(session);
  assert.deepEqual([best.held_out_mse, best.held_out_mse_error], [String(mse), String(mseError)]);
  const median = Number(middle.held_out_mse);
  assert.equal(medians[2], median);
  assert.equal(Number((await cells.nth(2).textContent())?.replace('×', '')), Number((median / floors[2]).toPrecision(3)));

  await visitor.press('map-copy');
  await visitor.eventually(async () => assert.notEqual(await visitor.find('map-link').inputValue(), ''));
  const link = await visitor.find('map-link').inputValue();
  assert.match(link, /#sweep=m,hidden&values=1,2;4,8&seeds=3&v=1&d=2&m=\d+&hidden=\d+&n=64&batch=16&epochs=2&lr=0\.001&seed=42$/);

  await press(cells.nth(2).locator('button'));
  await visitor.eventually(async () => {
    const { m, hidden, seed, seeds } = await visitor.typed();
    assert.deepEqual([m, hidden, seed, seeds], ['2', '4', best.seed, undefined]);
  });
  await visitor.train();
  await visitor.heldOut();
  assert.equal((await visitor.data('heldout')).mse, best.held_out_mse, 'Train gives the very run');
  // z² has no floor from a width on: beside it a part of one would be another unit.
  await visitor.type({ target: 'square', m: 2 });
  await visitor.eventually(async () => assert.equal(await visitor.text('map-status'), '12 of 12 runs done.'));
  for (const [id, text] of Object.entries({ 'map-first': '2, 3', 'map-second': '4', 'map-seeds': '1' })) await visitor.find(id).fill(text);
  await visitor.press('map-start');
  await visitor.eventually(async () => assert.equal(await visitor.text('map-status'), '2 of 2 runs done.'));
  await visitor.eventually(async () => assert.match(await visitor.text('map'), /^The median held-out MSE, /));
  await visitor.type({ target: 'gelu' });

  await page.goto('about:blank');
  await page.goto(`${ADDRESS}${viewed(`?backend=cpu${new URL(link).hash}`, 'all')}`);
  await visitor.eventually(async () =>
    assert.match(await visitor.text('opened'), /^The link’s map: held-out MSE against m = 1, 2 and hidden = 4, 8, 3 seeds each, 12 runs in all\./),
  );
  assert.equal(await visitor.find('map-second').inputValue(), '4, 8');
  await visitor.press('map-start');
  await visitor.eventually(async () => assert.equal(await visitor.text('map-status'), '12 of 12 runs done.'));
  assert.deepEqual(await cells.evaluateAll((all) => all.map((cell) => Number(cell.getAttribute('data-median')))), medians, 'kept, or trained anew: the same');
}

visit(
  'what is typed wrong is named at its field; a copied link opens its sweep in a fresh page, which waits there; a bad link is told what is wrong; a map’s cells are the medians of real runs over their floor, a cell brings its best, and a link brings the map; stopping leaves no worker and keeps what is done; workers that cannot be loaded or die are told of, and the page goes on; going on trains the rest, and a reload comes between',
  {
    view: 'all',
    // There may be three workers.
    script: `${COUNTED}
Object.defineProperty(navigator, 'hardwareConcurrency', { value: 4 });
Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => void (globalThis.copied = text) } });`,
    site: {
      [shippedAt('many-worker')]: {
        text: (own) => {
          if (trainers === 'missing') return "throw new Error('no worker today');\n";
          return trainers === 'hindered'
            ? `addEventListener('message', (event) => { if (event.data.fields?.seed === '44') event.stopImmediatePropagation(); });\n${own}`
            : own;
        },
      },
      [shippedAt('module-cpu')]: { text: (own) => (trainers === 'dying' ? DYING : own) },
    },
    // What a worker that dies was loading may be under way for ever, and is cut off by the reload.
    allow: [BROKEN_OFF],
  },
  async (visitor) => {
    await linked(visitor);
    await mapped(visitor);
    trainers = 'hindered';
    await stopped(visitor);
  },
);

/** Before the page's own worker: what it says of the backend is that it is WebGPU. */
const PRETENDED = preceded(`const { postMessage } = self;
self.postMessage = (message, ...rest) =>
  postMessage.call(self, message.type === 'backend' ? { ...message, verdict: { ...message.verdict, backend: 'webgpu', reason: 'webgpu' } } : message, ...rest);`);

visit(
  'where WebGPU fails a sweep or a map it is trained on the CPU, all of it, and that is said',
  {
    view: 'all',
    script: COUNTED,
    site: {
      [shippedAt('worker')]: PRETENDED,
      [shippedAt('many-worker')]: preceded(`Object.defineProperty(navigator, 'gpu', { value: { requestAdapter: async () => null } });`),
    },
  },
  async (visitor) => {
    await visitor.train(SMALL);
    assert.equal((await visitor.data('backend')).backend, 'webgpu');
    await see(visitor);
    await set(visitor, 'm', '1,2', '2');
    await visitor.eventually(async () => assert.match(await visitor.text('sweep-plan'), /on WebGPU/));
    await visitor.page.evaluate(() => void Object.assign(globalThis, { heard: testing.listen('sweep-said') }));
    await visitor.press('sweep-start');
    await visitor.eventually(async () => assert.match(await visitor.text('sweep-said'), /^4 of 4 runs done\.$/));
    /** @type {string[]} */
    const heard = await visitor.page.evaluate('heard');
    assert.ok(
      heard.some((words) => /^WebGPU could not go on \(.+\), so this sweep is trained on the CPU, /.test(words)),
      `${heard}`,
    );
    assert.deepEqual(await done(visitor), ['1: 2 of 2', '2: 2 of 2']);
    assert.deepEqual(
      (await csv(visitor)).rows.map(({ backend }) => backend),
      ['cpu', 'cpu', 'cpu', 'cpu'],
    );
    await visitor.eventually(async () => assert.doesNotMatch(await visitor.text('sweep-plan'), /WebGPU/));
    await setMap(visitor, '1', '4', '1');
    await visitor.press('map-start');
    await visitor.eventually(async () => assert.match(await visitor.text('map-status'), /^1 of 1 run done/));
    assert.deepEqual(
      (await csv(visitor, 'map-csv')).rows.map(({ backend }) => backend),
      ['cpu'],
    );
  },
);
