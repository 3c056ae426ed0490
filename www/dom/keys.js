// @ts-check
/** Which key presses are the page's, and which are left to the browser and to what has the focus. Pure. */

/** What has a use for keys of its own. */
const BUSY = 'a[href], button, input, select, textarea, summary, dialog, iframe, [contenteditable], [tabindex]:not([tabindex="-1"])';

/** What is typed into, or searched by letters. */
const TYPING = 'input, select, textarea, dialog, iframe, [contenteditable]';

/** The keys of a presentation. They also count where a button has the focus: whoever has just pressed Pause goes on by them. */
export const PRESENTING = ['n', 'e'];

/** What a key press means, if it is for the page: what a key event says, and where the focus is. @param {Press} press @param {(selector: string) => boolean} within */
export function meant(press, within) {
  const { key, ctrlKey, altKey, metaKey, shiftKey, repeat, isComposing, defaultPrevented } = press;
  if (ctrlKey || altKey || metaKey || repeat || isComposing || defaultPrevented || within(PRESENTING.includes(key) ? TYPING : BUSY)) return null;
  // On many keyboards a question mark needs Shift; with it a letter is a capital, and that is not meant.
  if (key === '?') return '?';
  return !shiftKey && [' ', 's', 'r', 'd', ...PRESENTING].includes(key) ? key : null;
}

/** @typedef {Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'metaKey' | 'shiftKey' | 'repeat' | 'isComposing' | 'defaultPrevented'>} Press */
