// @ts-check
/** The section «Runs side by side»: the table of the runs that have ended, their curves on the chart, and the table taken away; and «Keep this curve» beside the chart. */
import { copyText } from '../../dom/clipboard.js';
import { differences } from '../../common/differences.js';
import { NAMES, off } from '../../common/recipe.js';
import { csv } from '../../export/csv.js';
import { byId, say } from '../../dom/dom.js';
import { download } from '../../dom/download.js';
import { count } from '../../common/figures.js';
import { named } from '../../common/reasons.js';
import { PRESENT } from './chart.js';
import { RunRow } from './run-row.js';
import { atHand } from '../../run/at-hand.js';
import { unfinished, weightsOf } from '../../run/run.js';
import { MOST_RUNS, title } from '../../run/runs.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../run/runs.js').Kept} Kept */

export class RunsSection {
  #box = byId('runs-box', HTMLElement);
  #body = byId('runs', HTMLTableSectionElement);
  #caption = byId('runs-caption', HTMLElement);
  #empty = byId('runs-empty', HTMLElement);
  #refused = byId('runs-refused', HTMLElement);
  #said = byId('runs-said', HTMLElement);
  #keep = byId('keep-curve', HTMLButtonElement);
  #undo = byId('runs-undo', HTMLButtonElement);
  #acts = byId('runs-acts', HTMLElement);
  #clear = byId('runs-clear', HTMLButtonElement);
  #text = byId('runs-text', HTMLTextAreaElement);
  /** @type {Map<string, RunRow>} */
  #rows = new Map();
  /** The run on show as it is kept, once it has ended: the trainer's number of it, and the list's. */
  #present = { run: 0, id: '' };
  /** What the chart was last given. */
  #shown = '';
  /** The floor of each width that has been asked for; null until it is known. @type {Map<string, number | null>} */
  #found = new Map();
  #runs;
  #trainer;
  #chart;
  #comparison;
  #defaults;
  #link;
  #floors;

  /** @param {Context} context */
  constructor({ trainer, runs, form, chart, comparison, link, floors }) {
    this.#trainer = trainer;
    this.#runs = runs;
    this.#chart = chart;
    this.#comparison = comparison;
    this.#defaults = form.defaults;
    this.#link = link;
    this.#floors = floors;
    trainer.addEventListener('state', () => this.#state());
    trainer.addEventListener('run', () => this.#run());
    trainer.addEventListener('recipe', () => this.#overlay());
    comparison.addEventListener('evaluated', () => this.#evaluated());
    this.#runs.addEventListener('change', () => this.#write());
    // A floor that was not to be had without its layer may be now.
    atHand.addEventListener('change', () => {
      for (const [key, floor] of this.#found) if (floor === null) this.#found.delete(key);
      this.#overlay();
    });
    addEventListener('storage', ({ key }) => this.#runs.hear(key));
    this.#keep.addEventListener('click', () => this.#runs.show(this.#present.id, this.#keep.getAttribute('aria-pressed') !== 'true'));
    this.#undo.addEventListener('click', () => this.#takeBack());
    this.#clear.addEventListener('click', () => this.#remove(this.#runs.list.filter(({ pinned }) => !pinned)));
    const copy = byId('runs-copy', HTMLButtonElement);
    copy.addEventListener('click', () => copyText(copy, this.#csv(), () => this.#select()));
    byId('runs-download', HTMLButtonElement).addEventListener('click', () => download('phi-psi-runs.csv', this.#csv(), 'text/csv;charset=utf-8'));
    this.#write();
  }

  /** The curve in front is no kept one's yet. */
  #run() {
    this.#present = { run: 0, id: '' };
    this.#write();
  }

  #state() {
    const { run, state } = this.#trainer;
    // A run is done again when the next one was refused.
    if (state !== 'done' || !run || run.number === this.#present.run || run.history.length < run.recipe.epochs) return;
    const { fields, recipe, seconds, history } = run;
    const { kept, gone } = this.#runs.keep({ ...traits(run), fields, recipe, seconds, history, ended: new Date().toISOString() });
    this.#present = { run: run.number, id: kept.id };
    // One of many may have been measured while the others were still trained.
    this.#evaluated();
    if (gone.includes(kept)) this.#say(`All ${MOST_RUNS} runs are pinned, and no more are kept: this one is not.`);
    else if (gone.length > 0)
      this.#say(`${MOST_RUNS} runs are kept at most: ${list(gone)} had to go, the oldest that ${gone.length === 1 ? 'was' : 'were'} not pinned.`);
    this.#write();
  }

  /** Keeps the held-out error of a run at its end. */
  #evaluated() {
    const { measured } = this.#comparison;
    if (!measured) return;
    const { run, weights, found } = measured;
    const atEnd = run.step === run.recipe.epochs * run.stepsPerEpoch && !unfinished(run) && weights === weightsOf(run);
    if (run.number === this.#present.run && atEnd) this.#runs.learn(this.#present.id, found.mse);
  }

  #write() {
    const { list: runs, refused } = this.#runs;
    say(this.#refused, refused);
    this.#empty.hidden = runs.length > 0;
    this.#box.hidden = runs.length === 0;
    this.#acts.hidden = runs.length === 0;
    this.#clear.disabled = runs.every(({ pinned }) => pinned);
    this.#undo.hidden = this.#runs.undoable.length === 0;
    const present = this.#runs.find(this.#present.id);
    this.#keep.disabled = !present;
    this.#keep.setAttribute('aria-pressed', String(typeof present?.curve === 'number'));
    say(
      this.#caption,
      `${runs.length === 1 ? '1 run' : `${count(runs.length)} runs`}, pinned ones first, then the newest. A recipe is told by what is not the notebook’s in it.`,
    );
    this.#text.hidden = true;

    const ids = new Set(runs.map(({ id }) => id));
    for (const [id, row] of this.#rows) {
      if (ids.has(id)) continue;
      row.element.remove();
      this.#rows.delete(id);
    }
    const focused = document.activeElement;
    for (const [i, kept] of runs.entries()) {
      const row = this.#row(kept);
      row.update(kept, kept.id === this.#present.id);
      // What stands in its place stays there, since a move takes the focus.
      if (this.#body.children[i] !== row.element) this.#body.insertBefore(row.element, this.#body.children[i] ?? null);
    }
    if (focused instanceof HTMLElement && focused.isConnected && focused !== document.activeElement) focused.focus({ preventScroll: true });
    this.#overlay();
  }

  /** @param {Kept} kept */
  #row(kept) {
    const found = this.#rows.get(kept.id);
    if (found) return found;
    const row = new RunRow(kept, this.#defaults, {
      show: ({ id }, shown) => this.#runs.show(id, shown),
      rename: ({ id }, name) => this.#runs.rename(id, name),
      pin: ({ id }, pinned) => this.#runs.pin(id, pinned),
      load: (run) => this.#load(run),
      remove: (run) => this.#remove([run]),
    });
    this.#rows.set(kept.id, row);
    return row;
  }

  /** The shown runs' curves, but for the one in front; in another page's frame there are none, since what is ticked is the visitor's own. */
  #overlay() {
    const embedded = 'embed' in document.documentElement.dataset;
    const behind = embedded ? [] : this.#runs.list.filter(({ id, curve }) => curve !== null && id !== this.#present.id);
    const names = differences([...behind.map((kept) => ({ ...kept, title: title(kept) })), ...this.#inFront]);
    const overlays = behind.map(({ id, curve, points, recipe }, i) => {
      return { id, name: names[i], look: curve ?? 0, points, recipe, floor: this.#floor(recipe) };
    });
    const present = (behind.length > 0 && names[behind.length]) || PRESENT;
    const shown = JSON.stringify([present, overlays.map(({ points, ...rest }) => [points.length, rest])]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#chart.overlay(overlays, present);
  }

  /** The run whose curve is in front, to be named; none before the first. @returns {import('../../common/differences.js').Named[]} */
  get #inFront() {
    const { run } = this.#trainer;
    if (!run) return [];
    return [{ ...traits(run), recipe: run.recipe, name: this.#runs.find(this.#present.id)?.name ?? '', title: PRESENT }];
  }

  /** The floor of a width, null until it is known: then the curves are laid anew. @param {import('../../common/protocol.js').Recipe} recipe */
  #floor(recipe) {
    const { d, m, layer, seed, target = '' } = recipe;
    const key = layer ? `${layer} ${seed} ${m}` : `${target} ${d} ${m}`;
    const found = this.#found.get(key);
    if (found !== undefined) return found;
    this.#found.set(key, null);
    void this.#floors(recipe, m).then((floors) => {
      const floor = floors?.[m] ?? NaN;
      this.#found.set(key, floor > 0 ? floor : null);
      this.#overlay();
    });
    return null;
  }

  /** @param {Kept} kept */
  #load(kept) {
    const { fields, source, mse } = kept;
    const file = source ? ` It began with the weights in “${source}”; the file is not kept, so choose it again to begin with them.` : '';
    this.#link.bring(fields, `The recipe of ${title(kept)} is in the form.${file}`, source ? null : mse);
  }

  /** @param {readonly Kept[]} gone */
  #remove(gone) {
    const at = this.#runs.list.findIndex(({ id }) => id === gone[0].id);
    this.#runs.remove(gone.map(({ id }) => id));
    this.#say(gone.length === 1 ? `${title(gone[0])} is deleted.` : `${count(gone.length)} runs are deleted.`);
    if (gone.length > 1) return this.#undo.focus();
    // The next row is where the deleted one was.
    const next = this.#runs.list[at] ?? this.#runs.list.at(-1);
    const row = next && this.#rows.get(next.id);
    (row ? row.remove : this.#undo).focus({ preventScroll: true });
  }

  #takeBack() {
    const back = this.#runs.undo();
    this.#say(`${list(back)} ${back.length === 1 ? 'is' : 'are'} back.`);
    if (!this.#undo.hidden) return this.#undo.focus();
    this.#rows.get(back[0]?.id)?.remove.focus();
  }

  /** @param {string} words */
  #say(words) {
    say(this.#said, words);
  }

  #csv() {
    // The optional ones only where a run has one, so that the notebook's recipes stay one row of numbers each.
    const keys = NAMES.filter((name) => off(name) === undefined || this.#runs.list.some(({ recipe }) => recipe[name]));
    const rows = this.#runs.list.map((kept) => [
      title(kept),
      ...keys.map((key) => kept.recipe[key] ?? off(key) ?? ''),
      kept.backend,
      kept.seconds,
      kept.mse,
      kept.heldOut ?? '',
      kept.ended,
      kept.source,
    ]);
    return csv([['name', ...keys, 'backend', 'seconds', 'mse', 'held_out_mse', 'ended', 'begun_from'], ...rows]);
  }

  /** Where the clipboard is refused. */
  #select() {
    this.#text.value = this.#csv();
    this.#text.hidden = false;
    this.#text.focus();
    this.#text.select();
  }
}

/** What a run is on and began with. @param {import('../../run/trainer.js').Run} run */
function traits({ verdict, source }) {
  const adapter = verdict?.backend === 'webgpu' && verdict.adapter ? named(verdict.adapter) : '';
  return { backend: verdict?.backend ?? 'cpu', adapter, source: source?.name ?? '' };
}

/** @param {readonly Kept[]} runs */
function list(runs) {
  return runs.length > 3 ? `${count(runs.length)} runs` : new Intl.ListFormat('en').format(runs.map(title));
}
