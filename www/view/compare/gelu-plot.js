// @ts-check
/**
 * One comparison as a picture: GELU's curve, the true outputs on it, the learned ones above or below, and the gap between. Hover, touch and the
 * arrow keys read single outputs out, from left to right.
 */
import { linearAxis } from '../../plot/axis.js';
import { byId, say, svg } from '../../dom/dom.js';
import { signed } from '../../common/figures.js';
import { FoldedTable } from '../../plot/folded-table.js';
import { nearest, Reading } from '../../plot/reading.js';
import { describe, stand } from '../../dom/slider.js';

/** @typedef {import('../../common/protocol.js').Comparison} Comparison */
/** One output, and where it stands. @typedef {{ z: number, truth: number, learned: number, x: number, top: number, bottom: number }} Output */

const MARGIN = { left: 34, right: 12, top: 12, bottom: 44 };

/** What an empty picture shows. */
const SPAN = 3;

export class GeluPlot {
  #plot = byId('gelu-plot', SVGSVGElement);
  #readout = byId('gelu-readout', HTMLElement);
  /** @type {Comparison | null} */
  #comparison = null;
  /** The outputs that can be drawn, from left to right. @type {Output[]} */
  #outputs = [];
  #cursor = svg('g', { class: 'cursor' });
  #table = new FoldedTable('gelu-table', ['z', 'GELU', 'Learned', 'Error']);
  #reading = new Reading(
    this.#plot,
    () => this.#outputs.length,
    (x) => nearest(this.#outputs, x),
    () => this.#tell(),
  );

  constructor() {
    new ResizeObserver(() => this.#draw()).observe(this.#plot);
  }

  /** @param {Comparison | null} comparison */
  show(comparison) {
    this.#comparison = comparison;
    this.#draw();
  }

  #draw() {
    const { width, height } = this.#plot.getBoundingClientRect();
    if (width === 0) return;
    const { wx, approx, geluTanh } = this.#comparison ?? { wx: [], approx: [], geluTanh: [] };
    const reach = Math.max(SPAN, ...wx.map((z) => Math.abs(z) * 1.1).filter(Number.isFinite));
    const heights = [...approx, ...geluTanh].filter(Number.isFinite);
    const low = Math.min(-0.5, ...heights.map((y) => y * 1.1));
    const high = Math.max(reach, ...heights.map((y) => y * 1.1));
    const [left, right, top, bottom] = [MARGIN.left, width - MARGIN.right, MARGIN.top, height - MARGIN.bottom];
    const x = (/** @type {number} */ z) => left + ((z + reach) / (2 * reach)) * (right - left);
    const y = (/** @type {number} */ value) => bottom - ((value - low) / (high - low)) * (bottom - top);

    const children = [];
    for (const { value, label } of linearAxis(low, high, 5)) {
      children.push(svg('line', { class: value === 0 ? 'axis' : 'grid', x1: left, x2: right, y1: y(value), y2: y(value) }));
      children.push(svg('text', { class: 'tick end', x: left - 7, y: y(value) + 4 }, label));
    }
    for (const { value, label } of linearAxis(-reach, reach, Math.min(7, Math.floor(width / 50)))) {
      children.push(svg('text', { class: 'tick middle', x: x(value), y: bottom + 17 }, label));
      if (value === 0) children.push(svg('line', { class: 'axis', x1: x(0), x2: x(0), y1: top, y2: bottom }));
    }
    children.push(svg('text', { class: 'tick middle name', x: (left + right) / 2, y: bottom + 34 }, 'z = (Wx)ᵢ'));

    const steps = 120;
    const curve = Array.from({ length: steps + 1 }, (_, i) => -reach + (2 * reach * i) / steps)
      .map((z, i) => `${i ? 'L' : 'M'}${x(z).toFixed(1)} ${y(gelu(z)).toFixed(1)}`)
      .join('');
    children.push(svg('path', { class: 'gelu', d: curve }));
    this.#outputs = wx
      .map((z, i) => ({ z, truth: geluTanh[i], learned: approx[i], x: x(z), top, bottom }))
      .filter(({ z, truth, learned }) => [z, truth, learned].every(Number.isFinite));
    this.#outputs.sort((a, b) => a.z - b.z);
    for (const { z, truth, learned } of this.#outputs) {
      children.push(svg('line', { class: 'gap', x1: x(z), x2: x(z), y1: y(truth), y2: y(learned) }));
      children.push(svg('circle', { class: 'true', cx: x(z), cy: y(truth), r: 6 }));
      children.push(svg('circle', { class: 'learned', cx: x(z), cy: y(learned), r: 4.5 }));
    }
    this.#plot.setAttribute('viewBox', `0 0 ${width} ${height}`);
    describe(this.#plot, described(this.#comparison));
    this.#plot.replaceChildren(...children, this.#cursor);
    this.#table.show(() => this.#content());
    this.#tell();
  }

  /** What is said while nothing is picked. */
  get #rest() {
    if (this.#outputs.length === 0) return '';
    const { z, truth, learned } = this.#outputs.reduce((worst, each) =>
      Math.abs(each.learned - each.truth) > Math.abs(worst.learned - worst.truth) ? each : worst,
    );
    return `largest error ${signed(learned - truth)}, at z ${signed(z)}`;
  }

  #tell() {
    const { picked } = this.#reading;
    const output = this.#outputs[picked];
    const words = output
      ? `z ${signed(output.z)}: GELU ${signed(output.truth)}, learned ${signed(output.learned)}, error ${signed(output.learned - output.truth)}`
      : this.#rest;
    say(this.#readout, words);
    stand(this.#plot, output ? picked : -1, this.#outputs.length, words);
    this.#cursor.replaceChildren(...(output ? [svg('line', { x1: output.x, x2: output.x, y1: output.top, y2: output.bottom })] : []));
  }

  #content() {
    if (this.#outputs.length === 0) return null;
    return {
      caption: 'The compared outputs, by z.',
      rows: this.#outputs.map(({ z, truth, learned }) => [signed(z), signed(truth), signed(learned), signed(learned - truth)]),
    };
  }
}

/** The curve, for the eye only; what is compared comes from the module. @param {number} z */
function gelu(z) {
  return 0.5 * z * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3)));
}

/** @param {Comparison | null} comparison */
function described(comparison) {
  if (!comparison) return 'The curve of GELU; nothing has been compared yet.';
  const parts = comparison.wx
    .slice(0, 8)
    .map((z, i) => `at ${z.toFixed(2)} GELU is ${comparison.geluTanh[i].toFixed(2)}, learned ${comparison.approx[i].toFixed(2)}`);
  return `The curve of GELU with the compared outputs: ${parts.join('; ')}. The arrow keys read out single outputs.`;
}
