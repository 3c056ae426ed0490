// @ts-check
/** The crates that a module is made of, as cargo resolves them for its features and for wasm: asked, since only cargo knows. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { sha256 } from './hash.mjs';

/**
 * A crate by `name@version`, with what it depends on. `linked` is whether its code is compiled for the module; what is not runs while
 * that is compiled: build scripts, procedural macros and what they stand on. `local` is whether it lies in this repository.
 * @typedef {{ name: string, version: string, licence: string, local: boolean, linked: boolean, uses: Set<string> }} Crate
 */

const ROOT_CRATE = 'phi-psi';

/** What says which crates a module has; the registry's own are held to Cargo.lock by their checksums. */
const READ = ['Cargo.toml', 'Cargo.lock', 'rust-toolchain.toml', '.cargo/config.toml', 'xtask/Cargo.toml', 'xtask/inventory/Cargo.toml'];

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

/** What `cargo tree` prints in half a second, kept in target/ behind a hash of what it was asked and read. @param {URL} root @param {string} module @param {string} edges */
function tree(root, module, edges) {
  const what = ['--package', ROOT_CRATE, '--no-default-features', '--features', module, '--target', 'wasm32-unknown-unknown'];
  const how = ['--edges', edges, '--prefix', 'depth', '--format', '{p}|{l}', '--charset', 'ascii'];
  const words = ['tree', '--locked', ...what, ...how];
  const key = sha256([...words, ...READ.map((name) => readFileSync(new URL(name, root), 'utf8'))].join('\n'));
  const folder = new URL('target/trees/', root);
  const kept = new URL(`${module}-${edges}`, folder);
  const known = existsSync(kept) ? readFileSync(kept, 'utf8') : '';
  if (known.startsWith(key)) return known.slice(key.length);
  const printed = execFileSync(process.env.CARGO ?? 'cargo', words, { cwd: root, encoding: 'utf8' });
  mkdirSync(folder, { recursive: true });
  const fresh = new URL(`${module}-${edges}.${process.pid}`, folder);
  writeFileSync(fresh, key + printed);
  renameSync(fresh, kept);
  return printed;
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
