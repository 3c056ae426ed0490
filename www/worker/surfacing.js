// @ts-check
/** What dies in a worker while nobody waits for it: a panic in wasm leaves the promise that is awaited unsettled, and surfaces only here. */

/** @param {(error: unknown) => void} hear */
export function surfacing(hear) {
  self.addEventListener('error', (event) => {
    event.preventDefault();
    hear(event.error ?? event.message);
  });
  self.addEventListener('unhandledrejection', (event) => {
    event.preventDefault();
    hear(event.reason);
  });
}

/** A promise that rejects at such a death, and what else may make it reject. @returns {{ trap: Promise<never>, trapped: (error: unknown) => void }} */
export function trapping() {
  /** @type {(error: unknown) => void} */
  let trapped = () => {};
  /** @type {Promise<never>} */
  const trap = new Promise((_, reject) => {
    trapped = reject;
  });
  // Nobody may be listening yet.
  trap.catch(() => {});
  surfacing(trapped);
  return { trap, trapped };
}
