// @ts-check
/**
 * For how long the browser keeps what this page has in its storage: until the visitor deletes it, or as long as there is room.
 *
 * Asked for once, when a run has become worth it. Chromium and WebKit answer `persist()` at once, by how the site is used; Firefox asks the visitor in a dialog
 * of its own and does not answer before, so there the page asks only where the visitor has just pinned or named a run, and knows what the dialog is about. What
 * `permissions.query` says does not tell the two apart: Chromium 156 and Firefox 153 both say “prompt”.
 */

/** @typedef {'for good' | 'while there is room' | 'unknown'} Kept */

/** As much of a browser as is asked. @typedef {{ storage?: { persist?: () => Promise<boolean>, persisted?: () => Promise<boolean> }, userAgent: string }} Browser */

export class Persistence {
  #browser;
  #asked = false;

  /** @param {Browser} browser */
  constructor(browser) {
    this.#browser = browser;
  }

  /** What holds now. A browser without the API, or one that refuses to say, has promised nothing. @returns {Promise<Kept>} */
  async known() {
    return this.#answer(() => this.#browser.storage?.persisted?.());
  }

  /** Asks, unless that was done, and says what holds then. @param {boolean} ownAct whether the visitor has just done something for it @returns {Promise<Kept>} */
  async ask(ownAct) {
    const before = await this.known();
    if (this.#asked || before === 'for good' || (!ownAct && inDialogs(this.#browser))) return before;
    this.#asked = true;
    return this.#answer(() => this.#browser.storage?.persist?.());
  }

  /** @param {() => Promise<boolean> | undefined} asked @returns {Promise<Kept>} */
  async #answer(asked) {
    try {
      const found = await asked();
      return found === undefined ? 'unknown' : found ? 'for good' : 'while there is room';
    } catch {
      return 'unknown';
    }
  }
}

/** Whether the browser is Firefox by its engine: others say “like Gecko”. @param {Browser} browser */
function inDialogs({ userAgent }) {
  return userAgent.includes('Gecko/');
}

/** @type {Record<Kept, string>} */
const WORDS = {
  'for good': 'The browser has agreed to keep them until you delete them.',
  'while there is room': 'The browser may delete them when its space runs short or you stay away for long: what matters can be downloaded.',
  unknown: 'This browser does not say for how long it keeps them: what matters can be downloaded.',
};

/** For how long runs are kept, in a sentence. @param {Kept} kept */
export function keptWords(kept) {
  return WORDS[kept];
}
