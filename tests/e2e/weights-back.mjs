// @ts-check
/** Weights that leave a page and come back in a fresh one, in each browser. */
import assert from 'node:assert/strict';
import { taken } from './downloads.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

export const RECIPE = { d: '2', m: '5', hidden: '7', n: '500', batch: '50', epochs: '30', lr: '0.02', seed: '11' };

/** @param {Visitor} visitor @param {string} name @param {Buffer} buffer */
export const choose = (visitor, name, buffer) => visitor.find('weights-file').setInputFiles({ name, mimeType: '', buffer });

/** They are asked at once, and training goes on from them. @param {Visitor} visitor @param {import('node:test').TestContext} t */
export async function weightsComeBack(visitor, t) {
  await visitor.train(RECIPE);
  const { mse } = await visitor.heldOut();
  const text = await visitor.comparison();
  const last = (await visitor.losses()).at(-1) ?? NaN;
  const { content } = await taken(visitor, 'take-weights');
  await visitor.page.reload();
  await visitor.type({ d: 'unread' });
  await choose(visitor, 'mine.safetensors', content);
  await visitor.eventually(async () => assert.deepEqual(await visitor.typed(), RECIPE));
  assert.equal(await visitor.comparison(), text, 'the same weights say the same of the same draw');
  assert.equal((await visitor.heldOut()).mse, mse);
  assert.match(await visitor.text('heldout-words'), /by the weights of “mine\.safetensors”/);
  assert.deepEqual(await visitor.passed(), ['idle', 'running', 'idle']);

  await visitor.train();
  const [first] = await visitor.losses();
  t.diagnostic(`epoch MSE ${last} at the end of the first run, ${first} at the beginning of the second`);
  assert.ok(first < 1.5 * last, 'training begins where it ended');
}
