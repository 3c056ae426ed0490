// @ts-check
/**
 * What to write instead of a number with a comma, or with points that part thousands. Such a number is not guessed: a comma is the decimal
 * point of some and parts the thousands of others. Pure; loaded when such a number was refused.
 */
import { quoted } from '../common/quoted.js';
import { keyOf } from '../common/recipe.js';
import { ascii } from './ascii.js';

/** Thousands from the first group on, parted by commas or by points. */
const GROUPS = /^-?[1-9]\d{0,2}(?:(?:,\d{3})+|(?:\.\d{3})+)$/;

/** Thousands parted by commas before a decimal point, and by points, blanks or apostrophes before a decimal comma. */
const ENGLISH = /^-?\d{1,3}(?:,\d{3})+\.\d*$/;
const CONTINENTAL = /^-?\d{1,3}(?:[.\s'’]\d{3})+,\d+$/;

/** The better sentence for what was refused; null where the module's own says it all. @param {string} name a key of the recipe @param {string} text as typed @returns {string | null} */
export function worded(name, text) {
  const typed = ascii(text).trim();
  const { kind } = keyOf(name);
  const found = kind === 'rates' ? ofRates(typed) : kind === 'whole' || kind === 'real' ? ofNumber(typed, kind === 'whole') : null;
  return found && `${name} = “${quoted(typed)}” ${found}`;
}

/** @param {string} typed @param {boolean} whole */
function ofNumber(typed, whole) {
  const exponent = /e[+-]?\d+$/i.exec(typed)?.[0] ?? '';
  const number = typed.slice(0, typed.length - exponent.length);
  // One point in what need not be whole is a decimal one, and was read as that.
  if (!whole && /^-?\d+\.\d+$/.test(number)) return null;
  if (GROUPS.test(number)) return ofGroups(number, exponent, whole);
  if (ENGLISH.test(number)) return `has commas between its thousands: write ${number.replaceAll(',', '')}${exponent}`;
  if (whole) return null;
  if (CONTINENTAL.test(number)) return `has a decimal comma: write ${number.replace(/[.\s'’]/g, '').replace(',', '.')}${exponent}`;
  return /^-?\d*,\d+$/.test(number) ? `has a decimal comma: write ${number.replace(',', '.').replace(/^(-?)\./, '$10.')}${exponent}` : null;
}

/** @param {string} number @param {string} exponent @param {boolean} whole */
function ofGroups(number, exponent, whole) {
  const mark = number.includes(',') ? 'comma' : 'point';
  const thousands = `${number.replace(/[.,]/g, '')}${exponent}`;
  const decimal = Number(number.replace(',', '.'));
  // More than one mark makes no decimal number, and one with a fraction is no whole number.
  const either = !Number.isNaN(decimal) && (!whole || Number.isInteger(decimal));
  return either
    ? `has a ${mark} that may be a decimal one or part thousands: write ${decimal}${exponent} or ${thousands}`
    : `has a ${mark} between its thousands: write ${thousands}`;
}

/** @param {string} typed */
function ofRates(typed) {
  const comma = /(:\s*\d+),(\d+)(?=\s*(?:[,;]|$))/g;
  return comma.test(typed) ? `has a decimal comma: write ${quoted(typed.replace(comma, '$1.$2'))}` : null;
}
