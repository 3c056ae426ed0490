// @ts-check
/**
 * The section `#methods`: every method that writes the layer as Φ(W)·Ψ(x) on one chart, by width; and what biased, unbiased and consistent mean, each
 * with a picture of copies at one w and x. Loaded when it is unfolded.
 */
import { count, error as figure, signed } from '../../common/figures.js';
import { ended } from '../../common/quoted.js';
import { NOTEBOOK } from '../../common/notebook.js';
import { typed } from '../../common/recipe.js';
import { targetOf } from '../../common/targets.js';
import { byId, coalesce, html, say } from '../../dom/dom.js';
import { download } from '../../dom/download.js';
import { views } from '../../dom/views.js';
import { csv } from '../../export/csv.js';
import { FoldedTable } from '../../plot/folded-table.js';
import { Plot } from '../../plot/plot.js';
import { LostError, RefusalError } from '../../run/errors.js';
import { consistencyWords, floorAt, means, methodName, methodRows, points, pointWords, rows, splitWords, untrained } from './methods.js';
import { weightsOf } from '../../run/run.js';
import { InTurn } from './in-turn.js';
import { courses, logLog, meansPicture } from './methods-plot.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../common/protocol.js').Recipe} Recipe */
/** @typedef {import('../../run/lab.js').MethodCopies} MethodCopies */
/** @typedef {import('../../run/lab.js').MethodCourse} MethodCourse */

/** The most dimensions. */
const WIDEST = 64;

/** The widths that a recipe is trained at when it is asked for. */
const WIDTHS = [1, 2, 4, 8, 16, 32, 64];

/** The closed form has so many hidden units and draws at most, and each of its copies: more would be a wait, and change little. */
const [HIDDEN, DRAWS] = [256, 4096];
const [HIDDEN_OF_COPIES, DRAWS_OF_COPIES] = [128, 1024];

/** The w and the x of the copies, where a narrow series is off and random features are not off by much more: they nearly cancel. */
const POINT = { w: [0.9, 0.5], x: [-0.8, -0.5] };

/** The columns of the copies' tables. */
const COPIES = ['Copies', 'Method', 'Their mean', 'Standard error', 'Off by'];

/** Which copies each of the pictures has. */
const BIASED = ['series', 'solve'];
const UNBIASED = ['maclaurin', 'fourier'];

export class MethodsSection {
  #section = byId('methods', HTMLDetailsElement);
  #radius = byId('methods-radius', HTMLSelectElement);
  #said = byId('methods-said', HTMLElement);
  #csv = byId('methods-csv', HTMLButtonElement);
  #train = byId('methods-train', HTMLButtonElement);
  #inTurn = new InTurn(this.#train, byId('methods-stop', HTMLButtonElement));
  /** The networks that were trained at other widths, those at which training diverged, and of which recipe. @type {{ of: string, files: Uint8Array[], diverged: number[] } | null} */
  #trained = null;
  /** @type {{ of: string, recipe: Recipe, radius: number, courses: readonly MethodCourse[], seconds: number } | null} */
  #found = null;
  /** @type {{ of: string, truth: number, z: number, copies: MethodCopies['copies'] } | null} */
  #copies = null;
  #chart = new Plot('methods-chart', 'methods-readout', () => this.#picture(), {
    table: new FoldedTable('methods-points', ['m', 'Method', 'MSE', 'Standard error', 'The floor']),
  });
  #biased = new Plot('biased-plot', 'biased-readout', () => this.#meansOf(BIASED), { table: new FoldedTable('biased-table', COPIES) });
  #unbiased = new Plot('unbiased-plot', 'unbiased-readout', () => this.#meansOf(UNBIASED), { table: new FoldedTable('unbiased-table', COPIES) });
  #consistent = new Plot('consistent-plot', 'consistent-readout', () => this.#consistency(), {
    table: new FoldedTable('consistent-table', ['m', 'Method', 'MSE']),
  });
  #trainer;
  #lab;
  #attempt;
  /** Counts what was asked; only the last answer is shown. */
  #turn = 0;
  /** Whether the last answer did not come. */
  #lost = false;
  #soon = coalesce(() => void this.#attempt(() => this.#ask(), true), 250);

  /** @param {Pick<Context, 'trainer' | 'comparison' | 'lab' | 'attempt'>} context */
  constructor({ trainer, comparison, lab, attempt }) {
    this.#trainer = trainer;
    this.#lab = lab;
    this.#attempt = attempt;
    this.#radius.addEventListener('change', this.#soon);
    trainer.addEventListener('run', this.#soon);
    comparison.addEventListener('evaluated', this.#soon);
    views.addEventListener('change', this.#soon);
    this.#section.addEventListener('toggle', this.#soon);
    // Without a network nothing may have come of it.
    addEventListener('online', () => this.#lost && this.#soon());
    this.#csv.addEventListener('click', () => {
      if (!this.#found) return;
      const { recipe, radius, courses } = this.#found;
      const rows = methodRows(courses, { target: recipe.target ?? 'gelu', d: recipe.d, radius });
      download('phi-psi-methods.csv', csv(rows), 'text/csv;charset=utf-8');
    });
    this.#train.addEventListener('click', () => attempt(() => this.#widths()));
    this.#soon();
  }

  /** The recipe that is measured: the run's on show, or the notebook's. */
  get #recipe() {
    const { run } = this.#trainer;
    const { seeds: _, solve: __, ...recipe } = run && !this.#against ? run.recipe : NOTEBOOK;
    return recipe;
  }

  /** Trains the recipe at other widths, and measures what comes of it with the rest: what was trained before it was stopped, too. */
  async #widths() {
    const recipe = this.#recipe;
    const begins = (/** @type {number} */ nth) => say(this.#said, `Training m\u00a0=\u00a0${WIDTHS[nth - 1]}: ${nth} of ${WIDTHS.length}…`);
    try {
      const found = await this.#inTurn.train(
        () => WIDTHS.map((m) => ({ ...recipe, m })),
        begins,
        (run) => run.weights(),
      );
      this.#trained = { of: widthless(recipe), files: found.filter((file) => file !== null), diverged: WIDTHS.filter((_, i) => found[i] === null) };
    } catch (error) {
      say(this.#said, '');
      throw error;
    }
    await this.#ask();
  }

  /** Why the run on show is not among the methods, or nothing. */
  get #against() {
    const recipe = this.#trainer.run?.recipe;
    if (recipe?.layer) return 'its draws are a layer’s';
    return recipe && recipe.d > WIDEST ? `the methods are shown up to d\u00a0=\u00a0${WIDEST}` : '';
  }

  /** Measures what is not known yet; out of sight nothing is. */
  async #ask() {
    if (!this.#section.open || this.#section.offsetParent === null) return;
    const turn = ++this.#turn;
    this.#lost = false;
    const { run } = this.#trainer;
    const recipe = this.#recipe;
    const own = run && !this.#against && run.step > 0 && !this.#trainer.busy && this.#trainer.answers ? run : null;
    const others = this.#trained?.of === widthless(recipe) ? this.#trained.files : [];
    const radius = Number(this.#radius.value);
    const of = JSON.stringify([recipe, radius, own && weightsOf(own), others.length]);
    if (this.#found?.of === of) return this.#tell();
    try {
      const lab = await this.#lab();
      const weights = own ? [await this.#trainer.weights(own.fields)] : [];
      if (turn !== this.#turn) return;
      say(this.#said, 'Measuring every method…');
      const { courses, seconds } = await lab.methods(asked(recipe, HIDDEN, DRAWS), radius, [...weights, ...others]);
      if (turn !== this.#turn) return;
      const at = pointOf(recipe.d);
      const fields = asked(recipe, HIDDEN_OF_COPIES, DRAWS_OF_COPIES);
      const same = this.#copies?.of === JSON.stringify(fields) ? this.#copies : null;
      const { z, copies } = same ?? (await lab.copies(fields, Float64Array.from(at.w), Float64Array.from(at.x)));
      if (turn !== this.#turn) return;
      this.#found = { of, recipe, radius, courses, seconds };
      this.#copies = { of: JSON.stringify(fields), z, truth: targetOf(recipe).at(z), copies };
      this.#tell();
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#lost = true;
      // Nobody asked for it: no field is pointed at.
      const told = error instanceof RefusalError || error instanceof LostError;
      say(this.#said, told ? `Not measured: ${ended(error.message)}` : '');
      if (!told) throw error;
    }
  }

  #tell() {
    if (!this.#found || !this.#copies) return;
    const { recipe, radius, courses, seconds } = this.#found;
    const { z, truth, copies } = this.#copies;
    const where = Number.isFinite(radius) ? `over w and x no longer than ${radius}` : 'over all w and x';
    const { run } = this.#trainer;
    const other = this.#against || (run && untrained(run));
    const diverged = this.#trained?.of === widthless(recipe) ? this.#trained.diverged : [];
    const lost = diverged.length > 0 ? ` Training diverged at m\u00a0=\u00a0${diverged.join(', ')}.` : '';
    say(
      this.#said,
      `${targetOf(recipe).shown} at d\u00a0=\u00a0${recipe.d}, ${where}; measured in ${seconds.toFixed(1)}\u00a0s.${other ? ` The run on show is not among them: ${other}.` : ''}${lost}`,
    );
    byId('methods-table', HTMLTableSectionElement).replaceChildren(
      ...rows(courses).map(({ name, cells }) => html('tr', {}, html('th', { scope: 'row' }, name), ...cells.map((cell) => html('td', {}, cell)))),
    );
    const point = `At z\u00a0=\u00a0${signed(z)}, where ${targetOf(recipe).shown} is ${signed(truth)}`;
    const words = (/** @type {string[]} */ names) => copies.filter(({ name }) => names.includes(name)).map((copy) => splitWords(copy, truth));
    say(byId('biased-words', HTMLElement), `${point}: ${words(BIASED).join(' ')}`);
    say(byId('unbiased-words', HTMLElement), `${point}: ${words(UNBIASED).join(' ')}`);
    say(byId('consistent-words', HTMLElement), consistencyWords(courses, radius, recipe.target ?? 'gelu'));
    this.#csv.disabled = false;
    const section = this.#section;
    section.dataset.d = String(recipe.d);
    section.dataset.target = recipe.target ?? 'gelu';
    section.dataset.radius = String(radius);
    for (const plot of [this.#chart, this.#biased, this.#unbiased, this.#consistent]) plot.draw();
  }

  /** @returns {import('../../plot/plot.js').Picture | import('../../plot/plot.js').Nothing} */
  #picture() {
    if (!this.#found) return { label: 'Every method by its width: nothing has been measured yet.', empty: 'The methods appear here once they are measured.' };
    const { courses: all } = this.#found;
    const shown = points(all).filter(({ finite }) => finite);
    const some = shown.map((point) => ({ ...point, words: pointWords(point, floorAt(all, point.m)) }));
    return {
      ...courses(all, some),
      label: `Mean squared error against width, on two logarithmic axes, of ${all.filter(({ name, m }) => name !== 'floor' && m.length > 0).length} methods and the floor. The arrow keys read out single points.`,
      table: () => ({
        caption: 'Every point that is drawn, from the narrowest to the widest.',
        rows: shown.map(({ name, m, mse, standardError }) => {
          const floor = floorAt(all, m);
          return [count(m), methodName(name), figure(mse), standardError > 0 ? figure(standardError) : '0', Number.isFinite(floor) ? figure(floor) : '–'];
        }),
      }),
    };
  }

  /** The mean of the first copies against the truth. @param {readonly string[]} names */
  #meansOf(names) {
    if (!this.#copies) return { label: 'The mean of more and more copies: not computed yet.', empty: 'Copies appear here once they are drawn.' };
    const { truth, copies } = this.#copies;
    const some = copies.filter(({ name, values }) => names.includes(name) && values.length > 0);
    if (some.length === 0) return { label: 'No such method for this function.', empty: 'No such method for this function.' };
    return meansPicture(
      some.map(({ name, values }) => ({ name, told: methodName(name), means: means(values), alone: values.length === 1 })),
      truth,
    );
  }

  /** Wider and wider: the error of what is consistent falls. */
  #consistency() {
    if (!this.#found) return { label: 'The error by width: not computed yet.', empty: 'The errors appear here once they are measured.' };
    const names = ['series', 'solve', 'floor'];
    return logLog(this.#found.courses.filter(({ name, m, finite }) => names.includes(name) && m.length > 0 && finite));
  }
}

/** What the module is asked: the recipe's target and sizes, with so many hidden units and draws at most. @param {Recipe} recipe @param {number} hidden @param {number} draws */
function asked({ rates: _, ...recipe }, hidden, draws) {
  return typed({ ...recipe, hidden: Math.min(recipe.hidden, hidden), n: Math.min(recipe.n, draws), epochs: 1, batch: 1 });
}

/** All of a recipe but its width. @param {Recipe} recipe */
function widthless(recipe) {
  return JSON.stringify({ ...recipe, m: 0 });
}

/** The point in d dimensions. @param {number} d */
function pointOf(d) {
  const of = (/** @type {number[]} */ first) => Array.from({ length: d }, (_, i) => first[i] ?? 0);
  return { w: of(POINT.w), x: of(POINT.x) };
}
