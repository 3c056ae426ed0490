// @ts-check
/** Sweeps over two keys at once: a map whose cells are real runs, and lead to their recipes. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { ADDRESS, press, viewed, visitors } from './browser.mjs';
import { near } from './walk.mjs';

const visit = visitors();

visit('a map’s cells are the medians of real runs over their floor, a cell brings its best, and a link brings the map', {}, async (visitor) => {
  const { page } = visitor;
  await visitor.type({ n: 64, batch: 16, epochs: 2, seeds: 7 });
  await near(visitor, 'sweeps', '#sweep-setup:enabled');
  await press(page.locator('#map-part summary'));
  await page.locator('#map-setup:enabled').waitFor();
  await press(page.locator('#map-pairs button', { hasText: 'm × hidden' }));
  await visitor.find('map-first').fill('2, 1');
  await visitor.find('map-second').fill('8 4');
  await visitor.find('map-seeds').fill('3');
  await visitor.press('map-start');
  await visitor.eventually(async () => assert.equal(await visitor.text('map-status'), '12 of 12 runs done.'));
  await visitor.eventually(async () => assert.match(await visitor.text('map'), /^The median over the floor of its width/));
  assert.deepEqual(await page.locator('#map th').allTextContents(), ['m \\ hidden', '4', '8', '1', '2']);
  const cells = page.locator('#map td');
  const medians = await cells.evaluateAll((all) => all.map((cell) => Number(cell.getAttribute('data-median'))));
  assert.ok(medians.length === 4 && medians.every((median) => median > 0), `${medians}`);
  const down = page.waitForEvent('download');
  await visitor.press('map-csv');
  const rows = (await readFile(await (await down).path(), 'utf8'))
    .trim()
    .split('\r\n')
    .map((row) => row.split(','));
  const [m, hidden, heldOut, floor, seeds] = ['m', 'hidden', 'held_out_mse', 'floor', 'seeds'].map((name) => rows[0].indexOf(name));
  const own = rows.slice(1).filter((row) => row[m] === '2' && row[hidden] === '4');
  assert.equal(own.length, 3);
  assert.ok(
    rows.slice(1).every((row) => row[seeds] === ''),
    'each is a run of its own',
  );
  const [, median] = own.map((row) => Number(row[heldOut])).sort((one, other) => one - other);
  assert.equal(medians[2], median);
  assert.equal(Number((await cells.nth(2).textContent())?.replace('×', '')), Number((median / Number(own[0][floor])).toPrecision(3)));

  await visitor.press('map-copy');
  await visitor.eventually(async () => assert.notEqual(await visitor.find('map-link').inputValue(), ''));
  const link = await visitor.find('map-link').inputValue();
  assert.match(link, /#sweep=m,hidden&values=1,2;4,8&seeds=3&v=1&d=2&m=\d+&hidden=\d+&n=64&batch=16&epochs=2&lr=0\.001&seed=42$/);

  await press(cells.nth(2).locator('button'));
  const best = own.reduce((least, row) => (Number(row[heldOut]) < Number(least[heldOut]) ? row : least));
  const seed = best[rows[0].indexOf('seed')];
  await visitor.eventually(async () => {
    const { m: typedM, hidden: typedHidden, seed: typedSeed, seeds: typedSeeds } = await visitor.typed();
    assert.deepEqual([typedM, typedHidden, typedSeed, typedSeeds], ['2', '4', seed, undefined]);
  });
  await visitor.train();
  await visitor.heldOut();
  assert.equal((await visitor.data('heldout')).mse, best[heldOut], 'Train gives the very run');

  await page.goto('about:blank');
  await page.goto(`${ADDRESS}${viewed(`?backend=cpu${new URL(link).hash}`, 'all')}`);
  await visitor.eventually(async () =>
    assert.match(await visitor.text('opened'), /^The link’s map: held-out MSE against m = 1, 2 and hidden = 4, 8, 3 seeds each, 12 runs in all\./),
  );
  assert.equal(await visitor.find('map-second').inputValue(), '4, 8');
  await visitor.press('map-start');
  await visitor.eventually(async () => assert.equal(await visitor.text('map-status'), '12 of 12 runs done.'));
  assert.deepEqual(await cells.evaluateAll((all) => all.map((cell) => Number(cell.getAttribute('data-median')))), medians, 'kept, or trained anew: the same');
});
