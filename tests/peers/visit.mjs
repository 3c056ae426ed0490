// @ts-check
/** One visit to a contender: a fresh browser with its page, or a fresh process. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

/** @typedef {import('./contenders.mjs').Contender} Contender */

/** @typedef {{ d: number, m: number, h: number, B: number, N: number, seed: number, steps: number, warmup?: number, readLoss?: 'epoch' | 'step' }} Config */
/** @typedef {{ stepsPerSecond: number, seconds: number, epochLoss?: number[], firstStepMs?: number }} Result */

/** What the page has asked of the GPU so far. @typedef {{ dispatches: number, draws: number, submits: number }} Counts */

/**
 * @typedef {object} Visit
 * @property {(config: Config) => Promise<Result>} bench
 * @property {() => Promise<Counts>} counts
 * @property {(work: () => Promise<unknown>) => Promise<number>} busy microseconds that the page's thread is at work meanwhile; NaN for a process
 * @property {() => Promise<void>} close
 */

/** How long a page may take to set `window.bench`. */
const LOADING_MS = 30_000;

/**
 * @param {Contender} contender
 * @param {{ chrome: string, args: string[], own: string, peers: string }} places the browser, its arguments, our page, the peers' site
 * @returns {Promise<Visit>}
 */
export function visit(contender, places) {
  return contender.argv ? visitProcess(contender) : visitPage(contender, places);
}

/** @param {Contender} contender @returns {Promise<Visit>} */
async function visitProcess({ argv = [], env }) {
  const child = spawn(argv[0], argv.slice(1), { cwd: import.meta.dirname, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said = (said + text).slice(-4096)));
  /** @type {Promise<never>} */
  const ended = new Promise((_, reject) => {
    child.on('error', (error) => reject(new Error(`${argv[0]} cannot be started: ${error.message}`)));
    child.on('close', () => reject(new Error(said.trim().split('\n').at(-1) || `${argv[0]} ended without a word`)));
  });
  ended.catch(() => {});
  child.stdin.on('error', () => {}); // It ended, which is told above.
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async bench(config) {
      child.stdin.write(`${JSON.stringify(config)}\n`);
      const answered = lines.next().then(({ value, done }) => (done ? ended : value));
      const result = JSON.parse(await Promise.race([answered, ended]));
      if (result.error) throw new Error(result.error);
      return result;
    },
    counts: async () => ({ dispatches: 0, draws: 0, submits: 0 }),
    busy: async () => NaN,
    close: async () => void child.kill('SIGKILL'),
  };
}

/** @param {Contender} contender @param {Parameters<typeof visit>[1]} places @returns {Promise<Visit>} */
async function visitPage({ own, page: query, isolated, late }, { chrome, args, own: ours, peers }) {
  const browser = await chromium.launch({ executablePath: chrome, args });
  try {
    const page = await browser.newPage();
    /** @type {(error: Error) => void} */
    let fail;
    /** A module that traps leaves its promises open, and a page that dies says nothing at all. @type {Promise<never>} */
    const failed = new Promise((_, reject) => (fail = reject));
    failed.catch(() => {});
    page.on('pageerror', (error) => fail(error));
    page.on('crash', () => fail(new Error('the page crashed')));
    await page.addInitScript(count);
    if (late) await page.addInitScript(delay, late);
    const url = own ? `${ours}www/bench.html?${own}` : `${peers}${isolated ? 'isolated/' : ''}page.html?${query}`;
    await page.goto(url);
    await Promise.race([page.waitForFunction(() => 'bench' in window, null, { timeout: LOADING_MS }), failed]);
    return {
      bench: (config) => Promise.race([page.evaluate((asked) => /** @type {any} */ (window).bench(asked), config), failed]),
      counts: () => page.evaluate(() => ({ .../** @type {any} */ (globalThis).asked })),
      busy: (work) => busy(page, work),
      close: () => browser.close(),
    };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/** By the browser's profiler. @param {import('playwright-core').Page} page @param {() => Promise<unknown>} work */
async function busy(page, work) {
  const profiler = await page.context().newCDPSession(page);
  await profiler.send('Profiler.enable');
  await profiler.send('Profiler.setSamplingInterval', { interval: 200 });
  await profiler.send('Profiler.start');
  await work();
  const { profile } = await profiler.send('Profiler.stop');
  await profiler.detach();
  const idle = new Set(profile.nodes.filter(({ callFrame }) => /^\((idle|program)\)$/.test(callFrame.functionName)).map(({ id }) => id));
  const deltas = profile.timeDeltas ?? [];
  return (profile.samples ?? []).reduce((sum, id, index) => sum + (idle.has(id) ? 0 : deltas[index]), 0);
}

/** Runs in the page before its own scripts: what is read from the GPU comes so much later. @param {number} ms */
function delay(ms) {
  const { mapAsync } = GPUBuffer.prototype;
  GPUBuffer.prototype.mapAsync = async function (...rest) {
    await mapAsync.apply(this, rest);
    await new Promise((resolve) => setTimeout(resolve, ms));
  };
}

/** Runs in the page before its own scripts: counts what is asked of the GPU. */
export function count() {
  const asked = { dispatches: 0, draws: 0, submits: 0 };
  Object.assign(globalThis, { asked });
  const tally = (/** @type {any} */ type, /** @type {string} */ method, /** @type {keyof typeof asked} */ key) => {
    const own = type?.prototype[method];
    if (!own) return;
    type.prototype[method] = function (/** @type {unknown[]} */ ...rest) {
      asked[key] += 1;
      return own.apply(this, rest);
    };
  };
  tally(globalThis.GPUComputePassEncoder, 'dispatchWorkgroups', 'dispatches');
  tally(globalThis.GPUComputePassEncoder, 'dispatchWorkgroupsIndirect', 'dispatches');
  tally(globalThis.GPUQueue, 'submit', 'submits');
  for (const method of ['drawArrays', 'drawElements', 'drawArraysInstanced']) tally(globalThis.WebGL2RenderingContext, method, 'draws');
}
