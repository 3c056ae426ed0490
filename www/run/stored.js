// @ts-check
/** What is to be believed of a text that this page has stored, and anybody may have written. Pure. */

/** A figure: JSON has no word for what is not finite, so that stands as text. @param {any} value @returns {number | undefined} */
export function figure(value) {
  if (value === 'NaN' || value === 'Infinity') return Number(value);
  return typeof value === 'number' && value >= 0 && Number.isFinite(value) ? value : undefined;
}

/** @param {any} value */
export function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param {any} value @param {number} most @returns {value is string} */
export function isText(value, most) {
  return typeof value === 'string' && value.length <= most;
}
