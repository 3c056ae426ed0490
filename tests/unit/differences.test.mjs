// @ts-check
/** What runs that are shown beside one another are called: by what differs, and no more than that. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences, differing } from '../../www/common/differences.js';

/** @typedef {import('../../www/common/differences.js').Named} Named */
/** @typedef {import('../../www/common/keys.js').Recipe} Recipe */

const RECIPE = { d: 2, m: 16, hidden: 64, n: 1024, batch: 64, epochs: 5, lr: 0.001, seed: 42 };

/** @param {Partial<Recipe>} recipe @param {Partial<Named>} [own] @returns {Named} */
const run = (recipe, own = {}) => ({ recipe: { ...RECIPE, ...recipe }, backend: 'cpu', adapter: '', source: '', name: '', title: 'Run 1', ...own });

/** The names, with spaces that break. @param {Named[]} runs */
const names = (...runs) => differences(runs).map((name) => name.replaceAll('\u00a0', ' '));

test('runs are named by the key that differs, and by all of several', () => {
  assert.deepEqual(names(run({ m: 4 }), run({ m: 32 })), ['m = 4', 'm = 32']);
  assert.deepEqual(names(run({ seed: 1 }), run({ seed: 2 }), run({ seed: 3 })), ['seed = 1', 'seed = 2', 'seed = 3']);
  assert.deepEqual(names(run({ m: 4, epochs: 30 }), run({ m: 32, epochs: 30 }), run({ m: 4, lr: 0.01, epochs: 30 })), [
    'm = 4, lr = 0.001',
    'm = 32, lr = 0.001',
    'm = 4, lr = 0.01',
  ]);
});

test('what a run does that the notebook’s does not is said, and that another does not', () => {
  assert.deepEqual(names(run({}), run({ fresh: '1' })), ['no fresh draws every epoch', 'fresh draws every epoch']);
  assert.deepEqual(names(run({}), run({ layer: '0123456789abcdef' })), ['normal draws', 'the layer 0123456789abcdef']);
  assert.deepEqual(names(run({}), run({ schedule: 'cosine' })), ['schedule = constant', 'schedule = cosine']);
  assert.deepEqual(names(run({}), run({ rates: '2:0.0005,4:1e-7' })), ['no change of lr', 'lr 0.0005 from epoch 2, lr 1e-7 from epoch 4']);
});

test('where the recipes tell no two apart, what is beside them does, and only then', () => {
  const gpu = /** @type {const} */ ({ backend: 'webgpu', adapter: 'a GPU' });
  assert.deepEqual(names(run({}), run({}, gpu)), ['on the CPU', 'on WebGPU']);
  assert.deepEqual(names(run({ m: 4 }), run({ m: 32 }, gpu)), ['m = 4', 'm = 32']);
  assert.deepEqual(names(run({ m: 4 }), run({ m: 32 }), run({ m: 32 }, gpu)), ['m = 4, on the CPU', 'm = 32, on the CPU', 'm = 32, on WebGPU']);
  assert.deepEqual(names(run({}, gpu), run({}, { ...gpu, adapter: 'another' })), ['on a GPU', 'on another']);
  assert.deepEqual(names(run({}), run({}, { source: 'theirs.safetensors' })), ['from the seed’s weights', 'from theirs.safetensors']);
});

test('what nothing tells apart has its title, and one alone as well', () => {
  assert.deepEqual(names(run({}), run({}, { title: 'This run' })), ['Run 1', 'This run']);
  assert.deepEqual(names(run({ m: 4 }), run({}), run({}, { title: 'Run 2' })), ['m = 4, Run 1', 'm = 16, Run 1', 'm = 16, Run 2']);
  assert.deepEqual(names(run({})), ['Run 1']);
  assert.deepEqual(names(), []);
});

test('the visitor’s own name stands, and the others are told apart without it', () => {
  assert.deepEqual(names(run({ m: 4 }, { name: 'small' }), run({ m: 32 })), ['small', 'm = 32']);
  assert.deepEqual(names(run({}, { name: 'one' }), run({}, { name: 'other' })), ['one', 'other']);
  assert.deepEqual(names(run({}, { name: 'mine' }), run({ seed: 1 }, { title: 'Run 2' })), ['mine', 'seed = 1']);
});

test('recipes are compared in as many keys as they have', () => {
  assert.deepEqual(
    differing([
      { d: 2, m: 4 },
      { d: 2, m: 32 },
    ]),
    [['m\u00a0=\u00a04'], ['m\u00a0=\u00a032']],
  );
  assert.deepEqual(
    differing([
      { d: 2, m: 4 },
      { d: 2, m: 4 },
    ]),
    [[], []],
  );
});
