// @ts-check
/** What is said of the floor, and of what a run's error amounts to beside it, in sentences. Pure. Loaded when a run has come to something. */
import { error } from '../../common/figures.js';
import { fold, percent } from '../../common/ratios.js';

/** @typedef {import('../../common/protocol.js').Recipe} Recipe */

/** The lowest error that there can be. @param {Pick<Recipe, 'd' | 'm' | 'layer'>} recipe @param {number} floor */
export function floorWords({ d, m, layer }, floor) {
  if (layer)
    return `The floor of the layer for m\u00a0=\u00a0${m} is ${error(floor)}: whatever they are, no φ and ψ of that width have a lower MSE over the rows and inputs that are kept back.`;
  return `The floor for d\u00a0=\u00a0${d}, m\u00a0=\u00a0${m} is ${error(floor)}: whatever they are, no φ and ψ of that width have a lower MSE on average over all W and x.`;
}

/** Where the layer has none, or none that is computed. @param {Pick<Recipe, 'm'>} recipe */
export function noFloorWords({ m }) {
  return `For m\u00a0=\u00a0${m} no floor of the layer is shown: with as many features as rows that are kept back it would be 0, and above m\u00a0=\u00a064 it is not computed.`;
}

/**
 * What a held-out error amounts to: between answering zero, whatever is asked, and the least that there can be.
 * @param {Pick<Recipe, 'm'>} recipe @param {number} mse @param {number} zero the MSE of always answering zero @param {number} floor NaN where it is not known
 */
export function verdictWords({ m }, mse, zero, floor) {
  if (!Number.isFinite(mse)) return '';
  const share = `${percent(100 * (mse / zero))} of always answering zero`;
  return Number.isFinite(floor) ? `${share}; ${fold(mse / floor)} the least that m\u00a0=\u00a0${m} allows.` : `${share}.`;
}

/** What stands in the verdict's place where what it needs could not be had. @param {Pick<Recipe, 'm'>} recipe @param {boolean} online whether the browser has a network */
export function noVerdictWords({ m }, online) {
  return `How far this is from always answering zero, and from the least that m\u00a0=\u00a0${m} allows, could not be computed. It is tried again ${online ? 'with the next run' : 'once there is a network'}.`;
}

/** What always answering zero has, beside what a run has. @param {Pick<Recipe, 'd' | 'layer'>} recipe @param {number} mse held-out @param {number} zero its MSE */
export function zeroWords({ d, layer }, mse, zero) {
  if (!Number.isFinite(mse)) return '';
  const over = layer ? 'the rows and inputs that are kept back' : `all W and x at d\u00a0=\u00a0${d}`;
  return `Always answering zero has an MSE of ${error(zero)}, the mean of y² over ${over}: the held-out MSE is ${percent(100 * (mse / zero))} of that.`;
}

/** How far above it a run is. @param {number} mse @param {number} floor */
export function ratioWords(mse, floor) {
  return `Held-out MSE ${error(mse)}, ${fold(mse / floor)} the floor.`;
}
