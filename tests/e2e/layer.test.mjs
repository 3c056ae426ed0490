// @ts-check
/** A real layer without its GELU: the figures are NumPy's, a drawing is read, a layer of one's own is taken on, and what is taken away computes what the page does. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { error } from '../../www/common/figures.js';
import { gelu } from '../../www/common/gelu.js';
import { mean, meanSquare } from '../../www/common/statistics.js';
import { layerOf } from '../../www/intake/layer.js';
import { Standin } from '../../www/view/layer/standin.js';
import { costWords, transferWords } from '../../www/view/layer/words.js';
import { f32, layer, safetensors } from '../unit/layers.mjs';
import { lab as loaded } from '../unit/module.mjs';
import { press, visitors } from './browser.mjs';
import { taken } from './downloads.mjs';
import { ask, folder, hasPython, hasTorch, python } from './python.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */
/** @typedef {import('../../www/common/lab-protocol.js').LayerNumbers} LayerNumbers */

const visit = visitors();

const lab = await loaded();

const DIGITS = fileURLToPath(new URL('../../www/layers/digits.safetensors', import.meta.url));

/** @param {LayerNumbers} numbers @param {number} hidden */
function replaced(numbers, hidden) {
  const work = lab.Replacement.open(/** @type {any} */ (numbers), hidden, 42);
  while (work.advance(1) < 1);
  const found = work.finish();
  work.free();
  return { ...found, seconds: 0 };
}

/** The built-in layer, as the page takes it on, and what the lab makes of it. */
const NUMBERS = await digits();
const FOUND = replaced(NUMBERS, 256);

/** @returns {Promise<Required<LayerNumbers>>} */
async function digits() {
  const found = layerOf({ name: 'digits.safetensors', bytes: await readFile(DIGITS) });
  assert.ok('layer' in found);
  const { d, kept, weight, bias, inputs, head } = found.layer;
  assert.ok(inputs && head);
  return { d, kept, weight, bias, inputs, headWeight: head.weight, headBias: head.bias, labels: head.labels };
}

/** JSON of typed arrays. @param {object} value */
const plain = (value) => JSON.parse(JSON.stringify(value, (_, one) => (ArrayBuffer.isView(one) ? Array.from(/** @type {any} */ (one)) : one)));

for (const [what, numbers, hidden] of /** @type {[string, LayerNumbers, number][]} */ ([
  ['the built-in one', NUMBERS, 256],
  ['a narrow one', layer({ d: 6, rows: 40, samples: 600, rank: 6, classes: 4, seed: 5 }), 48],
  ['a wide one whose inputs are few in kind', layer({ d: 150, rows: 30, samples: 400, rank: 12, classes: 3, seed: 6 }), 100],
]))
  test(`what is told of a layer is what NumPy finds: ${what}`, async (t) => {
    if (!hasPython(t)) return;
    const found = numbers === NUMBERS ? FOUND : replaced(numbers, hidden);
    const apart = await ask('check_layer.py', plain({ layer: numbers, found, hidden: { psi: found.psi[0], phi: found.phiNet[0] } }));
    t.diagnostic(JSON.stringify(apart));
    for (const name of ['original', 'unbent', 'linear', 'best', 'ours']) assert.ok(apart[name] < 1e-12, `${name}: ${apart[name]}`);
    for (const name of ['floor', 'linear R2', 'ours R2', 'ours MSE']) assert.ok(apart[name] < 1e-4, `${name}: ${apart[name]}`);
  });

/** @param {Visitor} visitor @param {string} id */
const value = async (visitor, id) => Number((await visitor.data(id)).value);

visit(
  'the view shows what the lab finds for the width that is chosen and reads what is drawn; a layer of one’s own is taken on, and what is none is refused',
  { view: '', query: '?backend=cpu&view=layer' },
  async (visitor, t) => {
    await shown(visitor, t);
    await drawn(visitor);
    await ownTaken(visitor);
  },
);

/** How far the layer's outputs on inputs kept back are from their own row's mean, squared and on average. @param {Required<LayerNumbers>} numbers @param {Uint32Array} kept */
function varianceOf({ d, weight, bias, inputs }, kept) {
  const rows = Array.from(bias, (b, row) => {
    const y = Array.from(kept, (input) => {
      let z = b;
      for (let i = 0; i < d; i += 1) z += weight[row * d + i] * inputs[input * d + i];
      return gelu(z);
    });
    return meanSquare(y) - mean(y) ** 2;
  });
  return mean(rows);
}

/** What the lab finds for the width that is chosen. @param {Visitor} visitor @param {import('node:test').TestContext} t */
async function shown(visitor, t) {
  const { page } = visitor;
  await page.locator('#layer-ours[data-value]').waitFor();
  t.diagnostic(`the first accuracy is on show after ${await page.evaluate(() => Math.round(performance.now()))} ms; ${await visitor.text('layer-status')}`);
  const standin = new Standin(NUMBERS, FOUND);
  const spread = varianceOf(NUMBERS, FOUND.kept);
  for (const m of [16, 3, 64]) {
    await visitor.find('layer-m').fill(String(m));
    const { original, linear, linearR2, best, ours, oursR2, floor } = FOUND;
    assert.deepEqual(await Promise.all(['original', 'linear', 'best', 'ours', 'floor', 'linear-r2', 'ours-r2'].map((id) => value(visitor, `layer-${id}`))), [
      original,
      linear,
      best[m],
      ours[m],
      floor[m],
      linearR2,
      oursR2[m],
    ]);
    const bestR2 = await value(visitor, 'layer-best-r2');
    assert.ok(Math.abs(bestR2 - (1 - floor[m] / spread)) < 1e-6, `${bestR2} at m = ${m}`);
    assert.deepEqual(
      [await visitor.text('layer-best-r2'), await visitor.text('layer-cost'), await visitor.text('layer-transfer')],
      [(1 - floor[m] / spread).toFixed(3), costWords(standin.before, standin.after(m), m), transferWords(FOUND, m)],
    );
  }
  // The sentence of the gap: more right than rank 3 allows, and fewer than the layer.
  assert.match(await visitor.text('layer-verdict'), /of width 64 .* right on 49\d of 500 inputs kept back/);
  const gaussian = lab.floors(64, 64);
  const normal = `of width 64 is ${error((100 * gaussian[64]) / gaussian[0])}\u00a0%`;
  await visitor.eventually(async () => assert.ok((await visitor.text('layer-gauss')).endsWith(normal), normal));

  const m = 8;
  await visitor.find('layer-m').fill(String(m));
  while (!standin.look(100));
  const differing = standin.differing(m);
  const told = `On ${differing.length} of 500 inputs kept back the two answer differently.`;
  await visitor.eventually(async () => assert.equal(await visitor.text('layer-differing'), told));
  assert.equal(await page.locator('#layer-differ figure').count(), Math.min(differing.length, 24));
  const read = (/** @type {ArrayLike<number>} */ x) => ({
    original: String(standin.read(standin.original(x))?.answer),
    ours: String(standin.read(standin.product(standin.psi(x), m))?.answer),
  });
  await press(visitor.find('layer-another'));
  assert.deepEqual(await visitor.data('layer-reading'), read(standin.input(FOUND.kept[1])));

  await press(visitor.find('layer-clear'));
  assert.deepEqual(await visitor.data('layer-reading'), read(new Float32Array(64)));
}

/** What is drawn on the cleared pad is read. @param {Visitor} visitor */
async function drawn(visitor) {
  const { page } = visitor;
  // By keys: a bar down the middle.
  const pad = visitor.find('layer-pad');
  for (let i = 0; i < 8; i += 1) await pad.press('ArrowUp');
  for (let row = 0; row < 8; row += 1) {
    await pad.press(' ');
    await pad.press('ArrowDown');
  }
  const pixels = await page.evaluate(() =>
    [...document.querySelectorAll('#layer-pad rect:not(.pen)')].map((cell) => Number(/\d+/.exec(cell.getAttribute('fill') ?? '')?.[0]) / 255),
  );
  assert.deepEqual(
    pixels.map((pixel) => pixel > 0.5).flatMap((on, i) => (on ? [i % 8] : [])),
    Array(8).fill(3),
    'the third column is drawn',
  );
  assert.match(await visitor.text('layer-reading'), /^The network reads \d \(\d+\s%\); without its GELU, \d \(\d+\s%\)\.$/);
  // By the pointer, something else.
  const before = await visitor.text('layer-psi');
  const box = await pad.boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width * 0.8, box.y + box.height * 0.2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.8, box.y + box.height * 0.9, { steps: 8 });
  await page.mouse.up();
  assert.notEqual(await visitor.text('layer-psi'), before);
  assert.equal(await visitor.text('layer-notice'), '');
}

/** A layer of one's own is taken on, and what is none is refused and loses nothing. @param {Visitor} visitor */
async function ownTaken(visitor) {
  await visitor.find('layer-m').fill('16');
  const own = layer({ d: 6, rows: 20, samples: 300, rank: 4, classes: 3, seed: 8 });
  const file = (/** @type {string} */ name, /** @type {Uint8Array} */ bytes) =>
    visitor.find('layer-file').setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) });
  await file('broken.safetensors', Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 1));
  await visitor.eventually(async () =>
    assert.match(await visitor.text('layer-notice'), /^“broken\.safetensors” cannot be opened: it is not a whole safetensors file\.$/),
  );
  assert.match(await visitor.text('layer-status'), /^digits/, 'what was there stays');
  await file('mine.safetensors', safetensors({ 'mlp.up.weight': f32(own.weight, 20, 6), 'mlp.up.bias': f32(own.bias, 20), inputs: f32(own.inputs, 300, 6) }));
  await visitor.eventually(async () =>
    assert.match(await visitor.text('layer-status'), /^mine\.safetensors: 20 rows of 6 numbers, 300 inputs, of which 75 are kept back; solved in /),
  );
  assert.equal(await visitor.text('layer-notice'), '');
  const { headWeight, headBias, labels, ...headless } = own;
  const found = replaced(headless, 256);
  assert.deepEqual(
    [await value(visitor, 'layer-ours-r2'), await visitor.text('layer-ours'), await visitor.text('layer-original')],
    [found.oursR2[16], '–', '–'],
  );
  assert.ok(await visitor.find('layer-draw').isHidden());
  const { name, content } = await taken(visitor, 'layer-take');
  assert.equal(name, 'mine-m16.mjs');
  const made = await import(`data:text/javascript,${encodeURIComponent(content.toString())}`);
  const standin = new Standin(headless, found);
  assert.deepEqual(made.layer(standin.input(7)), standin.product(standin.psi(standin.input(7)), 16));
  // Nothing but the weights: inputs are an assumption, and told as one. Of other networks, which are chosen while the file is being read.
  await visitor.page.evaluate(() => {
    const { arrayBuffer } = Blob.prototype;
    Blob.prototype.arrayBuffer = function () {
      Blob.prototype.arrayBuffer = arrayBuffer;
      return new Promise((resolve) => Object.assign(globalThis, { goOn: () => resolve(arrayBuffer.call(this)) }));
    };
  });
  await file('bare.safetensors', safetensors({ weight: f32(own.weight, 20, 6) }));
  await visitor.page.waitForFunction('globalThis.goOn');
  await visitor.find('layer-hidden').selectOption('64');
  await visitor.page.evaluate('globalThis.goOn()');
  await visitor.eventually(async () =>
    assert.match(await visitor.text('layer-status'), /no inputs, so 2,000 are drawn from N\(0, 1²\), which is an assumption, of which 500 are kept back/),
  );
  // A scale that is none gives up nothing, what is being solved neither.
  await visitor.find('layer-hidden').selectOption('32');
  await visitor.find('layer-scale').fill('0');
  await visitor.find('layer-scale').blur();
  await visitor.eventually(async () => assert.match(await visitor.text('layer-notice'), /^scale = “0” is out of range/));
  await visitor.eventually(async () => assert.match(await visitor.text('layer-status'), /^bare\.safetensors: .* solved in /));
  await visitor.find('layer-scale').fill('1');
  await visitor.find('layer-scale').blur();
  await visitor.eventually(async () => assert.equal(await visitor.text('layer-notice'), ''));
  await visitor.eventually(async () => assert.match(await visitor.text('layer-status'), /^bare\.safetensors: .* solved in /));
  // A layer that the lab refuses is not taken for the one on show.
  await file('odd.safetensors', safetensors({ weight: f32(own.weight, 20, 6), inputs: f32(own.inputs.slice(0, 24), 4, 6) }));
  await visitor.eventually(async () =>
    assert.match(
      await visitor.text('layer-notice'),
      /^“odd\.safetensors” cannot be opened: the file has 4 inputs: at least 8 are needed, of which a quarter is kept back\.$/,
    ),
  );
  assert.match(await visitor.text('layer-status'), /^bare\.safetensors/);
  assert.equal((await taken(visitor, 'layer-take')).name, 'bare-m16.mjs');
  // And a width that is none.
  await visitor.find('layer-m').fill('21');
  await visitor.page.locator('#layer-m[aria-invalid=true]').waitFor();
  await visitor.eventually(async () =>
    assert.match(await visitor.text('layer-notice'), /^m = “21” is out of range: it must be a whole number from 1 to 20\.$/),
  );
}

test('the lines of Python on show write such a file from a model', async (t) => {
  if (!hasPython(t) || !hasTorch(t)) return;
  const page = await readFile(fileURLToPath(new URL('../../index.html', import.meta.url)), 'utf8');
  const [, lines] = /<pre id="layer-python"[^>]*><code>([^<]*)</.exec(page) ?? [];
  const cwd = await folder(t);
  const model = `import torch
class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = torch.nn.Linear(7, 12), torch.nn.Linear(12, 3)
    def forward(self, x):
        return self.fc2(torch.nn.functional.gelu(self.fc1(x)))
model, loader = Model(), [(torch.randn(4, 5, 7), None) for _ in range(3)]
`;
  await python(['-c', `${model}${lines.replaceAll('&quot;', '"')}`], { cwd });
  const found = layerOf({ name: 'layer.safetensors', bytes: await readFile(`${cwd}/layer.safetensors`) });
  assert.ok('layer' in found, JSON.stringify(found));
  const { d, rows, inputs, head } = found.layer;
  assert.deepEqual([d, rows, inputs?.length, head], [7, 12, 3 * 4 * 5 * 7, null]);
});
