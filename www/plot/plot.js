// @ts-check
/** A plot: a picture in its frame, read out by pointer and keys, with its data in a table; drawn anew when its size changes. */
import { views } from '../dom/views.js';
import { byId, coalesce } from '../dom/dom.js';
import { describe } from '../dom/slider.js';
import { empty } from './frame.js';
import { NOTHING, Reading } from './reading.js';

/** @typedef {import('./frame.js').Frame} Frame */
/** @typedef {import('./folded-table.js').Content} Content */
/** @typedef {import('./reading.js').Readable} Readable */

/** What there is to see: in words (`label`), in its frame, and part by part.
 * @typedef {{ label: string, frame: (plot: SVGSVGElement) => Frame | null, marks: (frame: Frame) => SVGElement[], readable: (frame: Frame) => Readable, table?: () => Content | null }} Picture */

/** Nothing yet: words for the eye, and for the ear. @typedef {{ label: string, empty: string }} Nothing */

export class Plot {
  #plot;
  #reading;
  #table;
  #picture;
  #soon;

  /**
   * @param {string} id of the `svg` @param {string} readout the id of where its parts are read out
   * @param {() => Picture | Nothing | null} picture asked for whenever it is drawn; null leaves the plot as it is
   * @param {{ table?: import('./folded-table.js').FoldedTable, ms?: number }} [more] where the data stand, and the least time between two drawings
   * of what changes often
   */
  constructor(id, readout, picture, { table, ms } = {}) {
    this.#plot = byId(id, SVGSVGElement);
    this.#reading = new Reading(this.#plot, byId(readout, HTMLElement));
    this.#picture = picture;
    this.#table = table;
    this.#soon = ms === undefined ? () => this.#draw() : coalesce(() => this.#draw(), ms);
    new ResizeObserver(() => this.draw()).observe(this.#plot);
    // At once: it may never have been on show.
    addEventListener('beforeprint', () => this.#draw());
    views.addEventListener('measure', () => this.#draw());
  }

  /** Draws the picture as it is now. */
  draw() {
    this.#soon();
  }

  /** Nothing is picked any more, in the pictures that come. */
  forget() {
    this.#reading.forget();
  }

  #draw() {
    const picture = this.#picture();
    if (!picture) return;
    const plot = this.#plot;
    if ('empty' in picture) {
      this.#table?.show(() => null);
      empty(plot, picture.empty);
      describe(plot, picture.label);
      return this.#reading.show(NOTHING);
    }
    if (picture.table) this.#table?.show(picture.table);
    const frame = picture.frame(plot);
    if (!frame) return;
    plot.setAttribute('viewBox', `0 0 ${frame.width} ${frame.height}`);
    describe(plot, picture.label);
    plot.replaceChildren(...frame.grid, ...picture.marks(frame), this.#reading.cursor);
    this.#reading.show(picture.readable(frame));
  }
}
