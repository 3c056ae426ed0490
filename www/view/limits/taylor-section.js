// @ts-check
/**
 * The section `#taylor`: the biased method that this one improves on, a Taylor series of GELU written as a product of Kronecker powers, beside
 * the learned one. Loaded when it comes near.
 */
import { byId, coalesce, html, say } from '../../dom/dom.js';
import { count, signed } from '../../common/figures.js';
import { NOTEBOOK } from '../../common/notebook.js';
import { keyOf } from '../../common/recipe.js';
import { seriesFinding, sized as figure, whole, widthWords } from './bias.js';
import { curve, curveFrame, curveReading } from '../../plot/curve-plot.js';
import { FoldedTable } from '../../plot/folded-table.js';
import { Plot } from '../../plot/plot.js';
import { CORNERED, ODD, targetOf } from '../../common/targets.js';
import { BiasWords } from './bias-words.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../run/lab.js').Lab} Lab */
/** @typedef {Awaited<ReturnType<Lab['taylor']>>} Series */

/** The curves at each z. @typedef {import('../../run/lab.js').TaylorCurves & { z: Float64Array, name: string }} Curves */

/** The series, its curves, and the floors. @typedef {Promise<[Series, import('../../run/lab.js').TaylorCurves, readonly number[] | null]>} Found */

/** What the picture shows of z and of y. */
const REACH = 4;
const ACROSS = /** @type {const} */ ({ low: -REACH, high: REACH, name: 'z', most: 9, lines: 'none' });
const UP = { low: -1.5, high: 4.5, name: '', most: 6 };
const POINTS = 161;

/** The table has every tenth of them. */
const ROWS_EVERY = 10;

/** The widest that the series is told of. */
const WIDEST = 64;

/** Held-out draws that the methods are compared on: those that the learned one's error is measured on. */
const DRAWS = 10_000;

export class TaylorSection {
  #terms = byId('taylor-terms', HTMLSelectElement);
  /** @type {Curves | null} */
  #curves = null;
  #plot = new Plot('taylor-plot', 'taylor-readout', () => this.#curves && picture(this.#curves), {
    table: new FoldedTable('taylor-table', ['z', 'The layer', 'The series', 'The fit']),
  });
  #bias;
  #trainer;
  #comparison;
  #lab;
  #floors;
  #attempt;
  /** The last answer of the lab, and of what it is. @type {{ of: string, found: Found } | null} */
  #known = null;
  /** Counts the answers that were asked for; only the last one is shown. */
  #turn = 0;
  /** Whether what was asked last has its answer, and whether the toy has. */
  #written = false;
  #drawn = false;
  #soon = coalesce(() => void this.#attempt(() => this.#write(), true), 200);

  /** @param {Context} context */
  constructor(context) {
    const { trainer, comparison, lab, floors, attempt } = context;
    this.#bias = new BiasWords(context);
    this.#floors = floors;
    this.#trainer = trainer;
    this.#comparison = comparison;
    this.#lab = lab;
    this.#attempt = attempt;
    this.#terms.addEventListener('change', this.#soon);
    trainer.addEventListener('run', this.#soon);
    comparison.addEventListener('evaluated', this.#soon);
    this.#ask();
    // Without a network nothing may have come of either.
    addEventListener('online', () => (this.#written && this.#drawn) || this.#ask());
  }

  #ask() {
    void this.#attempt(() => this.#toy(), true);
    this.#soon();
  }

  async #write() {
    const turn = ++this.#turn;
    this.#written = false;
    const terms = Number(this.#terms.value);
    const { d, seed, target } = this.#recipe;
    const lab = await this.#lab();
    const z = Float64Array.from({ length: POINTS }, (_, i) => -REACH + (2 * REACH * i) / (POINTS - 1));
    const [series, curves, floors] = await this.#found(JSON.stringify([d, terms, seed, target]), () =>
      Promise.all([
        lab.taylor(d, terms, { seed, draws: DRAWS, target }),
        lab.taylorCurves(d, terms, z, target),
        this.#floors({ d, target }, keyOf('m').most ?? 1),
      ]),
    );
    if (turn !== this.#turn) return;
    this.#tell(series, seed, floors ?? []);
    say(byId('taylor-finding', HTMLElement), seriesFinding(series.held, d, floors?.[0] ?? NaN, target));
    await this.#bias.show(series, this.#recipe !== NOTEBOOK, target);
    this.#curves = { ...curves, z, name: targetOf({ target }).shown };
    this.#plot.draw();
    this.#written = true;
  }

  /** What the lab finds, which is asked again only where it is of something else: seconds of its work at each run's end. @param {string} of @param {() => Found} ask */
  #found(of, ask) {
    if (this.#known?.of === of) return this.#known.found;
    const found = ask();
    this.#known = { of, found };
    const forget = () => {
      if (this.#known?.found === found) this.#known = null;
    };
    found.then(([, , floors]) => floors ?? forget(), forget);
    return found;
  }

  /** What the series is held against: the present run's recipe; the notebook's where there is a reason against it. @returns {{ d: number, m: number, seed: number, target?: string }} */
  get #recipe() {
    const recipe = this.#trainer.run?.recipe;
    return recipe && !this.#against ? recipe : NOTEBOOK;
  }

  /** Why the present run is not shown beside the series, or nothing. */
  get #against() {
    const recipe = this.#trainer.run?.recipe;
    if (recipe?.layer) return 'its draws are a layer’s';
    if (recipe && CORNERED.includes(recipe.target ?? '')) return `${targetOf(recipe).shown} has a corner at 0, and no series about it`;
    return recipe && recipe.d > WIDEST ? `the series is shown up to d\u00a0=\u00a0${WIDEST}` : '';
  }

  /** @param {Series} series @param {number} seed @param {readonly number[]} floors of width 0, 1, … */
  #tell(series, seed, floors) {
    const { d, monomials, largest, population, held } = series;
    const { m, target } = this.#recipe;
    const other = this.#against;
    const line = ODD.includes(target ?? '') ? 'the best line and ' : target === 'square' ? '' : 'z/2 and ';
    // Of an odd function neither leaves the line anything to gain.
    const wide = ODD.includes(target ?? '') ? d : line ? d + 1 : 1;
    const width = `${whole(monomials)} monomials`;
    say(byId('taylor-size', HTMLElement), widthWords(series, m, this.#recipe === NOTEBOOK, other));
    byId('taylor-largest', HTMLTableSectionElement).replaceChildren(...largest.map(({ r, error: worst }) => row(`z from −${r} to ${r}`, [figure(worst)])));
    const least = (/** @type {number} */ wide) => (Number.isFinite(floors[wide]) ? figure(floors[wide]) : '–');
    const learned = this.#comparison.heldOut;
    byId('taylor-errors', HTMLTableSectionElement).replaceChildren(
      row(`the series, ${width} wide`, [figure(held.taylor), figure(population.taylor), least(monomials)]),
      row(`least squares on the same powers, ${width} wide`, [figure(held.best), figure(population.best), least(monomials)]),
      row(`${line}a constant, ${wide === d + 1 ? 'd\u00a0+\u00a01\u00a0=\u00a0' : ''}${wide} wide`, [
        figure(held.constant),
        figure(population.constant),
        least(wide),
      ]),
      row(`${line}a multiple of |w||x|, ${wide} wide`, [figure(held.norms), figure(population.norms), least(wide)]),
      ...(other ? [] : [row(`learned, this run, m\u00a0=\u00a0${m} wide`, [learned ? figure(learned.mse) : '–', '–', least(m)])]),
    );
    say(
      byId('taylor-errors-caption', HTMLElement),
      `MSE over ${count(held.draws)} held-out draws of seed ${seed}, and over all W and x, at d\u00a0=\u00a0${d}.`,
    );
    const box = byId('taylor', HTMLElement);
    Object.assign(box.dataset, { taylor: String(held.taylor), best: String(held.best), population: String(population.taylor) });
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
    this.#drawn = true;
  }
}

/** @param {Curves} curves @returns {import('../../plot/plot.js').Picture} */
function picture(curves) {
  const { z, name, target, taylor, fitted } = curves;
  const at = (/** @type {number} */ i) =>
    `at ${z[i].toFixed(1)} ${name} is ${target[i].toFixed(2)}, the series ${figure(taylor[i])}, the fit ${figure(fitted[i])}`;
  return {
    label: `${name}, its Taylor series and the least-squares fit of the same powers: ${[0, 40, 80, 120, 160].map(at).join('; ')}. The arrow keys read out single points.`,
    frame: (plot) => curveFrame(plot, ACROSS, UP),
    marks: (frame) => [curve('gelu', z, target, frame, UP), curve('fitted', z, fitted, frame, UP), curve('series', z, taylor, frame, UP)],
    readable: (frame) => curveReading([...z], frame, (part) => words(curves, part), resting(curves)),
    table: () => content(curves),
  };
}

/** @param {Curves} curves @param {number} i */
function words({ z, name, target, taylor, fitted }, i) {
  return `z ${signed(z[i])}: ${name} ${figure(target[i])}, the series ${figure(taylor[i])}, the fit ${figure(fitted[i])}`;
}

/** What is said while nothing is picked. @param {Curves} curves */
function resting({ z, taylor, fitted }) {
  const last = z.length - 1;
  return `where the picture ends, at z ${signed(z[last])}: the series ${figure(taylor[last])}, the fit ${figure(fitted[last])}`;
}

/** @param {Curves} curves */
function content({ z, name, target, taylor, fitted }) {
  const rows = Array.from(z, (at, i) => [signed(at), figure(target[i]), figure(taylor[i]), figure(fitted[i])]);
  return { caption: `${name}, its series and the fit, at every half of z.`, rows: rows.filter((_, i) => i % ROWS_EVERY === 0) };
}

/** @param {string} name @param {string[]} cells */
function row(name, cells) {
  return html('tr', {}, html('th', { scope: 'row' }, name), ...cells.map((cell) => html('td', {}, cell)));
}
