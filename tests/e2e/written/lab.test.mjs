// @ts-check
/** The lab as the page's scripts use it: www/run/lab.js, its worker and its module. Times are printed and never judged. */
import assert from 'node:assert/strict';
import { preceded, visitors } from '../browser.mjs';

/** @typedef {import('../../../www/run/lab.js').Lab} Lab */
/** @typedef {import('../../../www/run/trainer.js').Trainer} Trainer */
/** @typedef {import('../browser.mjs').Visitor} Visitor */

const visit = visitors();

/** What is at hand in the page: a lab of the test's own, and a trainer. */
const OPENED = `Promise.all([import('./www/run/lab.js'), import('./www/run/trainer.js')]).then(([{ Lab }, { Trainer }]) => {
  Object.assign(globalThis, { lab: new Lab(), Trainer });
})`;

const NOTEBOOK = { d: '2', m: '16', hidden: '64', n: '1024', batch: '64', epochs: '5', lr: '0.001', seed: '42' };

/** Runs an expression in the page that answers with plain data; `lab` is at hand. @param {Visitor} visitor @param {string} expression @returns {Promise<any>} */
async function inLab({ page }, expression) {
  await page.evaluate(`globalThis.lab ?? ${OPENED}`);
  return page.evaluate(`(async () => (${expression}))()`);
}

/** @param {Visitor} visitor */
function labWorkers({ page }) {
  return page.workers().filter((worker) => worker.url().endsWith('#lab-worker.js'));
}

/** @param {Visitor} visitor */
function labFiles({ page }) {
  return page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .map(({ name }) => name)
      .filter((name) => /\/lab/.test(name)),
  );
}

const DIES = preceded(`addEventListener('message', (event) => {
  event.stopImmediatePropagation();
  Promise.reject(new WebAssembly.RuntimeError('unreachable'));
});`);

/** It is loaded late, outlives a death, and has the design’s numbers. @param {Visitor} visitor */
async function known(visitor) {
  await visitor.type({ epochs: 100_000 });
  await visitor.trainAndPause(1);
  const files = /** @type {string[]} */ (await labFiles(visitor));
  assert.deepEqual(
    files.filter((name) => name.includes('pkg/lab')),
    [],
  );
  assert.equal(labWorkers(visitor).length, 0);

  assert.deepEqual(await inLab(visitor, 'lab.floors(2, 4).catch(({ name, message }) => [name, message])'), ['LostError', 'unreachable']);
  const plane = await inLab(visitor, 'Array.from(await lab.floors(2, 64))');
  const space = await inLab(visitor, 'Array.from(await lab.floors(3, 64))');
  const near = (/** @type {number} */ found, /** @type {number} */ known) => assert.ok(Math.abs(found / known - 1) < 2e-4, `${found} instead of ${known}`);
  for (const [m, known] of [
    [0, 0.935534],
    [1, 0.60588],
    [4, 0.05555],
    [6, 0.0034997],
    [16, 1.1102e-4],
    [32, 5.311e-6],
    [64, 1.399e-7],
  ])
    near(plane[m], known);
  for (const [m, known] of [
    [4, 0.211988],
    [8, 0.052565],
    [16, 0.0051955],
    [64, 2.1396e-4],
  ])
    near(space[m], known);
  await assert.rejects(inLab(visitor, 'await lab.floors(258, 4)'), /d = 258 is out of range/);

  const toy = await inLab(visitor, 'await lab.taylorToy()');
  assert.equal(toy.rmseTanh.toFixed(5), '0.21182');
  assert.equal(toy.rmseProduct.toFixed(5), '0.00000');
  assert.deepEqual([toy.features, toy.monomials], [66_432, 163]);
  assert.deepEqual(
    toy.taylor.map((/** @type {number} */ y) => y.toFixed(6)),
    ['0.335822', '1.457664', '2.306084'],
  );

  const taylor = await inLab(visitor, 'await lab.taylor(2, 5, { draws: 2000 })');
  assert.deepEqual(
    taylor.largest.map((/** @type {{ error: number }} */ { error }) => error.toPrecision(2)),
    ['0.0000088', '3.0', '7.9e+2', '2.7e+4'],
  );
  assert.ok(taylor.population.taylor > 1e6 && taylor.population.best < 0.02, JSON.stringify(taylor.population));
  const curves = await inLab(visitor, '(({ taylor, target }) => [taylor[0], target[0]])(await lab.taylorCurves(2, 5, new Float64Array([0.5])))');
  assert.ok(Math.abs(curves[0] - curves[1]) < 1e-7, `${curves}`);
}

/** @param {Visitor} visitor @param {import('node:test').TestContext} t */
async function solved(visitor, t) {
  const found = await inLab(
    visitor,
    `await (async () => {
    const fields = { ...${JSON.stringify(NOTEBOOK)}, hidden: '256' };
    const heard = [];
    const solved = await lab.solve(fields, null, { draws: 5000, progress: (done) => heard.push(done) });
    const estimate = await lab.evaluate(solved.file, 50000, { seed: 1 });
    const floor = (await lab.floors(2, 16))[16];
    const trainer = new Trainer('cpu');
    const inside = await trainer.inspect(solved.file);
    trainer.source = { name: 'solved', bytes: solved.file, d: 2, m: 16, hidden: 256 };
    await trainer.open(fields);
    const held = await trainer.evaluate();
    trainer.close();
    const { file, ...rest } = solved;
    return { ...rest, heard, estimate, floor, inside, held };
  })()`,
  );
  const { estimate, floor, heard, held, inside } = found;
  t.diagnostic(
    `solved over ${found.draws} draws in ${found.seconds.toFixed(2)} s: ${(estimate.mse / floor).toFixed(3)} ± ${(estimate.standardError / floor).toFixed(3)} times the floor (${estimate.draws} draws, ${estimate.seconds.toFixed(2)} s)`,
  );
  assert.deepEqual([found.draws, found.rows, found.rank], [5000, 5000, 16]);
  // Near the floor are wider ones, in floor.test.mjs.
  assert.ok(estimate.mse / floor > 1.4 && estimate.mse / floor < 1.6, `${estimate.mse / floor}`);
  assert.ok(Math.abs(found.mse / estimate.mse - 1) < 0.3, `${found.mse} and ${estimate.mse}`);
  assert.ok(heard.length > 0 && heard.every((/** @type {number} */ done, /** @type {number} */ i) => done < 1 && done > (heard[i - 1] ?? 0)), `${heard}`);
  assert.deepEqual(inside.recipe, { d: 2, m: 16, hidden: 256, n: 1024, batch: 64, epochs: 5, lr: 0.001, seed: 42 });
  // 10,000 other draws.
  assert.ok(Math.abs(held.mse / estimate.mse - 1) < 0.4, `${held.mse} and ${estimate.mse}`);

  const [from, trained, after] = await inLab(
    visitor,
    `await (async () => {
    const fields = ${JSON.stringify({ ...NOTEBOOK, epochs: '30' })};
    const trainer = new Trainer('cpu');
    await trainer.train(fields);
    await new Promise((resolve) => trainer.addEventListener('state', () => trainer.state === 'done' && resolve()));
    const file = await trainer.weights(fields);
    const before = await lab.evaluate(file, 50000);
    const { file: after } = await lab.solve({ ...fields, hidden: '3' }, file);
    trainer.close();
    const floor = (await lab.floors(2, 16))[16];
    return [file.length, before.mse / floor, (await lab.evaluate(after, 50000)).mse / floor];
  })()`,
  );
  t.diagnostic(`30 epochs: ${trained.toFixed(1)} times the floor; the last layers solved then: ${after.toFixed(1)}`);
  assert.ok(from > 0 && after < trained / 2, `${after} after ${trained}`);
}

/** @param {Visitor} visitor */
async function refused(visitor) {
  const refusal = (/** @type {string} */ question) => inLab(visitor, `${question}.then(() => 'no refusal', ({ key, message }) => [key, message])`);
  const fields = JSON.stringify(NOTEBOOK);
  assert.deepEqual(await refusal(`lab.solve(${fields}, null, { draws: 0 })`), ['draws', '0 draws are not solved for: there must be 1 to 131072']);
  assert.deepEqual((await refusal(`lab.solve({ ...${fields}, m: '0' }, null)`))[0], 'm');
  assert.match((await refusal(`lab.solve({ ...${fields}, hidden: '1024' }, null, { draws: 130000 })`))[1], /needs about \d+ MiB/);
  assert.match((await refusal('lab.evaluate(new Uint8Array(9), 10)'))[1], /not a whole safetensors file/);
  assert.match((await refusal('lab.taylor(2, 13)'))[1], /13 terms/);

  const [name, floor, again] = await inLab(
    visitor,
    `await (async () => {
  const fields = { ...${JSON.stringify(NOTEBOOK)}, hidden: '1024' };
  const control = new AbortController();
  const solving = lab.solve(fields, null, { draws: 40000, signal: control.signal, progress: () => control.abort() });
  const behind = lab.evaluate(new Uint8Array(9), 10).catch(({ message }) => message);
  const name = await solving.then(() => 'solved', ({ name }) => name);
  const answer = await behind;
  return [name, (await lab.floors(2, 4))[4], answer];
})()`,
  );
  assert.equal(name, 'AbortError');
  assert.ok(Math.abs(floor - 0.05555) < 1e-5);
  assert.match(again, /not a whole safetensors file/);
  await visitor.eventually(async () => assert.equal(labWorkers(visitor).length, 1, 'the one that answered'));
  await inLab(visitor, 'lab.close()');
  await visitor.eventually(async () => assert.equal(labWorkers(visitor).length, 0));
  assert.match(await inLab(visitor, `lab.floors(2, 4).catch(({ message }) => message)`), /closed/);
}

visit(
  'before a run has ended the lab is not loaded; what dies in its worker is told, and another answers; its numbers are the design’s and the sister notebook’s; what it solves, in one go and from trained hidden layers, is evaluated on fresh draws and opened by the trainer; what is refused is refused in a sentence, under its key; cancelling ends the worker at once, and what else was asked is answered',
  { site: { 'www/worker/lab-worker.js': { text: (own, nth) => (nth === 1 ? DIES.text(own, nth) : own) } } },
  async (visitor, t) => {
    await known(visitor);
    await solved(visitor, t);
    await refused(visitor);
  },
);
