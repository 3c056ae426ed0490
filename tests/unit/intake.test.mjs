// @ts-check
/** What strangers bring, made plain: numbers, matrices and links in other notations, judged by the module that ships. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainField } from '../../www/intake/number.js';
import { worded } from '../../www/intake/number-words.js';
import { cpu, refusal } from './module.mjs';

const engine = await cpu();

const DEFAULTS = { d: '2', m: '16', hidden: '64', n: '1024', batch: '64', epochs: '5', lr: '0.001', seed: '42' };

test('numbers as people type them are read where they mean one number only', () => {
  for (const [name, text, value] of /** @type {[keyof typeof DEFAULTS, string, number][]} */ ([
    ['lr', ' 0.001', 0.001],
    ['lr', '\u00a00.001\u200b\n', 0.001],
    ['lr', '1e−3', 0.001],
    ['lr', '1 × 10⁻³', 0.001],
    ['lr', '5*10^-4', 0.0005],
    ['lr', '０．００１', 0.001],
    ['lr', '+.5', 0.5],
    ['n', '1024 ', 1024],
    ['n', '1_000', 1000],
    ['n', '1 000', 1000],
    ['n', '10\u202f000', 10_000],
    ['n', '1’024', 1024],
    ['n', '1e3', 1000],
    ['n', '1.5E3', 1500],
    ['n', '1024.0', 1024],
    ['n', '+64', 64],
    ['seed', '4_294_967_295', 4_294_967_295],
  ]))
    assert.equal(engine.check({ ...DEFAULTS, [name]: plainField(name, text) }).recipe[name], value, `${name} = ${text}`);
  assert.equal(engine.check({ ...DEFAULTS, rates: plainField('rates', ' 2: 0.0005; 4 : 1e−4, ') }).recipe.rates, '2:0.0005,4:0.0001');
});

test('a comma is named and never guessed', async () => {
  for (const [name, text, words] of /** @type {[string, string, string][]} */ ([
    ['lr', '0,001', 'lr = “0,001” has a decimal comma: write 0.001'],
    ['lr', ' ,5', 'lr = “,5” has a decimal comma: write 0.5'],
    ['lr', '1,5e-3', 'lr = “1,5e-3” has a decimal comma: write 1.5e-3'],
    ['lr', '1,000', 'lr = “1,000” has a comma that may be a decimal one or part thousands: write 1 or 1000'],
    ['lr', '1.234,5', 'lr = “1.234,5” has a decimal comma: write 1234.5'],
    ['lr', '1,234.5', 'lr = “1,234.5” has commas between its thousands: write 1234.5'],
    ['n', '1,024', 'n = “1,024” has a comma between its thousands: write 1024'],
    ['n', '1,000', 'n = “1,000” has a comma that may be a decimal one or part thousands: write 1 or 1000'],
    ['n', '1.000', 'n = “1.000” has a point that may be a decimal one or part thousands: write 1 or 1000'],
    ['n', '1,048,576', 'n = “1,048,576” has a comma between its thousands: write 1048576'],
    ['rates', '2:0,0005', 'rates = “2:0,0005” has a decimal comma: write 2:0.0005'],
  ])) {
    assert.equal((await refusal(() => engine.check({ ...DEFAULTS, [name]: plainField(name, text) }))).key, name, `${name} = ${text}`);
    assert.equal(worded(name, text), words);
  }
});

test('what is no number stays what it is, and is refused in the module’s words', async () => {
  for (const text of ['', ' ', 'two', '2,5', '0x2', 'NaN', '٢', '<b>2</b>', '2-3', '1__0', '1 2', '10^^2']) {
    const plain = plainField('d', text);
    assert.match((await refusal(() => engine.check({ ...DEFAULTS, d: plain }))).message, /^d (?:= “.*” is not a whole number|is empty)/, text);
    assert.equal(worded('d', text), null);
  }
  assert.equal(worded('lr', '0.5'), null);
  assert.equal(worded('rates', '2:0.5,4:0.1'), null);
});
