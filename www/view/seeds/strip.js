// @ts-check
/** The held-out MSE of each of many runs, as a strip of points: read out one by one, and opened by a click or by Enter. */
import { error, count } from '../../common/figures.js';
import { logAxis } from '../../plot/axis.js';
import { sideways } from '../../plot/sideways.js';
import { FoldedTable } from '../../plot/folded-table.js';
import { Plot } from '../../plot/plot.js';
import { drawable, range } from '../../plot/scale.js';
import { byId, svg } from '../../dom/dom.js';
import { steer } from '../../plot/reading.js';
import { fromBelow } from './words.js';

/** @typedef {import('../../plot/frame.js').Frame} Frame */
/** @typedef {import('./words.js').Point} Point */

/** A point's radius, and how wide a stack of them is, in pixels. */
const RADIUS = 2.5;
const STACK = 5;

export class Strip {
  /** From the lowest to the highest. @type {readonly Point[]} */
  #points = [];
  /** @type {Map<number, SVGElement>} */
  #marks = new Map();
  /** All of them: what stays in the document is not drawn anew. */
  #all = svg('g');
  /** Where the points stand, in pixels. @type {(readonly [x: number, y: number])[]} */
  #places = [];
  /** The seed of the run that is open. */
  #open = NaN;
  #words = '';
  #at = -1;
  #table = new FoldedTable('strip-table', ['Seed', 'Held-out MSE', 'From below']);
  #plot = new Plot('strip', 'strip-readout', () => this.#picture(), { table: this.#table });

  /** @param {(seed: number) => void} pick */
  constructor(pick) {
    const strip = byId('strip', SVGSVGElement);
    const take = () => {
      const point = this.#points[this.#at];
      if (point) pick(point.seed);
    };
    strip.addEventListener('click', take);
    steer(
      strip,
      () => ({ Enter: take, ' ': take }),
      (act) => act(),
    );
  }

  /** @param {readonly Point[]} points in any order @param {number} open the seed of the run that is open @param {string} words what they come to */
  show(points, open, words) {
    this.#points = fromBelow(points);
    this.#open = open;
    this.#words = words;
    const gone = new Set(this.#marks.keys());
    for (const { seed } of points) gone.delete(seed);
    for (const seed of gone) {
      this.#marks.get(seed)?.remove();
      this.#marks.delete(seed);
    }
    this.#plot.draw();
  }

  #picture() {
    const points = this.#points.filter(({ value }) => drawable(value));
    const bounds = range();
    bounds.widen(points, ({ value }) => value);
    const ends = bounds.ends();
    if (!ends) return { label: 'Held-out MSE of each seed: none has been measured yet.', empty: 'A point for each seed, as its run ends.' };
    const lost = this.#points.length - points.length;
    const axis = logAxis(ends.low, ends.high);
    return {
      label: `Held-out MSE of ${count(this.#points.length)} seeds on a logarithmic axis: ${this.#words}${lost > 0 ? `; ${count(lost)} diverged` : ''}. The arrow keys read out single runs, Enter opens one.`,
      table: () => ({
        caption: `${count(this.#points.length)} seeds, from the lowest held-out MSE to the highest.`,
        rows: this.#points.map(({ seed, value }, i) => [String(seed), Number.isFinite(value) ? value.toPrecision(6) : 'diverged', count(i + 1)]),
      }),
      frame: (/** @type {SVGSVGElement} */ plot) => sideways(plot, axis),
      marks: (/** @type {Frame} */ frame) => this.#draw(frame),
      readable: (/** @type {Frame} */ frame) => this.#readable(frame),
    };
  }

  /** The points, stacked where they are many, the lowest first. @param {Frame} frame */
  #draw({ x, top, bottom, left, right }) {
    const stacks = this.#points.map(({ value }) => Math.floor((drawable(value) ? x(value) : right) / STACK));
    /** @type {Map<number, number>} */
    const heights = new Map();
    const levels = stacks.map((stack) => {
      const level = heights.get(stack) ?? 0;
      heights.set(stack, level + 1);
      return level;
    });
    const apart = Math.min(2 * RADIUS, (bottom - top - 2 * RADIUS) / Math.max(1, Math.max(...heights.values()) - 1));
    this.#places = this.#points.map(({ value }, i) => [
      drawable(value) ? Math.min(Math.max(x(value), left), right) : right,
      bottom - RADIUS - apart * levels[i],
    ]);
    for (const [i, { seed, value }] of this.#points.entries()) {
      const mark = this.#marks.get(seed) ?? svg('circle', { 'data-seed': seed, r: RADIUS });
      if (!this.#marks.has(seed)) this.#all.append(mark);
      this.#marks.set(seed, mark);
      const look = {
        class: seed === this.#open ? 'seed open' : 'seed',
        'data-value': String(value),
        cx: this.#places[i][0].toFixed(1),
        cy: this.#places[i][1].toFixed(1),
      };
      // Of a thousand most stay as they are.
      for (const [name, text] of Object.entries(look)) if (mark.getAttribute(name) !== text) mark.setAttribute(name, text);
    }
    return [this.#all];
  }

  /** @param {Frame} frame @returns {import('../../plot/reading.js').Readable} */
  #readable({ top, bottom }) {
    const points = this.#points;
    return {
      parts: points.length,
      at: (x, y) => closest(this.#places, x, Math.min(Math.max(y, top), bottom)),
      read: (part) => {
        const point = points[part];
        if (!point) return null;
        const [cx, cy] = this.#places[part];
        const words = `seed ${point.seed}: held-out MSE ${error(point.value)}, the ${ordinal(part + 1)} of ${count(points.length)} from below`;
        return { words, marks: [svg('circle', { cx, cy, r: 5 })] };
      },
      names: points.map(({ seed }) => seed),
      rest: this.#words,
      follow: (part) => {
        this.#at = part;
      },
    };
  }
}

/** @param {readonly (readonly [number, number])[]} places @param {number} x @param {number} y */
function closest(places, x, y) {
  let [found, least] = [-1, Infinity];
  for (const [i, [left, top]] of places.entries()) {
    const away = (left - x) ** 2 + (top - y) ** 2;
    if (away < least) [found, least] = [i, away];
  }
  return found;
}

/** @param {number} n */
function ordinal(n) {
  const end = n % 100 > 10 && n % 100 < 14 ? 0 : n % 10;
  return `${count(n)}${['th', 'st', 'nd', 'rd'][end] ?? 'th'}`;
}
