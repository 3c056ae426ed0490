// @ts-check
/** The programs that made the files that ship, with their versions. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** @typedef {Record<'rustc' | 'wasm-bindgen' | 'node' | 'rollup' | 'esbuild', string>} Tools */

/** @param {URL} root @returns {Tools} */
export function toolVersions(root) {
  const { rollup, esbuild } = npmPackages(root);
  return {
    rustc: execFileSync('rustc', ['--version'], { cwd: root, encoding: 'utf8' }).split(' ')[1],
    'wasm-bindgen': bindgen(root),
    node: process.versions.node,
    rollup: rollup.version,
    esbuild: esbuild.version,
  };
}

/** The program has the version of the library, or `cargo xtask build` had not begun. @param {URL} root */
function bindgen(root) {
  const [, version] = /^name = "wasm-bindgen"\nversion = "(.+)"$/m.exec(readFileSync(new URL('Cargo.lock', root), 'utf8')) ?? [];
  if (!version) throw new Error('Cargo.lock names no wasm-bindgen');
  return version;
}

/** The bundler's two packages, as the lock file has them. @param {URL} root @returns {Record<'rollup' | 'esbuild', { version: string, integrity: string, license: string }>} */
export function npmPackages(root) {
  const { packages } = JSON.parse(readFileSync(new URL('tests/package-lock.json', root), 'utf8'));
  return { rollup: packages['node_modules/rollup'], esbuild: packages['node_modules/esbuild'] };
}
