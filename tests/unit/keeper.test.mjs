// @ts-check
/** A GPU is held to the CPU: when, by which checkpoint, and what is found out. By a clock that the test moves, and a GPU that counts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agree, Keeper, WrongError } from '../../www/worker/keeper.js';

/** @typedef {import('../../www/common/protocol.js').Session} Session */
/** @typedef {import('node:test').TestContext} TestContext */

/** What a sound device makes of the epoch behind a checkpoint. @param {number} epoch the checkpoint's */
const truth = (epoch) => Float32Array.of(1 / (epoch + 1), 0.5 / (epoch + 1), 0.25 / (epoch + 1));

/** A run on a GPU of so many epochs, which is kept as each of them ends. @param {TestContext} t @param {number} epochs */
function training(t, epochs) {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  /** The epochs whose checkpoints were audited. @type {number[]} */
  const audited = [];
  const session = {
    epoch: 0,
    diverged: false,
    get done() {
      return session.epoch === epochs;
    },
    checkpoint: async () => Uint8Array.of(session.epoch),
  };
  const keeper = new Keeper(([epoch]) => {
    audited.push(epoch);
    return truth(epoch);
  }, 0);
  const held = /** @type {Session} */ (/** @type {unknown} */ (session));
  return {
    audited,
    keeper,
    session,
    /** The next epoch comes in, so long after the last one. @param {number} ms @param {boolean} sound whether its losses are right */
    async epoch(ms, sound = true) {
      now += ms;
      session.epoch += 1;
      const losses = sound ? truth(session.epoch - 1) : Float32Array.of(7, 7, 7);
      await keeper.follow(held, /** @type {any} */ ({ epoch: session.epoch, losses, kept: true }));
    },
    end: () => keeper.settle(held),
  };
}

/** The sentence of what was found out. @param {Promise<void>} task */
async function found(task) {
  const error = await task.then(
    () => assert.fail('nothing was found out'),
    (reason) => reason,
  );
  assert.ok(error instanceof WrongError, String(error));
  return error.message;
}

test('an audit is made once a second has gone by, by the epoch behind a checkpoint, and the page hears of it', async (t) => {
  const run = training(t, 100);
  await run.epoch(100);
  assert.deepEqual(run.audited, [], 'nothing is known of what follows the first checkpoint');
  await run.epoch(100);
  assert.deepEqual(run.audited, [1]);
  assert.equal(run.keeper.take().audited?.epoch, 1);
  await run.epoch(100);
  assert.deepEqual(run.audited, [1]);
  assert.equal(run.keeper.take().audited, undefined);
  await run.epoch(1_000);
  assert.deepEqual(run.audited, [1, 3]);
});

test('a session that a solution has opened is asked anew for what is to be kept', async (t) => {
  const { keeper, session } = training(t, 100);
  let asked = 0;
  const [before, since] = [0, 0].map(() => /** @type {any} */ ({ ...session, keep: () => void (asked += 1) }));
  keeper.ask(before);
  keeper.ask(before);
  assert.equal(asked, 1);
  // What came of that was never heard.
  await keeper.solved(since);
  t.mock.method(performance, 'now', () => 10_000);
  keeper.ask(since);
  assert.equal(asked, 2);
});

test('a device that goes wrong is found out when the next audit is due', async (t) => {
  const run = training(t, 100);
  for (let i = 0; i < 3; i += 1) await run.epoch(100);
  await run.epoch(100, false);
  assert.equal(await found(run.epoch(1_000, false)), 'epoch 5 began with losses 7.0000, 7.0000, 7.0000 instead of 0.20000, 0.10000, 0.050000');
});

test('a device that goes wrong shortly before the end is found out before the run is done', async (t) => {
  const run = training(t, 4);
  for (let i = 0; i < 3; i += 1) await run.epoch(100);
  await run.epoch(100, false);
  assert.match(await found(run.end()), /^epoch 4 began with losses 7\.0000/);
  assert.equal(run.keeper.take().audited?.epoch, 1, 'what was confirmed before still is');
});

test('the last audit of a run is of the newest that can be audited, once; where the run only waits, or has diverged, there is none', async (t) => {
  const run = training(t, 4);
  for (let i = 0; i < 3; i += 1) await run.epoch(100);
  await run.end();
  assert.deepEqual(run.audited, [1], 'it waits');
  await run.epoch(100);
  run.session.diverged = true;
  await run.end();
  assert.deepEqual(run.audited, [1], 'numbers without bounds agree with nothing');
  run.session.diverged = false;
  await run.end();
  await run.end();
  assert.deepEqual(run.audited, [1, 3]);
});

test('behind a changed learning rate comes what the checkpoint before it does not know', async (t) => {
  const run = training(t, 2);
  await run.epoch(100);
  run.keeper.change();
  await run.epoch(100, false);
  await run.end();
  assert.deepEqual(run.audited, []);
});

test('losses agree that differ as single precision does, and others, or none, do not', () => {
  const ours = truth(0);
  const apart = (/** @type {number} */ factor) =>
    agree(
      ours,
      ours.map((loss) => loss * factor),
    );
  assert.deepEqual([1, 1.0005, 1.002, NaN].map(apart), [true, true, false, false]);
  assert.ok(!agree(ours, ours.subarray(1)));
});
