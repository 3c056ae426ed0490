// @ts-check
/** The course of a run: fresh draws, a schedule, a learning rate that is changed on the way; in the form, the link, the kept runs and what is taken away. */
import assert from 'node:assert/strict';
import { press, visitors } from './browser.mjs';
import { taken } from './downloads.mjs';
import { ON_OTHER_PAGE, scripted } from './other-page.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

const DEFAULTS = { d: '2', m: '16', hidden: '64', n: '1024', batch: '64', epochs: '5', lr: '0.001', seed: '42' };
const NOTEBOOK = 'v=1&d=2&m=16&hidden=64&n=1024&batch=64&epochs=5&lr=0.001&seed=42';
const COURSE = { fresh: '1', schedule: 'cosine', rates: '2:0.0005,4:0.002' };
const WITH_COURSE = `${NOTEBOOK.replace('v=1', 'v=2')}&fresh=1&schedule=cosine&rates=2:0.0005,4:0.002`;

const MARKED = '#chart .change';

/** The fragment in the address. @param {Visitor} visitor */
const fragment = ({ page }) => new URL(page.url()).hash.slice(1);

/** @param {Visitor} visitor @param {string | RegExp} expected */
const addressed = (visitor, expected) =>
  visitor.eventually(async () => (expected instanceof RegExp ? assert.match(fragment(visitor), expected) : assert.equal(fragment(visitor), expected)));

/** @param {Visitor} visitor @param {RegExp} expected */
const told = (visitor, expected) => visitor.eventually(async () => assert.match(await visitor.text('opened'), expected));

/** Another fragment in the address of the same page. @param {Visitor} visitor @param {string} text */
const go = ({ page }, text) => page.evaluate((hash) => void (location.hash = hash), text);

/** @param {Visitor} visitor */
const isOpen = (visitor) => visitor.find('course').evaluate((details) => /** @type {HTMLDetailsElement} */ (details).open);

/** The course is folded away. @param {Visitor} visitor */
const fold = (visitor) => visitor.find('course').evaluate((details) => void details.toggleAttribute('open', false));

/** Asks for another learning rate. @param {Visitor} visitor @param {string} lr */
async function change(visitor, lr) {
  const open = await visitor.find('changing').evaluate((details) => /** @type {HTMLDetailsElement} */ (details).open);
  if (!open) {
    const loaded = visitor.page.waitForResponse(/\/rate-change(-\w+)?\.js$/);
    await press(visitor.page.locator('#changing summary'));
    await loaded;
    await visitor.frames();
  }
  await visitor.find('next-lr').fill(lr);
  await visitor.press('change-lr');
}

visit(
  'it is off and folded away at first; on it is in the link, presets turn it off and on, and what cannot be is named at its field; a run with a course ends, has its changes marked, and is told by its link, which opens the form and replays to the last bit; a rate that cannot be taken is said why, and before its first epoch a run takes it as its own; one that is changed while a run waits is on the chart, in the form and in the link, and the replay has every bit; while a run goes on it holds from an epoch that had not begun; nothing of it scrolls sideways at 360 pixels',
  {},
  async (visitor) => {
    assert.equal(await isOpen(visitor), false);
    assert.deepEqual(await visitor.typed(), DEFAULTS);
    await visitor.type({ seed: 7 });
    await addressed(visitor, NOTEBOOK.replace('seed=42', 'seed=7'));
    await visitor.type({ seed: 42, ...COURSE });
    await addressed(visitor, WITH_COURSE);
    await visitor.type({ fresh: 0, rates: '' });
    await addressed(visitor, `${NOTEBOOK.replace('v=1', 'v=2')}&schedule=cosine`);
    await visitor.type({ schedule: 'constant' });
    await addressed(visitor, NOTEBOOK);

    const { page } = visitor;
    const pressed = () => page.locator('button[aria-pressed=true]:is([data-epochs], [data-recipe])');
    await visitor.type(COURSE);
    assert.equal(await pressed().count(), 0);
    await press(page.locator('button[data-epochs="30"]'));
    assert.deepEqual(await visitor.typed(), { ...DEFAULTS, epochs: '30' });
    assert.match(await pressed().innerText(), /^30 epochs$/);
    await press(page.getByRole('button', { name: /^Toward the floor/ }));
    assert.deepEqual(await visitor.typed(), { ...DEFAULTS, hidden: '128', batch: '256', epochs: '5000', lr: '0.005', fresh: '1', schedule: 'cosine' });
    assert.match(await pressed().innerText(), /^Toward the floor/);
    await visitor.eventually(async () => assert.match(await visitor.text('estimate'), /^4 steps an epoch, 20,000 in all/));
    for (const preset of await page.locator('button[data-recipe]').all()) {
      await press(preset);
      await visitor.eventually(async () => assert.match(await visitor.text('estimate'), /(20,000|19,968|1,920) in all/));
      assert.equal(await preset.getAttribute('aria-pressed'), 'true');
      assert.equal(await page.locator('#recipe [aria-invalid]').count(), 0);
    }

    await press(page.locator('button[data-epochs="5"]'));
    await visitor.type({ rates: '5:0.1' });
    await addressed(visitor, /&rates=5:0\.1$/);
    await fold(visitor);
    await visitor.type({ epochs: 4 });
    await visitor.eventually(async () =>
      assert.match(await visitor.text('rates-error'), /^rates = “5:0\.1” is not possible: it must be epochs from 2 to the last, in order/),
    );
    assert.equal(await isOpen(visitor), true);
    for (const rates of ['soon', '<b>2</b>:1']) {
      await visitor.type({ rates });
      await visitor.press('train');
      await visitor.eventually(async () =>
        assert.ok((await visitor.text('rates-error')).startsWith(`rates = “${rates.replaceAll('<', '‹').replaceAll('>', '›')}” is not possible`), rates),
      );
      await visitor.eventually(async () => assert.equal(await visitor.page.evaluate(() => document.activeElement?.id), 'rates'));
      assert.equal(await visitor.find('rates').getAttribute('aria-invalid'), 'true');
      assert.equal(await visitor.page.locator('#recipe [aria-invalid]').count(), 1);
    }
    assert.equal(await visitor.state(), 'idle');
    await press(page.locator('button[data-epochs="5"]'));
    await refusedOrOwn(visitor);
    assert.equal((await visitor.train({ epochs: 4, lr: '0.001', rates: '2:1e-3,4:0.01' })).length, 4);

    await press(page.locator('button[data-epochs="5"]'));
    const lines = await visitor.train({ epochs: 6, ...COURSE });
    await addressed(visitor, /^v=2&.*&rates=2:0\.0005,4:0\.002&mse=0\.\d+$/);
    const link = fragment(visitor);
    assert.equal(await page.locator(MARKED).count(), 2);
    assert.deepEqual(await page.locator('#chart .change-label').allTextContents(), ['lr 0.0005', 'lr 0.002']);
    const dots = await page.locator('#chart circle.dot').evaluateAll((all) => all.map((dot) => dot.getAttribute('cx')));
    assert.deepEqual(await page.locator(MARKED).evaluateAll((all) => all.map((line) => line.getAttribute('x1'))), [dots[1], dots[3]]);
    assert.match((await visitor.find('chart').getAttribute('aria-label')) ?? '', /What changes: lr 0\.0005 from epoch 2, lr 0\.002 from epoch 4\./);
    await visitor.find('chart').focus();
    await page.keyboard.press('Home');
    assert.match(await visitor.text('chart-readout'), /^epoch 1: train [\d.]+, validation [\d.]+$/);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    assert.match(await visitor.text('chart-readout'), /^epoch 3: train [\d.]+, validation [\d.]+, lr 0\.0005$/);
    await visitor.train({ fresh: 0, schedule: 'constant', rates: '', epochs: 5 });
    assert.equal(await page.locator(MARKED).count(), 0, 'another run has other changes');
    // Or the page's own address for it would come over the one that follows.
    await addressed(visitor, /^v=1&.*&mse=/);

    await fold(visitor);
    await go(visitor, link);
    await told(
      visitor,
      /seed\u00a0=\u00a042, fresh draws every epoch, the learning rate along a cosine, lr\u00a00\.0005 from epoch\u00a02, lr\u00a00\.002 from epoch\u00a04; 96 steps in all/,
    );
    assert.equal(await isOpen(visitor), true);
    assert.deepEqual(await visitor.typed(), { ...DEFAULTS, epochs: '6', ...COURSE });
    assert.deepEqual(await visitor.train(), lines);
    await told(visitor, /^Reproduced: the last epoch’s MSE is the same to the last bit/);
    await addressed(visitor, link);
    // A link without a course turns it off.
    await go(visitor, NOTEBOOK.replace('seed=42', 'seed=3'));
    await visitor.eventually(async () => assert.deepEqual(await visitor.typed(), { ...DEFAULTS, seed: '3' }));
    await visitor.type({ seed: 42 });
    await whileItWaits(visitor);
    await whileItGoesOn(visitor);
    await narrow(visitor);
  },
);

/** A rate that cannot be taken is said why at its field, and before its first epoch a run takes it as its own. @param {Visitor} visitor */
async function refusedOrOwn(visitor) {
  await change(visitor, '0.1');
  await visitor.eventually(async () => assert.match(await visitor.text('next-lr-error'), /^No run is under way/));
  await visitor.press('draw');
  await visitor.comparison();
  await change(visitor, '0.002');
  await visitor.eventually(async () => assert.equal(await visitor.text('next-lr-said'), 'lr\u00a0=\u00a00.002 from the first epoch on.'));
  assert.deepEqual(await visitor.typed(), { ...DEFAULTS, lr: '0.002' });
  await visitor.press('step');
  await visitor.reach('paused');
  const begun = await visitor.lines();
  for (const [lr, words] of /** @type {[string, RegExp][]} */ ([
    ['', /^lr is empty: it must be a number from 1e-7 to 1$/],
    ['<b>1</b>', /^lr = “‹b›1‹\/b›” is not/],
  ])) {
    await change(visitor, lr);
    await visitor.eventually(async () => assert.match(await visitor.text('next-lr-error'), words));
    assert.equal(await visitor.find('next-lr').getAttribute('aria-invalid'), 'true');
    assert.equal(await visitor.page.evaluate(() => document.activeElement?.id), 'next-lr');
  }
  assert.equal((await visitor.typed()).rates, undefined);
  await change(visitor, '0.01');
  await visitor.eventually(async () => assert.equal(await visitor.text('next-lr-error'), ''));
  assert.equal(await visitor.find('next-lr').getAttribute('aria-invalid'), null);
  await visitor.press('pause');
  await visitor.reach('done');
  await change(visitor, '0.1');
  await visitor.eventually(async () => assert.equal(await visitor.text('next-lr-error'), 'No epoch is left to begin: train a recipe with more epochs.'));
  assert.equal(await visitor.text('notice'), '');
  assert.deepEqual((await visitor.train({ rates: '' })).slice(0, 1), begun, 'what it took was its own');
}

/** A rate is changed while a run waits. @param {Visitor} visitor */
async function whileItWaits(visitor) {
  const { page } = visitor;
  await visitor.type({ epochs: 8, lr: '2e-3' });
  await fold(visitor);
  for (const epoch of [1, 2, 3]) {
    await visitor.press('step');
    await visitor.eventually(async () => assert.equal((await visitor.lines()).length, epoch));
    await visitor.reach('paused');
  }
  await change(visitor, '0.0005');
  await visitor.eventually(async () => assert.equal(await visitor.text('next-lr-said'), 'lr\u00a0=\u00a00.0005 from epoch 4 on.'));
  assert.equal((await visitor.typed()).rates, '4:0.0005');
  assert.equal(await isOpen(visitor), true);
  await visitor.eventually(async () => assert.equal(await page.locator(MARKED).count(), 1));
  await addressed(visitor, /^v=2&.*&epochs=8&lr=0\.002&seed=42&rates=4:0\.0005$/);
  // Changed again before it has begun, only the last word counts.
  await change(visitor, '1e-4');
  await visitor.eventually(async () => assert.equal((await visitor.typed()).rates, '4:0.0001'));
  await visitor.press('step');
  await visitor.eventually(async () => assert.equal((await visitor.lines()).length, 4));
  await visitor.reach('paused');
  await change(visitor, '0.005');
  await visitor.eventually(async () => assert.equal((await visitor.typed()).rates, '4:0.0001,5:0.005'));
  await visitor.press('pause');
  await visitor.reach('done');
  const lines = await visitor.lines();
  await addressed(visitor, /&rates=4:0\.0001,5:0\.005&mse=0\.\d+$/);
  const link = fragment(visitor);

  // What is kept is the run as it went, and Reset replays it.
  const row = page.locator('#runs tr .run-recipe');
  const count = await row.count();
  assert.equal(await row.first().textContent(), 'epochs\u00a08, lr\u00a00.002, lr\u00a00.0001 from epoch\u00a04, lr\u00a00.005 from epoch\u00a05');
  await visitor.press('reset');
  await visitor.reach('done');
  assert.deepEqual(await visitor.lines(), lines);
  assert.equal(await row.count(), count, 'the same run again');

  await press(page.locator('button[data-epochs="5"]'));
  await addressed(visitor, NOTEBOOK);
  await go(visitor, link);
  await told(visitor, /lr\u00a00\.0001 from epoch\u00a04, lr\u00a00\.005 from epoch\u00a05/);
  assert.deepEqual(await visitor.train(), lines);
  await told(visitor, /^Reproduced/);
}

/** And while one goes on. @param {Visitor} visitor */
async function whileItGoesOn(visitor) {
  await visitor.type({ n: 4_096, epochs: 3_000, lr: '0.001', rates: '' });
  await visitor.press('train');
  // Of this run, and no longer of the one before.
  await visitor.page.locator('#status-epoch', { hasText: 'of 3,000' }).waitFor();
  await visitor.underWay({ epochs: 3 });
  const before = await visitor.lines();
  await change(visitor, '0.0001');
  await visitor.eventually(async () => assert.match(await visitor.text('next-lr-said'), /^lr\u00a0=\u00a00\.0001 from epoch [\d,]+ on\.$/));
  const { rates } = await visitor.typed();
  const [, epoch] = /^(\d+):0\.0001$/.exec(rates) ?? [];
  assert.ok(Number(epoch) > before.length, `${rates} after epoch ${before.length}`);
  await visitor.press('pause');
  await visitor.reach('paused');
  assert.deepEqual((await visitor.lines()).slice(0, before.length), before);
  await addressed(visitor, new RegExp(`&rates=${rates}$`));
  // Another recipe in the form is left alone.
  await visitor.type({ seed: 9 });
  const typed = await visitor.typed();
  await change(visitor, '0.0002');
  await visitor.eventually(async () => assert.match(await visitor.text('next-lr-said'), /0\.0002/));
  assert.deepEqual(await visitor.typed(), typed);
}

/** All of it on a telephone. @param {Visitor} visitor */
async function narrow(visitor) {
  await visitor.page.setViewportSize({ width: 360, height: 740 });
  const rates = Array.from({ length: 40 }, (_, i) => `${i + 2}:0.00${i + 1}`).join(',');
  await visitor.train({ n: 64, epochs: 60, ...COURSE, rates });
  await change(visitor, 'x'.repeat(80));
  await visitor.eventually(async () => assert.notEqual(await visitor.text('next-lr-error'), ''));
  assert.deepEqual(await visitor.tooWide(), []);
  const labels = await visitor.drawn('#chart .change-label');
  assert.ok(labels.length >= 2 && labels.every(({ left }, i) => i === 0 || left >= labels[i - 1].right), JSON.stringify(labels));
  assert.match((await visitor.find('chart').getAttribute('aria-label')) ?? '', /0\.006 from epoch 7, and 34 more\./);
}

visit(
  'what is kept and taken away of a run says its course: weights, history, chart, module, notebook, the next visit and the table’s CSV',
  { view: 'all' },
  async (visitor) => {
    const { page } = visitor;
    await visitor.train();
    await visitor.heldOut();
    const csv = async () => (await taken(visitor, 'runs-download')).content.toString().trimEnd().split('\r\n');
    assert.match((await csv())[0], /^name,d,m,hidden,n,batch,epochs,lr,seed,backend,/);
    const plain = await taken(visitor, 'take-weights');
    await visitor.train(COURSE);
    await visitor.heldOut();
    const json = JSON.parse((await taken(visitor, 'take-json')).content.toString());
    assert.deepEqual(json.recipe, { d: 2, m: 16, hidden: 64, n: 1024, batch: 64, epochs: 5, lr: 0.001, seed: 42, ...COURSE });
    const svg = (await taken(visitor, 'take-svg')).content.toString();
    assert.match(svg, /seed = 42<\/text><text [^>]*>fresh draws every epoch, the learning rate along a cosine, lr.0\.0005 from epoch.2/);
    assert.match(svg, />lr 0\.0005<\/text>/, 'the marks are in the picture');
    assert.match((await taken(visitor, 'take-module')).content.toString(), /seed=42 fresh=1 schedule=cosine rates=2:0\.0005,4:0\.002; trained for 5 epochs/);
    const text = (await taken(visitor, 'take-notebook')).content.toString();
    assert.match(text, /The run on the page\]\(<http\S+#v=2&\S+&rates=2:0\.0005,4:0\.002&mse=/);

    // A file brings its course back, and one that has none turns it off.
    const weights = await taken(visitor, 'take-weights');
    await press(page.locator('button[data-epochs="3"]'));
    const open = (/** @type {Buffer} */ buffer) =>
      visitor.find('weights-file').setInputFiles({ name: 'w.safetensors', mimeType: 'application/octet-stream', buffer });
    await open(weights.content);
    await visitor.eventually(async () => assert.deepEqual(await visitor.typed(), { ...DEFAULTS, ...COURSE }));
    await open(plain.content);
    await visitor.eventually(async () => assert.deepEqual(await visitor.typed(), DEFAULTS));
    assert.equal(await visitor.text('notice'), '');

    await visitor.reload();
    const row = page.locator('#runs tr').first();
    assert.equal(
      await row.locator('.run-recipe').textContent(),
      'fresh draws every epoch, the learning rate along a cosine, lr\u00a00.0005 from epoch\u00a02, lr\u00a00.002 from epoch\u00a04',
    );
    assert.equal(await page.locator('#runs tr').last().locator('.run-recipe').textContent(), 'the notebook’s');
    const [head, withCourse, without] = await csv();
    assert.match(head, /^name,d,m,hidden,n,batch,epochs,lr,seed,fresh,schedule,rates,backend,/);
    assert.match(withCourse, /^Run 2,2,16,64,1024,64,5,0\.001,42,1,cosine,"2:0\.0005,4:0\.002",cpu,/);
    assert.match(without, /^Run 1,2,16,64,1024,64,5,0\.001,42,0,constant,,cpu,/);
    await press(page.locator('button[data-epochs="5"]'));
    await press(row.getByRole('button', { name: /^Load/ }));
    assert.deepEqual(await visitor.typed(), { ...DEFAULTS, ...COURSE });
    await visitor.press('train');
    await told(visitor, /^Reproduced/);
    await press(page.locator('#runs tr').last().getByRole('button', { name: /^Load/ }));
    assert.deepEqual(await visitor.typed(), DEFAULTS);
  },
);

visit('from another page a run is opened with a course, and its rate changed on the way', ON_OTHER_PAGE, async (visitor) => {
  const recipe = { d: 2, m: 16, hidden: 64, n: 1024, batch: 64, epochs: 6, lr: 0.001, seed: 42, fresh: '1', schedule: 'cosine' };
  const { link, told, again, refusals } = await scripted(
    visitor,
    async ({ openRun, refusal }, recipe) => {
      const run = await openRun(recipe, { backend: 'cpu' });
      await run.changeRate(0.002);
      const mses = [];
      for await (const { epoch, mse } of run.epochs()) {
        mses.push(mse);
        if (epoch === 1) break;
      }
      const refusals = [await refusal(run.changeRate(2)), await refusal(openRun({ ...recipe, fresh: 'yes' }, { backend: 'cpu' }))];
      for await (const { mse } of run.epochs()) mses.push(mse);
      const link = await run.link();
      const told = run.recipe;
      run.close();
      const other = await openRun(link, { backend: 'cpu' });
      const again = [];
      for await (const { mse } of other.epochs()) again.push(mse);
      other.close();
      return { link, told, again: { mses, again }, refusals };
    },
    recipe,
  );
  assert.match(link, /^v=2&.*lr=0\.002&seed=42&fresh=1&schedule=cosine&mse=/);
  assert.deepEqual(told, { ...recipe, lr: 0.002 });
  assert.deepEqual(again.again, again.mses);
  assert.deepEqual(
    refusals.map(({ key }) => key),
    ['lr', 'fresh'],
  );
});
