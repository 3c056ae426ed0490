// @ts-check
/**
 * A field's text as the module reads it: blanks around it, signs of other typography, parted thousands and whole numbers in other notations
 * are made plain where they can mean one number only. All else comes back as it is, for the module to refuse. Pure.
 */
import { keyOf } from '../common/recipe.js';
import { ascii, exponents } from './ascii.js';

const DECIMAL = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Thousands that are parted by what parts nothing else. */
const PARTED = /^-?\d{1,3}(?:[\s'’]\d{3})+(?:\.\d*)?$/;

/** Thousands as this page parts them. In a number that is whole they can be nothing else; in any other a comma is some people’s decimal point. */
const COMMAS = /^-?[1-9]\d{0,2}(?:,\d{3})+$/;

/** `1.024` may be a little more than one, or a thousand and twenty-four. */
const POINTED = /^-?\d{1,3}(?:\.\d{3})+$/;

/** What is typed for a key of the recipe, made plain. @param {string} name @param {string} text */
export function plainField(name, text) {
  const { kind } = keyOf(name);
  if (kind === 'rates' || kind === 'solves') return plainCourse(text, kind === 'solves');
  return kind === 'choice' || kind === 'layer' ? text : plainNumber(text, kind === 'whole');
}

/** A list of values of a key, between commas, semicolons or blanks. @param {string} name @param {string} text */
export function plainList(name, text) {
  const parts = text.split(/([\s,;]+)/);
  return parts.map((part, index) => (index % 2 === 0 ? plainField(name, part) : part)).join('');
}

/** @param {string} text @param {boolean} whole */
function plainNumber(text, whole) {
  const typed = exponents(ascii(text).trim());
  const parted = PARTED.test(typed) || (whole && COMMAS.test(typed));
  const joined = typed.replace(parted ? /[\s'’,]/g : /(?<=\d)_(?=\d)/g, '');
  const unsigned = joined.replace(/^\+(?=[\d.])/, '');
  if (!whole || !DECIMAL.test(unsigned) || POINTED.test(unsigned)) return unsigned;
  const value = Number(unsigned);
  return /[.eE]/.test(unsigned) && Number.isSafeInteger(value) ? String(value) : unsigned;
}

/** `10: 0.0005; 20: 1e−4` as `10:0.0005,20:1e-4`. @param {string} text @param {boolean} whole whether what stands behind the epochs is too */
function plainCourse(text, whole) {
  const typed = ascii(text).trim();
  if (!typed.includes(':')) return typed;
  const changes = typed.split(/\s*[,;\n]\s*/).filter((change, index, all) => change || index < all.length - 1);
  return changes.map((change) => plainChange(change.split(':'), whole)).join(',');
}

/** @param {string[]} parts @param {boolean} whole */
function plainChange(parts, whole) {
  return parts.map((part, index) => plainNumber(part, whole || (index === 0 && parts.length > 1))).join(':');
}
