// @ts-check
/**
 * Starts workers. The page's first one is started here and now: the page loads this file by a tag of its own, so that the worker and
 * its module are on their way while the rest of the page still is.
 */

/** @typedef {{ worker: Worker, error: ErrorEvent | null }} Started */

/** Until somebody takes it. @type {Started | null} */
let first = start();

/** @returns {Started} */
function start() {
  const worker = new Worker(address(new URL('./worker.js', import.meta.url)), { type: 'module' });
  /** @type {Started} */
  const started = { worker, error: null };
  worker.onerror = (event) => {
    event.preventDefault();
    started.error = event;
  };
  return started;
}

/**
 * A worker that nobody has spoken to yet, and that does not speak first. One that could not be started tells so later, never at once.
 * @param {(worker: Worker, message: any) => void} hear
 * @param {(worker: Worker, event: ErrorEvent) => void} fail
 */
export function launch(hear, fail) {
  const { worker, error } = first ?? start();
  first = null;
  worker.onmessage = ({ data }) => hear(worker, data);
  worker.onerror = (event) => {
    event.preventDefault();
    fail(worker, event);
  };
  if (error) queueMicrotask(() => fail(worker, error));
  return worker;
}

/** Where the worker is to be had. A page of another origin may import a script, but start no worker from it: it starts one of its own that imports. @param {URL} script */
function address(script) {
  if (script.origin === location.origin) return script;
  return URL.createObjectURL(new Blob([`import ${JSON.stringify(script.href)};`], { type: 'text/javascript' }));
}
