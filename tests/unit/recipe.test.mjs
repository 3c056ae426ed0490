// @ts-check
/** Recipes as typed, judged by the module: what is refused, in which words; and the smallest and the oddest that run. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { NAMES } from '../../www/common/recipe.js';
import { cpu, evaluated, refusal, trained } from './module.mjs';

const engine = await cpu();

const DEFAULTS = { d: '2', m: '16', hidden: '64', n: '1024', batch: '64', epochs: '5', lr: '0.001', seed: '42' };

/** @type {Record<keyof typeof DEFAULTS, { range: string, refused: string[] }>} */
const KEYS = {
  d: { range: 'a whole number from 1 to 257', refused: ['', ' ', '0', '258', '2.5', '0x2', 'NaN', ' 2', '1e1', '-1', '+2', '٢', '2,5', '<b>2</b>'] },
  m: { range: 'a whole number from 1 to 256', refused: ['0', '257', 'Infinity'] },
  hidden: { range: 'a whole number from 1 to 1024', refused: ['0', '1025', 'true'] },
  n: { range: 'a whole number from 1 to 1048576', refused: ['0', '1048577', '99999999999999999999999999'] },
  batch: { range: 'a whole number from 1 to 1048576', refused: ['0', '1048577'] },
  epochs: { range: 'a whole number from 1 to 100000', refused: ['0', '100001', '5 '] },
  lr: { range: 'a number from 1e-7 to 1', refused: ['', '0', '1.1', '9e-8', 'NaN', 'Infinity', '-0.001', '0,001', '0x1', '1e400'] },
  seed: { range: 'a whole number from 0 to 4294967295', refused: ['', '-1', '4294967296', '1.0'] },
};

test('every value that is refused is named with its range', async () => {
  for (const [key, { range, refused }] of Object.entries(KEYS)) {
    for (const value of refused) {
      const what = `${key} = “${value}”`;
      const found = await refusal(() => engine.check({ ...DEFAULTS, [key]: value }));
      assert.equal(found.key, key, what);
      assert.ok(found.message.startsWith(`${key} `) && found.message.endsWith(`it must be ${range}`), `${what} gets: ${found.message}`);
      // A sentence shows brackets of another kind, which nobody takes for markup.
      const shown = value.replaceAll('<', '‹').replaceAll('>', '›');
      if (value !== '' && value.length < 24) assert.ok(found.message.includes(shown), `${what} gets: ${found.message}`);
    }
  }
  assert.equal((await refusal(() => engine.check({ ...DEFAULTS, n: '0' }))).message, 'n = 0 is out of range: it must be a whole number from 1 to 1048576');
  assert.match((await refusal(() => engine.check({ ...DEFAULTS, d: 'two' }))).message, /^d = “two” is not a whole number/);
});

test('every key has a control in the form, and one place where its refusals stand, which describes it', async () => {
  const page = await readFile(new URL('../../index.html', import.meta.url), 'utf8');
  for (const name of NAMES) {
    const controls = page.match(new RegExp(`<(?:input|select) [^>]*name="${name}"[^>]*>`, 'g')) ?? [];
    assert.equal(controls.length, 1, name);
    assert.match(controls[0], new RegExp(` aria-describedby="(?:[^"]* )?${name}-error"`));
    assert.equal(page.split(` id="${name}-error"`).length, 2, name);
  }
});

test('changes that cannot be are named, and so is what the last epoch leaves behind', async () => {
  const bad = [' ', '2', '2:', ':0.1', '1:0.1', '2:0', '2:2', '2:NaN', '3:0.1,2:0.1', '2:0.1,2:0.1', '2:0.1,', '2.5:0.1', '<b>2</b>:1', '5:0.1'];
  for (const rates of bad) {
    const { key, message } = await refusal(() => engine.check({ ...DEFAULTS, epochs: '4', rates }));
    assert.equal(key, 'rates', rates);
    const shown = rates.replaceAll('<', '‹').replaceAll('>', '›');
    assert.ok(message.startsWith(`rates = “${shown}” is not possible: it must be epochs from 2 to the last, in order`), message);
  }
  assert.equal(engine.check({ ...DEFAULTS, epochs: '4', rates: '2:1e-3,4:0.01' }).recipe.rates, '2:0.001,4:0.01');
});

test('a recipe that needs too much memory is refused in words', async () => {
  const { key, message } = await refusal(() => engine.check({ ...DEFAULTS, d: '64', n: '1048576' }));
  assert.equal(key, 'n');
  assert.match(message, /^n = 1048576 draws at d = 64 need about \d+ MiB, more than the 352 MiB that a tab can be relied on for: lower n or d/);
});

test('a recipe that passes is told with its steps and its memory', () => {
  const { recipe, stepsPerEpoch, memory } = engine.check({ ...DEFAULTS, n: '1000' });
  assert.deepEqual(recipe, { d: 2, m: 16, hidden: 64, n: 1000, batch: 64, epochs: 5, lr: 0.001, seed: 42 });
  assert.equal(stepsPerEpoch, 16);
  assert.ok(memory.cpu > 1e6 && memory.webgpu > 1e6, `${memory.cpu} ${memory.webgpu}`);
});

/** Recipes at the edge of what is allowed. @type {[string, Partial<typeof DEFAULTS>][]} */
const EDGES = [
  ['the smallest recipe', { d: '1', m: '1', hidden: '1', n: '1', batch: '1', epochs: '1' }],
  ['a batch larger than n', { n: '100', batch: '1048576', epochs: '3' }],
  ['a ragged last batch', { n: '130', batch: '64', epochs: '2' }],
  ['the largest learning rate', { lr: '1', epochs: '3' }],
  ['the smallest learning rate and the largest seed', { lr: '1e-7', seed: '4294967295', epochs: '3' }],
];

for (const [name, own] of EDGES) {
  test(`${name} runs`, async () => {
    const fields = { ...DEFAULTS, ...own };
    const { session, history } = await trained(engine, fields);
    assert.equal(history.length, Number(fields.epochs));
    for (const [i, { epoch, mse, line }] of history.entries()) {
      assert.equal(epoch, i + 1);
      assert.equal(line, `Epoch ${epoch}: MSE = ${mse.toFixed(4)}`);
    }
    assert.equal((await session.compare(0)).approx.length, Number(fields.d));
    const { draws, mse, rmse } = await evaluated(session);
    assert.ok(draws === 10_000 && Math.abs(rmse / Math.sqrt(mse) - 1) < 1e-6, `${draws} ${mse} ${rmse}`);
    session.free();
  });
}

test('thirty epochs end an order of magnitude below five', async () => {
  const { history } = await trained(engine, { ...DEFAULTS, epochs: '30' });
  // PyTorch over 60 seeds: 0.1091 ± 0.010 after 5 and 0.0094 ± 0.0015 after 30; four standard deviations.
  assert.ok(Math.abs(history[4].mse - 0.1091) < 0.04, `${history[4].mse}`);
  assert.ok(Math.abs(history[29].mse - 0.0094) < 0.006, `${history[29].mse}`);
});

test('each part of a course makes another run, and a recipe with all of it off is the notebook’s', async () => {
  const run = async (/** @type {Record<string, string>} */ own) => (await trained(engine, { ...DEFAULTS, ...own })).history.map(({ mse }) => mse);
  const notebook = await run({});
  assert.deepEqual(await run({ fresh: '0', schedule: 'constant', rates: '' }), notebook);
  const all = [notebook.join()];
  for (const [key, value] of Object.entries({ fresh: '1', schedule: 'cosine', rates: '2:0.0005,4:0.002' })) {
    const mses = await run({ [key]: value });
    // A schedule counts from the first step, the others from the second epoch.
    assert.equal(mses[0] === notebook[0], key !== 'schedule', key);
    all.push(mses.join());
  }
  assert.equal(new Set(all).size, 4);
});

test('a rate that cannot be taken on the way is refused, and one that can is in the recipe', async () => {
  const { session } = await trained(engine, DEFAULTS, { until: 2 });
  for (const [lr, words] of /** @type {[string, RegExp][]} */ ([
    ['', /^lr is empty: it must be a number from 1e-7 to 1$/],
    ['fast', /^lr = “fast” is not a plain decimal number/],
    ['2', /^lr = 2 is out of range/],
    ['<b>1</b>', /^lr = “‹b›1‹\/b›” is not/],
  ])) {
    const { key, message } = await refusal(() => session.changeRate(lr));
    assert.equal(key, 'lr', lr);
    assert.match(message, words);
  }
  assert.equal(session.changeRate('0.01').rates, '3:0.01');
});
