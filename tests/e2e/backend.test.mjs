// @ts-check
/** The choice of a backend: every reason not to take WebGPU ends on the CPU, in words, with a run that works. */
import assert from 'node:assert/strict';
import { ADDRESS, BROKEN_OFF, MISSING, preceded, viewed, visitors } from './browser.mjs';
import { aroundCpu, shippedAt } from './shipped.mjs';

/** @typedef {import('./browser.mjs').Handler} Handler */
/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

const [WORKER, MODULE, WASM] = [shippedAt('worker'), shippedAt('module-webgpu'), shippedAt('module-webgpu', 'wasm')];

/** Before the worker, another WebGPU: the bundle has no imports that come first. @param {string} gpu */
const withGpu = (gpu) => `Object.defineProperty(navigator, 'gpu', { value: ${gpu} });`;

/** Before the worker: four seconds are over at once. */
const SOON = `{
  const own = setTimeout;
  globalThis.setTimeout = (task, ms, ...rest) => own(task, ms === 4_000 ? 50 : ms, ...rest);
}`;

/** An adapter to pass the probe. @param {string} [differing] */
function adapter(differing = '') {
  return `{ requestAdapter: async () => ({
    info: { vendor: 'acme', architecture: 'anvil', description: 'a test’s own', isFallbackAdapter: false },
    features: new Set(['timestamp-query']), requestDevice: async () => ({ destroy() {} }), ${differing} }) }`;
}

/** A WebGPU module that is the CPU's but for what differs. @param {string} differing its own exports, which hide the CPU's @returns {Handler} */
function module(differing) {
  return { route: (route) => route.fulfill({ contentType: 'text/javascript', body: aroundCpu(differing, '') }) };
}

/** A trap in wasm: the awaited promise stays open, and the error surfaces elsewhere. */
const TRAP = "{ void Promise.reject(new WebAssembly.RuntimeError('unreachable')); await new Promise(() => {}); }";

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {import('../../www/common/protocol.js').Reason} reason
 * @property {RegExp} words
 * @property {string} [gpu] an adapter to pass the probe where a case does not say
 * @property {Handler} [module]
 * @property {Handler} [wasm]
 * @property {boolean} [soon] whether what is given four seconds has had them at once, which unit/probe.test.mjs holds to the millisecond
 */

/**
 * Where the probe gives up is in tests/unit/probe.test.mjs, and how far losses may be apart in keeper.test.mjs; here is what comes of it, and of a module that
 * fails. Where there is no WebGPU at all, and where the address asks for the CPU, is in offer.test.mjs. @type {Case[]}
 */
const CASES = [
  {
    name: 'the driver is silent',
    reason: 'silent',
    words: /no answer within 4 seconds/,
    gpu: '{ requestAdapter: () => new Promise(() => {}) }',
    soon: true,
  },
  {
    name: 'the device is refused',
    reason: 'refused',
    words: /could not be started: out of devices.*acme anvil/,
    gpu: adapter("requestDevice: () => Promise.reject(new Error('out of devices'))"),
  },
  { name: 'the WebGPU module is missing', reason: 'refused', words: /could not be started/, module: MISSING },
  {
    name: 'the WebGPU module’s wasm is garbage',
    reason: 'refused',
    words: /could not be started/,
    wasm: { route: (route) => route.fulfill({ contentType: 'application/wasm', body: 'this is no module' }) },
  },
  {
    name: 'the module’s device is refused',
    reason: 'refused',
    words: /could not be started: no limits were good enough/,
    module: module("export async function openDevice() { throw new Error('no limits were good enough'); }"),
  },
  {
    name: 'the module traps as it opens its device',
    reason: 'refused',
    words: /could not be started: unreachable/,
    module: module(`export async function openDevice() ${TRAP}`),
  },
  {
    name: 'three steps disagree with the CPU',
    reason: 'self-check',
    words: /did not agree with the CPU’s: losses .* instead of/,
    module: module('export const selfCheck = async () => (await own.selfCheck()).map((loss) => loss * 1.002);'),
  },
  {
    name: 'the self-check traps',
    reason: 'self-check',
    words: /did not agree with the CPU’s: unreachable/,
    module: module(`export async function selfCheck() ${TRAP}`),
  },
];

/** A small recipe of sixteen steps an epoch. */
const SMALL = { m: 2, hidden: 4, n: 64, batch: 4 };

/** Runs in the page: the visitor saves data, so that no speed is measured before the click. */
const THRIFTY = "Object.defineProperty(navigator, 'connection', { value: { saveData: true } });";

/** @type {string[] | undefined} */
let onTheCpu;

/** The case that is met, or a WebGPU that the address asks for and there is none. @type {Partial<Case>} */
let met = CASES[0];

/** @param {'module' | 'wasm'} part @returns {Handler} */
const ofCase = (part) => ({ route: (route) => met[part]?.route(route) ?? route.fallback() });

visit(
  'whatever keeps WebGPU from being used, the run is on the CPU, which is said in words: a driver that is silent, a device that is refused, a module that is missing, garbage, traps or disagrees; a forced WebGPU that is not to be had ends there with an alarm',
  {
    query: '',
    // Made ready before the click, the alarm would come before it, and go with it.
    script: THRIFTY,
    site: {
      [WORKER]: { text: (own) => `${met.soon ? SOON : ''}\n${withGpu(met.gpu ?? adapter())}\n${own}` },
      [MODULE]: ofCase('module'),
      [WASM]: ofCase('wasm'),
    },
    expect: [/(answer 404|failed request): .*module-webgpu/],
  },
  async (visitor) => {
    const { page } = visitor;
    for (const one of CASES) {
      const { name, reason, words } = one;
      if (met !== one) {
        met = one;
        // Without the run that the address has by now.
        await page.goto(page.url().split('#')[0]);
      }
      const lines = await visitor.train(SMALL);
      assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason }, name);
      assert.match(await visitor.text('backend'), words, name);
      assert.equal(await visitor.text('notice'), '', `a choice that the page made itself is no alarm: ${name}`);
      assert.deepEqual(await visitor.passed(), ['idle', 'running', 'done'], name);
      assert.deepEqual(lines, (onTheCpu ??= lines), `the CPU’s numbers, whatever came before: ${name}`);
      if (words.source.endsWith('unreachable')) {
        // The worker is another one, and a second run does not try again.
        await visitor.train();
        assert.deepEqual((await visitor.states()).slice(-2), ['running', 'done'], name);
        assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason }, name);
      }
    }

    met = { gpu: 'undefined' };
    await page.goto(ADDRESS + viewed('?backend=webgpu', 'all'));
    assert.equal((await visitor.train(SMALL)).length, 5);
    assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'no-webgpu' });
    assert.match(
      await visitor.text('notice'),
      /^WebGPU was asked for \(\?backend=webgpu\), but this browser offers no WebGPU\. The run is on the CPU instead\.$/,
    );
  },
);

visit(
  'single precision’s own differences pass the self-check; WebGPU that dies during a run is told in words, and the run goes on on the CPU',
  {
    query: '',
    script: THRIFTY,
    // A timing that the next run breaks off may still be fetching its module.
    allow: [BROKEN_OFF],
    site: {
      [WORKER]: preceded(withGpu(adapter())),
      [MODULE]: module(`export const selfCheck = async () => (await own.selfCheck()).map((loss) => loss * 1.0005);
      let calls = 0;
      const { collect } = own.Session.prototype;
      own.Session.prototype.collect = async function () { if (this.stepsPerEpoch === 15 && ++calls === 4) ${TRAP} return collect.call(this); };`),
    },
  },
  async (visitor) => {
    const whole = await visitor.train(SMALL);
    assert.deepEqual(whole, onTheCpu ?? whole);
    assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' });
    assert.match(await visitor.text('backend'), /WebGPU on acme anvil a test’s own, because it is there, and three training steps on it agree/);
    const lines = await visitor.train({ n: 60 });
    assert.match(
      await visitor.notice(),
      /^WebGPU failed in epoch \d: unreachable\. The run went on on the CPU from (the beginning|the end of epoch \d); nothing before it has changed\.$/,
    );
    assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'lost' });
    assert.match(await visitor.text('backend'), /the CPU, because WebGPU failed during a run/);
    assert.match((await visitor.find('chart').getAttribute('aria-label')) ?? '', /What changes: on the CPU from epoch \d\./);
    assert.deepEqual(await visitor.train(), lines, 'the CPU’s numbers');
  },
);
