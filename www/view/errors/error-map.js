// @ts-check
/**
 * One map of the error: a square of cells in colour, and a point on it that is dragged, clicked to or moved by the arrow keys. What the
 * colours mean and what the cells hold comes from outside.
 */
import { linearAxis } from '../../plot/axis.js';
import { byId, say, svg } from '../../dom/dom.js';
import { diverging } from '../../plot/diverging.js';
import { signed } from '../../common/figures.js';
import { FoldedTable } from '../../plot/folded-table.js';
import { level, upright } from '../../plot/marks.js';
import { RADIUS_95 } from '../../common/statistics.js';
import { steer } from '../../plot/reading.js';
import { describe } from '../../dom/slider.js';
import { isDark, theme } from '../../dom/theme.js';
import { blocks, cellAt, centre, inside, placed, REACHES, SIDE, signChanges, SPAN } from './cells.js';

/** @typedef {import('./cells.js').Place} Place */

/** Room for the labels, in pixels. */
const MARGIN = { left: 40, right: 8, top: 8, bottom: 42 };

/** How far a key moves the point, and how far with Shift or by a page. */
const STEP = 0.1;
const LEAP = 0.5;

/** A dragged point comes to rest on multiples of this, so that its numbers can be read and typed. */
const REST = 0.05;

export class ErrorMap {
  #plot;
  #canvas;
  #readout;
  #name;
  #moved;
  #told;
  /** @type {Float64Array | null} */
  #errors = null;
  #reach = 1;
  /** @type {Place} */
  #point = [0, 0];
  /** @type {Place | null} */
  #under = null;
  #table;
  #dragging = false;
  /** The place that was spoken last, with the error there. */
  #spoken = '';
  #side = 0;
  // Kept while all else is drawn anew: a finger that holds it would lose it.
  #handle = svg('g', { class: 'handle' });

  /**
   * @param {'x' | 'w'} name what the map is over: `#map-x` is its plot, `#map-x-cells` the canvas under it, `#map-x-readout` where it is read out
   * @param {(point: Place) => void} moved the visitor has moved the point
   * @param {() => string} told what there is to say of the point
   */
  constructor(name, moved, told) {
    this.#name = name;
    this.#plot = byId(`map-${name}`, SVGSVGElement);
    this.#canvas = byId(`map-${name}-cells`, HTMLCanvasElement);
    this.#readout = byId(`map-${name}-readout`, HTMLElement);
    this.#moved = moved;
    this.#told = told;
    this.#table = new FoldedTable(`map-${name}-table`, [`${name}₂ \\ ${name}₁`, ...REACHES]);
    this.#canvas.width = SIDE;
    this.#canvas.height = SIDE;
    this.#handle.append(
      svg('circle', { class: 'reach', r: 22 }),
      svg('path', { class: 'hairs', d: 'M-14 0H-7M7 0H14M0 -14V-7M0 7V14' }),
      svg('circle', { class: 'rim', r: 7 }),
      svg('circle', { class: 'ring', r: 7 }),
    );
    const plot = this.#plot;
    new ResizeObserver(() => this.#draw()).observe(plot);
    theme.addEventListener('change', () => this.#draw());
    plot.addEventListener('pointerdown', (event) => this.#press(event));
    plot.addEventListener('pointermove', (event) => this.#hover(event));
    plot.addEventListener('pointerup', () => (this.#dragging = false));
    plot.addEventListener('pointercancel', () => (this.#dragging = false));
    plot.addEventListener('pointerleave', () => this.#look(null));
    // Where a finger taps; one that scrolls the page makes no click.
    plot.addEventListener('click', (event) => this.#put(event));
    steer(
      plot,
      ({ shiftKey }) => moves(shiftKey ? LEAP : STEP),
      (move) => this.#step(move),
    );
  }

  /** The cells, row by row from above, and the size of error that has the strongest colour. @param {Float64Array | null} errors @param {number} reach */
  show(errors, reach) {
    this.#errors = errors;
    this.#reach = reach;
    this.#table.show(() => errors && { caption: `The mean error in each square of side 1: ${this.#name}₁ across, ${this.#name}₂ down.`, rows: blocks(errors) });
    this.#draw();
  }

  /** @param {Place} point */
  place(point) {
    this.#point = point;
    this.#stand();
    this.tell();
  }

  /** The value under the pointer, or what is to be said of the point. */
  tell() {
    const under = this.#under;
    const cell = under && cellAt(under);
    const error = cell === null ? undefined : this.#errors?.[cell];
    const words = error === undefined || cell === null ? this.#told() : `${this.#name} = ${placed(centre(cell))}: error ${signed(error)}`;
    say(this.#readout, words);
    const told = this.#told();
    const plot = this.#plot;
    describe(
      plot,
      `The error over ${this.#name}, from −${SPAN} to ${SPAN} both ways. ${told || 'There is nothing to show yet.'} The arrow keys move the point.`,
    );
    const at = placed(this.#point);
    // Spoken once for each place: a run that goes on would have a point that stays spoken again and again.
    if (document.activeElement === plot && this.#spoken === at) return;
    this.#spoken = told ? at : '';
    // A slider in two directions has one value and the words for both.
    plot.setAttribute('aria-valuenow', String(this.#point[0]));
    plot.setAttribute('aria-valuetext', told || `${this.#name} = ${at}`);
  }

  #draw() {
    const { width, height } = this.#plot.getBoundingClientRect();
    const side = Math.floor(Math.min(width - MARGIN.left - MARGIN.right, height - MARGIN.top - MARGIN.bottom));
    if (side <= 0) return;
    this.#side = side;
    const [left, top] = [MARGIN.left, MARGIN.top];
    const canvas = this.#canvas;
    Object.assign(canvas.style, { left: `${left}px`, top: `${top}px`, width: `${side}px`, height: `${side}px` });
    this.#paint();

    /** @type {SVGElement[]} */
    const children = [];
    for (const { value, label } of linearAxis(-SPAN, SPAN, 6)) {
      const [x, y] = [this.#x(value), this.#y(value)];
      children.push(upright({ top: top + side, bottom: top + side + 4 }, x, 'axis'), svg('text', { class: 'tick middle', x, y: top + side + 18 }, label));
      children.push(level({ left: left - 4, right: left }, y, 'axis'), svg('text', { class: 'tick end', x: left - 8, y: y + 4 }, label));
    }
    children.push(svg('rect', { class: 'edge', x: left, y: top, width: side, height: side }));
    children.push(svg('text', { class: 'tick middle name', x: left + side / 2, y: top + side + 36 }, `${this.#name}₁`));
    children.push(svg('text', { class: 'tick middle name', x: 11, y: top + side / 2 + 4 }, `${this.#name}₂`));
    if (this.#errors) {
      // The sign can be seen without colours.
      children.push(svg('path', { class: 'zero', d: signChanges(this.#errors, { left, top, size: side / SIDE }) }));
      children.push(svg('circle', { class: 'most', cx: this.#x(0), cy: this.#y(0), r: (RADIUS_95 / (2 * SPAN)) * side }));
    }
    this.#plot.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.#plot.replaceChildren(...children, this.#handle);
    this.#stand();
    this.tell();
  }

  #paint() {
    const context = this.#canvas.getContext('2d');
    if (!context) return;
    const errors = this.#errors;
    if (!errors) return context.clearRect(0, 0, SIDE, SIDE);
    const image = context.createImageData(SIDE, SIDE);
    for (const [i, error] of errors.entries()) {
      if (!Number.isFinite(error)) continue;
      image.data.set(diverging(error / this.#reach, isDark()), 4 * i);
      image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }

  #stand() {
    this.#handle.setAttribute('transform', `translate(${this.#x(this.#point[0]).toFixed(1)} ${this.#y(this.#point[1]).toFixed(1)})`);
  }

  /** @param {number} value */
  #x(value) {
    return MARGIN.left + ((value + SPAN) / (2 * SPAN)) * this.#side;
  }

  /** @param {number} value */
  #y(value) {
    return MARGIN.top + ((SPAN - value) / (2 * SPAN)) * this.#side;
  }

  /** @param {MouseEvent} event @returns {Place} which may lie outside of the map */
  #at({ clientX, clientY }) {
    const { left, top } = this.#plot.getBoundingClientRect();
    return [((clientX - left - MARGIN.left) / this.#side) * 2 * SPAN - SPAN, SPAN - ((clientY - top - MARGIN.top) / this.#side) * 2 * SPAN];
  }

  /** A finger drags by the point itself, since anywhere else it scrolls the page. @param {PointerEvent} event */
  #press(event) {
    const onHandle = event.target instanceof Node && this.#handle.contains(event.target);
    if (event.button !== 0 || (event.pointerType !== 'mouse' && !onHandle)) return;
    if (!onHandle && !inside(this.#at(event))) return;
    this.#dragging = true;
    this.#plot.setPointerCapture(event.pointerId);
    this.#put(event);
  }

  /** @param {PointerEvent} event */
  #hover(event) {
    if (this.#dragging) this.#put(event);
    else this.#look(inside(this.#at(event)) ? this.#at(event) : null);
  }

  /** @param {Place | null} place */
  #look(place) {
    this.#under = place;
    this.tell();
  }

  /** @param {MouseEvent} event */
  #put(event) {
    const place = this.#at(event);
    if (!this.#dragging && !inside(place)) return;
    this.#under = null;
    this.#move(place.map((value) => Math.round(value / REST) * REST));
  }

  /** @param {Place} move */
  #step(move) {
    this.#under = null;
    this.#move(this.#point.map((value, i) => value + move[i]));
  }

  /** @param {number[]} place */
  #move(place) {
    const [first, second] = place.map((value) => Number(Math.min(Math.max(value, -SPAN), SPAN).toFixed(4)) + 0);
    if (first === this.#point[0] && second === this.#point[1]) return this.tell();
    // First those who know what is there: their words for the old place are not this one's.
    this.#moved([first, second]);
    this.place([first, second]);
  }
}

/** How far each key moves the point. @param {number} step @returns {Record<string, Place>} */
function moves(step) {
  return {
    ArrowLeft: [-step, 0],
    ArrowRight: [step, 0],
    ArrowDown: [0, -step],
    ArrowUp: [0, step],
    PageDown: [0, -LEAP],
    PageUp: [0, LEAP],
    Home: [-LEAP, 0],
    End: [LEAP, 0],
  };
}
