// @ts-check
/**
 * Sweeps over two keys at once: every value of the one with every value of the other, each pair from several seeds. The pairs are cells of a plan as
 * `sweeps.js` has it, so that the same workers train it and the same results are kept. No DOM, no clock and no storage here.
 */
import { alone } from '../common/recipe.js';
import { cellOf, holdsSeeds, list, seedBySeed, seedsOf, summary, SweepError } from './sweeps.js';

/** @typedef {import('../common/protocol.js').Backend} Backend */
/** @typedef {import('../common/protocol.js').CheckedRecipe} CheckedRecipe */
/** @typedef {import('../common/protocol.js').Fields} Fields */
/** @typedef {import('../common/protocol.js').Recipe} Recipe */
/** @typedef {import('./sweeps.js').Cell} Cell */
/** @typedef {import('./sweeps.js').Found} Found */
/** @typedef {import('./sweeps.js').Run} Run */
/** @typedef {import('./sweeps.js').Summary} Summary */

/** What a map may go over: the first key is on its left, the second above it. @typedef {'n' | 'hidden' | 'm' | 'lr' | 'batch'} MapAxis */
/** The values and the number of seeds, as typed. @typedef {{ axes: readonly [MapAxis, MapAxis], values: readonly [string, string], seeds: string }} MapSetup */
/** Rows of cells: a row for each value of the first key. @typedef {{ axes: readonly [MapAxis, MapAxis], on: Backend, recipe: Recipe, values: readonly [number[], number[]], rows: Cell[][], cells: Cell[], runs: Run[] }} MapPlan */

/** The pairs of keys, with the values that each begins with. @type {readonly { axes: readonly [MapAxis, MapAxis], values: readonly [string, string] }[]} */
export const PAIRS = [
  { axes: ['n', 'hidden'], values: ['128, 512, 2048, 8192', '8, 32, 128, 512'] },
  { axes: ['m', 'hidden'], values: ['1, 2, 4, 8, 16', '8, 32, 128, 512'] },
  { axes: ['lr', 'batch'], values: ['0.0003, 0.001, 0.003, 0.01, 0.03', '16, 64, 256, 1024'] },
];

export const SEEDS = '3';

/** As many values of each key as a map has room for. */
const MOST_VALUES = 10;

/** @param {readonly string[]} words @returns {readonly [MapAxis, MapAxis] | null} */
export function pairOf(words) {
  return PAIRS.find(({ axes }) => axes.join() === words.join())?.axes ?? null;
}

/**
 * The runs of a map. Nothing is begun before every one of them has passed the validator.
 * @param {MapSetup} setup @param {Fields} base the recipe as typed @param {(fields: Fields) => Promise<CheckedRecipe>} check the one validator @param {Backend} [on]
 * @returns {Promise<MapPlan>}
 */
export async function mapped({ axes, values, seeds }, base, check, on = 'cpu') {
  const [first, second] = axes.map((axis, i) => {
    const texts = list(axis, values[i]);
    if (texts.length > MOST_VALUES) throw new SweepError(axis, `${axis} has ${texts.length} values: at most ${MOST_VALUES} have room on a map`);
    return texts;
  });
  const many = seedsOf(seeds);
  const [left, above] = axes;
  const checked = await Promise.all(first.map((one) => Promise.all(second.map((other) => check({ ...alone(base), [left]: one, [above]: other })))));
  const numbers = [checked.map(([{ recipe }]) => recipe[left]), checked[0].map(({ recipe }) => recipe[above])];
  for (const [i, axis] of axes.entries()) {
    const twice = numbers[i].find((value, at) => numbers[i].indexOf(value) !== at);
    if (twice !== undefined) throw new SweepError(axis, `${axis} = ${twice} is in the list twice`);
  }
  const [rows, columns] = numbers.map((all) => all.map((_, i) => i).sort((one, other) => all[one] - all[other]));
  const { recipe } = checked[0][0];
  await holdsSeeds(recipe, many, check);
  const table = rows.map((row) => columns.map((column) => cellOf(above, checked[row][column], many, on)));
  const cells = table.flat();
  return {
    axes,
    on,
    recipe,
    values: [rows.map((row) => numbers[0][row]), columns.map((column) => numbers[1][column])],
    rows: table,
    cells,
    runs: seedBySeed(cells, many),
  };
}

/** A cell with what is known of it: its median over the floor of its width, NaN where either is not known. @typedef {{ summary: Summary, over: number }} Known */

/** @param {Cell} cell @param {Found} found @param {readonly number[] | null} floors of width 0, 1, … @returns {Known} */
export function known(cell, found, floors) {
  const all = summary(cell, found);
  const floor = floors?.[cell.runs[0].recipe.m] ?? NaN;
  return { summary: all, over: floor > 0 ? all.median / floor : NaN };
}
