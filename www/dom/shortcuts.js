// @ts-check
/**
 * Single keys that press the page's buttons, the dialog that lists them, and the switch that turns them off.
 *
 * A key does what it always does wherever it has a meaning of its own: in fields, on buttons, links, lists and whatever else has the focus,
 * with a modifier, held down, and while a dialog is open.
 */
import { byId } from './dom.js';
import { meant, PRESENTING } from './keys.js';
import { showViewOf } from './views.js';

/** Where it is kept that they are off. */
export const PLACE = 'phi-psi shortcuts';

export class Shortcuts {
  #help = byId('help', HTMLDialogElement);
  #switch = byId('shortcuts', HTMLInputElement);
  #close = byId('help-close', HTMLButtonElement);
  #storage;

  /**
   * @param {() => Storage} storage asked for at each use, since some browsers refuse to name it
   * @param {(key: string) => HTMLButtonElement} button what a key presses
   */
  constructor(storage, button) {
    this.#storage = storage;
    this.#switch.checked = this.#remembered();
    this.#switch.addEventListener('change', () => this.#remember());
    byId('keys', HTMLButtonElement).addEventListener('click', () => this.#show());
    this.#close.addEventListener('click', () => this.#help.close());
    addEventListener('keydown', (event) => {
      const { target } = event;
      const key = meant(event, (selector) => target instanceof Element && target.closest(selector) !== null);
      if (!key || !this.#switch.checked || document.querySelector('dialog[open]')) return;
      if (PRESENTING.includes(key) && document.documentElement.dataset.present === undefined) return;
      // The space bar would scroll as well, and a letter might begin a search.
      event.preventDefault();
      if (key === '?') return this.#show();
      const pressed = button(key);
      if (pressed.disabled) return;
      // What it does is seen beside it.
      showViewOf(pressed);
      // What is not on show, as in a frame, cannot be pressed.
      if (pressed.getClientRects().length === 0) return;
      pressed.click();
      pressed.scrollIntoView({ block: 'nearest' });
    });
  }

  #show() {
    this.#help.showModal();
    // Not by an attribute: in another page's frame browsers complain of that.
    this.#close.focus();
  }

  #remembered() {
    try {
      return this.#storage().getItem(PLACE) !== 'off';
    } catch {
      return true;
    }
  }

  #remember() {
    try {
      if (this.#switch.checked) this.#storage().removeItem(PLACE);
      else this.#storage().setItem(PLACE, 'off');
    } catch {
      // They are off for as long as the page is open.
    }
  }
}
