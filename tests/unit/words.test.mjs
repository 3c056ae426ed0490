// @ts-check
/** Numbers and reasons as the page says them: every sentence about a backend, every figure at the edges of its forms. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, count, duration, error, known, rate, room, signed, speed, times, within } from '../../www/common/figures.js';
import { later } from '../../www/common/later.js';
import { quoted } from '../../www/common/quoted.js';
import { Rates } from '../../www/common/rates.js';
import { shape } from '../../www/common/recipe.js';
import { explain, named, obstacle, regret } from '../../www/common/reasons.js';
import { foundWords, inAll } from '../../www/view/limits/solve-words.js';

/** @typedef {import('../../www/common/protocol.js').Reason} Reason */
/** @typedef {import('../../www/common/protocol.js').Verdict} Verdict */

/** @template T @param {(value: T) => string} say @param {[T, string][]} cases */
function says(say, cases) {
  for (const [value, words] of cases) assert.equal(say(value), words, `${value}`);
}

test('figures are written as they are read', () => {
  says(count, [
    [0, '0'],
    [1240, '1,240'],
    [0.6, '1'],
  ]);
  says(rate, [
    [99.96, '100'],
    [12.34, '12.3'],
    [0.01234, '0.0123'],
    [100, '100'],
    [100.4, '100'],
    [1234.5, '1,235'],
  ]);
  says(times, [
    [1.84, '1.8 times'],
    [9.96, '10 times'],
    [10.4, '10 times'],
    [35.2, '35 times'],
    [123.4, '123 times'],
    [1200, '1,200 times'],
  ]);
  says(duration, [
    [0, '0.00 s'],
    [0.001, 'under 0.01 s'],
    [0.0049, 'under 0.01 s'],
    [0.005, '0.01 s'],
    [0.07, '0.07 s'],
    [9.994, '9.99 s'],
    [9.995, '10.0 s'],
    [9.996, '10.0 s'],
    [12.34, '12.3 s'],
    [59.94, '59.9 s'],
    [59.95, '1 min 00 s'],
    [59.96, '1 min 00 s'],
    [185, '3 min 05 s'],
    [3599.4, '59 min 59 s'],
    [3600, '1 h 00 min'],
    [7_325, '2 h 02 min'],
  ]);
  says(bytes, [
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1000, '1 kB'],
    [1_234_000, '1.23 MB'],
    [2.5e9, '2.5 GB'],
    [3e12, '3,000 GB'],
  ]);
  assert.equal(room({ cpu: 1_600_000, webgpu: 6_710_000 }), '1.6 MB of memory on the CPU, 6.71 MB on WebGPU');
  assert.deepEqual([speed(0, 1), speed(10, 0), speed(80, 0.04), speed(80, 0.05), speed(100, 3)], ['–', '–', '≈ 2,000', '1,600', '33.3']);
});

test('errors keep their digits, and what is not finite says so', () => {
  says(error, [
    [0, '0.000'],
    [0.1234567, '0.1235'],
    [0.001, '0.001000'],
    [0.00099, '9.900e-4'],
    [-0.00099, '-9.900e-4'],
    [1234.5, '1235'],
    [NaN, 'not finite'],
    [Infinity, 'not finite'],
  ]);
  assert.deepEqual(
    [within(0.0123, 0.5), within(1.23e-5, 9e-4), within(0.0123, 1e-3), within(1.23e-5, -9e-4), within(NaN, 1)],
    ['0.012', '1.2e-5', '0.012', '1.2e-5', 'not finite'],
  );
  assert.deepEqual(
    [within(10, 500), within(99.4, 500), within(99.6, 500), within(150, 500), within(1234, 5000), within(1.2e10, 3e10)],
    ['10', '99', '100', '150', '1200', '1.2e+10'],
  );
  assert.deepEqual(
    [known(0.123456, 0.0012), known(-0.123456, 0.0012), known(-0.00001, 0.01), known(0.1, 1), known(0.5, 9.9)],
    ['0.1235', '−0.1235', '0.000', '0.1', '0.5'],
  );
  // Where the spread names no sensible digit.
  assert.deepEqual(
    [known(12.5, 250), known(0.5, 1e-9), known(0.5, 0), known(0.5, NaN), known(NaN, 0.1), known(0.5, 1e-6), known(12.5, 25)],
    ['12.5', '0.500', '0.500', '0.500', 'not finite', '0.5000000', '13'],
  );
  says(signed, [
    [0, '0'],
    [0.5, '0.500'],
    [-0.5, '−0.500'],
    [0.001, '0.00100'],
    [9e-4, '9.00e-4'],
    [-9e-4, '−9.00e-4'],
    [999.4, '999'],
    [1000, '1,000'],
    [-12_345, '−12,345'],
    [NaN, 'not finite'],
    [-Infinity, 'not finite'],
  ]);
});

test('a stranger’s text is short, hides nothing and has no brackets of markup', () => {
  assert.equal(quoted('plain'), 'plain');
  assert.equal(quoted('<b>'), '‹b›');
  assert.equal(quoted('a\u202e\u0000b\u2028c'), 'a\ufffd\ufffdb\ufffdc');
  assert.equal(quoted('x'.repeat(24)), 'x'.repeat(24));
  assert.equal(quoted('x'.repeat(25)), `${'x'.repeat(24)}…`);
  assert.equal(quoted('🎲'.repeat(30)), `${'🎲'.repeat(24)}…`, 'no character is cut in half');
  assert.equal(quoted('x'.repeat(1_000_000)).length, 25);
});

/** @type {import('../../www/common/protocol.js').Adapter} */
const ADAPTER = { vendor: 'acme', architecture: 'roadrunner', description: '', software: false };

/** Each reason’s words with a detail and without. @type {Record<Reason, [string, string]>} */
const WORDS = {
  webgpu: ['it is there, and three training steps on it agree with the CPU’s', 'it is there, and three training steps on it agree with the CPU’s'],
  asked: ['the address of this page asks for it (?backend=cpu)', 'the address of this page asks for it (?backend=cpu)'],
  switched: ['you switched to it', 'you switched to it'],
  'no-webgpu': ['this browser offers no WebGPU', 'this browser offers no WebGPU'],
  'no-adapter': ['the browser has WebGPU but found no graphics adapter for it: why', 'the browser has WebGPU but found no graphics adapter for it'],
  silent: ['the graphics driver gave no answer within 4 seconds', 'the graphics driver gave no answer within 4 seconds'],
  software: [
    'the only WebGPU adapter here is itself a program on the CPU, which would be slower',
    'the only WebGPU adapter here is itself a program on the CPU, which would be slower',
  ],
  slower: ['it is faster for this recipe: why.', 'it is faster for this recipe: '],
  refused: ['WebGPU could not be started: why', 'WebGPU could not be started'],
  'self-check': ['three training steps on WebGPU did not agree with the CPU’s: why', 'three training steps on WebGPU did not agree with the CPU’s'],
  lost: ['WebGPU failed during a run, and is tried once more', 'WebGPU failed during a run, and is tried once more'],
  gone: ['WebGPU failed; reload the page to try it again', 'WebGPU failed; reload the page to try it again'],
  wrong: [
    'WebGPU computed wrong numbers during a run; reload the page to try it again',
    'WebGPU computed wrong numbers during a run; reload the page to try it again',
  ],
};

test('every reason for a backend is a sentence, with the reason’s own words and the adapter', () => {
  for (const [reason, words] of /** @type {[Reason, [string, string]][]} */ (Object.entries(WORDS))) {
    for (const [i, detail] of ['why.', ''].entries()) {
      /** @type {Verdict} */
      const verdict = { backend: 'cpu', reason, detail, adapter: null };
      assert.deepEqual(explain(verdict), { name: 'the CPU', where: '', why: words[i] });
      assert.equal(obstacle(verdict), words[i]);
      assert.equal(regret(verdict, false), `WebGPU was asked for, but ${words[i]}. The run is on the CPU instead.`);
      assert.equal(regret(verdict, true), `WebGPU was asked for (?backend=webgpu), but ${words[i]}. The run is on the CPU instead.`);
    }
  }
  assert.deepEqual(explain({ backend: 'webgpu', reason: 'switched', detail: '', adapter: ADAPTER }), {
    name: 'WebGPU',
    where: ' on acme roadrunner',
    why: 'you switched to it',
  });
  assert.deepEqual(explain({ backend: 'webgpu', reason: 'switched', detail: '', adapter: null }).where, '');
  assert.equal(regret({ backend: 'cpu', reason: 'refused', detail: 'no. 5 is out', adapter: null }, false).includes('started: no. 5 is out.'), true);
  assert.equal(explain({ backend: 'cpu', reason: 'lost', detail: '', adapter: ADAPTER }).where, '');
  assert.equal(explain({ backend: 'cpu', reason: 'lost', detail: '', adapter: ADAPTER }).why, `${WORDS.lost[0]} (the adapter: acme roadrunner)`);
});

test('an adapter is called by what it says of itself', () => {
  assert.equal(named({ ...ADAPTER, description: 'Beep' }), 'acme roadrunner Beep');
  assert.equal(named({ ...ADAPTER, software: true }), 'acme roadrunner, in software');
  assert.equal(named({ vendor: '', architecture: '', description: '', software: false }), 'an adapter that does not say its name');
});

test('a recipe’s speed is known by its shape, backend by backend', () => {
  const recipe = { d: 2, m: 16, hidden: 64, n: 1024, batch: 32, epochs: 5, lr: 0.001, seed: 42 };
  assert.equal(shape(recipe), '2/16/64/1024/32');
  assert.equal(shape({ ...recipe, epochs: 9, lr: 1, seed: 1, schedule: 'cosine', rates: '2:1' }), shape(recipe));
  assert.equal(shape({ ...recipe, fresh: '1' }), '2/16/64/1024/32/fresh');
  const rates = new Rates();
  assert.deepEqual(rates.of('a'), { adapter: null });
  rates.learn('a', 'cpu', 100);
  assert.equal(rates.slower('a'), null);
  rates.learn('a', 'webgpu', 50, ADAPTER);
  assert.deepEqual(rates.of('a'), { cpu: 100, webgpu: 50, adapter: ADAPTER });
  assert.equal(rates.slower('a'), null, 'twice as fast is not more than twice');
  rates.learn('a', 'cpu', 101);
  assert.deepEqual(rates.slower('a'), { cpu: 101, webgpu: 50 });
  assert.deepEqual(rates.of('a').adapter, ADAPTER, 'the CPU’s figure leaves the adapter known');
  rates.learn('b', 'webgpu', 50, ADAPTER);
  assert.equal(rates.slower('b'), null);
});

test('what is done on the side is done again after fifty times as long, or at least as long as was asked', () => {
  const { now } = performance;
  performance.now = () => 1_000;
  try {
    assert.deepEqual([later(990), later(1_000), later(990, 400), later(990, 600), later(1_000, 250)], [1_500, 1_000, 1_500, 1_600, 1_250]);
  } finally {
    performance.now = now;
  }
});

test('of a solution that takes long it is told for how long, once that is known', () => {
  for (const [seconds, share, words] of /** @type {const} */ ([
    [2.9, 0.01, ''],
    [4, 0, ''],
    [4, 0.2, ''],
    [4, 0.5, ''],
    [4, 0.16, 'It takes about half a minute in all.'],
    [4, 0.07, 'It takes about a minute in all.'],
    [3, 0.03, 'It takes about 2 minutes in all.'],
    [3, 0.002, 'It takes about 25 minutes in all.'],
  ])) {
    assert.equal(inAll(seconds, share), words, `${share} after ${seconds} s`);
  }
});

test('a solution is told with its pairs, its error and how far that is above the floor, where each is known', () => {
  const solved = /** @type {any} */ ({ rows: 2_000, draws: 1_024 });
  const answer = { solved, seconds: 0.4, mse: 0.002, within: ' ± 0.000012', over: '100,000 fresh draws', floor: 0.0016 };
  const from = 'hidden layers as the seed draws them';
  const begun = 'Solved in 0.40 s over 2,048,000 pairs of a row of W and an x, with hidden layers as the seed draws them: ';
  assert.equal(foundWords(answer, from), `${begun}MSE 0.002000 ± 0.000012 over 100,000 fresh draws, 1.25× the floor.`);
  assert.equal(foundWords({ ...answer, mse: 9.82 }, from), `${begun}MSE 9.820 ± 0.000012 over 100,000 fresh draws, 6,138× the floor.`);
  for (const floor of [NaN, 0]) assert.equal(foundWords({ ...answer, floor }, from), `${begun}MSE 0.002000 ± 0.000012 over 100,000 fresh draws.`);
  assert.equal(foundWords({ ...answer, mse: NaN }, from), `${begun}of 100,000 fresh draws some have outputs that overflow, so there is no error to tell.`);
});
