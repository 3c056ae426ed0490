// @ts-check
/** Whether WebGPU is usable, as the probe finds out from what a browser answers. What the page makes of it is in e2e/backend.test.mjs, in which words in words.test.mjs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probe } from '../../www/worker/probe.js';

/** @param {object} [own] what an adapter has of its own */
const adapter = (own) => ({ info: { vendor: 'acme', architecture: 'anvil' }, requestDevice: async () => ({ destroy() {} }), ...own });

/** A browser with that adapter. @param {unknown} found */
const browser = (found) => ({ requestAdapter: async () => found });

/** @param {string} reason @param {string} [detail] */
const no = (reason, detail = '') => ({ usable: false, reason, detail, adapter: null });

const ANVIL = { vendor: 'acme', architecture: 'anvil', description: '', software: false };
const refuse = (/** @type {unknown} */ why) => () => Promise.reject(why);

/** @type {[string, unknown, unknown][]} */
const CASES = [
  ['there is no WebGPU', undefined, no('no-webgpu')],
  ['no adapter is found', browser(null), no('no-adapter')],
  ['asking for an adapter fails', { requestAdapter: refuse(new Error('blocked by policy')) }, no('no-adapter', 'blocked by policy')],
  ['the device is refused', browser(adapter({ requestDevice: refuse('out of devices') })), { ...no('refused', 'out of devices'), adapter: ANVIL }],
  ['there is one', browser(adapter()), { usable: true, adapter: ANVIL }],
  [
    'it says nothing of itself',
    browser(adapter({ info: undefined })),
    { usable: true, adapter: { vendor: '', architecture: '', description: '', software: false } },
  ],
];

/** @param {import('node:test').TestContext} t @param {unknown} gpu */
function given(t, gpu) {
  const own = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  t.after(() => (own ? Object.defineProperty(globalThis, 'navigator', own) : Reflect.deleteProperty(globalThis, 'navigator')));
}

for (const [what, gpu, finding] of CASES) {
  test(`${what}: ${/** @type {{ reason?: string }} */ (finding).reason ?? 'usable'}`, async (t) => {
    given(t, gpu);
    assert.deepEqual(await probe('auto'), finding);
  });
}

test('a driver that is silent is given four seconds for an adapter, and thirty for a device', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const silent = () => new Promise(() => {});
  for (const [gpu, ms, finding] of /** @type {const} */ ([
    [{ requestAdapter: silent }, 4_000, no('silent')],
    [browser(adapter({ requestDevice: silent })), 30_000, { ...no('refused', 'no answer within 30 s'), adapter: ANVIL }],
  ])) {
    given(t, gpu);
    /** @type {unknown} */
    let found;
    void probe('auto').then((finding) => (found = finding));
    const settled = () => new Promise((resolve) => setImmediate(resolve));
    await settled();
    t.mock.timers.tick(ms - 1);
    await settled();
    assert.equal(found, undefined);
    t.mock.timers.tick(1);
    await settled();
    assert.deepEqual(found, finding);
  }
});

test('an adapter in software, by its word or by its name, is taken only where it is asked for', async (t) => {
  for (const own of [
    { info: { vendor: 'acme', architecture: 'anvil', isFallbackAdapter: true } },
    { isFallbackAdapter: true },
    ...['swiftshader', 'llvmpipe', 'lavapipe'].map((architecture) => ({ info: { architecture } })),
    ...['SwiftShader Device', 'Microsoft Basic Render Driver'].map((description) => ({ info: { description } })),
  ]) {
    given(t, browser(adapter(own)));
    const unasked = await probe('auto');
    assert.ok(!unasked.usable && unasked.reason === 'software' && unasked.adapter?.software, JSON.stringify(own));
    assert.deepEqual(await probe('webgpu'), { usable: true, adapter: unasked.adapter });
  }
});
