// @ts-check
/** Links, read and written by the module and by the page's own lines for sweeps: what they hold, and what each bad one is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RefusalError } from '../../www/run/errors.js';
import { mapped } from '../../www/run/maps.js';
import { baseLink, readSweep, writeMap, writeSweep } from '../../www/run/sweep-link.js';
import { planned } from '../../www/run/sweeps.js';
import { compare } from '../../www/view/run/link-words.js';
import { cpu, refusal } from './module.mjs';

const engine = await cpu();

const DEFAULTS = { d: '2', m: '16', hidden: '64', n: '1024', batch: '64', epochs: '5', lr: '0.001', seed: '42' };
const NOTEBOOK = 'v=1&d=2&m=16&hidden=64&n=1024&batch=64&epochs=5&lr=0.001&seed=42';
const COURSE = { fresh: '1', schedule: 'cosine', rates: '2:0.0005,4:0.002' };

const with_ = (/** @type {string} */ part, /** @type {string} */ other) => NOTEBOOK.replace(part, other);

/** What is wrong with a link, and what is said of it. @type {[string, RegExp][]} */
const BAD = [
  ['v', /“v” in the link has no value: was the link cut\?$/],
  ['v=1', /d is missing/],
  [with_('v=1&', ''), /v is missing/],
  [with_('v=1', 'v=7'), /v = 7 is a newer kind of link/],
  [`${NOTEBOOK}&fresh=1`, /“fresh” is not part of a recipe/],
  [`${with_('v=1', 'v=2')}&fresh=2`, /fresh = “2” is not possible: it must be 0 or 1$/],
  [`${with_('v=1', 'v=2')}&schedule=linear`, /schedule = “linear” is not possible: it must be constant or cosine$/],
  [`${with_('v=1', 'v=2')}&rates=6:0.1`, /rates = “6:0.1” is not possible: it must be epochs from 2 to the last/],
  [`${with_('v=1', 'v=2')}&solve=5:64`, /“solve” is not part of a recipe/],
  [`${with_('v=1', 'v=3')}&solve=6:64`, /solve = “6:64” is not possible: it must be epochs from 0 to the last, in order/],
  [`${with_('v=1', 'v=3')}&solve=5:131073`, /solve = “5:131073” is not possible: .* up to 131072 draws/],
  [`${with_('v=1', 'v=2')}&rates=2:<b>1</b>`, /rates = “2:‹b›1‹\/b›” is not possible/],
  [with_('v=1', 'v=one'), /v = “one” is not a version/],
  [with_('&seed=42', ''), /seed is missing/],
  [with_('&seed=42', '&see'), /“see” in the link has no value/],
  [with_('seed=42', 'seed=4%'), /seed in the link holds a broken % code/],
  [with_('d=2', 'd=2&d=3'), /d is given more than once/],
  [with_('lr=0.001', 'lr=NaN'), /lr = “NaN” is not/],
  [with_('lr=0.001', 'lr=1e999'), /lr = 1e999 is out of range/],
  [with_('lr=0.001', 'lr=0x1'), /lr = “0x1” is not/],
  [with_('d=2', 'd= 2'), /d = “ 2” is not a whole number/],
  [with_('d=2', 'd=٢'), /d = “٢” is not a whole number/],
  [with_('d=2', 'd=258'), /d = 258 is out of range/],
  [with_('d=2', 'D=2'), /“D” is not part of a recipe/],
  [with_('d=2', 'd=64').replace('n=1024', 'n=1048576'), /n = 1048576 draws at d = 64 need about/],
  [`${NOTEBOOK}&__proto__=1`, /“__proto__” is not part/],
  [`${NOTEBOOK}&<img src=x onerror=alert(1)>=1`, /“‹img src.*” is not part/],
  [with_('seed=42', 'seed=<b>42</b>'), /seed = “‹b›42‹\/b›” is not/],
  [`${NOTEBOOK}&W=1,2,3,4`, /x is missing/],
  [`${NOTEBOOK}&W=1,2,3&x=1,2`, /W needs 4 numbers/],
  [`${NOTEBOOK}&mse=-1`, /mse = “-1” is not a number from 0 on/],
  [`${NOTEBOOK}&play=yes`, /play = “yes” is not 1/],
  [`${NOTEBOOK}&`, /the link has an empty part/],
  ['k'.repeat(100_000), /the link is longer than any/],
];

test('every bad link is told what is wrong', async (t) => {
  for (const [bad, words] of BAD) {
    const { message } = await refusal(() => engine.readLink(bad));
    assert.match(message, words, bad.slice(0, 120));
    assert.ok(message.length < 400 && !/[<>\p{Cc}]/u.test(message), message);
    t.diagnostic(`#${bad.slice(0, 120)} → ${message}`);
  }
});

test('a link is read as it was written, with all that rides along', () => {
  assert.equal(engine.writeLink(DEFAULTS, undefined, undefined, undefined, false), NOTEBOOK);
  const numbers = { d: 2, m: 16, hidden: 64, n: 1024, batch: 64, epochs: 5, lr: 0.001, seed: 42 };
  assert.deepEqual(engine.readLink(NOTEBOOK), { recipe: numbers, play: false });
  const all = engine.writeLink({ ...DEFAULTS, ...COURSE }, '1 2\n3 4', '0.7, -1.2', 0.25, true);
  assert.equal(
    all,
    'v=2&d=2&m=16&hidden=64&n=1024&batch=64&epochs=5&lr=0.001&seed=42&fresh=1&schedule=cosine&rates=2:0.0005,4:0.002&W=1,2,3,4&x=0.7,-1.2&mse=0.25&play=1',
  );
  const { W, x, ...rest } = engine.readLink(all);
  assert.deepEqual(rest, { recipe: { ...numbers, ...COURSE }, mse: 0.25, play: true });
  assert.deepEqual(
    [W, x].map((text) => text?.split(/[\s,;]+/)),
    [
      ['1', '2', '3', '4'],
      ['0.7', '-1.2'],
    ],
  );
  // What is typed in another way is the same link.
  assert.equal(engine.writeLink({ ...DEFAULTS, lr: '1e-3', fresh: '0', schedule: 'constant', rates: '' }, undefined, undefined, undefined, false), NOTEBOOK);
  const smallest = 'v=1&d=1&m=4&hidden=8&n=100&batch=10&epochs=3&lr=0.0000001&seed=4294967295';
  assert.deepEqual(engine.readLink(smallest).recipe, { d: 1, m: 4, hidden: 8, n: 100, batch: 10, epochs: 3, lr: 1e-7, seed: 4_294_967_295 });
});

test('a W and an x that do not go with d have no link', async () => {
  const write = (/** @type {string} */ d, /** @type {string} */ W, /** @type {string} */ x) => engine.writeLink({ ...DEFAULTS, d }, W, x, undefined, false);
  assert.equal((await refusal(() => write('3', '1 2\n3 4', '1 2'))).message, 'W needs 9 numbers at this d, and 4 were given');
  assert.equal((await refusal(() => write('2', '1 2\n3 4', '1 2 3'))).message, 'x needs 2 numbers at this d, and 3 were given');
  assert.equal((await refusal(() => write('x', '1', '1'))).key, 'd');
});

const RUN = 'v=1&d=2&m=16&hidden=8&n=128&batch=64&epochs=3&lr=0.001&seed=42';

/** What the page does with a link to a sweep: reads it, reads its recipe, plans its runs. @param {string} fragment */
async function openSweep(fragment) {
  const { setup, run } = readSweep(fragment);
  const { recipe } = engine.readLink(run);
  const fields = Object.fromEntries(Object.entries(recipe).map(([key, value]) => [key, String(value)]));
  const check = async (/** @type {import('../../www/common/protocol.js').Fields} */ fields) => engine.check(fields);
  return 'axes' in setup ? mapped(setup, fields, check) : planned(setup, fields, check);
}

test('a link to a map has two axes and the values of both, and leads to the same runs', async () => {
  const setup = /** @type {const} */ ({ axes: ['lr', 'batch'], values: ['0.001, 0.01', '16 64'], seeds: '2' });
  const fragment = writeMap(setup, RUN);
  assert.equal(fragment, `sweep=lr,batch&values=0.001,0.01;16,64&seeds=2&${RUN}`);
  assert.deepEqual(readSweep(fragment), { setup: { axes: ['lr', 'batch'], values: ['0.001,0.01', '16,64'], seeds: '2' }, run: RUN });
  assert.deepEqual(readSweep(fragment.replaceAll(',', '%2C').replaceAll(';', '%3B')), readSweep(fragment));
  const { runs, cells } = await openSweep(fragment);
  assert.deepEqual(
    runs.map(({ recipe: { lr, batch, seed } }) => [lr, batch, seed]),
    [42, 43].flatMap((seed) => [
      [0.001, 16, seed],
      [0.001, 64, seed],
      [0.01, 16, seed],
      [0.01, 64, seed],
    ]),
  );
  assert.equal(cells.length, 4);
  /** @type {[string, RegExp][]} */
  const bad = [
    [`sweep=lr,batch&values=0.001;64;1&seeds=2&${RUN}`, /^values has more than two lists/],
    [`sweep=lr,batch&values=0.001&seeds=2&${RUN}`, /^batch has no value to go over/],
    [`sweep=lr,batch&values=0.001,1e-3;64&seeds=2&${RUN}`, /^lr = 0\.001 is in the list twice$/],
    [`sweep=batch,lr&values=64;0.001&seeds=2&${RUN}`, /^sweep = “batch,lr” is nothing that is swept/],
    [`sweep=n,hidden&values=64;1,2,3,4,5,6,7,8,9,10,11&seeds=2&${RUN}`, /^hidden has 11 values: at most 10 have room on a map$/],
    [`sweep=n,hidden&values=64;8,2000&seeds=2&${RUN}`, /^hidden = 2000 is out of range/],
    [`sweep=n,hidden&values=64;8&seeds=10&${RUN}`, /^seeds = “10” is not a whole number from 1 to 9$/],
  ];
  for (const [link, words] of bad) assert.match((await refusal(() => openSweep(link))).message, words, link);
});

/** What is wrong with a sweep's link, and what is said of it. @type {[string, RegExp][]} */
const BAD_SWEEPS = [
  ['sweep=', /sweep = “” is nothing that is swept: it must be one of n, hidden, epochs, m, n,hidden, m,hidden, lr,batch$/],
  [`sweep=lr&values=1&seeds=1&${RUN}`, /sweep = “lr” is nothing that is swept/],
  [`sweep=toString&values=1&seeds=1&${RUN}`, /sweep = “toString” is nothing/],
  [`sweep=m&seeds=1&${RUN}`, /^values is missing: it lists what is swept over$/],
  [`sweep=m&values=1&${RUN}`, /^seeds is missing: it says how many runs each value gets$/],
  [`sweep=m&values=1&values=2&seeds=1&${RUN}`, /^values is given more than once$/],
  [`sweep=m&values=1,x&seeds=1&${RUN}`, /m = “x” is not a whole number/],
  [`sweep=m&values=&seeds=1&${RUN}`, /m has no value/],
  [`sweep=m&values=1,257&seeds=1&${RUN}`, /m = 257 is out of range/],
  [`sweep=m&values=%4&seeds=1&${RUN}`, /^values in the link holds a broken % code$/],
  [`sweep=m&values=1&seeds=10&${RUN}`, /seeds = “10” is not a whole number from 1 to 9/],
  [`sweep=m&values=1&seeds=2&${RUN.replace('seed=42', 'seed=4294967295')}`, /seed = 4294967296 is out of range/],
  [`sweep=n&values=1048576&seeds=1&${RUN.replace('d=2', 'd=64')}`, /n = 1048576 draws at d = 64 need about/],
  [`sweep=m&values=1&seeds=1&${RUN}&mse=0.5`, /^mse is part of a run’s link, and not of a sweep’s$/],
  [`sweep=m&values=1&seeds=1&${RUN}&W=1,2,3,4&x=1,2`, /^W is part of a run’s link, and not of a sweep’s$/],
  [`sweep=m&values=1&seeds=1&x=1,2&${RUN}`, /^x is part of a run’s link/],
  [`sweep=m&values=1&seeds=1&${RUN}&play=1`, /^play is part of a run’s link/],
  [`sweep=m&values=1&seeds=1&${RUN}&odd=1`, /“odd” is not part of a recipe/],
  [`sweep=m&values=1&seeds=1&${RUN}&fox=1`, /“fox” is not part of a recipe/],
  [`values=1&seeds=1&${RUN}`, /^sweep = “” is nothing that is swept/],
  ['sweep=m&values=1&seeds=1', /has an empty part|v is missing/],
  [`sweep=m&values=1&seeds=1&${RUN.replace('v=1&', '')}`, /v is missing/],
];

test('every bad link to a sweep is told what is wrong', async () => {
  for (const [bad, words] of BAD_SWEEPS) assert.match((await refusal(() => openSweep(bad))).message, words, bad);
  const keys = await Promise.all(
    ['sweep=', `sweep=m&seeds=1&${RUN}`, `sweep=m&values=1&${RUN}`, `${'sweep=m&'.repeat(2)}${RUN}`, `sweep=m&values=%4`].map((bad) =>
      refusal(() => openSweep(bad)),
    ),
  );
  assert.deepEqual(
    keys.map(({ key }) => key),
    ['sweep', 'values', 'seeds', 'sweep', 'values'],
  );
  assert.equal((await refusal(() => openSweep(`sweep=m&values=1&seeds=1&${RUN}&mse=0.5`))).key, '');
  assert.equal((await openSweep(`sweep=m&values=1,2&seeds=3&${RUN}`)).runs.length, 6);
});

test('a sweep’s link is read as it was written', () => {
  const fragment = writeSweep({ axis: 'm', values: '1, 2 4', seeds: ' 5' }, NOTEBOOK);
  assert.equal(fragment, `sweep=m&values=1,2,4&seeds=5&${NOTEBOOK}`);
  assert.deepEqual(readSweep(fragment), { setup: { axis: 'm', values: '1,2,4', seeds: '5' }, run: NOTEBOOK });
  assert.match(writeSweep({ axis: 'm', values: ' 1; 2,\n', seeds: '5' }, NOTEBOOK), /^sweep=m&values=1,2&seeds=5&v=1&/);
  assert.deepEqual(readSweep(fragment.replaceAll(',', '%2C')).setup.values, '1,2,4');
  const odd = writeSweep({ axis: 'n', values: '1&seed=3', seeds: '5&v=2' }, NOTEBOOK);
  assert.deepEqual(readSweep(odd), { setup: { axis: 'n', values: '1&seed=3', seeds: '5&v=2' }, run: NOTEBOOK });
  assert.equal(readSweep(`sweep=m&values=a=b&seeds=1&${NOTEBOOK}`).setup.values, 'a=b');
});

test('what stands in an axis’ own field does not count, and keeps no sweep from having a link', async () => {
  /** As the trainer does it. @param {{ fields: Record<string, string> }} parts */
  const write = async (parts) => {
    try {
      return engine.writeLink(parts.fields, undefined, undefined, undefined, false);
    } catch (error) {
      const { key, message } = /** @type {{ key: string, message: string }} */ (error);
      throw new RefusalError(key, message);
    }
  };
  const first = { ...DEFAULTS, m: '1', n: '64' };
  assert.equal(await baseLink(write, DEFAULTS, ['m'], first), NOTEBOOK, 'as typed');
  assert.equal(await baseLink(write, { ...DEFAULTS, m: '' }, ['m'], first), with_('m=16', 'm=1'));
  assert.equal(await baseLink(write, { ...DEFAULTS, m: 'x', n: '-1' }, ['m', 'n'], first), with_('m=16', 'm=1').replace('n=1024', 'n=64'));
  const late = { ...DEFAULTS, rates: '10:0.0005' };
  assert.match(await baseLink(write, late, ['epochs'], { ...late, epochs: '20' }), /&epochs=20&.*&rates=10:0\.0005$/, 'which another field does not go with');
  await assert.rejects(baseLink(write, { ...DEFAULTS, lr: 'fast' }, ['m'], first), { key: 'lr' });
  await assert.rejects(baseLink(write, { ...DEFAULTS, m: '' }, ['m'], { ...first, m: '' }), { key: 'm' });
});

const MARKUP = '<img src=x onerror="globalThis.hurt=1"><svg onload="globalThis.hurt=1"><b>bold</b>';

/** Keys that JavaScript finds in every object. */
const EVERYWHERE = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__'];

const STRANGE = [
  ...EVERYWHERE.flatMap((key) => [
    `${NOTEBOOK}&${key}=1`,
    `${NOTEBOOK}&${key}[polluted]=1`,
    `${key}=1`,
    `sweep=${key}&values=1&seeds=1&${NOTEBOOK}`,
    `sweep=m&values=1&seeds=1&${NOTEBOOK}&${key}=1`,
  ]),
  `${NOTEBOOK}&${encodeURIComponent(MARKUP)}=1`,
  NOTEBOOK.replace('seed=42', `seed=${encodeURIComponent(MARKUP)}`),
  `${NOTEBOOK}&mse=${encodeURIComponent(MARKUP)}`,
  `${NOTEBOOK}&play=${encodeURIComponent(MARKUP)}`,
  `${NOTEBOOK}&W=${encodeURIComponent(MARKUP)},1,2,3&x=1,2`,
  `sweep=${encodeURIComponent(MARKUP)}&values=1&seeds=1&${NOTEBOOK}`,
  `sweep=m&values=${encodeURIComponent(MARKUP)}&seeds=1&${NOTEBOOK}`,
  `sweep=m&values=1&seeds=${encodeURIComponent(MARKUP)}&${NOTEBOOK}`,
  `${NOTEBOOK}&%E2%80%AE%00%1B=1`,
  NOTEBOOK.replace('seed=42', 'seed=%E2%80%AE4%0A2%00'),
];

test('links with markup and with every object’s keys are refused in short, plain words', async () => {
  const before = Object.getOwnPropertyNames(Object.prototype).join(' ');
  for (const link of STRANGE) {
    const { message } = await refusal(() => (link.startsWith('sweep=') ? openSweep(link) : engine.readLink(link)));
    assert.ok(message.length < 400 && !/[<>\p{Cc}]/u.test(message), message);
  }
  assert.equal(Object.getOwnPropertyNames(Object.prototype).join(' '), before);
  assert.equal(Reflect.get({}, 'polluted'), undefined);
});

test('a run that ends otherwise than its link says is told by how much, and why', () => {
  assert.equal(compare(0.1, 0.1, 'cpu', 'link'), 'Reproduced: the last epoch’s MSE is the same to the last bit (0.1).');
  for (const [there, words] of /** @type {[number, RegExp][]} */ ([
    [0.1000001, /^Not the same: the last epoch’s MSE is 0\.1 here, on the CPU, and 0\.1000001 in the link, 0\.0001\u00a0% apart: .* adds in another order\.$/],
    [0.2, /50\u00a0% apart: more than another order of adding explains/],
    [0, /and 0 in the link, 100\u00a0% apart/],
  ]))
    assert.match(compare(0.1, there, 'cpu', 'link'), words);
  assert.match(compare(0.1, 0.1000001, 'webgpu', 'link'), /a GPU adds in another order than the CPU or another GPU\.$/);
});
