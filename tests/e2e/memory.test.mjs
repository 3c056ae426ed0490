// @ts-check
/**
 * What a run is said to take of memory is what it takes, on both backends; the largest recipe runs, and one that is larger by a draw is
 * refused in words. A module's memory only grows, so its size at the end is the most that was held; of the device's buffers, those that
 * are there at a time are counted, and the most of them.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { visitors } from './browser.mjs';
import { EMPTY } from './other-page.mjs';
import { shippedAs } from './shipped.mjs';

/** @typedef {import('../../www/common/protocol.js').Engine} Engine */
/** @typedef {Record<string, number | string>} Values */

/** How much of what is measured may be told. */
const BAND = { least: 0.8, most: 1.5 };

const BASE = { d: 2, m: 16, hidden: 64, n: 1024, batch: 64, epochs: 1, lr: 0.001, seed: 1 };

/** @type {Record<string, Values>} */
const RECIPES = {
  'the defaults': {},
  'the bench’s M': { d: 16, m: 64, hidden: 256, n: 2048, batch: 512 },
  'the bench’s L': { d: 64, m: 128, hidden: 512, n: 256, batch: 256 },
  'hidden = 1024': { hidden: 1024, n: 256 },
  'the widest networks': { d: 64, m: 256, hidden: 1024, n: 64, batch: 32 },
  'the most draws at d = 2': { m: 1, hidden: 1, n: 1 << 20, batch: 1 << 20 },
  'many draws at d = 16': { d: 16, m: 4, hidden: 8, n: 30_000, batch: 256 },
  'many draws at d = 64': { d: 64, m: 1, hidden: 1, n: 2_000, batch: 1024 },
  'new draws every epoch': { d: 64, m: 1, hidden: 1, n: 1_024, batch: 1024, fresh: '1', epochs: 2 },
};

/** Those that are the largest in one way each, and done in half a minute by software WebGPU. */
const ON_WEBGPU = ['the defaults', 'hidden = 1024', 'the most draws at d = 2', 'new draws every epoch'];

/** @param {Values} values @returns {Record<string, string>} */
function typed(values) {
  return Object.fromEntries(Object.entries({ ...BASE, ...values }).map(([key, value]) => [key, String(value)]));
}

/** The most draws that are accepted with these. @param {Values} values */
async function largest(values) {
  const { engine } = await load();
  let [accepted, refused] = [1, (1 << 20) + 1];
  while (refused - accepted > 1) {
    const n = Math.floor((accepted + refused) / 2);
    try {
      engine.check(typed({ ...values, n }));
      accepted = n;
    } catch {
      refused = n;
    }
  }
  return accepted;
}

/** @param {import('node:test').TestContext} t @param {number} told @param {number} measured */
function judge(t, told, measured) {
  const [mb, of] = [told, measured].map((bytes) => (bytes / 2 ** 20).toFixed(2));
  t.diagnostic(`told ${mb} MiB, measured ${of} MiB, ratio ${(told / measured).toFixed(2)}`);
  assert.ok(told >= BAND.least * measured && told <= BAND.most * measured, `told ${mb} MiB, measured ${of} MiB`);
}

/** All that the page asks of a run, where the held-out error’s first piece has what all of them have; its text goes into a page as well. @param {Engine} engine @param {Record<string, string>} fields @param {boolean} along whether what is watched is watched along with training */
async function live(engine, fields, along) {
  const session = await engine.Session.open(fields);
  if (along) session.watchAlong();
  while (!session.done) {
    session.queue(0xffff_ffff, 0xffff_ffff);
    const [{ heldOut } = { heldOut: 0 }] = await session.collect();
    while (heldOut === undefined && (await session.watch(1 << 16)) === undefined);
  }
  await session.evaluate(8);
  await session.sample(20_000);
  await session.compare(0);
  await session.weightsFile({});
}

for (const [name, values] of Object.entries(RECIPES)) {
  test(`${name}: what is told is what the CPU module takes`, async (t) => {
    const fields = typed(values);
    const { engine, memory } = await load();
    const told = engine.check(fields).memory.cpu;
    await live(engine, fields, false);
    judge(t, told, memory.buffer.byteLength);
  });
}

test('where there is no room for the draws the run is refused in words, and another goes on', async () => {
  const program = `
    ${load}
    const readFile = (await import('node:fs/promises')).readFile;
    const { engine } = await load();
    const fields = ${JSON.stringify(typed({ d: 64, m: 1, hidden: 1, n: 4_000 }))};
    const refused = await engine.Session.open(fields).then(() => '', (error) => error.message);
    const session = await engine.Session.open({ ...fields, n: '64' });
    session.queue(0xffff_ffff, 1);
    const [{ epoch }] = await session.collect();
    console.log(JSON.stringify({ refused, epoch }));`;
  // 48 MiB, where the draws alone are 64.
  const { stdout } = await promisify(execFile)(process.execPath, ['--wasm-max-mem-pages=768', '--input-type=module', '--eval', program]);
  const { refused, epoch } = JSON.parse(stdout);
  assert.match(refused, /^this browser has no room for the run, which needs about \d+ MiB: lower n or d, or close other tabs$/);
  assert.equal(epoch, 1);
});

const visit = visitors();

visit('the largest recipe runs, and one draw more is refused in words', {}, async (visitor, t) => {
  const values = { ...RECIPES['many draws at d = 64'], epochs: 1 };
  const n = await largest(values);
  await visitor.type({ ...values, n: n + 1 });
  await visitor.press('train');
  const refused = new RegExp(`n = ${n + 1} draws at d = 64 take \\d+ MiB, more than the \\d+ MiB that every GPU`);
  await visitor.eventually(async () => assert.match(await visitor.text('n-error'), refused));
  t.diagnostic(await visitor.text('n-error'));
  assert.equal((await visitor.train({ n })).length, 1);
  assert.equal(await visitor.text('notice'), '');
});

visitors('webgpu')(
  `what is told is what the WebGPU module and the device take: ${ON_WEBGPU.join(', ')}`,
  { query: 'memory.html', site: { 'memory.html': EMPTY } },
  async ({ page }, t) => {
    const [script, wasm] = [shippedAs('module-webgpu'), shippedAs('module-webgpu', 'wasm')];
    for (const name of ON_WEBGPU) {
      t.diagnostic(name);
      // Each in a module of its own.
      const place = JSON.stringify([`www/${script}?${encodeURIComponent(name)}`, `www/${wasm}`]);
      const { told, measured } = await page.evaluate(`(${onTheDevice})(${live}, ${JSON.stringify(typed(RECIPES[name]))}, ${place})`);
      judge(t, told, measured);
    }
  },
);

/** Runs in the page. @param {(engine: Engine, fields: Record<string, string>, along: boolean) => Promise<void>} live @param {Record<string, string>} fields @param {string[]} place */
async function onTheDevice(live, fields, place) {
  let [now, most] = [0, 0];
  const own = GPUDevice.prototype.createBuffer;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = own.call(this, descriptor);
    now += descriptor.size;
    most = Math.max(most, now);
    const destroy = buffer.destroy.bind(buffer);
    let { size } = descriptor;
    buffer.destroy = () => {
      now -= size;
      size = 0;
      return destroy();
    };
    return buffer;
  };
  const [script, wasm] = place.map((path) => new URL(path, location.href).href);
  /** @type {Engine} */
  const engine = await import(script);
  const { memory } = /** @type {{ memory: WebAssembly.Memory }} */ (await engine.default({ module_or_path: wasm }));
  const told = engine.check(fields).memory.webgpu;
  await live(engine, fields, true);
  GPUDevice.prototype.createBuffer = own;
  return { told, measured: memory.buffer.byteLength + most };
}

/** The CPU module, anew. @returns {Promise<{ engine: Engine, memory: WebAssembly.Memory }>} */
async function load() {
  const folder = `${process.env.PHI_PSI_DIST}/www/pkg/cpu`;
  // By its text, since what a file called .js is depends on the folders above it; each by another, or it would be the same module.
  const text = `${await readFile(`${folder}/phi_psi.js`, 'utf8')}\n// ${Math.random()}`;
  /** @type {Engine} */
  const engine = await import(`data:text/javascript,${encodeURIComponent(text)}`);
  const { memory } = /** @type {{ memory: WebAssembly.Memory }} */ (await engine.default({ module_or_path: await readFile(`${folder}/phi_psi_bg.wasm`) }));
  return { engine, memory };
}
