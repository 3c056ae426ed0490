// @ts-check
/** The cells of the error maps: where each is, what is asked for them, and what can be said of all of them. Pure arithmetic. */
import { signed } from '../../common/figures.js';
import { roundUp } from '../../plot/axis.js';

/** @typedef {[number, number]} Place */

/** Cells along a side, and on a map. */
export const SIDE = 48;
export const CELLS = SIDE * SIDE;

/** The map reaches from minus this to this, in both directions. */
export const SPAN = 3;

/** Squares of side 1 along a side, which the table gives the mean errors of. */
const BLOCKS = 2 * SPAN;

/** The share of the draws, of those that the maps hold, whose errors the colours tell apart. */
const SHARE = 0.98;

/** The middle of a cell; the first row is the highest. @param {number} cell @returns {Place} */
export function centre(cell) {
  const size = (2 * SPAN) / SIDE;
  return [((cell % SIDE) + 0.5) * size - SPAN, SPAN - (Math.floor(cell / SIDE) + 0.5) * size];
}

/** @param {Place} place */
export function cellAt([first, second]) {
  const along = (/** @type {number} */ value) => Math.min(Math.floor(((value + SPAN) / (2 * SPAN)) * SIDE), SIDE - 1);
  return along(-second) * SIDE + along(first);
}

/** Whether a place is on the map. @param {Place} place */
export function inside([first, second]) {
  return Math.abs(first) <= SPAN && Math.abs(second) <= SPAN;
}

/** A place in words. @param {Place} place */
export function placed(place) {
  return `(${place.map((value) => String(value).replace('-', '−')).join(', ')})`;
}

/**
 * The draws that a map is made of: one for each cell, and one for the points themselves. Both rows of W are w, and the first output counts.
 * @param {'x' | 'w'} over @param {{ x: Place, w: Place }} points
 */
export function question(over, points) {
  const W = new Float32Array(4 * (CELLS + 1));
  const x = new Float32Array(2 * (CELLS + 1));
  for (let draw = 0; draw <= CELLS; draw += 1) {
    const here = { ...points, ...(draw < CELLS && { [over]: centre(draw) }) };
    W.set([...here.w, ...here.w], 4 * draw);
    x.set(here.x, 2 * draw);
  }
  return { W, x };
}

/** How likely a draw is in each cell, up to a factor. */
const LIKELY = Float64Array.from({ length: CELLS }, (_, cell) => {
  const [first, second] = centre(cell);
  return Math.exp(-(first * first + second * second) / 2);
});

/** The size that the errors of most draws stay below, rounded up; 0 if there are none. @param {(Float64Array | null)[]} maps */
export function spanOf(maps) {
  const sizes = maps.flatMap((errors) => (errors ? Array.from(errors, (error, cell) => ({ size: Math.abs(error), likely: LIKELY[cell] })) : []));
  const finite = sizes.filter(({ size }) => Number.isFinite(size)).sort((a, b) => a.size - b.size);
  const all = finite.reduce((sum, { likely }) => sum + likely, 0);
  let seen = 0;
  for (const { size, likely } of finite) {
    seen += likely;
    if (seen >= SHARE * all) return size > 0 ? roundUp(size) : 0;
  }
  return 0;
}

/** What the squares reach over, along a side: from each whole number to the next. */
export const REACHES = Array.from({ length: BLOCKS }, (_, i) => `${i - SPAN} to ${i - SPAN + 1}`.replaceAll('-', '−'));

/** The mean error of each square, row by row from above, with what the row reaches over. @param {Float64Array} errors */
export function blocks(errors) {
  const cells = SIDE / BLOCKS;
  return Array.from({ length: BLOCKS }, (_, row) => {
    const means = Array.from({ length: BLOCKS }, (_, column) => {
      let sum = 0;
      for (let i = 0; i < cells * cells; i += 1) sum += errors[(row * cells + Math.floor(i / cells)) * SIDE + column * cells + (i % cells)];
      return signed(sum / (cells * cells));
    });
    return [REACHES[BLOCKS - 1 - row], ...means];
  });
}

/** The edges between cells whose errors have different signs, as a path over cells of so many pixels. @param {Float64Array} errors @param {{ left: number, top: number, size: number }} cells */
export function signChanges(errors, { left, top, size }) {
  /** @type {string[]} */
  const parts = [];
  for (let row = 0; row < SIDE; row += 1) {
    for (let column = 0; column < SIDE; column += 1) {
      const here = errors[row * SIDE + column] < 0;
      const [x, y] = [(left + column * size).toFixed(1), (top + row * size).toFixed(1)];
      if (column > 0 && here !== errors[row * SIDE + column - 1] < 0) parts.push(`M${x} ${y}v${size.toFixed(2)}`);
      if (row > 0 && here !== errors[(row - 1) * SIDE + column] < 0) parts.push(`M${x} ${y}h${size.toFixed(2)}`);
    }
  }
  return parts.join('');
}
