// @ts-check
/**
 * What came of Stryker's run: the table file by file, and the changes that no test has noticed. Each of those that stays has its reason
 * in survivors.txt; the others are named, and fail the command, as do too many of them and reasons for a file that is not changed, but after
 * a run over some files alone: `node tests/mutants/survivors.mjs some`.
 */
import { readFile } from 'node:fs/promises';

/** @typedef {{ line: number, column: number }} Place */
/** @typedef {{ status: string, replacement?: string, location: { start: Place, end: Place } }} Mutant */

/** Of all changes, so many in a hundred may go unnoticed. */
const MOST = 10;

const NOTICED = ['Killed', 'Timeout', 'RuntimeError', 'CompileError'];

const root = new URL('../../', import.meta.url);
const read = (/** @type {string} */ path) => readFile(new URL(path, root), 'utf8');

/** On one line. @param {string} text */
const flat = (text) => text.replace(/\s+/g, ' ').trim();

/** What a mutant changes, as survivors.txt names it. @param {string} file @param {string[]} lines of the file @param {Mutant} mutant */
function named(file, lines, { replacement = '', location: { start, end } }) {
  const within = lines.slice(start.line - 1, end.line);
  within[within.length - 1] = within[within.length - 1].slice(0, end.column - 1);
  within[0] = within[0].slice(start.column - 1);
  return `${file}: ${flat(within.join(' '))} → ${flat(replacement) || 'nothing'}`;
}

/** Every line that is named by a reason above it. @param {string} text @returns {Set<string>} */
function reasoned(text) {
  const known = new Set();
  let reason = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) reason = line;
    else if (line !== '' && reason === '') throw new Error(`survivors.txt has no reason for ${line}`);
    else if (line !== '') known.add(line);
  }
  return known;
}

/** @type {{ files: Record<string, { source: string, mutants: Mutant[] }> }} */
const report = JSON.parse(await read('target/mutants/js.json'));
const known = reasoned(await read('tests/mutants/survivors.txt'));
const found = new Set();
let all = 0;
let left = 0;
console.log('\nfile                             mutants  noticed  survived');
for (const [file, { source, mutants }] of Object.entries(report.files)) {
  const lines = source.split('\n');
  const survivors = mutants.filter(({ status }) => !NOTICED.includes(status));
  for (const mutant of survivors) found.add(named(file, lines, mutant));
  all += mutants.length;
  left += survivors.length;
  console.log(
    `${file.padEnd(32)} ${String(mutants.length).padStart(7)} ${String(mutants.length - survivors.length).padStart(8)} ${String(survivors.length).padStart(9)}`,
  );
}
const share = (100 * left) / all;
console.log(`\n${all} mutants, ${all - left} noticed, ${left} survived (${share.toFixed(1)} %)`);
const [changed, others] = [true, false].map((is) => [...known].filter((line) => line.split(':')[0] in report.files === is));
for (const line of changed) if (!found.has(line)) console.log(`noticed by now, and still in survivors.txt: ${line}`);
const elsewhere = process.argv.includes('some') ? [] : others;
for (const line of elsewhere) console.log(`in survivors.txt, and its file is not among those that are changed: ${line}`);
const unexplained = [...found].filter((line) => !known.has(line));
for (const line of unexplained) console.log(`no reason in survivors.txt: ${line}`);
process.exitCode = share > MOST || unexplained.length > 0 || elsewhere.length > 0 ? 1 : 0;
