// @ts-check
/** Copying. Where the clipboard is refused, the text is at least selected, so that the keyboard can copy it. */

const TOLD_MS = 2_000;

/** The event by which the page is told what to say aloud. */
export const COPIED = 'phi-psi-copied';

/** When each button has its own words again. @type {WeakMap<HTMLButtonElement, ReturnType<typeof setTimeout>>} */
const back = new WeakMap();

/** Copies the text and tells so on the button. @param {HTMLButtonElement} button @param {string} text @param {() => void} select selects the same text on the page */
export async function copyText(button, text, select) {
  button.dataset.label ??= button.textContent ?? '';
  let said = 'Copied';
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
  } catch {
    select();
    button.textContent = 'Selected';
    said = 'Selected, not copied';
  }
  // Some buttons have a name that is not their text.
  document.dispatchEvent(new CustomEvent(COPIED, { detail: said }));
  clearTimeout(back.get(button));
  back.set(
    button,
    setTimeout(() => (button.textContent = button.dataset.label ?? ''), TOLD_MS),
  );
}
