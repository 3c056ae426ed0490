// @ts-check
/** Rows as CSV: RFC 4180, and nothing in it that a spreadsheet takes for a formula. Pure text. */

/**
 * What a spreadsheet computes when it opens a cell that begins with it, blanks or not; the full-width signs are the same to it. An apostrophe
 * before it makes the cell text. Numbers are numbers, and keep their minus.
 */
const FORMULA = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/;

/** The semicolon and the tab are no separators here, but are taken for ones where the comma is the decimal sign; blanks at an edge get lost. */
const QUOTED = /[",;\t\r\n]|^\s|\s$/;

/** @param {(string | number)[][]} rows the first one the names of the columns @returns {string} */
export function csv(rows) {
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

/** @param {string | number} value */
function cell(value) {
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
