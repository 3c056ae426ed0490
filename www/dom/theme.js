// @ts-check
/**
 * Light or dark: what the system asks for, or what the visitor has chosen in `#theme`, which the browser remembers (early.js reads it before
 * anything is drawn). The colours are the style sheet's; what is painted by hand asks here which of them hold.
 */

/** @typedef {'system' | 'light' | 'dark'} Theme */

/** Where the choice is kept; early.js has the same words. */
export const PLACE = 'phi-psi theme';

const root = document.documentElement;
const system = matchMedia('(prefers-color-scheme: dark)');
const paper = matchMedia('print');
const forced = matchMedia('(forced-colors: active)');

/** Signals `change` when other colours hold. */
export const theme = new EventTarget();
let printing = false;
for (const query of [system, paper, forced]) query.addEventListener('change', tell);
// Not every browser changes its media before it prints.
addEventListener('beforeprint', () => print(true));
addEventListener('afterprint', () => print(false));
addEventListener('storage', ({ key, newValue }) => {
  if (key === PLACE || key === null) wear(newValue);
});

/** Whether what is painted now stands on dark. */
export function isDark() {
  if (printing || paper.matches) return false;
  const { theme: chosen } = root.dataset;
  // Colours that the system forces are not chosen here; it says what kind they are.
  return chosen && !forced.matches ? chosen === 'dark' : system.matches;
}

/** Has the control show what holds, and choose. @param {HTMLSelectElement} control */
export function choose(control) {
  const show = () => (control.value = root.dataset.theme ?? 'system');
  show();
  theme.addEventListener('change', show);
  control.addEventListener('change', () => {
    wear(control.value);
    try {
      if (control.value === 'system') localStorage.removeItem(PLACE);
      else localStorage.setItem(PLACE, control.value);
    } catch {
      // It holds for as long as the page is open.
    }
  });
}

/** @param {string | null} chosen */
function wear(chosen) {
  if (chosen === 'light' || chosen === 'dark') root.dataset.theme = chosen;
  else delete root.dataset.theme;
  tell();
}

/** @param {boolean} on */
function print(on) {
  printing = on;
  tell();
}

function tell() {
  theme.dispatchEvent(new Event('change'));
}
