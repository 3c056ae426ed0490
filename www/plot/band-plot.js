// @ts-check
/** Bands of one quantity along another, as a picture and as a table: each is read out whole. */
import { svg } from '../dom/dom.js';
import { band as outline, line } from './marks.js';

/** @typedef {import('../common/statistics.js').Band} Band */
/** @typedef {import('./frame.js').Frame} Frame */
/** @typedef {import('./marks.js').Place} Place */

/** The middle 80 % as an area, and the median in it. @param {readonly Band[]} bands @param {Frame} frame */
export function bandArea(bands, { x, y }) {
  const along = (/** @type {'low' | 'median' | 'high'} */ of) => bands.map((band) => /** @type {Place} */ ([x((band.from + band.to) / 2), y(band[of])]));
  return [svg('path', { class: 'band', d: outline(along('high'), along('low')) }), svg('path', { class: 'curve', d: line(along('median')) })];
}

/** What can be read out of them. @param {readonly Band[]} bands @param {Frame} frame @param {(band: Band) => string} words @param {string} rest @returns {import('./reading.js').Readable} */
export function bandReading(bands, { x, y }, words, rest) {
  return {
    parts: bands.length,
    at: (at) => bands.findIndex(({ from, to }) => x.value(at) >= from && x.value(at) < to),
    read: (part) => {
      const band = bands[part];
      if (!band) return null;
      const middle = x((band.from + band.to) / 2);
      const span = svg('line', { x1: middle, x2: middle, y1: y(band.low), y2: y(band.high) });
      return { words: words(band), marks: [span, svg('circle', { cx: middle, cy: y(band.median), r: 5 })] };
    },
    rest,
  };
}

/** @param {readonly Band[]} bands @param {string} caption @param {(value: number) => string} figure @param {(many: number) => string} count @returns {import('./folded-table.js').Content | null} null where there is none */
export function bandTable(bands, caption, figure, count) {
  if (bands.length === 0) return null;
  const reach = (/** @type {number} */ from, /** @type {number} */ to) => `${figure(from)} to ${figure(to)}`;
  return { caption, rows: bands.map(({ from, to, count: many, low, median, high }) => [reach(from, to), count(many), figure(median), reach(low, high)]) };
}
