// @ts-check
/** The error against z = w·x: for each bin of z the median and the middle 80 %. GELU bends at 0. */
import { bands, extent, roundUp } from '../../plot/bins.js';
import { byId, say, svg } from '../../dom/dom.js';
import { count, signed } from '../../common/figures.js';
import { FoldedTable } from '../../plot/folded-table.js';
import { empty, frame } from '../../plot/frame.js';
import { Reading } from '../../plot/reading.js';
import { describe, stand } from '../../dom/slider.js';

/** @typedef {import('../../plot/bins.js').Band} Band */
/** @typedef {import('./errors-section.js').Errors} Errors */

const BINS = 26;

/** The share of the z that the axis reaches to. */
const SHARE = 0.995;

/** Of so few values the middle 80 % would be hearsay. */
const LEAST = 15;

export class BendPlot {
  #plot = byId('bend', SVGSVGElement);
  #readout = byId('bend-readout', HTMLElement);
  /** @type {Errors | null} */
  #errors = null;
  /** @type {Band[]} */
  #bands = [];
  /** @type {import('../../plot/frame.js').Frame | null} */
  #frame = null;
  /** What is said while nothing is picked. */
  #rest = '';
  #table = new FoldedTable('bend-table', ['z', 'Outputs', 'Median error', '80 % of the errors in']);
  #cursor = svg('g', { class: 'cursor' });
  #reading = new Reading(
    this.#plot,
    () => this.#bands.length,
    (x) => this.#at(x),
    () => this.#tell(),
  );

  constructor() {
    new ResizeObserver(() => this.#draw()).observe(this.#plot);
  }

  /** @param {Errors | null} errors */
  show(errors) {
    this.#errors = errors;
    this.#draw();
  }

  #draw() {
    const errors = this.#errors;
    const reach = errors ? roundUp(Math.max(extent(errors.z, SHARE), 1e-12)) : 1;
    this.#bands = errors ? bands(errors.z, errors.error, { low: -reach, high: reach, bins: BINS, least: LEAST }) : [];
    this.#table.show(() => this.#content());
    if (this.#bands.length === 0) {
      this.#frame = null;
      this.#rest = '';
      empty(this.#plot, errors ? 'Too few draws for this picture.' : 'The errors appear here as a run goes.');
      describe(this.#plot, 'The error against z: there is nothing to show yet.');
      return this.#tell();
    }
    const bound = roundUp(Math.max(...this.#bands.flatMap(({ low, high }) => [-low, high]), 1e-12));
    this.#frame = frame(this.#plot, { low: -reach, high: reach, name: 'z = w·x' }, { low: -bound, high: bound, name: 'error y′ − y' });
    if (!this.#frame) return;
    const { x, y, grid } = this.#frame;
    const point = (/** @type {Band} */ { from, to }, /** @type {number} */ value) => `${x((from + to) / 2).toFixed(1)} ${y(value).toFixed(1)}`;
    const upper = this.#bands.map((band) => point(band, band.high));
    const lower = this.#bands.map((band) => point(band, band.low)).reverse();
    const median = this.#bands.map((band) => point(band, band.median));
    const lines = [svg('path', { class: 'band', d: `M${[...upper, ...lower].join('L')}Z` }), svg('path', { class: 'curve', d: `M${median.join('L')}` })];
    this.#plot.replaceChildren(...grid, ...lines, this.#cursor);
    const widest = this.#bands.reduce((wide, band) => (band.high - band.low > wide.high - wide.low ? band : wide));
    this.#rest = `widest: ${words(widest)}`;
    describe(
      this.#plot,
      `The error against z, in ${count(this.#bands.length)} bins from ${signed(this.#bands[0].from)} to ${signed(this.#bands[this.#bands.length - 1].to)}. It is widest where ${words(widest)}. The arrow keys read out single bins.`,
    );
    this.#tell();
  }

  #content() {
    if (this.#bands.length === 0) return null;
    const rows = this.#bands.map(({ from, to, count: many, low, median, high }) => [
      `${signed(from)} to ${signed(to)}`,
      count(many),
      signed(median),
      `${signed(low)} to ${signed(high)}`,
    ]);
    return { caption: 'The error by z; bins with few outputs are left out.', rows };
  }

  /** @param {number} x */
  #at(x) {
    const value = this.#frame?.value(x);
    return value === undefined ? -1 : this.#bands.findIndex(({ from, to }) => value >= from && value < to);
  }

  /** @param {string} words */
  #say(words) {
    say(this.#readout, words);
    stand(this.#plot, this.#reading.picked, this.#bands.length, words);
  }

  #tell() {
    const band = this.#bands[this.#reading.picked];
    if (!band || !this.#frame) {
      this.#say(this.#rest);
      return this.#cursor.replaceChildren();
    }
    const { x, y } = this.#frame;
    const middle = x((band.from + band.to) / 2);
    this.#say(words(band));
    this.#cursor.replaceChildren(
      svg('line', { x1: middle, x2: middle, y1: y(band.low), y2: y(band.high) }),
      svg('circle', { cx: middle, cy: y(band.median), r: 5 }),
    );
  }
}

/** @param {Band} band */
function words({ from, to, low, median, high }) {
  return `z ${signed(from)} to ${signed(to)}: median ${signed(median)}, 80\u00a0% in ${signed(low)} to ${signed(high)}`;
}
