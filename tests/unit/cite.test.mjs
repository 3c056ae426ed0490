// @ts-check
/** How the page is cited: a parser of somebody else's reads every entry, and nothing is told that the build does not know. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bibtex, citeLine, foundations } from '../../www/export/cite.js';
import { BUILD } from '../../www/shell/build.js';
import { given, origin } from '../../xtask/bundle/source.mjs';

const parser = createRequire(import.meta.url)('bibtex-parse');

/** What the parser makes of it: a key, a kind, and the fields in capitals. @typedef {Record<string, string>} Entry */

/** As another build would say it. @template T @param {Partial<typeof BUILD>} other @param {() => T} task @returns {T} */
function built(other, task) {
  const before = { ...BUILD };
  Object.assign(BUILD, other);
  try {
    return task();
  } finally {
    Object.assign(BUILD, before);
  }
}

const SHIPPED = {
  version: '0.1.0',
  commit: '0123456789ab',
  address: 'https://example.org/a_(b)/~c%20d/',
  source: 'https://example.org/phi_psi',
  notebooks: 'https://example.org/notes',
};

/** @param {string} text @returns {Entry[]} */
function entries(text) {
  const found = parser.entries(text);
  // What is outside of an entry is a comment to BibTeX, and so to the parser.
  assert.equal(found.length, text.match(/^@/gm)?.length);
  assert.doesNotMatch(text, /[^\n\x20-\x7e]/, 'TeX of 1990 reads it too');
  return found;
}

test('every entry parses, with all that the build knows', () => {
  const [page, notebooks, ...papers] = built(SHIPPED, () => entries(bibtex()));
  assert.deepEqual([page.key, page.type, page.VERSION, page.URL], ['phi-psi', 'misc', '0.1.0', SHIPPED.address]);
  assert.match(page.TITLE, /a GELU layer, split in two/);
  assert.match(page.NOTE, /^Version 0\.1\.0, commit 0123456789ab\. Source: \\url.*phi_psi/);
  assert.equal(notebooks.URL, SHIPPED.notebooks);
  assert.deepEqual(
    papers.map(({ key, type, YEAR }) => [key, type, String(YEAR)]),
    [
      ['schmidt1907', 'article', '1907'],
      ['eckart-young1936', 'article', '1936'],
      ['sehanobish2024', 'inproceedings', '2024'],
    ],
  );
  // What the styles of an article and of a paper in proceedings require.
  for (const { type, ...paper } of papers)
    for (const field of ['AUTHOR', 'TITLE', type === 'article' ? 'JOURNAL' : 'BOOKTITLE']) assert.ok(paper[field], field);
  const { text } = built(SHIPPED, () => ({ text: citeLine() }));
  assert.equal(text, `φ·ψ: a GELU layer, split in two. Version 0.1.0, commit 0123456789ab. ${SHIPPED.address} Source: ${SHIPPED.source}.`);
});

test('what the build does not know is left out', () => {
  const [page, notebooks] = entries(bibtex());
  assert.deepEqual([page.URL, notebooks.URL, page.AUTHOR, page.YEAR], [undefined, undefined, undefined, undefined]);
  assert.equal(page.NOTE, 'Version unbuilt');
  assert.equal(citeLine(), 'φ·ψ: a GELU layer, split in two. Version unbuilt.');
  assert.equal(foundations().length, 4);
  for (const line of foundations()) assert.doesNotMatch(line, /undefined|\s$|\.\./);
});

test('the address is the page’s own, unless it leads to this machine', () => {
  const at = (/** @type {string} */ address) => {
    const { protocol, hostname, origin, pathname } = new URL(address);
    Object.assign(globalThis, { location: { protocol, hostname, origin, pathname } });
    try {
      return entries(bibtex())[0].URL;
    } finally {
      Reflect.deleteProperty(globalThis, 'location');
    }
  };
  assert.equal(at('https://example.org/phi-psi/?view=about#v=1&d=2'), 'https://example.org/phi-psi/');
  assert.match(at('https://example.org/a{b}c/') ?? '', /^https:\/\/example\.org\/a%7Bb%7Dc\/$/);
  for (const own of ['http://127.0.0.1:8000/', 'http://localhost:8000/a/', 'http://[::1]:8000/', 'file:///folder/index.html'])
    assert.equal(at(own), undefined, own);
});

test('the source is an address of the web, without a name or a password in it', () => {
  assert.equal(given('source', ''), '');
  assert.equal(given('source', 'https://example.org/a/b.git'), 'https://example.org/a/b');
  assert.equal(given('source', 'https://example.org/a/"><b>'), 'https://example.org/a/%22%3E%3Cb%3E');
  for (const wrong of [
    'git@example.org:a/b.git',
    'ssh://example.org/a',
    '/folder/a',
    'file:///folder/a',
    'https://user@example.org/a',
    'https://user:word@example.org/a',
    'javascript:alert(1)',
  ])
    assert.throws(() => given('source', wrong), /^Error: --source .* is no http or https address/);
  assert.match(origin(fileURLToPath(new URL('.', import.meta.url))), /^(https?:\/\/[^@\s]+)?$/);
  assert.equal(origin('/'), '');
});
