// @ts-check
/** What is offered of a run that was interrupted, and what becomes of it while other things are asked for, in a world of our own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parts, World } from './world.mjs';

const FIELDS = { d: '2', m: '4', hidden: '8', n: '64', batch: '16', epochs: '5000', lr: '0.01', seed: '42' };

const made = await parts();

/** A page whose visitor has left a run before its end, and is offered it. */
async function offered() {
  const world = new World(made, false);
  const before = world.open();
  before.trainer.pace(100);
  await world.outcome(before.trainer.train(FIELDS));
  await world.until(() => (world.disk.get('phi-psi runs under way 1')?.size ?? 0) > 0, 'what is kept');
  before.kill();
  const page = world.open();
  await world.until(() => page.offered !== '', 'the offer');
  return { world, page, trainer: page.trainer, resume: () => page.find('resume-interrupted').click() };
}

test('the offer of a run that was interrupted outlives a question and a run that is refused, and goes with a run that begins', async () => {
  const { world, page, trainer } = await offered();
  const words = page.offered;
  await world.outcome(trainer.compare(0, FIELDS));
  assert.equal(page.offered, words);
  await assert.rejects(world.outcome(trainer.train({ ...FIELDS, m: '0' })), /m = 0 is out of range/);
  assert.equal(page.offered, words);
  await world.outcome(trainer.train(FIELDS));
  assert.equal(page.offered, '');
});

test('a run that was interrupted goes on where it was, at a double click too, unless Pause is pressed while it is brought back', async () => {
  for (const pause of [false, true]) {
    const { world, page, trainer, resume } = await offered();
    resume();
    resume();
    await world.until(() => trainer.opening, 'the opening');
    if (pause) trainer.pause();
    await world.until(() => !trainer.opening, 'the run');
    assert.deepEqual([trainer.state, page.notice, page.offered, (trainer.run?.history.length ?? 0) > 0], [pause ? 'paused' : 'running', '', '', true]);
  }
});
