// @ts-check
/** The buttons that a run is driven by, and the keys that press them. */
import { byId } from '../../dom/dom.js';
import { Shortcuts } from '../../dom/shortcuts.js';

/** @typedef {import('../../app/context.js').Context} Context */

/** What Reset does. @param {Context} context */
export function startAgain({ trainer, form, attempt }) {
  return attempt(async () => {
    // What runs is what the form shows; before any run that is the notebook's recipe.
    form.fill(trainer.fields ?? form.defaults);
    await trainer.replay();
  });
}

export class Controls {
  #train = byId('train', HTMLButtonElement);
  #pause = byId('pause', HTMLButtonElement);
  #step = byId('step', HTMLButtonElement);
  #reset = byId('reset', HTMLButtonElement);
  #draw = byId('draw', HTMLButtonElement);
  #next = byId('present-next', HTMLButtonElement);
  #skip = byId('present-skip', HTMLButtonElement);
  #status = byId('status', HTMLElement);
  #chart = byId('chart', SVGSVGElement);
  #trainer;
  #link;
  #attempt;

  /** @param {Context} context */
  constructor(context) {
    const { trainer, form, link, attempt } = context;
    this.#trainer = trainer;
    this.#link = link;
    this.#attempt = attempt;
    // At the click and not at the form's own event, which a frame without `allow-forms` never sees. Enter in a field clicks too.
    this.#train.addEventListener('click', (event) => {
      event.preventDefault();
      void attempt(() => this.#opened(() => trainer.train(form.fields)));
    });
    this.#pause.addEventListener('click', () => (trainer.state === 'paused' ? trainer.resume() : trainer.pause()));
    this.#step.addEventListener('click', () => attempt(() => this.#opened(() => trainer.step(form.fields))));
    this.#reset.addEventListener('click', () => startAgain(context));
    trainer.addEventListener('state', () => this.#state());
    new Shortcuts(
      () => localStorage,
      (key) => this.#pressedBy(key),
    );
  }

  #state() {
    const { state, busy, opening } = this.#trainer;
    this.#train.disabled = busy;
    this.#step.disabled = busy;
    this.#pause.disabled = state !== 'running' && state !== 'paused';
    this.#pause.textContent = state === 'paused' ? 'Resume' : 'Pause';
    this.#reset.disabled = opening;
  }

  /** Does something with the form's recipe: once the link in the address has filled it in, and not at all if that is refused. @param {() => Promise<void>} task */
  async #opened(task) {
    const opening = this.#link.read();
    const begin = () => {
      this.#look();
      return task();
    };
    // What is refused after a link has been read is what that has brought, and not what the form held before.
    if (!opening) await begin();
    else if (await opening) await this.#attempt(begin);
  }

  /** Has what was pressed be seen to do something: the status and the middle of the chart come into the window where they are not, at once. */
  #look() {
    const { top, bottom } = this.#status.getBoundingClientRect();
    const chart = this.#chart.getBoundingClientRect();
    // The phone's bar stands on the rest; what is in another view has no place, and stays there.
    const end = innerHeight - (parseFloat(getComputedStyle(document.documentElement).scrollPaddingBottom) || 0);
    if (top < 0 || Math.max(bottom, (chart.top + chart.bottom) / 2) > end) this.#status.scrollIntoView({ block: 'start', behavior: 'instant' });
  }

  /** The button that a key presses. @param {string} key */
  #pressedBy(key) {
    if (key === 's') return this.#step;
    if (key === 'r') return this.#reset;
    if (key === 'd') return this.#draw;
    if (key === 'n') return this.#next;
    if (key === 'e') return this.#skip;
    const { state } = this.#trainer;
    return state === 'running' || state === 'paused' ? this.#pause : this.#train;
  }
}
