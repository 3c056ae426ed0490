// @ts-check
/** The section «Seeing inside»: the hidden units of Φ and Ψ as the lines along which they bend, moving while a run trains. Loaded when it comes near. */
import { byId } from '../../dom/dom.js';
import { readSafetensors } from '../../common/safetensors.js';
import { Looks } from '../../run/looks.js';
import { stale } from '../../run/run.js';
import { ageOf } from '../../run/told.js';
import { alike, between, unitsOf } from './lines.js';
import { UnitsPlot } from './units-plot.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../run/trainer.js').Run} Run */
/** @typedef {import('./lines.js').Units} Units */
/** Both networks' units. @typedef {{ phi: Units, psi: Units }} Both */

/** How long lines are on their way to where they are now. */
const GLIDE_MS = 300;

const still = matchMedia('(prefers-reduced-motion: reduce)');

export class InsideSection {
  #section = byId('inside', HTMLElement);
  #phi = new UnitsPlot('phi', 'Φ', 'w');
  #psi = new UnitsPlot('psi', 'Ψ', 'x');
  #trainer;
  #looks;
  #inSight = true;
  /** The units as they are drawn, maybe on their way. @type {Both | null} */
  #drawn = null;
  #frame = 0;

  /** @param {Context} context */
  constructor({ trainer }) {
    this.#trainer = trainer;
    this.#looks = new Looks(trainer, {
      seen: () => this.#inSight && !document.hidden,
      ask: (run) => this.#ask(run),
      show: (both, run, at) => this.#show(both, run, at),
    });
    trainer.addEventListener('state', () => this.#state());
    document.addEventListener('visibilitychange', () => this.#looks.follow());
    new IntersectionObserver((entries) => {
      this.#inSight = entries[entries.length - 1].isIntersecting;
      this.#looks.follow();
    }).observe(this.#section);
    this.#state();
    this.#show(null, null, '');
    this.#looks.follow();
  }

  #state() {
    this.#section.setAttribute('aria-busy', String(this.#trainer.state === 'running'));
  }

  /** The units as they are; none of an untrained run that no longer is what Train would begin with, since asking would open another. @param {Run} run @returns {Promise<Both | null>} */
  async #ask(run) {
    if (stale(run, run.fields, this.#trainer.source)) return null;
    const { tensors } = readSafetensors(await this.#trainer.weights(run.fields));
    return { phi: unitsOf(tensors, 'phi'), psi: unitsOf(tensors, 'psi', run.recipe.layer !== undefined) };
  }

  /** @param {Both | null} both @param {Run | null} run @param {string} at */
  #show(both, run, at) {
    cancelAnimationFrame(this.#frame);
    const from = this.#drawn;
    const glides = both && from && alike(from.phi, both.phi) && !still.matches && !document.hidden && this.#inSight;
    this.#drawn = glides ? from : both;
    const age = run ? ageOf(run, this.#trainer.training) : '';
    this.#phi.show(both?.phi ?? null, this.#drawn?.phi ?? null, age);
    this.#psi.show(both?.psi ?? null, this.#drawn?.psi ?? null, age);
    if (both) this.#section.dataset.at = at;
    else delete this.#section.dataset.at;
    if (glides) this.#glide(from, both);
  }

  /** Moves the lines from where they are to where they bend now. @param {Both} from @param {Both} to */
  #glide(from, to) {
    const began = performance.now();
    const step = () => {
      const share = Math.min((performance.now() - began) / GLIDE_MS, 1);
      const eased = share * share * (3 - 2 * share);
      this.#drawn = share === 1 ? to : { phi: between(from.phi, to.phi, eased), psi: between(from.psi, to.psi, eased) };
      this.#phi.move(this.#drawn.phi);
      this.#psi.move(this.#drawn.psi);
      if (share < 1) this.#frame = requestAnimationFrame(step);
    };
    this.#frame = requestAnimationFrame(step);
  }
}
