// @ts-check
/** What the parts of the page are called where it ships, with a hash of the content in each name; and a module put around one of them. */
import { readFileSync } from 'node:fs';

/** @type {{ version: string, commit: string, files: string[] }} */
const BUILD = JSON.parse(readFileSync(`${process.env.PHI_PSI_SHIPPED}/build.json`, 'utf8'));

/** What made a file, in words for the file. */
export const MADE_BY = `phi·psi ${BUILD.version} (${BUILD.commit})`;

/** The file that ships as a part. @param {string} part @param {string} [kind] */
export function shippedAs(part, kind = 'js') {
  const [name] = BUILD.files.flatMap((file) => new RegExp(`^www/(${part}-\\w+\\.${kind})$`).exec(file)?.[1] ?? []);
  if (!name) throw new Error(`nothing ships as ${part}`);
  return name;
}

/** The path of such a part below the page. @param {string} part @param {string} [kind] */
export const shippedAt = (part, kind = 'js') => `www/${shippedAs(part, kind)}`;

/** A module that is the CPU's, at hand as `own`, but for what a script exports or changes: in a copy of its own, or in the very one. @param {string} script @param {'?own' | ''} [copy] */
export function aroundCpu(script, copy = '?own') {
  const own = JSON.stringify(`./${shippedAs('module-cpu')}${copy}`);
  return `import init, * as own from ${own};\nexport * from ${own};\nexport default init;\n${script}`;
}
