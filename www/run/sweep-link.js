// @ts-check
/**
 * A sweep as a link: the axis, its values and the number of seeds before the recipe's own link, which the module reads and writes.
 *
 *     sweep=m&values=1,2,4,8&seeds=5&v=1&d=2&m=16&…&seed=42
 */
import { quoted } from '../common/quoted.js';
import { AXES, isAxis, SweepError } from './sweeps.js';

/** @typedef {import('./sweeps.js').Setup} Setup */

/** What a fragment begins with that is a sweep's. */
export const BEGINNING = 'sweep=';

/** @param {Setup} setup @param {string} run the recipe's fragment */
export function writeSweep({ axis, values, seeds }, run) {
  return `${BEGINNING}${axis}&values=${values
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map(encodeURIComponent)
    .join(',')}&seeds=${encodeURIComponent(seeds.trim())}&${run}`;
}

/** @param {string} fragment @returns {{ setup: Setup, run: string }} with the recipe's fragment, unread */
export function readSweep(fragment) {
  /** @type {Map<string, string>} */
  const own = new Map();
  const rest = fragment.split('&').filter((pair) => {
    const [key, ...value] = pair.split('=');
    if (!['sweep', 'values', 'seeds'].includes(key)) return true;
    if (own.has(key)) throw new SweepError(key, `${key} is given more than once`);
    own.set(key, decoded(key, value.join('=')));
    return false;
  });
  const [axis = '', values, seeds] = ['sweep', 'values', 'seeds'].map((key) => own.get(key));
  if (!isAxis(axis)) throw new SweepError('sweep', `sweep = “${quoted(axis)}” is nothing that is swept: it must be one of ${AXES.join(', ')}`);
  if (values === undefined) throw new SweepError('values', 'values is missing: it lists what is swept over');
  if (seeds === undefined) throw new SweepError('seeds', 'seeds is missing: it says how many runs each value gets');
  const foreign = rest.find((pair) => /^(?:W|x|mse|play)=/.test(pair));
  if (foreign) throw new SweepError('', `${foreign.split('=')[0]} is part of a run’s link, and not of a sweep’s`);
  return { setup: { axis, values, seeds }, run: rest.join('&') };
}

/** @param {string} key @param {string} text */
function decoded(key, text) {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new SweepError(key, `${key} in the link holds a broken % code`);
  }
}
