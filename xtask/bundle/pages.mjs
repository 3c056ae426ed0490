// @ts-check
/** The HTML and the manifest: the same words, with the names that the files have now. */
import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';

/** @typedef {import('./output.mjs').Output} Output */

export class Pages {
  #from;
  #output;
  #made;
  #address;
  #source;

  /** @param {{ from: string, output: Output, version: string, commit: string, address: string, source: string }} asked */
  constructor({ from, output, version, commit, address, source }) {
    this.#from = from;
    this.#output = output;
    this.#made = commit ? `Version ${version}, built from ${commit}.` : `Version ${version}.`;
    this.#address = address;
    this.#source = source;
  }

  /** @param {string} page its path */
  async page(page) {
    const folder = posix.dirname(page);
    const there = (/** @type {string} */ name) => posix.relative(folder, name);
    const own = await readFile(`${this.#from}/${page}`, 'utf8');
    /** @type {Set<string>} */
    const asked = new Set();
    /** @type {Set<string>} */
    const preloaded = new Set();
    const lines = own.split('\n').flatMap((line) => {
      if (line.startsWith('<link rel="modulepreload"')) return [];
      return [
        line.replaceAll(/\b(src|href|content)="([\w./-]+\.(?:js|css|svg|png|safetensors))"/g, (_, attribute, path) => {
          const source = posix.join(folder, path);
          const name = this.#output.name(source);
          if (attribute === 'content') return `content="${this.#address}${there(name)}"`;
          if (!line.includes('type="module"')) return `${attribute}="${there(name)}"`;
          asked.add(name);
          for (const each of this.#output.imports(name)) preloaded.add(each);
          return `${attribute}="${there(name)}" integrity="${this.#output.integrity(name)}"`;
        }),
      ];
    });
    const preloads = [...preloaded]
      .filter((name) => !asked.has(name))
      .map((name) => `<link rel="modulepreload" href="${there(name)}" integrity="${this.#output.integrity(name)}">\n`);
    return lines
      .join('\n')
      .replace('</head>', () => `${preloads.join('')}</head>`)
      .replace(/(<span id="build">)[^<]*(<\/span>)/, (_, tag, end) => `${tag}${this.#made}${end}${this.#link}`);
  }

  /** To the source, where it is known. */
  get #link() {
    const href = this.#source.replace(/[&"<>]/g, (character) => `&#${character.charCodeAt(0)};`);
    return href ? ` <a id="source" href="${href}" rel="noopener">The source.</a>` : '';
  }

  /** @param {string} path */
  async manifest(path) {
    const manifest = JSON.parse(await readFile(`${this.#from}/${path}`, 'utf8'));
    for (const icon of manifest.icons) icon.src = this.#output.base(`www/${icon.src}`);
    return `${JSON.stringify(manifest, null, 2)}\n`;
  }
}
