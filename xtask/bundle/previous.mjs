// @ts-check
/**
 * Brings the build that stands at an address into a folder, for the next build to keep its files for one generation: where every build begins in
 * an empty folder, nothing else remembers them.
 *
 *     node xtask/bundle/previous.mjs https://example.org/phi-psi/ dist
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const [address, folder] = process.argv.slice(2);
if (!address || !folder) throw new Error('node xtask/bundle/previous.mjs ADDRESS FOLDER');

/** A name is a path on this machine, and the list comes from elsewhere. */
const NAME = /^(?:www\/)?[\w-]+(?:\.[\w-]+)+$/;

/** A file's bytes, or null where there is none of that name. @param {string} name */
async function read(name) {
  const response = await fetch(new URL(name, address));
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

const found = await read('build.json');
const list = found && JSON.parse(found.toString('utf8'));
if (!Array.isArray(list?.files) || !Array.isArray(list.before)) {
  console.log(`no build stands at ${address} yet`);
} else {
  let brought = 0;
  for (const name of [...list.files, ...list.before]) {
    if (!NAME.test(name)) throw new Error(`${JSON.stringify(name)} is no file of a build`);
    // One that has gone is no loss: nobody can be served it either way.
    const bytes = await read(name);
    if (!bytes) continue;
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
    brought += 1;
  }
  await writeFile(join(folder, 'build.json'), `${JSON.stringify(list)}\n`);
  console.log(`${brought} files of build ${list.build} in ${folder}`);
}
