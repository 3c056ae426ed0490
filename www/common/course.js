// @ts-check
/**
 * The course of a run, as the page handles it: the keys of a recipe that a recipe may leave out. Pure.
 *
 * A key that is as the notebook has it is left out wherever the page holds a recipe, typed or checked: a recipe without a course is the
 * same eight keys that it always was. The module reads the keys and judges them.
 */

/** @typedef {import('./protocol.js').Fields} Fields */
/** @typedef {import('./protocol.js').Recipe} Recipe */

/** Another learning rate, and the epoch from which it holds.
 * @typedef {{ epoch: number, lr: number }} Change */

/** The keys, and what they are in the notebook's run. @type {Readonly<Record<'fresh' | 'schedule' | 'rates', string>>} */
export const OFF = { fresh: '0', schedule: 'constant', rates: '' };

export const COURSE_KEYS = /** @type {const} */ (['fresh', 'schedule', 'rates']);

/** More changes than this are counted and not told. */
const MOST_TOLD = 4;

/** The fields without what is as the notebook has it. @param {Fields} fields @returns {Fields} */
export function plain(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([key, value]) => value !== off(key)));
}

/** What a key is where it is left out; undefined for those that cannot be. @param {string} key @returns {string | undefined} */
export function off(key) {
  return COURSE_KEYS.some((known) => known === key) ? OFF[/** @type {keyof typeof OFF} */ (key)] : undefined;
}

/** Whether the same is typed in both. @param {Fields} one @param {Fields} other */
export function same(one, other) {
  return Object.keys({ ...one, ...other }).every((key) => (one[key] ?? off(key)) === (other[key] ?? off(key)));
}

/** The changes of the learning rate in a recipe that was checked. @param {Pick<Recipe, 'rates'>} recipe @returns {Change[]} */
export function changes({ rates }) {
  return (rates ?? '')
    .split(',')
    .filter(Boolean)
    .map((change) => {
      const [epoch, lr] = change.split(':').map(Number);
      return { epoch, lr };
    });
}

/** What of the recipe is not the notebook's course, in words. @param {Recipe} recipe @returns {string[]} */
export function courseWords(recipe) {
  const words = [];
  if (recipe.fresh) words.push('fresh draws every epoch');
  if (recipe.schedule) words.push('the learning rate along a cosine');
  const all = changes(recipe);
  for (const { epoch, lr } of all.slice(0, MOST_TOLD)) words.push(`lr\u00a0${lr} from epoch\u00a0${epoch}`);
  if (all.length > MOST_TOLD) words.push(`${all.length - MOST_TOLD} more changes of it`);
  return words;
}
