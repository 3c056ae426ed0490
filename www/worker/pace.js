// @ts-check
/**
 * How much to ask of the module in one call. A call is not interruptible, so its length is how long Pause has to wait; too short a
 * call is all overhead. The size doubles while calls are quick and shrinks in proportion as soon as one is slow.
 */
export class Pace {
  /**
   * @param {number} budget the longest that one call should take, in milliseconds
   * @param {number} most the largest size worth asking for
   * @param {number} [size] the first
   */
  constructor(budget, most, size = 1) {
    this.budget = budget;
    this.most = Math.max(1, most);
    this.size = Math.min(size, this.most);
  }

  /** @param {number} ms how long a call of the present size took */
  learn(ms) {
    if (ms > this.budget) {
      this.size = Math.max(1, Math.floor((this.size * this.budget) / ms));
    } else if (ms < this.budget / 2) {
      this.size = Math.min(this.most, this.size * 2);
    }
  }
  /** Asks for as much as is right, and learns from how long that took. @template T @param {(size: number) => T} ask @returns {Promise<Awaited<T>>} */
  async timed(ask) {
    const began = performance.now();
    const found = await ask(this.size);
    this.learn(performance.now() - began);
    return found;
  }
}
