// @ts-check
/** Curves of one quantity over another, read out place by place. */
import { svg } from '../dom/dom.js';
import { linearFrame } from './frame.js';
import { line, upright } from './marks.js';
import { nearest } from './reading.js';

/** @typedef {import('./frame.js').Frame} Frame */
/** @typedef {import('./frame.js').Side} Side */

const MARGIN = { left: 34, right: 12, top: 12, bottom: 44, name: 34 };

/** Few labels and fewer lines: the curves are what is to be seen. @param {SVGSVGElement} plot @param {Side} across @param {Side} up */
export function curveFrame(plot, across, up) {
  return linearFrame(plot, across, up, MARGIN, 50);
}

/** A curve as far as it stays within the picture. @param {string} look its class @param {ArrayLike<number>} z @param {ArrayLike<number>} values @param {Frame} frame @param {{ low: number, high: number }} up */
export function curve(look, z, values, { x, y }, { low, high }) {
  const places = Array.from(z, (at, i) => (values[i] >= low && values[i] <= high ? /** @type {const} */ ([x(at), y(values[i])]) : null));
  return svg('path', { class: look, d: line(places) });
}

/** Places along the curves, each shown by an upright line. @param {readonly number[]} z @param {Frame} frame @param {(part: number) => string} words @param {string} rest @returns {import('./reading.js').Readable} */
export function curveReading(z, frame, words, rest) {
  const places = z.map(frame.x);
  return {
    parts: places.length,
    at: (x) => nearest(places, x),
    read: (part) => (part < places.length ? { words: words(part), marks: [upright(frame, places[part])] } : null),
    rest,
  };
}
