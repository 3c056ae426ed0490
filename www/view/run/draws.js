// @ts-check
/** `#draws-from`: what W and x are drawn from. Loaded when the choice is first used, or a layer is at hand. */
import { partsOf } from '../../common/layer-name.js';
import { atHand } from '../../run/at-hand.js';
import { find } from '../../run/layers.js';

/** The width that a recipe has with these draws: a layer's own, or, where they no longer come from one, the notebook's. @param {string} layer @param {string} d as typed @param {string} own the notebook's */
export async function widthOf(layer, d, own) {
  // Where it cannot be had, whoever checks the recipe says why.
  if (layer) return String(((await find(layer).catch(() => undefined))?.numbers.d ?? Number(d) - 1) + 1);
  const widths = atHand.all.map(({ numbers }) => String(numbers.d + 1));
  return widths.includes(d) ? own : d;
}

/** Has every layer that is at hand stand in the list, under its file's name. @param {HTMLSelectElement} list */
export function list(list) {
  for (const { name, title } of atHand.all) {
    const option = [...list.options].find(({ value }) => value === name) ?? list.appendChild(new Option('', name));
    const { said } = partsOf(name);
    option.text = `the layer ${title}${said && `, inputs of scale ${said}`}`;
  }
}
