// @ts-check
/**
 * A sweep as a picture, drawn as SVG on two logarithmic axes: the median of each value's seeds, the band that holds 80 % of them, and the
 * floor underneath. Hover, touch and the arrow keys read single values out.
 */
import { count, error } from '../../common/figures.js';
import { keyOf } from '../../common/recipe.js';
import { svg } from '../../dom/dom.js';
import { logAxis } from '../../plot/axis.js';
import { logFrame } from '../../plot/frame.js';
import { band, line, stretches, upright } from '../../plot/marks.js';
import { Plot } from '../../plot/plot.js';
import { nearest } from '../../plot/reading.js';
import { drawable, logarithmic, range } from '../../plot/scale.js';
import { described, told } from './sweep-words.js';

/** @typedef {import('../../plot/frame.js').Box} Box */
/** @typedef {import('../../plot/frame.js').Frame} Frame */
/** @typedef {import('../../plot/marks.js').Place} Place */
/** @typedef {import('../../plot/reading.js').Readable} Readable */
/** @typedef {import('../../plot/reading.js').Told} Told */
/** @typedef {import('../../run/sweeps.js').Axis} Axis */
/** @typedef {import('../../run/sweeps.js').Summary} Summary */

/** `floors` are the floors of width 0, 1, …; null where they are not known. `m` is the width where that is not the axis.
 * @typedef {{ axis: Axis, points: readonly Summary[], floors: readonly number[] | null, m: number }} Sweep */
/** The floor at a value of the axis. @typedef {{ value: number, floor: number }} Step */

/** Room for the labels, in pixels. */
const MARGIN = { left: 56, right: 16, top: 14, bottom: 44, name: 36 };

/** The outermost points stand this clear of the axis. */
const CLEAR = 10;

/** What an empty chart shows of the axis. */
const EMPTY = { low: 0.01, high: 1 };

export class SweepChart {
  /** @type {Sweep} */
  #sweep = { axis: 'n', points: [], floors: null, m: 1 };
  #plot = new Plot('sweep-chart', 'sweep-readout', () => picture(this.#sweep), { ms: 60 });

  /** @param {Sweep} sweep */
  show(sweep) {
    if (sweep.axis !== this.#sweep.axis || sweep.points.length !== this.#sweep.points.length) this.#plot.forget();
    this.#sweep = sweep;
    this.#plot.draw();
  }
}

/** @param {Sweep} sweep @returns {import('../../plot/plot.js').Picture} */
function picture(sweep) {
  const { axis, points } = sweep;
  const steps = floorOf(sweep);
  const { low, high } = reach(points, steps);
  return {
    label: described(axis, points),
    frame: (plot) => logFrame(plot, logAxis(low, high), MARGIN, (room) => across(room, sweep)),
    marks: (frame) => [...area(points, frame), ...floorLine(steps, axis === 'm', frame), ...medians(points, frame), ...waiting(points, frame)],
    readable: (frame) => readable(sweep, frame),
  };
}

/** The floor at each width that the chart reaches over, or at the ends of the axis where the width stays. @param {Sweep} sweep @returns {Step[]} */
function floorOf({ axis, points, floors, m }) {
  if (!floors || points.length === 0) return [];
  const [first, last] = [points[0].value, points[points.length - 1].value];
  const place = (/** @type {number} */ value, /** @type {number} */ width) => ({ value, floor: floors[width] ?? NaN });
  const all = axis === 'm' ? Array.from({ length: last - first + 1 }, (_, i) => place(first + i, first + i)) : [place(first, m), place(last, m)];
  return all.filter(({ floor }) => drawable(floor));
}

/** What the vertical axis is to hold. @param {readonly Summary[]} points @param {readonly Step[]} steps */
function reach(points, steps) {
  const bounds = range();
  for (const of of /** @type {const} */ (['low', 'median', 'high'])) bounds.widen(points, (point) => point[of]);
  bounds.widen(steps, ({ floor }) => floor);
  const found = bounds.ends();
  return found ? { low: found.low, high: Math.max(found.high, found.low * 1.5) } : EMPTY;
}

/** The values under the chart: a mark for each, and a label where there is room for one; the last one has it before others. @param {Box} room @param {Sweep} sweep */
function across({ left, right }, { axis, points }) {
  const x = logarithmic(points[0]?.value ?? 1, points.at(-1)?.value ?? 10, left + CLEAR, right - CLEAR);
  const half = (/** @type {string} */ label) => 4 * label.length + 4;
  const centre = (/** @type {number} */ at, /** @type {string} */ label) => Math.min(at, right + 8 - half(label));
  const values = points.map(({ value }) => ({ at: x(value), text: count(value) }));
  const last = values[values.length - 1];
  let taken = -Infinity;
  const marks = values.map((value) => {
    const { at, text } = value;
    const middle = centre(at, text);
    const clear = value === last || at + half(text) < centre(last.at, last.text) - half(last.text);
    if (!clear || middle - half(text) < taken) return { at };
    taken = middle + half(text);
    return { at, label: { text, x: middle } };
  });
  return { x, marks, name: keyOf(axis).words };
}

/** Values that can be joined, past those of which nothing is known yet. @param {readonly Summary[]} points @param {(point: Summary) => boolean} fits */
function joined(points, fits) {
  return stretches(points.filter((point) => fits(point) || point.done > 0).map((point) => (fits(point) ? point : null)));
}

/** The band, where there are seeds enough for one. @param {readonly Summary[]} points @param {Frame} frame */
function area(points, { x, y }) {
  const edge = (/** @type {Summary[]} */ stretch, /** @type {'low' | 'high'} */ of) =>
    stretch.map((point) => /** @type {Place} */ ([x(point.value), y(point[of])]));
  const some = joined(points, ({ low, high, done }) => done > 1 && drawable(low) && drawable(high));
  return some.map((stretch) => svg('path', { class: 'sweep-band', d: band(edge(stretch, 'high'), edge(stretch, 'low')) }));
}

/** The medians, joined and each by itself; a cross where every run diverged. @param {readonly Summary[]} points @param {Frame} frame */
function medians(points, { x, y, top }) {
  const lines = joined(points, ({ median }) => drawable(median)).map((stretch) =>
    svg('path', { class: 'curve', d: line(stretch.map(({ value, median }) => /** @type {Place} */ ([x(value), y(median)]))) }),
  );
  const dots = points.flatMap(({ value, median, done, of, diverged }) => {
    if (drawable(median)) return svg('circle', { class: done === of ? 'dot' : 'dot sweep-open', cx: x(value), cy: y(median), r: 4 });
    return diverged > 0 ? svg('text', { class: 'tick middle sweep-lost', x: x(value), y: top + 10 }, '✕') : [];
  });
  return [...lines, ...dots];
}

/** The floor and its name, which has room below the line where that falls. @param {readonly Step[]} steps @param {boolean} falls @param {Frame} frame */
function floorLine(steps, falls, { x, y, left, right }) {
  if (steps.length === 0) return [];
  const [first, middle] = [steps[0], steps[Math.floor((steps.length - 1) / 3)]];
  if (!falls) {
    const path = svg('path', { class: 'sweep-floor', d: `M${left} ${y(first.floor)}H${right}` });
    return [path, svg('text', { class: 'tick', x: left + 8, y: y(first.floor) - 6 }, `floor ${error(first.floor)}`)];
  }
  const path = svg('path', { class: 'sweep-floor', d: line(steps.map(({ value, floor }) => /** @type {Place} */ ([x(value), y(floor)]))) });
  return [path, svg('text', { class: 'tick end', x: x(middle.value) - 8, y: y(middle.floor) + 14 }, 'floor')];
}

/** @param {readonly Summary[]} points @param {Frame} frame */
function waiting(points, { left, right, top, bottom }) {
  if (points.some(({ done }) => done > 0)) return [];
  return [svg('text', { class: 'empty', x: (left + right) / 2, y: (top + bottom) / 2 }, 'The curve appears here as runs end.')];
}

/** @param {Sweep} sweep @param {Frame} frame @returns {Readable} */
function readable({ axis, points, floors, m }, frame) {
  const places = points.map(({ value }) => frame.x(value));
  return {
    parts: points.length,
    at: (x) => nearest(places, x),
    read: (part) => {
      const point = points[part];
      if (!point) return null;
      const floor = floors?.[axis === 'm' ? point.value : m] ?? NaN;
      const dot = drawable(point.median) ? [svg('circle', { cx: places[part], cy: frame.y(point.median), r: 5.5 })] : [];
      return { words: told(axis, point, floor), marks: [upright(frame, places[part]), ...dot] };
    },
    rest: '',
  };
}
