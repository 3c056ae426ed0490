// @ts-check
/** The units of one network as lines in the plane, which may be on their way to where they bend now. */
import { byId, say, svg } from '../../dom/dom.js';
import { FoldedTable } from '../../plot/folded-table.js';
import { linearFrame } from '../../plot/frame.js';
import { upright } from '../../plot/marks.js';
import { Plot } from '../../plot/plot.js';
import { away, census, fold, radius, ranked, side, SPAN, standing, TOP } from './lines.js';
import { counted, label, table, told, towards } from './words.js';

/** @typedef {import('../../plot/frame.js').Frame} Frame */
/** @typedef {import('../../plot/plot.js').Nothing} Nothing */
/** @typedef {import('../../plot/plot.js').Picture} Picture */
/** @typedef {import('./lines.js').Units} Units */

/** As much room beside a square as above and under it. */
const MARGIN = { left: 38, right: 6, top: 6, bottom: 38, name: 34 };

/** One path for all units of about the same weight: thousands of lines are still drawn in every frame. */
const LEVELS = 8;

/** So many lines can be told apart; of more, the lighter ones are fainter and have no ticks. */
const CLEAR = 100;

/** Length of a tick on the side where a unit is on, and how near a pointer has to come to a line, in pixels. */
const TICK = 7;
const REACH = 14;

export class UnitsPlot {
  #name;
  #over;
  #words;
  #plot;
  /** The units that are told of. @type {Units | null} */
  #units = null;
  /** The units as they are drawn, maybe on their way there. @type {Units | null} */
  #drawn = null;
  /** @type {number[]} */
  #order = [];
  /** The least weight that has ticks. */
  #ticked = 0;
  #age = '';
  /** The unit that is read out, by its place in the order, or -1. */
  #picked = -1;
  /** @type {Frame | null} */
  #frame = null;
  #paths = Array.from({ length: LEVELS }, () => svg('path'));
  #side = svg('path', { class: 'side' });
  #line = svg('path', { class: 'fold' });

  /** @param {'phi' | 'psi'} net @param {string} name @param {string} over what the network is a function of */
  constructor(net, name, over) {
    this.#name = name;
    this.#over = over;
    this.#words = byId(`inside-${net}-words`, HTMLElement);
    for (const path of this.#paths) path.setAttribute('class', 'units');
    const heads = ['Unit', 'Bends at, from the centre', 'On towards', 'Weight'];
    this.#plot = new Plot(`inside-${net}`, `inside-${net}-readout`, () => this.#picture(), { table: new FoldedTable(`inside-${net}-table`, heads) });
  }

  /** Other units, which are drawn where others were until they are moved. @param {Units | null} units @param {Units | null} drawn @param {string} age */
  show(units, drawn, age) {
    // While one is read out it keeps its place, whatever becomes of its weight.
    const keeps = this.#picked >= 0 && units?.bias.length === this.#order.length;
    if (!keeps) this.#order = units ? ranked(units) : [];
    if (!units) this.#plot.forget();
    this.#ticked = units && units.weight.length > CLEAR ? Float64Array.from(units.weight).sort()[units.weight.length - CLEAR] : 0;
    this.#units = units;
    this.#drawn = drawn;
    this.#age = age;
    say(this.#words, units ? counted(units) : '');
    this.#plot.draw();
  }

  /** Draws the units as they are on their way. @param {Units} drawn */
  move(drawn) {
    this.#drawn = drawn;
    this.#trace();
  }

  /** @returns {Picture | Nothing} */
  #picture() {
    const units = this.#units;
    if (!units) return { label: `Where the hidden units of ${this.#name} bend: there is nothing to show yet.`, empty: 'The lines appear here as a run goes.' };
    const look = { name: this.#name, over: this.#over, age: this.#age };
    return {
      label: label(units, look),
      frame: (plot) => this.#framed(plot, units.d),
      marks: (frame) => this.#marks(frame, units),
      readable: (frame) => ({
        parts: this.#order.length,
        at: (x, y) => this.#at(frame, x, y),
        read: (part) => {
          const k = this.#order[part];
          if (k === undefined) return null;
          return { words: told(units, k), unseen: `on ${units.d === 1 ? '' : 'towards '}${towards(units, k)}`, marks: [this.#side, this.#line] };
        },
        rest: '',
        follow: (picked) => this.#follow(picked),
      }),
      table: () => table(units, this.#order, look),
    };
  }

  /** @param {SVGSVGElement} plot @param {number} d */
  #framed(plot, d) {
    /** @type {import('../../plot/frame.js').Side} */
    const up = d === 1 ? { low: 0, high: TOP, name: '', lines: 'zero' } : { low: -SPAN, high: SPAN, name: '', most: 7, lines: 'zero' };
    const over = this.#over;
    const name = d === 1 ? over : d === 2 ? `${over}₁` : `${over}₁ (all but ${over}₁ and ${over}₂ are 0)`;
    return linearFrame(plot, { low: -SPAN, high: SPAN, name, lines: 'zero' }, up, MARGIN, 40);
  }

  /** @param {Frame} frame @param {Units} units */
  #marks(frame, units) {
    this.#frame = frame;
    const { left, right, top, bottom } = frame;
    for (const [level, path] of this.#paths.entries()) {
      const { width, opacity } = look((level + 0.5) / LEVELS, census(units).bends);
      path.setAttribute('stroke-width', width.toFixed(2));
      path.setAttribute('stroke-opacity', opacity.toFixed(3));
    }
    this.#trace();
    const name =
      units.d === 1
        ? svg('text', { class: 'tick name', x: left + 8, y: top + 18 }, 'weight')
        : svg('text', { class: 'tick middle name', x: 9, y: (top + bottom) / 2 + 4 }, `${this.#over}₂`);
    return [...this.#paths, ...holding(frame, units.d), svg('rect', { class: 'edge', x: left, y: top, width: right - left, height: bottom - top }), name];
  }

  /** Draws all lines where they are now. */
  #trace() {
    const [units, frame] = [this.#drawn, this.#frame];
    if (!units || !frame) return;
    const parts = this.#paths.map(() => '');
    for (const [k, weight] of units.weight.entries())
      parts[Math.min(Math.floor(weight * LEVELS), LEVELS - 1)] += lineOf(units, k, frame, weight < this.#ticked ? 0 : TICK);
    for (const [level, path] of this.#paths.entries()) path.setAttribute('d', parts[level]);
    this.#point();
  }

  /** @param {number} picked */
  #follow(picked) {
    this.#picked = picked;
    this.#point();
  }

  /** Draws the unit that is read out, and where it is on. */
  #point() {
    const [units, frame, k] = [this.#drawn, this.#frame, this.#order[this.#picked]];
    if (!units || !frame || k === undefined) return;
    this.#line.setAttribute('d', lineOf(units, k, frame, 2 * TICK));
    const corners = standing(units, k) === 'lost' ? [] : side(units, k);
    this.#side.setAttribute('d', corners.length > 0 ? `M${corners.map((corner) => written(corner, frame)).join('L')}Z` : '');
  }

  /** The unit whose line is nearest to a pointer, by its place in the order. @param {Frame} frame @param {number} x @param {number} y */
  #at(frame, x, y) {
    const { left, right, top, bottom } = frame;
    const units = this.#units;
    if (!units || x < left || x > right || y < top || y > bottom) return -1;
    const point = /** @type {const} */ ([frame.x.value(x), frame.y.value(y)]);
    let [found, least] = [-1, (REACH * 2 * SPAN) / (right - left)];
    for (const [place, k] of this.#order.entries()) {
      const far = away(units, k, point);
      if (far < least) [found, least] = [place, far];
    }
    return found;
  }
}

/** How a line of some weight is drawn among so many. @param {number} weight @param {number} lines */
function look(weight, lines) {
  const crowd = Math.max(1, lines / CLEAR);
  const strength = weight ** (1 + Math.log2(crowd));
  const least = 0.12 / Math.sqrt(crowd);
  return { width: 0.6 + 2 * strength, opacity: least + (0.95 - least) * strength };
}

/** A unit's line with ticks on the side where it is on; empty where it is out of the picture. @param {Units} units @param {number} k @param {Frame} frame @param {number} tick in pixels, 0 for none */
function lineOf(units, k, frame, tick) {
  const seen = fold(units, k);
  if (!seen) return '';
  const { from, to, feet, towards } = seen;
  const whole = `M${written(from, frame)}L${written(to, frame)}`;
  if (tick === 0) return whole;
  const way = towards.map((part, i) => (i === 0 ? tick * part : -tick * part).toFixed(1));
  return whole + feet.map((foot) => `M${written(foot, frame)}l${way.join(' ')}`).join('');
}

/** @param {import('./lines.js').Point} point @param {Frame} frame */
function written([x, y], frame) {
  return `${frame.x(x).toFixed(1)} ${frame.y(y).toFixed(1)}`;
}

/** What holds 95 % of the draws, with a veil over the rest. @param {Frame} frame @param {number} d */
function holding(frame, d) {
  const { x, y, left, right, top, bottom } = frame;
  const [low, high] = [x(-radius(d)), x(radius(d))];
  if (d === 1) {
    const veil = `M${left} ${top}H${low}V${bottom}H${left}ZM${high} ${top}H${right}V${bottom}H${high}Z`;
    return [svg('path', { class: 'veil', d: veil }), upright(frame, low, 'most'), upright(frame, high, 'most')];
  }
  const r = (high - low) / 2;
  const arc = `A${r} ${r} 0 1 0`;
  const veil = `M${left} ${top}H${right}V${bottom}H${left}ZM${high} ${y(0)}${arc} ${low} ${y(0)}${arc} ${high} ${y(0)}Z`;
  return [svg('path', { class: 'veil', d: veil }), svg('circle', { class: 'most', cx: x(0), cy: y(0), r })];
}
