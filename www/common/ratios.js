// @ts-check
/** Errors beside others and parts beside a whole, as the page writes them. */
import { count } from './figures.js';

/** How often one error goes into another: «1.04×», «35.2×», «6,140×». @param {number} factor */
export function fold(factor) {
  return `${factor < 100 ? factor.toPrecision(3) : count(factor)}×`;
}

/** A share in hundredths, with two digits or whole: «0.012 %», «18 %», «1,240 %». @param {number} hundredths */
export function percent(hundredths) {
  return `${hundredths >= 100 ? count(hundredths) : Number(hundredths.toPrecision(2))}\u00a0%`;
}

/** An R², which is negative where each row's mean would be the better answer, and has no meaning where a row answers the same to all inputs. @param {number} value */
export function rSquared(value) {
  return Number.isFinite(value) ? value.toFixed(3).replace('-', '−') : '–';
}
