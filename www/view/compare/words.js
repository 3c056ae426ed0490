// @ts-check
/** A comparison in words. Pure. */
import { signed } from '../../common/figures.js';

/** @typedef {import('../../common/protocol.js').Comparison} Comparison */
/** One output. @typedef {{ z: number, truth: number, learned: number }} Output */

/** The outputs that can be drawn, from left to right. @param {readonly number[]} wx @param {readonly number[]} truths @param {readonly number[]} approx @returns {Output[]} */
export function outputs(wx, truths, approx) {
  const all = wx.map((z, i) => ({ z, truth: truths[i], learned: approx[i] }));
  return all.filter(({ z, truth, learned }) => [z, truth, learned].every(Number.isFinite)).sort((one, other) => one.z - other.z);
}

/** One output. @param {Output} output @param {string} name of the function */
export function words({ z, truth, learned }, name) {
  return `z ${signed(z)}: ${name} ${signed(truth)}, learned ${signed(learned)}, error ${signed(learned - truth)}`;
}

/** What is said while nothing is picked. @param {readonly Output[]} outputs */
export function resting(outputs) {
  if (outputs.length === 0) return '';
  const away = (/** @type {Output} */ { truth, learned }) => Math.abs(learned - truth);
  const { z, truth, learned } = outputs.reduce((worst, each) => (away(each) > away(worst) ? each : worst));
  return `largest error ${signed(learned - truth)}, at z ${signed(z)}`;
}

/** The picture as a whole. @param {Comparison | null} comparison @param {string} name of the function */
export function described(comparison, name) {
  if (!comparison) return `The curve of ${name}; nothing has been compared yet.`;
  const parts = comparison.wx
    .slice(0, 8)
    .map((z, i) => `at ${z.toFixed(2)} ${name} is ${comparison.yardstick[i].toFixed(2)}, learned ${learnedWords(comparison.approx[i])}`);
  return `The curve of ${name} with the compared outputs: ${parts.join('; ')}. The arrow keys read out single outputs.`;
}

/** @param {number} approx */
function learnedWords(approx) {
  return Number.isFinite(approx) ? approx.toFixed(2) : 'not a finite number';
}
