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
