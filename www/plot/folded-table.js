// @ts-check
/** A chart's data as a table under it, made only while it is unfolded. */
import { byId, html } from '../dom/dom.js';

/** What a table says: its caption and its rows, whose first cells name them. @typedef {{ caption: string, rows: readonly (readonly string[])[] }} Content */

export class FoldedTable {
  #details;
  #caption;
  #body = html('tbody');
  /** @type {() => Content | null} */
  #content = () => null;

  /** @param {string} id of the `details` that it goes into @param {readonly string[]} heads what its columns are */
  constructor(id, heads) {
    this.#details = byId(id, HTMLDetailsElement);
    this.#caption = html('caption', { id: `${id}-caption` }, 'There is nothing to show yet.');
    const head = html('thead', {}, html('tr', {}, ...heads.map((each) => html('th', { scope: 'col' }, each))));
    const table = html('table', {}, this.#caption, head, this.#body);
    this.#details.append(html('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-labelledby': `${id}-caption` }, table));
    this.#details.addEventListener('toggle', () => this.#write());
  }

  /** Other data, told when they are looked at. @param {() => Content | null} content null while there are none */
  show(content) {
    this.#content = content;
    this.#write();
  }

  #write() {
    if (!this.#details.open) return;
    const { caption, rows } = this.#content() ?? { caption: 'There is nothing to show yet.', rows: [] };
    this.#caption.textContent = caption;
    this.#body.replaceChildren(
      ...rows.map(([name, ...cells]) => html('tr', {}, html('th', { scope: 'row' }, name), ...cells.map((cell) => html('td', {}, cell)))),
    );
  }
}
