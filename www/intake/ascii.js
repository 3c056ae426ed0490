// @ts-check
/** The characters of a number as the module reads them, whatever typography, an input method or another program made of them. Pure. */

/** What shows nothing: zero-width blanks and joiners, soft hyphens, marks of direction and of byte order. */
const INVISIBLE = /\p{Cf}/gu;

/** Hyphens, dashes and minus signs before a digit or a point, where they can be a sign only. */
const DASH = /[\u2010-\u2015\u2212\u207b\ufe58\ufe63](?=[\d.\u221e])/g;

/** Full-width forms, as East Asian input methods write them. */
const WIDE = /[\uff01-\uff5e]/g;

/** @param {string} text */
export function ascii(text) {
  return text
    .replace(INVISIBLE, '')
    .replace(WIDE, (character) => String.fromCharCode(character.charCodeAt(0) - 0xfee0))
    .replace(DASH, '-');
}

const RAISED = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** `1.2 × 10⁻³`, `1.2*10^-3` and `1.2*^-3` as `1.2e-3`. @param {string} text */
export function exponents(text) {
  return text
    .replace(/10(⁻?)([⁰¹²³⁴-⁹]+)/g, (_, sign, digits) => `10^${sign && '-'}${[...digits].map((digit) => RAISED.indexOf(digit)).join('')}`)
    .replace(/([\d.])\s*[×·*]\s*10\s*(?:\^|\*\*)\s*[{(]?([+-]?\d+)[)}]?/g, '$1e$2')
    .replace(/([\d.])\*\^([+-]?\d+)/g, '$1e$2');
}
