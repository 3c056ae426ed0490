// @ts-check
/**
 * A sweep as a picture, drawn as SVG on two logarithmic axes: the median of each value's seeds, the band that holds 80 % of them, and the
 * floor underneath. Hover, touch and the arrow keys read single values out.
 */
import { logAxis } from '../../plot/axis.js';
import { byId, coalesce, say, svg } from '../../dom/dom.js';
import { count, error } from '../../common/figures.js';
import { keyOf } from '../../common/recipe.js';
import { nearest } from '../../plot/reading.js';
import { describe, stand } from '../../dom/slider.js';

/** @typedef {import('../../run/sweeps.js').Axis} Axis */
/** @typedef {import('../../run/sweeps.js').Summary} Summary */

/** `floors` are the floors of width 0, 1, …; null where they are not known. `m` is the width where that is not the axis.
 * @typedef {{ axis: Axis, points: readonly Summary[], floors: readonly number[] | null, m: number }} Picture */

/** Room for the labels, in pixels. */
const MARGIN = { left: 56, right: 16, top: 14, bottom: 44 };

/** What an empty chart shows of the axis. */
const EMPTY = { low: 0.01, high: 1 };

export class SweepChart {
  #plot = byId('sweep-chart', SVGSVGElement);
  #readout = byId('sweep-readout', HTMLElement);
  /** @type {Picture} */
  #picture = { axis: 'n', points: [], floors: null, m: 1 };
  /** The point that is read out, or -1. */
  #picked = -1;
  /** Where each point stands. @type {{ x: number, y: number | null }[]} */
  #places = [];
  #cursor = svg('g', { class: 'cursor' });
  #soon = coalesce(() => this.#draw(), 60);

  constructor() {
    const plot = this.#plot;
    new ResizeObserver(() => this.#soon()).observe(plot);
    for (const kind of /** @type {const} */ (['pointermove', 'pointerdown'])) plot.addEventListener(kind, (event) => this.#hover(event));
    plot.addEventListener('pointerleave', () => this.#pick(-1));
    plot.addEventListener('blur', () => this.#pick(-1));
    plot.addEventListener('keydown', (event) => this.#key(event));
  }

  /** @param {Picture} picture */
  show(picture) {
    if (picture.axis !== this.#picture.axis || picture.points.length !== this.#picture.points.length) this.#picked = -1;
    this.#picture = picture;
    this.#soon();
  }

  #draw() {
    const { width, height } = this.#plot.getBoundingClientRect();
    if (width === 0) return;
    const { axis, points } = this.#picture;
    const [left, right, top, bottom] = [MARGIN.left, width - MARGIN.right, MARGIN.top, height - MARGIN.bottom];
    const floor = this.#floor;
    const bounds = range([...points.flatMap(({ low, median, high }) => [low, median, high]), ...floor.map(({ floor }) => floor)]);
    const vertical = logAxis(bounds.low, bounds.high);
    const [first, last] = [points[0]?.value ?? 1, points.at(-1)?.value ?? 10];
    const share = (/** @type {number} */ value) => (first === last ? 0.5 : Math.log(value / first) / Math.log(last / first));
    // The outermost points stand clear of the axis.
    const x = (/** @type {number} */ value) => left + 10 + share(value) * (right - left - 20);
    const y = (/** @type {number} */ mse) => bottom - (Math.log(mse / vertical.low) / Math.log(vertical.high / vertical.low)) * (bottom - top);
    this.#places = points.map(({ value, median }) => ({ x: x(value), y: drawable(median) ? y(median) : null }));

    /** @type {SVGElement[]} */
    const children = [...grid({ left, right, top, bottom }, vertical, y)];
    children.push(
      ...marks(
        points.map(({ value }) => ({ at: x(value), label: count(value) })),
        bottom,
        right,
      ),
    );
    children.push(svg('text', { class: 'tick middle name', x: (left + right) / 2, y: bottom + 36 }, keyOf(axis).words));
    const at = (/** @type {number} */ value, /** @type {number} */ mse) => `${x(value).toFixed(1)} ${y(mse).toFixed(1)}`;
    for (const stretch of stretches(points, ({ low, high, done }) => done > 1 && drawable(low) && drawable(high))) {
      const edge = [...stretch.map(({ value, high }) => at(value, high)), ...stretch.reverse().map(({ value, low }) => at(value, low))];
      children.push(svg('path', { class: 'sweep-band', d: `M${edge.join('L')}Z` }));
    }
    if (floor.length > 0) children.push(...drawFloor(floor, axis === 'm', { x, y, left, right }));
    for (const stretch of stretches(points, ({ median }) => drawable(median))) {
      children.push(svg('path', { class: 'curve', d: `M${stretch.map(({ value, median }) => at(value, median)).join('L')}` }));
    }
    for (const { value, median, done, of, diverged } of points) {
      if (drawable(median)) children.push(svg('circle', { class: done === of ? 'dot' : 'dot sweep-open', cx: x(value), cy: y(median), r: 4 }));
      else if (diverged > 0) children.push(svg('text', { class: 'tick middle sweep-lost', x: x(value), y: top + 10 }, '✕'));
    }
    if (points.every(({ done }) => done === 0)) {
      children.push(svg('text', { class: 'empty', x: (left + right) / 2, y: (top + bottom) / 2 }, 'The curve appears here as runs end.'));
    }
    this.#plot.setAttribute('viewBox', `0 0 ${width} ${height}`);
    describe(this.#plot, this.#words);
    this.#plot.replaceChildren(...children, this.#cursor);
    this.#point();
  }

  /** The floor at each width that the chart reaches over, or at the ends of the axis where the width stays. @returns {{ value: number, floor: number }[]} */
  get #floor() {
    const { axis, points, floors, m } = this.#picture;
    if (!floors || points.length === 0) return [];
    const [first, last] = [points[0].value, points[points.length - 1].value];
    const place = (/** @type {number} */ value, /** @type {number} */ width) => ({ value, floor: floors[width] ?? NaN });
    const all = axis === 'm' ? Array.from({ length: last - first + 1 }, (_, i) => place(first + i, first + i)) : [place(first, m), place(last, m)];
    return all.filter(({ floor }) => drawable(floor));
  }

  get #words() {
    const { axis, points } = this.#picture;
    const known = points.filter(({ done }) => done > 0);
    if (known.length === 0) return `Held-out MSE against ${axis}: no run has ended yet.`;
    const [first, last] = [known[0], known[known.length - 1]];
    const at = (/** @type {Summary} */ point) => `${mse(point)} at ${axis} = ${count(point.value)}`;
    return `Held-out MSE against ${axis} on logarithmic axes: ${at(first)}, ${at(last)}. The arrow keys read out single values.`;
  }

  /** @param {PointerEvent} event */
  #hover(event) {
    const { left } = this.#plot.getBoundingClientRect();
    this.#pick(nearest(this.#places, event.clientX - left));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const last = this.#places.length - 1;
    if (last < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const here = this.#picked;
    /** @type {Record<string, number>} */
    const targets = { ArrowLeft: here < 0 ? last : here - 1, ArrowDown: here - 1, ArrowRight: here + 1, ArrowUp: here + 1, Home: 0, End: last };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.#pick(Math.min(Math.max(target, 0), last));
  }

  /** @param {number} index */
  #pick(index) {
    this.#picked = index;
    this.#point();
  }

  /** The cross-hair and the read-out of the picked point. */
  #point() {
    const { axis, points, floors, m } = this.#picture;
    const point = points[this.#picked];
    const place = this.#places[this.#picked];
    if (!point || !place) {
      say(this.#readout, '');
      stand(this.#plot, -1, points.length, '');
      return this.#cursor.replaceChildren();
    }
    const { height } = this.#plot.getBoundingClientRect();
    const lines = [svg('line', { x1: place.x, x2: place.x, y1: MARGIN.top, y2: height - MARGIN.bottom })];
    this.#cursor.replaceChildren(...lines, ...(place.y === null ? [] : [svg('circle', { cx: place.x, cy: place.y, r: 5.5 })]));
    const words = reading(axis, point, floors?.[axis === 'm' ? point.value : m] ?? NaN);
    say(this.#readout, words);
    stand(this.#plot, this.#picked, points.length, words);
  }
}

/** What there is to say of one value. @param {Axis} axis @param {Summary} point @param {number} floor */
function reading(axis, point, floor) {
  const { value, done, of, median, low, high } = point;
  const name = `${axis} = ${count(value)}: `;
  if (done === 0) return `${name}no run has ended yet`;
  const seeds = of === 1 ? 'one seed' : `${done} of ${of} seeds`;
  const band = done > 1 && drawable(low) && drawable(high) ? `, 10–90 % ${error(low)} to ${error(high)}` : '';
  const away = drawable(floor) && drawable(median) ? `, ${fold(median / floor)} the floor (${error(floor)})` : '';
  return `${name}${mse(point)} (${seeds})${band}${away}`;
}

/** How often the floor goes into an error: «1.04×», «110×». @param {number} factor */
export function fold(factor) {
  return `${factor < 9.995 ? factor.toPrecision(3) : count(factor)}×`;
}

/** A median in words. @param {Summary} point */
function mse({ median, done, of }) {
  if (!drawable(median)) return 'diverged';
  return `${done === 1 && of === 1 ? 'MSE' : 'median MSE'} ${error(median)}`;
}

/** Zero and what is not finite have no place on a logarithmic axis. @param {number} value */
function drawable(value) {
  return value > 0 && Number.isFinite(value);
}

/** @param {number[]} values */
function range(values) {
  const drawn = values.filter(drawable);
  if (drawn.length === 0) return EMPTY;
  const [low, high] = [Math.min(...drawn), Math.max(...drawn)];
  return { low, high: Math.max(high, low * 1.5) };
}

/** Neighbours that can be joined. @param {readonly Summary[]} points @param {(point: Summary) => boolean} fits @returns {Summary[][]} */
function stretches(points, fits) {
  /** @type {Summary[][]} */
  const found = [[]];
  for (const point of points) {
    if (fits(point)) found[found.length - 1].push(point);
    else if (point.done > 0 && found[found.length - 1].length > 0) found.push([]);
  }
  return found.filter(({ length }) => length > 0);
}

/** @param {{ left: number, right: number, top: number, bottom: number }} box @param {ReturnType<typeof logAxis>} vertical @param {(mse: number) => number} y */
function* grid({ left, right, bottom }, vertical, y) {
  for (const value of vertical.minor) yield svg('line', { class: 'grid minor', x1: left, x2: right, y1: y(value), y2: y(value) });
  for (const { value, label } of vertical.ticks) {
    yield svg('line', { class: 'grid', x1: left, x2: right, y1: y(value), y2: y(value) });
    yield svg('text', { class: 'tick end', x: left - 8, y: y(value) + 4 }, label);
  }
  yield svg('line', { class: 'axis', x1: left, x2: right, y1: bottom, y2: bottom });
}

/** A mark for every value, and a label where there is room for one; the last one has it before others. @param {{ at: number, label: string }[]} values @param {number} bottom @param {number} right */
function* marks(values, bottom, right) {
  const half = (/** @type {string} */ label) => 4 * label.length + 4;
  const last = values[values.length - 1];
  let taken = -Infinity;
  for (const value of values) {
    const { at, label } = value;
    yield svg('line', { class: 'axis', x1: at, x2: at, y1: bottom, y2: bottom + 5 });
    const centre = Math.min(at, right + 8 - half(label));
    const clear = value === last || at + half(label) < Math.min(last.at, right + 8 - half(last.label)) - half(last.label);
    if (!clear || centre - half(label) < taken) continue;
    taken = centre + half(label);
    yield svg('text', { class: 'tick middle', x: centre, y: bottom + 19 }, label);
  }
}

/**
 * The floor and its name, which has room below the line where that falls.
 * @param {{ value: number, floor: number }[]} floor @param {boolean} falls
 * @param {{ x: (value: number) => number, y: (mse: number) => number, left: number, right: number }} scale
 */
function* drawFloor(floor, falls, { x, y, left, right }) {
  const at = floor.map(({ value, floor }) => `${x(value).toFixed(1)} ${y(floor).toFixed(1)}`);
  yield svg('path', { class: 'sweep-floor', d: falls ? `M${at.join('L')}` : `M${left} ${y(floor[0].floor)}H${right}` });
  if (!falls) {
    yield svg('text', { class: 'tick', x: left + 8, y: y(floor[0].floor) - 6 }, `floor ${error(floor[0].floor)}`);
    return;
  }
  const middle = floor[Math.floor((floor.length - 1) / 3)];
  yield svg('text', { class: 'tick end', x: x(middle.value) - 8, y: y(middle.floor) + 14 }, 'floor');
}
