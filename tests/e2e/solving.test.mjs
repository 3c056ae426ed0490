// @ts-check
/** The last layers in closed form as a part of the run: its history, its files and its link have them, and each way there has the same bits. */
import assert from 'node:assert/strict';
import { error } from '../../www/common/figures.js';
import { cpu, lab as labModule, trained as trainedHere } from '../unit/module.mjs';
import { ADDRESS, UNTRIED, viewed, visitors } from './browser.mjs';
import { taken } from './downloads.mjs';
import { keeps } from './kept-runs.mjs';
import { CHECKED } from './two-backends.mjs';
import { without } from './walk.mjs';
import { choose } from './weights-back.mjs';

/** @typedef {import('./browser.mjs').Fields} Fields */
/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();
const onGpu = visitors('webgpu');

const SMALL = { hidden: 16, n: 256, epochs: 5 };

/** The fresh draws that a solution is measured on. */
const MEASURED = 100_000;

/** Solves, and waits for its words. @param {Visitor} visitor @returns {Promise<string>} */
async function solve(visitor) {
  const before = await visitor.text('solved');
  await visitor.find('solve').scrollIntoViewIfNeeded();
  await visitor.press('solve');
  await visitor.eventually(async () => assert.match(await visitor.text('solved'), /^Solved in .* fresh draws/));
  await visitor.eventually(async () => assert.notEqual(await visitor.text('solved'), before));
  await visitor.page.locator('#solve:enabled').waitFor();
  return visitor.text('solved');
}

/** The weights as they are, without what the file says of them. @param {Visitor} visitor */
async function weights(visitor) {
  const { content, name } = await taken(visitor, 'take-weights');
  const length = Number(content.readBigUInt64LE(0));
  return { name, told: JSON.parse(content.subarray(8, 8 + length).toString()).__metadata__, numbers: content.subarray(8 + length).toString('base64') };
}

/** The run's link, once it has all of it, the errors to be reproduced among it. @param {Visitor} visitor */
async function linked(visitor) {
  const { solve = '' } = await visitor.typed();
  await visitor.eventually(async () => assert.match(await visitor.find('link').inputValue(), new RegExp(`&solve=${solve}&mse=`)));
  return visitor.find('link').inputValue();
}

/** Opens a link in the same browser, as another visitor would. @param {Visitor} visitor @param {string} link */
async function follow(visitor, link) {
  await visitor.page.goto('about:blank');
  await visitor.page.goto(ADDRESS + viewed(`?backend=cpu#${link.split('#')[1]}`, 'all'));
  await visitor.page.locator('#train:enabled').waitFor();
}

/** @param {Visitor} visitor @param {number} epochs */
async function steps(visitor, epochs) {
  for (let epoch = 1; epoch <= epochs; epoch += 1) {
    await visitor.press('step');
    await visitor.eventually(async () => assert.equal((await visitor.lines()).length, epoch));
    await visitor.eventually(async () => assert.notEqual(await visitor.state(), 'running'));
  }
}

visit(
  'a solution that cannot be taken is refused at its field before anything runs; one on its way is told, waits when the run does, and goes on from there; at the end or at the beginning it is the run’s too, and stands in every file; what was trained, solved and trained on is one run, whose link leads to the same bits, a reload on the way or not',
  { view: 'all', script: without('errors', 'taylor', 'many', 'layer') },
  async (visitor) => {
    await visitor.type({ epochs: 3, solve: '4:64' });
    await visitor.press('train');
    await visitor.eventually(async () =>
      assert.match(await visitor.text('solve-error'), /^solve = “4:64” is not possible: it must be epochs from 0 to the last/),
    );
    await visitor.type({ hidden: 1024, solve: '3:131072' });
    await visitor.eventually(async () =>
      assert.match(await visitor.text('solve-error'), /^solve = 131072 draws at d = 2 need about \d+ MiB, more than the 352 MiB/),
    );
    assert.deepEqual(await visitor.lines(), []);

    await visitor.type({ hidden: 256, n: 64, epochs: 1, solve: '1:4096' });
    // Long enough for a page that is busy with its first frames to say it.
    await visitor.ease(150);
    const told = await visitor.pressWhen('train', 'status-epoch', /solving/, 'pause');
    assert.match(told, /^epoch 1 of 1, solving \d+\s%$/);
    await visitor.reach('paused');
    const waiting = share(await visitor.text('status-epoch'));
    assert.ok(waiting >= share(told), `${waiting}`);
    // Resume says it at once, and what is left of it takes long enough to be said again.
    await visitor.ease(40);
    const shares = await visitor.page.evaluate(resumeSolving);
    assert.ok(shares.length > 0 && shares.every((each) => share(each) >= waiting), `${waiting}, then ${shares}`);
    await visitor.reach('done');
    assert.match((await weights(visitor)).name, /-epoch1-solved1\./);
    await interrupted(visitor);

    await visitor.train({ ...SMALL, epochs: 3, solve: '' });
    const before = (await visitor.heldOut()).mse;
    const expected = await solvedHere(await visitor.typed());
    // It is the run on show that is solved, whatever else is typed.
    await visitor.type({ seed: 7 });
    const words = await solve(visitor);
    const { mse, ratio } = await visitor.data('solved');
    assert.deepEqual([Number(mse), Number(ratio)], [expected.mse, expected.mse / expected.floor]);
    assert.ok(words.includes(`: MSE ${error(expected.mse)} ± `) && words.includes(`, ${(expected.mse / expected.floor).toPrecision(3)}× the floor. `), words);
    assert.equal((await visitor.typed()).seed, '42');
    assert.deepEqual([(await visitor.lines()).length, await visitor.state()], [3, 'done']);
    assert.ok((await visitor.heldOut()).mse < before);
    assert.equal(await visitor.page.locator('#chart .change-label').textContent(), 'solved');
    const label = (await visitor.find('chart').getAttribute('aria-label')) ?? '';
    assert.match(label, /What changes: solved after epoch\s3 over 256\sdraws, to a validation MSE of [\d.]+\./);
    assert.ok(label.includes(` to a validation MSE of ${error(expected.heldOut)}.`), label);
    const module = await taken(visitor, 'take-module');
    assert.match(module.name, /-epoch3-solved3\.mjs$/);
    assert.match(module.content.toString(), /; trained for 3 epochs, MSE [\d.]+; solved after epoch\s3 over 256\sdraws, validation MSE [\d.]+ with that\.\n/);
    const { solved, epochs } = JSON.parse((await taken(visitor, 'take-json')).content.toString());
    assert.equal(epochs.length, 3);
    assert.deepEqual(solved, [{ after_epoch: 3, draws: 256, rows: 512, held_out: expected.heldOut }]);
    const notebook = (await taken(visitor, 'take-notebook')).content.toString();
    assert.match(notebook, /In a browser they were trained for 3 epochs, MSE [\d.]+; solved after epoch\s3 over/);
    const own = await weights(visitor);
    await visitor.train();
    assert.equal((await weights(visitor)).numbers, own.numbers, 'trained through in one go');

    // The seed's hidden layers: nothing was trained, and the weights are no draw of the seed.
    await visitor.find('solve').scrollIntoViewIfNeeded();
    await visitor.find('solve-trained').uncheck();
    await visitor.type({ solve: '' });
    assert.match(await solve(visitor), /with hidden layers as the seed draws them.* Train begins with it\.$/);
    assert.deepEqual([(await visitor.typed()).solve, (await visitor.lines()).length, await visitor.state()], ['0:256', 0, 'idle']);
    const untrained = await weights(visitor);
    assert.match(untrained.name, /-epoch0-solved0\.safetensors$/);
    // What is asked of it does not open another run, whatever is typed meanwhile.
    const { epochs: planned } = await visitor.typed();
    await visitor.type({ epochs: 7 });
    await visitor.press('draw');
    await visitor.eventually(async () => assert.match(await visitor.text('comparison-caption'), /^Draw \d+ of seed 42, after solving over 256 draws\./));
    assert.equal((await weights(visitor)).numbers, untrained.numbers);
    const hint = `On show is a run with epochs\u00a0=\u00a0${planned}. What is typed here is for the next one.`;
    await visitor.eventually(async () => assert.equal(await visitor.text('recipe-hint'), hint));
    assert.ok(await visitor.find('link-differs').isVisible());
    await visitor.type({ epochs: planned });
    await visitor.eventually(async () => assert.equal(await visitor.text('recipe-hint'), 'Everything that defines a run. The same recipe gives the same run.'));
    assert.ok(await visitor.find('link-differs').isHidden());
    await visitor.train();
    assert.equal(await visitor.text('solved'), '', 'nothing is said of weights that are on show no more');
    const trained = await weights(visitor);
    assert.notEqual(trained.numbers, untrained.numbers);
    const link = await linked(visitor);
    await visitor.type({ seed: 7 });
    await visitor.eventually(async () => assert.match(visitor.page.url(), /seed=7&/));
    await visitor.page.evaluate((hash) => void (location.hash = hash), link.split('#')[1]);
    await visitor.eventually(async () => assert.equal((await visitor.typed()).seed, '42'));
    await visitor.train();
    assert.equal((await weights(visitor)).numbers, trained.numbers);
    await trainedOn(visitor);
    await oneOfMany(visitor);
    await meanwhile(visitor);
  },
);

/** What the modules in Node make of the recipe once it is trained and solved: the validation MSE, the MSE over as many fresh draws as the page takes, and the floor. @param {Record<string, string>} fields */
async function solvedHere(fields) {
  const [engine, lab] = await Promise.all([cpu(), labModule()]);
  const { session } = await trainedHere(engine, fields);
  const work = lab.Solve.open(fields, await session.weightsFile({}), Number(fields.n));
  while (work.advance(64) < 1);
  const { file } = work.finish();
  const measured = lab.Population.open(file, Number(fields.seed), MEASURED);
  while (measured.advance(64) < 1);
  const heldOut = await (await engine.Session.open(fields, file)).watch(0xffff_ffff);
  assert.ok(heldOut, 'it is measured in one go');
  return { heldOut, mse: measured.finish().mse, floor: lab.floors(Number(fields.d), Number(fields.m))[Number(fields.m)] };
}

/** A run that waits in the solution at its end has not ended, for the next visit either. @param {Visitor} visitor */
async function interrupted(visitor) {
  await visitor.ease(150);
  await visitor.pressWhen('train', 'status-epoch', /solving/, 'pause');
  await visitor.reach('paused');
  await keeps(visitor, 1);
  await visitor.page.reload();
  await visitor.page.locator('#interrupted:not([hidden])').waitFor();
  assert.match(await visitor.text('interrupted'), /^\s*A run was interrupted at epoch 1 of 1 /);
  assert.equal(await visitor.text('resume-interrupted'), 'Resume it');
  await visitor.press('resume-interrupted');
  await visitor.reach('done');
  assert.match((await weights(visitor)).name, /-epoch1-solved1\./);
}

/** One of many that a recipe solves at the end has ended then, and its files are of it alone. @param {Visitor} visitor */
async function oneOfMany(visitor) {
  const { page } = visitor;
  await visitor.train({ ...SMALL, epochs: 1, seeds: 2, solve: '1:64' });
  assert.equal((await weights(visitor)).told.seeds, undefined);
  await page.locator('#strip [data-seed="43"]').click();
  // A file of the run before, which is on its way when this one comes, is not saved.
  await visitor.eventually(async () => assert.match(await visitor.text('comparison-caption'), /seed 43/));
  assert.equal((await weights(visitor)).told.seed, '43');
  await visitor.eventually(async () => assert.equal(await visitor.state(), 'done'));
  assert.ok(await visitor.find('pause').isDisabled(), 'there is nothing to resume');
  await visitor.type({ seeds: 1, seed: 42, solve: '' });
}

/** What is typed while it is solved stays, and other weights that are chosen then are not said to be what it was solved with. @param {Visitor} visitor */
async function meanwhile(visitor) {
  await visitor.train({ ...SMALL, epochs: 1 });
  await visitor.page.evaluate(() => {
    const [words, seed] = ['solved', 'seed'].map((id) => /** @type {HTMLInputElement} */ (document.getElementById(id)));
    void testing
      .once(words, () => words.textContent.startsWith('Solving'))
      .then(() => {
        seed.value = '7';
        seed.dispatchEvent(new Event('input', { bubbles: true }));
      });
  });
  await solve(visitor);
  const { solve: solved, seed } = await visitor.typed();
  assert.deepEqual([solved, seed], ['1:256', '7']);
  await choose(visitor, 'own.safetensors', (await taken(visitor, 'take-weights')).content);
  await visitor.eventually(async () => assert.match(await visitor.text('source-words'), /^Runs begin with the weights of “own\.safetensors”/));
  await visitor.find('solving').scrollIntoViewIfNeeded();
  await visitor.page.locator('#solve:enabled').waitFor();
  const fields = await visitor.typed();
  await visitor.pressWhen('solve', 'solved', /with the hidden layers of own\.safetensors…$/, 'forget-source');
  await visitor.eventually(async () =>
    assert.equal(await visitor.text('solved'), 'Another run or other weights were chosen while this was solved, so nothing was changed. Solve once more.'),
  );
  assert.deepEqual(await visitor.typed(), fields);
}

/** What was trained, solved and trained on is one run. @param {Visitor} visitor */
async function trainedOn(visitor) {
  await visitor.find('solve-trained').check();
  await visitor.type({ ...SMALL, solve: '' });
  await steps(visitor, 3);
  const trained = await visitor.lines();
  assert.match(await solve(visitor), /with the run’s trained hidden layers.* It is the end of epoch 3 of the run\. Resume trains on from it\.$/);
  assert.deepEqual([await visitor.lines(), await visitor.state(), (await visitor.typed()).solve], [trained, 'paused', '3:256']);
  await visitor.press('pause');
  await visitor.reach('done');
  const lines = await visitor.lines();
  assert.deepEqual(lines.slice(0, 3), trained);
  const losses = await visitor.losses();
  assert.ok(losses[3] < losses[2] / 3, 'it was not trained on from what came before the solution');
  const own = await weights(visitor);
  assert.match(own.name, /-epoch5-solved3\.safetensors$/);
  assert.equal(own.told.solve, '3:256');
  const link = await linked(visitor);
  assert.match(link, /#v=3&.*&solve=3:256&mse=/);

  await follow(visitor, link);
  await visitor.press('train');
  await visitor.reach('done');
  assert.deepEqual(await visitor.lines(), lines);
  assert.equal((await weights(visitor)).numbers, own.numbers, 'trained through in one go');
  await visitor.eventually(async () => assert.match(await visitor.text('opened'), /^Reproduced: /));

  await steps(visitor, 4);
  await keeps(visitor, 1);
  await visitor.page.reload();
  await visitor.page.locator('#interrupted:not([hidden])').waitFor();
  await visitor.press('resume-interrupted');
  await visitor.reach('done');
  assert.deepEqual(await weights(visitor), own, 'kept as it was, with its solution');
}

/** How much is solved, as the status says it. @param {string} said */
const share = (said) => Number(/solving (\d+)\s%$/.exec(said)?.[1]);

/** Runs in the page: presses Resume; what is said of the solution until it is there. @returns {Promise<string[]>} */
async function resumeSolving() {
  const [box, pause] = ['status', 'pause'].map((id) => /** @type {HTMLElement} */ (document.getElementById(id)));
  const said = testing.listen('status-epoch');
  pause.click();
  await testing.once(box, () => box.dataset.state === 'done');
  return said.filter((words) => words.includes('solving'));
}

visit('into a run that goes on while it is solved, or is paused within the epoch whose end is to be solved, nothing is put', {}, async (visitor) => {
  const { page } = visitor;
  await visitor.type({ n: 2_048, epochs: 2_000 });
  await visitor.trainAndPause(1);
  const { length } = await visitor.lines();
  // It goes on as soon as the solution is under way.
  await visitor.pressWhen('solve', 'solved', /^Solving/, 'pause');
  await visitor.eventually(async () =>
    assert.match(await visitor.text('solved'), /^The run went on while this was solved, so what was found is not put into it, and nothing was changed\./),
  );
  await visitor.eventually(async () => assert.ok((await visitor.lines()).length > length));
  assert.equal((await visitor.typed()).solve, undefined);
  assert.equal(await page.locator('#chart .change-label').count(), 0);
  assert.equal(await visitor.text('notice'), '');

  await visitor.press('pause');
  await visitor.reach('paused');
  await visitor.type({ n: 524_288, epochs: 2 });
  await visitor.ease(300);
  await visitor.press('train');
  await page.locator('#status-epoch', { hasText: /of 2$/ }).waitFor();
  await visitor.underWay({ seconds: 0.02 });
  await visitor.press('pause');
  await visitor.reach('paused');
  assert.equal(await visitor.text('status-epoch'), 'epoch 0 of 2');
  await page.evaluate(() => {
    const [status, pause] = ['status', 'pause'].map((id) => /** @type {HTMLElement} */ (document.getElementById(id)));
    void testing.once(status, () => status.dataset.state === 'running').then(() => pause.click());
  });
  await visitor.press('solve');
  await visitor.eventually(async () => assert.match(await visitor.text('solved'), /^The run did not come to the end of its epoch, so nothing was changed\./));
  assert.deepEqual([await visitor.state(), await visitor.text('status-epoch'), (await visitor.typed()).solve], ['paused', 'epoch 0 of 2', undefined]);
});

onGpu('a run on WebGPU is solved on its way too, and goes on from there', { query: '?backend=webgpu', script: UNTRIED, site: CHECKED }, async (visitor) => {
  await visitor.train({ ...SMALL, n: 64, lr: '0.0001', epochs: 3, solve: '0:256,2:256' });
  const [first, second, third] = await visitor.losses();
  const { solved } = JSON.parse((await taken(visitor, 'take-json')).content.toString());
  assert.deepEqual(
    solved.map((/** @type {any} */ one) => [one.after_epoch, one.draws]),
    [
      [0, 256],
      [2, 256],
    ],
  );
  assert.ok(first < 0.2 && second < 0.2 && third < 0.2, `${first}, ${second}, ${third}`);
});
