// @ts-check
/** When the page draws: as often as it may, and less often where that takes long. By a clock that stands still until it is moved. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coalesce, drawSoon } from '../../www/dom/dom.js';

const FRAME_MS = 16;

/** Where the clock stands; it goes on from test to test, as a page's does. */
let now = 0;

/** A page's clock: timers, and a frame at each multiple of 16 ms. @param {import('node:test').TestContext} t */
function clock(t) {
  let id = 0;
  now = Math.ceil(now / 10_000 + 1) * 10_000;
  /** @type {Map<number, { at: number, task: () => void }>} */
  const due = new Map();
  const later = (/** @type {number} */ at, /** @type {() => void} */ task) => {
    due.set(++id, { at, task });
    return id;
  };
  const cancel = (/** @type {number} */ which) => void due.delete(which);
  const fakes = {
    document: { hidden: false },
    setTimeout: (/** @type {(...rest: unknown[]) => void} */ task, ms = 0, /** @type {unknown[]} */ ...rest) => later(now + ms, () => task(...rest)),
    clearTimeout: cancel,
    requestAnimationFrame: (/** @type {() => void} */ task) => later((Math.floor(now / FRAME_MS) + 1) * FRAME_MS, task),
    cancelAnimationFrame: cancel,
  };
  const before = new Map(Object.keys(fakes).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]));
  for (const [name, value] of Object.entries(fakes)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  t.mock.method(performance, 'now', () => now);
  t.after(() => {
    for (const [name, was] of before) if (was) Object.defineProperty(globalThis, name, was);
  });
  return {
    document: fakes.document,
    /** Runs all that is due until then, in its order. @param {number} until */
    until: (until) => {
      for (;;) {
        const [next] = [...due].sort(([a, one], [b, other]) => one.at - other.at || a - b);
        if (!next || next[1].at > until) break;
        due.delete(next[0]);
        now = Math.max(now, next[1].at);
        next[1].task();
      }
      now = Math.max(now, until);
    },
  };
}

/** A picture that takes so long, and when it was drawn. @param {number} takes @param {number} [least] */
function picture(takes, least) {
  const time = { drawn: /** @type {number[]} */ ([]) };
  return Object.assign(time, {
    soon: coalesce(() => {
      time.drawn.push(now);
      now += takes;
    }, least),
  });
}

test('however often it is asked, a page draws once a frame, and no more often than it is to', (t) => {
  const time = clock(t);
  const { drawn, soon } = picture(0, 33);
  const began = now;
  for (let ms = 0; ms <= 200; ms += 2) {
    soon();
    time.until(began + ms);
  }
  assert.deepEqual(
    drawn.map((at) => at - began),
    [16, 64, 112, 160],
  );
});

test('what takes 40 ms to draw leaves the page three times as long, whoever asks, unless nothing goes on', (t) => {
  const time = clock(t);
  const [slow, quick] = [picture(40), picture(0)];
  slow.soon();
  time.until(now + 20);
  time.until(now);
  const [end] = slow.drawn.map((at) => at + 40);
  slow.soon();
  quick.soon();
  time.until(end + 119);
  assert.deepEqual([slow.drawn.length, quick.drawn.length], [1, 0]);
  time.until(end + 120 + FRAME_MS);
  time.until(now);
  assert.deepEqual([slow.drawn.length, quick.drawn.length], [2, 1]);
  slow.soon();
  quick.soon();
  drawSoon();
  time.until(now + FRAME_MS);
  assert.deepEqual([slow.drawn.length, quick.drawn.length], [3, 2], 'without a rest');
  time.until(now + 2_000);
  assert.deepEqual([slow.drawn.length, quick.drawn.length], [3, 2], 'and only once');
});

test('a picture that takes a minute is drawn again half a second later', (t) => {
  const time = clock(t);
  const { drawn, soon } = picture(60_000);
  soon();
  time.until(now + 20);
  soon();
  time.until(drawn[0] + 60_000 + 500 + FRAME_MS);
  assert.equal(drawn.length, 2);
});

test('in a tab behind others there are no frames, and late timers are not taken for slow pictures', (t) => {
  const time = clock(t);
  const { drawn, soon } = picture(0);
  const began = now;
  time.document.hidden = true;
  soon();
  time.until(began + 249);
  assert.deepEqual(drawn, []);
  time.until(began + 250);
  assert.deepEqual(drawn, [began + 250]);
  now += 60_000;
  time.until(now);
  time.document.hidden = false;
  soon();
  time.until(now + 2 * FRAME_MS);
  assert.equal(drawn.length, 2);
});
