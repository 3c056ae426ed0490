// @ts-check
/** How much is asked of a session at a time, and how far ahead: the pump alone, on a session whose clock is the test's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pump } from '../../www/worker/pump.js';

/** @typedef {import('../../www/common/protocol.js').Session} Session */

let clock = 0;
performance.now = () => clock;

/** A device that does one piece after the other: a micro-batch takes so long, and an answer comes so much later. */
class Device {
  stepsPerEpoch = 16;
  microBatchesPerStep = 1;
  /** @type {{ size: number, done: number }[]} */
  #pieces = [];
  #free = 0;
  /** Every size that was asked for, and the most pieces that were on their way. @type {number[]} */
  sizes = [];
  most = 0;

  /** @param {number} ms of a micro-batch @param {number} late the answer @param {number} [epochs] of 16 micro-batches each */
  constructor(ms, late, epochs = Infinity) {
    this.ms = ms;
    this.late = late;
    this.left = epochs * this.stepsPerEpoch;
  }

  get pending() {
    return this.#pieces.length;
  }

  /** @param {number} wanted */
  queue(wanted) {
    const size = Math.min(wanted, this.left);
    if (size === 0) return 0;
    this.left -= size;
    this.sizes.push(size);
    this.#free = Math.max(this.#free, clock) + size * this.ms;
    this.#pieces.push({ size, done: this.#free + this.late });
    this.most = Math.max(this.most, this.#pieces.length);
    return size;
  }

  async collect() {
    const piece = this.#pieces.shift();
    assert.ok(piece, 'nothing is collected that was not asked for');
    clock = Math.max(clock, piece.done);
    return [];
  }
}

/** @param {Device} device @returns {Session} */
const session = (device) => /** @type {any} */ (device);

let nth = 0;

/** Some pieces. @param {Device} device @param {import('../../www/worker/pump.js').Kind} kind @param {number} pieces */
async function pumped(device, kind, pieces) {
  // Sizes are remembered by name.
  const pump = new Pump(session(device), kind, `device ${nth++}`);
  for (let i = 0; i < pieces; i += 1) await pump.next(Infinity);
  return pump;
}

test('a card is kept at work, a few pieces ahead, and would be still within a tenth of a second', async () => {
  for (const [ms, late] of [
    [0.013, 0.3],
    [0.1, 1],
    [1, 0.3],
    [5, 2],
  ]) {
    const device = new Device(ms, late);
    await pumped(device, 'card', 200);
    const last = device.sizes.slice(-20);
    const ahead = Math.max(...last) * device.most * ms + late;
    assert.ok(device.most > 1 && device.most <= 4, `${device.most} pieces`);
    assert.ok(ahead > 20 && ahead < 130, `${ms} ms each: ${ahead.toFixed(0)} ms are on their way`);
  }
});

test('a read that takes its time, whatever is asked, costs a card less than a tenth of its rate', async () => {
  for (const late of [30, 100]) {
    const [device, prompt] = [new Device(0.5, late), new Device(0.5, 0)];
    await pumped(device, 'card', 60);
    await pumped(prompt, 'card', 60);
    const rates = [];
    for (const one of [device, prompt]) {
      const pump = new Pump(session(one), 'card', `device ${one === device ? nth - 2 : nth - 1}`);
      const from = clock;
      for (let i = 0; i < 40; i += 1) await pump.next(Infinity);
      await pump.settle();
      rates.push(pump.done / (clock - from));
    }
    const part = rates[0] / rates[1];
    assert.ok(part > 0.9, `${late} ms late: ${part.toFixed(2)} of the rate`);
  }
});

test('exactly what is left is asked for, and the time is that of the work', async () => {
  const device = new Device(2, 0);
  const pump = new Pump(session(device), 'card', 'exactly');
  pump.left = 100;
  for (let i = 0; i < 50; i += 1) await pump.next(Infinity);
  assert.equal(pump.done, 100);
  assert.equal(device.pending, 0);
  assert.ok(Math.abs(pump.seconds - 0.2) < 1e-9, `${pump.seconds} s`);
  clock += 10_000;
  pump.left = 1;
  await pump.next(Infinity);
  assert.ok(Math.abs(pump.seconds - 0.202) < 1e-9, 'a pause is no work');
});

test('a run that ends is asked for no more, and settles', async () => {
  const device = new Device(1, 5, 3);
  const pump = new Pump(session(device), 'software', 'ends');
  for (let i = 0; i < 30; i += 1) await pump.next(Infinity);
  assert.deepEqual([pump.done, device.pending, await pump.settle()], [48, 0, []]);
});

test('pieces of a fixed size are waited for one by one', async () => {
  const device = new Device(1, 5);
  const pump = new Pump(session(device), 'card', 'fixed', 3);
  for (let i = 0; i < 10; i += 1) await pump.next(Infinity);
  assert.deepEqual(device.sizes, Array(10).fill(3));
  assert.equal(device.most, 1);
});
