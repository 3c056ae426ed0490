// @ts-check
/** What leaves the page as a file: weights, history, chart. What PyTorch makes of the weights is held in pytorch.test.mjs. */
import assert from 'node:assert/strict';
import { cpu, trained } from '../unit/module.mjs';
import { press, visitors } from './browser.mjs';
import { taken } from './downloads.mjs';
import { fieldsOf } from '../unit/exported.mjs';
import { MADE_BY } from './shipped.mjs';
import { near, without } from './walk.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

/** A letter of seven signs. */
const FAMILY = '👩\u200d👩\u200d👧\u200d👦';

/** A kept run’s name that is longer than a phone is wide. */
const NAMED = `on Monday_and_on_the_second_one_WWWW${FAMILY.repeat(4)}`;

const ALL = ['take-weights', 'take-notebook', 'take-module', 'take-csv', 'take-json', 'take-svg', 'take-png'];

const RECIPE = { d: 3, m: 5, hidden: 7, n: 1024, batch: 64, epochs: 12, lr: 0.001, seed: 7 };
const NAME = 'phi-psi-d3-m5-hidden7-seed7-epoch12';

/** The history is the log's, as CSV and as JSON with all that is known of the run. @param {Visitor} visitor */
async function history(visitor) {
  const { mse } = await visitor.heldOut();
  const losses = await visitor.losses();

  const csv = await taken(visitor, 'take-csv');
  assert.equal(csv.name, `${NAME}.csv`);
  const [head, ...rows] = csv.content.toString().trimEnd().split(/\r?\n/);
  assert.equal(head, 'epoch,mse,held_out');
  assert.deepEqual(
    rows.map((row) => Number(row.split(',')[0])),
    losses.map((_, i) => i + 1),
  );
  assert.deepEqual(
    rows.map((row) => Number(Number(row.split(',')[1]).toFixed(4))),
    losses,
  );

  const json = JSON.parse((await taken(visitor, 'take-json')).content.toString());
  assert.deepEqual(json.recipe, RECIPE);
  assert.deepEqual(
    json.epochs.map((/** @type {{ mse: number, held_out: number }} */ { mse, held_out }) => `${mse},${held_out}`),
    rows.map((row) => row.split(',').slice(1).join()),
  );
  assert.deepEqual([json.backend, json.adapter, json.begun_from, json.steps], ['cpu', null, null, 192]);
  assert.deepEqual([json.held_out.draws, json.held_out.mse], [10_000, mse]);
  assert.ok(json.held_out.mse_error > 0 && json.held_out.mean_error > 0 && Math.abs(json.held_out.mean) < 1);
  assert.ok(json.seconds > 0);
  assert.equal(json.made_by, MADE_BY);
}

/** Weights, notebook and module are taken under the run's name, the weights as the module writes them. @param {Visitor} visitor */
async function files(visitor) {
  const weights = await taken(visitor, 'take-weights');
  assert.equal(weights.name, `${NAME}.safetensors`);
  const length = Number(weights.content.readBigUInt64LE(0));
  const header = JSON.parse(weights.content.subarray(8, 8 + length).toString());
  assert.deepEqual(header['phi.net.2.weight'].shape, [5, 7]);
  const { session } = await trained(await cpu(), fieldsOf(RECIPE));
  assert.deepEqual(weights.content, Buffer.from(await session.weightsFile({ made_by: MADE_BY })), 'what pytorch.test.mjs reads is what the page gives');
  assert.equal(header.__metadata__.steps, '192');
  assert.equal(header.__metadata__.made_by, MADE_BY);

  const notebook = await taken(visitor, 'take-notebook');
  assert.match(notebook.name, /epoch12\.ipynb$/);
  assert.equal(JSON.parse(notebook.content.toString()).nbformat, 4);
  assert.equal(JSON.parse(notebook.content.toString()).metadata.made_by, MADE_BY);

  const module = await taken(visitor, 'take-module');
  assert.match(module.name, /epoch12\.mjs$/);
  assert.ok(module.content.toString().includes(`from './${module.name}';`), 'the example imports the file as it was saved');
  assert.ok(module.content.toString().includes(`Made by ${MADE_BY}: d=3 `));
  const { layer } = await import(`data:text/javascript;base64,${module.content.toString('base64')}`);
  await visitor.find('typed-W').fill('1 2 3 4 5 6 7 8 9');
  await visitor.find('typed-x').fill('0.1 -0.2 0.3');
  const before = await visitor.text('comparison');
  await visitor.press('compare');
  const said =
    (await visitor.comparison(before))
      .match(/φ\(W\) · ψ\(x\).*\[(.*)\]/)?.[1]
      .trim()
      .split(/ +/)
      .map(Number) ?? [];
  const computed = [...layer([1, 2, 3, 4, 5, 6, 7, 8, 9], [0.1, -0.2, 0.3])];
  assert.equal(said.length, 3);
  for (const [i, value] of said.entries()) assert.ok(Math.abs(value - computed[i]) < 1e-5, `${said} and ${computed}`);
  // In somebody else's page: ours runs no module that is made from a text.
  const elsewhere = await visitor.page.context().newPage();
  const there = await elsewhere.evaluate(layerElsewhere, module.content.toString());
  await elsewhere.close();
  assert.deepEqual(there, computed, 'the same module is the same function everywhere');
}

/** Runs in the page: what the module computes there. @param {string} text @returns {Promise<number[]>} */
async function layerElsewhere(text) {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  const { layer } = await import(url);
  URL.revokeObjectURL(url);
  return [...layer([1, 2, 3, 4, 5, 6, 7, 8, 9], [0.1, -0.2, 0.3])];
}

/** The chart is a picture that stands by itself, in light and in dark. @param {Visitor} visitor */
async function picture(visitor) {
  await visitor.train({ d: 2, m: 16, hidden: 64, epochs: 5, seed: 42 });
  await visitor.press('keep-curve');
  await visitor.train({ m: 4 });
  await visitor.eventually(async () => assert.match(await visitor.text('chart-legend'), /m\u00a0=\u00a016: [\d.]+, validation/));
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    await visitor.page.emulateMedia({ colorScheme });
    if (colorScheme === 'dark') {
      await visitor.page.setViewportSize({ width: 390, height: 800 });
      const name = visitor.page.locator('.run-name input').nth(1);
      await name.fill(NAMED);
      await name.press('Enter');
      await visitor.eventually(async () => assert.ok((await visitor.text('chart-legend')).includes(NAMED)));
    }
    await visitor.frames();
    const svg = await taken(visitor, 'take-svg');
    assert.match(svg.name, /-epoch5\.svg$/);
    // On a page without our policy, which lets nothing parse a text.
    const elsewhere = await visitor.page.context().newPage();
    const seen = await elsewhere.evaluate(async (text) => {
      const document_ = new DOMParser().parseFromString(text, 'image/svg+xml');
      const root = document_.documentElement;
      const image = new Image();
      image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
      await image.decode();
      return {
        broken: document_.querySelector('parsererror') !== null,
        classes: root.querySelectorAll('[class]').length,
        lines: [...root.querySelectorAll('path')].map((path) => path.getAttribute('stroke')),
        paper: root.querySelector('rect')?.getAttribute('fill'),
        words: root.querySelector('title')?.textContent,
        maker: root.querySelector('desc')?.textContent,
        texts: [...root.querySelectorAll('text')].map((element) => element.textContent),
        size: [image.naturalWidth, image.naturalHeight],
        right: rightOf(root),
      };
      /** How far the words below the chart reach. @param {Element} root */
      function rightOf(root) {
        document.body.append(document.importNode(root, true));
        const boxes = [...document.querySelectorAll(/** @type {'text'} */ ('body > svg > text'))].map((text) => text.getBBox());
        return Math.max(...boxes.map(({ x, width }) => x + width));
      }
    }, svg.content.toString());
    await elsewhere.close();
    assert.equal(seen.broken, false);
    assert.equal(seen.maker, `Made by ${MADE_BY}.`);
    assert.equal(seen.classes, 0, 'no style sheet is there to give a class its looks');
    assert.ok(seen.lines.length > 0 && seen.lines.every((stroke) => /^rgb/.test(stroke ?? '')), `${seen.lines}`);
    assert.equal(seen.paper, colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(26, 28, 33)');
    assert.match(seen.words ?? '', /^Mean squared error of each epoch, 0\.1\d+ at the last$/);
    const legend = seen.texts
      .filter((text) => /^m = /.test(text?.replaceAll('\u00a0', ' ') ?? ''))
      .join('; ')
      .replaceAll('\u00a0', ' ');
    if (colorScheme === 'light') assert.match(legend, /^m = 4, train; m = 4, validation; m = 16: [\d.]+, validation [\d.]+$/);
    else {
      const words = new RegExp(`m=4,train.*m=4,validation.*${NAMED.replaceAll(' ', '')}:[\\d.]+,validation[\\d.]+`);
      assert.match(seen.texts.join('').replace(/\s+/g, ''), words);
    }
    assert.ok(seen.texts.includes('epoch') && seen.texts.some((text) => text?.includes('seed = 42')), `${seen.texts}`);
    for (const text of seen.texts) assert.doesNotMatch(text ?? '', /^\u200d|\u200d$/, 'no letter is parted');
    // Letters are wider than this.
    for (const text of seen.texts) assert.ok(5 * (text?.length ?? 0) < seen.size[0], `${text} in ${seen.size[0]} pixels`);
    // The words end within the picture, which begins 16 pixels left of the chart.
    assert.ok(seen.right > 100 && seen.right <= seen.size[0] - 16, `${seen.right} in ${seen.size[0]} pixels`);

    const { name: called, content } = await taken(visitor, 'take-png');
    assert.match(called, /-epoch5\.png$/);
    assert.equal(content.subarray(1, 4).toString(), 'PNG');
    assert.deepEqual(
      [content.readUInt32BE(16), content.readUInt32BE(20)],
      seen.size.map((size) => 2 * size),
    );
  }
}

/** What is taken while a run trains is called after the epoch that its weights are of. @param {Visitor} visitor */
async function meanwhile(visitor) {
  await visitor.type({ ...RECIPE, epochs: 100_000 });
  await visitor.press('train');
  // Of this run, and no longer of the one before.
  await visitor.page.locator('#status-epoch', { hasText: 'of 100,000' }).waitFor();
  await visitor.underWay({ epochs: 1 });
  for (let i = 0; i < 3; i += 1) {
    const { name, content } = await taken(visitor, 'take-weights');
    const { steps } = JSON.parse(content.subarray(8, 8 + Number(content.readBigUInt64LE(0))).toString()).__metadata__;
    assert.equal(name, NAME.replace(/\d+$/, `${Math.floor(Number(steps) / 16)}.safetensors`));
  }
  await visitor.press('pause');
  await visitor.reach('paused');
}

visit(
  'before a run there is nothing to take, and after it all of it, whose file the lines of Python name; the chart is a picture that stands by itself, in light and in dark; what is taken while a run trains is called after the epoch that it is of',
  { view: 'all', script: without('layer') },
  async (visitor) => {
    for (const id of ALL) assert.ok(await visitor.find(id).isDisabled(), id);
    await press(visitor.page.locator('#python-details summary'));
    assert.equal(await visitor.text('python'), '');
    await visitor.train(RECIPE);
    await near(visitor, 'takeaway');
    for (const id of ALL) await visitor.page.locator(`#${id}:enabled`).waitFor();
    await visitor.eventually(async () => assert.ok((await visitor.text('python')).includes(`${NAME}.safetensors`)));
    await history(visitor);
    await files(visitor);
    assert.equal(await visitor.text('notice'), '');
    await picture(visitor);
    await meanwhile(visitor);
  },
);
