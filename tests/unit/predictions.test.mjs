// @ts-check
/** What an exported module computes, held to what the trainer predicts by the same weights. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { error } from '../../www/common/figures.js';
import { notebook } from '../../www/export/notebook.js';
import { standalone } from '../../www/export/standalone.js';
import { difference, exportRun, firstPrediction, RECIPES, shapeOf } from './exported.mjs';
import { cpu, imported } from './module.mjs';

/** @typedef {import('../../www/common/protocol.js').Recipe} Recipe */
/** @typedef {import('./exported.mjs').ExportedRun} ExportedRun */

const engine = await cpu();

/** What the module's file is called. */
const NAME = 'phi-psi-epoch5.mjs';

/** The module sums in another precision than the trainer, and nothing else differs. */
const ROUNDING = 1e-6;

/** @param {{ d: number, layer: (W: number[], x: number[]) => Float32Array }} module @param {ExportedRun} run */
function predictions({ d, layer }, { draws: { W, x } }) {
  return Array.from({ length: x.length / d }, (_, i) => [...layer(W.slice(i * d * d, (i + 1) * d * d), x.slice(i * d, (i + 1) * d))]).flat();
}

for (const recipe of RECIPES) {
  test(`the module computes what the trainer predicts (${shapeOf(recipe)})`, async (t) => {
    const run = await exportRun(engine, recipe);
    const text = standalone({ ...run, name: NAME });
    assert.ok(text.includes(`trained for ${run.epochs} epochs, MSE ${error(run.mse ?? NaN)}.`));
    const apart = difference(predictions(await imported(text), run), run.y);
    t.diagnostic(`module of ${text.length} bytes against the trainer, ${run.y.length} numbers: largest difference ${apart.toExponential(1)} of the largest`);
    assert.ok(apart <= ROUNDING, `${apart}`);
  });
}

test('the module computes what the trainer predicts for networks of the largest sizes', async (t) => {
  const run = await exportRun(engine, { d: 64, m: 256, hidden: 1024, n: 4, batch: 4, epochs: 1, lr: 0.001, seed: 3 }, { epochs: 0, draws: 8 });
  const apart = difference(predictions(await imported(standalone({ ...run, name: NAME })), run), run.y);
  t.diagnostic(`largest difference ${apart.toExponential(1)} of the largest`);
  assert.ok(apart <= ROUNDING, `${apart}`);
  // The other texts of such a run are made at all.
  assert.ok(notebook({ ...run, link: '', prediction: firstPrediction(run) }).length > 3e6);
});

/** The lines of the example in a module's header, without their remarks. @param {string} text */
function exampleIn(text) {
  const header = text.slice(0, text.indexOf('*/'));
  return [...header.matchAll(/^ \* {5}(.*)$/gm)].map(([, line]) => line.replace(/ *\/\/.*/, '').trim());
}

test('the example in the module’s header gives what the trainer predicts', async () => {
  for (const d of [1, 2, 3, 4, 5]) {
    const run = await exportRun(engine, { ...RECIPES[2], d }, { epochs: 1 });
    const text = standalone({ ...run, name: NAME });
    const [names, given, whole, one, parts] = exampleIn(text);
    const [, list] = /^import \{ (.*) \} from '\.\/phi-psi-epoch5\.mjs';$/.exec(names) ?? assert.fail(names);
    assert.match(`${whole}\n${one}\n${parts}`, /^layer\(W, x\);\nconst Phi = phi\(W\);\nproduct\(Phi, psi\(x\)\);$/);
    const module = await imported(`${text}\n${given}\nexport const whole = ${whole}\n${one}\nexport const parts = ${parts}\nexport { W, x };`);
    for (const name of list.split(', ')) assert.equal(typeof module[name], 'function', name);
    assert.deepEqual(module.parts, module.whole);
    const numbers = [module.W.flat(), [...module.x]];
    assert.deepEqual(
      numbers.map(({ length }) => length),
      [d * d, d],
    );
    if (d === 5) assert.equal(given, 'const W = Array.from({ length: 25 }, Math.random), x = Array.from({ length: 5 }, Math.random);');
    if (d === 2) assert.equal(given, 'const W = [[-1.5,0],[-0.5,1]], x = [-0.5,0];');
    if (d <= 4)
      assert.deepEqual(numbers, [
        Array.from({ length: d * d }, (_, i) => ((Math.floor(i / d) * d + 3 * (i % d)) % 7) / 2 - 1.5),
        Array.from({ length: d }, (_, i) => i / 2 - 0.5),
      ]);
    const y = await run.session.predict(Float32Array.from(numbers[0]), Float32Array.from(numbers[1]));
    assert.ok(difference(module.whole, y) <= ROUNDING, `d = ${d}: ${module.whole} and ${y}`);
  }
});
