// @ts-check
/** The folder that ships: names with a hash of the content in them, the list of files, and one generation of those before. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';

/** What `build.json` says: `files` are those of this build, `before` those that are kept from the last one.
 * @typedef {{ build: string, version: string, commit: string, files: string[], before: string[] }} Listed */

/** The list of files, for the next build and for whoever wants to know what stands here. */
const LIST = 'build.json';

export class Output {
  #to;
  /** @type {Listed | null} */
  #last;
  /** @type {Map<string, Buffer>} */
  #content = new Map();
  /** The name that a source's content has here. @type {Map<string, string>} */
  #names = new Map();
  /** @type {Map<string, string[]>} */
  #imports = new Map();

  /** @param {string} to @param {Listed | null} last */
  constructor(to, last) {
    this.#to = to;
    this.#last = last;
  }

  /** @param {string} to the folder, which may hold an earlier build */
  static async open(to) {
    const list = await readFile(join(to, LIST), 'utf8').catch(() => 'null');
    return new Output(to, JSON.parse(list));
  }

  /** Takes content under a name in www/ that tells it, which is returned. @param {string} source @param {string | Uint8Array} content */
  hashed(source, content) {
    const bytes = Buffer.from(content);
    const kind = extname(source);
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 10);
    const name = `www/${basename(source, kind)}-${hash}${kind}`;
    this.named(source, name, bytes);
    return name;
  }

  /**
   * Takes content under a name that somebody else made of it.
   * @param {string} source @param {string} name @param {string | Uint8Array} content
   * @param {string[]} [imports] the files that it asks for at once
   */
  named(source, name, content, imports = []) {
    if (this.#names.has(source)) throw new Error(`${source} was made twice`);
    this.#content.set(name, Buffer.from(content));
    this.#names.set(source, name);
    this.#imports.set(name, imports);
  }

  /** Takes content under an address that stays. @param {string} name @param {string | Uint8Array} content @param {string} [source] what the page calls it */
  stable(name, content, source = name) {
    this.#content.set(name, Buffer.from(content));
    if (!this.#names.has(source)) this.#names.set(source, name);
  }

  /** The name of what was made from a source. @param {string} source */
  name(source) {
    const name = this.#names.get(source);
    if (!name) throw new Error(`${source} is named by the page, and is no part of the build`);
    return name;
  }

  /** The same as seen from www/. @param {string} source */
  base(source) {
    return (this.#names.get(source) ?? source).replace(/^www\//, '');
  }

  /** What a script asks for at once, and what that asks for. @param {string} name @returns {string[]} */
  imports(name) {
    const all = new Set(this.#imports.get(name));
    for (const next of all) for (const further of this.#imports.get(next) ?? []) all.add(further);
    return [...all];
  }

  /** What a browser holds the file to. @param {string} name */
  integrity(name) {
    return `sha384-${createHash('sha384').update(this.#bytes(name)).digest('base64')}`;
  }

  /** Every file so far. */
  get files() {
    return [...this.#content.keys()].sort();
  }

  /** Whether a file's name tells its content. @param {string} name */
  tells(name) {
    return /-[0-9a-f]{10}\.\w+$/.test(name);
  }

  /** What tells this build from every other. */
  get build() {
    const all = createHash('sha256');
    for (const name of this.files) all.update(`${name} ${this.integrity(name)}\n`);
    return all.digest('hex').slice(0, 12);
  }

  /** Writes the files, keeps those of the last build that can be kept, and removes all others. @param {{ version: string, commit: string }} made */
  async close({ version, commit }) {
    const { build, files } = this;
    const last = this.#last;
    // Built again without a change, nothing has become older.
    const before = !last ? [] : last.build === build ? last.before : last.files.filter((file) => this.tells(file) && !this.#content.has(file));
    for (const [name, bytes] of this.#content) await this.#write(name, bytes);
    const kept = new Set([...files, ...before, LIST]);
    await sweep(this.#to, '', (name) => kept.has(name.replace(/\.(gz|br)$/, '')));
    /** @type {Listed} */
    const list = { build, version, commit, files, before };
    // Last, so that what was interrupted is not taken for a build.
    await writeFile(join(this.#to, LIST), `${JSON.stringify(list, null, 1)}\n`);
  }

  /** @param {string} name */
  #bytes(name) {
    const bytes = this.#content.get(name);
    if (!bytes) throw new Error(`${name} was not made`);
    return bytes;
  }

  /** @param {string} name @param {Buffer} bytes */
  async #write(name, bytes) {
    const path = join(this.#to, name);
    await mkdir(dirname(path), { recursive: true });
    const same = await readFile(path).then(
      (there) => there.equals(bytes),
      () => false,
    );
    if (same) return;
    // What was compressed from another content must not stay beside it.
    await Promise.all(['.gz', '.br'].map((kind) => rm(`${path}${kind}`, { force: true })));
    await writeFile(path, bytes);
  }
}

/** Removes the files below a folder that are not to stay, and folders that are empty then. @param {string} root @param {string} folder @param {(name: string) => boolean} stays */
async function sweep(root, folder, stays) {
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const name = folder ? `${folder}/${entry.name}` : entry.name;
    if (entry.isDirectory()) {
      await sweep(root, name, stays);
      await rmdir(join(root, name)).catch(() => {}); // Not empty.
    } else if (!stays(name)) {
      await rm(join(root, name));
    }
  }
}
