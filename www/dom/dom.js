// @ts-check
/** Finding and making elements. Text reaches the page through `textContent`, `value` and fixed attributes only. */

/**
 * The element with this id. The page's own markup has it, or the page is broken.
 * @template {Element} T
 * @param {string} id
 * @param {new (...args: any[]) => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} #${id}`);
  return found;
}

const SVG = 'http://www.w3.org/2000/svg';

/**
 * An SVG element with its attributes and, for labels, its text.
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} name
 * @param {Record<string, string | number>} [attributes]
 * @param {string} [text]
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(name, attributes = {}, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}

/**
 * An HTML element with its attributes and what is in it; text among that stays text.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Record<string, string>} [attributes]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function html(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Writes the text where another stands: the same one again would be read out again. @param {Element} element @param {string} text */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Leaves a number as it is when the wheel is turned over its field, and the wheel to the page: no browser steps what is read-only at that moment. It
 * keeps the focus, what is typed, and the steps by arrow keys.
 * @param {HTMLInputElement} input
 */
export function keepFromWheel(input) {
  const turned = () => {
    if (input.readOnly) return;
    input.readOnly = true;
    setTimeout(() => (input.readOnly = false));
  };
  input.addEventListener('wheel', turned, { passive: true });
}

/** After a frame that took long, the page does other things for three times as long, up to so many milliseconds. */
const REST = 3;
const MOST_REST_MS = 500;

/** From when on there may be another frame. */
let rested = 0;

/** What is to be drawn. @type {Set<() => void>} */
const waiting = new Set();

/**
 * Calls `draw` once, soon, however often it is asked to: with the next frame, or by a timer where a background tab has no frames.
 * @param {() => void} draw
 * @param {number} [ms] the least time between two calls
 * @returns {() => void}
 */
export function coalesce(draw, ms = 0) {
  let last = -Infinity;
  const run = () => {
    if (!waiting.delete(run)) return;
    last = performance.now();
    draw();
    // Comes after the frame has been laid out and painted. In a tab behind others there is none, and timers are late.
    setTimeout(() => {
      const now = performance.now();
      if (!document.hidden) rested = Math.max(rested, now + Math.min(REST * (now - last), MOST_REST_MS));
    });
  };
  return () => {
    if (waiting.has(run)) return;
    waiting.add(run);
    const wait = Math.max(last + ms, rested) - performance.now();
    if (document.hidden) setTimeout(run, Math.max(wait, 250));
    else if (wait > 0) setTimeout(requestFrame, wait, run);
    else requestFrame(run);
  };
}

/** Draws, with the next frame, all that is to be drawn later: nothing goes on that could wait for it. */
export function drawSoon() {
  for (const run of waiting) requestFrame(run);
}

/** A frame that also comes when the tab is hidden before it is drawn. @param {() => void} run */
function requestFrame(run) {
  let over = false;
  const once = () => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    run();
  };
  const timer = setTimeout(once, 500);
  const frame = requestAnimationFrame(once);
}
