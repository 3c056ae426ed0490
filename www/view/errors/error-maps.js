// @ts-check
/**
 * For d = 2, the error as two maps: over x for one row w of W, and over w for one x. Each map's point is what the other one is drawn for.
 * y' is the networks', asked for on a grid; y is the function that is learned, computed here.
 */
import { byId, keepFromWheel, say } from '../../dom/dom.js';
import { diverging } from '../../plot/diverging.js';
import { CELLS, placed, question, SPAN, spanOf } from './cells.js';
import { ErrorMap } from './error-map.js';
import { signed } from '../../common/figures.js';
import { targetOf } from '../../common/targets.js';
import { isDark, theme } from '../../dom/theme.js';
import { LostError, RefusalError } from '../../run/errors.js';
import { stale } from '../../run/run.js';

/** @typedef {import('./cells.js').Place} Place */
/** @typedef {import('../../run/trainer.js').Run} Run */
/** @typedef {import('../../run/trainer.js').Trainer} Trainer */
/** The error at the two points, by the weights of one moment. @typedef {{ z: number, y: number, approx: number }} Here */

/** The colours stay what they are until they tell too little apart: a scale that jumps cannot be compared with. */
const SLACK = 2.5;

const SCALE_CELLS = 129;

export class ErrorMaps {
  #trainer;
  #box = byId('maps', HTMLElement);
  #why = byId('maps-why', HTMLElement);
  #scale = byId('map-scale', HTMLCanvasElement);
  /** Both begin where the boxes of the comparison do. @type {{ x: Place, w: Place }} */
  #points = { x: [0.7, -1.2], w: [1, 0.5] };
  #maps = {
    x: new ErrorMap(
      'x',
      (point) => this.#move('x', point),
      () => this.#told(),
    ),
    w: new ErrorMap(
      'w',
      (point) => this.#move('w', point),
      () => this.#told(),
    ),
  };
  /** @type {{ x: Float64Array | null, w: Float64Array | null }} */
  #errors = { x: null, w: null };
  #reach = 0;
  /** @type {Here | null} */
  #here = null;
  /** Whose maps these are. @type {Run | null} */
  #run = null;
  /** The maps that are out of date. @type {Set<'x' | 'w'>} */
  #wanted = new Set();
  /** @type {Promise<void> | null} */
  #working = null;

  /** @param {Trainer} trainer */
  constructor(trainer) {
    this.#trainer = trainer;
    for (const name of /** @type {const} */ (['x', 'w'])) {
      this.#maps[name].place(this.#points[name]);
      for (const input of this.#inputs(name)) {
        input.addEventListener('input', () => this.#type(name));
        input.addEventListener('blur', () => this.#write(name));
        keepFromWheel(input);
      }
      this.#write(name);
    }
    theme.addEventListener('change', () => this.#paintScale());
    this.#scale.width = SCALE_CELLS;
    this.#scale.height = 1;
  }

  /** The maps by the weights as they are now, or why there are none. @param {Run | null} run */
  async follow(run) {
    const none = !run || run.recipe.d !== 2;
    say(this.#why, !run ? 'The maps appear here as a run goes.' : none ? why(run.recipe.d) : '');
    this.#box.hidden = none;
    if (none || run !== this.#run) this.#forget();
    this.#run = none ? null : run;
    if (none) return;
    this.#wanted.add('x').add('w');
    await this.#work();
  }

  #forget() {
    this.#errors = { x: null, w: null };
    this.#reach = 0;
    this.#here = null;
    this.#wanted.clear();
    this.#show();
  }

  /** One question at a time; points that move meanwhile are asked about once, where they came to. */
  #work() {
    this.#working ??= this.#ask().finally(() => (this.#working = null));
    return this.#working;
  }

  async #ask() {
    for (const name of this.#wanted) {
      this.#wanted.delete(name);
      const run = this.#run;
      const { answers, source } = this.#trainer;
      // What has learned nothing is opened anew for an answer when other weights are to be begun with: that is not for a picture to do.
      if (!run || !answers || stale(run, run.fields, source)) return;
      const points = { ...this.#points };
      const { W, x } = question(name, points);
      try {
        const answer = await this.#trainer.predict(W, x, run.fields);
        if (run !== this.#run || run !== this.#trainer.run) return;
        this.#take(name, points, { W, x, answer }, targetOf(run.recipe));
      } catch (error) {
        if (error instanceof LostError || error instanceof RefusalError) return; // The run's state says it.
        throw error;
      }
    }
  }

  /** @param {'x' | 'w'} name @param {{ x: Place, w: Place }} points @param {{ W: Float32Array, x: Float32Array, answer: Float32Array }} found @param {import('../../common/targets.js').Target} target */
  #take(name, points, { W, x, answer }, { at }) {
    const compared = (/** @type {number} */ draw) => {
      const z = W[4 * draw] * x[2 * draw] + W[4 * draw + 1] * x[2 * draw + 1];
      return { z, y: at(z), approx: answer[2 * draw] };
    };
    this.#errors[name] = Float64Array.from({ length: CELLS }, (_, cell) => {
      const { y, approx } = compared(cell);
      return approx - y;
    });
    // The last draw is the points' own, unless they have moved on: then the next answer is on its way.
    if (points.x === this.#points.x && points.w === this.#points.w) this.#here = compared(CELLS);
    this.#rescale();
    this.#show();
  }

  #rescale() {
    const reach = spanOf([this.#errors.x, this.#errors.w]);
    if (reach > 0 && (reach > this.#reach || reach < this.#reach / SLACK)) this.#reach = reach;
    this.#paintScale();
  }

  #show() {
    for (const name of /** @type {const} */ (['x', 'w'])) this.#maps[name].show(this.#errors[name], this.#reach || 1);
    const error = this.#here && this.#here.approx - this.#here.y;
    if (error === null) delete this.#box.dataset.value;
    else this.#box.dataset.value = String(error);
  }

  #paintScale() {
    const context = this.#scale.getContext('2d');
    if (!context || this.#reach === 0) return;
    const image = context.createImageData(SCALE_CELLS, 1);
    for (let i = 0; i < SCALE_CELLS; i += 1) {
      image.data.set(diverging((2 * i) / (SCALE_CELLS - 1) - 1, isDark()), 4 * i);
      image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
    const reach = this.#reach;
    for (const [id, value] of /** @type {const} */ ([
      ['least', -reach],
      ['less', -reach / 2],
      ['more', reach / 2],
      ['greatest', reach],
    ])) {
      say(byId(`map-scale-${id}`, HTMLElement), value < 0 ? signed(value) : `+${signed(value)}`);
    }
    this.#scale.setAttribute('aria-label', `The colours: blue down to ${signed(-reach)} and below, nothing at zero, orange up to ${signed(reach)} and above.`);
  }

  #told() {
    const here = this.#here;
    if (!here) return '';
    const { x, w } = this.#points;
    return `w = ${placed(w)}, x = ${placed(x)}, z = ${signed(here.z)}: y′ ${signed(here.approx)}, y ${signed(here.y)}, error ${signed(here.approx - here.y)}`;
  }

  /** The point on one map has moved: the other map is drawn for it. @param {'x' | 'w'} name @param {Place} point */
  #move(name, point) {
    this.#points[name] = point;
    this.#here = null;
    delete this.#box.dataset.value;
    this.#write(name);
    this.#wanted.add(name === 'x' ? 'w' : 'x');
    if (this.#run) void this.#work();
  }

  /** @param {'x' | 'w'} name */
  #type(name) {
    const inputs = this.#inputs(name);
    const values = inputs.map(({ valueAsNumber }) => valueAsNumber);
    const good = values.map((value) => Math.abs(value) <= SPAN);
    for (const [i, input] of inputs.entries()) input.setAttribute('aria-invalid', String(!good[i]));
    this.#judge();
    if (!good.every(Boolean)) return;
    const point = /** @type {Place} */ (values);
    this.#move(name, point);
    this.#maps[name].place(point);
  }

  /** Writes the point into its fields, but for what is being typed. @param {'x' | 'w'} name */
  #write(name) {
    for (const [i, input] of this.#inputs(name).entries()) {
      if (document.activeElement === input) continue;
      input.value = String(this.#points[name][i]);
      input.setAttribute('aria-invalid', 'false');
    }
    this.#judge();
  }

  /** Says what a point may be while one is typed that may not. */
  #judge() {
    const inputs = [...this.#inputs('x'), ...this.#inputs('w')];
    const refused = inputs.some((input) => input.getAttribute('aria-invalid') === 'true');
    say(byId('maps-refused', HTMLElement), refused ? `The maps hold numbers from −${SPAN} to ${SPAN}.` : '');
  }

  /** @param {'x' | 'w'} name */
  #inputs(name) {
    return [byId(`point-${name}1`, HTMLInputElement), byId(`point-${name}2`, HTMLInputElement)];
  }
}

/** @param {number} d */
function why(d) {
  return d === 1
    ? 'For d = 1, w and x are single numbers, and the error against z, above, is all there is to see. Set d = 2 for maps over w and over x.'
    : `For d = ${d}, a row w and an x have ${d} numbers each: there is no flat picture of that. Normal draws at d = 2 have maps over w and over x.`;
}
