// @ts-check
/**
 * `#layer`: a real layer without its GELU. The built-in one, or a file's, goes to the lab; what comes back is told for the width that is chosen,
 * and the visitor's own drawing is read by the network with its GELU and without. Loaded when the view is opened.
 */
import { layerModule } from '../../export/layer-module.js';
import { layerOf, MOST_BYTES, tooLarge } from '../../intake/layer.js';
import { count, duration, error } from '../../common/figures.js';
import { ended, short } from '../../common/quoted.js';
import { byId, html, say } from '../../dom/dom.js';
import { download } from '../../dom/download.js';
import { drawn as normalInputs } from '../../run/assumed.js';
import { RefusalError } from '../../run/errors.js';
import { Standin } from '../../run/standin.js';
import { LayerChart } from './layer-chart.js';
import { Pad, SIDE, still } from './pad.js';
import { costWords, gaussWords, intervalWords, percent, readingWords, transferWords, verdict } from './words.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../intake/layer.js').LayerFile} LayerFile */

/** The seed of the split and of the hidden layers. */
const SEED = 42;

/** Pictures that are shown of those on which the two differ. */
const MOST_SHOWN = 24;

/** The width that is on show at first. */
const FIRST_WIDTH = 16;

/** How long the inputs kept back are read at a time. */
const SLICE_MS = 20;

/** The widest networks for which the floor of normal draws is known. */
const MOST_GAUSSIAN = 64;

/** What is told with an accuracy. */
const JUDGED = /** @type {const} */ (['original', 'ours', 'best', 'linear', 'unbent', 'nothing']);

export class LayerSection {
  #m = byId('layer-m', HTMLInputElement);
  #hidden = byId('layer-hidden', HTMLSelectElement);
  #file = byId('layer-file', HTMLInputElement);
  #notice = byId('layer-notice', HTMLElement);
  #status = byId('layer-status', HTMLElement);
  #take = byId('layer-take', HTMLButtonElement);
  #chart = new LayerChart();
  #pad = new Pad(() => this.#read());
  #lab;
  #floors;
  /** What is on show, and whether its inputs are pictures that can be drawn and read. @type {{ layer: LayerFile, standin: Standin, picture: boolean } | null} */
  #shown = null;
  /** What the lab is at, or null. @type {{ layer: LayerFile, abort: AbortController } | null} */
  #going = null;
  /** The floors of normal draws of the same size. @type {readonly number[] | null} */
  #gaussian = null;
  /** Counts what was asked for: of two files the later one is meant. */
  #turn = 0;
  /** The picture kept back that was shown last. */
  #picture = -1;
  #timer = 0;

  /** @param {Pick<Context, 'lab' | 'floors'>} context */
  constructor({ lab, floors }) {
    this.#lab = lab;
    this.#floors = floors;
    byId('layer-setup', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault());
    this.#m.addEventListener('input', () => this.#tell());
    this.#hidden.addEventListener('change', () => {
      const layer = this.#going?.layer ?? this.#shown?.layer;
      if (layer) void this.#attempt(() => this.#replace(layer));
    });
    this.#file.addEventListener('change', () => void this.#bring());
    byId('layer-clear', HTMLButtonElement).addEventListener('click', () => this.#pad.clear());
    byId('layer-another', HTMLButtonElement).addEventListener('click', () => this.#another());
    this.#take.addEventListener('click', () => this.#download());
    void this.#open(async () => {
      const { href } = byId('layer-built-in', HTMLAnchorElement);
      const answer = await fetch(href);
      if (!answer.ok) throw new Error(`the built-in layer could not be loaded (${answer.status})`);
      return { name: 'digits.safetensors', bytes: new Uint8Array(await answer.arrayBuffer()) };
    });
  }

  async #bring() {
    const [file] = this.#file.files ?? [];
    if (!file) return;
    if (file.size > MOST_BYTES) say(this.#notice, tooLarge(file.name, file.size));
    else await this.#open(async () => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) }));
    // The same file, mended, is to be heard of again.
    this.#file.value = '';
  }

  /** Takes a file on, or says why not and leaves everything as it is. @param {() => Promise<import('../../intake/weights.js').Brought>} fetched */
  #open(fetched) {
    return this.#attempt(async (turn) => {
      const found = layerOf(await fetched());
      if (turn !== this.#turn) return;
      if ('refused' in found) say(this.#notice, found.refused);
      else await this.#replace(found.layer);
    });
  }

  /** Does what was asked for last, or says why not. @param {(turn: number) => Promise<void>} task */
  async #attempt(task) {
    const turn = ++this.#turn;
    say(this.#notice, '');
    try {
      await task(turn);
    } catch (refusal) {
      const words = refusal instanceof Error ? refusal.message : String(refusal);
      if (turn === this.#turn) say(this.#notice, ended(words));
    }
  }

  /** Has the lab find what can stand in a layer's place, and puts that on show, all of it or nothing. @param {LayerFile} layer */
  async #replace(layer) {
    const before = this.#going;
    before?.abort.abort();
    const going = { layer, abort: new AbortController() };
    this.#going = going;
    const { d, rows, name, head } = layer;
    const inputs = layer.inputs ?? normalInputs(d, SEED);
    const numbers = {
      d,
      kept: layer.kept,
      weight: layer.weight,
      bias: layer.bias,
      inputs,
      ...(head && { headWeight: head.weight, headBias: head.bias, labels: head.labels }),
    };
    const all = `${count(inputs.length / d)} inputs`;
    const assumed = `no inputs, so ${count(inputs.length / d)} are drawn from the normal distribution, which is an assumption`;
    const what = `${name}: ${count(rows)} rows of ${count(d)} numbers, ${layer.inputs ? all : assumed}`;
    const status = this.#status.textContent ?? '';
    say(this.#status, `${what}; solving …`);
    try {
      const lab = await this.#lab();
      const found = await lab.replace(numbers, { hidden: Number(this.#hidden.value), seed: SEED, signal: going.abort.signal });
      if (this.#going !== going) return;
      this.#going = null;
      this.#show(layer, new Standin(numbers, found));
      say(this.#status, `${what}, of which ${count(found.kept.length)} are kept back; solved in ${duration(found.seconds)}.`);
    } catch (refusal) {
      if (going.abort.signal.aborted) return;
      this.#going = null;
      say(this.#status, this.#shown ? status : '');
      // What the lab was at before is still wanted.
      if (before && before.layer !== layer) void this.#replace(before.layer);
      throw refusal instanceof RefusalError ? new Error(`“${short(name)}” cannot be opened: ${refusal.message}`) : refusal;
    }
  }

  /** @param {LayerFile} layer @param {Standin} standin */
  #show(layer, standin) {
    const { found } = standin;
    const another = this.#shown?.layer !== layer;
    this.#shown = { layer, standin, picture: isPicture(layer) };
    this.#m.max = String(found.width);
    if (this.#width === null) this.#m.value = String(Math.min(FIRST_WIDTH, found.width));
    this.#chart.show(found);
    byId('layer-draw', HTMLElement).hidden = !this.#shown.picture;
    this.#take.disabled = false;
    if (another) {
      this.#gaussian = null;
      this.#picture = -1;
      this.#another();
    }
    this.#tell();
    if (another && layer.d <= MOST_GAUSSIAN) void this.#compare(layer);
  }

  /** The floor of normal draws of the same size, beside the layer's own. @param {LayerFile} layer */
  async #compare(layer) {
    const gaussian = await this.#floors(layer.d, MOST_GAUSSIAN).catch(() => null);
    if (this.#shown?.layer !== layer) return;
    this.#gaussian = gaussian;
    this.#tell();
  }

  /** The width that is asked for; null where none is. */
  get #width() {
    const m = Number(this.#m.value);
    const most = this.#shown?.standin.found.width ?? 0;
    return Number.isInteger(m) && m >= 1 && m <= most ? m : null;
  }

  #tell() {
    const { standin } = this.#shown ?? {};
    if (!standin) return;
    const m = this.#width;
    if (m === null) this.#m.setAttribute('aria-invalid', 'true');
    else this.#m.removeAttribute('aria-invalid');
    if (m === null) return say(this.#notice, `m = “${this.#m.value}” is out of range: it must be a whole number from 1 to ${standin.found.width}.`);
    say(this.#notice, '');
    const { found } = standin;
    const of = found.kept.length;
    for (const what of JUDGED) {
      const figure = found[what];
      const share = typeof figure === 'number' ? figure : figure[m];
      figureOf(`layer-${what}`, share, percent(share));
      say(byId(`layer-${what}-interval`, HTMLElement), intervalWords(share, of));
    }
    figureOf('layer-linear-r2', found.linearR2, found.linearR2.toFixed(3));
    figureOf('layer-ours-r2', found.oursR2[m], found.oursR2[m].toFixed(3));
    // The rows' own means are what R² is about.
    const spread = found.oursMse[m] / (1 - found.oursR2[m]);
    figureOf('layer-best-r2', 1 - found.floor[m] / spread, (1 - found.floor[m] / spread).toFixed(3));
    figureOf('layer-floor', found.floor[m], error(found.floor[m]));
    say(byId('layer-gauss', HTMLElement), gaussWords(found.floor, this.#gaussian, m));
    say(byId('layer-verdict', HTMLElement), verdict(found, m));
    say(byId('layer-cost', HTMLElement), costWords(standin.before, standin.after(m), m));
    say(byId('layer-transfer', HTMLElement), transferWords(found, m));
    this.#differ();
    this.#read();
  }

  /** Where the two answer differently, as far as the inputs kept back have been read: in slices, since there may be thousands. */
  #differ() {
    clearTimeout(this.#timer);
    const [standin, m] = [this.#shown?.standin, this.#width];
    if (!standin || m === null) return;
    const { headWeight } = standin.layer;
    const words = byId('layer-differing', HTMLElement);
    if (!headWeight) {
      byId('layer-differ', HTMLElement).replaceChildren();
      return say(words, 'The file has no head with labels, so there are no answers to compare.');
    }
    if (!standin.look(SLICE_MS)) {
      say(words, 'Both networks read the inputs kept back …');
      this.#timer = window.setTimeout(() => this.#differ());
      return;
    }
    const all = standin.differing(m);
    say(words, `On ${count(all.length)} of ${count(standin.found.kept.length)} inputs kept back the two answer differently.`);
    const pictures = all.slice(0, this.#shown?.picture ? MOST_SHOWN : 0).map(({ index, original, ours, label }) => {
      const told = `It is ${label}; the layer: ${original}, without GELU: ${ours}`;
      return html('figure', {}, still(standin.input(index), `Picture ${index}`), html('figcaption', {}, told));
    });
    byId('layer-differ', HTMLElement).replaceChildren(...pictures);
  }

  /** The next picture that was kept back. */
  #another() {
    const { standin } = this.#shown ?? {};
    if (!standin || !this.#shown?.picture) return;
    this.#picture = (this.#picture + 1) % standin.found.kept.length;
    this.#pad.show(standin.input(standin.found.kept[this.#picture]));
    this.#read();
  }

  /** Both networks read what is drawn. */
  #read() {
    const [standin, m] = [this.#shown?.standin, this.#width];
    if (!standin || m === null || !this.#shown?.picture) return;
    const x = this.#pad.pixels;
    const features = standin.psi(x);
    const [original, ours] = [standin.read(standin.original(x)), standin.read(standin.product(features, m))];
    if (!original || !ours) return;
    const reading = byId('layer-reading', HTMLElement);
    [reading.dataset.original, reading.dataset.ours] = [String(original.answer), String(ours.answer)];
    say(reading, readingWords(original, ours));
    const bars = [original, ours].flatMap(({ shares }, i) => [
      html('span', {}, i === 0 ? 'GELU' : 'without'),
      ...shares.slice(0, 10).map((share) => {
        const bar = html('i', {});
        bar.style.blockSize = `${(2.5 * share).toFixed(2)}rem`;
        return html('span', { class: i === 0 ? 'theirs' : 'ours' }, bar);
      }),
    ]);
    const digits = original.shares.slice(0, 10).map((_, digit) => html('span', {}, String(digit)));
    byId('layer-bars', HTMLElement).replaceChildren(...bars, html('span', {}, ''), ...digits);
    const numbers = [...features.slice(0, m)].map((value) => value.toFixed(2));
    say(byId('layer-psi', HTMLElement), `All that the head is told of x: Ψ(x) = (${numbers.slice(0, 16).join(', ')}${m > 16 ? ', …' : ''})`);
  }

  #download() {
    const [shown, m] = [this.#shown, this.#width];
    if (!shown || m === null) return;
    const { layer, standin } = shown;
    const name = `${layer.name.replace(/\.safetensors$/, '').replace(/[^\w-]/g, '-')}-m${m}.mjs`;
    const of = `${count(standin.rows)} rows of ${count(layer.d)} numbers, hidden ${standin.hidden}, m ${m}`;
    download(name, layerModule({ name, of, d: layer.d, rows: standin.rows, m, found: standin.found }), 'text/javascript');
  }
}

/** Whether the inputs are pictures that can be drawn, and there is somebody to read them. @param {LayerFile} layer */
function isPicture({ d, head, inputs }) {
  return d === SIDE * SIDE && head !== null && (inputs?.every((value) => value >= 0 && value <= 1) ?? false);
}

/** Shows a figure, and keeps it whole. @param {string} id @param {number} value @param {string} words */
function figureOf(id, value, words) {
  const element = byId(id, HTMLElement);
  element.dataset.value = String(value);
  say(element, words);
}
