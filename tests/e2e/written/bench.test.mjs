// @ts-check
/** The bench: what `window.bench` promises to a harness, and the table that a visitor fills. Nothing here judges how fast it is. */
import assert from 'node:assert/strict';
import { count } from '../../peers/visit.mjs';
import { BROKEN_OFF, press, visitors } from '../browser.mjs';

/** @typedef {import('../browser.mjs').Visitor} Visitor */
/** @typedef {import('../../../www/pages/bench.js').BenchConfig} BenchConfig */
/** @typedef {import('../../../www/pages/bench.js').BenchResult} BenchResult */

const visit = visitors();
const visitWithGpu = visitors('webgpu');

const HARNESS = 'www/bench.html?backend=cpu';

const SMALL = { d: 2, m: 16, h: 64, B: 64, N: 1024, seed: 1 };

const LARGE = { d: 16, m: 64, h: 256, B: 512, N: 1024, seed: 1 };

/** @param {Visitor} visitor @param {BenchConfig} config @returns {Promise<BenchResult>} */
function bench({ page }, config) {
  return page.evaluate((asked) => /** @type {any} */ (window).bench(asked), config);
}

visit(
  'window.bench trains the run that the page trains; it counts exactly, and how it is asked changes no number; draws that do not fit are halved until they do, and what is wrong is refused in words',
  { query: HARNESS },
  async (visitor) => {
    const result = await bench(visitor, { ...SMALL, steps: 80 });
    assert.ok(result.stepsPerSecond > 0 && result.seconds > 0, JSON.stringify(result));
    assert.ok(Math.abs(result.stepsPerSecond * result.seconds - 80) < 1e-6, 'steps by seconds');
    assert.ok(result.firstStepMs > 0 && result.firstStepMs < 120_000, `${result.firstStepMs} ms`);
    assert.equal(result.draws, 1024);

    const whole = await bench(visitor, { ...SMALL, steps: 42 });
    assert.equal(whole.epochLoss.length, 3, 'two epochs of 16 steps and a part of one');
    assert.ok(whole.epochLoss.every(Number.isFinite));
    assert.deepEqual((await bench(visitor, { ...SMALL, steps: 42 })).epochLoss, whole.epochLoss, 'the same seed');
    assert.deepEqual((await bench(visitor, { ...SMALL, steps: 42, readLoss: 'step' })).epochLoss, whole.epochLoss, 'every loss read');
    const warm = await bench(visitor, { ...SMALL, warmup: 5, steps: 37 });
    assert.deepEqual(warm.epochLoss.slice(1), whole.epochLoss.slice(1), 'after a warm-up');
    assert.notEqual(warm.epochLoss[0], whole.epochLoss[0], 'the warm-up’s losses do not count');
    assert.equal(warm.firstStepMs, whole.firstStepMs, 'there is one first step');
    assert.notEqual((await bench(visitor, { ...SMALL, steps: 41 })).epochLoss[2], whole.epochLoss[2], 'a step less');
    assert.notDeepEqual((await bench(visitor, { ...SMALL, seed: 2, steps: 42 })).epochLoss, whole.epochLoss, 'another seed');

    // A ragged batch counts by its size.
    const ragged = { ...SMALL, N: 100, B: 64 };
    const both = await bench(visitor, { ...ragged, steps: 2 });
    const first = await bench(visitor, { ...ragged, steps: 1 });
    const second = await bench(visitor, { ...ragged, warmup: 1, steps: 1 });
    assert.ok(Math.abs(0.64 * first.epochLoss[0] + 0.36 * second.epochLoss[0] - both.epochLoss[0]) < 1e-9);

    const large = await bench(visitor, { d: 64, m: 4, h: 8, B: 1024, N: 10_240, seed: 1, steps: 1 });
    assert.equal(large.draws, 5_120);
    await assert.rejects(bench(visitor, { ...SMALL, m: 0, steps: 1 }), /m = 0 is out of range/);
    assert.ok((await bench(visitor, { ...SMALL, steps: 1 })).stepsPerSecond > 0, 'and the next is served');

    await visitor.page.goto(new URL('../?backend=cpu', visitor.page.url()).href);
    const lines = await visitor.train({ seed: 1 });
    assert.deepEqual(
      result.epochLoss.map((mse, i) => `Epoch ${i + 1}: MSE = ${mse.toFixed(4)}`),
      lines,
    );
  },
);

visit(
  'window.bench says in words where there is no WebGPU, and that it knows two backends; a worker that cannot be loaded is told in its line',
  {
    query: 'www/bench.html?backend=webgpu',
    script: "Object.defineProperty(navigator, 'gpu', { value: undefined })",
    site: {
      'www/worker/bench-worker.js': {
        route: (route) => route.fulfill({ contentType: 'text/javascript', body: "throw new Error('no such luck');" }),
      },
    },
  },
  async (visitor) => {
    await assert.rejects(bench(visitor, { ...SMALL, steps: 1 }), /this browser offers no WebGPU/);
    await visitor.page.goto(new URL('?backend=abacus', visitor.page.url()).href);
    await assert.rejects(bench(visitor, { ...SMALL, steps: 1 }), /backend=abacus: the choices are cpu and webgpu/);
    await visitor.page.goto(new URL('?', visitor.page.url()).href);
    await visitor.press('start');
    await visitor.page.locator('#bench[data-state=done]').waitFor();
    assert.match(await visitor.text('text'), /^Small, CPU .*no such luck/m);
  },
);

/** The Large line is of fewer draws: two steps of it would take seconds. @type {import('../browser.mjs').Rewrite} */
const LESS = {
  text: (own) => {
    const less = own.replace('B: 1024, N: 4096', 'B: 32, N: 64');
    assert.notEqual(less, own);
    return less;
  },
};

/** The worker that times takes a tenth of its time: how fast it is concerns nobody here. @type {import('../browser.mjs').Rewrite} */
const BRIEF = {
  text: (own) => {
    const brief = own
      .replace('WARM_UP_SECONDS = 0.5;', 'WARM_UP_SECONDS = 0.05;')
      .replace('LAP_SECONDS = 0.3;', 'LAP_SECONDS = 0.03;')
      .replace('SHORT_SECONDS = 0.1;', 'SHORT_SECONDS = 0.01;');
    assert.equal(brief.length, own.length + 3);
    return brief;
  },
};

visit(
  'from the page a visitor stops the bench at once, runs it again, takes its table along as text, and goes back, at 360 pixels',
  {
    context: { viewport: { width: 360, height: 740 }, colorScheme: 'dark', permissions: ['clipboard-read', 'clipboard-write'] },
    site: { 'www/worker/bench-worker.js': BRIEF, 'www/pages/bench-table.js': LESS },
    // What leaving a page cuts off, or a worker that is stopped.
    allow: [BROKEN_OFF],
  },
  async (visitor) => {
    const { page } = visitor;
    await press(page.getByRole('link', { name: 'How fast is this machine?' }));
    await visitor.find('start').waitFor();
    const cells = () =>
      page
        .locator('#table tbody tr:has(td)')
        .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => (cell.textContent ?? '').replaceAll('\u00a0', ' '))));
    await visitor.eventually(async () =>
      assert.deepEqual(
        (await cells()).map(([backend]) => backend),
        ['CPU', 'WebGPU', 'CPU', 'WebGPU', 'CPU', 'WebGPU'],
      ),
    );
    await visitor.press('start');
    await page.locator('#bench[data-state=running]').waitFor();
    await visitor.press('start');
    await page.locator('#bench[data-state=stopped]').waitFor();
    assert.equal(await visitor.text('status'), 'Stopped.');
    assert.equal(await visitor.text('start'), 'Run again');

    await visitor.find('start').focus();
    await page.keyboard.press('Enter');
    await page.locator('#bench[data-state=done]').waitFor();
    for (const [backend, steps, first, factor] of await cells()) {
      if (backend === 'CPU') {
        assert.match(steps, /^[\d,.]+$/);
        assert.match(first, /^[\d,]+ ms$/);
      } else {
        assert.equal(steps, 'not usable');
      }
      assert.equal(factor, '');
    }
    assert.match(await visitor.text('remark'), /^WebGPU cannot be timed: .+\. The CPU’s numbers stand alone\.$/);
    assert.equal(await visitor.text('crossover'), '');
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing scrolls sideways');
    await visitor.press('copy');
    await visitor.eventually(async () => assert.equal(await visitor.text('copy'), 'Copied'));
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied, await visitor.text('text'));
    assert.match(copied, /^Small, CPU +[\d,.]+ +[\d,]+ ms$/m);

    await press(page.getByRole('link', { name: 'Back to the page' }));
    await visitor.find('train').waitFor();
  },
);

visitWithGpu(
  'on WebGPU a dispatch takes many steps of a small network and a step of a large one fourteen, and the same steps are counted as on the CPU',
  { query: 'www/bench.html?backend=webgpu', script: `(${count})()` },
  async (visitor, t) => {
    const asked = () => visitor.page.evaluate(() => ({ .../** @type {any} */ (globalThis).asked }));
    for (const [config, steps, most] of /** @type {const} */ ([
      [SMALL, 512, 1 / 16],
      [LARGE, 4, 14],
    ])) {
      // The first call has a first step of its own.
      await bench(visitor, { ...config, steps: 1 });
      const before = await asked();
      await bench(visitor, { ...config, steps });
      const after = await asked();
      const [dispatches, submits] = [after.dispatches - before.dispatches, after.submits - before.submits];
      t.diagnostic(`${steps} steps: ${dispatches} dispatches in ${submits} submissions`);
      assert.ok(dispatches > 0 && dispatches <= most * steps, `${dispatches} dispatches for ${steps} steps`);
      assert.ok(submits <= dispatches + 8, 'and no dispatch is handed over alone, but for data');
    }
    const config = { ...SMALL, warmup: 5, steps: 20 };
    const onGpu = await bench(visitor, config);
    await visitor.page.goto(new URL('?backend=cpu', visitor.page.url()).href);
    const onCpu = await bench(visitor, config);
    assert.equal(onGpu.epochLoss.length, onCpu.epochLoss.length);
    onGpu.epochLoss.forEach((loss, i) =>
      assert.ok(Math.abs(loss - onCpu.epochLoss[i]) < 1e-4 * onCpu.epochLoss[i], `${onGpu.epochLoss} and ${onCpu.epochLoss}`),
    );
  },
);
