// @ts-check
/** What is asked of the module and of no run: recipes, links and files, read and judged by the one validator. */

/** @typedef {import('../common/protocol.js').Engine} Engine */
/** @typedef {import('../common/protocol.js').ToWorker} ToWorker */

/** @satisfies {Partial<import('./host.js').Handlers<ToWorker, Engine>>} */
export const LINKS = {
  check: ({ fields }, cpu) => cpu.check(fields),
  read: ({ fragment }, cpu) => cpu.readLink(fragment),
  write: ({ parts: { fields, W, x, mse } }, cpu) => cpu.writeLink(fields, W, x, mse, false),
  inspect: ({ bytes }, cpu) => cpu.readWeights(bytes),
};
