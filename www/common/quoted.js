// @ts-check
/** A stranger's text in a sentence. Pure. */

/** What cannot be seen, or turns what follows round. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Short, nothing hidden in it, and no bracket that somebody who shows the sentence elsewhere could take for markup.
 * @param {string} text
 */
export function quoted(text) {
  // Some characters are two units of a string, and none is to be cut in half.
  const characters = [...text.slice(0, 64)];
  const short = characters.slice(0, 24).join('').replaceAll('<', '‹').replaceAll('>', '›').replace(HIDDEN, '\ufffd');
  return characters.length > 24 ? `${short}…` : short;
}

/** A stranger’s name for a file, as it is but short enough to stand in a sentence. @param {string} name */
export function short(name) {
  return name.length > 60 ? `${name.slice(0, 40)}…${name.slice(-16)}` : name;
}

/** A sentence with its full stop. @param {string} sentence */
export function ended(sentence) {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
