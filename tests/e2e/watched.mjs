// @ts-check
/** What moves on the page as it comes to stand, and what takes long. */
import assert from 'node:assert/strict';

/** @typedef {import('./browser.mjs').Visitor} Visitor */

/** Runs in the page, from its very beginning: what moves, what takes long, and when the log has its first line and each state begins. */
export const WATCHED = `globalThis.shifts = [];
globalThis.tasks = [];
const name = (node) => (node ? (node.localName ?? '#text') + '#' + (node.id || node.className || '') : 'gone');
new PerformanceObserver((list) => {
  for (const { value, startTime, hadRecentInput, sources } of list.getEntries()) globalThis.shifts.push({ value, at: startTime, hadRecentInput, what: sources.map(({ node }) => name(node)) });
}).observe({ type: 'layout-shift', buffered: true });
new PerformanceObserver((list) => {
  for (const { duration, startTime } of list.getEntries()) globalThis.tasks.push({ duration, at: startTime });
}).observe({ type: 'longtask', buffered: true });
addEventListener('DOMContentLoaded', () => {
  const log = document.getElementById('log');
  if (log) new MutationObserver(() => (globalThis.firstEpoch ??= performance.now())).observe(log, { childList: true, subtree: true });
  const status = document.getElementById('status');
  globalThis.since = {};
  new MutationObserver(() => (globalThis.since[status.dataset.state] = performance.now())).observe(status, { attributeFilter: ['data-state'] });
});`;

/** The module is there, and the page is drawn. @param {Visitor} visitor */
export async function loaded(visitor) {
  await visitor.eventually(async () => assert.match(await visitor.text('estimate'), /memory/));
  await visitor.frames();
}
