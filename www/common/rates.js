// @ts-check
/**
 * What is known of each backend's speed on this machine, recipe by recipe: measured here, kept as long as whoever holds it and no longer.
 * From which size a GPU beats the CPU is another size on every machine, so nothing is assumed.
 */

/** @typedef {import('./protocol.js').Adapter} Adapter */
/** @typedef {import('./protocol.js').Backend} Backend */

/** Steps a second on each backend that was measured; `adapter` is what WebGPU ran on.
 * @typedef {{ cpu?: number, webgpu?: number, adapter: Adapter | null }} Known */

/** A run goes where it ends in less than half the time: below that two short measurements may as well differ by what else the machine does. */
const MUCH_FASTER = 2;

export class Rates {
  /** @type {Map<string, Known>} */
  #known = new Map();

  /** What is known of recipes of this shape. @param {string} shape @returns {Known} */
  of(shape) {
    return this.#known.get(shape) ?? { adapter: null };
  }

  /** @param {string} shape @param {Backend} backend @param {number} rate @param {Adapter | null} [adapter] */
  learn(shape, backend, rate, adapter = null) {
    const known = this.of(shape);
    this.#known.set(shape, { ...known, [backend]: rate, adapter: adapter ?? known.adapter });
  }

  /** Both rates, where the CPU's run ends in less than half the time that WebGPU's takes. @param {string} shape @returns {{ cpu: number, webgpu: number } | null} */
  slower(shape) {
    const { cpu, webgpu } = this.of(shape);
    return cpu !== undefined && webgpu !== undefined && cpu > MUCH_FASTER * webgpu ? { cpu, webgpu } : null;
  }
}
