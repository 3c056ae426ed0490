// @ts-check
/** The course of a run as the page handles it: what is off, what is the same, and what is said of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differing } from '../../www/common/differences.js';
import { changes, courseWords, off, plain, same, solves } from '../../www/common/recipe.js';
import { withSolve } from '../../www/view/limits/solve-words.js';

const DEFAULTS = { d: '2', m: '16', hidden: '64', n: '1024', batch: '64', epochs: '5', lr: '0.001', seed: '42' };
const COURSE = { fresh: '1', schedule: 'cosine', rates: '2:0.0005,4:0.002' };

test('in what a run is of another recipe than the one that is typed is told by the run’s values', () => {
  const typed = { d: '2', m: '16', seed: '42' };
  const told = (/** @type {any} */ run, /** @type {any} */ form) => differing([run, form])[0];
  assert.deepEqual(told(typed, plain({ ...typed, fresh: '0' })), []);
  assert.deepEqual(told({ ...typed, m: '3', schedule: 'cosine' }, { ...typed, seed: '7' }), [
    'm\u00a0=\u00a03',
    'seed\u00a0=\u00a042',
    'schedule\u00a0=\u00a0cosine',
  ]);
  assert.deepEqual(told(typed, { ...typed, target: 'sine', rates: '3:0.1' }), ['no change of lr', 'target\u00a0=\u00a0gelu']);
});

test('a recipe without a course is the same however that is written', () => {
  assert.deepEqual(plain({ ...DEFAULTS, fresh: '0', schedule: 'constant', rates: '' }), DEFAULTS);
  assert.deepEqual(plain({ ...DEFAULTS, ...COURSE }), { ...DEFAULTS, ...COURSE });
  assert.ok(same(DEFAULTS, { ...DEFAULTS, fresh: '0', schedule: 'constant', rates: '' }));
  for (const [key, value] of Object.entries({ ...COURSE, seed: '43' })) {
    assert.ok(!same(DEFAULTS, { ...DEFAULTS, [key]: value }), key);
    assert.ok(!same({ ...DEFAULTS, [key]: value }, DEFAULTS), key);
  }
});

test('the changes of a learning rate are read, and told in words with an end', () => {
  assert.deepEqual(changes({}), []);
  assert.deepEqual(changes({ rates: '2:0.0005,4:1e-7' }), [
    { epoch: 2, lr: 0.0005 },
    { epoch: 4, lr: 1e-7 },
  ]);
  const recipe = { d: 2, m: 16, hidden: 64, n: 1024, batch: 64, epochs: 5, lr: 0.001, seed: 42 };
  assert.deepEqual(courseWords(recipe), []);
  assert.deepEqual(courseWords({ ...recipe, ...COURSE }), [
    'fresh draws every epoch',
    'the learning rate along a cosine',
    'lr\u00a00.0005 from epoch\u00a02',
    'lr\u00a00.002 from epoch\u00a04',
  ]);
  const many = Array.from({ length: 100 }, (_, i) => `${i + 2}:0.1`).join(',');
  assert.equal(courseWords({ ...recipe, rates: many }).at(-1), '96 more changes of it');
});

test('the solutions on the way are read, told in words, and one takes the place of another at its epoch', () => {
  assert.deepEqual(solves({}), []);
  assert.deepEqual(solves({ solve: '0:64,30:1024' }), [
    { epoch: 0, draws: 64 },
    { epoch: 30, draws: 1024 },
  ]);
  assert.deepEqual(courseWords({ solve: '0:64,30:1024' }), ['solved at the beginning over 64\u00a0draws', 'solved after epoch\u00a030 over 1024\u00a0draws']);
  assert.equal(courseWords({ solve: Array.from({ length: 16 }, (_, i) => `${i}:9`).join(',') }).at(-1), '12 more solutions');
  assert.deepEqual(withSolve(DEFAULTS, { epoch: 0, draws: 64 }), { ...DEFAULTS, solve: '0:64' });
  const put = (/** @type {number} */ epoch) => withSolve({ solve: '3:64,10:65' }, { epoch, draws: 7 }).solve;
  assert.deepEqual([put(0), put(3), put(4), put(10), put(11)], ['0:7,3:64,10:65', '3:7,10:65', '3:64,4:7,10:65', '3:64,10:7', '3:64,10:65,11:7']);
});

test('only the keys of a course can be left out', () => {
  assert.deepEqual(['fresh', 'schedule', 'rates', 'lr', 'toString'].map(off), ['0', 'constant', '', undefined, undefined]);
  assert.ok(!same(DEFAULTS, Object.fromEntries(Object.entries(DEFAULTS).filter(([key]) => key !== 'lr'))));
  assert.deepEqual(plain({ ...DEFAULTS, lr: '' }), { ...DEFAULTS, lr: '' });
  const recipe = { d: 2, m: 16, hidden: 64, n: 1024, batch: 64, epochs: 9, lr: 0.001, seed: 42 };
  const told = (/** @type {number} */ many) => courseWords({ ...recipe, rates: Array.from({ length: many }, (_, i) => `${i + 2}:0.${i + 1}`).join(',') });
  assert.deepEqual([told(4).length, told(4).at(-1)], [4, 'lr\u00a00.4 from epoch\u00a05']);
  assert.deepEqual([told(5).length, told(5).at(-2), told(5).at(-1)], [5, 'lr\u00a00.4 from epoch\u00a05', '1 more changes of it']);
});
