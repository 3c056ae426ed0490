// @ts-check
/**
 * A visitor of the page, in Chrome or in Firefox: a fresh browser context for each test, in which any page error, console error or
 * warning, failed request or request to another origin fails the test.
 *
 *     PHI_PSI_SLOW: whether pages are slowed, which shows what looks too early (a few tests time, and fail then for their own reasons)
 *     CHROME, FIREFOX: the browsers, PHI_PSI_VISITED: the page, PHI_PSI_SHIPPED_URL: what ships, PHI_PSI_DIST and PHI_PSI_SHIPPED: the
 *     page's folders, as it is written and as it ships; `cargo xtask test` sets them, or NO_FIREFOX to the reason
 *
 * The page is visited as it ships, and by the files in written/ as it is written, where one file can be put in another's place.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as rest } from 'node:timers/promises';
import { chromium, firefox } from 'playwright-core';
import { showing } from './guarantees.mjs';

/** @typedef {import('playwright-core').Browser} Browser */
/** @typedef {import('playwright-core').BrowserContext} Context */
/** @typedef {import('playwright-core').BrowserContextOptions} ContextOptions */
/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('playwright-core').Route} Route */
/** @typedef {import('node:test').TestContext} TestContext */
/** @typedef {'idle' | 'probing' | 'running' | 'paused' | 'done' | 'failed'} State */
/** @typedef {Partial<Record<'d' | 'm' | 'hidden' | 'n' | 'batch' | 'epochs' | 'lr' | 'seed' | 'fresh' | 'schedule' | 'rates' | 'solve' | 'seeds' | 'layer' | 'target', string | number>>} Fields */

/**
 * What a file of the site is replaced by: another text made from its own (`nth` counts the loads, from 1), or a handler for the request.
 * @typedef {{ text: (own: string, nth: number) => string }} Rewrite
 * @typedef {{ route: (route: Route) => Promise<void> }} Handler
 * @typedef {Rewrite | Handler} Substitute
 */

/**
 * @typedef {object} Circumstances
 * @property {string} [query] of the address, `?backend=cpu` where a test does not say
 * @property {Record<string, Substitute>} [site] files that differ from those served, by path below the page; each must be asked for
 * @property {RegExp[]} [expect] problems that belong to the test; each must occur
 * @property {RegExp[]} [allow] problems that may occur
 * @property {ContextOptions} [context]
 * @property {string} [script] runs in the page before its own scripts
 * @property {import('./guarantees.mjs').Guarantee | import('./guarantees.mjs').Guarantee[]} [shows] what the page promises that this test shows of this engine
 * @property {string} [view] which view of the page is visited: the run's where a test does not say, under one another all of them for `all`, and what the address says where it is empty
 */

/** The same in every Chrome: nothing that the browser does by itself may look like the page's doing. */
const QUIET = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** The kinds of browser, and how each is started. */
const KINDS = {
  /** Chrome without WebGPU, whatever this machine has. */
  plain: () => chrome('--disable-blink-features=WebGPU'),
  /** Chrome with WebGPU in software, whatever this machine has. */
  webgpu: () => chrome('--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'),
  /**
   * Firefox as it is released, by WebDriver BiDi, without WebGPU either. Playwright 1.65 asks it for an emulation that Firefox 153 does
   * not know, which is why 1.64 is the one in package.json.
   */
  firefox: () => fox({ 'dom.webgpu.enabled': false }),
  /** And with it, on the adapter that there is: another compiler of kernels than Chrome's, and another driver. */
  firefoxWebgpu: () => fox({ 'dom.webgpu.enabled': true, 'gfx.webgpu.ignore-blocklist': true }),
};

/** @param {Record<string, boolean>} firefoxUserPrefs */
function fox(firefoxUserPrefs) {
  return firefox.launch({ channel: 'moz-firefox', executablePath: process.env.FIREFOX, firefoxUserPrefs });
}

/** @param {string[]} flags */
function chrome(...flags) {
  return chromium.launch({ executablePath: process.env.CHROME, args: [...QUIET, ...flags] });
}

/**
 * What a visit has unless it says otherwise. Most have no time to watch the page scroll gently from one end to the other, and wait for each
 * element to stand still: motion is for the tests that are about it.
 * @type {ContextOptions}
 */
const CONTEXT = { viewport: { width: 1100, height: 900 }, serviceWorkers: 'block', reducedMotion: 'reduce' };

/** Ample on a slow machine with one busy core; a run in software WebGPU compiles its pipelines first. */
export const PATIENCE_MS = 120_000;

/** Between two looks at what is waited for, at first; where it takes long they grow rarer, up to the second. */
const LOOK_MS = 60;
const LATER_LOOK_MS = 240;

/** The same from within the page, where a look costs no message. */
const WITHIN_LOOK_MS = 20;

/** A log that is not whole by then is asserted on as it is. */
const DRAWN_MS = 5_000;

/** A problem that a test expects is told by the browser when it gets to it. */
const TOLD_MS = 20_000;

/** The fields of a run's course, which are folded away at first. */
const COURSE = ['fresh', 'schedule', 'rates', 'solve', 'target', 'layer'];

/** Those in which nothing is typed. */
const CHOSEN = ['fresh', 'schedule', 'target', 'layer'];

/** What begins a run. */
const BEGINNING = ['train', 'reset', 'switch'];

/** Where the page is, ending in a slash. */
export const ADDRESS = address();

/** Whether that is what ships. */
export const SHIPPED = ADDRESS === process.env.PHI_PSI_SHIPPED_URL;

function address() {
  const { CHROME, PHI_PSI_VISITED } = process.env;
  if (!CHROME || !PHI_PSI_VISITED) throw new Error('these tests are run by: cargo xtask test --only e2e');
  return PHI_PSI_VISITED;
}

/**
 * Visitors in one kind of browser. What it returns declares a test: a sentence, its circumstances, and what the visitor does.
 * @param {keyof typeof KINDS} [kind]
 */
export function visitors(kind = 'plain') {
  const skip = missing(kind);
  /** @param {string} sentence @param {Circumstances} circumstances @param {(visitor: Visitor, t: TestContext) => Promise<void>} body */
  return (sentence, circumstances, body) =>
    test(sentence, { skip, timeout: 2 * PATIENCE_MS }, (t) =>
      showing(t, circumstances.shows, kind, async () => visit(await opened(kind), t, circumstances, body)),
    );
}

/** Of each kind the browser that all tests of this process share, whichever files they are in. @type {Map<keyof typeof KINDS, Browser>} */
const open = new Map();

after(async () => {
  await Promise.allSettled([...open.values()].map((browser) => browser.close()));
});

/** The browser of a kind; a fresh one where it is gone. @param {keyof typeof KINDS} kind */
async function opened(kind) {
  let browser = open.get(kind);
  if (!browser?.isConnected()) {
    browser = await KINDS[kind]();
    open.set(kind, browser);
  }
  return browser;
}

/** Why there is no such browser here, or false. @param {keyof typeof KINDS} kind */
function missing(kind) {
  const { FIREFOX, NO_FIREFOX = 'FIREFOX names no browser', NO_FIREFOX_GPU = false } = process.env;
  if (!kind.startsWith('firefox')) return false;
  if (!FIREFOX) return NO_FIREFOX;
  return kind === 'firefoxWebgpu' ? NO_FIREFOX_GPU : false;
}

/** One visit in a fresh context. @param {Browser} browser @param {TestContext} t @param {Circumstances} circumstances @param {(visitor: Visitor, t: TestContext) => Promise<void>} body */
async function visit(browser, t, circumstances, body) {
  const context = await browser.newContext({ ...CONTEXT, ...circumstances.context });
  context.setDefaultTimeout(PATIENCE_MS);
  // A test whose time is over goes on by itself, and so would its page beside all that come after it. It has failed by then, without a word.
  const overdue = async () => {
    if (over.has(context)) return;
    if (visitor) console.error(`${t.name}: its time is over. ${await said(visitor)}`);
    await context.close().catch(() => {});
  };
  t.signal.addEventListener('abort', () => void overdue(), { once: true });
  const problems = watch(context);
  const { site = {} } = circumstances;
  /** What of the site somebody has asked for. @type {Set<string>} */
  const asked = new Set();
  /** @type {Visitor | undefined} */
  let visitor;
  try {
    visitor = await enter(context, circumstances, asked);
    await body(visitor, t);
    const expected = circumstances.expect ?? [];
    await heardOut(visitor.page, () => expected.every((pattern) => problems.some((problem) => pattern.test(problem))));
    // A fault that nobody meets shows nothing.
    for (const path of Object.keys(site)) if (!asked.has(path)) problems.push(`nobody asked for ${path}`);
    const { allow = [] } = circumstances;
    judge(
      problems.filter((problem) => !allow.some((pattern) => pattern.test(problem))),
      expected,
    );
  } catch (error) {
    if (t.signal.aborted) console.error(error);
    for (const problem of problems) t.diagnostic(`seen: ${problem}`);
    if (visitor) t.diagnostic(`said: ${await said(visitor)}`);
    throw error;
  } finally {
    over.add(context);
    await context.close();
  }
}

/** What the page says where a test fails: what it could not do, and all its states. @param {Visitor} visitor */
export async function said({ page }) {
  const parts = ['status', 'notice', 'opened', 'estimate', 'backend', 'offline-words', 'layer-status', 'layer-notice'];
  const read = page.evaluate((ids) => {
    const texts = ids.map((id) => document.getElementById(id)?.textContent?.replace(/\s+/g, ' ').trim() ?? '–');
    return [...texts, `${/** @type {any} */ (globalThis).states}`];
  }, parts);
  const texts = await Promise.race([read, new Promise((resolve) => setTimeout(resolve, 2_000, []))]).catch(() => []);
  return [...parts, 'states'].map((part, i) => `${part} “${texts[i] ?? 'no answer'}”`).join(', ');
}

/** Visits that have ended. @type {WeakSet<Context>} */
const over = new WeakSet();

/**
 * Waits until the browser has told all that has happened so far: a question that goes to the page and to each of its workers is answered
 * after what they said before it. What is expected may take the browser longer.
 * @param {Page} page @param {() => boolean} complete whether all that is expected has been told
 */
async function heardOut(page, complete) {
  const asked = [page.evaluate('0'), ...page.workers().map((worker) => worker.evaluate('0'))];
  // A worker that ends meanwhile has nothing more to say.
  await Promise.allSettled(asked);
  for (const end = Date.now() + TOLD_MS; !complete() && Date.now() < end; ) await rest(LOOK_MS);
}

/** @param {Context} context @param {Circumstances} circumstances @param {Set<string>} asked */
async function enter(context, { query = '?backend=cpu', site = {}, script, view = 'run' }, asked) {
  for (const [path, substitute] of Object.entries(site)) {
    let nth = 0;
    await context.route(`${ADDRESS}${view && path.startsWith('?') ? viewed(path, view) : path}`, async (route) => {
      asked.add(path);
      if ('route' in substitute) return substitute.route(route);
      nth += 1;
      try {
        // A server may end a connection just as it is asked again.
        const response = await route.fetch({ maxRetries: 3 });
        await route.fulfill({ response, body: substitute.text(await response.text(), nth) });
      } catch (error) {
        // Where the visit is over nobody waits for it.
        if (!over.has(context)) throw error;
      }
    });
  }
  if (process.env.PHI_PSI_SLOW) await context.addInitScript(slowly);
  if (script) await context.addInitScript(script);
  await context.addInitScript(recordStates);
  await context.addInitScript(listening);
  const page = await context.newPage();
  await page.goto(`${ADDRESS}${view ? viewed(query, view) : query}`);
  return new Visitor(page);
}

/** An address of the page's with a view in it; other pages, and the page in a frame, have none. @param {string} query @param {string} view */
export function viewed(query, view) {
  const [search, ...fragment] = query.split('#');
  if (!/^(\?|$)/.test(search) || /[?&](embed=1|view=)/.test(search)) return query;
  return [`${search || '?'}${search ? '&' : ''}view=${view}`, ...fragment].join('#');
}

/** Runs in the page: frames come late, and so does what workers say, each in its order as before. A test that looks too early fails. */
function slowly() {
  const { requestAnimationFrame: frame, Worker } = globalThis;
  /** @type {Set<number>} */
  const cancelled = new Set();
  let last = 0;
  globalThis.requestAnimationFrame = (task) => {
    last += 1;
    const id = last;
    setTimeout(() => frame((time) => cancelled.delete(id) || task(time)), 160);
    return id;
  };
  globalThis.cancelAnimationFrame = (id) => void cancelled.add(id);
  globalThis.Worker = class extends Worker {
    /** @param {ConstructorParameters<typeof Worker>} rest */
    constructor(...rest) {
      super(...rest);
      this.addEventListener('message', (event) => {
        if (!event.isTrusted) return;
        event.stopImmediatePropagation();
        const { data, ports } = event;
        setTimeout(() => this.dispatchEvent(new MessageEvent('message', { data, ports: [...ports] })), 120);
      });
    }
  };
}

/** Runs in the page: every state that `#status` was in, however short. */
export function recordStates() {
  /** @type {(string | null)[]} */
  const states = [];
  Object.assign(globalThis, { states });
  addEventListener('DOMContentLoaded', () => {
    const status = document.getElementById('status');
    if (!status) return;
    states.push(status.dataset.state ?? null);
    new MutationObserver((records) => {
      const later = records.slice(1).map(({ oldValue }) => oldValue);
      for (const state of [...later, status.dataset.state ?? null]) if (state !== states.at(-1)) states.push(state);
    }).observe(status, { attributeFilter: ['data-state'], attributeOldValue: true });
  });
}

/** Runs in the page: what looks there, since a look from outside may come too late (page.d.ts). */
export function listening() {
  const words = { childList: true, characterData: true, subtree: true };
  /** @type {typeof testing} */
  const all = {
    once: (element, holds) =>
      new Promise((resolve) => {
        new MutationObserver((_, observer) => {
          if (!holds()) return;
          observer.disconnect();
          resolve(undefined);
        }).observe(element, { ...words, attributes: true });
      }),
    listen: (id) => {
      const element = /** @type {HTMLElement} */ (document.getElementById(id));
      /** @type {string[]} */
      const heard = [];
      new MutationObserver(() => heard.push(element.textContent)).observe(element, words);
      return heard;
    },
  };
  Object.assign(globalThis, { testing: all });
}

/** Pages on their way to another address: what they were loading is cut off. @type {WeakSet<Page>} */
const leaving = new WeakSet();

/** Notes of a page when a test leads it to another address, or to the same anew. @param {Page} page */
function departures(page) {
  for (const way of /** @type {const} */ (['goto', 'reload'])) {
    const own = /** @type {(...rest: any[]) => Promise<any>} */ (page[way]).bind(page);
    const led = async (/** @type {any[]} */ ...rest) => {
      leaving.add(page);
      try {
        return await own(...rest);
      } finally {
        leaving.delete(page);
      }
    };
    Object.assign(page, { [way]: led });
  }
}

/**
 * Everything that must not happen on a page, as it happens, in the page and in its workers.
 * @param {Context} context
 */
function watch(context) {
  const { origin } = new URL(ADDRESS);
  /** @type {string[]} */
  const problems = [];
  const add = (/** @type {string} */ problem) => void problems.push(problem);
  /** Whether nobody waits for a request any more: its page was closed, or went on to another address. @param {import('playwright-core').Request} request */
  const isOver = (request) => {
    const { errorText } = request.failure() ?? {};
    if (errorText === 'NS_BINDING_ABORTED') return true;
    if (request.serviceWorker()) return false;
    const page = request.frame().page();
    return (page?.isClosed() ?? false) || (errorText === 'net::ERR_ABORTED' && leaving.has(page));
  };
  context.on('weberror', (error) => add(`page error: ${error.error().message}`));
  context.on('console', (message) => {
    // Service workers are for the tests that ask for them; what blocks them tells so.
    if (/^Service Worker registration blocked by Playwright$/.test(message.text())) return;
    if (message.type() === 'error' || message.type() === 'warning') add(`console ${message.type()}: ${message.text()}`);
  });
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && url.protocol !== 'data:' && url.protocol !== 'blob:') add(`foreign request: ${url}`);
  });
  context.on('requestfailed', (request) => isOver(request) || add(`failed request: ${request.url()} (${request.failure()?.errorText})`));
  context.on('response', (response) => {
    if (response.status() >= 400) add(`answer ${response.status()}: ${response.url()}`);
  });
  context.on('page', (page) => {
    page.on('crash', () => add('the page crashed'));
    departures(page);
  });
  return problems;
}

/** @param {string[]} problems @param {RegExp[]} expected */
export function judge(problems, expected) {
  const surprises = problems.filter((problem) => !expected.some((pattern) => pattern.test(problem)));
  assert.deepEqual(surprises, [], 'the page must cause no errors and no foreign requests');
  const missed = expected.filter((pattern) => !problems.some((problem) => pattern.test(problem)));
  assert.deepEqual(missed, [], 'a problem that belongs to this test did not occur');
}

/**
 * Presses a button, a link or a summary that a pointer could press, by the keyboard: while the page comes together, or a run ends, things move, and
 * a click falls where the button was. @param {import('playwright-core').Locator} control
 */
export async function press(control) {
  for (const end = Date.now() + PATIENCE_MS; ; ) {
    const hindrance = await control.evaluate(focused, LOOK_MS);
    if (hindrance === '') break;
    await rest(LOOK_MS);
    if (Date.now() > end) assert.fail(`${control} cannot be pressed: ${hindrance}`);
    await control.evaluate(turned);
  }
  await control.page().keyboard.press('Enter');
}

/** Runs in the page: goes to the view that an element stands in, as a visitor does who knows the page. @param {Element} element */
export function turned(element) {
  const view = element.closest('.view');
  if (view?.getClientRects().length === 0) document.querySelector(/** @type {'a'} */ (`.views a[href*="${view.id.replace('view-', 'view=')}"]`))?.click();
}

/**
 * Runs in the page: types texts into fields of the recipe, with the events that come of keys. All in one question, of which Playwright makes some for
 * each field. @param {[name: string, text: string][]} texts @returns how many of them stand there, up to the first that does not
 */
function write(texts) {
  const missed = texts.findIndex(([name, text]) => {
    const control = document.querySelector(/** @type {'input'} */ (`#recipe [name=${name}]`));
    if (!control || control.getClientRects().length === 0 || control.disabled || control.readOnly) return true;
    // What comes near is loaded.
    control.focus({ preventScroll: true });
    control.select();
    document.execCommand(text ? 'insertText' : 'delete', false, text);
    return control.value !== text;
  });
  return missed < 0 ? texts.length : missed;
}

/**
 * Runs in the page: has the focus in a control as soon as a pointer could press that. All in one question, of which a click by Playwright makes
 * many. @param {Element} control @param {number} pause between two looks @returns {Promise<string>} what hinders that, if anything
 */
async function focused(control, pause) {
  const HIDDEN = 'it is not on show';
  const element = /** @type {HTMLElement} */ (control);
  let hindrance = '';
  for (let looks = 0; looks < 10; looks += 1) {
    hindrance = hinders();
    if (hindrance === '') {
      element.focus();
      if (element.ownerDocument.activeElement === element) return '';
      hindrance = 'it takes no focus';
    }
    if (hindrance === HIDDEN) break;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return hindrance;

  function come() {
    element.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
  }

  function hinders() {
    // Another may stand in its place, which is looked for.
    if (!element.isConnected) return 'it is no longer there';
    // What stands further down is loaded when it comes near, and until then may have nothing to press.
    const { top, bottom, left, right } = element.getBoundingClientRect();
    if (top < 0 || bottom > innerHeight || left < 0 || right > innerWidth) come();
    const { x, y, width, height } = element.getBoundingClientRect();
    if (width === 0 || height === 0 || !element.checkVisibility({ visibilityProperty: true })) return HIDDEN;
    if (element.matches(':disabled, [aria-disabled=true]')) return 'it is off';
    const hit = element.ownerDocument.elementFromPoint(x + width / 2, y + height / 2);
    if (hit && (element.contains(hit) || hit.closest('label')?.control === element)) return '';
    // Out from under a bar.
    come();
    return `${hit ? `${hit.localName}#${hit.id}` : 'nothing'} is on top`;
  }
}

/** Answers a request with 404. @type {Handler} */
export const MISSING = { route: (route) => route.fulfill({ status: 404, contentType: 'text/plain', body: 'There is no such file here.\n' }) };

/** Answers a request for a script with one that does nothing. @type {Handler} */
export const SILENT = { route: (route) => route.fulfill({ contentType: 'text/javascript', body: '' }) };

/** The worker that trains and the CPU's module, as they are written and as they ship. */
export const WORKER = 'www/{worker/worker,worker-*}.js';
export const MODULE = 'www/{pkg/cpu/phi_psi,module-cpu-*}.js';

/** A module with more behind it: in what ships its `Session` has another name. @param {string} own @param {string} more */
export function extended(own, more) {
  const name = /([\w$]+) as Session\b/.exec(own)?.[1] ?? 'Session';
  return `${own}\n${more.replace(/\bSession\b/g, () => name)}`;
}

/** The file with a script put before it. @param {string} script @returns {Rewrite} */
export function preceded(script) {
  return { text: (own) => `${script}\n${own}` };
}

/** A script for a worker that has its GPU devices within reach. */
export const DEVICES = `globalThis.devices = [];
const { requestDevice } = GPUAdapter.prototype;
GPUAdapter.prototype.requestDevice = async function (...rest) {
  const device = await requestDevice.apply(this, rest);
  globalThis.devices.push(device);
  return device;
};`;

/** A statement for such a worker: dispatches do nothing any more, and take long, so that a run does not end before that is found out. */
export const IDLE_DISPATCHES = `{
  GPUComputePassEncoder.prototype.dispatchWorkgroups = () => {};
  const { mapAsync } = GPUBuffer.prototype;
  GPUBuffer.prototype.mapAsync = async function (...rest) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    return mapAsync.apply(this, rest);
  };
}`;

/** Runs in the page: what times a run never hears what it is to time, for which one more worker would compile all kernels again. */
export const UNTRIED = `globalThis.Worker = class extends Worker {
  constructor(url, ...rest) {
    super(url, ...rest);
    if (String(url).includes('trial-worker')) this.postMessage = () => {};
  }
};`;

/** Runs in the page: its workers hear nothing between `deafen()` and `hear()`, and then all of it. */
export const DEAF = `const { postMessage } = Worker.prototype;
Worker.prototype.postMessage = function (...rest) {
  if (!globalThis.unheard) return postMessage.apply(this, rest);
  globalThis.unheard.push(() => postMessage.apply(this, rest));
};
globalThis.deafen = () => void (globalThis.unheard = []);
globalThis.hear = () => {
  const all = globalThis.unheard;
  globalThis.unheard = null;
  for (const say of all) say();
};`;

/** A request that a worker leaves which is ended while it is still being loaded. */
export const BROKEN_OFF = /^failed request: .*ERR_ABORTED/;

/** The address of a worker that trains. */
export const IS_WORKER = /#worker(-\w+)?\.js$/;

export class Visitor {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
  }

  /** The worker that trains. */
  get worker() {
    const worker = this.page.workers().find((one) => IS_WORKER.test(one.url()));
    assert.ok(worker, 'there is a worker');
    return worker;
  }

  /** @param {string} id */
  find(id) {
    return this.page.locator(`#${id}`);
  }

  /** @param {string} id */
  async press(id) {
    if (BEGINNING.includes(id)) await this.anew();
    await press(this.find(id));
  }

  /** What is reached from here on is reached by another run than the one on show. */
  anew() {
    return this.page.evaluate('globalThis.past = globalThis.states.length');
  }

  /** Empties the log at once, which the next run does only when its worker has opened it: what stands there from now on is that run's. */
  blank() {
    return this.look('log', (log) => void log.replaceChildren());
  }

  /** Types into the recipe form; what is folded away is unfolded for it. @param {Fields} fields */
  async type(fields) {
    await this.look('recipe', turned);
    /** @type {[name: string, text: string][]} */
    let texts = [];
    for (const [name, value] of Object.entries(fields)) {
      if (COURSE.includes(name)) await this.find('course').evaluate((details) => void details.toggleAttribute('open', true));
      if (!CHOSEN.includes(name)) {
        texts.push([name, String(value)]);
        continue;
      }
      await this.#write(texts);
      texts = [];
      const control = this.page.locator(`#recipe [name=${name}]`);
      if (name !== 'fresh') await control.selectOption(String(value));
      // By the keyboard: where a click would fall, a run that ends may have moved something else.
      else if ((await control.isChecked()) !== (String(value) === '1')) await control.press('Space');
    }
    await this.#write(texts);
  }

  /** Types texts into fields of the recipe, one after the other. @param {[name: string, text: string][]} texts */
  async #write(texts) {
    if (texts.length === 0) return;
    const [missed, ...left] = texts.slice(await this.page.evaluate(write, texts));
    if (!missed) return;
    // It may not be on show yet.
    await this.page.locator(`#recipe [name=${missed[0]}]`).fill(missed[1]);
    await this.#write(left);
  }

  /** What the recipe form holds, without the parts of the course that are off. @returns {Promise<Record<string, string>>} */
  typed() {
    return this.look('recipe', (form) => {
      const controls = [...form.querySelectorAll(/** @type {'input'} */ ('input, select'))];
      const on = controls.filter(({ name, type, checked, value }) =>
        type === 'checkbox' ? checked : !['schedule=constant', 'rates=', 'solve=', 'seeds=1', 'target=gelu', 'layer='].includes(`${name}=${value}`),
      );
      return Object.fromEntries(on.map(({ name, value }) => [name, value]));
    });
  }

  /**
   * What there is to see of an element that is there from the start: one question, of which a locator makes three.
   * @template T @param {string} id @param {(element: HTMLElement) => T} look runs in the page @returns {Promise<T>}
   */
  look(id, look) {
    const found = `(() => { const element = document.getElementById('${id}'); if (!element) throw new Error('there is no #${id}'); return (${look})(element); })()`;
    return this.page.evaluate(found);
  }

  async state() {
    return /** @type {State} */ ((await this.data('status')).state);
  }

  /** Every state so far, in order. @returns {Promise<State[]>} */
  states() {
    return this.page.evaluate('globalThis.states');
  }

  /** The same without the search for a backend, which may be over before anything is pressed. @returns {Promise<State[]>} */
  async passed() {
    return (await this.states()).filter((state) => state !== 'probing');
  }

  /**
   * Waits for the state, and for the page to have drawn it; a failure on the way is told in the page's own words. After a press that begins a run it is
   * that run's state: the one before may still be on show, and is done as well. @param {State} state
   */
  async reach(state) {
    await this.until((wanted) => {
      const { states = [], past } = /** @type {{ states?: string[], past?: number }} */ (/** @type {unknown} */ (globalThis));
      const now = document.getElementById('status')?.dataset.state ?? '';
      return states.length !== past && [wanted, 'failed'].includes(now);
    }, state);
    const [now, notice] = await this.page.evaluate(async () => {
      const found = [document.getElementById('status')?.dataset.state, document.getElementById('notice')?.textContent];
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      return found;
    });
    assert.equal(now, state, notice ?? '');
  }

  /** Waits within the page until something holds; by the clock, since a page that is asked at each frame draws one. @template A @param {(a: A) => unknown} holds @param {A} a */
  async until(holds, a) {
    await this.page.waitForFunction(/** @type {any} */ (holds), a, { polling: WITHIN_LOOK_MS });
  }

  /** Two frames: what was changed before is drawn. */
  frames() {
    return this.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  }

  /** Trains the recipe to its end. @param {Fields} [fields] @returns {Promise<string[]>} the log */
  async train(fields = {}) {
    await this.type(fields);
    await this.press('train');
    await this.reach('done');
    return this.lines();
  }

  /** Presses Train, and Pause within the page as soon as the log has so many lines: however busy the machine is, the run is not over by then. @param {number} epochs */
  async trainAndPause(epochs) {
    await this.anew();
    await this.page.evaluate((least) => {
      const [log, train, pause] = ['log', 'train', 'pause'].map((id) => /** @type {HTMLElement} */ (document.getElementById(id)));
      train.click();
      void testing.once(log, () => log.textContent.split('\n').filter(Boolean).length >= least).then(() => pause.click());
    }, epochs);
    await this.reach('paused');
  }

  /**
   * Presses a button, and another within the page as soon as an element says what the first has it say.
   * @param {string} first @param {string} id @param {RegExp} pattern @param {string} then @returns {Promise<string>} what it said
   */
  async pressWhen(first, id, pattern, then) {
    const said = this.page.evaluate(
      async ([id, source, then]) => {
        const [words, button] = [id, then].map((id) => /** @type {HTMLElement} */ (document.getElementById(id)));
        await testing.once(words, () => new RegExp(source).test(words.textContent));
        const said = words.textContent;
        button.click();
        return said;
      },
      [id, pattern.source, then],
    );
    const [words] = await Promise.all([said, this.press(first)]);
    return words;
  }

  /** Has the worker that trains rest so many milliseconds between two slices, so that a run goes on and costs little; 0 as ever. @param {number} ms */
  async ease(ms) {
    await this.eventually(async () => void this.worker);
    await this.worker.evaluate((ms) => {
      const all = /** @type {any} */ (globalThis);
      const own = (all.ownPost ??= MessagePort.prototype.postMessage);
      /** @this {MessagePort} @param {any[]} rest */
      function later(...rest) {
        setTimeout(() => own.apply(this, rest), ms);
      }
      MessagePort.prototype.postMessage = ms === 0 ? own : later;
    }, ms);
  }

  /** Two questions to the worker, one after the other: if it still trained, it would do so between them, and tell of it before the second answer. */
  async askTwice() {
    for (let i = 0; i < 2; i += 1) {
      const last = await this.text('comparison');
      await this.press('draw');
      await this.comparison(last);
    }
    await this.frames();
  }

  /** Opens the page anew, once its first parts are there. */
  async reload() {
    await this.until(() => document.getElementById('estimate')?.textContent?.includes('memory'), null);
    await this.page.reload();
  }

  /** What is on show that can be pressed, typed into or unfolded. */
  controls() {
    return this.page
      .locator('button, input, select, textarea, summary')
      .evaluateAll((all) => all.filter((each) => each.getClientRects().length > 0).map(({ localName, id }) => `${localName}#${id}`));
  }

  /** Looks and boxes of what is drawn, all at once: a chart may be drawn anew meanwhile, and what is no longer there has neither. @param {string} selector */
  drawn(selector) {
    return this.page.evaluate(
      (selector) =>
        [...document.querySelectorAll(selector)].map((one) => {
          const { stroke, strokeDasharray: dash } = getComputedStyle(one);
          const { left, right, top, bottom } = one.getBoundingClientRect();
          return { stroke, dash, left, right, top, bottom };
        }),
      selector,
    );
  }

  /** The log, line by line; of a run that rests or has ended all that it has, or what there is of it after a while. */
  async lines() {
    // A busy browser may draw it later than the two frames that were waited for.
    const whole = this.page.waitForFunction(
      () => {
        const text = (/** @type {string} */ id) => document.getElementById(id)?.textContent ?? '';
        const epochs = /^epoch ([\d,]+) of /.exec(text('status-epoch'))?.[1].replaceAll(',', '');
        const rests = ['paused', 'done'].includes(document.getElementById('status')?.dataset.state ?? '');
        return !rests || epochs === undefined || text('log').split('\n').filter(Boolean).length === Number(epochs);
      },
      null,
      { polling: LOOK_MS, timeout: DRAWN_MS },
    );
    await whole.catch(() => {});
    const log = await this.text('log');
    return log === '' ? [] : log.split('\n');
  }

  /** The log's numbers. */
  async losses() {
    return (await this.lines()).map((line) => Number(line.split('= ')[1]));
  }

  /** A column of the table beside the chart: each epoch's train MSE (or validation MSE) with six digits. @param {'train' | 'validation'} [which] */
  async table(which = 'train') {
    // By the keyboard: where a click would fall, a run that ends may have moved something else.
    if ((await this.find('table-details').getAttribute('open')) === null) await this.page.locator('#table-details summary').press('Enter');
    const rows = this.page.locator(`#table-body tr td:nth-child(${which === 'train' ? 2 : 3})`);
    const epochs = (await this.lines()).length;
    await this.eventually(async () => assert.equal(await rows.count(), epochs));
    return (await rows.allTextContents()).map(Number);
  }

  /** @param {string} id */
  text(id) {
    return this.look(id, (element) => element.textContent ?? '');
  }

  /** @param {string} id @returns {Promise<Record<string, string | undefined>>} */
  data(id) {
    return this.look(id, (element) => ({ ...element.dataset }));
  }

  /** The held-out error, once it is known. */
  async heldOut() {
    await this.page.locator('#heldout[data-rmse]').waitFor();
    const { rmse, mse, draws } = await this.data('heldout');
    return { rmse: Number(rmse), mse: Number(mse), draws: Number(draws), words: await this.text('heldout-words') };
  }

  /** The comparison's text, once it is another than `last`. @param {string} [last] */
  async comparison(last = '') {
    let text = '';
    await this.eventually(async () => {
      text = await this.text('comparison');
      assert.ok(text !== '' && text !== last, 'another comparison');
    });
    return text;
  }

  /** Repeats an assertion until it holds. @param {() => Promise<void>} assertion @param {number} [ms] */
  async eventually(assertion, ms = PATIENCE_MS) {
    const end = Date.now() + ms;
    for (let pause = LOOK_MS; ; pause = Math.min(1.2 * pause, LATER_LOOK_MS)) {
      try {
        return await assertion();
      } catch (error) {
        if (Date.now() > end) throw error;
      }
      await rest(pause);
    }
  }

  /** The sentence in `#notice`, once there is one. */
  async notice() {
    await this.eventually(async () => assert.notEqual(await this.text('notice'), ''));
    return this.text('notice');
  }

  /** Waits until the run has gone on for a while: an epoch has ended, or training time is on show. @param {{ epochs: number } | { seconds: number }} least */
  async underWay(least) {
    await this.until((/** @type {{ epochs: number } | { seconds: number }} */ wanted) => {
      const log = document.getElementById('log')?.textContent ?? '';
      const time = document.getElementById('status-time')?.textContent ?? '';
      return 'epochs' in wanted ? log.split('\n').filter(Boolean).length >= wanted.epochs : parseFloat(time) >= wanted.seconds;
    }, least);
  }

  /** What reaches beyond the window and is not in a box that scrolls by itself. */
  tooWide() {
    return this.page.evaluate(() => {
      const edge = document.documentElement.clientWidth;
      const scrolls = (/** @type {Element | null} */ element) => {
        for (; element && element !== document.body; element = element.parentElement) {
          if (['auto', 'scroll', 'hidden'].includes(getComputedStyle(element).overflowX)) return true;
        }
        return false;
      };
      const wide = [...document.querySelectorAll('body *')].filter((element) => {
        const { left, right, width } = element.getBoundingClientRect();
        return width > 1 && (right > edge + 1 || left < -1) && !scrolls(element.parentElement);
      });
      const names = wide.map((element) => `${element.localName}#${element.id}.${element.getAttribute('class')}`);
      if (document.documentElement.scrollWidth > edge) names.push('the page scrolls');
      return names;
    });
  }
}
