// @ts-check
/** What is said of what ships: the bill of materials against the modules themselves, the statement against every file. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { read } from '../../xtask/supply/crates.mjs';
import { script } from './site.mjs';

/** @typedef {import('../../xtask/supply/sbom.mjs').Component} Component */

const { PHI_PSI_SHIPPED: FOLDER = '' } = process.env;
const OWN = ['sbom.cdx.json', 'provenance.json'];

const [bill, statement, build] = await Promise.all([...OWN, 'build.json'].map(async (name) => JSON.parse(await readFile(`${FOLDER}/${name}`, 'utf8'))));
/** @type {Component[]} */
const components = bill.components;

/** @param {Uint8Array} bytes */
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** The modules that a crate is compiled for. @param {Component} component */
const modulesOf = ({ properties = [] }) => properties.find(({ name }) => name === 'phi-psi:modules')?.value.split(' ') ?? [];

test('the bill of materials has the form that CycloneDX asks for', () => {
  assert.deepEqual([bill.bomFormat, bill.specVersion, bill.version], ['CycloneDX', '1.6', 1]);
  assert.match(bill.serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  const refs = [bill.metadata.component, ...components].map((component) => component['bom-ref']);
  assert.equal(new Set(refs).size, refs.length, 'no component is there twice');
  for (const { type, name, version, scope, purl, hashes = [], licenses = [] } of components) {
    assert.ok(['application', 'library'].includes(type) && name && version, name);
    assert.ok(scope === 'required' || scope === 'excluded', name);
    if (purl) assert.match(purl, /^pkg:(cargo|npm|generic)\/[\w.-]+@[\w.%-]+$/);
    for (const { alg, content } of hashes) assert.match(content, alg === 'SHA-512' ? /^[0-9a-f]{128}$/ : /^[0-9a-f]{64}$/, `${name}, ${alg}`);
    for (const { expression } of licenses) assert.match(expression, /^[\w.+() -]+$/, name);
  }
  /** @type {Map<string, string[]>} */
  const uses = new Map(bill.dependencies.map((/** @type {{ ref: string, dependsOn: string[] }} */ { ref, dependsOn }) => [ref, dependsOn]));
  assert.equal(uses.size, bill.dependencies.length, 'what uses what is said once');
  const reached = new Set([bill.metadata.component['bom-ref']]);
  for (const ref of reached) for (const used of uses.get(ref) ?? []) reached.add(used);
  const [known, tools] = [new Set(refs), components.filter(({ type }) => type === 'application').map((tool) => tool['bom-ref'])];
  assert.deepEqual(
    [...reached].filter((ref) => !known.has(ref)),
    [],
    'what is used is a component',
  );
  assert.deepEqual(
    refs.filter((ref) => !reached.has(ref)),
    tools,
    'all but the tools are used by what ships',
  );
});

for (const module of ['cpu', 'webgpu', 'lab']) {
  test(`every crate that the ${module} module names in its messages is in the bill, for that module`, async () => {
    const file = build.files.find((/** @type {string} */ name) => name.startsWith(`www/module-${module}-`) && name.endsWith('.wasm'));
    const bytes = await readFile(`${FOLDER}/${file}`);
    const own = components.find(({ name }) => name === file);
    assert.deepEqual(own?.hashes, [{ alg: 'SHA-256', content: sha256(bytes) }]);
    const named = new Set(
      [...bytes.toString('latin1').matchAll(/\/([\w-]+)-(\d+\.\d+\.\d+)\/src\/[\w/]+\.rs/g)].map(([, name, version]) => `${name} ${version}`),
    );
    // Those of the standard library stand in the compiler's own folder, and come with it.
    for (const [, name, version] of bytes.toString('latin1').matchAll(/\/rust\/deps\/([\w-]+)-(\d+\.\d+\.\d+)\//g)) named.delete(`${name} ${version}`);
    assert.ok(named.size > 2, [...named].join());
    const listed = new Set(
      components.filter((component) => modulesOf(component).includes(module)).map(({ name, version }) => `${name} ${version.split('+')[0]}`),
    );
    assert.deepEqual(
      [...named].filter((crate) => !listed.has(crate)),
      [],
    );
  });
}

test('no module names a folder of the machine that it was compiled on', async () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  for (const file of build.files.filter((/** @type {string} */ name) => name.endsWith('.wasm'))) {
    const text = (await readFile(`${FOLDER}/${file}`)).toString('latin1');
    for (const folder of [root, `${homedir()}/`]) assert.ok(!text.includes(folder), `${file} names ${folder}`);
    const places = new Set(Array.from(text.matchAll(/([\w./-]*)\/registry\/src\//g), ([, place]) => place));
    assert.deepEqual([...places], ['/cargo'], file);
  }
});

test('burn is in the modules that train and not in the lab, and what only runs while they are compiled is marked', () => {
  const one = (/** @type {string} */ name) => components.find((component) => component.name === name);
  assert.deepEqual(
    ['burn', 'burn-ndarray', 'wgpu', 'nalgebra'].map((name) => modulesOf(/** @type {Component} */ (one(name))).join(' ')),
    ['cpu webgpu', 'cpu', 'webgpu', 'lab'],
  );
  assert.deepEqual(
    ['syn', 'serde_derive', 'rollup', 'rustc'].map((name) => one(name)?.scope),
    ['excluded', 'excluded', 'excluded', 'excluded'],
  );
});

test('no script that ships has a line of a package from npm', async () => {
  const maps = build.files.filter((/** @type {string} */ name) => name.endsWith('.js.map'));
  assert.ok(maps.length > 5);
  for (const map of maps) {
    const { sources } = JSON.parse(await readFile(`${FOLDER}/${map}`, 'utf8'));
    for (const source of sources) assert.ok(!/node_modules|^\0/.test(source), `${map} is made of ${source}`);
  }
});

test('the statement has the hash of every file, but for its own and those of the build before', async () => {
  const [{ predicate }, before] = [statement, new Set(build.before)];
  assert.deepEqual([statement._type, statement.predicateType], ['https://in-toto.io/Statement/v1', 'https://slsa.dev/provenance/v1']);
  const entries = await readdir(FOLDER, { recursive: true });
  const there = entries.filter((name) => statSync(join(FOLDER, name)).isFile());
  const wanted = there.filter((name) => name !== 'provenance.json' && !before.has(name.replace(/\.(gz|br)$/, ''))).sort();
  assert.deepEqual(
    statement.subject.map((/** @type {{ name: string }} */ { name }) => name),
    wanted,
  );
  for (const { name, digest } of statement.subject) assert.equal(digest.sha256, sha256(await readFile(`${FOLDER}/${name}`)), name);
  const { resolvedDependencies: used } = predicate.buildDefinition;
  const lock = used.find((/** @type {{ name?: string }} */ { name }) => name === 'Cargo.lock');
  assert.equal(lock.digest.sha256, sha256(await readFile(new URL('../../Cargo.lock', import.meta.url))));
  if (build.commit) {
    const { digest, annotations } = used[0];
    assert.ok(digest.gitCommit.length >= 40 && digest.gitCommit.startsWith(build.commit.replace('+', '')), digest.gitCommit);
    assert.equal(annotations.changed, build.commit.endsWith('+'));
  }
});

test('nothing of the page asks for either, and no service worker keeps them', async () => {
  for (const name of OWN) {
    assert.ok(!build.files.includes(name));
    assert.ok(!(await readFile(`${FOLDER}/sw.js`, 'utf8')).includes(name));
  }
});

test('of the same files the same is said again, and of another commit another', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'phi-psi-supply-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await cp(FOLDER, folder, { recursive: true });
  const { resolvedDependencies, externalParameters } = statement.predicate.buildDefinition;
  const { address = '' } = externalParameters;
  const changed = resolvedDependencies[0].annotations?.changed ? ['--changed'] : [];
  const said = async (/** @type {string} */ commit) => {
    await script('supply.mjs', '--of', folder, '--version', build.version, '--commit', commit, '--address', address, ...changed);
    return Promise.all(OWN.map((name) => readFile(`${folder}/${name}`, 'utf8')));
  };
  assert.deepEqual(
    (await said(resolvedDependencies[0].digest.gitCommit ?? '')).map((text) => JSON.parse(text)),
    [bill, statement],
  );
  assert.notEqual(JSON.parse((await said('b'.repeat(40)))[0]).serialNumber, bill.serialNumber);
});

test('what cargo prints is read, and what is no crate is named', () => {
  const crates = read('0a v1.0.0 (/here/a)|MIT\n1b v2.0.0-rc.1+x (proc-macro)|MIT/Zlib\n2c v3.0.0|Zlib\n1c v3.0.0|Zlib (*)\n');
  assert.deepEqual([...crates.keys()], ['a@1.0.0', 'b@2.0.0-rc.1+x', 'c@3.0.0']);
  const [a, b] = [...crates.values()];
  assert.deepEqual([a.local, b.local, b.licence], [true, false, 'MIT OR Zlib']);
  assert.deepEqual([[...a.uses], [...b.uses]], [['b@2.0.0-rc.1+x', 'c@3.0.0'], ['c@3.0.0']]);
  assert.throws(() => read('error: no such package'), /error: no such package/);
});
