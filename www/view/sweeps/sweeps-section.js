// @ts-check
/**
 * The section «More data, more width»: what is swept, the runs as they go, the chart, and what is taken away. Loaded when it comes into
 * sight, or by a link to a sweep.
 *
 * On show is the sweep of the recipe that the form held when Start was pressed; before that, of what it holds now. So the form is free for
 * other things, the best run's recipe among them.
 */
import { copyText } from '../../dom/clipboard.js';
import { byId, coalesce, say } from '../../dom/dom.js';
import { download } from '../../dom/download.js';
import { showViewOf } from '../../dom/views.js';
import { count, duration, error } from '../../common/figures.js';
import { once } from '../../common/once.js';
import { plainList } from '../../intake/number.js';
import { alone, typed } from '../../common/recipe.js';
import { SweepChart } from './sweep-chart.js';
import { counted, progress, solveClause } from './sweep-words.js';
import { baseLink, readSweep, writeSweep } from '../../run/sweep-link.js';
import { SweepResults } from '../../run/sweep-results.js';
import { runsCsv, SweepTable } from './sweep-table.js';
import { launchMany, WORKERS } from '../../run/pool.js';
import { AXES, best, floorsUnder, missing, planned, proposed, same, SEEDS, Sweep, SweepError, summary } from '../../run/sweeps.js';
import { LostError, RefusalError } from '../../run/errors.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../run/link.js').BroughtSweep} BroughtSweep */
/** @typedef {import('../../common/protocol.js').Backend} Backend */
/** @typedef {import('../../common/protocol.js').Fields} Fields */
/** @typedef {import('../../common/protocol.js').Outcome} Outcome */
/** @typedef {import('../../run/sweep-results.js').Asked} Asked */
/** @typedef {import('../../run/sweeps.js').Axis} Axis */
/** @typedef {import('../../run/sweeps.js').Plan} Plan */
/** @typedef {import('../../run/sweeps.js').Setup} Setup */

/** Long enough not to judge half a number. */
const DEBOUNCE_MS = 150;

/** What a sweep shows, and what it does not. @type {Record<Axis, string>} */
const WORDS = {
  n: 'With few draws the networks learn those by heart, and what they say of others stays poor. At the same number of epochs more draws are also more steps of Adam, so part of what they bring is more training: fewer epochs tell the two apart.',
  hidden:
    'Each ReLU unit is one more bend for Φ and for Ψ. Arithmetic grows in proportion to the units, the error does not fall in proportion: at some width the draws or the epochs are what is short.',
  epochs: 'The notebook trains 3, 10 and 30 epochs; the points between make a curve of it. Each is a run of its own, from the beginning.',
  m: 'm is all the room there is where Φ and Ψ meet. No networks of that width, however they are trained, get below the floor, which falls in stairs; with normal draws training stays further above it the lower it is.',
};

export class SweepsSection {
  #setup = byId('sweep-setup', HTMLFieldSetElement);
  #values = byId('sweep-values', HTMLInputElement);
  #seeds = byId('sweep-seeds', HTMLInputElement);
  #start = byId('sweep-start', HTMLButtonElement);
  #stop = byId('sweep-stop', HTMLButtonElement);
  #notice = byId('sweep-notice', HTMLElement);
  /** Whether the notice says why what is typed is no sweep: then it goes once that is mended. */
  #refused = false;
  #said = byId('sweep-said', HTMLElement);
  #forget = byId('sweep-forget', HTMLButtonElement);
  #link = byId('sweep-link', HTMLTextAreaElement);
  #buttons = [...this.#setup.querySelectorAll('button')].filter((button) => button.dataset.axis !== undefined);
  #results = new SweepResults(() => localStorage);
  /** @type {Sweep<Plan>} */
  #sweep = new Sweep((key, outcome) => this.#results.keep(key, outcome), launchMany);
  #chart = new SweepChart();
  #table = new SweepTable(this.#results, this.#sweep);
  #trainer;
  #form;
  #page;
  #floors;
  /** The recipe as typed that each axis' sweep is of, once it was started, and what it was started on. @type {Map<Axis, { base: Fields, on: Backend }>} */
  #bases = new Map();
  /** @type {Axis} */
  #axis;
  /** On show. @type {Plan | null} */
  #plan = null;
  /** What Start would train, where that is another sweep than the one on show. @type {Plan | null} */
  #next = null;
  /** Why Start can train nothing. @type {SweepError | RefusalError | null} */
  #refusal = null;
  /** The floors of width 0, 1, … and the sweep that they are of. @type {{ of: Plan | null, floor: readonly number[] | null }} */
  #lowest = { of: null, floor: null };
  /** What was forgotten last. @type {[string, Outcome][]} */
  #forgotten = [];
  /** The sweep that was on when this was drawn last. @type {Plan | null} */
  #was = null;
  #timer = 0;
  #turn = 0;
  #soon = coalesce(() => this.#draw(), 100);

  #context;
  /** The map over two keys, loaded when it is first looked at. */
  #map = once(async () => new (await import('./map-section.js')).MapSection(this.#context, this.#results));

  /** @param {Context} context */
  constructor(context) {
    const { trainer, form, link, floors } = context;
    this.#context = context;
    this.#trainer = trainer;
    this.#form = form;
    this.#page = link;
    this.#floors = floors;
    this.#axis = this.#results.axis;
    for (const axis of AXES) {
      const { base, on = 'cpu' } = this.#results.asked(axis) ?? {};
      if (base) this.#bases.set(axis, { base, on });
    }
    for (const button of this.#buttons) button.addEventListener('click', () => this.#turnTo(/** @type {Axis} */ (button.dataset.axis)));
    for (const input of [this.#values, this.#seeds]) input.addEventListener('input', () => this.#later());
    byId('recipe', HTMLFormElement).addEventListener('input', () => this.#later());
    this.#start.addEventListener('click', () => this.#attempt(() => this.#begin()));
    this.#stop.addEventListener('click', () => (this.#sweep.plan ? this.#end() : this.#goOn()));
    this.#sweep.addEventListener('change', this.#soon);
    trainer.addEventListener('state', () => {
      // The same sweep on another backend is another sweep.
      if (this.#next && this.#next.on !== this.#on) this.#later();
    });
    byId('sweep-take', HTMLButtonElement).addEventListener('click', () => this.#take());
    byId('sweep-csv', HTMLButtonElement).addEventListener('click', () => this.#download());
    this.#forget.addEventListener('click', () => this.#forgetOrBring());
    const copy = byId('sweep-copy', HTMLButtonElement);
    copy.addEventListener('click', () => this.#attempt(async () => copyText(copy, await this.#address(), () => this.#link.select())));
    this.#setup.disabled = false;
    const part = byId('map-part', HTMLDetailsElement);
    const mapped = () => part.open && this.#attempt(async () => void (await this.#map()));
    part.addEventListener('toggle', mapped);
    // It was unfolded before this was there.
    void mapped();
    this.#choose(this.#axis);
  }

  /**
   * Reads a link to a sweep, and begins nothing.
   * @param {string} fragment @returns {Promise<BroughtSweep>}
   */
  async open(fragment) {
    const { setup, run } = readSweep(fragment);
    const link = await this.#trainer.readLink(run);
    if ('axes' in setup) {
      const map = await this.#map();
      return { link, words: await map.judge(setup, typed(link.recipe)), show: (leads) => map.bring(setup, leads) };
    }
    const { axis, cells, runs } = await this.#planned(setup, typed(link.recipe));
    const values = cells.map(({ value }) => count(value)).join(', ');
    const words = `The link’s sweep: held-out MSE against ${axis} = ${values}, ${counted(runs.length / cells.length, 'seed')} each, ${counted(runs.length, 'run')} in all. Press “Start the sweep” to train them.`;
    return { link, words, show: (leads) => this.#bring(setup, leads) };
  }

  /** @param {Setup} setup @param {boolean} leads */
  #bring({ axis, values, seeds }, leads) {
    this.#bases.delete(axis);
    this.#results.axis = axis;
    this.#results.ask(axis, { values: values.replaceAll(',', ', '), seeds, base: null });
    this.#choose(axis);
    if (!leads) return;
    const section = byId('sweeps', HTMLElement);
    showViewOf(section);
    section.scrollIntoView({ block: 'start' });
  }

  /** Another axis is to be looked at; what is typed for this one stays. @param {Axis} axis */
  #turnTo(axis) {
    this.#results.axis = axis;
    this.#remember();
    this.#choose(axis);
  }

  #remember() {
    const { axis, values, seeds } = this.#typed;
    const { base = null, on } = this.#bases.get(axis) ?? {};
    this.#results.ask(axis, { values, seeds, base, ...(on === 'webgpu' && { on }) });
  }

  /** @param {Axis} axis */
  #choose(axis) {
    this.#axis = axis;
    const { values, seeds } = this.#results.asked(axis) ?? { values: proposed(axis, Number(this.#form.fields.d)), seeds: SEEDS };
    this.#values.value = values;
    this.#seeds.value = seeds;
    for (const button of this.#buttons) button.setAttribute('aria-pressed', String(button.dataset.axis === axis));
    say(byId('sweep-axis', HTMLElement), axis);
    say(byId('sweep-words', HTMLElement), WORDS[axis]);
    say(byId('sweep-chart-axis', HTMLElement), axis);
    say(this.#notice, '');
    say(this.#said, '');
    this.#link.hidden = true;
    this.#forgotten = [];
    void this.#refresh();
  }

  /** At a change of what is typed. Until it is judged it can be started, which judges it at once. */
  #later() {
    this.#start.disabled = this.#sweep.plan !== null;
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#refresh(), DEBOUNCE_MS);
  }

  /** @returns {Setup} */
  get #typed() {
    return { axis: this.#axis, values: plainList(this.#axis, this.#values.value), seeds: plainList('seed', this.#seeds.value) };
  }

  /** Whether a sweep is still what is typed. @param {Setup} setup */
  #holds(setup) {
    return JSON.stringify(setup) === JSON.stringify(this.#typed);
  }

  get #on() {
    return this.#sweep.on(this.#trainer.verdict);
  }

  /** @param {Setup} setup @param {Fields} base */
  #planned(setup, base, on = this.#on) {
    return planned(setup, base, (fields) => this.#trainer.check(fields), on);
  }

  /** What is typed as a sweep, or why it is none. */
  async #refresh() {
    const turn = ++this.#turn;
    const { axis } = this.#typed;
    const started = this.#bases.get(axis);
    const judged = await Promise.all([this.#judged(this.#form.fields), started && this.#judged(started.base, started.on)]).catch(() => null);
    // The worker that judges has died, as the state says; or something else is typed by now.
    if (!judged || turn !== this.#turn) return;
    const [next, own] = judged;
    this.#refusal = next instanceof Error ? next : null;
    this.#next = next instanceof Error ? null : next;
    const shown = own ?? next;
    const before = this.#plan?.axis === axis ? this.#plan : null;
    // The same object while it is the same sweep, so that its table is not made anew.
    if (shown instanceof Error) this.#plan = before;
    else this.#plan = before && same(before, shown) ? before : shown;
    this.#tell(own instanceof Error ? own : this.#refusal);
    this.#draw();
    await this.#lower();
  }

  /** @param {Fields} base @param {Backend} [on] @returns {Promise<Plan | SweepError | RefusalError>} */
  #judged(base, on) {
    return this.#planned(this.#typed, base, on).catch((error) => {
      if (error instanceof SweepError || error instanceof RefusalError) return error;
      throw error;
    });
  }

  /** The floors of the sweep on show, once they are known. */
  get #floor() {
    return this.#lowest.of === this.#plan ? this.#lowest.floor : null;
  }

  /** Puts the floor under the sweep on show, once it is known. */
  async #lower() {
    const plan = this.#plan;
    if (!plan) return;
    const floor = await floorsUnder(plan, this.#floors);
    if (plan !== this.#plan) return;
    this.#lowest = { of: plan, floor };
    this.#draw();
  }

  async #begin() {
    const setup = this.#typed;
    const reading = this.#page.read();
    if (reading && !(await reading)) return;
    // Nobody has pressed Start for what a link has brought meanwhile.
    if (!this.#holds(setup)) return;
    const base = this.#form.fields;
    const plan = await this.#planned(setup, base).catch((error) => {
      // What was typed before it and is being judged yet may be right, and would take the notice away.
      if (!(error instanceof LostError)) void this.#refresh();
      throw error;
    });
    if (!this.#holds(setup)) return; // Another one was turned to, or typed, meanwhile.
    this.#turn += 1; // What is still being judged was asked before there was this base.
    this.#bases.set(setup.axis, { base, on: plan.on });
    this.#plan = this.#plan && same(this.#plan, plan) ? this.#plan : plan;
    this.#next = this.#plan;
    this.#goOn();
    await this.#lower();
  }

  /** Trains what is missing of the sweep on show. */
  #goOn() {
    if (!this.#plan) return;
    this.#remember();
    say(this.#notice, '');
    this.#forgotten = [];
    const known = this.#plan.runs.length - missing(this.#plan, this.#results).length;
    this.#sweep.start(this.#plan, this.#results, WORKERS);
    if (this.#sweep.plan) say(this.#said, `Started${known > 0 ? `; ${counted(known, 'run')} of it ${known === 1 ? 'is' : 'are'} known already` : ''}.`);
    else say(this.#said, 'All runs of this sweep are known already.');
    this.#draw();
  }

  #end() {
    const { plan } = this.#sweep;
    if (!plan) return;
    this.#was = null;
    this.#sweep.stop();
    say(this.#said, `Stopped: ${progress(plan, this.#results)} and kept. Go on trains the rest.`);
    this.#draw();
  }

  /** Does what was asked for, or says in words why not. @param {() => Promise<void>} task */
  async #attempt(task) {
    say(this.#notice, '');
    try {
      await task();
    } catch (error) {
      if (error instanceof LostError) return; // The state says it.
      const refusal = error instanceof SweepError || error instanceof RefusalError;
      if (refusal) this.#tell(error);
      this.#refused = refusal;
      say(this.#notice, `${error instanceof Error ? error.message : error}.`);
      if (refusal && error.key === this.#axis) this.#values.focus();
      if (refusal && error.key === 'seeds') this.#seeds.focus();
    }
  }

  /** Shows what is wrong at its field. @param {SweepError | RefusalError | null} refusal */
  #tell(refusal) {
    for (const [input, key] of /** @type {const} */ ([
      [this.#values, this.#axis],
      [this.#seeds, 'seeds'],
    ])) {
      const mine = refusal?.key === key;
      if (mine) input.setAttribute('aria-invalid', 'true');
      else input.removeAttribute('aria-invalid');
      say(byId(`${input.id}-error`, HTMLElement), mine ? refusal.message : '');
    }
    if (refusal || !this.#refused) return;
    this.#refused = false;
    say(this.#notice, '');
  }

  #draw() {
    const [plan, running] = [this.#plan, this.#sweep.plan];
    if (this.#was && !running) this.#ended(this.#was);
    this.#was = running;
    const left = plan ? missing(plan, this.#results).length : 0;
    const done = plan ? plan.runs.length - left : 0;
    const other = plan !== null && this.#next !== null && !same(plan, this.#next);
    const locked = running?.axis === this.#axis;
    this.#values.disabled = locked;
    this.#seeds.disabled = locked;
    this.#start.disabled = running !== null || (plan !== null && left === 0 && !other && !this.#refusal);
    say(this.#stop, running || !this.#bases.has(this.#axis) ? 'Stop' : 'Go on');
    this.#stop.disabled = !running && (left === 0 || !this.#bases.has(this.#axis));
    say(byId('sweep-plan', HTMLElement), this.#outlook(other));
    byId('sweep-on', HTMLElement).hidden = !running;
    if (running) this.#drawStatus(running);
    say(byId('sweep-refused', HTMLElement), this.#results.refused);
    this.#drawBest();
    byId('sweep-csv', HTMLButtonElement).disabled = done === 0;
    byId('sweep-copy', HTMLButtonElement).disabled = !plan;
    this.#forget.disabled = this.#forgotten.length === 0 && (done === 0 || locked);
    say(this.#forget, this.#forgotten.length > 0 ? 'Bring them back' : 'Forget these results');
    // What is on show of another axis is not this one's.
    byId('sweep-results', HTMLElement).hidden = !plan;
    if (plan) this.#drawResults(plan);
  }

  /** @param {Plan} running */
  #drawStatus(running) {
    const all = running.runs.length;
    const left = missing(running, this.#results);
    const share = left.reduce((sum, { key }) => sum + this.#sweep.share(key), all - left.length);
    const bar = byId('sweep-progress', HTMLProgressElement);
    [bar.max, bar.value] = [all, share];
    const time = this.#sweep.left;
    const togo = time === null ? '' : `; about ${time < 60 ? `${Math.ceil(time)} s` : duration(time)} to go`;
    say(byId('sweep-status', HTMLElement), `Against ${running.axis}: ${progress(running, this.#results)}, ${this.#sweep.underWay} under way${togo}.`);
  }

  /** A sweep has come to its end by itself. @param {Plan} plan */
  #ended(plan) {
    const { failure, failed } = this.#sweep;
    if (failure && plan.on === 'webgpu') return void this.#attempt(() => this.#onCpu(plan, failure));
    if (failure) return say(this.#notice, `The sweep could not go on: ${failure}. Go on tries again.`);
    const [first] = failed.values();
    const died = failed.size > 0 ? ` ${counted(failed.size, 'run')} died (${first}); Go on tries again.` : '';
    say(this.#said, `${progress(plan, this.#results)}.${died}`);
  }

  /** Trains a sweep that WebGPU has failed on the CPU, all of it: half on the one and half on the other would be no sweep. @param {Plan} plan @param {string} failure */
  async #onCpu({ axis, cells, runs, recipe }, failure) {
    const setup = { axis, values: cells.map(({ value }) => value).join(), seeds: String(runs.length / cells.length) };
    const { base } = this.#bases.get(axis) ?? { base: typed(recipe) };
    this.#bases.set(axis, { base, on: 'cpu' });
    const plan = await this.#planned(setup, base);
    if (this.#axis !== axis) return say(this.#notice, `The sweep against ${axis} could not go on: ${failure}. Go on there trains it on the CPU.`);
    this.#plan = plan;
    this.#next = plan;
    this.#goOn();
    say(this.#said, `WebGPU could not go on (${failure}), so this sweep is trained on the CPU, from its beginning.`);
  }

  /** What Start would do. @param {boolean} other whether that is not what is on show */
  #outlook(other) {
    const plan = this.#next;
    if (!plan) {
      const refusal = this.#refusal;
      if (!refusal || refusal.key === this.#axis || refusal.key === 'seeds') return 'This sweep cannot start yet.';
      return `The recipe in the form cannot be swept: ${refusal.message}.`;
    }
    const { cells, runs } = plan;
    const known = runs.length - missing(plan, this.#results).length;
    const steps = cells.reduce((sum, cell) => sum + cell.steps * cell.runs.length, 0);
    const size = `${counted(cells.length, 'value')} × ${counted(runs.length / cells.length, 'seed')}: ${counted(runs.length, 'run')}${known > 0 ? `, ${count(known)} of them known` : ''}, ${counted(steps, 'step')} in all, ${this.#atATime(plan)}.`;
    return other ? `The recipe in the form is another one than on show. Start sweeps it: ${size}` : size;
  }

  /** @param {Plan} plan */
  #atATime({ on, cells, runs }) {
    if (on === 'cpu') return `${counted(Math.min(WORKERS, runs.length), 'run')} at a time`;
    return runs.length > cells.length ? 'on WebGPU, the seeds of a value side by side' : 'on WebGPU, one after the other';
  }

  /** @param {Plan} plan */
  #drawResults(plan) {
    const points = plan.cells.map((cell) => summary(cell, this.#results));
    const lowest = this.#floor;
    // Networks that are wide enough may leave nothing: then there is no line to draw, and nothing to be above.
    const floor = lowest && plan.cells.some(({ runs }) => lowest[runs[0].recipe.m] > 0) ? lowest : null;
    this.#chart.show({ axis: plan.axis, points, floors: floor, m: plan.recipe.m });
    this.#table.show(plan, floor);
    const many = plan.runs.length / plan.cells.length;
    byId('sweep-key-band', HTMLElement).hidden = many === 1;
    byId('sweep-key-open', HTMLElement).hidden = points.every(({ done, of }) => done === 0 || done === of);
    byId('sweep-key-floor', HTMLElement).hidden = !floor;
    byId('sweep-key-lost', HTMLElement).hidden = points.every(({ diverged }) => diverged === 0);
    say(byId('sweep-caption', HTMLElement), caption(plan, this.#results, floor !== null));
    say(
      byId('sweep-cells-caption', HTMLElement),
      `Value by value. A run’s time is its training’s, the median over its seeds, beside whatever else the machine did.`,
    );
  }

  #drawBest() {
    const found = this.#plan && best(this.#plan, this.#results);
    byId('sweep-take', HTMLButtonElement).disabled = !found;
    const words = found
      ? `${this.#axis} = ${count(found.cell.value)}, seed ${found.run.recipe.seed}: held-out MSE ${error(found.outcome.heldOut)}.`
      : 'The best value’s best run, once there is one.';
    say(byId('sweep-best', HTMLElement), words);
  }

  #take() {
    const found = this.#plan && best(this.#plan, this.#results);
    if (!found) return;
    const { cell, run, outcome } = found;
    const luck = cell.done > 1 ? ` Its seed is the luckiest of ${cell.done}: their median is ${error(cell.median)}.` : '';
    this.#page.bring(
      run.fields,
      `The sweep’s best recipe is in the form: ${this.#axis} = ${count(cell.value)}, seed ${run.recipe.seed}, held-out MSE ${error(outcome.heldOut)}.${luck}`,
      outcome.mse,
    );
  }

  #forgetOrBring() {
    if (this.#forgotten.length > 0) {
      this.#results.restore(this.#forgotten);
      say(this.#said, `${counted(this.#forgotten.length, 'result')} ${this.#forgotten.length === 1 ? 'is' : 'are'} back.`);
      this.#forgotten = [];
    } else if (this.#plan) {
      this.#forgotten = this.#results.forget(this.#plan.runs.map(({ key }) => key));
      say(this.#said, `${counted(this.#forgotten.length, 'result')} ${this.#forgotten.length === 1 ? 'is' : 'are'} forgotten.`);
    }
    this.#draw();
  }

  #download() {
    const plan = this.#plan;
    if (!plan) return;
    const runs = plan.cells.flatMap((cell) => cell.runs);
    download(`phi-psi-sweep-${plan.axis}.csv`, runsCsv({ ...plan, runs }, this.#results, this.#floor), 'text/csv;charset=utf-8');
  }

  /** The sweep on show as an address. */
  async #address() {
    const plan = this.#plan;
    if (!plan) return '';
    const fields = alone(this.#bases.get(this.#axis)?.base ?? this.#form.fields);
    const values = plan.cells.map(({ value }) => value).join(',');
    const seeds = String(plan.runs.length / plan.cells.length);
    const first = { ...fields, [plan.axis]: String(plan.cells[0].value) };
    const run = await baseLink((parts) => this.#trainer.writeLink(parts), fields, [plan.axis], first);
    const url = `${location.origin}${location.pathname}#${writeSweep({ axis: plan.axis, values, seeds }, run)}`;
    this.#link.value = url;
    this.#link.hidden = false;
    return url;
  }
}

/** What the chart shows. @param {Plan} plan @param {SweepResults} results @param {boolean} floor whether the floor is in it */
function caption({ axis, recipe, cells, runs }, results, floor) {
  const many = runs.length / cells.length;
  const draws = runs.flatMap(({ key }) => results.get(key)?.draws ?? []);
  const over = `the MSE over ${draws.length > 0 ? count(Math.min(...draws)) : '10,000'} draws that no training has seen`;
  const last = recipe.seed + many - 1;
  const seeds =
    many === 1
      ? `Each point is ${over}, from one seed (${recipe.seed}): how much of it is luck cannot be seen.`
      : `Each point is the median over ${many} seeds (${recipe.seed} to ${last}) of ${over}; the band reaches from their 10 % to their 90 % quantile, interpolated between seeds.`;
  const { seed, solve, [axis]: swept, ...rest } = recipe;
  const others = Object.entries(rest)
    .map(([key, value]) => `${key}\u00a0${value}`)
    .join(', ');
  const line = floor
    ? ' The dashed line is the floor: no Φ and Ψ of this width can have a lower MSE, whatever the draws and the training; over a sample of draws it can seem so by chance.'
    : '';
  return `${seeds} Both axes are logarithmic. All else stays: ${others}.${solveClause(recipe)}${line}`;
}
