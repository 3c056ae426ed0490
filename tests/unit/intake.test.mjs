// @ts-check
/** What strangers bring, made plain: numbers, matrices and links in other notations, judged by the module that ships. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainDraw } from '../../www/intake/matrix.js';
import { plainField } from '../../www/intake/number.js';
import { worded } from '../../www/intake/number-words.js';
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

test('a comma is named and never guessed', async () => {
  for (const [name, text, words] of /** @type {[string, string, string][]} */ ([
    ['lr', '0,001', 'lr = “0,001” has a decimal comma: write 0.001'],
    ['lr', ' ,5', 'lr = “,5” has a decimal comma: write 0.5'],
    ['lr', '1,5e-3', 'lr = “1,5e-3” has a decimal comma: write 1.5e-3'],
    ['lr', '1,000', 'lr = “1,000” has a comma that may be a decimal one or part thousands: write 1 or 1000'],
    ['lr', '1.234,5', 'lr = “1.234,5” has a decimal comma: write 1234.5'],
    ['lr', '1,234.5', 'lr = “1,234.5” has commas between its thousands: write 1234.5'],
    ['n', '1,024', 'n = “1,024” has a comma between its thousands: write 1024'],
    ['n', '1,000', 'n = “1,000” has a comma that may be a decimal one or part thousands: write 1 or 1000'],
    ['n', '1.000', 'n = “1.000” has a point that may be a decimal one or part thousands: write 1 or 1000'],
    ['n', '1,048,576', 'n = “1,048,576” has a comma between its thousands: write 1048576'],
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
  assert.equal(worded('rates', '2:0.5,4:0.1'), null);
});

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
      assert.deepEqual([again.W, again.x, again.text], [comparison.W, comparison.x, comparison.text]);
      const [wx] = comparison.text.split('\n');
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
  const long = `tensor(${'[1, '.repeat(200_000)}`;
  assert.match((await refusal(() => session.compareWith(plainDraw({ W: long, x: '' }).W, '1 2'))).message, /longer than any/);
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
      const began = performance.now();
      plainDraw({ W: text, x: text });
      const ms = performance.now() - began;
      assert.ok(ms < 1_000, `${JSON.stringify(piece)} again and again: ${ms} ms`);
    }
});
