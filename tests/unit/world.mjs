// @ts-check
/**
 * A browser without a screen: the page's own scripts and the worker's, with the modules that they load, in scopes of their own in one thread. The clock, the
 * storage, the network, the GPU and the locks are the world's, so that what befalls them can be chosen. No time passes but by `turn`, and nothing is
 * left to chance: the same calls lead to the same end.
 *
 * The GPU is a pretended one. Its module is the CPU's, so that a run on it ends with the CPU's bits; what is tried is how a run gets from one to the other.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** @typedef {import('../../www/run/trainer.js').Trainer} Trainer */
/** @typedef {import('../../www/run/runs.js').Runs} Runs */
/** @typedef {import('../../www/common/protocol.js').Fields} Fields */
/** @typedef {import('../../www/common/protocol.js').Session} Session */
/** @typedef {(data: { data: any }) => void} Listener */

const { PHI_PSI_DIST = fileURLToPath(new URL('../../target/unbundled', import.meta.url)) } = process.env;

/** Where the page would be. */
const ADDRESS = 'https://page.example/www/any/script.js';

/** What time it is at first. */
const BEGINNING = Date.UTC(2026, 0, 1);

/** Milliseconds that pass from one look at the clock to the next, and with each turn in which something was said. */
const LOOK_MS = 10;
const TURN_MS = 5;

/** Where nothing is said any more, time passes until a timer is due, but no more than this. */
const MOST_MS = 60_000;

/** How seldom a timer is served in a tab that is hidden. */
const THROTTLED_MS = 60_000;

/** What a page, or a worker, knows of the world by name. */
const NAMES = [
  ...['self', 'globalThis', 'fetch', 'require', 'performance', 'Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
  ...['MessageChannel', 'navigator', 'document', 'indexedDB', 'localStorage', 'sessionStorage', 'Worker', 'addEventListener', 'location', 'HTMLElement'],
  'HTMLButtonElement',
];

/** A script with all that it imports, to be begun anew in a scope as often as wanted. @param {string} text @returns {Promise<(scope: Record<string, unknown>) => any>} */
async function script(text) {
  const { outputFiles } = await build({
    stdin: { contents: text, resolveDir: fileURLToPath(new URL('../..', import.meta.url)) },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'made',
    define: { 'import.meta.url': JSON.stringify(ADDRESS) },
    // They become calls of `require`.
    supported: { 'dynamic-import': false },
    logLevel: 'error',
  });
  const begin = new Function(...NAMES, `${outputFiles[0].text}; return made;`);
  return (scope) => begin(...NAMES.map((name) => scope[name]));
}

/** All that a world is made of, read once. */
export async function parts() {
  const folder = (/** @type {string} */ name) => `${PHI_PSI_DIST}/www/pkg/${name}/phi_psi`;
  const module = async (/** @type {string} */ name) => ({
    begin: await script(await readFile(`${folder(name)}.js`, 'utf8')),
    compiled: await WebAssembly.compile(await readFile(`${folder(name)}_bg.wasm`)),
  });
  const [page, worker, cpu, lab] = await Promise.all([
    script(['run/trainer', 'run/runs', 'run/saved-runs', 'view/run/rescue'].map((file) => `export * from './www/${file}.js';`).join('\n')),
    script("import './www/worker/worker.js';"),
    module('cpu'),
    module('lab'),
  ]);
  return { page, worker, modules: /** @type {Record<string, typeof cpu>} */ ({ cpu, lab, webgpu: cpu }) };
}

/** @typedef {Awaited<ReturnType<typeof parts>>} Parts */

/** @typedef {{ due: number, every: number | null, task: () => void, owner: Living }} Timer */

/** Who can end, and is not heard any more then. @typedef {{ alive: boolean }} Living */

/** How storage answers. @typedef {'well' | 'full' | 'refused'} Answer */

export class World {
  /** Milliseconds since the beginning, by the clock that never goes back. */
  ms = 0;
  /** How far the other clock has been set. */
  shifted = 0;
  online = true;
  hidden = false;
  /** Of the page, counted up. */
  deployed = 1;
  /** @type {Answer} */
  storage = 'well';
  /** What is in the database, by store and key, and beside it. @type {Map<string, Map<unknown, any>>} */
  disk = new Map();
  /** @type {Map<string, string>} */
  texts = new Map();
  /** Those that a page holds, by name. @type {Map<string, Living>} */
  locks = new Map();
  /** @type {PageOf[]} */
  pages = [];
  /** Whether something was said since the last turn. */
  lively = true;
  parts;
  gpu;
  /** @type {Set<Timer>} */
  #timers = new Set();

  /** @param {Parts} parts @param {boolean} gpu whether there is one */
  constructor(parts, gpu) {
    this.parts = parts;
    this.gpu = gpu;
  }

  /** Opens the page, in the build that is there now. */
  open() {
    const page = new PageOf(this);
    this.pages.push(page);
    return page;
  }

  /** What was posted is heard, what is due happens, and a moment passes. */
  async turn() {
    this.lively = false;
    await new Promise((resolve) => setImmediate(resolve));
    for (const timer of [...this.#timers]) if (!timer.owner.alive) this.#timers.delete(timer);
    const next = Math.min(this.ms + MOST_MS, ...[...this.#timers].map(({ due }) => due));
    this.ms = this.lively ? this.ms + TURN_MS : Math.max(this.ms + TURN_MS, next);
    for (const timer of [...this.#timers]) if (this.ms >= timer.due) this.#ring(timer);
  }

  /** @param {Timer} timer */
  #ring(timer) {
    if (timer.every === null) this.#timers.delete(timer);
    else timer.due = this.ms + Math.max(timer.every, this.hidden ? THROTTLED_MS : 0);
    timer.task();
  }

  /** Turns until it holds. @param {() => boolean} holds @param {string} what */
  async until(holds, what) {
    for (let turns = 0; !holds(); turns += 1) {
      if (turns > 50_000) throw new Error(`${what}: not within ${turns} turns`);
      await this.turn();
    }
  }

  /** What a promise comes to, with all the turns that takes. @template T @param {Promise<T>} promise @returns {Promise<T>} */
  async outcome(promise) {
    let over = false;
    const end = () => (over = true);
    promise.then(end, end);
    await this.until(() => over, 'an answer');
    return promise;
  }

  /** What is there for whoever lives, and only as long. @param {Living} owner */
  scope(owner) {
    const world = this;
    const timers = this.#timers;
    const begin = (/** @type {() => void} */ task, /** @type {number} */ ms, /** @type {boolean} */ again) => {
      const timer = { due: world.ms + ms, every: again ? ms : null, task, owner };
      timers.add(timer);
      return timer;
    };
    const drop = (/** @type {Timer} */ timer) => void timers.delete(timer);
    class WorldDate extends Date {
      /** @param {[]} given */
      constructor(...given) {
        super(...(given.length > 0 ? given : /** @type {[]} */ (/** @type {unknown} */ ([WorldDate.now()]))));
      }
      /** @override */
      static now() {
        return BEGINNING + Math.floor(world.ms) + world.shifted;
      }
    }
    return {
      performance: { now: () => (world.ms += LOOK_MS) },
      Date: WorldDate,
      setTimeout: (/** @type {() => void} */ task, ms = 0) => begin(task, ms, false),
      setInterval: (/** @type {() => void} */ task, ms = 0) => begin(task, ms, true),
      clearTimeout: drop,
      clearInterval: drop,
      MessageChannel: channelOf(world, owner),
    };
  }
}

/** Something that happens later, if who it concerns is still there. @param {World} world @param {Living} owner @param {() => void} task */
function soon(world, owner, task) {
  setImmediate(() => {
    if (!owner.alive) return;
    world.lively = true;
    task();
  });
}

/** @param {World} world @param {Living} owner */
function channelOf(world, owner) {
  return class {
    port1 = { onmessage: /** @type {Listener | null} */ (null) };
    port2 = { postMessage: (/** @type {unknown} */ data) => soon(world, owner, () => this.port1.onmessage?.({ data })) };
  };
}

/** As much of an element as is used here. */
class Element {
  hidden = true;
  textContent = '';
  /** @type {Record<string, string>} */
  dataset = {};
  click = () => {};
  /** @param {string} _ @param {() => void} task */
  addEventListener(_, task) {
    this.click = task;
  }
}

/** A visit of the page: the trainer, the list of runs, and what takes care that a run is not lost. */
export class PageOf {
  alive = true;
  /** @type {WorkerOf[]} */
  workers = [];
  /** The last thing that the page had to say for itself. */
  notice = '';
  /** @type {Trainer} */
  trainer;
  /** @type {Runs} */
  runs;
  #world;
  #build;
  /** @type {Map<string, Element>} */
  #elements = new Map();
  /** @type {(() => void)[]} */
  #onVisibility = [];

  /** @param {World} world */
  constructor(world) {
    this.#world = world;
    this.#build = world.deployed;
    const page = this;
    const { Trainer, Runs, SavedRuns, Rescue } = world.parts.page({
      ...world.scope(this),
      globalThis,
      document: {
        get visibilityState() {
          return world.hidden ? 'hidden' : 'visible';
        },
        addEventListener: (/** @type {string} */ _, /** @type {() => void} */ task) => page.#onVisibility.push(task),
        getElementById: (/** @type {string} */ id) => page.find(id),
      },
      navigator: { locks: locksOf(world, this), userAgent: 'none' },
      location: { origin: 'https://page.example', pathname: '/' },
      indexedDB: databaseOf(world, this),
      HTMLElement: Element,
      HTMLButtonElement: Element,
      Worker: class extends WorkerOf {
        constructor() {
          super(world, page.#build);
          page.workers.push(this);
        }
      },
    });
    this.trainer = new Trainer(world.gpu ? 'webgpu' : 'cpu');
    this.runs = new Runs(() => storageOf(world));
    const form = { fields: {}, fill: (/** @type {Fields} */ fields) => Object.assign(form, { fields }) };
    new Rescue({
      trainer: this.trainer,
      saved: new SavedRuns(),
      form,
      attempt: (/** @type {() => Promise<void>} */ task) => task().catch((error) => (this.notice = error.message)),
    });
  }

  /** The worker that trains. */
  get worker() {
    return this.workers[this.workers.length - 1];
  }

  find = (/** @type {string} */ id) => {
    const found = this.#elements.get(id) ?? new Element();
    this.#elements.set(id, found);
    return found;
  };

  /** What is offered again, in words; empty where nothing is. */
  get offered() {
    return this.find('interrupted').hidden ? '' : this.find('interrupted-words').textContent;
  }

  /** The tab is shown, or not any more. */
  look() {
    for (const task of this.#onVisibility) task();
  }

  /** The tab is gone without a word. */
  kill() {
    this.alive = false;
    for (const worker of this.workers) worker.terminate();
    for (const [name, owner] of this.#world.locks) if (owner === this) this.#world.locks.delete(name);
  }
}

/** A worker, which can be killed, and whose GPU can fail. */
export class WorkerOf {
  alive = true;
  /** @type {Listener | null} */
  onmessage = null;
  /** @type {((event: { message: string, preventDefault: () => void }) => void) | null} */
  onerror = null;
  /** What the module's next call dies of. @type {Error | null} */
  doom = null;
  /** Whether the GPU answers nothing, and whether it computes nonsense. */
  hangs = false;
  wrong = false;
  /** Of the GPU's devices. @type {{ lose: () => void, complain: (message: string) => void }[]} */
  devices = [];
  #world;
  #self;
  /** @type {Map<string, (event: any) => void>} */
  #heard = new Map();

  /** @param {World} world @param {number} build */
  constructor(world, build) {
    this.#world = world;
    const self = {
      onmessage: /** @type {Listener | null} */ (null),
      addEventListener: (/** @type {string} */ type, /** @type {(event: any) => void} */ task) => void this.#heard.set(type, task),
      postMessage: (/** @type {unknown} */ message, /** @type {{ transfer: ArrayBuffer[] }} */ { transfer }) => {
        const data = structuredClone(message, { transfer });
        soon(world, this, () => this.onmessage?.({ data }));
      },
    };
    this.#self = self;
    const { GPUAdapter, gpu } = gpuOf(this);
    world.parts.worker({
      ...world.scope(this),
      self,
      globalThis: { GPUAdapter },
      navigator: world.gpu ? { gpu } : {},
      fetch: async () => {
        // Of two builds before, nothing is there any more.
        if (!world.online) throw new TypeError('Failed to fetch');
        return build < world.deployed - 1 ? { ok: false, status: 404 } : { ok: true };
      },
      require: (/** @type {string} */ address) => moduleOf(world, this, address.split('/').at(-2) ?? ''),
    });
  }

  /** @param {unknown} data */
  postMessage(data) {
    const copy = structuredClone(data);
    soon(this.#world, this, () => this.#self.onmessage?.({ data: copy }));
  }

  terminate() {
    this.alive = false;
  }

  /** A rejection that nobody waits for. @param {Error} reason */
  reject(reason) {
    this.#heard.get('unhandledrejection')?.({ reason, preventDefault() {} });
  }
}

/** The module's script, begun anew, with its faults. @param {World} world @param {WorkerOf} worker @param {string} name */
function moduleOf(world, worker, name) {
  const { begin, compiled } = world.parts.modules[name];
  const own = begin({ globalThis });
  if (name !== 'lab') {
    const open = own.Session.open.bind(own.Session);
    // The GPU's own calls, and no others, are heard by its faults.
    const gpu = name === 'webgpu' ? { Session: { open } } : null;
    own.Session.open = async (/** @type {[Fields]} */ ...given) => faulty(worker, await open(...given), gpu, given[0]);
  }
  return {
    ...own,
    __esModule: true,
    default: async (/** @type {{ module_or_path: Promise<unknown> }} */ { module_or_path }) => {
      await module_or_path;
      own.initSync({ module: compiled });
    },
    ...(name === 'webgpu' && {
      openDevice: async () => void (await gpuOpened(worker)),
      planFor: () => {},
    }),
  };
}

/**
 * A session whose calls die, hang, or compute nonsense, as the worker is told.
 * @param {WorkerOf} worker @param {Session} session @param {any} gpu the module, where it is the GPU's @param {Fields} fields
 */
function faulty(worker, session, gpu, fields) {
  const [collect, checkpoint] = [session.collect.bind(session), session.checkpoint.bind(session)];
  session.collect = async () => {
    const { doom } = worker;
    worker.doom = null;
    if (doom) throw doom;
    if (gpu && worker.hangs) return new Promise(() => {});
    const reports = await collect();
    if (gpu && worker.wrong) for (const report of reports) Object.assign(report, { mse: 1, line: 'nonsense', losses: report.losses.map(() => 1) });
    return reports;
  };
  session.checkpoint = async () => {
    const bytes = await checkpoint();
    return gpu && worker.wrong && bytes ? mistaken(gpu, fields, bytes) : bytes;
  };
  return session;
}

/** A checkpoint in good order, with other weights in it. @param {any} gpu @param {Fields} fields @param {Uint8Array} bytes @returns {Promise<Uint8Array>} */
async function mistaken({ Session }, fields, bytes) {
  const other = await Session.open({ ...fields, seed: '99' });
  return (await Session.open(fields, await other.weightsFile({}), bytes)).checkpoint();
}

/** @type {WeakMap<WorkerOf, () => Promise<unknown>>} */
const opening = new WeakMap();

/** @param {WorkerOf} worker */
const gpuOpened = (worker) => opening.get(worker)?.();

/** The GPU as a worker sees it. @param {WorkerOf} worker */
function gpuOf(worker) {
  class GPUAdapter {
    info = { vendor: 'pretended', architecture: '', description: '', isFallbackAdapter: false };
    async requestDevice() {
      /** @type {(event: any) => void} */
      let complain = () => {};
      /** @type {(how: { reason: string, message: string }) => void} */
      let lose = () => {};
      const lost = new Promise((resolve) => (lose = resolve));
      worker.devices.push({
        lose: () => lose({ reason: 'unknown', message: 'it fell asleep' }),
        complain: (message) => complain({ error: { message } }),
      });
      return { lost, destroy() {}, addEventListener: (/** @type {string} */ _, /** @type {any} */ listener) => (complain = listener) };
    }
  }
  const adapter = new GPUAdapter();
  opening.set(worker, () => adapter.requestDevice());
  return { GPUAdapter, gpu: { requestAdapter: async () => adapter } };
}

/** @param {World} world @param {Living} owner */
function locksOf(world, owner) {
  return {
    /** @param {string} name @param {any[]} rest */
    async request(name, ...rest) {
      const use = rest[rest.length - 1];
      if (rest[0].ifAvailable) return use(world.locks.has(name) ? null : { name });
      world.locks.set(name, owner);
      await use({ name });
      world.locks.delete(name);
    },
  };
}

/** IndexedDB, as far as `database.js` uses it. @param {World} world @param {Living} owner */
function databaseOf(world, owner) {
  return {
    /** @param {string} name */
    open(name) {
      const request = /** @type {any} */ ({ error: new DOMException('no', 'SecurityError') });
      soon(world, owner, () => {
        if (world.storage === 'refused') return request.onerror();
        let path = 'id';
        request.result = {
          createObjectStore: (/** @type {string} */ _, /** @type {{ keyPath: string }} */ { keyPath }) => (path = keyPath),
          close() {},
          transaction: () => transaction(world, owner, stored(world, name), path),
        };
        request.onupgradeneeded();
        request.onsuccess();
      });
      return request;
    },
  };
}

/** @param {World} world @param {string} name */
function stored({ disk }, name) {
  const found = disk.get(name) ?? new Map();
  disk.set(name, found);
  return found;
}

/** @param {World} world @param {Living} owner @param {Map<unknown, any>} store @param {string} path */
function transaction(world, owner, store, path) {
  const made = /** @type {any} */ ({ error: null });
  const ask = (/** @type {boolean} */ adds, /** @type {() => unknown} */ task) => {
    const request = { result: /** @type {unknown} */ (undefined) };
    soon(world, owner, () => {
      if (world.storage === 'refused' || (adds && world.storage === 'full')) {
        made.error = new DOMException('no', world.storage === 'full' ? 'QuotaExceededError' : 'UnknownError');
        return made.onabort();
      }
      request.result = structuredClone(task());
      made.oncomplete();
    });
    return request;
  };
  made.objectStore = () => ({
    put: (/** @type {any} */ entry) => {
      const copy = structuredClone(entry);
      return ask(true, () => void store.set(copy[path], copy));
    },
    delete: (/** @type {unknown} */ key) => ask(false, () => void store.delete(key)),
    getAll: () => ask(false, () => [...store.values()]),
  });
  return made;
}

/** @param {World} world @returns {Storage} */
function storageOf(world) {
  const refuse = () => {
    if (world.storage === 'refused') throw new DOMException('no', 'SecurityError');
  };
  return /** @type {any} */ ({
    getItem(/** @type {string} */ key) {
      refuse();
      return world.texts.get(key) ?? null;
    },
    setItem(/** @type {string} */ key, /** @type {string} */ text) {
      refuse();
      if (world.storage === 'full') throw new DOMException('no', 'QuotaExceededError');
      world.texts.set(key, text);
    },
  });
}
