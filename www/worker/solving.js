// @ts-check
/**
 * The last layers in closed form on the way of a run, by the lab's module in the worker that trains. It is loaded by the first run that has
 * such a solution on its way.
 */
import { loadModule } from './backend.js';
import { Paced } from './paced.js';

/** @typedef {import('../common/lab-protocol.js').LabModule} LabModule */
/** @typedef {import('../common/protocol.js').Engine} Engine */
/** @typedef {import('../common/protocol.js').Fields} Fields */
/** @typedef {import('../common/protocol.js').Session} Session */

/** @type {Promise<LabModule> | undefined} */
let loaded;

/** Begins, for the hidden layers as they are. @param {Session} session @param {Fields} fields @param {number} draws */
export async function solving(session, fields, draws) {
  loaded ??= loadModule('lab');
  const lab = await loaded;
  return new Paced(lab.Solve.open(fields, await session.weightsFile({}), draws));
}

/** A session in the place of another, with the weights of a file and all else as it is. @param {Engine} engine @param {Session} session @param {Fields} fields @param {Uint8Array} file */
export async function withWeights(engine, session, fields, file) {
  const other = await engine.Session.open(fields, file, await session.checkpoint());
  session.free();
  return other;
}
