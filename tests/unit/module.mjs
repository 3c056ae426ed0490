// @ts-check
/**
 * The modules that the page serves, in Node: links, files and recipes are judged by the code that ships.
 *
 *     PHI_PSI_DIST: the folder of the page as it is written; `cargo xtask test` sets it, and target/unbundled serves without
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** @typedef {import('../../www/common/protocol.js').Engine} Engine */
/** @typedef {import('../../www/common/protocol.js').Fields} Fields */
/** @typedef {import('../../www/common/protocol.js').Session} Session */

const { PHI_PSI_DIST = fileURLToPath(new URL('../../target/unbundled', import.meta.url)) } = process.env;

/** The CPU's module, or the lab's. @param {'cpu' | 'lab'} name @returns {Promise<any>} */
async function load(name) {
  const folder = `${PHI_PSI_DIST}/www/pkg/${name}`;
  const [script, bytes] = await Promise.all([readFile(`${folder}/phi_psi.js`, 'utf8'), readFile(`${folder}/phi_psi_bg.wasm`)]);
  // By its text: the built folder has no package.json that would say that a file called .js is a module.
  const module = await import(`data:text/javascript,${encodeURIComponent(script)}`);
  module.initSync({ module: bytes });
  return module;
}

/** @returns {Promise<Engine>} */
export const cpu = () => load('cpu');

export const lab = () => load('lab');

/** Trains a recipe as typed to its end, or up to an epoch. @param {Engine} engine @param {Fields} fields @param {number} [until] @param {Uint8Array} [weights] to begin with */
export async function trained(engine, fields, until = Number(fields.epochs), weights = undefined) {
  const session = await engine.Session.open(fields, weights);
  const history = [];
  while (session.epoch < until && !session.done) {
    session.queue(0xffff_ffff, until);
    history.push(...(await session.collect()));
  }
  return { session, history };
}
