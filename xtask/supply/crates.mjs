// @ts-check
/** The crates that a module is made of, as cargo resolves them for its features and for wasm: asked, since only cargo knows. */
import { execFileSync } from 'node:child_process';

/**
 * A crate by `name@version`, with what it depends on. `linked` is whether its code is compiled for the module; what is not runs while
 * that is compiled: build scripts, procedural macros and what they stand on. `local` is whether it lies in this repository.
 * @typedef {{ name: string, version: string, licence: string, local: boolean, linked: boolean, uses: Set<string> }} Crate
 */

const ROOT_CRATE = 'phi-psi';

/** All crates of a module, by `name@version`; the first is our own. @param {URL} root @param {string} module @returns {Map<string, Crate>} */
export function cratesOf(root, module) {
  const all = read(tree(root, module, 'normal,build'));
  const linked = read(tree(root, module, 'normal,no-proc-macro'));
  for (const id of linked.keys()) {
    const crate = all.get(id);
    if (!crate) throw new Error(`cargo tree names ${id} among what is linked and not among all`);
    crate.linked = true;
  }
  return all;
}

/** @param {URL} root @param {string} module @param {string} edges */
function tree(root, module, edges) {
  const what = ['--package', ROOT_CRATE, '--no-default-features', '--features', module, '--target', 'wasm32-unknown-unknown'];
  const how = ['--edges', edges, '--prefix', 'depth', '--format', '{p}|{l}', '--charset', 'ascii'];
  return execFileSync(process.env.CARGO ?? 'cargo', ['tree', '--locked', ...what, ...how], { cwd: root, encoding: 'utf8' });
}

/** A line of `cargo tree`: depth, name, version, where it lies if that is here, licence, and `(*)` where its own are listed elsewhere. */
const LINE = /^(\d+)(\S+) v(\S+)((?: \([^)]*\))*)\|(.*?)( \(\*\))?$/;

/** Reads what `cargo tree` prints. @param {string} printed @returns {Map<string, Crate>} */
export function read(printed) {
  /** @type {Map<string, Crate>} */
  const crates = new Map();
  /** Those above the present line. @type {Crate[]} */
  const above = [];
  for (const line of printed.split('\n').filter(Boolean)) {
    const [, depth, name, version, remarks, licence] = LINE.exec(line) ?? [];
    if (!name) throw new Error(`cargo tree printed ${JSON.stringify(line)}, which is read as no crate`);
    const id = `${name}@${version}`;
    const local = /\(([/\\]|[A-Z]:)/.test(remarks);
    const crate = crates.get(id) ?? { name, version, licence: licence.replaceAll(/ ?\/ ?/g, ' OR '), local, linked: false, uses: new Set() };
    crates.set(id, crate);
    above.length = Number(depth);
    above.at(-1)?.uses.add(id);
    above.push(crate);
  }
  return crates;
}

/** The SHA-256 of each crate's archive, by `name@version`, as Cargo.lock has it. @param {string} lock @returns {Map<string, string>} */
export function checksums(lock) {
  const entry = /^\[\[package\]\]\nname = "(.+)"\nversion = "(.+)"\n(?:source = ".+"\n)?checksum = "([0-9a-f]{64})"$/gm;
  return new Map([...lock.matchAll(entry)].map(([, name, version, checksum]) => [`${name}@${version}`, checksum]));
}
