// @ts-check
/**
 * Has the worker make ready what the form's recipe would need, so that pressing Train trains: the WebGPU module, its self-check, the kernels
 * for networks of these sizes, and where they run faster. It happens while the visitor reads: after the first paint, when the browser has
 * nothing else to do, and once for each shape of recipe that the form comes to rest at.
 */
import { shape } from '../../common/recipe.js';

/** @typedef {import('../../app/context.js').Context} Context */

/** How long the form is to be at rest. */
const REST_MS = 300;

/** The longest that a busy browser puts it off. */
const IDLE_MS = 1_000;

export class Ready {
  #trainer;
  #form;
  #timer = 0;
  /** The shape that the worker was last asked for. */
  #asked = '';

  /** @param {Context} context */
  constructor({ trainer, form }) {
    this.#trainer = trainer;
    this.#form = form;
    document.addEventListener('visibilitychange', () => this.#change());
    form.addEventListener('change', () => this.#change());
    trainer.addEventListener('backend', () => this.#backend());
  }

  #backend() {
    if (this.#trainer.verdict) return;
    this.#asked = '';
    this.#change();
  }

  #change() {
    clearTimeout(this.#timer);
    // An embedded run may be one of many, and none of them be wanted; who saves data has said so.
    const thrifty = /** @type {{ connection?: { saveData?: boolean } }} */ (navigator).connection?.saveData;
    if (document.hidden || thrifty || 'embed' in document.documentElement.dataset) return;
    this.#timer = window.setTimeout(() => whenIdle(() => this.#ask()), REST_MS);
  }

  #ask() {
    const { checked, fields } = this.#form;
    if (!checked || shape(checked.recipe) === this.#asked) return;
    this.#asked = shape(checked.recipe);
    this.#trainer.prepare(fields);
  }
}

/** @param {() => void} task */
function whenIdle(task) {
  // Safari has no such callback.
  if ('requestIdleCallback' in window) requestIdleCallback(task, { timeout: IDLE_MS });
  else setTimeout(task, 0);
}
