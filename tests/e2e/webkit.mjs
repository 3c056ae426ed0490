// @ts-check
/**
 * A visitor of the page in WebKit. Plain WebDriver knows commands and no events, so the visitor has the part of a Playwright page that these tests use,
 * made of commands; and what must not happen on a page is told by a script that the test's own server puts before the page's and its workers'.
 *
 * One browser serves a file's tests; each has an origin of its own, and with it a storage of its own, as a fresh context has elsewhere.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as rest } from 'node:timers/promises';
import { showing } from './guarantees.mjs';
import { judge, listening, PATIENCE_MS, recordStates, SHIPPED, said, viewed, Visitor } from './browser.mjs';
import { open } from './site.mjs';
import { WebDriver } from './webdriver.mjs';

/** @typedef {import('node:test').TestContext} TestContext */
/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('playwright-core').Route} Route */
/** @typedef {import('./browser.mjs').Circumstances} Circumstances */
/** @typedef {import('./browser.mjs').Substitute} Substitute */
/** @typedef {import('./site.mjs').Answer} Answer */
/** @typedef {{ css: string } | { nth: number } | { button: string }} Step */
/** @typedef {{ width: number, height: number }} Size */

const { WEBKIT, NO_WEBKIT = 'WEBKIT names no WebKitWebDriver', PHI_PSI_DIST = '', PHI_PSI_SHIPPED = '' } = process.env;

const LOOK_MS = 30;

/** @type {Size} */
const VIEWPORT = { width: 1100, height: 900 };

/** Where the script stands that tells what must not happen. */
const TELLER = 'told-by-the-test.js';

/** Where the page's scripts and the workers' are, as they are written and as they ship. */
const WORKERS = /^www\/(worker\/)?([a-z]+-)?worker[\w-]*\.js$/;

/**
 * WebKit for the tests of one file. What it returns declares a test, as `visitors` of browser.mjs does; of the circumstances' context there is the
 * viewport alone, and service workers where they are allowed.
 */
export function webkitVisitors() {
  const skip = WEBKIT ? false : NO_WEBKIT;
  /** @type {Promise<WebDriver> | undefined} */
  let driver;
  const started = () => (driver ??= WebDriver.start(WEBKIT ?? ''));
  after(() => driver?.then((driver) => driver.end()).catch(() => {}));

  /** @param {string} sentence @param {Circumstances} circumstances @param {(visitor: Visitor, t: TestContext) => Promise<void>} body */
  return (sentence, circumstances, body) =>
    test(sentence, { skip, timeout: 2 * PATIENCE_MS }, (t) =>
      showing(t, circumstances.shows, 'webkit', async () => visit(await started(), t, circumstances, body)),
    );
}

/** One visit on an origin of its own. @param {WebDriver} driver @param {TestContext} t @param {Circumstances} circumstances @param {(visitor: Visitor, t: TestContext) => Promise<void>} body */
async function visit(driver, t, { query = '?backend=cpu', view = 'run', expect = [], ...circumstances }, body) {
  /** @type {string[]} */
  const problems = [];
  const substitutes = Object.entries(circumstances.site ?? {}).map(([path, substitute]) => ({ path, pattern: patternOf(path), substitute, nth: 0 }));
  const site = await served(substitutes, circumstances.script, problems);
  const tabs = new Tabs(driver, site.url, problems);
  const page = await tabs.newPage();
  const visitor = new Visitor(asPlaywright(page));
  try {
    await page.setViewportSize(circumstances.context?.viewport ?? VIEWPORT);
    const address = new URL(view ? viewed(query, view) : query, site.url);
    // What keeps the page for later holds every file to its build, and here the test's script is one more.
    if (circumstances.context?.serviceWorkers !== 'allow' && /^(\?|$)/.test(query)) address.searchParams.set('sw', 'off');
    await page.goto(address.href);
    await body(visitor, t);
    await page.hearOut();
    // A fault that nobody meets shows nothing.
    for (const { path, nth } of substitutes) if (nth === 0) problems.push(`nobody asked for ${path}`);
    judge([...problems], expect);
  } catch (error) {
    await page.hearOut().catch(() => {});
    for (const problem of problems) t.diagnostic(`seen: ${problem}`);
    t.diagnostic(`said: ${await said(visitor)}`);
    throw error;
  } finally {
    await tabs.close();
    site.close();
  }
}

/** Serves the page for one visit, and counts how often each substitute is asked for. @param {{ pattern: RegExp, substitute: Substitute, nth: number }[]} substitutes @param {string | undefined} script @param {string[]} problems */
function served(substitutes, script = '', problems) {
  const teller = `(${tell})();\n(${recordStates})();\n(${listening})();\n${script}`;
  return open(SHIPPED ? PHI_PSI_SHIPPED : PHI_PSI_DIST, undefined, {}, async (path, own) => {
    if (path === TELLER) return { status: 200, type: 'text/javascript', body: teller };
    const found = substitutes.find(({ pattern }) => pattern.test(path));
    if (found) found.nth += 1;
    const answer = found ? await substituted(found.substitute, own, found.nth) : own;
    if (answer.status >= 400) problems.push(`answer ${answer.status}: ${path}`);
    if (WORKERS.test(path)) return { ...answer, body: `(${tell})();\n${answer.body}` };
    return answer.type.startsWith('text/html') ? { ...answer, body: told(String(answer.body)) } : answer;
  });
}

/** @param {Substitute} substitute @param {Answer} own @param {number} nth @returns {Promise<Answer>} */
async function substituted(substitute, own, nth) {
  if ('text' in substitute) return { ...own, body: substitute.text(String(own.body), nth) };
  return new Promise((resolve, reject) => {
    /** @type {Pick<Route, 'fulfill'>} */
    const route = {
      fulfill: async ({ status = 200, contentType = 'text/plain', body = '' } = {}) => resolve({ status, type: contentType, body }),
    };
    substitute.route(/** @type {Route} */ (route)).catch(reject);
  });
}

/** A page with the test's script before its own. @param {string} html */
function told(html) {
  return html.replace('<script', `<script src="/a/b/${TELLER}"></script>\n<script`);
}

/** A path with `*` and `{one,other}`, as a pattern. @param {string} path */
function patternOf(path) {
  const parts = path
    .replace(/[.?+^$()[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replace(/\{([^}]*)\}/g, (_, choice) => `(?:${choice.replaceAll(',', '|')})`);
  return new RegExp(`^${parts}$`);
}

/** Runs in the page and in its workers: gathers what must not happen there; a worker tells its page. */
function tell() {
  const channel = new BroadcastChannel('told by the test');
  /** @type {string[]} */
  const problems = [];
  const here = typeof document !== 'undefined';
  const add = (/** @type {string} */ problem) => (here ? void problems.push(problem) : channel.postMessage(problem));
  for (const type of /** @type {const} */ (['error', 'warn'])) {
    const own = console[type];
    console[type] = (...words) => {
      add(`console ${type === 'warn' ? 'warning' : type}: ${words.join(' ')}`);
      own.apply(console, words);
    };
  }
  if (!here) return;
  channel.onmessage = ({ data }) => add(data);
  Object.assign(globalThis, { problems });
  addEventListener(
    'error',
    (event) => {
      const { target } = event;
      if (target instanceof Element) add(`failed request: ${target.getAttribute('src') ?? target.getAttribute('href')}`);
      // What has changed its size again is told in the next frame, and this is told to those alone who ask.
      else if (!/^ResizeObserver loop/.test(event.message)) add(`page error: ${event.message}`);
    },
    true,
  );
  addEventListener('unhandledrejection', ({ reason }) => add(`page error: ${reason?.message ?? reason}`));
  addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => add(`against the policy: ${effectiveDirective} ${blockedURI}`));
}

/** The tabs of one visit. */
class Tabs {
  /** @type {WebKitPage[]} */
  #open = [];

  /** @param {WebDriver} driver @param {string} home where the visit's own server is @param {string[]} problems */
  constructor(driver, home, problems) {
    this.driver = driver;
    this.home = home;
    this.problems = problems;
  }

  async newPage() {
    const page = new WebKitPage(this, await this.driver.open());
    this.#open.push(page);
    return page;
  }

  /** @param {WebKitPage} page */
  async closePage(page) {
    this.#open = this.#open.filter((other) => other !== page);
    await this.driver.close(page.window);
  }

  async close() {
    for (const page of this.#open) await this.closePage(page).catch(() => {});
  }
}

/** Where the tests want the whole of a page, they get the part that there is. @param {WebKitPage} page @returns {Page} */
function asPlaywright(page) {
  return /** @type {Page} */ (/** @type {unknown} */ (page));
}

/** The part of a Playwright page that these tests use. */
class WebKitPage {
  /** @type {Size} */
  #size = VIEWPORT;

  /** @param {Tabs} tabs @param {string} window */
  constructor(tabs, window) {
    this.tabs = tabs;
    this.window = window;
    this.keyboard = {
      press: (/** @type {string} */ chord) => this.driver.press(window, [chord]),
      type: (/** @type {string} */ text) =>
        this.driver.press(
          window,
          [...text].map((character) => (character === '\n' ? 'Enter' : character)),
        ),
    };
  }

  get driver() {
    return this.tabs.driver;
  }

  context() {
    const kind = { name: () => 'webkit' };
    return { newPage: async () => asPlaywright(await this.tabs.newPage()), browser: () => ({ browserType: () => kind }) };
  }

  /** @param {unknown} task a function's or an expression's text @param {unknown} [given] */
  evaluate(task, given) {
    return this.driver.evaluate(this.window, typeof task === 'string' ? task : call(task, given));
  }

  /** @param {unknown} task @param {unknown} [given] */
  async waitForFunction(task, given) {
    await this.evaluate(once(typeof task === 'string' ? task : call(task, given), 'true'));
  }

  /** @param {string} css */
  locator(css) {
    return new Part(this, [{ css }]);
  }

  /** @param {string | Promise<string>} address */
  async goto(address) {
    const url = await address;
    await this.hearOut();
    // As every other browser's visitor has it, who sees each request.
    if (new URL(url).origin !== new URL(this.tabs.home).origin) this.tabs.problems.push(`foreign request: ${url}`);
    await this.driver.sendTo(this.window, 'POST', '/url', { url });
    await this.#hear();
  }

  async reload() {
    await this.hearOut();
    await this.driver.sendTo(this.window, 'POST', '/refresh', {});
    await this.#hear();
  }

  /** Another server's page is told of from here on. */
  async #hear() {
    await this.evaluate(`globalThis.problems ? null : (${tell})()`);
  }

  /** Takes what the page has told of until now. */
  async hearOut() {
    this.tabs.problems.push(...(await this.evaluate('globalThis.problems?.splice(0) ?? []')));
  }

  async close() {
    await this.hearOut();
    await this.tabs.closePage(this);
  }

  url() {
    return this.evaluate('location.href');
  }

  viewportSize() {
    return this.#size;
  }

  /** The bar is in the window too. @param {Size} size */
  async setViewportSize(size) {
    const bar = await this.evaluate('outerHeight - innerHeight');
    await this.driver.sendTo(this.window, 'POST', '/window/rect', { ...size, height: size.height + bar });
    await this.waitForFunction((/** @type {Size} */ { width, height }) => innerWidth === width && innerHeight === height, size);
    this.#size = size;
  }

  /** The next file that is saved. @param {'download'} _ */
  async waitForEvent(_) {
    const { downloads, home } = this.driver;
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await rest(LOOK_MS)) {
      const names = await readdir(downloads);
      const [name] = names;
      // While it comes there is one of another name, and before that an empty one.
      if (!name || names.some((each) => each.endsWith('.wkdownload')) || (await stat(join(downloads, name))).size === 0) continue;
      const path = join(await mkdtemp(join(home, 'saved-')), name);
      await rename(join(downloads, name), path);
      return { suggestedFilename: () => name, path: async () => path };
    }
    assert.fail('no file was saved');
  }
}

/** The part of a Playwright locator that these tests use. */
class Part {
  #page;
  #steps;

  /** @param {WebKitPage} page @param {Step[]} steps from the document to the elements */
  constructor(page, steps) {
    this.#page = page;
    this.#steps = steps;
  }

  /** @param {string} css */
  locator(css) {
    return this.#with({ css });
  }

  page() {
    return this.#page;
  }

  /** @param {'button'} role @param {{ name: RegExp }} options */
  getByRole(role, { name }) {
    return this.#with({ [role]: name.source });
  }

  /** @param {number} nth */
  nth(nth) {
    return this.#with({ nth });
  }

  first() {
    return this.nth(0);
  }

  last() {
    return this.nth(-1);
  }

  /** @param {Step | Record<string, string>} step */
  #with(step) {
    return new Part(this.#page, [...this.#steps, /** @type {Step} */ (step)]);
  }

  /** The elements, as an expression. */
  get #found() {
    return `(${found})(${JSON.stringify(this.#steps)})`;
  }

  /** @param {unknown} task @param {unknown} [given] */
  evaluateAll(task, given) {
    return this.#page.evaluate(`(${task})(${this.#found}, ${JSON.stringify(given)})`);
  }

  /** With the one element, once it is there. @param {unknown} task @param {unknown} [given] */
  evaluate(task, given) {
    return this.#page.evaluate(once(`${this.#found}.length === 1`, `(${task})(${this.#found}[0], ${JSON.stringify(given)})`));
  }

  count() {
    return this.evaluateAll((/** @type {Element[]} */ elements) => elements.length);
  }

  allTextContents() {
    return this.evaluateAll((/** @type {Element[]} */ elements) => elements.map(({ textContent }) => textContent));
  }

  textContent() {
    return this.evaluate((/** @type {Element} */ { textContent }) => textContent);
  }

  innerText() {
    return this.evaluate((/** @type {HTMLElement} */ { innerText }) => innerText);
  }

  inputValue() {
    return this.evaluate((/** @type {HTMLInputElement} */ { value }) => value);
  }

  isChecked() {
    return this.evaluate((/** @type {HTMLInputElement} */ { checked }) => checked);
  }

  /** @param {string} name */
  getAttribute(name) {
    return this.evaluate((/** @type {Element} */ element, /** @type {string} */ name) => element.getAttribute(name), name);
  }

  isVisible() {
    return this.evaluateAll((/** @type {Element[]} */ elements) => elements.some((element) => element.checkVisibility({ visibilityProperty: true })));
  }

  async isHidden() {
    return !(await this.isVisible());
  }

  focus() {
    return this.evaluate((/** @type {HTMLElement} */ element) => element.focus());
  }

  scrollIntoViewIfNeeded() {
    return this.evaluate((/** @type {Element} */ element) => element.scrollIntoView({ block: 'center', behavior: 'instant' }));
  }

  /** @param {string} chord */
  async press(chord) {
    await this.focus();
    await this.#page.keyboard.press(chord);
  }

  /** Types the text in the place of what is there. @param {string} text */
  async fill(text) {
    await this.evaluate((/** @type {HTMLInputElement} */ element) => {
      element.focus();
      element.select();
    });
    await this.#page.keyboard.press('Delete');
    await this.#page.keyboard.type(text);
    if ((await this.inputValue()) !== text) assert.fail(`“${await this.inputValue()}” stands there instead of “${text}”`);
  }

  /** @param {string} value */
  selectOption(value) {
    return this.evaluate((/** @type {HTMLSelectElement} */ element, /** @type {string} */ value) => {
      element.value = value;
      for (const type of ['input', 'change']) element.dispatchEvent(new Event(type, { bubbles: true }));
    }, value);
  }

  async check() {
    if (!(await this.isChecked())) await this.press('Space');
  }

  async uncheck() {
    if (await this.isChecked()) await this.press('Space');
  }

  /** Clicks once nothing is in the way; a trial does all but that. @param {{ trial?: boolean }} [options] */
  async click({ trial = false } = {}) {
    await this.#until(([element]) => {
      const { left, right, top, bottom } = element.getBoundingClientRect();
      const above = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
      const within = element.contains(above) || above?.contains(element);
      // Something may stand over it at the edges of the window.
      if (!within) element.scrollIntoView({ block: 'center', behavior: 'instant' });
      return right > left && !element.matches(':disabled') && within;
    });
    if (!trial) await this.#page.driver.click(this.#page.window, await this.#reference());
  }

  /** @param {{ name: string, buffer: Uint8Array } | { name: string, buffer: Uint8Array }[]} files */
  async setInputFiles(files) {
    const folder = await mkdtemp(join(this.#page.driver.home, 'chosen-'));
    const paths = [];
    for (const { name, buffer } of [files].flat()) {
      const path = join(folder, name);
      await writeFile(path, buffer);
      paths.push(path);
    }
    await this.#page.driver.choose(this.#page.window, await this.#reference(), paths);
  }

  /** @param {{ state?: 'attached' | 'detached' | 'visible' | 'hidden' }} [options] */
  async waitFor({ state = 'visible' } = {}) {
    if (state === 'attached') return this.#until((elements) => elements.length > 0);
    if (state === 'detached') return this.#until((elements) => elements.length === 0);
    if (state === 'hidden') return this.#until((elements) => elements.every((element) => !element.checkVisibility({ visibilityProperty: true })));
    return this.#until((elements) => {
      const box = elements[0]?.getBoundingClientRect();
      return box && box.width > 0 && box.height > 0 && elements[0].checkVisibility({ visibilityProperty: true });
    });
  }

  #reference() {
    return this.#page.driver.reference(this.#page.window, `${this.#found}[0]`);
  }

  /** Waits until the elements are as they should be. @param {(elements: Element[]) => unknown} condition runs in the page */
  async #until(condition) {
    await this.#page.evaluate(once(`(${condition})(${this.#found})`, 'true'));
  }
}

/**
 * An expression's value once a condition holds; the page itself looks again and again, since each question from outside costs several processes a turn.
 * @param {string} condition @param {string} value
 */
function once(condition, value) {
  return `(async () => {
    for (const end = Date.now() + ${PATIENCE_MS}; !(${condition}); await new Promise((resolve) => setTimeout(resolve, ${LOOK_MS})))
      if (Date.now() > end) throw new Error('waited in vain');
    return ${value};
  })()`;
}

/** Runs in the page: the elements that some steps lead to; `:visible` is Playwright's. @param {Step[]} steps */
function found(steps) {
  const visible = (/** @type {Element} */ element) => element.getClientRects().length > 0;
  const below = (/** @type {(Element | Document)[]} */ from, /** @type {string} */ css) => [...new Set(from.flatMap((one) => [...one.querySelectorAll(css)]))];
  return /** @type {Element[]} */ (
    steps.reduce(
      (/** @type {(Element | Document)[]} */ from, step) => {
        if ('nth' in step) return from.slice(step.nth, step.nth + 1 || undefined);
        if ('button' in step)
          return below(from, 'button').filter((one) => new RegExp(step.button).test(one.getAttribute('aria-label') ?? one.textContent ?? ''));
        const elements = below(from, step.css.replaceAll(':visible', ''));
        return step.css.endsWith(':visible') ? elements.filter(visible) : elements;
      },
      [document],
    )
  );
}

/** A function's call, as an expression. @param {unknown} task @param {unknown} given */
function call(task, given) {
  return `(${task})(${given === undefined ? '' : JSON.stringify(given)})`;
}
