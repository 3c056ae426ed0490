// @ts-check
/** Where a value stands on a line of pixels, and which values can stand there. Pure arithmetic. */

/** Where a value stands, and which value stands at so many pixels. @typedef {((value: number) => number) & { value: (at: number) => number }} Scale */

/** Even steps from `low`, which stands at `start`, to `high`, at `end`. @param {number} low @param {number} high @param {number} start @param {number} end @returns {Scale} */
export function linear(low, high, start, end) {
  const place = (/** @type {number} */ value) => start + ((value - low) / (high - low)) * (end - start);
  return Object.assign(place, { value: (/** @type {number} */ at) => low + ((at - start) / (end - start)) * (high - low) });
}

/** Equal factors are equally long; a single value stands in the middle. @param {number} low @param {number} high @param {number} start @param {number} end @returns {Scale} */
export function logarithmic(low, high, start, end) {
  if (low === high) return Object.assign(() => (start + end) / 2, { value: () => low });
  const along = linear(Math.log(low), Math.log(high), start, end);
  const place = (/** @type {number} */ value) => along(Math.log(value));
  return Object.assign(place, { value: (/** @type {number} */ at) => Math.exp(along.value(at)) });
}

/** Zero and what is not finite have no place on a logarithmic axis. @param {number} value */
export function drawable(value) {
  return value > 0 && Number.isFinite(value);
}

/** What can be drawn of many values reaches from and to, gathered list by list: loops, since a long run is redrawn thirty times a second. */
export function range() {
  let low = Infinity;
  let high = -Infinity;
  return {
    /** @template P @param {readonly P[]} points @param {(point: P) => number} of what of a point is drawn */
    widen(points, of) {
      for (const point of points) {
        const value = of(point);
        if (!drawable(value)) continue;
        if (value < low) low = value;
        if (value > high) high = value;
      }
    },
    /** Null where nothing can be drawn. @returns {{ low: number, high: number } | null} */
    ends: () => (low > high ? null : { low, high }),
  };
}
