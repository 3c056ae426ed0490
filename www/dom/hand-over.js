// @ts-check
/** A button that begins something and the one that stops it take each other's place. */

/**
 * Leads the focus on where it was in the one that cannot be pressed any more. @param {Element | null} pressed what had the focus before the two were changed
 * @param {HTMLButtonElement} begin @param {HTMLButtonElement} stop @param {boolean} going whether it has begun
 */
export function handOver(pressed, begin, stop, going) {
  const [from, to] = going ? [begin, stop] : [stop, begin];
  if (pressed === from) to.focus({ preventScroll: true });
}
