// @ts-check
/** What strangers bring, made plain: numbers, matrices and links in other notations, judged by the module that ships. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demoText } from '../../www/common/print.js';
import { mended } from '../../www/intake/link.js';
import { commaHint, plainDraw } from '../../www/intake/matrix.js';
import { plainField, plainList } from '../../www/intake/number.js';
import { worded } from '../../www/intake/number-words.js';
import { readSweep } from '../../www/run/sweep-link.js';
import { drawWords } from '../../www/run/told.js';
import { cpu, refusal, trained } from './module.mjs';

const engine = await cpu();

const DEFAULTS = { d: '2', m: '16', hidden: '64', n: '1024', batch: '64', epochs: '5', lr: '0.001', seed: '42' };

test('numbers as people type them are read where they mean one number only', () => {
  for (const [name, text, value] of /** @type {[keyof typeof DEFAULTS, string, number][]} */ ([
    ['lr', ' 0.001', 0.001],
    ['lr', '\u00a00.001\u200b\n', 0.001],
    ['lr', '1e−3', 0.001],
    ['lr', '1 × 10⁻³', 0.001],
    ['lr', '5*10^-4', 0.0005],
    ['lr', '０．００１', 0.001],
    ['lr', '+.5', 0.5],
    ['n', '1024 ', 1024],
    ['n', '1_000', 1000],
    ['n', '1,000', 1000],
    ['n', '1,048,576', 1_048_576],
    ['n', '1 000', 1000],
    ['n', '10\u202f000', 10_000],
    ['n', '1’024', 1024],
    ['n', '1e3', 1000],
    ['n', '1.5E3', 1500],
    ['n', '1024.0', 1024],
    ['n', '+64', 64],
    ['seed', '4_294_967_295', 4_294_967_295],
  ]))
    assert.equal(engine.check({ ...DEFAULTS, [name]: plainField(name, text) }).recipe[name], value, `${name} = ${text}`);
  assert.equal(engine.check({ ...DEFAULTS, rates: plainField('rates', ' 2: 0.0005; 4 : 1e−4, ') }).recipe.rates, '2:0.0005,4:0.0001');
});

test('the values of a sweep are read one by one', () => {
  assert.equal(plainList('n', ' 128,\u200b256; 1_024 2e3,x'), ' 128,256; 1024 2000,x');
  assert.equal(plainList('n', '1,024'), '1,024', 'the comma stands between two values there, and the second is refused');
});

test('a comma is named and never guessed', async () => {
  for (const [name, text, words] of /** @type {[string, string, string][]} */ ([
    ['lr', '0,001', 'lr = “0,001” has a decimal comma: write 0.001'],
    ['lr', ' ,5', 'lr = “,5” has a decimal comma: write 0.5'],
    ['lr', '1,5e-3', 'lr = “1,5e-3” has a decimal comma: write 1.5e-3'],
    ['lr', '1,000', 'lr = “1,000” has a comma that may be a decimal one or part thousands: write 1 or 1000'],
    ['lr', '1.234,5', 'lr = “1.234,5” has a decimal comma: write 1234.5'],
    ['lr', '1,234.5', 'lr = “1,234.5” has commas between its thousands: write 1234.5'],
    ['n', '1.024', 'n = “1.024” has a point between its thousands: write 1024'],
    ['n', '1.000', 'n = “1.000” has a point that may be a decimal one or part thousands: write 1 or 1000'],
    ['rates', '2:0,0005', 'rates = “2:0,0005” has a decimal comma: write 2:0.0005'],
  ])) {
    assert.equal((await refusal(() => engine.check({ ...DEFAULTS, [name]: plainField(name, text) }))).key, name, `${name} = ${text}`);
    assert.equal(worded(name, text), words);
  }
});

test('what is no number stays what it is, and is refused in the module’s words', async () => {
  for (const text of ['', ' ', 'two', '2,5', '0x2', 'NaN', '٢', '<b>2</b>', '2-3', '1__0', '1 2', '10^^2']) {
    const plain = plainField('d', text);
    assert.match((await refusal(() => engine.check({ ...DEFAULTS, d: plain }))).message, /^d (?:= “.*” is not a whole number|is empty)/, text);
    assert.equal(worded('d', text), null);
  }
  assert.equal(worded('lr', '0.5'), null);
  // It is too large, and its point is a decimal one.
  assert.equal(worded('lr', '1.125'), null);
  assert.equal(worded('rates', '2:0.5,4:0.1'), null);
});

/** Milliseconds that the processor works on a task, whatever else it does meanwhile. @param {() => unknown} task */
function worked(task) {
  const before = process.cpuUsage();
  task();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** W and x of the notebook's shape, and what other tools print of them. */
const W = [1, 0.5, -0.3, 2];
const x = [0.7, -1.2];

const PRINTS = /** @type {[string, string, string][]} */ ([
  ['PyTorch', 'tensor([[ 1.0000, 0.5000], [-0.3000, 2.0000]])', 'tensor([ 0.7000, -1.2000])'],
  [
    'PyTorch on a GPU',
    "tensor([[ 1.0000e+00,  5.0000e-01],\n        [-3.0000e-01,  2.0000e+00]], device='cuda:0', dtype=torch.float64,\n       grad_fn=<AddmmBackward0>)",
    "tensor([ 0.7000, -1.2000], device='cuda:0', requires_grad=True)",
  ],
  ['a parameter', 'Parameter containing:\ntensor([[ 1.0, 0.5], [-0.3, 2.0]], requires_grad=True)', 'x: tensor([0.7, -1.2])'],
  ['old PyTorch', ' 1.0000  0.5000\n-0.3000  2.0000\n[torch.FloatTensor of size 2x2]', ' 0.7\n-1.2\n[torch.FloatTensor of size 2]'],
  ['code', "W = torch.tensor([[1, 0.5], [-0.3, 2]], dtype=torch.float32).to('cuda')", 'x = np.array([0.7, -1.2], np.float32)'],
  ['NumPy', '[[ 1.   0.5]\n [-0.3  2. ]]', '[ 0.7 -1.2]'],
  ['NumPy’s repr', 'array([[ 1. ,  0.5],\n       [-0.3,  2. ]], dtype=float32)', 'array([ 0.7, -1.2], dtype=float32)'],
  ['NumPy 2', '[[np.float32(1.0), np.float32(0.5)], [np.float32(-0.3), np.float32(2.0)]]', '[np.float64(0.7), np.float64(-1.2)]'],
  ['JAX', 'Array([[ 1. ,  0.5],\n       [-0.3,  2. ]], dtype=float32, weak_type=True)', 'DeviceArray([ 0.7, -1.2], dtype=float32)'],
  [
    'TensorFlow',
    '<tf.Tensor: shape=(2, 2), dtype=float32, numpy=\narray([[ 1. ,  0.5],\n       [-0.3,  2. ]], dtype=float32)>',
    "<tf.Variable 'x:0' shape=(2,) dtype=float32, numpy=array([ 0.7, -1.2], dtype=float32)>",
  ],
  ['a prompt', '>>> W\ntensor([[1, 0.5], [-0.3, 2]])  # on 2 cores', 'Out[3]: array([ 0.7, -1.2])'],
  ['JAX with a device', 'Array([[1, 0.5], [-0.3, 2]], dtype=float32, device=CpuDevice(id=0))', "'[0.7, -1.2]'"],
  ['MXNet', '[[ 1.   0.5]\n [-0.3  2. ]]\n<NDArray 2x2 @cpu(0)>', 'NDArray([ 0.7 -1.2] @cpu(0))'],
  ['ndarray', '[[1, 0.5],\n [-0.3, 2]], shape=[2, 2], strides=[2, 1], layout=Cc (0x5), const ndim=2', '[0.7, -1.2]'],
  ['Julia', '2×2 Matrix{Float64}:\n  1.0  0.5\n -0.3  2.0', '2-element Vector{Float64}:\n  0.7\n -1.2'],
  ['Julia in a line', 'W = Float32[1.0 0.5; -0.3 2.0]', 'Float32[0.7f0, -1.2f0]'],
  ['MATLAB', 'W =\n\n    1.0000    0.5000\n   -0.3000    2.0000\n', 'x = [0.7; -1.2];'],
  ['MATLAB with a factor', 'W =\n\n   1.0e+03 *\n\n    0.0010    0.0005\n   -0.0003    0.0020\n', 'x =\n\n   1.0e-01 *\n\n    7.0\n  -12.0\n'],
  ['R', '     [,1] [,2]\n[1,]  1.0  0.5\n[2,] -0.3  2.0', '[1]  0.7 -1.2'],
  ['R in a line', 'W <- matrix(c(1, 0.5, -0.3, 2), byrow=TRUE)', 'x <- c(0.7, -1.2)'],
  ['Mathematica', '{{1., 0.5}, {-3.*^-1, 2.}}', '{0.7, -1.2}'],
  ['C', 'float W[2][2] = {{1.0f, 0.5f}, {-0.3f, 2.0f}};', 'const double x[] = {0.7, -1.2};'],
  ['JavaScript', 'const W = new Float32Array([1, 0.5, -0.3, 2]);', 'Float32Array(2) [ 0.7, -1.2 ]'],
  ['Rust', 'let W = vec![1.0_f32, 0.5, -0.3, 2.0];', 'let x: [f32; 2] = [0.7f32, -1.2];'],
  ['JSON', '{"W": [[1, 0.5], [-0.3, 2]]}', '{ "x": [0.7, -1.2] }'],
  ['LaTeX', '\\begin{pmatrix} 1 & 0.5 \\\\ -0.3 & 2 \\end{pmatrix}', 'x = \\begin{bmatrix}0.7\\\\-1.2\\end{bmatrix}'],
  ['a spreadsheet', '1\t0.5\r\n-0.3\t2', '"0.7"\t"-1.2"'],
  ['Markdown', '| 1 | 0.5 |\n| −0.3 | 2 |', '`[0.7, −1.2]`'],
  ['typography', '[[1, 0.5], [−0.3, 2]]', '[7 × 10⁻¹, –1.2]'],
  ['both in one', 'W\u00a0= [[1, 0.5], [−0.3, 2]], x\u00a0= [0.7, −1.2].', ''],
  ['both in JSON', '{"W": [[1, 0.5], [-0.3, 2]], "x": [0.7, -1.2]}', ''],
  ['both in the other', '', 'x = [0.7, -1.2]; W = [1 0.5; -0.3 2]'],
]);

test('what other tools print is read', async () => {
  const { session } = await trained(engine, DEFAULTS, { until: 0 });
  const round = (/** @type {Iterable<number>} */ values) => [...values].map(Math.fround);
  for (const [what, typedW, typedX] of PRINTS) {
    const plain = plainDraw({ W: typedW, x: typedX });
    const read = await session.compareWith(plain.W, plain.x).catch((error) => assert.fail(`${what}: ${error.message}\n${plain.W}\n${plain.x}`));
    assert.deepEqual([round(read.W), round(read.x)], [round(W), round(x)], what);
  }
});

test('whatever the page prints as numbers it reads, to the last digit', async () => {
  for (const d of [1, 2, 3]) {
    const { session } = await trained(engine, { ...DEFAULTS, d: String(d) }, { until: 0 });
    for (let draw = 0; draw < 20; draw += 1) {
      const comparison = await session.compare(draw);
      const plain = plainDraw({ W: drawWords(comparison), x: '' });
      const again = await session.compareWith(plain.W, plain.x);
      assert.deepEqual([again.W, again.x, again.approx], [comparison.W, comparison.x, comparison.approx]);
      const [, , wx] = demoText(comparison).split('\n');
      assert.equal((await session.compareWith(plain.W, plainDraw({ W: '', x: wx }).x)).x.length, d, wx);
    }
  }
});

test('what is no number is refused by its name, in a print too', async () => {
  const { session } = await trained(engine, DEFAULTS, { until: 0 });
  for (const [text, words] of /** @type {[string, RegExp][]} */ ([
    ['tensor([[nan, 0.5], [-0.3, 2.0]])', /W holds “nan”/],
    ['array([[1, inf], [-0.3, -inf]])', /W holds “inf”/],
    ['[[1, 0.5], [None, 2]]', /W holds “None”/],
    ['tensor([[1.0, 0.5, ..., 2.0]])', /W holds “\.\.\.”/],
    ['tensor([[1.0, 0.5], [-0.3, 2.0]]).T', /W holds “\.T”/],
    ["[1 0.5; -0.3 2]'", /W holds “'”/],
    ['1 2 3 four', /W holds “four”/],
    ['tensor([1.0, 0.5])', /W needs 4 numbers at this d, and 2 were given/],
    ['1 2 3 <img src=x onerror=alert(1)>', /W holds “‹img”/],
    ['Columns 1 through 2:\n\n 1 0.5\n -0.3 2', /W holds “Columns”/],
  ]))
    assert.match((await refusal(() => session.compareWith(plainDraw({ W: text, x: '' }).W, '1 2'))).message, words, text);
  const long = `tensor(${'[1, '.repeat(600_000)}`;
  assert.match((await refusal(() => session.compareWith(plainDraw({ W: long, x: '' }).W, '1 2'))).message, /longer than any/);
});

test('the widest W is read with all its digits', async () => {
  const { session } = await trained(engine, { ...DEFAULTS, d: '257', m: '1', hidden: '1', n: '1', batch: '1' }, { until: 0 });
  const [W, x] = [257 * 257, 257].map((count) => Array.from({ length: count }, (_, i) => -Math.fround(0.001234567 + i * 1e-7)).join(', '));
  const plain = plainDraw({ W, x });
  assert.equal((await session.compareWith(plain.W, plain.x)).wx.length, 257);
});

test('decimal commas between the numbers are hinted at, and other commas are not', () => {
  assert.equal(commaHint('1 0,5\n−0,3 2'), ': a comma stands between two numbers here, so write 0.5 with a point');
  assert.match(commaHint('0,7; 1,2'), /write 0\.7 with a point$/);
  for (const text of ['1,2,3', '1, 0.5, -0.3', '[[1,0.5],[-0.3,2]]', '1 2 3', '[[1,2],[3,4]]']) assert.equal(commaHint(text), '', text);
});

test('nothing that is typed takes long to make plain', () => {
  for (const piece of [
    '[',
    '(',
    'a',
    '1 ',
    'a=',
    ',a=(',
    '1,',
    "'",
    '<',
    'tensor(',
    '1x',
    'a[1]',
    '\\begin{',
    ' ',
    '\n',
    'x\n',
    '.to(',
    '1e',
    '0',
    '×10',
    '{',
    'float ',
  ])
    for (const text of [piece.repeat(Math.floor(60_000 / piece.length)), `${piece.repeat(Math.floor(60_000 / piece.length))}!`]) {
      const ms = worked(() => plainDraw({ W: text, x: text }));
      assert.ok(ms < 1_000, `${JSON.stringify(piece)} again and again: ${ms} ms`);
    }
});

const LINK = 'v=1&d=2&m=4&hidden=8&n=64&batch=64&epochs=2&lr=0.001&seed=1';
const SWEEP = `sweep=m&values=1,2&seeds=2&${LINK}`;

/** What a browser's address holds of a text behind `#`. @param {string} text */
const addressed = (text) => new URL(`http://page/#${text}`).hash.slice(1);

test('a link that a chat or a mail program has touched is mended, in so many words', () => {
  const touched = /** @type {[string, RegExp][]} */ ([
    [`${LINK}.`, /^“\.” was taken off its end$/],
    [`${LINK}),`, /^“\),” was taken off its end$/],
    [`${LINK}>`, /^“›” was taken off its end$/],
    [`${LINK}”`, /“”” was taken off its end$/],
    [`${LINK}*_`, /was taken off its end$/],
    [`${LINK}。`, /was taken off its end$/],
    [`${LINK}…`, /was taken off its end$/],
    [`${LINK}&`, /“&” was taken off its end$/],
    [`${LINK}</a>`, /was taken off its end$/],
    [LINK.replaceAll('&', '&amp;'), /^“&amp;” was read as “&”/],
    [LINK.replaceAll('&', '&amp;amp;'), /^“&amp;” was read as “&”/],
    [LINK.replaceAll('&', '&#38;').replaceAll('=', '&#x3d;'), /^“&amp;” was read as “&”/],
    [LINK.replaceAll('&', '&amp'), /^“&amp;” was read as “&”/],
    [`&lt;${LINK.replaceAll('&', '&amp;')}&gt;.`, /taken off its beginning; “›\.” was taken off its end/],
    [encodeURIComponent(LINK), /^percent codes were read/],
    [encodeURIComponent(encodeURIComponent(LINK)), /^percent codes were read/],
    [`%23${LINK}`, /“#” was taken off its beginning/],
    [`/${LINK}`, /“\/” was taken off its beginning/],
    [`https://page/#${LINK}`, /was taken off its beginning/],
    [LINK.replaceAll('=', '=3D'), /^“=3D” was read as “=”/],
    [`\u200b${LINK}\u200b`, /characters that show nothing/],
    [LINK.replace('&n=', '\u00ad&n='), /characters that show nothing/],
    [LINK.replace('&n=', ' &n='), /blanks and line breaks/],
    [LINK.replace('hidden=8', 'hidden=\u00a08\u00a0'), /blanks and line breaks/],
    [LINK.replace('hidden', 'hid%0D%0Aden'), /blanks and line breaks/],
    [LINK.replace('lr=0.001', 'lr=1e−3'), /dashes and wide/],
    [LINK.replaceAll('=', '＝'), /dashes and wide/],
    [LINK.replaceAll('&', '\\&'), /backslashes/],
    [`${LINK}&utm_source=chat&utm_medium=social`, /^“utm_source”, “utm_medium” was taken off$/],
    [`${LINK}&fbclid=IwAR0-x_y`, /“fbclid” was taken off/],
    [`${LINK}?utm_source=x`, /“utm_source” was taken off/],
    [`${LINK}#how-it-works`, /^“#how-it-works” was taken off its end$/],
    [`${LINK}](https://page/#${LINK})`, /was taken off its end$/],
    [`utm_source=x&${LINK}.`, /“utm_source” was taken off; “\.” was taken off its end/],
    [`${LINK}.&gclid=1`, /“gclid” was taken off; “\.” was taken off its end/],
  ]);
  const { recipe } = engine.readLink(LINK);
  for (const [text, words] of touched) {
    const { fragment, taken } = mended(addressed(text));
    const told = taken.join('; ');
    assert.match(told, words, text);
    assert.ok(told.length < 400 && !/[<>\p{Cc}]/u.test(told), told);
    assert.deepEqual(engine.readLink(fragment).recipe.lr, recipe.lr, text);
    assert.equal(fragment.replace('1e-3', '0.001'), LINK, text);
    assert.deepEqual(readSweep(mended(addressed(text.replace('v', 'sweep=m&values=1,2&seeds=2&v'))).fragment).setup.seeds, '2', text);
  }
});

test('a link that says something else is not mended', async () => {
  for (const text of [
    LINK.replace('seed=1', 'seed=one'),
    LINK.replace('lr=0.001', 'lr=0,001'),
    LINK.replace('&d=2', ''),
    `${LINK}&seed=2`,
    `${LINK}&unknown=1`,
    `${LINK}&<img src=x onerror=alert(1)>=1`,
    LINK.replace('seed=1', 'seed=<b>1</b>'),
    `${LINK}&%E2%80%AE%00%1B=1`,
    LINK.slice(0, 40),
    LINK.replace('v=1', 'v=9'),
    'constructor=1',
    '%',
    '',
  ])
    await refusal(() => engine.readLink(mended(addressed(text)).fragment));
  // Nothing that this page writes is touched.
  for (const text of [
    LINK,
    SWEEP,
    `${LINK}&W=1,0.5,-3e-1,2&x=0.7,-1.2&mse=1e-7&play=1`,
    LINK.replace('v=1', 'v=2').concat('&fresh=1&schedule=cosine&rates=2:0.0005'),
  ])
    assert.deepEqual(mended(text), { fragment: text, taken: [] });
});

test('no link takes long to mend', () => {
  for (const piece of ['%25', '&amp;', '&', '=', '#', '.', ' ', '%', '\\', '=3D', '?a=', '&lt;', '</a>', '\n'])
    for (const text of [piece.repeat(90_000 / piece.length), `v=1${piece.repeat(90_000 / piece.length)}1`]) {
      const ms = worked(() => mended(text));
      assert.ok(ms < 1_000, `${piece}: ${ms} ms`);
    }
});
