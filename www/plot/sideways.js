// @ts-check
/** The frame of a picture along one logarithmic axis: what stands above another has no value of its own. */
import { svg } from '../dom/dom.js';
import { box } from './frame.js';
import { upright } from './marks.js';
import { linear, logarithmic } from './scale.js';

/** @typedef {import('./frame.js').Frame} Frame */

const MARGIN = { left: 10, right: 10, top: 4, bottom: 24, name: 0 };

/** @param {SVGSVGElement} plot @param {ReturnType<typeof import('./axis.js').logAxis>} across @returns {Frame | null} null while the plot has no size */
export function sideways(plot, across) {
  const room = box(plot, MARGIN);
  if (!room) return null;
  const { left, right, top, bottom } = room;
  const x = logarithmic(across.low, across.high, left, right);
  const grid = across.ticks.flatMap(({ value, label }) => [
    upright(room, x(value), 'grid'),
    svg('text', { class: 'tick middle', x: Math.min(Math.max(x(value), left + 6), right - 6), y: bottom + 17 }, label),
  ]);
  return { ...room, x, y: linear(0, 1, bottom, top), grid };
}
