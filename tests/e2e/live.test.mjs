// @ts-check
/** What is spoken: by one region, every two seconds at most, and all that matters in the end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Announcer, REST_MS } from '../../www/dom/announcer.js';
import { PROGRESS_MS } from '../../www/view/run/spoken-run.js';
import { visitors } from './browser.mjs';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

const visit = visitors();

/** Between a saying and the note of it a busy machine may do other things for this long; the pace to the millisecond is tested above. */
const LATE_MS = 500;

test('however much happens, it is spoken of every two seconds, and the last of everything is', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  /** @type {{ at: number, words: string }[]} */
  const heard = [];
  const announcer = new Announcer(
    (words) => heard.push({ at: Date.now(), words }),
    () => Date.now(),
  );
  for (let ms = 0; ms < 60_000; ms += 10) {
    announcer.say('run', `epoch ${ms / 10}`);
    if (ms % 7_000 === 0) announcer.say('draw', `draw ${ms / 7_000}`);
    t.mock.timers.tick(10);
  }
  t.mock.timers.tick(10_000);
  assert.ok(heard.length >= 28 && heard.length <= 32, `${heard.length} in a minute`);
  for (const [i, { at }] of heard.entries()) assert.ok(i === 0 || at - heard[i - 1].at >= REST_MS, `${at - heard[i - 1]?.at} ms`);
  assert.match(heard.at(-1)?.words ?? '', /epoch 5999\.$/);
  for (let draw = 0; draw < 9; draw += 1)
    assert.ok(
      heard.some(({ words }) => words.includes(`draw ${draw}.`)),
      `draw ${draw}`,
    );
});

test('what happens together is said together, and what is taken back is not said', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  /** @type {string[]} */
  const heard = [];
  const announcer = new Announcer(
    (words) => heard.push(words),
    () => Date.now(),
  );
  announcer.say('run', 'Training');
  announcer.say('run', 'Done');
  announcer.say('held-out', 'RMSE 0.1');
  announcer.say('offer', 'The CPU is faster.');
  announcer.say('offer', '');
  t.mock.timers.tick(30_000);
  assert.deepEqual(heard, ['Done. RMSE 0.1.']);
  announcer.say('run', 'Paused');
  announcer.say('run', '');
  t.mock.timers.tick(30_000);
  assert.deepEqual(heard, ['Done. RMSE 0.1.'], 'and nothing is no saying');
});

/** Runs in the page: every change of what would be spoken by itself, with its time. */
const RECORDED = `globalThis.heard = [];
addEventListener('DOMContentLoaded', () => {
  const spoken = ':is([aria-live], [role=status], [role=alert], [role=log], [role=timer], output):not([aria-live=off])';
  new MutationObserver((records) => {
    const regions = new Set(records.map(({ target }) => (target instanceof Element ? target : target.parentElement)?.closest(spoken)).filter(Boolean));
    for (const { id, textContent } of regions) if (textContent) globalThis.heard.push({ id, words: textContent, at: performance.now() });
    const focused = records.filter(({ type, target }) => type === 'attributes' && target === document.activeElement);
    for (const { attributeName } of focused) globalThis.heard.push({ id: 'the focus', words: attributeName, at: performance.now() });
  }).observe(document.body, { childList: true, characterData: true, subtree: true, attributes: true, attributeFilter: ['aria-label', 'aria-valuetext', 'aria-valuenow'] });
});`;

/** @param {Visitor} visitor @returns {Promise<{ id: string, words: string, at: number }[]>} */
const heardOn = ({ page }) => page.evaluate('globalThis.heard');

/** One region, and its pace. @param {Visitor} visitor */
async function calm(visitor) {
  const heard = await heardOn(visitor);
  assert.deepEqual([...new Set(heard.map(({ id }) => id))], ['announcer'], JSON.stringify(heard));
  for (const [i, { at }] of heard.entries()) assert.ok(i === 0 || at - heard[i - 1].at >= REST_MS - LATE_MS, JSON.stringify(heard));
  return heard.map(({ words }) => words.trim());
}

/** What was heard so far is forgotten. @param {Visitor} visitor */
const forget = ({ page }) => page.evaluate('void (globalThis.heard.length = 0)');

/** A run says what has come of it, once. @param {Visitor} visitor */
async function told(visitor) {
  await visitor.train({ epochs: 30 });
  await visitor.heldOut();
  await visitor.eventually(async () =>
    assert.match(
      (await calm(visitor)).join(' '),
      /Done: epoch 30 of 30, train MSE 0\.\d+, validation MSE 0\.\d+, [\d.]+ s\..*held-out RMSE 0\.\d{5} over 10,000 draws\./,
    ),
  );
  const all = (await calm(visitor)).join(' ');
  assert.equal(all.match(/Done/g)?.length, 1, all);
  await visitor.eventually(async () => assert.match((await calm(visitor)).join(' '), /\d× the floor/));
}

/** While a long run goes on hardly anything is spoken, and nothing chatters, wherever the focus is. @param {Visitor} visitor */
async function quiet(visitor) {
  const { page } = visitor;
  await visitor.type({ epochs: 100_000 });
  await visitor.press('train');
  await page.locator('#status[data-state=running]').waitFor();
  await visitor.find('chart').focus();
  await visitor.eventually(async () => assert.ok((await heardOn(visitor)).some(({ words }) => /(^|\. )Training, 100,000 epochs\./.test(words))));
  // Hundreds of epochs, and as many draws as anybody could press for.
  await visitor.underWay({ epochs: 400 });
  await visitor.ease(50);
  for (let i = 0; i < 6; i += 1) {
    const last = await visitor.text('comparison');
    await visitor.press('draw');
    await visitor.comparison(last);
  }
  await visitor.eventually(async () => assert.ok((await calm(visitor)).some((words) => /Compared: this draw’s RMSE \d\.\d{5}/.test(words))));
  // The same recipe from its beginning is another run.
  const begun = async () => (await calm(visitor)).filter((words) => /Training, 100,000 epochs\./.test(words)).length;
  const before = await begun();
  await visitor.blank();
  await visitor.press('reset');
  await visitor.eventually(async () => assert.equal(await begun(), before + 1));
  await visitor.underWay({ epochs: 1 });
  await visitor.press('pause');
  await visitor.reach('paused');
  await visitor.ease(0);
  await visitor.eventually(async () => assert.match((await calm(visitor)).at(-1) ?? '', /Paused: epoch [\d,]+ of 100,000, train MSE/));
  const words = await calm(visitor);
  // What is said of the runs that are kept may come before it.
  assert.ok(
    words.slice(0, 2).some((each) => /(^|\. )Training, 100,000 epochs\./.test(each)),
    `${words}`,
  );
  // The beginnings, the end and each draw, and where the run is every fifteen seconds, of which a slow machine takes many.
  const heard = await heardOn(visitor);
  assert.ok(words.length <= 9 + (heard[heard.length - 1].at - heard[0].at) / PROGRESS_MS, `${words}`);
}

/** A refusal is an alert, said once; an arrow key on a chart has the words of its place as the value. @param {Visitor} visitor */
async function refused(visitor) {
  const { page } = visitor;
  await visitor.type({ d: 'many' });
  await visitor.press('train');
  await visitor.notice();
  await visitor.frames();
  const heard = await heardOn(visitor);
  assert.deepEqual(
    heard.map(({ id }) => id),
    ['notice'],
    JSON.stringify(heard),
  );
  // Nor is it said later that a run has begun, or stands: what is said next is what is asked for next.
  const last = await visitor.text('comparison');
  await visitor.type({ d: 2 });
  await visitor.press('draw');
  await visitor.comparison(last);
  await visitor.eventually(async () => assert.match((await heardOn(visitor)).at(-1)?.words ?? '', /^Compared: this draw’s RMSE/));
  assert.doesNotMatch(JSON.stringify(await heardOn(visitor)), /Training|Paused/);

  await visitor.train({ epochs: 5 });
  const chart = visitor.find('chart');
  await chart.focus();
  await visitor.eventually(async () => assert.equal(await chart.getAttribute('aria-valuetext'), 'nothing is picked'));
  await page.keyboard.press('Home');
  await visitor.eventually(async () => assert.match((await chart.getAttribute('aria-valuetext')) ?? '', /^epoch 1: train 0\.\d+, validation 0\.\d+$/));
  assert.deepEqual(
    [await chart.getAttribute('aria-valuenow'), await chart.getAttribute('aria-valuemin'), await chart.getAttribute('aria-valuemax')],
    ['1', '1', '5'],
  );
}

visit(
  'a run says what has come of it, once; while a long run goes on hardly anything is spoken, and nothing chatters, wherever the focus is; a refusal is an alert, said once; an arrow key on a chart has the words of its place as the value',
  { view: 'all', script: RECORDED },
  async (visitor) => {
    await told(visitor);
    await forget(visitor);
    await quiet(visitor);
    await forget(visitor);
    await refused(visitor);
  },
);
