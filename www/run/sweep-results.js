// @ts-check
/**
 * What has come of sweeps' runs, and what each axis was last asked for: in memory for the page's life, and in the browser's storage for the
 * next one. No DOM here.
 *
 * On the CPU a recipe is its result, so results stand under their recipes, and one sweep's serve every other. Where storage is refused
 * or full the page goes on in memory, and `refused` says so. What is read back may be damaged or another page's: every entry is judged
 * whole, and one that is not as this file writes it is dropped.
 */
import { figure, isObject, isText } from './stored.js';
import { isAxis } from './sweeps.js';

/** @typedef {import('../common/protocol.js').Fields} Fields */
/** @typedef {import('../common/protocol.js').Outcome} Outcome */
/** @typedef {import('./sweeps.js').Axis} Axis */

/** `base` is the recipe as typed when the sweep was started, and null before; `on` what it was started on, the CPU where it does not say.
 * @typedef {{ values: string, seeds: string, base: Fields | null, on?: 'webgpu' }} Asked */

/** With the version of what is kept: another has another place, and so have results once the page computes others. */
export const PLACE = 'phi-psi sweeps 1';

/** Of 5 MB that browsers give; some 3,000 results. The oldest that are too many are not kept. */
export const MOST_LETTERS = 400_000;

/** Of a text from outside: a recipe has at most a hundred changes of its learning rate. */
const MOST_TEXT = 4_000;

const REFUSED = 'This browser lets the page keep nothing, so the sweeps’ results are here only until it is closed.';
const FULL = 'The browser has no more room for this page, so new results of sweeps stay only until it is closed.';

export class SweepResults {
  /** The axis that was looked at last. @type {Axis} */
  axis = 'n';
  /** Why results are not kept, in a sentence; empty while they are. */
  refused = '';
  #storage;
  /** From the oldest to the newest. @type {Map<string, Outcome>} */
  #found = new Map();
  /** @type {Map<Axis, Asked>} */
  #asked = new Map();

  /** @param {() => Storage} storage asked for at each use, since some browsers refuse to name it */
  constructor(storage) {
    this.#storage = storage;
    const { axis, asked, found } = this.#stored();
    this.axis = axis ?? 'n';
    this.#asked = asked;
    this.#found = found;
  }

  /** @param {string} key @returns {Outcome | undefined} */
  get(key) {
    return this.#found.get(key);
  }

  /** @param {Axis} axis @returns {Asked | undefined} */
  asked(axis) {
    return this.#asked.get(axis);
  }

  /** Keeps what came of a run. @param {string} key @param {Outcome} outcome */
  keep(key, outcome) {
    this.#change(() => this.#found.set(key, outcome));
  }

  /** Keeps what was asked for, and the axis looked at with it. @param {Axis} axis @param {Asked} asked */
  ask(axis, asked) {
    this.#change(() => this.#asked.set(axis, asked));
  }

  /** Forgets results. @param {string[]} keys @returns {[string, Outcome][]} what `restore` brings back */
  forget(keys) {
    /** @type {[string, Outcome][]} */
    const gone = [];
    this.#change(() => {
      for (const key of keys) {
        const outcome = this.#found.get(key);
        if (outcome && this.#found.delete(key)) gone.push([key, outcome]);
      }
    });
    return gone;
  }

  /** @param {[string, Outcome][]} gone */
  restore(gone) {
    this.#change(() => {
      for (const [key, outcome] of gone) this.#found.set(key, outcome);
    });
  }

  /** Another tab may have found something too, and what is found stays true. @param {() => void} change */
  #change(change) {
    for (const [key, outcome] of this.#stored().found) if (!this.#found.has(key)) this.#found.set(key, outcome);
    change();
    try {
      this.#storage().setItem(PLACE, this.#written());
      this.refused = '';
    } catch (error) {
      this.refused = error instanceof DOMException && error.name === 'QuotaExceededError' ? FULL : REFUSED;
    }
  }

  #stored() {
    try {
      return read(this.#storage().getItem(PLACE) ?? '{}');
    } catch {
      this.refused = REFUSED;
      return read('{}');
    }
  }

  #written() {
    /** @type {string[]} */
    const entries = [];
    let letters = 0;
    for (const [key, { heldOut, heldOutError, draws, mse, seconds }] of [...this.#found].reverse()) {
      const entry = JSON.stringify([key, ...[heldOut, heldOutError, draws, mse, seconds].map((value) => (Number.isFinite(value) ? value : String(value)))]);
      letters += entry.length;
      if (letters > MOST_LETTERS) break;
      entries.push(entry);
    }
    return `{"axis":${JSON.stringify(this.axis)},"asked":${JSON.stringify([...this.#asked])},"found":[${entries.reverse().join(',')}]}`;
  }
}

/** @param {string} text that anybody may have written */
function read(text) {
  /** @type {{ axis: Axis | null, asked: Map<Axis, Asked>, found: Map<string, Outcome> }} */
  const kept = { axis: null, asked: new Map(), found: new Map() };
  let entries;
  try {
    entries = JSON.parse(text);
  } catch {
    return kept;
  }
  if (!isObject(entries)) return kept;
  if (isText(entries.axis, MOST_TEXT) && isAxis(entries.axis)) kept.axis = entries.axis;
  for (const pair of listOf(entries.asked)) {
    const asked = judgeAsked(pair);
    if (asked) kept.asked.set(...asked);
  }
  for (const entry of listOf(entries.found)) {
    const found = judgeFound(entry);
    if (found) kept.found.set(...found);
  }
  return kept;
}

/** @param {any} value @returns {any[]} */
function listOf(value) {
  return Array.isArray(value) ? value : [];
}

/** @param {any} pair @returns {[Axis, Asked] | null} */
function judgeAsked(pair) {
  if (!Array.isArray(pair) || pair.length !== 2 || !isText(pair[0], MOST_TEXT) || !isAxis(pair[0]) || !isObject(pair[1])) return null;
  const { values, seeds, base, on } = pair[1];
  if (!isText(values, MOST_TEXT) || !isText(seeds, MOST_TEXT)) return null;
  if (base === null) return [pair[0], { values, seeds, base }];
  if (!isObject(base) || Object.keys(base).length > 20 || !Object.entries(base).every((texts) => texts.every((text) => isText(text, MOST_TEXT)))) return null;
  return [pair[0], { values, seeds, base: { ...base }, ...(on === 'webgpu' && { on }) }];
}

/** @param {any} entry @returns {[string, Outcome] | null} */
function judgeFound(entry) {
  if (!Array.isArray(entry) || entry.length !== 6 || !isText(entry[0], MOST_TEXT) || !entry[0].startsWith('d=')) return null;
  const figures = entry.slice(1).map(figure);
  if (figures.includes(undefined)) return null;
  const [heldOut, heldOutError, draws, mse, seconds] = /** @type {number[]} */ (figures);
  if (!Number.isSafeInteger(draws) || draws < 1 || !Number.isFinite(seconds)) return null;
  return [entry[0], { heldOut, heldOutError, draws, mse, seconds }];
}
