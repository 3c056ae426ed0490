// @ts-check
/** The chart's data as a table, made only while it is open. */
import { byId, coalesce, html } from '../../dom/dom.js';
import { count } from '../../common/figures.js';

/** @typedef {import('../../common/protocol.js').EpochReport} EpochReport */

/** More rows than this help nobody and cost every reader of the page. */
const MOST_ROWS = 200;

export class Table {
  #details = byId('table-details', HTMLDetailsElement);
  #caption = byId('table-caption', HTMLElement);
  #body = byId('table-body', HTMLTableSectionElement);
  /** @type {readonly EpochReport[]} */
  #history = [];
  #soon = coalesce(() => this.#write(), 500);

  constructor() {
    this.#details.addEventListener('toggle', () => this.update());
  }

  /** @param {readonly EpochReport[]} history */
  follow(history) {
    this.#history = history;
    this.update();
  }

  update() {
    if (this.#details.open) this.#soon();
  }

  #write() {
    const all = this.#history.length;
    const every = Math.max(1, Math.ceil(all / MOST_ROWS));
    const rows = this.#history.filter(({ epoch }) => epoch === 1 || epoch === all || epoch % every === 0);
    this.#caption.textContent =
      all === 0
        ? 'No epoch has been trained yet.'
        : every === 1
          ? `Train and held-out MSE of each of ${count(all)} ${all === 1 ? 'epoch' : 'epochs'}.`
          : `Train and held-out MSE of every ${count(every)}th of ${count(all)} epochs; the exported history has them all.`;
    this.#body.replaceChildren(
      ...rows.map(({ epoch, mse, heldOut }) =>
        html('tr', {}, html('th', { scope: 'row' }, count(epoch)), html('td', {}, mse.toPrecision(6)), html('td', {}, heldOut.toPrecision(6))),
      ),
    );
  }
}
