// @ts-check
/**
 * What is left when something ended before its time. A run that was interrupted by a closed tab, and one that another has taken the place
 * of, is offered again; of one that failed the last checkpoint and what is known of the failure can be taken away.
 */
import { copyText } from '../../dom/clipboard.js';
import { byId, say } from '../../dom/dom.js';
import { download } from '../../dom/download.js';
import { count } from '../../common/figures.js';
import { later } from '../../common/later.js';
import { keyOf, solves } from '../../common/recipe.js';
import { savedOf, unfinished, untouched } from '../../run/run.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../run/saved-runs.js').Entry} Entry */

/** A shorter run is sooner trained again than asked about. */
const LEAST_SECONDS = 1;

/** What took longer is not replaced without a way back. */
const LONG_SECONDS = 3;

/** Between two times that a run is kept, at least. */
const LEAST_MS = 2_000;

const REFUSED = 'This browser lets the page keep nothing: a run is lost when its tab is closed.';
const FULL = 'The browser has no room left for this page: until it has, a run is lost when its tab is closed.';

export class Rescue {
  #box = byId('interrupted', HTMLElement);
  #words = byId('interrupted-words', HTMLElement);
  #failed = byId('salvage', HTMLElement);
  #diagnostics = byId('diagnostics', HTMLElement);
  #tenth = byId('tenth', HTMLButtonElement);
  #runs;
  #trainer;
  #form;
  #take = byId('resume-interrupted', HTMLButtonElement);
  /** What is offered. @type {Entry | null} */
  #entry = null;
  /** Whether that is a run of this page's, which another has taken the place of. */
  #before = false;
  /** What is being brought back: a second click asks for nothing more. @type {Entry | null} */
  #bringing = null;
  /** The run on show, to be set aside when another comes. @type {import('../../run/trainer.js').Run | null} */
  #present = null;
  #due = 0;
  /** One after another. */
  #last = Promise.resolve();

  /** @param {Context} context */
  constructor({ trainer, saved, form, attempt }) {
    this.#trainer = trainer;
    this.#runs = saved;
    this.#form = form;
    this.#take.addEventListener('click', () => attempt(() => this.#bringBack()));
    byId('forget-interrupted', HTMLButtonElement).addEventListener('click', () => this.#forget(this.#entry));
    byId('take-checkpoint', HTMLButtonElement).addEventListener('click', () => this.#takeCheckpoint());
    const copy = byId('copy-diagnostics', HTMLButtonElement);
    copy.addEventListener('click', () => copyText(copy, this.#diagnostics.textContent ?? '', () => getSelection()?.selectAllChildren(this.#diagnostics)));
    this.#tenth.addEventListener('click', () => {
      const { run } = trainer;
      if (run) form.fill({ ...run.fields, lr: tenth(run.recipe.lr) });
    });
    trainer.addEventListener('state', () => this.#state());
    trainer.addEventListener('run', () => this.#run());
    trainer.addEventListener('progress', () => this.#progress());
    trainer.addEventListener('rewound', () => this.#rewound());
    // A tab in the background may be killed without a word.
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') this.#save();
    });
    this.#keep(() => this.#look());
  }

  #state() {
    const { state, run, opening } = this.#trainer;
    const kept = run?.checkpoints.at(-1);
    this.#failed.hidden = state !== 'failed' || !run;
    if (state === 'failed') this.#tell();
    byId('take-checkpoint', HTMLButtonElement).hidden = !kept;
    this.#tenth.hidden = !run?.diverged || run.recipe.lr / 10 < (keyOf('lr').least ?? 0);
    if (run) this.#tenth.textContent = `Use a tenth of the learning rate (${tenth(run.recipe.lr)})`;
    if (state === 'paused' && !opening) this.#save();
    if (state === 'done' || (state === 'failed' && run?.diverged)) this.#keep(() => this.#runs.drop());
    // One that is on its way may be refused, or be opened for a question alone.
    if (state === 'running' && !opening && !this.#before) this.#hide();
  }

  /** What is known of a failure: why at once, and all the rest where the script for that still comes. */
  #tell() {
    this.#diagnostics.textContent = this.#trainer.failure;
    import('./diagnostics.js').then(({ known }) => (this.#diagnostics.textContent = known(this.#trainer))).catch(() => {});
  }

  #run() {
    const [before, { run }] = [this.#present, this.#trainer];
    this.#present = run;
    const kept = before && before !== run && before.seconds >= LONG_SECONDS ? savedOf(before) : null;
    if (!kept) return;
    const entry = { id: this.#runs.newId(), saved: kept };
    this.#keep(() => this.#runs.setAside(entry));
    this.#offer(entry, true);
  }

  #progress() {
    const { run } = this.#trainer;
    if (run && run.seconds >= LEAST_SECONDS && performance.now() >= this.#due) this.#save();
  }

  /** What is kept may be of the epochs that the run went back from, and those may be wrong. */
  #rewound() {
    const { run } = this.#trainer;
    if (run) this.#keep(() => (run.checkpoints.length > 0 && unfinished(run) ? this.#runs.save(run) : this.#runs.drop()));
  }

  #save() {
    const { run, resumable } = this.#trainer;
    if (!run || !resumable || untouched(run)) return;
    this.#due = Infinity;
    this.#keep(async () => {
      const began = performance.now();
      try {
        await this.#runs.save(run);
        this.#say('');
      } finally {
        this.#due = later(began, LEAST_MS);
      }
    });
  }

  async #look() {
    const entry = await this.#runs.interrupted();
    if (entry && !this.#trainer.run) this.#offer(entry, false);
  }

  /** @param {Entry} entry @param {boolean} before whether it is a run of this page's, which another has taken the place of */
  #offer(entry, before) {
    const { fields, checkpoint } = entry.saved;
    this.#entry = entry;
    this.#before = before;
    const of = `${count(checkpoint.epoch)} of ${count(Number(fields.epochs))} (d\u00a0=\u00a0${fields.d}, m\u00a0=\u00a0${fields.m}, hidden\u00a0=\u00a0${fields.hidden}, n\u00a0=\u00a0${count(Number(fields.n))}, seed\u00a0${fields.seed})`;
    const over = checkpoint.epoch >= Number(fields.epochs) && (checkpoint.solved || !solves(fields).some(({ epoch }) => epoch >= checkpoint.epoch));
    const what = before ? 'The run before this one is kept,' : over ? 'A run that had ended is kept,' : 'A run was interrupted';
    say(this.#words, `${what} at epoch ${of}.`);
    this.#take.textContent = before || over ? 'Bring it back' : 'Resume it';
    this.#box.hidden = false;
  }

  async #bringBack() {
    const [entry, before] = [this.#entry, this.#before];
    if (!entry || entry === this.#bringing) return;
    this.#bringing = entry;
    await this.#waiting();
    let paused;
    try {
      paused = await this.#trainer.restore(entry.saved);
    } catch (error) {
      this.#bringing = null;
      throw error;
    }
    this.#form.fill(entry.saved.fields);
    if (!before && !paused) this.#trainer.resume();
    // The run that was on show until now may be what is offered by now.
    if (this.#entry === entry) this.#hide();
    this.#keep(() => this.#runs.forget(entry.id));
  }

  /** Has the run that goes on wait, which is then set aside itself where it took long. */
  async #waiting() {
    const trainer = this.#trainer;
    if (trainer.state !== 'running' || trainer.opening) return;
    trainer.pause();
    while (trainer.state === 'running') await trainer.changed();
  }

  /** @param {Entry | null} entry */
  #forget(entry) {
    this.#hide();
    if (entry) this.#keep(() => this.#runs.forget(entry.id));
  }

  #hide() {
    this.#entry = null;
    this.#before = false;
    const left = document.activeElement?.closest('#interrupted');
    this.#box.hidden = true;
    // Whoever pressed a button of it is led on to what there is to press now.
    if (left) byId(this.#trainer.busy ? 'pause' : 'train', HTMLButtonElement).focus({ preventScroll: true });
  }

  /** Does something with what is kept. A browser that refuses costs nobody a run, and is told of until it has kept one. @param {() => Promise<void>} task */
  #keep(task) {
    this.#last = this.#last.then(task).catch((error) => this.#say(error?.name === 'QuotaExceededError' ? FULL : REFUSED));
  }

  /** @param {string} words */
  #say(words) {
    say(byId('keeping', HTMLElement), words);
  }

  #takeCheckpoint() {
    const { run } = this.#trainer;
    const kept = run?.checkpoints.at(-1);
    if (run && kept) download(`phi-psi-checkpoint-epoch${kept.epoch}.safetensors`, kept.bytes, 'application/octet-stream');
  }
}

/** A tenth of a learning rate, as it would be typed. @param {number} lr */
function tenth(lr) {
  return String(Number((lr / 10).toPrecision(6)));
}
