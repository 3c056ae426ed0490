// @ts-check
/**
 * Files of tests in one process, one after the other, with the browsers that they share (browser.mjs).
 *
 *     node --test-reporter=spec tests/e2e/several.mjs tests/e2e/cite.test.mjs tests/e2e/course.test.mjs
 */
import { resolve } from 'node:path';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

const loaded = load(process.argv.slice(2));
// Node's runner takes its work for done, and closes the browsers, once no test is left of those that it has been told of.
before(() => loaded);
await loaded;

/** @param {string[]} files */
async function load(files) {
  for (const file of files) {
    try {
      await import(pathToFileURL(resolve(file)).href);
    } catch (error) {
      // The others' tests are run all the same.
      test(file, () => {
        throw error;
      });
    }
  }
}
