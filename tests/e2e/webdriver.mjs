// @ts-check
/**
 * WebKitGTK's browser by plain WebDriver: its driver and a screen that nobody sees are started with it, and end with it.
 *
 *     WEBKIT: WebKitWebDriver; `cargo xtask test` sets it, or NO_WEBKIT to the reason
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */
/** An element, as WebDriver names it. @typedef {Record<string, string>} Reference */

/** A machine that is busy starts a browser slowly. */
const START_MS = 60_000;

const LOOK_MS = 20;

/** In the browser's home. */
const DOWNLOADS = 'downloads';

/** As long as a script in the page may take to answer. */
const SCRIPT_MS = 240_000;

/**
 * The browser's own bar would keep its window from being as narrow as a phone, so it is made as small as it can be. The page's looks come from its own
 * style sheet alone.
 */
const NO_BAR = '* { margin: 0; padding: 0; border-width: 0; min-width: 0; min-height: 0; font-size: 1px; -gtk-icon-transform: scale(0.1); }\n';

/** What WebDriver calls the keys that write nothing. @type {Record<string, string>} */
const KEYS = {
  ...{ Backspace: '\uE003', Tab: '\uE004', Enter: '\uE006', Shift: '\uE008', Control: '\uE009', Alt: '\uE00A', Escape: '\uE00C' },
  ...{ End: '\uE010', Home: '\uE011', ArrowLeft: '\uE012', ArrowUp: '\uE013', ArrowRight: '\uE014', ArrowDown: '\uE015', Delete: '\uE017' },
  Space: ' ',
};

export class WebDriver {
  /** The window that commands go to. */
  #window = '';
  /** The browser's first, which stays open: the browser ends with its last one. */
  #first = '';

  /** @param {string} address of the session @param {string} version the browser's @param {string} home a folder that ends with it @param {() => Promise<void>} end */
  constructor(address, version, home, end) {
    this.address = address;
    this.version = version;
    this.home = home;
    /** Where files are saved. */
    this.downloads = join(home, DOWNLOADS);
    this.end = end;
  }

  /** Starts a screen, the driver and the browser. @param {string} program the driver */
  static async start(program) {
    const home = await mkdtemp(join(tmpdir(), 'phi-psi-webkit-'));
    await furnished(home);
    /** @type {ChildProcess[]} */
    const started = [];
    const kill = () => started.forEach((child) => void child.kill());
    process.once('exit', kill);
    const end = async () => {
      kill();
      await Promise.all(started.map((child) => child.exitCode ?? child.signalCode ?? new Promise((resolve) => child.once('exit', resolve))));
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    };
    try {
      const port = await freePort();
      const display = await screen(started);
      const driver = spawn(program, [`--port=${port}`], { stdio: 'ignore', env: { ...process.env, ...surroundings(home, display) } });
      started.push(driver);
      const root = `http://127.0.0.1:${port}`;
      await answers(root);
      const { sessionId, capabilities } = await asked('POST', `${root}/session`, { capabilities: {} });
      const session = new WebDriver(`${root}/session/${sessionId}`, capabilities.browserVersion, home, async () => {
        await session.send('DELETE', '').catch(() => {});
        await end();
      });
      await session.send('POST', '/timeouts', { script: SCRIPT_MS });
      return session;
    } catch (error) {
      await end();
      throw error;
    }
  }

  /** One command. @param {'GET' | 'POST' | 'DELETE'} method @param {string} path @param {Record<string, unknown>} [body] @returns {Promise<any>} */
  send(method, path, body) {
    return asked(method, `${this.address}${path}`, body);
  }

  /** The same to a window. @param {string} window @param {'GET' | 'POST' | 'DELETE'} method @param {string} path @param {Record<string, unknown>} [body] @returns {Promise<any>} */
  async sendTo(window, method, path, body) {
    if (this.#window !== window) await this.send('POST', '/window', { handle: window });
    this.#window = window;
    return this.send(method, path, body);
  }

  /** A new window: of a window's tabs only the one on show draws. @returns {Promise<string>} */
  async open() {
    this.#first ||= await this.send('GET', '/window');
    return (await this.sendTo(this.#first, 'POST', '/window/new', { type: 'window' })).handle;
  }

  /** @param {string} window */
  async close(window) {
    await this.sendTo(window, 'DELETE', '/window');
    this.#window = '';
  }

  /**
   * What an expression comes to in the page, which may be a promise; both ways it is JSON.
   * @param {string} window @param {string} expression @returns {Promise<any>}
   */
  async evaluate(window, expression) {
    const script = `const told = arguments[0];
      (async () => (${expression}))().then((value) => told(JSON.stringify({ value })), (error) => told(JSON.stringify({ error: String(error) })));`;
    const { value, error } = JSON.parse(await this.sendTo(window, 'POST', '/execute/async', { script, args: [] }));
    if (error) throw new Error(`in the page: ${error}`);
    return value;
  }

  /** The element that an expression finds. @param {string} window @param {string} expression @returns {Promise<Reference>} */
  reference(window, expression) {
    return this.sendTo(window, 'POST', '/execute/sync', { script: `return (${expression});`, args: [] });
  }

  /** Clicks where the element's middle is. @param {string} window @param {Reference} element */
  async click(window, element) {
    await this.sendTo(window, 'POST', `/element/${idOf(element)}/click`, {});
  }

  /** Chooses files for a control that takes some. @param {string} window @param {Reference} element @param {string[]} paths */
  async choose(window, element, paths) {
    await this.sendTo(window, 'POST', `/element/${idOf(element)}/value`, { text: paths.join('\n') });
  }

  /** Presses keys one after the other, by Playwright's names: `Enter`, `Shift+Tab`, `s`. @param {string} window @param {string[]} chords */
  async press(window, chords) {
    const actions = chords.flatMap((chord) => {
      const keys = chord.length > 1 ? chord.split('+').map((name) => KEYS[name] ?? name) : [chord];
      return [...keys.map((value) => ({ type: 'keyDown', value })), ...keys.reverse().map((value) => ({ type: 'keyUp', value }))];
    });
    await this.sendTo(window, 'POST', '/actions', { actions: [{ type: 'key', id: 'keys', actions }] });
  }
}

/** A reference's only value. @param {Reference} element */
function idOf(element) {
  return Object.values(element)[0];
}

/** Furnishes the browser's home, so that nothing of it is left in the user's own. @param {string} home */
async function furnished(home) {
  // Debian's has GTK 3, newer ones GTK 4.
  for (const folder of ['config/gtk-3.0', 'config/gtk-4.0', 'runtime', DOWNLOADS]) await mkdir(join(home, folder), { recursive: true, mode: 0o700 });
  for (const gtk of ['3', '4']) await writeFile(join(home, `config/gtk-${gtk}.0/gtk.css`), NO_BAR);
  await writeFile(join(home, 'config/user-dirs.dirs'), `XDG_DOWNLOAD_DIR="${join(home, DOWNLOADS)}"\n`);
}

/** @param {string} home @param {string} display @returns {Record<string, string>} */
function surroundings(home, display) {
  return {
    DISPLAY: display,
    GDK_BACKEND: 'x11',
    // The sandbox wants rights that containers do not have, and all that is visited here is our own page.
    WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
    WEBKIT_DISABLE_COMPOSITING_MODE: '1',
    // No service of a desktop is started for a browser that nobody sees.
    NO_AT_BRIDGE: '1',
    GSETTINGS_BACKEND: 'memory',
    DBUS_SESSION_BUS_ADDRESS: 'disabled:',
    ...{
      XDG_CONFIG_HOME: join(home, 'config'),
      XDG_CACHE_HOME: join(home, 'cache'),
      XDG_DATA_HOME: join(home, 'data'),
      XDG_RUNTIME_DIR: join(home, 'runtime'),
    },
  };
}

/** A screen that nobody sees, on a number that is free; it goes when its last window has gone. @param {ChildProcess[]} started @returns {Promise<string>} */
function screen(started) {
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1600x1200x24', '-nolisten', 'tcp', '-terminate'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  started.push(server);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', () => reject(new Error('Xvfb ended at once')));
    server.stdio[3]?.once('data', (number) => resolve(`:${String(number).trim()}`));
  });
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port is free'))));
    });
  });
}

/** Waits until the driver answers. @param {string} root */
async function answers(root) {
  for (const end = Date.now() + START_MS; ; ) {
    try {
      return await asked('GET', `${root}/status`);
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await rest(LOOK_MS);
  }
}

/** @param {'GET' | 'POST' | 'DELETE'} method @param {string} url @param {Record<string, unknown>} [body] @returns {Promise<any>} */
async function asked(method, url, body) {
  const answer = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) });
  const { value } = /** @type {{ value: any }} */ (await answer.json());
  if (!answer.ok) throw new Error(`${method} ${new URL(url).pathname.replace(/^\/session\/[^/]*/, '')}: ${value.error}: ${value.message}`);
  return value;
}
