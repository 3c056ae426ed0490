// @ts-check
/**
 * A chart for those who hear it: a slider, whose values are the chart's parts. Its name describes the whole, an arrow key has the next part's
 * words spoken at once, and no live region is needed for that. Names and values that change by themselves under the focus would be spoken
 * too, so they wait.
 */

/** Names that wait for the focus to leave. @type {WeakMap<SVGSVGElement, string>} */
const waiting = new WeakMap();

/** Says what of the chart is picked. @param {SVGSVGElement} plot @param {number} picked the part that is read out, or -1 @param {number} parts how many there are @param {string} words what is said of it */
export function stand(plot, picked, parts, words) {
  const none = picked < 0;
  write(plot, { 'aria-valuemin': none ? 0 : 1, 'aria-valuemax': parts, 'aria-valuenow': picked + 1, 'aria-valuetext': none ? 'nothing is picked' : words });
}

/** Says what the chart is and shows. @param {SVGSVGElement} plot @param {string} words */
export function describe(plot, words) {
  if (document.activeElement !== plot) return write(plot, { 'aria-label': words });
  if (!waiting.has(plot)) plot.addEventListener('blur', () => catchUp(plot), { once: true });
  waiting.set(plot, words);
}

/** @param {SVGSVGElement} plot */
function catchUp(plot) {
  write(plot, { 'aria-label': waiting.get(plot) ?? '' });
  waiting.delete(plot);
}

/** What is there already is not written again. @param {SVGSVGElement} plot @param {Record<string, string | number>} attributes */
function write(plot, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (plot.getAttribute(name) !== String(value)) plot.setAttribute(name, String(value));
  }
}
