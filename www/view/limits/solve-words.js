// @ts-check
/** A solution as a part of its recipe, and what is said of it while it is under way. Knows no DOM. */
import { solves } from '../../common/recipe.js';

/** @typedef {import('../../common/protocol.js').Fields} Fields */
/** @typedef {import('../../common/recipe.js').Solve} Solve */

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
