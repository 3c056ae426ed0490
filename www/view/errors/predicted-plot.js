// @ts-check
/** Predicted against true: a few of the held-out outputs as points, and the line on which there is no error. */
import { count, signed } from '../../common/figures.js';
import { bands } from '../../common/statistics.js';
import { byId, svg } from '../../dom/dom.js';
import { bandReading, bandTable } from '../../plot/band-plot.js';
import { FoldedTable } from '../../plot/folded-table.js';
import { linearFrame } from '../../plot/frame.js';
import { Plot } from '../../plot/plot.js';
import { accounted } from './words.js';

/** @typedef {import('../../common/statistics.js').Band} Band */
/** @typedef {import('../../plot/plot.js').Nothing} Nothing */
/** @typedef {import('../../plot/plot.js').Picture} Picture */
/** @typedef {import('./words.js').Errors} Errors */

/** So many points are a cloud that can still be drawn in no time. */
const MOST_POINTS = 800;

/** What is read out is all of them, by y. */
const BINS = 16;

/** Of so few values the middle 80 % would be hearsay. */
const LEAST = 10;

export class PredictedPlot {
  /** @type {Errors | null} */
  #errors = null;
  #plot = new Plot('predicted', 'predicted-readout', () => picture(this.#errors), {
    table: new FoldedTable('predicted-table', ['True y', 'Outputs', 'Median y′', '80 % of y′ in']),
  });

  /** @param {Errors | null} errors */
  show(errors) {
    this.#errors = errors;
    this.#plot.draw();
    if (errors) byId('predicted', SVGSVGElement).dataset.points = String(points(errors.y.length).length);
  }
}

/** Which of so many outputs are drawn: every nth. @param {number} outputs */
function points(outputs) {
  const every = Math.ceil(outputs / MOST_POINTS);
  return Array.from({ length: Math.ceil(outputs / every) }, (_, i) => i * every);
}

/** @param {Errors | null} errors @returns {Picture | Nothing} */
function picture(errors) {
  if (!errors) return { label: 'Predicted against true: nothing has been predicted yet.', empty: 'Predictions appear here as a run goes.' };
  const { y, approx } = errors;
  const shown = points(y.length);
  const ends = (/** @type {(...values: number[]) => number} */ end) => end(...shown.flatMap((i) => [y[i], approx[i]]));
  const [low, high] = [Math.min(-0.5, ends(Math.min)), Math.max(1, ends(Math.max))];
  const found = bands(y, approx, { low, high, bins: BINS, least: LEAST });
  return {
    label: `Predicted against true: ${count(shown.length)} of ${count(y.length)} outputs as points, and the line y′ = y. The arrow keys read out what is predicted, by y.`,
    frame: (plot) => linearFrame(plot, { low, high, name: 'true y' }, { low, high, name: 'predicted y′' }),
    marks: ({ x, y: up }) => {
      // One path of dots: strokes without length, with round ends.
      const d = shown.map((i) => `M${x(y[i]).toFixed(1)} ${up(approx[i]).toFixed(1)}h0`).join('');
      return [svg('line', { class: 'identity', x1: x(low), y1: up(low), x2: x(high), y2: up(high) }), svg('path', { class: 'cloud', d })];
    },
    readable: (frame) => bandReading(found, frame, words, accounted(errors)),
    table: () => bandTable(found, 'What is predicted, by what is true; bins with few outputs are left out.', signed, count),
  };
}

/** @param {Band} band */
function words({ from, to, low, median, high }) {
  return `y ${signed(from)} to ${signed(to)}: y′ ${signed(median)}, 80\u00a0% in ${signed(low)} to ${signed(high)}`;
}
