// @ts-check
/**
 * φ·ψ against its peers: one table of ratios from one interleaved run.
 *
 *     node tests/bench.mjs [--sizes=S,M] [--rounds=3] [--only=jax,NumPy] [--seconds=0.5] [--out=results.json]
 *
 * `cargo xtask bench` builds what is timed, sets CHROME, PHI_PSI_URL and PEERS_LIMIT and passes the options on. In each round every
 * contender is visited once, in a fresh browser or process, so that all meet the same weather on this machine; a ratio is taken
 * within a round, and the table has the medians. What a contender is asked, and what counts, is in peers/README.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { chosen, LIMIT, OURS } from './peers/contenders.mjs';
import { serve } from './peers/site.mjs';
import { visit } from './peers/visit.mjs';

/** @typedef {import('./peers/contenders.mjs').Contender} Contender */
/** @typedef {import('./peers/visit.mjs').Config} Config */
/** @typedef {import('./peers/visit.mjs').Counts} Counts */
/** @typedef {import('./peers/visit.mjs').Visit} Visit */

/** L has a quarter of the draws that it was first measured with: no recipe of that width may have more, and a step costs the same. */
const SIZES = {
  S: { d: 2, m: 16, h: 64, B: 64, N: 1024, seed: 1 },
  M: { d: 16, m: 64, h: 256, B: 512, N: 8192, seed: 1 },
  L: { d: 64, m: 128, h: 512, B: 1024, N: 4096, seed: 1 },
};
/** @typedef {keyof typeof SIZES} Size */

/** How long one visit may take. @type {Record<Size, number>} */
const PATIENCE_MS = { S: 60_000, M: 150_000, L: 300_000 };

/** Browsers compile wasm and JavaScript well only after it has run for a while. */
const WARM_UP_SECONDS = 1;
const SAMPLES = 3;

/** A step that takes longer is timed once. */
const SLOW_SECONDS = 3;

/** Slower ones are not asked for the further steps that counting takes. */
const COUNTABLE_RATE = 0.4;

/** What one visit found: steps a second, milliseconds from navigation to the first step, what a step asks of the GPU and what asking costs.
 * @typedef {{ rate: number, firstStepMs?: number, counts?: Counts & { micros: number } }} Found */

/** Every visit to a contender at one size, round by round; a failure is the last.
 * @typedef {{ found: Found[], failure?: string }} Visits */

/** @typedef {Map<string, Map<Size, Visits>>} Results */

const options = readOptions();
await main();

function readOptions() {
  const given = new Map(process.argv.slice(2).map((word) => /** @type {[string, string]} */ (word.replace(/^--/, '').split(/=(.*)/s).slice(0, 2))));
  const take = (/** @type {string} */ name, /** @type {string} */ otherwise) => {
    const value = given.get(name) ?? otherwise;
    given.delete(name);
    return value;
  };
  const list = (/** @type {string} */ text) =>
    text
      .split(',')
      .map((word) => word.trim())
      .filter(Boolean);
  const sizes = list(take('sizes', 'S,M').toUpperCase());
  const read = {
    sizes: /** @type {Size[]} */ (sizes),
    rounds: Number(take('rounds', '3')),
    seconds: Number(take('seconds', '0.5')),
    only: list(take('only', '')),
    out: take('out', ''),
  };
  const unknown = sizes.find((size) => !(size in SIZES));
  if (unknown || sizes.length === 0) stop(`--sizes: they are ${Object.keys(SIZES).join(', ')}`);
  if (!(read.rounds >= 1)) stop('--rounds: one at least');
  if (!(read.seconds > 0)) stop('--seconds: how long a sample is to last');
  for (const name of given.keys()) stop(`there is no option --${name}`);
  return read;
}

/** @param {string} why @returns {never} */
function stop(why) {
  console.error(why);
  process.exit(2);
}

async function main() {
  const { CHROME, PHI_PSI_URL, PEERS_LIMIT } = process.env;
  if (!CHROME || !PHI_PSI_URL || !PEERS_LIMIT) stop('usage: cargo xtask bench');
  const driver = JSON.parse(readFileSync(new URL('../webdriver.json', import.meta.url), 'utf8'));
  const site = await serve(PEERS_LIMIT);
  /** @type {string[]} */
  const flags = driver['goog:chromeOptions'].args;
  // What spares the tests time is not what a visitor's browser does.
  const args = flags.filter((flag) => !flag.startsWith('--enable-dawn-features'));
  const places = { chrome: CHROME, args, own: PHI_PSI_URL, peers: site.url };
  const contenders = chosen(options.only);
  /** @type {Results} */
  const results = new Map(contenders.map(({ name }) => [name, new Map()]));
  /** @type {number[]} */
  const pages = [];
  try {
    for (let round = 1; round <= options.rounds; round++) {
      pages.push(...(await firstEpoch(places)));
      for (const size of options.sizes) {
        for (const contender of contenders) await take(contender, size, round);
      }
    }
  } finally {
    site.close();
  }
  report(contenders, results, pages);

  /** @param {Contender} contender @param {Size} size @param {number} round */
  async function take(contender, size, round) {
    const record = results.get(contender.name)?.get(size) ?? { found: [] };
    results.get(contender.name)?.set(size, record);
    if (record.failure) return;
    try {
      if (contender.packages && site.unbundled) throw new Error(site.unbundled);
      const found = await measure(contender, size, places, round === 1);
      record.found.push(found);
      console.log(`round ${round}  ${size}  ${contender.name}: ${figure(found.rate)} steps/s`);
    } catch (error) {
      record.failure = (error instanceof Error ? error.message : String(error))
        .split('\n')[0]
        .replace(/^page\.\w+: /, '')
        .slice(0, 120);
      console.log(`round ${round}  ${size}  ${contender.name}: ${record.failure}`);
    }
    if (options.out)
      writeFileSync(
        options.out,
        JSON.stringify(
          [...results].map(([name, sizes]) => [name, Object.fromEntries(sizes)]),
          null,
          1,
        ),
      );
  }
}

/**
 * @param {Contender} contender @param {Size} size @param {Parameters<typeof visit>[1]} places
 * @param {boolean} counting whether to ask also for the steps that count what a step asks of the GPU
 * @returns {Promise<Found>}
 */
async function measure(contender, size, places, counting) {
  const ms = PATIENCE_MS[size];
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  /** @type {Promise<never>} */
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no result within ${ms / 1000} s`)), ms);
  });
  const opening = visit(contender, places);
  try {
    return await Promise.race([opening.then((it) => sample(it, size, counting && contender.gpu === true)), late]);
  } finally {
    clearTimeout(timer);
    // One that came too late is closed when it comes.
    await Promise.race([
      opening.then(
        (it) => it.close(),
        () => {},
      ),
      pause(5_000),
    ]);
  }
}

/** @param {Visit} it @param {Size} size @param {boolean} counting @returns {Promise<Found>} */
async function sample(it, size, counting) {
  const config = SIZES[size];
  let steps = 1;
  let result = await it.bench({ ...config, steps });
  const { firstStepMs } = result;
  const slow = result.seconds > SLOW_SECONDS;
  for (let spent = result.seconds; spent < WARM_UP_SECONDS; spent += result.seconds) {
    steps *= 4;
    result = await it.bench({ ...config, steps });
  }
  steps = Math.max(1, Math.round(result.stepsPerSecond * options.seconds));
  const warmup = Math.min(16, Math.round(result.stepsPerSecond / 2));
  /** @type {number[]} */
  const rates = [];
  while (rates.length < (slow ? 1 : SAMPLES)) {
    rates.push((await it.bench({ ...config, warmup, steps })).stepsPerSecond);
  }
  const rate = median(rates);
  return { rate, firstStepMs, ...(counting && rate > COUNTABLE_RATE && { counts: await countStep(it, config, rate) }) };
}

/** What one more step asks of the GPU, and microseconds of the thread that asks: the difference between two runs, since opening one asks for things too. @param {Visit} it @param {Omit<Config, 'steps'>} config @param {number} rate */
async function countStep(it, config, rate) {
  // Enough for several submissions.
  const few = Math.max(4, Math.round(3 * rate));
  const asked = async (/** @type {number} */ steps) => {
    const before = await it.counts();
    const micros = await it.busy(() => it.bench({ ...config, steps }));
    const after = await it.counts();
    return { dispatches: after.dispatches - before.dispatches, draws: after.draws - before.draws, submits: after.submits - before.submits, micros };
  };
  const [one, less, more] = [await asked(1), await asked(few), await asked(2 * few)];
  const each = (/** @type {keyof Counts | 'micros'} */ key) => (more[key] - less[key]) / few;
  // Longer runs hand over more at a time, so that their difference would count too few.
  const submits = (more.submits - one.submits) / (2 * few - 1);
  return { dispatches: each('dispatches'), draws: each('draws'), submits, micros: each('micros') };
}

/**
 * Milliseconds from navigation until the shipped page shows its first epoch, Train being pressed as soon as it can be; none where it
 * does not come.
 * @param {Parameters<typeof visit>[1]} places @returns {Promise<number[]>}
 */
async function firstEpoch({ chrome, args, own }) {
  const browser = await chromium.launch({ executablePath: chrome, args });
  try {
    const page = await browser.newPage();
    await page.addInitScript(() => {
      addEventListener('DOMContentLoaded', () => {
        const log = document.getElementById('log');
        const train = document.getElementById('train');
        if (!log || !train) return;
        new MutationObserver(() => Object.assign(globalThis, { shown: performance.now() })).observe(log, { childList: true, subtree: true });
        train.click();
      });
    });
    await page.goto(`${own}?backend=cpu`);
    await page.waitForFunction(() => 'shown' in globalThis, null, { timeout: 20_000 });
    return [await page.evaluate(() => /** @type {any} */ (globalThis).shown)];
  } catch (error) {
    console.log(`the page shows no epoch: ${error instanceof Error ? error.message.split('\n')[0] : error}`);
    return [];
  } finally {
    await browser.close();
  }
}

/** @param {Contender[]} contenders @param {Results} results @param {number[]} pages */
function report(contenders, results, pages) {
  const record = (/** @type {string} */ name, /** @type {Size} */ size) => results.get(name)?.get(size) ?? { found: [] };
  /** Ours by another's, within each round. @param {string} ours @param {string} name @param {Size} size */
  const ratio = (ours, name, size) => {
    const [mine, theirs] = [record(ours, size).found, record(name, size).found];
    const both = mine.slice(0, theirs.length);
    return both.length ? figure(median(both.map(({ rate }, round) => rate / theirs[round].rate))) : '–';
  };
  const head = ['', ...options.sizes.flatMap((size) => [`${size} steps/s`, 'CPU ÷', 'GPU ÷', 'calls']), '1st step'];
  const rows = contenders.map(({ name, gpu }) => {
    const cells = options.sizes.flatMap((size) => {
      const { found, failure } = record(name, size);
      if (failure && found.length === 0) return ['failed', '', '', ''];
      const counts = found[0]?.counts;
      return [
        figure(median(found.map(({ rate }) => rate))),
        ratio(OURS.cpu, name, size),
        gpu ? ratio(OURS.webgpu, name, size) : '',
        counts ? called(counts) : '',
      ];
    });
    const firsts = record(name, options.sizes[0]).found.flatMap(({ firstStepMs }) => firstStepMs ?? []);
    return [name, ...cells, firsts.length ? `${median(firsts).toFixed(0)} ms` : ''];
  });
  console.log(`\nMedians of ${options.rounds} interleaved ${options.rounds === 1 ? 'round' : 'rounds'}`);
  print([head, ...rows]);
  console.log(`\nCPU ÷, GPU ÷: how many times as fast ${OURS.cpu} and ${OURS.webgpu} are, in the same round`);
  console.log('calls: dispatches (and draws of WebGL) in each step, in so many submissions, and what each costs the thread that asks for it');
  console.log(`1st step: from navigation, at ${options.sizes[0]}; ours draws its data within that time, peers’ is left out`);
  console.log(`${LIMIT}: a step that were its matrix products by the ordinary algorithm and nothing else`);
  if (pages.length) console.log(`The page, Train pressed at once: ${median(pages).toFixed(0)} ms from navigation to the first epoch on show (CPU)`);
  for (const { name } of contenders) {
    for (const size of options.sizes) {
      const { failure } = record(name, size);
      if (failure) console.log(`failed: ${name} at ${size}: ${failure}`);
    }
  }
}

/** @param {Counts & { micros: number }} counts */
function called({ dispatches, draws, submits, micros }) {
  const calls = dispatches + draws;
  return `${figure(calls)} in ${figure(submits)}, ${figure(micros / calls)} µs`;
}

/** @param {string[][]} rows */
function print(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) {
    console.log(
      row
        .map((text, column) => (column ? text.padStart(widths[column]) : text.padEnd(widths[column])))
        .join('  ')
        .trimEnd(),
    );
  }
}

/** Three digits or so. @param {number} value */
function figure(value) {
  if (!Number.isFinite(value)) return '–';
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value >= 1 || value === 0 ? value.toFixed(2) : value.toPrecision(3);
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
