// @ts-check
/**
 * The runs of many seeds as they go: their spread on the chart and beside the log, a strip of all of them, their means, and what is taken away. Loaded
 * by the first recipe that asks for more than one seed, and out of sight wherever the present one does not.
 */
import { count } from '../../common/figures.js';
import { typed } from '../../common/recipe.js';
import { spread } from '../../common/statistics.js';
import { byId, coalesce, html, say, svg } from '../../dom/dom.js';
import { download } from '../../dom/download.js';
import { FoldedTable } from '../../plot/folded-table.js';
import { band, line } from '../../plot/marks.js';
import { drawable, range } from '../../plot/scale.js';
import { Averaging } from './averaging.js';
import { Strip } from './strip.js';
import { bandLines, isNotebooks, PRINTED, printedWords, seedsWords, spreadWords, tableOf } from './words.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../common/statistics.js').Spread} Spread */
/** @typedef {import('../../plot/frame.js').Frame} Frame */
/** @typedef {import('../../plot/marks.js').Place} Place */
/** @typedef {import('../../run/ensemble.js').Ensemble} Ensemble */
/** @typedef {import('../../run/ensemble.js').Quantity} Quantity */
/** @typedef {import('./words.js').Column} Column */

/** Between two pictures of what goes on: each asks for the order of up to a thousand numbers, epoch by epoch. */
const LEAST_MS = 400;

/** Epochs whose spread is looked at, of a long run. */
const MOST_COLUMNS = 100;

/** The two curves of each epoch, the later one on top, with the words for them. @type {readonly { of: Quantity, look: string, words: string }[]} */
const CURVES = [
  { of: 'heldOuts', look: 'validation', words: 'validation' },
  { of: 'mses', look: 'train', words: 'train' },
];

export class SeedsSection {
  #parts = [byId('seeds-part', HTMLElement), byId('seeds-more', HTMLElement)];
  #words = byId('seeds-words', HTMLElement);
  #printed = byId('seeds-printed', HTMLElement);
  #log = byId('log', HTMLElement);
  #bands = byId('log-bands', HTMLElement);
  #table = new FoldedTable('seeds-table', ['Epoch', 'Train MSE, mean', 'Median', '10–90 %', 'Validation MSE, mean', 'Median', '10–90 %', 'Seeds']);
  #strip;
  #attempt;
  #averaging;
  #chart;
  #trainer;
  /** The ensemble on show. @type {Ensemble | null} */
  #shown = null;
  #soon = coalesce(() => this.#draw(), LEAST_MS);

  /** @param {Context} context */
  constructor({ trainer, chart, attempt, floors, lab }) {
    this.#trainer = trainer;
    this.#chart = chart;
    this.#attempt = attempt;
    this.#strip = new Strip((seed) => attempt(() => trainer.pick(seed)));
    this.#averaging = new Averaging({ trainer, attempt, floors, lab });
    for (const news of ['run', 'progress']) trainer.addEventListener(news, this.#soon);
    trainer.addEventListener('ensemble', () => (trainer.ensemble === this.#shown ? this.#soon() : this.#draw()));
    trainer.addEventListener('state', () => this.#draw());
    this.#log.addEventListener('scroll', () => this.#follow());
    this.#on('seeds-csv', async (ensemble, takes) => download(nameOf(ensemble, 'csv'), takes.seedsCsv(ensemble), 'text/csv'));
    this.#on('seeds-json', async (ensemble, takes) => download(nameOf(ensemble, 'json'), takes.seedsJson(ensemble), 'application/json'));
    this.#on('seeds-weights', async (ensemble, takes) => download(nameOf(ensemble, 'safetensors'), takes.allWeights(ensemble), 'application/octet-stream'));
    byId('seeds-first', HTMLButtonElement).addEventListener('click', () => attempt(() => trainer.pick(trainer.ensemble?.recipe.seed ?? 0)));
    this.#draw();
  }

  /** @param {string} id @param {(ensemble: Ensemble, takes: typeof import('../../export/seeds.js')) => Promise<void>} take */
  #on(id, take) {
    const taken = async () => {
      const { ensemble } = this.#trainer;
      if (ensemble) await take(ensemble, await import('../../export/seeds.js'));
    };
    byId(id, HTMLButtonElement).addEventListener('click', () => this.#attempt(taken));
  }

  #draw() {
    const { ensemble, run } = this.#trainer;
    if (ensemble !== this.#shown) this.#averaging.show(ensemble);
    this.#shown = ensemble;
    for (const part of this.#parts) part.hidden = !ensemble;
    this.#bands.hidden = !ensemble;
    if (!ensemble) return this.#chart.under(null);
    const columns = columnsOf(ensemble);
    this.#chart.under(underOf(ensemble, columns));
    this.#write(ensemble, columns);
    const { heldOut, members, recipe } = ensemble;
    const all = spread(heldOut.map(({ value }) => value));
    this.#strip.show(heldOut, run?.recipe.seed ?? NaN, heldOut.length === 0 ? '' : spreadWords(all));
    say(this.#words, seedsWords(ensemble));
    say(
      this.#printed,
      isNotebooks(recipe)
        ? printedWords(
            columns
              .slice(0, PRINTED.length)
              .filter(({ epoch }, i) => epoch === i + 1)
              .map(({ epoch }) => ensemble.values('mses', epoch)),
          )
        : '',
    );
    this.#table.show(() => tableOf(columns, members.length));
    for (const id of ['seeds-csv', 'seeds-json']) byId(id, HTMLButtonElement).disabled = heldOut.length === 0;
    byId('seeds-weights', HTMLButtonElement).disabled = members.every(({ checkpoint }) => !checkpoint);
    byId('seeds-first', HTMLButtonElement).disabled = !ensemble.saved(recipe.seed) || run?.recipe.seed === recipe.seed;
    this.#averaging.draw();
  }

  /** The band beside each line of the log, for the eye: the table says it too. @param {Ensemble} ensemble @param {readonly Column[]} columns */
  #write(ensemble, columns) {
    const lines = this.#trainer.run?.history.length ?? 0;
    say(this.#bands, bandLines(columns, Math.min(lines, ensemble.recipe.epochs)));
    this.#follow();
  }

  #follow() {
    this.#bands.scrollTop = this.#log.scrollTop;
  }
}

/** The spread at each epoch that any run has reached, or at some of very many. @param {Ensemble} ensemble @returns {Column[]} */
function columnsOf(ensemble) {
  const last = ensemble.reached;
  const step = Math.max(1, (last - 1) / (MOST_COLUMNS - 1));
  const epochs = Array.from({ length: Math.min(last, MOST_COLUMNS) }, (_, i) => Math.round(1 + i * step));
  return epochs.map((epoch) => ({ epoch, mses: ensemble.at('mses', epoch), heldOuts: ensemble.at('heldOuts', epoch) }));
}

/** What lies under the present run's curves. @param {Ensemble} ensemble @param {readonly Column[]} columns @returns {import('../run/chart.js').Under | null} */
function underOf(ensemble, columns) {
  if (columns.length === 0) return null;
  const many = count(ensemble.members.length);
  const bounds = range();
  for (const { of } of CURVES) {
    bounds.widen(columns, (column) => column[of].least);
    bounds.widen(columns, (column) => column[of].most);
  }
  const at = new Map(columns.map((column) => [column.epoch, column]));
  return {
    ends: bounds.ends(),
    marks: (frame) => CURVES.flatMap(({ of, look }) => spreadMarks(columns, of, look, frame)),
    words: (epoch) => {
      const column = at.get(epoch);
      return column ? `over ${count(column.mses.count)} seeds: train ${spreadWords(column.mses)}; validation ${spreadWords(column.heldOuts)}` : '';
    },
    label: ` Under it, ${many} seeds: ${CURVES.map(({ of, words }) => `${words} ${spreadWords(columns[columns.length - 1][of])}`).join('; ')} at epoch ${count(columns[columns.length - 1].epoch)}.`,
    legend: CURVES.map(({ look, words }) => legendItem(look, `${many} seeds, ${words}: median, 10–90 %`)).reverse(),
  };
}

/** @param {readonly Column[]} columns @param {Quantity} of @param {string} look @param {Frame} frame */
function spreadMarks(columns, of, look, { x, y }) {
  const fits = columns.filter((column) => drawable(column[of].least) && drawable(column[of].most));
  const along = (/** @type {'least' | 'low' | 'median' | 'high' | 'most'} */ part) =>
    fits.map((column) => /** @type {Place} */ ([x(column.epoch), y(column[of][part])]));
  if (fits.length === 0) return [];
  return [
    svg('path', { class: `seeds-band ${look}`, d: band(along('high'), along('low')) }),
    svg('path', { class: `seeds-end ${look}`, d: line(along('least')) + line(along('most')) }),
    svg('path', { class: `seeds-median ${look}`, d: line(along('median')) }),
  ];
}

/** @param {string} look @param {string} words */
function legendItem(look, words) {
  const key = svg('svg', { class: 'swatch', viewBox: '0 0 28 8', 'aria-hidden': 'true' });
  key.append(svg('path', { class: `seeds-band ${look}`, d: 'M0 0H28V8H0Z' }), svg('path', { class: `seeds-median ${look}`, d: 'M0 4H28' }));
  return html('li', {}, html('span', { class: 'legend-name', title: words }, key, words));
}

/** @param {Ensemble} ensemble @param {string} ending */
function nameOf({ recipe }, ending) {
  const { d, m, hidden, n, epochs, seed, seeds } = typed(recipe);
  return `phi-psi-d${d}-m${m}-hidden${hidden}-n${n}-epochs${epochs}-seed${seed}-seeds${seeds}.${ending}`;
}
