// @ts-check
/** Which backend is faster here: measured on the visitor's machine, told with figures, and offered, never imposed. */
import assert from 'node:assert/strict';
import { visitors } from './browser.mjs';
import { HASTE } from './kept-runs.mjs';
import { aroundCpu, shippedAs, shippedAt } from './shipped.mjs';

/** @typedef {import('./browser.mjs').Substitute} Substitute */
/** @typedef {import('./browser.mjs').Visitor} Visitor */
/** @typedef {import('node:test').TestContext} TestContext */

const visit = visitors();

/** @param {boolean} [software] */
const gpu = (software = false) => `Object.defineProperty(navigator, 'gpu', { value: { requestAdapter: async () => ({
  info: { vendor: 'acme', architecture: 'anvil', description: '', isFallbackAdapter: ${software} },
  features: new Set(['timestamp-query']), requestDevice: async () => ({ destroy() {} }) }) } });`;
const NO_GPU = "Object.defineProperty(navigator, 'gpu', { value: undefined });";

/** Every call waits first. @param {string} [where] a condition on the session @param {number} [ms] */
function slow(where = 'true', ms = 30) {
  return `{ const { collect } = own.Session.prototype;
    own.Session.prototype.collect = async function () {
      if (${where}) await new Promise((resolve) => setTimeout(resolve, ${ms}));
      return collect.call(this);
    }; }`;
}

/** The CPU's module as WebGPU's, from a file of its own that nothing else slows down. @param {string} differing */
function webgpu(differing) {
  const [file, wasm] = [`./${shippedAs('module-cpu')}?webgpu`, `./${shippedAs('module-cpu', 'wasm')}`].map((name) => JSON.stringify(name));
  return `import init, * as own from ${file};
    export * from ${file};
    export default async ({ module_or_path }) => {
      await (await module_or_path).arrayBuffer();
      await init({ module_or_path: new URL(${wasm}, import.meta.url) });
    };
    ${differing}`;
}

/** Where one backend is thirty times as fast as the other, a tenth of what is measured shows it: 120 ms, as the bundle has it. @param {string} own */
function brief(own) {
  const text = own.replace(/=120(?=,\w+=4,\w+=1\.05,)/, '=12');
  assert.notEqual(text, own, 'the measurement is there');
  return text;
}

/**
 * The machine that the page is on: what is before its workers, which is its GPU, or before one trial after the other; and what makes its modules slow.
 * @typedef {{ before?: string, trials?: string[], cpu?: string, webgpu?: string }} Machine
 */

/** @param {() => Machine} present @returns {Record<string, Substitute>} */
const site = (present) => ({
  [shippedAt('worker')]: { text: (own) => `${present().before ?? gpu()}\n${brief(own)}` },
  [shippedAt('trial-worker')]: { text: (own, nth) => `${present().trials?.[nth - 1] ?? present().before ?? gpu()}\n${brief(own)}` },
  [shippedAt('module-cpu')]: { text: (own) => (present().cpu ? aroundCpu(present().cpu ?? '') : own) },
  [shippedAt('module-webgpu')]: { route: (route) => route.fulfill({ contentType: 'text/javascript', body: webgpu(present().webgpu ?? '') }) },
});

/** @type {Machine} */
const SLOW_WEBGPU = { webgpu: slow() };

/** The same address without the run that it may have by now. @param {Visitor} visitor */
const anew = ({ page }) => page.goto(page.url().split('#')[0]);

/** Runs in the page: the visitor saves data, so that nothing is found out before the click. */
const THRIFTY = "Object.defineProperty(navigator, 'connection', { value: { saveData: true } });";

/** A small recipe of sixteen steps an epoch. */
const SMALL = { m: 2, hidden: 4, n: 64, batch: 4 };

const FIGURES = /^For this recipe WebGPU makes [\d,.]+ steps\/s here and the CPU [\d,.]+: (WebGPU|the CPU) is [\d,.]+ times as fast/;

/** What `#offer` says, once it says figures; where it compares two rates, the factor is theirs, as far as they are written out. @param {Visitor} visitor */
async function offer(visitor) {
  await visitor.eventually(async () => assert.match(await visitor.text('offer'), /^For this recipe/));
  const words = await visitor.text('offer');
  const told = /makes ([\d,.]+) steps\/s here and the CPU ([\d,.]+): (WebGPU|the CPU) is ([\d,.]+) times/.exec(words);
  if (told) {
    const [webgpu, cpu, factor] = [told[1], told[2], told[4]].map((figure) => Number(figure.replaceAll(',', '')));
    const ratio = told[3] === 'WebGPU' ? webgpu / cpu : cpu / webgpu;
    assert.ok(Math.abs(factor / ratio - 1) < 0.06, `${words} ${ratio}`);
  }
  return words;
}

/** Presses Try; what is said while the trial is on, and whether it can be pressed again, is read within the page: it may soon be over. @param {Visitor} visitor */
function trying({ page }) {
  return page.evaluate(async () => {
    const [box, button] = ['offer', 'trial'].map((id) => /** @type {HTMLButtonElement} */ (document.getElementById(id)));
    const tried = testing.once(box, () => /^Trying/.test(box.textContent));
    button.click();
    await tried;
    return { said: box.textContent, pressable: !button.disabled };
  });
}

/** @param {Visitor} visitor */
function offers(visitor) {
  return visitor.find('switch').isVisible();
}

/** A run's speed, which is known after two seconds of its training, is known in half of one. @param {Visitor} visitor */
const hasten = ({ page }) => page.evaluate('globalThis.haste = 4');

/** @type {string[]} */
let onTheCpu;

/** The offer after a run, and the next run takes it. @param {Visitor} visitor @param {TestContext} t */
async function taken(visitor, t) {
  onTheCpu = await visitor.train(SMALL);
  assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' });
  const words = await offer(visitor);
  t.diagnostic(words);
  assert.match(words, FIGURES);
  assert.match(words, /the CPU is [\d,.]+ times as fast\.$/, 'nothing would start again');
  assert.equal(await visitor.text('switch'), 'Switch to the CPU');

  await visitor.find('switch').focus();
  await visitor.page.keyboard.press('Enter');
  assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'switched' });
  assert.match(await visitor.text('backend'), /^The next run is on the CPU, because you switched to it\.$/);
  assert.equal(await visitor.text('offer'), '');
  assert.ok(!(await offers(visitor)));
  assert.equal(await visitor.page.evaluate(() => document.activeElement?.id), 'train', 'the keyboard is not lost');
  assert.equal((await visitor.lines()).length, 5, 'the run on show stays');
  const before = await visitor.comparison();
  await visitor.press('draw');
  await visitor.comparison(before);

  await visitor.page.keyboard.press('Tab');
  assert.deepEqual(await visitor.train(), onTheCpu);
  assert.deepEqual((await visitor.states()).slice(-2), ['running', 'done']);
  assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'switched' });
  assert.match(await visitor.text('backend'), /^Runs on the CPU, because you switched to it\.$/);
  assert.equal(await visitor.text('notice'), '');
}

/** The offer in the middle of a run. @param {Visitor} visitor */
async function interrupting(visitor) {
  await hasten(visitor);
  await visitor.type({ ...SMALL, epochs: 200 });
  await visitor.press('train');
  const words = await offer(visitor);
  assert.match(words, /the CPU is [\d,.]+ times as fast\. Switching starts this run again from its beginning\.$/);
  assert.equal(await visitor.state(), 'running', 'the trial left the run alone');
  assert.equal(await visitor.text('switch'), 'Start again on the CPU');
  const seen = await visitor.lines();
  await visitor.type({ epochs: 7 });
  await visitor.press('switch');
  await visitor.reach('done');
  const lines = await visitor.lines();
  assert.equal(lines.length, 200, 'the recipe that ran');
  assert.deepEqual(lines.slice(0, 5), onTheCpu);
  assert.deepEqual(lines.slice(0, seen.length), seen, 'the trial changed no number');
  assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'switched' });
  assert.equal(await visitor.text('notice'), '');
}

visit(
  'a run on a WebGPU that is slow for it makes the page offer the CPU, and the next run takes the offer; in the middle of a run the offer says that it starts again, and it does',
  { query: '', site: site(() => SLOW_WEBGPU), script: `${HASTE}\n${THRIFTY}` },
  async (visitor, t) => {
    await taken(visitor, t);
    await anew(visitor);
    await interrupting(visitor);
  },
);

const SLOWER = /^Runs on the CPU, because it is faster for this recipe: [\d,.]+ steps\/s here, and WebGPU [\d,.]+ \(the adapter: acme anvil\)\.$/;

/** A WebGPU that is slower is not taken. @param {Visitor} visitor @param {TestContext} t */
async function slower(visitor, t) {
  const chosen = (/** @type {string} */ backend, /** @type {string} */ reason) =>
    visitor.eventually(async () => assert.deepEqual(await visitor.data('backend'), { backend, reason }));
  await chosen('cpu', 'slower');
  const words = await visitor.text('backend');
  t.diagnostic(words);
  assert.match(words, SLOWER);
  await visitor.type({ n: 64 });
  await chosen('webgpu', 'webgpu');
  assert.equal(await visitor.state(), 'idle');
  await visitor.train();
  assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' });
  const lines = await visitor.train({ n: 60 });
  assert.equal(lines.length, 5);
  assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'slower' });
  assert.deepEqual(await visitor.states(), ['idle', 'running', 'done', 'running', 'done'], 'nothing was waited for');

  assert.equal(await visitor.text('switch-back'), 'Switch to WebGPU');
  await visitor.press('switch-back');
  assert.match(await visitor.text('backend'), /^The next run is on WebGPU, because you switched to it; it starts with the next run\.$/);
  assert.ok(!(await visitor.find('switch-back').isVisible()));
  assert.deepEqual(await visitor.train(), lines, 'the stub is the CPU’s module, slowed');
  assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' });
  assert.equal(await visitor.text('notice'), '');

  assert.match(await offer(visitor), /the CPU is [\d,.]+ times as fast\.$/);
  await visitor.press('switch');
  await hasten(visitor);
  // Long, and nothing is known of it yet.
  await visitor.type({ n: 72, epochs: 200 });
  await visitor.press('train');
  assert.match(await offer(visitor), /WebGPU is [\d,.]+ times as fast\. Switching starts this run again from its beginning\.$/);
  assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'switched' });
  await visitor.press('switch');
  await visitor.reach('done');
  assert.equal((await visitor.lines()).length, 200);
  assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' });
}

/** A software adapter. @param {Visitor} visitor */
async function inSoftware(visitor) {
  await visitor.type(SMALL);
  await visitor.press('trial');
  await visitor.eventually(async () =>
    assert.match(
      await visitor.text('offer'),
      /^For this recipe WebGPU \(acme anvil, in software\) makes [\d,.]+ steps\/s here and the CPU [\d,.]+: the CPU is [\d,.]+ times as fast, and is what runs\.$/,
    ),
  );
  assert.ok(!(await offers(visitor)));
  assert.deepEqual(await visitor.train(), onTheCpu);
  assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'software' });
}

/** No WebGPU. @param {Visitor} visitor */
async function without(visitor) {
  await visitor.type(SMALL);
  await visitor.press('trial');
  assert.match(await offer(visitor), /^For this recipe the CPU makes [\d,.]+ steps\/s here\. WebGPU cannot be used: this browser offers no WebGPU\.$/);
  assert.ok(!(await offers(visitor)));
  assert.deepEqual(await visitor.train(), onTheCpu);
  assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'no-webgpu' });
  assert.match(await visitor.text('backend'), /this browser offers no WebGPU/);
  assert.deepEqual(await visitor.passed(), ['idle', 'running', 'done']);
  assert.equal(await visitor.text('notice'), '', 'a choice that the page made itself is no alarm');
}

/** WebGPU is slow for the recipes of fifteen steps an epoch, and the CPU for the others. @type {Machine} */
const BY_RECIPE = { webgpu: slow('this.stepsPerEpoch === 15'), cpu: slow('this.stepsPerEpoch !== 15') };

let present = BY_RECIPE;

visit(
  'a WebGPU that is slower is not taken, which is found out before the click and anew for each recipe; who switched to the CPU is offered one that is faster; who asks is told of a software adapter too, and is left where the page would be; where there is no WebGPU the answer is the reason, and the run is on the CPU',
  { query: '?#v=1&d=2&m=2&hidden=4&n=60&batch=4&epochs=5&lr=0.001&seed=42', site: site(() => present), script: HASTE },
  async (visitor, t) => {
    await slower(visitor, t);
    present = { ...SLOW_WEBGPU, before: gpu(true) };
    await anew(visitor);
    await inSoftware(visitor);
    present = { before: NO_GPU };
    await anew(visitor);
    await without(visitor);
  },
);

/** Runs in the page: what it has sent to its workers, and how often it had nothing else to do. */
const RECORDED = `globalThis.sent = [];
globalThis.idled = 0;
const { postMessage } = Worker.prototype;
Worker.prototype.postMessage = function (...rest) {
  globalThis.sent.push(rest[0].type);
  return postMessage.apply(this, rest);
};
const idle = globalThis.requestIdleCallback;
globalThis.requestIdleCallback = (task, options) => idle((deadline) => { task(deadline); globalThis.idled += 1; }, options);`;

visit(
  'before any run the visitor may ask which is faster; nothing is trained, and nothing is made ready for another backend than the visitor switched to',
  { query: '?backend=webgpu', site: site(() => SLOW_WEBGPU), script: RECORDED },
  async (visitor) => {
    const { page } = visitor;
    await visitor.type(SMALL);
    assert.deepEqual(await trying(visitor), { said: 'Trying this recipe on the CPU and on WebGPU…', pressable: false });
    assert.match(await offer(visitor), /the CPU is [\d,.]+ times as fast\.$/);
    assert.equal(await visitor.state(), 'idle');
    assert.deepEqual(await visitor.lines(), []);

    // The figures belong to this recipe: to others of its shape too, and to no other.
    await visitor.type({ epochs: 30, seed: 7 });
    await visitor.eventually(async () => assert.match(await visitor.find('link').inputValue(), /seed=7/));
    assert.ok(await offers(visitor));
    await visitor.type({ hidden: 8 });
    await visitor.eventually(async () => assert.equal(await visitor.text('offer'), ''));
    assert.ok(!(await offers(visitor)));
    await visitor.type({ hidden: 4, epochs: 5, seed: 42 });
    await visitor.eventually(async () => assert.ok(await offers(visitor)));

    await visitor.press('switch');
    assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'switched' });
    const [idled, sent] = await page.evaluate('[globalThis.idled, globalThis.sent.length]');
    await visitor.type({ hidden: 8 });
    await visitor.eventually(async () => assert.ok(await page.evaluate(`globalThis.idled > ${idled}`)));
    assert.doesNotMatch(await page.evaluate(`globalThis.sent.slice(${sent}).join(' ')`), /prepare/);
    assert.deepEqual(await visitor.train({ hidden: 4 }), onTheCpu);
    assert.deepEqual(await visitor.states(), ['idle', 'running', 'done'], 'WebGPU was not tried for the run');
    assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'switched' });
  },
);

/** The trial that says when it has its module: what is broken off on its way would count as a failed request. */
const TELLING = `globalThis.trial = true;
const { instantiateStreaming } = WebAssembly;
WebAssembly.instantiateStreaming = async (...rest) => {
  const own = await instantiateStreaming.apply(WebAssembly, rest);
  new BroadcastChannel('trial').postMessage('loaded');
  return own;
};`;

/** Runs in the page: hears that. */
const HEARING = "globalThis.loaded = new Promise((resolve) => { new BroadcastChannel('trial').onmessage = resolve; }).then(() => true);";

/** The trial that dies. */
const DYING = "addEventListener('message', () => { throw new Error('a cosmic ray'); });";

/** What ends a trial. @param {Visitor} visitor */
async function ended(visitor) {
  await visitor.type(SMALL);
  await visitor.press('trial');
  await visitor.eventually(async () => assert.match(await visitor.text('offer'), /^Trying/));
  await visitor.page.evaluate('globalThis.loaded');
  assert.deepEqual(await visitor.train(), onTheCpu);
  assert.equal(await visitor.text('offer'), 'The trial was left, since a run began.');
  assert.ok(await visitor.find('trial').isEnabled());

  await visitor.type({ d: 0 });
  await visitor.press('trial');
  assert.match(await visitor.notice(), /^d = 0 is out of range/);
  assert.equal(await visitor.text('offer'), '');
  await visitor.type({ d: 2 });
  await visitor.press('trial');
  await visitor.eventually(async () => assert.match(await visitor.text('offer'), /^The trial failed: .*a cosmic ray\.$/));
  assert.deepEqual(await visitor.train(), onTheCpu);
}

/** Who asked for the CPU, where it is slow. @param {Visitor} visitor @param {TestContext} t */
async function asked(visitor, t) {
  await hasten(visitor);
  await visitor.type({ n: 60, epochs: 200 });
  await visitor.press('train');
  await visitor.underWay({ seconds: 3 });
  assert.equal(await visitor.text('offer'), '');
  assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'asked' });
  assert.match(await visitor.text('backend'), /the address of this page asks for it/);
  // That the CPU's own speed is known by then shows that the page could have made an offer.
  assert.deepEqual(await trying(visitor), { said: 'Trying this recipe on WebGPU…', pressable: false });
  const words = await offer(visitor);
  t.diagnostic(words);
  assert.match(words, /WebGPU is [\d,.]+ times as fast\. Switching starts this run again from its beginning\.$/);
  assert.equal(await visitor.text('switch'), 'Start again on WebGPU');
  await visitor.press('switch');
  await visitor.reach('done');
  assert.equal((await visitor.lines()).length, 200);
  assert.deepEqual((await visitor.passed()).slice(-2), ['running', 'done']);
  assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' });
}

/** The first trial is slow on the CPU, the second dies; so is what has fifteen steps an epoch. @type {Machine} */
const TRYING = { trials: [TELLING, DYING], cpu: slow('globalThis.trial', 500) + slow('this.stepsPerEpoch === 15') };

visit(
  'a run that begins ends the trial, in words; a trial of a recipe that cannot run points at the field; one that dies is told in words and harms nothing; a visitor who asked for the CPU is not bothered, however long the run, but may ask, and switch to WebGPU',
  { site: site(() => TRYING), script: `${HASTE}\n${HEARING}` },
  async (visitor, t) => {
    await ended(visitor);
    await asked(visitor, t);
  },
);
