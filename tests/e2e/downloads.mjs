// @ts-check
/** Files that a visitor takes. */
import { readFile } from 'node:fs/promises';
import { press } from './browser.mjs';

/** The file that a button gives. @param {import('./browser.mjs').Visitor} visitor @param {string} id @returns {Promise<{ name: string, content: Buffer }>} */
export async function taken({ page }, id) {
  const button = page.locator(`#${id}`);
  if (page.context().browser()?.browserType().name() === 'firefox') {
    // Its driver tells of no downloads, so the file is taken where the browser is given it.
    const given = page.evaluate(nextGiven);
    await press(button);
    const { name, bytes } = await given;
    return { name, content: Buffer.from(bytes) };
  }
  const [download] = await Promise.all([page.waitForEvent('download'), press(button)]);
  return { name: download.suggestedFilename(), content: await readFile(await download.path()) };
}

/** Runs in the page: the next file that a link to be clicked would save. @returns {Promise<{ name: string, bytes: number[] }>} */
function nextGiven() {
  const { click } = HTMLAnchorElement.prototype;
  const { createObjectURL } = URL;
  return new Promise((resolve) => {
    URL.createObjectURL = (/** @type {Blob} */ file) => {
      HTMLAnchorElement.prototype.click = async function () {
        Object.assign(URL, { createObjectURL });
        Object.assign(HTMLAnchorElement.prototype, { click });
        resolve({ name: this.download, bytes: [...new Uint8Array(await file.arrayBuffer())] });
      };
      return createObjectURL(file);
    };
  });
}
