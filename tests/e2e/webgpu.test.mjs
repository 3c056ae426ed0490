// @ts-check
/** WebGPU in software: slow, but the same kernels. Few pages, since each one compiles the pipelines again. In Firefox, on another driver, see firefox-webgpu.test.mjs. */
import assert from 'node:assert/strict';
import { press, UNTRIED, visitors } from './browser.mjs';
import { taken } from './downloads.mjs';
import { largestRelative, OFFER, RELATIVE } from './two-backends.mjs';
import { near } from './walk.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors('webgpu');

/** What thirty epochs have on the CPU: the table, the held-out error, and the first W and x. @type {{ losses: number[], mse: number, wx: string }} */
let onTheCpu;

/** @param {Visitor} visitor */
async function numbers(visitor) {
  const wx = (await visitor.comparison()).split('\n')[0];
  return { losses: await visitor.table(), mse: (await visitor.heldOut()).mse, wx };
}

visit('a browser with WebGPU that is asked for the CPU trains there', { query: '?backend=cpu' }, async (visitor) => {
  await visitor.train({ epochs: 30 });
  assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'asked' });
  onTheCpu = await numbers(visitor);
});

visit('a software adapter is not taken unasked', { query: '?backend=auto' }, async (visitor) => {
  await visitor.train();
  assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'software' });
  assert.match(await visitor.text('backend'), /swiftshader/i);
  assert.deepEqual(await visitor.table(), onTheCpu.losses.slice(0, 5));
});

visit('a forced WebGPU trains to the CPU’s numbers, pauses, resumes and does so again', { query: '?backend=webgpu', shows: 'webgpu' }, async (visitor, t) => {
  await visitor.type({ epochs: 30 });
  await visitor.ease(300);
  await visitor.trainAndPause(1);
  await visitor.ease(0);
  assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' });
  assert.match(await visitor.text('backend'), /Runs on WebGPU on .*swiftshader.*, in software, because/is);
  assert.deepEqual(await visitor.passed(), ['idle', 'running', 'paused']);
  const then = await visitor.lines();
  await visitor.askTwice();
  assert.deepEqual(await visitor.lines(), then);

  await visitor.press('pause');
  await visitor.reach('done');
  const lines = await visitor.lines();
  assert.deepEqual([lines.length, lines.slice(0, then.length)], [30, then]);
  assert.ok(
    lines.every((line, i) => new RegExp(`^Epoch ${i + 1}: MSE = \\d+\\.\\d{4}$`).test(line)),
    lines.join('\n'),
  );
  const difference = largestRelative(await visitor.table(), onTheCpu.losses);
  t.diagnostic(`largest relative difference from the CPU: ${difference.toExponential(1)} of the epoch MSE`);
  assert.ok(difference < RELATIVE);
  // Until the weights at the end are evaluated, those at the pause are on show.
  await visitor.eventually(async () => {
    const { mse, draws } = await visitor.heldOut();
    assert.equal(draws, 10_000);
    const heldOut = largestRelative([mse], [onTheCpu.mse]);
    assert.ok(heldOut < RELATIVE, `${heldOut.toExponential(1)} of the held-out MSE`);
  });
  // Software WebGPU is no match for the CPU, and the page finds that out by itself.
  await visitor.eventually(async () => assert.match(await visitor.text('offer'), OFFER));
  t.diagnostic(await visitor.text('offer'));
  assert.deepEqual(await visitor.train({ epochs: 5 }), lines.slice(0, 5), 'again, to the same digits');
  await visitor.eventually(async () => assert.equal((await visitor.text('comparison')).split('\n')[0], onTheCpu.wx, 'the same seed draws the same W and x'));

  await visitor.press('switch');
  await visitor.train();
  assert.deepEqual(await visitor.data('backend'), { backend: 'cpu', reason: 'switched' });
  assert.deepEqual(await visitor.table(), onTheCpu.losses.slice(0, 5));
});

/** Runs in the page: at which epochs the runs of each job of many begin that is given to a worker. */
const GIVEN = `globalThis.given = [];
const post = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (message, ...rest) {
  if (message.type === 'run' && message.seeds > 1) globalThis.given.push(message.from.map(({ epoch }) => epoch));
  return post.call(this, message, ...rest);
};`;

/** A table that is downloaded, line by line. @param {Visitor} visitor @param {string} id */
async function csv(visitor, id) {
  const [head, ...lines] = (await taken(visitor, id)).content.toString().trim().split('\r\n');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, i) => [head.split(',')[i], value])));
}

visit(
  'many seeds in common dispatches, and those of a sweep and of a map, have, each, what the same seed has alone on this device',
  { query: '?backend=webgpu', script: `${GIVEN}\n${UNTRIED}`, shows: 'seeds' },
  async (visitor) => {
    const { page } = visitor;
    const values = () =>
      page.locator('#strip [data-seed]').evaluateAll((marks) => marks.map((mark) => [mark.getAttribute('data-seed'), mark.getAttribute('data-value')]).sort());
    const threeValues = async () => {
      await visitor.eventually(async () => assert.equal((await values()).length, 3));
      return values();
    };
    /** Once the floor is in it, which comes from the lab. @param {string} id */
    const floored = async (id) => {
      /** @type {Awaited<ReturnType<typeof csv>>} */
      let rows = [];
      await visitor.eventually(async () => assert.notEqual((rows = await csv(visitor, id))[0].floor, ''));
      return rows;
    };
    const recipe = { m: 4, hidden: 8, n: 100, batch: 10, epochs: 2, fresh: 1 };
    await visitor.type({ ...recipe, seeds: 3 });
    // Step by step they go on, together, from where they were; what is trained in one go is in the sweep below.
    await visitor.press('step');
    await visitor.eventually(async () => assert.equal(await visitor.text('status-epoch'), 'epoch 1 of 2, 3 of 3 seeds'));
    await visitor.eventually(async () => assert.equal(await visitor.state(), 'paused'));
    const first = await threeValues();
    await visitor.press('pause');
    await visitor.reach('done');
    await visitor.eventually(async () => assert.ok((await threeValues()).every(([, value], i) => value !== first[i][1])));
    const of = Object.fromEntries(await threeValues());
    assert.deepEqual(await page.evaluate(() => /** @type {any} */ (globalThis).given), [[], [1, 1, 1]], 'each goes on from its own checkpoint');
    await visitor.eventually(async () => assert.equal((await visitor.data('heldout')).mse, of[42]));
    await page.locator('#strip [data-seed="44"]').click();
    await visitor.eventually(async () => assert.equal((await visitor.data('heldout')).mse, of[44]));
    const picked = await visitor.table('validation');

    await visitor.train({ seeds: 1, seed: 44 });
    await visitor.heldOut();
    assert.equal((await visitor.data('heldout')).mse, of[44]);
    assert.deepEqual(await visitor.table('validation'), picked);
    assert.deepEqual(await visitor.data('backend'), { backend: 'webgpu', reason: 'webgpu' });

    await near(visitor, 'sweeps');
    await press(page.locator('#sweeps button[data-axis=m]'));
    await visitor.find('sweep-values').fill('4');
    await visitor.find('sweep-seeds').fill('2');
    await visitor.eventually(async () => assert.match(await visitor.text('sweep-plan'), /on WebGPU, the seeds of a value side by side\.$/));
    await visitor.press('sweep-start');
    await visitor.eventually(async () => assert.match(await visitor.text('sweep-said'), /^2 of 2 runs done\./));
    const swept = await floored('sweep-csv');
    assert.deepEqual(
      swept.map(({ m, seed, backend }) => [m, seed, backend]),
      ['44', '45'].map((seed) => ['4', seed, 'webgpu']),
    );
    assert.equal(swept[0].held_out_mse, of[44], 'a sweep has what Train has');
    await press(page.locator('#map-part summary'));
    await page.locator('#map-setup:enabled').waitFor();
    await press(page.locator('#map-pairs button', { hasText: 'm × hidden' }));
    for (const [id, text] of Object.entries({ 'map-first': '4', 'map-second': '8', 'map-seeds': '2' })) await visitor.find(id).fill(text);
    await visitor.press('map-start');
    await visitor.eventually(async () => assert.match(await visitor.text('map-status'), /^2 of 2 runs done/));
    assert.deepEqual(await floored('map-csv'), swept, 'what the one has trained the other does not train again');
  },
);
