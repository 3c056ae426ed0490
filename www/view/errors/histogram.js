// @ts-check
/** How often which error occurs over the held-out draws, and where the one draw of the comparison is among them. */
import { counted, extent, roundUp } from '../../plot/bins.js';
import { byId, say, svg } from '../../dom/dom.js';
import { count, signed } from '../../common/figures.js';
import { FoldedTable } from '../../plot/folded-table.js';
import { empty, frame } from '../../plot/frame.js';
import { Reading } from '../../plot/reading.js';
import { describe, stand } from '../../dom/slider.js';

/** @typedef {import('./errors-section.js').Errors} Errors */

const BINS = 40;

/** The share of the errors that the axis reaches to; the others are in the first and the last bin. */
const SHARE = 0.99;

/** More marks than this are a fence: of a wide layer's draw, the first outputs. */
const MOST_MARKS = 16;

export class Histogram {
  #plot = byId('histogram', SVGSVGElement);
  #readout = byId('histogram-readout', HTMLElement);
  #words = byId('histogram-mark', HTMLElement);
  #reach = 1;
  /** @type {number[]} */
  #counts = [];
  #all = 0;
  /** What is said while no bin is picked. */
  #rest = '';
  /** @type {readonly number[]} */
  #marks = [];
  /** @type {import('../../plot/frame.js').Frame | null} */
  #frame = null;
  #table = new FoldedTable('histogram-table', ['Error', 'Outputs', 'Share']);
  #cursor = svg('g', { class: 'cursor' });
  #reading = new Reading(
    this.#plot,
    () => this.#counts.length,
    (x) => this.#at(x),
    () => this.#tell(),
  );

  constructor() {
    new ResizeObserver(() => this.#draw()).observe(this.#plot);
  }

  /** @param {Errors | null} errors */
  show(errors) {
    this.#all = errors ? errors.error.length : 0;
    this.#rest = errors ? resting(errors.error) : '';
    if (errors) {
      // What is exact to the last bit has a width too.
      this.#reach = roundUp(Math.max(extent(errors.error, SHARE), 1e-12));
      this.#counts = counted(errors.error, this.#reach, BINS);
    } else {
      this.#counts = [];
    }
    this.#draw();
  }

  /** The errors of the draw that is on show in the comparison. @param {readonly number[]} errors */
  mark(errors) {
    this.#marks = errors.slice(0, MOST_MARKS);
    this.#draw();
  }

  #draw() {
    const reach = this.#reach;
    const counts = this.#counts;
    this.#table.show(() => this.#content());
    this.#plot.dataset.counts = counts.join(' ');
    describe(this.#plot, this.#describe());
    say(this.#words, this.#marks.length > 0 && this.#all > 0 ? `The draw compared above, marked: ${list(this.#marks)}.` : '');
    if (this.#all === 0) {
      this.#frame = null;
      empty(this.#plot, 'The errors appear here as a run goes.');
      return this.#tell();
    }
    const top = Math.max(...counts) * 1.12;
    this.#frame = frame(this.#plot, { low: -reach, high: reach, name: 'error y′ − y' }, { low: 0, high: top, name: 'outputs' });
    if (!this.#frame) return;
    const { x, y, top: upper, bottom, grid } = this.#frame;
    const bars = counts.map((found, i) => {
      const [from, to] = [x(this.#edge(i)), x(this.#edge(i + 1))];
      return svg('rect', { class: 'bar', x: from + 0.5, y: y(found), width: Math.max(to - from - 1, 0.5), height: bottom - y(found) });
    });
    const marks = this.#marks.filter(Number.isFinite).flatMap((error) => {
      const at = x(Math.min(Math.max(error, -reach), reach));
      return [
        svg('line', { class: 'mark', x1: at, x2: at, y1: upper + 8, y2: bottom }),
        svg('path', { class: 'mark-head', d: `M${at - 6} ${upper}H${at + 6}L${at} ${upper + 10}Z` }),
      ];
    });
    this.#plot.replaceChildren(...grid, ...bars, ...marks, this.#cursor);
    this.#tell();
  }

  /** @param {number} bin */
  #edge(bin) {
    return (this.#reach * (2 * bin - BINS)) / BINS;
  }

  /** @param {number} x */
  #at(x) {
    if (!this.#frame) return -1;
    return Math.min(Math.max(Math.floor(((this.#frame.value(x) + this.#reach) / (2 * this.#reach)) * BINS), 0), BINS - 1);
  }

  /** @param {string} words */
  #say(words) {
    say(this.#readout, words);
    stand(this.#plot, this.#reading.picked, this.#counts.length, words);
  }

  /** @param {number} bin */
  #where(bin) {
    const [from, to] = [this.#edge(bin), this.#edge(bin + 1)];
    return bin === 0 ? `below ${signed(to)}` : bin === BINS - 1 ? `above ${signed(from)}` : `${signed(from)} to ${signed(to)}`;
  }

  /** @param {number} found */
  #share(found) {
    return `${((100 * found) / this.#all).toPrecision(2)}\u00a0%`;
  }

  #content() {
    if (this.#all === 0) return null;
    return {
      caption: `${count(this.#all)} outputs by their error, in ${BINS} bins.`,
      rows: this.#counts.map((found, bin) => [this.#where(bin), count(found), this.#share(found)]),
    };
  }

  #tell() {
    const bin = this.#reading.picked;
    const found = this.#counts[bin];
    if (found === undefined || !this.#frame) {
      this.#say(this.#rest);
      return this.#cursor.replaceChildren();
    }
    const { x, y, top, bottom } = this.#frame;
    const [from, to] = [this.#edge(bin), this.#edge(bin + 1)];
    this.#say(`${this.#where(bin)}: ${count(found)} of ${count(this.#all)}, ${this.#share(found)}`);
    const [left, right] = [x(from), x(to)];
    this.#cursor.replaceChildren(
      svg('line', { x1: (left + right) / 2, x2: (left + right) / 2, y1: top, y2: bottom }),
      svg('rect', { class: 'bar picked', x: left + 0.5, y: y(found), width: Math.max(right - left - 1, 0.5), height: bottom - y(found) }),
    );
  }

  #describe() {
    if (this.#all === 0) return 'How often which error occurs: there are none yet.';
    const marks = this.#marks.length > 0 ? ` The draw compared above: ${list(this.#marks)}.` : '';
    return `How often which error occurs: ${count(this.#all)} outputs between ${signed(-this.#reach)} and ${signed(this.#reach)}, ${count(this.#counts[0])} of them in the first bin or below it, ${count(this.#counts[BINS - 1])} in the last or above it.${marks} The arrow keys read out single bins.`;
  }
}

/** @param {Float64Array} errors */
function resting(errors) {
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  const square = errors.reduce((sum, error) => sum + error * error, 0) / errors.length;
  return `mean ${signed(mean)}, root mean square ${signed(Math.sqrt(square))}`;
}

/** @param {readonly number[]} errors */
function list(errors) {
  const first = errors.slice(0, 4).map(signed);
  return errors.length > 4 ? `${first.join(', ')} and so on` : new Intl.ListFormat('en').format(first);
}
