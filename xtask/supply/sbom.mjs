// @ts-check
/**
 * What ships, as a bill of materials in CycloneDX 1.6: the three modules, the crates compiled into each (scope `required`), what ran while they
 * were compiled (`excluded`: build scripts, procedural macros and the tools), and who stands on whom.
 *
 * Not by cargo-cyclonedx: it takes minutes to compile, where a first build is to be had in a few, and makes one bill for one set of
 * features, of which there are three here.
 */
import { readFile } from 'node:fs/promises';
import { checksums, cratesOf } from './crates.mjs';
import { sha256 } from './hash.mjs';
import { npmPackages } from './tools.mjs';

/** @typedef {import('./crates.mjs').Crate} Crate */
/** @typedef {import('./tools.mjs').Tools} Tools */
/** @typedef {{ alg: string, content: string }} Hash */
/**
 * @typedef {object} Component
 * @property {string} type
 * @property {string} bom-ref
 * @property {string} name
 * @property {string} version
 * @property {string} [description]
 * @property {'required' | 'excluded'} [scope]
 * @property {Hash[]} [hashes]
 * @property {{ expression: string }[]} [licenses]
 * @property {string} [purl]
 * @property {{ name: string, value: string }[]} [properties]
 */

const MODULES = ['cpu', 'webgpu', 'lab'];

/** A crate in each module that has it. @typedef {Crate & { id: string, modules: string[] }} Shared */

/**
 * @param {object} made
 * @param {URL} made.root of the repository
 * @param {string} made.of the folder that ships
 * @param {string[]} made.files its files
 * @param {string} made.version
 * @param {string} made.commit
 * @param {string} made.source where the source is to be had, or nothing
 * @param {Tools} made.tools
 */
export async function billOfMaterials({ root, of, files, version, commit, source, tools }) {
  const trees = MODULES.map((module) => ({ module, crates: cratesOf(root, module) }));
  const crates = shared(trees);
  const own = [...crates.values()].find(({ name }) => name === 'phi-psi');
  if (!own) throw new Error('cargo tree does not begin with phi-psi');
  const sums = checksums(await readFile(new URL('Cargo.lock', root), 'utf8'));
  const others = [...crates.values()].filter((crate) => crate !== own).sort((a, b) => compared(a.id, b.id));
  const modules = await Promise.all(trees.map(({ module }) => moduleComponent(of, files, module, version)));
  const brought = standardLibrary(tools.rustc);
  const bom = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      lifecycles: [{ phase: 'build' }],
      component: {
        type: 'application',
        'bom-ref': own.id,
        name: own.name,
        version,
        licenses: [{ expression: own.licence }],
        ...(commit && { properties: [{ name: 'phi-psi:commit', value: commit }] }),
        ...(source && { externalReferences: [{ type: 'vcs', url: source }] }),
      },
    },
    components: [...modules, brought, ...others.map((crate) => crateComponent(crate, sums)), ...toolComponents(root, tools)],
    dependencies: [
      { ref: own.id, dependsOn: modules.map((module) => module['bom-ref']) },
      ...trees.map(({ module, crates }) => ({
        ref: refOfModule(module),
        dependsOn: [brought['bom-ref'], ...refs(crates.get(own.id)?.uses ?? [], crates)],
      })),
      ...others.map((crate) => ({ ref: ref(crate), dependsOn: refs(crate.uses, crates) })),
    ],
  };
  return { ...bom, serialNumber: serialNumber(JSON.stringify(bom)) };
}

/** Every crate once, with all that it uses in one module or another. @param {{ module: string, crates: Map<string, Crate> }[]} trees @returns {Map<string, Shared>} */
function shared(trees) {
  /** @type {Map<string, Shared>} */
  const all = new Map();
  for (const { module, crates } of trees) {
    for (const [id, crate] of crates) {
      const known = all.get(id) ?? { ...crate, id, linked: false, uses: new Set(), modules: [] };
      all.set(id, known);
      if (crate.linked) known.modules.push(module);
      known.linked ||= crate.linked;
      for (const used of crate.uses) known.uses.add(used);
    }
  }
  return all;
}

/** @param {string} module */
const refOfModule = (module) => `module-${module}`;

/** The registry's crates by their package URL, ours by their name. @param {Crate} crate */
const ref = ({ name, version, local }) => (local ? `${name}@${version}` : `pkg:cargo/${name}@${version.replaceAll('+', '%2B')}`);

/** @param {Iterable<string>} ids @param {Map<string, Crate>} crates */
function refs(ids, crates) {
  return [...ids]
    .sort(compared)
    .map((id) => crates.get(id))
    .flatMap((crate) => (crate ? [ref(crate)] : []));
}

/** @param {string} of @param {string[]} files @param {string} module @param {string} version @returns {Promise<Component>} */
async function moduleComponent(of, files, module, version) {
  const file = files.find((name) => name.startsWith(`www/module-${module}-`) && name.endsWith('.wasm'));
  if (!file) throw new Error(`build.json names no module ${module}`);
  const content = sha256(await readFile(`${of}/${file}`));
  return { type: 'library', 'bom-ref': refOfModule(module), name: file, version, scope: 'required', hashes: [{ alg: 'SHA-256', content }] };
}

/** @param {Shared} crate @param {Map<string, string>} sums @returns {Component} */
function crateComponent(crate, sums) {
  const { id, name, version, licence, local, linked, modules } = crate;
  const content = sums.get(id);
  if (!local && !content) throw new Error(`Cargo.lock has no checksum of ${id}`);
  return {
    type: 'library',
    'bom-ref': ref(crate),
    name,
    version,
    ...(local && { description: 'A stand-in of our own, in the place of the crate of that name.' }),
    scope: linked ? 'required' : 'excluded',
    ...(content && { hashes: [{ alg: 'SHA-256', content }] }),
    licenses: [{ expression: licence }],
    ...(!local && { purl: ref(crate) }),
    ...(linked && { properties: [{ name: 'phi-psi:modules', value: modules.join(' ') }] }),
  };
}

/** @param {string} version of the compiler @returns {Component} */
function standardLibrary(version) {
  const purl = `pkg:generic/rust-std@${version}`;
  const description = 'Rust’s standard library for wasm32-unknown-unknown, as it comes with the compiler, and what it is made of.';
  return { type: 'library', 'bom-ref': purl, name: 'rust-std', version, description, scope: 'required', licenses: [{ expression: 'MIT OR Apache-2.0' }], purl };
}

/** What wrote the files, and is in none of them. @param {URL} root @param {Tools} tools @returns {Component[]} */
function toolComponents(root, tools) {
  const tool = (/** @type {string} */ name, /** @type {string} */ version, /** @type {string} */ purl, /** @type {object} */ more) =>
    /** @type {Component} */ ({ type: 'application', 'bom-ref': purl, name, version, scope: 'excluded', ...more, purl });
  const npm = Object.entries(npmPackages(root)).map(([name, { version, integrity, license }]) => {
    const content = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex');
    return tool(name, version, `pkg:npm/${name}@${version}`, { hashes: [{ alg: 'SHA-512', content }], licenses: [{ expression: license }] });
  });
  const [rustc, bindgen] = [tools.rustc, tools['wasm-bindgen']];
  return [
    tool('rustc', rustc, `pkg:generic/rustc@${rustc}`, {}),
    tool('wasm-bindgen-cli', bindgen, `pkg:cargo/wasm-bindgen-cli@${bindgen}`, { description: 'Writes the scripts through which the page calls the modules.' }),
    ...npm,
  ];
}

/** A UUID made of the content (RFC 9562's version 8): another content has another. @param {string} content */
function serialNumber(content) {
  const hex = sha256(content);
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** In the order of their code units, whatever the language of the machine. @param {string} a @param {string} b */
function compared(a, b) {
  return a < b ? -1 : Number(a > b);
}
