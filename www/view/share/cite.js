// @ts-check
/** `#citing`: how to cite the page and what it stands on, to be read and to be copied. Loaded when it comes near. */
import { copyText } from '../../dom/clipboard.js';
import { byId } from '../../dom/dom.js';
import { bibtex, citeLine, foundations } from '../../export/cite.js';

export class Citing {
  constructor() {
    this.#offer('cite-lines', 'copy-cite', [citeLine(), ...foundations()].join('\n'));
    this.#offer('cite-bibtex', 'copy-bibtex', bibtex());
  }

  /** @param {string} id @param {string} button @param {string} text */
  #offer(id, button, text) {
    const lines = byId(id, HTMLElement);
    lines.textContent = text;
    const copy = byId(button, HTMLButtonElement);
    copy.disabled = false;
    copy.addEventListener('click', () => copyText(copy, text, () => getSelection()?.selectAllChildren(lines)));
  }
}
