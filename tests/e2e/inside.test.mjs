// @ts-check
/** Seeing inside: the hidden units as lines, before, while and after a run, by eye and by the keys. */
import assert from 'node:assert/strict';
import { readSafetensors } from '../../www/common/safetensors.js';
import { unitsOf } from '../../www/view/inside/lines.js';
import { counted } from '../../www/view/inside/words.js';
import { cpu, trained } from '../unit/module.mjs';
import { visitors } from './browser.mjs';
import { near, pausedOnceSeen, without } from './walk.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

const NETS = /** @type {const} */ (['phi', 'psi']);

/** What is drawn of a network's units. @param {Visitor} visitor @param {'phi' | 'psi'} net */
function lines({ page }, net) {
  return page.locator(`#inside-${net} path.units`).evaluateAll((paths) => paths.map((path) => path.getAttribute('d')).join('|'));
}

/** Waits for the weights of a moment, run and step. @param {Visitor} visitor @param {string} at */
async function shown(visitor, at) {
  await visitor.eventually(async () => assert.equal((await visitor.data('inside')).at, `${at}/0`));
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

/** Before a run a sentence, after it every unit. @param {Visitor} visitor */
async function still(visitor) {
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
  const readouts = await visitor.find('inside-phi').evaluate((plot) =>
    Array.from({ length: 64 }, () => {
      plot.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true, cancelable: true }));
      return document.getElementById('inside-phi-readout')?.textContent ?? '';
    }),
  );
  for (const words of readouts) {
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

  await visitor.train({ d: 1, n: 256, epochs: 2 });
  await shown(visitor, '2/8');
  assert.match(await visitor.text('inside-phi-words'), /^64 units; \d+ bend between the marks, /);
  assert.equal(await page.locator('#inside-phi line.most').count(), 2);
  await visitor.find('inside-phi').press('End');
  assert.match(await visitor.text('inside-phi-readout'), /^unit \d+: bends at −?[\d.,]+,.* weight \S+ of the largest; on (above|below) it$/);
  await visitor.train({ d: 5, hidden: 7 });
  await shown(visitor, '3/8');
  assert.match(await visitor.text('inside-psi-words'), /^7 units; \d bends? inside the circle, /);
  assert.match((await page.locator('#inside-psi text.name').allTextContents()).join(), /^x₁ \(all but x₁ and x₂ are 0\),x₂$/);
  assert.equal(await page.locator('#inside-phi circle.most').count(), 1);
}

/** Runs in the page: counts from now on how often there are other weights, and holds what is drawn, frame by frame. */
function watched() {
  const found = { seen: 0, drawn: new Set() };
  Object.assign(globalThis, { watched: found });
  new MutationObserver(() => void (found.seen += 1)).observe(/** @type {HTMLElement} */ (document.getElementById('inside')), { attributeFilter: ['data-at'] });
  const look = () => {
    found.drawn.add([...document.querySelectorAll('#inside-phi path.units')].map((path) => path.getAttribute('d')).join('|'));
    requestAnimationFrame(look);
  };
  look();
}

/** The lines move while a run goes on; with less motion they jump. @param {Visitor} visitor */
async function moving(visitor) {
  const { page } = visitor;
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  // It has no end, and is paused once it has been seen and an epoch is over.
  await visitor.type({ d: 2, hidden: 64, n: 16_384, epochs: 100_000 });
  await page.evaluate(watched);
  await pausedOnceSeen(visitor, 'inside', '4/');
  await visitor.reach('paused');
  const { length } = await visitor.lines();
  const { history } = await trained(await cpu(), await visitor.typed(), { until: length });
  assert.ok(length > 0);
  assert.deepEqual(
    await visitor.lines(),
    history.map(({ line }) => line),
  );
  assert.deepEqual(
    await visitor.table(),
    history.map(({ mse }) => Number(mse.toPrecision(6))),
  );

  await near(visitor, 'inside');
  await visitor.frames();
  const step = async (/** @type {number} */ epoch) => {
    await page.evaluate(() => document.getElementById('step')?.click());
    await shown(visitor, `4/${epoch * 256}`);
    await visitor.reach('paused');
  };
  await step(length + 1);
  await visitor.eventually(async () => {
    const [seen, drawn] = await page.evaluate('[watched.seen, watched.drawn.size]');
    assert.ok(seen > 1 && drawn > seen + 1, `${seen} times other weights, ${drawn} pictures: they are on their way in between`);
  });

  await page.emulateMedia({ reducedMotion: 'reduce' });
  // What is still on its way is there at once.
  await step(length + 2);
  const first = await lines(visitor, 'phi');
  await page.evaluate(watched);
  await step(length + 3);
  assert.notEqual(await lines(visitor, 'phi'), first);
  assert.ok(await page.evaluate('watched.drawn.size <= watched.seen + 1'), 'nothing in between');
}

visit(
  'before a run a sentence, after it every unit of the weights as they are, which the keys read out; for d = 1 strokes, for d = 5 a plane; the lines move while a run goes on, and change no bit of it; with less motion they jump',
  { script: without('errors') },
  async (visitor) => {
    await still(visitor);
    await moving(visitor);
  },
);
