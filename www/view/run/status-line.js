// @ts-check
/** `#status`: state, epoch k of K, steps per second, time taken, and the progress bar. */
import { byId, coalesce } from '../../dom/dom.js';
import { count, duration, speed } from '../../common/figures.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../run/trainer.js').State} State */

/** @type {Record<State, string>} */
const WORDS = { idle: 'Ready', probing: 'Starting', running: 'Training', paused: 'Paused', done: 'Done', failed: 'Failed' };

/** Four times a second is as fast as figures can be read. */
const LEAST_MS = 250;

export class StatusLine {
  #box = byId('status', HTMLElement);
  #word = byId('status-state', HTMLElement);
  #epoch = byId('status-epoch', HTMLElement);
  #speed = byId('status-speed', HTMLElement);
  #time = byId('status-time', HTMLElement);
  #bar = byId('status-progress', HTMLProgressElement);
  #trainer;
  #form;
  #soon = coalesce(() => this.#write(), LEAST_MS);

  /** @param {Context} context */
  constructor({ trainer, form }) {
    this.#trainer = trainer;
    this.#form = form;
    for (const news of ['state', 'run', 'rewound']) trainer.addEventListener(news, () => this.#state());
    for (const news of ['progress', 'ensemble']) trainer.addEventListener(news, this.#soon);
    form.addEventListener('change', this.#soon);
    this.#state();
  }

  #state() {
    const { state } = this.#trainer;
    this.#box.dataset.state = state;
    this.#word.textContent = WORDS[state];
    this.#write();
  }

  #write() {
    const { run, ensemble } = this.#trainer;
    const done = run?.history.length ?? 0;
    const all = run ? count(run.recipe.epochs) : this.#form.fields.epochs;
    const solving = run?.solving ?? null;
    this.#epoch.textContent = `epoch ${count(done)} of ${all}${solving === null ? '' : `, solving ${Math.floor(100 * solving)}\u00a0%`}`;
    // Of many seeds the run is one.
    const { epochs, seconds } = ensemble?.effort ?? { epochs: 0, seconds: 0 };
    const seeds = ensemble?.members.length ?? 0;
    if (seeds > 0) this.#epoch.textContent += `, ${count(ensemble?.done ?? 0)} of ${count(seeds)} seeds`;
    const steps = (run?.step ?? 0) + epochs * (run?.stepsPerEpoch ?? 0);
    const took = (run?.seconds ?? 0) + seconds;
    this.#speed.textContent = `${speed(steps, took)} steps/s`;
    this.#time.textContent = duration(took);
    const total = run ? (seeds + 1) * run.recipe.epochs * run.stepsPerEpoch : 1;
    this.#bar.max = total;
    this.#bar.value = Math.min(steps, total);
  }
}
