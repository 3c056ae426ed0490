// @ts-check
/** The runs of many seeds at once: each is the run of its seed alone, all of them are driven like one, and what they come to is on show. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { error } from '../../www/common/figures.js';
import { readSafetensors } from '../../www/common/safetensors.js';
import { ADDRESS, BROKEN_OFF, press, viewed, visitors } from './browser.mjs';
import { stored, table } from './kept-runs.mjs';
import { near, without } from './walk.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

/** A recipe of a few milliseconds. */
const SMALL = { m: 4, hidden: 8, n: 100, batch: 10, epochs: 4 };

/** Each seed with what the strip has for it. @param {Visitor} visitor @param {number} many @returns {Promise<Map<number, string>>} */
async function strip(visitor, many) {
  await visitor.until((count) => document.querySelectorAll('#strip [data-seed]').length === count, many);
  const pairs = await visitor.page
    .locator('#strip [data-seed]')
    .evaluateAll((marks) =>
      marks.map((mark) => /** @type {[number, string]} */ ([Number(mark.getAttribute('data-seed')), mark.getAttribute('data-value') ?? ''])),
    );
  return new Map(pairs.sort(([one], [other]) => one - other));
}

/** Runs in the page: `gate(n)` lets it hear of the ends of so many runs, and of nothing that their workers say after that until `release()`. */
const GATED = `{
  let left = Infinity;
  const held = [];
  globalThis.gate = (many) => { left = many; };
  globalThis.release = () => {
    left = Infinity;
    for (const [worker, data] of held.splice(0)) worker.dispatchEvent(new MessageEvent('message', { data }));
  };
  globalThis.Worker = class extends Worker {
    constructor(...rest) {
      super(...rest);
      this.addEventListener('message', (event) => {
        const over = event.data?.type === 'ended' && event.data.results;
        if (left > 0 || !(over || held.some(([worker]) => worker === this))) {
          if (over) left -= 1;
          return;
        }
        event.stopImmediatePropagation();
        held.push([this, event.data]);
      });
    }
  };
}`;

/** Trains many, of which some have ended and the others have not. @param {Visitor} visitor @param {number} some @param {import('./browser.mjs').Fields} fields */
async function among(visitor, some, fields) {
  await visitor.type(fields);
  await visitor.page.evaluate((many) => /** @type {any} */ (globalThis).gate(many), some);
  await visitor.press('train');
  await visitor.eventually(async () => assert.match(await visitor.text('status-epoch'), new RegExp(`, ${some} of ${fields.seeds} seeds$`)));
  await visitor.eventually(async () => assert.equal(await visitor.page.locator('#strip [data-seed]').count(), some));
}

/** @param {Visitor} visitor */
const release = ({ page }) => page.evaluate('release()');

/** Opens the page anew by the link to the run, once that is in the address. @param {Visitor} visitor @param {RegExp} form */
async function reopen({ page }, form) {
  await page.waitForFunction((source) => new RegExp(source).test(location.hash), form.source);
  const link = await page.evaluate(() => location.hash);
  await page.goto('about:blank');
  await page.goto(`${ADDRESS}${viewed(`?backend=cpu${link}`, 'all')}`);
}

/** How many that have ended are kept while others run. @param {Visitor} visitor @returns {Promise<number>} */
async function kept(visitor) {
  const all = await stored(visitor, 'phi-psi many seeds 1', 'runs');
  return all.filter(({ outcome }) => outcome).length;
}

/** As another page leaves it that keeps the runs of another recipe at the same time: one that has ended is of that one. @param {Visitor} visitor */
const overwrite = ({ page }) =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        const request = indexedDB.open('phi-psi many seeds 1');
        request.onsuccess = () => {
          const transaction = request.result.transaction('runs', 'readwrite');
          const store = transaction.objectStore('runs');
          store.getAll().onsuccess = ({ target }) => {
            const one = /** @type {IDBRequest} */ (target).result.find((/** @type {any} */ { outcome }) => outcome);
            store.put({ ...one, of: one.of.replace('"2"', '"3"'), outcome: { ...one.outcome, heldOut: 0.5 } });
          };
          transaction.oncomplete = () => (request.result.close(), resolve(null));
        };
      }),
  );

/** The held-out MSE that the page shows, as it stands there. @param {Visitor} visitor */
async function shown(visitor) {
  await visitor.heldOut();
  return (await visitor.data('heldout')).mse;
}

/** One of many is opened while the others train, and those that had ended when the page is closed are kept. @param {Visitor} visitor */
async function opened(visitor) {
  const { page } = visitor;
  await among(visitor, 3, { ...SMALL, seeds: 6 });
  await visitor.find('strip').press('Home');
  await visitor.eventually(async () => assert.match(await visitor.text('strip-readout'), /^seed \d+: /));
  await visitor.find('strip').press('Enter');
  const [, seed] = /^seed (\d+):/.exec(await visitor.text('strip-readout')) ?? [];
  await visitor.eventually(async () => assert.match(await visitor.text('comparison-caption'), new RegExp(`seed ${seed}`)));
  assert.equal(await visitor.state(), 'running');
  await visitor.eventually(async () => assert.equal((await visitor.lines()).length, SMALL.epochs));
  assert.match(await visitor.text('comparison-caption'), new RegExp(`, after ${SMALL.epochs} epochs`));
  const mark = page.locator(`#strip [data-seed="${seed}"]`);
  assert.equal(await shown(visitor), await mark.getAttribute('data-value'), 'it is measured at once');
  // It has ended, whatever the others do.
  await near(visitor, 'errors');
  await visitor.eventually(async () => assert.match(await visitor.text('errors-words'), new RegExp(`, after ${SMALL.epochs} epochs: `)));
  assert.equal(await visitor.state(), 'running');
  // What is out of sight is not drawn.
  await near(visitor, 'strip');
  // Two at once: the ensemble outlives them.
  await visitor.find('strip').press('Home');
  await page.evaluate(() => {
    const strip = document.getElementById('strip');
    for (const key of ['Enter', 'ArrowRight', 'Enter', 'ArrowLeft', 'Enter']) strip?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
  });
  await visitor.eventually(async () => assert.match(await visitor.text('comparison-caption'), new RegExp(`seed ${seed}`)));
  assert.equal(await page.locator('#strip [data-seed]').count(), 3);
  // Measured before it can be kept.
  await visitor.heldOut();
  await release(visitor);
  await visitor.reach('done');
  const values = await strip(visitor, 6);
  assert.equal(await shown(visitor), values.get(Number(seed)), 'it is still the one on show');
  const [{ heldOut }] = await table(visitor);
  assert.equal(heldOut, error(Number(values.get(Number(seed)))), 'it was measured before it was kept');
  assert.equal(await visitor.text('notice'), '');
  assert.doesNotMatch(await visitor.text('seeds-words'), /kept/);
  await visitor.train({ seed, seeds: 1 });
  assert.equal(await shown(visitor), values.get(Number(seed)));

  await among(visitor, 3, { seed: 42, seeds: 6 });
  await visitor.press('pause');
  await visitor.reach('paused');
  await visitor.eventually(async () => assert.equal(await kept(visitor), 3));
  await overwrite(visitor);
  await reopen(visitor, /&seeds=6\b/);
  await visitor.eventually(async () => assert.equal((await visitor.typed()).seeds, '6'));
  await visitor.press('train');
  await visitor.reach('done');
  assert.deepEqual(await strip(visitor, 6), values, 'they are the same');
  assert.match(await visitor.text('seeds-words'), / 2 of them were trained before, and kept\.$/);
  await visitor.eventually(async () => assert.equal(await kept(visitor), 0));
}

/** They are paused, taken on and stepped like one, replay from a link, and are a run again with one seed. @param {Visitor} visitor */
async function likeOne(visitor) {
  await visitor.train({ ...SMALL, seeds: 5 });
  const undisturbed = await strip(visitor, 5);
  await visitor.press('reset');
  await visitor.reach('done');
  assert.deepEqual(await strip(visitor, 5), undisturbed);

  await visitor.type({ epochs: 5 });
  await visitor.press('step');
  await visitor.reach('paused');
  await visitor.eventually(async () => assert.equal(await visitor.text('status-epoch'), 'epoch 1 of 5, 5 of 5 seeds'));
  const first = await strip(visitor, 5);
  for (const [seed, value] of first) assert.ok(Number(value) > Number(undisturbed.get(seed)), 'one epoch is not four');
  await visitor.press('average');
  await visitor.eventually(async () => assert.match(await visitor.text('average-words'), /^The mean of 5 runs/));
  await visitor.press('pause');
  await visitor.reach('done');
  await visitor.eventually(async () => assert.equal(await visitor.text('average-words'), '', 'it was of the first epoch'));
  await visitor.type({ epochs: 4 });
  await visitor.press('train');
  await visitor.reach('done');
  assert.deepEqual(await strip(visitor, 5), undisturbed);

  await among(visitor, 3, { epochs: 30, seeds: 6 });
  await visitor.press('pause');
  await visitor.reach('paused');
  await release(visitor);
  const some = await visitor.text('status-epoch');
  await visitor.askTwice();
  assert.equal(await visitor.text('status-epoch'), some);
  await visitor.press('pause');
  await visitor.reach('done');
  const resumed = await strip(visitor, 6);
  await visitor.press('train');
  await visitor.reach('done');
  assert.deepEqual(await strip(visitor, 6), resumed);

  await reopen(visitor, /^#v=4&.*&epochs=30&.*&seed=42&seeds=6&mse=/);
  await visitor.eventually(async () => assert.match(await visitor.text('opened'), /6.seeds/));
  assert.equal((await visitor.typed()).seeds, '6');
  await visitor.press('train');
  await visitor.reach('done');
  assert.deepEqual(await strip(visitor, 6), resumed);
}

visit(
  'one of many is opened while the others train, and they go on beside it; of a page that is closed meanwhile those that had ended are kept; they are paused, taken on and stepped like one, replay from a link, and are a run again with one seed',
  // A worker that a Pause ends may still be fetching its module.
  { script: GATED, allow: [BROKEN_OFF] },
  async (visitor) => {
    await opened(visitor);
    await likeOne(visitor);
  },
);

visit('a finger that taps a point opens its run', { context: { viewport: { width: 390, height: 800 }, hasTouch: true } }, async (visitor) => {
  const { page } = visitor;
  await visitor.train({ ...SMALL, seeds: 3 });
  for (const seed of (await strip(visitor, 3)).keys()) {
    await near(visitor, 'strip');
    const box = await page.locator(`#strip [data-seed="${seed}"]`).boundingBox();
    assert.ok(box);
    await page.touchscreen.tap(box.x + box.width / 2, box.y + box.height / 2);
    await visitor.eventually(async () => assert.match(await visitor.text('comparison-caption'), new RegExp(`seed ${seed}`)));
  }
});

/** What is refused, and what is told of twenty. @param {Visitor} visitor */
async function told(visitor) {
  const { page } = visitor;
  /** @type {[Record<string, string>, string, RegExp][]} */
  const refused = [
    [{ seeds: '0' }, 'seeds', /^seeds = 0 is out of range: it must be a whole number from 1 to 1024$/],
    [{ seeds: '1025' }, 'seeds', /^seeds = 1025 is out of range/],
    [{ seeds: '1024', hidden: '1024' }, 'seeds', /^the runs of 1024 seeds keep about \d+ MiB, more than the 352 MiB .*: lower seeds, epochs, hidden or m$/],
    [{ seeds: '2', hidden: '64', seed: '4294967295' }, 'seeds', /^seeds = 2 go past the last seed there is: lower seeds or seed$/],
  ];
  for (const [fields, key, words] of refused) {
    await visitor.type(fields);
    await visitor.press('train');
    await visitor.eventually(async () => assert.match(await visitor.text(`${key}-error`), words));
  }
  await visitor.eventually(async () => assert.equal(await visitor.state(), 'idle'));
  await visitor.type({ seed: '42', seeds: '1024' });
  await visitor.eventually(async () => assert.match(await visitor.text('estimate'), /80 in all, for each of 1,024 seeds; about 3\d\.\d MB/));

  await visitor.train({ seeds: 20 });
  await strip(visitor, 20);
  const lines = await visitor.lines();
  assert.equal(lines.length, 5);
  for (const [i, line] of lines.entries()) assert.match(line, new RegExp(`^Epoch ${i + 1}: MSE = 0\\.\\d{4}$`));
  const bands = (await visitor.text('log-bands')).split('\n');
  assert.equal(bands.length, 5);
  for (const band of bands) {
    const [low, high] = band.split('–').map(Number);
    assert.ok(low > 0.05 && low < high && high < 1, band);
  }
  for (const look of ['seeds-band', 'seeds-end', 'seeds-median'])
    await visitor.eventually(async () => assert.equal(await page.locator(`#chart .${look}`).count(), 2));
  assert.match(await visitor.text('chart-legend'), /20 seeds, train: median, 10–90 %20 seeds, validation/);
  const words = await visitor.text('seeds-words');
  assert.match(
    words,
    /^Held-out MSE over 20 of 20 seeds \(seed 42 to 61\): mean 0\.1\d+ ± [\d.e-]+ \(standard error\), median 0\.1\d+, 10–90 % [\d.]+–[\d.]+, from [\d.]+ to [\d.]+\.$/,
  );
  assert.match(
    await visitor.text('seeds-printed'),
    /begins with 0\.8032, higher than \d+\u00a0% of 20 seeds in epoch 1, and ends with 0\.1190, higher than \d+\u00a0% of 20 seeds in epoch 5\.$/,
  );
  await press(page.locator('#seeds-table summary'));
  const rows = page.locator('#seeds-table tbody tr');
  await visitor.eventually(async () => assert.equal(await rows.count(), 5));
  assert.match((await rows.first().textContent()) ?? '', /^10\.\d+ ± 0\.0\d+0\.\d+/);
  // The chart reads them out, epoch by epoch.
  await visitor.find('chart').focus();
  await page.keyboard.press('Home');
  await visitor.eventually(async () =>
    assert.match((await visitor.find('chart').getAttribute('aria-valuetext')) ?? '', /^epoch 1: .*; over 20 seeds: train median 0\.\d+, 10–90 % /),
  );
  await visitor.press('average');
  await visitor.eventually(async () =>
    assert.match(
      await visitor.text('average-words'),
      /^The mean of 20 runs’ outputs has an MSE of 0\.\d+, where each alone has 0\.\d+ on the same draws: 1\.\d times better\./,
    ),
  );
  assert.deepEqual((await page.locator('#average-table tbody th').allTextContents()).map(Number), [1, 2, 4, 8, 16, 20]);
  await visitor.type({ hidden: 32, epochs: 2, seeds: 3 });
  await visitor.train();
  await strip(visitor, 3);
  assert.equal(await visitor.text('seeds-printed'), '', 'of another recipe nothing was printed');
  assert.ok(await visitor.find('average-picture').isHidden());
}

/** Each has what its seed has alone. @param {Visitor} visitor */
async function alone(visitor) {
  const { page } = visitor;
  await visitor.train({ ...SMALL, seeds: 6 });
  assert.match(await visitor.text('status-epoch'), /^epoch 4 of 4, 6 of 6 seeds$/);
  const values = await strip(visitor, 6);
  assert.deepEqual([...values.keys()], [42, 43, 44, 45, 46, 47]);
  assert.equal(new Set(values.values()).size, 6);
  assert.equal(await shown(visitor), values.get(42), 'the run on show is the first');

  // One is picked by the pointer, another by the keys.
  await page.locator('#strip [data-seed="45"]').click();
  await visitor.eventually(async () => assert.match((await visitor.text('comparison-caption')) ?? '', /seed 45/));
  const picked = { mse: await shown(visitor), log: await visitor.lines(), validation: await visitor.table('validation') };
  assert.equal(picked.mse, values.get(45));
  assert.equal((await strip(visitor, 6)).get(45), values.get(45), 'and the others stay');
  const down = page.waitForEvent('download');
  await visitor.press('take-weights');
  const bytes = await readFile(await (await down).path());

  await visitor.find('strip').focus();
  await page.keyboard.press('Home');
  const lowest = [...values].sort(([, one], [, other]) => Number(one) - Number(other))[0];
  await visitor.eventually(async () =>
    assert.match(await visitor.text('strip-readout'), new RegExp(`^seed ${lowest[0]}: held-out MSE .*, the 1st of 6 from below$`)),
  );
  await page.keyboard.press('Enter');
  await visitor.eventually(async () => assert.equal((await visitor.data('heldout')).mse, lowest[1]));
  await visitor.press('seeds-first');
  await visitor.eventually(async () => assert.equal((await visitor.data('heldout')).mse, values.get(42)));

  await visitor.train({ seeds: 1, seed: 45 });
  assert.equal(await shown(visitor), picked.mse);
  assert.deepEqual({ log: await visitor.lines(), validation: await visitor.table('validation') }, { log: picked.log, validation: picked.validation });
  assert.ok(await visitor.find('seeds-part').isHidden());
  const again = page.waitForEvent('download');
  await visitor.press('take-weights');
  assert.deepEqual(readSafetensors(await readFile(await (await again).path())).tensors, readSafetensors(bytes).tensors);
}

visit(
  'how many there may be is told before any is trained; the spread is on the chart, beside the log and in words, and the log stays the notebook’s; each of many has the held-out error, the epochs and the weights of the same seed alone',
  { view: 'all', script: without('layer'), shows: 'seeds' },
  async (visitor) => {
    await told(visitor);
    await alone(visitor);
  },
);
