// @ts-check
/** What a picture is drawn with, in pixels: lines, bands, and the lines that show a place. */
import { svg } from '../dom/dom.js';

/** @typedef {readonly [number, number]} Place */

/** Neighbours that can be joined; null stands where they cannot. @template P @param {readonly (P | null)[]} points @returns {P[][]} */
export function stretches(points) {
  /** @type {P[][]} */
  const found = [[]];
  for (const point of points) {
    if (point !== null) found[found.length - 1].push(point);
    else if (found[found.length - 1].length > 0) found.push([]);
  }
  return found.filter(({ length }) => length > 0);
}

/** A line through the places, with a gap at each null. @param {readonly (Place | null)[]} places */
export function line(places) {
  return stretches(places)
    .map((stretch) => `M${stretch.map(written).join('L')}`)
    .join('');
}

/** The outline of what is between two lines of the same x. @param {readonly Place[]} upper @param {readonly Place[]} lower */
export function band(upper, lower) {
  return `M${[...upper, ...[...lower].reverse()].map(written).join('L')}Z`;
}

/**
 * The places of a curve, however many points it has: where a pixel column holds several of them, its highest and its lowest value.
 * @template P @param {readonly P[]} points from left to right @param {{ x: (point: P) => number, of: (point: P) => number, y: (value: number) => number, room: number, fits: (value: number) => boolean }} by
 * `room` is the width in pixels, `fits` says which values can be drawn
 * @returns {(Place | null)[]}
 */
export function trace(points, { x, of, y, room, fits }) {
  const place = (/** @type {number} */ at, /** @type {number} */ value) => /** @type {Place} */ ([at, y(value)]);
  if (points.length <= 2 * room) return points.map((point) => (fits(of(point)) ? place(x(point), of(point)) : null));
  /** @type {Place[]} */
  const places = [];
  for (let i = 0; i < points.length; ) {
    const column = Math.floor(x(points[i]));
    let low = of(points[i]);
    let high = low;
    for (; i < points.length && Math.floor(x(points[i])) === column; i += 1) {
      const value = of(points[i]);
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (fits(high)) places.push(place(column + 0.5, high));
    if (fits(low)) places.push(place(column + 0.5, low));
  }
  return places;
}

/** A line from the bottom to the top, at so many pixels. @param {{ top: number, bottom: number }} room @param {number} x @param {string} [look] its class */
export function upright({ top, bottom }, x, look) {
  return svg('line', { ...(look && { class: look }), x1: x, x2: x, y1: top, y2: bottom });
}

/** A line from the left to the right, at so many pixels. @param {{ left: number, right: number }} room @param {number} y @param {string} [look] its class */
export function level({ left, right }, y, look) {
  return svg('line', { ...(look && { class: look }), x1: left, x2: right, y1: y, y2: y });
}

/** @param {Place} place */
function written([x, y]) {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}
