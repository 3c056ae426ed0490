// @ts-check
/** The page's lab, which most of a first visit does without: loaded by whoever asks first, and the same for all. */

/** @type {Promise<import('../run/lab.js').Lab> | undefined} */
let opened;

export function lab() {
  opened ??= import('../run/lab.js').then(({ Lab }) => new Lab());
  return opened;
}

/** The lowest MSE of each width from 0 to `most`; null where the lab cannot be had: then nothing is said of it. @param {number} d @param {number} most */
export async function floors(d, most) {
  try {
    return [...(await (await lab()).floors(d, most))];
  } catch {
    return null;
  }
}
