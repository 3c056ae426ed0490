// @ts-check
/**
 * What strangers write stays text and changes nothing else: markup and the names that JavaScript looks for in every object, in links, in
 * files and their metadata, in kept runs, and in what a script hands in.
 */
import assert from 'node:assert/strict';
import { visitors } from './browser.mjs';
import { taken } from './downloads.mjs';
import { loaded, without } from './walk.mjs';
import { ON_OTHER_PAGE, scripted } from './other-page.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

const NOTEBOOK = 'v=1&d=2&m=16&hidden=64&n=1024&batch=64&epochs=5&lr=0.001&seed=42';

const MARKUP = '<img src=x onerror="globalThis.hurt=1"><svg onload="globalThis.hurt=1"><b>bold</b>';

/** Keys that JavaScript finds in every object. */
const EVERYWHERE = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__'];

/** Elements of the page, and what the page's own scripts could have been made to do. @param {Visitor} visitor */
function trace({ page }) {
  return page.evaluate(() => ({
    // What a chart is drawn with comes and goes with its numbers.
    elements: document.querySelectorAll(':not(svg *)').length,
    foreign: document.querySelectorAll('img:not([src^="data:"]), iframe, object, embed, [onerror], [onload]').length,
    prototype: Object.getOwnPropertyNames(Object.prototype).join(' '),
    polluted: String(Reflect.get({}, 'polluted')) + String(Reflect.get([], 'polluted')),
    hurt: String(Reflect.get(globalThis, 'hurt')),
  }));
}

/** @param {Visitor} visitor @param {string} fragment */
async function refused(visitor, fragment) {
  await visitor.page.evaluate((text) => {
    location.hash = '';
    location.hash = text;
  }, fragment);
  await visitor.eventually(async () => {
    assert.match(await visitor.text('notice'), /cannot be opened/, fragment);
    assert.equal(decodeURIComponent(await visitor.page.evaluate('location.hash.slice(1)')), decodeURIComponent(fragment));
  });
  const sentence = await visitor.text('notice');
  assert.ok(sentence.length < 400 && !/[<>\p{Cc}]/u.test(sentence), sentence);
  return sentence;
}

/** One of each kind; with every key they are in tests/unit/link.test.mjs. */
const LINKS = [
  `${NOTEBOOK}&__proto__[polluted]=1`,
  'constructor=1',
  `sweep=toString&values=1&seeds=1&${NOTEBOOK}`,
  `sweep=m&values=1&seeds=1&${NOTEBOOK}&__proto__=1`,
  `${NOTEBOOK}&${encodeURIComponent(MARKUP)}=1`,
  NOTEBOOK.replace('seed=42', `seed=${encodeURIComponent(MARKUP)}`),
  `${NOTEBOOK}&W=${encodeURIComponent(MARKUP)},1,2,3&x=1,2`,
  `sweep=m&values=${encodeURIComponent(MARKUP)}&seeds=1&${NOTEBOOK}`,
  `${NOTEBOOK}&%E2%80%AE%00%1B=1`,
];

/** Links are refused in plain words, and make no element. @param {Visitor} visitor */
async function links(visitor) {
  // The sweeps’ form is made when the first link to one comes.
  await refused(visitor, `sweep=unknown&values=1&seeds=1&${NOTEBOOK}`);
  await visitor.page.locator('#sweep-setup:enabled').waitFor();
  await refused(visitor, `${NOTEBOOK}&unknown=1`);
  await visitor.page.waitForLoadState('networkidle');
  await visitor.frames();
  const before = await trace(visitor);
  for (const link of LINKS) {
    await refused(visitor, link);
    assert.deepEqual(await trace(visitor), before, link);
  }
}

/** Kept runs are shown as text or not at all. @param {Visitor} visitor */
async function kept(visitor) {
  // Whatever links came before, it trains.
  assert.equal((await visitor.train()).length, 5);
  assert.equal((await trace(visitor)).hurt, 'undefined');
  await visitor.heldOut();
  const place = 'phi-psi runs 1';
  const stored = await visitor.page.evaluate((place) => localStorage.getItem(place) ?? '', place);
  assert.ok(stored.startsWith('[{"'), stored);
  const name = MARKUP.slice(0, 80);
  const poison = EVERYWHERE.map((key) => `${JSON.stringify(key)}:{"polluted":1,"prototype":{"polluted":1}},`).join('');
  const named = (/** @type {string} */ text) => stored.replace(/"name":"[^"]*"/, `"name":${JSON.stringify(text)}`);
  const plant = async (/** @type {string} */ text) => {
    await visitor.page.evaluate(([place, text]) => localStorage.setItem(place, text), [place, text]);
    await visitor.page.reload();
    await visitor.eventually(async () => assert.ok((await visitor.page.locator('.kept').count()) > 0));
    // What comes near is loaded by then.
    await visitor.page.waitForLoadState('networkidle');
    await visitor.frames();
    return trace(visitor);
  };
  const before = await plant(named('a name'));
  // In the entry, in its recipe and in its fields.
  assert.deepEqual(await plant(named(name).replaceAll(/\{"(?=id|d|number)/g, `{${poison}"`)), before);
  const names = await visitor.page.locator('.run-name input').evaluateAll((inputs) => inputs.map((input) => /** @type {HTMLInputElement} */ (input).value));
  assert.deepEqual(names, [name]);
}

/** A file with so much more in its metadata. @param {Buffer} file @param {Record<string, string> | string} more an object, or JSON of one */
function described(file, more) {
  const length = Number(file.readBigUInt64LE(0));
  const header = file
    .subarray(8, 8 + length)
    .toString()
    .trimEnd();
  const inner = (typeof more === 'string' ? more : JSON.stringify(more)).slice(1, -1);
  let text = header.replace('"__metadata__":{', `"__metadata__":{${inner},`);
  while (Buffer.byteLength(text) % 8) text += ' ';
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
  return Buffer.concat([size, Buffer.from(text), file.subarray(8 + length)]);
}

/** A file’s name and metadata are text. @param {Visitor} visitor */
async function files(visitor) {
  await visitor.train({ m: 3, hidden: 4 });
  // Its neighbour is loaded with it, and elements are counted below.
  await loaded(visitor, 'many');
  await loaded(visitor, 'share');
  const file = (await taken(visitor, 'take-weights')).content;
  const open = async (/** @type {string} */ name, /** @type {Buffer} */ buffer) => {
    await visitor.find('weights-file').setInputFiles({ name, mimeType: '', buffer });
    await visitor.eventually(async () => assert.match(await visitor.text('source-words'), new RegExp(name.slice(0, 4))));
    await visitor.heldOut();
    await visitor.frames();
    return trace(visitor);
  };
  await open('first.safetensors', file);
  const before = await open('fine.safetensors', file);
  const keys = Object.fromEntries([...EVERYWHERE, MARKUP].map((key) => [key, MARKUP]));
  assert.deepEqual(await open(`markup${MARKUP}.safetensors`, described(file, keys)), before);
  assert.match(await visitor.text('source-words'), /<img src=x/, 'the name is shown as it is');
  // Told twice, and told by what is no text: refused, and the weights of before stay.
  for (const more of ['{"lr":"0.5"}', '{"__proto__":{"polluted":1}}', '{"constructor":1}']) {
    await visitor.find('weights-file').setInputFiles({ name: 'worse', mimeType: '', buffer: described(file, more) });
    await visitor.eventually(async () => assert.match(await visitor.text('notice'), /“worse” cannot be opened: the file is not a whole safetensors file/));
  }
}

visit('what a script hands in is judged whole, whatever its keys and its size', ON_OTHER_PAGE, async (visitor, t) => {
  const sentences = await scripted(
    visitor,
    async ({ openRun, refusal }, { notebook, everywhere, markup }) => {
      const cpu = { backend: /** @type {const} */ ('cpu') };
      const told = [];
      const recipe = JSON.stringify(
        Object.fromEntries(
          notebook
            .split('&')
            .slice(1)
            .map((pair) => pair.split('=')),
        ),
      );
      for (const key of everywhere) told.push(await refusal(openRun(JSON.parse(recipe.replace('{', `{"${key}":{"polluted":1},`)), cpu)));
      told.push(await refusal(openRun(JSON.parse(recipe.replace('"d":"2"', `"d":${JSON.stringify(markup)}`)), cpu)));
      told.push(await refusal(openRun({ ...JSON.parse(recipe), seed: '0'.repeat(20_000_000) }, cpu)));
      told.push(await refusal(openRun({ ...JSON.parse(recipe), rates: '2:0.5,'.repeat(2_000_000) }, cpu)));
      told.push(await refusal(openRun(`${notebook}&W=${'1,'.repeat(20_000_000)}`, cpu)));
      told.push(await refusal(openRun(JSON.parse(recipe), { ...cpu, weights: new Uint8Array(50_000_000) })));
      const run = await openRun(JSON.parse(recipe), cpu);
      told.push(await refusal(run.compareWith(Array(2_000_000).fill(1), [1, 2])));
      told.push(await refusal(run.predict(new Float32Array(20_000_001), new Float32Array(10_000_000))));
      told.push(await refusal(run.predict([1, 2, 3, 4], [])));
      told.push(await refusal(run.changeRate(/** @type {any} */ (markup))));
      // Many slices are predicted on one by one.
      const many = await run.predict(new Float32Array(2_000_000).fill(0.5), new Float32Array(1_000_000).fill(0.5));
      const one = await run.predict([0.5, 0.5, 0.5, 0.5], [0.5, 0.5]);
      told.push({ kind: 'predicted', message: String(many.length === 1_000_000 && [0, 1, 500_000, 999_999].every((i) => many[i] === one[i % 2])) });
      run.close();
      return told;
    },
    { notebook: NOTEBOOK, everywhere: EVERYWHERE, markup: MARKUP },
  );
  for (const { kind, key = '', message } of sentences) t.diagnostic(`${kind} ${key}: ${message}`);
  const predicted = sentences.pop();
  assert.equal(predicted?.message, 'true', 'slices are the whole');
  for (const { kind, message } of sentences) {
    assert.equal(kind, 'RefusalError', message);
    assert.ok(message.length < 400 && !/[<>\p{Cc}]/u.test(message), message);
  }
  const { polluted, hurt, prototype } = await trace(visitor);
  assert.deepEqual([polluted, hurt], ['undefinedundefined', 'undefined']);
  assert.ok(!prototype.includes('polluted'));
});

/**
 * Drops a file that is none of weights on an element, and tells how far below it the refusal then stands and how far it has moved in the window.
 * @param {Visitor} visitor @param {string} id
 */
async function refusedAt(visitor, id) {
  const element = visitor.find(id);
  await element.evaluate((one) => one.scrollIntoView({ block: 'center', behavior: 'instant' }));
  const before = await element.evaluate((one) => one.getBoundingClientRect().top);
  await element.evaluate((one) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['nothing'], 'worse.safetensors'));
    one.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  });
  await visitor.notice();
  const { top, bottom } = await element.evaluate((one) => one.getBoundingClientRect());
  const notice = await visitor.find('notice').evaluate((one) => one.getBoundingClientRect().top);
  return { below: notice - bottom, moved: Math.abs(top - before) };
}

/** A refusal stands where a file was dropped, on a desk and on a phone, and the trial’s answer beside its button. @param {Visitor} visitor */
async function dropped(visitor) {
  for (const [width, height] of [
    [1_100, 900],
    [360, 740],
  ]) {
    await visitor.page.setViewportSize({ width, height });
    await visitor.frames();
    for (const id of ['drop', 'typed-hint']) {
      const { below, moved } = await refusedAt(visitor, id);
      assert.ok(below >= 0 && below < 60, `${below} pixels below #${id}, ${width} by ${height}`);
      assert.ok(moved < height / 2, `#${id} has moved by ${moved} pixels, ${width} by ${height}`);
      await visitor.find('notice').evaluate((notice) => (notice.textContent = ''));
    }
  }
  await visitor.press('trial');
  await visitor.eventually(async () => assert.match(await visitor.text('trial-answer'), /^For this recipe/));
  assert.equal(await visitor.text('trial-answer'), await visitor.text('offer'));
}

visit(
  'links, kept runs and files with markup and with every object’s keys are refused in plain words or shown as text, and make no element; a file that is refused is told of where it was dropped, on a desk and on a phone, where the trial’s answer stands beside its button',
  { view: 'all', script: without('layer') },
  async (visitor) => {
    await links(visitor);
    await visitor.find('notice').evaluate((notice) => (notice.textContent = ''));
    await dropped(visitor);
    await visitor.page.setViewportSize({ width: 1_100, height: 900 });
    await kept(visitor);
    await files(visitor);
  },
);
