// @ts-check
/** Bytes as text, for files that carry weights inside. */

/** One call takes its bytes as arguments, and a stack holds only so many. */
const PIECE = 1 << 13;

/** Bytes in a line. */
const LINE = 75;

/** @param {Uint8Array} bytes */
export function base64(bytes) {
  let characters = '';
  for (let at = 0; at < bytes.length; at += PIECE) characters += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(characters);
}

/** The same in lines of 100 characters. @param {Uint8Array} bytes */
export function base64Lines(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += LINE) lines.push(base64(bytes.subarray(at, at + LINE)));
  return lines.join('\n');
}
