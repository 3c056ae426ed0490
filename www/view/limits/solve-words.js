// @ts-check
/** A solution as a part of its recipe, and what is said of it while it is under way. Knows no DOM. */
import { count, duration, error } from '../../common/figures.js';
import { fold } from '../../common/ratios.js';
import { solves } from '../../common/recipe.js';

/** @typedef {import('../../common/protocol.js').Fields} Fields */
/** @typedef {import('../../common/recipe.js').Solve} Solve */

/**
 * What was solved, and its MSE, `within` which figure and `over` what, in words; the floor is NaN where it is not known.
 * @typedef {{ solved: import('../../common/lab-protocol.js').Solved, seconds: number, mse: number, within: string, over: string, floor: number }} Answer
 */

/** Seconds after which its speed is known, and beyond which it is worth saying how long it takes. */
const KNOWN = 3;
const LONG = 20;

/** How long a solution takes in all; nothing while that is not known, or where it is not long. @param {number} seconds that it has taken so far @param {number} share of it that is done */
export function inAll(seconds, share) {
  const all = seconds / share;
  if (seconds < KNOWN || !(all > LONG) || !Number.isFinite(all)) return '';
  const minutes = Math.round(all / 60);
  return `It takes about ${minutes < 1 ? 'half a minute' : minutes === 1 ? 'a minute' : `${minutes} minutes`} in all.`;
}

/** The recipe with a solution at the end of an epoch, in the place of another there. @param {Fields} fields @param {Solve} solve @returns {Fields} */
export function withSolve(fields, solve) {
  const others = solves(fields).filter(({ epoch }) => epoch !== solve.epoch);
  const all = [...others, solve].sort((one, other) => one.epoch - other.epoch);
  return { ...fields, solve: all.map(({ epoch, draws }) => `${epoch}:${draws}`).join(',') };
}

/** What was found. @param {Answer} answer @param {string} from which hidden layers */
export function foundWords({ solved, seconds, mse, within, over, floor }, from) {
  const above = Number.isFinite(floor) && floor > 0 ? `, ${fold(mse / floor)} the floor` : '';
  const found = Number.isFinite(mse)
    ? `MSE ${error(mse)}${within} over ${over}${above}`
    : `of ${over} some have outputs that overflow, so there is no error to tell`;
  return `Solved in ${duration(seconds)} over ${count(solved.rows * solved.draws)} pairs of a row of W and an x, with ${from}: ${found}.`;
}
