// @ts-check
/** Bytes as text, for files that carry weights inside. */

/** One call takes its bytes as arguments, and a stack holds only so many. */
const PIECE = 1 << 13;

/** @param {Uint8Array} bytes */
export function base64(bytes) {
  let characters = '';
  for (let at = 0; at < bytes.length; at += PIECE) characters += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(characters);
}
