// @ts-check
/** Reads a picture's parts out, from left to right: by pointer, by touch, and by the arrow keys. */

export class Reading {
  /** The part that is read out, or -1. */
  picked = -1;
  #parts;
  #tell;

  /**
   * @param {SVGSVGElement} plot
   * @param {() => number} parts how many there are
   * @param {(x: number) => number} at the part at so many pixels from the plot's left edge, or -1
   * @param {() => void} tell reads out what is picked
   */
  constructor(plot, parts, at, tell) {
    this.#parts = parts;
    this.#tell = tell;
    const hover = (/** @type {PointerEvent} */ { clientX }) => this.#pick(at(clientX - plot.getBoundingClientRect().left));
    plot.addEventListener('pointermove', hover);
    plot.addEventListener('pointerdown', hover);
    plot.addEventListener('pointerleave', () => this.#pick(-1));
    plot.addEventListener('blur', () => this.#pick(-1));
    plot.addEventListener('keydown', (event) => this.#key(event));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const last = this.#parts() - 1;
    if (last < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const here = this.picked;
    const page = Math.max(1, Math.round(last / 8));
    const [back, on] = here < 0 ? [last, 0] : [here - 1, here + 1];
    /** @type {Record<string, number>} */
    const targets = { ArrowLeft: back, ArrowRight: on, ArrowDown: back, ArrowUp: on, PageDown: here - page, PageUp: here + page, Home: 0, End: last };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.#pick(Math.min(Math.max(target, 0), last));
  }

  /** @param {number} part */
  #pick(part) {
    this.picked = part;
    this.#tell();
  }
}

/** The part that stands nearest to so many pixels from the left edge, or -1 where there is none. @param {readonly { x: number }[]} parts @param {number} at */
export function nearest(parts, at) {
  const away = parts.map(({ x }) => Math.abs(x - at));
  return away.indexOf(Math.min(...away));
}
