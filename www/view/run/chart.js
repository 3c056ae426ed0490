// @ts-check
/**
 * The epoch MSE on a logarithmic axis, drawn as SVG: train and validation over their floor, and kept runs' behind them. However long the run, a
 * pixel column holds at most its lowest and its highest value; hover, touch and the arrow keys read single epochs out.
 */
import { differing } from '../../common/differences.js';
import { changes } from '../../common/recipe.js';
import { count, error } from '../../common/figures.js';
import { byId, html, say, svg } from '../../dom/dom.js';
import { logAxis, wholeAxis } from '../../plot/axis.js';
import { logFrame } from '../../plot/frame.js';
import { level, line, trace, upright } from '../../plot/marks.js';
import { Plot } from '../../plot/plot.js';
import { drawable, linear, range } from '../../plot/scale.js';
import { described, epochWords, heldOutOf, listed, overlayValue, overlayWords, solvedWords, trainOf, watched } from './chart-words.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../common/protocol.js').EpochReport} EpochReport */
/** @typedef {import('../../plot/frame.js').Box} Box */
/** @typedef {import('../../plot/frame.js').Frame} Frame */
/** @typedef {import('../../plot/plot.js').Picture} Picture */
/** @typedef {import('../../plot/reading.js').Readable} Readable */
/** @typedef {import('../../plot/reading.js').Told} Told */
/** @typedef {import('../../run/runs.js').Point} Point */
/** @typedef {import('../../common/protocol.js').Solved} Solved */
/** What holds from an epoch on; of one kind the later holds. @typedef {{ epoch: number, kind: 'rate' | 'backend' | 'solve', words: string, label?: string }} Mark */
/** A run behind the present one: `look` is one of the overlays in style.css, there are few points, and `floor` is null while it is not known.
 * @typedef {{ name: string, look: number, points: readonly Point[], recipe: import('../../common/protocol.js').Recipe, floor: number | null }} Overlay */
/** The lowest MSE of a width, which is said where it is not the only one, and whose look it has: null for the present run's.
 * @typedef {{ value: number, width: string, look: number | null }} Floor */

/** What lies between kept runs and the present one: how far it reaches, its marks, what there is to say of it and of an epoch, and its legend.
 * @typedef {{ ends: { low: number, high: number } | null, marks: (frame: Frame) => SVGElement[], words: (epoch: number) => string, label: string, legend: HTMLElement[] }} Under */

/** The present run's curves, each by its class in style.css; the later one is on top. @type {readonly ['curve' | 'watched', (point: Point) => number][]} */
const CURVES = [
  ['watched', heldOutOf],
  ['curve', trainOf],
];

/** Dots are for runs whose epochs can be told apart. */
const MOST_DOTS = 60;

/** Thirty pictures a second look continuous, and a long run is many points to look at. */
const LEAST_MS = 33;

/** Room for the labels, in pixels. */
const MARGIN = { left: 52, right: 14, top: 14, bottom: 44, name: 36 };

/** What the present run is called while no other is shown. */
export const PRESENT = 'This run';

/** What an empty chart shows of the axis. */
const EMPTY = { low: 0.1, high: 1 };

/** A floor that is further below the curves than this is named and not drawn. */
const FLOOR_REACH = 2_000;

/** What a floor's label needs of height, and of the chart's width where it is a kept run's and says the value. */
const FLOOR_LINE = 15;
const FLOOR_VALUE = 400;

export class Chart {
  #legend = byId('chart-legend', HTMLElement);
  /** @type {readonly EpochReport[]} */
  #history = [];
  #epochs = 5;
  /** The solutions on its way. @type {readonly Solved[]} */
  #solved = [];
  /** @type {readonly Overlay[]} */
  #overlays = [];
  #behind = svg('g', { class: 'behind' });
  /** @type {Under | null} */
  #under = null;
  /** The overlays' part of the legend. @type {HTMLElement[]} */
  #overlayKeys = [];
  /** What changed during the present run, in the order of its epochs. @type {readonly Mark[]} */
  #marks = [];
  /** The lowest MSE that any networks of this width can have; null where it is not known. @type {number | null} */
  #floor = null;
  /** What `#behind` is drawn to; empty when it is to be drawn anew. */
  #drawnTo = '';
  /** The legend's words for the present run's two curves, with its name in each, and where it says the overlays' values. */
  #presentNames = [html('span', {}, PRESENT), html('span', {}, PRESENT)];
  #presentKeys = [legendItem('curve', this.#presentNames[0], ', train'), legendItem('watched', this.#presentNames[1], ', validation')];
  /** @type {((epoch: number) => void)[]} */
  #tellers = [];
  #plot = new Plot('chart', 'chart-readout', () => this.#picture(), { ms: LEAST_MS });
  #trainer;

  /** @param {Pick<Context, 'trainer'>} context */
  constructor({ trainer }) {
    this.#trainer = trainer;
    for (const news of ['run', 'rewound']) trainer.addEventListener(news, () => this.#run());
    trainer.addEventListener('recipe', () => this.#recipe());
    trainer.addEventListener('progress', () => {
      const solved = trainer.run?.solved.length ?? 0;
      if (solved !== this.#solved.length) this.#recipe();
      this.#plot.draw();
    });
    this.#legend.replaceChildren(...this.#presentKeys);
  }

  #run() {
    const { run } = this.#trainer;
    if (!run) return;
    this.#history = run.history;
    this.#epochs = run.recipe.epochs;
    this.#plot.forget();
    this.#recipe();
  }

  /** Marks the learning rates that the recipe has changed to, planned ones among them, and what befell the run. */
  #recipe() {
    const { run } = this.#trainer;
    const rates = run ? changes(run.recipe).map(({ epoch, lr }) => /** @type {const} */ ({ epoch, kind: 'rate', words: `lr ${lr}` })) : [];
    const moves = run?.marks.map((mark) => /** @type {const} */ ({ ...mark, kind: 'backend' })) ?? [];
    this.#solved = [...(run?.solved ?? [])];
    const solved = this.#solved.map(
      (solve) => /** @type {const} */ ({ epoch: Math.max(1, solve.epoch), kind: 'solve', words: solvedWords(solve), label: 'solved' }),
    );
    this.#marks = [...rates, ...moves, ...solved].sort((one, other) => one.epoch - other.epoch);
    this.#plot.draw();
  }

  /** Draws the floor under the curves. @param {number | null} floor */
  bound(floor) {
    if (floor === this.#floor) return;
    this.#floor = floor;
    this.#plot.draw();
  }

  /** Lays something between kept runs' curves and the present one's, or takes it away. @param {Under | null} under */
  under(under) {
    if (under === this.#under) return;
    this.#under = under;
    this.#list();
    this.#plot.draw();
  }

  /** Lays other curves behind the present one. @param {readonly Overlay[]} overlays @param {string} present what the present run is called among them */
  overlay(overlays, present) {
    this.#overlays = overlays;
    this.#drawnTo = '';
    for (const name of this.#presentNames) say(name, present);
    const items = overlays.map(overlayItem);
    this.#tellers = items.map(({ tell }) => tell);
    this.#overlayKeys = items.map(({ item }) => item);
    this.#list();
    this.#plot.draw();
  }

  #list() {
    this.#legend.replaceChildren(...this.#presentKeys, ...(this.#under?.legend ?? []), ...this.#overlayKeys);
  }

  /** The floors that are known, each once; of several, each is named by its own width. @returns {Floor[]} */
  get #floors() {
    const { run } = this.#trainer;
    const own = run ? [{ recipe: run.recipe, floor: this.#floor, look: null }] : [];
    const all = [...own, ...this.#overlays];
    const widths = differing(all.map(({ recipe: { d, m, layer, seed, target } }) => ({ d, m, ...(target && { target }), ...(layer && { layer, seed }) }))).map(
      (words) => words.join(', '),
    );
    const known = all.flatMap(({ floor, look }, i) => (floor === null ? [] : { value: floor, width: widths[i], look }));
    return known.filter(({ width }, i) => known.findIndex((other) => other.width === width) === i);
  }

  /** @returns {Picture} */
  #picture() {
    const [history, floors] = [this.#history, this.#floors];
    const { low, high } = this.#reach;
    const reached = floors.map(({ value }) => value).filter((value) => value > low / FLOOR_REACH);
    const axis = logAxis(Math.min(low, ...reached), high);
    const epochs = this.#end;
    return {
      label: described(history, this.#overlays, this.#marks, this.#floor) + (this.#under?.label ?? ''),
      frame: (plot) => logFrame(plot, axis, MARGIN, (room) => across(room, epochs)),
      marks: (frame) => [
        this.#drawBehind(frame, `${frame.width} ${frame.height} ${axis.low} ${axis.high} ${epochs}`),
        ...(this.#under?.marks(frame) ?? []),
        ...marked(this.#marks, frame),
        ...bottom(floors, axis.low, frame),
        ...CURVES.flatMap(([look, of]) => curve(look, history, of, frame)),
        ...(history.length <= MOST_DOTS && epochs <= MOST_DOTS ? dots(history, frame) : []),
        ...this.#solved
          .filter(heldOutDrawn)
          .map(({ epoch, heldOut }) => svg('circle', { class: 'dot-watched', cx: frame.x(Math.max(1, epoch)), cy: frame.y(heldOut), r: 5 })),
        ...(this.#empty && this.#solved.length === 0 ? [waiting(frame)] : []),
      ],
      readable: (frame) => this.#readable(frame),
    };
  }

  /** What the vertical axis is to hold. */
  get #reach() {
    const bounds = range();
    for (const [, of] of CURVES) bounds.widen(this.#history, of);
    bounds.widen(this.#solved, ({ heldOut }) => heldOut);
    const ends = this.#under?.ends;
    if (ends) bounds.widen([ends.low, ends.high], Number);
    for (const { points } of this.#overlays) for (const [, of] of CURVES) bounds.widen(points, of);
    const found = bounds.ends();
    return found ? { low: Math.min(found.low, EMPTY.low * 1.0001, found.high / 2), high: found.high } : EMPTY;
  }

  get #empty() {
    return this.#history.length === 0 && this.#overlays.length === 0;
  }

  /** The same lines at every frame of a run are made once. @param {Frame} frame @param {string} key */
  #drawBehind(frame, key) {
    if (this.#drawnTo !== key) {
      this.#drawnTo = key;
      this.#behind.replaceChildren(
        ...this.#overlays.flatMap(({ look, points }) => [
          ...curve(`overlay-watched hue-${look}`, points, heldOutOf, frame),
          svg('path', { class: `overlay overlay-${look}`, d: path(points, trainOf, frame) }),
        ]),
      );
    }
    return this.#behind;
  }

  /** The last epochs of the overlays. */
  get #ends() {
    return this.#overlays.map(({ points }) => points[points.length - 1].epoch);
  }

  /** The last epoch that there is room for. */
  get #end() {
    return Math.max(2, this.#epochs, ...this.#ends);
  }

  /** Each epoch is a part; at rest the last one of the present run is read out. @param {Frame} frame @returns {Readable} */
  #readable(frame) {
    const history = this.#history;
    const last = Math.max(history.length, ...this.#ends);
    const present = history.at(-1);
    return {
      parts: last,
      at: (x) => (last === 0 ? -1 : Math.min(Math.max(Math.round(frame.x.value(x)), 1), last) - 1),
      read: (part) => this.#read(part + 1, frame),
      rest: present ? epochWords(present, this.#marks) : '',
      begin: (history.length || last) - 1,
      pages: 10,
      follow: (part) => this.#tell(part + 1),
    };
  }

  /** The words and the cross-hair of an epoch. To the eye the legend says the other runs' values. @param {number} epoch @param {Frame} frame @returns {Told} */
  #read(epoch, frame) {
    const report = this.#history[epoch - 1];
    const under = this.#under?.words(epoch);
    const others = [...(under ? [under] : []), ...this.#overlays.map((overlay) => overlayWords(overlay, epoch))];
    const lines = CURVES.flatMap(([look, of]) => {
      if (!report || !drawable(of(report))) return [];
      const y = frame.y(of(report));
      return [level(frame, y), svg('circle', { class: look, cx: frame.x(epoch), cy: y, r: 5 })];
    });
    return {
      words: report ? epochWords(report, this.#marks) : `epoch ${count(epoch)}`,
      unseen: listed(others, '; '),
      marks: [upright(frame, frame.x(epoch)), ...lines],
    };
  }

  /** The legend, with the overlays' values at an epoch, 0 for their last. @param {number} epoch */
  #tell(epoch) {
    for (const key of this.#presentKeys) key.hidden = this.#history.length === 0;
    this.#legend.hidden = this.#empty;
    for (const tell of this.#tellers) tell(epoch);
  }
}

/** The line that stands for a curve in words: an overlay's look, or null for the present run's. @param {number | null} look */
export function swatch(look) {
  return sample(look === null ? 'curve' : `overlay overlay-${look}`);
}

/** @param {string} look */
function sample(look) {
  const key = svg('svg', { class: 'swatch', viewBox: '0 0 28 8', 'aria-hidden': 'true' });
  key.append(svg('path', { class: look, d: 'M0 4H28' }));
  return key;
}

/** @param {string} look @param {HTMLElement} name @param {string} rest */
function legendItem(look, name, rest) {
  return html('li', { hidden: '' }, html('span', { class: 'legend-name' }, sample(look), name, rest));
}

/** What the legend has for an overlay, and what has it say the values at an epoch. @param {Overlay} overlay */
function overlayItem({ name, look, points }) {
  const [train, heldOut] = [html('span', { class: 'legend-value' }), html('span', { class: 'legend-value' })];
  const item = html('li', {}, html('span', { class: 'legend-name', title: name }, swatch(look), name), html('span', { class: 'unseen' }, ': '), train);
  if (watched(points)) item.append(sample(`overlay-watched hue-${look}`), html('span', { class: 'unseen' }, ', validation '), heldOut);
  const tell = (/** @type {number} */ epoch) => {
    say(train, overlayValue(points, epoch));
    say(heldOut, overlayValue(points, epoch, heldOutOf));
  };
  return { item, tell };
}

/** The epochs under the chart, from 1. @param {Box} room @param {number} last */
function across({ left, right }, last) {
  const x = linear(1, last, left, right);
  const ticks = wholeAxis(1, last, Math.floor((right - left) / (28 + 9 * count(last).length)));
  const marks = ticks.map(({ value, label: text }, i) => {
    const at = x(value);
    return { at, label: i === ticks.length - 1 && text.length > 3 ? { text, x: at + 6, side: /** @type {const} */ ('end') } : { text, x: at } };
  });
  return { x, marks, name: 'epoch' };
}

/**
 * The floors, or the words that they are further down. A kept run's label stands under its floor, where that run has no curve; one that would
 * run into others stands above those, or is left out where that is far from its line.
 * @param {readonly Floor[]} floors @param {number} low the axis' @param {Frame} frame
 */
function bottom(floors, low, frame) {
  /** @type {number[]} */
  const taken = [];
  return floors.flatMap(({ value, width, look }) => {
    // The axis ends at a round number, which may be a hair above its lowest value.
    const below = value < 0.999 * low;
    const y = below ? frame.bottom : frame.y(value);
    const under = y < frame.top + 20 || (look !== null && y < frame.bottom - 20);
    const wanted = under ? y + 16 : y - 6;
    let at = wanted;
    while (taken.some((other) => Math.abs(other - at) < FLOOR_LINE)) at -= 1;
    const far = wanted - at > 2 * FLOOR_LINE;
    if (!far) taken.push(at);
    const hue = look === null ? 'floor' : `overlay-floor hue-${look}`;
    const name = width ? `floor, ${width}` : 'the floor';
    const brief = look !== null && frame.width < FLOOR_VALUE;
    const words = below ? `${name} is at ${error(value)} ↓` : brief ? name : `${name}${width ? ':' : ','} ${error(value)}`;
    const label = far ? [] : [svg('text', { class: `${hue} floor-label end`, x: frame.right, y: at }, words)];
    return below ? label : [level(frame, y, hue), ...label];
  });
}

/** Where something changes, with what holds from there above; of labels that would run into each other the first is written. @param {readonly Mark[]} marks @param {Frame} frame */
function* marked(marks, frame) {
  let free = -Infinity;
  for (const { epoch, words, label = words } of marks) {
    const x = frame.x(epoch);
    yield upright(frame, x, 'change');
    const half = 4 + 3.6 * label.length;
    // Over its line, but within the chart.
    const middle = Math.min(Math.max(x, frame.left + half), frame.right + MARGIN.right - half);
    if (middle - half < free) continue;
    free = middle + half;
    yield svg('text', { class: 'change-label middle', x: middle, y: frame.top - 4 }, label);
  }
}

/** A curve, where any of it can be drawn. @param {string} look @param {readonly Point[]} points @param {(point: Point) => number} of @param {Frame} frame */
function curve(look, points, of, frame) {
  const d = path(points, of, frame);
  return d ? [svg('path', { class: look, d })] : [];
}

/** @template {Point} P @param {readonly P[]} points @param {(point: P) => number} of what of a point is drawn @param {Frame} frame */
function path(points, of, { x, y, left, right }) {
  return line(trace(points, { x: ({ epoch }) => x(epoch), of, y, room: right - left, fits: drawable }));
}

/** @param {readonly EpochReport[]} history @param {Frame} frame */
function dots(history, { x, y }) {
  const r = history.length > 20 ? 2.75 : 3.5;
  return history.flatMap((report) =>
    CURVES.filter(([, of]) => drawable(of(report))).map(([look, of]) =>
      svg('circle', { class: look === 'curve' ? 'dot' : 'dot-watched', cx: x(report.epoch), cy: y(of(report)), r }),
    ),
  );
}

/** @param {Solved} solved */
function heldOutDrawn({ heldOut }) {
  return drawable(heldOut);
}

/** @param {Frame} frame */
function waiting({ left, right, top, bottom: under }) {
  return svg('text', { class: 'empty', x: (left + right) / 2, y: (top + under) / 2 }, 'The curve appears here as the run goes.');
}
