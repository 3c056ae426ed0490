// @ts-check
/** `#report`: the run in figures, for paper only, where the form and the controls are not printed. */
import { MADE_BY } from '../../shell/build.js';
import { courseWords, numbers, same, solveWords } from '../../common/recipe.js';
import { byId, html } from '../../dom/dom.js';
import { count, duration, error, speed, within } from '../../common/figures.js';
import { explain } from '../../common/reasons.js';

/** @typedef {import('../../app/context.js').Context} Context */

const DATE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short' });

export class Report {
  #section = byId('report', HTMLElement);
  #figures = byId('report-figures', HTMLElement);
  #address = byId('report-link', HTMLElement);
  #trainer;
  #link;
  #comparison;

  /** @param {Context} context */
  constructor({ trainer, link, comparison }) {
    this.#trainer = trainer;
    this.#link = link;
    this.#comparison = comparison;
    for (const news of ['state', 'recipe']) trainer.addEventListener(news, () => this.#write());
    link.addEventListener('change', () => this.#write());
    comparison.addEventListener('evaluated', () => this.#write());
    addEventListener('beforeprint', () => this.#write());
    this.#write();
  }

  #write() {
    const { run } = this.#trainer;
    this.#section.hidden = !run;
    if (!run) return;
    const last = run.history.at(-1);
    const { heldOut } = this.#comparison;
    const { name, where } = run.verdict ? explain(run.verdict) : { name: '–', where: '' };
    const course = courseWords(run.recipe);
    /** @type {[string, string][]} */
    const pairs = [
      ...numbers(run.recipe).map(([key, value]) => /** @type {[string, string]} */ ([key, String(value)])),
      ['course', course.join(', ') || 'constant rate'],
      ['begun from', run.source ? run.source.name : 'the seed'],
      ['epochs trained', `${count(run.history.length)} of ${count(run.recipe.epochs)}`],
      ['train MSE', last ? error(last.mse) : '–'],
      ['validation MSE', last ? error(last.heldOut) : '–'],
      ...run.solved.map((solve) => /** @type {[string, string]} */ ([solveWords(solve), `validation MSE ${error(solve.heldOut)}`])),
      ['held-out RMSE', heldOut ? `${heldOut.rmse.toFixed(5)} (${count(heldOut.draws)} draws)` : '–'],
      ['held-out MSE', heldOut ? `${error(heldOut.mse)} ± ${within(heldOut.mseError, heldOut.mse)}` : '–'],
      ['backend', name + where],
      ['time', `${duration(run.seconds)}, ${speed(run.step, run.seconds)} steps/s`],
      ['printed', DATE.format(new Date())],
      ['made by', MADE_BY],
    ];
    this.#figures.replaceChildren(...pairs.map(([term, figure]) => html('div', {}, html('dt', {}, term), html('dd', {}, figure))));
    // The link is of what the form holds, which may have moved on; a file's weights are in none.
    const { written } = this.#link;
    const own = written !== null && !run.source && same(run.fields, written.parts.fields);
    this.#address.replaceChildren(...(own ? ['The run as a link: ', html('a', { href: written.url }, written.url)] : []));
  }
}
