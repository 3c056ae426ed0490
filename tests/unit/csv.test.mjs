// @ts-check
/** What is taken away as CSV: read back as it was written, by a reader that knows only RFC 4180, and harmless in a spreadsheet. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csv } from '../../www/export/csv.js';

/** RFC 4180, letter by letter: records end in CRLF, a quoted field may hold anything, and `""` is a quote. @param {string} text */
function records(text) {
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  /** @type {string[][]} */
  const found = [];
  /** @type {string[]} */
  let record = [];
  while (field.lastIndex < text.length) {
    const at = field.lastIndex;
    const match = field.exec(text);
    assert.ok(match, `no field at ${at}: ${JSON.stringify(text.slice(at, at + 40))}`);
    record.push(match[1]?.replaceAll('""', '"') ?? match[2]);
    if (match[3] === ',') continue;
    found.push(record);
    record = [];
  }
  assert.deepEqual(record, [], 'the last record ends as the others do');
  return found;
}

test('a plain table is plain', () => {
  assert.equal(
    csv([
      ['name', 'mse'],
      ['Run 1', 0.125],
      ['', -3e-7],
    ]),
    'name,mse\r\nRun 1,0.125\r\n,-3e-7\r\n',
  );
  assert.equal(csv([]), '');
});

test('every text comes back as it was', () => {
  const texts = [
    'a,b',
    'say "when"',
    '"',
    '""',
    'two\nlines',
    'two\r\nlines',
    'a;b',
    'a\tb',
    ' padded ',
    '',
    "it's",
    '<b>',
    '\u0000',
    'φ·ψ 🎲',
    'x'.repeat(10_000),
  ];
  assert.deepEqual(records(csv([texts, texts])), [texts, texts]);
});

test('no cell of text is a formula to a spreadsheet, and every number is one', () => {
  const formulas = ['=1+1', '+1', '-1', '@SUM(1)', ' =1', '\t=1', '\r=1', '\n=1', "=cmd|' /C calc'!A0", '＝1', '＋1', '－1', '＠1', '="a"'];
  for (const [text] of records(csv(formulas.map((formula) => [formula])))) assert.match(text, /^'/);
  assert.deepEqual(
    records(csv(formulas.map((formula) => [formula]))).map(([text]) => text.slice(1)),
    formulas,
  );
  assert.equal(csv([[-1, 1e-7, 42]]), '-1,1e-7,42\r\n');
  assert.equal(csv([['a=1', 'b-c', "'quoted'"]]), "a=1,b-c,'quoted'\r\n");
});

test('what is not finite is said as it is', () => {
  assert.equal(csv([[NaN, Infinity]]), 'NaN,Infinity\r\n');
});
