// @ts-check
/** Workers that do what a test tells them, and seconds that pass when it says so. */

/** A worker that keeps what it is told, and says what the test has it say. */
export class Scripted {
  /** All that were started, the newest last. @type {Scripted[]} */
  static all = [];

  static get last() {
    return Scripted.all[Scripted.all.length - 1];
  }

  /** @type {any[]} */
  told = [];
  ended = false;
  /** @type {any} */
  onmessage = null;
  /** @type {any} */
  onerror = null;

  constructor() {
    Scripted.all.push(this);
  }

  /** @param {any} message */
  postMessage(message) {
    this.told.push(message);
  }

  terminate() {
    this.ended = true;
  }

  /** The types of what it was told. */
  get types() {
    return this.told.map(({ type }) => type);
  }

  /** The newest request of a type. @param {string} type */
  asked(type) {
    const found = this.told.filter((message) => message.type === type).at(-1);
    if (!found) throw new Error(`${type} was not asked: ${this.types}`);
    return found;
  }

  /** @param {any} message */
  async say(message) {
    this.onmessage({ data: message });
    await settled();
  }

  /** Answers the newest request of a type. @param {string} type @param {unknown} value */
  answer(type, value) {
    return this.say({ type: 'answer', id: this.asked(type).id, value });
  }

  /** Its script throws, or did not load. @param {string} [message] */
  async break(message) {
    this.onerror({ preventDefault() {}, message });
    await settled();
  }
}

/** What is awaited has gone on. @returns {Promise<void>} */
export function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The page's intervals from here to the test's end, led by hand. @param {import('node:test').TestContext} t @returns {(times: number) => void} lets so many seconds pass */
export function seconds(t) {
  /** @type {Set<() => void>} */
  const tasks = new Set();
  const { setInterval: own, clearInterval: ownClear } = globalThis;
  const fake = {
    setInterval: (/** @type {() => void} */ task) => tasks.add(task) && task,
    clearInterval: (/** @type {() => void} */ task) => tasks.delete(task),
  };
  Object.assign(globalThis, fake);
  t.after(() => Object.assign(globalThis, { setInterval: own, clearInterval: ownClear }));
  return (times) => {
    for (let i = 0; i < times; i += 1) for (const task of [...tasks]) task();
  };
}
