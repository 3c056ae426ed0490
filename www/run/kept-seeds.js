// @ts-check
/**
 * The runs of many seeds that are under way, kept in the browser's IndexedDB so that a tab that is closed or killed loses none that has ended: those of
 * one recipe, the last that took long enough. Once all have ended nothing is kept any more. Where storage is refused the page goes on without.
 */
import { later } from '../common/later.js';
import { typed } from '../common/recipe.js';
import { Database } from './database.js';
import { Ensemble } from './ensemble.js';

/** @typedef {import('../common/protocol.js').Backend} Backend */
/** @typedef {import('../common/protocol.js').Recipe} Recipe */
/** @typedef {import('./ensemble.js').Member} Member */
/** @typedef {import('./ensemble.js').Found} Found */

const kept = new Database('phi-psi many seeds 1', 'runs', 'seed');

/** Where stands whose runs these are: no seed is less than zero. Of two pages that keep at the same time each writes over the other's, so each run says it too. */
const OF = -1;

/** What takes less is trained anew sooner than it is looked up. */
const LEAST_MS = 2_000;

/** Runs that are written in one go: two hundred would hold the page up for as long as a picture takes. */
const AT_ONCE = 32;

/** The ensemble of a recipe, with what was kept of it. @param {Recipe} recipe @param {Backend | undefined} on @param {() => void} changed hears of every change */
export async function gathered(recipe, on, changed) {
  const keeper = new KeptSeeds(JSON.stringify([on, typed(recipe)]));
  const found = await keeper.found();
  const ensemble = new Ensemble(
    recipe,
    () => {
      changed();
      void keeper.follow(ensemble);
    },
    { on, found },
  );
  return ensemble;
}

class KeptSeeds {
  #key;
  /** Seeds that are kept as they have ended, each with the epoch that it was measured at. @type {Map<number, number>} */
  #kept = new Map();
  #due = 0;
  #busy = false;
  /** Whether something has changed since what is being kept was looked at. */
  #missed = false;
  /** Whether what is kept is this recipe's. */
  #own = false;

  /** @param {string} key all that defines the runs, as text */
  constructor(key) {
    this.#key = key;
  }

  /** What was kept of this recipe's runs. @returns {Promise<Found[]>} */
  async found() {
    this.#due = performance.now() + LEAST_MS;
    try {
      const mark = await kept.do('readonly', (runs) => runs.get(OF));
      if (mark?.key !== this.#key) return [];
      this.#own = true;
      const found = (await kept.do('readonly', (runs) => runs.getAll())).filter((run) => run.of === this.#key && isRun(run));
      for (const { seed, outcome, epochs } of found) if (outcome) this.#kept.set(seed, epochs);
      return found;
    } catch {
      return [];
    }
  }

  /** Keeps what is new, now and then, and where the runs are paused; nothing once all have ended. @param {Ensemble} ensemble */
  async follow(ensemble) {
    const { state } = ensemble;
    // One that could not go on has not ended.
    const over = state === 'done' && !ensemble.failure;
    this.#missed = this.#busy;
    if (this.#busy || (over ? !this.#own : state === 'running' && performance.now() < this.#due)) return;
    this.#busy = true;
    const began = performance.now();
    try {
      if (over) await this.#drop();
      else
        await this.#keep(
          ensemble.members.filter(({ seed, epochs, outcome, checkpoint }) => (outcome ? this.#kept.get(seed) !== epochs : checkpoint && state !== 'running')),
        );
    } catch {
      // Refused, or full: what is kept is a help and not a promise.
    }
    this.#due = later(began, LEAST_MS);
    this.#busy = false;
    // A pause, or the last run's end, has nothing behind it that would bring this here again.
    if (this.#missed) await this.follow(ensemble);
  }

  /** @param {Member[]} members */
  async #keep(members) {
    for (let at = 0; at < members.length; at += AT_ONCE) {
      const some = members.slice(at, at + AT_ONCE);
      await kept.do('readwrite', (runs) => {
        if (!this.#own) runs.clear();
        for (const { seed, epochs, mses, heldOuts, outcome, checkpoint, diverged, seconds } of some)
          runs.put({ of: this.#key, seed, epochs, mses: mses.slice(0, epochs), heldOuts: heldOuts.slice(0, epochs), outcome, checkpoint, diverged, seconds });
        return runs.put({ seed: OF, key: this.#key });
      });
      this.#own = true;
      for (const { seed, outcome, epochs } of some) if (outcome) this.#kept.set(seed, epochs);
    }
  }

  async #drop() {
    await kept.do('readwrite', (runs) => runs.clear());
    this.#own = false;
    this.#kept.clear();
  }
}

/** What is read back may be another page's. @param {any} value @returns {value is Found} */
function isRun(value) {
  const { seed, epochs, mses, heldOuts } = value;
  return seed >= 0 && mses instanceof Float64Array && heldOuts instanceof Float64Array && mses.length === epochs && heldOuts.length === epochs;
}
