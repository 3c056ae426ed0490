// @ts-check
/** The run as a link: on show, to be copied in several forms, and for the system's share sheet where there is one. */
import { copyText } from '../../dom/clipboard.js';
import { targetOf } from '../../common/targets.js';
import { byId } from '../../dom/dom.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../run/link.js').Written} Written */

export class Share {
  #text = byId('link', HTMLTextAreaElement);
  #hint = byId('link-hint', HTMLElement);
  #link;
  #attempt;

  /** @param {Context} context */
  constructor({ link, attempt }) {
    this.#link = link;
    this.#attempt = attempt;
    link.addEventListener('change', () => this.#show(link.written));
    const copy = byId('copy-link', HTMLButtonElement);
    const copyMarkdown = byId('copy-markdown', HTMLButtonElement);
    const copyEmbed = byId('copy-embed', HTMLButtonElement);
    const copyPresent = byId('copy-present', HTMLButtonElement);
    const share = byId('share', HTMLButtonElement);
    copy.addEventListener('click', () => this.#with((written) => this.#copy(copy, written.url)));
    copyMarkdown.addEventListener('click', () => this.#with((written) => this.#copy(copyMarkdown, markdown(written))));
    copyEmbed.addEventListener('click', () => this.#with((written) => this.#copy(copyEmbed, frame(written))));
    copyPresent.addEventListener('click', () => this.#with((written) => this.#copy(copyPresent, presented(written))));
    share.hidden = !('share' in navigator);
    share.addEventListener('click', () => this.#with(send));
  }

  /** @param {(written: Written) => Promise<void>} use */
  #with(use) {
    return this.#attempt(async () => use(await this.#link.write()));
  }

  /** @param {HTMLButtonElement} button @param {string} text */
  #copy(button, text) {
    return copyText(button, text, () => {
      this.#text.value = text;
      this.#text.focus();
      this.#text.select();
    });
  }

  /** @param {Written | null} written */
  #show(written) {
    this.#text.value = written?.url ?? '';
    this.#hint.textContent = written ? contents(written) : 'A recipe that cannot run has no link.';
  }
}

/** What is in the link. @param {Written} written */
function contents({ parts, omitted, source }) {
  const things = ['the recipe'];
  if (parts.W !== undefined) things.push('your W and x');
  if (Number.isFinite(parts.mse)) things.push('the last epoch’s MSE, to see whether it comes out the same');
  const left = omitted ? ` W and x are left out: ${omitted}.` : '';
  const holds = `It holds ${new Intl.ListFormat('en').format(things)}.`;
  if (source) return `${holds}${left} The weights of “${source}”, which the run begins with, are not in it: send the file too.`;
  return `${holds} Whoever opens it${parts.fields.layer ? ', and has the layer’s file too,' : ''} has the same run.${left}`;
}

/** The link under the recipe's values, and how the run ended. @param {Written} written */
function markdown({ parts, url }) {
  const values = Object.entries(parts.fields).map(([key, value]) => `${key}=${value}`);
  const end = Number.isFinite(parts.mse) ? `: MSE ${parts.mse} in epoch ${parts.fields.epochs}` : '';
  // A round bracket would end the link.
  const safe = url.replace(/[()]/g, (bracket) => (bracket === '(' ? '%28' : '%29'));
  return `[φ·ψ ${values.join(' ')}](${safe})${end}`;
}

/**
 * The run as a frame in another page. It needs its own origin for its scripts and its worker, so only what is not on this origin is kept from
 * the page around it; forms, downloads and that page's address are out of its reach everywhere.
 * @param {Written} written
 */
function frame({ parts, fragment }) {
  const values = Object.entries(parts.fields).map(([key, value]) => `${key}=${value}`);
  const attributes = {
    src: `${location.origin}${location.pathname}?embed=1#${fragment}`,
    title: `φ·ψ: a ${targetOf({ target: parts.fields.target }).shown} layer, split in two (${values.join(' ')})`,
    width: '720',
    height: '480',
    loading: 'lazy',
    sandbox: 'allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox',
    style: 'border: 0; max-width: 100%',
  };
  const safe = (/** @type {string} */ text) => text.replace(/[&"<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<iframe ${Object.entries(attributes)
    .map(([name, value]) => `${name}="${safe(value)}"`)
    .join(' ')}></iframe>`;
}

/** The run, to be presented. No backend: that is the presenter's own affair. @param {Written} written */
function presented({ fragment }) {
  return `${location.origin}${location.pathname}?present=1#${fragment}`;
}

/** @param {Written} written */
async function send({ url }) {
  try {
    await navigator.share({ title: document.title, url });
  } catch (error) {
    // The visitor has closed the sheet.
    if (!(error instanceof DOMException && error.name === 'AbortError')) throw error;
  }
}
