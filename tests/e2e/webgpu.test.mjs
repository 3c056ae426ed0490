// @ts-check
/** WebGPU in software: slow, but the same kernels. One page, since each one compiles the pipelines again; and one in Firefox, on another driver. */
import assert from 'node:assert/strict';
import { press, visitors } from './browser.mjs';
import { taken } from './downloads.mjs';
import { near } from './walk.mjs';

const visit = visitors('webgpu');
const visitInFirefox = visitors('firefoxWebgpu');

/** How far the two backends may be apart after 80 steps: they add in another order, and Adam's first steps magnify that. */
const RELATIVE = 1e-2;

const OFFER = /^For this recipe WebGPU .*makes [\d,.]+ steps\/s here and the CPU [\d,.]+: the CPU is [\d,.]+ times as fast\.$/;

/** @param {number[]} ours @param {number[]} theirs */
function largestRelative(ours, theirs) {
  assert.equal(ours.length, theirs.length);
  return Math.max(...ours.map((value, i) => Math.abs(value - theirs[i]) / Math.abs(theirs[i])));
}

/** @type {{ losses: number[], mse: number, wx: string, long: string[] }} */
let onTheCpu;

visit('a browser with WebGPU that is asked for the CPU trains there', { query: '?backend=cpu' }, async (visitor) => {
  await visitor.train();
  assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'asked' });
  const wx = (await visitor.comparison()).split('\n')[0];
  const short = { losses: await visitor.table(), mse: (await visitor.heldOut()).mse, wx };
  onTheCpu = { ...short, long: await visitor.train({ epochs: 30 }) };
});

visit('a software adapter is not taken unasked', { query: '?backend=auto' }, async (visitor) => {
  await visitor.train();
  assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'software' });
  assert.match(await visitor.text('backend'), /swiftshader/i);
  assert.deepEqual(await visitor.table(), onTheCpu.losses);
});

visit('a forced WebGPU trains to the CPU’s numbers, pauses, resumes and replays', { query: '?backend=webgpu', shows: 'webgpu' }, async (visitor, t) => {
  const { page } = visitor;
  const began = Date.now();
  await visitor.press('train');
  await visitor.reach('done');
  t.diagnostic(
    `five epochs ${((Date.now() - began) / 1000).toFixed(1)} s after the click, start of WebGPU included; ${(await page.locator('#status').innerText()).split('\n')[0]}`,
  );

  assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' });
  assert.match(await visitor.text('backend'), /Runs on WebGPU on .*swiftshader.*, in software, because/is);
  assert.deepEqual(await visitor.passed(), ['idle', 'running', 'done']);
  const lines = await visitor.lines();
  assert.ok(
    lines.every((line, i) => new RegExp(`^Epoch ${i + 1}: MSE = \\d+\\.\\d{4}$`).test(line)),
    lines.join('\n'),
  );
  const difference = largestRelative(await visitor.table(), onTheCpu.losses);
  const { mse, draws } = await visitor.heldOut();
  const heldOut = largestRelative([mse], [onTheCpu.mse]);
  t.diagnostic(`largest relative difference from the CPU: ${difference.toExponential(1)} of the epoch MSE, ${heldOut.toExponential(1)} of the held-out MSE`);
  assert.ok(difference < RELATIVE && heldOut < RELATIVE);
  assert.equal(draws, 10_000);
  assert.equal((await visitor.comparison()).split('\n')[0], onTheCpu.wx, 'the same seed draws the same W and x');

  const before = await visitor.states();
  await visitor.press('reset');
  await visitor.eventually(async () => assert.deepEqual(await visitor.states(), [...before, 'running', 'done']));
  await visitor.reach('done');
  assert.deepEqual(await visitor.lines(), lines, 'again, to the same digits');

  await visitor.type({ epochs: 400 });
  await visitor.press('train');
  // Until it has been opened the log is the last run's.
  await visitor.eventually(async () => assert.match(await visitor.text('status-epoch'), / of 400$/));
  await visitor.underWay({ epochs: 1 });
  const ms = await page.evaluate(async () => {
    const status = /** @type {HTMLElement} */ (document.getElementById('status'));
    const clicked = performance.now();
    const paused = new Promise((resolve) => new MutationObserver(resolve).observe(status, { attributeFilter: ['data-state'] }));
    document.getElementById('pause')?.click();
    await paused;
    return performance.now() - clicked;
  });
  t.diagnostic(`pause answered after ${ms.toFixed(0)} ms`);
  await visitor.reach('paused');
  const then = await visitor.lines();
  await visitor.askTwice();
  assert.deepEqual(await visitor.lines(), then);
  await visitor.press('pause');
  await visitor.reach('done');
  const longer = await visitor.lines();
  assert.deepEqual([longer.length, longer.slice(0, 5)], [400, lines]);
  await visitor.type({ epochs: 5 });

  // Software WebGPU is no match for the CPU, and the page has found that out by itself.
  await visitor.eventually(async () => assert.match(await visitor.text('offer'), OFFER));
  t.diagnostic(await visitor.text('offer'));
  await visitor.press('switch');
  await visitor.train();
  assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'switched' });
  assert.deepEqual(await visitor.table(), onTheCpu.losses);
});

visit(
  'who asks which backend is faster is told of the software adapter too, and is left where the page would be',
  { query: '?backend=auto' },
  async (visitor, t) => {
    await visitor.press('trial');
    await visitor.eventually(async () =>
      assert.match(
        await visitor.text('offer'),
        /^For this recipe WebGPU \(.*swiftshader.*, in software\) makes [\d,.]+ steps\/s here and the CPU [\d,.]+: the CPU is [\d,.]+ times as fast, and is what runs\.$/i,
      ),
    );
    t.diagnostic(await visitor.text('offer'));
    assert.ok(await visitor.find('switch').isHidden());
    await visitor.train();
    assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'software' });
  },
);

/** Counts how often the page hears how far the run is, which is each time that the worker has read something. */
const COUNTING = `globalThis.heard = 0;
const Own = Worker;
globalThis.Worker = class extends Own {
  constructor(...rest) {
    super(...rest);
    this.addEventListener('message', ({ data }) => void (globalThis.heard += data.type === 'progress' ? 1 : 0));
  }
};`;

visitInFirefox(
  'Firefox trains the notebook’s run on WebGPU to the same numbers, many steps to a read',
  { query: '?backend=webgpu', script: COUNTING, shows: 'webgpu' },
  async (visitor, t) => {
    const heard = () => visitor.page.evaluate(() => /** @type {any} */ (globalThis).heard);
    await visitor.train();
    assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' });
    const difference = largestRelative(await visitor.table(), onTheCpu.losses);
    assert.ok(difference < RELATIVE, `${difference}`);
    assert.equal((await visitor.comparison()).split('\n')[0], onTheCpu.wx);
    await visitor.heldOut();

    // Long enough for dispatches of as many steps as there may be.
    const before = await heard();
    const long = await visitor.train({ epochs: 30 });
    const reads = (await heard()) - before;
    const status = (await visitor.text('status')).replaceAll('\n', ' ');
    const apart = largestRelative(long.map(mse), onTheCpu.long.map(mse));
    t.diagnostic(`${status}; ${reads} reads for 480 steps; ${apart.toExponential(1)} from the CPU’s MSE at most`);
    assert.ok(apart < RELATIVE, `${apart}`);
    assert.ok(reads < 480 / 4, `${reads} reads`);
  },
);

visit('a sweep and a map on WebGPU give what Train gives there, to the last digit', { query: '?backend=webgpu' }, async (visitor) => {
  const { page } = visitor;
  const recipe = { d: 2, m: 4, hidden: 8, n: 100, batch: 10, epochs: 2 };
  await visitor.train(recipe);
  await near(visitor, 'sweeps');
  await press(page.locator('#sweeps button[data-axis=m]'));
  await visitor.find('sweep-values').fill('2, 3');
  await visitor.find('sweep-seeds').fill('3');
  await visitor.eventually(async () => assert.match(await visitor.text('sweep-plan'), /on WebGPU, the seeds of a value side by side\.$/));
  await visitor.press('sweep-start');
  await visitor.eventually(async () => assert.match(await visitor.text('sweep-said'), /^6 of 6 runs done\./));
  const csv = async (/** @type {string} */ id) => {
    const [head, ...lines] = (await taken(visitor, id)).content.toString().trim().split('\r\n');
    return lines.map((line) => Object.fromEntries(line.split(',').map((value, i) => [head.split(',')[i], value])));
  };
  const swept = await csv('sweep-csv');
  assert.deepEqual(
    swept.map(({ m, seed, backend }) => [m, seed, backend]),
    ['2', '3'].flatMap((m) => ['42', '43', '44'].map((seed) => [m, seed, 'webgpu'])),
  );
  await press(page.locator('#map-part summary'));
  await page.locator('#map-setup:enabled').waitFor();
  await press(page.locator('#map-pairs button', { hasText: 'm × hidden' }));
  for (const [id, text] of Object.entries({ 'map-first': '3', 'map-second': '8, 16', 'map-seeds': '2' })) await visitor.find(id).fill(text);
  await visitor.press('map-start');
  await visitor.eventually(async () => assert.match(await visitor.text('map-status'), /^4 of 4 runs done/));
  const mapped = await csv('map-csv');
  const one = (/** @type {typeof mapped} */ rows) => rows.find(({ m, hidden, seed }) => m === '3' && hidden === '8' && seed === '43');
  assert.deepEqual(one(mapped), one(swept), 'what the one has trained the other does not train again');
  await visitor.train({ m: 3, seed: 43 });
  await visitor.heldOut();
  assert.equal((await visitor.data('heldout')).mse, one(swept)?.held_out_mse);
  assert.equal((await visitor.data('backend')).backend, 'webgpu');
});

/** @param {string} line as the notebook prints it */
const mse = (line) => Number(line.split(' ').at(-1));

/** Runs in the page: at which epochs the runs of each job of many begin that is given to a worker. */
const GIVEN = `globalThis.given = [];
const post = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (message, ...rest) {
  if (message.type === 'run' && message.seeds > 1) globalThis.given.push(message.from.map(({ epoch }) => epoch));
  return post.call(this, message, ...rest);
};`;

visit(
  'many seeds in common dispatches have, each, what the same seed has alone on this device',
  { query: '?backend=webgpu', script: GIVEN, shows: 'seeds' },
  async (visitor) => {
    const { page } = visitor;
    await visitor.train({ m: 4, hidden: 8, n: 100, batch: 10, epochs: 2, seeds: 5 });
    await page.waitForFunction(() => document.querySelectorAll('#strip [data-seed]').length === 5);
    const of = (/** @type {number} */ seed) => page.locator(`#strip [data-seed="${seed}"]`).getAttribute('data-value');
    const [first, third] = [await of(42), await of(44)];
    await visitor.heldOut();
    assert.equal((await visitor.data('heldout')).mse, first);
    await page.locator('#strip [data-seed="44"]').click();
    await visitor.eventually(async () => assert.equal((await visitor.data('heldout')).mse, third));
    const picked = await visitor.table('validation');
    await visitor.train({ seeds: 1, seed: 44 });
    await visitor.heldOut();
    assert.equal((await visitor.data('heldout')).mse, third);
    assert.deepEqual(await visitor.table('validation'), picked);
    assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' });

    // Step by step they go on, together, from where they were.
    const values = () =>
      page.locator('#strip [data-seed]').evaluateAll((marks) => marks.map((mark) => [mark.getAttribute('data-seed'), mark.getAttribute('data-value')]).sort());
    await visitor.train({ seed: 42, seeds: 3, epochs: 3, fresh: 1 });
    await visitor.eventually(async () => assert.equal((await values()).length, 3));
    const inOneGo = await values();
    for (const epoch of [1, 2]) {
      await visitor.press('step');
      await visitor.eventually(async () => assert.equal(await visitor.text('status-epoch'), `epoch ${epoch} of 3, 3 of 3 seeds`));
      await visitor.eventually(async () => assert.equal(await visitor.state(), 'paused'));
    }
    assert.notDeepEqual(await values(), inOneGo);
    await visitor.press('pause');
    await visitor.reach('done');
    await visitor.eventually(async () => assert.deepEqual(await values(), inOneGo));
    const from = await page.evaluate(() => /** @type {any} */ (globalThis).given);
    assert.deepEqual(from.slice(-3), [[], [1, 1, 1], [2, 2, 2]], 'each goes on from its own checkpoint');
  },
);
