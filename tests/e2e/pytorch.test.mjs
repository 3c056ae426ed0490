// @ts-check
/**
 * The way to Python and back: the page's files in the safetensors package, NumPy and PyTorch, files from there in the page's module, and the
 * notebook from top to bottom. What needs PyTorch is added where this Python has it. That the page takes away and opens what its module writes
 * and reads is in takeaway.test.mjs and source.test.mjs.
 */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { notebook } from '../../www/export/notebook.js';
import { loadingLines } from '../../www/export/python.js';
import { cpu } from '../unit/module.mjs';
import { difference, draw, exportRun, firstPrediction, predictBy, RECIPES, shapeOf } from '../unit/exported.mjs';
import { ask, folder, hasPython, hasTorch, python } from './python.mjs';

/** @typedef {import('../../www/common/protocol.js').Recipe} Recipe */
/** @typedef {import('node:test').TestContext} TestContext */

const engine = await cpu();

/** Sums of float32 numbers in another order part by less; a wrong weight, or two that are swapped, by far more. */
const ROUNDING = 2e-6;

const NAME = 'phi-psi.safetensors';

/** A run that leaves the notebook's path in every way. @type {Recipe} */
const WITH_COURSE = { ...RECIPES[2], epochs: 4, fresh: '1', schedule: 'cosine', rates: '3:0.001' };

/** Says how far apart two predictions are, and that it is not too far. @param {TestContext} t @param {string} what @param {number[]} found @param {number[]} expected */
function agree(t, what, found, expected) {
  const apart = difference(found, expected);
  t.diagnostic(`${what}, ${expected.length} numbers: largest difference ${apart.toExponential(1)} of the largest`);
  assert.ok(apart <= ROUNDING, `${what}: ${apart}`);
}

/** The names and shapes of PyTorch's `state_dict`. @param {Recipe} recipe */
function shapes({ d, m, hidden }) {
  const parts = { '0.weight': [hidden, d], '0.bias': [hidden], '2.weight': [m, hidden], '2.bias': [m] };
  return Object.fromEntries(['psi', 'phi'].flatMap((net) => Object.entries(parts).map(([part, shape]) => [`${net}.net.${part}`, shape])));
}

for (const recipe of RECIPES) {
  test(`a file goes from the page to Python and back, and the notebook runs from top to bottom: each predicts what the other does (${shapeOf(recipe)})`, async (t) => {
    if (!hasPython(t)) return;
    await readInPython(t, recipe);
    await openedOnThePage(t, recipe);
    await runFromTopToBottom(t, recipe);
  });
}

/** A file from the page is read in Python, and predicts there what the page predicts. @param {TestContext} t @param {Recipe} recipe */
async function readInPython(t, recipe) {
  const run = await exportRun(engine, recipe);
  const place = await folder(t);
  const path = join(place, NAME);
  await writeFile(path, run.weights);
  const read = await ask('read_file.py', { path, recipe, ...run.draws });
  assert.deepEqual(read.shapes, shapes(recipe));
  assert.deepEqual(new Set(Object.values(read.dtypes)), new Set(['F32']));
  const { steps, format, lr, ...rest } = read.metadata;
  assert.deepEqual({ steps, format, lr: Number(lr) }, { steps: String(recipe.epochs * Math.ceil(recipe.n / recipe.batch)), format: 'pt', lr: recipe.lr });
  assert.deepEqual(
    rest,
    Object.fromEntries(
      Object.entries(recipe)
        .filter(([key]) => key !== 'lr')
        .map(([key, value]) => [key, String(value)]),
    ),
  );
  assert.equal(read.dataStart % 8, 0, 'the tensors are aligned');
  agree(t, 'page against NumPy in float64', run.y, read.y);
  if (!hasTorch(t)) return;
  const script = join(place, 'lines.py');
  await writeFile(script, loadingLines({ name: NAME, recipe }));
  const { printed, y } = await ask('run_lines.py', { folder: place, script, recipe, ...run.draws });
  assert.match(printed, /^Φ\(W\)·Ψ\(x\) = tensor\(\[\[.*\nGELU\(Wx\) {2}= tensor\(\[\[/s);
  agree(t, 'page against PyTorch, loaded by the lines on show', run.y, y);
}

/** A file from Python opens on the page, and predicts there what it predicts in Python. @param {TestContext} t @param {Recipe} recipe */
async function openedOnThePage(t, recipe) {
  const path = join(await folder(t), NAME);
  const draws = draw(recipe.d, 64);
  for (const by of hasTorch(t) ? ['numpy', 'torch'] : ['numpy']) {
    const { y } = await ask('write_file.py', { path, by, recipe, ...draws });
    agree(t, `page against the file’s maker, ${by}`, await predictBy(engine, recipe, await readFile(path), draws), y);
  }
}

/** The notebook runs from top to bottom, and what it saves opens on the page. @param {TestContext} t @param {Recipe} recipe */
async function runFromTopToBottom(t, recipe) {
  const run = await exportRun(engine, recipe, { epochs: recipe.epochs - 1 });
  const place = await folder(t);
  const text = notebook({ ...run, link: 'https://example.org/#v=1', prediction: firstPrediction(run) });
  await writeFile(join(place, 'phi-psi.ipynb'), text);
  const { validated, ran, error, printed, y } = await ask('run_notebook.py', { folder: place, notebook: 'phi-psi.ipynb', recipe, ...run.draws });
  if (!validated) t.diagnostic('not run: this Python has no nbformat to validate the notebook');
  if (!hasTorch(t)) return;
  assert.ok(ran, error);
  t.diagnostic(/largest difference from the page: .*/.exec(printed)?.[0] ?? 'no difference printed');
  const epochs = [...printed.matchAll(/^Epoch (\d+): MSE = \d+\.\d{4}$/gm)].map(([, epoch]) => Number(epoch));
  assert.deepEqual(
    epochs,
    Array.from({ length: recipe.epochs }, (_, i) => run.epochs + i + 1),
  );
  assert.match(printed, /^x' = Wx {13}= \[.*\]\nφ\(W\) · ψ\(x\) {9}= \[.*\]\nGELU_tanh\(x'\) {7}= \[.*\]\nRMSE: Linearized φ · ψ vs GELU_tanh = \d+\.\d{5}$/m);
  const saved = await readFile(join(place, 'phi-psi-continued.safetensors'));
  agree(t, 'page against the notebook’s networks', await predictBy(engine, recipe, saved, run.draws), y);
  assert.notDeepEqual(y, run.y, 'training went on');
}

test('the notebook of a run with a course draws anew, and its learning rate falls to zero', async (t) => {
  if (!hasPython(t)) return;
  const run = await exportRun(engine, WITH_COURSE, { epochs: 2 });
  const place = await folder(t);
  await writeFile(join(place, 'course.ipynb'), watching(notebook({ ...run, link: '', prediction: firstPrediction(run) })));
  const { ran, error, printed } = await ask('run_notebook.py', { folder: place, notebook: 'course.ipynb', recipe: WITH_COURSE, ...run.draws });
  if (!hasTorch(t)) return;
  assert.ok(ran, error);
  const [, rate, drawn] = /^rate ([\d.e-]+), drawn (\d+)$/m.exec(printed) ?? [];
  assert.ok(Number(rate) < 1e-12, printed);
  // Once for the data that is looked at, and once for each epoch.
  assert.equal(Number(drawn), 1 + WITH_COURSE.epochs, printed);
});

/** The notebook with what a reader cannot see printed at the end of its training. @param {string} text */
function watching(text) {
  const document = JSON.parse(text);
  for (const cell of document.cells) {
    if (cell.id === 'data') cell.source = [cell.source.join('').replace('def draw():', 'drawn = 0\n\n\ndef draw():\n    global drawn\n    drawn += 1')];
    if (cell.id === 'training') cell.source.push('\nprint(f"rate {scheduler.get_last_lr()[0]}, drawn {drawn}")');
  }
  return JSON.stringify(document);
}

test('the notebook notices weights that are not the page’s', async (t) => {
  if (!hasPython(t)) return;
  const [recipe] = RECIPES;
  const run = await exportRun(engine, recipe, { epochs: 1 });
  const { W, x, y } = firstPrediction(run);
  const place = await folder(t);
  await writeFile(join(place, 'other.ipynb'), notebook({ ...run, link: '', prediction: { W, x, y: y.map((value) => value + 1e-4) } }));
  const { ran, error } = await ask('run_notebook.py', { folder: place, notebook: 'other.ipynb', recipe, ...run.draws });
  if (hasTorch(t)) assert.deepEqual([ran, error], [false, "cell check: AssertionError: these are not the page's networks"]);
});

test('training goes on from the page’s weights and not from fresh ones', async (t) => {
  if (!hasPython(t)) return;
  const recipe = { ...RECIPES[0], epochs: 30 };
  const run = await exportRun(engine, recipe);
  const place = await folder(t);
  await writeFile(join(place, 'on.ipynb'), notebook({ ...run, link: '', prediction: firstPrediction(run) }));
  const { printed, error } = await ask('run_notebook.py', { folder: place, notebook: 'on.ipynb', recipe, ...run.draws });
  if (!hasTorch(t)) return;
  assert.equal(error, null);
  const losses = [...printed.matchAll(/^Epoch \d+: MSE = (.*)$/gm)].map(([, mse]) => Number(mse));
  t.diagnostic(`the page ended at ${run.mse?.toFixed(4)}, PyTorch went on with ${losses[0]} and ended at ${losses.at(-1)}`);
  // A fresh network’s first epoch is at 0.61 ± 0.13.
  assert.ok(losses[0] < 0.05 && losses[29] < losses[0], losses.join(' '));
});

for (const [name, recipe] of /** @type {[string, Recipe][]} */ ([
  ['', { ...RECIPES[2], epochs: 4 }],
  [', also with a course', WITH_COURSE],
])) {
  test(`the notebook’s script for many processes runs in two${name}`, async (t) => {
    if (!hasPython(t) || !hasTorch(t)) return;
    const run = await exportRun(engine, recipe, { epochs: 2 });
    const place = await folder(t);
    await writeFile(join(place, 'train.py'), script(notebook({ ...run, link: '', prediction: firstPrediction(run) })));
    // Without the GPU that there may be: two processes need two.
    const env = { CUDA_VISIBLE_DEVICES: '' };
    const printed = await python(['-m', 'torch.distributed.run', '--standalone', '--nproc-per-node=2', 'train.py'], { cwd: place, env });
    const losses = [...printed.matchAll(/^Epoch (\d+): MSE = (\d+\.\d{4})$/gm)].map(([, epoch, mse]) => ({ epoch: Number(epoch), mse: Number(mse) }));
    assert.deepEqual(
      losses.map(({ epoch }) => epoch),
      [3, 4, 5, 6],
      printed,
    );
    // An epoch of new draws may be a harder one.
    if (!recipe.fresh) assert.ok(losses[3].mse < losses[0].mse, printed);
    const saved = await readFile(join(place, 'phi-psi-continued.safetensors'));
    assert.notDeepEqual(await predictBy(engine, recipe, saved, run.draws), run.y, 'training went on');
  });
}

/** What the notebook's last cell asks to be put into `train.py`. @param {string} text */
function script(text) {
  /** @type {{ id: string, cell_type: string, source: string[] }[]} */
  const cells = JSON.parse(text).cells;
  const last = cells.findIndex(({ id }) => id === 'data');
  const codes = cells.slice(0, last + 1).filter(({ cell_type: type }) => type === 'code');
  const block = /```python\n(.*)```/s.exec(cells.at(-1)?.source.join('') ?? '')?.[1];
  return [...codes.map(({ source }) => source.join('')), block].join('\n\n\n');
}
