// @ts-check
/** For how long the browser keeps the runs, said where they are listed; and what it has deleted, said above every view. Loaded once there is something to keep, or was. */
import { count } from '../../common/figures.js';
import { byId, say } from '../../dom/dom.js';
import { Database } from '../../run/database.js';
import { keptWords, Persistence } from '../../run/persistence.js';
import { PLACE as LIST } from '../../run/runs.js';
import { Trace } from '../../run/trace.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../run/trace.js').Missing} Missing */

const TIME = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'short' });

const WHY = 'The browser deletes what a page keeps when its space runs short, when the page is not visited for long, or when it is told to.';

export class Keeping {
  #line = byId('runs-kept', HTMLElement);
  #persistence = new Persistence(navigator);
  #note = new Database('phi-psi kept 1', 'notes', 'id');
  #trace = new Trace(
    [() => localStorage, () => sessionStorage],
    {
      read: async () => (await this.#note.do('readonly', (notes) => notes.get('kept')))?.noted,
      write: (noted) => this.#note.do('readwrite', (notes) => notes.put({ id: 'kept', noted })),
    },
    () => new Date().toISOString(),
  );
  #runs;
  #saved;
  /** @type {Promise<void>} */
  #begun;

  /** @param {Context} context */
  constructor({ runs, saved }) {
    this.#runs = runs;
    this.#saved = saved;
    this.#begun = this.#begin();
  }

  /** A run has been pinned or named, by the visitor's own act, or has been trained for long. @param {boolean} ownAct */
  async value(ownAct) {
    await this.#begun;
    this.#tell(await this.#persistence.ask(ownAct));
  }

  /** Tells what is not there any more, and notes from then on what is. */
  async #begin() {
    const missing = await this.#trace.missing(isThere(LIST), await this.#saved.ids().catch(() => null));
    say(byId('deleted', HTMLElement), lostWords(missing));
    this.#saved.trace = {
      add: (entry) => this.#trace.add(entry, missing.underWay),
      remove: (id) => this.#trace.remove(id),
    };
    if (this.#runs.list.length > 0) this.#trace.count(this.#runs.list.length);
    this.#runs.addEventListener('change', () => void this.#change());
    await this.#change();
  }

  async #change() {
    const { length } = this.#runs.list;
    if (isThere(LIST)) this.#trace.count(length);
    this.#tell(await this.#persistence.known());
  }

  /** @param {import('../../run/persistence.js').Kept} kept */
  #tell(kept) {
    say(this.#line, this.#runs.list.length > 0 && !this.#runs.refused ? keptWords(kept) : '');
  }
}

/** Whether something is kept at a place of localStorage; a browser that refuses to say has deleted nothing. @param {string} place */
function isThere(place) {
  try {
    return localStorage.getItem(place) !== null;
  } catch {
    return true;
  }
}

/** What the browser has deleted, in sentences; empty where it is nothing. @param {Missing} missing */
export function lostWords({ at, runs, underWay }) {
  const list =
    runs > 0
      ? [
          `${runs === 1 ? 'A run that had ended was' : `${count(runs)} runs that had ended were`} kept here until ${TIME.format(new Date(at))}, and ${runs === 1 ? 'is' : 'are'} not there any more.`,
        ]
      : [];
  const interrupted = underWay.map(({ at: until, epoch, fields: { d, m, hidden, n, epochs, seed } }) => {
    const of = `d\u00a0=\u00a0${d}, m\u00a0=\u00a0${m}, hidden\u00a0=\u00a0${hidden}, n\u00a0=\u00a0${n}, seed\u00a0${seed}`;
    return `A run that was interrupted at epoch ${count(epoch)} of ${epochs} (${of}) was kept here until ${TIME.format(new Date(until))}, and is not there any more.`;
  });
  const lost = [...list, ...interrupted];
  return lost.length > 0 ? [...lost, WHY].join(' ') : '';
}
