// @ts-check
/**
 * What links give on the CPU, as hashes that were recorded once, on x86-64. A hash may change only together with what the link means, that is
 * with a new `v`, or with the file's format; or if all arithmetic is changed on purpose, which the change log must then say, because every
 * link that tells its last MSE stops being reproduced. Never to make a test pass.
 */
import { createHash } from 'node:crypto';

/** All that a run computes: each epoch's MSE, and the bytes of the weights that it ends with. @typedef {{ losses: number[], weights: Iterable<number> }} Outcome */

/** The links, and the SHA-256 of what each gives: what browsers are held to. @type {[name: string, link: string, recorded: string][]} */
export const LINKS = [
  [
    'the notebook’s defaults',
    'v=1&d=2&m=16&hidden=64&n=1024&batch=64&epochs=5&lr=0.001&seed=42',
    '36d68f55b31c3740c8da352f7fe866120b825da852a2a1fa070def1788e5717d',
  ],
  [
    'the notebook’s longest run',
    'v=1&d=2&m=16&hidden=64&n=1024&batch=64&epochs=30&lr=0.001&seed=42',
    '2ed9142d381b7a7c606f444f4aaef5d7219d77dd84efb261936730e27a8b5f02',
  ],
  [
    'sizes that no block divides',
    'v=1&d=3&m=5&hidden=7&n=101&batch=40&epochs=3&lr=0.01&seed=4294967295',
    'afe23ea7408362b4670d9db2d56c1833a562cc0167979d213f312a56dc68629a',
  ],
  ['a wide layer', 'v=1&d=33&m=20&hidden=50&n=90&batch=70&epochs=2&lr=0.001&seed=7', '1da55e10bd78dd2b70c8055b20ecdf0a1dce7bd3689c26194c1bf1c99b578605'],
];

/** @param {Outcome} outcome */
export function hash({ losses, weights }) {
  return createHash('sha256').update(bits(losses)).update(Uint8Array.from(weights)).digest('hex');
}

/** Numbers in double precision, lowest byte first. @param {ArrayLike<number>} numbers */
export function bits(numbers) {
  const view = new DataView(new ArrayBuffer(8 * numbers.length));
  for (const [i, number] of Array.from(numbers).entries()) view.setFloat64(8 * i, number, true);
  return view;
}
