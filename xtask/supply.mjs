// @ts-check
/**
 * Says of what ships what it is made of, and how: two files beside it, for whoever wants to hold it to its source.
 *
 *     node xtask/supply.mjs --of dist --version 0.1.0 --commit 0123abc… [--changed] [--command 'cargo xtask build'] [--address …] [--source …] [--notebooks …]
 *
 *     sbom.cdx.json     every crate in the modules, and every tool that made one of its files, in CycloneDX
 *     provenance.json   commit, lock files, tools and command, and the SHA-256 of every file, as an in-toto statement that nobody has signed
 *
 * `build.json` says what the page's own files are; these two are no part of the page: nothing loads them, and no service worker keeps them.
 * Neither has a time or a random number in it, so that the same commit gives the same bytes. `cargo xtask build` calls this after
 * `xtask/bundle.mjs`, with the same options.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { addresses, COMMON, FLAG, needing, TEXT } from './bundle/options.mjs';
import { shippedFiles, statement } from './supply/provenance.mjs';
import { billOfMaterials } from './supply/sbom.mjs';
import { toolVersions } from './supply/tools.mjs';

const ROOT = new URL('..', import.meta.url);

const { values } = parseArgs({ options: { of: TEXT, changed: FLAG, command: { ...TEXT, default: 'cargo xtask build' }, ...COMMON } });
needing(values, ['of', 'version'], 'node xtask/supply.mjs --of FOLDER --version VERSION');
const { of, version, commit, changed, command } = values;
const { address, source, notebooks } = addresses(values);
const tools = toolVersions(ROOT);
const { files, before } = JSON.parse(await readFile(`${of}/build.json`, 'utf8'));

const bill = await billOfMaterials({ root: ROOT, of, files, version, commit, source, tools });
await write('sbom.cdx.json', bill);
const subjects = await shippedFiles(of, new Set(before));
const asked = { command, address, source, notebooks };
await write('provenance.json', await statement({ root: ROOT, subjects, asked, commit, changed, tools }));
console.log(`${bill.components.length} components in ${of}/sbom.cdx.json, ${subjects.length} files in ${of}/provenance.json`);

/** @param {string} name @param {object} content */
async function write(name, content) {
  await writeFile(`${of}/${name}`, `${JSON.stringify(content, null, 1)}\n`);
}
