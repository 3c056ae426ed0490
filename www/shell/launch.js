// @ts-check
/**
 * Starts the workers that train. The page's first one is started here and now: the page loads this file by a tag of its own, so that the worker and
 * its module are on their way while the rest of the page still is.
 */
import { spawn } from './spawn.js';

/** @typedef {{ worker: Worker, error: ErrorEvent | null }} Started */

/** Until somebody takes it. @type {Started | null} */
let first = start();

/** @returns {Started} */
function start() {
  const worker = spawn(new URL('../worker/worker.js', import.meta.url));
  /** @type {Started} */
  const started = { worker, error: null };
  worker.onerror = (event) => {
    event.preventDefault();
    started.error = event;
  };
  return started;
}

/** A worker that nobody has spoken to yet, and that does not speak first. One that could not be started tells its `onerror` so later, never at once. */
export function launch() {
  const { worker, error } = first ?? start();
  first = null;
  if (error) queueMicrotask(() => worker.onerror?.(error));
  return worker;
}
