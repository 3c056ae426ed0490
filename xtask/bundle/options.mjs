// @ts-check
/** What the scripts that make something of a build are told of it, each beside what is its own. */
import { fileURLToPath } from 'node:url';
import { given, origin } from './source.mjs';

export const TEXT = /** @type {const} */ ({ type: 'string', default: '' });
export const FLAG = /** @type {const} */ ({ type: 'boolean', default: false });

const { PHI_PSI_SOURCE = '', PHI_PSI_NOTEBOOKS = '' } = process.env;

export const COMMON = {
  version: TEXT,
  commit: TEXT,
  address: TEXT,
  source: { ...TEXT, default: PHI_PSI_SOURCE },
  notebooks: { ...TEXT, default: PHI_PSI_NOTEBOOKS },
};

/** The addresses as they are opened in a browser; throws where one is none of the web. @param {{ address: string, source: string, notebooks: string }} asked */
export function addresses({ address, source, notebooks }) {
  return {
    address: given('address', address),
    source: given('source', source) || origin(fileURLToPath(new URL('../..', import.meta.url))),
    notebooks: given('notebooks', notebooks),
  };
}

/** Throws where one that is needed is missing. @param {Record<string, unknown>} values @param {readonly string[]} needed @param {string} usage */
export function needing(values, needed, usage) {
  for (const name of needed) if (!values[name]) throw new Error(`--${name} is missing: ${usage}`);
}
