// @ts-check
/** Files of weights that are brought one after another, before a trainer of our own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RefusalError } from '../../www/run/errors.js';
import { Brought } from '../../www/view/run/brought.js';
import { settled } from './scripted.mjs';

/** A file that is read when the test says so. @param {string} name */
function file(name) {
  let read = () => {};
  const bytes = new Promise((resolve) => (read = () => resolve(new ArrayBuffer(4))));
  return { file: /** @type {File} */ (/** @type {unknown} */ ({ name, size: 4, arrayBuffer: () => bytes })), read };
}

test('files are opened in the order in which they were brought, and one that is never read is given up once another has waited for it', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const inspect = () => Promise.reject(new RefusalError('', 'it is none'));
  const brought = new Brought(/** @type {any} */ ({ trainer: { inspect }, form: { watch: () => ({ end() {}, names: [] }) }, comparison: {} }), () => {});
  /** @type {string[]} */
  const told = [];
  const bring = (/** @type {{ file: File }} */ one) => void brought.bring([one.file]).catch(({ message }) => told.push(message));
  const opened = (/** @type {string} */ name) => `“${name}” cannot be opened: it is none.`;
  const later = async (ms = 0) => {
    t.mock.timers.tick(ms);
    await settled();
  };
  const [slow, quick, stuck, next] = ['slow', 'quick', 'stuck', 'next'].map(file);
  bring(slow);
  await later(60_000);
  bring(quick);
  quick.read();
  await later(4_999);
  assert.deepEqual(told, []);
  slow.read();
  await later();
  assert.deepEqual(told, [opened('slow'), opened('quick')]);

  told.length = 0;
  bring(stuck);
  bring(next);
  next.read();
  await later();
  await later(4_999);
  assert.deepEqual(told, []);
  await later(1);
  assert.deepEqual(told, ['“stuck” was not read before the next file was to be opened: choose it again.', opened('next')]);
});
