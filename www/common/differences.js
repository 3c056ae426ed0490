// @ts-check
/** What tells runs apart that are shown beside one another. Pure. */
import { KEYS } from './keys.js';
import { courseWords } from './recipe.js';

/** @typedef {import('./keys.js').Key} Key */
/** @typedef {import('./keys.js').Recipe} Recipe */

/**
 * A run to be named: `name` is the visitor's for it, empty where there is none, and `title` what it is called if nothing tells it apart.
 * @typedef {{ recipe: Recipe, backend: import('./protocol.js').Backend, adapter: string, source: string, name: string, title: string }} Named
 */

/** What a run is without what others have on their way. */
const NONE = { rates: 'no change of lr', solves: 'never solved' };

/** What is said only of runs that their recipes do not tell apart, the first that does so. @type {((run: Named) => string)[]} */
const BESIDE = [
  ({ source }) => (source ? `from ${source}` : 'from the seed’s weights'),
  ({ backend }) => (backend === 'cpu' ? 'on the CPU' : 'on WebGPU'),
  ({ adapter }) => (adapter ? `on ${adapter}` : ''),
  ({ title }) => title,
];

/** The name of each run among the others: the visitor's, or what differs. @param {readonly Named[]} runs @returns {string[]} */
export function differences(runs) {
  const words = differing(runs.map(({ recipe }) => recipe));
  for (const say of BESIDE) {
    if (!ambiguous(words.filter((_, i) => !runs[i].name))) break;
    const said = runs.map(say);
    if (new Set(said).size > 1) for (const [i, own] of words.entries()) own.push(said[i]);
  }
  return runs.map(({ name, title }, i) => name || words[i].filter(Boolean).join(', ') || title);
}

/** What each recipe has under the keys under which not all have the same. @template {Partial<Recipe>} R @param {readonly R[]} recipes @returns {string[][]} */
export function differing(recipes) {
  const keys = KEYS.filter(({ name }) => new Set(recipes.map((recipe) => recipe[name])).size > 1);
  return recipes.map((recipe) => keys.map((key) => keyWords(key, recipe)));
}

/** @param {Key} key @param {Partial<Recipe>} recipe */
function keyWords({ name, kind, optional, notebook, words }, recipe) {
  const value = recipe[name];
  if (kind === 'rates' || kind === 'solves') return value === undefined ? NONE[kind] : courseWords({ [name]: value }).join(', ');
  if (kind === 'layer') return value === undefined ? 'normal draws' : `the layer\u00a0${value}`;
  // A choice that is a switch.
  if (optional && notebook === '0') return value === undefined ? `no ${words}` : words;
  return `${name}\u00a0=\u00a0${value ?? notebook}`;
}

/** @param {readonly string[][]} words */
function ambiguous(words) {
  return new Set(words.map((own) => own.join())).size < words.length;
}
