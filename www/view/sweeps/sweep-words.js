// @ts-check
/** What there is to say of a sweep's values. Pure. */
import { count, error } from '../../common/figures.js';
import { fold } from '../../common/ratios.js';
import { courseWords } from '../../common/recipe.js';
import { drawable } from '../../plot/scale.js';
import { missing } from '../../run/sweeps.js';

/** @typedef {import('../../run/sweeps.js').Axis} Axis */
/** @typedef {import('../../run/sweeps.js').Found} Found */
/** @typedef {import('../../run/sweeps.js').Plan} Plan */
/** @typedef {import('../../run/sweeps.js').Summary} Summary */

/** The whole chart: where the curve begins and ends. @param {Axis} axis @param {readonly Summary[]} points */
export function described(axis, points) {
  const known = points.filter(({ done }) => done > 0);
  if (known.length === 0) return `Held-out MSE against ${axis}: no run has ended yet.`;
  const at = (/** @type {Summary} */ point) => `${mse(point)} at ${axis} = ${count(point.value)}`;
  return `Held-out MSE against ${axis} on logarithmic axes: ${at(known[0])}, ${at(known[known.length - 1])}. The arrow keys read out single values.`;
}

/** One value. @param {Axis} axis @param {Summary} point @param {number} floor NaN where it is not known */
export function told(axis, point, floor) {
  const { value, done, of, median, low, high } = point;
  const name = `${axis} = ${count(value)}: `;
  if (done === 0) return `${name}no run has ended yet`;
  const seeds = of === 1 ? 'one seed' : `${done} of ${of} seeds`;
  const band = done > 1 && drawable(low) && drawable(high) ? `, 10–90 % ${error(low)} to ${error(high)}` : '';
  const away = drawable(floor) && drawable(median) ? `, ${fold(median / floor)} the floor (${error(floor)})` : '';
  return `${name}${mse(point)} (${seeds})${band}${away}`;
}

/** How many of a plan's runs are known. @param {Pick<Plan, 'runs'>} plan @param {Found} found */
export function progress(plan, found) {
  const { length } = plan.runs;
  return `${count(length - missing(plan, found).length)} of ${counted(length, 'run')} done`;
}

/** That every run is solved on its way as the recipe is, over as many draws whatever the value; nothing where the recipe has no Solve. @param {{ solve?: string }} recipe */
export function solveClause({ solve }) {
  return solve ? ` Every run has the same Solve: ${courseWords({ solve }).join(', ')}.` : '';
}

/** «1 run», «40 runs». @param {number} many @param {string} what */
export function counted(many, what) {
  return `${count(many)} ${many === 1 ? what : `${what}s`}`;
}

/** A median in words. @param {Summary} point */
function mse({ median, done, of }) {
  if (!drawable(median)) return 'diverged';
  return `${done === 1 && of === 1 ? 'MSE' : 'median MSE'} ${error(median)}`;
}
