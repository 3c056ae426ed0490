// @ts-check
/**
 * Starts workers, each from a few lines of our own that import the real script. A page's Content Security Policy in a `<meta>` does not reach a
 * worker that is loaded by its address, but it does reach this one; and a page of another origin, which may import our scripts but start no
 * worker from them, can start this one.
 *
 * Under Trusted Types this file holds the page's only policy, and the policy knows two kinds of script: the page's own, and the
 * service worker.
 */
import { BUILD } from './build.js';
import { MISSING_SCRIPT } from './missing.js';

/** @typedef {{ createScriptURL: (address: string) => string }} Policy */

/** Of the page's scripts: where this one is when they are put together, and above it when they are as they were written. */
const FOLDER = new URL(BUILD.shipped ? './' : '../', import.meta.url).href;

/** Beside the page and not in its folder of scripts, since its folder is all that it may serve. */
const SERVICE_WORKER = new URL('../sw.js', FOLDER).href;

/** Where the lines for each script are, made once and kept. @type {Map<string, string>} */
const made = new Map();

const policy = named({ createScriptURL: allowed });

/** @param {URL} script the worker's */
export function spawn(script) {
  return new Worker(policy.createScriptURL(script.href), { type: 'module' });
}

/** Makes the service worker serve the page from its next visit on. */
export function enlist() {
  return navigator.serviceWorker.register(policy.createScriptURL(SERVICE_WORKER), { updateViaCache: 'none' });
}

/** The address that a worker may be started from. @param {string} script */
function allowed(script) {
  if (script === SERVICE_WORKER) return script;
  if (!script.startsWith(FOLDER)) throw new TypeError(`${script} is no script of this page`);
  const known = made.get(script);
  if (known) return known;
  const lines = URL.createObjectURL(new Blob([importing(script)], { type: 'text/javascript' }));
  // What follows the # changes nothing, and names the worker to whoever looks at a list of them.
  const address = `${lines}#${script.split('/').at(-1)}`;
  made.set(script, address);
  return address;
}

/**
 * Imports the script while the lines run and not before: Firefox asks the service worker for the one and not for the other. So what the page says
 * meanwhile is kept for the script, and what goes wrong is thrown again, where the page hears it.
 * @param {string} script
 */
function importing(script) {
  return `
    const early = [];
    const keep = (event) => {
      event.stopImmediatePropagation();
      early.push(event.data);
    };
    addEventListener('message', keep);
    import(${JSON.stringify(script)}).then(() => {
      removeEventListener('message', keep);
      for (const data of early) dispatchEvent(new MessageEvent('message', { data }));
    }, (error) => {
      const missing = ${MISSING_SCRIPT}.test(error.message);
      setTimeout(() => { throw missing ? new Error('its script did not arrive') : error; });
    });`;
}

/** The rules as the policy that the page's own header allows, where the browser has Trusted Types. @param {Policy} rules @returns {Policy} */
function named(rules) {
  const { trustedTypes } = /** @type {{ trustedTypes?: { createPolicy: (name: string, rules: Policy) => Policy } }} */ (/** @type {unknown} */ (globalThis));
  try {
    return trustedTypes?.createPolicy('phi-psi', rules) ?? rules;
  } catch {
    // Another page that uses our API and allows no such policy; whether it allows the worker is its own affair.
    return rules;
  }
}
