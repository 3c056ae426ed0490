// @ts-check
/**
 * The epoch MSE on a logarithmic axis, drawn as SVG: train and validation, and kept runs' train MSE behind them. However long the run, a
 * pixel column holds at most its lowest and its highest value; hover, touch and the arrow keys read single epochs out.
 */
import { changes } from '../../common/recipe.js';
import { count, error } from '../../common/figures.js';
import { byId, html, say, svg } from '../../dom/dom.js';
import { logAxis, wholeAxis } from '../../plot/axis.js';
import { logFrame } from '../../plot/frame.js';
import { level, line, trace, upright } from '../../plot/marks.js';
import { Plot } from '../../plot/plot.js';
import { drawable, linear, range } from '../../plot/scale.js';
import { described, epochWords, listed, overlayValue } from './chart-words.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../common/protocol.js').EpochReport} EpochReport */
/** @typedef {import('../../plot/frame.js').Box} Box */
/** @typedef {import('../../plot/frame.js').Frame} Frame */
/** @typedef {import('../../plot/plot.js').Picture} Picture */
/** @typedef {import('../../plot/reading.js').Readable} Readable */
/** @typedef {import('../../plot/reading.js').Told} Told */
/** @typedef {import('../../run/runs.js').Point} Point */
/** What holds from an epoch on; of one kind the later holds. @typedef {{ epoch: number, kind: 'rate' | 'backend', words: string }} Mark */
/** A curve behind the present one: `look` is one of the overlays in style.css, and there are few points.
 * @typedef {{ name: string, look: number, points: readonly Point[] }} Overlay */

/** The present run's curves, each by its class in style.css; the later one is on top. @type {readonly ['curve' | 'watched', (report: EpochReport) => number][]} */
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

/** What an empty chart shows of the axis. */
const EMPTY = { low: 0.1, high: 1 };

/** A floor that is further below the curves than this is named and not drawn. */
const FLOOR_REACH = 2_000;

export class Chart {
  #legend = byId('chart-legend', HTMLElement);
  /** @type {readonly EpochReport[]} */
  #history = [];
  #epochs = 5;
  /** @type {readonly Overlay[]} */
  #overlays = [];
  #behind = svg('g', { class: 'behind' });
  /** What changed during the present run, in the order of its epochs. @type {readonly Mark[]} */
  #marks = [];
  /** The lowest MSE that any networks of this width can have; null where it is not known. @type {number | null} */
  #floor = null;
  /** What `#behind` is drawn to; empty when it is to be drawn anew. */
  #drawnTo = '';
  /** The legend's words for the present run's two curves, and where it says the overlays' values. */
  #presentKeys = [legendItem('curve', 'This run, train'), legendItem('watched', 'This run, validation')];
  /** @type {HTMLElement[]} */
  #values = [];
  #plot = new Plot('chart', 'chart-readout', () => this.#picture(), { ms: LEAST_MS });
  #trainer;

  /** @param {Pick<Context, 'trainer'>} context */
  constructor({ trainer }) {
    this.#trainer = trainer;
    for (const news of ['run', 'rewound']) trainer.addEventListener(news, () => this.#run());
    trainer.addEventListener('recipe', () => this.#recipe());
    trainer.addEventListener('progress', () => this.#plot.draw());
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
    this.#marks = [...rates, ...moves].sort((one, other) => one.epoch - other.epoch);
    this.#plot.draw();
  }

  /** Draws the floor under the curves. @param {number | null} floor */
  bound(floor) {
    if (floor === this.#floor) return;
    this.#floor = floor;
    this.#plot.draw();
  }

  /** Lays other curves behind the present one. @param {readonly Overlay[]} overlays */
  overlay(overlays) {
    this.#overlays = overlays;
    this.#drawnTo = '';
    this.#values = overlays.map(() => html('span', { class: 'legend-value' }));
    const items = overlays.map(({ name, look }, i) => html('li', {}, html('span', { class: 'legend-name', title: name }, swatch(look), name), this.#values[i]));
    this.#legend.replaceChildren(...this.#presentKeys, ...items);
    this.#plot.draw();
  }

  /** @returns {Picture} */
  #picture() {
    const [history, floor] = [this.#history, this.#floor];
    const { low, high } = this.#reach;
    const shown = floor !== null && floor > low / FLOOR_REACH;
    const axis = logAxis(shown ? Math.min(floor, low) : low, high);
    const epochs = this.#end;
    return {
      label: described(history, this.#overlays, this.#marks, floor),
      frame: (plot) => logFrame(plot, axis, MARGIN, (room) => across(room, epochs)),
      marks: (frame) => [
        this.#drawBehind(frame, `${frame.width} ${frame.height} ${axis.low} ${axis.high} ${epochs}`),
        ...marked(this.#marks, frame),
        ...(floor === null ? [] : bottom(floor, shown, frame)),
        ...CURVES.flatMap(([look, of]) => curve(look, history, of, frame)),
        ...(history.length <= MOST_DOTS && epochs <= MOST_DOTS ? dots(history, frame) : []),
        ...(this.#empty ? [waiting(frame)] : []),
      ],
      readable: (frame) => this.#readable(frame),
    };
  }

  /** What the vertical axis is to hold. */
  get #reach() {
    const bounds = range();
    for (const [, of] of CURVES) bounds.widen(this.#history, of);
    for (const { points } of this.#overlays) bounds.widen(points, trainOf);
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
        ...this.#overlays.map(({ look, points }) => svg('path', { class: `overlay overlay-${look}`, d: path(points, trainOf, frame) })),
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
    const others = this.#overlays.map(({ name, points }) => `${name} ${overlayValue(points, epoch)}`);
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
    for (const [i, { points }] of this.#overlays.entries()) say(this.#values[i], overlayValue(points, epoch));
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

/** @param {string} look @param {string} name */
function legendItem(look, name) {
  return html('li', { hidden: '' }, html('span', { class: 'legend-name' }, sample(look), name));
}

/** @param {Point} point */
function trainOf({ mse }) {
  return mse;
}

/** @param {EpochReport} report */
function heldOutOf({ heldOut }) {
  return heldOut;
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

/** The floor, or the word that it is further down. @param {number} floor @param {boolean} shown @param {Frame} frame */
function bottom(floor, shown, frame) {
  const y = shown ? frame.y(floor) : frame.bottom;
  const place = { x: frame.right, y: y > frame.top + 20 ? y - 6 : y + 16 };
  const label = svg('text', { class: 'floor-label end', ...place }, shown ? `the floor, ${error(floor)}` : `the floor is at ${error(floor)} ↓`);
  return shown ? [level(frame, y, 'floor'), label] : [label];
}

/** Where something changes, with what holds from there above; of labels that would run into each other the first is written. @param {readonly Mark[]} marks @param {Frame} frame */
function* marked(marks, frame) {
  let free = -Infinity;
  for (const { epoch, words } of marks) {
    const x = frame.x(epoch);
    yield upright(frame, x, 'change');
    const half = 4 + 3.6 * words.length;
    // Over its line, but within the chart.
    const middle = Math.min(Math.max(x, frame.left + half), frame.right + MARGIN.right - half);
    if (middle - half < free) continue;
    free = middle + half;
    yield svg('text', { class: 'change-label middle', x: middle, y: frame.top - 4 }, words);
  }
}

/** A curve, where any of it can be drawn. @param {string} look @param {readonly EpochReport[]} history @param {(report: EpochReport) => number} of @param {Frame} frame */
function curve(look, history, of, frame) {
  const d = path(history, of, frame);
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

/** @param {Frame} frame */
function waiting({ left, right, top, bottom: under }) {
  return svg('text', { class: 'empty', x: (left + right) / 2, y: (top + under) / 2 }, 'The curve appears here as the run goes.');
}
