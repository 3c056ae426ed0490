// @ts-check
/** `www/api.js`, as another page uses it: from beside it, and from another origin. And the watch that every test relies on, in the same two browsers. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { elsewhere as example } from '../../www/pages/elsewhere.js';
import { f32, layer, nameOf, safetensors } from '../unit/layers.mjs';
import { preceded, visitors } from './browser.mjs';
import { judge } from './demo.mjs';
import { ON_OTHER_PAGE, scripted } from './other-page.mjs';
import { aroundCpu, shippedAt } from './shipped.mjs';
import { serve } from './site.mjs';

/** @typedef {import('node:test').TestContext} TestContext */
/** @typedef {import('./browser.mjs').Visitor} Visitor */

const { PHI_PSI_DIST, PHI_PSI_SHIPPED } = process.env;

const visit = visitors();
const visitInFirefox = visitors('firefox');

const NOTEBOOK = { d: 2, m: 16, hidden: 64, n: 1024, batch: 64, epochs: 5, lr: 0.001, seed: 42 };

const ASKED = { backend: 'cpu', reason: 'asked', detail: '', adapter: null };

/** Without an end, of epochs so short that many end at once. */
const LONG = { ...NOTEBOOK, epochs: 100_000 };

/** A run opened from eight numbers or from a link. @param {Visitor} visitor */
async function opened(visitor) {
  const { runs, further } = await scripted(
    visitor,
    async ({ openRun }, recipe) => {
      const first = await openRun(recipe, { backend: 'cpu' });
      const link = await first.link();
      const runs = [];
      let further = 0;
      for (const run of [first, await openRun(`https://example.org/page.html?backend=webgpu#${link}`, { backend: 'cpu' }), await openRun(link)]) {
        const epochs = [];
        for await (const report of run.epochs()) epochs.push(report);
        for await (const report of run.epochs()) further += report.epoch;
        runs.push({ epochs, history: run.history, recipe: run.recipe, backend: run.backend, seconds: run.seconds, link: await run.link() });
        run.close();
      }
      return { runs, further };
    },
    NOTEBOOK,
  );
  const [numbers, linked, byItself] = runs;
  assert.deepEqual(
    numbers.epochs.map(({ epoch }) => epoch),
    [1, 2, 3, 4, 5],
  );
  for (const { epoch, mse, line } of numbers.epochs) assert.equal(line, `Epoch ${epoch}: MSE = ${mse.toFixed(4)}`);
  assert.equal(further, 0, 'a run that has ended has no more epochs');
  assert.deepEqual([numbers.backend, linked.backend], [ASKED, ASKED]);
  assert.ok(byItself.backend?.reason && byItself.backend.reason !== 'asked', 'by itself it finds out');
  assert.deepEqual(linked.epochs, numbers.epochs);
  for (const { epochs, history, recipe, seconds, link } of runs) {
    assert.deepEqual(history, epochs);
    assert.deepEqual(recipe, NOTEBOOK);
    assert.ok(seconds > 0);
    assert.equal(link, `v=1&d=2&m=16&hidden=64&n=1024&batch=64&epochs=5&lr=0.001&seed=42&mse=${epochs[4].mse}`);
  }

  const { during, answers } = await scripted(
    visitor,
    async ({ openRun }, recipe) => {
      const run = await openRun({ ...recipe, fresh: undefined }, { backend: 'cpu' });
      const during = [];
      for await (const { epoch } of run.epochs()) if (epoch === 2) during.push((await run.compare()).rmse, (await run.compare()).rmse);
      const [first, second] = [await run.compare(), await run.compare(1)];
      const typed = await run.compareWith(first.W, first.x);
      const predicted = await run.predict([...first.W, ...second.W], [...first.x, ...second.x]);
      const answers = {
        first,
        second,
        typed,
        predicted: [...predicted],
        kind: predicted.constructor.name,
        evaluation: await run.evaluate(),
        again: await run.evaluate(),
      };
      run.close();
      return { during, answers };
    },
    NOTEBOOK,
  );
  const { first, second, typed, predicted, kind, evaluation, again } = answers;
  assert.ok(
    during.every((rmse) => rmse > 0),
    `${during}`,
  );
  assert.deepEqual(typed.approx, first.approx);
  assert.notDeepEqual(second.W, first.W);
  assert.equal(kind, 'Float32Array');
  assert.deepEqual(predicted, [...first.approx, ...second.approx]);
  judge(first.text, 2);
  assert.equal(evaluation?.draws, 10_000);
  assert.ok(evaluation && Math.abs(evaluation.rmse ** 2 - evaluation.mse) < 1e-12 && evaluation.mse > 0.05 && evaluation.mse < 0.25);
  assert.deepEqual(again, evaluation);
}

/** Leaving the loop pauses the run. @param {Visitor} visitor @param {TestContext} t */
async function left(visitor, t) {
  const { left, stood, yielded, whole, overtaken } = await scripted(
    visitor,
    async ({ openRun }, { recipe, large }) => {
      const run = await openRun(recipe, { backend: 'cpu' });
      const yielded = [];
      for await (const report of run.epochs()) {
        yielded.push(report);
        if (report.epoch === 3) break;
      }
      // The pause is on its way before these, and what the worker trained it tells before it answers.
      const asked = async () => {
        for (let i = 0; i < 3; i += 1) await run.compare(i);
      };
      await asked();
      const left = run.history.length;
      await asked();
      const stood = run.history.length;
      for await (const report of run.epochs()) {
        yielded.push(report);
        if (report.epoch === left + 10) break;
      }
      run.close();
      const other = await openRun(recipe, { backend: 'cpu' });
      const whole = [];
      for await (const report of other.epochs()) {
        whole.push(report);
        if (report.epoch === left + 10) break;
      }
      other.close();
      const third = await openRun(large, { backend: 'cpu' });
      const evaluation = third.evaluate();
      for await (const _ of third.epochs()) break;
      const overtaken = await evaluation;
      third.close();
      return { left, stood, yielded, whole, overtaken };
    },
    { recipe: LONG, large: { ...NOTEBOOK, d: 16, hidden: 512, n: 64, epochs: 1 } },
  );
  t.diagnostic(`left in epoch 3, paused after ${left} of ${LONG.epochs}`);
  assert.ok(left >= 3 && left < LONG.epochs, `paused after ${left}`);
  assert.equal(stood, left, 'a paused run stands still');
  assert.equal(yielded.length, left + 10);
  assert.deepEqual(yielded, whole);
  assert.equal(overtaken, null);
}

/** Weights, two runs at once, and refusals. @param {Visitor} visitor @param {TestContext} t */
async function handedOn(visitor, t) {
  const { ended, begun, links, trained, refused } = await scripted(
    visitor,
    async ({ openRun, refusal }, recipe) => {
      const first = await openRun(recipe, { backend: 'cpu' });
      for await (const _ of first.epochs());
      const weights = await first.weights();
      const ended = await first.compare();
      const second = await openRun(recipe, { backend: 'cpu', weights });
      const begun = await second.compare();
      let trained = 0;
      for await (const { mse } of second.epochs()) trained = mse / first.history[0].mse;
      const links = [await first.link(), await second.link()];
      const refused = [
        await refusal(openRun({ ...recipe, hidden: 65 }, { weights })),
        await refusal(openRun(recipe, { weights: weights.subarray(0, -1) })),
        await refusal(openRun(recipe, { weights: new Uint8Array(8).fill(255) })),
      ];
      first.close();
      second.close();
      return { ended, begun, links, trained, refused };
    },
    NOTEBOOK,
  );
  assert.deepEqual(begun.approx, ended.approx);
  assert.ok(trained < 0.5, 'training goes on from where it was');
  assert.match(links[0], /&mse=/);
  assert.doesNotMatch(links[1], /mse/, 'no link replays what began with a file');
  assert.deepEqual(
    refused.map(({ kind, key }) => [kind, key]),
    [
      ['RefusalError', 'hidden'],
      ['RefusalError', ''],
      ['RefusalError', ''],
    ],
  );
  assert.match(refused[0].message, /hidden = 64.*65/);

  const { alone, together } = await scripted(
    visitor,
    async ({ openRun }, recipes) => {
      const train = async (/** @type {import('../../www/common/protocol.js').Recipe} */ recipe) => {
        const run = await openRun(recipe, { backend: 'cpu' });
        const losses = [];
        for await (const { mse } of run.epochs()) losses.push(mse);
        const { approx } = await run.compare();
        run.close();
        return { losses, approx };
      };
      const alone = [];
      for (const recipe of recipes) alone.push(await train(recipe));
      return { alone, together: await Promise.all(recipes.map(train)) };
    },
    [
      { ...NOTEBOOK, epochs: 30 },
      { ...NOTEBOOK, epochs: 30, d: 3, seed: 1 },
    ],
  );
  assert.notDeepEqual(alone[0], alone[1]);
  assert.deepEqual(together, alone);

  const refusals = await scripted(
    visitor,
    async ({ openRun, refusal }, recipe) => {
      const { seed: _, ...cut } = recipe;
      const run = await openRun(recipe, { backend: 'cpu' });
      const refusals = [
        await refusal(openRun({ ...recipe, d: 258 })),
        await refusal(openRun({ ...recipe, lr: NaN })),
        await refusal(openRun(/** @type {any} */ (cut))),
        await refusal(openRun(/** @type {any} */ ({ ...recipe, momentum: 0.9 }))),
        await refusal(openRun('v=1&d=2&d=3')),
        await refusal(openRun('https://example.org/')),
        await refusal(run.compareWith([1, 2, 3], [1, 2])),
        await refusal(run.compareWith([1, 2, 3, 4], [1, NaN])),
        await refusal(run.predict([1, 2, 3], [1, 2])),
        await refusal(openRun(recipe, { seeds: 2.5 })),
        await refusal(openRun(recipe, { seeds: 0 })),
        await refusal(openRun(recipe, { seeds: 1_025, backend: 'cpu' })),
        await refusal(openRun({ ...recipe, n: 1 << 20 }, { seeds: 100, backend: 'cpu' })),
        await refusal(openRun(recipe, { seeds: 2, weights: new Uint8Array(8) })),
      ];
      run.close();
      return refusals;
    },
    NOTEBOOK,
  );
  for (const { key, message } of refusals) t.diagnostic(`${key || '–'}: ${message}`);
  assert.deepEqual(
    refusals.map(({ kind }) => kind),
    refusals.map(() => 'RefusalError'),
  );
  assert.deepEqual(
    refusals.slice(0, 4).map(({ key }) => key),
    ['d', 'lr', 'seed', 'momentum'],
  );
  for (const { message } of refusals.slice(9)) assert.match(message, /seeds|runs/);
  for (const { message } of refusals.slice(6, 9)) assert.match(message, /^(W needs 4 numbers|x holds “NaN”)/);
}

/** Runs side by side have the numbers that each of those asked for has alone. @param {Visitor} visitor @param {'cpu' | 'webgpu'} backend @param {number[]} seeds @param {number[]} [asked] */
async function asAlone(visitor, backend, seeds, asked = seeds) {
  const { many, alone } = await scripted(
    visitor,
    async ({ openRun }, { recipe, backend, seeds, asked }) => {
      const told = async (/** @type {number} */ seed, /** @type {number} */ seeds) => {
        const run = await openRun({ ...recipe, seed }, { backend, seeds });
        const epochs = [];
        for await (const report of run.epochs()) epochs.push({ ...report, mses: [...(report.mses ?? [])], heldOuts: [...(report.heldOuts ?? [])] });
        const { rmse } = await run.compare();
        run.close();
        return { epochs, rmse };
      };
      const alone = [];
      for (const seed of asked) alone.push(await told(seed, 1));
      return { many: await told(seeds[0], seeds.length), alone };
    },
    { recipe: { ...NOTEBOOK, n: 256, epochs: 2 }, backend, seeds, asked },
  );
  assert.equal(many.epochs.length, 2);
  for (const [index, { mse, heldOut, mses, heldOuts }] of many.epochs.entries()) {
    const each = alone.map(({ epochs }) => epochs[index]);
    assert.equal(mses.length, seeds.length);
    for (const [i, { mse, heldOut }] of each.entries()) {
      const run = seeds.indexOf(asked[i]);
      assert.equal(mses[run], mse);
      // One run on the CPU is asked for it after the epoch, and adds in double precision.
      assert.ok(Math.abs(heldOuts[run] - heldOut) < 1e-5 * heldOut, `${heldOuts[run]} and ${heldOut}`);
    }
    assert.deepEqual([mse, heldOut], [mses[0], heldOuts[0]], 'what is told of the run is the first one’s');
  }
  if (asked[0] === seeds[0]) assert.equal(many.rmse, alone[0].rmse);
  assert.equal(new Set(many.epochs[0].mses).size, seeds.length, 'each has its own draws');
  assert.deepEqual(
    alone.flatMap(({ epochs }) => epochs[0].mses),
    [],
    'one run has no list',
  );
}

/** Runs of several seeds. @param {Visitor} visitor */
async function many(visitor) {
  await asAlone(visitor, 'cpu', [42, 43, 44]);
  const { link, linked } = await scripted(
    visitor,
    async ({ openRun }, recipe) => {
      const own = await openRun(recipe, { backend: 'cpu' });
      const link = await own.link();
      own.close();
      const again = await openRun(link, { backend: 'cpu' });
      const { value } = await again.epochs().next();
      again.close();
      return { link, linked: [...(value?.mses ?? [])] };
    },
    { ...NOTEBOOK, seeds: 3 },
  );
  assert.match(link, /^v=4&.*&seed=42&seeds=3$/);
  assert.equal(linked.length, 3);
}

/** What close() ends. @param {Visitor} visitor */
async function closed(visitor) {
  const { refusals, epochs, yielded } = await scripted(
    visitor,
    async ({ openRun, refusal }, recipe) => {
      const run = await openRun(recipe, { backend: 'cpu' });
      let yielded = 0;
      const loop = (async () => {
        for await (const _ of run.epochs()) yielded += 1;
      })();
      while (run.history.length < 2) await run.compare();
      const pending = [run.compare(), run.evaluate(), run.weights(), run.link(), run.predict([0, 0, 0, 0], [0, 0])].map(refusal);
      run.close();
      const later = [
        run.compare(),
        run.evaluate(),
        run.weights(),
        run.link(),
        run.epochs().next(),
        run
          .epochs()
          .return()
          .then(() => run.compareWith([0, 0, 0, 0], [0, 0])),
      ].map(refusal);
      const refusals = await Promise.all([...pending, ...later]);
      await loop;
      return { refusals, epochs: run.history.length, yielded };
    },
    LONG,
  );
  for (const { kind, message } of refusals) assert.deepEqual([kind, message], ['LostError', 'The run was closed.']);
  assert.equal(refusals.length, 11);
  assert.ok(epochs >= 2 && epochs < LONG.epochs, `${epochs}`);
  assert.ok(yielded <= epochs, `${yielded} of ${epochs}`);
  await visitor.eventually(async () => assert.equal(visitor.page.workers().length, 0, 'no worker is left behind'));
}

/** close() leaves no rejection that nobody handles. @param {Visitor} visitor */
async function heardNothing(visitor) {
  const heard = await scripted(
    visitor,
    async ({ openRun }, recipe) => {
      /** @type {string[]} */
      const heard = [];
      addEventListener('unhandledrejection', (event) => {
        event.preventDefault();
        heard.push(String(event.reason));
      });
      const turn = () => new Promise((resolve) => setTimeout(resolve));
      const questions = (/** @type {import('../../www/api.js').Run} */ run) => [run.compare(), run.evaluate(), run.weights(), run.link(), run.changeRate(0.01)];
      for (const waits of [true, false]) {
        const run = await openRun(recipe, { backend: 'cpu' });
        void (async () => {
          for await (const _ of run.epochs());
        })();
        if (waits) while (run.history.length < 2) await run.compare();
        questions(run);
        run.close();
        questions(run);
        run.close();
      }
      const idle = await openRun(recipe, { backend: 'cpu' });
      idle.close();
      for (let i = 0; i < 5; i += 1) await turn();
      const closed = [...heard];
      // What is wrong while the run is open is told, as ever.
      const open = await openRun(recipe, { backend: 'cpu' });
      void open.compareWith([1], [1]);
      while (heard.length === closed.length) await turn();
      open.close();
      return { closed, open: heard.slice(closed.length) };
    },
    LONG,
  );
  assert.deepEqual(heard.closed, []);
  assert.equal(heard.open.length, 1);
  assert.match(heard.open[0], /^RefusalError: W needs 4 numbers/);
}

/** A layer's file without inputs. */
const BARE = safetensors({ weight: f32(layer({ d: 3, rows: 24, samples: 1, rank: 3, classes: 2, seed: 3 }).weight, 24, 3) });
const BARE_NAME = nameOf(BARE);

/** A layer's file is opened as the recipe names it, and no other. @param {Visitor} visitor */
async function onLayer(visitor) {
  const { runs, refused } = await scripted(
    visitor,
    async ({ openRun, refusal }, { recipe, bytes, named }) => {
      const layer = Uint8Array.from(bytes);
      const runs = [];
      for (const more of [{}, { layer: named }, { layer: `${named}:0.5` }]) {
        const run = await openRun({ ...recipe, ...more }, { backend: 'cpu', layer });
        for await (const _ of run.epochs());
        runs.push({ named: run.recipe.layer, link: await run.link(), mse: run.history[0].mse });
        run.close();
      }
      return { runs, refused: await refusal(openRun({ ...recipe, layer: '0123456789abcdef' }, { backend: 'cpu', layer })) };
    },
    { recipe: { ...NOTEBOOK, d: 4, m: 2, hidden: 4, n: 64, epochs: 1 }, bytes: [...BARE], named: BARE_NAME },
  );
  const [asIs, named, scaled] = runs;
  assert.deepEqual([asIs.named, named], [BARE_NAME, asIs]);
  assert.equal(scaled.named, `${BARE_NAME}:0.5`);
  assert.match(decodeURIComponent(scaled.link), new RegExp(`&layer=${BARE_NAME}:0\\.5&`));
  assert.notEqual(scaled.mse, named.mse);
  assert.deepEqual(refused, { kind: 'RefusalError', key: 'layer', message: `the file is the layer ${BARE_NAME}, and the recipe asks for 0123456789abcdef` });
}

/** Without an end too, and the one that dies: in its fourth call. */
const DYING = { ...LONG, n: 960 };
const DIES = aroundCpu(`const { collect } = own.Session.prototype;
  let calls = 0;
  own.Session.prototype.collect = async function () {
    if (this.stepsPerEpoch === 15 && ++calls === 4) throw new WebAssembly.RuntimeError('unreachable');
    return collect.call(this);
  };`);

/** A run that dies ends its loop with the reason, and answers nothing by other weights. @param {Visitor} visitor */
async function died(visitor) {
  const refusals = await scripted(
    visitor,
    async ({ openRun, refusal }, recipe) => {
      const run = await openRun(recipe, { backend: 'cpu' });
      const loop = async () => {
        for await (const _ of run.epochs());
      };
      const refusals = [await refusal(loop()), await refusal(loop()), await refusal(run.compare()), await refusal(run.weights())];
      run.close();
      return refusals;
    },
    DYING,
  );
  for (const { kind, message } of refusals) {
    assert.equal(kind, 'LostError');
    assert.match(message, /^Training stopped at epoch \d+, twice: unreachable\. /);
  }
}

visit(
  'a run opened from eight numbers or from a link yields its epochs, knows what it is, and its questions agree, while it trains and after; leaving the loop pauses the run, and another loop goes on with the next epoch; an evaluation that training overtakes is null; weights that one run ends with are weights that another begins with; two runs at once give what each gives alone; a refusal is a sentence that tells the key; runs of several seeds have the numbers of each alone, and a recipe and its link say how many; a layer’s file is opened as the recipe names it, and no other; close() ends the loop and refuses what is pending and what is asked later, the history stays, and no rejection is left that nobody handles; a run that dies ends its loop with the reason, and answers nothing by other weights',
  { ...ON_OTHER_PAGE, site: { ...ON_OTHER_PAGE.site, [shippedAt('module-cpu')]: { text: () => DIES } } },
  async (visitor, t) => {
    await opened(visitor);
    await left(visitor, t);
    await handedOn(visitor, t);
    await many(visitor);
    await onLayer(visitor);
    await closed(visitor);
    await heardNothing(visitor);
    await died(visitor);
  },
);

// There each worker compiles its pipelines, and the first one's numbers are held to it by webgpu.test.mjs.
visitors('webgpu')('the second of two seeds has the numbers that it has alone on WebGPU too', ON_OTHER_PAGE, (visitor) =>
  asAlone(visitor, 'webgpu', [42, 43], [43]),
);

/** The page of another origin that the API's page shows, on `localhost` and not on `127.0.0.1`, and on another port. */
const elsewhere = { text: '', url: '' };
const server = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(elsewhere.text));
before(async () => {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
  const address = server.address();
  if (address && typeof address === 'object') elsewhere.url = `http://localhost:${address.port}/`;
});
after(() => server.close());

/** The page itself, and all that it asks the other origin for. */
const FOREIGN = [/^foreign request: http:\/\/(127\.0\.0\.1|localhost):\d+\//];

/** Where the visitor comes from. @type {import('./browser.mjs').Handler} */
const BLANK = { route: (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Nothing</title><link rel="icon" href="data:,">' }) };
const FROM_BLANK = { query: 'blank.html', site: { 'blank.html': BLANK } };

/** What a browser says of a script that it may not have, in each browser's words. */
const REFUSED = [/CORS|cross-origin|ERR_FAILED/i];

/** The example for another origin trains there, and is refused there where the host does not send the header. @param {Visitor} visitor @param {TestContext} t @param {(string | undefined)[]} builds */
async function elsewhereToo(visitor, t, ...builds) {
  for (const folder of builds) {
    const site = await serve(t, folder ?? '', { 'access-control-allow-origin': '*' });
    await visitor.page.goto(`${site.url}www/api.html`);
    await visitor.eventually(async () => assert.match(await visitor.text('elsewhere'), /import \{ openRun \}/));
    // What the page still loads would be broken off.
    await visitor.eventually(async () => assert.notEqual(await visitor.text('example'), ''));
    elsewhere.text = await visitor.text('elsewhere');
    assert.ok(elsewhere.text.includes(`from "${site.url}www/api.js";`), elsewhere.text);
    await visitor.page.goto(elsewhere.url);
    const lines = async () => (await visitor.text('output')).trim().split('\n');
    await visitor.eventually(async () => assert.equal((await lines()).length, 5, await visitor.text('output')));
    for (const [i, line] of (await lines()).entries()) assert.match(line, new RegExp(`^Epoch ${i + 1}: MSE = \\d\\.\\d{4}$`));
  }

  const site = await serve(t, PHI_PSI_DIST ?? '');
  elsewhere.text = example(`${site.url}www/api.js`);
  await visitor.page.goto(elsewhere.url);
  assert.equal((await visitor.text('output')).trim(), '');
}

/** The folder www/ of a build, copied beside a page, is all that the page needs. @param {Visitor} visitor @param {TestContext} t */
async function copied(visitor, t) {
  const folder = await mkdtemp(join(tmpdir(), 'phi-psi-copied-'));
  t.after(() => rm(folder, { recursive: true }));
  await cp(`${PHI_PSI_SHIPPED}/www`, join(folder, 'www'), { recursive: true });
  await writeFile(join(folder, 'index.html'), example('./www/api.js').replace('<title>', '<link rel="icon" href="data:,"><title>'));
  const site = await serve(t, folder);
  await visitor.page.goto(site.url);
  await visitor.eventually(async () => assert.match(await visitor.text('output'), /^(Epoch \d: MSE = \d\.\d{4}\n){5}$/));
}

visit(
  'the example for another origin trains there in Chrome, and is refused there where the host does not send the header; the folder www/ of a build, copied beside a page, is all that the page needs',
  { ...FROM_BLANK, expect: [...FOREIGN, ...REFUSED] },
  async (visitor, t) => {
    await elsewhereToo(visitor, t, PHI_PSI_DIST, PHI_PSI_SHIPPED);
    await copied(visitor, t);
  },
);

visitInFirefox(
  'close() leaves no rejection that nobody handles in Firefox; the example for another origin trains there, and is refused there where the host does not send the header',
  // Firefox tells the test of a rejection that the page has heard and prevented.
  { ...ON_OTHER_PAGE, expect: [...FOREIGN, ...REFUSED, /^page error: W needs 4 numbers/] },
  async (visitor, t) => {
    await heardNothing(visitor);
    // What a browser makes of the other origin is the same for both builds.
    await elsewhereToo(visitor, t, PHI_PSI_SHIPPED);
  },
);

/** @typedef {import('./browser.mjs').Substitute} Substitute */

/**
 * Every fault at once, each in words of its own. The page's own Content Security Policy would keep requests to other origins from happening; the server's
 * forbids the page's pictures instead. That scripts are held to their hashes would keep them from being other ones.
 * @type {Record<string, Substitute>}
 */
const FAULTS = {
  '?backend=cpu': {
    route: async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, '').replaceAll(/ integrity="[^"]*"/g, '');
      await route.fulfill({ response, body, headers: { ...response.headers(), 'content-security-policy': "img-src 'none'" } });
    },
  },
  [shippedAt('main')]: preceded(`setTimeout(() => { throw new Error('an error of the page'); });
void Promise.reject(new Error('a rejection nobody hears'));
console.error('an error on the console');
fetch('http://page.invalid/').catch(() => {});
fetch(new URL('./none.js', import.meta.url));`),
  [shippedAt('worker')]: preceded(`console.error('an error on the worker’s console');
fetch('http://worker.invalid/').catch(() => {});`),
};

/** What is seen of them in each browser. */
const SEEN = [
  /page error: an error of the page/,
  /page error: a rejection nobody hears/,
  /console error: an error on the console/,
  /console error: an error on the worker’s console/,
  /foreign request: http:\/\/page\.invalid/,
  /failed request: http:\/\/page\.invalid/,
  /foreign request: http:\/\/worker\.invalid/,
  /failed request: http:\/\/worker\.invalid/,
  /answer 404: .*none\.js/,
];

/** What is seen in one of them alone. */
const OWN = {
  Chrome: [
    /console error: Failed to load resource: net::/,
    /console error: Failed to load resource: the server responded with a status of 404/,
    /console error: .*Content Security Policy/,
    /failed request: .*(icon|run)-\w+\.svg/,
  ],
  Firefox: [/page error: The Same Origin Policy/, /page error: .*icon(-192)?-\w+\.(svg|png) because it violates/],
};

for (const browser of /** @type {const} */ (['Chrome', 'Firefox'])) {
  // `expect` fails where a problem is not seen, so that these tests pass means that the watch sees them.
  ({ Chrome: visit, Firefox: visitInFirefox })[browser](
    `every fault is noticed in ${browser}, in the page and in its worker`,
    { site: FAULTS, expect: [...SEEN, ...OWN[browser]] },
    async (visitor) => {
      assert.equal(await visitor.state(), 'idle');
    },
  );
}
