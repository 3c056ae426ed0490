// @ts-check
/**
 * The epoch MSE on a logarithmic axis, drawn as SVG. However long the run, a pixel column holds at most its lowest and its highest
 * value; hover, touch and the arrow keys read single epochs out.
 */
import { logAxis, wholeAxis } from './axis.js';
import { byId, coalesce, svg } from './dom.js';
import { count, error } from './figures.js';

/** @typedef {import('./protocol.js').EpochReport} EpochReport */
/** @typedef {{ x: (epoch: number) => number, y: (mse: number) => number, left: number, right: number, top: number, bottom: number }} Scale */

/** Dots are for runs whose epochs can be told apart. */
const MOST_DOTS = 60;

/** Thirty pictures a second look continuous, and a long run is many points to look at. */
const LEAST_MS = 33;

/** Room for the labels, in pixels. */
const MARGIN = { left: 52, right: 14, top: 14, bottom: 44 };

/** What an empty chart shows of the axis. */
const EMPTY = { low: 0.1, high: 1 };

export class Chart {
  #plot = byId('chart', SVGSVGElement);
  #readout = byId('chart-readout', HTMLElement);
  /** @type {readonly EpochReport[]} */
  #history = [];
  #epochs = 5;
  /** The epoch that is read out, or 0 for the last. */
  #picked = 0;
  /** @type {Scale | null} */
  #scale = null;
  #cursor = svg('g', { class: 'cursor' });
  #soon = coalesce(() => this.#draw(), LEAST_MS);

  constructor() {
    new ResizeObserver(() => this.update()).observe(this.#plot);
    const plot = this.#plot;
    plot.addEventListener('pointermove', (event) => this.#hover(event));
    plot.addEventListener('pointerdown', (event) => this.#hover(event));
    plot.addEventListener('pointerleave', () => this.#pick(0));
    plot.addEventListener('keydown', (event) => this.#key(event));
    plot.addEventListener('blur', () => this.#pick(0));
  }

  /** Another run: its history, which grows, and how far it is to go. @param {readonly EpochReport[]} history @param {number} epochs */
  follow(history, epochs) {
    this.#history = history;
    this.#epochs = epochs;
    this.#picked = 0;
    this.update();
  }

  update() {
    this.#soon();
  }

  #draw() {
    const { width, height } = this.#plot.getBoundingClientRect();
    if (width === 0) return;
    const history = this.#history;
    const bounds = range(history);
    const axis = logAxis(bounds.low, bounds.high);
    const scale = this.#measure(width, height, axis);
    this.#scale = scale;

    const last = Math.max(2, this.#epochs);
    const labelled = 28 + 9 * count(last).length;
    /** @type {SVGElement[]} */
    const children = [...grid(scale, axis, wholeAxis(1, last, Math.floor((scale.right - scale.left) / labelled)))];
    const d = path(history, scale);
    if (d) children.push(svg('path', { class: 'curve', d }));
    if (history.length <= MOST_DOTS && this.#epochs <= MOST_DOTS) {
      for (const { epoch, mse } of history) {
        if (drawable(mse)) children.push(svg('circle', { class: 'dot', cx: scale.x(epoch), cy: scale.y(mse), r: history.length > 20 ? 2.75 : 3.5 }));
      }
    }
    if (history.length === 0) {
      const [x, y] = [(scale.left + scale.right) / 2, (scale.top + scale.bottom) / 2];
      children.push(svg('text', { class: 'empty', x, y }, 'The curve appears here as the run goes.'));
    }
    this.#plot.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.#plot.setAttribute('aria-label', describe(history));
    this.#plot.replaceChildren(...children, this.#cursor);
    this.#point();
  }

  /** @param {number} width @param {number} height @param {{ low: number, high: number }} axis @returns {Scale} */
  #measure(width, height, axis) {
    const [left, right, top, bottom] = [MARGIN.left, width - MARGIN.right, MARGIN.top, height - MARGIN.bottom];
    const last = Math.max(2, this.#epochs);
    const [low, high] = [Math.log(axis.low), Math.log(axis.high)];
    return {
      x: (epoch) => left + ((epoch - 1) / (last - 1)) * (right - left),
      y: (mse) => bottom - ((Math.log(mse) - low) / (high - low)) * (bottom - top),
      left, right, top, bottom,
    };
  }

  /** @param {PointerEvent} event */
  #hover(event) {
    const { left } = this.#plot.getBoundingClientRect();
    const scale = this.#scale;
    if (!scale || this.#history.length === 0) return;
    const share = (event.clientX - left - scale.left) / (scale.right - scale.left);
    const epoch = Math.round(1 + share * (Math.max(2, this.#epochs) - 1));
    this.#pick(Math.min(Math.max(epoch, 1), this.#history.length));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const last = this.#history.length;
    if (last === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const here = this.#picked || last;
    const page = Math.max(1, Math.round(last / 10));
    /** @type {Record<string, number>} */
    const targets = {
      ArrowLeft: here - 1, ArrowRight: here + 1, ArrowDown: here - 1, ArrowUp: here + 1,
      PageDown: here - page, PageUp: here + page, Home: 1, End: last,
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
    const report = this.#history[(this.#picked || this.#history.length) - 1];
    const scale = this.#scale;
    this.#readout.textContent = report ? `epoch ${count(report.epoch)}: MSE ${error(report.mse)}` : '';
    if (!scale || !report || !this.#picked || !drawable(report.mse)) return this.#cursor.replaceChildren();
    const [x, y] = [scale.x(report.epoch), scale.y(report.mse)];
    this.#cursor.replaceChildren(
      svg('line', { x1: x, x2: x, y1: scale.top, y2: scale.bottom }),
      svg('line', { x1: scale.left, x2: scale.right, y1: y, y2: y }),
      svg('circle', { cx: x, cy: y, r: 5 }),
    );
  }
}

/** Zero and what is not finite have no place on a logarithmic axis. @param {number} mse */
function drawable(mse) {
  return mse > 0 && Number.isFinite(mse);
}

/** @param {readonly EpochReport[]} history */
function range(history) {
  let low = Infinity;
  let high = -Infinity;
  for (const { mse } of history) {
    if (!drawable(mse)) continue;
    if (mse < low) low = mse;
    if (mse > high) high = mse;
  }
  if (low > high) return EMPTY;
  return { low: Math.min(low, EMPTY.low * 1.0001, high / 2), high };
}

/**
 * @param {Scale} scale
 * @param {ReturnType<typeof logAxis>} vertical
 * @param {import('./axis.js').Tick[]} horizontal
 */
function* grid(scale, vertical, horizontal) {
  const { left, right, top, bottom } = scale;
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

/** @param {readonly EpochReport[]} history @param {Scale} scale */
function path(history, scale) {
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
      const { epoch, mse } = history[i];
      if (drawable(mse)) put(scale.x(epoch), mse);
      else pen = 'M';
      i += 1;
      continue;
    }
    const column = Math.floor(scale.x(history[i].epoch));
    let low = history[i].mse;
    let high = low;
    while (i < history.length && Math.floor(scale.x(history[i].epoch)) === column) {
      const { mse } = history[i];
      if (mse < low) low = mse;
      if (mse > high) high = mse;
      i += 1;
    }
    if (drawable(high)) put(column + 0.5, high);
    if (drawable(low)) put(column + 0.5, low);
  }
  return parts.join('');
}

/** @param {readonly EpochReport[]} history */
function describe(history) {
  const first = history[0];
  const last = history[history.length - 1];
  if (!first || !last) return 'Epoch MSE on a logarithmic axis: no epoch has been trained yet.';
  return `Epoch MSE on a logarithmic axis: ${error(first.mse)} at epoch 1, ${error(last.mse)} at epoch ${count(last.epoch)}. The arrow keys read out single epochs.`;
}
