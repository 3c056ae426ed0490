// @ts-check
/** What files and lists are known by. */
import { createHash } from 'node:crypto';

/** SHA-256 in hexadecimal. @param {Uint8Array | string} content */
export function sha256(content) {
  return createHash('sha256').update(content).digest('hex');
}
