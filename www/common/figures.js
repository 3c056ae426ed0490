// @ts-check
/** Numbers as the page writes them. */

const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const ROUGH = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });
const SHORT = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** 1240 → «1,240». @param {number} value */
export function count(value) {
  return WHOLE.format(value);
}

/** Steps per second: whole where that says enough, three digits below. @param {number} value */
export function rate(value) {
  return value >= 100 ? WHOLE.format(value) : SHORT.format(value);
}

/** How often one goes into the other: «1.8 times», «35 times». @param {number} factor */
export function times(factor) {
  return `${factor < 10 ? ROUGH.format(factor) : WHOLE.format(factor)} times`;
}

/** Runs below this many seconds are a few ticks of some browsers' clocks long. */
const ROUGH_SECONDS = 0.05;

/** A run's steps per second, as exactly as the browser's clock lets them be known. @param {number} steps @param {number} seconds */
export function speed(steps, seconds) {
  if (steps === 0 || seconds === 0) return '–';
  return seconds < ROUGH_SECONDS ? `≈ ${ROUGH.format(steps / seconds)}` : rate(steps / seconds);
}

/** Seconds as «0.07 s», «12.3 s», «3 min 05 s»; what has taken any is not told as none. @param {number} seconds */
export function duration(seconds) {
  if (seconds && seconds < 0.005) return 'under 0.01 s';
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  return h ? `${h} h ${two(m)} min` : `${m} min ${two(s)} s`;
}

/** Bytes as «1.2 MB». @param {number} value */
export function bytes(value) {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${SHORT.format(value)} ${units[unit]}`;
}

/** What a run takes of memory, in words that end a sentence. @param {Record<'cpu' | 'webgpu', number>} memory in bytes */
export function room({ cpu, webgpu }) {
  return `${bytes(cpu)} of memory on the CPU, ${bytes(webgpu)} on WebGPU`;
}

/** An MSE with four significant digits, as an axis would read it. @param {number} value */
export function error(value) {
  return Number.isFinite(value) ? (value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(3) : value.toPrecision(4)) : 'not finite';
}

/** How far a figure may be off, with two digits, in the manner of `error(value)`. @param {number} spread @param {number} value */
export function within(spread, value) {
  if (!Number.isFinite(spread)) return 'not finite';
  const digits = Math.abs(value) < 1e-3 ? spread.toExponential(1) : spread.toPrecision(2);
  return spread < 99.5 || spread >= 1e4 ? digits : `${Number(digits)}`;
}

/** A figure down to the second digit of what it may be off by. @param {number} value @param {number} spread */
export function known(value, spread) {
  const decimals = 1 - Math.floor(Math.log10(spread));
  if (!Number.isFinite(value) || !(decimals >= 0 && decimals <= 7)) return signed(value);
  const digits = Math.abs(value).toFixed(decimals);
  return value < 0 && Number(digits) !== 0 ? `−${digits}` : digits;
}

/** A figure that may be negative, with three significant digits. @param {number} value */
export function signed(value) {
  if (!Number.isFinite(value)) return 'not finite';
  const size = Math.abs(value);
  const digits = size === 0 ? '0' : size < 1e-3 ? size.toExponential(2) : size < 1000 ? size.toPrecision(3) : count(size);
  return value < 0 ? `−${digits}` : digits;
}
