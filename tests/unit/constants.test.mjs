// @ts-check
/** Constants with two owners, the crate and the page's scripts, or a script of the first visit and a later one: read out of both sources as text, and the same. One that is not found fails. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { CORNERED, ENTIRE, ODD, targetOf } from '../../www/common/targets.js';

/** Where a constant stands: a file, and its name there, or what it stands in where it has none. @typedef {[file: string, found: string | RegExp]} Owner */

/** What it is, and its owners. @type {[what: string, ...Owner[]][]} */
const SHARED = [
  ['an epoch’s MSE over the first one’s, beyond which a run has diverged', ['src/run/train.rs', 'DIVERGED'], ['www/worker/many-worker.js', 'DIVERGED']],
  ['the largest buffer that every GPU takes', ['src/recipe/error.rs', 'BUFFER_LIMIT'], ['www/run/sweeps.js', 'BUFFER']],
  ['the longest link', ['src/format/link.rs', 'LONGEST'], ['www/intake/link.js', 'LONGEST']],
  ['the longest W or x as typed', ['src/data/demo.rs', 'LONGEST'], ['www/intake/matrix.js', 'LONGEST']],
  ['the longest header of a file of tensors', ['src/format/safetensors.rs', 'LONGEST_HEADER'], ['www/intake/tensors.js', 'LONGEST_HEADER']],
  ['a layer’s rows and inputs to a row', ['src/data/layer.rs', 'MOST_ROWS'], ['src/data/layer.rs', 'MOST_INPUTS'], ['www/intake/layer.js', 'MOST']],
  ['the most inputs of a layer', ['src/data/layer.rs', 'MOST_SAMPLES'], ['www/intake/layer.js', 'MOST_SAMPLES']],
  ['the fewest inputs of a layer', ['src/data/layer.rs', /if samples < (\d+) \{/g], ['www/intake/layer.js', 'LEAST_SAMPLES']],
  ['a layer’s outputs', ['src/data/layer.rs', 'MOST_OUTPUTS'], ['www/intake/layer.js', 'MOST_OUTPUTS']],
  ['the layers that a module holds', ['src/web/layer.rs', 'MOST'], ['www/worker/layers.js', 'MOST']],
  [
    'the widest layer of the series and the methods',
    ['src/lab/taylor.rs', 'WIDEST'],
    ['www/view/limits/taylor-section.js', 'WIDEST'],
    ['www/view/limits/methods-section.js', 'WIDEST'],
  ],
  [
    'held-out draws',
    ['src/run/compare.rs', 'HELD_OUT_DRAWS'],
    ['www/view/limits/taylor-section.js', 'DRAWS'],
    ['www/run/lab.js', /, draws = ([\d_]+), target \}/g],
  ],
  ['dimensions of the atlas', ['src/lab/atlas.rs', 'WIDEST'], ['www/view/limits/atlas-section.js', /the atlas has one from 1 to (\d+)`/g]],
  [
    'the largest width of the atlas',
    ['src/lab/atlas.rs', 'LARGEST'],
    ['www/view/limits/atlas.js', /Math\.min\((\w+), last\)/g],
    ['www/view/limits/atlas-section.js', / && m <= (\w+) && /g],
  ],
  [
    'the widest Φ and Ψ in a layer’s place',
    ['src/lab/layer.rs', 'WIDEST'],
    ['www/view/layer/layer-section.js', 'MOST_WIDTH'],
    ['www/view/limits/floor-words.js', /above m\\u00a0=\\u00a0(\d+) it is not computed/g],
    ['index.html', /<input id="layer-m" type="number" inputmode="numeric" min="1" max="(\d+)"/g],
  ],
  [
    'digits of a layer’s name',
    ['src/recipe/layer.rs', 'DIGITS'],
    ['src/recipe/error.rs', /the first (\d+) hexadecimal digits/g],
    ['www/common/layer-name.js', 'DIGITS_OF_A_HASH'],
    ['www/common/layer-name.js', /\/\^\[0-9a-f\]\{(\d+)\}/g],
  ],
  [
    'the largest scale of a layer’s inputs',
    ['src/recipe/layer.rs', /^const SCALES: \(f64, f64\) = \(\w+-\d, (\w+)\);/gm],
    ['www/view/layer/layer-section.js', /scale >= 1e-6 && scale <= (\w+)\)/g],
    ['www/intake/layer.js', /scale > 0 && scale <= (\w+)\)/g],
  ],
  ['the fewest inputs to keep back', ['src/data/layer.rs', /!\((\d)\.\.=samples - \d\)/g], ['www/intake/layer.js', /kept >= (\d) && kept <= samples/g]],
  ['the fewest inputs to leave', ['src/data/layer.rs', /!\(\d\.\.=samples - (\d)\)/g], ['www/intake/layer.js', /kept <= samples - (\d)\)/g]],
  ['what a draw costs beside its arithmetic', ['src/plan/cpu.rs', / \+ (\d+)$/gm], ['www/run/sweeps.js', 'OVERHEAD']],
  ['outputs that errors are looked at', ['src/plan/memory.rs', 'MOST_OUTPUTS'], ['www/view/errors/errors-section.js', 'OUTPUTS']],
  ['operations that a look may take', ['src/plan/memory.rs', 'WATCH_FLOPS'], ['www/view/errors/errors-section.js', 'FLOPS']],
  ['a normal distribution’s 95 %', ['www/common/interval.js', 'NORMAL_95'], ['www/view/layer/standin.js', /^ {2}const z = ([\d.]+);$/gm]],
  ['units of a hidden layer', ['src/recipe/keys.rs', /^ {4}hidden: usize = \d+, Kind::Whole\(1\.0, ([\d_]+)\.0\),/gm], ['src/lab/layer.rs', 'MOST_HIDDEN']],
];

/** What a constant is in the source, as text. @param {Owner} owner */
async function written([file, found]) {
  const source = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
  const form = typeof found === 'string' ? new RegExp(`^(?:export |pub(?:\\(\\w+\\))? )?const ${found}(?:: [^=]+)? = (.+);$`, 'gm') : found;
  const all = [...source.matchAll(form)].map(([, text]) => text);
  assert.equal(all.length, 1, `${file} has ${found} ${all.length} times`);
  return all[0];
}

/** A number, or one times or shifted by another, in either language. @param {string} text */
function value(text) {
  const [, one, by, other = ''] = /^([\d_.e]+)(?: (\*|<<) ([\d_]+))?$/.exec(text) ?? [];
  const [left, right] = [one, other].map((digits) => Number(digits?.replaceAll('_', '')));
  return by === '*' ? left * right : by === '<<' ? left * 2 ** right : left;
}

test('what has two owners is the same with both', async () => {
  for (const [what, ...owners] of SHARED) {
    const values = await Promise.all(owners.map(async (owner) => value(await written(owner))));
    for (const [i, one] of values.entries()) assert.ok(one > 0 && one === values[0], `${what}: ${owners[i].join(' ')} is ${one}, and not ${values[0]}`);
  }
});

test('a function is odd, has a corner or a series that converges everywhere for the page where it is so for the crate', async () => {
  /** The names of Rust's targets in a pattern. @param {string} pattern */
  const named = (pattern) =>
    [...pattern.matchAll(/(?:Self|Target)::(\w+)/g)].map(([, one]) => one.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase());
  /** @param {string} file @param {RegExp} arm */
  const arm = async (file, arm) => named(await written([file, arm])).sort();
  assert.deepEqual(await arm('src/data/target.rs', /^ +([\w: |]+) => Parity::Odd,/gm), [...ODD].sort());
  assert.deepEqual(await arm('src/lab/series.rs', /^ +([\w: |]+) => Some\(f64::INFINITY\),/gm), [...ENTIRE].sort());
  assert.deepEqual(await arm('src/lab/series.rs', /^ +([\w: |]+) => None,/gm), [...CORNERED].sort());
  const all = named(await written(['src/recipe/target.rs', /pub const ALL: [^=]+ = \[([^\]]+)\];/g]));
  assert.ok(all.length >= 9 && all.every((name) => targetOf({ target: name })), all.join());
});

test('adapters in software have the same names for the crate and for the page', async () => {
  const crate = [...(await written(['src/backend/webgpu/device.rs', 'SOFTWARE'])).matchAll(/"([^"]+)"/g)].map(([, name]) => name);
  const page = /^\/(.+)\/i$/.exec(await written(['www/worker/probe.js', 'SOFTWARE']))?.[1].split('|');
  assert.ok(crate.length > 0);
  assert.deepEqual(page, crate);
});
