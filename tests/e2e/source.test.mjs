// @ts-check
/** Weights that come back: dropped or chosen, asked at once, trained on; and every file that is refused, in a sentence. */
import assert from 'node:assert/strict';
import { visitors } from './browser.mjs';
import { taken } from './downloads.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

const RECIPE = { d: '2', m: '5', hidden: '7', n: '500', batch: '50', epochs: '30', lr: '0.02', seed: '11' };

/** @param {Visitor} visitor @param {string} name @param {Buffer} buffer */
const choose = (visitor, name, buffer) => visitor.find('weights-file').setInputFiles({ name, mimeType: '', buffer });

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

/** A run's weights, what it says of a draw, and its held-out error. @param {Visitor} visitor */
async function learned(visitor) {
  await visitor.train(RECIPE);
  const { mse } = await visitor.heldOut();
  const text = await visitor.comparison();
  return { file: (await taken(visitor, 'take-weights')).content, mse, text, last: (await visitor.losses()).at(-1) ?? NaN };
}

for (const [browser, visitIn] of Object.entries({ Chromium: visit, Firefox: visitors('firefox') })) {
  visitIn(`weights come back in a fresh page, are asked at once, and training goes on from them (${browser})`, { shows: 'files' }, async (visitor, t) => {
    const { file, mse, text, last } = await learned(visitor);
    await visitor.page.reload();
    await visitor.type({ d: 'unread' });
    await choose(visitor, 'mine.safetensors', file);
    await visitor.eventually(async () => assert.deepEqual(await visitor.typed(), RECIPE));
    assert.equal(await visitor.comparison(), text, 'the same weights say the same of the same draw');
    assert.equal((await visitor.heldOut()).mse, mse);
    assert.match(await visitor.text('heldout-words'), /by the weights of “mine\.safetensors”/);
    assert.match(
      await visitor.text('source-words'),
      /^Runs begin with the weights of “mine\.safetensors” \(d\u00a0=\u00a02, m\u00a0=\u00a05, hidden\u00a0=\u00a07\)\. Train goes on/,
    );
    await visitor.eventually(async () =>
      assert.match(await visitor.text('link-hint'), /The weights of “mine\.safetensors”, which the run begins with, are not in it/),
    );
    assert.deepEqual(await visitor.passed(), ['idle', 'running', 'idle']);

    const further = await visitor.train();
    const [first] = await visitor.losses();
    t.diagnostic(`epoch MSE ${last} at the end of the first run, ${first} at the beginning of the second`);
    assert.ok(first < 1.5 * last, 'training begins where it ended');
    // The recipe alone does not lead there.
    await visitor.eventually(async () => assert.doesNotMatch(await visitor.find('link').inputValue(), /mse=/));

    await visitor.press('reset');
    await visitor.reach('done');
    assert.deepEqual(await visitor.lines(), further, 'Reset replays the same run');

    await visitor.press('forget-source');
    assert.match(await visitor.text('source-words'), /drawn from the seed/);
    await visitor.eventually(async () => assert.match(await visitor.text('link-hint'), /Whoever opens it has the same run\.$/));
    await visitor.train();
    assert.ok((await visitor.losses())[0] > 2 * first, 'the seed’s weights have learned nothing yet');
  });
}

visit('a file is dropped anywhere, one at a time, and not while a run goes on', {}, async (visitor) => {
  const { file, text } = await learned(visitor);
  await visitor.page.reload();
  await drop(visitor, [
    { name: 'a.safetensors', buffer: file },
    { name: 'b.safetensors', buffer: file },
  ]);
  assert.match(await visitor.notice(), /^2 files were dropped: one file of weights at a time/);
  await drop(visitor, [{ name: 'a.safetensors', buffer: file }]);
  assert.equal(await visitor.comparison(), text);
  assert.equal(await visitor.text('notice'), '');

  await visitor.type({ epochs: 100_000 });
  await visitor.press('train');
  await visitor.underWay({ epochs: 1 });
  await drop(visitor, [{ name: 'late.safetensors', buffer: file }]);
  assert.match(await visitor.notice(), /^A run is going on: pause it before “late\.safetensors” is opened/);
  assert.equal(await visitor.state(), 'running');
});

visit('a recipe of other sizes leaves a file’s weights aside and says so', {}, async (visitor) => {
  const { file } = await learned(visitor);
  await choose(visitor, 'mine.safetensors', file);
  await visitor.eventually(async () => assert.match(await visitor.text('source-words'), /^Runs begin with/));
  // What is opened fills in the form, and is asked when it has.
  await visitor.eventually(async () => assert.match(await visitor.text('comparison-caption'), /by the weights of/));
  await visitor.eventually(async () => {
    await visitor.type({ hidden: 8 });
    assert.match(await visitor.text('source-words'), /^This recipe’s networks have other sizes than the weights of “mine\.safetensors”/);
  });
  const other = await visitor.train();
  await visitor.press('forget-source');
  assert.deepEqual(await visitor.train(), other);
});

visit('a file that is no file of weights is refused in a sentence and changes nothing', {}, async (visitor, t) => {
  const { file } = await learned(visitor);
  const lines = await visitor.lines();
  const fields = await visitor.typed();
  const notFinite = Buffer.from(file);
  notFinite.writeFloatLE(NaN, file.length - 4);
  // All that can be wrong with a file is in tests/unit/weights.test.mjs; the last of these is refused before any of it is read.
  for (const [what, content, words] of /** @type {[string, Buffer, RegExp][]} */ ([
    ['empty', Buffer.alloc(0), /cannot be opened: it is empty: was it cut off, or is it still on its way\?$/],
    [
      'a pointer',
      Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 492\n'),
      /cannot be opened: it is a Git LFS pointer, .*git lfs pull/,
    ],
    ['a large zip', Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(15_000_000)]), /cannot be opened: it is a zip archive/],
    ['not a number', notFinite, /phi\.net\.2\.bias holds NaN, and weights must be finite/],
    ['15 MB', Buffer.alloc(15_000_000), /has 15 MB, and the largest checkpoint here fills less than 9 MB/],
  ])) {
    await visitor.find('weights-file').setInputFiles([]);
    await choose(visitor, `${what}.safetensors`, content);
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
  await choose(visitor, 'good.safetensors', file);
  await visitor.eventually(async () => assert.match(await visitor.text('source-words'), /“good\.safetensors”/));
  assert.equal(await visitor.text('notice'), '');
});

visit('what a file says of itself stays text', {}, async (visitor) => {
  const { file } = await learned(visitor);
  const name = '<img src=x onerror=alert(1)>.safetensors';
  await choose(visitor, name, file);
  await visitor.eventually(async () => assert.match(await visitor.text('source-words'), /<img src=x onerror=alert\(1\)>/));
  assert.equal(await visitor.page.locator('main img').count(), 0);
  await visitor.train();
  const { content } = await taken(visitor, 'take-weights');
  const header = JSON.parse(content.subarray(8, 8 + Number(content.readBigUInt64LE(0))).toString());
  assert.equal(header.__metadata__.begun_from, name);
});

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

visit('what PyTorch’s programs write is opened: below a prefix, and Ψ and Φ each in a file of its own', {}, async (visitor) => {
  const { file, text } = await learned(visitor);
  const alone = (/** @type {string} */ network) => renamed(file, (name) => (name.startsWith(network) ? name.slice(4) : ''));
  const [psi, phi] = ['psi', 'phi'].map((network) => ({ name: `${network}.safetensors`, buffer: alone(network) }));
  const opened = async (/** @type {RegExp} */ words) => {
    await visitor.eventually(async () => assert.match(await visitor.text('source-words'), words));
    await visitor.eventually(async () => assert.equal(await visitor.text('comparison'), text));
    assert.equal(await visitor.text('notice'), '');
    await visitor.press('forget-source');
    assert.match(await visitor.text('source-words'), /^Runs begin with weights that are drawn from the seed/);
  };
  await choose(
    visitor,
    'wrapped.safetensors',
    renamed(file, (name) => `module.${name}`),
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
});

visit('weights whose outputs overflow: that is said once, and no figure is made of them', {}, async (visitor) => {
  const { file } = await learned(visitor);
  const huge = Buffer.from(file);
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, 8 + length).toString());
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
});
