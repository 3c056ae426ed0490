// @ts-check
/** A picture of 8 × 8 pixels, drawn by pointer or by keys, as a row of 64 numbers from 0 to 1. */
import { byId, say, svg } from '../../dom/dom.js';

export const SIDE = 8;

/** How much a stroke adds to the pixel it is on, and to its neighbours. */
const [CORE, EDGE] = [0.9, 0.25];

export class Pad {
  /** Row by row. */
  pixels = new Float32Array(SIDE * SIDE);
  #pad = byId('layer-pad', SVGSVGElement);
  #cells = Array.from({ length: SIDE * SIDE }, (_, i) => square(i));
  #pen = svg('rect', { class: 'pen', width: 1, height: 1 });
  #at = [3, 3];
  #place = byId('layer-place', HTMLElement);
  #changed;
  #drawing = false;

  /** @param {() => void} changed hears of every stroke */
  constructor(changed) {
    this.#changed = changed;
    this.#pad.replaceChildren(...this.#cells, this.#pen);
    this.#pad.addEventListener('pointerdown', (event) => {
      this.#drawing = true;
      this.#pad.setPointerCapture(event.pointerId);
      this.#stroke(event);
    });
    this.#pad.addEventListener('pointermove', (event) => this.#drawing && this.#stroke(event));
    for (const end of ['pointerup', 'pointercancel']) this.#pad.addEventListener(end, () => (this.#drawing = false));
    this.#pad.addEventListener('keydown', (event) => this.#key(event));
    this.#draw();
  }

  /** @param {ArrayLike<number>} pixels */
  show(pixels) {
    this.pixels.set(pixels);
    this.#draw();
  }

  clear() {
    this.pixels.fill(0);
    this.#draw();
    this.#changed();
  }

  /** @param {PointerEvent} event */
  #stroke({ clientX, clientY }) {
    const { left, top, width, height } = this.#pad.getBoundingClientRect();
    this.#mark(Math.floor(((clientX - left) / width) * SIDE), Math.floor(((clientY - top) / height) * SIDE));
  }

  /** @param {number} column @param {number} row */
  #mark(column, row) {
    if (column < 0 || row < 0 || column >= SIDE || row >= SIDE) return;
    this.#at = [column, row];
    for (const [dx, dy, much] of [
      [0, 0, CORE],
      [1, 0, EDGE],
      [-1, 0, EDGE],
      [0, 1, EDGE],
      [0, -1, EDGE],
    ]) {
      const [x, y] = [column + dx, row + dy];
      if (x < 0 || y < 0 || x >= SIDE || y >= SIDE) continue;
      this.pixels[y * SIDE + x] = Math.min(1, Math.max(this.pixels[y * SIDE + x], much));
    }
    this.#draw();
    this.#changed();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [column, row] = this.#at;
    const to = { ArrowLeft: [column - 1, row], ArrowRight: [column + 1, row], ArrowUp: [column, row - 1], ArrowDown: [column, row + 1] }[event.key];
    if (to) this.#at = to.map((value) => Math.min(Math.max(value, 0), SIDE - 1));
    else if (event.key === ' ') this.#mark(column, row);
    else if (event.key === 'Delete' || event.key === 'Backspace') this.clear();
    else return;
    event.preventDefault();
    this.#draw();
    const [x, y] = this.#at;
    say(this.#place, `column ${x + 1}, row ${y + 1}, ${this.pixels[y * SIDE + x] > 0.5 ? 'drawn' : 'empty'}`);
  }

  #draw() {
    for (const [i, cell] of this.#cells.entries()) cell.setAttribute('fill', grey(this.pixels[i]));
    for (const [name, value] of [
      ['x', this.#at[0]],
      ['y', this.#at[1]],
    ])
      this.#pen.setAttribute(String(name), String(value));
  }
}

/** A picture that only shows. @param {ArrayLike<number>} pixels @param {string} label */
export function still(pixels, label) {
  const picture = svg('svg', { viewBox: `0 0 ${SIDE} ${SIDE}`, role: 'img', 'aria-label': label });
  picture.append(
    ...Array.from(pixels, (value, i) => {
      const cell = square(i);
      cell.setAttribute('fill', grey(value));
      return cell;
    }),
  );
  return picture;
}

/** @param {number} i */
const square = (i) => svg('rect', { x: i % SIDE, y: Math.floor(i / SIDE), width: 1.02, height: 1.02 });

/** @param {number} value from 0 to 1 */
function grey(value) {
  const level = Math.round(255 * value);
  return `rgb(${level} ${level} ${level})`;
}
