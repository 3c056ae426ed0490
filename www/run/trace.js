// @ts-check
/**
 * What was kept in this browser, noted in other places than it is kept in: so that runs which the browser has deleted are told of, and not an empty list shown.
 *
 * What can be known. Short of room, Chromium deletes a site's IndexedDB, with the runs under way, and leaves localStorage, with the list of those that have ended and
 * this note. Another page of the same site may clear localStorage; then the note in IndexedDB tells of the list. Firefox and WebKit delete all that a site keeps at
 * once; then only a tab that was open before knows, by its sessionStorage. Where that is gone as well (WebKit after seven days of use without a visit, a
 * new tab, a private window that was closed), nothing can be known, and an empty list is all that can be shown. A cookie would tell, and be sent to the server
 * with every request: this page has none.
 */

/** @typedef {import('../common/protocol.js').Fields} Fields */
/** @typedef {import('./saved-runs.js').Entry} Entry */

/** A run under way, as it was kept last, at an ISO 8601 time. @typedef {{ at: string, epoch: number, fields: Fields }} UnderWay */

/** Runs that have ended and how many there were at a time, and those under way by their ids. @typedef {{ at: string, runs: number, underWay: Record<string, UnderWay> }} Noted */

/** What is not there any more: how many runs of the list, and those under way. @typedef {{ at: string, runs: number, underWay: UnderWay[] }} Missing */

/** In localStorage and sessionStorage; near.js has the same words. */
export const PLACE = 'phi-psi kept';

/** A place that is there when the others are gone; it may refuse. @typedef {{ read: () => Promise<unknown>, write: (noted: Noted) => Promise<unknown> }} Beside */

export class Trace {
  #places;
  #beside;
  #now;
  /** @type {Noted} */
  #noted = { at: '', runs: 0, underWay: {} };

  /** @param {(() => Storage)[]} places that speak in this order, before and behind the one beside them @param {Beside} beside @param {() => string} now as ISO 8601 */
  constructor(places, beside, now) {
    this.#places = places;
    this.#beside = beside;
    this.#now = now;
  }

  /** What is noted and is not there. @param {boolean} list whether the list's place is there @param {ReadonlySet<string> | null} ids of the runs under way, null where the browser does not say @returns {Promise<Missing>} */
  async missing(list, ids) {
    const [first, ...others] = this.#places;
    const found =
      judged(textIn(first)) ?? judged(await this.#beside.read().catch(() => null)) ?? others.map((place) => judged(textIn(place))).find((one) => one);
    if (found) this.#noted = found;
    const { at, runs, underWay } = this.#noted;
    return { at, runs: list ? 0 : runs, underWay: ids ? Object.keys(underWay).flatMap((id) => (ids.has(id) ? [] : underWay[id])) : [] };
  }

  /** The list has so many runs. @param {number} runs */
  count(runs) {
    this.#change((noted) => ({ ...noted, at: this.#now(), runs }));
    void this.#beside.write({ ...this.#noted, underWay: {} }).catch(() => {});
  }

  /** A run under way is kept; those that are gone have been told of. @param {Entry} entry @param {readonly UnderWay[]} [gone] */
  add({ id, saved: { fields, checkpoint } }, gone = []) {
    this.#change(({ underWay, ...noted }) => {
      const there = Object.entries(underWay).filter(([, one]) => !gone.some(({ at }) => at === one.at));
      return { ...noted, underWay: { ...Object.fromEntries(there), [id]: { at: this.#now(), epoch: checkpoint.epoch, fields } } };
    });
  }

  /** A run is about to be kept no longer, by the page's own doing. @param {string} id */
  remove(id) {
    this.#change(({ underWay: { [id]: _, ...underWay }, ...noted }) => ({ ...noted, underWay }));
  }

  /** What other tabs have noted counts as well. @param {(noted: Noted) => Noted} change */
  #change(change) {
    this.#noted = change(judged(textIn(this.#places[0])) ?? this.#noted);
    for (const place of this.#places) {
      try {
        place().setItem(PLACE, JSON.stringify(this.#noted));
      } catch {
        // What is refused or full cannot be noted, and neither can the runs be kept.
      }
    }
  }
}

/** @param {() => Storage} place @returns {unknown} */
function textIn(place) {
  try {
    return JSON.parse(place().getItem(PLACE) ?? 'null');
  } catch {
    return null;
  }
}

/** What is read back may be another page's, or damaged: null then. @param {any} value @returns {Noted | null} */
function judged(value) {
  if (!Number.isSafeInteger(value?.runs) || value.runs < 0 || typeof value.underWay !== 'object' || value.underWay === null) return null;
  const all = Object.entries(value.underWay).filter(([, one]) => isUnderWay(one));
  const at = isTime(value.at) ? value.at : '';
  return { at, runs: at ? value.runs : 0, underWay: Object.fromEntries(all) };
}

/** @param {any} value @returns {value is UnderWay} */
function isUnderWay(value) {
  return isTime(value?.at) && Number.isSafeInteger(value.epoch) && value.epoch >= 0 && typeof value.fields === 'object' && value.fields !== null;
}

/** @param {any} value */
function isTime(value) {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}
