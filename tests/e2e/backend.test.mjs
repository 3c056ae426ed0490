// @ts-check
/** The choice of a backend: every reason not to take WebGPU ends on the CPU, in words, with a run that works. */
import './written.mjs';
import assert from 'node:assert/strict';
import { MISSING, preceded, visitors } from './browser.mjs';

/** @typedef {import('./browser.mjs').Substitute} Substitute */
/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

/** The worker with another WebGPU: imports come first, so it is in place before anything asks for it. @param {string} gpu @returns {Substitute} */
function withGpu(gpu) {
  return preceded(`Object.defineProperty(navigator, 'gpu', { value: ${gpu} });`);
}

/** An adapter to pass the probe. @param {string} [differing] */
function adapter(differing = '') {
  return `{ requestAdapter: async () => ({
    info: { vendor: 'acme', architecture: 'anvil', description: 'a test’s own', isFallbackAdapter: false },
    features: new Set(['timestamp-query']), requestDevice: async () => ({ destroy() {} }), ${differing} }) }`;
}

/**
 * A WebGPU module that is the CPU's but for what differs.
 * @param {string} differing its own exports, which hide the CPU's @returns {Substitute}
 */
function module(differing) {
  const text = `import init, * as cpu from '../cpu/phi_psi.js';
    export * from '../cpu/phi_psi.js';
    export default init;
    ${differing}`;
  return { route: (route) => route.fulfill({ contentType: 'text/javascript', body: text }) };
}

const MODULE = 'www/pkg/webgpu/phi_psi.js';

/** A trap in wasm: the awaited promise stays open, and the error surfaces elsewhere. */
const TRAP = "{ void Promise.reject(new WebAssembly.RuntimeError('unreachable')); await new Promise(() => {}); }";

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {string} reason
 * @property {RegExp} words
 * @property {Record<string, Substitute>} site
 * @property {RegExp[]} [expect]
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
    site: { 'www/worker/worker.js': withGpu('{ requestAdapter: () => new Promise(() => {}) }') },
  },
  {
    name: 'the device is refused',
    reason: 'refused',
    words: /could not be started: out of devices.*acme anvil/,
    site: { 'www/worker/worker.js': withGpu(adapter("requestDevice: () => Promise.reject(new Error('out of devices'))")) },
  },
  {
    name: 'the WebGPU module is missing',
    reason: 'refused',
    words: /could not be started/,
    site: { 'www/worker/worker.js': withGpu(adapter()), [MODULE]: MISSING },
    expect: [/(answer 404|failed request): .*pkg\/webgpu/],
  },
  {
    name: 'the WebGPU module’s wasm is garbage',
    reason: 'refused',
    words: /could not be started/,
    site: {
      'www/worker/worker.js': withGpu(adapter()),
      'www/pkg/webgpu/phi_psi_bg.wasm': { route: (route) => route.fulfill({ contentType: 'application/wasm', body: 'this is no module' }) },
    },
  },
  {
    name: 'the module’s device is refused',
    reason: 'refused',
    words: /could not be started: no limits were good enough/,
    site: {
      'www/worker/worker.js': withGpu(adapter()),
      [MODULE]: module("export async function openDevice() { throw new Error('no limits were good enough'); }"),
    },
  },
  {
    name: 'the module traps as it opens its device',
    reason: 'refused',
    words: /could not be started: unreachable/,
    site: { 'www/worker/worker.js': withGpu(adapter()), [MODULE]: module(`export async function openDevice() ${TRAP}`) },
  },
  {
    name: 'three steps disagree with the CPU',
    reason: 'self-check',
    words: /did not agree with the CPU’s: losses .* instead of/,
    site: {
      'www/worker/worker.js': withGpu(adapter()),
      [MODULE]: module('export const selfCheck = async () => (await cpu.selfCheck()).map((loss) => loss * 1.002);'),
    },
  },
  {
    name: 'the self-check traps',
    reason: 'self-check',
    words: /did not agree with the CPU’s: unreachable/,
    site: { 'www/worker/worker.js': withGpu(adapter()), [MODULE]: module(`export async function selfCheck() ${TRAP}`) },
  },
];

/** A small recipe of sixteen steps an epoch. */
const SMALL = { m: 2, hidden: 4, n: 64, batch: 4 };

/** Runs in the page: the visitor saves data, so that no speed is measured before the click. */
const THRIFTY = "Object.defineProperty(navigator, 'connection', { value: { saveData: true } });";

/** @type {Promise<string[]> | undefined} */
let onTheCpu;

for (const { name, reason, words, site, expect } of CASES) {
  visit(`${name}: the run is on the CPU (${reason})`, { query: '', site, ...(expect && { expect }) }, async (visitor) => {
    const began = Date.now();
    const lines = await visitor.train(SMALL);
    assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason });
    assert.match(await visitor.text('backend'), words);
    assert.equal(await visitor.text('notice'), '', 'a choice that the page made itself is no alarm');
    assert.deepEqual(await visitor.passed(), ['idle', 'running', 'done']);
    assert.deepEqual(lines, await (onTheCpu ??= Promise.resolve(lines)), 'the CPU’s numbers, whatever came before');
    if (reason === 'silent') assert.ok(Date.now() - began > 3_500, 'the driver was given its four seconds');
    if (words.source.endsWith('unreachable')) {
      // The worker is another one, and a second run does not try again.
      await visitor.train();
      assert.deepEqual((await visitor.states()).slice(-2), ['running', 'done']);
      assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason });
    }
  });
}

visit(
  'a forced WebGPU that is not to be had ends on the CPU with an alarm in words',
  { query: '?backend=webgpu', site: { 'www/worker/worker.js': withGpu('undefined') } },
  async (visitor) => {
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
    site: {
      'www/worker/worker.js': withGpu(adapter()),
      [MODULE]: module(`export const selfCheck = async () => (await cpu.selfCheck()).map((loss) => loss * 1.0005);
      let calls = 0;
      const { collect } = cpu.Session.prototype;
      cpu.Session.prototype.collect = async function () { if (this.stepsPerEpoch === 15 && ++calls === 4) ${TRAP} return collect.call(this); };`),
    },
  },
  async (visitor) => {
    const whole = await visitor.train(SMALL);
    assert.deepEqual(whole, await (onTheCpu ?? Promise.resolve(whole)));
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
