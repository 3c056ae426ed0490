// @ts-check
/** «Averaging»: the mean of many runs' outputs, beside what they have alone and the floor of so many times their width. */
import { count, error } from '../../common/figures.js';
import { partsOf } from '../../common/layer-name.js';
import { keyOf } from '../../common/recipe.js';
import { byId, say, svg } from '../../dom/dom.js';
import { logAxis } from '../../plot/axis.js';
import { logFrame } from '../../plot/frame.js';
import { line, upright } from '../../plot/marks.js';
import { FoldedTable } from '../../plot/folded-table.js';
import { Plot } from '../../plot/plot.js';
import { nearest } from '../../plot/reading.js';
import { logarithmic, range } from '../../plot/scale.js';
import { atHand, before } from '../../run/at-hand.js';
import { averaged, usable } from './average.js';
import { Channel } from '../../run/channel.js';
import { RefusalError } from '../../run/errors.js';
import { launchMany } from '../../run/pool.js';
import { averageCells, averageWords, conclusion } from './words.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../common/protocol.js').FromMany} FromMany */
/** @typedef {import('../../common/protocol.js').ToMany} ToMany */
/** @typedef {import('../../plot/frame.js').Frame} Frame */
/** @typedef {import('../../plot/marks.js').Place} Place */
/** @typedef {import('./average.js').Averaged} Averaged */
/** @typedef {import('../../run/ensemble.js').Ensemble} Ensemble */

const MARGIN = { left: 56, right: 16, top: 14, bottom: 44, name: 36 };

/** A floor that is so many times below is not drawn. */
const FLOOR_REACH = 20;

export class Averaging {
  #button = byId('average', HTMLButtonElement);
  #words = byId('average-words', HTMLElement);
  #picture = byId('average-picture', HTMLElement);
  #table = new FoldedTable('average-table', ['Runs', 'MSE of the mean', 'MSE alone', 'Floor of width m·k']);
  #trainer;
  #floors;
  #lab;
  /** @type {readonly Averaged[]} */
  #points = [];
  /** The floors of width 0, 1, … @type {readonly number[]} */
  #known = [];
  /** The runs that are averaged, each with the checkpoint that it had then. @type {readonly { member: Ensemble['members'][number], checkpoint: Ensemble['members'][number]['checkpoint'] }[]} */
  #of = [];
  /** Counts the ensembles and the askings: what comes for an earlier one is of no use. */
  #turn = 0;
  #asked = false;
  #plot = new Plot('average-plot', 'average-readout', () => this.#draw(), { table: this.#table });

  /** @param {Pick<Context, 'trainer' | 'attempt' | 'floors' | 'lab'>} context */
  constructor({ trainer, attempt, floors, lab }) {
    this.#trainer = trainer;
    this.#floors = floors;
    this.#lab = lab;
    this.#button.addEventListener('click', () => attempt(() => this.#average()));
  }

  /** Another ensemble, or none, or one whose runs have gone on. @param {Ensemble | null} ensemble */
  show(ensemble) {
    this.#turn += 1;
    this.#asked = false;
    this.#points = [];
    this.#of = [];
    this.#picture.hidden = true;
    say(this.#words, '');
    if (ensemble) this.draw();
  }

  draw() {
    const { ensemble, state } = this.#trainer;
    if (this.#of.some(({ member, checkpoint }) => member.checkpoint !== checkpoint)) return this.show(ensemble);
    this.#button.disabled = this.#asked || state === 'running' || usable(ensemble?.members ?? []).length < 2;
  }

  /** The layer that the runs draw from, with its inputs, or those that are assumed of it. @param {string | undefined} name */
  async #layer(name) {
    const numbers = atHand.get(name)?.numbers;
    if (!name || !numbers) return null;
    const { inputs = await (await this.#lab()).assumedInputs(numbers.d, partsOf(name).scale) } = numbers;
    return { ...numbers, inputs };
  }

  async #average() {
    const { ensemble } = this.#trainer;
    if (!ensemble || usable(ensemble.members).length < 2) return;
    const turn = ++this.#turn;
    const { m } = ensemble.recipe;
    this.#of = usable(ensemble.members).map((member) => ({ member, checkpoint: member.checkpoint }));
    this.#asked = true;
    this.draw();
    // No state tells of this worker.
    const lost = (/** @type {string} */ why) => worker.abandon(new RefusalError('', why));
    /** @type {Channel<ToMany, FromMany>} */
    const worker = new Channel({
      launch: launchMany,
      before,
      hear: (message) => {
        if (message.type === 'failed' || message.type === 'broken') lost(message.message);
      },
      died: ({ words }) => lost(words || 'The worker could not be started.'),
    });
    try {
      const layer = await this.#layer(ensemble.recipe.layer);
      // Of a layer every seed keeps back another part, with a floor of its own.
      const known = (!layer && (await this.#floors(ensemble.recipe, Math.min(keyOf('m').most ?? 1, m * ensemble.members.length)))) || [];
      if (turn !== this.#turn) return;
      this.#known = known;
      for await (const { points, done, of } of averaged(ensemble, layer, (question) => worker.ask({ type: 'predict', ...question }))) {
        if (turn !== this.#turn) return;
        const more = points.length !== this.#points.length;
        this.#points = [...points];
        if (more) this.#show();
        say(this.#words, done < of ? `Averaging: ${count(done)} of ${count(of)} runs.` : conclusion(points, this.#known, m, layer !== null));
      }
    } finally {
      worker.close('The averaging is over.');
      if (turn === this.#turn) this.#asked = false;
      this.draw();
    }
  }

  #show() {
    this.#picture.hidden = false;
    this.#plot.draw();
  }

  #draw() {
    const points = this.#points;
    const m = this.#trainer.ensemble?.recipe.m ?? 1;
    if (points.length < 2) return null;
    const bounds = range();
    bounds.widen(points, ({ mse }) => mse);
    bounds.widen(points, ({ alone }) => alone);
    const { low, high } = bounds.ends() ?? { low: 0.01, high: 1 };
    // Most often it is so far below that nothing else could be told apart: then the table has it alone.
    const floor = points.flatMap(({ runs }) => (this.#known[m * runs] > low / FLOOR_REACH ? { runs, mse: this.#known[m * runs] } : []));
    const lowest = Math.min(low, ...floor.map(({ mse }) => mse));
    const last = points[points.length - 1];
    return {
      table: () => ({
        caption: 'The outputs of the first runs, averaged.',
        rows: points.map((point) => averageCells(point, this.#known[m * point.runs])),
      }),
      label: `MSE of the mean of the first runs’ outputs on a logarithmic axis: ${error(points[0].mse)} of one, ${error(last.mse)} of ${count(last.runs)}.`,
      frame: (/** @type {SVGSVGElement} */ plot) => logFrame(plot, logAxis(lowest, high), MARGIN, ({ left, right }) => across(points, left, right)),
      marks: (/** @type {Frame} */ { x, y }) => {
        const along = (/** @type {readonly { runs: number, mse: number }[]} */ of) => of.map(({ runs, mse }) => /** @type {Place} */ ([x(runs), y(mse)]));
        return [
          ...(floor.length > 1 ? [svg('path', { class: 'floor', d: line(along(floor)) })] : []),
          svg('path', { class: 'alone', d: line(points.map(({ runs, alone }) => /** @type {Place} */ ([x(runs), y(alone)]))) }),
          svg('path', { class: 'curve', d: line(along(points)) }),
          ...points.map(({ runs, mse }) => svg('circle', { class: 'dot', cx: x(runs), cy: y(mse), r: 3.5 })),
        ];
      },
      readable: (/** @type {Frame} */ frame) => ({
        parts: points.length,
        at: (/** @type {number} */ x) =>
          nearest(
            points.map(({ runs }) => frame.x(runs)),
            x,
          ),
        read: (/** @type {number} */ part) => {
          const point = points[part];
          if (!point) return null;
          return { words: averageWords(point, this.#known[m * point.runs]), marks: [upright(frame, frame.x(point.runs))] };
        },
        rest: '',
      }),
    };
  }
}

/** @param {readonly Averaged[]} points @param {number} left @param {number} right */
function across(points, left, right) {
  const x = logarithmic(1, points[points.length - 1].runs, left + 6, right - 6);
  const marks = points.map(({ runs }) => ({ at: x(runs), label: { text: count(runs), x: x(runs) } }));
  return { x, marks, name: 'runs whose outputs are averaged' };
}
