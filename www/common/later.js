// @ts-check
/** When to do again what is done on the side, so that it costs one part in fifty of the time. */

const SHARE = 50;

/** When to do again what began then and has just ended, as `performance.now()` counts. @param {number} began @param {number} [least] milliseconds until then at least */
export function later(began, least = 0) {
  const now = performance.now();
  return now + Math.max(least, SHARE * (now - began));
}
