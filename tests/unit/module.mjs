// @ts-check
/**
 * The modules that the page serves, in Node: links, files and recipes are judged by the code that ships.
 *
 *     PHI_PSI_DIST: the folder of the page as it is written; `cargo xtask test` sets it, and target/unbundled serves without
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** @typedef {import('../../www/common/protocol.js').Engine} Engine */
/** @typedef {import('../../www/common/protocol.js').Evaluation} Evaluation */
/** @typedef {import('../../www/common/protocol.js').Fields} Fields */
/** @typedef {import('../../www/common/protocol.js').Session} Session */

const { PHI_PSI_DIST = fileURLToPath(new URL('../../target/unbundled', import.meta.url)) } = process.env;

/** A module's script under a name that Node takes for a module's: no package.json beside the built page says what its .js files are. @param {string} script @returns {Promise<any>} */
export async function imported(script) {
  const folder = await mkdtemp(join(tmpdir(), 'phi-psi-'));
  const file = join(folder, 'module.mjs');
  await writeFile(file, script);
  try {
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** @param {'cpu' | 'lab'} name */
async function load(name) {
  const folder = `${PHI_PSI_DIST}/www/pkg/${name}`;
  const [script, bytes] = await Promise.all([readFile(`${folder}/phi_psi.js`, 'utf8'), readFile(`${folder}/phi_psi_bg.wasm`)]);
  const module = await imported(script);
  module.initSync({ module: bytes });
  return module;
}

/** The module that the page always loads. @returns {Promise<Engine>} */
export const cpu = () => load('cpu');

/** The module of the floor, the series and the closed form. @returns {Promise<import('../../www/common/lab-protocol.js').LabModule>} */
export const lab = () => load('lab');

/** A recipe's run, trained to its end or to an epoch. @param {Engine} engine @param {Fields} fields @param {{ until?: number, weights?: Uint8Array }} [how] */
export async function trained(engine, fields, { until = Number(fields.epochs), weights } = {}) {
  const session = await engine.Session.open(fields, weights);
  const history = [];
  while (session.epoch < until && !session.done) {
    session.queue(0xffff_ffff, until);
    history.push(...(await session.collect()));
  }
  return { session, history };
}

/** The error over all held-out draws. @param {Session} session @returns {Promise<Evaluation>} */
export async function evaluated(session) {
  const found = await session.evaluate(0xffff_ffff);
  if (!found) throw new Error('the evaluation did not end');
  return found;
}

/** What something is refused with: the key that is wrong, and the sentence. @param {() => unknown} task @returns {Promise<{ key: string | undefined, message: string }>} */
export async function refusal(task) {
  try {
    await task();
  } catch (error) {
    const { key, message } = /** @type {Error & { key?: string }} */ (error);
    return { key, message };
  }
  throw new Error('it was not refused');
}
