// @ts-check
/** Seeing inside: the hidden units as lines, before, while and after a run, by eye and by the keys. */
import assert from 'node:assert/strict';
import { readSafetensors } from '../../www/export/safetensors.js';
import { unitsOf } from '../../www/view/inside/lines.js';
import { counted } from '../../www/view/inside/words.js';
import { cpu, trained } from '../unit/module.mjs';
import { visitors } from './browser.mjs';
import { near } from './walk.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

const NETS = /** @type {const} */ (['phi', 'psi']);

/** What is drawn of a network's units. @param {Visitor} visitor @param {'phi' | 'psi'} net */
function lines({ page }, net) {
  return page.locator(`#inside-${net} path.units`).evaluateAll((paths) => paths.map((path) => path.getAttribute('d')).join('|'));
}

/** Waits for the weights of a moment, run and step. @param {Visitor} visitor @param {string} at */
async function shown(visitor, at) {
  await visitor.eventually(async () => assert.equal((await visitor.data('inside')).at, at));
}

/** Waits for lines that stand still. @param {Visitor} visitor @param {'phi' | 'psi'} net */
async function settled(visitor, net) {
  let last = '';
  await visitor.eventually(async () => {
    const now = await lines(visitor, net);
    const before = last;
    last = now;
    assert.equal(now, before);
  });
  return last;
}

visit('before a run a sentence, after it every unit of the weights as they are, which the keys read out', {}, async (visitor) => {
  const { page } = visitor;
  await near(visitor, 'inside');
  for (const net of NETS) {
    await visitor.eventually(async () => assert.match((await page.locator(`#inside-${net} text.empty`).textContent()) ?? '', /as a run goes/));
    assert.match((await visitor.find(`inside-${net}`).getAttribute('aria-label')) ?? '', /nothing to show yet/);
  }
  assert.equal(await visitor.state(), 'idle', 'and no run has been opened for it');
  await visitor.train({ epochs: 30 });
  await shown(visitor, '1/480');
  // The module's own weights in Node, counted in words.
  const { session } = await trained(await cpu(), { ...(await visitor.typed()), epochs: '30' });
  const { tensors } = readSafetensors(await session.weightsFile({}));
  for (const net of NETS) {
    const units = unitsOf(tensors, net);
    assert.equal(await visitor.text(`inside-${net}-words`), counted(units));
    const seen = (await settled(visitor, net)).match(/M/g)?.length ?? 0;
    assert.ok(seen > 2 * 55, `${seen} strokes`);
  }

  await visitor.find('inside-phi').focus();
  const weights = [];
  const units = new Set();
  for (let i = 0; i < 64; i += 1) {
    await page.keyboard.press('ArrowRight');
    const words = await visitor.text('inside-phi-readout');
    const [, unit, place, weight] =
      /^unit (\d+): bends at ([\d.]+) from the centre,.* (the largest weight|weight \S+ of the largest); on towards \(/.exec(words) ?? [];
    assert.ok(Number(place) >= 0, words);
    units.add(unit);
    weights.push(weight === 'the largest weight' ? 1 : Number(weight.split(' ')[1].replace('−', '-')));
  }
  assert.equal(units.size, 64, 'each is read out once');
  assert.deepEqual(
    weights,
    [...weights].sort((a, b) => b - a),
    'the heaviest first',
  );
  await page.keyboard.press('Home');
  assert.ok(await page.locator('#inside-phi .cursor .fold').isVisible());
  assert.match((await visitor.find('inside-phi').getAttribute('aria-valuetext')) ?? '', /^unit \d+: .* the largest weight; on towards \(/);

  // By pointer: where a line is, and where none is near.
  const box = await visitor.find('inside-psi').boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await visitor.eventually(async () => assert.match(await visitor.text('inside-psi-readout'), /^unit \d+: bends at 0\.\d\d from the centre/));
  await page.mouse.move(box.x + 5, box.y + box.height - 5);
  await visitor.eventually(async () => assert.equal(await visitor.text('inside-psi-readout'), ''));
});

visit('for d = 1 strokes, for d = 5 a plane through the centre, and each run takes the last one’s place', {}, async (visitor) => {
  await near(visitor, 'inside');
  await visitor.train({ d: 1, epochs: 2 });
  await shown(visitor, '1/32');
  assert.match(await visitor.text('inside-phi-words'), /^64 units; \d+ bend between the marks, /);
  assert.equal(await visitor.page.locator('#inside-phi line.most').count(), 2);
  await visitor.find('inside-phi').press('End');
  assert.match(await visitor.text('inside-phi-readout'), /^unit \d+: bends at −?[\d.,]+,.* weight \S+ of the largest; on (above|below) it$/);
  await visitor.train({ d: 5, hidden: 7 });
  await shown(visitor, '2/32');
  assert.match(await visitor.text('inside-psi-words'), /^7 units; \d bends? inside the circle, /);
  assert.match((await visitor.page.locator('#inside-psi text.name').allTextContents()).join(), /^x₁ \(all but x₁ and x₂ are 0\),x₂$/);
  assert.equal(await visitor.page.locator('#inside-phi circle.most').count(), 1);
});

visit('the lines move while a run goes on, and change no bit of it', { context: { reducedMotion: 'no-preference' } }, async (visitor) => {
  const { page } = visitor;
  await near(visitor, 'inside', '#inside-phi text.empty');
  // Long enough for a busy machine to look in between.
  await visitor.type({ n: 32_768, epochs: 100 });
  await page.evaluate(() => {
    const section = /** @type {HTMLElement} */ (document.getElementById('inside'));
    /** @type {string[]} */
    const seen = [];
    /** @type {Set<string | null>} */
    const drawn = new Set();
    Object.assign(globalThis, { seen, drawn });
    new MutationObserver(() => seen.push(`${document.getElementById('status')?.dataset.state} ${section.dataset.at}`)).observe(section, {
      attributeFilter: ['data-at'],
    });
    const watch = () => {
      drawn.add(document.querySelector('#inside-phi path.units:nth-of-type(4)')?.getAttribute('d') ?? null);
      requestAnimationFrame(watch);
    };
    watch();
    // Pressed from afar; Train brings the chart into the window.
    /** @type {HTMLButtonElement} */ (document.getElementById('train')).click();
    section.scrollIntoView({ behavior: 'instant' });
  });
  await visitor.reach('done');
  const lines = await visitor.lines();
  await shown(visitor, `1/${lines.length * 512}`);
  /** @type {string[]} */
  const seen = await page.evaluate('globalThis.seen');
  const whileTraining = seen.filter((at) => at.startsWith('running 1/')).length;
  assert.ok(whileTraining > 0, `${seen}`);
  assert.ok((await page.evaluate('globalThis.drawn.size')) > seen.length, 'and they are on their way in between');

  const { history } = await trained(await cpu(), await visitor.typed());
  assert.deepEqual(
    lines,
    history.map(({ line }) => line),
  );
  assert.deepEqual(
    await visitor.table(),
    history.map(({ mse }) => Number(mse.toPrecision(6))),
  );
});

visit(
  'with less motion the lines jump, and at 360 pixels all fits',
  { context: { reducedMotion: 'reduce', viewport: { width: 360, height: 740 } } },
  async (visitor) => {
    const { page } = visitor;
    await near(visitor, 'inside');
    await visitor.type({ epochs: 30 });
    await visitor.press('step');
    await visitor.reach('paused');
    await near(visitor, 'inside');
    await shown(visitor, '1/16');
    const first = await settled(visitor, 'phi');
    await page.evaluate(() => {
      const section = /** @type {HTMLElement} */ (document.getElementById('inside'));
      const [seen, drawn] = [[''], new Set()];
      Object.assign(globalThis, { seen, drawn });
      new MutationObserver(() => seen.push(section.dataset.at ?? '')).observe(section, { attributeFilter: ['data-at'] });
      const watch = () => {
        drawn.add([...document.querySelectorAll('#inside-phi path.units')].map((path) => path.getAttribute('d')).join('|'));
        requestAnimationFrame(watch);
      };
      watch();
      /** @type {HTMLButtonElement} */ (document.getElementById('step')).click();
    });
    await visitor.eventually(async () => assert.equal((await visitor.data('inside')).at, '1/32'));
    await visitor.frames();
    assert.notEqual(await lines(visitor, 'phi'), first);
    assert.ok(await page.evaluate('globalThis.drawn.size <= globalThis.seen.length'), 'nothing in between');
    assert.deepEqual(await visitor.tooWide(), []);
  },
);
