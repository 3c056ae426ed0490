// @ts-check
/** Many numbers in few: quantiles, counts, and bands of one quantity along another. Pure arithmetic. */

/** Some of the numbers by their keys: how many there are, their median, and what the middle 80 % of them reach from and to.
 * @typedef {{ from: number, to: number, count: number, low: number, median: number, high: number }} Band */

/** What a share of the numbers is below. @param {ArrayLike<number>} sorted @param {number} share */
export function quantile(sorted, share) {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

/** How far from zero a share of the numbers stays. @param {ArrayLike<number>} values @param {number} share */
export function extent(values, share) {
  return quantile(Float64Array.from(values, Math.abs).sort(), share);
}

const ROUND = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];

/** The next number that is easily read. @param {number} value positive */
export function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  const digit = ROUND.find((round) => round * power >= value * 0.999999) ?? 10;
  return Number((digit * power).toPrecision(2));
}

/**
 * Counts in equal bins of [−reach, reach]; what lies beyond is in the first and the last one, so that nothing is left out.
 * @param {ArrayLike<number>} values @param {number} reach @param {number} bins
 */
export function counted(values, reach, bins) {
  const counts = /** @type {number[]} */ (new Array(bins).fill(0));
  for (let i = 0; i < values.length; i += 1) {
    const bin = Math.floor(((values[i] + reach) / (2 * reach)) * bins);
    counts[Math.min(Math.max(bin, 0), bins - 1)] += 1;
  }
  return counts;
}

/**
 * The values in equal bins of their keys, those with too few values left out.
 * @param {ArrayLike<number>} keys @param {ArrayLike<number>} values @param {{ low: number, high: number, bins: number, least: number }} by
 * @returns {Band[]}
 */
export function bands(keys, values, { low, high, bins, least }) {
  /** @type {number[][]} */
  const found = Array.from({ length: bins }, () => []);
  const width = (high - low) / bins;
  // Zero in the middle is to be zero, and not what rounding leaves of it.
  const edge = (/** @type {number} */ bin) => ((bins - bin) * low + bin * high) / bins;
  for (let i = 0; i < keys.length; i += 1) found[Math.floor((keys[i] - low) / width)]?.push(values[i]);
  return found.flatMap((unsorted, i) => {
    if (unsorted.length < least) return [];
    const sorted = Float64Array.from(unsorted).sort();
    const [tenth, median, ninth] = [0.1, 0.5, 0.9].map((share) => quantile(sorted, share));
    return { from: edge(i), to: edge(i + 1), count: sorted.length, low: tenth, median, high: ninth };
  });
}
