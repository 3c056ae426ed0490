// @ts-check
/**
 * The section `#taylor`: the biased method that this one improves on, a Taylor series of GELU written as a product of Kronecker powers, beside
 * the learned one. Loaded when it comes near.
 */
import { linearAxis } from '../../plot/axis.js';
import { byId, coalesce, html, say, svg } from '../../dom/dom.js';
import { count, error, signed } from '../../common/figures.js';
import { FoldedTable } from '../../plot/folded-table.js';
import { nearest, Reading } from '../../plot/reading.js';
import { describe, stand } from '../../dom/slider.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../run/lab.js').Lab} Lab */
/** @typedef {Awaited<ReturnType<Lab['taylor']>>} Series */

/** @typedef {{ z: number, gelu: number, taylor: number, fitted: number, x: number, top: number, bottom: number }} Point */

/** What the picture shows of z and of y. */
const REACH = 4;
const LOW = -1.5;
const HIGH = 4.5;
const POINTS = 161;

/** The table has every tenth of them. */
const ROWS_EVERY = 10;

const MARGIN = { left: 34, right: 12, top: 12, bottom: 44 };

/** Held-out draws that the methods are compared on: those that the learned one's error is measured on. */
const DRAWS = 10_000;

export class TaylorSection {
  #terms = byId('taylor-terms', HTMLSelectElement);
  #plot = byId('taylor-plot', SVGSVGElement);
  #readout = byId('taylor-readout', HTMLElement);
  /** The points of the picture, and where they stand. @type {Point[]} */
  #points = [];
  #cursor = svg('g', { class: 'cursor' });
  #table = new FoldedTable('taylor-table', ['z', 'GELU', 'The series', 'The fit']);
  #reading = new Reading(
    this.#plot,
    () => this.#points.length,
    (x) => nearest(this.#points, x),
    () => this.#point(),
  );
  #trainer;
  #comparison;
  #lab;
  #attempt;
  /** Counts the answers that were asked for; only the last one is shown. */
  #turn = 0;
  #soon = coalesce(() => void this.#attempt(() => this.#write(), true), 200);

  /** @param {Context} context */
  constructor({ trainer, comparison, lab, attempt }) {
    this.#trainer = trainer;
    this.#comparison = comparison;
    this.#lab = lab;
    this.#attempt = attempt;
    this.#terms.addEventListener('change', this.#soon);
    trainer.addEventListener('run', this.#soon);
    comparison.addEventListener('evaluated', this.#soon);
    new ResizeObserver(this.#soon).observe(this.#plot);
    void attempt(() => this.#toy(), true);
    this.#soon();
  }

  async #write() {
    const turn = ++this.#turn;
    const terms = Number(this.#terms.value);
    const { d, seed } = this.#trainer.run?.recipe ?? { d: 2, seed: 42 };
    const lab = await this.#lab();
    const z = Float64Array.from({ length: POINTS }, (_, i) => -REACH + (2 * REACH * i) / (POINTS - 1));
    const [series, curves] = await Promise.all([lab.taylor(d, terms, { seed, draws: DRAWS }), lab.taylorCurves(d, terms, z)]);
    if (turn !== this.#turn) return;
    this.#tell(series, seed);
    this.#draw(z, curves);
  }

  /** @param {Series} series @param {number} seed */
  #tell({ d, terms, features, monomials, largest, population, held }, seed) {
    say(
      byId('taylor-size', HTMLElement),
      `With ${terms} ${terms === 1 ? 'term' : 'terms'} the powers go up to ${2 * terms}. At d\u00a0=\u00a0${d} that makes Φ and Ψ ${count(features)} numbers wide, of which ${count(monomials)} are distinct monomials; the learned ones are m\u00a0=\u00a0${this.#trainer.run?.recipe.m ?? 16} wide.`,
    );
    byId('taylor-largest', HTMLTableSectionElement).replaceChildren(...largest.map(({ r, error: worst }) => row(`z from −${r} to ${r}`, [figure(worst)])));
    const learned = this.#comparison.heldOut;
    byId('taylor-errors', HTMLTableSectionElement).replaceChildren(
      row('the series', [figure(held.taylor), figure(population.taylor)]),
      row('least squares on the same powers', [figure(held.best), figure(population.best)]),
      row('learned, this run', [learned ? figure(learned.mse) : '–', '–']),
    );
    say(
      byId('taylor-errors-caption', HTMLElement),
      `MSE over ${count(held.draws)} held-out draws of seed ${seed}, and over all W and x, at d\u00a0=\u00a0${d}.`,
    );
    const box = byId('taylor', HTMLElement);
    Object.assign(box.dataset, { taylor: String(held.taylor), best: String(held.best), population: String(population.taylor) });
    say(
      byId('taylor-finding', HTMLElement),
      `Half of these draws are within ${figure(held.median)} of GELU, and the worst is off by ${figure(held.largest)}. The series is superb near zero and useless on average: a few draws with a large |z| decide the mean. More terms make the middle better and the tails worse.`,
    );
  }

  /** The notebook's toy case, computed here. */
  async #toy() {
    const toy = await (await this.#lab()).taylorToy();
    const vector = (/** @type {readonly number[]} */ values) => `[${values.map((value) => value.toFixed(8).padStart(11)).join(' ')}]`;
    byId('taylor-toy', HTMLElement).textContent = [
      `x' = Wx       = ${vector(toy.wx)}`,
      `Taylor(x')    = ${vector(toy.taylor)}`,
      `φ(W) · ψ(x)   = ${vector(toy.product)}`,
      `GELU_tanh(x') = ${vector(toy.geluTanh)}`,
      `RMSE: Taylor vs GELU_tanh = ${toy.rmseTanh.toFixed(5)}`,
      `RMSE: φ · ψ vs Taylor     = ${toy.rmseProduct.toFixed(5)}`,
      `${count(toy.features)} Kronecker features, ${count(toy.monomials)} distinct monomials`,
    ].join('\n');
  }

  /** @param {Float64Array} z @param {{ taylor: Float64Array, fitted: Float64Array, gelu: Float64Array }} curves */
  #draw(z, { taylor, fitted, gelu }) {
    const { width, height } = this.#plot.getBoundingClientRect();
    if (width === 0) return;
    const [left, right, top, bottom] = [MARGIN.left, width - MARGIN.right, MARGIN.top, height - MARGIN.bottom];
    const x = (/** @type {number} */ value) => left + ((value + REACH) / (2 * REACH)) * (right - left);
    const y = (/** @type {number} */ value) => bottom - ((value - LOW) / (HIGH - LOW)) * (bottom - top);
    const children = [];
    for (const { value, label } of linearAxis(LOW, HIGH, 6)) {
      children.push(svg('line', { class: value === 0 ? 'axis' : 'grid', x1: left, x2: right, y1: y(value), y2: y(value) }));
      children.push(svg('text', { class: 'tick end', x: left - 7, y: y(value) + 4 }, label));
    }
    for (const { value, label } of linearAxis(-REACH, REACH, Math.min(9, Math.floor(width / 50)))) {
      children.push(svg('text', { class: 'tick middle', x: x(value), y: bottom + 17 }, label));
    }
    children.push(svg('text', { class: 'tick middle name', x: (left + right) / 2, y: bottom + 34 }, 'z'));
    for (const [look, values] of /** @type {const} */ ([
      ['gelu', gelu],
      ['fitted', fitted],
      ['series', taylor],
    ])) {
      children.push(svg('path', { class: look, d: curve(z, values, x, y) }));
    }
    this.#plot.setAttribute('viewBox', `0 0 ${width} ${height}`);
    const at = (/** @type {number} */ i) =>
      `at ${z[i].toFixed(1)} GELU is ${gelu[i].toFixed(2)}, the series ${figure(taylor[i])}, the fit ${figure(fitted[i])}`;
    describe(
      this.#plot,
      `GELU, its Taylor series and the least-squares fit of the same powers: ${[0, 40, 80, 120, 160].map(at).join('; ')}. The arrow keys read out single points.`,
    );
    this.#plot.replaceChildren(...children, this.#cursor);
    this.#points = Array.from(z, (value, i) => ({ z: value, gelu: gelu[i], taylor: taylor[i], fitted: fitted[i], x: x(value), top, bottom }));
    this.#table.show(() => this.#content());
    this.#point();
  }

  /** What is said while nothing is picked. */
  get #rest() {
    const last = this.#points.at(-1);
    return last ? `where the picture ends, at z ${signed(last.z)}: the series ${figure(last.taylor)}, the fit ${figure(last.fitted)}` : '';
  }

  #point() {
    const { picked } = this.#reading;
    const point = this.#points[picked];
    const words = point ? `z ${signed(point.z)}: GELU ${figure(point.gelu)}, the series ${figure(point.taylor)}, the fit ${figure(point.fitted)}` : this.#rest;
    say(this.#readout, words);
    stand(this.#plot, point ? picked : -1, this.#points.length, words);
    this.#cursor.replaceChildren(...(point ? [svg('line', { x1: point.x, x2: point.x, y1: point.top, y2: point.bottom })] : []));
  }

  #content() {
    const rows = this.#points
      .filter((_, i) => i % ROWS_EVERY === 0)
      .map(({ z, gelu, taylor, fitted }) => [signed(z), figure(gelu), figure(taylor), figure(fitted)]);
    return rows.length === 0 ? null : { caption: 'GELU, its series and the fit, at every half of z.', rows };
  }
}

/** A curve as far as it stays within the picture. @param {Float64Array} z @param {Float64Array} values @param {(value: number) => number} x @param {(value: number) => number} y */
function curve(z, values, x, y) {
  let pen = 'M';
  const parts = [];
  for (const [i, value] of values.entries()) {
    if (!(value >= LOW && value <= HIGH)) {
      pen = 'M';
      continue;
    }
    parts.push(`${pen}${x(z[i]).toFixed(1)} ${y(value).toFixed(1)}`);
    pen = 'L';
  }
  return parts.join('');
}

/** @param {string} name @param {string[]} cells */
function row(name, cells) {
  return html('tr', {}, html('th', { scope: 'row' }, name), ...cells.map((cell) => html('td', {}, cell)));
}

/** From 8.8e-6 over 26,793 to 3.1e+10. @param {number} value */
function figure(value) {
  return Math.abs(value) >= 1000 && Math.abs(value) < 1e6 ? count(value) : error(value);
}
