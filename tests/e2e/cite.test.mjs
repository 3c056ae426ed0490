// @ts-check
/** Citing the page: one tap for the lines and one for BibTeX, and the source in the footer of a build that knows it. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { visitors } from './browser.mjs';
import { taken } from './downloads.mjs';
import { script } from './site.mjs';

const visit = visitors();
const parser = createRequire(import.meta.url)('bibtex-parse');

/** Runs in the page: keeps what is written to the clipboard. */
const CLIPBOARD = `Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => void (globalThis.copied = text) } });`;

const KEYS = ['phi-psi', 'phi-psi-notebooks', 'schmidt1907', 'eckart-young1936', 'sehanobish2024'];

/** @param {string} text @returns {string[]} */
const keys = (text) => parser.entries(text).map((/** @type {{ key: string }} */ { key }) => key);

visit('the page and what it stands on are copied at one tap, as text and as BibTeX', { query: '?view=about', view: '', script: CLIPBOARD }, async (visitor) => {
  for (const [button, lines] of [
    ['copy-cite', 'cite-lines'],
    ['copy-bibtex', 'cite-bibtex'],
  ]) {
    await visitor.press(button);
    await visitor.eventually(async () => assert.equal(await visitor.text(button), 'Copied'));
    assert.equal(await visitor.page.evaluate('globalThis.copied'), await visitor.text(lines));
  }
  assert.deepEqual(keys(await visitor.text('cite-bibtex')), KEYS);
  const lines = (await visitor.text('cite-lines')).split('\n');
  assert.equal(lines.length, KEYS.length);
  assert.match(lines[0], /^φ·ψ: a GELU layer, split in two\. Version \S+/);
});

visit('the files say how the page is cited, and the weights are the same bytes as ever without notes', {}, async (visitor) => {
  await visitor.train({ epochs: 2 });
  const { cite } = JSON.parse((await taken(visitor, 'take-json')).content.toString());
  await visitor.find('citing').scrollIntoViewIfNeeded();
  await visitor.page.locator('#cite-lines:not(:empty)').waitFor();
  assert.deepEqual(keys(cite.bibtex), KEYS);
  assert.equal(cite.text, (await visitor.text('cite-lines')).split('\n')[0]);
  const notebook = JSON.parse((await taken(visitor, 'take-notebook')).content.toString());
  const told = notebook.cells.at(-1).source.join('');
  assert.deepEqual(keys(/```bibtex\n(.*)```/s.exec(told)?.[1] ?? ''), KEYS);
  assert.ok((await taken(visitor, 'take-module')).content.toString().includes(` * Cite: ${cite.text}\n`));
  assert.ok(!(await taken(visitor, 'take-weights')).content.toString('latin1').includes('Schmidt'));
});

/** The footer's words of a build that was told this of its source. @param {import('node:test').TestContext} t @param {string[]} words */
async function footer(t, ...words) {
  const to = await mkdtemp(join(tmpdir(), 'phi-psi-source-'));
  t.after(() => rm(to, { recursive: true }));
  await script('bundle.mjs', '--from', process.env.PHI_PSI_DIST ?? '', '--to', to, '--version', '9.9.9', '--plain', ...words);
  return /<span id="build">.*/.exec(await readFile(join(to, 'index.html'), 'utf8'))?.[0] ?? '';
}

test('a build that knows its source links it in the footer, and one that is told of no address of the web is refused', async (t) => {
  assert.ok(
    (await footer(t, '--source', 'https://example.org/o/r.git')).includes(
      '</span> <a id="source" href="https://example.org/o/r" rel="noopener">The source.</a>',
    ),
  );
  for (const wrong of ['https://me:word@example.org/r', '/folder/r', 'git@example.org:r'])
    await assert.rejects(footer(t, '--source', wrong), /no http or https address/);
  assert.doesNotMatch(await footer(t), /href="(?!https?:\/\/[\w.-]+\/)/);
});
