// @ts-check
/** How far a run is from the best possible: the floor under it, the closed form that nearly reaches it, and the biased method that does not. */
import assert from 'node:assert/strict';
import { signed } from '../../www/common/figures.js';
import { gelu } from '../../www/common/gelu.js';
import { intervalWords } from '../../www/common/interval.js';
import { cpu, evaluated, trained } from '../unit/module.mjs';
import { BROKEN_OFF, MISSING, press, visitors } from './browser.mjs';
import { near } from './walk.mjs';

/** @typedef {import('node:test').TestContext} TestContext */
/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

/** The lowest population MSE of d = 2: recorded from an independent computation, as src/lab/floor.rs has it for other widths. */
const FLOORS = new Map([
  [4, 0.05555],
  [16, 1.1102e-4],
]);

/** @param {Visitor} visitor @param {string} id @param {string} key @returns {Promise<number>} */
async function figure(visitor, id, key) {
  // Some of them are folded away.
  await visitor.page.locator(`#${id}[data-${key}]`).waitFor({ state: 'attached' });
  return Number((await visitor.data(id))[key]);
}

visit(
  'without the lab’s module a run is a run, and no floor is told, but that it could not be computed; what is asked of the lab is told why it has no answer',
  { site: { 'www/module-lab-*.js': MISSING }, expect: [/^(answer 404|failed request): .*\/module-lab-\w+\.js\b/], allow: [BROKEN_OFF] },
  async (visitor) => {
    const missing = visitor.page.context().waitForEvent('response', (response) => /\/module-lab-\w+\.js$/.test(response.url()));
    assert.equal((await visitor.train({ n: 64, hidden: 8 })).length, 5);
    await visitor.heldOut();
    await missing;
    // The lab has failed by the time that its worker is gone.
    await visitor.eventually(async () => assert.ok(visitor.page.workers().every((worker) => !/#lab-worker[-.]/.test(worker.url()))));
    await visitor.askTwice();
    assert.deepEqual([await visitor.text('floor'), await visitor.text('notice')], ['', '']);
    assert.match(await visitor.text('verdict'), /^How far this is from .* m\s=\s16 allows, could not be computed\. It is tried again with the next run\.$/);
    await visitor.press('solve');
    await visitor.eventually(async () =>
      assert.match(await visitor.text('solved'), /^The part of the page that computes the limits stopped: its module did not arrive\.$/),
    );
    await press(visitor.page.locator('#atlas > summary'));
    await visitor.eventually(async () => assert.match(await visitor.text('atlas-notice'), /^The part of the page that computes the limits stopped: .*\.$/));
    for (const id of ['atlas-link', 'atlas-csv']) assert.ok(await visitor.find(id).isDisabled(), 'there is nothing to take away');
    await near(visitor, 'layer');
    const unseen =
      '“digits.safetensors” could not be looked at. The part of the page that computes the limits stopped: its module did not arrive. To have another try, choose it or another number of hidden units.';
    await visitor.eventually(async () => assert.equal(await visitor.text('layer-notice'), unseen));
  },
);

visit(
  'after a run the Taylor series stands beside it on the same draws; what is biased is told over W and x, at a point and, from eight seeds, over seeds; a run of any width is told its floor and how far above it it is; the closed form takes the recipe far below what training does, and training goes on from it; what is refused is refused to the closed form too, what is stopped changes nothing, and “Near the floor” is near it, also in the page’s own evaluation',
  { view: 'all' },
  async (visitor, t) => {
    await printed(visitor);
    await visitor.train();
    await beside(visitor, t);
    await biased(visitor, t);

    for (const [m, floor] of FLOORS) {
      assert.equal(await visitor.text('floor'), '');
      await visitor.train({ m, n: 256, epochs: 5 });
      const { mse } = await visitor.heldOut();
      const found = await figure(visitor, 'floor', 'value');
      assert.ok(Math.abs(found / floor - 1) < 1e-4, `m = ${m}: ${found}`);
      const ratio = await figure(visitor, 'ratio', 'value');
      assert.equal(ratio, mse / found);
      assert.match(await visitor.text('ratio'), /^Held-out MSE [\d.e-]+, [\d.,]+× the floor\.$/);
      // The chart is drawn a frame later.
      await visitor.eventually(async () => assert.match((await visitor.find('chart').getAttribute('aria-label')) ?? '', /The floor of this width is/));
      assert.match((await visitor.page.locator('#chart .floor-label').textContent()) ?? '', /the floor/);
      await visitor.type({ epochs: 3 });
      await visitor.press('step');
      await visitor.eventually(async () => assert.equal(await visitor.text('ratio'), '', 'another run is not the last one'));
      await visitor.reach('paused');
    }

    await visitor.train({ n: 1_024, epochs: 5 });
    const { mse } = await visitor.heldOut();
    await visitor.find('solve').scrollIntoViewIfNeeded();
    await visitor.press('solve');
    const solved = await figure(visitor, 'solved', 'mse');
    t.diagnostic(await visitor.text('solved'));
    assert.match(await visitor.text('solved'), /with the run’s trained hidden layers/);
    assert.ok(solved < mse / 3, `${solved} after ${mse}`);
    const held = await visitor.heldOut();
    // Other draws of the same distribution: some standard errors apart.
    assert.ok(Math.abs(held.mse / solved - 1) < 0.25, `${held.mse} and ${solved}`);
    assert.equal((await visitor.lines()).length, 5, 'what was trained is still there');
    assert.match(await visitor.text('solved'), /It is the end of epoch 5 of the run\. With more epochs Train passes by it and trains on\.$/);
    assert.equal((await visitor.train({ epochs: 7, rates: '6:0.00001' })).length, 7);
    assert.ok((await visitor.losses())[5] < mse / 3, 'training goes on where the closed form ended');

    await visitor.find('near').scrollIntoViewIfNeeded();
    await visitor.type({ m: 0 });
    await visitor.press('solve');
    assert.match(await visitor.notice(), /^m = 0 is out of range/);

    const lines = await visitor.train({ m: 16, epochs: 5, rates: '', solve: '' });
    await visitor.press('near');
    // Whoever goes by keys can stop what they began, and begin it again.
    const focused = () => visitor.page.evaluate(() => document.activeElement?.id);
    await visitor.eventually(async () => assert.equal(await focused(), 'solve-cancel'));
    await visitor.press('solve-cancel');
    await visitor.eventually(async () => assert.equal(await visitor.text('solved'), 'Stopped: nothing was changed.'));
    assert.equal(await focused(), 'near');
    assert.deepEqual(await visitor.lines(), lines);
    assert.match(await visitor.text('source-words'), /drawn from the seed/);
    assert.ok(await visitor.find('solve').isEnabled());

    await visitor.press('near');
    await visitor.eventually(async () => assert.match(await visitor.text('solved'), /^Solved in .* fresh draws/));
    const ratio = await figure(visitor, 'solved', 'ratio');
    t.diagnostic(await visitor.text('solved'));
    assert.ok(ratio > 0.98 && ratio < 1.2, `${ratio}`);
    await visitor.eventually(async () => assert.ok((await figure(visitor, 'ratio', 'value')) < 1.35));
    assert.equal((await visitor.typed()).hidden, '768');
  },
);

/** The Taylor series is told as the sister notebook prints it. @param {Visitor} visitor */
async function printed(visitor) {
  await visitor.find('taylor').scrollIntoViewIfNeeded();
  await visitor.eventually(async () =>
    assert.match(
      await visitor.text('taylor-toy'),
      /RMSE: Taylor vs GELU_tanh = 0\.21182\nRMSE: φ · ψ vs Taylor {5}= 0\.00000\n66,432 Kronecker features, 163 distinct/,
    ),
  );
  const toy =
    (await visitor.text('taylor-toy'))
      .match(/Taylor\(x'\) {4}= \[(.*)\]/)?.[1]
      .trim()
      .split(/\s+/)
      .map(Number) ?? [];
  for (const [i, value] of [0.33582152, 1.45766421, 2.30608443].entries()) assert.ok(Math.abs(toy[i] - value) < 5e-8, `${toy}`);
  await visitor.eventually(async () => assert.equal(await visitor.page.locator('#taylor-largest td').count(), 4));
  const largest = (await visitor.page.locator('#taylor-largest td').allTextContents()).map((text) => Number(text.replaceAll(',', '')));
  for (const [i, value] of [8.8e-6, 3.01, 785, 26_793].entries()) assert.ok(Math.abs(largest[i] / value - 1) < 6e-3, `${largest}`);
}

/** And set beside the learned one on the same draws. @param {Visitor} visitor @param {TestContext} t */
async function beside(visitor, t) {
  const { mse } = await visitor.heldOut();
  const learned = visitor.page.locator('#taylor-errors tr').nth(4).locator('td').first();
  await visitor.eventually(async () => assert.equal(Number(await learned.textContent()), Number(mse.toPrecision(4))));
  const { taylor, best } = await visitor.data('taylor');
  t.diagnostic(await visitor.text('taylor-finding'));
  assert.ok(Number(taylor) > 100 * mse && Number(best) < Number(taylor), `${taylor}, ${best}`);
  assert.deepEqual(await visitor.page.locator('#taylor-errors th').allTextContents(), [
    'the series, 37 monomials wide',
    'least squares on the same powers, 37 monomials wide',
    'z/2 and a constant, d\u00a0+\u00a01\u00a0=\u00a03 wide',
    'z/2 and a multiple of |w||x|, 3 wide',
    'learned, this run, m\u00a0=\u00a016 wide',
  ]);
  // Each with the floor of its width, below which it cannot come.
  const told = await visitor.page
    .locator('#taylor-errors tr')
    .evaluateAll((all) => all.map((row) => [...row.querySelectorAll('td')].map((cell) => Number(cell.textContent?.replaceAll(',', '')))));
  for (const [i, [held, population, least]] of told.entries()) {
    assert.ok(held > least && (i === 4 || population >= least), `${told[i]}`);
    // As the design has them, of width 3 and 16.
    if (i > 1) assert.ok(Math.abs(least / [0.10588, 0.10588, 1.1102e-4][i - 2] - 1) < 1e-3, `${least}`);
  }
  await visitor.find('taylor-terms').selectOption('1');
  await visitor.eventually(async () => assert.match(await visitor.text('taylor-size'), /^With 1 term the powers go up to 2\./));
}

/** A recipe in Node from eight seeds on: of each the mean error over W and x, and the error where the first one's first draw is. @param {Record<string, string>} recipe */
async function overSeeds(recipe) {
  const engine = await cpu();
  const of = async (/** @type {number} */ nth) => (await trained(engine, { ...recipe, seed: String(Number(recipe.seed) + nth) })).session;
  const first = await of(0);
  const { W, x, wx } = await first.compare(0);
  const runs = [];
  for (let nth = 0; nth < 8; nth += 1) {
    const session = nth === 0 ? first : await of(nth);
    const [approx] = await session.predict(Float32Array.from(W), Float32Array.from(x));
    runs.push({ ...(await evaluated(session)), there: approx - gelu(wx[0]) });
  }
  return { runs, z: wx[0] };
}

/** A mean with its interval by Student's t of seven degrees of freedom, as the page writes it. @param {number[]} values */
function onAverage(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const apart = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return intervalWords(mean, Math.sqrt(apart / (values.length - 1) / values.length), 2.365);
}

/** What is biased. @param {Visitor} visitor @param {TestContext} t */
async function biased(visitor, t) {
  const { runs, z } = await overSeeds(await visitor.typed());
  await visitor.find('bias-train').scrollIntoViewIfNeeded();
  const interval = /−?[\d.]+, 95\s% interval −?[\d.]+ to −?[\d.]+: zero lies (within|outside) it/;
  await visitor.eventually(async () => assert.match(await visitor.text('bias-draws'), interval));
  const [{ mean, meanError }] = runs;
  const own = `That of this run’s weights is ${intervalWords(mean, meanError)}, from 10,000 draws.`;
  assert.ok((await visitor.text('bias-draws')).endsWith(own), `${await visitor.text('bias-draws')}, and not: ${own}`);
  await visitor.eventually(async () =>
    assert.match(await visitor.text('bias-point'), /the series is off by .*, for every seed\. The weights compared are off by /),
  );
  const link = await visitor.find('link').inputValue();

  await visitor.press('bias-train');
  await visitor.eventually(async () =>
    assert.match(await visitor.text('bias-seeds'), /^Over 8 seeds from 42 on, of d=2 m=16 .* epochs=5 lr=0\.001: the mean error/),
  );
  const told = await visitor.text('bias-seeds');
  t.diagnostic(told);
  for (const words of [
    `: the mean error over W and x is on average ${onAverage(runs.map(({ mean }) => mean))}. `,
    ` At the point z = ${signed(z)} the error is on average ${onAverage(runs.map(({ there }) => there))}; that of the series is `,
  ])
    assert.ok(told.includes(words), `${told}, and not: ${words}`);
  assert.equal(await visitor.find('link').inputValue(), link, 'the run on show is left alone');

  // What is stopped leaves what was known.
  await visitor.type({ epochs: 100_000 });
  await visitor.press('train');
  // Of this run, and no longer of the one before.
  await visitor.page.locator('#status-epoch', { hasText: 'of 100,000' }).waitFor();
  await visitor.press('pause');
  await visitor.press('bias-train');
  await visitor.eventually(async () => assert.match(await visitor.text('bias-seeds'), /^Training seed 1 of 8…$/));
  await visitor.press('bias-stop');
  await visitor.eventually(async () => assert.equal(await visitor.text('bias-seeds'), told));
  assert.ok(await visitor.find('bias-train').isEnabled());

  // Seeds that come to nothing are counted, and the others go on.
  await visitor.type({ epochs: 50, lr: 1, batch: 1024, n: 1024 });
  await visitor.press('train');
  await visitor.eventually(async () => assert.equal(await visitor.state(), 'failed'));
  await visitor.press('bias-train');
  await visitor.eventually(async () =>
    assert.match(
      await visitor.text('bias-seeds'),
      /^Over 8 seeds from 42 on, .* epochs=50 lr=1: the error of [1-8] of them is not finite \([1-8] diverged\), so that there is no mean\.$/,
    ),
  );
  assert.equal(await visitor.text('notice'), '');
  await visitor.type({ epochs: 5, lr: 0.001, batch: 64 });
}
