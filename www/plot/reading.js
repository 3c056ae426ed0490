// @ts-check
/** Reads a picture's parts out, from left to right: by pointer, by touch, and by the arrow keys. */
import { html, say, svg } from '../dom/dom.js';
import { stand } from '../dom/slider.js';
import { magnified } from './frame.js';

/** What is said of a part and what is drawn to show it; `unseen` is what is said beside it to those who do not see the picture.
 * @typedef {{ words: string, unseen?: string, marks: SVGElement[] }} Told */

/**
 * What can be read out of a picture.
 * @typedef {object} Readable
 * @property {number} parts how many there are
 * @property {(x: number, y: number) => number} at the part at so many pixels from the plot's left and upper edge, or -1
 * @property {(part: number) => Told | null} read null where nothing is to be said of a part
 * @property {string} rest what is said while no part is picked
 * @property {number} [begin] the part that the keys go on from while none is picked; without it they come in from the ends
 * @property {number} [pages] how many Page keys lead from one end to the other, 8 where it is not said
 * @property {readonly number[]} [names] what each part is called, where it may stand at another place in the next picture
 * @property {(picked: number) => void} [follow] what else shows the part that is picked, or -1
 */

/** A picture without parts. @type {Readable} */
export const NOTHING = { parts: 0, at: () => -1, read: () => null, rest: '' };

export class Reading {
  /** What shows the place in the picture; it is to stand on top. */
  cursor = svg('g', { class: 'cursor' });
  /** The part that is read out, or -1. */
  #picked = -1;
  #readable = NOTHING;
  #plot;
  #readout;

  /** @param {SVGSVGElement} plot @param {HTMLElement} readout where the words are */
  constructor(plot, readout) {
    this.#plot = plot;
    this.#readout = readout;
    const hover = (/** @type {PointerEvent} */ { clientX, clientY }) => {
      const [{ left, top }, times] = [plot.getBoundingClientRect(), magnified(plot)];
      this.#pick(this.#readable.at((clientX - left) / times, (clientY - top) / times));
    };
    plot.addEventListener('pointermove', hover);
    plot.addEventListener('pointerdown', hover);
    // A finger has left before its tap is told.
    plot.addEventListener('click', hover);
    plot.addEventListener('pointerleave', () => this.#pick(-1));
    plot.addEventListener('blur', () => this.#pick(-1));
    steer(
      plot,
      () => targets(this.#picked, this.#readable),
      (part) => this.#pick(part),
    );
  }

  /** Another picture, whose part of the same name is read out; without names, the one at the same place. @param {Readable} readable */
  show(readable) {
    const name = this.#readable.names?.[this.#picked];
    if (name !== undefined && readable.names) this.#picked = readable.names.indexOf(name);
    this.#readable = readable;
    this.#tell();
  }

  /** Nothing is picked any more, in the pictures that come. */
  forget() {
    this.#picked = -1;
  }

  /** @param {number} part */
  #pick(part) {
    this.#picked = part;
    this.#tell();
  }

  #tell() {
    const { parts, read, rest, follow } = this.#readable;
    const told = this.#picked < 0 ? null : read(this.#picked);
    const { words, unseen, marks } = told ?? { words: rest, unseen: undefined, marks: [] };
    follow?.(this.#picked);
    const all = unseen ? `${words}; ${unseen}` : words;
    stand(this.#plot, told ? this.#picked : -1, parts, all);
    if (unseen) this.#readout.replaceChildren(words, html('span', { class: 'unseen' }, `; ${unseen}`));
    else say(this.#readout, words);
    this.cursor.replaceChildren(...marks);
  }
}

/**
 * The part that each key leads to; there is none in a picture without parts.
 * @param {number} picked @param {Pick<Readable, 'parts' | 'begin' | 'pages'>} readable
 * @returns {Record<string, number>}
 */
export function targets(picked, { parts, begin = -1, pages = 8 }) {
  if (parts === 0) return {};
  const last = parts - 1;
  const here = picked < 0 ? begin : picked;
  const page = Math.max(1, Math.round(parts / pages));
  const [back, on] = here < 0 ? [last, 0] : [here - 1, here + 1];
  const all = { ArrowLeft: back, ArrowRight: on, ArrowDown: back, ArrowUp: on, PageDown: here - page, PageUp: here + page, Home: 0, End: last };
  return Object.fromEntries(Object.entries(all).map(([key, part]) => [key, Math.min(Math.max(part, 0), last)]));
}

/**
 * Hears a plot's keys; those with Ctrl, Alt or Meta are the browser's.
 * @template T
 * @param {SVGSVGElement} plot
 * @param {(event: KeyboardEvent) => Record<string, T>} targets where each key leads to
 * @param {(target: T) => void} go
 */
export function steer(plot, targets, go) {
  plot.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = targets(event)[event.key];
    if (target === undefined) return;
    event.preventDefault();
    go(target);
  });
}

/** The part that stands nearest to so many pixels from the left edge, or -1 where there is none. @param {readonly number[]} places @param {number} at */
export function nearest(places, at) {
  const away = places.map((x) => Math.abs(x - at));
  return away.indexOf(Math.min(...away));
}
