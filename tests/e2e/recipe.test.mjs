// @ts-check
/** The recipe form: what is refused, how, and that nothing is lost by it; the largest recipes that are accepted. */
import assert from 'node:assert/strict';
import { press, visitors } from './browser.mjs';

/** @typedef {import('./browser.mjs').Fields} Fields */
/** @typedef {import('./browser.mjs').Visitor} Visitor */
/** @typedef {import('node:test').TestContext} TestContext */

const visit = visitors();

/** Runs in the page: counts its workers' messages, and keeps the longest time that it had no time for the visitor. */
const COUNT = `{
  const counted = (globalThis.counted = { messages: 0, longest: 0 });
  new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) counted.longest = Math.max(counted.longest, duration); }).observe({ type: 'longtask' });
  globalThis.Worker = class extends Worker {
    constructor(...args) {
      super(...args);
      this.addEventListener('message', () => (counted.messages += 1));
    }
  };
}`;

const DEFAULTS = { d: '2', m: '16', hidden: '64', n: '1024', batch: '64', epochs: '5', lr: '0.001', seed: '42' };

/** As many of them as take long to draw where each is drawn anew with every message. */
const MANY = 20_000;

/** Values that are refused, and the range that is told; those of every key, and that each has a place for it, are in tests/unit/recipe.test.mjs. */
const REFUSED = {
  d: { range: 'a whole number from 1 to 257', refused: '<b>2</b>' },
  n: { range: 'a whole number from 1 to 1048576', refused: '0' },
  lr: { range: 'a number from 1e-7 to 1', refused: '' },
};

visit(
  'a refused recipe never begins, says why while it is typed and at Train, Step and Draw, and goes when it is mended; after a run a refused value is named with its range at its field; what people type is read; the dice roll another valid seed each time, and a preset fills in the notebook’s recipe for so many epochs; of a hundred thousand epochs every one is on show as they go on, the page is never stuck, and they can be paused; so can the largest recipes, which give way to another, and the smallest have all that a run shows',
  { script: COUNT },
  async (visitor, t) => {
    assert.match(await visitor.text('estimate'), /^16 steps an epoch, 80 in all/);
    await visitor.type({ n: '0' });
    await visitor.eventually(async () => assert.equal(await visitor.text('n-error'), 'n = 0 is out of range: it must be a whole number from 1 to 1048576'));
    assert.equal(await visitor.text('notice'), '', 'while it is typed, at its field alone');
    await visitor.type({ n: '1000' });
    await visitor.eventually(async () =>
      assert.match(await visitor.text('estimate'), /^16 steps an epoch, 80 in all; about .* of memory on the CPU, .* on WebGPU\.$/),
    );
    assert.equal(await visitor.text('n-error'), '');

    await visitor.type({ d: 'two' });
    for (const button of ['train', 'step', 'draw']) {
      await visitor.press(button);
      assert.match(await visitor.notice(), /^d = “two” is not a whole number/, button);
      // What the next one says is its own.
      await visitor.look('notice', (element) => void element.replaceChildren());
    }
    await visitor.type({ d: 64, n: 1_048_576 });
    await visitor.press('train');
    await visitor.eventually(async () =>
      assert.match(
        await visitor.text('notice'),
        /^n = 1048576 draws at d = 64 need about \d+ MiB, more than the 352 MiB that a tab can be relied on for: lower n or d/,
      ),
    );
    assert.equal(await visitor.text('n-error'), await visitor.text('notice'));
    assert.equal(await visitor.state(), 'idle');
    assert.deepEqual(await visitor.lines(), []);
    const lines = await visitor.train(DEFAULTS);
    assert.equal(lines.length, 5, 'the page is ready for the next');
    assert.equal(await visitor.text('notice'), '');

    const { mse } = await visitor.heldOut();
    for (const [key, { range, refused }] of Object.entries(REFUSED)) {
      await visitor.type({ [key]: refused });
      await visitor.press('train');
      const what = `${key} = “${refused}”`;
      await visitor.eventually(async () => {
        const sentence = await visitor.text('notice');
        assert.ok(sentence.startsWith(`${key} `) && sentence.endsWith(`it must be ${range}`), `${what} gets: ${sentence}`);
        // A sentence shows brackets of another kind, which nobody takes for markup.
        assert.ok(sentence.includes(refused.replaceAll('<', '‹').replaceAll('>', '›')), `${what} gets: ${sentence}`);
      });
      assert.equal(await visitor.text(`${key}-error`), await visitor.text('notice'), what);
      assert.equal(await visitor.find(key).getAttribute('aria-invalid'), 'true', what);
      assert.equal(await visitor.page.locator('#recipe [aria-invalid]').count(), 1, what);
      assert.equal(await visitor.page.evaluate(() => document.activeElement?.id), key);
      assert.equal(await visitor.state(), 'done', what);
      assert.equal((await visitor.typed())[key], refused, 'what was typed stays');
      await visitor.type({ [key]: DEFAULTS[/** @type {keyof typeof DEFAULTS} */ (key)] });
    }
    await visitor.eventually(async () => assert.equal(await visitor.text('notice'), '', 'what is mended is said no more'));
    const comma = 'lr = “0,001” has a decimal comma: write 0.001';
    await visitor.type({ lr: '0,001' });
    await visitor.eventually(async () => assert.equal(await visitor.text('lr-error'), comma));
    await visitor.press('train');
    await visitor.eventually(async () => assert.equal(await visitor.text('notice'), comma));
    assert.equal(await visitor.text('lr-error'), comma);
    assert.equal((await visitor.typed()).lr, '0,001');
    assert.deepEqual(await visitor.lines(), lines);
    assert.equal((await visitor.heldOut()).mse, mse);

    await visitor.type({ lr: ' 0.002', n: '1_000 ', epochs: '1e0' });
    await visitor.find('epochs').blur();
    assert.deepEqual(await visitor.typed(), { ...DEFAULTS, lr: '0.002', n: '1000', epochs: '1' }, 'what was read is on show');
    assert.equal((await visitor.train()).length, 1);
    await visitor.eventually(async () => assert.match(visitor.page.url(), /n=1000&batch=64&epochs=1&lr=0\.002&/));
    assert.deepEqual(await visitor.train(DEFAULTS), lines, 'and nothing was lost by what was refused');
    assert.equal(await visitor.text('notice'), '');
    // The form judges what is typed a moment later, when such a run is over.
    await visitor.eventually(async () => assert.equal(await visitor.page.locator('#recipe [aria-invalid]').count(), 0));
    await dicedAndPreset(visitor);
    await manyEpochs(visitor, t);
    await largestAndSmallest(visitor, t);
  },
);

/** The dice roll another seed each time, which trains, and a preset fills in the rest. @param {Visitor} visitor */
async function dicedAndPreset(visitor) {
  const { page } = visitor;
  const seeds = new Set(['42']);
  for (let roll = 1; roll <= 4; roll += 1) {
    await visitor.press('dice');
    const { seed, ...others } = await visitor.typed();
    assert.match(seed, /^\d+$/);
    assert.ok(Number(seed) <= 0xffffffff);
    seeds.add(seed);
    const { seed: _, ...untouched } = DEFAULTS;
    assert.deepEqual(others, untouched);
  }
  assert.equal(seeds.size, 5);
  assert.equal((await visitor.train({ d: '3' })).length, 5);
  await visitor.type({ lr: 'nonsense', seed: '7' });
  for (const [epochs, name] of [
    ['10', '10 epochs'],
    ['30', '30 epochs'],
    ['5', 'The notebook’s run'],
    ['3', '3 epochs'],
  ]) {
    const preset = page.getByRole('button', { name, exact: true });
    await press(preset);
    assert.deepEqual(await visitor.typed(), { ...DEFAULTS, epochs });
    assert.equal(await preset.getAttribute('aria-pressed'), 'true');
    assert.equal(await page.locator('.presets [aria-pressed=true]').count(), 1);
  }
  assert.equal((await visitor.train()).length, 3);
}

/** Recipes at the edge of what is allowed, small enough to be trained to the end; all of them are trained in tests/unit/recipe.test.mjs. @type {[string, Fields, number][]} */
const EDGES = [
  ['the smallest recipe', { d: 1, m: 1, hidden: 1, n: 1, batch: 1, epochs: 1 }, 1],
  ['a batch larger than n', { n: 100, batch: 1_048_576, epochs: 3 }, 3],
];

/** Recipes that would run for long: they start, can be paused, and give way to another. @type {[string, Fields][]} */
const HEAVY = [
  ['the most draws', { n: 1_048_576, batch: 1_048_576 }],
  ['the widest networks and nearly all the memory that a recipe may take', { d: 64, m: 256, hidden: 1024, n: 4_800, batch: 4_800 }],
];

/** Of very many epochs every one is on show as they go on, and they can be paused. @param {Visitor} visitor @param {TestContext} t */
async function manyEpochs(visitor, t) {
  await visitor.type({ ...EDGES[0][1], n: 4, epochs: 100_000 });
  await visitor.page.evaluate('Object.assign(counted, { messages: 0, longest: 0 })');
  await visitor.trainAndPause(MANY);
  const lines = await visitor.lines();
  assert.ok(lines.length >= MANY && lines.length < 100_000, `${lines.length} lines`);
  const wrong = lines.findIndex((line, i) => !new RegExp(`^Epoch ${i + 1}: MSE = \\d+\\.\\d{4}$`).test(line));
  assert.equal(wrong, -1, `line ${wrong + 1}: ${lines[wrong]}`);
  const { messages, longest } = await visitor.page.evaluate('globalThis.counted');
  t.diagnostic(`${(await visitor.text('status')).trim()}; ${messages} messages; busy for ${Math.round(longest)} ms at the longest`);
  assert.ok(messages < lines.length / 10, `${messages} messages for ${lines.length} epochs are a flood`);
  // The promise is 100 ms; a page that drew every epoch at once would be stuck for many seconds, and a busy machine may hold it up for one or two.
  assert.ok(longest < 10_000, `the page was stuck for ${longest} ms`);
}

/** The largest recipes give way to another, and the smallest have all that a run shows. @param {Visitor} visitor @param {TestContext} t */
async function largestAndSmallest(visitor, t) {
  for (const [i, [name, fields]] of HEAVY.entries()) {
    await visitor.type({ ...DEFAULTS, ...fields, epochs: 901 + i });
    const began = Date.now();
    await visitor.press('train');
    // Of this run, and no longer of the one before.
    await visitor.page.locator('#status-epoch', { hasText: `of ${901 + i}` }).waitFor();
    await visitor.underWay({ seconds: 0.2 });
    t.diagnostic(`${name}: under way after ${((Date.now() - began) / 1000).toFixed(1)} s; ${await visitor.text('estimate')}`);
    const last = await visitor.text('comparison');
    await visitor.press('pause');
    await visitor.reach('paused');
    await visitor.press('draw');
    await visitor.comparison(last);
  }
  let text = await visitor.text('comparison');
  for (const [name, fields, epochs] of EDGES) {
    t.diagnostic(name);
    assert.equal((await visitor.train({ ...DEFAULTS, ...fields })).length, epochs, name);
    text = await visitor.comparison(text);
    await visitor.heldOut();
    assert.equal((await visitor.table()).length, epochs, name);
  }
}
