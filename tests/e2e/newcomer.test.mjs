// @ts-check
/** The page as someone opens it who has never seen it: words first, then Train. */
import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { test } from 'node:test';
import { ADDRESS, SHIPPED, visitors } from './browser.mjs';

const visit = visitors();

const LINE = /^Epoch \d+: MSE = \d+\.\d{4}$/;

let policed = 0;

/** Lets the module come. @type {() => void} */
let letCome;
const toCome = new Promise((resolve) => (letCome = () => resolve(null)));

// The page as it is written has the same words, and its policy is in written/policy.test.mjs.
if (SHIPPED)
  visit(
    'words and form are there before any module is; an address that asks for no known backend is answered in words, and everything works, also under a strict content security policy',
    {
      query: '?backend=abacus',
      site: {
        'www/{pkg/cpu/phi_psi,module-cpu-*}.js': { route: (route) => toCome.then(() => route.continue()) },
        '?backend=abacus': {
          route: async (route) => {
            const policy =
              "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self' blob:; form-action 'self'; base-uri 'none'";
            const response = await route.fetch({ maxRetries: 3 });
            policed += 1;
            await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': policy } });
          },
        },
      },
    },
    async (visitor) => {
      assert.equal(policed, 1);
      await visitor.frames();
      const words = await visitor.page.locator('body').innerText();
      assert.match(words, /A GELU layer, split in two/);
      assert.match(words, /sees only its weights/);
      assert.deepEqual(await visitor.typed(), { d: '2', m: '16', hidden: '64', n: '1024', batch: '64', epochs: '5', lr: '0.001', seed: '42' });
      assert.equal(await visitor.state(), 'idle');
      assert.match(await visitor.text('status'), /epoch 0 of 5/);
      assert.ok((await visitor.page.locator('math').count()) >= 2, 'the formulas are MathML');
      assert.match(await visitor.notice(), /backend=abacus; the choices are auto, webgpu and cpu/);

      letCome();
      assert.equal((await visitor.train()).length, 5);
      await visitor.table();
      await visitor.heldOut();
      await visitor.press('trial');
      await visitor.eventually(async () => assert.match(await visitor.text('offer'), /^For this recipe/));
    },
  );

// What ships has them in one file.
if (!SHIPPED)
  test('the page asks for every module of its own at once, so that none waits for another', async () => {
    const read = async (/** @type {string} */ path) => (await fetch(ADDRESS + path)).text();
    const found = (/** @type {string} */ text, /** @type {RegExp} */ pattern) => [...text.matchAll(pattern)].map(([, name]) => name);
    const imported = new Set(['app/main.js']);
    for (const name of imported) {
      // What is added here is visited too.
      for (const next of found(await read(`www/${name}`), /^(?:import .*|\} )from '(\.[\w./-]+\.js)';$/gm)) imported.add(posix.join(posix.dirname(name), next));
    }
    const listed = found(await read(''), /(?:modulepreload" href|script src)="www\/([\w/-]+\.js)"/g);
    assert.deepEqual([...new Set(listed)].sort(), [...imported, 'shell/early.js', 'shell/precheck.js'].sort());
  });

/** Runs in the page: Train is pressed as soon as that does something, which the record of its states sees, and the time of what follows is kept. */
const PRESSED_AT_ONCE = `const pressing = () => {
  const log = document.getElementById('log');
  globalThis.times = new Promise((resolve) => {
    new MutationObserver(() => resolve([pressed, performance.now()])).observe(log, { childList: true, subtree: true });
  });
  document.getElementById('train').click();
  const pressed = performance.now();
};
document.addEventListener('readystatechange', () => addEventListener('DOMContentLoaded', pressing), { once: true });`;

visit(
  'Train pressed as soon as the page is there trains at once, and prints five falling losses, as the notebook does; the run has its epoch, speed, time and progress in the status, its numbers in chart and table, compares by itself and gives the held-out error',
  // What ships is kept by a service worker, and is a matter of its own.
  { query: '', script: PRESSED_AT_ONCE, context: { reducedMotion: 'no-preference', serviceWorkers: SHIPPED ? 'block' : 'allow' }, shows: 'notebook' },
  async (visitor, t) => {
    const { page } = visitor;
    const [pressed, firstEpoch] = await page.evaluate('globalThis.times');
    await visitor.reach('done');
    t.diagnostic(
      `after navigation: Train pressed ${Math.round(pressed)} ms, first epochs on show ${Math.round(firstEpoch)} ms (on an idle machine no more than 300); ${(await page.locator('#status').innerText()).split('\n')[0]}`,
    );
    const lines = await visitor.lines();
    assert.equal(lines.length, 5);
    for (const [i, line] of lines.entries()) {
      assert.match(line, LINE);
      assert.ok(line.startsWith(`Epoch ${i + 1}:`), line);
    }
    const losses = await visitor.losses();
    assert.ok(
      losses.every((loss, i) => i === 0 || loss < losses[i - 1]),
      `${losses}`,
    );
    assert.deepEqual(await visitor.passed(), ['idle', 'running', 'done'], 'once');
    assert.equal(await visitor.text('notice'), '');

    assert.match(await visitor.text('status'), /Done.*epoch 5 of 5.*[\d,.]+ steps\/s.*\d+\.\d\d s/s);
    const [value, max] = await visitor.page
      .locator('#status progress')
      .evaluate((bar) => [/** @type {HTMLProgressElement} */ (bar).value, /** @type {HTMLProgressElement} */ (bar).max]);
    assert.deepEqual([value, max], [80, 80]);
    assert.equal(await visitor.find('status').getAttribute('role'), 'status');
    assert.equal(await visitor.find('notice').getAttribute('role'), 'alert');

    const table = await visitor.table();
    assert.deepEqual(
      table.map((mse) => mse.toFixed(4)),
      losses.map((loss) => loss.toFixed(4)),
    );

    const heldOut = await visitor.table('validation');

    const dots = await page.locator('#chart circle.dot').evaluateAll((circles) => circles.map((circle) => Number(circle.getAttribute('cy'))));
    assert.equal(dots.length, 5);
    // Equal ratios are equal distances, so every point's height follows from the first one's and the last one's.
    const share = (/** @type {number} */ value, /** @type {number} */ from, /** @type {number} */ to) => (value - from) / (to - from);
    for (const [i, y] of dots.entries()) {
      const [expected, drawn] = [share(Math.log(table[i]), Math.log(table[0]), Math.log(table[4])), share(y, dots[0], dots[4])];
      assert.ok(Math.abs(expected - drawn) < 1e-3, `point ${i + 1} stands at ${drawn} instead of ${expected}`);
    }
    assert.ok(dots[4] > dots[0], 'downwards is better');
    const labels = (await page.locator('#chart text.tick').allTextContents()).filter((label) => /^0?\.?\d/.test(label));
    assert.ok(labels.length >= 5, `the axes carry numbers: ${labels}`);

    await page.locator('#chart').focus();
    await page.keyboard.press('Home');
    assert.equal(await visitor.text('chart-readout'), `epoch 1: train ${table[0].toPrecision(4)}, validation ${heldOut[0].toPrecision(4)}`);
    await page.keyboard.press('ArrowRight');
    assert.equal(await visitor.text('chart-readout'), `epoch 2: train ${table[1].toPrecision(4)}, validation ${heldOut[1].toPrecision(4)}`);

    assert.match(await visitor.comparison(), /RMSE: Linearized φ · ψ vs GELU_tanh = \d+\.\d{5}$/);
    const { rmse, mse, draws, words } = await visitor.heldOut();
    assert.equal(draws, 10_000);
    assert.ok(Math.abs(rmse ** 2 - mse) < 1e-12 && mse > 0.05 && mse < 0.25, `rmse ${rmse}, mse ${mse}`);
    assert.equal(await visitor.text('heldout-rmse'), rmse.toFixed(5));
    assert.match(words, /Held-out RMSE over 10,000 draws, after 5 epochs/);
    assert.match((await visitor.page.locator('.why').textContent()) ?? '', /One draw cannot rank two models/);

    if (SHIPPED) return;
    assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length), 0, 'the page as it is written is kept by none');
    assert.ok(await visitor.find('offline').isHidden());
  },
);

visit(
  'without JavaScript the page says what it is and what it needs',
  {
    context: { javaScriptEnabled: false },
    // The preloads of modules that will not be run are refused, and that is all; what ships needs none.
    expect: SHIPPED ? [] : [/failed request: .*\/www\/[\w/-]+\.js \(csp\)/],
  },
  async ({ page }) => {
    const words = await page.locator('body').innerText();
    assert.match(words, /A GELU layer, split in two/);
    assert.match(words, /needs JavaScript/);
    assert.ok((await page.locator('math').count()) >= 2, 'the formulas are there');
    const picture = page.locator('.still img:visible');
    assert.match((await picture.getAttribute('alt')) ?? '', /^A curve that falls/);
    assert.ok(await picture.evaluate((image) => /** @type {HTMLImageElement} */ (image).naturalWidth > 400), 'the picture of a run is there');
  },
);
