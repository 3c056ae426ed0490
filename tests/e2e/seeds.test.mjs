// @ts-check
/** The runs of many seeds at once: each is the run of its seed alone, all of them are driven like one, and what they come to is on show. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { readSafetensors } from '../../www/export/safetensors.js';
import { ADDRESS, press, viewed, visitors } from './browser.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

/** A recipe of a few milliseconds. */
const SMALL = { m: 4, hidden: 8, n: 100, batch: 10, epochs: 4 };

/** Each seed with what the strip has for it. @param {Visitor} visitor @param {number} many @returns {Promise<Map<number, string>>} */
async function strip({ page }, many) {
  await page.waitForFunction((count) => document.querySelectorAll('#strip [data-seed]').length === count, many);
  const pairs = await page
    .locator('#strip [data-seed]')
    .evaluateAll((marks) =>
      marks.map((mark) => /** @type {[number, string]} */ ([Number(mark.getAttribute('data-seed')), mark.getAttribute('data-value') ?? ''])),
    );
  return new Map(pairs.sort(([one], [other]) => one - other));
}

/** Presses Pause within the page as soon as some have ended and some have not: however busy the machine is, not all are over by then. @param {Visitor} visitor */
async function pauseAmong({ page }) {
  await page.evaluate(
    () =>
      new Promise((resolve) => {
        const epoch = document.getElementById('status-epoch');
        const look = () => {
          const [, done, all] = /, (\d+) of (\d+) seeds$/.exec(epoch?.textContent ?? '') ?? [];
          if (!(Number(done) >= 2 && Number(done) < Number(all))) return;
          observer.disconnect();
          document.getElementById('pause')?.click();
          resolve(null);
        };
        const observer = new MutationObserver(look);
        if (epoch) observer.observe(epoch, { childList: true, characterData: true, subtree: true });
        look();
      }),
  );
}

/** The held-out MSE that the page shows, as it stands there. @param {Visitor} visitor */
async function shown(visitor) {
  await visitor.heldOut();
  return (await visitor.data('heldout')).mse;
}

visit('each of many has the held-out error, the epochs and the weights of the same seed alone', {}, async (visitor) => {
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
});

visit('they are paused, taken on and stepped like one, replay from a link, and are a run again with one seed', {}, async (visitor) => {
  const { page } = visitor;
  await visitor.train({ ...SMALL, seeds: 5 });
  const undisturbed = await strip(visitor, 5);
  await visitor.press('reset');
  await visitor.eventually(async () => assert.deepEqual((await visitor.passed()).slice(-2), ['running', 'done']));
  assert.deepEqual(await strip(visitor, 5), undisturbed);

  await visitor.type({ epochs: 5 });
  await visitor.press('step');
  await visitor.reach('paused');
  await visitor.eventually(async () => assert.equal(await visitor.text('status-epoch'), 'epoch 1 of 5, 5 of 5 seeds'));
  const first = await strip(visitor, 5);
  for (const [seed, value] of first) assert.ok(Number(value) > Number(undisturbed.get(seed)), 'one epoch is not four');
  await visitor.type({ epochs: 4 });
  await visitor.press('train');
  await visitor.reach('done');
  assert.deepEqual(await strip(visitor, 5), undisturbed);

  await visitor.type({ epochs: 3_000, seeds: 12 });
  await visitor.press('train');
  await pauseAmong(visitor);
  await visitor.reach('paused');
  const some = await visitor.text('status-epoch');
  await visitor.askTwice();
  assert.equal(await visitor.text('status-epoch'), some);
  await visitor.press('pause');
  await visitor.reach('done');
  const resumed = await strip(visitor, 12);
  await visitor.press('train');
  await visitor.reach('done');
  assert.deepEqual(await strip(visitor, 12), resumed);

  const link = await page.evaluate(() => location.hash);
  assert.match(link, /^#v=4&.*&seed=42&seeds=12&mse=/);
  await page.goto('about:blank');
  await page.goto(`${ADDRESS}${viewed(`?backend=cpu${link}`, 'all')}`);
  await visitor.eventually(async () => assert.match(await visitor.text('opened'), /12.seeds/));
  assert.equal((await visitor.typed()).seeds, '12');
  await visitor.press('train');
  await visitor.reach('done');
  assert.deepEqual(await strip(visitor, 12), resumed);
});

visit('the spread is on the chart, beside the log and in words, and the log stays the notebook’s', {}, async (visitor) => {
  const { page } = visitor;
  await visitor.train({ seeds: 40 });
  await strip(visitor, 40);
  const lines = await visitor.lines();
  assert.equal(lines.length, 5);
  for (const [i, line] of lines.entries()) assert.match(line, new RegExp(`^Epoch ${i + 1}: MSE = 0\\.\\d{4}$`));
  const bands = (await visitor.text('log-bands')).split('\n');
  assert.equal(bands.length, 5);
  for (const band of bands) {
    const [low, high] = band.split('–').map(Number);
    assert.ok(low > 0.05 && low < high && high < 1, band);
  }
  for (const look of ['seeds-band', 'seeds-end', 'seeds-median']) assert.equal(await page.locator(`#chart .${look}`).count(), 2);
  assert.match(await visitor.text('chart-legend'), /40 seeds, train: median, 10–90 %40 seeds, validation/);
  const words = await visitor.text('seeds-words');
  assert.match(
    words,
    /^Held-out MSE over 40 of 40 seeds \(seed 42 to 81\): mean 0\.1\d+ ± [\d.e-]+ \(standard error\), median 0\.1\d+, 10–90 % [\d.]+–[\d.]+, from [\d.]+ to [\d.]+\.$/,
  );
  assert.match(
    await visitor.text('seeds-printed'),
    /begins with 0\.8032, higher than [89]\d\u00a0% of 40 seeds in epoch 1, and ends with 0\.1190, higher than \d\d\u00a0% of 40 seeds in epoch 5\.$/,
  );
  await press(page.locator('#seeds-table summary'));
  const rows = await page.locator('#seeds-table tbody tr').allTextContents();
  assert.equal(rows.length, 5);
  assert.match(rows[0], /^10\.\d+ ± 0\.0\d+0\.\d+/);
  // The chart reads them out, epoch by epoch.
  await visitor.find('chart').focus();
  await page.keyboard.press('Home');
  await visitor.eventually(async () =>
    assert.match((await visitor.find('chart').getAttribute('aria-valuetext')) ?? '', /^epoch 1: .*; over 40 seeds: train median 0\.\d+, 10–90 % /),
  );
  await visitor.press('average');
  await visitor.eventually(async () =>
    assert.match(
      await visitor.text('average-words'),
      /^The mean of 40 runs’ outputs has an MSE of 0\.\d+, where each alone has 0\.\d+ on the same draws: 1\.\d times better\./,
    ),
  );
  assert.deepEqual((await page.locator('#average-table tbody th').allTextContents()).map(Number), [1, 2, 4, 8, 16, 32, 40]);
  await visitor.type({ hidden: 32, epochs: 2, seeds: 3 });
  await visitor.train();
  await strip(visitor, 3);
  assert.equal(await visitor.text('seeds-printed'), '', 'of another recipe nothing was printed');
  assert.ok(await visitor.find('average-picture').isHidden());
});

visit('how many seeds there may be is told before any is trained', {}, async (visitor) => {
  /** @type {[Record<string, string>, string, RegExp][]} */
  const refused = [
    [{ seeds: '0' }, 'seeds', /^seeds = 0 is out of range: it must be a whole number from 1 to 1024$/],
    [{ seeds: '1025' }, 'seeds', /^seeds = 1025 is out of range/],
    [{ seeds: '1024', hidden: '1024' }, 'seeds', /^the runs of 1024 seeds keep about \d+ MiB, more than the 352 MiB .*: lower seeds, hidden or m$/],
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
});

/** Runs in the page: its seconds are a twentieth as long, since what takes less than two of them is not kept. */
const HASTE = 'const now = performance.now.bind(performance); performance.now = () => 20 * now();';

visit('a page that is closed while many run finds those that had ended, and goes on with the rest', { script: HASTE }, async (visitor) => {
  const { page } = visitor;
  const recipe = { m: 4, hidden: 8, n: 2_000, batch: 10, epochs: 100, seeds: 40 };
  await visitor.type(recipe);
  await visitor.press('train');
  await pauseAmong(visitor);
  await visitor.reach('paused');
  const first = await page.locator('#strip [data-seed]').count();
  const kept = () =>
    page.evaluate(
      () =>
        new Promise((resolve) => {
          const request = indexedDB.open('phi-psi many seeds 1');
          request.onsuccess = () => {
            const all = request.result.transaction('runs', 'readonly').objectStore('runs').getAll();
            all.onsuccess = () => (request.result.close(), resolve(all.result.filter(({ outcome }) => outcome).length));
          };
        }),
    );
  await visitor.eventually(async () => assert.ok(Number(await kept()) >= Math.max(1, first)));
  await page.waitForFunction(() => /&seeds=40\b/.test(location.hash));
  const link = await page.evaluate(() => location.hash);
  await page.goto('about:blank');
  await page.goto(`${ADDRESS}${viewed(`?backend=cpu${link}`, 'all')}`);
  await visitor.eventually(async () => assert.equal((await visitor.typed()).seeds, '40'));
  await visitor.press('train');
  await visitor.reach('done');
  const values = await strip(visitor, 40);
  assert.match(await visitor.text('seeds-words'), / \d+ of them were kept from before the page was loaded\.$/);
  await visitor.eventually(async () => assert.equal(await kept(), 0));
  await visitor.press('train');
  await visitor.reach('done');
  assert.deepEqual(await strip(visitor, 40), values, 'trained anew they are the same');
  assert.doesNotMatch(await visitor.text('seeds-words'), /kept/);
});
