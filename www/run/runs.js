// @ts-check
/**
 * The runs that have ended, and their place in the browser's storage. No DOM and no clock here.
 *
 * The list on show is the one in storage, read again before each change, so that two tabs do not wipe each other's runs. Where storage
 * is refused or full the list goes on in memory, and `refused` says so. What is read back may be damaged, another version's or another
 * page's (all pages of an origin share one storage): every entry is judged whole, and one that is not as this file writes it is dropped.
 *
 * `change` is a signal without a load: `list`, `undoable` or `refused` is another. `valued` is one as well: the visitor has pinned or named a run.
 */

import { KEYS } from '../common/keys.js';
import { isLayerName } from '../common/layer-name.js';
import { changes, keyOf, NAMES } from '../common/recipe.js';
import { figure, isObject, isText } from './stored.js';

/** @typedef {import('../common/protocol.js').Backend} Backend */
/** @typedef {import('../common/keys.js').Key} Key */
/** @typedef {import('../common/protocol.js').Fields} Fields */
/** @typedef {import('../common/protocol.js').Recipe} Recipe */

/** The end of an epoch; runs that were kept before the page had it have no held-out error here.
 * @typedef {{ epoch: number, mse: number, heldOut?: number }} Point */

/**
 * A run that has ended.
 * @typedef {object} Ended
 * @property {Fields} fields the recipe as typed
 * @property {Recipe} recipe
 * @property {Backend} backend
 * @property {string} adapter the GPU's name; empty on the CPU
 * @property {string} source the weights file that it began with; empty for the seed's weights
 * @property {number} seconds of training
 * @property {string} ended when, as ISO 8601
 * @property {readonly Point[]} history of every epoch
 */

/**
 * A run as it is kept. `number` counts up and names it until the visitor does; `curve` is its look on the chart, null while it is not there;
 * `points` are its history, thinned; `heldOut` is null until it is known.
 * @typedef {Omit<Ended, 'history'> & { id: string, number: number, name: string, pinned: boolean, curve: number | null, points: Point[], mse: number, heldOut: number | null }} Kept
 */

/** With the version of the form that the runs are kept in: another version has another place. */
export const PLACE = 'phi-psi runs 1';

/** With as many points each as they may have, some 750 kB of the 5 MB that browsers give. */
export const MOST_RUNS = 50;
export const MOST_POINTS = 300;

/** Curves that can be told apart; more of them share a look. */
export const CURVES = 6;

export const MOST_NAME = 80;

/** Of what was typed into a field, and of names from outside. */
const MOST_TEXT = 200;

/** Of the changes of a learning rate, with all digits of each. */
const MOST_COURSE = 40 * (keyOf('rates').most ?? 0);

/** Deleted runs can outnumber the kept ones once they are taken back; more than this were not written here. */
const MOST_READ = 4 * MOST_RUNS;

const REFUSED = 'This browser lets the page keep nothing, so these runs are here only until it is closed.';
const DELETED = 'The browser has deleted what it kept of these runs: they are here from the page’s memory, and are kept again with the next change.';
const FULL = 'The browser has no more room for this page, so what is new here stays only until it is closed. Deleting runs makes room.';

export class Runs extends EventTarget {
  /** Pinned ones first, then the newest. @type {readonly Kept[]} */
  list = [];
  /** Why the runs are not kept, in a sentence; empty while they are. */
  refused = '';
  #storage;
  /** What was deleted, by deletion. @type {Kept[][]} */
  #deleted = [];
  /** Whether the list is not what is in storage, since that was refused or full. */
  #adrift = false;
  /** Every run that was ever in the list: one that is in storage and not here any more was deleted here. @type {Set<string>} */
  #seen = new Set();

  /** @param {() => Storage} storage asked for at each use, since some browsers refuse to name it */
  constructor(storage) {
    super();
    this.#storage = storage;
    this.#take(this.#latest());
  }

  /** The runs that `undo` brings back. @returns {readonly Kept[]} */
  get undoable() {
    return this.#deleted.at(-1) ?? [];
  }

  /** @param {string} id */
  find(id) {
    return this.list.find((kept) => kept.id === id);
  }

  /**
   * Keeps a run. The same run over again only takes the place of its time; of too many the oldest that is not pinned goes.
   * @param {Ended} ended
   * @returns {{ kept: Kept, gone: Kept[] }} `kept` is itself gone where all others are pinned
   */
  keep({ history, ...ended }) {
    const points = thin(history);
    const mse = history[history.length - 1].mse;
    /** @type {Kept | undefined} */
    let kept;
    /** @type {Kept[]} */
    let gone = [];
    this.#change((list) => {
      const twin = list.find((other) => isReplay(other, ended, mse));
      // The points are the same, but that the held-out errors may not have been kept before.
      kept = twin ? { ...twin, points, seconds: ended.seconds, ended: ended.ended } : { ...fresh(list), ...bounded(ended), points, mse };
      const all = inOrder([kept, ...list.filter((other) => other !== twin)]);
      const excess = Math.max(0, all.length - MOST_RUNS);
      gone = excess > 0 ? all.filter(({ pinned }) => !pinned).slice(-excess) : [];
      return all.filter((other) => !gone.includes(other));
    });
    return { kept: /** @type {Kept} */ (/** @type {unknown} */ (kept)), gone };
  }

  /** The held-out error of a kept run. @param {string} id @param {number} heldOut */
  learn(id, heldOut) {
    this.#alter(id, { heldOut });
  }

  /** An empty name gives it its number back. @param {string} id @param {string} name */
  rename(id, name) {
    this.#value(id, { name: name.trim().slice(0, MOST_NAME) });
  }

  /** @param {string} id @param {boolean} pinned */
  pin(id, pinned) {
    this.#value(id, { pinned });
  }

  /** Puts the run's curve on the chart, or takes it away. @param {string} id @param {boolean} shown */
  show(id, shown) {
    this.#alter(id, { curve: shown ? rarest(this.list.filter((kept) => kept.id !== id)) : null });
  }

  /** Deletes runs, all at once. @param {readonly string[]} ids */
  remove(ids) {
    this.#change((list) => {
      const gone = list.filter(({ id }) => ids.includes(id));
      if (gone.length > 0) this.#deleted.push(gone);
      return list.filter((kept) => !gone.includes(kept));
    });
  }

  /** Takes the last deletion back, and then the one before it. @returns {readonly Kept[]} what is back */
  undo() {
    const back = this.#deleted.pop() ?? [];
    this.#change((list) => [...list, ...back.filter(({ id }) => !list.some((kept) => kept.id === id))]);
    return back;
  }

  /** Another tab has changed something in storage. @param {string | null} key null for all of it */
  hear(key) {
    if (key !== null && key !== PLACE) return;
    this.#take(this.#latest());
    this.dispatchEvent(new Event('change'));
  }

  /** @param {string} id @param {Partial<Kept>} news */
  #value(id, news) {
    this.#alter(id, news);
    this.dispatchEvent(new Event('valued'));
  }

  /** @param {string} id @param {Partial<Kept>} news */
  #alter(id, news) {
    this.#change((list) => list.map((kept) => (kept.id === id ? { ...kept, ...news } : kept)));
  }

  /** @param {(list: readonly Kept[]) => Kept[]} change */
  #change(change) {
    this.#take(change(this.#latest()));
    this.#write();
    this.dispatchEvent(new Event('change'));
  }

  /** @param {readonly Kept[]} list */
  #take(list) {
    this.list = inOrder(list);
    for (const { id } of list) this.#seen.add(id);
  }

  /** The list with what other tabs have done to it. @returns {readonly Kept[]} */
  #latest() {
    let text;
    try {
      text = this.#storage().getItem(PLACE);
    } catch {
      this.#adrift = true;
      this.refused = REFUSED;
      return this.list;
    }
    // Nobody here takes the list away: it is empty when all are deleted.
    if (text === null && this.list.length > 0) {
      this.#adrift = true;
      this.refused = DELETED;
      return this.list;
    }
    const stored = read(text ?? '[]');
    if (!this.#adrift) return stored;
    return [...this.list, ...stored.filter(({ id }) => !this.#seen.has(id))];
  }

  #write() {
    try {
      this.#storage().setItem(PLACE, write(this.list));
      this.#adrift = false;
      this.refused = '';
    } catch (error) {
      this.#adrift = true;
      this.refused = error instanceof DOMException && error.name === 'QuotaExceededError' ? FULL : REFUSED;
    }
  }
}

/** What the run is called. @param {Kept} kept */
export function title({ name, number }) {
  return name || `Run ${number}`;
}

/**
 * A history in at most MOST_POINTS points. A short one is whole; of a long one stay the first, the last, and of each bucket between the lowest
 * and the highest. What is not a number counts as the highest, so that a gap stays a gap. The held-out errors are those of the same epochs.
 * @param {readonly Point[]} history @returns {Point[]}
 */
export function thin(history) {
  const all = history.length;
  const point = (/** @type {Point} */ { epoch, mse, heldOut }) => ({ epoch, mse, ...(heldOut !== undefined && { heldOut }) });
  if (all <= MOST_POINTS) return history.map(point);
  const height = (/** @type {Point} */ { mse }) => (Number.isNaN(mse) ? Infinity : mse);
  const buckets = (MOST_POINTS - 2) / 2;
  const edge = (/** @type {number} */ bucket) => 1 + Math.floor((bucket * (all - 2)) / buckets);
  const kept = [history[0]];
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    let low = edge(bucket);
    let high = low;
    for (let i = low; i < edge(bucket + 1); i += 1) {
      if (height(history[i]) < height(history[low])) low = i;
      if (height(history[i]) > height(history[high])) high = i;
    }
    for (const i of new Set([Math.min(low, high), Math.max(low, high)])) kept.push(history[i]);
  }
  kept.push(history[all - 1]);
  return kept.map(point);
}

/** @param {readonly Kept[]} list */
function inOrder(list) {
  const before = (/** @type {string} */ one, /** @type {string} */ other) => (one > other ? -1 : one < other ? 1 : 0);
  return [...list].sort((one, other) => Number(other.pinned) - Number(one.pinned) || before(one.ended, other.ended) || other.number - one.number);
}

/** Whether a run that ends with `mse` is the kept one over again. @param {Kept} kept @param {Omit<Ended, 'history'>} run @param {number} mse */
function isReplay(kept, run, mse) {
  const { backend, adapter, source } = bounded(run);
  return (
    Object.is(kept.mse, mse) &&
    kept.backend === backend &&
    kept.adapter === adapter &&
    kept.source === source &&
    NAMES.every((key) => kept.recipe[key] === run.recipe[key])
  );
}

/** What another run begins with. @param {readonly Kept[]} list */
function fresh(list) {
  const id = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const number = 1 + Math.max(0, ...list.map((kept) => kept.number));
  return { id, number, name: '', pinned: false, curve: null, heldOut: null };
}

/** The run with no more of its texts than is kept. @param {Omit<Ended, 'history'>} ended */
function bounded(ended) {
  const { fields, recipe } = ended;
  const own = NAMES.filter((name) => recipe[name] !== undefined);
  const typed = own.map((name) => [name, fields[name].length <= MOST_TEXT ? fields[name] : String(recipe[name])]);
  return {
    ...ended,
    fields: /** @type {Fields} */ (Object.fromEntries(typed)),
    adapter: ended.adapter.slice(0, MOST_TEXT),
    source: ended.source.slice(0, MOST_TEXT),
  };
}

/** The look that fewest of the shown runs have. @param {readonly Kept[]} list */
function rarest(list) {
  const uses = Array.from({ length: CURVES }, (_, curve) => list.filter((kept) => kept.curve === curve).length);
  return uses.indexOf(Math.min(...uses));
}

/**
 * JSON has no word for what is not finite, and null is not measured yet. The held-out errors stand beside the points, where a page of an
 * earlier version, which knows nothing of them, does not look.
 * @param {readonly Kept[]} list
 */
function write(list) {
  const entries = list.map(({ points, mse, heldOut, ...kept }) => {
    const heldOuts = points.flatMap((point) => point.heldOut ?? []);
    const pairs = points.map(({ epoch, mse }) => [epoch, mse]);
    return { ...kept, points: pairs, mse, heldOut, ...(heldOuts.length > 0 && { heldOuts }) };
  });
  return JSON.stringify(entries, (_, value) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value));
}

/** The runs in a text that anybody may have written. @param {string} text @returns {Kept[]} */
function read(text) {
  let entries;
  try {
    entries = JSON.parse(text);
  } catch {
    return [];
  }
  if (!Array.isArray(entries)) return [];
  /** @type {Map<string, Kept>} */
  const found = new Map();
  for (const entry of entries) {
    if (found.size === MOST_READ) break;
    const kept = judge(entry);
    if (kept) found.set(kept.id, kept);
  }
  return [...found.values()];
}

/** The entry as a run, made anew of what was asked for and nothing else; null where anything of it is wrong. @param {any} entry @returns {Kept | null} */
function judge(entry) {
  if (!isObject(entry)) return null;
  const { id, number, name, pinned, curve, backend, adapter, source, seconds, ended } = entry;
  const fine =
    typeof id === 'string' &&
    /^[0-9a-f]{24}$/.test(id) &&
    isCount(number, 1) &&
    isText(name, MOST_NAME) &&
    typeof pinned === 'boolean' &&
    (curve === null || (isCount(curve, 0) && curve < CURVES)) &&
    (backend === 'cpu' || backend === 'webgpu') &&
    isText(adapter, MOST_TEXT) &&
    isText(source, MOST_TEXT) &&
    Number.isFinite(seconds) &&
    seconds >= 0 &&
    isDate(ended);
  if (!fine) return null;
  const recipe = judgeRecipe(entry.recipe);
  const fields = recipe && judgeFields(entry.fields, recipe);
  const points = recipe && judgePoints(entry.points, entry.heldOuts, recipe.epochs);
  const mse = figure(entry.mse);
  const heldOut = entry.heldOut === null ? null : figure(entry.heldOut);
  if (!fields || !points || mse === undefined || heldOut === undefined || !Object.is(mse, points[points.length - 1].mse)) return null;
  return { id, number, name, pinned, curve, fields, recipe, backend, adapter, source, seconds, ended, points, mse, heldOut };
}

/** @param {any} entry @returns {Recipe | null} */
function judgeRecipe(entry) {
  if (!isObject(entry)) return null;
  // The limits are the module's, and may widen: this says only what a recipe looks like.
  const own = KEYS.filter(({ name, optional }) => !optional || entry[name] !== undefined);
  if (!own.every((key) => isChecked(key, entry[key.name]))) return null;
  return /** @type {Recipe} */ (Object.fromEntries(own.map(({ name }) => [name, entry[name]])));
}

/** Whether a recipe that was checked may say this under the key; an optional one that is as the notebook's is not said. @param {Key} key @param {any} value */
function isChecked({ kind, least = 0, choices, notebook }, value) {
  if (kind === 'whole') return isCount(value, least);
  if (kind === 'real') return Number.isFinite(value) && value > 0;
  if (kind === 'choice') return value !== notebook && choices?.includes(value);
  if (kind === 'layer') return isText(value, MOST_TEXT) && isLayerName(value);
  return isText(value, MOST_COURSE) && /^\d+:[\d.e-]+(,\d+:[\d.e-]+)*$/.test(value) && changes({ rates: value }).every(({ lr }) => lr > 0);
}

/** @param {any} entry @param {Recipe} recipe @returns {Fields | null} */
function judgeFields(entry, recipe) {
  if (!isObject(entry) || !KEYS.every((key) => isTyped(key, entry[key.name], recipe[key.name]))) return null;
  const own = NAMES.filter((name) => recipe[name] !== undefined);
  return Object.fromEntries(own.map((name) => [name, entry[name]]));
}

/** Whether what was typed under a key is what the recipe has. @param {Key} key @param {any} text @param {Recipe[keyof Recipe]} value */
function isTyped({ kind }, text, value) {
  if (value === undefined || kind === 'choice' || kind === 'layer') return text === value;
  if (kind === 'whole' || kind === 'real') return isText(text, MOST_TEXT) && Number(text) === value;
  return isText(text, MOST_COURSE) && JSON.stringify(changes({ rates: text })) === JSON.stringify(changes({ rates: String(value) }));
}

/** @param {any} entry @param {any} heldOuts as many as there are points, or none at all @param {number} epochs @returns {Point[] | null} */
function judgePoints(entry, heldOuts, epochs) {
  if (!Array.isArray(entry) || entry.length === 0 || entry.length > MOST_POINTS) return null;
  if (heldOuts !== undefined && !(Array.isArray(heldOuts) && heldOuts.length === entry.length)) return null;
  /** @type {Point[]} */
  const points = [];
  for (const [i, pair] of entry.entries()) {
    if (!Array.isArray(pair) || pair.length !== 2) return null;
    const [epoch, mse, heldOut] = [pair[0], figure(pair[1]), heldOuts && figure(heldOuts[i])];
    const before = points.at(-1)?.epoch ?? 0;
    if (!isCount(epoch, 1) || epoch <= before || mse === undefined || (heldOuts && heldOut === undefined)) return null;
    points.push({ epoch, mse, ...(heldOuts && { heldOut }) });
  }
  return points[0].epoch === 1 && points[points.length - 1].epoch === epochs ? points : null;
}

/** @param {any} value @param {number} least */
function isCount(value, least) {
  return Number.isSafeInteger(value) && value >= least;
}

/** @param {any} value */
function isDate(value) {
  if (!isText(value, 30)) return false;
  const time = Date.parse(value);
  return !Number.isNaN(time) && new Date(time).toISOString() === value;
}
