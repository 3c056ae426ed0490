// @ts-check
/** What is said of a solution while it is under way. Knows no DOM. */

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
