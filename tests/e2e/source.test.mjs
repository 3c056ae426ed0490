// @ts-check
/** Weights that come back: dropped or chosen, asked at once, trained on; and every file that is refused, in a sentence. */
import assert from 'node:assert/strict';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cpu, trained } from '../unit/module.mjs';
import { DEAF, visitors } from './browser.mjs';
import { taken } from './downloads.mjs';
import { folder } from './python.mjs';
import { without } from './walk.mjs';
import { choose, RECIPE, weightsComeBack } from './weights-back.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

/** @param {Visitor} visitor @param {{ name: string, buffer: Buffer }[]} files */
async function drop({ page }, files) {
  const transfer = await page.evaluateHandle(
    (contents) => {
      const data = new DataTransfer();
      for (const { name, bytes } of contents) data.items.add(new File([new Uint8Array(bytes)], name));
      return data;
    },
    files.map(({ name, buffer }) => ({ name, bytes: [...buffer] })),
  );
  await page.dispatchEvent('body', 'dragover', { dataTransfer: transfer });
  assert.equal(await page.locator('#drop.over').count(), 1, 'the page shows that it takes the file');
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
  assert.equal(await page.locator('#drop.over').count(), 0);
}

const engine = await cpu();

/** A run's weights as the page gives them, which takeaway.test.mjs holds. */
const FILE = await trained(engine, RECIPE).then(async ({ session }) => Buffer.from(await session.weightsFile({})));

// Firefox has this in firefox.test.mjs.
visit(
  'weights come back in a fresh page, are asked at once, and training goes on from them; what a run begins with is said, as text, and is not in its link; Reset replays it, and a recipe of other sizes leaves it aside',
  { shows: 'files' },
  async (visitor, t) => {
    await weightsComeBack(visitor, t);

    // Its name and what it says of itself stay text.
    const name = '<img src=x onerror=alert(1)>.safetensors';
    await choose(visitor, name, FILE);
    const own = name.replace(/[.()]/g, '\\$&');
    await visitor.eventually(async () =>
      assert.match(
        await visitor.text('source-words'),
        new RegExp(`^Runs begin with the weights of “${own}” \\(d\u00a0=\u00a02, m\u00a0=\u00a05, hidden\u00a0=\u00a07\\)\\. Train goes on`),
      ),
    );
    await visitor.eventually(async () =>
      assert.match(await visitor.text('link-hint'), new RegExp(`The weights of “${own}”, which the run begins with, are not in it`)),
    );
    const further = await visitor.train();
    assert.equal(await visitor.page.locator('main img').count(), 0);
    const { content } = await taken(visitor, 'take-weights');
    const header = JSON.parse(content.subarray(8, 8 + Number(content.readBigUInt64LE(0))).toString());
    assert.equal(header.__metadata__.begun_from, name);
    // The recipe alone does not lead there.
    await visitor.eventually(async () => assert.doesNotMatch(await visitor.find('link').inputValue(), /mse=/));
    await visitor.press('reset');
    await visitor.reach('done');
    assert.deepEqual(await visitor.lines(), further, 'Reset replays the same run');

    // A recipe of other sizes leaves it aside.
    await visitor.type({ hidden: 8, epochs: 2 });
    await visitor.eventually(async () =>
      assert.match(await visitor.text('source-words'), new RegExp(`^This recipe’s networks have other sizes than the weights of “${own}”`)),
    );
    await visitor.train();
    const { history } = await trained(engine, { ...RECIPE, hidden: '8', epochs: '2' });
    assert.deepEqual(
      await visitor.losses(),
      history.map(({ mse }) => Number(mse.toFixed(4))),
    );
    await visitor.press('forget-source');
    assert.match(await visitor.text('source-words'), /drawn from the seed/);
    await visitor.eventually(async () => assert.match(await visitor.text('link-hint'), /Whoever opens it has the same run\.$/));
  },
);

/** A file that is no file of weights changes nothing. @param {Visitor} visitor @param {import('node:test').TestContext} t */
async function refused(visitor, t) {
  const lines = await visitor.train({ ...RECIPE, epochs: 1 });
  const fields = await visitor.typed();
  const notFinite = Buffer.from(FILE);
  notFinite.writeFloatLE(NaN, FILE.length - 4);
  const place = await folder(t);
  // All that can be wrong with a file is in tests/unit/weights.test.mjs and intake-files.test.mjs; the last of these is refused before any of it is read.
  for (const [what, content, size, words] of /** @type {[string, string | Buffer, number, RegExp][]} */ ([
    ['empty', '', 0, /cannot be opened: it is empty: was it cut off, or is it still on its way\?$/],
    ['a pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 492\n', 0, /cannot be opened: it is a Git LFS pointer, .*git lfs pull/],
    ['a large zip', 'PK\x03\x04', 15_000_000, /cannot be opened: it is a zip archive/],
    ['not a number', notFinite, 0, /phi\.net\.2\.bias holds NaN, and weights must be finite/],
    ['15 MB', '', 15_000_000, /has 15 MB, and the largest checkpoint here fills less than 13 MB/],
  ])) {
    const path = join(place, `${what}.safetensors`);
    await writeFile(path, content);
    if (size > 0) await truncate(path, size);
    await visitor.find('weights-file').setInputFiles([]);
    await visitor.find('weights-file').setInputFiles(path);
    await visitor.eventually(async () => {
      const sentence = await visitor.text('notice');
      assert.ok(sentence.startsWith(`“${what}.safetensors” `), `${what}: ${sentence}`);
      assert.match(sentence, words, what);
    });
    t.diagnostic(await visitor.text('notice'));
    assert.deepEqual(await visitor.typed(), fields, what);
    assert.deepEqual(await visitor.lines(), lines, what);
  }
  assert.match(await visitor.text('source-words'), /drawn from the seed/);
  assert.equal(await visitor.state(), 'done');
  await choose(visitor, 'good.safetensors', FILE);
  await visitor.eventually(async () => assert.match(await visitor.text('source-words'), /“good\.safetensors”/));
  assert.equal(await visitor.text('notice'), '');
}

/** A file with its names changed, and without those that are changed to nothing. @param {Buffer} file @param {(name: string) => string} naming */
function renamed(file, naming) {
  const length = Number(file.readBigUInt64LE(0));
  const { __metadata__: _, ...tensors } = JSON.parse(file.subarray(8, 8 + length).toString());
  /** @type {Buffer[]} */
  const data = [];
  let end = 0;
  const entries = Object.entries(tensors).flatMap(([name, { data_offsets, ...entry }]) => {
    if (!naming(name)) return [];
    const [from, to] = data_offsets;
    data.push(file.subarray(8 + length + from, 8 + length + to));
    return [[naming(name), { ...entry, data_offsets: [end, (end += to - from)] }]];
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([size, header, ...data]);
}

visit(
  'a file that is no file of weights is refused in a sentence and changes nothing; what PyTorch’s programs write is opened, below a prefix or Ψ and Φ each in a file of its own; of weights whose outputs overflow no figure is made; a file is dropped anywhere, one at a time, and not while a run goes on; of two the later one is opened last, and what is typed meanwhile stays',
  { view: 'all', script: `${DEAF}\n${without('layer')}` },
  async (visitor, t) => {
    await refused(visitor, t);

    await visitor.press('forget-source');
    await visitor.train(RECIPE);
    const text = await visitor.comparison();
    const alone = (/** @type {string} */ network) => renamed(FILE, (name) => (name.startsWith(network) ? name.slice(4) : ''));
    const [psi, phi] = ['psi', 'phi'].map((network) => ({ name: `${network}.safetensors`, buffer: alone(network) }));
    const another = async () => {
      await visitor.press('draw');
      await visitor.comparison(text);
    };
    const opened = async (/** @type {RegExp} */ words) => {
      await visitor.eventually(async () => assert.match(await visitor.text('source-words'), words));
      await visitor.eventually(async () => assert.equal(await visitor.text('comparison'), text));
      assert.equal(await visitor.text('notice'), '');
      await visitor.press('forget-source');
      assert.match(await visitor.text('source-words'), /^Runs begin with weights that are drawn from the seed/);
      // Another run is opened without them.
      await visitor.eventually(async () => assert.ok(await visitor.find('train').isEnabled()));
      await another();
    };
    await another();
    await choose(
      visitor,
      'wrapped.safetensors',
      renamed(FILE, (name) => `module.${name}`),
    );
    await opened(/Train goes on from there\. Of the file: “module\.” was taken off its names\.$/);
    // One after the other, either first, and forgotten in between.
    await choose(visitor, phi.name, phi.buffer);
    await visitor.eventually(async () =>
      assert.match(await visitor.text('source-words'), /^“phi\.safetensors” holds Φ alone: bring the file of Ψ too, and runs begin with both\./),
    );
    await visitor.press('forget-source');
    await choose(visitor, psi.name, psi.buffer);
    await visitor.eventually(async () => assert.match(await visitor.text('source-words'), /^“psi\.safetensors” holds Ψ alone: bring the file of Φ too/));
    await drop(visitor, [phi]);
    await opened(/^Runs begin with the weights of “psi\.safetensors \+ phi\.safetensors”/);
    await drop(visitor, [phi, psi]);
    await opened(/^Runs begin with the weights of “psi\.safetensors \+ phi\.safetensors”/);

    // Outputs that overflow: that is said once.
    const huge = Buffer.from(FILE);
    const length = Number(FILE.readBigUInt64LE(0));
    const header = JSON.parse(FILE.subarray(8, 8 + length).toString());
    for (const name of ['psi.net.2.weight', 'phi.net.2.weight']) huge.writeFloatLE(3e38, 8 + length + header[name].data_offsets[0]);
    await choose(visitor, 'huge.safetensors', huge);
    await visitor.eventually(async () =>
      assert.equal(
        await visitor.text('heldout-words'),
        'The outputs overflow, by the weights of “huge.safetensors”: on some of 10,000 held-out draws they are no numbers, so there is no error to tell.',
      ),
    );
    await visitor.find('errors').scrollIntoViewIfNeeded();
    await visitor.eventually(async () => assert.match(await visitor.text('errors-words'), /outputs overflow: there are no errors to show\.$/));
    // The floor is known, and what stands above it is not.
    await visitor.eventually(async () => assert.match(await visitor.text('floor'), /^The floor for d/));
    for (const id of ['heldout-mean', 'ratio', 'verdict']) assert.equal(await visitor.text(id), '', id);
    assert.equal(await visitor.text('heldout-rmse'), '–');
    for (const id of ['heldout', 'report-figures', 'errors']) assert.doesNotMatch(await visitor.text(id), /NaN|Infinity|not finite/, id);
    assert.doesNotMatch((await visitor.find('gelu-plot').getAttribute('aria-label')) ?? '', /NaN|Infinity/);

    await drop(visitor, [
      { name: 'a.safetensors', buffer: FILE },
      { name: 'b.safetensors', buffer: FILE },
    ]);
    assert.match(await visitor.notice(), /^2 files were dropped: one file of weights at a time/);
    await drop(visitor, [{ name: 'a.safetensors', buffer: FILE }]);
    await visitor.eventually(async () => assert.match(await visitor.text('comparison-caption'), /by the weights of “a\.safetensors”/));
    assert.equal(await visitor.text('notice'), '');

    await visitor.page.evaluate('deafen()');
    await drop(visitor, [{ name: 'b.safetensors', buffer: FILE }]);
    await drop(visitor, [{ name: 'c.safetensors', buffer: FILE }]);
    await visitor.page.waitForFunction('unheard.length > 0');
    await visitor.type({ m: 9, lr: 0.5 });
    await visitor.page.evaluate('hear()');
    await visitor.eventually(async () => assert.match(await visitor.text('comparison-caption'), /by the weights of “c\.safetensors”/));
    assert.deepEqual(await visitor.typed(), { ...RECIPE, lr: '0.5' }, 'what is typed meanwhile stays, and the sizes are the file’s');
    assert.equal(await visitor.text('notice'), '');

    await visitor.type({ n: 8_192, epochs: 100_000 });
    await visitor.press('train');
    // Of this run, and no longer of the one before.
    await visitor.page.locator('#status-epoch', { hasText: 'of 100,000' }).waitFor();
    await visitor.underWay({ epochs: 1 });
    await drop(visitor, [{ name: 'late.safetensors', buffer: FILE }]);
    assert.match(await visitor.notice(), /^A run is going on: pause it before “late\.safetensors” is opened/);
    assert.equal(await visitor.state(), 'running');
  },
);
