// @ts-check
/** Predicted against true: a few of the held-out outputs as points, and the line on which there is no error. */
import { bands } from '../../plot/bins.js';
import { byId, say, svg } from '../../dom/dom.js';
import { count, signed } from '../../common/figures.js';
import { FoldedTable } from '../../plot/folded-table.js';
import { empty, frame } from '../../plot/frame.js';
import { Reading } from '../../plot/reading.js';
import { describe, stand } from '../../dom/slider.js';

/** @typedef {import('../../plot/bins.js').Band} Band */
/** @typedef {import('./errors-section.js').Errors} Errors */

/** So many points are a cloud that can still be drawn in no time. */
const MOST_POINTS = 800;

/** What is read out is all of them, by y. */
const BINS = 16;

/** Of so few values the middle 80 % would be hearsay. */
const LEAST = 10;

export class PredictedPlot {
  #plot = byId('predicted', SVGSVGElement);
  #readout = byId('predicted-readout', HTMLElement);
  /** @type {Errors | null} */
  #errors = null;
  /** @type {Band[]} */
  #bands = [];
  /** @type {import('../../plot/frame.js').Frame | null} */
  #frame = null;
  /** What is said while nothing is picked. */
  #rest = '';
  #table = new FoldedTable('predicted-table', ['True y', 'Outputs', 'Median y′', '80 % of y′ in']);
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
    this.#rest = errors ? resting(errors) : '';
    this.#draw();
  }

  #draw() {
    const errors = this.#errors;
    this.#table.show(() => this.#content());
    if (!errors) {
      this.#frame = null;
      this.#bands = [];
      empty(this.#plot, 'Predictions appear here as a run goes.');
      describe(this.#plot, 'Predicted against true: nothing has been predicted yet.');
      return this.#tell();
    }
    const { y, approx } = errors;
    const every = Math.ceil(y.length / MOST_POINTS);
    const shown = Array.from({ length: Math.ceil(y.length / every) }, (_, i) => i * every);
    const ends = (/** @type {(...values: number[]) => number} */ end) => end(...shown.flatMap((i) => [y[i], approx[i]]));
    const [low, high] = [Math.min(-0.5, ends(Math.min)), Math.max(1, ends(Math.max))];
    this.#bands = bands(y, approx, { low, high, bins: BINS, least: LEAST });
    this.#frame = frame(this.#plot, { low, high, name: 'true y = GELU(z)' }, { low, high, name: 'predicted y′' });
    if (!this.#frame) return;
    const { x, y: up, grid } = this.#frame;
    // One path of dots: strokes without length, with round ends.
    const d = shown.map((i) => `M${x(y[i]).toFixed(1)} ${up(approx[i]).toFixed(1)}h0`).join('');
    const identity = svg('line', { class: 'identity', x1: x(low), y1: up(low), x2: x(high), y2: up(high) });
    this.#plot.replaceChildren(...grid, identity, svg('path', { class: 'cloud', d }), this.#cursor);
    this.#plot.dataset.points = String(shown.length);
    describe(
      this.#plot,
      `Predicted against true: ${count(shown.length)} of ${count(y.length)} outputs as points, and the line y′ = y. The arrow keys read out what is predicted, by y.`,
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
    return { caption: 'What is predicted, by what is true; bins with few outputs are left out.', rows };
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
    this.#say(`y ${signed(band.from)} to ${signed(band.to)}: y′ ${signed(band.median)}, 80\u00a0% in ${signed(band.low)} to ${signed(band.high)}`);
    this.#cursor.replaceChildren(
      svg('line', { x1: middle, x2: middle, y1: y(band.low), y2: y(band.high) }),
      svg('circle', { cx: middle, cy: y(band.median), r: 5 }),
    );
  }
}

/** Of y's variance, what y' accounts for: 1 − MSE / Var(y). @param {Errors} errors */
function resting({ y, error }) {
  const mean = y.reduce((sum, value) => sum + value, 0) / y.length;
  const variance = y.reduce((sum, value) => sum + (value - mean) ** 2, 0) / y.length;
  const mse = error.reduce((sum, value) => sum + value * value, 0) / error.length;
  return `R² = 1 − MSE / variance of y = ${(1 - mse / variance).toFixed(4).replace('-', '−')}`;
}
