// @ts-check
/** The held-out error from epoch to epoch, its error bars, and the pictures of how far off the networks are, and where. */
import assert from 'node:assert/strict';
import { signed } from '../../www/common/figures.js';
import { quantile } from '../../www/common/statistics.js';
import { finite, found } from '../../www/view/errors/words.js';
import { integrated } from '../unit/integrated.mjs';
import { cpu, trained } from '../unit/module.mjs';
import { visitors } from './browser.mjs';
import { pausedOnceSeen } from './walk.mjs';

/** @typedef {import('../../www/common/protocol.js').Sample} Sample */
/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

/** A figure as the page writes it. @param {string} text */
function figure(text) {
  return Number(text.replace('−', '-').replace(',', ''));
}

/** The comparison's vectors. @param {string} text */
function vectors(text) {
  return [...text.matchAll(/\[(.*)\]/g)].map(([, row]) => row.trim().split(/\s+/).map(Number));
}

/** Scrolls to the section, and waits for what is on show to be of the weights as they are. @param {Visitor} visitor */
async function look(visitor) {
  await visitor.page.locator('#errors-title').scrollIntoViewIfNeeded();
  const [, run, step] = await visitor.page
    .locator('#errors[data-at]')
    .getAttribute('data-at')
    .then((at) => /^(\d+)\/(\d+)\/\d+$/.exec(at ?? '') ?? []);
  await visitor.eventually(async () => assert.ok(Number(await visitor.find('histogram').evaluate((plot) => plot.querySelectorAll('.bar').length)) > 0));
  return { run: Number(run), step: Number(step) };
}

/** The error at the maps' points. @param {Visitor} visitor @param {string} [last] */
async function atPoints(visitor, last = '') {
  await visitor.eventually(async () => {
    const value = (await visitor.data('maps')).value;
    assert.ok(value !== undefined && value !== last);
  });
  return (await visitor.data('maps')).value ?? '';
}

/** @param {Visitor} visitor @param {'x' | 'w'} name */
async function fields(visitor, name) {
  return [await visitor.find(`point-${name}1`).inputValue(), await visitor.find(`point-${name}2`).inputValue()].map(Number);
}

/** What a plot that has the focus reads out, step by step to the right. @param {Visitor} visitor @param {string} id @param {number} steps */
function readouts(visitor, id, steps) {
  return visitor.find(id).evaluate(
    (plot, steps) =>
      Array.from({ length: steps }, () => {
        plot.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true, cancelable: true }));
        return document.getElementById(`${plot.id}-readout`)?.textContent ?? '';
      }),
    steps,
  );
}

/** Mean and standard error over the draws, whose two entries are not independent. @param {ArrayLike<number>} values */
function overDraws(values) {
  const draws = Array.from({ length: values.length / 2 }, (_, i) => (values[2 * i] + values[2 * i + 1]) / 2);
  const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
  const apart = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: Math.sqrt(apart / (draws.length - 1) / draws.length) };
}

/** The held-out error of the run on show has its standard error, and the mean error its interval. @param {Visitor} visitor @param {Sample} sample of that run */
async function intervals(visitor, sample) {
  const { mse, rmse, words } = await visitor.heldOut();
  assert.ok(Math.abs(rmse / Math.sqrt(mse) - 1) < 1e-6, `${rmse}`);
  assert.equal(await visitor.text('heldout-rmse'), Math.sqrt(mse).toFixed(5));
  const [, shown, around] = /held-out MSE ([\d.]+) ± (\d[\d.]*\d)\. RMSE/.exec(words) ?? [];
  assert.ok(Math.abs(Number(shown) - mse) < 1e-3 * mse, words);
  const { error: all } = finite(sample);
  const squared = overDraws(all.map((error) => error * error));
  assert.ok(Math.abs(mse / squared.mean - 1) < 1e-6, `${mse} and ${squared.mean}`);
  // Two digits are written.
  assert.ok(Math.abs(Number(around) / squared.error - 1) < 0.06, `${words} and ${squared.error}`);

  const { mean, error } = Object.fromEntries(Object.entries(await visitor.data('heldout-mean')).map(([key, value]) => [key, Number(value)]));
  const own = overDraws(all);
  assert.ok(Math.abs(mean - own.mean) < 1e-3 * own.error && Math.abs(error / own.error - 1) < 1e-3, `${mean} ± ${error} and ${own.mean} ± ${own.error}`);
  const told =
    /Over 10,000 draws of W and x the mean error of these weights is (−?[\d.]+), 95\s% interval (−?[\d.]+) to (−?[\d.]+): zero lies (within|outside)/.exec(
      await visitor.text('heldout-mean'),
    );
  assert.ok(told, await visitor.text('heldout-mean'));
  const [middle, low, high] = told.slice(1, 4).map(figure);
  const digit = error / 5;
  for (const [said, is] of [
    [middle, mean],
    [low, mean - 1.96 * error],
    [high, mean + 1.96 * error],
  ])
    assert.ok(Math.abs(said - is) < digit, `${said} instead of ${is}`);
  assert.equal(told[4], Math.abs(mean) <= 1.96 * error ? 'within' : 'outside');
  assert.match(await visitor.text('heldout-mean'), /about these weights, and not about the method on average over seeds/);
}

/** The histogram holds the whole sample, and the draw on show is marked in it. @param {Visitor} visitor @param {Sample} sample */
async function histogram(visitor, sample) {
  const { page } = visitor;
  const { mse } = await visitor.heldOut();
  assert.equal((await look(visitor)).step, 480);
  const { outputs, mse: seen } = await visitor.data('errors');
  assert.equal(Number(outputs), 20_000);
  assert.ok(Math.abs(Number(seen) / mse - 1) < 1e-6, `${seen} in the section, ${mse} in the comparison`);
  const counts = ((await visitor.data('histogram')).counts ?? '').split(' ').map(Number);
  const all = finite(sample);
  const [, edge] = /between (−?[\d.]+) and/.exec((await visitor.find('histogram').getAttribute('aria-label')) ?? '') ?? [];
  const reach = -figure(edge);
  // Beyond the axis is a hundredth, which the first and the last bin hold too.
  const bins = new Array(40).fill(0);
  for (const error of all.error) bins[Math.min(Math.max(Math.floor(20 + (20 * error) / reach), 0), 39)] += 1;
  assert.deepEqual(counts, bins);
  assert.ok(all.error.filter((error) => Math.abs(error) > reach).length <= 200, `${reach}`);
  assert.equal(await visitor.text('errors-words'), found(all, { d: 2, age: 'after 30 epochs' }));

  // What is read out bin by bin is all of them.
  await visitor.find('histogram').focus();
  await page.keyboard.press('Home');
  const sum = [await visitor.text('histogram-readout'), ...(await readouts(visitor, 'histogram', 39))]
    .map((words) => figure(/: ([\d,]+) of 20,000/.exec(words)?.[1] ?? ''))
    .reduce((all, count) => all + count);
  assert.equal(sum, 20_000);

  const marks = async () => {
    const [wx, approx] = vectors(await visitor.text('comparison'));
    const errors = approx.map((value, i) => value - integrated(wx[i]));
    const said = [...(await visitor.text('histogram-mark')).matchAll(/−?\d[\d.]*(?:e-\d+)?/g)].map(([text]) => figure(text.replace(/\.$/, '')));
    assert.equal(said.length, 2);
    for (const [i, error] of errors.entries()) assert.ok(Math.abs(said[i] - error) < 0.005 * Math.abs(error) + 1e-6, `${said} instead of ${errors}`);
    // The marks' distance on the axis is the errors' distance.
    const at = await page.locator('#histogram line.mark').evaluateAll((lines) => lines.map((line) => Number(line.getAttribute('x1'))));
    const bar = await page
      .locator('#histogram rect.bar')
      .first()
      .evaluate((rect) => Number(rect.getAttribute('width')) + 1);
    const width = (2 * reach) / 40;
    assert.ok(Math.abs((at[1] - at[0]) / bar - (errors[1] - errors[0]) / width) < 0.05, `${at}`);
    return errors;
  };
  const first = await marks();
  const text = await visitor.text('comparison');
  await visitor.press('draw');
  await visitor.comparison(text);
  assert.notDeepEqual(await marks(), first);
}

/** Predicted against true is a bounded cloud, and what is read out agrees with it. @param {Visitor} visitor @param {Sample} sample */
async function cloud(visitor, sample) {
  const { page } = visitor;
  const path = (await page.locator('#predicted path.cloud').getAttribute('d')) ?? '';
  const points = path.match(/M/g)?.length ?? 0;
  assert.ok(points > 400 && points <= 800, `${points} points`);
  // R² as it is defined.
  const { y, approx } = sample;
  const mean = y.reduce((sum, value) => sum + value, 0) / y.length;
  const apart = y.reduce((sum, value, i) => sum + (approx[i] - value) ** 2, 0);
  const share = 1 - apart / y.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  assert.equal(await visitor.text('predicted-readout'), `R² = 1 − MSE / variance of y = ${share.toFixed(4)}`);
  assert.ok(share > 0.9, `${share}`);
  assert.ok(Math.abs(Number((await visitor.data('errors')).mse) / (apart / y.length) - 1) < 1e-6);

  await visitor.find('predicted').focus();
  await page.keyboard.press('End');
  const [from, to, median, low, high] = (await visitor.text('predicted-readout')).match(/−?\d+(\.\d+)?(?!\d|\s%)/g)?.map(figure) ?? [];
  assert.ok(from < to && low <= median && median <= high && Math.abs(median - (from + to) / 2) < 0.5, await visitor.text('predicted-readout'));

  await visitor.find('bend').focus();
  const middles = [];
  await page.keyboard.press('Home');
  for (const last of new Set([await visitor.text('bend-readout'), ...(await readouts(visitor, 'bend', 100))])) {
    const [, from, to, median, low, high] = /^z (−?[\d.]+) to (−?[\d.]+): median (\S+), 80\s% in (\S+) to (\S+)$/.exec(last) ?? [];
    assert.ok(figure(low) <= figure(median) && figure(median) <= figure(high) && figure(from) < figure(to), last);
    middles.push((figure(from) + figure(to)) / 2);
    if (figure(from) === 0) assert.equal(last, bandAbove0(sample, figure(to)));
  }
  assert.ok(
    middles.some((middle) => middle > 0 && 2 * middle < 1),
    'the bin above 0 is among them',
  );
  assert.ok(middles.length > 10 && middles[0] < -2 && (middles.at(-1) ?? 0) > 2, `${middles}`);
}

/** What is told of the bin of z from 0 on, the fourteenth of 26. @param {Sample} sample @param {number} end of the bin, with the digits that are written */
function bandAbove0(sample, end) {
  const { z, error } = finite(sample);
  // The axis ends at a round number, and the bin at a thirteenth of it.
  const to = Number((13 * end).toPrecision(2)) / 13;
  const inside = error.filter((_, i) => z[i] >= 0 && z[i] < to).sort();
  const [low, median, high] = [0.1, 0.5, 0.9].map((share) => signed(quantile(inside, share)));
  return `z ${signed(0)} to ${signed(to)}: median ${median}, 80\u00a0% in ${low} to ${high}`;
}

/** What the maps say at their points is what a comparison at the same W and x says. @param {Visitor} visitor */
async function asCompared(visitor) {
  const { page } = visitor;
  await page.locator('#map-x').scrollIntoViewIfNeeded();
  let value = await atPoints(visitor);
  for (const [w, x] of [
    [
      [-0.4, 1.7],
      [2.25, 0.9],
    ],
    [
      [3, -3],
      [-1.1, -0.2],
    ],
  ]) {
    for (const [i, number] of w.entries()) await visitor.find(`point-w${i + 1}`).fill(String(number));
    for (const [i, number] of x.entries()) await visitor.find(`point-x${i + 1}`).fill(String(number));
    await visitor.eventually(async () => assert.notEqual((await visitor.data('maps')).value ?? value, value));
    // The answer for the last field, and no earlier one: the words name the points.
    const place = (/** @type {number[]} */ point) => `(${point.join(', ').replaceAll('-', '−')})`;
    await visitor.eventually(async () =>
      assert.ok((await visitor.text('map-x-readout')).startsWith(`w = ${place(w)}, x = ${place(x)}, z = `), await visitor.text('map-x-readout')),
    );
    value = await atPoints(visitor);
    const last = await visitor.text('comparison');
    await visitor.find('typed-W').fill(`${w.join(' ')}\n${w.join(' ')}`);
    await visitor.find('typed-x').fill(x.join(' '));
    await visitor.press('compare');
    const [wx, approx] = vectors(await visitor.comparison(last));
    assert.ok(Math.abs(Number(value) - (approx[0] - integrated(wx[0]))) < 2e-6, `${value} on the map, ${approx[0] - integrated(wx[0])} compared`);
    assert.ok(Math.abs(figure(/error (\S+)$/.exec(await visitor.text('map-w-readout'))?.[1] ?? '') - Number(value)) < 0.006 * Math.abs(Number(value)));
  }

  // A cell under the pointer says what its own place has; the point then goes there, to the nearest rest.
  const map = page.locator('#map-x');
  await map.scrollIntoViewIfNeeded();
  await map.hover({ position: { x: 150, y: 120 } });
  const [, first, second, said] = /^x = \((\S+), (\S+)\): error (\S+)$/.exec(await visitor.text('map-x-readout')) ?? [];
  assert.ok(said, await visitor.text('map-x-readout'));
  await visitor.find('point-x1').fill(String(figure(first)));
  await visitor.find('point-x2').fill(String(figure(second)));
  await page.mouse.move(1, 1);
  await visitor.eventually(async () => assert.ok((await visitor.text('map-x-readout')).includes(`x = (${first}, ${second}), z`)));
  assert.ok(Math.abs(figure(said) - Number(await atPoints(visitor))) < 0.006 * Math.abs(figure(said)));
}

/** The points are moved by dragging and by keys, and the other map follows. @param {Visitor} visitor */
async function moved(visitor) {
  const { page } = visitor;
  const map = page.locator('#map-x');
  await map.scrollIntoViewIfNeeded();
  const pixels = (/** @type {'x' | 'w'} */ name) =>
    visitor.find(`map-${name}-cells`).evaluate((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL());
  let value = await atPoints(visitor);
  const before = { x: await pixels('x'), w: await pixels('w') };
  assert.ok(before.x.length > 1_000 && before.x !== before.w, 'the maps have colours, each its own');

  const handle = await page.locator('#map-x .handle .ring').boundingBox();
  assert.ok(handle);
  await page.mouse.move(handle.x + handle.width / 2, handle.y + handle.height / 2);
  await page.mouse.down();
  await page.mouse.move(handle.x - 60, handle.y - 80, { steps: 4 });
  await page.mouse.up();
  const dragged = await fields(visitor, 'x');
  assert.ok(dragged[0] < 0.2 && dragged[1] > -0.8, `${dragged}`);
  assert.deepEqual(
    dragged,
    dragged.map((number) => Number((Math.round(number / 0.05) * 0.05).toFixed(4))),
  );
  value = await atPoints(visitor, value);
  await visitor.eventually(async () => assert.notEqual(await pixels('w'), before.w, 'the other map is drawn for the new x'));
  assert.deepEqual(await fields(visitor, 'w'), [1, 0.5]);

  await visitor.find('map-w').focus();
  for (const key of ['ArrowRight', 'ArrowUp', 'ArrowUp', 'Shift+ArrowLeft']) await page.keyboard.press(key);
  assert.deepEqual(await fields(visitor, 'w'), [0.6, 0.7]);
  value = await atPoints(visitor, value);
  for (let i = 0; i < 12; i += 1) await page.keyboard.press('PageDown');
  assert.deepEqual(await fields(visitor, 'w'), [0.6, -3], 'and no further than the map');
  await visitor.eventually(async () => assert.match(await visitor.text('map-w-readout'), /^w = \(0\.6, −3\), x = /));
  assert.match((await visitor.find('map-w').getAttribute('aria-valuetext')) ?? '', /w = \(0\.6, −3\).*, error /);

  // What is typed beyond the maps is refused in words, and the point stays.
  await visitor.find('point-w2').fill('4');
  assert.equal(await visitor.find('point-w2').getAttribute('aria-invalid'), 'true');
  assert.match(await visitor.text('maps-refused'), /numbers from −3 to 3/);
  await visitor.find('point-w2').blur();
  assert.deepEqual(await fields(visitor, 'w'), [0.6, -3]);
}

visit(
  'out of sight a run that goes on is not looked at, but at its end; train and validation are on the chart, in the table and in words, with their standard errors; the pictures are of the whole sample; the maps say what a comparison says, at points that are moved by pointer and by keys; where d is not 2 a sentence says why there are none; in sight the pictures follow a run, and change no bit of it',
  { view: 'all' },
  async (visitor) => {
    const { page } = visitor;
    assert.equal(await visitor.text('chart-gap'), '');
    assert.ok(await visitor.find('chart-legend').isHidden());
    await visitor.find('errors-title').scrollIntoViewIfNeeded();
    await visitor.eventually(async () => assert.match((await page.locator('#histogram text.empty').textContent()) ?? '', /as a run goes/));
    await unseen(visitor);
    await visitor.train({ n: 1_024, epochs: 30 });
    const [train, heldOut] = [await visitor.table(), await visitor.table('validation')];
    assert.equal(heldOut.length, 30);
    // By the first and the last dot of train all heights are fixed.
    // All in one look: the floor comes later, and with it another axis.
    const [dots, open] = await page.evaluate(() =>
      ['dot', 'dot-watched'].map((look) => [...document.querySelectorAll(`#chart circle.${look}`)].map((dot) => Number(dot.getAttribute('cy')))),
    );
    assert.equal(open.length, 30);
    for (const [i, mse] of heldOut.entries()) {
      const expected = dots[0] + ((dots[29] - dots[0]) * Math.log(mse / train[0])) / Math.log(train[29] / train[0]);
      assert.ok(Math.abs(open[i] - expected) < 0.05, `epoch ${i + 1}: ${open[i]} instead of ${expected}`);
    }
    assert.deepEqual(await page.locator('#chart-legend li:not([hidden])').allTextContents(), ['This run, train', 'This run, validation']);
    const [curve, watched] = await visitor.drawn('#chart path:is(.curve, .watched)');
    assert.ok(curve.stroke !== watched.stroke && curve.dash !== watched.dash, JSON.stringify([curve, watched]));

    const last = [train[29], heldOut[29]].map((mse) => (mse < 1e-3 ? mse.toExponential(3) : mse.toPrecision(4)));
    assert.equal(await visitor.text('chart-readout'), `epoch 30: train ${last[0]}, validation ${last[1]}`);
    const label = (await visitor.find('chart').getAttribute('aria-label')) ?? '';
    assert.ok(label.includes(`${last[0]} at epoch 30; validation`) && label.includes(`${last[1]} at epoch 30`), label);
    await visitor.eventually(async () =>
      assert.match(await visitor.text('chart-gap'), new RegExp(`After epoch 30: validation ${last[1]}, train ${last[0]}, a ratio of \\d\\.\\d\\d\\.`)),
    );
    assert.match(await visitor.text('log'), /^Epoch 1: MSE = \d\.\d{4}\n/);
    assert.doesNotMatch(await visitor.text('log'), /held/);

    // The module's own sample in Node.
    const { session } = await trained(await cpu(), await visitor.typed());
    const sample = await session.sample(20_000);
    await intervals(visitor, sample);
    await histogram(visitor, sample);
    await cloud(visitor, sample);
    await maps(visitor);
    await followed(visitor);
  },
);

/** Out of sight a run that goes on is not looked at, but at its end. @param {Visitor} visitor */
async function unseen(visitor) {
  const { page } = visitor;
  await page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }));
  await page.waitForFunction(() => scrollY === 0);
  await visitor.frames();
  await page.evaluate(() => {
    const section = /** @type {HTMLElement} */ (document.getElementById('errors'));
    /** @type {(string | undefined)[]} */
    const seen = [];
    Object.assign(globalThis, { seen });
    new MutationObserver(() => seen.push(section.dataset.at)).observe(section, { attributeFilter: ['data-at'] });
  });
  await visitor.train({ n: 1_024, epochs: 31 });
  await visitor.eventually(async () => assert.deepEqual(await page.evaluate('globalThis.seen'), ['1/496/0']));
}

/** The maps say what a comparison says, and where d is not 2 there are none. @param {Visitor} visitor */
async function maps(visitor) {
  const { page } = visitor;
  await look(visitor);
  await moved(visitor);

  // The wheel over a field with a number in it scrolls the page, and the arrow keys still step.
  const field = visitor.find('point-x1');
  await field.fill('0.7');
  await field.click();
  const before = await page.evaluate('scrollY');
  await page.mouse.wheel(0, -120);
  await visitor.eventually(async () => assert.notEqual(await page.evaluate('scrollY'), before));
  assert.equal(await field.inputValue(), '0.7');
  await visitor.frames();
  await page.keyboard.press('ArrowUp');
  assert.equal(await field.inputValue(), '0.8');
  await asCompared(visitor);
  await page.setViewportSize({ width: 360, height: 740 });
  await visitor.frames();
  const small = await page
    .locator('#errors input, #errors .handle .reach')
    .evaluateAll((all) => all.map((one) => one.getBoundingClientRect()).filter(({ width, height }) => width < 43.9 || height < 43.9).length);
  assert.equal(small, 0, 'all of it is large enough for a finger');
  await page.setViewportSize({ width: 1_100, height: 900 });

  // Another run’s errors take this one’s place, however far off they are.
  await visitor.train({ lr: 1 });
  const { at } = await visitor.data('errors');
  assert.ok(at === undefined || at.startsWith('3/'), at);
  const { mse } = await visitor.heldOut();
  await visitor.eventually(async () => assert.match(await visitor.text('errors-words'), /after 30 epochs/));
  assert.ok(mse > 0.5 && Math.abs(Number((await visitor.data('errors')).mse) / mse - 1) < 1e-5, `${mse}`);

  for (const [d, words] of [
    [3, /For d = 3, a row w and an x have 3 numbers each/],
    [1, /For d = 1/],
  ]) {
    await visitor.train({ d: Number(d), lr: 0.001, n: 256, epochs: 2 });
    await look(visitor);
    await visitor.eventually(async () => assert.match(await visitor.text('maps-why'), /** @type {RegExp} */ (words)));
    assert.ok(await visitor.find('maps').isHidden());
    await visitor.eventually(async () => assert.equal(await page.locator('#histogram line.mark').count(), d));
  }
  await visitor.train({ d: 2 });
  await visitor.eventually(async () => assert.ok(await visitor.find('maps').isVisible()));
  await atPoints(visitor);
}

/** In sight the pictures follow a run, and change no bit of it. @param {Visitor} visitor */
async function followed(visitor) {
  // It has no end, and is paused once it has been seen and an epoch is over.
  await visitor.type({ n: 16_384, epochs: 100_000 });
  await visitor.eventually(async () => assert.match((await visitor.data('errors')).at ?? '', /^6\//));
  await pausedOnceSeen(visitor, 'errors', '7/');
  await visitor.reach('paused');
  const lines = await visitor.lines();
  assert.ok(lines.length > 0);
  const { session, history } = await trained(await cpu(), await visitor.typed(), { until: lines.length });
  assert.deepEqual(
    lines,
    history.map(({ line }) => line),
  );
  assert.deepEqual(
    await visitor.table(),
    history.map(({ mse }) => Number(mse.toPrecision(6))),
  );
  assert.equal((await visitor.table('validation')).at(-1), Number((await session.watch(0xffff_ffff))?.toPrecision(6)));
}
