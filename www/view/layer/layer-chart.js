// @ts-check
/** Wrong answers against m, on two logarithmic axes: ours with its interval, the best of each rank, the layer itself and the best linear map. */
import { count, error } from '../../common/figures.js';
import { rSquared } from '../../common/ratios.js';
import { svg } from '../../dom/dom.js';
import { logAxis } from '../../plot/axis.js';
import { logFrame } from '../../plot/frame.js';
import { band, level, line, upright } from '../../plot/marks.js';
import { FoldedTable } from '../../plot/folded-table.js';
import { Plot } from '../../plot/plot.js';
import { nearest } from '../../plot/reading.js';
import { logarithmic } from '../../plot/scale.js';
import { interval } from './standin.js';
import { percent } from './words.js';

/** @typedef {import('../../common/lab-protocol.js').Replaced} Replaced */
/** @typedef {import('../../plot/marks.js').Place} Place */

const MARGIN = { left: 56, right: 16, top: 14, bottom: 44, name: 36 };

/** Widths that are labelled. */
const LABELLED = [1, 2, 4, 8, 16, 32, 64];

export class LayerChart {
  /** @type {Replaced | null} */
  #found = null;
  #table = new FoldedTable('layer-widths', ['m', 'Φ(W)Ψ(x)', 'its R²', 'best of rank m', 'floor']);
  #plot = new Plot('layer-chart', 'layer-readout', () => this.#picture(), { table: this.#table });

  /** @param {Replaced} found */
  show(found) {
    this.#found = found;
    this.#plot.draw();
  }

  #picture() {
    const found = this.#found;
    if (!found) return { label: 'Wrong answers against m: nothing has been computed yet.', empty: 'The picture comes with the layer.' };
    if (Number.isNaN(found.original))
      return { label: 'Without a head and labels there are no answers to count.', empty: 'Without a head and labels there are no answers to count.' };
    const of = found.kept.length;
    // No picture wrong is drawn as half of one.
    const wrong = (/** @type {number} */ share) => Math.max(1 - share, 0.5 / of);
    const widths = Array.from({ length: found.width }, (_, i) => i + 1);
    const ends = widths.map((m) => interval(found.ours[m], of));
    const low = Math.min(wrong(found.original), wrong(found.linear), ...ends.map(([, high]) => wrong(high)), ...widths.map((m) => wrong(found.best[m])));
    return {
      label: `Wrong answers of ${count(of)} inputs kept back, against m on logarithmic axes: ${told(found, 1)}; ${told(found, found.width)}. The arrow keys read out single widths.`,
      frame: (/** @type {SVGSVGElement} */ plot) =>
        logFrame(plot, logAxis(low, 1), MARGIN, ({ left, right }) => {
          const x = logarithmic(1, found.width, left + 10, right - 10);
          const marks = LABELLED.filter((m) => m <= found.width).map((m) => ({ at: x(m), label: { text: String(m), x: x(m) } }));
          return { x, marks, name: 'm, the width of Φ and Ψ' };
        }),
      table: () => ({
        caption: `Of ${count(of)} inputs kept back the share that is answered right, R², and the lowest mean squared error of the width.`,
        rows: widths.map((m) => [String(m), percent(found.ours[m]), rSquared(found.oursR2[m]), percent(found.best[m]), error(found.floor[m])]),
      }),
      marks: (/** @type {import('../../plot/frame.js').Frame} */ frame) => {
        const { x, y } = frame;
        const places = (/** @type {(m: number) => number} */ value) => widths.map((m) => /** @type {Place} */ ([x(m), y(value(m))]));
        const area = band(
          places((m) => wrong(ends[m - 1][0])),
          places((m) => wrong(ends[m - 1][1])),
        );
        return [
          svg('path', { class: 'layer-band', d: area }),
          svg('path', { class: 'layer-best', d: line(places((m) => wrong(found.best[m]))) }),
          level(frame, y(wrong(found.original)), 'layer-line'),
          level(frame, y(wrong(found.linear)), 'layer-line'),
          svg('text', { class: 'tick end', x: frame.right, y: y(wrong(found.linear)) - 5 }, 'linear map'),
          svg('text', { class: 'tick', x: frame.left + 6, y: y(wrong(found.original)) - 5 }, 'the layer'),
          svg('path', { class: 'curve', d: line(places((m) => wrong(found.ours[m]))) }),
        ];
      },
      readable: (/** @type {import('../../plot/frame.js').Frame} */ frame) => {
        const places = widths.map((m) => frame.x(m));
        return {
          parts: widths.length,
          at: (/** @type {number} */ at) => nearest(places, at),
          read: (/** @type {number} */ part) => {
            const m = widths[part];
            if (!m) return null;
            return {
              words: told(found, m),
              marks: [upright(frame, places[part]), svg('circle', { cx: places[part], cy: frame.y(wrong(found.ours[m])), r: 5 })],
            };
          },
          rest: '',
        };
      },
    };
  }
}

/** @param {Replaced} found @param {number} m */
function told({ ours, best, kept }, m) {
  const wrong = (/** @type {number} */ share) => count(Math.round((1 - share) * kept.length));
  return `m = ${m}: Φ(W)Ψ(x) wrong on ${wrong(ours[m])} of ${count(kept.length)}, the best of rank ${m} on ${wrong(best[m])}`;
}
