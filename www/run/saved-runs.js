// @ts-check
/**
 * Runs that are under way, kept in the browser's IndexedDB so that a tab that is closed or killed loses nothing.
 *
 * Each page keeps one run at most, under an id of its own, and while it does it holds a lock of that name: a run whose lock is free was
 * interrupted. There are few of them, and what is read back may be another version's: it is judged by the module when it is opened.
 */

import { Database } from './database.js';
import { savedOf } from './run.js';

/** @typedef {import('../common/protocol.js').EpochReport} EpochReport */
/** @typedef {import('./trainer.js').Run} Run */
/** @typedef {import('./trainer.js').Saved} Saved */

/** @typedef {{ id: string, saved: Saved }} Entry */

/** A history in few pieces: of a hundred thousand epochs a copy of each would keep the page from drawing.
 * @typedef {{ lines: string, mse: Float64Array, heldOut: Float64Array }} Packed */

/** @typedef {{ id: string, at: number, saved: Omit<Saved, 'history'>, history: Packed }} Kept */

/** Interrupted runs that are kept; of more the oldest go. The largest checkpoint has 13 MB; weights that a run began with and its history come on top. */
const MOST = 4;

/** Who notes elsewhere what is kept: before it goes, and when it has come. @typedef {{ add: (entry: Entry) => void, remove: (id: string) => void }} Noting */

export class SavedRuns {
  /** @type {Noting | null} */
  trace = null;
  #id = this.newId();
  #kept = new Database('phi-psi runs under way 1', 'runs', 'id');
  /** Lets the lock go. @type {(() => void) | undefined} */
  #release;
  /** What this page has set aside. @type {string[]} */
  #aside = [];

  /** Random, by what is there in every context. */
  newId() {
    return [...crypto.getRandomValues(new Uint32Array(4))].join('-');
  }

  /** Keeps a run that another has taken the place of; no page holds it. @param {Entry} entry @throws if the browser refuses */
  async setAside(entry) {
    await this.#put(entry);
    this.#aside.push(entry.id);
    for (const id of this.#aside.splice(0, this.#aside.length - MOST)) await this.forget(id);
  }

  /** @param {Entry} entry */
  async #put(entry) {
    const { history, ...saved } = entry.saved;
    /** @type {Kept} */
    const kept = { id: entry.id, at: Date.now(), saved, history: packed(history) };
    await this.#kept.do('readwrite', (store) => store.put(kept));
    this.trace?.add(entry);
  }

  /** Keeps the run as it is at its last checkpoint, in the place of what this page kept before. @param {Run} run @throws if the browser refuses */
  async save(run) {
    const now = savedOf(run);
    if (!now) return;
    const held = this.#release !== undefined;
    this.#lock();
    try {
      await this.#put({ id: this.#id, saved: now });
    } catch (error) {
      if (!held) this.#unlock();
      throw error;
    }
  }

  /** The run is over: this page keeps nothing any more. */
  async drop() {
    if (!this.#release) return;
    this.#unlock();
    await this.forget(this.#id);
  }

  /** Those of all runs that are kept. */
  async ids() {
    return new Set(/** @type {string[]} */ (await this.#kept.do('readonly', (store) => store.getAllKeys())));
  }

  /** The run that was interrupted last, of those that no open page holds. @returns {Promise<Entry | null>} */
  async interrupted() {
    /** @type {Kept[]} */
    const all = await this.#kept.do('readonly', (store) => store.getAll());
    const free = [];
    for (const kept of all.sort((one, other) => other.at - one.at)) if (await isFree(kept.id)) free.push(kept);
    for (const { id } of free.slice(MOST)) await this.forget(id);
    if (free.length === 0) return null;
    const [{ id, saved, history }] = free;
    return { id, saved: { ...saved, history: unpacked(history) } };
  }

  /** @param {string} id */
  async forget(id) {
    this.trace?.remove(id);
    await this.#kept.do('readwrite', (store) => store.delete(id));
  }

  /** Only while something is kept, since a page that holds a lock cannot wait in the browser's back-forward cache. */
  #lock() {
    if (this.#release) return;
    const held = new Promise((resolve) => (this.#release = () => resolve(undefined)));
    // Where the browser refuses it, the run is offered elsewhere too, and that is all.
    navigator.locks?.request(lockOf(this.#id), () => held).catch(() => {});
  }

  #unlock() {
    this.#release?.();
    this.#release = undefined;
  }
}

/** @param {readonly EpochReport[]} history @returns {Packed} */
function packed(history) {
  return {
    lines: history.map(({ line }) => line).join('\n'),
    mse: Float64Array.from(history, ({ mse }) => mse),
    heldOut: Float64Array.from(history, ({ heldOut }) => heldOut),
  };
}

/** @param {Packed} packed @returns {EpochReport[]} */
function unpacked({ lines, mse, heldOut }) {
  return lines.split('\n').map((line, i) => ({ epoch: i + 1, line, mse: mse[i], heldOut: heldOut[i] }));
}

/** @param {string} id */
function lockOf(id) {
  return `phi-psi run ${id}`;
}

/** Whether no page holds the run. Where a browser has no locks nobody knows, and it is offered. @param {string} id @returns {Promise<boolean>} */
async function isFree(id) {
  if (!navigator.locks) return true;
  return navigator.locks.request(lockOf(id), { ifAvailable: true }, async (lock) => lock !== null);
}
