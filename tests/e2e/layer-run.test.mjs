// @ts-check
/** Runs whose draws are a layer's: they are the module's to the last bit, everything on the page works on them, and a link asks for a file that is not there. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { layerNotebook } from '../../www/export/layer-notebook.js';
import { readSafetensors } from '../../www/common/safetensors.js';
import { layerOf } from '../../www/intake/layer.js';
import { Standin } from '../../www/view/layer/standin.js';
import { f32, layer, nameOf, safetensors } from '../unit/layers.mjs';
import { cpu, evaluated, lab as labModule, trained } from '../unit/module.mjs';
import { ADDRESS, DEAF, press, UNTRIED, viewed, visitors } from './browser.mjs';
import { taken } from './downloads.mjs';
import { stored } from './kept-runs.mjs';
import { ask, folder, hasPython, hasTorch } from './python.mjs';
import { near } from './walk.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */
/** @typedef {import('../../www/common/protocol.js').Fields} Fields */
/** @typedef {import('../../www/common/protocol.js').LayerNumbers} LayerNumbers */

const visit = visitors();
const visitOnWebGpu = visitors('webgpu');

const [engine, lab] = await Promise.all([cpu(), labModule()]);

const DIGITS = new Uint8Array(await readFile(fileURLToPath(new URL('../../www/layers/digits.safetensors', import.meta.url))));

/** A small layer of one's own, and one without a bias and without inputs. */
const own = layer({ d: 3, rows: 24, samples: 200, rank: 3, classes: 2, seed: 3 });
const MINE = safetensors({ 'mlp.weight': f32(own.weight, 24, 3), 'mlp.bias': f32(own.bias, 24), inputs: f32(own.inputs, 200, 3) });
const BARE = safetensors({ weight: f32(own.weight, 24, 3) });

/** JSON of typed arrays. @param {object} value */
const plain = (value) => JSON.parse(JSON.stringify(value, (_, one) => (ArrayBuffer.isView(one) ? Array.from(/** @type {any} */ (one)) : one)));

/** @param {Uint8Array} bytes */
function layerNumbers(bytes) {
  const found = layerOf({ name: 'a layer', bytes });
  assert.ok('layer' in found);
  return found.layer;
}

/** Has the modules here hold a file's layer too. @param {Uint8Array} bytes @param {string} [name] */
function hold(bytes, name = nameOf(bytes)) {
  const { d, kept, weight, bias, inputs } = layerNumbers(bytes);
  /** @type {LayerNumbers} */
  const numbers = { d, kept, weight, bias, ...(inputs && { inputs }) };
  for (const module of [engine, lab]) module.holdLayer(name, /** @type {any} */ (numbers));
  return name;
}

/** What the module makes of a recipe. @param {Fields} fields */
async function expected(fields) {
  const { session, history } = await trained(engine, fields);
  const found = { history, heldOut: await evaluated(session), weights: await session.weightsFile({}), session };
  return { ...found, told: lab.layerErrors(fields, found.weights) };
}

/** @param {Visitor} visitor @param {string} name @param {Uint8Array} bytes */
const choose = (visitor, name, bytes) => visitor.find('layer-file').setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) });

/** The view of layers has come near, and the built-in one is there, with the narrowest networks, since none of its figures counts here. @param {Visitor} visitor */
async function opened(visitor) {
  await visitor.find('layer-hidden').selectOption('32');
  await visitor.find('layer').scrollIntoViewIfNeeded();
  await visitor.page.locator('#layer-take:enabled').waitFor();
}

/** @param {Visitor} visitor */
const fragment = ({ page }) => new URLSearchParams(new URL(page.url()).hash.slice(1));

/** Takes a layer on, and has the view put a run on it into the form. @param {Visitor} visitor @param {string} name @param {Uint8Array} bytes */
async function takeOn(visitor, name, bytes) {
  await choose(visitor, name, bytes);
  await visitor.eventually(async () => assert.match(await visitor.text('layer-status'), new RegExp(`^${name}: .*; solved in `)));
  await visitor.press('layer-train');
  await visitor.eventually(async () => assert.match((await visitor.typed()).layer ?? '', new RegExp(`^${nameOf(bytes)}(:|$)`)));
}

/**
 * The notebook of the run on show keeps back what the page does, validates, and trains on where there is PyTorch; what it printed.
 * @param {import('node:test').TestContext} t @param {Buffer} content @param {string} file @param {Uint8Array} bytes @param {ReturnType<typeof lab.layerErrors>} told
 */
async function trainsOn(t, content, file, bytes, told) {
  const cells = /** @type {{ id: string, source: string[] }[]} */ (JSON.parse(content.toString()).cells);
  const layerCell = cells.find(({ id }) => id === 'layer')?.source.join('') ?? '';
  const listed = (/** @type {string} */ what) =>
    (new RegExp(`${what} = torch\\.tensor\\(\\[([^\\]]*)\\]`).exec(layerCell)?.[1].match(/\d+/g) ?? []).map(Number);
  assert.deepEqual([listed('kept_rows'), listed('kept_inputs')], [[...told.keptRows], [...told.keptInputs]], 'the notebook keeps back what the page does');
  if (!hasPython(t)) return '';
  const place = await folder(t);
  await writeFile(join(place, file), bytes);
  await writeFile(join(place, 'run.ipynb'), content);
  const { validated, ran, error, printed } = await ask('run_notebook.py', { folder: place, notebook: 'run.ipynb' });
  if (!validated) t.diagnostic('not run: this Python has no nbformat to validate the notebook');
  if (!hasTorch(t)) return '';
  assert.ok(ran, error);
  t.diagnostic(printed.split('\n').slice(-8).join('\n'));
  assert.match(printed, /^Epoch 4: MSE = /m);
  assert.match(printed, /over 10,000 new draws of what is kept back: RMSE = /);
  assert.match(printed, /^R² over all rows and the inputs kept back: -?\d/m);
  return printed;
}

visit(
  'from the view to a run on the built-in layer, which is the module’s to the last bit; Solve, the notebook and the link work on it',
  { view: 'all', script: DEAF },
  async (visitor, t) => {
    const { page } = visitor;
    await opened(visitor);
    // What is typed before the worker has answered is not typed over.
    await page.evaluate('deafen()');
    await visitor.press('layer-train');
    await visitor.type({ epochs: 7 });
    await page.evaluate('hear()');
    await visitor.eventually(async () => assert.match(await visitor.text('estimate'), /, 112 in all/));
    assert.equal((await visitor.typed()).layer, undefined);
    await visitor.press('layer-train');
    await visitor.eventually(async () => assert.equal((await visitor.typed()).layer, nameOf(DIGITS)));
    assert.match(await visitor.text('opened'), /^The recipe of a run on the layer digits\.safetensors is in the form\. Press Train to run it\.$/);
    await visitor.type({ n: 96, epochs: 2, hidden: 32 });
    /** @type {Fields} */
    const fields = await visitor.typed();
    assert.deepEqual([fields.d, fields.m, fields.fresh, fields.schedule], ['65', '16', '1', 'cosine']);
    hold(DIGITS);
    const { history, heldOut, told } = await expected(fields);
    // What transfers is told at each pause too.
    await visitor.press('step');
    await visitor.reach('paused');
    await near(visitor, 'errors');
    await visitor.find('seen').waitFor();
    await visitor.press('train');
    await visitor.reach('done');
    await visitor.eventually(async () => assert.equal(Number(fragment(visitor).get('mse')), history[1].mse));
    await visitor.eventually(async () => assert.equal(Number((await visitor.data('heldout')).mse), heldOut.mse));
    const rows = page.locator('#seen-rows tr');
    await near(visitor, 'errors');
    await visitor.eventually(async () => {
      const found = await rows.evaluateAll((all) => all.map((row) => ({ .../** @type {HTMLElement} */ (row).dataset })));
      const parts = /** @type {const} */ (['seen', 'inputs', 'both']).map((part) => {
        const { mse, r2, linearR2, floor } = told[part];
        return { part, mse: String(mse), r2: String(r2), linear: String(linearR2), floor: String(floor[16]) };
      });
      assert.deepEqual(found, parts);
    });
    const floor = String(lab.layerFloors(fields)[16]);
    await visitor.eventually(async () => assert.equal(await visitor.find('floor').getAttribute('data-value'), floor));
    assert.match(await visitor.text('floor'), /^The floor of the layer for m\s=\s16 is /);
    const { content } = await taken(visitor, 'take-notebook');
    // A comparison is on an input and rows that are kept back.
    await visitor.press('compare');
    await visitor.eventually(async () => assert.match(await visitor.text('comparison'), /RMSE: Linearized φ · ψ vs GELU_tanh/));
    // Solve takes the rows that are trained on, and says what it measured on.
    await visitor.find('solving').scrollIntoViewIfNeeded();
    // Stopped as late as that can be, it changes nothing.
    await visitor.pressWhen('solve', 'solved', /Measuring …$/, 'solve-cancel');
    await visitor.eventually(async () => assert.equal(await visitor.text('solved'), 'Stopped: nothing was changed.'));
    assert.equal((await visitor.typed()).solve, undefined);
    await visitor.press('solve');
    await visitor.eventually(async () =>
      assert.match(
        await visitor.text('solved'),
        /^Solved in .* over 9,216 pairs of a row of W and an x, .* over every pair of 32 rows and 500 inputs kept back, /,
      ),
    );
    // Another visit, which does not see the layer’s view, has the same run from the link.
    const link = `v=5&${new URLSearchParams(fields)}&mse=${history[1].mse}`;
    await page.goto('about:blank');
    await page.goto(`${ADDRESS}?backend=cpu&view=run#${link}`);
    await visitor.eventually(async () => assert.match(await visitor.text('opened'), /draws from a layer \(29b9b995c5e0bd8b\)/));
    await visitor.press('train');
    await visitor.reach('done');
    await visitor.eventually(async () => assert.match(await visitor.text('opened'), /^Reproduced: the last epoch’s MSE is the same to the last bit/));
    const printed = await trainsOn(t, content, 'digits.safetensors', DIGITS, told);
    if (printed) assert.match(printed, /^the layer: right on 98\.6 %$/m);
  },
);

/** A recipe on a layer of one's own. @type {Fields} */
const SMALL = { d: '4', m: '3', hidden: '16', n: '200', batch: '20', epochs: '3', lr: '0.005', seed: '7' };

const NAME = hold(MINE);
const FIELDS = { ...SMALL, layer: NAME };
const LINK = `?backend=cpu#v=5&${new URLSearchParams(FIELDS)}&mse=${(await expected(FIELDS)).history[2].mse}`;

visit('a link whose layer is not here asks for its file, opens with it, and finds it again on another visit', { view: 'all', query: LINK }, async (visitor) => {
  const { page } = visitor;
  const link = ADDRESS + viewed(LINK, 'all');
  const asks = `The link in the address cannot be opened: the run draws from the layer ${NAME}, whose file is not here: open it under “Your layer”`;
  await visitor.eventually(async () => assert.equal(await visitor.text('notice'), asks));
  // Another file is not the one that is asked for.
  await opened(visitor);
  await choose(visitor, 'bare.safetensors', BARE);
  await visitor.eventually(async () => assert.match(await visitor.text('layer-status'), /^bare\.safetensors: .*; solved in /));
  await visitor.eventually(async () => assert.equal(await visitor.text('notice'), asks));
  assert.equal(await visitor.text('layer-notice'), `A recipe asks for the layer ${NAME}; this file is ${nameOf(BARE)}.`);
  await choose(visitor, 'mine.safetensors', MINE);
  await visitor.eventually(async () => assert.match(await visitor.text('opened'), new RegExp(`draws from a layer \\(${NAME}\\)`)));
  assert.deepEqual(await visitor.typed(), FIELDS);
  await visitor.eventually(async () => assert.equal(await page.locator('#draws-from option:checked').textContent(), 'the layer mine.safetensors'));
  await visitor.press('train');
  await visitor.reach('done');
  await visitor.eventually(async () => assert.match(await visitor.text('opened'), /^Reproduced: .* the same to the last bit/));
  // It was trained on, so that the browser keeps the file, and what is known of it.
  await visitor.eventually(async () => assert.equal((await stored(visitor, 'phi-psi layers 1', 'layers')).length, 2));
  await page.goto('about:blank');
  await page.goto(link);
  await visitor.eventually(async () => assert.match(await visitor.text('opened'), new RegExp(`draws from a layer \\(${NAME}\\)`)));
  await visitor.press('train');
  await visitor.reach('done');
  await visitor.eventually(async () => assert.match(await visitor.text('opened'), /^Reproduced: .* the same to the last bit/));
  assert.equal(await visitor.text('notice'), '');
  // It is in the list, beside the built-in one, until it is forgotten.
  await opened(visitor);
  const list = visitor.find('layer-choice');
  const listed = () => list.locator('option').allTextContents();
  await visitor.eventually(async () => assert.deepEqual(await listed(), ['built in: digits.safetensors', 'mine.safetensors']));
  await list.selectOption('mine.safetensors');
  await visitor.eventually(async () => assert.match(await visitor.text('layer-status'), new RegExp(`^mine\\.safetensors: .* Recipes call it ${NAME}\\.$`)));
  await visitor.find('layer-forget').waitFor();
  await visitor.press('layer-forget');
  await visitor.eventually(async () => assert.ok(await visitor.find('layer-kept').isHidden()));
  await page.goto('about:blank');
  await page.goto(link);
  await visitor.eventually(async () => assert.equal(await visitor.text('notice'), asks));
});

/** Inputs that a layer does not have are of the scale that is set, which the recipe and the notebook name. @param {Visitor} visitor @param {import('node:test').TestContext} t */
async function scaled(visitor, t) {
  await visitor.find('layer-hidden').selectOption('32');
  await choose(visitor, 'bare.safetensors', BARE);
  await visitor.find('layer-scale').waitFor();
  const scale = visitor.find('layer-scale');
  await scale.fill('nothing');
  await scale.press('Enter');
  await visitor.eventually(async () =>
    assert.equal(await visitor.text('layer-notice'), 'scale = “nothing” is out of range: it must be a number from 0.000001 to 1000000.'),
  );
  await scale.fill('0.5');
  await scale.press('Enter');
  await visitor.eventually(async () =>
    assert.match(await visitor.text('layer-status'), /2,000 are drawn from N\(0, 0\.5²\), which is an assumption, .*solved in /),
  );
  assert.equal(await visitor.text('layer-notice'), '');
  await visitor.press('layer-train');
  const name = hold(BARE, `${nameOf(BARE)}:0.5`);
  await visitor.eventually(async () => assert.equal((await visitor.typed()).layer, name));
  await visitor.type({ n: 100, batch: 20, epochs: 2, hidden: 16, m: 3 });
  const fields = await visitor.typed();
  const { history, heldOut, told } = await expected(fields);
  // What is on show until then is a run that is done, too.
  await visitor.press('train');
  await visitor.eventually(async () => assert.equal(Number((await visitor.data('heldout')).mse), heldOut.mse));
  await visitor.eventually(async () => assert.equal(Number(fragment(visitor).get('mse')), history[1].mse));
  await visitor.reach('done');
  await trainsOn(t, (await taken(visitor, 'take-notebook')).content, 'bare.safetensors', BARE, told);
}

visit(
  'the form brings a layer’s width with it and refuses another; draws that do not all fit are fewer, where all rows are kept apart there is no floor, and inputs that there are not are of the scale that is set',
  { view: 'all' },
  async (visitor, t) => {
    await visitor.type({ layer: nameOf(DIGITS) });
    await visitor.eventually(async () => assert.equal((await visitor.typed()).d, '65'));
    await visitor.type({ d: 3 });
    const refused = 'd = 3 does not fit the layer: its rows have 65 numbers with their bias';
    await visitor.eventually(async () => assert.equal(await visitor.text('d-error'), refused));
    await visitor.press('train');
    await visitor.eventually(async () => assert.equal(await visitor.text('d-error'), refused));
    await visitor.eventually(async () => assert.equal(await visitor.state(), 'idle'));
    await visitor.type({ d: 65 });
    await visitor.eventually(async () => assert.match(await visitor.text('estimate'), /steps an epoch/));
    await visitor.type({ layer: '' });
    await visitor.eventually(async () => assert.equal((await visitor.typed()).d, '2'));

    const wide = layer({ d: 256, rows: 12, samples: 40, rank: 3, classes: 2, seed: 3 });
    await opened(visitor);
    assert.ok(await visitor.find('layer-scale').isHidden(), 'the built-in layer has inputs');
    await takeOn(visitor, 'wide.safetensors', safetensors({ weight: f32(wide.weight, 12, 256), inputs: f32(wide.inputs, 40, 256) }));
    await visitor.eventually(async () => assert.equal((await visitor.typed()).d, '257'));
    await visitor.eventually(async () => assert.match(await visitor.text('layer-gauss'), /For standard normal rows and inputs .* of width 12 is /));
    // W, and the draws that are watched beside it, which are more of a narrow network.
    await visitor.eventually(async () => assert.match(await visitor.text('estimate'), /memory/));
    assert.deepEqual([(await visitor.typed()).n, await visitor.text('n-error')], ['352', '']);
    // As many features as rows that are kept back: no floor, and no endless ratio.
    await visitor.type({ n: 8, batch: 4, epochs: 1, m: 3, hidden: 4 });
    await visitor.press('train');
    await visitor.reach('done');
    await visitor.eventually(async () => assert.match(await visitor.text('floor'), /^For m\s=\s3 no floor of the layer is shown/));
    assert.doesNotMatch(await visitor.text('verdict'), /∞|Infinity|NaN/);
    await near(visitor, 'errors');
    assert.equal(await visitor.page.locator('#seen-rows tr[data-part=both]').getAttribute('data-floor'), '0');
    await scaled(visitor, t);
  },
);

/** The first worker that has told of a checkpoint of its run dies. */
const DYING = `{
  const { Worker } = globalThis;
  let dead = false;
  globalThis.Worker = class extends Worker {
    constructor(...args) {
      super(...args);
      this.addEventListener('message', ({ data }) => {
        if (dead || data.type !== 'progress' || !data.checkpoint) return;
        dead = true;
        this.terminate();
        setTimeout(() => this.dispatchEvent(new MessageEvent('message', { data: { type: 'fatal', message: 'ended by a test', cause: 'died' } })));
      });
    }
  };
}`;

visit(
  'a run on a layer goes on to the same bits when its worker dies; seeds and sweeps draw from the layer too, and each seed keeps back another part of it',
  { view: 'all', script: DYING },
  async (visitor) => {
    const { page } = visitor;
    const layered = { ...SMALL, n: '80', epochs: '300', layer: hold(MINE) };
    await opened(visitor);
    await takeOn(visitor, 'mine.safetensors', MINE);
    await visitor.type({ ...layered, fresh: 0, schedule: 'constant' });
    await visitor.press('train');
    await visitor.eventually(async () => assert.match(await visitor.text('notice'), /ended by a test/));
    await visitor.reach('done');
    const { history, heldOut } = await expected(layered);
    await visitor.eventually(async () => assert.equal(Number((await visitor.data('heldout')).mse), heldOut.mse));
    await visitor.eventually(async () => assert.equal(Number(fragment(visitor).get('mse')), history[299].mse));

    layered.epochs = '2';
    await visitor.type({ epochs: 2, seeds: 3 });
    await visitor.press('train');
    await visitor.reach('done');
    const errors = await Promise.all(['7', '8', '9'].map(async (seed) => (await expected({ ...layered, seed })).heldOut.mse));
    await visitor.eventually(async () => {
      const found = await page.locator('#strip [data-seed]').evaluateAll((all) => all.map((one) => /** @type {SVGElement} */ (one).dataset));
      assert.deepEqual(Object.fromEntries(found.map(({ seed, value }) => [seed, Number(value)])), { 7: errors[0], 8: errors[1], 9: errors[2] });
    });
    await press(visitor.find('average'));
    await visitor.eventually(async () => assert.match(await visitor.text('average-words'), /3 runs/));
    await visitor.type({ seeds: 1 });
    await visitor.find('sweeps').scrollIntoViewIfNeeded();
    await press(page.locator('[data-axis=m]'));
    await visitor.find('sweep-values').fill('2, 3');
    await visitor.find('sweep-seeds').fill('1');
    await visitor.press('sweep-start');
    await visitor.eventually(async () => assert.equal(await visitor.text('sweep-said'), '2 of 2 runs done.'));
    const { content } = await taken(visitor, 'sweep-csv');
    const [head, ...rows] = content
      .toString()
      .trimEnd()
      .split('\r\n')
      .map((line) => line.split(','));
    const column = (/** @type {string} */ name) => rows.map((row) => row[head.indexOf(name)]);
    assert.deepEqual(new Set(column('layer')), new Set([layered.layer]));
    const at = column('m').indexOf('3');
    assert.equal(Number(column('held_out_mse')[at]), errors[0]);
  },
);

visitOnWebGpu('WebGPU trains on a layer what the CPU trains', { view: 'all', query: '?backend=webgpu', script: UNTRIED }, async (visitor) => {
  await opened(visitor);
  await takeOn(visitor, 'mine.safetensors', MINE);
  await visitor.type({ n: 48, batch: 16, m: 3, hidden: 16, epochs: 3 });
  const fields = await visitor.typed();
  hold(MINE);
  const { history, heldOut } = await expected(fields);
  await visitor.press('train');
  await visitor.reach('done');
  assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' });
  assert.equal(await visitor.text('notice'), '', 'and no audit has found it wrong');
  await visitor.eventually(async () => assert.ok(Math.abs(Number((await visitor.data('heldout')).mse) / heldOut.mse - 1) < 1e-4));
  await visitor.eventually(async () => assert.ok(Math.abs(Number(fragment(visitor).get('mse')) / history[2].mse - 1) < 1e-4));
});

for (const [what, bytes, name, fields] of /** @type {[string, Uint8Array, string, Fields][]} */ ([
  ['the built-in one', DIGITS, nameOf(DIGITS), { ...SMALL, d: '65', m: '8', hidden: '32', n: '96' }],
  ['one without inputs', BARE, `${nameOf(BARE)}:0.5`, SMALL],
]))
  test(`what is told of a run by what it has seen of its layer is what NumPy finds: ${what}`, async (t) => {
    if (!hasPython(t)) return;
    const { d, weight, bias, inputs } = layerNumbers(bytes);
    hold(bytes, name);
    const { told, weights } = await expected({ ...fields, layer: name });
    const { tensors } = readSafetensors(weights);
    const linear = (/** @type {string} */ at) => ({ weight: tensors.get(`${at}.weight`)?.values, bias: tensors.get(`${at}.bias`)?.values });
    const networks = { psi: [linear('psi.net.0'), linear('psi.net.2')], phi: [linear('phi.net.0'), linear('phi.net.2')] };
    const layer = { d, weight, bias, inputs: inputs ?? lab.assumedInputs(d, 0.5) };
    const apart = await ask('check_seen.py', plain({ layer, told, networks, m: Number(fields.m) }));
    t.diagnostic(JSON.stringify(apart));
    assert.equal(apart.sizes, 0);
    for (const figure of ['mse', 'r2', 'linear', 'floor']) assert.ok(apart[figure] < 1e-6, `${figure}: ${apart[figure]}`);
  });

test('the notebook of a layer has the page’s numbers, and measures its accuracy again', async (t) => {
  if (!hasPython(t)) return;
  const opened = layerOf({ name: 'digits.safetensors', bytes: DIGITS });
  assert.ok('layer' in opened && opened.layer.inputs && opened.layer.head);
  const { d, kept, weight, bias, inputs, head } = opened.layer;
  const numbers = { d, kept, weight, bias, inputs, headWeight: head.weight, headBias: head.bias, labels: head.labels };
  const work = lab.Replacement.open(/** @type {any} */ (numbers), 64, 42);
  while (work.advance(1) < 1);
  const found = { ...work.finish(), seconds: 0 };
  const standin = new Standin(numbers, found);
  const place = await folder(t);
  await writeFile(join(place, 'digits.safetensors'), DIGITS);
  const x = standin.input(found.kept[0]);
  const y = standin.product(standin.psi(x), 8);
  const text = layerNotebook({ file: 'digits.safetensors', sha256: nameOf(DIGITS), d, m: 8, found, x, y, inputs: true });
  await writeFile(join(place, 'layer.ipynb'), text);
  const { ran, error, printed } = await ask('run_notebook.py', { folder: place, notebook: 'layer.ipynb' });
  if (!hasTorch(t)) return;
  assert.ok(ran, error);
  t.diagnostic(printed);
  const right = (/** @type {number} */ share) => Math.round(500 * share);
  assert.match(printed, new RegExp(`^the layer: right on ${right(found.original)} of 500$`, 'm'));
  assert.match(printed, new RegExp(`^without its GELU: right on ${right(found.ours[8])} of 500$`, 'm'));
  assert.match(printed, new RegExp(`^R² on inputs kept back: ${found.oursR2[8].toFixed(4)}$`, 'm'));
  // Another file is not taken for the layer's.
  await writeFile(join(place, 'digits.safetensors'), MINE);
  assert.match((await ask('run_notebook.py', { folder: place, notebook: 'layer.ipynb' })).error, /is another file than the page had/);
});
