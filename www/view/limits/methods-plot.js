// @ts-check
/** The pictures of the methods: errors by width on two logarithmic axes, and the means of more and more copies. */
import { count, error as figure, signed, within } from '../../common/figures.js';
import { svg } from '../../dom/dom.js';
import { logAxis } from '../../plot/axis.js';
import { linearFrame, logFrame } from '../../plot/frame.js';
import { line, upright } from '../../plot/marks.js';
import { nearest } from '../../plot/reading.js';
import { drawable, logarithmic, range } from '../../plot/scale.js';
import { methodName } from './methods.js';

/** @typedef {import('../../common/lab-protocol.js').MethodCourse} MethodCourse */
/** @typedef {import('../../plot/frame.js').Frame} Frame */
/** @typedef {import('../../plot/marks.js').Place} Place */
/** @typedef {import('../../plot/plot.js').Picture} Picture */

/** What the arrow keys read out. @typedef {{ m: number, mse: number, words: string }} Spot */

/** The copies of one method. @typedef {{ name: string, told: string, means: readonly import('./methods.js').Mean[], alone: boolean }} Copies */

const MARGIN = { left: 58, right: 14, top: 14, bottom: 44, name: 36 };

/** The outermost points stand this clear of the axis. */
const CLEAR = 8;

/** The lowest error that has room: a floor of 10⁻²⁰ would leave none for the others. */
const DEEPEST = 1e-9;

/** The widest that is drawn: eight terms of a series in many dimensions would press all others to the edge. */
const WIDEST = 1e5;

/** Two logarithmic axes over some courses. @param {readonly MethodCourse[]} all */
function axes(all) {
  const bounds = range();
  for (const { m, mse, name } of all)
    bounds.widen(
      m.map((_, i) => mse[i]).filter((value) => name !== 'floor' || value >= DEEPEST),
      (value) => value,
    );
  const { low, high } = bounds.ends() ?? { low: 0.01, high: 1 };
  const up = logAxis(Math.max(low, DEEPEST), Math.max(high, low * 10));
  const last = Math.max(10, ...all.flatMap(({ m }) => m));
  return { up, last };
}

/** @param {number} last @returns {(room: import('../../plot/frame.js').Box) => { x: import('../../plot/scale.js').Scale, marks: import('../../plot/frame.js').Under[], name: string }} */
function across(last) {
  return ({ left, right }) => {
    const x = logarithmic(1, last, left + CLEAR, right - CLEAR);
    const { ticks } = logAxis(1, last);
    const apart = 38;
    let taken = -Infinity;
    const marks = ticks
      .filter(({ value }) => value <= last)
      .map(({ value, label }) => {
        const at = x(value);
        if (at - taken < apart) return { at };
        taken = at;
        return { at, label: { text: label, x: at } };
      });
    return { x, marks, name: 'm, features' };
  };
}

/** A course as a line with its points; standard errors as bars of two of them. @param {MethodCourse} course @param {Frame} frame @param {number} low */
function drawn({ name, m, mse, standardError }, { x, y }, low) {
  const places = m.map((width, i) => /** @type {Place | null} */ (drawable(mse[i]) && mse[i] >= low ? [x(width), y(mse[i])] : null));
  // What falls out of the picture is drawn to its edge.
  const out = m.findIndex((_, i) => i > 0 && drawable(mse[i]) && mse[i] < low && mse[i - 1] >= low);
  const edge = out < 0 ? [] : [crossing([x(m[out - 1]), y(mse[out - 1])], [x(m[out]), y(mse[out])], y(low))];
  const path = svg('path', {
    class: name === 'floor' ? 'sweep-floor' : `method method-${name}`,
    d: line(out < 0 ? places : [...places.slice(0, out), ...edge]),
  });
  if (name === 'floor') return [path];
  const bars = m.flatMap((width, i) => {
    const [from, to] = [mse[i] - 2 * standardError[i], mse[i] + 2 * standardError[i]];
    if (!(standardError[i] > 0) || !drawable(from) || from < low) return [];
    return [svg('line', { class: `method method-${name}`, x1: x(width), x2: x(width), y1: y(from), y2: y(to) })];
  });
  const dots = places.flatMap((place) => (place ? [svg('circle', { class: `method-dot method-${name}`, cx: place[0], cy: place[1], r: 3.5 })] : []));
  return [path, ...bars, ...dots];
}

/** Where a line from one place to another comes to a height. @param {Place} from @param {Place} to @param {number} height @returns {Place} */
function crossing([x1, y1], [x2, y2], height) {
  return [x1 + ((height - y1) / (y2 - y1)) * (x2 - x1), height];
}

/** What of a course is drawn. @param {MethodCourse} course */
function narrow(course) {
  const most = course.m.filter((width) => width <= WIDEST).length;
  return { ...course, m: course.m.slice(0, most), mse: course.mse.slice(0, most), standardError: course.standardError.slice(0, most) };
}

/** All methods by width. @param {readonly MethodCourse[]} all @param {readonly Spot[]} spots @returns {Omit<Picture, 'label' | 'table'>} */
export function courses(all, spots) {
  const shown = all.filter(({ finite }) => finite).map(narrow);
  const { up, last } = axes(shown);
  const seen = spots.filter(({ m, mse }) => m <= WIDEST && mse >= up.low);
  return {
    frame: (plot) => logFrame(plot, up, MARGIN, across(last)),
    marks: (frame) => shown.flatMap((course) => drawn(course, frame, up.low)),
    readable: (frame) => {
      const places = seen.map(({ m, mse }) => [frame.x(m), frame.y(mse)]);
      return {
        parts: seen.length,
        at: (x, y) =>
          nearest(
            places.map(([px, py]) => Math.hypot(px - x, py - y)),
            0,
          ),
        read: (part) => {
          const spot = seen[part];
          if (!spot) return null;
          return { words: spot.words, marks: [upright(frame, places[part][0]), svg('circle', { cx: places[part][0], cy: places[part][1], r: 6 })] };
        },
        rest: '',
      };
    },
  };
}

/** Some courses, read out by width. @param {readonly MethodCourse[]} all @returns {Picture} */
export function logLog(all) {
  const spots = all
    .filter(({ name }) => name !== 'floor')
    .flatMap(({ name, m, mse }) => m.map((width, i) => ({ m: width, name, mse: mse[i], words: `m ${count(width)}, ${methodName(name)}: ${figure(mse[i])}` })))
    .sort((one, other) => one.m - other.m);
  const told = spots.map(({ m, name, mse }) => [count(m), methodName(name), figure(mse)]);
  return {
    ...courses(all, spots),
    label: `Error against width on two logarithmic axes: ${all.map(({ name }) => methodName(name)).join(', ')}. The arrow keys read out single points.`,
    table: () => ({ caption: 'The errors by width; the floor is in the table of all methods.', rows: told }),
  };
}

/** The mean of the first k copies, with two standard errors, and the truth. @param {readonly Copies[]} some @param {number} truth @returns {Picture} */
export function meansPicture(some, truth) {
  const most = Math.max(2, ...some.flatMap(({ means }) => means.map(({ copies }) => copies)));
  // What few copies give may be far off; the picture is of where they go.
  const late = some.flatMap(({ means }) => means.filter(({ copies }, i) => copies >= 4 || i === means.length - 1));
  const reach = (/** @type {(...values: number[]) => number} */ end) => end(truth, ...late.map(({ mean }) => mean));
  const [least, largest] = [reach(Math.min), reach(Math.max)];
  const clear = 0.15 * Math.max(largest - least, 0.02 * Math.max(1, Math.abs(truth)));
  const up = { low: least - clear, high: largest + clear, name: '', most: 5 };
  const log2 = (/** @type {number} */ copies) => Math.log2(copies);
  const inside = (/** @type {number} */ value) => Math.min(up.high, Math.max(up.low, value));
  const spots = some
    .flatMap(({ told, means, alone }) =>
      means.map(({ copies, mean, error }) => ({ copies, mean, error, told, words: meanWords(told, copies, mean, error, alone) })),
    )
    .sort((one, other) => one.copies - other.copies);
  return {
    label: `The truth is ${signed(truth)}. ${some.map(({ told, means, alone }) => `${told}: ${alone ? 'always' : `the mean of ${count(means[means.length - 1].copies)} copies`} ${signed(means[means.length - 1].mean)}`).join('; ')}. The arrow keys read out the mean of the first copies.`,
    table: () => ({
      caption: `The mean of the first copies; the truth is ${signed(truth)}.`,
      rows: spots.map(({ copies, told, mean, error }) => [
        count(copies),
        told,
        signed(mean),
        Number.isFinite(error) ? within(error, mean) : '–',
        signed(mean - truth),
      ]),
    }),
    frame: (plot) => linearFrame(plot, { low: 0, high: log2(most), name: 'log₂ of the copies that are averaged', most: 8, lines: 'none' }, up),
    marks: ({ x, y, left, right }) => [
      svg('path', { class: 'identity', d: `M${left} ${y(truth)}H${right}` }),
      ...some.flatMap(({ name, means, alone }) => {
        const all = alone ? [means[0], { ...means[0], copies: most }] : means;
        const bars = means.flatMap(({ copies, mean, error }) =>
          Number.isFinite(error) && mean === inside(mean)
            ? [
                svg('line', {
                  class: `method method-${name}`,
                  x1: x(log2(copies)),
                  x2: x(log2(copies)),
                  y1: y(inside(mean - 2 * error)),
                  y2: y(inside(mean + 2 * error)),
                }),
              ]
            : [],
        );
        const places = all.map(({ copies, mean }) => /** @type {Place | null} */ (mean === inside(mean) ? [x(log2(copies)), y(mean)] : null));
        return [svg('path', { class: `method method-${name}`, d: line(places) }), ...bars];
      }),
    ],
    readable: (frame) => {
      const places = spots.map(({ copies }) => frame.x(log2(copies)));
      return {
        parts: spots.length,
        at: (x) => nearest(places, x),
        read: (part) => (spots[part] ? { words: spots[part].words, marks: [upright(frame, places[part])] } : null),
        rest: '',
      };
    },
  };
}

/** @param {string} told @param {number} copies @param {number} mean @param {number} error @param {boolean} alone */
function meanWords(told, copies, mean, error, alone) {
  if (alone) return `${told}: ${signed(mean)}, always`;
  const spread = Number.isFinite(error) && error > 0 ? ` ± ${within(error, mean)}` : '';
  return `the mean of ${count(copies)} ${copies === 1 ? 'copy' : 'copies'}, ${told}: ${signed(mean)}${spread}`;
}
