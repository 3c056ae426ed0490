// @ts-check
/** Citing the page: one tap for the lines and one for BibTeX, and the source in the footer of a build that knows it. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { addresses } from '../../xtask/bundle/options.mjs';
import { Output } from '../../xtask/bundle/output.mjs';
import { Pages } from '../../xtask/bundle/pages.mjs';
import { visitors } from './browser.mjs';
import { taken } from './downloads.mjs';

const visit = visitors();
const parser = createRequire(import.meta.url)('bibtex-parse');

/** Runs in the page: keeps what is written to the clipboard. */
const CLIPBOARD = `Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => void (globalThis.copied = text) } });`;

const KEYS = ['phi-psi', 'phi-psi-notebooks', 'schmidt1907', 'eckart-young1936', 'sehanobish2024'];

/** What a build is told of its addresses where it is told nothing. */
const NOTHING = { address: '', source: '', notebooks: '' };

/** @param {string} text @returns {string[]} */
const keys = (text) => parser.entries(text).map((/** @type {{ key: string }} */ { key }) => key);

visit(
  'the page and what it stands on are copied at one tap, as text and as BibTeX; the files say the same, and the weights are the same bytes as ever without notes',
  { view: 'all', script: CLIPBOARD },
  async (visitor) => {
    await visitor.train({ hidden: 8, n: 64, epochs: 2 });
    const { cite } = JSON.parse((await taken(visitor, 'take-json')).content.toString());
    const notebook = JSON.parse((await taken(visitor, 'take-notebook')).content.toString());
    const told = notebook.cells.at(-1).source.join('');
    const inNotebook = keys(/```bibtex\n(.*)```/s.exec(told)?.[1] ?? '');
    const module = (await taken(visitor, 'take-module')).content.toString();
    const weights = (await taken(visitor, 'take-weights')).content.toString('latin1');

    await visitor.find('citing').scrollIntoViewIfNeeded();
    await visitor.page.locator('#cite-lines:not(:empty)').waitFor();
    for (const [button, lines] of [
      ['copy-cite', 'cite-lines'],
      ['copy-bibtex', 'cite-bibtex'],
    ]) {
      await visitor.press(button);
      await visitor.eventually(async () => assert.equal(await visitor.text(button), 'Copied'));
      assert.equal(await visitor.page.evaluate('globalThis.copied'), await visitor.text(lines));
    }
    const lines = (await visitor.text('cite-lines')).split('\n');
    assert.equal(lines.length, KEYS.length);
    assert.match(lines[0], /^φ·ψ: a GELU layer, split in two\. Version \S+/);
    assert.deepEqual([keys(await visitor.text('cite-bibtex')), keys(cite.bibtex), inNotebook], [KEYS, KEYS, KEYS], 'the page, the JSON and the notebook');
    assert.equal(cite.text, lines[0], 'the JSON');
    assert.ok(module.includes(` * Cite: ${cite.text}\n`), 'the module');
    assert.ok(!weights.includes('Schmidt'), 'the weights');
  },
);

/** A build in which everything has the name that it was written under. */
class AsWritten extends Output {
  /** @param {string} source @override */
  name(source) {
    return source;
  }

  /** @override */
  integrity() {
    return '';
  }
}

/** The footer's words of a build that was told this of its source. @param {string} source */
async function footer(source) {
  const pages = new Pages({ from: process.env.PHI_PSI_DIST ?? '', output: new AsWritten('', null), version: '9.9.9', commit: '', address: '', source });
  return /<span id="build">.*/.exec(await pages.page('index.html'))?.[0] ?? '';
}

test('a build that knows its source links it in the footer, and one that is told of no address of the web is refused', async () => {
  const { source } = addresses({ ...NOTHING, source: 'https://example.org/o/r.git' });
  assert.ok((await footer(source)).includes('</span> <a id="source" href="https://example.org/o/r" rel="noopener">The source.</a>'));
  for (const wrong of ['https://me:word@example.org/r', '/folder/r', 'git@example.org:r'])
    assert.throws(() => addresses({ ...NOTHING, source: wrong }), /no http or https address/);
  assert.doesNotMatch(await footer(addresses(NOTHING).source), /href="(?!https?:\/\/[\w.-]+\/)/);
});
