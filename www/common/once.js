// @ts-check

/** Loads what is asked for, once; where it does not come, whoever asks next asks anew. @template T @param {() => Promise<T>} load @returns {() => Promise<T>} */
export function once(load) {
  /** @type {Promise<T> | undefined} */
  let asked;
  return () =>
    (asked ??= load().catch((error) => {
      asked = undefined;
      throw error;
    }));
}
