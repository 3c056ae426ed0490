// @ts-check
/** What a run is taken away as: the Python text, the notebook, the standalone module. Python itself is in pytorch.test.mjs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base64 } from '../../www/export/base64.js';
import { notebook } from '../../www/export/notebook.js';
import { CLASSES, loadingLines } from '../../www/export/python.js';
import { readSafetensors } from '../../www/export/safetensors.js';
import { standalone } from '../../www/export/standalone.js';
import { visitors } from './browser.mjs';
import { difference, exportRun, firstPrediction, RECIPES, shapeOf } from './exported.mjs';

/** @typedef {import('../../www/common/protocol.js').Recipe} Recipe */
/** @typedef {import('./exported.mjs').ExportedRun} ExportedRun */

const visit = visitors();

/** The module sums in another precision than the trainer, and nothing else differs. */
const ROUNDING = 1e-6;

const SMALL = RECIPES[2];

/** A file with small weights, made here so that no browser is needed. @param {Recipe} recipe */
function fileOf({ d, m, hidden }) {
  /** @type {Record<string, object>} */
  const header = { __metadata__: { format: 'pt', note: 'ä' } };
  let end = 0;
  for (const net of ['psi', 'phi']) {
    for (const [part, shape] of /** @type {[string, number[]][]} */ ([
      ['0.weight', [hidden, d]],
      ['0.bias', [hidden]],
      ['2.weight', [m, hidden]],
      ['2.bias', [m]],
    ])) {
      const start = end;
      end += 4 * shape.reduce((a, b) => a * b);
      header[`${net}.net.${part}`] = { dtype: 'F32', shape, data_offsets: [start, end] };
    }
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + end);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  for (let i = 0; i < end / 4; i += 1) view.setFloat32(8 + text.length + 4 * i, ((i * 37) % 101) / 100 - 0.5, true);
  return bytes;
}

/** A module's text as a module. @param {string} text */
const imported = (text) => import(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`);

/** A run that was never in a browser. @param {Recipe} recipe @returns {Parameters<typeof notebook>[0]} */
function made(recipe) {
  const { d } = recipe;
  const prediction = { W: Array(d * d).fill(0.1), x: Array(d).fill(1), y: Array(d).fill(0) };
  return { recipe, weights: fileOf(recipe), epochs: 3, mse: 0.123456, link: 'https://example.org/a_(b)/#v=1&d=3', prediction };
}

test('bytes of every kind and any number survive base64', () => {
  for (const length of [0, 1, 2, 3, 256, 8192, 20_001]) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 7) % 256);
    assert.equal(base64(bytes), Buffer.from(bytes).toString('base64'));
  }
});

test('a file is read wherever its bytes lie', () => {
  const file = fileOf(SMALL);
  const moved = new Uint8Array(file.length + 3);
  moved.set(file, 3);
  for (const bytes of [file, moved.subarray(3)]) {
    const { metadata, tensors } = readSafetensors(bytes);
    assert.deepEqual(metadata, { format: 'pt', note: 'ä' });
    assert.equal(tensors.size, 8);
    assert.deepEqual(tensors.get('phi.net.2.weight')?.shape, [5, 7]);
    assert.deepEqual([...(tensors.get('psi.net.0.weight')?.values.slice(0, 3) ?? [])], [-0.5, -0.13, 0.24].map(Math.fround));
  }
});

test('the loading lines name the file and its sizes, whatever the file is called', () => {
  const lines = loadingLines({ name: 'a "b\\c.safetensors', recipe: SMALL });
  assert.ok(lines.includes('load_file("a \\"b\\\\c.safetensors")'));
  assert.ok(lines.includes('PhiPsi(d=3, m=5, hidden=7)') && lines.includes(CLASSES));
  assert.ok(
    lines.split('\n').every((line) => line.length <= 100),
    'a line is too long to read',
  );
});

test('a notebook is the same each time, has nothing computed before, and ids of its own for the cells', () => {
  const text = notebook(made(SMALL));
  assert.equal(notebook(made(SMALL)), text);
  const { cells, nbformat, nbformat_minor: minor } = JSON.parse(text);
  assert.deepEqual([nbformat, minor], [4, 5]);
  const ids = cells.map((/** @type {{ id: string }} */ { id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const cell of cells) {
    assert.match(cell.id, /^[a-z-]{1,64}$/);
    if (cell.cell_type === 'code') assert.deepEqual([cell.outputs, cell.execution_count], [[], null]);
  }
  const introduction = cells[0].source.join('');
  assert.match(introduction, /for 3 epochs, to an MSE of 0\.1235/);
  assert.match(introduction, /\| 3 \| 5 \| 7 \| 200 \| 64 \| 3 \| 0\.003 \| 0 \|/);
  assert.ok(introduction.endsWith('[The run on the page](<https://example.org/a_(b)/#v=1&d=3>)'));
});

test('a notebook of untrained networks says so, and one without a link has none', () => {
  const text = notebook({ ...made(SMALL), epochs: 0, mse: null, link: '' });
  assert.match(text, /The networks are untrained/);
  assert.doesNotMatch(text, /The run on the page/);
});

test('the numbers in a notebook are the page’s to the last bit', () => {
  const values = [0.1, 1 / 3, -2.5e-8, 12_345.678, 1e-30, 3.4e38].map(Math.fround);
  const { cells } = JSON.parse(notebook({ ...made({ ...SMALL, d: 6 }), prediction: { W: Array(36).fill(0), x: values, y: values } }));
  const check = cells.find((/** @type {{ id: string }} */ { id }) => id === 'check').source.join('');
  const written = JSON.parse(/x = torch\.tensor\((\[.*\])\)/.exec(check)?.[1] ?? '[]');
  assert.deepEqual(written.map(Math.fround), values);
});

test('the module says what is wrong with its arguments', async () => {
  const { layer, phi, product, psi } = await imported(standalone({ ...made(SMALL), mse: null }));
  const W = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  for (const [call, told] of /** @type {[() => unknown, string][]} */ ([
    [() => phi(undefined), 'W must be an array: 3 rows of 3 numbers, or all of them row by row.'],
    [() => phi([1, 2, 3, 4]), 'W has 4 numbers, and must be 3 rows of 3 numbers, or all of them row by row.'],
    [
      () =>
        phi([
          [1, 2],
          [3, 4],
          [5, 6, 7, 8, 9],
        ]),
      'W must be 3 rows of 3 numbers, or all of them row by row.',
    ],
    [() => phi([[1, 2, 3], 4, [5, 6, 7]]), 'W must be 3 rows of 3 numbers, or all of them row by row.'],
    [() => phi([...W.slice(0, 8), NaN]), 'W holds NaN, which is not a finite number.'],
    [() => psi('1,2,3'), 'x must be an array: 3 numbers.'],
    [() => psi([1, 2]), 'x has 2 numbers, and must be 3 numbers.'],
    [() => psi([1, 2, '3']), 'x holds 3, which is not a finite number.'],
    [() => psi([1, , 3]), 'x holds undefined, which is not a finite number.'],
    [() => layer(W, [1, 2, Infinity]), 'x holds Infinity, which is not a finite number.'],
    [() => product(phi(W), [1]), 'Psi has 1 numbers, and must be 5 numbers.'],
    [() => product([1], psi([1, 2, 3])), 'Phi has 1 numbers, and must be 3 rows of 5 numbers, or all of them row by row.'],
  ]))
    assert.throws(call, { name: 'TypeError', message: told });
});

test('the module takes W in every form, and its parts are the whole', async () => {
  const { d, hidden, layer, m, phi, product, psi } = await imported(standalone(made(SMALL)));
  assert.deepEqual({ d, m, hidden }, { d: 3, m: 5, hidden: 7 });
  const W = [1, 2, 3, -4, 5, -6, 0.7, 0.8, 0.9];
  const x = [0.5, -1, 2];
  const expected = layer(W, x);
  const rows = [0, 3, 6].map((at) => W.slice(at, at + 3));
  for (const form of [Float32Array.from(W), rows, rows.map((row) => Float64Array.from(row))]) assert.ok(difference(layer(form, x), expected) < 1e-6);
  assert.deepEqual(product(phi(W), psi(Float64Array.from(x))), expected);
  assert.ok(expected instanceof Float32Array && expected.length === 3 && phi(W).length === 15 && psi(x).length === 5);
});

test('the example in the module’s header runs', async () => {
  for (const d of [1, 2, 4, 5]) {
    const text = standalone(made({ ...SMALL, d }));
    const example = [...text.slice(0, text.indexOf('*/')).matchAll(/^ \* {5}(?!import)(.*)$/gm)].map(([, line]) => line).join('\n');
    assert.match(example, /layer\(W, x\)/);
    await imported(`${text}\n${example}`);
  }
});

for (const recipe of RECIPES) {
  visit(`the module computes what the trainer predicts, on the page and in Node (${shapeOf(recipe)})`, {}, async (visitor, t) => {
    const run = await exportRun(visitor, recipe);
    const text = standalone(run);
    assert.ok(text.includes(`trained for ${run.epochs} epochs, MSE `));
    const inNode = predictions(await imported(text), run);
    // In somebody else's page: ours runs no module that is made from a text.
    const elsewhere = await visitor.page.context().newPage();
    const inPage = await elsewhere.evaluate(pagePredictions, { text, draws: run.draws });
    await elsewhere.close();
    assert.deepEqual(inPage, inNode, 'the same module is the same function everywhere');
    const apart = difference(inNode, run.y);
    t.diagnostic(`module of ${text.length} bytes against the trainer, ${run.y.length} numbers: largest difference ${apart.toExponential(1)} of the largest`);
    assert.ok(apart <= ROUNDING, `${apart}`);
  });
}

visit('the module computes what the trainer predicts for networks of the largest sizes', {}, async (visitor, t) => {
  const run = await exportRun(visitor, { d: 64, m: 256, hidden: 1024, n: 4, batch: 4, epochs: 1, lr: 0.001, seed: 3 }, { epochs: 0, draws: 8 });
  const apart = difference(predictions(await imported(standalone(run)), run), run.y);
  t.diagnostic(`largest difference ${apart.toExponential(1)} of the largest`);
  assert.ok(apart <= ROUNDING, `${apart}`);
  // The other texts of such a run are made at all.
  assert.ok(notebook({ ...run, link: '', prediction: firstPrediction(run) }).length > 3e6);
});

/** @param {{ d: number, layer: (W: number[], x: number[]) => Float32Array }} module @param {ExportedRun} run */
function predictions({ d, layer }, { draws: { W, x } }) {
  return Array.from({ length: x.length / d }, (_, i) => [...layer(W.slice(i * d * d, (i + 1) * d * d), x.slice(i * d, (i + 1) * d))]).flat();
}

/** Runs in the page. @param {{ text: string, draws: import('./exported.mjs').Draws }} given @returns {Promise<number[]>} */
async function pagePredictions({ text, draws: { W, x } }) {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  const { d, layer } = await import(url);
  URL.revokeObjectURL(url);
  return Array.from({ length: x.length / d }, (_, i) => [...layer(W.slice(i * d * d, (i + 1) * d * d), x.slice(i * d, (i + 1) * d))]).flat();
}
