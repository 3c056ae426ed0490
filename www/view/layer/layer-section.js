// @ts-check
/**
 * `#layer`: a real layer without its GELU. The built-in one, or a file's, goes to the lab; what comes back is told for the width that is chosen,
 * and the visitor's own drawing is read by the network with its GELU and without. Loaded when the view is opened.
 */
import { layerModule } from '../../export/layer-module.js';
import { layerOf, MOST_BYTES, tooLarge } from '../../intake/layer.js';
import { count, duration, error } from '../../common/figures.js';
import { byId, html, say } from '../../dom/dom.js';
import { download } from '../../dom/download.js';
import { drawn as normalInputs } from '../../run/assumed.js';
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
  /** @type {LayerFile | null} */
  #layer = null;
  /** @type {Standin | null} */
  #standin = null;
  /** @type {readonly number[] | null} */
  #gaussian = null;
  /** @type {AbortController | null} */
  #going = null;
  /** The picture kept back that was shown last. */
  #picture = -1;

  /** @param {Pick<Context, 'lab' | 'floors'>} context */
  constructor({ lab, floors }) {
    this.#lab = lab;
    this.#floors = floors;
    byId('layer-setup', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault());
    this.#m.addEventListener('input', () => this.#tell());
    this.#hidden.addEventListener('change', () => void this.#replace());
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
    if (file.size > MOST_BYTES) return say(this.#notice, tooLarge(file.name, file.size));
    await this.#open(async () => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) }));
  }

  /** Takes a file on, or says why not and leaves everything as it is. @param {() => Promise<import('../../intake/weights.js').Brought>} fetched */
  async #open(fetched) {
    say(this.#notice, '');
    try {
      const found = layerOf(await fetched());
      if ('refused' in found) return say(this.#notice, found.refused);
      this.#layer = found.layer;
      await this.#replace();
    } catch (refusal) {
      say(this.#notice, `${refusal instanceof Error ? refusal.message : refusal}`);
    }
  }

  /** Has the lab find what can stand in the layer's place. */
  async #replace() {
    const layer = this.#layer;
    if (!layer) return;
    this.#going?.abort();
    const going = new AbortController();
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
    const what = `${name}: ${count(rows)} rows of ${count(d)} numbers, ${layer.inputs ? `${count(inputs.length / d)} inputs` : `no inputs, so ${count(inputs.length / d)} are drawn from the normal distribution, which is an assumption`}`;
    say(this.#status, `${what}; solving …`);
    try {
      const began = performance.now();
      const lab = await this.#lab();
      const found = await lab.replace(numbers, { hidden: Number(this.#hidden.value), seed: SEED, signal: going.signal });
      if (this.#going !== going) return;
      this.#standin = new Standin(numbers, found);
      const seconds = (performance.now() - began) / 1000;
      say(this.#status, `${what}, of which ${count(found.kept.length)} are kept back; solved in ${duration(seconds)}.`);
      this.#m.max = String(found.width);
      if (Number(this.#m.value) > found.width) this.#m.value = String(found.width);
      this.#chart.show(found);
      byId('layer-draw', HTMLElement).hidden = d !== SIDE * SIDE || !head;
      this.#take.disabled = false;
      this.#tell();
      this.#another();
      const gaussian = d <= MOST_GAUSSIAN ? await this.#floors(d, found.width).catch(() => null) : null;
      if (this.#going !== going) return;
      this.#gaussian = gaussian;
      this.#tell();
    } catch (refusal) {
      if (going.signal.aborted) return;
      say(this.#status, '');
      say(this.#notice, `“${name}” cannot be opened: ${refusal instanceof Error ? refusal.message : refusal}.`);
    }
  }

  /** The width that is asked for; null where none is. */
  get #width() {
    const m = Number(this.#m.value);
    const most = this.#standin?.found.width ?? 0;
    return Number.isInteger(m) && m >= 1 && m <= most ? m : null;
  }

  #tell() {
    const standin = this.#standin;
    if (!standin) return;
    const m = this.#width;
    this.#m.toggleAttribute('aria-invalid', m === null);
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
    this.#differ(standin, m);
    this.#read();
  }

  /** @param {Standin} standin @param {number} m */
  #differ(standin, m) {
    const { d, headWeight } = standin.layer;
    const all = headWeight ? standin.differing(m) : [];
    const words = headWeight
      ? `On ${count(all.length)} of ${count(standin.found.kept.length)} inputs kept back the two answer differently.`
      : 'The file has no head with labels, so there are no answers to compare.';
    say(byId('layer-differing', HTMLElement), words);
    const pictures = all.slice(0, d === SIDE * SIDE ? MOST_SHOWN : 0).map(({ index, original, ours, label }) => {
      const told = `It is ${label}; the layer: ${original}, without GELU: ${ours}`;
      return html('figure', {}, still(standin.input(index), `Picture ${index}`), html('figcaption', {}, told));
    });
    byId('layer-differ', HTMLElement).replaceChildren(...pictures);
  }

  /** The next picture that was kept back. */
  #another() {
    const standin = this.#standin;
    if (!standin || standin.layer.d !== SIDE * SIDE) return;
    this.#picture = (this.#picture + 1) % standin.found.kept.length;
    this.#pad.show(standin.input(standin.found.kept[this.#picture]));
    this.#read();
  }

  /** Both networks read what is drawn. */
  #read() {
    const [standin, m] = [this.#standin, this.#width];
    if (!standin || m === null || standin.layer.d !== SIDE * SIDE) return;
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
    const [standin, m, layer] = [this.#standin, this.#width, this.#layer];
    if (!standin || m === null || !layer) return;
    const name = `${layer.name.replace(/\.safetensors$/, '').replace(/[^\w-]/g, '-')}-m${m}.mjs`;
    const of = `${count(standin.rows)} rows of ${count(layer.d)} numbers, hidden ${standin.hidden}, m ${m}`;
    download(name, layerModule({ name, of, d: layer.d, rows: standin.rows, m, found: standin.found }), 'text/javascript');
  }
}

/** Shows a figure, and keeps it whole. @param {string} id @param {number} value @param {string} words */
function figureOf(id, value, words) {
  const element = byId(id, HTMLElement);
  element.dataset.value = String(value);
  say(element, words);
}
