// @ts-check
/** Runs side by side, on the page: kept, compared on the chart, named, pinned, deleted, loaded, taken away; and storage that fails. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { press, visitors } from './browser.mjs';
import { rows, table, trainAndKeep } from './kept-runs.mjs';
import { near, without } from './walk.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

const PLACE = 'phi-psi runs 1';
/** Runs in the page: the views between the run and the kept runs stay away. */
const APART = without('errors', 'limits', 'many', 'layer');
/** A run that is over in no time. */
const SMALL = { n: 64, hidden: 8, epochs: 2 };
const NOTEBOOK = { d: 2, m: 16, hidden: 64, n: 1024, batch: 64, epochs: 5, lr: '0.001', seed: 42 };

/** @param {Visitor} visitor */
const names = async (visitor) => (await table(visitor)).map(({ name }) => name);

/** A control of the row of this run. @param {Visitor} visitor @param {string} name @param {'Pin' | 'Load' | 'Delete'} what */
async function control(visitor, name, what) {
  const index = (await names(visitor)).indexOf(name);
  assert.ok(index >= 0, `no run is called ${name}`);
  return rows(visitor).nth(index).locator(`button:text-is("${what}")`);
}

/** @param {Visitor} visitor @param {string} name @param {boolean} shown */
async function show(visitor, name, shown = true) {
  await rows(visitor)
    .nth((await names(visitor)).indexOf(name))
    .locator('input[type=checkbox]')
    .setChecked(shown);
  await visitor.frames();
}

/** @param {Visitor} visitor @param {string} from @param {string} to */
async function rename(visitor, from, to) {
  const input = rows(visitor)
    .nth((await names(visitor)).indexOf(from))
    .locator('.run-name input');
  await input.fill(to);
  await input.press('Enter');
}

/** What is kept in the browser. @param {Visitor} visitor */
const kept = ({ page }) => page.evaluate((place) => JSON.parse(localStorage.getItem(place) ?? '[]'), PLACE);

/** Runs in the page: what is kept, where nothing is yet. @param {unknown[]} entries */
const planted = (entries) => `// An empty page, before the visit, has no storage.
if (location.protocol !== 'about:') localStorage[${JSON.stringify(PLACE)}] ??= ${JSON.stringify(JSON.stringify(entries))};`;

/** As a run has it, and as it was typed. @param {Record<string, number>} recipe */
const recipeOf = (recipe) => ({ recipe, fields: Object.fromEntries(Object.entries(recipe).map(([key, value]) => [key, String(value)])) });

/** A run as it stands in storage. @param {number} number @param {Record<string, unknown>} [own] */
function entry(number, own = {}) {
  return {
    id: number.toString(16).padStart(24, '0'),
    number,
    name: '',
    pinned: false,
    curve: null,
    ...recipeOf({ ...NOTEBOOK, lr: 0.001, seed: number }),
    backend: 'cpu',
    adapter: '',
    source: '',
    seconds: 0.25,
    ended: `2026-01-01T00:00:${String(number).padStart(2, '0')}.000Z`,
    points: [
      [1, 0.8],
      [2, 0.4],
      [3, 0.2],
      [4, 0.1],
      [5, 0.05],
    ],
    mse: 0.05,
    heldOut: 0.0625,
    ...own,
  };
}

/** With spaces that break. @param {string} text */
const plain = (text) => text.replaceAll('\u00a0', ' ');

/** The overlays on the chart, as it draws and names them. @param {Visitor} visitor */
async function overlays({ page }) {
  const looks = await page.locator('#chart .overlay').evaluateAll((paths) => paths.map((path) => path.getAttribute('class')));
  const legend = await page.locator('#chart-legend li:not([hidden])').allTextContents();
  const label = (await page.locator('#chart').getAttribute('aria-label')) ?? '';
  return { looks, legend: legend.map(plain), label: plain(label) };
}

visit(
  'a replay of a kept run does not pile up, nor in the next visit, and keeps the name it has; one is loaded into the form with its link, and replays to the last bit; while another run goes on too, which is left alone',
  { view: 'all', script: APART },
  async (visitor) => {
    const { page } = visitor;
    await trainAndKeep(visitor);
    await trainAndKeep(visitor, { epochs: 3, seed: 7, lr: '1e-3' });
    assert.deepEqual(
      (await table(visitor)).map(({ name, recipe }) => [name, recipe]),
      [
        ['Run 2', 'epochs\u00a03, seed\u00a07'],
        ['Run 1', 'the notebook’s'],
      ],
    );
    await rename(visitor, 'Run 2', 'mine');
    await press(await control(visitor, 'mine', 'Pin'));
    const [before, ...others] = await kept(visitor);
    const again = async (/** @type {string} */ button) => {
      const [{ ended }] = await kept(visitor);
      await visitor.press(button);
      await visitor.eventually(async () => assert.ok((await kept(visitor))[0].ended > ended));
      await visitor.heldOut();
    };
    await again('reset');

    const fields = { d: 3, m: 8, hidden: 32, n: 100, batch: 10, epochs: 4, lr: '2e-3', seed: 9 };
    await trainAndKeep(visitor, fields);
    const typed = await visitor.typed();
    const link = async () => visitor.find('link').inputValue();
    await visitor.eventually(async () => assert.match(await link(), /seed=9&mse=/));
    const [ended, address, all] = [await link(), page.url(), await table(visitor)];
    await visitor.reload();
    assert.deepEqual(await table(visitor), all);
    assert.equal(await visitor.text('runs-refused'), '');
    await visitor.eventually(async () => assert.notEqual(await visitor.text('opened'), '', 'the form is filled from the address'));
    await visitor.type(NOTEBOOK);
    await visitor.eventually(async () => assert.match(await link(), /seed=42$/));
    await press(await control(visitor, 'Run 3', 'Load'));
    assert.deepEqual(await visitor.typed(), typed);
    assert.equal(await visitor.text('opened'), 'The recipe of Run 3 is in the form. Press Train to run it.');
    assert.ok(await visitor.find('train').evaluate((button) => button === document.activeElement));
    await visitor.eventually(async () => assert.deepEqual([await link(), page.url()], [ended, address]));
    await visitor.anew();
    await page.keyboard.press('Enter');
    await visitor.reach('done');
    await visitor.eventually(async () => assert.match(await visitor.text('opened'), /^Reproduced: the last epoch’s MSE is the same to the last bit/));
    assert.deepEqual(await names(visitor), ['mine', 'Run 3', 'Run 1']);
    await visitor.type({ d: 2 });
    assert.equal(await visitor.text('opened'), '');
    assert.equal(await visitor.text('back-to-link'), 'Back to the run that was loaded');
    await visitor.press('back-to-link');
    assert.deepEqual(await visitor.typed(), typed);
    assert.equal(await visitor.text('opened'), 'The recipe of Run 3 is in the form. Press Train to run it.');

    await visitor.type({ epochs: 3, seed: 1 });
    await visitor.press('step');
    await visitor.reach('paused');
    await resume(visitor, 'Run 3');
    assert.deepEqual(await visitor.typed(), typed);
    await visitor.reach('done');
    assert.equal((await visitor.lines()).length, 3);
    assert.match((await table(visitor))[1].recipe, /epochs\u00a03, .*seed\u00a01$/);
    assert.deepEqual(await names(visitor), ['mine', 'Run 4', 'Run 3', 'Run 1']);

    await press(await control(visitor, 'mine', 'Load'));
    await again('train');
    const [after, ...beside] = await kept(visitor);
    assert.deepEqual(beside.slice(2), others);
    assert.deepEqual({ ...after, ended: '', seconds: 0 }, { ...before, ended: '', seconds: 0 });
    assert.deepEqual([after.name, after.pinned], ['mine', true]);
  },
);

/** Runs in the page: the first worker that trains dies once the page has heard of it. */
const DYING = `let dead = null;
const Own = Worker;
globalThis.Worker = class extends Own {
  constructor(...given) {
    super(...given);
    // Before the page, which listens later.
    this.addEventListener('message', (event) => {
      if (dead === this) event.stopImmediatePropagation();
      if (event.data.type !== 'progress' || dead) return;
      dead = this;
      setTimeout(() => this.dispatchEvent(new ErrorEvent('error', { message: 'died' })));
    });
  }
};`;

visit(
  'a run that fails, is stopped, replaced or refused is not kept, and a name is not typed over by what ends meanwhile; kept curves lie behind the run’s, each in a look of its own, on axes that hold them all; one is kept by its tick or by the button',
  { view: 'all', script: `${without('errors', 'many', 'layer')}\n${DYING}` },
  async (visitor) => {
    await visitor.press('train');
    await visitor.reach('failed');
    // Its weights are lost, and nothing else is.
    const fold = () => visitor.find('methods').evaluate((details) => void details.toggleAttribute('open'));
    await fold();
    await near(visitor, 'methods', '#methods[data-target]');
    await fold();
    await visitor.press('step');
    await visitor.page.locator('#status[data-state=paused]').waitFor();
    await visitor.type({ epochs: 50_000 });
    await visitor.trainAndPause(2);
    assert.equal(await rows(visitor).count(), 0);
    await trainAndKeep(visitor, { n: 64, epochs: 3 });
    assert.deepEqual(await names(visitor), ['Run 1']);
    const before = await kept(visitor);
    await visitor.type({ d: 'x' });
    await visitor.press('train');
    await visitor.notice();
    await visitor.reach('done');
    assert.deepEqual(await kept(visitor), before, 'a run that is on show again has not ended again');

    await visitor.type({ d: 2, seed: 43 });
    await visitor.press('step');
    await visitor.reach('paused');
    const input = rows(visitor).last().locator('.run-name input');
    await input.fill('half a na');
    await resume(visitor);
    await rows(visitor).nth(1).waitFor();
    await visitor.eventually(async () => assert.ok((await table(visitor)).every(({ heldOut }) => heldOut !== '–')));
    assert.equal(await input.inputValue(), 'half a na');
    assert.ok(await input.evaluate((element) => element === document.activeElement), 'and the keyboard stays where it was');
    await input.press('Escape');
    assert.deepEqual(await names(visitor), ['Run 2', 'Run 1']);
    await visitor.press('runs-clear');
    await curves(visitor);
  },
);

/** Kept curves lie behind the run’s, each in a look of its own, on axes that hold them all. @param {Visitor} visitor */
async function curves(visitor) {
  const { page } = visitor;
  await trainAndKeep(visitor, { ...NOTEBOOK, epochs: 12 });
  await trainAndKeep(visitor, { epochs: 3, seed: 1 });
  await trainAndKeep(visitor, { epochs: 5, seed: 2 });
  const width = async () => Number(await page.locator('#chart text.tick.middle:not(.name), #chart text.tick:not(.name):not(.end)').last().textContent());
  assert.equal(await width(), 5);
  await show(visitor, 'Run 1');
  await show(visitor, 'Run 2');
  await visitor.eventually(async () => assert.equal((await overlays(visitor)).looks.length, 2));
  const { looks, legend, label } = await overlays(visitor);
  assert.equal(new Set(looks).size, 2);
  const ends = Object.fromEntries((await table(visitor)).map(({ name, mse }) => [name, mse]));
  const [first, second, third] = ['epochs = 12, seed = 42', 'epochs = 3, seed = 1', 'epochs = 5, seed = 2'];
  assert.deepEqual(
    legend.map((words) => words.replace(/: [\d.]+, validation [\d.]+$/, '')),
    [`${third}, train`, `${third}, validation`, second, first],
  );
  assert.ok(legend[2].startsWith(`${second}: ${ends['Run 2']}, validation 0.`), legend[2]);
  assert.match(
    label,
    new RegExp(`Behind it, kept runs: ${second}, ${ends['Run 2']} at epoch 3, validation 0.\\d+.*; ${first}, ${ends['Run 1']} at epoch 12, validation 0`),
  );
  assert.equal(await width(), 12);
  const [box, ...curves] = await visitor.drawn('#chart, #chart .curve, #chart .overlay');
  assert.equal(curves.length, 3);
  assert.equal(await page.locator('#chart .overlay-watched').count(), 2);
  for (const { left, right, top, bottom } of curves) assert.ok(left >= box.left && right <= box.right && top >= box.top && bottom <= box.bottom);
  const styles = await visitor.drawn('#chart .curve, #chart .watched, #chart .overlay');
  assert.equal(new Set(styles.map(({ stroke }) => stroke)).size, 4, 'apart by colour');
  assert.equal(new Set(styles.map(({ dash }) => dash)).size, 4, 'and by dash');

  // Single epochs are read out for all.
  await page.locator('#chart').focus();
  await page.keyboard.press('Home');
  await visitor.eventually(async () =>
    assert.match(
      plain(await visitor.text('chart-readout')),
      new RegExp(`^epoch 1: train [\\d.]+, validation [\\d.]+; ${second}: [\\d.]+, validation [\\d.]+; ${first}: [\\d.]+, validation [\\d.]+$`),
    ),
  );
  await page.keyboard.press('End');
  await visitor.eventually(async () =>
    assert.match(plain(await visitor.text('chart-readout')), new RegExp(`^epoch 12; ${second}: –; ${first}: ${ends['Run 1']}, validation [\\d.]+$`)),
  );

  // The run in front is not laid behind itself; it stays when another one comes. Its tick and the button beside the chart are one state.
  const keep = visitor.find('keep-curve');
  const button = async () => [await keep.isDisabled(), await keep.getAttribute('aria-pressed')];
  await visitor.press('keep-curve');
  assert.ok(await rows(visitor).first().locator('input[type=checkbox]').isChecked());
  await show(visitor, 'Run 3', false);
  assert.deepEqual(await button(), [false, 'false']);
  await show(visitor, 'Run 3');
  assert.deepEqual(await button(), [false, 'true']);
  assert.equal((await overlays(visitor)).looks.length, 2);
  await press(await control(visitor, 'Run 3', 'Delete'));
  assert.deepEqual(await button(), [true, 'false']);
  await visitor.press('runs-undo');
  assert.deepEqual(await button(), [false, 'true']);
  await visitor.press('step');
  await visitor.reach('paused');
  await visitor.eventually(async () => assert.equal((await overlays(visitor)).looks.length, 3));
  assert.ok(await keep.isDisabled(), 'a run that has not ended is not kept');
}

/** Resumes a run that waits, wherever the keyboard is, and loads another's recipe at once where one is named: while the run goes on. @param {Visitor} visitor @param {string} [load] */
async function resume({ page }, load) {
  const state = await page.evaluate((load) => {
    document.getElementById('pause')?.click();
    const state = document.getElementById('status')?.dataset.state;
    if (load) /** @type {HTMLElement} */ (document.querySelector(`#runs [aria-label="Load the recipe of ${load} into the form"]`)).click();
    return state;
  }, load);
  assert.equal(state, 'running');
}

/** As the browser refuses the clipboard. */
const NO_CLIPBOARD = `Object.defineProperty(navigator, 'clipboard', { value: { writeText: async () => { throw new DOMException('refused', 'NotAllowedError'); } } });`;

/** What is no run, as it may stand among those that are. */
const DAMAGED = [null, 1, 'run', [], {}, { ...entry(2), mse: NaN }, { ...entry(4), points: [[1, 0.5]] }, { ...entry(6), ended: '<script>' }];

const FORMULA = '=HYPERLINK("x")';

const LEAVING = [
  entry(1, { curve: 0 }),
  entry(2, { name: 'the second', pinned: true, curve: 1 }),
  entry(3),
  entry(4),
  entry(5, { backend: 'webgpu', adapter: 'a GPU', heldOut: null, name: FORMULA, source: 'a,b.safetensors' }),
  entry(6, { name: 'two\nlines, "quoted"', pinned: true }),
];

visit(
  'what is deleted is taken back, deletion by deletion, with all that it had and its curve; what is damaged is not there; the runs leave as CSV: on the clipboard or, where that is refused, selected, and as a file; markup in a name is text wherever it stands',
  { view: 'all', context: { permissions: ['clipboard-read', 'clipboard-write'] }, script: `${APART}\n${planted([...DAMAGED, ...LEAVING])}` },
  async (visitor) => {
    const { page } = visitor;
    const looks = (/** @type {string[]} */ ...expected) => visitor.eventually(async () => assert.deepEqual((await overlays(visitor)).looks, expected));
    const before = await table(visitor);
    assert.deepEqual(
      before.map(({ name }) => name),
      ['twolines, "quoted"', 'the second', FORMULA, 'Run 4', 'Run 3', 'Run 1'],
    );
    assert.equal(await visitor.text('runs-refused'), '');
    await looks('overlay overlay-1', 'overlay overlay-0');
    assert.match((await overlays(visitor)).label, /no epoch has been trained yet\. Behind it, kept runs: the second, 0\.05000 at epoch 5/);
    await press(await control(visitor, 'the second', 'Delete'));
    assert.equal(await visitor.text('runs-said'), 'the second is deleted.');
    await looks('overlay overlay-0');
    await visitor.press('runs-undo');
    assert.deepEqual(await table(visitor), before);
    assert.equal(await visitor.text('runs-said'), 'the second is back.');
    assert.ok(await visitor.find('runs-undo').isHidden());
    await looks('overlay overlay-1', 'overlay overlay-0');

    await press(await control(visitor, 'Run 3', 'Delete'));
    await visitor.press('runs-clear');
    assert.deepEqual(await names(visitor), ['twolines, "quoted"', 'the second']);
    assert.equal(await visitor.text('runs-said'), '3 runs are deleted.');
    assert.ok(await visitor.find('runs-clear').isDisabled(), 'there is nothing left to clear');
    await visitor.press('runs-undo');
    assert.deepEqual(await names(visitor), ['twolines, "quoted"', 'the second', FORMULA, 'Run 4', 'Run 1']);
    await visitor.press('runs-undo');
    assert.deepEqual(await table(visitor), before);

    await rename(visitor, 'Run 1', 'first');
    await visitor.eventually(async () => assert.match((await overlays(visitor)).label, /first, 0\.05000 at epoch 5/));
    for (const name of ['the second', 'first']) await show(visitor, name, false);
    await visitor.eventually(async () =>
      assert.deepEqual(await overlays(visitor), { looks: [], legend: [], label: 'Epoch MSE on a logarithmic axis: no epoch has been trained yet.' }),
    );
    assert.ok(await visitor.find('chart-legend').isHidden());

    const expected = [
      'name,d,m,hidden,n,batch,epochs,lr,seed,backend,seconds,mse,held_out_mse,ended,begun_from',
      '"two\nlines, ""quoted""",2,16,64,1024,64,5,0.001,6,cpu,0.25,0.05,0.0625,2026-01-01T00:00:06.000Z,',
      'the second,2,16,64,1024,64,5,0.001,2,cpu,0.25,0.05,0.0625,2026-01-01T00:00:02.000Z,',
      `"'=HYPERLINK(""x"")",2,16,64,1024,64,5,0.001,5,webgpu,0.25,0.05,,2026-01-01T00:00:05.000Z,"a,b.safetensors"`,
      ...[4, 3].map((number) => `Run ${number},2,16,64,1024,64,5,0.001,${number},cpu,0.25,0.05,0.0625,2026-01-01T00:00:0${number}.000Z,`),
      'first,2,16,64,1024,64,5,0.001,1,cpu,0.25,0.05,0.0625,2026-01-01T00:00:01.000Z,',
      '',
    ].join('\r\n');
    await visitor.press('runs-copy');
    await visitor.eventually(async () => assert.equal(await visitor.text('runs-copy'), 'Copied'));
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), expected);
    const [file] = await Promise.all([page.waitForEvent('download'), visitor.press('runs-download')]);
    assert.equal(file.suggestedFilename(), 'phi-psi-runs.csv');
    assert.equal(await readFile(await file.path(), 'utf8'), expected);
    await page.evaluate(NO_CLIPBOARD);
    await visitor.press('runs-copy');
    await visitor.eventually(async () => assert.equal(await visitor.text('runs-copy'), 'Selected'));
    assert.equal(await page.evaluate(() => getSelection()?.toString().replaceAll('\r', '')), expected.replaceAll('\r', ''));

    assert.equal((await table(visitor))[2].recipe, 'seed\u00a05, from a,b.safetensors');
    await press(await control(visitor, FORMULA, 'Load'));
    assert.equal(
      await visitor.text('opened'),
      `The recipe of ${FORMULA} is in the form. It began with the weights in “a,b.safetensors”; the file is not kept, so choose it again to begin with them. Press Train to run it.`,
    );

    const markup = '<img src=x onerror="globalThis.hurt=1"><b>bold</b>';
    await show(visitor, 'first');
    await rename(visitor, 'first', markup);
    await visitor.eventually(async () => assert.ok((await overlays(visitor)).legend[0].startsWith(markup)));
    await press(await control(visitor, markup, 'Load'));
    await visitor.eventually(async () => assert.ok((await visitor.text('opened')).includes(markup)));
    await press(await control(visitor, markup, 'Delete'));
    assert.equal(await visitor.text('runs-said'), `${markup} is deleted.`);
    assert.equal(await page.locator('main img, .kept b, #chart-legend b').count(), 0);
    assert.equal(await page.evaluate('globalThis.hurt'), undefined);
  },
);

/** What stands on the chart beside the curves: the labels of its floors. @param {Visitor} visitor */
const floorLabels = async ({ page }) => (await page.locator('#chart .floor-label').allTextContents()).map(plain);

visit(
  'four actions lead from m = 4 to it and m = 32 on one screen: each curve with its validation error, its floor and what differs',
  { view: 'run', context: { viewport: { width: 1280, height: 720 } } },
  async (visitor) => {
    const { page } = visitor;
    const keep = visitor.find('keep-curve');
    await visitor.type({ m: 4, epochs: 30 });
    assert.deepEqual([await keep.isDisabled(), await keep.getAttribute('aria-pressed')], [true, 'false']);
    await visitor.press('train');
    await visitor.reach('done');
    await visitor.eventually(async () =>
      assert.deepEqual(
        (await floorLabels(visitor)).map((label) => label.split(',')[0]),
        ['the floor'],
      ),
    );
    await visitor.press('keep-curve');
    assert.equal(await keep.getAttribute('aria-pressed'), 'true');
    assert.deepEqual((await overlays(visitor)).looks, [], 'the run in front is not laid behind itself');
    await page.locator('#recipe [name=m]').fill('32');
    await visitor.press('train');
    await visitor.eventually(async () => assert.match((await floorLabels(visitor)).join(), /^floor, m = 32.*,floor, m = 4: 0\.\d+$/));
    await visitor.reach('done');
    await visitor.frames();

    assert.equal(await page.evaluate('scrollY'), 0);
    const { looks, legend, label } = await overlays(visitor);
    assert.deepEqual(looks, ['overlay overlay-0']);
    assert.match(legend.join('; '), /^m = 32, train; m = 32, validation; m = 4: [\d.]+, validation [\d.]+$/);
    assert.match(label, /Behind it, kept runs: m = 4, [\d.]+ at epoch 30, validation [\d.]+, floor [\d.]+\. The floor of this width is [\d.e-]+\./);
    const boxes = await visitor.drawn(
      '#chart, #chart .curve, #chart .watched, #chart .overlay, #chart .overlay-watched, #chart line.floor, #chart line.overlay-floor, #keep-curve, #chart-legend',
    );
    assert.equal(boxes.length, 9);
    for (const { top, bottom } of boxes) assert.ok(top >= 0 && bottom <= 720, `${top} to ${bottom}`);
    assert.equal(await keep.getAttribute('aria-pressed'), 'false', 'this one is not kept yet');

    // The tick in the table and the button are one state; a second press takes the curve off.
    await visitor.press('keep-curve');
    assert.deepEqual(
      (await kept(visitor)).map((/** @type {any} */ { curve, heldOuts }) => [curve, heldOuts.length]),
      [
        [1, 30],
        [0, 30],
      ],
    );
    await visitor.press('keep-curve');
    assert.deepEqual(
      (await kept(visitor)).map((/** @type {any} */ { curve }) => curve),
      [null, 0],
    );
  },
);

/** Fifty long runs, each with a curve. */
const FIFTY = Array.from({ length: 50 }, (_, i) => {
  const points = Array.from({ length: 300 }, (_, i) => [i === 299 ? 100_000 : 1 + i * 300, 1 / (i + 1)]);
  return entry(i + 1, {
    ...recipeOf({ ...NOTEBOOK, lr: 0.001, epochs: 100_000 }),
    points,
    mse: points[299][1],
    curve: i % 6,
    ended: '2026-01-01T00:00:00.000Z',
  });
});

visit('fifty curves at once are drawn and a run trains in front of them', { script: planted(FIFTY) }, async (visitor) => {
  await visitor.eventually(async () => assert.equal((await overlays(visitor)).looks.length, 50));
  assert.match((await overlays(visitor)).label, /Run 45, [\d.e-]+ at epoch 100,000(?:, floor [\d.e-]+)?; and 44 more\./);
  await trainAndKeep(visitor, SMALL);
  assert.match(await visitor.text('runs-said'), /^50 runs are kept at most: Run 1 had to go, the oldest that was not pinned\.$/);
  assert.equal(await rows(visitor).count(), 50);
});

visit(
  'where storage is forbidden, everything works but the keeping, and one line says so',
  { view: 'all', script: `Object.defineProperty(globalThis, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });` },
  async (visitor) => {
    await visitor.train(SMALL);
    await visitor.train({ seed: 43 });
    assert.equal(await visitor.text('runs-refused'), 'This browser lets the page keep nothing, so these runs are here only until it is closed.');
    assert.equal(await visitor.text('notice'), '');
    await rename(visitor, 'Run 1', 'mine');
    await show(visitor, 'mine');
    await visitor.eventually(async () => assert.equal((await overlays(visitor)).looks.length, 1));
    await press(await control(visitor, 'Run 2', 'Delete'));
    await visitor.press('runs-undo');
    await press(await control(visitor, 'mine', 'Pin'));
    assert.deepEqual(await names(visitor), ['mine', 'Run 2']);
    await press(await control(visitor, 'mine', 'Load'));
    assert.equal((await visitor.typed()).seed, '42');
  },
);

/** A name, recipe and file as wide as they may be. */
const WIDE = [
  entry(1, { name: 'a name that is much longer than a telephone is wide, as names are'.slice(0, 80), curve: 0 }),
  entry(2, { curve: 1, name: 'W'.repeat(80) }),
  entry(3, {
    ...recipeOf({ d: 64, m: 256, hidden: 1024, n: 1_048_576, batch: 1_048_576, epochs: 5, lr: 1.2345678901234567e-7, seed: 4_294_967_295 }),
    source: `${'x'.repeat(150)}.safetensors`,
    seconds: 100_000,
  }),
  entry(4),
];

visit(
  'the runs fit a window of 360 pixels, every control is large enough for a finger, and the table is one to those who do not see it, cards or not',
  { context: { viewport: { width: 360, height: 740 } }, script: planted(WIDE) },
  async (visitor) => {
    const { page } = visitor;
    await trainAndKeep(visitor, SMALL);
    await press(await control(visitor, 'Run 3', 'Delete'));
    await visitor.press('runs-undo');
    const found = await page.evaluate(() => {
      const edge = document.documentElement.clientWidth;
      const section = /** @type {HTMLElement} */ (document.querySelector('.kept'));
      const box = /** @type {HTMLElement} */ (document.getElementById('runs-box'));
      const parts = [...section.querySelectorAll('*'), ...document.querySelectorAll('#chart-legend, #chart-legend li')];
      return {
        page: document.documentElement.scrollWidth > edge,
        box: box.scrollWidth > box.clientWidth,
        beyond: parts.filter((part) => part.getBoundingClientRect().right > edge + 1).map(({ className }) => className),
        small: [...section.querySelectorAll('button, input[type=text], label')]
          .filter((part) => part.getClientRects().length > 0 && (part.getBoundingClientRect().height < 43.9 || part.getBoundingClientRect().width < 43.9))
          .map(({ outerHTML }) => outerHTML),
      };
    });
    assert.deepEqual(found, { page: false, box: false, beyond: [], small: [] });

    for (const width of [360, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      const tree = plain(await visitor.find('runs-box').ariaSnapshot());
      for (const part of [
        ...['Curve', 'Name', 'Recipe', 'Backend', 'Time', 'Train MSE', 'Held-out MSE', 'Ended'].map((header) => `columnheader "${header}"`),
        'rowheader',
        'cell "seed 4"',
        'checkbox "Show the curve of Run 4"',
        'textbox "Name of run 4"',
        'button "Pin Run 4"',
        'button "Load the recipe of Run 4 into the form"',
        'button "Delete Run 4"',
      ])
        assert.ok(tree.includes(part), `${width}: ${part} in\n${tree}`);
    }
  },
);

visit(
  'everything can be done by keyboard, which does not get lost when a run is deleted; two tabs share the runs, and neither wipes the other’s; where storage is full it is said, and all goes on',
  { view: 'all', script: `${APART}\n${planted([1, 2, 3].map((number) => entry(number)))}` },
  async (visitor) => {
    const { page } = visitor;
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.id);
    await rows(visitor).first().locator('input[type=checkbox]').focus();
    await page.keyboard.press('Space');
    await visitor.eventually(async () => assert.equal((await overlays(visitor)).looks.length, 1));
    await page.keyboard.press('Tab');
    await page.keyboard.type('typed');
    await page.keyboard.press('Tab');
    assert.deepEqual(await names(visitor), ['typed', 'Run 2', 'Run 1']);
    assert.equal(await focused(), 'Pin typed');

    // A pinned run changes its place, and the keyboard goes with it.
    await (await control(visitor, 'Run 1', 'Pin')).focus();
    await page.keyboard.press('Enter');
    assert.deepEqual(await names(visitor), ['Run 1', 'typed', 'Run 2']);
    assert.equal(await focused(), 'Pin Run 1');
    assert.equal(await (await control(visitor, 'Run 1', 'Pin')).getAttribute('aria-pressed'), 'true');

    await (await control(visitor, 'typed', 'Delete')).focus();
    await page.keyboard.press('Enter');
    assert.equal(await focused(), 'Delete Run 2');
    await page.keyboard.press('Enter');
    assert.equal(await focused(), 'Delete Run 1');
    await page.keyboard.press('Enter');
    assert.equal(await focused(), 'runs-undo');
    assert.equal(await rows(visitor).count(), 0);
    await page.keyboard.press('Enter');
    assert.equal(await focused(), 'runs-undo');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    assert.equal(await focused(), 'Delete typed');
    assert.deepEqual(await names(visitor), ['Run 1', 'typed', 'Run 2']);

    const other = await page.context().newPage();
    await other.goto(page.url());
    const there = async () =>
      other
        .locator('#runs .run-name input')
        .evaluateAll((all) => all.map((one) => /** @type {HTMLInputElement} */ (one).value || one.getAttribute('placeholder')));
    await other.locator('#runs tr').nth(2).waitFor();
    await rename(visitor, 'typed', 'seen from here');
    await visitor.eventually(async () => assert.deepEqual(await there(), ['Run 1', 'seen from here', 'Run 2']));
    await press(other.locator('#runs button:text-is("Delete")').last());
    await visitor.eventually(async () => assert.deepEqual(await names(visitor), ['Run 1', 'seen from here']));
    await press(await control(visitor, 'seen from here', 'Pin'));
    await visitor.eventually(async () => assert.deepEqual(await there(), ['seen from here', 'Run 1']));

    await page.evaluate(`Storage.prototype.setItem = () => { throw new DOMException('no', 'QuotaExceededError'); }`);
    await rename(visitor, 'seen from here', 'mine');
    assert.equal(
      await visitor.text('runs-refused'),
      'The browser has no more room for this page, so what is new here stays only until it is closed. Deleting runs makes room.',
    );
    await visitor.train(SMALL);
    await press(await control(visitor, 'Run 1', 'Delete'));
    await visitor.press('runs-undo');
    assert.deepEqual(await names(visitor), ['mine', 'Run 1', 'Run 4']);
    assert.equal(await visitor.text('notice'), '');
  },
);
