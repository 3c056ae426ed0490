// @ts-check
/** What a run is taken away as: its history, the Python text, the notebook, the standalone module. Python itself is in pytorch.test.mjs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base64 } from '../../www/export/base64.js';
import { bibtex, citeLine } from '../../www/export/cite.js';
import { historyCsv, historyJson } from '../../www/export/history.js';
import { notebook } from '../../www/export/notebook.js';
import { CLASSES, loadingLines } from '../../www/export/python.js';
import { readSafetensors } from '../../www/common/safetensors.js';
import { standalone } from '../../www/export/standalone.js';
import { MADE_BY } from '../../www/shell/build.js';
import { named, ofHistory } from '../../www/view/share/file-name.js';
import { difference, RECIPES } from './exported.mjs';
import { imported } from './module.mjs';

/** @typedef {import('../../www/common/protocol.js').Recipe} Recipe */

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
    else assert.deepEqual(Object.keys(cell), ['cell_type', 'id', 'metadata', 'source']);
  }
  const introduction = cells[0].source.join('');
  assert.match(introduction, /for 3 epochs, MSE 0\.1235\. /);
  assert.match(introduction, /\| 3 \| 5 \| 7 \| 200 \| 64 \| 3 \| 0\.003 \| 0 \|/);
  assert.ok(introduction.endsWith('[The run on the page](<https://example.org/a_(b)/#v=1&d=3>)'));
});

test('a notebook of untrained networks says so, and one without a link has none', () => {
  const text = notebook({ ...made(SMALL), epochs: 0, mse: null, link: '' });
  assert.match(text, /The networks are untrained/);
  assert.doesNotMatch(text, /The run on the page/);
  const begun = notebook({ ...made(SMALL), epochs: 0, mse: null, link: '', begun: 'a<b>.safetensors', within: true });
  assert.match(begun, /In a browser they were begun with the weights of “a‹b›\.safetensors”; trained for a part of epoch 1\. /);
  assert.doesNotMatch(begun, /untrained/);
});

/** A notebook's cells by their ids. @param {Parameters<typeof notebook>[0]} exported @returns {Record<string, string>} */
function cellsOf(exported) {
  /** @type {{ id: string, source: string[] }[]} */
  const cells = JSON.parse(notebook(exported)).cells;
  return Object.fromEntries(cells.map(({ id, source }) => [id, source.join('')]));
}

test('a notebook draws anew and anneals as the page does, and tells what it does not do', () => {
  const recipe = { d: 2, m: 3, hidden: 5, n: 100, batch: 32, epochs: 3, lr: 0.01, seed: 1 };
  const plain = cellsOf(made(recipe));
  for (const text of Object.values(plain)) assert.doesNotMatch(text, /Cosine|draw\(\)|scheduler|on the way|fresh/);
  const fresh = cellsOf(made({ ...recipe, fresh: '1' }));
  assert.match(fresh.data, /^def draw\(\):\n.*^data = draw\(\)$/ms);
  assert.match(fresh.training, /for epoch in .*:\n {4}loader = DataLoader\(draw\(\), /);
  assert.match(fresh['about-training'], /\n\nAs on the page, every epoch has new draws, so that none is seen twice\.$/);
  assert.match(fresh.scaling, /data\.tensors = draw\(\)\.tensors/);
  const cosine = cellsOf(made({ ...recipe, schedule: 'cosine' }));
  assert.equal(cosine.data, plain.data);
  for (const cell of [cosine.training, cosine.scaling])
    assert.match(cell, /CosineAnnealingLR\(optimizer, T_max=epochs \* len\(loader\)\)\n.*optimizer\.step\(\)\n {8}scheduler\.step\(\)\n/s);
  assert.match(cosine['about-training'], /\n\nAs on the page, the learning rate falls along half a cosine, step by step, from `lr` to zero: .* first was\.$/);
  assert.match(cellsOf(made({ ...recipe, fresh: '1', schedule: 'cosine' }))['about-training'], /seen twice\.\n\nAs on the page, the learning/);
  const rates = cellsOf(made({ ...recipe, rates: '2:0.0005,1000:0.002' }));
  assert.deepEqual([rates.data, rates.training, rates.scaling], [plain.data, plain.training, plain.scaling]);
  assert.match(
    rates['about-training'],
    /changed on the way: 0\.0005 from epoch 2, 0\.002 from epoch 1,000\. This notebook begins again with the recipe's `lr`; set another above\.$/,
  );
});

test('a run of another function leaves with that function', () => {
  const recipe = { d: 2, m: 3, hidden: 5, n: 100, batch: 32, epochs: 3, lr: 0.01, seed: 9 };
  const [plain, relu] = [recipe, { ...recipe, target: 'relu' }].map((one) => cellsOf(made(one)));
  assert.match(plain.data, /return F\.gelu\(z\)$/m);
  assert.match(relu.introduction, /a ReLU layer:\n\n\$\$y = \\mathrm\{ReLU\}\(W x\), /);
  assert.match(relu.data, /"""y = ReLU\(Wx\): .*"""\n {4}z = .*\n {4}return F\.relu\(z\)$/m);
  assert.match(relu['about-data'], /y = ReLU\(Wx\)\. The seed/);
  assert.match(relu.comparison, /^def yardstick\(z\):\n {4}return F\.relu\(z\)\n/);
  assert.match(relu.comparison, /print\(f"ReLU\(x'\) {12}= \{vector\(target\)\}"\)\nprint\(f"RMSE: Linearized φ · ψ vs ReLU = /);
  assert.match(relu['about-comparison'], /what the networks make of it, and ReLU\. One draw/);
  for (const cell of ['introduction', 'data', 'training', 'comparison']) assert.doesNotMatch(relu[cell], /gelu/i);
  const lines = loadingLines({ name: 'a.safetensors', recipe: { ...recipe, target: 'square' } });
  assert.match(lines, /print\("square\(Wx\) =", z\.square\(\)\)/);
  assert.match(loadingLines({ name: 'a.safetensors', recipe }), /print\("GELU\(Wx\) {2}=", F\.gelu\(z\)\)/);
});

test('each cell of a notebook is what its id says, with the recipe’s numbers', () => {
  const recipe = { d: 2, m: 3, hidden: 5, n: 100, batch: 32, epochs: 3, lr: 0.01, seed: 9 };
  const exported = { ...made(recipe), epochs: 1, prediction: { W: [0.5, 1, -2, 4], x: [1, 2], y: [3, 0.25] } };
  const { cells, metadata } = JSON.parse(notebook(exported));
  assert.deepEqual(metadata, {
    kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' },
    language_info: { name: 'python' },
    made_by: MADE_BY,
  });
  const kinds = cells.map(
    (/** @type {{ id: string, cell_type: string, metadata: object }} */ { id, cell_type, metadata }) => `${cell_type} ${id} ${JSON.stringify(metadata)}`,
  );
  assert.deepEqual(kinds, [
    'markdown introduction {}',
    'code recipe {}',
    'markdown about-networks {}',
    'code networks {}',
    'markdown about-weights {}',
    'code file {}',
    'code weights {}',
    'markdown about-check {}',
    'code check {}',
    'markdown about-data {}',
    'code data {}',
    'markdown about-training {}',
    'code training {}',
    'markdown about-comparison {}',
    'code comparison {}',
    'markdown about-saving {}',
    'code saving {}',
    'markdown scaling {}',
    'markdown citing {}',
  ]);
  const text = cellsOf(exported);
  assert.match(text.introduction, /^# φ·ψ, continued in PyTorch\n\nTwo small networks whose product is a GELU layer:\n\n\$\$y = .*\$\$\n\nΦ sees only/);
  assert.match(text.introduction, /In a browser they were trained for 1 epoch, MSE 0\.1235\. Their weights/);
  assert.match(
    text.introduction,
    /\n\n\| d \| m \| hidden \| n \| batch \| epochs \| lr \| seed \|\n\|---\|---\|---\|---\|---\|---\|---\|---\|\n\| 2 \| 3 \| 5 \| 100 \| 32 \| 3 \| 0\.01 \| 9 \|\n\n\[The run/,
  );
  assert.match(text.recipe, /\n\nd, m, hidden = 2, 3, 5\nn, batch, epochs, lr, seed = 100, 32, 3, 0\.01, 9\ntrained = 1 {2}# epochs on the page$/);
  assert.ok(text.citing.startsWith(`## Cite\n\n- ${citeLine()}\n`) && text.citing.endsWith(`\n\n\`\`\`bibtex\n${bibtex()}\`\`\``), text.citing);
  assert.match(text['about-networks'], /^## The networks\n/);
  assert.equal(text.networks, CLASSES);
  assert.match(CLASSES, /^class PsiNet\(nn\.Module\):.*^class PhiNet\(nn\.Module\):.*^class PhiPsi\(nn\.Module\):/ms);
  assert.match(text['about-weights'], /^## The weights\n\nA `\.safetensors` file is a JSON header/);
  assert.match(text.file, /^def read_safetensors\(data\):.*^def write_safetensors\(path, tensors, metadata\):/ms);
  const [, lines] = /^WEIGHTS = """\n(.*)\n"""\n\nweights, metadata = read_safetensors\(/s.exec(text.weights) ?? assert.fail(text.weights);
  assert.deepEqual(Buffer.from(lines.replaceAll('\n', ''), 'base64'), Buffer.from(exported.weights));
  assert.ok(
    lines
      .split('\n')
      .slice(0, -1)
      .every(({ length }) => length === 100),
    lines,
  );
  assert.equal(lines.split('\n').length, Math.ceil(exported.weights.length / 75));
  assert.match(cellsOf({ ...exported, weights: new Uint8Array(150) }).weights, /^WEIGHTS = """\nA{100}\nA{100}\n"""\n/);
  assert.match(text['about-check'], /^## The same networks as on the page\n/);
  assert.match(
    text.check,
    /^W = torch\.tensor\(\[\n {4}\[0\.5, 1\],\n {4}\[-2, 4\],\n\], dtype=torch\.float32\)\nx = torch\.tensor\(\[1, 2\], dtype=torch\.float32\)\npage = torch\.tensor\(\[3, 0\.25\], dtype=torch\.float32\)\n\nwith torch\.no_grad/,
  );
  assert.match(text['about-data'], /^## The data\n\nW and x are independent standard normal numbers/);
  assert.match(text.data, /^torch\.manual_seed\(seed\)\n.*^W, x = torch\.randn\(n, d, d\), torch\.randn\(n, d\)\ndata = TensorDataset/ms);
  assert.match(text['about-training'], /^## Training goes on\n.* Epochs are counted on from the page's 1\.\nAdam's running means.* may be a little rough\.$/s);
  assert.match(cellsOf({ ...exported, epochs: 0 })['about-training'], / as many epochs as the recipe has\.\nAdam's/);
  assert.match(
    text.training,
    /^device = .*\noptimizer = torch\.optim\.Adam\(net\.parameters\(\), lr=lr\)\ncriterion = .*:\n {4}total = 0\.0\n.* {8}optimizer\.step\(\)\n {8}total \+=/s,
  );
  assert.match(text['about-comparison'], /^## The comparison\n/);
  assert.match(text.comparison, /^def yardstick\(z\):\n {4}return F\.gelu\(z, approximate="tanh"\)\n.*over 10,000 new draws: RMSE/s);
  assert.match(text['about-saving'], /^## Back to the page\n/);
  assert.match(text.saving, /write_safetensors\("phi-psi-continued\.safetensors", .*\nprint\("saved phi-psi-continued\.safetensors"\)$/s);
  assert.match(text.scaling, /^## Scaling out from here\n.*lr=lr\)\ncriterion = .*:\n {4}sampler\.set_epoch.* {8}optimizer\.step\(\)\n {8}total \+=/s);
});

test('the history is a table, and JSON with all that is known of the run', () => {
  const history = [
    { epoch: 1, mse: 0.5, heldOut: 0.625, line: 'Epoch 1: MSE = 0.5000' },
    { epoch: 2, mse: NaN, heldOut: Infinity, line: 'Epoch 2: MSE = NaN' },
  ];
  const adapter = { vendor: 'a', architecture: 'b', description: 'c', software: false };
  const verdict = { backend: 'webgpu', reason: 'webgpu', detail: '', adapter };
  const run = /** @type {any} */ ({
    recipe: SMALL,
    history,
    solved: [{ epoch: 1, draws: 64, rows: 128, heldOut: 0.25 }],
    source: null,
    step: 8,
    seconds: 1.5,
    verdict,
  });
  assert.equal(historyCsv(run), 'epoch,mse,held_out\r\n1,0.5,0.625\r\n2,NaN,Infinity\r\n');
  const heldOut = { draws: 10_000, mse: 0.25, mseError: 0.01, mean: -0.125, meanError: 0.002, rmse: 0.5, rmseYardstick: 0.5 };
  const told = {
    made_by: MADE_BY,
    cite: { text: citeLine(), bibtex: bibtex() },
    recipe: SMALL,
    begun_from: null,
    backend: 'webgpu',
    adapter,
    steps: 8,
    seconds: 1.5,
    columns: { mse: 'train MSE', held_out: 'validation MSE' },
    epochs: [
      { epoch: 1, mse: 0.5, held_out: 0.625 },
      { epoch: 2, mse: null, held_out: null },
    ],
    solved: [{ after_epoch: 1, draws: 64, rows: 128, held_out: 0.25 }],
    held_out: { draws: 10_000, mse: 0.25, mse_error: 0.01, mean: -0.125, mean_error: 0.002 },
  };
  assert.deepEqual(JSON.parse(historyJson(run, heldOut)), told);
  assert.ok(historyJson(run, heldOut).endsWith('\n}\n'));
  // On the CPU the adapter that was passed over is no part of the run; before any backend is chosen there is none.
  const onCpu = { ...run, source: { name: 'a.safetensors' }, verdict: { ...verdict, backend: 'cpu' } };
  assert.deepEqual(JSON.parse(historyJson(onCpu, null)), { ...told, begun_from: 'a.safetensors', backend: 'cpu', adapter: null, held_out: null });
  assert.deepEqual(JSON.parse(historyJson({ ...run, verdict: null }, null)), { ...told, backend: null, adapter: null, held_out: null });
});

test('a file is called after its run and how far that was: the chart and the history to the epoch that diverged, the weights to the one before', () => {
  const run = (/** @type {object} */ how = {}) => /** @type {any} */ ({ recipe: SMALL, history: Array(3), solved: [], checkpoints: [{ epoch: 2 }], ...how });
  const { d, m, hidden, seed } = SMALL;
  const own = `phi-psi-d${d}-m${m}-hidden${hidden}-seed${seed}`;
  const names = (/** @type {any} */ run) => [ofHistory(run, 'svg'), ofHistory(run, 'png'), named(run, 'safetensors')];
  assert.deepEqual(names(run()), [`${own}-epoch3.svg`, `${own}-epoch3.png`, `${own}-epoch3.safetensors`]);
  assert.deepEqual(names(run({ diverged: true })), [`${own}-epoch3.svg`, `${own}-epoch3.png`, `${own}-epoch2.safetensors`]);
  const solved = run({ solved: [{ epoch: 1 }, { epoch: 2 }, { epoch: 3 }] });
  assert.deepEqual(names(solved), [`${own}-epoch3-solved3.svg`, `${own}-epoch3-solved3.png`, `${own}-epoch3-solved3.safetensors`]);
});

test('the numbers in a notebook are the page’s to the last bit', () => {
  const values = [0.1, 1 / 3, -2.5e-8, 12_345.678, 1e-30, 3.4e38].map(Math.fround);
  const { cells } = JSON.parse(notebook({ ...made({ ...SMALL, d: 6 }), prediction: { W: Array(36).fill(0), x: values, y: values } }));
  const check = cells.find((/** @type {{ id: string }} */ { id }) => id === 'check').source.join('');
  const written = JSON.parse(/x = torch\.tensor\((\[.*\]), dtype/.exec(check)?.[1] ?? '[]');
  assert.deepEqual(written.map(Math.fround), values);
});

test('a layer’s file may have any name, and may be too small to keep a part of it back', () => {
  const layer = { file: 'a\u2028b\r.safetensors', sha256: '0123456789abcdef', scale: 0, samples: 1, rows: [0], inputs: [0] };
  const { cells } = JSON.parse(notebook({ ...made(SMALL), layer }));
  const text = cells.find((/** @type {{ id: string }} */ { id }) => id === 'layer').source.join('');
  assert.ok(text.includes('read_layer("a\u2028b\\r.safetensors", "0123456789abcdef")'), text);
  assert.match(text, /def others\(kept, count\):\n {4}if len\(kept\) == count: .*\n {8}return kept\n/);
});

test('the module says what is wrong with its arguments', async () => {
  const { layer, phi, product, psi } = await imported(standalone({ ...made(SMALL), name: 'a.mjs', mse: null }));
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
  const { d, hidden, layer, m, phi, product, psi } = await imported(standalone({ ...made(SMALL), name: 'a.mjs' }));
  assert.deepEqual({ d, m, hidden }, { d: 3, m: 5, hidden: 7 });
  const W = [1, 2, 3, -4, 5, -6, 0.7, 0.8, 0.9];
  const x = [0.5, -1, 2];
  const expected = layer(W, x);
  const rows = [0, 3, 6].map((at) => W.slice(at, at + 3));
  for (const form of [Float32Array.from(W), rows, rows.map((row) => Float64Array.from(row))]) assert.ok(difference(layer(form, x), expected) < 1e-6);
  assert.deepEqual(product(phi(W), psi(Float64Array.from(x))), expected);
  assert.ok(expected instanceof Float32Array && expected.length === 3 && phi(W).length === 15 && psi(x).length === 5);
});

test('the module tells in its header what it is of', () => {
  const { weights } = made(SMALL);
  const told = (/** @type {number} */ epochs, /** @type {number | null} */ mse) =>
    /^ \* Made by .*$/m.exec(standalone({ name: 'a.mjs', recipe: { ...SMALL, fresh: '1' }, weights, epochs, mse }))?.[0];
  assert.equal(told(3, 0.123456), ` * Made by ${MADE_BY}: d=3 m=5 hidden=7 n=200 batch=64 epochs=3 lr=0.003 seed=0 fresh=1; trained for 3 epochs, MSE 0.1235.`);
  assert.match(told(1, 0.5) ?? '', /; trained for 1 epoch, MSE 0\.5000\.$/);
  assert.match(told(0, null) ?? '', /; untrained\.$/);
  const named = standalone({ name: 'a.mjs', recipe: SMALL, weights, epochs: 0, mse: null, begun: 'a*/b.pt' });
  assert.match(named, /^ \* Made by .*; begun with the weights of “a\* \/b\.pt”\.$/m, 'no name ends the comment');
  const solved = [
    { epoch: 0, draws: 64, rows: 128, heldOut: 0.25 },
    { epoch: 3, draws: 1024, rows: 2048, heldOut: 0.0125 },
  ];
  const header = standalone({ name: 'a.mjs', recipe: { ...SMALL, solve: '0:64,3:1024' }, weights, epochs: 3, mse: 0.5, solved });
  assert.match(
    header,
    /solve=0:64,3:1024; trained for 3 epochs, MSE 0\.5000; solved at the beginning over 64\u00a0draws, validation MSE 0\.2500 with that; solved after epoch\u00a03 over 1024\u00a0draws, validation MSE 0\.01250 with that\.$/m,
  );
  assert.match(standalone({ name: 'a.mjs', recipe: SMALL, weights, epochs: 0, mse: null, solved: solved.slice(0, 1) }), /seed=0; solved at the beginning over/);
  assert.ok(standalone({ name: 'a.mjs', recipe: SMALL, weights, epochs: 0, mse: null }).includes(`\n * Cite: ${citeLine()}\n */\n`));
});
