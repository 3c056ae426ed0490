// @ts-check
/**
 * A recipe as the page handles it, typed or checked. Pure; which keys there are stands in the table alone, and the module reads and judges
 * them.
 *
 * An optional key that is as in the notebook's run is left out wherever the page holds a recipe: so the notebook's is the same eight keys
 * that it always was.
 */

import { KEYS } from './keys.js';
import { targetOf } from './targets.js';

/** @typedef {import('./keys.js').Recipe} Recipe */
/** @typedef {import('./protocol.js').Fields} Fields */

/** Another learning rate, and the epoch from which it holds.
 * @typedef {{ epoch: number, lr: number }} Change */

/** The last layers in closed form: the epoch at whose end, 0 for the beginning, and over how many draws.
 * @typedef {{ epoch: number, draws: number }} Solve */

/** More changes than this are counted and not told. */
const MOST_TOLD = 4;

/** The names of all keys, in the order of the form and the link. */
export const NAMES = KEYS.map(({ name }) => name);

/** The keys of the networks' sizes. */
const SIZES = KEYS.filter(({ networks }) => networks).map(({ name }) => name);

const OPTIONAL = KEYS.filter(({ optional }) => optional);

/** The table's row of a key. @param {string} name */
export function keyOf(name) {
  const key = KEYS.find((one) => one.name === name);
  if (!key) throw new Error(`a recipe has no ${name}`);
  return key;
}

/** What a key is where it is left out; undefined for those that cannot be. @param {string} name @returns {string | undefined} */
export function off(name) {
  return OPTIONAL.find((key) => key.name === name)?.notebook;
}

/** The fields without what is as in the notebook's run. @param {Fields} fields @returns {Fields} */
export function plain(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([name, value]) => value !== off(name)));
}

/** Whether the same is typed in both. @param {Fields} one @param {Fields} other */
export function same(one, other) {
  return Object.keys({ ...one, ...other }).every((name) => (one[name] ?? off(name)) === (other[name] ?? off(name)));
}

/** The recipe of one run, whatever others its seeds ask for. @template {{ seeds?: unknown }} R @param {R} recipe @returns {Omit<R, 'seeds'>} */
export function alone({ seeds: _, ...recipe }) {
  return recipe;
}

/** Whether networks of the one's sizes, typed or checked, are of the other's. @param {Record<string, unknown>} one @param {Record<string, unknown>} other */
export function sameSizes(one, other) {
  return SIZES.every((name) => String(one[name]) === String(other[name]));
}

/** A recipe's keys and values, of a recipe that was checked or put together, as they would be typed. @param {Readonly<Record<string, unknown>>} recipe @returns {Fields} */
export function typed(recipe) {
  return Object.fromEntries(Object.entries(recipe).map(([name, value]) => [name, String(value)]));
}

/** The keys that no recipe is without, each with its value. @param {Recipe} recipe @returns {[name: string, value: number][]} */
export function numbers(recipe) {
  return KEYS.flatMap(({ name, optional }) => (optional ? [] : [/** @type {[string, number]} */ ([name, recipe[name]])]));
}

/** All that a recipe's speed depends on. @param {Recipe} recipe */
export function shape(recipe) {
  return KEYS.flatMap(({ name, speed, optional }) => (!speed || recipe[name] === undefined ? [] : [optional ? name : recipe[name]])).join('/');
}

/** The changes of the learning rate in a recipe that was checked. @param {{ rates?: string }} recipe @returns {Change[]} */
export function changes({ rates }) {
  return ofEpochs(rates).map(([epoch, lr]) => ({ epoch, lr }));
}

/** The solutions on the way of a recipe that was checked. @param {{ solve?: string }} recipe @returns {Solve[]} */
export function solves({ solve }) {
  return ofEpochs(solve).map(([epoch, draws]) => ({ epoch, draws }));
}

/** Epochs, each with a number. @param {string} [text] */
function ofEpochs(text = '') {
  return text
    .split(',')
    .filter(Boolean)
    .map((part) => part.split(':').map(Number));
}

/** What of the recipe is not as in the notebook's run, in words. @param {Partial<Recipe>} recipe @returns {string[]} */
export function courseWords(recipe) {
  return OPTIONAL.filter(({ name }) => recipe[name] !== undefined).flatMap(({ name, kind, words }) => {
    if (kind === 'rates')
      return few(
        changes(recipe).map(({ epoch, lr }) => `lr\u00a0${lr} from epoch\u00a0${epoch}`),
        'changes of it',
      );
    if (kind === 'whole') return [`${recipe[name]}\u00a0${words}`];
    if (name === 'target') return [`${targetOf(recipe).shown} ${words}`];
    if (kind === 'layer') return [`${words} (${recipe[name]})`];
    return kind === 'solves' ? few(solves(recipe).map(solveWords), 'solutions') : [words];
  });
}

/** A solution on the way, in words. @param {Solve} solve */
export function solveWords({ epoch, draws }) {
  return `solved ${epoch === 0 ? 'at the beginning' : `after epoch\u00a0${epoch}`} over ${draws}\u00a0draws`;
}

/** @param {string[]} all @param {string} more what those are that are only counted */
function few(all, more) {
  return all.length > MOST_TOLD ? [...all.slice(0, MOST_TOLD), `${all.length - MOST_TOLD} more ${more}`] : all;
}
