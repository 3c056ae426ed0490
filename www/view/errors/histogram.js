// @ts-check
/** How often which error occurs over the held-out draws, and where the one draw of the comparison is among them. */
import { count, signed } from '../../common/figures.js';
import { percent } from '../../common/ratios.js';
import { counted, extent } from '../../common/statistics.js';
import { byId, say, svg } from '../../dom/dom.js';
import { roundUp } from '../../plot/axis.js';
import { FoldedTable } from '../../plot/folded-table.js';
import { linearFrame } from '../../plot/frame.js';
import { upright } from '../../plot/marks.js';
import { Plot } from '../../plot/plot.js';
import { spread } from './words.js';

/** @typedef {import('../../plot/frame.js').Frame} Frame */
/** @typedef {import('../../plot/plot.js').Nothing} Nothing */
/** @typedef {import('../../plot/plot.js').Picture} Picture */
/** @typedef {import('./words.js').Errors} Errors */

const BINS = 40;

/** The share of the errors that the axis reaches to; the others are in the first and the last bin. */
const SHARE = 0.99;

/** More marks than this are a fence: of a wide layer's draw, the first outputs. */
const MOST_MARKS = 16;

export class Histogram {
  #svg = byId('histogram', SVGSVGElement);
  #words = byId('histogram-mark', HTMLElement);
  #reach = 1;
  /** @type {number[]} */
  #counts = [];
  #all = 0;
  /** What is said while no bin is picked. */
  #rest = '';
  /** @type {readonly number[]} */
  #marks = [];
  #plot = new Plot('histogram', 'histogram-readout', () => this.#picture(), { table: new FoldedTable('histogram-table', ['Error', 'Outputs', 'Share']) });

  /** @param {Errors | null} errors */
  show(errors) {
    this.#all = errors ? errors.error.length : 0;
    this.#rest = errors ? spread(errors.error) : '';
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
    this.#svg.dataset.counts = this.#counts.join(' ');
    say(this.#words, this.#marks.length > 0 && this.#all > 0 ? `The draw of the comparison, marked: ${list(this.#marks)}.` : '');
    this.#plot.draw();
  }

  /** @returns {Picture | Nothing} */
  #picture() {
    if (this.#all === 0) return { label: 'How often which error occurs: there are none yet.', empty: 'The errors appear here as a run goes.' };
    const reach = this.#reach;
    const high = Math.max(...this.#counts) * 1.12;
    return {
      label: this.#label,
      frame: (plot) => linearFrame(plot, { low: -reach, high: reach, name: 'error y′ − y' }, { low: 0, high, name: 'outputs' }),
      marks: (frame) => [...this.#counts.map((_, bin) => this.#bar(bin, frame, 'bar')), ...this.#pointers(frame)],
      readable: (frame) => ({
        parts: BINS,
        at: (x) => Math.min(Math.max(Math.floor(((frame.x.value(x) + reach) / (2 * reach)) * BINS), 0), BINS - 1),
        read: (bin) => ({ words: this.#told(bin), marks: [this.#upright(bin, frame), this.#bar(bin, frame, 'bar picked')] }),
        rest: this.#rest,
      }),
      table: () => ({
        caption: `${count(this.#all)} outputs by their error, in ${BINS} bins.`,
        rows: this.#counts.map((found, bin) => [this.#where(bin), count(found), this.#share(found)]),
      }),
    };
  }

  /** @param {number} bin @param {Frame} frame @param {string} look */
  #bar(bin, { x, y, bottom }, look) {
    const [from, to] = [x(this.#edge(bin)), x(this.#edge(bin + 1))];
    const top = y(this.#counts[bin]);
    return svg('rect', { class: look, x: from + 0.5, y: top, width: Math.max(to - from - 1, 0.5), height: bottom - top });
  }

  /** @param {number} bin @param {Frame} frame */
  #upright(bin, frame) {
    return upright(frame, (frame.x(this.#edge(bin)) + frame.x(this.#edge(bin + 1))) / 2);
  }

  /** Where the marked errors are. @param {Frame} frame */
  #pointers({ x, top, bottom }) {
    return this.#marks.filter(Number.isFinite).flatMap((error) => {
      const at = x(Math.min(Math.max(error, -this.#reach), this.#reach));
      return [upright({ top: top + 8, bottom }, at, 'mark'), svg('path', { class: 'mark-head', d: `M${at - 6} ${top}H${at + 6}L${at} ${top + 10}Z` })];
    });
  }

  /** @param {number} bin */
  #edge(bin) {
    return (this.#reach * (2 * bin - BINS)) / BINS;
  }

  /** @param {number} bin */
  #where(bin) {
    const [from, to] = [this.#edge(bin), this.#edge(bin + 1)];
    return bin === 0 ? `below ${signed(to)}` : bin === BINS - 1 ? `above ${signed(from)}` : `${signed(from)} to ${signed(to)}`;
  }

  /** @param {number} found */
  #share(found) {
    return percent((100 * found) / this.#all);
  }

  /** @param {number} bin */
  #told(bin) {
    const found = this.#counts[bin];
    return `${this.#where(bin)}: ${count(found)} of ${count(this.#all)}, ${this.#share(found)}`;
  }

  get #label() {
    const marks = this.#marks.length > 0 ? ` The draw of the comparison: ${list(this.#marks)}.` : '';
    return `How often which error occurs: ${count(this.#all)} outputs between ${signed(-this.#reach)} and ${signed(this.#reach)}, ${count(this.#counts[0])} of them in the first bin or below it, ${count(this.#counts[BINS - 1])} in the last or above it.${marks} The arrow keys read out single bins.`;
  }
}

/** @param {readonly number[]} errors */
function list(errors) {
  const first = errors.slice(0, 4).map(signed);
  return errors.length > 4 ? `${first.join(', ')} and so on` : new Intl.ListFormat('en').format(first);
}
