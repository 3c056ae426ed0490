// @ts-check
/**
 * Ten hours of a page as people leave it, by the world's clock: hidden, asleep, without a network, under a new build, short of storage, beside another tab, short of
 * memory, killed. What the visitor finds is looked at after each, and at the end the run has the bits of one that is trained in a second.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parts, World } from './world.mjs';

/** @typedef {import('./world.mjs').PageOf} PageOf */

const HOUR_MS = 3_600_000;

/** Milliseconds from one epoch to the next: nine hundred take ten hours. */
const PACE_MS = 40_000;
const EPOCHS = 900;

const FIELDS = { d: '2', m: '4', hidden: '8', n: '64', batch: '16', epochs: String(EPOCHS), lr: '0.01', seed: '42', fresh: '1', schedule: 'cosine' };

/** What a visitor sees of a page: nothing but a run that trains, unless something else is said. @param {PageOf} page @param {{ state?: string, news?: RegExp, keeping?: RegExp }} [else] */
function finds({ trainer, find }, { state = 'running', news = /^$/, keeping = /^$/ } = {}) {
  assert.deepEqual([trainer.state, trainer.failure && state !== 'failed'], [state, '']);
  assert.match(trainer.news, news);
  assert.match(find('keeping').textContent, keeping);
}

test('ten hours of a page as people leave it lose nothing, and each thing that happens is told or passes unnoticed', async (t) => {
  const made = await parts();
  const quick = new World(made, false);
  const wanted = quick.open();
  await quick.outcome(wanted.trainer.train(FIELDS));
  await quick.until(() => wanted.trainer.state === 'done', 'the undisturbed run');

  const world = new World(made, false);
  let page = world.open();
  const epoch = () => page.trainer.run?.history.length ?? 0;
  /** Lets the run go on for so many hours. @param {number} hours */
  const pass = async (hours) => {
    const end = epoch() + (hours * HOUR_MS) / PACE_MS;
    await world.until(() => epoch() >= Math.min(end, EPOCHS) || page.trainer.state === 'failed', `${hours} hours`);
  };
  const kept = () => [...(world.disk.get('phi-psi runs under way 1')?.values() ?? [])].map(({ saved }) => saved.checkpoint.epoch);
  /** @param {boolean} hidden */
  const hide = (hidden) => {
    world.hidden = hidden;
    page.look();
  };
  /** Opens the page again and takes up what is offered. */
  const comeBack = async () => {
    page.kill();
    const [last] = kept();
    page = world.open();
    await world.until(() => page.offered !== '', 'the offer');
    assert.match(page.offered, new RegExp(`^A run was interrupted at epoch ${last} of ${EPOCHS} `));
    page.find('resume-interrupted').click();
    page.trainer.pace(PACE_MS);
    await world.until(() => page.trainer.state === 'running' && epoch() >= last, 'the run');
    assert.equal(epoch(), last, 'it goes on where it was kept');
  };
  /** @type {string[]} */
  const passed = [];
  const hour = (/** @type {string} */ what) => passed.push(`${(world.ms / HOUR_MS).toFixed(1)} h, epoch ${epoch()}: ${what}`);

  page.trainer.pace(PACE_MS);
  await world.outcome(page.trainer.train(FIELDS));
  await pass(1);
  finds(page);
  hour('trained');

  for (let times = 0; times < 20; times += 1) {
    hide(times % 2 === 0);
    await pass(0.05);
    finds(page);
  }
  assert.ok(kept()[0] >= epoch() - 1, 'a tab in the background may be killed: all of it is kept, but what has just come in');
  hour('hidden and shown ten times, each for minutes of timers that come once a minute');

  const { seconds = 0 } = page.trainer.run ?? {};
  world.ms += HOUR_MS;
  world.shifted -= 2 * HOUR_MS;
  await pass(0.5);
  finds(page);
  assert.ok((page.trainer.run?.seconds ?? 0) - seconds < HOUR_MS / 2_000, 'sleep is no training');
  hour('slept, and found the clock set back');

  world.online = false;
  await pass(0.5);
  finds(page);
  world.online = true;
  hour('without a network');

  world.storage = 'full';
  await pass(0.5);
  finds(page, { keeping: /^The browser has no room left for this page: until it has, a run is lost when its tab is closed\.$/ });
  const [before] = kept();
  world.storage = 'well';
  await pass(0.5);
  finds(page);
  assert.ok(kept()[0] > before, 'once there is room the run is kept again');
  hour('another site had filled the storage');

  const other = world.open();
  await world.outcome(other.trainer.train({ ...FIELDS, epochs: '3', seed: '5', schedule: 'constant' }));
  await world.until(() => other.trainer.state === 'done', 'the other tab');
  assert.equal(other.offered, '', 'a run that this tab trains is no other’s to take up');
  other.kill();
  await pass(0.5);
  finds(page);
  hour('another tab trained a run of its own');

  page.worker.doom = new RangeError('WebAssembly.Memory.grow(): Unable to grow instance memory');
  const [newest] = page.trainer.run?.checkpoints.slice(-1) ?? [];
  await pass(0.5);
  finds(page, {
    news: new RegExp(
      `^The worker died in epoch \\d+: .*Unable to grow instance memory\\. A fresh one went on from the end of epoch ${newest.epoch}; nothing before it has changed\\.$`,
    ),
  });
  hour('a worker had no more memory');

  world.deployed += 2;
  await pass(0.5);
  assert.equal(page.trainer.state, 'running', 'the build that the page began with goes on');
  page.worker.terminate();
  await world.until(() => page.trainer.state === 'failed', 'the end of the worker');
  assert.match(page.trainer.failure, /^The training module could not be loaded: .*\. Reload the page, or press Train to try again\.$/);
  await comeBack();
  finds(page);
  hour('the worker was killed under a page of two builds before: the page was loaded again');

  hide(true);
  await pass(0.5);
  world.hidden = false;
  await comeBack();
  finds(page);
  hour('the system killed the hidden tab: the page was opened again');

  page.trainer.pause();
  await world.until(() => page.trainer.state === 'paused', 'the pause');
  world.ms += 2 * HOUR_MS;
  for (let turns = 0; turns < 1_000; turns += 1) await world.turn();
  finds(page, { state: 'paused' });
  page.trainer.resume();
  await pass(10);
  hour('paused for hours');

  await world.until(() => page.trainer.state === 'done', 'the end');
  assert.ok(world.ms > 10 * HOUR_MS);
  assert.deepEqual(
    page.trainer.run?.history.map(({ mse, heldOut }) => [mse, heldOut]),
    wanted.trainer.run?.history.map(({ mse, heldOut }) => [mse, heldOut]),
  );
  const weights = (/** @type {PageOf} */ { trainer }, /** @type {World} */ where) => where.outcome(trainer.weights(FIELDS));
  assert.deepEqual(await weights(page, world), await weights(wanted, quick));
  for (const line of passed) t.diagnostic(line);
});
