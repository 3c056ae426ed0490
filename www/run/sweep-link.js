// @ts-check
/**
 * A sweep as a link: the axis, its values and the number of seeds before the recipe's own link, which the module reads and writes; of a map two axes,
 * and the values of both.
 *
 *     sweep=m&values=1,2,4,8&seeds=5&v=1&d=2&m=16&…&seed=42
 *     sweep=m,hidden&values=1,2,4;16,64&seeds=3&v=1&d=2&m=16&…&seed=42
 */
import { quoted } from '../common/quoted.js';
import { RefusalError } from './errors.js';
import { PAIRS, pairOf } from './maps.js';
import { AXES, isAxis, SweepError } from './sweeps.js';

/** @typedef {import('../common/protocol.js').Fields} Fields */
/** @typedef {import('./maps.js').MapSetup} MapSetup */
/** @typedef {import('./sweeps.js').Setup} Setup */

/** What a fragment begins with that is a sweep's. */
const BEGINNING = 'sweep=';

/** @param {Setup} setup @param {string} run the recipe's fragment */
export function writeSweep({ axis, values, seeds }, run) {
  return written(axis, listed(values), seeds, run);
}

/** @param {MapSetup} setup @param {string} run the recipe's fragment */
export function writeMap({ axes, values, seeds }, run) {
  return written(axes.join(), values.map(listed).join(';'), seeds, run);
}

/** @param {string} axes @param {string} values @param {string} seeds @param {string} run */
function written(axes, values, seeds, run) {
  return `${BEGINNING}${axes}&values=${values}&seeds=${encodeURIComponent(seeds.trim())}&${run}`;
}

/** @param {string} values as typed */
function listed(values) {
  return values
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map(encodeURIComponent)
    .join(',');
}

/** @param {string} fragment @returns {{ setup: Setup | MapSetup, run: string }} with the recipe's fragment, unread */
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
  const axes = pairOf(axis.split(','));
  if (!axes && !isAxis(axis))
    throw new SweepError(
      'sweep',
      `sweep = “${quoted(axis)}” is nothing that is swept: it must be one of ${[...AXES, ...PAIRS.map(({ axes }) => axes.join())].join(', ')}`,
    );
  if (values === undefined) throw new SweepError('values', 'values is missing: it lists what is swept over');
  if (seeds === undefined) throw new SweepError('seeds', 'seeds is missing: it says how many runs each value gets');
  const foreign = rest.find((pair) => /^(?:W|x|mse|play)=/.test(pair));
  if (foreign) throw new SweepError('', `${foreign.split('=')[0]} is part of a run’s link, and not of a sweep’s`);
  const run = rest.join('&');
  if (!axes) return { setup: { axis: /** @type {import('./sweeps.js').Axis} */ (axis), values, seeds }, run };
  const [first = '', second = '', ...more] = values.split(';');
  if (more.length > 0) throw new SweepError('values', 'values has more than two lists: one for each axis, with a semicolon between them');
  return { setup: { axes, values: [first, second], seeds }, run };
}

/** @param {string} key @param {string} text */
function decoded(key, text) {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new SweepError(key, `${key} in the link holds a broken % code`);
  }
}

/**
 * The recipe that a sweep or a map is of, as a link: as it was typed, but for the axes' own fields where that is refused. They do not count, and may
 * say anything, also what does not go with another field; what is tried first is in their place then.
 * @param {(parts: { fields: Fields }) => Promise<string>} write @param {Fields} base @param {readonly string[]} axes @param {Fields} first
 */
export async function baseLink(write, base, axes, first) {
  try {
    return await write({ fields: base });
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error;
    return write({ fields: { ...base, ...Object.fromEntries(axes.map((axis) => [axis, first[axis]])) } });
  }
}
