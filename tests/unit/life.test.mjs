// @ts-check
/** A run's life without a browser: the table of what may happen when, the run's record, the channel, and all of them together against a worker that is led by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atHand } from '../../www/run/at-hand.js';
import { Channel } from '../../www/run/channel.js';
import { LostError, RefusalError } from '../../www/run/errors.js';
import { Life, TABLE } from '../../www/run/life.js';
import { advance, changeRate, fitting, opened, outcome, planned, reachedBy, rewind, stale, unfinished, savedOf } from '../../www/run/run.js';
import { Looks } from '../../www/run/looks.js';
import { ageOf } from '../../www/run/told.js';
import { Scripted, seconds, settled } from './scripted.mjs';

/** @typedef {import('../../www/run/run.js').Run} Run */
/** @typedef {import('../../www/run/trainer.js').Trainer} Trainer */

Object.assign(globalThis, { Worker: Scripted });
// The page's first worker starts as this is loaded.
const { Trainer: Own } = await import('../../www/run/trainer.js');
const { Lab, lab: pageLab } = await import('../../www/run/lab.js');
const { Trials } = await import('../../www/run/trials.js');
const { refusedWords } = await import('../../www/view/layer/words.js');
new Own('auto').close();

/** Each part's states by row and events by column: the state that follows, or · where the event cannot happen. */
const EXPECTED = {
  run: `
              open     probe    settle   pause    resume   opened   refused  rest  train    stopped finished end     fail    close
    idle      opening  probing  ·        ·        ·        ·        ·        ·     running  ·       ·        ·       failed  closed
    probing   ·        probing  opening  held     opening  arrived  before   ·     ·        ·       ·        ·       failed  closed
    opening   ·        probing  opening  held     opening  arrived  before   ·     ·        ·       ·        ·       failed  closed
    held      ·        held     held     held     opening  waiting  before   ·     ·        ·       ·        ·       failed  closed
    arrived   ·        ·        ·        waiting  arrived  ·        ·        idle  running  paused  done     ·       failed  closed
    waiting   ·        ·        ·        waiting  arrived  ·        ·        idle  paused   paused  done     ·       failed  closed
    running   opening  probing  ·        pausing  ·        ·        ·        ·     running  paused  done     ending  failed  closed
    pausing   opening  probing  ·        pausing  ·        ·        ·        ·     ·        paused  done     ending  failed  closed
    paused    opening  probing  ·        ·        ·        ·        ·        ·     running  ·       ·        ·       failed  closed
    done      opening  probing  ·        ·        ·        ·        ·        ·     running  ·       ·        ·       failed  closed
    ending    opening  probing  ·        ·        ·        ·        ·        ·     ·        ·       ·        ·       failed  closed
    failed    opening  probing  ·        ·        ·        ·        ·        ·     running  ·       ·        ·       failed  closed
    closed    ·        ·        ·        ·        ·        ·        ·        ·     ·        ·       ·        ·       ·       closed`,
  worker: `
              opened   revive    revived  gone
    none      holding  reviving  ·        none
    reviving  holding  ·         holding  none
    holding   holding  ·         ·        none`,
  backend: `
              switch    again     started
    settled   switched  switched  settled
    switched  switched  switched  settled`,
  gpu: `
              lose  leave  attempt  pass   return  again  trust  switch
    sound     lost  gone   ·        ·      ·       ·      ·      sound
    lost      ·     gone   tried    ·      ·       back   ·      sound
    tried     ·     gone   ·        ready  ·       back   ·      sound
    ready     ·     gone   ·        ·      back    back   ·      sound
    back      gone  gone   ·        ·      ·       ·      sound  sound
    gone      gone  gone   ·        ·      ·       ·      ·      gone`,
};

/** A grid as cells: state, event, next state. @param {string} grid */
function cells(grid) {
  const [events, ...rows] = grid
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/ +/));
  return rows.flatMap(([state, ...next]) => events.map((event, i) => ({ state, event, next: next[i] })));
}

/** How each state is reached from the beginning. @type {Record<string, string[]>} */
const WAYS = {
  idle: [],
  probing: ['probe'],
  opening: ['open'],
  held: ['open', 'pause'],
  arrived: ['open', 'opened'],
  waiting: ['open', 'pause', 'opened'],
  running: ['open', 'opened', 'train'],
  pausing: ['open', 'opened', 'train', 'pause'],
  paused: ['open', 'opened', 'stopped'],
  done: ['open', 'opened', 'finished'],
  ending: ['open', 'opened', 'train', 'end'],
  failed: ['fail'],
  closed: ['close'],
  none: [],
  reviving: ['revive'],
  holding: ['revive', 'revived'],
  settled: [],
  switched: ['switch'],
  sound: [],
  lost: ['lose'],
  tried: ['lose', 'attempt'],
  ready: ['lose', 'attempt', 'pass'],
  back: ['lose', 'attempt', 'pass', 'return'],
  gone: ['leave'],
};

/** A life after some events. @param {string[]} events */
function lived(...events) {
  const life = new Life();
  for (const event of events) life.on(event);
  return life;
}

/** Where the parts are. @param {Life} life */
const places = (life) => [life.run, life.reviving ? 'reviving' : life.holding ? 'holding' : 'none', life.switched ? 'switched' : 'settled', life.gpu];

for (const [part, grid] of Object.entries(EXPECTED)) {
  const index = Object.keys(EXPECTED).indexOf(part);
  test(`${part}: every event in every state leads where it should, or is refused by name`, () => {
    const all = cells(grid);
    assert.deepEqual([...new Set(all.map(({ state }) => state))], Object.keys(TABLE[/** @type {keyof typeof TABLE} */ (part)]), 'no state is left out');
    for (const { state, event, next } of all) {
      // What is opened was on its way.
      const way = part === 'worker' && event === 'opened' ? ['open'] : part === 'backend' && event === 'again' ? ['lose'] : [];
      const life = lived(...WAYS[state], ...way);
      assert.equal(places(life)[index], state);
      assert.equal(life.may(event), next !== '·', `${event} in ${state}`);
      if (next === '·') {
        const before = places(life);
        assert.throws(() => life.on(event), { message: `“${event}” cannot happen while ${part} is “${state}”.` });
        assert.deepEqual(places(life), before, 'what cannot happen changes nothing');
      } else {
        life.on(event);
        assert.equal(places(life)[index], next === 'before' ? 'idle' : next, `${event} in ${state}`);
      }
    }
  });
}

test('no event of the table is missing from the grids, and no other is known', () => {
  for (const [part, rows] of Object.entries(TABLE)) {
    const known = new Set(cells(EXPECTED[/** @type {keyof typeof EXPECTED} */ (part)]).map(({ event }) => event));
    for (const row of Object.values(rows)) for (const event of Object.keys(row)) assert.ok(known.has(event), `${part}: ${event}`);
  }
  assert.throws(() => new Life().on('sneeze'), /“sneeze” is no event/);
});

test('a run that is refused leads back to whatever was there, however long it was on its way', () => {
  for (const state of ['idle', 'running', 'pausing', 'paused', 'done', 'ending', 'failed']) {
    for (const way of [['open'], ['probe', 'settle'], ['open', 'pause', 'resume', 'pause', 'probe']]) {
      const life = lived(...WAYS[state], ...way, 'refused');
      assert.equal(life.run, state);
    }
  }
});

test('what is shown has six words', () => {
  const shown = Object.fromEntries(Object.keys(TABLE.run).map((state) => [state, lived(...WAYS[state]).shown]));
  assert.deepEqual(shown, {
    idle: 'idle',
    probing: 'probing',
    opening: 'running',
    held: 'paused',
    arrived: 'running',
    waiting: 'paused',
    running: 'running',
    pausing: 'running',
    paused: 'paused',
    done: 'done',
    ending: 'running',
    failed: 'failed',
    closed: 'failed',
  });
  const those = (/** @type {'opening' | 'coming'} */ which) => Object.keys(TABLE.run).filter((state) => lived(...WAYS[state])[which]);
  assert.deepEqual(those('opening'), ['probing', 'opening', 'held']);
  assert.deepEqual(those('coming'), ['probing', 'opening', 'held', 'arrived', 'waiting']);
});

const LAYER = '0123456789abcdef';
const FIELDS = { d: '2', m: '16', hidden: '64', n: '1024', batch: '64', epochs: '5', lr: '0.001', seed: '42' };
const RECIPE = { d: 2, m: 16, hidden: 64, n: 1024, batch: 64, epochs: 5, lr: 0.001, seed: 42 };
const SOURCE = { name: 'theirs', bytes: new Uint8Array(3), d: 2, m: 16, hidden: 64 };
/** @type {import('../../www/common/protocol.js').Verdict} */
const CPU = { backend: 'cpu', reason: 'no-webgpu', detail: '', adapter: null };
/** @type {import('../../www/common/protocol.js').Verdict} */
const GPU = { backend: 'webgpu', reason: 'webgpu', detail: '', adapter: null };

/** @param {number} epoch */
const checkpoint = (epoch) => ({ epoch, bytes: Uint8Array.of(epoch) });
/** @param {number} epoch @param {number} [mse] */
const report = (epoch, mse = 1 / epoch) => ({ epoch, mse, line: `${epoch}`, heldOut: NaN });
/** @param {number[]} epochs */
const history = (...epochs) => epochs.map((epoch) => report(epoch));

/** @param {Partial<Run>} [own] @returns {Run} */
function run(own = {}) {
  return { ...opened(planned(1, FIELDS, null, 1, null), { recipe: RECIPE, stepsPerEpoch: 16 }, GPU, null), ...own };
}

test('a run begins with nothing, or where it was interrupted', () => {
  const fields = { ...FIELDS };
  const plan = planned(7, fields, SOURCE, 3, null);
  fields.lr = '1';
  const fresh = opened(plan, { recipe: RECIPE, stepsPerEpoch: 16 }, CPU, null);
  assert.deepEqual(fresh, {
    number: 7,
    fields: FIELDS,
    recipe: RECIPE,
    source: SOURCE,
    seeds: 3,
    verdict: CPU,
    stepsPerEpoch: 16,
    history: [],
    step: 0,
    seconds: 0,
    checkpoints: [],
    audited: null,
    marks: [],
    solved: [],
    solving: null,
    failedAt: -1,
    diverged: false,
  });
  const saved = {
    fields: FIELDS,
    source: null,
    history: history(1, 2, 3),
    seconds: 2.5,
    marks: [{ epoch: 2, words: 'on the CPU' }],
    checkpoint: checkpoint(2),
  };
  const again = opened(planned(8, FIELDS, null, 1, saved), { recipe: RECIPE, stepsPerEpoch: 16 }, CPU, saved);
  assert.deepEqual([again.history, again.step, again.seconds, again.checkpoints, again.marks], [history(1, 2), 32, 2.5, [checkpoint(2)], saved.marks]);
  assert.equal(saved.history.length, 3, 'what was kept stays as it is');
});

test('a run advances by what is reported, and keeps the last two checkpoints', () => {
  const one = run();
  const { history: same } = one;
  advance(one, { type: 'progress', run: 1, step: 20, seconds: 0.5, reports: [report(1)], checkpoint: checkpoint(1) });
  advance(one, { type: 'progress', run: 1, step: 40, seconds: 0.7, reports: [report(2)], checkpoint: checkpoint(2), audited: checkpoint(1) });
  advance(one, { type: 'progress', run: 1, step: 49, seconds: 0.9, reports: [report(3)], checkpoint: checkpoint(3) });
  advance(one, { type: 'progress', run: 1, step: 50, seconds: 1, reports: [] });
  assert.deepEqual([one.step, one.seconds, one.history, one.audited], [50, 1, history(1, 2, 3), checkpoint(1)]);
  assert.deepEqual(one.checkpoints, [checkpoint(2), checkpoint(3)]);
  assert.equal(one.history, same);
});

test('a run goes back to a checkpoint, or to its beginning', () => {
  const [early, edge, late] = [2, 3, 4].map((epoch) => ({ epoch, words: `changed for epoch ${epoch}` }));
  const onCpu = (/** @type {number} */ epoch) => ({ epoch, words: 'on the CPU' });
  /** @type {[ReturnType<typeof checkpoint> | null, import('../../www/common/protocol.js').Verdict, boolean, number[], { epoch: number, words: string }[]][]} */
  const ways = [
    [checkpoint(2), CPU, false, [1, 2], [early, edge]],
    [checkpoint(2), CPU, true, [1, 2], [early, edge, onCpu(3)]],
    [checkpoint(2), GPU, true, [1, 2], [early, edge, { epoch: 3, words: 'on WebGPU' }]],
    [null, CPU, true, [], [onCpu(1)]],
    [checkpoint(5), CPU, true, [1, 2, 3, 4, 5], [early, edge, late]],
  ];
  for (const [from, verdict, moved, epochs, marks] of ways) {
    const one = run({ history: history(1, 2, 3, 4, 5), step: 80, checkpoints: [checkpoint(2), checkpoint(5)], marks: [early, edge, late] });
    const { history: same } = one;
    rewind(one, from, verdict, moved);
    assert.deepEqual([one.history, one.step, one.checkpoints], [history(...epochs), 16 * epochs.length, from ? [from] : []]);
    assert.deepEqual([one.verdict, one.marks], [verdict, marks]);
    assert.equal(one.history, same, 'charts hold on to it');
  }
});

test('a run goes on from what was solved, and back to the time before', () => {
  const found = (/** @type {number} */ epoch) => ({ epoch, draws: 64, rows: 128, heldOut: 0.1 });
  const after = { ...checkpoint(2), solved: true };
  const one = run({ recipe: { ...RECIPE, solve: '0:64,2:64,5:64' } });
  advance(one, { type: 'progress', run: 1, step: 0, seconds: 0, reports: [], solving: 0.5 });
  assert.deepEqual([one.solving, one.solved, unfinished(one)], [0.5, [], true]);
  advance(one, { type: 'progress', run: 1, step: 32, seconds: 1, reports: history(1, 2), solved: [found(0), found(2)], checkpoint: after });
  assert.deepEqual([one.solving, one.solved], [null, [found(0), found(2)]]);
  assert.deepEqual(savedOf(one)?.solved, [found(0), found(2)]);
  assert.deepEqual(savedOf({ ...one, checkpoints: [checkpoint(2)] })?.solved, [found(0)], 'the checkpoint is of the time before');
  assert.deepEqual(savedOf({ ...one, checkpoints: [checkpoint(1)] })?.solved, [found(0)]);
  const again = (/** @type {ReturnType<typeof checkpoint> | null} */ from) => {
    const other = run({ history: history(1, 2), solved: [found(0), found(2)], solving: 0.25 });
    rewind(other, from, CPU, false);
    return [other.solved.map(({ epoch }) => epoch), other.solving];
  };
  assert.deepEqual(
    [again(after), again(checkpoint(2)), again(null)],
    [
      [[0, 2], null],
      [[0], null],
      [[], null],
    ],
  );
  const end = run({ recipe: { ...RECIPE, solve: '5:64' }, history: history(1, 2, 3, 4, 5) });
  assert.deepEqual([end, { ...end, solved: [found(5)] }, { ...end, diverged: true }].map(unfinished), [true, false, false]);
  const [before, since] = [checkpoint(5), { ...checkpoint(5), solved: true }].map((kept) => ({ ...end, checkpoints: [kept] }));
  assert.deepEqual([before, since].map(unfinished), [true, false], 'a run that was one of many is known by its checkpoint alone');
});

test('a learning rate that is changed is part of the recipe and of what was typed', () => {
  const one = run();
  changeRate(one, { ...RECIPE, rates: '3:0.0005' });
  assert.deepEqual([one.recipe.rates, one.fields], ['3:0.0005', { ...FIELDS, rates: '3:0.0005' }]);
  changeRate(one, { ...RECIPE, lr: 0.5 });
  assert.equal(one.fields.lr, '0.5');
});

test('what a run has come to, what is left of it, and whether another is asked for', () => {
  const ended = { history: history(1, 2, 3, 4, 5) };
  assert.equal(outcome(run(ended)), 1 / 5);
  assert.equal(outcome(run({ history: history(1, 2) })), undefined);
  assert.equal(outcome(run({ ...ended, source: SOURCE })), undefined);
  assert.deepEqual([run(), run(ended), run({ diverged: true })].map(unfinished), [true, false, false]);
  const kept = { history: history(1, 2, 3, 4), checkpoints: [checkpoint(2)] };
  const lost = { ...kept, diverged: true };
  const runs = [run(), run(kept), run(lost), run({ ...lost, checkpoints: [checkpoint(0)] }), run({ ...lost, checkpoints: [] })];
  assert.deepEqual(runs.map(reachedBy), [0, 4, 2, 0, 4], 'what diverged has its last checkpoint’s weights');
  assert.equal(fitting(SOURCE, FIELDS), SOURCE);
  for (const key of ['d', 'm', 'hidden']) assert.equal(fitting(SOURCE, { ...FIELDS, [key]: '3' }), null, key);
  assert.equal(fitting(null, FIELDS), null);
  const other = { ...FIELDS, seed: '43' };
  assert.deepEqual(
    [stale(run(), FIELDS, null), stale(run(), other, null), stale(run({ step: 1 }), other, null), stale(run(), FIELDS, SOURCE)],
    [false, true, false, true],
  );
  const solved = [{ epoch: 0, draws: 1_024, rows: 2_048, heldOut: 0.1 }];
  assert.equal(stale(run({ solved }), other, null), false, 'what was solved is not given up for another recipe by a question');
});

test('which weights are looked at is told by how far their run has come', () => {
  const solved = (/** @type {number} */ epoch) => [{ epoch, draws: 1_024, rows: 2_048, heldOut: 0.1 }];
  const [one, two] = [
    { step: 16, history: history(1) },
    { step: 32, history: history(1, 2) },
  ];
  /** @type {[Partial<Run>, string][]} */
  const ages = [
    [{}, 'before any training'],
    [{ source: SOURCE }, `by the weights of “${SOURCE.name}”`],
    [{ solved: solved(0) }, 'after solving over 1,024 draws'],
    [{ solved: solved(0), source: SOURCE }, 'after solving over 1,024 draws'],
    [{ step: 1 }, 'after a part of epoch 1'],
    [{ step: 1, source: SOURCE }, 'after a part of epoch 1'],
    [{ step: 1, solved: solved(0) }, 'after solving over 1,024 draws and a part of epoch 1'],
    [{ ...one, step: 17 }, 'after 1 epoch and a part of epoch 2'],
    [one, 'after 1 epoch'],
    [two, 'after 2 epochs'],
    [{ ...two, solved: solved(2) }, 'after 2 epochs and solving over 1,024 draws'],
    [{ ...two, solved: solved(0) }, 'after 2 epochs'],
    [{ ...two, diverged: true, checkpoints: [checkpoint(1)] }, 'after 1 epoch'],
    [{ ...one, diverged: true, checkpoints: [checkpoint(0)] }, 'before any training'],
  ];
  assert.deepEqual(
    ages.map(([parts]) => ageOf(run(parts))),
    ages.map(([, words]) => words),
  );
  assert.equal(ageOf(run(two), true), 'while it trains, in epoch 3');
  assert.equal(ageOf(run({ ...two, solving: 0.5 }), true), 'after 2 epochs', 'while it is solved its weights stay what they are');
});

/** A channel with scripted workers, what its owner heard, and how they died. @param {Partial<import('../../www/run/channel.js').Owner<any, any>>} [own] */
function line(own = {}) {
  Scripted.all.length = 0;
  /** @type {any[]} */
  const heard = [];
  /** @type {any[]} */
  const deaths = [];
  /** @type {Channel<any, any>} */
  const channel = new Channel({ launch: () => new Scripted(), hear: (message) => heard.push(message), died: (death) => deaths.push(death), ...own });
  return { channel, heard, deaths };
}

test('a worker starts when it is first spoken to, and is greeted first', () => {
  const { channel } = line({ greet: () => ({ type: 'hello' }) });
  assert.equal(Scripted.all.length, 0);
  channel.send({ type: 'go' });
  channel.send({ type: 'on' });
  assert.deepEqual([Scripted.all.length, Scripted.last.types], [1, ['hello', 'go', 'on']]);
});

test('answers, refusals and progress find their request, and all else its owner', async () => {
  const { channel, heard } = line();
  /** @type {any[]} */
  const shares = [];
  const [one, two] = [channel.ask({ type: 'a' }), channel.ask({ type: 'b' }, { progress: (message) => shares.push(message.done) })];
  assert.notEqual(Scripted.last.asked('a').id, Scripted.last.asked('b').id);
  await Scripted.last.say({ type: 'progress', id: Scripted.last.asked('b').id, done: 0.5 });
  await Scripted.last.say({ type: 'progress', run: 1 });
  await Scripted.last.answer('b', 2);
  await Scripted.last.say({ type: 'progress', id: Scripted.last.asked('b').id, done: 1 });
  assert.ok(channel.waiting);
  const refused = assert.rejects(one, (error) => error instanceof RefusalError && error.key === 'm' && error.message === 'no');
  await Scripted.last.say({ type: 'refusal', id: Scripted.last.asked('a').id, key: 'm', message: 'no' });
  await refused;
  assert.deepEqual([await two, shares, heard, channel.waiting], [2, [0.5], [{ type: 'progress', run: 1 }], false]);
});

test('each way to die is told, and nothing is heard of a worker that was stopped', async () => {
  const { channel, heard, deaths } = line();
  channel.start();
  const first = Scripted.last;
  await first.say({ type: 'fatal', message: 'unreachable', cause: 'device' });
  await first.say({ type: 'fatal', message: 'unreachable' });
  await first.break('boom');
  await first.break();
  assert.deepEqual(deaths.splice(0), [
    { how: 'told', words: 'unreachable', cause: 'device' },
    { how: 'told', words: 'unreachable', cause: 'died' },
    { how: 'thrown', words: 'boom' },
    { how: 'thrown', words: '' },
  ]);
  channel.stop();
  channel.start();
  assert.ok(first.ended);
  await first.say({ type: 'late' });
  await first.break('late');
  assert.deepEqual([heard, deaths], [[], []]);
});

test('a worker that is expected to speak and does not is dead after so many ticks', (t) => {
  const tick = seconds(t);
  let expected = true;
  const { channel, deaths } = line({ patience: { ticks: 3, expected: () => expected } });
  tick(9);
  assert.equal(deaths.length, 0, 'none is there');
  channel.start();
  tick(2);
  Scripted.last.onmessage({ data: { type: 'here' } });
  tick(2);
  expected = false;
  tick(9);
  expected = true;
  tick(2);
  assert.equal(deaths.length, 0);
  tick(1);
  assert.deepEqual(deaths, [{ how: 'silent', words: '' }]);
  channel.stop();
  tick(9);
  assert.equal(deaths.length, 1, 'nobody listens to none');
  channel.start();
  tick(2);
  assert.equal(deaths.length, 1, 'the next one has its own patience');
  channel.close('over');
});

test('what was pending is asked again once; what killed two workers is refused', async () => {
  const { channel } = line();
  const answers = [channel.ask({ type: 'a' }), channel.ask({ type: 'b' })];
  channel.stop();
  const fresh = channel.ask({ type: 'c' });
  channel.retry();
  assert.deepEqual(Scripted.last.types, ['c', 'a', 'b'], 'what the present worker was asked is not asked twice');
  await Scripted.last.answer('a', 1);
  channel.stop();
  const refused = assert.rejects(answers[1], (error) => error instanceof RefusalError && error.message === 'The worker died of this question, twice.');
  channel.retry();
  await refused;
  assert.deepEqual(Scripted.last.types, ['c']);
  await Scripted.last.answer('c', 3);
  assert.deepEqual([await answers[0], await fresh, Scripted.all.length], [1, 3, 3]);
});

test('where no request is to blame, it may be asked of any number of workers', async () => {
  const { channel } = line();
  const answer = channel.ask({ type: 'a' });
  for (let i = 0; i < 4; i += 1) {
    channel.stop();
    channel.repeat();
  }
  await Scripted.last.answer('a', 1);
  assert.deepEqual([await answer, Scripted.all.length], [1, 5]);
});

test('an aborted request takes the worker with it, and the others are asked again', async () => {
  const { channel } = line();
  const [control, late] = [new AbortController(), new AbortController()];
  const long = channel.ask({ type: 'long' }, { signal: control.signal });
  const short = channel.ask({ type: 'short' }, { signal: late.signal });
  const first = Scripted.last;
  control.abort();
  await assert.rejects(long, { name: 'AbortError' });
  assert.ok(first.ended);
  assert.deepEqual(Scripted.last.types, ['short']);
  await Scripted.last.answer('short', 1);
  assert.equal(await short, 1);
  late.abort();
  assert.equal(Scripted.last.ended, false, 'what has its answer is not aborted');
  await assert.rejects(channel.ask({ type: 'long' }, { signal: control.signal }), { name: 'AbortError' });
  assert.deepEqual(Scripted.last.types, ['short'], 'nothing was asked');
});

test('a worker that a channel lets go of lives on, and the next one is asked what is pending', async () => {
  const { channel, heard, deaths } = line();
  assert.equal(channel.release(), null, 'there is none yet');
  const answer = channel.ask({ type: 'a' });
  const first = Scripted.last;
  assert.equal(channel.release(), first);
  await first.say({ type: 'late' });
  await first.say({ type: 'fatal', message: 'late' });
  assert.deepEqual([first.ended, heard, deaths], [false, [], []]);
  channel.repeat();
  await Scripted.last.answer('a', 1);
  assert.deepEqual([await answer, Scripted.all.length], [1, 2]);
});

test('requests can be taken back or given up, and a closed channel is silent', async () => {
  const { channel } = line();
  const [kept, back, lost] = ['kept', 'back', 'lost'].map((type) => channel.ask({ type }));
  for (const { message, resolve } of channel.withdraw(({ type }) => type === 'back')) resolve(message.type);
  assert.equal(await back, 'back');
  await Scripted.last.answer('kept', 1);
  channel.abandon(new LostError('it is gone'));
  await assert.rejects(lost, (error) => error instanceof LostError && error.message === 'it is gone');
  const [last, workers] = [channel.ask({ type: 'last' }), Scripted.all.length];
  channel.close('over');
  channel.send({ type: 'go' });
  await assert.rejects(last, { message: 'over' });
  await assert.rejects(channel.ask({ type: 'more' }), (error) => error instanceof LostError && error.message === 'over');
  assert.deepEqual([await kept, Scripted.last.ended, Scripted.all.length, Scripted.last.types.includes('go')], [1, true, workers, false]);
});

/** A trainer with a worker that is led by hand, and all that it tells. @param {import('node:test').TestContext} t */
function trained(t) {
  const trainer = new Own('auto');
  t.after(() => trainer.close());
  /** @type {string[]} */
  const told = [];
  for (const news of ['backend', 'run', 'rewound', 'recipe']) trainer.addEventListener(news, () => told.push(news));
  trainer.addEventListener('state', () => told.push(trainer.state));
  return { trainer, told };
}

/** Opens what was asked for, on a backend. @param {import('../../www/common/protocol.js').Verdict} [verdict] */
async function open(verdict = CPU) {
  if (Scripted.last.asked('open').on !== 'cpu') await Scripted.last.say({ type: 'backend', verdict });
  await Scripted.last.answer('open', { recipe: RECIPE, stepsPerEpoch: 16 });
}

/** Trains the worker's run to the end of an epoch. @param {number} epoch @param {{ mse?: number, keep?: boolean }} [how] */
function epoch(epoch, { mse, keep = true } = {}) {
  const { run } = Scripted.last.asked('open');
  return Scripted.last.say({
    type: 'progress',
    run,
    step: epoch * 16,
    seconds: epoch,
    reports: [report(epoch, mse)],
    ...(keep && { checkpoint: checkpoint(epoch) }),
  });
}

/** @param {boolean} done @param {boolean} [diverged] */
const stopped = (done, diverged = false) => Scripted.last.say({ type: 'stopped', run: Scripted.last.asked('open').run, done, diverged });

const fatal = (cause = 'died', message = 'unreachable') => Scripted.last.say({ type: 'fatal', message, cause });

test('a run is looked for, opened, trained and done', async (t) => {
  const { trainer, told } = trained(t);
  void trainer.train(FIELDS);
  await Scripted.last.say({ type: 'probing' });
  await open();
  assert.deepEqual(Scripted.last.types, ['hello', 'open', 'train']);
  assert.equal(Scripted.last.asked('train').until, 5);
  for (const i of [1, 2, 3, 4, 5]) await epoch(i);
  await stopped(true);
  assert.deepEqual(told, ['probing', 'probing', 'backend', 'running', 'run', 'running', 'done']);
  assert.deepEqual([trainer.busy, trainer.resumable, trainer.run?.history.length], [false, false, 5]);
});

test('a pause holds a run that is on its way, and stops one that trains', async (t) => {
  const { trainer, told } = trained(t);
  void trainer.train(FIELDS);
  trainer.pause();
  await open();
  assert.deepEqual(
    [told.splice(0), Scripted.last.types],
    [
      ['probing', 'paused', 'backend', 'paused', 'run', 'paused'],
      ['hello', 'open'],
    ],
  );
  trainer.resume();
  trainer.pause();
  trainer.resume();
  assert.deepEqual([told.splice(0), trainer.state], [['running'], 'running'], 'it is paused when the worker says so');
  await epoch(1);
  await stopped(false);
  void trainer.step(FIELDS);
  assert.equal(Scripted.last.asked('train').until, 2);
  assert.deepEqual(told, ['paused', 'running']);
});

test('a pause holds a run that waits for what was kept of its seeds, too, and no other is begun meanwhile', async (t) => {
  /** @type {{ onerror: () => void, error: Error } | undefined} */
  let request;
  const { indexedDB } = globalThis;
  t.after(() => Object.assign(globalThis, { indexedDB }));
  Object.assign(globalThis, { indexedDB: { open: () => (request = { onerror() {}, error: new Error('refused') }) } });
  const { trainer } = trained(t);
  const fields = { ...FIELDS, seeds: '3' };
  const begun = trainer.train(fields);
  await Scripted.last.say({ type: 'backend', verdict: CPU });
  await Scripted.last.answer('open', { recipe: { ...RECIPE, seeds: 3 }, stepsPerEpoch: 16 });
  // What looks it up is loaded first.
  for (const end = Date.now() + 10_000; !request && Date.now() < end; ) await settled();
  assert.ok(request, 'what was kept is asked for');
  const worker = Scripted.last;
  assert.deepEqual([trainer.state, trainer.busy], ['running', true]);
  trainer.pause();
  assert.deepEqual([trainer.state, trainer.busy], ['paused', true]);
  await trainer.train(fields);
  await trainer.replay();
  assert.ok(trainer.opening);
  trainer.resume();
  assert.equal(trainer.state, 'running');
  trainer.pause();
  request.onerror();
  await begun;
  assert.deepEqual([trainer.state, trainer.busy, trainer.ensemble?.state, worker.types], ['paused', false, 'paused', ['hello', 'open']]);
  trainer.resume();
  assert.deepEqual([trainer.state, worker.types.at(-1)], ['running', 'train']);
});

test('at a pace an epoch waits for its time, and the run trains all the while', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { trainer, told } = trained(t);
  trainer.pace(1_000);
  void trainer.train(FIELDS);
  await open();
  told.length = 0;
  const until = () => Scripted.last.told.filter(({ type }) => type === 'train').map((message) => message.until);
  await epoch(1);
  await stopped(false);
  assert.deepEqual(until(), [1]);
  t.mock.timers.tick(1_000);
  assert.deepEqual(until(), [1, 2]);
  await epoch(2);
  await stopped(false);
  trainer.hurry();
  trainer.hurry();
  assert.deepEqual([until(), told], [[1, 2, 3], []], 'hurried once, and never paused');
  await epoch(3);
  await stopped(false);
  trainer.pause();
  assert.deepEqual([told.splice(0), Scripted.last.types.includes('pause')], [['paused'], false], 'between two epochs there is nothing to stop');
  t.mock.timers.tick(5_000);
  trainer.hurry();
  assert.deepEqual(until(), [1, 2, 3]);
  trainer.resume();
  await epoch(4);
  await stopped(false);
  trainer.pace(0);
  assert.deepEqual(until(), [1, 2, 3, 4, 5]);
  await epoch(5);
  await stopped(true);
  assert.deepEqual(told, ['running', 'done']);
});

test('a run that goes on is brought to a pace, and a replay drops what waits', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { trainer } = trained(t);
  void trainer.train(FIELDS);
  await open();
  await epoch(1);
  trainer.pace(1_000);
  assert.deepEqual([Scripted.last.types.at(-1), trainer.state], ['pause', 'running']);
  await stopped(false);
  t.mock.timers.tick(1_000);
  assert.deepEqual([Scripted.last.asked('train').until, trainer.state], [2, 'running']);
  await epoch(2);
  await stopped(false);
  void trainer.replay();
  await open();
  const before = Scripted.last.told.length;
  assert.equal(Scripted.last.asked('train').until, 1);
  t.mock.timers.tick(5_000);
  assert.equal(Scripted.last.told.length, before);
});

test('a recipe that is refused leaves the run as it was', async (t) => {
  const { trainer, told } = trained(t);
  void trainer.train(FIELDS);
  await open();
  await stopped(false);
  told.length = 0;
  const refused = assert.rejects(trainer.train({ ...FIELDS, m: '0' }), { key: 'm' });
  await Scripted.last.say({ type: 'refusal', id: Scripted.last.asked('open').id, key: 'm', message: 'no' });
  await refused;
  assert.deepEqual([told, trainer.resumable], [['running', 'paused'], true]);
});

test('a run that was given up for one that there is no room for is taken over again, from its last checkpoint', async (t) => {
  for (const [state, done] of /** @type {const} */ ([
    ['paused', false],
    ['done', true],
  ])) {
    const { trainer, told } = trained(t);
    void trainer.train(FIELDS);
    await open();
    const { run } = Scripted.last.asked('open');
    await epoch(done ? 5 : 2);
    await stopped(done);
    told.length = 0;
    const refused = assert.rejects(trainer.train({ ...FIELDS, n: '1000000' }), { message: 'no room' });
    const { id } = Scripted.last.asked('open');
    await Scripted.last.say({ type: 'freed', run });
    await Scripted.last.say({ type: 'refusal', id, key: '', message: 'no room' });
    await refused;
    assert.deepEqual([told.splice(0), trainer.state, trainer.resumable, trainer.news], [['running', state, 'rewound'], state, false, '']);
    const again = Scripted.last.asked('open');
    assert.deepEqual([again.run, again.fields, again.checkpoint], [run, FIELDS, checkpoint(done ? 5 : 2)]);
    await Scripted.last.answer('open', { recipe: RECIPE, stepsPerEpoch: 16 });
    assert.deepEqual([trainer.state, trainer.resumable, trainer.run?.history.length, told], [state, !done, done ? 5 : 2, []]);
  }
});

/** What dies, on which backend, from what it goes on, and in which words. @type {[string, import('../../www/common/protocol.js').Verdict, boolean, () => Promise<void>, RegExp][]} */
const DEATHS = [
  [
    'a worker',
    CPU,
    true,
    () => fatal(),
    /^The worker died in epoch 3: unreachable\. A fresh one went on from the end of epoch 2; nothing before it has changed\.$/,
  ],
  ['a worker without a checkpoint', CPU, false, () => fatal(), /^The worker died in epoch 3: unreachable\. A fresh one went on from the beginning; /],
  ['a GPU', GPU, true, () => fatal('device', 'lost'), /^WebGPU failed in epoch 3: lost\. The run went on on the CPU from the end of epoch 2; /],
  ['a GPU that computes wrong numbers', GPU, true, () => fatal('wrong', 'off'), /^WebGPU computed wrong numbers: off\. The run went back to the beginning, /],
];

for (const [what, verdict, keep, die, words] of DEATHS) {
  test(`${what} that dies in training costs nothing`, async (t) => {
    const { trainer, told } = trained(t);
    void trainer.train(FIELDS);
    await open(verdict);
    await epoch(1, { keep });
    await epoch(2, { keep });
    const dead = Scripted.last;
    const asked = trainer.compare(0, FIELDS);
    await settled();
    told.length = 0;
    await die();
    const from = keep && !words.source.includes('the beginning') ? 2 : 0;
    assert.ok(dead.ended && trainer.state === 'running');
    assert.match(trainer.news, words);
    assert.equal(trainer.run?.history.length, from);
    assert.deepEqual(Scripted.last.types, ['hello', 'open', 'draw']);
    const { checkpoint: bytes, on } = Scripted.last.asked('open');
    assert.deepEqual([bytes, on], [from ? checkpoint(2) : null, 'cpu']);
    await open();
    await Scripted.last.answer('draw', 'compared');
    assert.equal(await asked, 'compared');
    assert.equal(Scripted.last.asked('train').until, 5);
    assert.deepEqual(told, verdict === GPU ? ['backend', 'rewound', 'running'] : ['rewound', 'running']);
  });
}

test('a look at a run that waits, whose worker dies, is answered by the next worker, and opens no other run', async (t) => {
  const { trainer } = trained(t);
  void trainer.train(FIELDS);
  await open();
  const { run } = Scripted.last.asked('open');
  // Within the first epoch, of which there is no checkpoint.
  await Scripted.last.say({ type: 'progress', run, step: 3, seconds: 0.1, reports: [] });
  await stopped(false);
  /** @type {unknown[]} */
  const shown = [];
  new Looks(trainer, { seen: () => true, ask: ({ fields }) => trainer.weights(fields), show: (found) => void shown.push(found) }).follow();
  await settled();
  await Scripted.last.answer('weights', 'after three steps');
  await fatal();
  assert.equal(Scripted.last.asked('open').run, run);
  await open();
  await settled();
  await Scripted.last.answer('weights', 'as drawn');
  assert.deepEqual([shown, trainer.state], [['after three steps', 'as drawn'], 'paused']);
});

test('a run that has ended is looked at while other seeds still train, seen or not, until its weights are lost', async (t) => {
  const { trainer } = trained(t);
  void trainer.train(FIELDS);
  await open();
  trainer.ensemble = /** @type {any} */ ({ state: 'running', pause() {} });
  /** @type {unknown[]} */
  const looked = [];
  new Looks(trainer, { seen: () => false, ask: async ({ step }) => step, show: (found) => void looked.push(found) });
  await epoch(5);
  assert.deepEqual([looked, trainer.state], [[], 'running']);
  await stopped(true);
  assert.deepEqual([looked, trainer.state], [[80], 'running']);
  await fatal();
  await fatal();
  assert.deepEqual([looked, trainer.state, trainer.answers], [[80, null], 'running', false]);
});

test('of two changes of the rate before an answer the form shows the second', async (t) => {
  const { trainer } = trained(t);
  class Element extends EventTarget {
    value = '';
    textContent = '';
    removeAttribute() {}
  }
  const page = new Map(['next-lr', 'next-lr-error', 'next-lr-said', 'changing-form', 'change-lr'].map((id) => [id, new Element()]));
  const names = ['HTMLElement', 'HTMLInputElement', 'HTMLFormElement', 'HTMLButtonElement'].map((name) => [name, Element]);
  Object.assign(globalThis, { document: { getElementById: (/** @type {string} */ id) => page.get(id) }, ...Object.fromEntries(names) });
  t.after(() => Reflect.deleteProperty(globalThis, 'document'));
  void trainer.train(FIELDS);
  await open();
  const form = { fields: trainer.run?.fields, fill: (/** @type {Run['fields']} */ fields) => (form.fields = fields) };
  const { RateChange } = await import('../../www/view/run/rate-change.js');
  new RateChange(/** @type {any} */ ({ trainer, form, attempt: (/** @type {() => Promise<void>} */ task) => task() }));
  for (const lr of ['0.0005', '0.0002']) {
    Object.assign(page.get('next-lr') ?? {}, { value: lr });
    page.get('changing-form')?.dispatchEvent(new Event('submit'));
  }
  await settled();
  for (const nth of [0, 1]) {
    const { id, lr } = Scripted.last.told.filter(({ type }) => type === 'rate')[nth];
    await Scripted.last.say({ type: 'answer', id, value: { ...RECIPE, rates: `2:${lr}` } });
  }
  assert.deepEqual([form.fields?.rates, page.get('next-lr-said')?.textContent], ['2:0.0002', 'lr\u00a0=\u00a00.0002 from epoch 2 on.']);
});

test('two deaths at an epoch end the run, and its last weights are there', async (t) => {
  const { trainer, told } = trained(t);
  void trainer.train(FIELDS);
  await open();
  await epoch(1);
  await fatal();
  await open();
  told.length = 0;
  await fatal();
  assert.deepEqual([told, trainer.state], [['rewound'], 'running']);
  await open();
  assert.deepEqual(told, ['rewound', 'failed']);
  assert.equal(trainer.failure, 'Training stopped at epoch 2, twice: unreachable. The weights of epoch 1 are kept. Press Train to start again.');
  const weights = trainer.weights(FIELDS);
  await settled();
  await Scripted.last.answer('weights', 'the last');
  assert.equal(await weights, 'the last');
  trainer.resume();
  assert.equal(Scripted.last.asked('train').until, 5, 'who insists may try again');
});

test('a worker that dies while it revives a run is the last one', async (t) => {
  const { trainer } = trained(t);
  void trainer.train(FIELDS);
  await open();
  await fatal();
  await fatal('died', 'again');
  assert.deepEqual([trainer.state, trainer.failure, Scripted.last.ended], ['failed', 'Training stopped: again. Press Train to start again.', true]);
});

test('a run that diverges goes back to the last finite weights and has failed', async (t) => {
  const { trainer, told } = trained(t);
  void trainer.train(FIELDS);
  await open();
  await epoch(1);
  await epoch(2, { mse: NaN, keep: false });
  told.length = 0;
  await stopped(true, true);
  trainer.pause();
  assert.deepEqual([told, Scripted.last.types], [[], ['hello', 'open']]);
  await open();
  assert.deepEqual([told, trainer.resumable, trainer.run?.history.length], [['failed'], false, 2]);
  assert.equal(trainer.failure, 'The run diverged: the MSE of epoch 2 is not a number any more. The weights of epoch 1 are kept.');
});

test('of runs that are trained in turn one that diverges has no answer, and the others go on', async (t) => {
  const page = { document: { activeElement: null } };
  Object.assign(globalThis, page);
  t.after(() => Reflect.deleteProperty(globalThis, 'document'));
  const { InTurn } = await import('../../www/view/limits/in-turn.js');
  const button = () => /** @type {any} */ ({ addEventListener() {} });
  const inTurn = new InTurn(button(), button());
  /** @type {number[]} */
  const begun = [];
  const recipes = Array(4).fill(RECIPE);
  const trained = inTurn.train(
    () => recipes,
    (nth) => begun.push(nth),
    (run) => run.evaluate(),
  );
  for (const at of [0, 2, 5, 0]) {
    await settled();
    await open();
    for (const i of [1, 2, 3, 4, 5]) {
      await epoch(i, i === at ? { mse: NaN, keep: false } : {});
      if (i === at) break;
    }
    await stopped(true, at > 0);
    // The last finite weights are taken over first.
    if (at > 0) await open();
    else await Scripted.last.answer('evaluate', 'evaluated');
  }
  assert.deepEqual(
    [await trained, begun],
    [
      ['evaluated', null, null, 'evaluated'],
      [1, 2, 3, 4],
    ],
  );

  // What has died has no answer, and neither have those after it.
  const died = assert.rejects(
    inTurn.train(
      () => recipes,
      () => {},
      (run) => run.evaluate(),
    ),
    (error) => error instanceof RefusalError && /^Training stopped: again\./.test(error.message),
  );
  await settled();
  await open();
  await epoch(1);
  await fatal();
  await fatal('died', 'again');
  await died;
});

test('a run that waits goes on waiting on a fresh worker, and trains if that was asked for meanwhile', async (t) => {
  for (const [meanwhile, state, trains] of /** @type {const} */ ([
    ['nothing', 'paused', false],
    ['resume', 'running', true],
    ['step', 'running', true],
  ])) {
    for (const death of [() => fatal(), () => Scripted.last.say({ type: 'unfit', verdict: { ...CPU, reason: 'refused' } })]) {
      const { trainer, told } = trained(t);
      void trainer.train(FIELDS);
      await open(GPU);
      await epoch(1);
      await stopped(false);
      told.length = 0;
      await death();
      assert.deepEqual([told.splice(0), trainer.news], [['backend', 'rewound'], '']);
      if (meanwhile === 'resume') trainer.resume();
      if (meanwhile === 'step') void trainer.step(FIELDS);
      assert.deepEqual(Scripted.last.types, ['hello', 'open'], 'there is nothing to train yet');
      await open();
      assert.deepEqual([trainer.state, Scripted.last.types.includes('train'), trainer.resumable], [state, trains, true]);
      if (trains) assert.equal(Scripted.last.asked('train').until, meanwhile === 'step' ? 2 : 5);
      assert.equal(trainer.run?.number, 1, 'it is the same run');
    }
  }
});

test('a pause that was asked for is kept by the worker that revives the run', async (t) => {
  const { trainer } = trained(t);
  void trainer.train(FIELDS);
  await open();
  await epoch(1);
  trainer.pause();
  await fatal();
  assert.equal(trainer.state, 'running');
  await open();
  assert.deepEqual([trainer.state, Scripted.last.types.includes('train')], ['paused', false]);
});

test('another run supersedes one that is being revived', async (t) => {
  const { trainer } = trained(t);
  void trainer.train(FIELDS);
  await open();
  await epoch(1);
  await fatal();
  const revival = Scripted.last.asked('open').id;
  void trainer.replay();
  await Scripted.last.say({ type: 'answer', id: revival, value: { recipe: RECIPE, stepsPerEpoch: 16 } });
  assert.deepEqual([trainer.opening, Scripted.last.types.includes('train')], [true, false]);
  await open();
  assert.deepEqual([trainer.run?.number, trainer.run?.history.length, Scripted.last.asked('train').run], [2, 0, 2]);
});

test('a switch of the backend gives the next run a worker of its own, and only once its recipe has passed', async (t) => {
  const { trainer, told } = trained(t);
  void trainer.train(FIELDS);
  await open(GPU);
  await stopped(false);
  const first = Scripted.last;
  trainer.choose('cpu');
  trainer.prepare(FIELDS);
  assert.deepEqual([trainer.moving, trainer.resumable, first.types.includes('prepare')], [true, true, false]);
  const [evaluation, lost] = [trainer.evaluate(), assert.rejects(trainer.sample(9), LostError)];
  const link = trainer.readLink('d=2');
  void trainer.train(FIELDS);
  assert.equal(first.ended, false);
  told.length = 0;
  await first.answer('check', {});
  await lost;
  assert.deepEqual([await evaluation, first.ended, trainer.moving, Scripted.last.types], [null, true, false, ['hello', 'read', 'open']]);
  await Scripted.last.answer('read', 'what no run has a part in is asked again');
  assert.deepEqual([await link, told], ['what no run has a part in is asked again', ['backend']]);
  assert.equal(Scripted.last.told[0].asked, 'cpu');
  await open();
  assert.equal(trainer.state, 'running');
});

test('a worker that does not start, or loads nothing, fails in words', async (t) => {
  for (const [end, words] of /** @type {[() => Promise<void>, string][]} */ ([
    [() => Scripted.last.break('no network'), 'The worker could not be started: no network.'],
    [() => Scripted.last.break(), 'The worker could not be started.'],
    [
      () => Scripted.last.say({ type: 'broken', message: 'no module\nat line 1' }),
      'The training module could not be loaded: no module. Reload the page, or press Train to try again.',
    ],
  ])) {
    const { trainer } = trained(t);
    const lost = assert.rejects(trainer.train(FIELDS), LostError);
    await end();
    await lost;
    assert.deepEqual([trainer.state, trainer.failure], ['failed', words]);
    void trainer.train(FIELDS);
    await open();
    assert.deepEqual([trainer.state, trainer.failure], ['running', ''], 'the next one may do better');
  }
});

test('a worker that says nothing for a minute while it trains is dead', async (t) => {
  const tick = seconds(t);
  const { trainer } = trained(t);
  void trainer.train(FIELDS);
  await open();
  tick(59);
  assert.equal(trainer.news, '');
  tick(1);
  assert.match(trainer.news, /^The worker died in epoch 1: nothing was heard of it for a minute\. /);
  await open();
  await stopped(false);
  tick(600);
  assert.equal(trainer.state, 'paused', 'one that waits may be silent');
});

test('one that tries a GPU has three minutes, which is longer than it may try', async (t) => {
  const tick = seconds(t);
  const { trainer } = trained(t);
  const lost = assert.rejects(trainer.train(FIELDS), LostError);
  await Scripted.last.say({ type: 'probing' });
  tick(179);
  assert.equal(trainer.state, 'probing');
  tick(1);
  await lost;
  assert.match(trainer.failure, /^Training stopped: nothing was heard of it for a minute\. /);
});

/** What a page knows of its backend, what a worker says, and whether that is news. @type {[import('../../www/common/protocol.js').Verdict, Partial<import('../../www/common/protocol.js').Verdict>, boolean][]} */
const VERDICTS = [
  [CPU, { reason: 'asked' }, false],
  [CPU, {}, false],
  [CPU, { detail: 'more' }, true],
  [CPU, { reason: 'slower' }, true],
  [CPU, { ...GPU, reason: 'asked' }, true],
  [GPU, { ...CPU, reason: 'asked' }, true],
];

test('a verdict is news where it says more than is known', async (t) => {
  for (const [known, own, news] of VERDICTS) {
    const { trainer, told } = trained(t);
    await Scripted.last.say({ type: 'backend', verdict: known });
    assert.deepEqual([told.splice(0), trainer.verdict], [['backend'], known]);
    const verdict = { ...known, ...own };
    await Scripted.last.say({ type: 'backend', verdict });
    assert.deepEqual([told, trainer.verdict], [news ? ['backend'] : [], news ? verdict : known]);
  }
});

test('a fresh worker is told the verdict, and the visitor’s own wish where that was about one recipe', async (t) => {
  for (const [verdict, asked] of /** @type {const} */ ([
    [CPU, 'cpu'],
    [GPU, 'webgpu'],
    [{ ...CPU, reason: 'slower' }, 'auto'],
  ])) {
    const { trainer } = trained(t);
    void trainer.check(FIELDS).catch(() => {});
    await Scripted.last.say({ type: 'backend', verdict });
    await Scripted.last.break();
    void trainer.check(FIELDS).catch(() => {});
    assert.deepEqual(Scripted.last.told[0], { type: 'hello', asked });
  }
});

test('a GPU that is lost before there is a run is tried again, three times', async (t) => {
  const { trainer, told } = trained(t);
  const checked = trainer.check(FIELDS);
  for (const i of [1, 2, 3]) {
    if (i === 2) await Scripted.last.answer('check', { recipe: {} });
    await Scripted.last.say({ type: 'backend', verdict: GPU });
    told.length = 0;
    await fatal('device', 'lost');
    assert.deepEqual([told, trainer.verdict, trainer.state], [['backend'], null, 'idle']);
    trainer.prepare(FIELDS);
    assert.equal(Scripted.last.types.includes('check'), i === 1);
  }
  assert.deepEqual(await checked, { recipe: {} });
  await Scripted.last.say({ type: 'backend', verdict: GPU });
  await fatal('device', 'lost');
  assert.deepEqual([trainer.state, trainer.verdict], ['failed', { ...CPU, reason: 'lost', detail: 'lost' }]);
});

const LAYERED = { ...FIELDS, layer: LAYER };

/** The run's recipe is checked, with its layer at hand. */
async function held() {
  atHand.add({
    name: LAYER,
    title: 'a.safetensors',
    numbers: { d: 1, kept: 0, weight: new Float32Array(4), bias: new Float32Array(4), inputs: new Float32Array(8) },
  });
  await settled();
  await Scripted.last.answer('check', { recipe: { d: 2, layer: LAYER } });
  // The layers are looked at in a script of their own.
  await import('../../www/run/layers.js');
  for (let i = 0; i < 3; i += 1) await settled();
}

test('a layer is told to each worker before what names it, once', async (t) => {
  const { trainer } = trained(t);
  void trainer.train(LAYERED).catch(() => {});
  await held();
  assert.deepEqual(Scripted.last.types, ['hello', 'check', 'layer', 'open']);
  assert.deepEqual(Scripted.last.asked('layer').name, LAYER);
  await Scripted.last.say({ type: 'backend', verdict: GPU });
  // Another worker has heard of nothing.
  await fatal('wrong', 'off');
  assert.deepEqual(Scripted.last.types, ['hello', 'layer', 'open']);
  await Scripted.last.say({ type: 'refusal', id: Scripted.last.asked('open').id, key: '', message: 'no' });
  void trainer.train(LAYERED).catch(() => {});
  await held();
  assert.deepEqual(Scripted.last.types, ['hello', 'layer', 'open', 'check', 'open'], 'and this one already has');
  trainer.close();
});

test('a question that is asked while a run waits for its layer is for that run, or opens its own where that is refused', async (t) => {
  const { trainer } = trained(t);
  void trainer.train(LAYERED).catch(() => {});
  void trainer.compare(0, FIELDS).catch(() => {});
  await held();
  const { types } = Scripted.last;
  assert.deepEqual(types.slice(types.indexOf('open')), ['open', 'draw'], 'the run is there before the question');
  trainer.close();

  const { trainer: other } = trained(t);
  other.train(LAYERED).catch(() => {});
  void other.compare(0, FIELDS).catch(() => {});
  await settled();
  await Scripted.last.say({ type: 'refusal', id: Scripted.last.asked('check').id, key: 'layer', message: 'not here' });
  assert.deepEqual([Scripted.last.types, Scripted.last.asked('open').fields], [['hello', 'check', 'open'], FIELDS]);
  other.close();
});

test('while a run waits for its layer no other is begun, and where that is refused the page is as before', async (t) => {
  const { trainer } = trained(t);
  const first = trainer.train(LAYERED);
  assert.ok(trainer.busy && trainer.opening);
  await trainer.train(LAYERED);
  await trainer.step(FIELDS);
  await assert.rejects(trainer.open(FIELDS), /A run is going on/);
  await settled();
  assert.deepEqual(Scripted.last.types, ['hello', 'check'], 'asked once');
  const refused = assert.rejects(first, /not here/);
  await Scripted.last.say({ type: 'refusal', id: Scripted.last.asked('check').id, key: 'layer', message: 'not here' });
  await refused;
  assert.deepEqual([trainer.busy, trainer.opening, trainer.state], [false, false, 'idle']);
  trainer.close();
});

test('a GPU that fails while a run is opened gives way to the CPU, and the CPU to nothing', async (t) => {
  for (const [end, reason] of /** @type {[() => Promise<void>, string][]} */ ([
    [() => fatal('device', 'gone'), 'lost'],
    [() => fatal('wrong', 'gone'), 'wrong'],
    [() => Scripted.last.say({ type: 'unfit', verdict: { ...CPU, reason: 'refused' } }), 'refused'],
  ])) {
    const { trainer, told } = trained(t);
    const training = trainer.train(FIELDS);
    await Scripted.last.say({ type: 'backend', verdict: GPU });
    const dead = Scripted.last;
    told.length = 0;
    await end();
    assert.deepEqual([dead.ended, Scripted.last.types, trainer.verdict?.reason, told], [true, ['hello', 'open'], reason, ['backend', 'running']]);
    const lost = assert.rejects(training, LostError);
    await fatal();
    await lost;
    assert.deepEqual([trainer.state, trainer.failure], ['failed', 'Training stopped: unreachable. Press Train to start again.']);
  }
});

test('a run that waits outlives three workers in a row and no more, unless one has ended an epoch', async (t) => {
  const { trainer } = trained(t);
  void trainer.train(FIELDS);
  await open();
  const dieThrice = async () => {
    await stopped(false);
    for (let i = 0; i < 3; i += 1) {
      await fatal();
      await open();
      assert.equal(trainer.state, 'paused');
    }
  };
  await dieThrice();
  trainer.resume();
  await epoch(1);
  await dieThrice();
  await fatal();
  assert.equal(trainer.state, 'failed');
});

test('a run on a GPU that is found unfit goes back to its checkpoint, on the CPU', async (t) => {
  const { trainer } = trained(t);
  void trainer.train(FIELDS);
  await open(GPU);
  await epoch(1);
  await epoch(2, { keep: false });
  await stopped(false);
  await Scripted.last.say({ type: 'unfit', verdict: { ...CPU, reason: 'refused' } });
  assert.deepEqual([trainer.run?.history.length, trainer.run?.marks], [1, [{ epoch: 2, words: 'on the CPU' }]]);
  const { checkpoint: bytes, on } = Scripted.last.asked('open');
  assert.deepEqual([bytes, on], [checkpoint(1), 'cpu']);
  await Scripted.last.say({ type: 'refusal', id: Scripted.last.asked('open').id, key: '', message: 'the checkpoint is damaged' });
  assert.deepEqual([trainer.state, trainer.failure], ['failed', 'Training stopped: the checkpoint is damaged. Press Train to start again.']);
});

test('a run that was interrupted is opened where it was', async (t) => {
  for (const [at, state] of /** @type {const} */ ([
    [2, 'paused'],
    [5, 'done'],
  ])) {
    const { trainer, told } = trained(t);
    const saved = { fields: FIELDS, source: SOURCE, history: history(1, 2, 3, 4, 5), seconds: 2, marks: [], checkpoint: checkpoint(at) };
    const restored = trainer.restore(saved);
    const { checkpoint: bytes, weights, seconds: spent } = Scripted.last.asked('open');
    assert.deepEqual([bytes, weights, spent], [checkpoint(at), SOURCE.bytes, 2]);
    await open();
    await restored;
    assert.deepEqual([told.slice(-2), trainer.run?.history.length], [['run', state], at]);
  }
});

test('a solution is a part of the run on show, or of one that begins with it', async (t) => {
  const { trainer } = trained(t);
  const solution = { file: Uint8Array.of(9), draws: 64, rows: 128 };
  const saved = { fields: FIELDS, source: SOURCE, history: history(1, 2), seconds: 2, marks: [], checkpoint: checkpoint(2) };
  const fields = { ...FIELDS, solve: '2:64' };
  const solving = trainer.restore({ ...saved, fields }, solution);
  const asked = Scripted.last.asked('open');
  assert.deepEqual([asked.fields, asked.checkpoint, asked.solution], [fields, checkpoint(2), solution]);
  await assert.rejects(trainer.open(fields, 1, solution), { message: 'A run is going on: pause it first.' });
  await open();
  await solving;
  assert.deepEqual([trainer.state, trainer.run?.history.length], ['paused', 2]);
  const beginning = trainer.open(fields, 1, solution);
  assert.equal(Scripted.last.asked('open').checkpoint, null);
  await open();
  await beginning;
  assert.deepEqual([trainer.state, trainer.run?.history.length], ['idle', 0]);
});

test('a run that waits within an epoch is trained to the end of that', async (t) => {
  const { trainer } = trained(t);
  void trainer.train(FIELDS);
  await open();
  await epoch(1);
  await Scripted.last.say({ type: 'progress', run: 1, step: 20, seconds: 1, reports: [] });
  await stopped(false);
  const ended = trainer.endEpoch();
  assert.deepEqual([trainer.state, Scripted.last.asked('train').until], ['running', 2]);
  await epoch(2);
  await stopped(false);
  await ended;
  assert.equal(trainer.state, 'paused');
  const types = Scripted.last.types.length;
  await trainer.endEpoch();
  assert.equal(Scripted.last.types.length, types, 'nothing is asked where an epoch has just ended');
});

test('while a run trains or is on its way no other is opened', async (t) => {
  const { trainer } = trained(t);
  void trainer.train(FIELDS);
  const refused = { message: 'A run is going on: pause it first.' };
  await assert.rejects(trainer.open(FIELDS), refused);
  await open();
  await assert.rejects(trainer.restore(/** @type {any} */ ({})), refused);
  await trainer.train(FIELDS);
  await trainer.step(FIELDS);
  assert.deepEqual(Scripted.last.types, ['hello', 'open', 'train']);
  trainer.pause();
  assert.deepEqual(Scripted.last.told.at(-1), { type: 'pause', run: 1 });
});

test('what a worker says of another run is not heard', async (t) => {
  const { trainer, told } = trained(t);
  void trainer.train(FIELDS);
  await open();
  told.length = 0;
  await Scripted.last.say({ type: 'progress', run: 7, step: 16, seconds: 1, reports: [report(1)] });
  await Scripted.last.say({ type: 'stopped', run: 7, done: true, diverged: false });
  void trainer.replay();
  await Scripted.last.say({ type: 'stopped', run: 1, done: true, diverged: false });
  assert.deepEqual([told, trainer.run?.history], [['running'], []]);
  await open();
  assert.equal(trainer.state, 'running');
});

test('a run that diverges before any checkpoint has failed at once', async (t) => {
  const { trainer } = trained(t);
  void trainer.train(FIELDS);
  await open();
  await epoch(1, { mse: 1e9, keep: false });
  await stopped(true, true);
  assert.equal(
    trainer.failure,
    'The run diverged: the MSE of epoch 1 is 1.0e+9, more than a million times the first one’s. No weights before it could be kept.',
  );
  assert.deepEqual([trainer.state, Scripted.last.ended], ['failed', false]);
});

test('the page is told of progress, of rates, and of a switch', async (t) => {
  const { trainer, told } = trained(t);
  for (const news of ['progress', 'rates', 'source']) trainer.addEventListener(news, () => told.push(news));
  trainer.choose('cpu');
  assert.deepEqual([trainer.asked, trainer.verdict], ['cpu', { ...CPU, reason: 'switched' }]);
  await Scripted.last.say({ type: 'backend', verdict: GPU });
  trainer.choose('webgpu');
  assert.deepEqual([trainer.asked, trainer.verdict, told.splice(0)], ['webgpu', null, ['backend', 'backend']]);
  await Scripted.last.say({ type: 'measured', shape: 's', backend: 'cpu', rate: 9, adapter: null });
  trainer.source = SOURCE;
  assert.deepEqual([trainer.rates.of('s').cpu, told.splice(0)], [9, ['rates', 'source']]);
  void trainer.train(FIELDS);
  const { last } = Scripted;
  await last.answer('check', {});
  assert.notEqual(Scripted.last, last);
  await open(GPU);
  await epoch(1);
  assert.equal(told.at(-1), 'progress');
});

test('a death on the GPU does not count against an epoch on the CPU', async (t) => {
  const { trainer } = trained(t);
  void trainer.train(FIELDS);
  await open(GPU);
  await epoch(1);
  await fatal('device', 'lost');
  await open();
  await fatal();
  await open();
  assert.deepEqual([trainer.state, trainer.failure], ['running', '']);
});

test('a run that is on its way when its worker gives way is asked for again, and the one before it is not', async (t) => {
  for (const end of [() => fatal('device', 'lost'), () => Scripted.last.say({ type: 'unfit', verdict: { ...CPU, reason: 'refused' } })]) {
    const { trainer } = trained(t);
    void trainer.train(FIELDS);
    await open(GPU);
    await epoch(1);
    void trainer.replay();
    await end();
    assert.deepEqual([Scripted.last.types, Scripted.last.asked('open').run, trainer.run?.history.length], [['hello', 'open'], 2, 1]);
    await open();
    assert.deepEqual([trainer.state, trainer.run?.number], ['running', 2]);
  }
});

test('a trainer that was closed answers nothing and starts nothing', async (t) => {
  const { trainer } = trained(t);
  const asked = assert.rejects(trainer.check(FIELDS), LostError);
  trainer.close();
  await asked;
  const workers = Scripted.all.length;
  for (const more of [trainer.open(FIELDS), trainer.train(FIELDS), trainer.check(FIELDS), trainer.evaluate()])
    await assert.rejects(more, { message: 'The run was closed.' });
  trainer.resume();
  trainer.pause();
  trainer.prepare(FIELDS);
  assert.deepEqual([trainer.state, trainer.failure, Scripted.all.length], ['failed', 'The run was closed.', workers]);
});

test('whoever waits for the lab is told of its death, also of a silent one, and the next question starts another', async (t) => {
  const tick = seconds(t);
  const lab = new Lab();
  t.after(() => lab.close());
  for (const [end, words] of /** @type {[() => unknown, string][]} */ ([
    [() => Scripted.last.say({ type: 'fatal', message: 'unreachable' }), 'unreachable'],
    [() => Scripted.last.break('boom'), 'boom'],
    [() => Scripted.last.break(), 'The part of the page that computes the limits could not be started.'],
    [() => tick(180), 'The part of the page that computes the limits has said nothing for three minutes.'],
  ])) {
    const lost = [lab.floors(2, 4), lab.taylorToy()].map((answer) => assert.rejects(answer, (error) => error instanceof LostError && error.message === words));
    const { last } = Scripted;
    await end();
    await Promise.all(lost);
    assert.ok(last.ended);
  }
  /** @type {number[]} */
  const heard = [];
  const solving = lab.solve(FIELDS, null, { progress: (done) => heard.push(done) });
  tick(100);
  await Scripted.last.say({ type: 'progress', id: Scripted.last.asked('solve').id, done: 0.5 });
  tick(100);
  await Scripted.last.answer('solve', 'solved');
  tick(600);
  assert.deepEqual([await solving, heard, Scripted.last.asked('solve').draws, Scripted.last.ended], ['solved', [0.5], 1024, false]);
});

test('a layer’s file that the lab has not looked at because it stopped is not blamed for that; one that it refuses is', async (t) => {
  const tick = seconds(t);
  const lab = pageLab();
  t.after(() => lab.close());
  const layer = { d: 2, kept: [0], weight: [], bias: [], inputs: [] };
  for (const [end, words] of /** @type {[() => unknown, string][]} */ ([
    [
      () => Scripted.last.say({ type: 'refusal', id: Scripted.last.asked('replace').id, key: '', message: 'it has no rows' }),
      'cannot be opened: it has no rows.',
    ],
    [
      () => Scripted.last.say({ type: 'fatal', message: 'its module did not arrive' }),
      'could not be looked at. The part of the page that computes the limits stopped: its module did not arrive. To have another try, choose it or another number of hidden units.',
    ],
    [
      () => Scripted.last.break(),
      'could not be looked at. The part of the page that computes the limits could not be started. To have another try, choose it or another number of hidden units.',
    ],
    [
      () => tick(180),
      'could not be looked at. The part of the page that computes the limits has said nothing for three minutes. To have another try, choose it or another number of hidden units.',
    ],
  ])) {
    const told = lab.replace(/** @type {any} */ (layer), { hidden: 8, seed: 1 }).catch((error) => {
      assert.ok(error instanceof RefusalError, 'no state tells of it');
      return refusedWords('mine.safetensors', error);
    });
    await end();
    assert.equal(await told, `“mine.safetensors” ${words}`);
  }
});

test('a trial ends by its word, by its death, or by being cancelled', async () => {
  for (const [end, ending] of /** @type {[(trials: InstanceType<typeof Trials>) => unknown, unknown][]} */ ([
    [() => Scripted.last.say({ type: 'finished' }), { failure: null }],
    [() => Scripted.last.say({ type: 'failed', message: 'unreachable' }), { failure: 'unreachable' }],
    [() => Scripted.last.break('boom'), { failure: 'boom' }],
    [() => Scripted.last.break(), { failure: 'its worker could not be started' }],
    [(trials) => trials.cancel(), null],
  ])) {
    /** @type {unknown[]} */
    const learnt = [];
    const trials = new Trials(/** @type {any} */ ({ learn: (/** @type {unknown[]} */ ...what) => learnt.push(what[2]) }));
    const measured = trials.measure(RECIPE, ['cpu'], 'auto');
    assert.deepEqual(Scripted.last.told, [{ type: 'measure', asked: 'auto', recipe: RECIPE, backends: ['cpu'] }]);
    await Scripted.last.say({ type: 'measured', backend: 'cpu', rate: 9, adapter: null });
    assert.ok(trials.busy);
    await end(trials);
    assert.deepEqual([await measured, learnt, trials.busy, Scripted.last.ended], [ending, [9], false, true]);
  }
});
