// @ts-check
/**
 * What the page says aloud: one polite live region for all of it, which speaks every two seconds at most. What happens together is said
 * together, and of what follows each other faster than anybody can listen only the latest is said.
 */
import { COPIED } from './clipboard.js';
import { byId } from './dom.js';

/** The least time from one saying to the next. */
export const REST_MS = 2_000;

/** What belongs together comes within this time. */
const GATHER_MS = 150;

export class Announcer {
  #write;
  #now;
  /** What is to be said yet, by what it is about. @type {Map<string, string>} */
  #pending = new Map();
  #spokeAt = -Infinity;
  #waiting = false;

  /** @param {(words: string) => void} write has the words spoken @param {() => number} [now] milliseconds that only go on */
  constructor(write, now = () => performance.now()) {
    this.#write = write;
    this.#now = now;
  }

  /** Says it soon. What was to be said of the same thing is out of date by then; no words take it back. @param {string} about @param {string} words */
  say(about, words) {
    this.#pending.delete(about);
    if (words) this.#pending.set(about, words);
    if (this.#pending.size === 0 || this.#waiting) return;
    this.#waiting = true;
    setTimeout(() => this.#speak(), Math.max(GATHER_MS, this.#spokeAt + REST_MS - this.#now()));
  }

  #speak() {
    this.#waiting = false;
    if (this.#pending.size === 0) return;
    const words = [...this.#pending.values()].map((each) => (/[.!?…]$/.test(each) ? each : `${each}.`));
    this.#pending.clear();
    this.#spokeAt = this.#now();
    this.#write(words.join(' '));
  }
}

/** The page's announcer, which also says what comes to stand in the elements marked `data-said`, where they are on show. */
export function pageAnnouncer() {
  const region = byId('announcer', HTMLElement);
  const announcer = new Announcer((words) => {
    // The same words again are another text, or nobody would hear them.
    region.textContent = region.textContent === words ? `${words}\u00a0` : words;
  });
  for (const element of document.querySelectorAll('[data-said]')) {
    new MutationObserver(() => {
      const shown = element.getClientRects().length > 0;
      announcer.say(`#${element.id}`, shown ? (element.textContent ?? '').trim() : '');
    }).observe(element, { childList: true, characterData: true, subtree: true });
  }
  document.addEventListener(COPIED, (event) => announcer.say('copied', /** @type {CustomEvent<string>} */ (event).detail));
  return announcer;
}
