// @ts-check
/** A GPU that is lost in the midst of a run and comes back, in each browser that has WebGPU; and what befalls a worker once it has trained for some epochs. */
import assert from 'node:assert/strict';
import { DEVICES, extended, MODULE, preceded, UNTRIED, WORKER } from './browser.mjs';

/** @typedef {import('./browser.mjs').Circumstances} Circumstances */
/** @typedef {import('./browser.mjs').Visitor} Visitor */
/** @typedef {import('node:test').TestContext} TestContext */

/** A run whose shape is soon computed. */
export const ON_GPU = { m: 4, hidden: 8, n: 320, epochs: 120 };

/** Where a run went on from. */
export const FROM = /from the end of epoch (\d+); nothing before it has changed\.$/;

/** For a worker: does something when so many epochs have come in from now on. @param {number} epochs @param {string} deed */
export const onceTrained = (epochs, deed) => `{
  let epochs = 0;
  const { postMessage } = self;
  self.postMessage = (message, ...rest) => {
    postMessage.call(self, message, ...rest);
    if (message.type !== 'progress' || epochs >= ${epochs}) return;
    epochs += message.reports.length;
    if (epochs < ${epochs}) return;
    ${deed}
  };
}`;

/** The worker that trains, with its GPU devices within reach, which does something when so many epochs have come in. @param {number} epochs @param {string} deed */
export const afterEpochs = (epochs, deed) => preceded(`${DEVICES}\n${onceTrained(epochs, deed)}`);

/** Loses its device by itself. CubeCL may die of it, and say so. */
const LOSES = afterEpochs(5, 'console.error = () => {}; devices.at(-1).destroy();');

/** Every worker after the first tells the others when it stops. */
const TELLS = `const stops = new BroadcastChannel('stops');
const { postMessage } = self;
self.postMessage = (message, ...rest) => {
  postMessage.call(self, message, ...rest);
  if (message.type === 'stopped') stops.postMessage('');
};`;

/** The CPU waits at epoch 20 until a worker has stopped, which is the one that tries WebGPU, and takes its time then. */
const WAITS = `const stopped = new Promise((resolve) => void (new BroadcastChannel('stops').onmessage = resolve));
const { collect } = Session.prototype;
Session.prototype.collect = async function () {
  if (this.epoch >= 20) {
    await stopped;
    await new Promise((later) => setTimeout(later, 50));
  }
  return collect.call(this);
};`;

/**
 * The first worker loses its GPU, the second trains on the CPU, and the third tries WebGPU again; what is done there later is not held up.
 * @param {string} [more] for every worker after the first @returns {Circumstances}
 */
export const comingBack = (more = '') => ({
  query: '?backend=webgpu',
  script: UNTRIED,
  site: {
    [WORKER]: { text: (own, nth) => (nth === 1 ? LOSES : preceded(`${more}\n${TELLS}`)).text(own, nth) },
    [MODULE]: { text: (own, nth) => (nth > 3 ? own : extended(own, WAITS)) },
  },
});

/** More than the CPU has trained when the GPU is back. */
const EPOCHS = 40;

/** How far a run may be from one that nothing disturbs, after so few steps: the backends add in another order. */
const RELATIVE = 1e-2;

/** The run goes over to the CPU and back, and ends as one that nothing disturbs. @param {Visitor} visitor @param {TestContext} t */
export async function comesBack(visitor, t) {
  await visitor.type({ ...ON_GPU, epochs: EPOCHS });
  await visitor.press('train');
  await visitor.eventually(async () => assert.match(await visitor.text('notice'), /^WebGPU failed in epoch \d+: .* The run went on on the CPU/));
  const failed = Number(FROM.exec(await visitor.text('notice'))?.[1]);
  await visitor.reach('done');
  const notice = await visitor.text('notice');
  const back = Number(/^WebGPU is back, and was checked against the CPU: the run went on on it from the end of epoch (\d+); /.exec(notice)?.[1]);
  assert.ok(failed >= 1 && back > failed && back < EPOCHS, `${failed}, ${back}: ${notice}`);
  assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' });
  assert.match(
    (await visitor.find('chart').getAttribute('aria-label')) ?? '',
    new RegExp(`What changes: on the CPU from epoch ${failed + 1}, on WebGPU from epoch ${back + 1}\\.`),
  );
  assert.equal(await visitor.page.locator('#chart line.change').count(), 2);
  assert.deepEqual(await visitor.passed(), ['idle', 'running', 'done'], 'it has trained all the while');
  const found = await visitor.table();
  assert.equal(found.length, EPOCHS);
  const { mse } = await visitor.heldOut();
  // The worker that it went over to trains the whole run, with nothing to disturb it.
  const before = await visitor.states();
  await visitor.press('reset');
  await visitor.eventually(async () => assert.deepEqual(await visitor.states(), [...before, 'running', 'done']));
  await visitor.reach('done');
  const all = await visitor.table();
  const apart = Math.max(...all.map((value, i) => Math.abs(value - found[i]) / value), Math.abs((await visitor.heldOut()).mse - mse) / mse);
  t.diagnostic(`lost at epoch ${failed}, back at ${back}; ${apart.toExponential(1)} from the undisturbed run at most`);
  assert.ok(apart < RELATIVE, `${apart}`);
  assert.doesNotMatch((await visitor.find('chart').getAttribute('aria-label')) ?? '', /What changes/);
}
