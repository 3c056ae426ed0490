// @ts-check
/** A run on the page with all that `faults.mjs` can do to it, and a visitor before it who goes on, loads the page again or trains anew, as visitors do. */
import assert from 'node:assert/strict';
import { setTimeout as rest } from 'node:timers/promises';
import { FAULTS } from '../faults.mjs';
import { ADDRESS, DEVICES, extended, IDLE_DISPATCHES, IS_WORKER, MODULE, preceded, UNTRIED, Visitor, WORKER } from './browser.mjs';
import { damageKept } from './kept-runs.mjs';
import { checked, GPU_MODULE } from './two-backends.mjs';

/** @typedef {import('../faults.mjs').Drawn} Drawn */
/** @typedef {import('./browser.mjs').Circumstances} Circumstances */
/** @typedef {import('./browser.mjs').Fields} Fields */

/** Between two looks at the page. */
const LOOK_MS = 80;

/** How many looks something lasts that passes. */
const LASTING = 13;

/** How many looks a page that was just opened has to find what was interrupted. */
const LOOKING = 13;

/** The files that workers are made of, as they are written and as they ship. */
const OF_WORKERS = /\/www\/((worker|pkg)\/|([a-z]+-)?(worker|module)-)/;

/** In the page before its own scripts: its clocks, its storage and its visibility are the test's, and its seconds pass when it says so. */
const IN_PAGE = `globalThis.world = { shifted: 0, slept: 0, storage: 'well', hidden: false, ticks: new Set() };
const dateNow = Date.now;
Date.now = () => dateNow() + world.shifted;
const { now } = performance;
performance.now = () => now.call(performance) + world.slept;
const { open } = IDBFactory.prototype;
IDBFactory.prototype.open = function (...rest) {
  if (world.storage === 'refused') throw new DOMException('no', 'SecurityError');
  return open.apply(this, rest);
};
for (const kind of [IDBObjectStore, Storage]) {
  const name = kind === Storage ? 'setItem' : 'put';
  const own = kind.prototype[name];
  kind.prototype[name] = function (...rest) {
    if (world.storage === 'full') throw new DOMException('no', 'QuotaExceededError');
    return own.apply(this, rest);
  };
}
for (const [name, value] of [['visibilityState', () => (world.hidden ? 'hidden' : 'visible')], ['hidden', () => world.hidden]])
  Object.defineProperty(Document.prototype, name, { get: value });
const { setInterval: begin, clearInterval: end } = globalThis;
globalThis.setInterval = (task, ms) => {
  if (ms === 1_000) world.ticks.add(task);
  return begin(task, ms);
};
world.minutes = () => { for (let i = 0; i < 180; i += 1) for (const task of world.ticks) task(); };`;

const IN_WORKER = `globalThis.world = { slept: 0, doom: null };
const { now } = performance;
performance.now = () => now.call(performance) + world.slept;
${DEVICES.replace('const { requestDevice } = GPUAdapter.prototype;', 'const { requestDevice } = globalThis.GPUAdapter?.prototype ?? {};').replace(
  'GPUAdapter.prototype.requestDevice = async',
  'if (requestDevice) GPUAdapter.prototype.requestDevice = async',
)}`;

/** A module whose next call may be its last. Its few epochs take time, but no computing and no drawing, so that faults have something to strike. */
const DOOMED = {
  text: (/** @type {string} */ own) =>
    extended(
      own,
      `const { collect } = Session.prototype;
Session.prototype.collect = async function () {
  const { doom } = globalThis.world ?? {};
  if (doom) {
    world.doom = null;
    throw doom;
  }
  const reports = await collect.call(this);
  await new Promise((later) => setTimeout(later, 45 * reports.length));
  return reports;
};`,
    ),
};

/** @param {string} query @returns {Circumstances} */
export function circumstances(query) {
  const onGpu = query === '?backend=webgpu';
  return {
    query,
    script: onGpu ? `${IN_PAGE}\n${UNTRIED}` : IN_PAGE,
    site: {
      [WORKER]: preceded(IN_WORKER),
      [MODULE]: DOOMED,
      ...(onGpu && { [GPU_MODULE]: { text: (own) => DOOMED.text(checked(own)) } }),
    },
    // What is asked for without a network, or of another build; and CubeCL dies of an error, and says so.
    allow: [/^failed request: /, /^answer 404: /, /^console error: (Failed to load resource|panicked)/, /^page error: .*(a cosmic ray|unreachable)/],
  };
}

export class Staged {
  resumed = 0;
  anew = 0;
  /** @type {'well' | 'lost' | 'another build'} */
  network = 'well';
  random;
  #visitor;
  #fields;
  #paused = false;
  /** Whether what was offered is on its way, which may be refused. */
  #taking = false;
  #age = LOOKING;
  /** @type {{ looks: number, task: () => unknown }[]} */
  #later = [];

  /** @param {Visitor} visitor @param {Fields} fields @param {() => number} random */
  constructor(visitor, fields, random) {
    this.#visitor = visitor;
    this.#fields = fields;
    this.random = random;
  }

  get #page() {
    return this.#visitor.page;
  }

  /** Trains, with all that befalls the run on the way. @param {readonly Drawn[]} faults */
  async play(faults) {
    await this.#page.context().route(OF_WORKERS, (route) => {
      if (this.network === 'lost') return route.abort('internetdisconnected');
      return this.network === 'well' ? route.fallback() : route.fulfill({ status: 404, contentType: 'text/plain', body: 'gone' });
    });
    const left = [...faults];
    await this.#begin();
    for (let looks = 0; ; looks += 1) {
      assert.ok(looks < 3_000, 'the run ends');
      await rest(LOOK_MS);
      const { state, epoch } = await this.#look();
      for (const one of this.#later) one.looks -= 1;
      for (const { task } of this.#later.filter((one) => one.looks <= 0)) await task();
      this.#later = this.#later.filter((one) => one.looks > 0);
      if (left.length === 0 && this.#later.length === 0 && state === 'done') return;
      await this.#attend(state);
      const [next] = left;
      if (!next || !(next.atOnce || state === 'done' || (state === 'running' && epoch >= next.at * Number(this.#fields.epochs)))) continue;
      left.shift();
      await FAULTS[next.name].page(this);
      // What comes of the last one takes a moment.
      if (left.length === 0) this.later(() => {});
    }
  }

  #look() {
    return this.#page.evaluate(() => ({
      state: document.getElementById('status')?.dataset.state,
      epoch: Number((document.getElementById('status-epoch')?.textContent ?? '').replace(/^epoch | of.*$|,/g, '')),
    }));
  }

  /** What a visitor does. @param {string | undefined} state */
  async #attend(state) {
    this.#age += 1;
    if (state === 'failed') {
      assert.match(await this.#visitor.notice(), /^[A-Z].*\.$/s, 'it failed in a sentence');
      await this.reload();
    } else if (state === 'paused' && !this.#paused) await this.#visitor.press('train');
    else if (state === 'idle' && this.#age === LOOKING) await this.#takeUp();
    else if (state === 'idle' && this.#taking && (await this.#visitor.text('notice')) === 'the checkpoint is damaged') {
      await this.#visitor.press('forget-interrupted');
      await this.#begin();
    }
  }

  /** Takes up what is offered, or begins anew. */
  async #takeUp() {
    if (await this.#visitor.find('interrupted').isHidden()) return this.#begin();
    this.#taking = true;
    this.resumed += 1;
    await this.#visitor.press('resume-interrupted');
  }

  async #begin() {
    this.anew += 1;
    this.#taking = false;
    await this.#visitor.type(this.#fields);
    await this.#visitor.press('train');
  }

  /** @param {() => unknown} task */
  later(task) {
    this.#later.push({ looks: LASTING, task });
  }

  inPage = (/** @type {string} */ script) => this.#page.evaluate(script);

  /** Where the worker has ended nobody answers. `silent` where nothing will be heard of it any more, and minutes pass. */
  inWorker = async (/** @type {string} */ script, { silent = false } = {}) => {
    const worker = this.#page.workers().find((one) => IS_WORKER.test(one.url()));
    await Promise.race([worker?.evaluate(script).catch(() => {}), rest(500)]);
    if (silent) await this.inPage('world.minutes()');
  };

  /** @param {boolean} hidden */
  async hide(hidden) {
    await this.inPage(`world.hidden = ${hidden}; document.dispatchEvent(new Event('visibilitychange'));`);
  }

  /** @param {'full' | 'refused'} answer */
  async storage(answer) {
    await this.inPage(`world.storage = '${answer}'`);
    this.later(() => this.inPage("world.storage = 'well'"));
  }

  async reload() {
    this.network = 'well';
    this.#paused = false;
    this.#later = [];
    await this.#page.reload();
    this.#age = 0;
  }

  async pause() {
    if ((await this.#visitor.state()) !== 'running') return;
    this.#paused = true;
    await this.#page.evaluate(() => document.getElementById('pause')?.click());
    this.later(() => (this.#paused = false));
  }

  /** Another tab of the page trains a run of its own to the end. */
  async otherTab() {
    const page = await this.#page.context().newPage();
    const other = new Visitor(page);
    const { network } = this;
    this.network = 'well';
    await page.goto(`${ADDRESS}?backend=cpu&view=all`);
    await other.train({ n: 64, epochs: 3, seed: 5 });
    await page.close();
    this.network = network;
    await this.#page.bringToFront();
  }

  /** A bit of every checkpoint that is kept is turned over. */
  async damage() {
    await this.#page.evaluate("globalThis.world.storage = 'well'");
    await damageKept({ page: this.#page });
  }

  /** Dispatches do nothing, and take long, so that the run does not end before that is found out; waits until it is, or the run is on the CPU anyway. */
  async goWrong() {
    await this.inWorker(`if (globalThis.GPUBuffer) ${IDLE_DISPATCHES}`);
    await this.#visitor.eventually(async () => {
      const { backend } = await this.#visitor.data('backend');
      assert.ok(backend === 'cpu' || /computed wrong numbers/.test(await this.#visitor.text('notice')), 'it is found out');
    });
  }
}
