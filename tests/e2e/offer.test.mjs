// @ts-check
/** Which backend is faster here: measured on the visitor's machine, told with figures, and offered, never imposed. */
import './written.mjs';
import assert from 'node:assert/strict';
import { preceded, visitors } from './browser.mjs';

/** @typedef {import('./browser.mjs').Substitute} Substitute */
/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

const GPU = preceded(`Object.defineProperty(navigator, 'gpu', { value: { requestAdapter: async () => ({
  info: { vendor: 'acme', architecture: 'anvil', description: '', isFallbackAdapter: false },
  features: new Set(['timestamp-query']), requestDevice: async () => ({ destroy() {} }) }) } });`);
const NO_GPU = preceded("Object.defineProperty(navigator, 'gpu', { value: undefined });");

/** The CPU's module as WebGPU's, from a file of its own that nothing else slows down. @param {string} [differing] @returns {Substitute} */
function webgpu(differing = '') {
  const text = `import init, * as own from '../cpu/phi_psi.js?own';
    export * from '../cpu/phi_psi.js?own';
    export default async ({ module_or_path }) => {
      await (await module_or_path).arrayBuffer();
      await init();
    };
    ${differing}`;
  return { route: (route) => route.fulfill({ contentType: 'text/javascript', body: text }) };
}

/** Every call waits first. @param {string} session @param {string} [where] a condition on the session @param {number} [ms] */
function slow(session, where = 'true', ms = 30) {
  return `{ const { collect } = ${session}.prototype;
    ${session}.prototype.collect = async function () {
      if (${where}) await new Promise((resolve) => setTimeout(resolve, ${ms}));
      return collect.call(this);
    }; }`;
}

const WORKERS = { 'www/worker/worker.js': GPU, 'www/worker/trial-worker.js': GPU };
const SLOW_WEBGPU = { ...WORKERS, 'www/pkg/webgpu/phi_psi.js': webgpu(slow('own.Session')) };
/** @type {Record<string, Substitute>} */
const SLOW_CPU = { ...WORKERS, 'www/pkg/webgpu/phi_psi.js': webgpu(), 'www/pkg/cpu/phi_psi.js': { text: (own) => `${own}\n${slow('Session')}` } };

const FIGURES = /^For this recipe WebGPU makes [\d,.]+ steps\/s here and the CPU [\d,.]+: (WebGPU|the CPU) is [\d,.]+ times as fast/;

/** What `#offer` says, once it says figures. @param {Visitor} visitor */
async function offer(visitor) {
  await visitor.eventually(async () => assert.match(await visitor.text('offer'), /^For this recipe/));
  return visitor.text('offer');
}

/** @param {Visitor} visitor */
function offers(visitor) {
  return visitor.find('switch').isVisible();
}

/** @type {string[]} */
let onTheCpu;

visit(
  'a run on a WebGPU that is slow for it makes the page offer the CPU, and the next run takes the offer',
  { query: '', site: SLOW_WEBGPU },
  async (visitor, t) => {
    onTheCpu = await visitor.train();
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
  },
);

visit('in the middle of a run the offer says that it starts again, and it does', { query: '', site: SLOW_WEBGPU }, async (visitor) => {
  await visitor.type({ epochs: 200 });
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
});

visit(
  'a visitor who asked for the CPU is not bothered, however long the run, but may ask, and switch to WebGPU',
  { query: '?backend=cpu', site: SLOW_CPU },
  async (visitor, t) => {
    await visitor.type({ epochs: 500 });
    await visitor.press('train');
    await visitor.underWay({ seconds: 2.2 });
    assert.equal(await visitor.text('offer'), '');
    await visitor.press('trial');
    // That the CPU's own speed is known by then shows that the page could have made an offer.
    await visitor.eventually(async () => assert.equal(await visitor.text('offer'), 'Trying this recipe on WebGPU…'));
    const words = await offer(visitor);
    t.diagnostic(words);
    assert.match(words, /WebGPU is [\d,.]+ times as fast\. Switching starts this run again from its beginning\.$/);
    assert.equal(await visitor.text('switch'), 'Start again on WebGPU');
    await visitor.press('switch');
    await visitor.reach('done');
    assert.equal((await visitor.lines()).length, 500);
    assert.deepEqual((await visitor.passed()).slice(-2), ['running', 'done']);
    assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' });
  },
);

visit(
  'who switched to the CPU is offered WebGPU where it is faster and the run is long',
  {
    query: '',
    site: {
      ...WORKERS,
      'www/pkg/webgpu/phi_psi.js': webgpu(slow('own.Session', 'this.stepsPerEpoch === 16')),
      'www/pkg/cpu/phi_psi.js': { text: (own) => `${own}\n${slow('Session', 'this.stepsPerEpoch === 17')}` },
    },
  },
  async (visitor) => {
    await visitor.train();
    assert.match(await offer(visitor), /the CPU is [\d,.]+ times as fast\.$/);
    await visitor.press('switch');
    await visitor.type({ n: 1_088, epochs: 500 });
    await visitor.press('train');
    assert.match(await offer(visitor), /WebGPU is [\d,.]+ times as fast\. Switching starts this run again from its beginning\.$/);
    assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'switched' });
    await visitor.press('switch');
    await visitor.reach('done');
    assert.equal((await visitor.lines()).length, 500);
    assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' });
  },
);

const SLOWER = /^Runs on the CPU, because it is faster for this recipe: [\d,.]+ steps\/s here, and WebGPU [\d,.]+ \(the adapter: acme anvil\)\.$/;

/** @param {Visitor} visitor */
async function chosenForItsSpeed(visitor) {
  await visitor.eventually(async () => assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'slower' }));
}

visit(
  'a WebGPU that is found to be slower before the click is not taken, with both figures and a switch beside them',
  { query: '', site: SLOW_WEBGPU },
  async (visitor, t) => {
    await chosenForItsSpeed(visitor);
    const words = await visitor.text('backend');
    t.diagnostic(words);
    assert.match(words, SLOWER);
    assert.equal(await visitor.state(), 'idle');
    assert.deepEqual(await visitor.train(), onTheCpu);
    assert.deepEqual(await visitor.states(), ['idle', 'running', 'done'], 'nothing was waited for');
    assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'slower' });

    assert.equal(await visitor.text('switch-back'), 'Switch to WebGPU');
    await visitor.press('switch-back');
    assert.match(await visitor.text('backend'), /^The next run is on WebGPU, because you switched to it; it starts with the next run\.$/);
    assert.ok(!(await visitor.find('switch-back').isVisible()));
    assert.deepEqual(await visitor.train(), onTheCpu, 'the stub is the CPU’s module, slowed');
    assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' });
    assert.equal(await visitor.text('notice'), '');
  },
);

visit(
  'a WebGPU that is as fast keeps the run, and which is faster is found out anew for each recipe',
  {
    query: '',
    site: { ...WORKERS, 'www/pkg/webgpu/phi_psi.js': webgpu(slow('own.Session', 'this.stepsPerEpoch === 17')) },
  },
  async (visitor) => {
    await visitor.eventually(async () => assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' }));
    await visitor.type({ n: 1_088 });
    await chosenForItsSpeed(visitor);
    await visitor.type({ n: 1_024 });
    await visitor.train();
    assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' });
  },
);

visit('before any run the visitor may ask which is faster, and nothing is trained', { query: '?backend=webgpu', site: SLOW_WEBGPU }, async (visitor) => {
  await visitor.press('trial');
  await visitor.eventually(async () => assert.equal(await visitor.text('offer'), 'Trying this recipe on the CPU and on WebGPU…'));
  assert.ok(await visitor.find('trial').isDisabled());
  assert.match(await offer(visitor), /the CPU is [\d,.]+ times as fast\.$/);
  assert.equal(await visitor.state(), 'idle');
  assert.deepEqual(await visitor.lines(), []);

  // The figures belong to this recipe: to others of its shape too, and to no other.
  await visitor.type({ epochs: 30, seed: 7 });
  await visitor.eventually(async () => assert.match(await visitor.find('link').inputValue(), /seed=7/));
  assert.ok(await offers(visitor));
  await visitor.type({ hidden: 32 });
  await visitor.eventually(async () => assert.equal(await visitor.text('offer'), ''));
  assert.ok(!(await offers(visitor)));
  await visitor.type({ hidden: 64, epochs: 5, seed: 42 });
  await visitor.eventually(async () => assert.ok(await offers(visitor)));

  await visitor.press('switch');
  assert.deepEqual(await visitor.train(), onTheCpu);
  assert.deepEqual(await visitor.states(), ['idle', 'running', 'done'], 'WebGPU was not tried for the run');
});

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
  'what the visitor switched to stays, and nothing is made ready for another backend',
  { query: '?backend=webgpu', site: SLOW_WEBGPU, script: RECORDED },
  async (visitor) => {
    const { page } = visitor;
    await visitor.press('trial');
    await offer(visitor);
    await visitor.press('switch');
    assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'switched' });
    const [idled, sent] = [await page.evaluate('globalThis.idled'), await page.evaluate('globalThis.sent.length')];
    await visitor.type({ hidden: 32 });
    await visitor.eventually(async () => assert.ok(await page.evaluate(`globalThis.idled > ${idled}`)));
    assert.doesNotMatch(await page.evaluate(`globalThis.sent.slice(${sent}).join(' ')`), /prepare/);
    await visitor.train();
    assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'switched' });
  },
);

visit(
  'where there is no WebGPU the answer is the reason',
  { query: '', site: { 'www/worker/worker.js': NO_GPU, 'www/worker/trial-worker.js': NO_GPU } },
  async (visitor) => {
    await visitor.press('trial');
    assert.match(await offer(visitor), /^For this recipe the CPU makes [\d,.]+ steps\/s here\. WebGPU cannot be used: this browser offers no WebGPU\.$/);
    assert.ok(!(await offers(visitor)));
    assert.equal((await visitor.train()).length, 5);
    assert.equal(await visitor.text('notice'), '');
  },
);

/** The trial that says when it has its module: what is broken off on its way would count as a failed request. */
const TELLING = preceded(`globalThis.trial = true;
const { instantiateStreaming } = WebAssembly;
WebAssembly.instantiateStreaming = async (...rest) => {
  const own = await instantiateStreaming.apply(WebAssembly, rest);
  new BroadcastChannel('trial').postMessage('loaded');
  return own;
};`);

/** Runs in the page: hears that. */
const HEARING = "globalThis.loaded = new Promise((resolve) => { new BroadcastChannel('trial').onmessage = resolve; }).then(() => true);";

visit(
  'a run that begins ends the trial, in words',
  {
    site: { 'www/worker/trial-worker.js': TELLING, 'www/pkg/cpu/phi_psi.js': { text: (own) => `${own}\n${slow('Session', 'globalThis.trial', 500)}` } },
    script: HEARING,
  },
  async (visitor) => {
    await visitor.press('trial');
    await visitor.eventually(async () => assert.match(await visitor.text('offer'), /^Trying/));
    await visitor.page.evaluate('globalThis.loaded');
    assert.deepEqual(await visitor.train(), onTheCpu);
    assert.equal(await visitor.text('offer'), 'The trial was left, since a run began.');
    assert.ok(await visitor.find('trial').isEnabled());
  },
);

visit('a trial of a recipe that cannot run points at the field', {}, async (visitor) => {
  await visitor.type({ d: 0 });
  await visitor.press('trial');
  assert.match(await visitor.notice(), /^d = 0 is out of range/);
  assert.equal(await visitor.text('offer'), '');
});

visit(
  'a trial that dies is told in words and harms nothing',
  { site: { 'www/worker/trial-worker.js': preceded("addEventListener('message', () => { throw new Error('a cosmic ray'); });") } },
  async (visitor) => {
    await visitor.press('trial');
    await visitor.eventually(async () => assert.match(await visitor.text('offer'), /^The trial failed: .*a cosmic ray\.$/));
    assert.equal((await visitor.train()).length, 5);
  },
);
