// @ts-check
/**
 * A float32 vector as NumPy prints it: `str(array)` with the default print options, by the rules of `FloatingFormat` in
 * numpy/_core/arrayprint.py. Pure; tests/golden/numpy-print.json holds it to NumPy's own words.
 *
 * The digits are made by Steele and White's method in exact integers, as in NumPy, since no conversion of JavaScript's own knows the
 * neighbours of a float32. That costs some microseconds a number, and a demo has 771 at most.
 */

/** Print options that NumPy begins with: places after the point at most, and columns of a line. */
const PRECISION = 8;
const LINE_WIDTH = 75;

/** The sizes that are printed without an exponent. NumPy up to 2.2 has 1e8 as the upper end, whatever the type of the numbers. */
const PLAIN = { from: Math.fround(1e-4), below: 1e6, ratio: 1_000 };

/** A decimal number, digits · 10^place. @typedef {{ digits: bigint, place: number }} Decimal */

/** What `str()` says of a NumPy array of these numbers as float32, for up to 1,000 of them: more are summarised there. @param {ArrayLike<number>} values */
export function vectorText(values) {
  return wrapped(words([...Float32Array.from(values)]));
}

/** The numbers, all of one width. @param {number[]} values */
function words(values) {
  const finite = values.filter(Number.isFinite);
  const told = (needsExponent(finite) ? scientific(finite) : positional(finite))[Symbol.iterator]();
  const texts = values.map((value) => (Number.isFinite(value) ? /** @type {string} */ (told.next().value) : notFinite(value)));
  const width = Math.max(...texts.map((text) => text.length));
  return texts.map((text) => text.padStart(width));
}

/** @param {number} value */
function notFinite(value) {
  return Number.isNaN(value) ? 'nan' : `${signOf(value)}inf`;
}

/** Whether the sizes are so large, so small or so far apart that all get an exponent. @param {number[]} finite */
function needsExponent(finite) {
  const sizes = finite.filter((value) => value !== 0).map(Math.abs);
  const [least, largest] = [Math.min(...sizes), Math.max(...sizes)];
  return sizes.length > 0 && (largest >= PLAIN.below || least < PLAIN.from || Math.fround(largest / least) > PLAIN.ratio);
}

/** Numbers with their points below one another, blanks for missing places. @param {number[]} values */
function positional(values) {
  const parts = values.map((value) => {
    const { digits, place } = decimal(Math.abs(value), 0, -PRECISION);
    const text = String(digits).padStart(1 - place, '0');
    const point = text.length + place;
    return { whole: signOf(value) + text.slice(0, point), fraction: text.slice(point).replace(/0+$/, '') };
  });
  const left = Math.max(...parts.map(({ whole }) => whole.length));
  const right = Math.max(...parts.map(({ fraction }) => fraction.length));
  return parts.map(({ whole, fraction }) => `${whole.padStart(left)}.${fraction.padEnd(right)}`);
}

/** Numbers with an exponent, all with as many digits as the longest of them needs; further ones are those of the exact value. @param {number[]} values */
function scientific(values) {
  const sizes = values.map(Math.abs);
  const precision = Math.max(...sizes.map((size) => String(decimal(size, Infinity, -Infinity).digits).replace(/0+$/, '').length - 1), 0);
  const texts = sizes.map((size, i) => {
    const last = exponentOf(size) - precision;
    const { digits, place } = decimal(size, last, last);
    const text = String(digits);
    const exponent = place + text.length - 1;
    const fraction = text.slice(1).padEnd(precision, '0').slice(0, precision);
    return `${signOf(values[i])}${text[0]}.${fraction}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  });
  const width = Math.max(...texts.map((text) => text.length));
  return texts.map((text) => text.padStart(width));
}

/**
 * The digits of a float32 that is not negative: as many as tell it from its neighbours, but those down to the place `least` in any case,
 * and none below the place `last`.
 * @param {number} size @param {number} least @param {number} last @returns {Decimal}
 */
function decimal(size, least, last) {
  if (size === 0) return { digits: 0n, place: 0 };
  const exponent = exponentOf(size);
  const power = 10n ** BigInt(Math.abs(exponent));
  // `rest`, and half the distances to the neighbours, in parts of `unit`.
  let { even, rest, unit, below, above } = interval(size);
  if (exponent < 0) [rest, below, above] = [rest * power, below * power, above * power];
  else unit *= power;
  let digits = 0n;
  for (let place = exponent; ; place -= 1) {
    digits = digits * 10n + rest / unit;
    rest %= unit;
    const down = even ? rest <= below : rest < below;
    const up = even ? rest + above >= unit : rest + above > unit;
    if (((down || up) && place <= least) || place === last) {
      const nearest = 2n * rest > unit || (2n * rest === unit && digits % 2n === 1n);
      return { digits: digits + ((down === up ? nearest : up) ? 1n : 0n), place };
    }
    [rest, below, above] = [rest * 10n, below * 10n, above * 10n];
  }
}

/** A positive float32 as rest / unit, half the way to its neighbours in parts of that unit, and whether its mantissa is even. @param {number} size */
function interval(size) {
  const bits = new Uint32Array(Float32Array.of(size).buffer)[0];
  const [biased, fraction] = [bits >>> 23, bits & 0x7f_ffff];
  const mantissa = biased > 0 ? fraction + 0x80_0000 : fraction;
  const exponent = Math.max(biased, 1) - 150;
  const factor = 1n << BigInt(Math.max(exponent, 0));
  // Below a power of two the neighbours are twice as dense.
  const dense = fraction === 0 && biased > 1;
  return {
    even: mantissa % 2 === 0,
    rest: 4n * BigInt(mantissa) * factor,
    unit: 4n << BigInt(Math.max(-exponent, 0)),
    below: (dense ? 1n : 2n) * factor,
    above: 2n * factor,
  };
}

/** The place of a float32's first digit. Exact: a float32 that is no power of ten is too far from one for a double to be rounded to it. @param {number} size */
function exponentOf(size) {
  return Number(size.toExponential().split('e')[1]);
}

/** @param {number} value */
function signOf(value) {
  return value < 0 || Object.is(value, -0) ? '-' : '';
}

/** Words in brackets, broken into lines; a bracket may follow each word. @param {string[]} texts */
function wrapped(texts) {
  const lines = [];
  let line = '';
  for (const text of texts) {
    // The bracket's column in front is kept free in later lines.
    if (line && 1 + line.length + text.length > LINE_WIDTH - 1) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += `${text} `;
  }
  return `[${[...lines, line.slice(0, -1)].join('\n ')}]`;
}
