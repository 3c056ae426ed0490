// @ts-check
/** Recipes that are trained on the CPU one after the other, once a button asks for it, until they are done or another stops them. */
import { LostError, RefusalError } from '../../run/errors.js';
import { DivergedError, openRun } from '../../run/open-run.js';
import { handOver } from '../../dom/hand-over.js';

/** @typedef {import('../../common/protocol.js').Recipe} Recipe */
/** @typedef {import('../../run/open-run.js').Run} Run */

export class InTurn {
  #button;
  #stop;
  /** The one whose turn it is. @type {Run | null} */
  #run = null;
  #stopped = false;

  /** @param {HTMLButtonElement} button that asks for it @param {HTMLButtonElement} stop shown meanwhile */
  constructor(button, stop) {
    this.#button = button;
    this.#stop = stop;
    stop.addEventListener('click', () => {
      this.#stopped = true;
      this.#run?.close();
    });
  }

  /**
   * @template T
   * @param {() => Recipe[] | Promise<Recipe[]>} recipes @param {(nth: number) => void} begins hears of each before it is opened @param {(run: Run) => Promise<T>} ask what is asked of each at its end
   * @returns {Promise<(T | null)[]>} of those that ended before they were stopped; null of one that diverged
   */
  async train(recipes, begins, ask) {
    /** @type {(T | null)[]} */
    const found = [];
    this.#going(true);
    try {
      for (const recipe of await recipes()) {
        if (this.#stopped) break;
        begins(found.length + 1);
        const run = await openRun(recipe, { backend: 'cpu' });
        this.#run = run;
        // It was stopped while the run was opened.
        if (this.#stopped) break;
        found.push(await answered(run, ask));
        run.close();
      }
    } catch (error) {
      // No state of the page's tells of this run.
      if (!this.#stopped) throw error instanceof LostError ? new RefusalError('', error.message) : error;
    } finally {
      this.#run?.close();
      this.#run = null;
      this.#going(false);
    }
    return found;
  }

  /** @param {boolean} going */
  #going(going) {
    this.#stopped = false;
    const pressed = document.activeElement;
    this.#button.disabled = going;
    this.#stop.hidden = !going;
    handOver(pressed, this.#button, this.#stop, going);
  }
}

/** What a run that is trained to its end answers; null where it diverged. @template T @param {Run} run @param {(run: Run) => Promise<T>} ask */
async function answered(run, ask) {
  try {
    for await (const _ of run.epochs());
    return await ask(run);
  } catch (error) {
    if (error instanceof DivergedError) return null;
    throw error;
  }
}
