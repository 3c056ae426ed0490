// @ts-check
/**
 * `#layer`: a real layer without its GELU. The built-in one, or a file's, goes to the lab; what comes back is told for the width that is chosen,
 * and the visitor's own drawing is read by the network with its GELU and without. Loaded when the view is opened.
 */
import { layerModule } from '../../export/layer-module.js';
import { layerNotebook } from '../../export/layer-notebook.js';
import { layerOf, MOST_BYTES, tooLarge } from '../../intake/layer.js';
import { count, duration, error } from '../../common/figures.js';
import { partsOf } from '../../common/layer-name.js';
import { ended, quoted } from '../../common/quoted.js';
import { BUILD } from '../../shell/build.js';
import { keyOf, same } from '../../common/recipe.js';
import { rSquared } from '../../common/ratios.js';
import { byId, html, keepFromWheel, say } from '../../dom/dom.js';
import { download } from '../../dom/download.js';
import { RefusalError } from '../../run/errors.js';
import { StoppedError } from '../../run/stopped.js';
import { add, builtIn, nameOf, offer } from '../../run/layers.js';
import { Standin } from './standin.js';
import { Choice } from './choice.js';
import { LayerChart } from './layer-chart.js';
import { Pad, SIDE, still } from './pad.js';
import { costWords, gaussWords, intervalWords, percent, readingWords, refusedWords, transferWords, verdict } from './words.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** What reads a file. @typedef {() => Promise<import('../../intake/weights.js').Brought>} Fetched */
/** A layer, and its file. @typedef {import('../../intake/layer.js').LayerFile & { bytes: Uint8Array }} Opened */

/** The seed of the split and of the hidden layers. */
const SEED = 42;

/** Pictures that are shown of those on which the two differ. */
const MOST_SHOWN = 24;

/** The width that is on show at first. */
const FIRST_WIDTH = 16;

/** How long the inputs kept back are read at a time. */
const SLICE_MS = 20;

/** The widest networks that the lab puts in a layer's place. */
const MOST_WIDTH = 64;

/** The most dimensions of a run, the bias counted, and of normal draws whose floor is known. */
const WIDEST = keyOf('d').most ?? 1;

/** Draws in an epoch of a run that is proposed, where there is room for so many, and in a mini-batch. */
const DRAWS = 512;
const BATCH = 32;

/** How a run on a layer is proposed, beside its sizes. */
const RUN = { batch: String(BATCH), epochs: '30', lr: '0.005', fresh: '1', schedule: 'cosine' };

/** What is told with an accuracy. */
const JUDGED = /** @type {const} */ (['original', 'ours', 'best', 'linear', 'unbent', 'nothing']);

export class LayerSection {
  #m = byId('layer-m', HTMLInputElement);
  #hidden = byId('layer-hidden', HTMLSelectElement);
  #file = byId('layer-file', HTMLInputElement);
  #notice = byId('layer-notice', HTMLElement);
  #status = byId('layer-status', HTMLElement);
  #scale = byId('layer-scale', HTMLInputElement);
  #train = byId('layer-train', HTMLButtonElement);
  #take = byId('layer-take', HTMLButtonElement);
  #notebook = byId('layer-take-notebook', HTMLButtonElement);
  #choice;
  #chart = new LayerChart();
  #pad = new Pad(() => this.#read());
  #trainer;
  #lab;
  #floors;
  #form;
  #link;
  /** What is on show, how recipes name it, and whether its inputs are pictures that can be drawn and read. @type {{ layer: Opened, standin: Standin, name: string, picture: boolean } | null} */
  #shown = null;
  /** What the lab is at, or null. @type {{ layer: Opened, abort: AbortController } | null} */
  #going = null;
  /** What the lab stopped at, to be tried again. @type {Opened | null} */
  #stopped = null;
  /** What did not come, to be tried again. @type {Fetched | null} */
  #unread = null;
  /** The floors of normal draws of the same size. @type {readonly number[] | null} */
  #gaussian = null;
  /** Counts what was asked for: of two files the later one is meant. */
  #turn = 0;
  /** The picture kept back that was shown last. */
  #picture = -1;
  #timer = 0;

  /** @param {Pick<Context, 'trainer' | 'lab' | 'floors' | 'form' | 'link'>} context */
  constructor({ trainer, lab, floors, form, link }) {
    this.#trainer = trainer;
    this.#lab = lab;
    this.#floors = floors;
    this.#form = form;
    this.#link = link;
    byId('layer-setup', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault());
    this.#m.addEventListener('input', () => this.#tell());
    keepFromWheel(this.#m);
    for (const control of [this.#hidden, this.#scale]) {
      control.addEventListener('change', () => {
        const layer = this.#going?.layer ?? this.#stopped ?? this.#shown?.layer;
        // In the same turn: a file that is still being read is wanted all the same.
        if (layer) void this.#attempt(() => this.#replace(layer), this.#turn);
      });
    }
    this.#file.addEventListener('change', () => void this.#bring());
    // The same file, mended, is to be heard of again.
    this.#file.addEventListener('click', () => (this.#file.value = ''));
    byId('layer-clear', HTMLButtonElement).addEventListener('click', () => this.#pad.clear());
    byId('layer-another', HTMLButtonElement).addEventListener('click', () => this.#another());
    this.#take.addEventListener('click', () => this.#takeModule());
    this.#notebook.addEventListener('click', () => this.#takeNotebook());
    this.#train.addEventListener('click', () => void this.#run());
    this.#choice = new Choice((fetched) => this.#open(fetched));
    void this.#open(builtIn);
    addEventListener('online', () => this.#online());
  }

  /** Tries again what may have failed for want of a network. */
  #online() {
    const layer = this.#stopped;
    if (layer) void this.#attempt(() => this.#replace(layer), this.#turn);
    else if (this.#unread) void this.#open(this.#unread);
  }

  async #bring() {
    const [file] = this.#file.files ?? [];
    if (!file) return;
    this.#unread = null;
    if (file.size > MOST_BYTES) say(this.#notice, tooLarge(file.name, file.size));
    else await this.#open(async () => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) }));
  }

  /** Takes a file on, or says why not and leaves everything as it is. @param {Fetched} fetched */
  #open(fetched) {
    this.#unread = null;
    return this.#attempt(async (turn) => {
      const file = await fetched().catch((error) => {
        if (turn === this.#turn) this.#unread = fetched;
        throw error;
      });
      const found = layerOf(file);
      if (turn !== this.#turn) return;
      if ('refused' in found) say(this.#notice, found.refused);
      else await this.#replace({ ...found.layer, bytes: file.bytes });
    });
  }

  /** Does what was asked for last, or says why not. @param {(turn: number) => Promise<void>} task @param {number} [turn] the present one, for what overtakes nothing */
  async #attempt(task, turn = ++this.#turn) {
    say(this.#notice, '');
    try {
      await task(turn);
    } catch (refusal) {
      const words = refusal instanceof Error ? refusal.message : String(refusal);
      if (turn === this.#turn) say(this.#notice, ended(words));
    }
  }

  /** Has the lab find what can stand in a layer's place, and puts that on show, all of it or nothing. @param {Opened} layer */
  async #replace(layer) {
    // Refused before anything is given up for it.
    const scale = layer.inputs ? 1 : this.#spread;
    const before = this.#going;
    before?.abort.abort();
    const going = { layer, abort: new AbortController() };
    this.#going = going;
    this.#stopped = null;
    const { d, rows, kept, weight, bias, head } = layer;
    const status = this.#status.textContent ?? '';
    try {
      const name = await nameOf(layer.bytes, layer, scale);
      const lab = await this.#lab();
      const inputs = layer.inputs ?? (await lab.assumedInputs(d, scale));
      if (this.#going !== going) return;
      const numbers = { d, kept, weight, bias, inputs, ...(head && { headWeight: head.weight, headBias: head.bias, labels: head.labels }) };
      const all = `${count(inputs.length / d)} inputs`;
      const assumed = `no inputs, so ${count(inputs.length / d)} are drawn from N(0, ${scale}²), which is an assumption`;
      const what = `${layer.name}: ${count(rows)} rows of ${count(d)} numbers, ${layer.inputs ? all : assumed}`;
      say(this.#status, `${what}; solving …`);
      const found = await lab.replace(numbers, { hidden: Number(this.#hidden.value), seed: SEED, signal: going.abort.signal });
      if (this.#going !== going) return;
      this.#going = null;
      const asked = offer(layer, layer.bytes, partsOf(name).hash);
      this.#show(layer, new Standin(numbers, found), name);
      void this.#choice.show(partsOf(name).hash, layer.name, name !== BUILD.digits.name);
      say(this.#status, `${what}, of which ${count(found.kept.length)} are kept back; solved in ${duration(found.seconds)}. Recipes call it ${name}.`);
      if (asked) say(this.#notice, `A recipe asks for the layer ${asked}; this file is ${name}.`);
    } catch (refusal) {
      if (going.abort.signal.aborted) return;
      this.#going = null;
      if (refusal instanceof StoppedError) this.#stopped = layer;
      say(this.#status, this.#shown ? status : '');
      // What the lab was at before is still wanted.
      if (before && before.layer !== layer) this.#replace(before.layer).catch(({ message }) => say(this.#notice, message));
      throw refusal instanceof RefusalError ? new Error(refusedWords(layer.name, refusal)) : refusal;
    }
  }

  /** The scale of inputs that the layer does not have. */
  get #spread() {
    const typed = this.#scale.value.trim();
    const scale = Number(typed);
    if (typed === '' || !(scale >= 1e-6 && scale <= 1e6))
      throw new Error(`scale = “${quoted(typed)}” is out of range: it must be a number from 0.000001 to 1000000`);
    // As the recipe's key has it, which knows no exponent.
    return Number(scale.toFixed(6));
  }

  /** A recipe whose draws are this layer's is in the form. */
  async #run() {
    const [shown, m] = [this.#shown, this.#width];
    if (!shown || m === null) return;
    const { layer, standin, name } = shown;
    add(name, layer, layer.bytes);
    const fields = { ...this.#form.defaults, ...RUN, d: String(layer.d + 1), m: String(m), hidden: String(standin.hidden), layer: name };
    const { fields: before } = this.#form;
    const n = await this.#most(fields);
    // What was typed meanwhile is what is wanted.
    if (shown !== this.#shown || !same(before, this.#form.fields)) return;
    this.#link.bring({ ...fields, n: String(n) }, `The recipe of a run on the layer ${layer.name} is in the form.`, null);
  }

  /** As many draws as there is room for, in whole mini-batches. @param {import('../../common/protocol.js').Fields} fields */
  async #most(fields) {
    for (let n = DRAWS; n > BATCH; n -= BATCH) {
      try {
        await this.#trainer.check({ ...fields, n: String(n) });
        return n;
      } catch (error) {
        // What else is wrong with the recipe is told once it is in the form.
        if (!(error instanceof RefusalError) || error.key !== 'n') return n;
      }
    }
    return BATCH;
  }

  /** @param {Opened} layer @param {Standin} standin @param {string} name */
  #show(layer, standin, name) {
    const { found } = standin;
    const another = this.#shown?.layer !== layer;
    this.#shown = { layer, standin, name, picture: isPicture(layer) };
    byId('layer-assumed', HTMLElement).hidden = layer.inputs !== null;
    const fits = layer.d + 1 <= WIDEST;
    this.#train.disabled = !fits;
    say(byId('layer-train-words', HTMLElement), fits ? '' : `A run takes up to ${WIDEST - 1} inputs and their bias, and this layer has ${count(layer.d)}.`);
    this.#m.max = String(found.width);
    if (this.#width === null) this.#m.value = String(Math.min(FIRST_WIDTH, found.width));
    this.#chart.show(found);
    byId('layer-draw', HTMLElement).hidden = !this.#shown.picture;
    for (const button of [this.#take, this.#notebook]) button.disabled = false;
    if (another) {
      this.#gaussian = null;
      this.#picture = -1;
      this.#another();
    }
    this.#tell();
    if (another && layer.d <= WIDEST) void this.#compare(layer);
  }

  /** The floor of normal draws of the same size, beside the layer's own. @param {Opened} layer */
  async #compare(layer) {
    const gaussian = await this.#floors({ d: layer.d }, MOST_WIDTH);
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
    const before = this.#m.hasAttribute('aria-invalid');
    if (m === null) {
      this.#m.setAttribute('aria-invalid', 'true');
      return say(
        this.#notice,
        `${this.#m.value ? `m = “${this.#m.value}” is out of range` : 'm is empty'}: it must be a whole number from 1 to ${standin.found.width}.`,
      );
    }
    this.#m.removeAttribute('aria-invalid');
    // What stands there otherwise is about something else.
    if (before) say(this.#notice, '');
    const { found } = standin;
    const of = found.kept.length;
    for (const what of JUDGED) {
      const figure = found[what];
      const share = typeof figure === 'number' ? figure : figure[m];
      figureOf(`layer-${what}`, share, percent(share));
      say(byId(`layer-${what}-interval`, HTMLElement), intervalWords(share, of));
    }
    figureOf('layer-linear-r2', found.linearR2, rSquared(found.linearR2));
    figureOf('layer-ours-r2', found.oursR2[m], rSquared(found.oursR2[m]));
    // The rows' own means are what R² is about.
    const spread = found.oursMse[m] / (1 - found.oursR2[m]);
    figureOf('layer-best-r2', 1 - found.floor[m] / spread, rSquared(1 - found.floor[m] / spread));
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
    const place = byId('layer-bars', HTMLElement);
    place.style.setProperty('--digits', String(digits.length));
    place.replaceChildren(...bars, html('span', {}, ''), ...digits);
    const numbers = [...features.slice(0, m)].map((value) => value.toFixed(2));
    say(byId('layer-psi', HTMLElement), `All that the head is told of x: Ψ(x) = (${numbers.slice(0, 16).join(', ')}${m > 16 ? ', …' : ''})`);
  }

  #takeNotebook() {
    const [shown, m] = [this.#shown, this.#width];
    if (!shown || m === null) return;
    const { layer, standin, name } = shown;
    const x = standin.input(standin.found.kept[0]);
    const y = standin.product(standin.psi(x), m);
    const text = layerNotebook({ file: layer.name, sha256: partsOf(name).hash, d: layer.d, m, found: standin.found, x, y, inputs: layer.inputs !== null });
    download(saved(layer.name, m, 'ipynb'), text, 'application/x-ipynb+json');
  }

  #takeModule() {
    const [shown, m] = [this.#shown, this.#width];
    if (!shown || m === null) return;
    const { layer, standin } = shown;
    const name = saved(layer.name, m, 'mjs');
    const of = `${count(standin.rows)} rows of ${count(layer.d)} numbers, hidden ${standin.hidden}, m ${m}`;
    download(name, layerModule({ name, of, d: layer.d, rows: standin.rows, m, found: standin.found }), 'text/javascript');
  }
}

/** Whether the inputs are pictures that can be drawn, and there is somebody to read them. @param {Opened} layer */
function isPicture({ d, head, inputs }) {
  return d === SIDE * SIDE && head !== null && (inputs?.every((value) => value >= 0 && value <= 1) ?? false);
}

/** @param {string} layer what its file is called @param {number} m @param {string} kind */
function saved(layer, m, kind) {
  return `${layer.replace(/\.safetensors$/, '').replace(/[^\w-]/g, '-')}-m${m}.${kind}`;
}

/** Shows a figure, and keeps it whole. @param {string} id @param {number} value @param {string} words */
function figureOf(id, value, words) {
  const element = byId(id, HTMLElement);
  element.dataset.value = String(value);
  say(element, words);
}
