// @ts-check
/**
 * The section `#atlas`: the floor of every width for any function, scale and d, one or two beside each other. Its address has them, behind `atlas=`.
 * Loaded when it is unfolded.
 */
import { ended, quoted } from '../../common/quoted.js';
import { copyText } from '../../dom/clipboard.js';
import { byId, coalesce, html, say, svg } from '../../dom/dom.js';
import { download } from '../../dom/download.js';
import { csv } from '../../export/csv.js';
import { plainField } from '../../intake/number.js';
import { logAxis } from '../../plot/axis.js';
import { FoldedTable } from '../../plot/folded-table.js';
import { logFrame } from '../../plot/frame.js';
import { line, upright } from '../../plot/marks.js';
import { Plot } from '../../plot/plot.js';
import { nearest } from '../../plot/reading.js';
import { logarithmic } from '../../plot/scale.js';
import { accuracies, atlasRows, atlasWords, floorAt, floorCells, knees, placeWords, read, readingWords, written } from './atlas.js';
import { RefusalError } from '../../run/errors.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../plot/marks.js').Place} Spot */
/** @typedef {import('./atlas.js').Place} Place */
/** @typedef {import('./atlas.js').Course} Course */

/** The name in the address. */
const PARAMETER = 'atlas';

/** Widths that the picture and the table are read at. */
const READ = [...new Set(Array.from({ length: 73 }, (_, i) => Math.round(10 ** (i / 12))))];

/** Room for the labels, in pixels. */
const MARGIN = { left: 58, right: 14, top: 14, bottom: 44, name: 36 };

/** What is drawn of a floor that goes on falling: eight powers of ten below the mean square. */
const DEEPEST = 1e-8;

/** The looks of the two courses. */
const LOOKS = ['atlas-first', 'atlas-second'];

export class AtlasSection {
  #form = byId('atlas-form', HTMLFormElement);
  #beside = byId('atlas-beside', HTMLInputElement);
  #notice = byId('atlas-notice', HTMLElement);
  #copy = byId('atlas-link', HTMLButtonElement);
  #csv = byId('atlas-csv', HTMLButtonElement);
  /** @type {readonly Course[]} */
  #courses = [];
  #plot = new Plot('atlas-chart', 'atlas-readout', () => this.#picture(), { table: new FoldedTable('atlas-points', ['m', 'The floor', 'The other’s']) });
  #lab;
  #attempt;
  /** Counts what was asked; only the last answer is shown. */
  #turn = 0;
  /** Whether what was asked last has its answer, be it a refusal of what is typed. */
  #answered = false;
  #soon = coalesce(() => void this.#attempt(() => this.#ask(), true), 150);

  /** @param {Pick<Context, 'lab' | 'attempt' | 'trainer'>} context */
  constructor({ lab, attempt, trainer }) {
    this.#lab = lab;
    this.#attempt = attempt;
    const { target = 'gelu', d = 64 } = trainer.run?.recipe ?? {};
    this.#fill(read(new URLSearchParams(location.search).get(PARAMETER)) ?? [{ target, scale: 1, d: trainer.run ? d : 64 }]);
    this.#form.addEventListener('input', () => {
      byId('atlas-address', HTMLInputElement).value = '';
      this.#show();
      this.#soon();
    });
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    const address = byId('atlas-address', HTMLInputElement);
    this.#copy.addEventListener('click', () => {
      address.value = this.#link;
      void copyText(this.#copy, address.value, () => address.select());
    });
    this.#csv.addEventListener('click', () => download('phi-psi-atlas.csv', csv(atlasRows(this.#courses)), 'text/csv;charset=utf-8'));
    this.#show();
    this.#soon();
    // Without a network nothing may have come of it.
    addEventListener('online', () => this.#answered || this.#soon());
  }

  /** @param {readonly Place[]} places */
  #fill(places) {
    places.forEach(({ target, scale, d }, i) => {
      byId(`atlas-target-${i + 1}`, HTMLSelectElement).value = target;
      byId(`atlas-scale-${i + 1}`, HTMLInputElement).value = String(scale);
      byId(`atlas-d-${i + 1}`, HTMLInputElement).value = String(d);
    });
    this.#beside.checked = places.length > 1;
  }

  #show() {
    byId('atlas-second', HTMLElement).hidden = !this.#beside.checked;
  }

  /** What the form asks for. @returns {{ place: Place, fields: string[] }[]} */
  get #asked() {
    const of = (/** @type {number} */ nth) => {
      const [target, scale, d] = [
        byId(`atlas-target-${nth}`, HTMLSelectElement),
        byId(`atlas-scale-${nth}`, HTMLInputElement),
        byId(`atlas-d-${nth}`, HTMLInputElement),
      ];
      return { place: { target: target.value, scale: numberOf('lr', scale.value), d: numberOf('d', d.value) }, fields: [scale.id, d.id] };
    };
    return this.#beside.checked ? [of(1), of(2)] : [of(1)];
  }

  async #ask() {
    const turn = ++this.#turn;
    this.#answered = false;
    const lab = await this.#lab();
    /** @type {Course[]} */
    const courses = [];
    for (const { place, fields } of this.#asked) {
      const [scale, d] = fields.map((id) => byId(id, HTMLInputElement));
      for (const field of [scale, d]) field.removeAttribute('aria-invalid');
      try {
        if (!Number.isInteger(place.d)) throw new RefusalError('d', `d = “${quoted(d.value)}” is not a whole number: the atlas has one from 1 to 1024`);
        courses.push({ place, atlas: await lab.atlas(whole(place.d), place.scale, place.target) });
      } catch (error) {
        if (turn !== this.#turn) return;
        if (!(error instanceof RefusalError)) throw error;
        this.#answered = error.key !== '';
        if (error.key) (error.key === 'scale' ? scale : d).setAttribute('aria-invalid', 'true');
        say(this.#notice, ended(error.message));
        return;
      }
    }
    if (turn !== this.#turn) return;
    say(this.#notice, '');
    this.#answered = true;
    this.#courses = courses;
    this.#tell();
  }

  #tell() {
    for (const button of [this.#copy, this.#csv]) button.disabled = false;
    say(byId('atlas-words', HTMLElement), this.#courses.map(({ place, atlas }) => atlasWords(place, atlas)).join(' '));
    const rows = this.#courses.map(({ atlas }) => accuracies(atlas));
    byId('atlas-heads', HTMLElement).replaceChildren(
      html('th', { scope: 'col' }, 'Of the mean square'),
      ...this.#courses.map(({ place }) => html('th', { scope: 'col' }, `m for ${placeWords(place)}`)),
    );
    byId('atlas-accuracies', HTMLTableSectionElement).replaceChildren(
      ...rows[0].map(({ share }, i) => html('tr', {}, html('th', { scope: 'row' }, share), ...rows.map((each) => html('td', {}, each[i].m)))),
    );
    const section = byId('atlas', HTMLElement);
    section.dataset.of = written(this.#courses.map(({ place }) => place));
    this.#plot.draw();
  }

  /** The address of what is on show. The backend, and how the page is seen, are the reader's own affair. */
  get #link() {
    return `${location.origin}${location.pathname}?view=limits&${PARAMETER}=${written(this.#courses.map(({ place }) => place))}#atlas`;
  }

  /** @returns {import('../../plot/plot.js').Picture | import('../../plot/plot.js').Nothing} */
  #picture() {
    const courses = this.#courses;
    if (courses.length === 0) return { label: 'The floors: not computed yet.', empty: 'The floors appear here.' };
    const most = Math.max(...courses.map(({ atlas }) => atlas.all));
    const seen = courses.map(({ place, atlas }) => ({
      place,
      atlas,
      places: READ.map((m) => ({ m, floor: floorAt(atlas, m) })).filter(({ floor }) => floor >= DEEPEST * most),
      corners: [...atlas.widths].map((m, i) => ({ m, floor: atlas.floors[i] })).filter(({ m, floor }) => m >= 1 && m <= 1e6 && floor >= DEEPEST * most),
    }));
    const drawn = seen.flatMap(({ places, corners }) => [...places, ...corners]);
    const last = Math.max(10, ...drawn.map(({ m }) => m));
    const up = logAxis(Math.max(DEEPEST * most, Math.min(...drawn.map(({ floor }) => floor))), most);
    const marks = READ.filter((m) => m <= last);
    return {
      label: `The floor against the width, on two logarithmic axes, of ${courses.map(({ place }) => placeWords(place)).join(' and ')}. The arrow keys read out the floor of a width.`,
      frame: (plot) =>
        logFrame(plot, up, MARGIN, ({ left, right }) => {
          const x = logarithmic(1, last, left + 4, right - 4);
          const { ticks } = logAxis(1, last);
          const labels = ticks.filter(({ value }) => value <= last && Number.isInteger(Math.log10(value)));
          return { x, marks: labels.map(({ value, label }) => ({ at: x(value), label: { text: label, x: x(value) } })), name: 'm, features' };
        }),
      marks: ({ x, y }) =>
        seen.flatMap(({ atlas, places, corners }, i) => {
          // Straight lines bend on logarithmic axes: all that is read, and every corner.
          const all = [...places, ...corners].sort((one, other) => one.m - other.m);
          const path = svg('path', { class: LOOKS[i], d: line(all.map(({ m, floor }) => /** @type {Spot} */ ([x(m), y(floor)]))) });
          const dots = knees(atlas).filter(({ m, floor }) => m <= last && floor >= DEEPEST * most);
          return [path, ...dots.map(({ m, floor }) => svg('circle', { class: `${LOOKS[i]} knee`, cx: x(m), cy: y(floor), r: 4 }))];
        }),
      readable: (frame) => {
        const places = marks.map(frame.x);
        return {
          parts: marks.length,
          at: (x) => nearest(places, x),
          read: (part) => (part < marks.length ? { words: readingWords(courses, marks[part]), marks: [upright(frame, places[part])] } : null),
          rest: '',
        };
      },
      table: () => ({
        caption: 'The floor of each width.',
        rows: marks.map((m) => floorCells(courses, m)),
      }),
    };
  }
}

/** A number as typed, read as that key's, NaN where it is none: the module says what is wrong with it. @param {string} key @param {string} text */
function numberOf(key, text) {
  return text.trim() === '' ? NaN : Number(plainField(key, text));
}

/** What the module can be asked for, which has the last word. @param {number} d */
function whole(d) {
  return Math.min(Math.max(d, 0), 2 ** 31);
}
