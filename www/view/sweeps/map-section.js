// @ts-check
/**
 * «Two at once»: the median held-out MSE over the floor as a map of two keys, trained by workers as a sweep's are, in the same results. A cell opens
 * its best run's recipe. Loaded when it is unfolded, or by a link to a map.
 */
import { copyText } from '../../dom/clipboard.js';
import { byId, coalesce, html, say } from '../../dom/dom.js';
import { download } from '../../dom/download.js';
import { showViewOf } from '../../dom/views.js';
import { count, error } from '../../common/figures.js';
import { fold } from '../../common/ratios.js';
import { alone, keyOf, same, typed } from '../../common/recipe.js';
import { plainList } from '../../intake/number.js';
import { LostError, RefusalError } from '../../run/errors.js';
import { known, mapped, PAIRS, SEEDS } from '../../run/maps.js';
import { launchMany, WORKERS } from '../../run/pool.js';
import { baseLink, writeMap } from '../../run/sweep-link.js';
import { bestOf, floorsUnder, missing, Sweep, SweepError } from '../../run/sweeps.js';
import { runsCsv } from './sweep-table.js';
import { counted, progress, solveClause } from './sweep-words.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../common/protocol.js').Fields} Fields */
/** @typedef {import('../../run/maps.js').MapPlan} MapPlan */
/** @typedef {import('../../run/maps.js').MapSetup} MapSetup */
/** @typedef {import('../../run/sweep-results.js').SweepResults} SweepResults */
/** @typedef {import('../../run/sweeps.js').Cell} Cell */
/** A cell of the map, and of the table. @typedef {{ cell: Cell, button: HTMLButtonElement, td: HTMLTableCellElement }} MapCell */

/** How strong the colour of the highest error is, in percent: text on it is still easy to read. */
const HOTTEST = 45;

export class MapSection {
  #start = byId('map-start', HTMLButtonElement);
  #stop = byId('map-stop', HTMLButtonElement);
  #inputs = /** @type {const} */ (['map-first', 'map-second', 'map-seeds']).map((id) => byId(id, HTMLInputElement));
  #notice = byId('map-notice', HTMLElement);
  #status = byId('map-status', HTMLElement);
  #table = byId('map', HTMLTableElement);
  #link = byId('map-link', HTMLTextAreaElement);
  #buttons = [...byId('map-pairs', HTMLElement).querySelectorAll('button')];
  #pair = 0;
  #results;
  #trainer;
  #form;
  #page;
  #floors;
  /** @type {Sweep<MapPlan>} */
  #sweep;
  /** On show, with the recipe that it is of. @type {{ plan: MapPlan, base: Fields } | null} */
  #shown = null;
  /** The floors of width 0, 1, … and the map that they are of. @type {{ of: MapPlan | null, floor: readonly number[] | null }} */
  #lowest = { of: null, floor: null };
  /** The table's cells, and the map that they are of. @type {{ of: MapPlan | null, cells: MapCell[] }} */
  #cells = { of: null, cells: [] };
  /** Why the map on show is trained on the CPU, where that is news. */
  #moved = '';
  #soon = coalesce(() => this.#draw(), 100);

  /** @param {Pick<Context, 'trainer' | 'form' | 'link' | 'floors'>} context @param {SweepResults} results of all sweeps */
  constructor({ trainer, form, link, floors }, results) {
    this.#trainer = trainer;
    this.#form = form;
    this.#page = link;
    this.#floors = floors;
    this.#results = results;
    this.#sweep = new Sweep((key, outcome) => results.keep(key, outcome), launchMany);
    this.#sweep.addEventListener('change', () => this.#changed());
    for (const [i, button] of this.#buttons.entries()) button.addEventListener('click', () => this.#choose(i));
    this.#start.addEventListener('click', () => this.#attempt(() => this.#begin()));
    this.#stop.addEventListener('click', () => this.#sweep.stop());
    byId('map-csv', HTMLButtonElement).addEventListener('click', () => this.#download());
    const copy = byId('map-copy', HTMLButtonElement);
    copy.addEventListener('click', () => this.#attempt(async () => copyText(copy, await this.#address(), () => this.#link.select())));
    // What Start does is another thing with another recipe.
    form.addEventListener('change', this.#soon);
    byId('map-setup', HTMLFieldSetElement).disabled = false;
    this.#choose(0);
  }

  /** What a link asks for; nothing is begun. @param {MapSetup} setup @param {Fields} base @returns {Promise<string>} what there is to say of it */
  async judge(setup, base) {
    const { axes, values, cells, runs } = await this.#planned(setup, base);
    const lists = axes.map((axis, i) => `${axis} = ${values[i].join(', ')}`);
    return `The link’s map: held-out MSE against ${lists.join(' and ')}, ${counted(runs.length / cells.length, 'seed')} each, ${counted(runs.length, 'run')} in all. Press “Start the map” to train them.`;
  }

  /** @param {MapSetup} setup @param {boolean} leads whether it is shown, wherever the visitor is */
  bring({ axes, values, seeds }, leads) {
    this.#choose(PAIRS.findIndex((pair) => pair.axes.join() === axes.join()));
    for (const [i, text] of [...values.map((list) => list.replaceAll(',', ', ')), seeds].entries()) this.#inputs[i].value = text;
    const part = byId('map-part', HTMLDetailsElement);
    part.open = true;
    if (!leads) return;
    showViewOf(part);
    part.scrollIntoView({ block: 'start' });
  }

  /** @param {number} pair */
  #choose(pair) {
    this.#pair = pair;
    const { axes, values } = PAIRS[pair];
    for (const [i, button] of this.#buttons.entries()) button.setAttribute('aria-pressed', String(i === pair));
    for (const [i, text] of [...values, SEEDS].entries()) this.#inputs[i].value = text;
    for (const [i, id] of ['map-first-axis', 'map-second-axis'].entries()) say(byId(id, HTMLElement), axes[i]);
    this.#tell(null);
    this.#link.hidden = true;
    if (!this.#sweep.plan) this.#shown = null;
    this.#draw();
  }

  /** @returns {MapSetup} */
  get #typed() {
    const { axes } = PAIRS[this.#pair];
    const [first, second, seeds] = this.#inputs.map(({ value }) => value);
    return { axes, values: [plainList(axes[0], first), plainList(axes[1], second)], seeds: plainList('seed', seeds) };
  }

  /** Whether a map is still what is typed. @param {MapSetup} setup */
  #holds(setup) {
    return JSON.stringify(setup) === JSON.stringify(this.#typed);
  }

  /** @param {MapSetup} setup @param {Fields} base */
  #planned(setup, base) {
    return mapped(setup, base, (fields) => this.#trainer.check(fields), this.#sweep.on(this.#trainer.verdict));
  }

  async #begin() {
    const setup = this.#typed;
    const reading = this.#page.read();
    if (reading && !(await reading)) return;
    // Nobody has pressed Start for what a link has brought meanwhile.
    if (!this.#holds(setup)) return;
    const base = this.#form.fields;
    const plan = await this.#planned(setup, base);
    // Another one was chosen, or typed, meanwhile.
    if (this.#holds(setup)) await this.#go(plan, base);
  }

  /** The sweep has gone on; a map that WebGPU has failed is trained on the CPU, all of it. */
  #changed() {
    this.#soon();
    const { plan, base } = this.#shown ?? {};
    if (!plan || !base || plan.on === 'cpu' || !this.#sweep.failure) return;
    const { axes, values, cells, runs } = plan;
    const [first, second] = values.map((list) => list.join());
    const setup = { axes, values: /** @type {const} */ ([first, second]), seeds: String(runs.length / cells.length) };
    const moved = ` WebGPU could not go on (${this.#sweep.failure}), so it is trained on the CPU, from its beginning.`;
    void this.#attempt(async () => this.#go(await this.#planned(setup, base), base, moved));
  }

  /** @param {MapPlan} plan @param {Fields} base */
  async #go(plan, base, moved = '') {
    this.#shown = { plan, base };
    this.#moved = moved;
    this.#link.hidden = true;
    this.#sweep.start(plan, this.#results, WORKERS);
    this.#draw();
    const floor = await floorsUnder(plan, this.#floors);
    if (plan !== this.#shown?.plan) return;
    this.#lowest = { of: plan, floor };
    this.#draw();
  }

  /** Does what was asked for, or says in words why not. @param {() => Promise<void>} task */
  async #attempt(task) {
    this.#tell(null);
    try {
      await task();
    } catch (refusal) {
      if (refusal instanceof LostError) return; // The state says it.
      if (refusal instanceof SweepError || refusal instanceof RefusalError) this.#tell(refusal);
      else throw refusal;
    }
  }

  /** @param {SweepError | RefusalError | null} refusal */
  #tell(refusal) {
    const keys = [...PAIRS[this.#pair].axes, 'seeds'];
    for (const [i, input] of this.#inputs.entries()) {
      const mine = refusal?.key === keys[i];
      if (mine) input.setAttribute('aria-invalid', 'true');
      else input.removeAttribute('aria-invalid');
      if (mine) input.focus();
    }
    say(this.#notice, refusal ? `${refusal.message}.` : '');
  }

  #draw() {
    const { plan = null } = this.#shown ?? {};
    const running = this.#sweep.plan !== null;
    this.#start.disabled = running;
    this.#stop.disabled = !running;
    for (const input of this.#inputs) input.disabled = running;
    for (const button of this.#buttons) button.disabled = running;
    for (const id of ['map-csv', 'map-copy']) byId(id, HTMLButtonElement).disabled = !plan;
    this.#table.hidden = !plan;
    if (!plan) return say(this.#status, '');
    const left = missing(plan, this.#results).length;
    const { failure, failed } = this.#sweep;
    const troubles = [failure && ` It could not go on: ${failure}.`, failed.size > 0 && ` ${count(failed.size)} died (${[...failed.values()][0]}).`].filter(
      Boolean,
    );
    const rest = running || left === 0 ? '' : this.#own ? '; Start trains the rest' : '; Start trains the map of the recipe in the form';
    say(this.#status, `${progress(plan, this.#results)}${rest}.${troubles.join('')}${this.#moved}`);
    this.#fill(plan);
  }

  /** Whether the map on show is of the recipe in the form, whose fields of the axes do not count. */
  get #own() {
    const { plan, base } = this.#shown ?? {};
    if (!plan || !base) return false;
    const free = Object.fromEntries(plan.axes.map((axis) => [axis, '']));
    return same({ ...alone(base), ...free }, { ...alone(this.#form.fields), ...free });
  }

  /** The floors of the map on show, once they are known. */
  get #floor() {
    return this.#lowest.of === this.#shown?.plan ? this.#lowest.floor : null;
  }

  /** What is pressed stays where it is: as runs end, words change and nothing else. @param {MapPlan} plan */
  #fill(plan) {
    if (this.#cells.of !== plan) this.#build(plan);
    const [left, above] = plan.axes;
    const lowest = this.#floor;
    // Where some width has none, MSEs and parts of a floor would stand beside each other.
    const floor = lowest && plan.cells.every(({ runs }) => lowest[runs[0].recipe.m] > 0) ? lowest : null;
    const all = this.#cells.cells.map((made) => ({ ...made, ...known(made.cell, this.#results, floor) }));
    const value = (/** @type {{ over: number, summary: { median: number } }} */ { over, summary: { median } }) => (Number.isNaN(over) ? median : over);
    const values = all.map(value).filter((one) => one > 0 && Number.isFinite(one));
    const [low, high] = [Math.min(...values), Math.max(...values)].map(Math.log);
    for (const found of all) this.#show(found, (Math.log(value(found)) - low) / (high - low || 1));
    const unit = floor ? 'The median over the floor of its width' : 'The median held-out MSE';
    const words = `${unit}, ${keyOf(left).words} down and ${keyOf(above).words} across; ${counted(plan.runs.length / plan.cells.length, 'seed')} each. A cell brings its best run’s recipe into the form.${solveClause(plan.recipe)}`;
    if (this.#table.caption) this.#table.caption.textContent = words;
  }

  /** @param {MapPlan} plan */
  #build(plan) {
    const [left, above] = plan.axes;
    const rows = plan.rows.map((cells) => cells.map((cell) => this.#cell(cell)));
    const head = html('tr', {}, html('th', { scope: 'col' }, `${left} \\ ${above}`), ...plan.values[1].map((one) => html('th', { scope: 'col' }, String(one))));
    const body = rows.map((cells, i) => html('tr', {}, html('th', { scope: 'row' }, String(plan.values[0][i])), ...cells.map(({ td }) => td)));
    this.#table.replaceChildren(html('caption', {}), html('thead', {}, head), html('tbody', {}, ...body));
    this.#cells = { of: plan, cells: rows.flat() };
  }

  /** @param {Cell} cell @returns {MapCell} */
  #cell(cell) {
    const button = html('button', { type: 'button', class: 'map-cell' });
    button.addEventListener('click', () => {
      const best = bestOf(cell, this.#results);
      if (best) this.#take(best);
    });
    return { cell, button, td: html('td', {}, button) };
  }

  /** @param {MapCell & { over: number, summary: import('../../run/sweeps.js').Summary }} found @param {number} heat from 0 to 1 */
  #show({ cell, button, td, over, summary: { median, done, of, diverged } }, heat) {
    const best = bestOf(cell, this.#results);
    const lost = diverged > 0 && !Number.isFinite(median);
    const words = done === 0 ? '–' : lost ? 'diverged' : Number.isNaN(over) ? error(median) : fold(over);
    if (button.textContent !== words) button.textContent = words;
    button.title = done === 0 ? 'no run has ended yet' : `median ${error(median)} of ${done} of ${of} seeds`;
    button.disabled = !best;
    td.dataset.median = Number.isFinite(median) ? String(median) : '';
    if (Number.isFinite(heat)) td.style.setProperty('--heat', `${(heat * HOTTEST).toFixed(1)}%`);
    else td.style.removeProperty('--heat');
  }

  /** @param {NonNullable<ReturnType<typeof bestOf>>} best */
  #take({ run, outcome }) {
    const [left, above] = this.#shown?.plan.axes ?? PAIRS[0].axes;
    const { recipe } = run;
    this.#page.bring(
      run.fields,
      `The cell’s best recipe is in the form: ${left} = ${recipe[left]}, ${above} = ${recipe[above]}, seed ${recipe.seed}, held-out MSE ${error(outcome.heldOut)}.`,
      outcome.mse,
    );
  }

  #download() {
    const { plan } = this.#shown ?? {};
    if (!plan) return;
    download(`phi-psi-map-${plan.axes.join('-')}.csv`, runsCsv(plan, this.#results, this.#floor), 'text/csv;charset=utf-8');
  }

  /** The map on show as an address. */
  async #address() {
    if (!this.#shown) return '';
    const { plan, base } = this.#shown;
    const seeds = String(plan.runs.length / plan.cells.length);
    const [first, second] = plan.values.map((list) => list.join(','));
    const cell = typed(plan.recipe);
    const run = await baseLink((parts) => this.#trainer.writeLink(parts), { ...cell, ...alone(base) }, plan.axes, cell);
    const url = `${location.origin}${location.pathname}#${writeMap({ axes: plan.axes, values: [first, second], seeds }, run)}`;
    this.#link.value = url;
    this.#link.hidden = false;
    return url;
  }
}
