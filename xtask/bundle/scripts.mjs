// @ts-check
/**
 * Scripts, put together by rollup and minified by esbuild: a first visit downloads half as much. Each has its source map beside it, which no
 * browser loads until its developer tools are opened, so that a visitor can still read what runs as it was written.
 * Two things are put in their place: `www/shell/build.js` says which build this is, and `new URL('../x', import.meta.url)` finds x under its new name.
 */
import { posix, relative, resolve, sep } from 'node:path';
import { transform } from '../../tests/node_modules/esbuild/lib/main.js';
import { rollup } from '../../tests/node_modules/rollup/dist/rollup.js';

/** @typedef {import('./output.mjs').Output} Output */
/** @typedef {import('../../tests/node_modules/rollup/dist/rollup.js').Plugin} Plugin */

/**
 * Adds the entries and the chunks that they are made of to the output. Entries find each other's names there afterwards.
 * @param {object} asked
 * @param {string} asked.from the folder of the sources
 * @param {Output} asked.output
 * @param {object} asked.build what `www/shell/build.js` is to say
 * @param {Record<string, string>} asked.entries path by name
 * @param {boolean} [asked.whole] whether all of it becomes one file, lazy parts too
 */
export async function bundled({ from, output, build, entries, whole = false }) {
  const source = (/** @type {string} */ id) => relative(resolve(from), id).split(sep).join('/');
  const input = Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, resolve(from, path)]));
  const bundle = await rollup({
    input,
    plugins: [said(resolve(from, 'www/shell/build.js'), build), addressed(source, output), minifying],
    preserveEntrySignatures: 'allow-extension',
    onwarn: ({ message }) => {
      throw new Error(message);
    },
  });
  // Rollup's own hashes: chunks that import each other could not be named one after the other.
  const names = { entryFileNames: '[name]-[hash:10].js', chunkFileNames: '[name]-[hash:10].js', hashCharacters: /** @type {const} */ ('hex') };
  const shape = { format: /** @type {const} */ ('es'), hoistTransitiveImports: false, inlineDynamicImports: whole };
  const maps = { sourcemap: true, sourcemapPathTransform: (/** @type {string} */ path) => posix.relative('www', source(resolve(path))) };
  const { output: made } = await bundle.generate({ ...shape, ...names, ...maps });
  await bundle.close();
  for (const chunk of made) {
    if (chunk.type !== 'chunk') {
      output.stable(`www/${chunk.fileName}`, chunk.source);
      continue;
    }
    const imports = chunk.imports.map((name) => `www/${name}`);
    const { facadeModuleId: entry } = chunk;
    output.named(entry ? source(entry) : `www/${chunk.name}.js`, `www/${chunk.fileName}`, chunk.code, imports);
  }
}

/** A script as small as it can be said. @param {string} code */
export async function minified(code) {
  const { code: small, map } = await transform(code, { minify: true, format: 'esm', charset: 'utf8', sourcemap: 'external' });
  return { code: small, map };
}

/** @type {Plugin} */
const minifying = { name: 'scripts are small', renderChunk: minified };

/** A script that passes on another's exports. @param {string} words @param {string} name */
export function readable(words, name) {
  return `${words}\nexport * from './${name}';\n`;
}

/** @param {string} file @param {object} build @returns {Plugin} */
function said(file, build) {
  const own = /export const BUILD = \{.*?^\};/ms;
  return {
    name: 'the build says which it is',
    transform(code, id) {
      if (id !== file) return null;
      if (!own.test(code)) throw new Error('www/shell/build.js has no BUILD to put another in the place of');
      return { code: code.replace(own, `export const BUILD = ${JSON.stringify(build, null, 2)};`), map: null };
    },
  };
}

/** @param {(id: string) => string} source @param {Output} output @returns {Plugin} */
function addressed(source, output) {
  return {
    name: 'files are found under their new names',
    transform(code, id) {
      const folder = posix.dirname(source(id));
      const found = code.replaceAll(/new URL\('(\.\.?\/[^']+\.\w+)', import\.meta\.url\)/g, (_, path) => {
        const name = output.base(output.name(posix.join(folder, path)));
        return `new URL('./${name}', import.meta.url)`;
      });
      return { code: found, map: null };
    },
  };
}
