// @ts-check
/** Many numbers in few: means, quantiles, counts, and bands of one quantity along another. Pure arithmetic. */

/** Some of the numbers by their keys: how many there are, their median, and what the middle 80 % of them reach from and to.
 * @typedef {{ from: number, to: number, count: number, low: number, median: number, high: number }} Band */

/** How numbers are spread: how many there are, their mean and its standard error, their ends, their median, and what the middle 80 % of them reach
 * from and to. @typedef {{ count: number, mean: number, meanError: number, least: number, low: number, median: number, high: number, most: number }} Spread */

/** Inside this radius is 95 % of a standard normal distribution in two dimensions: √(−2 ln 0.05). */
export const RADIUS_95 = Math.sqrt(-2 * Math.log(0.05));

/** The arithmetic mean; of nothing, NaN. @param {ArrayLike<number>} values */
export function mean(values) {
  return sum(values, (value) => value) / values.length;
}

/** The mean of the squares. @param {ArrayLike<number>} values */
export function meanSquare(values) {
  return sum(values, (value) => value * value) / values.length;
}

/** The mean square distance from the mean: the population's variance, over n and not n − 1. @param {ArrayLike<number>} values */
export function variance(values) {
  const middle = mean(values);
  return sum(values, (value) => (value - middle) ** 2) / values.length;
}

/** The standard error of the mean; of a single number, NaN. @param {ArrayLike<number>} values */
export function meanError(values) {
  return Math.sqrt(variance(values) / (values.length - 1));
}

/** The coefficient of determination: of the variance of `truth`, the share that predictions with these errors account for. @param {ArrayLike<number>} truth @param {ArrayLike<number>} errors */
export function determination(truth, errors) {
  return 1 - meanSquare(errors) / variance(truth);
}

/**
 * What a share of the numbers is below, interpolated linearly between neighbours: NumPy's default, `method="linear"` (Hyndman and Fan's
 * definition 7). Of nothing, NaN.
 * @param {ArrayLike<number>} sorted @param {number} share
 */
export function quantile(sorted, share) {
  if (sorted.length === 0) return NaN;
  const at = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  const rest = at - Math.floor(at);
  // Infinity less Infinity is not a number.
  return rest === 0 || below === above ? below : below + rest * (above - below);
}

/** @param {ArrayLike<number>} values @returns {Spread} of nothing, NaN */
export function spread(values) {
  const sorted = Float64Array.from(values).sort();
  const [least, low, median, high, most] = [0, 0.1, 0.5, 0.9, 1].map((share) => quantile(sorted, share));
  const count = sorted.length;
  return { count, mean: mean(sorted), meanError: meanError(sorted), least, low, median, high, most };
}

/** The share of the numbers that are below a value. @param {ArrayLike<number>} values @param {number} value */
export function shareBelow(values, value) {
  return sum(values, (one) => Number(one < value)) / values.length;
}

/** How far from zero a share of the numbers stays. @param {ArrayLike<number>} values @param {number} share */
export function extent(values, share) {
  return quantile(Float64Array.from(values, Math.abs).sort(), share);
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

/** @param {ArrayLike<number>} values @param {(value: number) => number} of */
function sum(values, of) {
  let total = 0;
  for (let i = 0; i < values.length; i += 1) total += of(values[i]);
  return total;
}
