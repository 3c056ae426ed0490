// @ts-check
/** How recipes name a layer: by the first digits of its file's SHA-256, and behind a colon the scale of inputs that it does not have. Pure. */

export const DIGITS_OF_A_HASH = 16;

const NAME = /^[0-9a-f]{16}(:[\d.]+)?$/;

/** Whether a text has the form of a name. @param {string} text */
export function isLayerName(text) {
  return NAME.test(text);
}

/** The digits, and the scale: 1 where the name has none, as it then says nothing of it. @param {string} name */
export function partsOf(name) {
  const [hash, scale = ''] = name.split(':');
  return { hash, scale: Number(scale || 1), said: scale };
}
