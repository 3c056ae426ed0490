// @ts-check
/** What is loaded when it comes near or is asked for, where its script does not come at first: on a stand-in for the page. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { once } from '../../www/common/once.js';

/** What a browser says of a script that does not come. */
const MISSING = 'Failed to fetch dynamically imported module';

test('what is loaded once is asked for anew where it did not come, and not where it did', async () => {
  let asked = 0;
  const load = once(async () => {
    asked += 1;
    if (asked === 1) throw new TypeError(MISSING);
    return { nth: asked };
  });
  const [one, other] = [load(), load()];
  await assert.rejects(one, { message: MISSING });
  await assert.rejects(other, { message: MISSING });
  assert.equal(asked, 1, 'whoever asks meanwhile waits for the same');
  const came = await load();
  assert.deepEqual(came, { nth: 2 });
  assert.equal(await load(), came);
  assert.equal(asked, 2);
});

/** What was asked for has had its turn. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** As much of an element as is used here. */
class Element extends EventTarget {
  open = false;
  dataset = {};
}

test('a section whose script did not come is asked for again when it comes near again, and a button at the next press', async (t) => {
  /** @type {Map<string, Element>} */
  const elements = new Map();
  const find = (/** @type {string} */ id) => elements.get(id) ?? /** @type {Element} */ (elements.set(id, new Element()).get(id));
  /** What hears of elements that come near. @type {Map<Element, (near: boolean) => void>} */
  const observed = new Map();
  class IntersectionObserver {
    #hear;
    /** @param {(entries: { isIntersecting: boolean }[], observer: unknown) => void} hear */
    constructor(hear) {
      this.#hear = hear;
    }
    /** @param {Element} element */
    observe(element) {
      observed.set(element, (isIntersecting) => this.#hear([{ isIntersecting }], this));
    }
    disconnect() {
      this.#hear = () => {};
    }
  }
  const page = {
    document: { getElementById: find, documentElement: new Element() },
    location: { search: '' },
    Element,
    HTMLDetailsElement: Element,
    HTMLButtonElement: Element,
    IntersectionObserver,
  };
  Object.assign(globalThis, page);
  t.after(() => Object.keys(page).forEach((name) => Reflect.deleteProperty(globalThis, name)));
  const { loadWhenNear } = await import('../../www/app/near.js');
  /** What was asked for, as it ends. @type {Promise<string>[]} */
  const asked = [];
  let missing = true;
  let [tries, sections] = [0, 0];
  const other = new EventTarget();
  loadWhenNear(
    /** @type {any} */ ({
      trainer: Object.assign(new EventTarget(), { state: 'idle', ensemble: null }),
      comparison: other,
      runs: other,
      sweeps: async () => {
        tries += 1;
        if (missing) throw new TypeError(MISSING);
        sections += 1;
      },
      // What is told where it fails.
      attempt: async (/** @type {() => Promise<void>} */ task) => {
        const outcome = task().then(
          () => '',
          ({ message }) => message,
        );
        asked.push(outcome);
        await outcome;
      },
    }),
  );
  const sweeps = /** @type {(near: boolean) => void} */ (observed.get(find('sweeps')));
  sweeps(false);
  assert.equal(asked.length, 0);
  for (let times = 1; times <= 2; times += 1) {
    sweeps(true);
    sweeps(false);
    await settled();
    assert.deepEqual(await Promise.all(asked), [MISSING], 'it is said once');
  }
  assert.equal(tries, 2);
  missing = false;
  for (let times = 1; times <= 2; times += 1) {
    sweeps(true);
    sweeps(false);
    await settled();
    assert.equal(sections, 1);
  }
  assert.equal(tries, 3);

  // Of this page the presentation cannot be made, as if its script had not come.
  asked.length = 0;
  for (let nth = 1; nth <= 2; nth += 1) {
    find('present').dispatchEvent(new Event('click'));
    assert.equal(asked.length, nth);
    assert.notEqual(await asked[nth - 1], '');
  }
});
