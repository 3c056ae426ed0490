// @ts-check
/**
 * One comparison as a picture: GELU's curve, the true outputs on it, the learned ones above or below, and the gap between. Hover, touch and the
 * arrow keys read single outputs out, from left to right.
 */
import { signed } from '../../common/figures.js';
import { geluTanh as gelu } from '../../common/gelu.js';
import { svg } from '../../dom/dom.js';
import { curve, curveFrame, curveReading } from '../../plot/curve-plot.js';
import { FoldedTable } from '../../plot/folded-table.js';
import { Plot } from '../../plot/plot.js';

/** @typedef {import('../../common/protocol.js').Comparison} Comparison */
/** @typedef {import('../../plot/plot.js').Picture} Picture */
/** One output. @typedef {{ z: number, truth: number, learned: number }} Output */

/** What an empty picture shows. */
const SPAN = 3;

/** Pieces that the curve is drawn in. */
const STEPS = 120;

export class GeluPlot {
  /** @type {Comparison | null} */
  #comparison = null;
  #plot = new Plot('gelu-plot', 'gelu-readout', () => picture(this.#comparison), {
    table: new FoldedTable('gelu-table', ['z', 'GELU', 'Learned', 'Error']),
  });

  /** @param {Comparison | null} comparison */
  show(comparison) {
    this.#comparison = comparison;
    this.#plot.draw();
  }
}

/** The curve is for the eye only; what is compared comes from the module. @param {Comparison | null} comparison @returns {Picture} */
function picture(comparison) {
  const { wx, approx, geluTanh } = comparison ?? { wx: [], approx: [], geluTanh: [] };
  const reach = Math.max(SPAN, ...wx.map((z) => Math.abs(z) * 1.1).filter(Number.isFinite));
  const heights = [...approx, ...geluTanh].filter(Number.isFinite).map((y) => y * 1.1);
  const up = { low: Math.min(-0.5, ...heights), high: Math.max(reach, ...heights), name: '' };
  const z = Array.from({ length: STEPS + 1 }, (_, i) => -reach + (2 * reach * i) / STEPS);
  const found = outputs(wx, geluTanh, approx);
  return {
    label: described(comparison),
    frame: (plot) => curveFrame(plot, { low: -reach, high: reach, name: 'z = (Wx)ᵢ', lines: 'zero' }, up),
    marks: (frame) => [curve('gelu', z, z.map(gelu), frame, { low: -Infinity, high: Infinity }), ...found.flatMap((output) => marks(output, frame))],
    readable: (frame) => {
      const places = found.map(({ z }) => z);
      return curveReading(places, frame, (part) => words(found[part]), resting(found));
    },
    table: () => {
      const rows = found.map(({ z, truth, learned }) => [signed(z), signed(truth), signed(learned), signed(learned - truth)]);
      return rows.length > 0 ? { caption: 'The compared outputs, by z.', rows } : null;
    },
  };
}

/** The outputs that can be drawn, from left to right. @param {readonly number[]} wx @param {readonly number[]} truths @param {readonly number[]} approx @returns {Output[]} */
function outputs(wx, truths, approx) {
  const all = wx.map((z, i) => ({ z, truth: truths[i], learned: approx[i] }));
  return all.filter(({ z, truth, learned }) => [z, truth, learned].every(Number.isFinite)).sort((one, other) => one.z - other.z);
}

/** @param {Output} output @param {import('../../plot/frame.js').Frame} frame */
function marks({ z, truth, learned }, { x, y }) {
  return [
    svg('line', { class: 'gap', x1: x(z), x2: x(z), y1: y(truth), y2: y(learned) }),
    svg('circle', { class: 'true', cx: x(z), cy: y(truth), r: 6 }),
    svg('circle', { class: 'learned', cx: x(z), cy: y(learned), r: 4.5 }),
  ];
}

/** @param {Output} output */
function words({ z, truth, learned }) {
  return `z ${signed(z)}: GELU ${signed(truth)}, learned ${signed(learned)}, error ${signed(learned - truth)}`;
}

/** What is said while nothing is picked. @param {readonly Output[]} outputs */
function resting(outputs) {
  if (outputs.length === 0) return '';
  const away = (/** @type {Output} */ { truth, learned }) => Math.abs(learned - truth);
  const { z, truth, learned } = outputs.reduce((worst, each) => (away(each) > away(worst) ? each : worst));
  return `largest error ${signed(learned - truth)}, at z ${signed(z)}`;
}

/** @param {Comparison | null} comparison */
function described(comparison) {
  if (!comparison) return 'The curve of GELU; nothing has been compared yet.';
  const parts = comparison.wx
    .slice(0, 8)
    .map((z, i) => `at ${z.toFixed(2)} GELU is ${comparison.geluTanh[i].toFixed(2)}, learned ${learnedWords(comparison.approx[i])}`);
  return `The curve of GELU with the compared outputs: ${parts.join('; ')}. The arrow keys read out single outputs.`;
}

/** @param {number} approx */
function learnedWords(approx) {
  return Number.isFinite(approx) ? approx.toFixed(2) : 'beyond all numbers';
}
