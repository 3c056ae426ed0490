// @ts-check
/**
 * The run for a room (`?present=1`): it fills the screen, in large type, and its epochs come a second apart unless a key hurries them. What is
 * on show is the page's own, arranged by style.css where the root has `data-present`; only the figures of the last epoch are written here.
 *
 * Loaded when it is first asked for: by the address, which early.js reads, or by the press of `#present`.
 */
import { count, error } from '../../common/figures.js';
import { byId, coalesce, say } from '../../dom/dom.js';

/** @typedef {import('../../app/context.js').Context} Context */

/** A room takes one figure a second in. */
const PACE_MS = 1_000;

const root = document.documentElement;

export class Presentation {
  #present = byId('present', HTMLButtonElement);
  #next = byId('present-next', HTMLButtonElement);
  #skip = byId('present-skip', HTMLButtonElement);
  #log = byId('log', HTMLElement);
  #epoch = byId('present-epoch', HTMLElement);
  #train = byId('present-train', HTMLElement);
  #heldOut = byId('present-heldout', HTMLElement);
  #trainer;
  #announcer;
  #soon = coalesce(() => this.#write());

  /** @param {Context} context */
  constructor({ trainer, announcer }) {
    this.#trainer = trainer;
    this.#announcer = announcer;
    this.#next.addEventListener('click', () => trainer.hurry());
    this.#skip.addEventListener('click', () => trainer.pace(0));
    byId('present-end', HTMLButtonElement).addEventListener('click', () => this.#leave());
    this.#present.addEventListener('click', () => this.#enter());
    addEventListener('keydown', (event) => this.#key(event));
    addEventListener('popstate', () => this.#follow());
    // Where the browser's own Escape has ended it, the page hears of no key.
    document.addEventListener('fullscreenchange', () => {
      if (!document.fullscreenElement) this.#leave();
    });
    trainer.addEventListener('state', () => this.#state());
    trainer.addEventListener('run', () => this.#run());
    for (const news of ['run', 'rewound', 'progress']) trainer.addEventListener(news, this.#soon);
    if (presenting()) this.#begin();
    // Unless another view was gone to before this was loaded.
    else if (this.#present.getClientRects().length > 0) this.#enter();
  }

  /** At the press of the button. */
  #enter() {
    address(true);
    root.dataset.present = '';
    // A refusal costs nothing: the page then fills its window.
    root.requestFullscreen?.().catch(() => {});
    this.#begin();
    scrollTo({ top: 0, behavior: 'instant' });
    byId('train', HTMLButtonElement).focus();
    this.#announcer.say('present', 'Presenting: an epoch a second, n for the next one, Escape to leave');
  }

  #leave() {
    if (!presenting()) return;
    address(false);
    this.#end();
    this.#present.focus();
  }

  /** Back and Forward have come to an address that says so, or that does not. */
  #follow() {
    const asked = new URLSearchParams(location.search).get('present') === '1';
    if (asked === presenting()) return;
    if (!asked) return this.#end();
    root.dataset.present = '';
    this.#begin();
  }

  #begin() {
    this.#trainer.pace(PACE_MS);
    // The log is of another height than before: it shows its last lines, and goes on doing so.
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#state();
    this.#write();
  }

  #end() {
    delete root.dataset.present;
    this.#trainer.pace(0);
    if (document.fullscreenElement) void document.exitFullscreen();
  }

  /** @param {KeyboardEvent} event */
  #key({ key, defaultPrevented, isComposing }) {
    if (key === 'Escape' && !defaultPrevented && !isComposing && !document.querySelector('dialog[open]')) this.#leave();
  }

  /** The last run may have been hurried to its end: the next one has the pace again. */
  #run() {
    if (presenting()) this.#trainer.pace(PACE_MS);
  }

  #state() {
    const idle = this.#trainer.state !== 'running';
    this.#next.disabled = idle;
    this.#skip.disabled = idle;
  }

  #write() {
    const { run } = this.#trainer;
    const last = run?.history.at(-1);
    say(this.#epoch, last ? `${count(last.epoch)} of ${count(run?.recipe.epochs ?? 0)}` : '–');
    say(this.#train, last ? error(last.mse) : '–');
    say(this.#heldOut, last ? error(last.heldOut) : '–');
  }
}

function presenting() {
  return 'present' in root.dataset;
}

/** Has the address say whether the run is presented, so that it is after a reload, too. @param {boolean} asked */
function address(asked) {
  const url = new URL(location.href);
  if (asked) url.searchParams.set('present', '1');
  else url.searchParams.delete('present');
  history.replaceState(history.state, '', url);
}
