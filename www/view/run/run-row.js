// @ts-check
/** One kept run as a row of the table «Runs side by side»; on a narrow screen the row is a card, and its cells say what they are. */
import { swatch } from './chart.js';
import { courseWords, numbers } from '../../common/recipe.js';
import { html, say } from '../../dom/dom.js';
import { duration, error } from '../../common/figures.js';
import { CURVES, MOST_NAME, title } from '../../run/runs.js';

/** @typedef {import('../../common/protocol.js').Fields} Fields */
/** @typedef {import('../../run/runs.js').Kept} Kept */

/** What a row's controls ask for.
 * @typedef {{ show: (kept: Kept, shown: boolean) => void, rename: (kept: Kept, name: string) => void, pin: (kept: Kept, pinned: boolean) => void, load: (kept: Kept) => void, remove: (kept: Kept) => void }} Asks */

const ENDED = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const ENDED_EXACTLY = new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'medium', hourCycle: 'h23' });

/** @type {Record<import('../../common/protocol.js').Backend, string>} */
const BACKENDS = { cpu: 'CPU', webgpu: 'WebGPU' };

export class RunRow {
  element = html('tr', { role: 'row' });
  #show = html('input', { type: 'checkbox' });
  #key = html('span', { class: 'run-key' });
  #name = html('input', { type: 'text', maxlength: String(MOST_NAME), autocomplete: 'off', spellcheck: 'false', enterkeyhint: 'done' });
  #recipe = html('td', { role: 'cell', class: 'run-recipe', 'data-label': 'Recipe' });
  #backend = html('td', { role: 'cell', class: 'run-backend', 'data-label': 'Backend' });
  #time = html('td', { role: 'cell', class: 'run-time', 'data-label': 'Time' });
  #mse = html('td', { role: 'cell', class: 'run-mse', 'data-label': 'Train MSE' });
  #heldOut = html('td', { role: 'cell', class: 'run-heldout', 'data-label': 'Held-out MSE' });
  #ended = html('time');
  #pin = html('button', { type: 'button', class: 'small' }, 'Pin');
  #load = html('button', { type: 'button', class: 'small' }, 'Load');
  #remove = html('button', { type: 'button', class: 'small' }, 'Delete');
  #kept;
  #defaults;

  /** @param {Kept} kept @param {Fields} defaults the recipe of which only what differs is said @param {Asks} asks */
  constructor(kept, defaults, asks) {
    this.#kept = kept;
    this.#defaults = defaults;
    const { element } = this;
    element.append(
      html('td', { role: 'cell', class: 'run-curve' }, html('label', { class: 'run-show' }, this.#show, this.#key)),
      html('th', { role: 'rowheader', scope: 'row', class: 'run-name' }, this.#name),
      this.#recipe,
      this.#backend,
      this.#time,
      this.#mse,
      this.#heldOut,
      html('td', { role: 'cell', class: 'run-ended', 'data-label': 'Ended' }, this.#ended),
      html('td', { role: 'cell', class: 'run-acts' }, html('div', { class: 'run-buttons' }, this.#pin, this.#load, this.#remove)),
    );
    this.#show.addEventListener('change', () => asks.show(this.#kept, this.#show.checked));
    this.#pin.addEventListener('click', () => asks.pin(this.#kept, !this.#kept.pinned));
    this.#load.addEventListener('click', () => asks.load(this.#kept));
    this.#remove.addEventListener('click', () => asks.remove(this.#kept));
    const name = this.#name;
    name.addEventListener('change', () => asks.rename(this.#kept, name.value));
    name.addEventListener('blur', () => (name.value = this.#kept.name));
    name.addEventListener('keydown', ({ key, isComposing }) => {
      if (isComposing) return;
      if (key === 'Escape') name.value = this.#kept.name;
      if (key === 'Enter' || key === 'Escape') name.blur();
    });
  }

  /** The control that deletes the run. */
  get remove() {
    return this.#remove;
  }

  /** @param {Kept} kept @param {boolean} present whether it is the run whose curve is in front */
  update(kept, present) {
    this.#kept = kept;
    const named = title(kept);
    const { element } = this;
    element.dataset.run = kept.id;
    element.classList.toggle('present', present);
    element.classList.toggle('pinned', kept.pinned);

    this.#show.checked = kept.curve !== null;
    this.#show.setAttribute('aria-label', present ? `Keep the curve of ${named} on the chart` : `Show the curve of ${named}`);
    const look = present ? null : (kept.curve ?? CURVES);
    const key = String(look);
    if (this.#key.dataset.look !== key) {
      this.#key.dataset.look = key;
      this.#key.replaceChildren(swatch(look));
    }

    // What is being typed is not to be typed over.
    if (document.activeElement !== this.#name) this.#name.value = kept.name;
    this.#name.title = kept.name;
    this.#name.placeholder = title({ ...kept, name: '' });
    this.#name.setAttribute('aria-label', `Name of run ${kept.number}`);

    say(this.#recipe, inShort(kept, this.#defaults));
    const whole = [...numbers(kept.recipe).map(([name, value]) => `${name} = ${value}`), ...courseWords(kept.recipe)].join(', ');
    this.#recipe.title = whole + (kept.source ? `; began with the weights in ${kept.source}` : '');
    say(this.#backend, BACKENDS[kept.backend]);
    this.#backend.title = kept.adapter;
    say(this.#time, duration(kept.seconds));
    say(this.#mse, error(kept.mse));
    say(this.#heldOut, kept.heldOut === null ? '–' : error(kept.heldOut));
    this.#heldOut.title = kept.heldOut === null ? 'Not measured: another run began first' : '';
    const ended = new Date(kept.ended);
    say(this.#ended, ENDED.format(ended));
    this.#ended.dateTime = kept.ended;
    this.#ended.title = ENDED_EXACTLY.format(ended);

    this.#pin.setAttribute('aria-pressed', String(kept.pinned));
    this.#pin.setAttribute('aria-label', `Pin ${named}`);
    this.#load.setAttribute('aria-label', `Load the recipe of ${named} into the form`);
    this.#remove.setAttribute('aria-label', `Delete ${named}`);
  }
}

/** What of the recipe is not the notebook's. @param {Kept} kept @param {Fields} defaults */
function inShort({ recipe, source }, defaults) {
  const own = numbers(recipe)
    .filter(([name, value]) => value !== Number(defaults[name]))
    .map(([name, value]) => `${name}\u00a0${value}`);
  own.push(...courseWords(recipe));
  if (source) own.push(`from ${source}`);
  return own.join(', ') || 'the notebook’s';
}
