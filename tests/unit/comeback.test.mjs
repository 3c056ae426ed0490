// @ts-check
/** A GPU that was lost and comes back, or does not: the page's side of it against workers that are led by hand, in seconds that are the test's; and what the worker holds it to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shape } from '../../www/common/recipe.js';
import { Keeper, WrongError } from '../../www/worker/keeper.js';
import { Scripted, seconds, settled } from './scripted.mjs';

/** @typedef {import('../../www/common/protocol.js').Verdict} Verdict */
/** @typedef {import('node:test').TestContext} TestContext */

Object.assign(globalThis, { Worker: Scripted });
// The page's first worker starts as this is loaded.
const { Trainer } = await import('../../www/run/trainer.js');
// The page loads it when a GPU is lost; here it is there as soon as it is asked for.
await import('../../www/run/comeback.js');
new Trainer('auto').close();

const FIELDS = { d: '2', m: '16', hidden: '64', n: '1024', batch: '64', epochs: '50', lr: '0.001', seed: '42' };
const RECIPE = { d: 2, m: 16, hidden: 64, n: 1024, batch: 64, epochs: 50, lr: 0.001, seed: 42 };
/** @type {Verdict} */
const GPU = { backend: 'webgpu', reason: 'webgpu', detail: '', adapter: { vendor: 'acme', architecture: '', description: '', software: false } };
/** @type {Verdict} */
const NONE = { backend: 'cpu', reason: 'no-adapter', detail: '', adapter: null };

/** @param {number} epoch */
const checkpoint = (epoch) => ({ epoch, bytes: Uint8Array.of(epoch) });

/** Has a worker open the run that it was asked for. @param {Scripted} worker @param {Verdict} [verdict] that it says it has come to */
async function opens(worker, verdict) {
  if (verdict) await worker.say({ type: 'backend', verdict });
  await worker.answer('open', { recipe: RECIPE, stepsPerEpoch: 16 });
}

/** A worker ends epochs of its run, and keeps the last one. @param {Scripted} worker @param {number[]} epochs */
function ends(worker, ...epochs) {
  const last = epochs[epochs.length - 1];
  const reports = epochs.map((epoch) => ({ epoch, mse: 1 / epoch, line: `${epoch}`, heldOut: NaN }));
  return worker.say({ type: 'progress', run: worker.asked('open').run, step: last * 16, seconds: last, reports, checkpoint: checkpoint(last) });
}

/** @param {Scripted} worker @param {boolean} [done] */
const stops = (worker, done = false) => worker.say({ type: 'stopped', run: worker.asked('open').run, done, diverged: false });

/** @param {Scripted} worker @param {string} [cause] @param {string} [message] */
const dies = (worker, cause = 'device', message = 'the GPU was lost') => worker.say({ type: 'fatal', message, cause });

/** A page whose tab is in view until the test says otherwise. @param {TestContext} t */
function inView(t) {
  const document = { visibilityState: 'visible' };
  Object.assign(globalThis, { document });
  t.after(() => Reflect.deleteProperty(globalThis, 'document'));
  return document;
}

/** Asks for the run, which may be open when the test ends. @param {InstanceType<typeof Trainer>} trainer */
function train(trainer) {
  trainer.train(FIELDS).catch(() => {});
}

/** A run that trains on a GPU, two epochs so far. @param {TestContext} t */
async function sound(t) {
  const tick = seconds(t);
  const document = inView(t);
  const trainer = new Trainer('auto');
  t.after(() => trainer.close());
  train(trainer);
  const gpu = Scripted.last;
  await opens(gpu, GPU);
  await ends(gpu, 1, 2);
  return { trainer, tick, document, gpu };
}

/** The same, whose GPU was lost in epoch 3, and which the CPU trains from the end of epoch 2. @param {TestContext} t */
async function lost(t) {
  const { gpu, ...found } = await sound(t);
  await dies(gpu);
  const cpu = Scripted.last;
  await opens(cpu);
  await settled();
  assert.deepEqual([found.trainer.verdict?.reason, found.trainer.state], ['lost', 'running']);
  return { ...found, cpu };
}

/** The same, three seconds later: another worker tries WebGPU. @param {TestContext} t */
async function tried(t) {
  const found = await lost(t);
  found.tick(3);
  const gpu = Scripted.last;
  assert.notEqual(gpu, found.cpu);
  return { ...found, gpu };
}

/** The same, and has found it sound. @param {TestContext} t */
async function ready(t) {
  const found = await tried(t);
  await opens(found.gpu, GPU);
  await stops(found.gpu);
  return found;
}

/** The same, and the run has gone over to it from the end of epoch 7. @param {TestContext} t */
async function back(t) {
  const found = await ready(t);
  await ends(found.cpu, 3, 4, 5, 6, 7);
  await opens(found.gpu, GPU);
  assert.equal(found.trainer.verdict?.backend, 'webgpu');
  return found;
}

/** Seconds in which a worker goes on speaking. @param {(times: number) => void} tick @param {Scripted} worker @param {number} times @param {number} epoch the one that it speaks of */
async function passes(tick, worker, times, epoch) {
  for (let i = 0; i < times; i += 20) {
    tick(Math.min(20, times - i));
    await worker.say({ type: 'progress', run: worker.asked('open').run, step: epoch * 16, seconds: epoch, reports: [] });
  }
}

/** Nothing tries WebGPU any more, however long the run goes on. @param {(times: number) => void} tick @param {Scripted} cpu @param {number} epoch */
async function stays(tick, cpu, epoch) {
  const workers = Scripted.all.length;
  await passes(tick, cpu, 200, epoch);
  assert.equal(Scripted.all.length, workers, 'no worker tries it again');
}

test('a GPU that was lost is tried once more while the CPU goes on, and the run goes over to it at the end of an epoch', async (t) => {
  const { trainer, tick, cpu } = await lost(t);
  const states = new Set();
  trainer.addEventListener('state', () => states.add(trainer.state));
  tick(2);
  assert.equal(Scripted.last, cpu, 'not at once');
  await ends(cpu, 3, 4);
  tick(1);
  const gpu = Scripted.last;
  assert.deepEqual(
    [gpu.types, gpu.told[0].asked, gpu.asked('open').on, gpu.asked('open').checkpoint],
    [['hello', 'open'], 'auto', null, checkpoint(4)],
    'on WebGPU, from the last checkpoint',
  );
  await opens(gpu, GPU);
  assert.equal(gpu.asked('train').until, 5, 'an epoch, of which the CPU computes the first losses again');
  await ends(cpu, 5);
  assert.deepEqual([trainer.verdict?.backend, cpu.ended], ['cpu', false], 'not before that epoch has passed');
  await ends(gpu, 5);
  await stops(gpu);
  assert.equal(trainer.run?.history.length, 5, 'what it trained is nobody’s run');
  await cpu.say({ type: 'progress', run: 1, step: 100, seconds: 5.5, reports: [] });
  assert.equal(cpu.ended, false, 'not within an epoch');
  await ends(cpu, 6, 7);
  assert.deepEqual([cpu.ended, gpu.ended, Scripted.last], [true, false, gpu]);
  assert.deepEqual(gpu.types, ['hello', 'open', 'train', 'hello', 'open']);
  assert.deepEqual([gpu.asked('open').on, gpu.asked('open').checkpoint], [null, checkpoint(7)]);
  await opens(gpu, GPU);
  assert.equal(gpu.asked('train').until, 50);
  assert.deepEqual(trainer.verdict, GPU);
  assert.deepEqual(trainer.run?.marks, [
    { epoch: 3, words: 'on the CPU' },
    { epoch: 8, words: 'on WebGPU' },
  ]);
  assert.equal(trainer.news, 'WebGPU is back, and was checked against the CPU: the run went on on it from the end of epoch 7; nothing before it has changed.');
  assert.deepEqual([trainer.run?.history.map(({ epoch }) => epoch), [...states]], [[1, 2, 3, 4, 5, 6, 7], ['running']]);
});

test('what is asked of the run meanwhile is answered by the worker that it goes over to', async (t) => {
  const { trainer, cpu, gpu } = await ready(t);
  const asked = trainer.compare(0, FIELDS);
  await settled();
  assert.ok(cpu.types.includes('draw'));
  await ends(cpu, 3);
  assert.deepEqual(gpu.types.slice(-2), ['open', 'draw'], 'when it has the run');
  await opens(gpu, GPU);
  await gpu.answer('draw', 'compared');
  assert.equal(await asked, 'compared');
});

test('another loss within a minute of training is the last, one later is a first one again', async (t) => {
  for (const [spent, reason] of /** @type {const} */ ([
    [59, 'gone'],
    [60, 'lost'],
  ])) {
    const { trainer, tick, gpu } = await back(t);
    await passes(tick, gpu, spent, 8);
    await ends(gpu, 8);
    await dies(gpu, 'device', 'lost once more');
    const cpu = Scripted.last;
    await opens(cpu);
    assert.deepEqual([trainer.verdict?.reason, trainer.state], [reason, 'running']);
    if (reason === 'gone') await stays(tick, cpu, 8);
    else {
      tick(3);
      assert.notEqual(Scripted.last, cpu, 'and is tried again');
    }
  }
});

test('a pause is no training, and does not count towards the minute', async (t) => {
  const { trainer, tick, gpu } = await back(t);
  trainer.pause();
  await stops(gpu);
  tick(600);
  trainer.resume();
  await dies(gpu);
  assert.equal(trainer.verdict?.reason, 'gone');
});

test('a GPU that hangs or computes wrong numbers is not tried again, also where it had come back', async (t) => {
  for (const begin of [sound, back]) {
    for (const [reason, end] of /** @type {[string, (tick: (times: number) => void, gpu: Scripted) => unknown][]} */ ([
      ['gone', (tick) => tick(60)],
      ['wrong', (_, gpu) => dies(gpu, 'wrong', 'off')],
    ])) {
      const { trainer, tick, gpu } = await begin(t);
      await ends(gpu, 8);
      await end(tick, gpu);
      const cpu = Scripted.last;
      await opens(cpu);
      assert.deepEqual([trainer.verdict?.reason, trainer.state, gpu.ended], [reason, 'running', true]);
      if (reason === 'wrong' && begin === back) assert.equal(trainer.run?.history.length, 7, 'back to what the CPU has trained');
      await stays(tick, cpu, 8);
    }
  }
});

/** Has the run wait. @param {Scripted} worker @param {InstanceType<typeof Trainer>} trainer */
async function stopped(worker, trainer) {
  trainer.pause();
  await stops(worker);
  assert.equal(trainer.state, 'paused');
}

test('a tab that nobody sees waits, and some seconds more when it is seen', async (t) => {
  const { tick, document, cpu } = await lost(t);
  tick(2);
  document.visibilityState = 'hidden';
  await passes(tick, cpu, 300, 2);
  document.visibilityState = 'visible';
  tick(2);
  assert.equal(Scripted.last, cpu);
  tick(1);
  assert.notEqual(Scripted.last, cpu);
});

test('a run that waits is left where it is, and WebGPU is tried when it goes on', async (t) => {
  const { trainer, tick, cpu } = await lost(t);
  await stopped(cpu, trainer);
  tick(300);
  assert.equal(Scripted.last, cpu);
  trainer.resume();
  tick(3);
  const gpu = Scripted.last;
  assert.notEqual(gpu, cpu);
  await opens(gpu, GPU);
  await stopped(cpu, trainer);
  await stops(gpu);
  assert.deepEqual([cpu.ended, trainer.state], [false, 'paused']);
  trainer.resume();
  await ends(cpu, 3);
  assert.ok(cpu.ended, 'at the end of the epoch that it goes on with');
});

test('a pause that was asked for is kept where the run goes over', async (t) => {
  const { trainer, cpu, gpu } = await ready(t);
  trainer.pause();
  await ends(cpu, 3);
  await opens(gpu, GPU);
  assert.deepEqual([cpu.ended, trainer.state, gpu.types.at(-1)], [true, 'paused', 'open']);
  trainer.resume();
  assert.equal(gpu.asked('train').until, 50);
});

test('a run that was over meanwhile leaves it to the next one to try, once', async (t) => {
  for (const found of [lost, tried, ready]) {
    for (const [verdict, reasons] of /** @type {[Verdict, string[]][]} */ ([
      [GPU, ['webgpu', 'gone']],
      [NONE, ['no-adapter', 'no-adapter']],
    ])) {
      const { trainer, tick, cpu } = await found(t);
      const before = Scripted.last;
      await ends(cpu, 50);
      await stops(cpu, true);
      tick(30);
      assert.deepEqual([trainer.state, cpu.ended], ['done', false], 'the run on show can be asked');
      train(trainer);
      await cpu.answer('check', { recipe: RECIPE });
      const next = Scripted.last;
      assert.deepEqual([cpu.ended, before.ended, next.told[0].asked, next.asked('open').on], [true, true, 'auto', null]);
      await opens(next, verdict);
      assert.deepEqual([trainer.verdict?.reason, trainer.state], [reasons[0], 'running']);
      await ends(next, 1);
      await dies(next, verdict === GPU ? 'device' : 'died');
      await opens(Scripted.last);
      assert.equal(trainer.verdict?.reason, reasons[1]);
      await stays(tick, Scripted.last, 1);
      await stopped(Scripted.last, trainer);
      const workers = Scripted.all.length;
      train(trainer);
      assert.equal(Scripted.all.length, workers, 'and the run after it does not');
    }
  }
});

test('a run that is begun anew tries it at once, and what was trying ends', async (t) => {
  for (const found of [lost, tried, ready]) {
    const { trainer, cpu } = await found(t);
    const before = Scripted.last;
    void trainer.replay();
    await cpu.answer('check', { recipe: RECIPE });
    assert.deepEqual([cpu.ended, before.ended, Scripted.last.told[0].asked], [true, true, 'auto']);
    await opens(Scripted.last, GPU);
    assert.deepEqual([trainer.verdict, trainer.run?.number, trainer.run?.marks], [GPU, 2, []]);
  }
});

test('a recipe that is refused leaves the run on the CPU, and the next one still tries WebGPU', async (t) => {
  const { trainer, tick, cpu } = await tried(t);
  await stopped(cpu, trainer);
  const bad = assert.rejects(trainer.train({ ...FIELDS, m: '0' }), { key: 'm' });
  await cpu.say({ type: 'refusal', id: cpu.asked('check').id, key: 'm', message: 'no' });
  await bad;
  assert.deepEqual([trainer.state, cpu.ended], ['paused', false]);
  trainer.resume();
  await stays(tick, cpu, 2);
  await stopped(cpu, trainer);
  train(trainer);
  await cpu.answer('check', { recipe: RECIPE });
  await opens(Scripted.last, GPU);
  assert.deepEqual(trainer.verdict, GPU);
});

test('who chooses the CPU has it, and whoever goes back to WebGPU may lose that once more', async (t) => {
  for (const found of [lost, tried, ready, back]) {
    const { trainer, tick, cpu } = await found(t);
    const worker = found === back ? Scripted.last : cpu;
    const trying = Scripted.last === worker ? null : Scripted.last;
    trainer.choose('cpu');
    assert.ok(!trying || trying.ended);
    await stays(tick, worker, 8);
    await stopped(worker, trainer);
    trainer.choose('webgpu');
    train(trainer);
    await worker.answer('check', { recipe: RECIPE });
    const gpu = Scripted.last;
    assert.equal(gpu.told[0].asked, 'webgpu');
    await opens(gpu, GPU);
    await ends(gpu, 1);
    await dies(gpu);
    await opens(Scripted.last);
    await settled();
    const workers = Scripted.all.length;
    tick(3);
    assert.deepEqual([trainer.verdict?.reason, Scripted.all.length], ['lost', workers + 1]);
  }
});

/** How a worker finds out that WebGPU is of no use, and in which words. @type {[string, (gpu: Scripted, tick: (times: number) => void) => unknown, RegExp][]} */
const FAILURES = [
  ['there is none', (gpu) => gpu.say({ type: 'backend', verdict: NONE }), /the browser has WebGPU but found no graphics adapter for it\./],
  [
    'its module fails',
    (gpu) => gpu.say({ type: 'unfit', verdict: { ...NONE, reason: 'self-check', detail: 'off' } }),
    /three training steps on WebGPU did not agree with the CPU’s: off\./,
  ],
  ['nothing is loaded', (gpu) => gpu.say({ type: 'broken', message: 'no module' }), /no module\./],
  ['its script fails', (gpu) => gpu.break('boom'), /boom\./],
  ['its script does not load', (gpu) => gpu.break(), /its worker could not be started\./],
  ['it is lost again', (gpu) => dies(gpu), /the GPU was lost\./],
  ['it is wrong', (gpu) => dies(gpu, 'wrong', 'epoch 3 began with losses 1 instead of 2'), /epoch 3 began with losses 1 instead of 2\./],
  ['it refuses the checkpoint', (gpu) => gpu.say({ type: 'refusal', id: gpu.asked('open').id, key: '', message: 'the checkpoint is damaged' }), /damaged\./],
];

for (const [how, end, words] of FAILURES) {
  test(`a GPU that does not come back leaves the run on the CPU, in a sentence: ${how}`, async (t) => {
    const { trainer, tick, cpu, gpu } = await tried(t);
    /** @type {string[]} */
    const told = [];
    for (const news of ['news', 'backend', 'rewound', 'state']) trainer.addEventListener(news, () => told.push(news));
    await end(gpu, tick);
    assert.match(trainer.news, new RegExp(`^WebGPU was tried again, without success: .*${words.source} This page stays on the CPU\\.$`));
    assert.deepEqual([told, gpu.ended, cpu.ended, trainer.state], [['backend', 'news'], true, false, 'running']);
    assert.deepEqual([trainer.verdict?.reason, trainer.run?.marks.length], ['gone', 1]);
    await stays(tick, cpu, 2);
    await ends(cpu, 3);
    await stopped(cpu, trainer);
    const workers = Scripted.all.length;
    train(trainer);
    assert.equal(Scripted.all.length, workers, 'the next run is on the CPU');
  });
}

test('a worker that says nothing while it tries WebGPU is given up after three minutes, and one that stands by may be silent', async (t) => {
  const { trainer, tick, cpu, gpu } = await tried(t);
  await passes(tick, cpu, 179, 2);
  assert.equal(gpu.ended, false);
  tick(1);
  assert.match(trainer.news, /nothing was heard of it for three minutes\. This page stays on the CPU\.$/);
  assert.ok(gpu.ended);
  const other = await ready(t);
  await passes(other.tick, other.cpu, 600, 2);
  assert.equal(other.gpu.ended, false);
});

test('a GPU that is lost while it stands by has not come back', async (t) => {
  const { trainer, tick, cpu, gpu } = await ready(t);
  await dies(gpu);
  assert.match(trainer.news, /^WebGPU was tried again, without success: the GPU was lost\./);
  await ends(cpu, 3);
  assert.deepEqual([cpu.ended, trainer.verdict?.reason], [false, 'gone']);
  await stays(tick, cpu, 3);
});

test('a worker that dies on the CPU meanwhile is replaced on the CPU, and the run goes over later', async (t) => {
  for (const found of [lost, tried, ready]) {
    const { trainer, tick, cpu } = await found(t);
    const trying = Scripted.last === cpu ? null : Scripted.last;
    await ends(cpu, 3);
    // One that stands by takes the run at the end of an epoch.
    if (found === ready) {
      assert.ok(cpu.ended);
      continue;
    }
    await dies(cpu, 'died', 'unreachable');
    const next = Scripted.last;
    assert.deepEqual([next === trying, next.told[0].asked, trying?.ended ?? false], [false, 'cpu', false]);
    await opens(next);
    if (!trying) tick(3);
    const gpu = trying ?? Scripted.last;
    assert.notEqual(gpu, next);
    await opens(gpu, GPU);
    await stops(gpu);
    await ends(next, 4);
    assert.ok(next.ended);
    await opens(gpu, GPU);
    assert.equal(trainer.verdict?.backend, 'webgpu');
  }
});

test('nothing is tried for a run whose last epoch has begun to be kept, nor before there is a checkpoint', async (t) => {
  const tick = seconds(t);
  inView(t);
  const trainer = new Trainer('auto');
  t.after(() => trainer.close());
  train(trainer);
  await opens(Scripted.last, GPU);
  await dies(Scripted.last);
  const cpu = Scripted.last;
  await opens(cpu);
  await settled();
  tick(30);
  assert.equal(Scripted.last, cpu, 'there is nothing to go on from yet');
  await ends(cpu, 50);
  tick(30);
  assert.equal(Scripted.last, cpu, 'and nothing to go on with');
});

test('a run that ends as the GPU stands by ends where it is', async (t) => {
  const { trainer, cpu, gpu } = await ready(t);
  await ends(cpu, 50);
  await stops(cpu, true);
  assert.deepEqual([trainer.state, cpu.ended, gpu.ended, trainer.verdict?.backend], ['done', false, false, 'cpu']);
});

test('a GPU that is known to be slower for the recipe is not tried again unasked', async (t) => {
  const { trainer, tick, cpu } = await lost(t);
  for (const [backend, rate] of /** @type {const} */ ([
    ['cpu', 9_000],
    ['webgpu', 90],
  ]))
    trainer.rates.learn('2/16/64/1024/64', backend, rate, null);
  await stays(tick, cpu, 2);
});

test('a GPU that a worker has lost which trained on the CPU is tried again too', async (t) => {
  const tick = seconds(t);
  inView(t);
  const trainer = new Trainer('auto');
  t.after(() => trainer.close());
  train(trainer);
  const cpu = Scripted.last;
  await opens(cpu, { ...NONE, reason: 'lost' });
  await ends(cpu, 1);
  await settled();
  tick(3);
  assert.deepEqual([Scripted.last === cpu, Scripted.last.types], [false, ['hello', 'open']]);
});

test('what a GPU did before it was lost is no part of the CPU’s speed', async (t) => {
  const { trainer, document, gpu } = await sound(t);
  class Element extends EventTarget {}
  const page = { documentElement: {}, querySelectorAll: () => [], getElementById: () => new Element() };
  Object.assign(document, page);
  Object.assign(globalThis, { HTMLElement: Element, HTMLButtonElement: Element, addEventListener() {} });
  const { Offer } = await import('../../www/view/run/offer.js');
  new Offer(/** @type {any} */ ({ trainer, form: Object.assign(new EventTarget(), { checked: null }), attempt() {} }));
  const speed = () => trainer.rates.of(shape(RECIPE)).cpu;
  await ends(gpu, 3);
  await dies(gpu);
  const cpu = Scripted.last;
  await opens(cpu);
  await ends(cpu, 4);
  assert.equal(speed(), undefined, 'it is counted from here on');
  await ends(cpu, 5);
  assert.equal(speed(), 16);
});

test('a page that is closed leaves nothing behind', async (t) => {
  const { trainer, tick, gpu } = await ready(t);
  trainer.close();
  assert.ok(gpu.ended);
  const workers = Scripted.all.length;
  tick(30);
  assert.equal(Scripted.all.length, workers);
});

/** A session that is at the end of an epoch and has nothing to keep. @param {number} epoch @returns {any} */
const at = (epoch) => ({ epoch, keep() {}, checkpoint: async () => null });

test('what a run goes on from on a GPU is held to the CPU by the epoch behind it', async () => {
  const from = { epoch: 4, bytes: Uint8Array.of(4) };
  const report = (/** @type {number[]} */ ...losses) => ({ epoch: 5, mse: 1, line: '', losses: Float32Array.from(losses), kept: false });
  /** @type {Uint8Array[]} */
  const audited = [];
  const audit = (/** @type {Uint8Array} */ bytes) => {
    audited.push(bytes);
    return Float32Array.of(3, 2, 1);
  };
  const keeper = new Keeper(audit, -1, from);
  await keeper.follow(at(5), /** @type {any} */ (report(3, 2, 1)));
  assert.deepEqual([audited, keeper.take()], [[from.bytes], { audited: from }]);
  await assert.rejects(new Keeper(audit, -1, from).follow(at(5), /** @type {any} */ (report(3, 2, 1.1))), WrongError);
  const onCpu = new Keeper(null, -1, from);
  await onCpu.follow(at(5), /** @type {any} */ (report(9, 9, 9)));
  assert.deepEqual(onCpu.take(), {}, 'the CPU is what others are held to');
});
