// @ts-check
/**
 * The epoch MSE on a logarithmic axis, drawn as SVG: train and held-out, and kept runs' train MSE behind them. However long the run, a
 * pixel column holds at most its lowest and its highest value; hover, touch and the arrow keys read single epochs out.
 */
import { logAxis, wholeAxis } from '../../plot/axis.js';
import { byId, coalesce, html, say, svg } from '../../dom/dom.js';
import { changes } from '../../common/course.js';
import { count, error } from '../../common/figures.js';
import { describe, stand } from '../../dom/slider.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../common/protocol.js').EpochReport} EpochReport */
/** @typedef {import('../../run/runs.js').Point} Point */
/** What holds from an epoch on; of one kind the later holds. @typedef {{ epoch: number, kind: 'rate' | 'backend', words: string }} Mark */
/** A curve behind the present one: `look` is one of the overlays in style.css, and there are few points.
 * @typedef {{ name: string, look: number, points: readonly Point[] }} Overlay */
/** @typedef {{ x: (epoch: number) => number, y: (mse: number) => number, left: number, right: number, top: number, bottom: number }} Scale */

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
const MARGIN = { left: 52, right: 14, top: 14, bottom: 44 };

/** What an empty chart shows of the axis. @type {[number, number]} */
const EMPTY = [0.1, 1];

/** A floor that is further below the curves than this is named and not drawn. */
const FLOOR_REACH = 2_000;

/** More names than this are counted and not read out. */
const MOST_NAMES = 6;

export class Chart {
  #plot = byId('chart', SVGSVGElement);
  #readout = byId('chart-readout', HTMLElement);
  #legend = byId('chart-legend', HTMLElement);
  /** @type {readonly EpochReport[]} */
  #history = [];
  #epochs = 5;
  /** The epoch that is read out, or 0 for the last. */
  #picked = 0;
  /** @type {Scale | null} */
  #scale = null;
  #cursor = svg('g', { class: 'cursor' });
  /** @type {readonly Overlay[]} */
  #overlays = [];
  #behind = svg('g', { class: 'behind' });
  /** What changed during the present run, in the order of its epochs. @type {readonly Mark[]} */
  #marks = [];
  /** The lowest MSE that any networks of this width can have; null where it is not known. @type {number | null} */
  #floor = null;
  /** The scale that `#behind` is drawn to; empty when it is to be drawn anew. */
  #drawnTo = '';
  /** The legend's words for the present run's two curves, and where it says the overlays' values. */
  #presentKeys = [legendItem('curve', 'This run, train'), legendItem('watched', 'This run, held-out')];
  /** @type {HTMLElement[]} */
  #values = [];
  #trainer;
  #soon = coalesce(() => this.#draw(), LEAST_MS);

  /** @param {Pick<Context, 'trainer'>} context */
  constructor({ trainer }) {
    this.#trainer = trainer;
    for (const news of ['run', 'rewound']) trainer.addEventListener(news, () => this.#run());
    trainer.addEventListener('recipe', () => this.#recipe());
    trainer.addEventListener('progress', this.#soon);
    new ResizeObserver(this.#soon).observe(this.#plot);
    this.#legend.replaceChildren(...this.#presentKeys);
    const plot = this.#plot;
    plot.addEventListener('pointermove', (event) => this.#hover(event));
    plot.addEventListener('pointerdown', (event) => this.#hover(event));
    plot.addEventListener('pointerleave', () => this.#pick(0));
    plot.addEventListener('keydown', (event) => this.#key(event));
    plot.addEventListener('blur', () => this.#pick(0));
  }

  #run() {
    const { run } = this.#trainer;
    if (!run) return;
    this.#history = run.history;
    this.#epochs = run.recipe.epochs;
    this.#picked = 0;
    this.#recipe();
  }

  /** Marks the learning rates that the recipe has changed to, planned ones among them, and what befell the run. */
  #recipe() {
    const { run } = this.#trainer;
    const rates = run ? changes(run.recipe).map(({ epoch, lr }) => /** @type {const} */ ({ epoch, kind: 'rate', words: `lr ${lr}` })) : [];
    const moves = run?.marks.map((mark) => /** @type {const} */ ({ ...mark, kind: 'backend' })) ?? [];
    this.#marks = [...rates, ...moves].sort((one, other) => one.epoch - other.epoch);
    this.#soon();
  }

  /** Draws the floor under the curves. @param {number | null} floor */
  bound(floor) {
    if (floor === this.#floor) return;
    this.#floor = floor;
    this.#soon();
  }

  /** Lays other curves behind the present one. @param {readonly Overlay[]} overlays */
  overlay(overlays) {
    this.#overlays = overlays;
    this.#drawnTo = '';
    this.#values = overlays.map(() => html('span', { class: 'legend-value' }));
    const items = overlays.map(({ name, look }, i) => html('li', {}, html('span', { class: 'legend-name', title: name }, swatch(look), name), this.#values[i]));
    this.#legend.replaceChildren(...this.#presentKeys, ...items);
    this.#soon();
  }

  #draw() {
    const { width, height } = this.#plot.getBoundingClientRect();
    if (width === 0) return;
    const history = this.#history;
    const bounds = range();
    for (const [, of] of CURVES) bounds.widen(history, of);
    for (const { points } of this.#overlays) bounds.widen(points, trainOf);
    const [lowest, highest] = bounds.ends();
    const floor = this.#floor;
    const axis = logAxis(floor !== null && inReach(floor, lowest) ? Math.min(floor, lowest) : lowest, highest);
    const scale = this.#measure(width, height, axis);
    this.#scale = scale;

    const last = this.#end;
    const labelled = 28 + 9 * count(last).length;
    /** @type {SVGElement[]} */
    const children = [...grid(scale, axis, wholeAxis(1, last, Math.floor((scale.right - scale.left) / labelled)))];
    this.#drawBehind(scale, `${width} ${height} ${axis.low} ${axis.high} ${last}`);
    children.push(this.#behind, ...marked(this.#marks, scale));
    if (floor !== null) children.push(...bottom(floor, inReach(floor, lowest), scale));
    for (const [look, of] of CURVES) {
      const d = path(history, scale, of);
      if (d) children.push(svg('path', { class: look, d }));
    }
    if (history.length <= MOST_DOTS && last <= MOST_DOTS) {
      for (const report of history) {
        for (const [look, of] of CURVES) {
          const dot = {
            class: look === 'curve' ? 'dot' : 'dot-watched',
            cx: scale.x(report.epoch),
            cy: scale.y(of(report)),
            r: history.length > 20 ? 2.75 : 3.5,
          };
          if (drawable(of(report))) children.push(svg('circle', dot));
        }
      }
    }
    if (history.length === 0 && this.#overlays.length === 0) {
      const [x, y] = [(scale.left + scale.right) / 2, (scale.top + scale.bottom) / 2];
      children.push(svg('text', { class: 'empty', x, y }, 'The curve appears here as the run goes.'));
    }
    this.#plot.setAttribute('viewBox', `0 0 ${width} ${height}`);
    describe(this.#plot, described(history, this.#overlays, this.#marks, floor));
    this.#plot.replaceChildren(...children, this.#cursor);
    this.#point();
  }

  /** The same lines at every frame of a run are made once. @param {Scale} scale @param {string} key */
  #drawBehind(scale, key) {
    if (this.#drawnTo === key) return;
    this.#drawnTo = key;
    this.#behind.replaceChildren(
      ...this.#overlays.map(({ look, points }) => svg('path', { class: `overlay overlay-${look}`, d: path(points, scale, trainOf) })),
    );
  }

  /** The last epoch that there is room for. */
  get #end() {
    return Math.max(2, this.#epochs, ...this.#overlays.map(({ points }) => points[points.length - 1].epoch));
  }

  /** The last epoch that there is something to say of. */
  get #last() {
    return Math.max(this.#history.length, ...this.#overlays.map(({ points }) => points[points.length - 1].epoch));
  }

  /** @param {number} width @param {number} height @param {{ low: number, high: number }} axis @returns {Scale} */
  #measure(width, height, axis) {
    const [left, right, top, bottom] = [MARGIN.left, width - MARGIN.right, MARGIN.top, height - MARGIN.bottom];
    const last = this.#end;
    const [low, high] = [Math.log(axis.low), Math.log(axis.high)];
    return {
      x: (epoch) => left + ((epoch - 1) / (last - 1)) * (right - left),
      y: (mse) => bottom - ((Math.log(mse) - low) / (high - low)) * (bottom - top),
      left,
      right,
      top,
      bottom,
    };
  }

  /** @param {PointerEvent} event */
  #hover(event) {
    const { left } = this.#plot.getBoundingClientRect();
    const scale = this.#scale;
    if (!scale || this.#last === 0) return;
    const share = (event.clientX - left - scale.left) / (scale.right - scale.left);
    const epoch = Math.round(1 + share * (this.#end - 1));
    this.#pick(Math.min(Math.max(epoch, 1), this.#last));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const last = this.#last;
    if (last === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const here = this.#picked || this.#history.length || last;
    const page = Math.max(1, Math.round(last / 10));
    /** @type {Record<string, number>} */
    const targets = {
      ArrowLeft: here - 1,
      ArrowRight: here + 1,
      ArrowDown: here - 1,
      ArrowUp: here + 1,
      PageDown: here - page,
      PageUp: here + page,
      Home: 1,
      End: last,
    };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.#pick(Math.min(Math.max(target, 1), last));
  }

  /** @param {number} epoch */
  #pick(epoch) {
    this.#picked = epoch;
    this.#point();
  }

  /** The cross-hair and the read-out of the picked epoch; the last one's where none is picked. */
  #point() {
    const picked = this.#picked;
    const report = this.#history[(picked || this.#history.length) - 1];
    const scale = this.#scale;
    this.#tell(report);
    if (!scale || !picked) return this.#cursor.replaceChildren();
    const x = scale.x(picked);
    /** @type {SVGElement[]} */
    const marks = [svg('line', { x1: x, x2: x, y1: scale.top, y2: scale.bottom })];
    for (const [look, of] of CURVES) {
      if (!report || !drawable(of(report))) continue;
      const y = scale.y(of(report));
      marks.push(svg('line', { x1: scale.left, x2: scale.right, y1: y, y2: y }), svg('circle', { class: look, cx: x, cy: y, r: 5 }));
    }
    this.#cursor.replaceChildren(...marks);
  }

  /** @param {EpochReport | undefined} report */
  #tell(report) {
    const picked = this.#picked;
    for (const key of this.#presentKeys) key.hidden = this.#history.length === 0;
    this.#legend.hidden = this.#history.length === 0 && this.#overlays.length === 0;
    const holding = new Map(this.#marks.filter(({ epoch }) => report && epoch <= report.epoch).map(({ kind, words }) => [kind, words]));
    const words = report
      ? [`epoch ${count(report.epoch)}: MSE ${error(report.mse)}`, `held-out ${error(report.heldOut)}`, ...holding.values()].join(', ')
      : picked
        ? `epoch ${count(picked)}`
        : '';
    const values = this.#overlays.map(({ points }) => reading(points, picked));
    for (const [i, value] of values.entries()) say(this.#values[i], value);
    // To the eye the legend says the other runs' values; what is read out says them with the epoch.
    const others = picked
      ? listed(
          this.#overlays.map(({ name }, i) => `${name} ${values[i]}`),
          '; ',
        )
      : '';
    stand(this.#plot, picked - 1, this.#last, others ? `${words}; ${others}` : words);
    this.#readout.replaceChildren(words, ...(others ? [html('span', { class: 'unseen' }, `; ${others}`)] : []));
  }
}

/** The line that stands for a curve in words: an overlay's look, or null for the present run's. @param {number | null} look */
export function swatch(look) {
  return line(look === null ? 'curve' : `overlay overlay-${look}`);
}

/** @param {string} look */
function line(look) {
  const key = svg('svg', { class: 'swatch', viewBox: '0 0 28 8', 'aria-hidden': 'true' });
  key.append(svg('path', { class: look, d: 'M0 4H28' }));
  return key;
}

/** @param {string} look @param {string} name */
function legendItem(look, name) {
  return html('li', { hidden: '' }, html('span', { class: 'legend-name' }, line(look), name));
}

/** @param {Point} point */
function trainOf({ mse }) {
  return mse;
}

/** @param {EpochReport} report */
function heldOutOf({ heldOut }) {
  return heldOut;
}

/** Zero and what is not finite have no place on a logarithmic axis. @param {number} mse */
function drawable(mse) {
  return mse > 0 && Number.isFinite(mse);
}

/** Whether the floor can be shown without the curves becoming flat. @param {number} floor @param {number} lowest */
function inReach(floor, lowest) {
  return floor > lowest / FLOOR_REACH;
}

/** What the curves reach from and to. */
function range() {
  let low = Infinity;
  let high = -Infinity;
  return {
    /** @template {Point} P @param {readonly P[]} history @param {(point: P) => number} of */
    widen(history, of) {
      for (const point of history) {
        const mse = of(point);
        if (!drawable(mse)) continue;
        if (mse < low) low = mse;
        if (mse > high) high = mse;
      }
    },
    /** @returns {[number, number]} */
    ends: () => (low > high ? EMPTY : [Math.min(low, EMPTY[0] * 1.0001, high / 2), high]),
  };
}

/** An overlay's value at an epoch, 0 for its last; of a thinned one, the nearest that is kept. @param {readonly Point[]} points @param {number} epoch */
function reading(points, epoch) {
  const last = points[points.length - 1];
  if (epoch === 0) return error(last.mse);
  if (epoch > last.epoch) return '–';
  let [low, high] = [0, points.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle].epoch < epoch) low = middle + 1;
    else high = middle;
  }
  const here = points[low];
  if (here.epoch === epoch) return error(here.mse);
  const before = points[low - 1];
  return `≈ ${error((epoch - before.epoch < here.epoch - epoch ? before : here).mse)}`;
}

/** @param {string[]} names @param {string} separator */
function listed(names, separator) {
  const more = names.length - MOST_NAMES;
  return more > 0 ? [...names.slice(0, MOST_NAMES), `and ${more} more`].join(separator) : names.join(separator);
}

/**
 * @param {Scale} scale
 * @param {ReturnType<typeof logAxis>} vertical
 * @param {import('../../plot/axis.js').Tick[]} horizontal
 */
function* grid(scale, vertical, horizontal) {
  const { left, right, bottom } = scale;
  for (const value of vertical.minor) {
    const y = scale.y(value);
    yield svg('line', { class: 'grid minor', x1: left, x2: right, y1: y, y2: y });
  }
  for (const { value, label } of vertical.ticks) {
    const y = scale.y(value);
    yield svg('line', { class: 'grid', x1: left, x2: right, y1: y, y2: y });
    yield svg('text', { class: 'tick end', x: left - 8, y: y + 4 }, label);
  }
  yield svg('line', { class: 'axis', x1: left, x2: right, y1: bottom, y2: bottom });
  for (const [i, { value, label }] of horizontal.entries()) {
    const x = scale.x(value);
    yield svg('line', { class: 'axis', x1: x, x2: x, y1: bottom, y2: bottom + 5 });
    const side = i === horizontal.length - 1 && label.length > 3 ? 'end' : 'middle';
    yield svg('text', { class: `tick ${side}`, x: side === 'end' ? x + 6 : x, y: bottom + 19 }, label);
  }
  yield svg('text', { class: 'tick middle name', x: (left + right) / 2, y: bottom + 36 }, 'epoch');
}

/** The floor, or the word that it is further down. @param {number} floor @param {boolean} shown @param {Scale} scale */
function* bottom(floor, shown, scale) {
  const y = shown ? scale.y(floor) : scale.bottom;
  if (shown) yield svg('line', { class: 'floor', x1: scale.left, x2: scale.right, y1: y, y2: y });
  const place = { x: scale.right, y: y > scale.top + 20 ? y - 6 : y + 16 };
  yield svg('text', { class: 'floor-label end', ...place }, shown ? `the floor, ${error(floor)}` : `the floor is at ${error(floor)} ↓`);
}

/** Where something changes, with what holds from there above; of labels that would run into each other the first is written. @param {readonly Mark[]} marks @param {Scale} scale */
function* marked(marks, scale) {
  let free = -Infinity;
  for (const { epoch, words } of marks) {
    const x = scale.x(epoch);
    yield svg('line', { class: 'change', x1: x, x2: x, y1: scale.top, y2: scale.bottom });
    const half = 4 + 3.6 * words.length;
    // Over its line, but within the chart.
    const middle = Math.min(Math.max(x, scale.left + half), scale.right + MARGIN.right - half);
    if (middle - half < free) continue;
    free = middle + half;
    yield svg('text', { class: 'change-label middle', x: middle, y: scale.top - 4 }, words);
  }
}

/**
 * @template {Point} P
 * @param {readonly P[]} history @param {Scale} scale @param {(point: P) => number} of what of a point is drawn
 */
function path(history, scale, of) {
  /** @type {string[]} */
  const parts = [];
  let pen = 'M';
  const put = (/** @type {number} */ x, /** @type {number} */ mse) => {
    parts.push(`${pen}${x.toFixed(1)} ${scale.y(mse).toFixed(1)}`);
    pen = 'L';
  };
  const crowded = history.length > 2 * (scale.right - scale.left);
  for (let i = 0; i < history.length; ) {
    if (!crowded) {
      const mse = of(history[i]);
      if (drawable(mse)) put(scale.x(history[i].epoch), mse);
      else pen = 'M';
      i += 1;
      continue;
    }
    const column = Math.floor(scale.x(history[i].epoch));
    let low = of(history[i]);
    let high = low;
    while (i < history.length && Math.floor(scale.x(history[i].epoch)) === column) {
      const mse = of(history[i]);
      if (mse < low) low = mse;
      if (mse > high) high = mse;
      i += 1;
    }
    if (drawable(high)) put(column + 0.5, high);
    if (drawable(low)) put(column + 0.5, low);
  }
  return parts.join('');
}

/** @param {readonly EpochReport[]} history @param {readonly Overlay[]} overlays @param {readonly Mark[]} marks @param {number | null} floor */
function described(history, overlays, marks, floor) {
  const first = history[0];
  const last = history[history.length - 1];
  const course = (/** @type {number} */ from, /** @type {number} */ to) => `${error(from)} at epoch 1, ${error(to)} at epoch ${count(last.epoch)}`;
  const present = last ? `train ${course(first.mse, last.mse)}; held-out ${course(first.heldOut, last.heldOut)}` : 'no epoch has been trained yet';
  const ends = overlays.map(({ name, points }) => {
    const { epoch, mse } = points[points.length - 1];
    return `${name}, ${error(mse)} at epoch ${count(epoch)}`;
  });
  const behind = ends.length > 0 ? ` Behind it, kept runs: ${listed(ends, '; ')}.` : '';
  const changes = marks.map(({ epoch, words }) => `${words} from epoch ${count(epoch)}`);
  const changed = changes.length > 0 ? ` What changes: ${listed(changes, ', ')}.` : '';
  const hint = last || behind ? ' The arrow keys read out single epochs.' : '';
  const under = floor === null ? '' : ` The floor of this width is ${error(floor)}.`;
  return `Epoch MSE on a logarithmic axis: ${present}.${behind}${changed}${under}${hint}`;
}
