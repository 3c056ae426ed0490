// @ts-check
/**
 * How what ships came to be, in the fields of SLSA's provenance within an in-toto statement. It is a note, not a proof: nobody has signed it, and
 * its builder says so. Where GitHub builds, GitHub signs another (`.github/workflows/pages.yml`).
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from './hash.mjs';

/** @typedef {import('./tools.mjs').Tools} Tools */
/** @typedef {{ name: string, digest: { sha256: string } }} Subject */

const STATEMENT = 'provenance.json';

/** What a build begins with beside the commit; all are in it, so that another commit with the same is known for the same. */
const LOCKED = ['Cargo.lock', 'rust-toolchain.toml', 'tests/package-lock.json'];

/** Every file of a folder with its hash, by name, but for the statement itself and what is left from the build before. @param {string} folder @param {Set<string>} before @returns {Promise<Subject[]>} */
export async function shippedFiles(folder, before) {
  const there = (await readdir(folder, { recursive: true })).map((name) => name.replaceAll('\\', '/'));
  const own = there.filter((name) => name !== STATEMENT && !before.has(name.replace(/\.(gz|br)$/, '')));
  const files = await Promise.all(own.sort().map(async (name) => ((await stat(join(folder, name))).isFile() ? [name] : [])));
  return Promise.all(files.flat().map(async (name) => ({ name, digest: { sha256: sha256(await readFile(join(folder, name))) } })));
}

/**
 * @param {object} made
 * @param {URL} made.root of the repository
 * @param {Subject[]} made.subjects
 * @param {{ command: string, address: string, source: string, notebooks: string }} made.asked what whoever built it chose
 * @param {string} made.commit in full, or nothing where the sources are no clone of git
 * @param {boolean} made.changed whether the sources differ from the commit
 * @param {Tools} made.tools
 */
export async function statement({ root, subjects, asked, commit, changed, tools }) {
  const { command, source, ...parameters } = asked;
  const uri = commit && (source ? `git+${source}@${commit}` : `git:${commit}`);
  const sources = commit ? [{ uri, digest: { gitCommit: commit }, annotations: { changed } }] : [];
  const locked = LOCKED.map(async (name) => ({ name, digest: { sha256: sha256(await readFile(new URL(name, root))) } }));
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: subjects,
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: source ? `${source}/blob/${commit || 'HEAD'}/xtask/README.md` : 'xtask/README.md',
        externalParameters: { command, ...Object.fromEntries(Object.entries({ source, ...parameters }).filter(([, value]) => value)) },
        resolvedDependencies: [...sources, ...(await Promise.all(locked))],
      },
      runDetails: { builder: { id: 'urn:x-phi-psi:unsigned', version: tools } },
    },
  };
}
