// @ts-check
/** A sweep as tables: value by value with the progress of each, and run by run, which is made only while it is open. */
import { csv } from '../../export/csv.js';
import { byId, html, say } from '../../dom/dom.js';
import { count, duration, error } from '../../common/figures.js';
import { fold } from '../../common/ratios.js';
import { NAMES } from '../../common/recipe.js';
import { summary } from '../../run/sweeps.js';

/** @typedef {import('../../run/sweeps.js').Cell} Cell */
/** @typedef {import('../../run/sweeps.js').Found} Found */
/** @typedef {import('../../run/sweeps.js').Plan} Plan */
/** @typedef {import('../../run/sweeps.js').Sweep} Sweep */

/** What stands in the file of a sweep, run by run. */
const COLUMNS = [...NAMES, 'held_out_mse', 'held_out_mse_error', 'held_out_draws', 'train_mse', 'seconds', 'floor', 'backend'];

/** The runs of which something has come, as a file. @param {Pick<Plan, 'runs' | 'on'>} plan @param {Found} found @param {readonly number[] | null} floors of width 0, 1, … */
export function runsCsv({ runs, on }, found, floors) {
  const rows = runs.flatMap(({ key, recipe }) => {
    const outcome = found.get(key);
    if (!outcome) return [];
    const { heldOut, heldOutError, draws, mse, seconds } = outcome;
    return [[...NAMES.map((name) => recipe[name] ?? ''), heldOut, heldOutError, draws, mse, seconds, floors?.[recipe.m] ?? '', on]];
  });
  return csv([COLUMNS, ...rows]);
}

/** One value's row, and what in it changes. @typedef {{ element: HTMLElement, runs: HTMLElement, bar: HTMLProgressElement, cells: HTMLElement[], floor: HTMLElement }} Row */

export class SweepTable {
  #body = byId('sweep-cells', HTMLTableSectionElement);
  #details = byId('sweep-runs-details', HTMLDetailsElement);
  #found;
  #sweep;
  /** @type {Plan | null} */
  #plan = null;
  /** @type {readonly number[] | null} */
  #floors = null;
  /** @type {Row[]} */
  #rows = [];

  /** @param {Found} found @param {Sweep} sweep */
  constructor(found, sweep) {
    this.#found = found;
    this.#sweep = sweep;
    this.#details.addEventListener('toggle', () => this.#writeRuns());
  }

  /** @param {Plan} plan @param {readonly number[] | null} floors the floors of width 0, 1, …, where they are known */
  show(plan, floors) {
    if (plan !== this.#plan) {
      for (const id of ['sweep-cells-axis', 'sweep-runs-axis']) say(byId(id, HTMLElement), plan.axis);
      this.#rows = plan.cells.map((cell) => row(plan, cell));
      this.#body.replaceChildren(...this.#rows.map(({ element }) => element));
    }
    this.#plan = plan;
    this.#floors = floors;
    byId('sweep-cells-floor', HTMLElement).hidden = !floors;
    this.update();
  }

  update() {
    const plan = this.#plan;
    if (!plan) return;
    for (const [i, cell] of plan.cells.entries()) this.#write(this.#rows[i], cell, plan);
    this.#writeRuns();
  }

  /** @param {Row} row @param {Cell} cell @param {Plan} plan */
  #write({ runs, bar, cells, floor }, cell, { axis }) {
    const { done, of, diverged, median, low, high, seconds } = summary(cell, this.#found);
    const lost = cell.runs.filter(({ key }) => this.#sweep.failed.has(key)).length;
    const notes = [diverged > 0 && `${diverged} diverged`, lost > 0 && `${lost} died`].filter(Boolean);
    say(runs, [`${done} of ${of}`, ...notes].join(', '));
    bar.value = done + cell.runs.reduce((sum, { key }) => sum + this.#sweep.share(key), 0);
    const known = done > 0;
    say(cells[0], known ? (Number.isFinite(median) ? error(median) : 'diverged') : '–');
    say(cells[1], done > 1 && Number.isFinite(high) ? `${error(low)} – ${error(high)}` : '–');
    say(cells[2], known ? took(seconds) : '–');
    const lowest = this.#floors?.[axis === 'm' ? cell.value : cell.runs[0].recipe.m];
    floor.hidden = !this.#floors;
    say(floor, known && lowest && Number.isFinite(median) ? fold(median / lowest) : '–');
  }

  #writeRuns() {
    const plan = this.#plan;
    if (!plan || !this.#details.open) return;
    const rows = plan.cells.flatMap(({ value, runs }) =>
      runs.flatMap(({ key, recipe }) => {
        const outcome = this.#found.get(key);
        if (!outcome) return [];
        const { heldOut, mse, seconds } = outcome;
        const texts = [count(recipe.seed), heldOut.toPrecision(6), mse.toPrecision(6), took(seconds)];
        return html('tr', {}, html('th', { scope: 'row' }, count(value)), ...texts.map((text) => html('td', {}, text)));
      }),
    );
    byId('sweep-runs', HTMLElement).replaceChildren(...rows);
    say(byId('sweep-runs-caption', HTMLElement), rows.length === 0 ? 'No run has ended yet.' : `${count(rows.length)} of ${count(plan.runs.length)} runs.`);
  }
}

/** Small runs are over in milliseconds. @param {number} seconds */
function took(seconds) {
  return seconds < 0.0995 ? `${Number((1000 * seconds).toPrecision(2))} ms` : duration(seconds);
}

/** @param {Plan} plan @param {Cell} cell @returns {Row} */
function row({ axis }, { value, runs }) {
  const bar = html('progress', { max: String(runs.length), value: '0', 'aria-label': `Runs of ${axis} = ${count(value)}` });
  const done = html('span');
  const cells = [html('td'), html('td', { class: 'sweep-range' }), html('td', { class: 'sweep-time' })];
  const floor = html('td');
  const [median, band, time] = cells;
  const element = html('tr', {}, html('th', { scope: 'row' }, count(value)), html('td', {}, done, bar), median, band, floor, time);
  element.dataset.value = String(value);
  return { element, runs: done, bar, cells, floor };
}
