// @ts-check
/** What is read from a GPU comes in as soon as it is there, in a browser that looks ten times a second too: on a device and in a time that are the test's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasten } from '../../www/worker/reads.js';
import { settled } from './scripted.mjs';

/** @typedef {import('node:test').TestContext} TestContext */

/** A read takes so long, and an idle queue answers at once. */
const READ_MS = 10;

/** A browser that finds out every so many milliseconds, and with every submission, what its device has done. */
class Browser {
  now = 0;
  submissions = 0;
  /** @type {{ at: number, settle: (error?: Error) => void, error?: Error }[]} */
  #waiting = [];

  /** @param {TestContext} t @param {number} every */
  constructor(t, every) {
    const { timers } = t.mock;
    timers.enable({ apis: ['setTimeout', 'setInterval'] });
    const own = this;
    class GPUBuffer {
      /** @param {Error} [error] that the read ends with */
      mapAsync(error) {
        return own.#done(READ_MS, error);
      }
    }
    Object.assign(globalThis, { GPUBuffer });
    t.after(() => Reflect.deleteProperty(globalThis, 'GPUBuffer'));
    this.buffer = new GPUBuffer();
    this.queue = { submit: () => this.#submit(), onSubmittedWorkDone: () => this.#done(0) };
    setInterval(() => this.#look(), every);
    this.tick = async (/** @type {number} */ ms) => {
      for (let i = 0; i < ms; i += 1) {
        this.now += 1;
        timers.tick(1);
        await settled();
      }
    };
  }

  /** @param {number} ms @param {Error} [error] @returns {Promise<void>} */
  #done(ms, error) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ at: this.now + ms, settle: () => (error ? reject(error) : resolve()) });
    });
  }

  #submit() {
    this.submissions += 1;
    this.#look();
  }

  #look() {
    const done = this.#waiting.filter(({ at }) => at <= this.now);
    this.#waiting = this.#waiting.filter((one) => !done.includes(one));
    for (const { settle } of done) settle();
  }
}

/** @param {TestContext} t @param {number} every @param {number} [past] milliseconds since the browser last looked */
async function hastened(t, every, past = 0) {
  const browser = new Browser(t, every);
  await browser.tick(past);
  let over = false;
  void hasten(browser.queue).then(() => (over = true));
  await browser.tick(50);
  assert.ok(over, 'the device is kept waiting for a moment only');
  return browser;
}

test('a browser that looks ten times a second is made to look while something is read, and no longer', async (t) => {
  // Where it is about to look, the first answer comes soon.
  const browser = await hastened(t, 100, 90);
  const before = browser.submissions;
  let [read, began] = [0, browser.now];
  for (; read < 20; read += 1) {
    let here = false;
    void browser.buffer.mapAsync().then(() => (here = true));
    while (!here) await browser.tick(1);
  }
  const took = browser.now - began;
  assert.ok(took <= 20 * (READ_MS + 4), `20 reads in ${took} ms, which the browser has looked at ${Math.floor(took / 100)} times by itself`);
  const { submissions } = browser;
  assert.ok(submissions > before);
  await browser.tick(500);
  assert.equal(browser.submissions, submissions, 'where nothing is read nothing is submitted');
});

test('reads that overlap are one wait, and one that fails ends like any other', async (t) => {
  const browser = await hastened(t, 100);
  const failed = assert.rejects(browser.buffer.mapAsync(new Error('lost')), { message: 'lost' });
  await browser.tick(6);
  const second = browser.buffer.mapAsync();
  await browser.tick(30);
  await failed;
  await second;
  const { submissions } = browser;
  await browser.tick(100);
  assert.equal(browser.submissions, submissions);
});

test('a browser that tells by itself is left alone', async (t) => {
  const browser = await hastened(t, 1);
  const read = browser.buffer.mapAsync();
  await browser.tick(50);
  await read;
  assert.equal(browser.submissions, 0);
});
