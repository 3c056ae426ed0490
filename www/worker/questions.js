// @ts-check
/** What is asked of the run that is open, as it is at that moment. */
import { demoText } from '../common/print.js';

/** @typedef {import('../common/protocol.js').Comparison} Comparison */
/** @typedef {import('../common/protocol.js').Engine} Engine */
/** @typedef {import('../common/protocol.js').ToWorker} ToWorker */

/** @param {() => Promise<import('./run.js').Run>} opened the run, with nothing on its way */
export function questions(opened) {
  /** @satisfies {Partial<import('./host.js').Handlers<ToWorker, Engine>>} */
  const handlers = {
    draw: async ({ draw }) => compared(await opened(), (session) => session.compare(draw)),
    typed: async ({ W, x }) => compared(await opened(), (session) => session.compareWith(W, x)),
    predict: async ({ W, x }) => (await opened()).session.predict(W, x),
    weights: async ({ notes }) => (await opened()).session.weightsFile(notes),
    sample: async ({ entries }) => (await opened()).session.sample(entries),
    rate: async ({ lr }) => (await opened()).changeRate(lr),
  };
  return handlers;
}

/** A comparison with its print. @param {import('./run.js').Run} run @param {(session: import('./run.js').Run['session']) => Promise<Omit<Comparison, 'text'>>} ask @returns {Promise<Comparison>} */
async function compared({ session, fields }, ask) {
  const comparison = await ask(session);
  return { ...comparison, text: demoText(comparison, fields) };
}
