// @ts-check
/** A picture's frame: two linear axes with their grid, and where a value stands between them. */
import { linearAxis } from './axis.js';
import { svg } from '../dom/dom.js';

/** @typedef {{ low: number, high: number, name: string }} Side */
/** @typedef {{ x: (value: number) => number, y: (value: number) => number, value: (x: number) => number, left: number, right: number, top: number, bottom: number, width: number, grid: SVGElement[] }} Frame */

const MARGIN = { left: 52, right: 12, top: 14, bottom: 44 };

/** @param {SVGSVGElement} plot @param {Side} across @param {Side} up @returns {Frame | null} null while the plot has no size */
export function frame(plot, across, up) {
  const { width, height } = plot.getBoundingClientRect();
  if (width === 0) return null;
  const [left, right, top, bottom] = [MARGIN.left, width - MARGIN.right, MARGIN.top, height - MARGIN.bottom];
  const x = (/** @type {number} */ value) => left + ((value - across.low) / (across.high - across.low)) * (right - left);
  const y = (/** @type {number} */ value) => bottom - ((value - up.low) / (up.high - up.low)) * (bottom - top);
  const value = (/** @type {number} */ at) => across.low + ((at - left) / (right - left)) * (across.high - across.low);
  /** @type {SVGElement[]} */
  const grid = [];
  for (const { value, label } of linearAxis(up.low, up.high, 5)) {
    grid.push(svg('line', { class: value === 0 ? 'axis' : 'grid', x1: left, x2: right, y1: y(value), y2: y(value) }));
    grid.push(svg('text', { class: 'tick end', x: left - 7, y: y(value) + 4 }, label));
  }
  for (const { value, label } of linearAxis(across.low, across.high, Math.min(7, Math.floor(width / 60)))) {
    grid.push(svg('line', { class: value === 0 ? 'axis' : 'grid', x1: x(value), x2: x(value), y1: top, y2: bottom }));
    grid.push(svg('text', { class: 'tick middle', x: x(value), y: bottom + 17 }, label));
  }
  grid.push(svg('text', { class: 'tick middle name', x: (left + right) / 2, y: bottom + 35 }, across.name));
  grid.push(svg('text', { class: 'tick name', x: left + 4, y: top + 4 }, up.name));
  plot.setAttribute('viewBox', `0 0 ${width} ${height}`);
  return { x, y, value, left, right, top, bottom, width, grid };
}

/** A plot with nothing to show yet says so. @param {SVGSVGElement} plot @param {string} words */
export function empty(plot, words) {
  const { width, height } = plot.getBoundingClientRect();
  plot.setAttribute('viewBox', `0 0 ${width || 1} ${height || 1}`);
  plot.replaceChildren(svg('text', { class: 'empty', x: width / 2, y: height / 2 }, words));
}
