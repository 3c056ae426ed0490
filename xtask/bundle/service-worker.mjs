// @ts-check
/** The service worker's list of files: what a visit without a network needs is kept at once, the rest when it is first used. */

/** @typedef {import('./output.mjs').Output} Output */

/** Of the output, what most visits do without. */
const LATER = /^www\/(module-webgpu|module-lab|bench|api|card|icon-192|icon-512|icon-maskable|run-)/;

const OWN = /const FILES = \{.*?^\};/ms;

/** @param {string} source @param {Output} output */
export function serviceWorker(source, output) {
  if (!OWN.test(source)) throw new Error('www/shell/service-worker.js has no FILES to put others in the place of');
  const held = (/** @type {string[]} */ names) => Object.fromEntries(names.map((name) => [name, output.integrity(name)]));
  // Source maps are for developer tools, which do not ask a service worker.
  const wanted = output.files.filter((name) => !name.endsWith('.map'));
  const files = {
    build: output.build,
    atOnce: held(wanted.filter((name) => !LATER.test(name))),
    later: held(wanted.filter((name) => LATER.test(name))),
  };
  return source.replace(OWN, () => `const FILES = ${JSON.stringify(files, null, 2)};`);
}
