// @ts-check
/** The page of the API: shows the example's own source and runs it. */
import { pageAnnouncer } from '../dom/announcer.js';
import { copyText } from '../dom/clipboard.js';
import { byId } from '../dom/dom.js';
import { elsewhere } from './elsewhere.js';

const EXAMPLE = new URL('../api-example.js', import.meta.url);

const output = byId('output', HTMLElement);
const notice = byId('notice', HTMLElement);
const button = byId('try', HTMLButtonElement);
const announcer = pageAnnouncer();
let runs = 0;

button.addEventListener('click', async () => {
  const held = document.activeElement === button;
  button.disabled = true;
  output.textContent = '';
  notice.textContent = '';
  try {
    runs += 1;
    // A module runs once for each address.
    await import(`${EXAMPLE.href}?${runs}`);
    announcer.say('example', 'The example has run');
  } catch (error) {
    notice.textContent = error instanceof Error ? error.message : String(error);
  }
  button.disabled = false;
  // A button that cannot be pressed loses the focus.
  if (held && document.activeElement === document.body) button.focus();
});

const other = byId('elsewhere', HTMLElement);
other.textContent = elsewhere(new URL('api.js', document.baseURI).href);
const copy = byId('copy-elsewhere', HTMLButtonElement);
copy.addEventListener('click', () => copyText(copy, other.textContent ?? '', () => getSelection()?.selectAllChildren(other)));

// After the button, which may be pressed before the text has come.
byId('example', HTMLElement).textContent = await (await fetch(EXAMPLE)).text();
