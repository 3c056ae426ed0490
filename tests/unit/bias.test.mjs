// @ts-check
/** What is said to be biased, over twenty-five recipes: no sentence says what its figures, computed here once more from the outputs, do not bear out. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { intervalWords } from '../../www/common/interval.js';
import { atPoint, overDraws, overSeeds, SEEDS, seriesFinding, seriesMean, widthWords } from '../../www/view/limits/bias.js';
import { gelu } from '../../www/common/gelu.js';
import { ratioWords, verdictWords } from '../../www/view/limits/floor-words.js';
import { biasWords } from '../../www/run/told.js';
import { finite, found as foundWords } from '../../www/view/errors/words.js';
import { cpu, evaluated, lab, trained } from './module.mjs';
import { Scripted } from './scripted.mjs';

/** @typedef {import('../../www/common/protocol.js').Recipe} Recipe */

const engine = await cpu();
const module = await lab();

/** Small recipes of many kinds: from hardly trained to trained for long, from too narrow to wide. @type {Recipe[]} */
const RECIPES = Array.from({ length: 25 }, (_, i) => ({
  d: 1 + ((i * 7) % 6),
  m: 1 + ((i * 5) % 9),
  hidden: 2 + ((i * 11) % 15),
  n: 32 + 16 * (i % 7),
  batch: 16,
  epochs: 1 + ((i * 13) % 40),
  lr: [0.001, 0.01, 0.03][i % 3],
  seed: 1_000 * i + 7,
}));

/** The terms that the page offers. */
const TERMS = [1, 2, 3, 4, 5, 6, 8, 10];

/** A number as the page writes it. */
const FIGURE = '−?[\\d.,]+(?:e[+-]?\\d+)?';

/** The interval's figures, and what is said of them. */
const INTERVAL = new RegExp(`(${FIGURE}), 95\\s% interval (${FIGURE}) to (${FIGURE}): zero lies (within|outside) it`, 'g');

/** @param {string} figure */
const number = (figure) => Number(figure.replace('−', '-').replaceAll(',', ''));

/** Every interval in the words, held to what it says of zero. @param {string} words */
function intervals(words) {
  return [...words.matchAll(INTERVAL)].map(([all, ...figures]) => {
    const [mean, low, high] = figures.map(number);
    assert.ok(low <= mean && mean <= high, all);
    assert.equal(figures[3], low <= 0 && high >= 0 ? 'within' : 'outside', all);
    return { mean, low, high };
  });
}

/** Mean and standard error, by the textbook. @param {number[]} values */
function textbook(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}

/** Whether the interval told is that of the values, as far as it is written out. @param {{ mean: number, low: number, high: number }} told @param {{ mean: number, error: number }} own @param {number} width */
function near(told, { mean, error }, width) {
  // Two digits of the standard error are written.
  const slack = 0.06 * error + 1e-9;
  for (const [shown, expected] of [
    [told.mean, mean],
    [told.low, mean - width * error],
    [told.high, mean + width * error],
  ])
    assert.ok(Math.abs(shown - expected) <= slack, `${shown} and ${expected}`);
}

/** What is said of the errors holds of the errors. @param {import('../../www/common/protocol.js').Sample} sample @param {Recipe} recipe */
function errorsHold(sample, { d }) {
  const errors = finite(sample);
  const words = foundWords(errors, { d, age: 'at the end' });
  const told = new RegExp(`half of the errors are within ±(${FIGURE}), 95\\s% within ±(${FIGURE}); the largest is (${FIGURE}), at z = (${FIGURE})\\.`).exec(
    words,
  );
  assert.ok(told, words);
  const [half, most, largest] = told.slice(1).map(number);
  const within = (/** @type {number} */ reach) => errors.error.filter((error) => Math.abs(error) <= reach).length / errors.error.length;
  // Three digits are written.
  for (const [reach, share] of [
    [half, 0.5],
    [most, 0.95],
  ])
    assert.ok(within(reach * 0.994) <= share && share <= within(reach * 1.006), words);
  const worst = errors.error.reduce((least, error) => Math.max(least, Math.abs(error)), 0);
  assert.ok(Math.abs(Math.abs(largest) / worst - 1) < 0.006, words);
}

/** What is said of the held-out error beside zero and the floor. @param {import('../../www/common/protocol.js').Evaluation} found @param {Recipe} recipe */
function shareHolds({ mse, mseError }, recipe) {
  const floors = module.floors(recipe.d, recipe.m);
  const [zero, floor] = [floors[0], floors[recipe.m]];
  const words = verdictWords(recipe, mse, zero, floor);
  const told = new RegExp(`^(${FIGURE})\\s% of always answering zero; (${FIGURE})× the least that m\\s=\\s${recipe.m} allows\\.$`).exec(words);
  assert.ok(told, words);
  assert.ok(Math.abs(number(told[1]) / ((100 * mse) / zero) - 1) < 0.06, words);
  assert.ok(Math.abs(number(told[2]) / (mse / floor) - 1) < 0.006, words);
  assert.ok(mse + 4 * mseError > floor, 'nothing is below the least that there can be');
  assert.ok(ratioWords(mse, floor).endsWith(`, ${told[2]}× the floor.`));
}

/** What a session's outputs on the held-out draws come to, by the textbook, and the outputs. @param {import('../../www/common/protocol.js').Evaluation} found @param {any} session @param {Recipe} recipe */
async function outputsOf(found, session, { d }) {
  const { z, y, approx } = await session.sample(found.draws * d);
  const ofDraws = Array.from({ length: found.draws }, (_, at) => {
    let sum = 0;
    for (let row = at * d; row < (at + 1) * d; row += 1) sum += approx[row] - y[row];
    return sum / d;
  });
  // Of wide layers fewer outputs are handed out than the evaluation takes; that it is the textbook's is held in told.test.mjs too.
  const own = approx.length === found.draws * d ? textbook(ofDraws) : { mean: found.mean, error: found.meanError };
  return { sample: { z: z.slice(), y: y.slice(), approx: approx.slice() }, own };
}

/** One recipe's runs from eight seeds, of the first its outputs as well. @param {Recipe} recipe */
async function ofSeeds(recipe) {
  const runs = [];
  let point = { W: [0], x: [0], wx: [0] };
  let first;
  for (let i = 0; i < SEEDS; i += 1) {
    const fields = Object.fromEntries(Object.entries({ ...recipe, seed: recipe.seed + i }).map(([key, value]) => [key, String(value)]));
    const { session } = await trained(engine, fields);
    if (i === 0) point = await session.compare(0);
    const found = await evaluated(session);
    const [approx] = await session.predict(Float32Array.from(point.W), Float32Array.from(point.x));
    if (i === 0) first = { found, ...(await outputsOf(found, session, recipe)) };
    runs.push({ mean: found.mean, there: approx - gelu(point.wx[0]) });
    session.free();
  }
  assert.ok(first);
  return { runs, first, z: point.wx[0] };
}

test('over twenty-five recipes, what is said of the mean error over W and x, at a point and over seeds is what the outputs are', async (t) => {
  const said = { within: 0, outside: 0 };
  for (const [i, recipe] of RECIPES.entries()) {
    const { d } = recipe;
    const terms = TERMS[i % TERMS.length];
    const { runs, first, z } = await ofSeeds(recipe);
    const { found, sample, own } = first;
    const [{ there }] = runs;
    errorsHold(sample, recipe);
    shareHolds(found, recipe);
    const series = module.taylor(d, terms, recipe.seed, 1_000);
    const off = module.taylorCurves(d, terms, Float64Array.of(z)).taylor[0] - gelu(z);

    for (const words of [biasWords(found), overDraws(seriesMean(d, series), found)]) {
      const told = intervals(words);
      assert.equal(told.length, 1, words);
      near(told[0], own, 1.96);
      assert.doesNotMatch(words, /scattered|around zero/);
      said[told[0].low <= 0 && told[0].high >= 0 ? 'within' : 'outside'] += 1;
    }

    const point = atPoint(z, off, there);
    const figures = new RegExp(`z = (${FIGURE}): the series is off by (${FIGURE}), for every seed\\. The weights compared are off by (${FIGURE}) there`).exec(
      point,
    );
    assert.ok(figures, point);
    for (const [figure, expected] of /** @type {[string, number][]} */ ([
      [figures[1], z],
      [figures[2], off],
      [figures[3], there],
    ]))
      assert.ok(Math.abs(number(figure) - expected) <= 0.006 * Math.abs(expected), `${figure} and ${expected}: ${point}`);

    const seeds = overSeeds(recipe, runs, { z, series: off });
    const told = intervals(seeds);
    assert.equal(told.length, 2, seeds);
    near(told[0], textbook(runs.map(({ mean }) => mean)), 2.365);
    near(told[1], textbook(runs.map(({ there }) => there)), 2.365);
    if (i % 10 === 0) t.diagnostic(`d ${d}, ${terms} terms: ${seeds}`);
  }
  t.diagnostic(`zero within the interval ${said.within} times, outside it ${said.outside} times`);
  assert.ok(said.within > 0 && said.outside > 0, 'both are said where they are so');
});

test('what comes of a seed is the mean of its error over W and x, and its error at the first output of the draw', async () => {
  Object.assign(globalThis, { Worker: Scripted });
  const { asOne } = await import('../../www/view/limits/bias-words.js');
  const draw = { W: [1, 2, 3, 4], x: [5, 6], wx: [1.5, -7] };
  /** @type {unknown[]} */
  const asked = [];
  const run = (/** @type {{ mean: number } | null} */ found, target = 'square') =>
    /** @type {any} */ ({ recipe: { target }, evaluate: async () => found, predict: async (/** @type {unknown[]} */ ...of) => (asked.push(of), [2.5, 100]) });
  // 2.5 − 1.5².
  assert.deepEqual(await asOne(run({ mean: -0.125 }), draw), { mean: -0.125, there: 0.25 });
  assert.deepEqual(asked, [[draw.W, draw.x]]);
  assert.deepEqual(await asOne(run(null, 'abs'), draw), { mean: NaN, there: 1 });
});

test('the series’ mean error is that of a great many draws of z, where they can know it', () => {
  for (const d of [1, 2, 5]) {
    const series = module.taylor(d, 1, 1, 100);
    let state = 1;
    const uniform = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
    const errors = Array.from({ length: 200_000 }, () => {
      let z = 0;
      for (let i = 0; i < d; i += 1) z += normal() * normal();
      return series.powers.reduce((sum, power, i) => sum + series.coefficients[i] * z ** power, 0) - gelu(z);
    });
    const { mean, error } = textbook(errors);
    assert.ok(Math.abs(seriesMean(d, series) - mean) < 4 * error, `${seriesMean(d, series)} and ${mean} ± ${error}`);
  }
  // Of one power: E z²/√(2π) = d/√(2π), less E GELU, which no width beats: 0.282 at d = 1 … and grows like √(d/2π).
  const gelus = [1, 2, 16, 64].map((d) => -seriesMean(d, { ...module.taylor(d, 1, 1, 100), powers: [], coefficients: [] }));
  for (const [i, d] of [1, 2, 16, 64].entries())
    assert.ok(gelus[i] < Math.sqrt(d / (2 * Math.PI)) && gelus[i] > 0.5 * Math.sqrt(d / (2 * Math.PI)), `${gelus[i]}`);
});

test('what is said of the series holds for every number of terms and every width', () => {
  for (const d of [1, 2, 3, 6, 16, 64]) {
    const [zero] = module.floors(d, 0);
    // The MSE is over the rows of as many draws: some thousand, however wide.
    const draws = d < 16 ? 1_000 : 64;
    const all = TERMS.map((terms) => module.taylor(d, terms, 42, draws));
    for (const series of all) {
      const words = seriesFinding(series.held, d, zero);
      const found = new RegExp(`makes (${FIGURE})\\s% of the MSE\\. That is (${FIGURE}) times (as much as|less than) always answering zero`).exec(words);
      assert.ok(found, words);
      const ratio = series.held.taylor / zero;
      assert.equal(found[3], ratio > 1 ? 'as much as' : 'less than', words);
      assert.ok(Math.abs(number(found[2]) / (ratio > 1 ? ratio : 1 / ratio) - 1) < 0.06, words);
      assert.ok(Math.abs(number(found[1]) / ((100 * series.held.largest ** 2) / (series.held.taylor * draws * d)) - 1) < 0.06, words);
      assert.doesNotMatch(words, /NaN|Infinity/);
    }
    // «more terms bring the largest error down where z is from −1 to 1, and up where it is from −7 to 7»
    for (const [i, { largest }] of all.entries()) {
      if (i === 0) continue;
      const before = all[i - 1].largest;
      assert.ok(largest[0].r === 1 && largest[0].error < before[0].error);
      assert.ok(largest[3].r === 7 && largest[3].error > before[3].error);
    }
  }
  assert.doesNotMatch(seriesFinding(module.taylor(2, 5, 42, 100).held, 2, NaN), /always answering zero|NaN/);
  assert.match(seriesFinding({ median: 0.1, largest: 3, taylor: 9, draws: 1 }, 1, NaN), /it alone makes 100\s% of the MSE/);
});

test('what is not finite has no mean, and nothing is drawn at a point', async () => {
  const recipe = RECIPES[0];
  const runs = [...Array(7).fill({ mean: 0.1, there: 0.2 }), { mean: NaN, there: NaN }];
  assert.match(
    overSeeds(recipe, runs, { z: 1, series: 0.5 }),
    /^Over 8 seeds from 7 on, of d=1 m=1 .*: the error of 1 of them is not finite, so that there is no mean\.$/,
  );
  assert.match(
    overSeeds(recipe, [...runs, { mean: NaN, there: NaN, diverged: true }], { z: 1, series: 0.5 }),
    /: the error of 2 of them is not finite \(1 diverged\), so that there is no mean\.$/,
  );
  const other = overSeeds(recipe, Array(8).fill({ mean: 0.1, there: 0.2 }), { z: 1, series: null });
  assert.match(other, /At the point z = 1\.00 the error is on average [^;]*within it\.$|At the point z = 1\.00 the error is on average [^;]*outside it\.$/);
  assert.equal(overDraws(-0.25, null), 'Over all W and x: the mean error of the series is −0.2500; nothing in it is drawn, so that it has no interval.');
  assert.equal(atPoint(3, -26_793, null), 'At one w and x, where z = 3.00: the series is off by −26,793, for every seed.');
  const page = await readFile(new URL('../../index.html', import.meta.url), 'utf8');
  assert.doesNotMatch(page, /scattered around|in the same direction/, 'what only figures can say stands in no markup');
  // Zero is within what is shown, although it was outside before the rounding.
  assert.match(intervalWords(0.0197, 0.01), /interval 0\.000 to 0\.039: zero lies within it$/);
  assert.match(intervalWords(100, 2_000), /interval −3,820 to 4,020: zero lies within it$/);
  assert.match(intervalWords(0.5, 0), /^0\.500, 95\s% interval 0\.500 to 0\.500: zero lies outside it$/);
});

/** The words with as much of a page as they use, where eight seeds end at once. @param {import('node:test').TestContext} t @param {any} shown @param {() => Promise<unknown>} taylorCurves */
async function staged(t, shown, taylorCurves) {
  /** As much of an element as is used here. */
  class Element {
    textContent = '';
    click = async () => {};
    /** @param {string} _ @param {() => Promise<void>} task */
    addEventListener(_, task) {
      this.click = task;
    }
  }
  /** @type {Map<string, Element>} */
  const elements = new Map();
  const getElementById = (/** @type {string} */ id) => elements.get(id) ?? elements.set(id, new Element()).get(id);
  const page = { document: { getElementById }, HTMLElement: Element, HTMLButtonElement: Element };
  Object.assign(globalThis, page, { Worker: Scripted });
  t.after(() => Object.keys(page).forEach((name) => Reflect.deleteProperty(globalThis, name)));
  const { BiasWords } = await import('../../www/view/limits/bias-words.js');
  const { InTurn } = await import('../../www/view/limits/in-turn.js');
  t.mock.method(InTurn.prototype, 'train', async (/** @type {() => Promise<unknown>} */ recipes, /** @type {(nth: number) => void} */ begins) => {
    await recipes();
    begins(SEEDS);
    return Array(SEEDS).fill({ mean: 0.1, there: 0.2 });
  });
  const words = new BiasWords(
    /** @type {any} */ ({
      trainer: { check: async () => ({ recipe: RECIPES[0] }) },
      comparison: { shown, heldOut: null, addEventListener() {} },
      form: { fields: {} },
      lab: async () => ({ taylorCurves }),
      attempt: (/** @type {() => Promise<void>} */ task) => task(),
    }),
  );
  await words.show(/** @type {any} */ (module.taylor(2, 5, 42, 100)), false);
  const [button, point, told] = ['bias-train', 'bias-point', 'bias-seeds'].map((id) => /** @type {Element} */ (getElementById(id)));
  return { button, point, told };
}

test('where eight seeds have ended and the series has no answer then, what was told before stands again', async (t) => {
  let lost = false;
  const { button, told } = await staged(t, null, async () => (lost ? Promise.reject(new Error('lost')) : { taylor: [2], target: [1] }));
  await button.click();
  const before = told.textContent;
  assert.match(before, /^Over 8 seeds from 7 on, .* At the first w and x that seed 7 draws, where z = 3\.00, the error is on average/);
  lost = true;
  await assert.rejects(button.click(), /lost/);
  assert.equal(told.textContent, before);
});

test('of a run that is not beside the series the point is its draw’s all the same, and seeds are told of that one', async (t) => {
  const { button, point, told } = await staged(t, { W: [1], x: [-0.5], wx: [-0.5], approx: [0.25] }, async () => ({ taylor: [2], target: [1] }));
  await button.click();
  assert.equal(point.textContent, 'At one w and x, the first of the draw that is compared, where z = −0.500: the series is off by 1.000, for every seed.');
  assert.match(told.textContent, /At the point z = −0\.500 the error is on average/);
});

test('it is said whose m the learned ones have, where the series is beside no run', () => {
  const series = module.taylor(2, 1, 42, 100);
  assert.match(widthWords(series, 4, false, ''), /^With 1 term the powers go up to 2\. At d\s=\s2 .* monomials; the learned ones are m\s=\s4 wide\.$/);
  assert.match(widthWords(series, 16, true, ''), /; the learned ones of the notebook are m\s=\s16 wide\.$/);
  assert.match(
    widthWords(series, 16, true, 'its draws are a layer’s'),
    /; the learned ones of the notebook are m\s=\s16 wide\. This run is not shown beside it: its draws are a layer’s\.$/,
  );
});
