// @ts-check
/** Files that a visitor takes. */
import { readFile } from 'node:fs/promises';
import { press } from './browser.mjs';

/** The file that a button gives. @param {import('./browser.mjs').Visitor} visitor @param {string} id */
export async function taken({ page }, id) {
  const [download] = await Promise.all([page.waitForEvent('download'), press(page.locator(`#${id}`))]);
  return { name: download.suggestedFilename(), content: await readFile(await download.path()) };
}
