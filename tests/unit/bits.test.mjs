// @ts-check
/**
 * On the CPU the same link gives the same bits on every machine: the modules that ship, in whatever Node this runs in. `cargo xtask bits` has it
 * run in Node for aarch64 too.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpu, lab } from './module.mjs';
import { bits, hash, LINKS } from './recorded.mjs';

const [engine, solver] = await Promise.all([cpu(), lab()]);

/** What the browsers' links do not have: cosines, exponentials and logarithms in software. @type {typeof LINKS} */
const FURTHER = [
  [
    'fresh draws and a cosine',
    'v=2&d=2&m=16&hidden=64&n=256&batch=64&epochs=4&lr=0.003&seed=42&fresh=1&schedule=cosine',
    '6b135bbcd6c4c08fe57b71fab408ca6e686aa9140de67852dba297c0296d5f8e',
  ],
  [
    'another function',
    'v=6&d=2&m=8&hidden=32&n=256&batch=64&epochs=3&lr=0.001&seed=42&target=softplus',
    'af20fc3f6a3cc51f9f99bc17c4abb87d78bbe865973a5b6087eed1b1687cd474',
  ],
];

for (const [name, link, recorded] of [...LINKS, ...FURTHER]) {
  test(`${name}: the recorded bits`, async () => {
    // One call for each epoch, a call for each micro-batch, and pieces that fit nothing.
    for (const size of [0xffff_ffff, 1, 7]) assert.equal(hash(await trained(link, size)), recorded, `${size} micro-batches a call`);
  });
}

test('moments of a hidden unit that has died, below the smallest normal number: the recorded bits', async () => {
  const session = await engine.Session.open(fields('v=1&d=1&m=2&hidden=8&n=16&batch=1&epochs=70&lr=0.1&seed=42'));
  while (!session.done) {
    session.queue(0xffff_ffff, 0xffff_ffff);
    await session.collect();
  }
  const checkpoint = await session.checkpoint();
  session.free();
  assert.ok(checkpoint);
  const numbers = singles(checkpoint);
  assert.ok(numbers.some((number) => number !== 0 && Math.abs(number) < 2 ** -126));
  assert.equal(hash({ losses: numbers, weights: [] }), 'cb7437880062e9ff883450c8e9ad2ca9b5d07598eb4bee02a43cf866c477e414');
});

test('the last layers in closed form: the recorded bits', () => {
  const solve = solver.Solve.open(fields(LINKS[0][1]), undefined, 512);
  while (solve.advance(64) < 1);
  const { mse, file } = solve.finish();
  assert.equal(hash({ losses: [mse], weights: file }), 'cca18ed6029392d0efff0e21811d93a119a97d0670660c9b139e0596b16bbab1');
});

test('the floors of every width: the recorded bits', () => {
  const found = bits(solver.floors(3, 64));
  assert.equal(hash({ losses: [], weights: new Uint8Array(found.buffer) }), '359d9b4cac2ef58effdb1f843da05cafbe0d2146fb742677e93817a216bf8660');
});

/** @param {string} link @param {number} size micro-batches that a call trains on @returns {Promise<import('./recorded.mjs').Outcome>} */
async function trained(link, size) {
  const session = await engine.Session.open(fields(link));
  const losses = [];
  while (!session.done) {
    session.queue(size, 0xffff_ffff);
    losses.push(...(await session.collect()).map(({ mse }) => mse));
  }
  const weights = await session.weightsFile({});
  session.free();
  return { losses, weights };
}

/** A link's recipe as it is typed. @param {string} link */
function fields(link) {
  const { recipe } = engine.readLink(link);
  return Object.fromEntries(Object.entries(recipe).map(([key, value]) => [key, String(value)]));
}

/** The numbers of a safetensors file. @param {Uint8Array} file */
function singles(file) {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const from = 8 + Number(view.getBigUint64(0, true));
  return Array.from({ length: (file.length - from) / 4 }, (_, i) => view.getFloat32(from + 4 * i, true));
}
