// @ts-check
/** The chart's data as a table, made only while it is open. */
import { byId, coalesce, html } from '../../dom/dom.js';
import { count } from '../../common/figures.js';

/** @typedef {import('../../app/context.js').Context} Context */

/** More rows than this help nobody and cost every reader of the page. */
const MOST_ROWS = 200;

export class Table {
  #details = byId('table-details', HTMLDetailsElement);
  #caption = byId('table-caption', HTMLElement);
  #body = byId('table-body', HTMLTableSectionElement);
  #trainer;
  #soon = coalesce(() => this.#write(), 500);

  /** @param {Context} context */
  constructor({ trainer }) {
    this.#trainer = trainer;
    for (const news of ['run', 'rewound', 'progress']) trainer.addEventListener(news, () => this.#update());
    this.#details.addEventListener('toggle', () => this.#update());
  }

  #update() {
    if (this.#details.open) this.#soon();
  }

  #write() {
    const history = this.#trainer.run?.history ?? [];
    const all = history.length;
    const every = Math.max(1, Math.ceil(all / MOST_ROWS));
    const rows = history.filter(({ epoch }) => epoch === 1 || epoch === all || epoch % every === 0);
    this.#caption.textContent =
      all === 0
        ? 'No epoch has been trained yet.'
        : every === 1
          ? `Train and validation MSE of each of ${count(all)} ${all === 1 ? 'epoch' : 'epochs'}.`
          : `Train and validation MSE of one epoch in ${count(every)}, of ${count(all)}; the exported history has them all.`;
    this.#body.replaceChildren(
      ...rows.map(({ epoch, mse, heldOut }) =>
        html('tr', {}, html('th', { scope: 'row' }, count(epoch)), html('td', {}, mse.toPrecision(6)), html('td', {}, heldOut.toPrecision(6))),
      ),
    );
  }
}
