// @ts-check
/** A picture's frame: the room for it, its two axes with their grid and labels, and where a value stands between them. */
import { linearAxis } from './axis.js';
import { svg } from '../dom/dom.js';
import { level, upright } from './marks.js';
import { linear, logarithmic } from './scale.js';

/** @typedef {import('./scale.js').Scale} Scale */
/** Room for the labels, in pixels, and how far under the picture the horizontal axis has its name. @typedef {{ left: number, right: number, top: number, bottom: number, name: number }} Margin */
/** @typedef {{ width: number, height: number, left: number, right: number, top: number, bottom: number }} Box */
/** @typedef {Box & { x: Scale, y: Scale, grid: SVGElement[] }} Frame */

/** One of two linear axes: from where to where, with how many labels at most, and which of them the grid has a line for.
 * @typedef {{ low: number, high: number, name: string, most?: number, lines?: 'all' | 'zero' | 'none' }} Side */

/** A mark under a logarithmic picture at so many pixels, and its label, which may stand beside it.
 * @typedef {{ at: number, label?: { text: string, x: number, side?: 'middle' | 'end' } }} Under */

/** @type {Margin} */
const MARGIN = { left: 52, right: 12, top: 14, bottom: 44, name: 35 };

/** How many times larger than it is drawn a plot is on show, with its labels and lines, for a room to read: style.css says so. @param {SVGSVGElement} plot */
export function magnified(plot) {
  return Number(getComputedStyle(plot).getPropertyValue('--magnified')) || 1;
}

/** The room that a plot has for its picture; null while the plot has no size. @param {SVGSVGElement} plot @param {Margin} margin @returns {Box | null} */
export function box(plot, margin) {
  const shown = plot.getBoundingClientRect();
  if (shown.width === 0) return null;
  const times = magnified(plot);
  const [width, height] = [shown.width / times, shown.height / times];
  return { width, height, left: margin.left, right: width - margin.right, top: margin.top, bottom: height - margin.bottom };
}

/**
 * Two linear axes.
 * @param {SVGSVGElement} plot @param {Side} across @param {Side} up @param {Margin} [margin] @param {number} [apart] how many pixels each label
 * of a narrow plot has to itself
 * @returns {Frame | null} null while the plot has no size
 */
export function linearFrame(plot, across, up, margin = MARGIN, apart = 60) {
  const room = box(plot, margin);
  if (!room) return null;
  const { width, left, right, top, bottom } = room;
  const [x, y] = [linear(across.low, across.high, left, right), linear(up.low, up.high, bottom, top)];
  const ruled = (/** @type {Side} */ { lines = 'all' }, /** @type {number} */ value) => lines === 'all' || (lines === 'zero' && value === 0);
  /** @type {SVGElement[]} */
  const grid = [];
  for (const { value, label } of linearAxis(up.low, up.high, up.most ?? 5)) {
    if (ruled(up, value)) grid.push(level(room, y(value), value === 0 ? 'axis' : 'grid'));
    grid.push(svg('text', { class: 'tick end', x: left - 7, y: y(value) + 4 }, label));
  }
  for (const { value, label } of linearAxis(across.low, across.high, Math.min(across.most ?? 7, Math.floor(width / apart)))) {
    if (ruled(across, value)) grid.push(upright(room, x(value), value === 0 ? 'axis' : 'grid'));
    grid.push(svg('text', { class: 'tick middle', x: x(value), y: bottom + 17 }, label));
  }
  grid.push(svg('text', { class: 'tick middle name', x: (left + right) / 2, y: bottom + margin.name }, across.name));
  if (up.name) grid.push(svg('text', { class: 'tick name', x: left + 4, y: top + 4 }, up.name));
  return { ...room, x, y, grid };
}

/**
 * A logarithmic axis upwards over one of the picture's own.
 * @param {SVGSVGElement} plot @param {{ low: number, high: number, ticks: import('./axis.js').Tick[], minor: number[] }} up
 * @param {Margin} margin
 * @param {(room: Box) => { x: Scale, marks: readonly Under[], name: string }} across what the room has under it
 * @returns {Frame | null} null while the plot has no size
 */
export function logFrame(plot, up, margin, across) {
  const room = box(plot, margin);
  if (!room) return null;
  const { left, right, top, bottom } = room;
  const y = logarithmic(up.low, up.high, bottom, top);
  const { x, marks, name } = across(room);
  const minor = up.minor.map((value) => level(room, y(value), 'grid minor'));
  /** @type {SVGElement[]} */
  const under = marks.flatMap(({ at, label }) => [
    upright({ top: bottom, bottom: bottom + 5 }, at, 'axis'),
    ...(label ? [svg('text', { class: `tick ${label.side ?? 'middle'}`, x: label.x, y: bottom + 19 }, label.text)] : []),
  ]);
  const levels = up.ticks.flatMap(({ value, label }) => [
    level(room, y(value), 'grid'),
    svg('text', { class: 'tick end', x: left - 8, y: y(value) + 4 }, label),
  ]);
  const title = svg('text', { class: 'tick middle name', x: (left + right) / 2, y: bottom + margin.name }, name);
  return { ...room, x, y, grid: [...minor, ...levels, level(room, bottom, 'axis'), ...under, title] };
}

/** A plot with nothing to show yet says so. @param {SVGSVGElement} plot @param {string} words */
export function empty(plot, words) {
  const { width, height } = plot.getBoundingClientRect();
  plot.setAttribute('viewBox', `0 0 ${width || 1} ${height || 1}`);
  plot.replaceChildren(svg('text', { class: 'empty', x: width / 2, y: height / 2 }, words));
}
