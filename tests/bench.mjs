// @ts-check
/**
 * Trains the notebook's defaults on the shipped page, on both backends, and prints their ratio.
 *
 *     node tests/bench.mjs <rounds> <epochs>      CHROME: the browser, PHI_PSI_URL: the page; `cargo xtask bench` sets both
 *
 * Each round trains once on each backend, in a fresh page, so that both meet the same weather on this machine. Steps per second are
 * the page's own figure over the whole run, first step and pipeline compilation included.
 */
import { readFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';

const BACKENDS = /** @type {const} */ (['cpu', 'webgpu']);

/** Software WebGPU compiles its pipelines slowly, then makes some twenty steps a second. */
const PATIENCE_MS = 300_000;

/** @typedef {{ backend: string, why: string, stepsPerSecond: number }} Result */

/**
 * One run on a fresh page.
 * @param {import('playwright-core').Browser} browser
 * @param {string} address @param {string} backend @param {number} epochs
 * @returns {Promise<Result>}
 */
async function train(browser, address, backend, epochs) {
  const page = await browser.newPage();
  try {
    await page.goto(`${address}?backend=${backend}`);
    await page.locator('#recipe [name=epochs]').fill(String(epochs));
    await page.locator('#train').click();
    const ended = page.locator('#status[data-state=done], #status[data-state=failed]');
    await ended.waitFor({ timeout: PATIENCE_MS });
    const notice = (await page.locator('#notice').innerText()).trim();
    if ((await ended.getAttribute('data-state')) === 'failed') throw new Error(`${backend}: ${notice || 'the run failed'}`);
    const status = await ended.innerText();
    const steps = /([\d,.\s]+)\s*steps\/s/.exec(status)?.[1] ?? '';
    const chosen = page.locator('#backend');
    return {
      backend: (await chosen.getAttribute('data-backend')) ?? 'none',
      why: (await chosen.innerText()).replace(/\s+/g, ' ').trim(),
      stepsPerSecond: Number(steps.replace(/[,\s]/g, '')),
    };
  } finally {
    await page.close();
  }
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

async function main() {
  const [rounds, epochs] = process.argv.slice(2).map(Number);
  const { CHROME, PHI_PSI_URL } = process.env;
  if (!rounds || !epochs || !CHROME || !PHI_PSI_URL) throw new Error('usage: cargo xtask bench');
  const driver = JSON.parse(await readFile(new URL('../webdriver.json', import.meta.url), 'utf8'));
  const browser = await chromium.launch({ executablePath: CHROME, args: driver['goog:chromeOptions'].args });
  /** @type {Map<string, Result[]>} */
  const results = new Map(BACKENDS.map((backend) => [backend, []]));
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const backend of BACKENDS) {
        const result = await train(browser, PHI_PSI_URL, backend, epochs);
        console.log(`round ${round}  ${backend}: ${result.stepsPerSecond} steps/s`);
        if (result.backend !== backend) console.log(`  ran on ${result.backend} instead: ${result.why}`);
        else results.get(backend)?.push(result);
      }
    }
  } finally {
    await browser.close();
  }
  report(results);
}

/** @param {Map<string, Result[]>} results */
function report(results) {
  console.log(`\n${'backend'.padEnd(10)}${'steps/s'.padStart(10)}${'of the CPU'.padStart(13)}   ran on`);
  const speed = (/** @type {string} */ backend) => median((results.get(backend) ?? []).map((result) => result.stepsPerSecond));
  for (const [backend, runs] of results) {
    if (runs.length === 0) {
      console.log(`${backend.padEnd(10)} could not run here`);
      continue;
    }
    const ratio = speed(backend) / speed('cpu');
    console.log(`${backend.padEnd(10)}${speed(backend).toFixed(0).padStart(10)}${`${ratio.toFixed(3)} ×`.padStart(13)}   ${runs[0].why}`);
  }
}

await main();
