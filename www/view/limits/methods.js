// @ts-check
/**
 * What is said of the methods that write a layer as Φ(W)·Ψ(x): by width, and copy by copy at one w and x. The figures are the module's; here they
 * are put side by side. Pure.
 */
import { count, error as figure, signed, within } from '../../common/figures.js';
import { mean, meanError } from '../../common/statistics.js';
import { ENTIRE } from '../../common/targets.js';

/** @typedef {import('../../common/lab-protocol.js').MethodCopy} MethodCopy */
/** @typedef {import('../../common/lab-protocol.js').MethodCourse} MethodCourse */

/** One error of one method. @typedef {{ name: string, m: number, mse: number, standardError: number, finite: boolean }} Point */

/** The mean of the first so many copies, and its standard error. @typedef {{ copies: number, mean: number, error: number }} Mean */

/** Every method, in the order of the table. @type {Record<string, string>} */
const NAMES = {
  constant: 'the best line and a constant',
  norms: 'the best line and a multiple of |w||x|',
  series: 'the Taylor series',
  powers: 'least squares on the same powers',
  maclaurin: 'random Maclaurin features',
  fourier: 'random Fourier features',
  solve: 'Solve, on hidden layers as the seed draws them',
  trained: 'trained networks',
  floor: 'the floor',
};

/** What each is in the sense of statistics. @type {Record<string, string>} */
const SENSES = {
  constant: 'biased; nothing in it is drawn',
  norms: 'biased; nothing in it is drawn',
  series: 'biased; consistent only where it converges',
  powers: 'biased; consistent as its powers grow',
  maclaurin: 'unbiased at every w and x',
  fourier: 'unbiased at every w and x',
  solve: 'biased; consistent as draws and width grow',
  trained: 'biased; consistent if training finds the best',
};

/** Those whose mean is the function, whatever is drawn. */
const UNBIASED = ['maclaurin', 'fourier'];

/** Below this an error is the rounding of the figures that it is made of. */
const ROUNDING = 1e-15;

/** @param {number} value */
function sized(value) {
  return value < ROUNDING ? 'below 1e-15' : figure(value);
}

/** @param {string} name */
export function methodName(name) {
  return NAMES[name] ?? name;
}

/** All points from the narrowest to the widest, the floor's left out. @param {readonly MethodCourse[]} courses @returns {Point[]} */
export function points(courses) {
  const all = courses
    .filter(({ name }) => name !== 'floor')
    .flatMap(({ name, m, mse, standardError, finite }) => m.map((width, i) => ({ name, m: width, mse: mse[i], standardError: standardError[i], finite })));
  return all.sort((one, other) => one.m - other.m);
}

/** The floor of a width, or NaN where it is not told of. @param {readonly MethodCourse[]} courses @param {number} m */
export function floorAt(courses, m) {
  const floor = courses.find(({ name }) => name === 'floor');
  return floor?.mse[floor.m.indexOf(m)] ?? NaN;
}

/** One point in words. @param {Point} point @param {number} floor at its width, or NaN */
export function pointWords({ name, m, mse, standardError, finite }, floor) {
  const spread = standardError > 0 ? ` ± ${within(standardError, mse)}` : '';
  const own = finite ? `${sized(mse)}${spread}` : `${figure(mse)} measured, and infinite in the mean`;
  const least = Number.isFinite(floor) ? `; the floor ${figure(floor)}` : '';
  return `m ${count(m)}, ${methodName(name)}: ${own}${least}`;
}

/**
 * The table by method: its sense, and where of all its widths it comes to least. Those of which nothing is told say why.
 * @param {readonly MethodCourse[]} courses
 */
export function rows(courses) {
  return courses
    .filter(({ name }) => name !== 'floor')
    .map(({ name, m, mse, standardError, finite, reason }) => {
      if (reason) return { name: methodName(name), cells: ['–', '–', '–', `none: ${reason}`] };
      const best = mse.indexOf(Math.min(...mse));
      const floor = floorAt(courses, m[best]);
      const spread = standardError[best] > 0 ? ` ± ${within(standardError[best], mse[best])}` : '';
      return {
        name: methodName(name),
        cells: [
          count(m[best]),
          finite ? `${sized(mse[best])}${spread}` : 'infinite',
          Number.isFinite(floor) ? sized(floor) : '–',
          mse[best] < ROUNDING && m.length === 1
            ? 'exact: it is the function'
            : finite
              ? SENSES[name]
              : `${SENSES[name]}, with an infinite variance over all w and x`,
        ],
      };
    });
}

/** Every point as a row of a file. @param {readonly MethodCourse[]} courses @param {{ target: string, d: number, radius: number }} over @returns {(string | number)[][]} */
export function methodRows(courses, { target, d, radius }) {
  const head = ['target', 'd', 'longest', 'method', 'm', 'mse', 'standard_error', 'finite', 'floor'];
  const over = [target, d, Number.isFinite(radius) ? radius : ''];
  const own = points(courses).map(({ name, m, mse, standardError, finite }) => {
    const least = floorAt(courses, m);
    return [...over, name, m, mse, standardError, finite ? 1 : 0, Number.isFinite(least) ? least : ''];
  });
  const { m, mse } = courses.find(({ name }) => name === 'floor') ?? { m: [], mse: [] };
  const least = m.map((width, i) => [...over, 'floor', width, mse[i], 0, 1, mse[i]]);
  return [head, ...own, ...least];
}

/** The mean of the first 1, 2, 3, 4, 6, … copies, up to all of them. @param {readonly number[]} values @returns {Mean[]} */
export function means(values) {
  return values.flatMap((_, i) => {
    const copies = i + 1;
    const power = 2 ** Math.floor(Math.log2(copies));
    if (copies !== power && copies !== 1.5 * power && copies !== values.length) return [];
    const first = values.slice(0, copies);
    return [{ copies, mean: mean(first), error: meanError(first) }];
  });
}

/** What the copies of a method come to: bias, variance, and what of the mean square each of them makes. @param {MethodCopy} copy @param {number} truth */
export function split({ values }, truth) {
  const last = means(values).at(-1);
  if (!last) return null;
  const bias = last.mean - truth;
  const variance = values.length > 1 ? last.error ** 2 * values.length : 0;
  return { bias, variance, error: values.length > 1 ? last.error : 0 };
}

/** The same in words. @param {MethodCopy} copy @param {number} truth */
export function splitWords(copy, truth) {
  const { name, m, values, reason } = copy;
  const parts = split(copy, truth);
  if (!parts) return `${capital(methodName(name))}: none, ${reason}.`;
  const { bias, variance, error } = parts;
  if (values.length === 1) return `${capital(methodName(name))}, ${count(m)} wide, is off by ${signed(bias)}, always: bias² ${sized(bias * bias)}, variance 0.`;
  const chance = `off by ${signed(bias)} ± ${within(error, bias)}`;
  if (UNBIASED.includes(name))
    return `${count(values.length)} copies of ${methodName(name)}, ${count(m)} wide: their mean is ${chance}, which is chance; variance ${figure(variance)}.`;
  const sure = Math.abs(bias) > 3 * error;
  // What chance adds to the square of a mean is taken off it.
  const told = sure ? `their mean is ${chance}: bias² ${figure(Math.max(0, bias * bias - error * error))}` : `their mean is ${chance}, no more than chance`;
  return `${count(values.length)} copies of ${methodName(name)}, ${count(m)} wide: ${told}, variance ${figure(variance)}.`;
}

/** What the errors come to by width, and whether the series is consistent. @param {readonly MethodCourse[]} courses @param {number} radius @param {string} target */
export function consistencyWords(courses, radius, target) {
  const of = (/** @type {string} */ name) => courses.find((course) => course.name === name);
  const [solve, series] = [of('solve'), of('series')];
  const ends = (/** @type {MethodCourse} */ { m, mse }) =>
    `from ${figure(mse[0])} at m\u00a0=\u00a0${count(m[0])} to ${figure(mse[mse.length - 1])} at m\u00a0=\u00a0${count(m[m.length - 1])}`;
  const first = solve && solve.m.length > 0 ? `Solve’s error goes ${ends(solve)} with the same hidden layers and draws; more of both take it on down.` : '';
  return `${first}${series ? seriesWords(series, radius, target, ends) : ''}`;
}

/** @param {MethodCourse} series @param {number} radius @param {string} target @param {(course: MethodCourse) => string} ends */
function seriesWords(series, radius, target, ends) {
  if (series.reason) return ` Of the series: ${series.reason}.`;
  if (series.m.length < 2) return ' The series ends, and is the function.';
  const goes = ` The series’ goes ${ends(series)}.`;
  if (!Number.isFinite(radius)) return `${goes} Over all w and x, where w·x has no bound, more terms end up making it worse: it is not consistent.`;
  if (ENTIRE.includes(target)) return `${goes} On a ball it is consistent, though the first terms may make it worse.`;
  return `${goes} It is consistent where |w·x| stays within what the series converges in, and nowhere else.`;
}

/** Why a run with weights of its own is not among the trained networks, or nothing. @param {Pick<import('../../run/run.js').Run, 'step' | 'solved'>} run */
export function untrained({ step, solved }) {
  return step === 0 && solved.length > 0 ? 'it is solved and not trained, and Solve is a method of its own' : '';
}

/** @param {string} words */
function capital(words) {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
