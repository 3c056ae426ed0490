// @ts-check
/** What stands under a run's held-out error, with as much of a page as that uses, where the lab answers and where it does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bound } from '../../www/view/limits/bound.js';
import { settled } from './scripted.mjs';

/** As much of an element as is used here. */
class Element {
  textContent = '';
  dataset = {};
}

/**
 * The words under a run that has ended.
 * @param {import('node:test').TestContext} t @param {{ floors: () => Promise<number[] | null>, heldOut?: { mse: number } | null, onLine?: boolean }} page
 */
function staged(t, { floors, heldOut = { mse: 0.25 }, onLine = true }) {
  /** @type {Map<string, Element>} */
  const elements = new Map();
  const find = (/** @type {string} */ id) => elements.get(id) ?? /** @type {Element} */ (elements.set(id, new Element()).get(id));
  const window = new EventTarget();
  const page = {
    document: { getElementById: find },
    HTMLElement: Element,
    navigator: { onLine },
    addEventListener: window.addEventListener.bind(window),
  };
  const own = Object.fromEntries(Object.keys(page).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]));
  for (const [name, value] of Object.entries(page)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  t.after(() => {
    for (const [name, before] of Object.entries(own)) {
      if (before) Object.defineProperty(globalThis, name, before);
      else Reflect.deleteProperty(globalThis, name);
    }
  });
  const run = { recipe: { d: 2, m: 2 }, step: 80, solved: [], source: null };
  const trainer = Object.assign(new EventTarget(), { run, state: 'done', ensemble: null });
  const comparison = Object.assign(new EventTarget(), { heldOut });
  new Bound(/** @type {any} */ ({ trainer, comparison, chart: { bound() {} }, floors, attempt: (/** @type {() => Promise<void>} */ task) => task() }));
  const come = async (/** @type {EventTarget} */ from, /** @type {string} */ name) => {
    from.dispatchEvent(new Event(name));
    await settled();
  };
  return { find, trainer, comparison, window, come };
}

test('where the lab has no answer that is said in the verdict’s place, and it is asked again once the browser has a network', async (t) => {
  /** @type {number[] | null} */
  let answer = null;
  let asked = 0;
  const floors = async () => {
    asked += 1;
    return answer;
  };
  const { find, window, come } = staged(t, { floors, onLine: false });
  await settled();
  assert.equal(
    find('verdict').textContent,
    'How far this is from always answering zero, and from the least that m\u00a0=\u00a02 allows, could not be computed. It is tried again once there is a network.',
  );
  assert.deepEqual([find('floor').textContent, find('ratio').textContent, find('zero').textContent], ['', '', '']);
  answer = [1, 0.5, 0.125];
  await come(window, 'online');
  assert.equal(find('verdict').textContent, '25\u00a0% of always answering zero; 2.00× the least that m\u00a0=\u00a02 allows.');
  await come(window, 'online');
  assert.equal(asked, 2, 'what is known is not asked again');
});

test('of an error that is not known yet nothing is said; with a network the next run is what is waited for', async (t) => {
  const { find, comparison, come } = staged(t, { floors: async () => null, heldOut: null });
  await settled();
  assert.equal(find('verdict').textContent, '');
  comparison.heldOut = { mse: 0.25 };
  await come(comparison, 'evaluated');
  assert.match(find('verdict').textContent, /could not be computed\. It is tried again with the next run\.$/);
});

test('another run waits for its own end, whatever the one before it lacked', async (t) => {
  let asked = 0;
  const floors = async () => {
    asked += 1;
    return null;
  };
  const { find, trainer, window, come } = staged(t, { floors });
  await settled();
  assert.match(find('verdict').textContent, /could not be computed/);
  await come(trainer, 'run');
  assert.equal(find('verdict').textContent, '');
  await come(window, 'online');
  assert.equal(asked, 1);
});
