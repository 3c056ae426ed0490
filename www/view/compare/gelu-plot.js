// @ts-check
/**
 * One comparison as a picture: the learned function's curve, the true outputs on it, the learned ones above or below, and the gap between. Hover, touch and the
 * arrow keys read single outputs out, from left to right.
 */
import { signed } from '../../common/figures.js';
import { yardstickOf, targetOf } from '../../common/targets.js';
import { svg } from '../../dom/dom.js';
import { curve, curveFrame, curveReading } from '../../plot/curve-plot.js';
import { FoldedTable } from '../../plot/folded-table.js';
import { Plot } from '../../plot/plot.js';
import { described, outputs, resting, words } from './words.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../common/protocol.js').Comparison} Comparison */
/** @typedef {import('../../plot/plot.js').Picture} Picture */
/** @typedef {Pick<import('../../common/protocol.js').Recipe, 'target'> | undefined} Learned */
/** @typedef {import('./words.js').Output} Output */

/** What an empty picture shows. */
const SPAN = 3;

/** Pieces that the curve is drawn in. */
const STEPS = 120;

export class GeluPlot {
  /** @param {Pick<Context, 'trainer' | 'comparison'>} context */
  constructor({ trainer, comparison }) {
    const table = new FoldedTable('gelu-table', ['z', 'The layer', 'Learned', 'Error']);
    const plot = new Plot('gelu-plot', 'gelu-readout', () => picture(comparison.shown, trainer.run?.recipe), { table });
    comparison.addEventListener('shown', () => plot.draw());
  }
}

/** The curve is for the eye only; what is compared comes from the module. @param {Comparison | null} comparison @param {Learned} recipe @returns {Picture} */
function picture(comparison, recipe) {
  const { wx, approx, yardstick } = comparison ?? { wx: [], approx: [], yardstick: [] };
  const { shown } = targetOf(recipe);
  const reach = Math.max(SPAN, ...wx.map((z) => Math.abs(z) * 1.1).filter(Number.isFinite));
  const heights = [...approx, ...yardstick].filter(Number.isFinite).map((y) => y * 1.1);
  const z = Array.from({ length: STEPS + 1 }, (_, i) => -reach + (2 * reach * i) / STEPS);
  const y = z.map(yardstickOf(recipe).at);
  // Down to all of the curve; of one that rises steeply as far as the picture is wide.
  const up = { low: Math.min(-0.5, 1.1 * Math.min(...y), ...heights), high: Math.max(reach, ...heights), name: '' };
  const found = outputs(wx, yardstick, approx);
  return {
    label: described(comparison, shown),
    frame: (plot) => curveFrame(plot, { low: -reach, high: reach, name: 'z = (Wx)ᵢ', lines: 'zero' }, up),
    marks: (frame) => [curve('gelu', z, y, frame, up), ...found.flatMap((output) => marks(output, frame))],
    readable: (frame) => {
      const places = found.map(({ z }) => z);
      return curveReading(places, frame, (part) => words(found[part], shown), resting(found));
    },
    table: () => {
      const rows = found.map(({ z, truth, learned }) => [signed(z), signed(truth), signed(learned), signed(learned - truth)]);
      return rows.length > 0 ? { caption: 'The compared outputs, by z.', rows } : null;
    },
  };
}

/** @param {Output} output @param {import('../../plot/frame.js').Frame} frame */
function marks({ z, truth, learned }, { x, y }) {
  return [
    svg('line', { class: 'gap', x1: x(z), x2: x(z), y1: y(truth), y2: y(learned) }),
    svg('circle', { class: 'true', cx: x(z), cy: y(truth), r: 6 }),
    svg('circle', { class: 'learned', cx: x(z), cy: y(learned), r: 4.5 }),
  ];
}
