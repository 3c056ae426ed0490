// @ts-check
/** Another function than GELU on the whole page; every method on one chart, the copies beside it, and the atlas of floors: against the module, against NumPy, and by its link. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { error as figure } from '../../www/common/figures.js';
import { floorAt } from '../../www/view/limits/atlas.js';
import { methodRows } from '../../www/view/limits/methods.js';
import { cpu, lab as labModule, trained } from '../unit/module.mjs';
import { press, visitors } from './browser.mjs';
import { taken } from './downloads.mjs';
import { ask, hasPython } from './python.mjs';
import { near } from './walk.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

/** The rows of a CSV by their columns. @param {string} text @returns {Record<string, string>[]} */
function table(text) {
  const [head, ...lines] = text.trim().split('\r\n');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, i) => [head.split(',')[i], value])));
}

/** @param {Visitor} visitor @param {string} target @param {string} radius */
async function measured(visitor, target, radius) {
  await visitor.find('methods').evaluate((details) => void details.toggleAttribute('open', true));
  await near(visitor, 'methods', `#methods[data-target=${target}][data-radius="${radius}"]`);
}

/** The atlas that the address asks for. @param {Visitor} visitor @param {import('node:test').TestContext} t */
async function atlas(visitor, t) {
  const { page } = visitor;
  await near(visitor, 'atlas', '#atlas[data-of="relu,1,64;tanh,0.5,1024"]');
  assert.ok(await page.locator('#atlas-second').isVisible());
  const lab = await labModule();
  const [{ all, linear }] = [lab.atlas(64, 1, 'relu')];
  assert.match(
    await visitor.text('atlas-words'),
    new RegExp(`^ReLU, d\\s=\\s64: the mean of y² is ${all.toPrecision(4)}, of which the best multiple of w·x has ${(100 * linear).toFixed(0)}\\s%\\.`),
  );
  await visitor.find('atlas-chart').press('End');
  const [first, second] = [lab.atlas(64, 1, 'relu'), lab.atlas(1024, 0.5, 'tanh')].map((floors) => figure(floorAt(floors, 1e6)));
  assert.equal(await visitor.text('atlas-readout'), `m 1,000,000: ReLU, d\u00a0=\u00a064, ${first}; tanh, d\u00a0=\u00a01,024, scale 0.5, ${second}`);
  const began = Date.now();
  await page.locator('#atlas-d-1').fill('1,000');
  await page.locator('#atlas[data-of^="relu,1,1000;"]').waitFor();
  t.diagnostic(`two floors in up to 1,024 dimensions on show ${Date.now() - began} ms after they were typed`);
  await page.locator('#atlas-d-1').fill('2000');
  await visitor.eventually(async () =>
    assert.equal(await visitor.text('atlas-notice'), 'd = 2000 is out of range: the atlas has a whole number from 1 to 1024.'),
  );
  assert.equal(await page.locator('#atlas-d-1').getAttribute('aria-invalid'), 'true');
  await page.locator('#atlas-d-1').fill('16');
  await page.locator('#atlas[data-of^="relu,1,16;"]').waitFor();
  assert.equal(await visitor.text('atlas-notice'), '');
  await press(page.locator('#atlas-link'));
  const address = await page.locator('#atlas-address').inputValue();
  assert.match(address, /\?view=limits&atlas=relu,1,16;tanh,0\.5,1024#atlas$/);
  const rows = table((await taken(visitor, 'atlas-csv')).content.toString());
  const places = /** @type {const} */ ([
    ['relu', 1, 16],
    ['tanh', 0.5, 1024],
  ]);
  assert.deepEqual(
    rows,
    places.flatMap(([target, scale, d]) => {
      const { widths, floors } = lab.atlas(d, scale, target);
      return Array.from(widths, (m, i) => ({ target, scale: `${scale}`, d: `${d}`, m: `${m}`, floor: Number.isFinite(floors[i]) ? `${floors[i]}` : '' }));
    }),
  );
  await page.goto(address.replace('view=limits', 'view=all&backend=cpu'));
  await near(visitor, 'atlas', '#atlas[data-of="relu,1,16;tanh,0.5,1024"]');
}

/** What the module in Node finds of every method in the ball of radius 1, the recipe's own networks among them. @param {Record<string, string>} fields */
async function coursesHere(fields) {
  const { session } = await trained(await cpu(), fields);
  const lab = await labModule();
  const work = lab.Methods.open({ ...fields, epochs: '1', batch: '1' }, 1, [await session.weightsFile({})]);
  while (work.advance(1) < 1);
  return work.finish().courses;
}

/** Every method, in a ball and over all. @param {Visitor} visitor */
async function methods(visitor) {
  const { page } = visitor;
  await visitor.train({ m: 8, hidden: 16, n: 256, epochs: 2 });
  await visitor.heldOut();
  await measured(visitor, 'gelu', '1');
  const inBall = table((await taken(visitor, 'methods-csv')).content.toString());
  const names = new Set(inBall.map(({ method }) => method));
  assert.deepEqual([...names].sort(), ['constant', 'floor', 'fourier', 'maclaurin', 'norms', 'powers', 'series', 'solve', 'trained']);
  const [head, ...rows] = methodRows(await coursesHere(await visitor.typed()), { target: 'gelu', d: 2, radius: 1 });
  assert.deepEqual(
    inBall,
    rows.map((row) => Object.fromEntries(row.map((value, i) => [head[i], `${value}`]))),
  );
  await visitor.find('methods-chart').press('Home');
  assert.match(await visitor.text('methods-readout'), /^m 1, Solve, /);
  assert.equal(await page.locator('#methods-chart .method-dot').count(), inBall.filter(({ method, mse }) => method !== 'floor' && Number(mse) > 1e-9).length);

  // Seven widths more, each a run of the recipe; what this module measures of one is what the page does.
  await visitor.press('methods-train');
  await visitor.eventually(async () => assert.equal(await page.locator('#methods-chart .method-trained.method-dot').count(), 8));
  const trainedAt = table((await taken(visitor, 'methods-csv')).content.toString()).filter(({ method }) => method === 'trained');
  assert.deepEqual(
    trainedAt.map(({ m }) => Number(m)),
    [1, 2, 4, 8, 8, 16, 32, 64],
  );
  assert.equal(trainedAt[3].mse, trainedAt[4].mse, 'the run on show is one of them');

  await page.locator('#methods-radius').selectOption('Infinity');
  await measured(visitor, 'gelu', 'Infinity');
  const shown = await page.locator('#methods-table tr').allInnerTexts();
  assert.ok(
    shown.some((row) => /random Fourier features.*infinite.*unbiased at every w and x, with an infinite variance/s.test(row)),
    shown.join('\n'),
  );
  for (const id of ['biased-words', 'unbiased-words', 'consistent-words']) assert.notEqual(await visitor.text(id), '');
  assert.match(await visitor.text('unbiased-words'), /256 copies of random Maclaurin features/);
  await visitor.find('unbiased-plot').press('End');
  assert.match(await visitor.text('unbiased-readout'), /^the mean of 256 copies, random /);
}

/** Another function. @param {Visitor} visitor */
async function another(visitor) {
  const { page } = visitor;
  await visitor.type({ target: 'relu', m: 4, n: 256 });
  await visitor.press('train');
  await visitor.reach('done');
  const { mse, words } = await visitor.heldOut();
  assert.doesNotMatch(words, /GELU/);
  await visitor.eventually(async () => assert.match(await visitor.text('comparison'), /^==== Neural φ\/ψ Linearization of ReLU ====/));
  assert.match(await visitor.text('comparison'), /\nReLU\(x'\)\s+= \[/);
  assert.equal(await page.locator('[data-target-name]').first().textContent(), 'ReLU');
  const lab = await labModule();
  const floor = lab.floors(2, 4, 'relu')[4];
  await visitor.eventually(async () => assert.ok((await page.locator('main').innerText()).includes(`${(mse / floor).toPrecision(3)}×`)));
  await visitor.eventually(async () => assert.match(new URL(page.url()).hash, /^#v=6&.*&target=relu/));
  await page.reload();
  await visitor.eventually(async () => assert.equal((await visitor.typed()).target, 'relu'));
  await visitor.press('train');
  await visitor.reach('done');
  assert.equal((await visitor.heldOut()).mse, mse);
  await near(visitor, 'taylor');
  await visitor.eventually(async () => assert.match(await visitor.text('taylor-size'), /This run is not shown beside it: ReLU has a corner at 0/));
}

visit(
  'the atlas answers at once, compares two, has a link, and refuses in a sentence; every method is on the chart, in the table and in the file as the module has it, in a ball and over all; another function is trained, compared, bounded and linked like GELU',
  { query: '?backend=cpu&atlas=relu,1,64;tanh,0.5,1024' },
  async (visitor, t) => {
    await atlas(visitor, t);
    await methods(visitor);
    await visitor.find('methods').evaluate((details) => void details.toggleAttribute('open', false));
    await another(visitor);
  },
);

test('random features have the means and the distributions that NumPy finds a second time, at twelve pairs', async (t) => {
  if (!hasPython(t)) return;
  const lab = await labModule();
  const pairs = Array.from({ length: 12 }, (_, i) => ({ w: [0.2 + 0.05 * i, 0.1 * (i % 3) - 0.1], x: [0.5, 0.6 - 0.05 * i] }));
  for (const [target, methods] of /** @type {[string, string[]][]} */ ([
    ['gelu', ['maclaurin', 'fourier']],
    ['sin', ['maclaurin', 'fourier']],
    ['square', ['maclaurin']],
  ])) {
    const copied = pairs.map(({ w, x }, i) => {
      // Copies of one draw each: no wider than the line and that.
      const fields = { d: '2', m: '1', hidden: '2', n: '8', batch: '8', epochs: '1', lr: '0.001', seed: String(i + 1), target };
      const work = lab.Copies.open(fields, Float64Array.from(w), Float64Array.from(x));
      while (work.advance(1000) < 1);
      return work.finish();
    });
    for (const method of methods) {
      const found = await ask('check_features.py', { target, method, draws: 100_000, pairs });
      let farthest = 0;
      for (const [i, { truth, mean, error, quantiles }] of found.entries()) {
        assert.ok(Math.abs(mean - truth) < 4 * error + 1e-12, `${target}, ${method}: ${mean} ± ${error}, ${truth}`);
        const { z, copies } = copied[i];
        const { values = [] } = copies.find(({ name }) => name === method) ?? {};
        const line = target === 'gelu' ? z / 2 : 0;
        // How far the two distributions are apart (Kolmogorov and Smirnov), where a value may come more than once.
        const below = (/** @type {number} */ value) => values.filter((one) => one - line < value).length / values.length;
        for (const [level, value] of quantiles.entries()) {
          const at = 0.005 + level / 100;
          farthest = Math.max(farthest, below(value - 1e-9) - at, at - below(value + 1e-9));
        }
      }
      t.diagnostic(`${target}, ${method}: 256 draws and NumPy’s are ${farthest.toFixed(3)} apart at most, over twelve pairs`);
      // Of 256 draws from the same distribution one in five thousand is farther.
      assert.ok(farthest < 0.14, `${target}, ${method}: ${farthest}`);
    }
  }
});
