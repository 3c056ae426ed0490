// @ts-check
/** On the CPU the same link gives the same bits in every browser and on every machine. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { visitors } from './browser.mjs';
import { ON_OTHER_PAGE, scripted } from './other-page.mjs';

/** @typedef {import('../../www/common/protocol.js').Engine} Engine */
/** @typedef {import('./browser.mjs').Visitor} Visitor */

/** All that a run computes: each epoch's MSE, and the bytes of the weights that it ends with. @typedef {{ losses: number[], weights: number[] }} Outcome */

/**
 * The links, and the SHA-256 of what each gives. A hash may change only together with what the link means, that is with a new `v`, or
 * with the file's format; or if all arithmetic is changed on purpose, which the change log must then say, because every link that tells
 * its last MSE stops being reproduced. Never to make this test pass.
 *
 * @type {[string, string, string][]}
 */
const LINKS = [
  [
    'the notebook’s defaults',
    'v=1&d=2&m=16&hidden=64&n=1024&batch=64&epochs=5&lr=0.001&seed=42',
    '36d68f55b31c3740c8da352f7fe866120b825da852a2a1fa070def1788e5717d',
  ],
  [
    'the notebook’s longest run',
    'v=1&d=2&m=16&hidden=64&n=1024&batch=64&epochs=30&lr=0.001&seed=42',
    '2ed9142d381b7a7c606f444f4aaef5d7219d77dd84efb261936730e27a8b5f02',
  ],
  [
    'sizes that no block divides',
    'v=1&d=3&m=5&hidden=7&n=101&batch=40&epochs=3&lr=0.01&seed=4294967295',
    'afe23ea7408362b4670d9db2d56c1833a562cc0167979d213f312a56dc68629a',
  ],
  ['a wide layer', 'v=1&d=33&m=20&hidden=50&n=90&batch=70&epochs=2&lr=0.001&seed=7', '1da55e10bd78dd2b70c8055b20ecdf0a1dce7bd3689c26194c1bf1c99b578605'],
];

/** @param {Outcome} outcome */
function hash({ losses, weights }) {
  const bits = new DataView(new ArrayBuffer(8 * losses.length));
  for (const [i, loss] of losses.entries()) bits.setFloat64(8 * i, loss, true);
  return createHash('sha256').update(bits).update(Uint8Array.from(weights)).digest('hex');
}

const visits = { Chrome: visitors(), Firefox: visitors('firefox') };

// One page for all links: each opens a run of its own, in a worker of its own.
for (const [browser, visit] of Object.entries(visits)) {
  visit(`the recorded bits in ${browser}`, { ...ON_OTHER_PAGE, shows: 'bits' }, async (visitor) => {
    for (const [name, link, recorded] of LINKS) {
      assert.equal(hash(await inBrowser(visitor, link, false)), recorded, `${name}, in one go`);
      assert.equal(hash(await inBrowser(visitor, link, true)), recorded, `${name}, interrupted`);
    }
  });
}

for (const [name, link, recorded] of LINKS) {
  test(`${name}: the recorded bits in Node`, async () => {
    // One call for each epoch, a call for each micro-batch, and pieces that fit nothing.
    for (const size of [0xffff_ffff, 1, 7]) assert.equal(hash(await inNode(link, size)), recorded, `${size} micro-batches a call`);
  });
}

/** @param {Visitor} visitor @param {string} link @param {boolean} interrupted whether each epoch is a loop of its own, with a question after it @returns {Promise<Outcome>} */
function inBrowser(visitor, link, interrupted) {
  return scripted(
    visitor,
    async ({ openRun }, { link, interrupted }) => {
      const run = await openRun(link, { backend: 'cpu' });
      const losses = [];
      while (losses.length < run.recipe.epochs) {
        for await (const { mse } of run.epochs()) {
          losses.push(mse);
          if (interrupted) break;
        }
        if (interrupted) await run.compare(losses.length);
      }
      const weights = [...(await run.weights())];
      run.close();
      return { losses, weights };
    },
    { link, interrupted },
  );
}

/** @param {string} link @param {number} size micro-batches that a call trains on @returns {Promise<Outcome>} */
async function inNode(link, size) {
  const engine = await (loading ??= load());
  const { recipe } = engine.readLink(link);
  const session = await engine.Session.open(Object.fromEntries(Object.entries(recipe).map(([key, value]) => [key, String(value)])));
  const losses = [];
  while (!session.done) {
    session.queue(size, recipe.epochs);
    losses.push(...(await session.collect()).map(({ mse }) => mse));
  }
  const weights = [...(await session.weightsFile({}))];
  session.free();
  return { losses, weights };
}

/** @type {Promise<Engine> | undefined} */
let loading;

/** The module that the page serves, without the page. @returns {Promise<Engine>} */
async function load() {
  const { PHI_PSI_DIST } = process.env;
  if (!PHI_PSI_DIST) throw new Error('PHI_PSI_DIST does not name the built page');
  const folder = `${PHI_PSI_DIST}/www/pkg/cpu`;
  // By its text, since what a file called .js is depends on the folders above it.
  const text = await readFile(`${folder}/phi_psi.js`, 'utf8');
  /** @type {Engine} */
  const engine = await import(`data:text/javascript,${encodeURIComponent(text)}`);
  await engine.default({ module_or_path: await readFile(`${folder}/phi_psi_bg.wasm`) });
  return engine;
}
