// @ts-check
/** `#draws-from`: what W and x are drawn from. A layer brings its width with it. Loaded when the choice is first used, or a layer is at hand. */
import { atHand } from '../../run/at-hand.js';
import { find } from '../../run/layers.js';

/** @typedef {import('../../common/protocol.js').Fields} Fields */

/** The recipe with the width of what its draws come from: a layer's, or, where they no longer come from one, the notebook's. @param {Fields} fields @param {Fields} defaults @returns {Promise<Fields>} */
export async function fitted(fields, defaults) {
  if (fields.layer) {
    const layer = await find(fields.layer);
    return layer ? { ...fields, d: String(layer.numbers.d + 1) } : fields;
  }
  const widths = atHand.all.map(({ numbers }) => String(numbers.d + 1));
  return widths.includes(fields.d) ? { ...fields, d: defaults.d } : fields;
}

/** Has every layer that is at hand stand in the list, under its file's name. @param {HTMLSelectElement} list */
export function list(list) {
  for (const { name, title } of atHand.all) {
    const option = [...list.options].find(({ value }) => value === name) ?? list.appendChild(new Option('', name));
    option.text = `the layer ${title}`;
  }
}
