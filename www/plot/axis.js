// @ts-check
/** Where the marks of an axis stand and what they say. Pure arithmetic. */

/** @typedef {{ value: number, label: string }} Tick */

/** What a step or an end is of, times a power of ten. */
const STEPS = [1, 2, 5, 10];

/** Of more powers of ten not each has its label. */
const MOST_DECADES = 10;

/**
 * A logarithmic axis that holds all of [low, high], widened to the next 1, 2 or 5.
 * @param {number} low @param {number} high
 * @returns {{ low: number, high: number, ticks: Tick[], minor: number[] }}
 */
export function logAxis(low, high) {
  const bottom = snap(low, false);
  let top = snap(high, true);
  if (top <= bottom) top = bottom * 10;
  const decades = Math.log10(top / bottom);
  // More labels would overlap.
  const every = Math.ceil(decades / MOST_DECADES);
  /** @type {Tick[]} */
  const ticks = [];
  /** @type {number[]} */
  const minor = [];
  for (let power = Math.floor(Math.log10(bottom)); power <= Math.log10(top) + 1; power += 1) {
    for (let digit = 1; digit < 10; digit += 1) {
      const value = Number(`${digit}e${power}`);
      if (value < bottom * 0.999 || value > top * 1.001) continue;
      const labelled = digit === 1 ? power % every === 0 : decades <= 3.2 && (digit === 2 || digit === 5);
      if (labelled) ticks.push({ value, label: label(value, power, digit) });
      else if (decades <= 4) minor.push(value);
    }
  }
  return { low: bottom, high: top, ticks, minor };
}

/**
 * Round numbers from `first` to `last`, both ends of a whole-number axis among them.
 * @param {number} first @param {number} last @param {number} most how many marks there is room for
 * @returns {Tick[]}
 */
export function wholeAxis(first, last, most) {
  const step = niceStep((last - first) / Math.max(1, most - 1));
  /** @type {number[]} */
  const values = [first];
  for (let value = Math.ceil((first + 1) / step) * step; value <= last; value += step) values.push(value);
  // The end is said exactly; the round number too close to it gives way.
  if (values[values.length - 1] !== last) {
    if (last - values[values.length - 1] < step * 0.6 && values.length > 1) values.pop();
    values.push(last);
  }
  if (values.length > 2 && values[1] - first < step * 0.6) values.splice(1, 1);
  return values.map((value) => ({ value, label: value.toLocaleString('en') }));
}

/**
 * Round numbers inside [low, high] of a linear axis.
 * @param {number} low @param {number} high @param {number} most
 * @returns {Tick[]}
 */
export function linearAxis(low, high, most) {
  const step = niceStep((high - low) / most, false);
  /** @type {Tick[]} */
  const ticks = [];
  for (let i = Math.ceil(low / step); i * step <= high; i += 1) {
    const value = Number((i * step).toPrecision(12));
    // Longer numbers would reach beyond the picture.
    const text = Math.abs(value) < 1e5 ? String(value) : value.toExponential().replace('+', '');
    ticks.push({ value, label: text.replaceAll('-', '−') });
  }
  return ticks;
}

const ROUND = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];

/** The next number that is easily read. @param {number} value positive */
export function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  const digit = ROUND.find((round) => round * power >= value * 0.999999) ?? 10;
  return Number((digit * power).toPrecision(2));
}

/** The next 1, 2 or 5 times a power of ten, upwards or downwards. @param {number} value @param {boolean} up */
function snap(value, up) {
  const power = Math.floor(Math.log10(value));
  const digit = value / 10 ** power;
  const near = up ? STEPS.find((step) => step >= digit * 0.9999) : [5, 2, 1].find((step) => step <= digit * 1.0001);
  return Number(`${near ?? 1}e${power}`);
}

/** The next 1, 2 or 5 times a power of ten. @param {number} least @param {boolean} [whole] */
function niceStep(least, whole = true) {
  if (whole && least <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  const digit = STEPS.find((step) => step * power >= least * 0.9999) ?? 10;
  return digit * power;
}

/** @param {number} value @param {number} power @param {number} digit */
function label(value, power, digit) {
  if (power >= -4 && power <= 4) return value.toLocaleString('en', { maximumFractionDigits: 4 });
  const raised = String(power).replace(/[-\d]/g, (sign) => (sign === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(sign)]));
  return digit === 1 ? `10${raised}` : `${digit}·10${raised}`;
}
