// @ts-check
/** Files of weights, written and read by the module: they come back, and every file that is none is refused in a sentence. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSafetensors, writeSafetensors } from '../../www/common/safetensors.js';
import { cpu, evaluated, refusal, trained } from './module.mjs';

const engine = await cpu();

const RECIPE = { d: '2', m: '5', hidden: '7', n: '500', batch: '50', epochs: '30', lr: '0.02', seed: '11' };

const { session, history } = await trained(engine, RECIPE);
const file = Buffer.from(await session.weightsFile({ made_by: 'a test' }));
const length = Number(file.readBigUInt64LE(0));
const header = file.subarray(8, 8 + length).toString();

/** The file under another header of any length. @param {string} text @param {Buffer} [data] */
function under(text, data = file.subarray(8 + length)) {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
  return Buffer.concat([size, Buffer.from(text), data]);
}

/** @param {string | RegExp} from @param {string} to */
function altered(from, to) {
  const text = header.replace(from, to);
  assert.notEqual(text, header, `${from} is in the header`);
  return under(text);
}

test('a file says what it holds, and its weights are the run’s', async () => {
  const numbers = Object.fromEntries(Object.entries(RECIPE).map(([key, value]) => [key, Number(value)]));
  assert.deepEqual(engine.readWeights(file), { d: 2, m: 5, hidden: 7, recipe: numbers });
  const { metadata, tensors } = readSafetensors(file);
  assert.deepEqual(metadata, { format: 'pt', ...RECIPE, made_by: 'a test', steps: '300' });
  assert.deepEqual(tensors.get('phi.net.2.weight')?.shape, [5, 7]);
  const { session: other } = await trained(engine, RECIPE, { until: 0, weights: file });
  assert.deepEqual(await other.compare(0), await session.compare(0), 'the same weights say the same of the same draw');
  assert.equal((await evaluated(other)).mse, (await evaluated(session)).mse);
});

test('training goes on from a file’s weights, and the same each time', async () => {
  const further = await trained(engine, RECIPE, { weights: file });
  const first = further.history[0].mse;
  assert.ok(first < 1.5 * history[29].mse, 'training begins where it ended');
  assert.ok(history[0].mse > 2 * first, 'the seed’s weights have learned nothing yet');
  const again = await trained(engine, RECIPE, { weights: file });
  assert.deepEqual(
    again.history.map(({ mse }) => mse),
    further.history.map(({ mse }) => mse),
  );
});

test('every file that is no file of weights is refused in a sentence', async (t) => {
  const entry = header.match(/"psi\.net\.0\.weight":\{[^}]*\},/)?.[0] ?? '';
  const notFinite = Buffer.from(file);
  notFinite.writeFloatLE(NaN, file.length - 4);
  const bomb = Buffer.alloc(16);
  bomb.writeBigUInt64LE(0xffff_ffff_ffff_ffffn);
  /** @type {[string, Buffer, RegExp][]} */
  const bad = [
    ['empty', Buffer.alloc(0), /fewer than eight bytes/],
    ['a picture', Buffer.from('\x89PNG\r\n\x1a\n and so on', 'latin1'), /its header is longer than any/],
    [
      'a pickle in a zip, as torch.save makes it',
      Buffer.from('PK\x03\x04\0\0\0\0 archive/data.pkl'),
      /is a zip archive, as torch\.save writes it: save with safetensors\.torch\.save_file/,
    ],
    ['a header of 2⁶⁴ bytes', bomb, /its header is longer than any/],
    ['cut within its header', file.subarray(0, 200), /it ends within its header/],
    ['cut within its numbers', file.subarray(0, file.length - 4), /its tensors are not as long as its data/],
    ['longer than it says', Buffer.concat([file, Buffer.alloc(4)]), /its tensors are not as long as its data/],
    ['a header that is no JSON', under('{'.repeat(1000)), /is not a whole safetensors file/],
    ['without tensors', under('{}', Buffer.alloc(0)), /has no tensor psi\.net\.0\.weight/],
    ['a tensor of another name', altered('psi.net.0.weight', 'psi.net.1.weight'), /holds “psi\.net\.1\.weight”, which the notebook's classes do not have/],
    ['a tensor twice', altered(entry, entry + entry), /names psi\.net\.0\.weight more than once/],
    ['half precision', altered('F32', 'F16'), /psi\.net\.0\.weight holds F16 numbers/],
    ['a matrix the wrong way round', altered('[7,2]', '[2,7]'), /psi\.net\.0\.bias has shape \[7\]/],
    ['a bias of another length', altered('"shape":[5],', '"shape":[4],'), /has shape \[4\], and with the others it must be \[5\]/],
    ['three dimensions', altered('[7,2]', '[7,3,1]'), /has 3 dimensions, and a weight has two/],
    ['too wide', altered('[7,2]', '[7,258]'), /have d = 258: it must be from 1 to 257/],
    ['a size that no number holds', altered('[7,2]', '[7,99999999999999999999999]'), /is not a whole safetensors file/],
    ['offsets that overlap', altered(/"data_offsets":\[0,(\d+)\]/, '"data_offsets":[4,$1]'), /is not a whole safetensors file/],
    ['not a number', notFinite, /phi\.net\.2\.bias holds NaN, and weights must be finite/],
    ['13 MB', Buffer.alloc(13_000_000), /has 13000000 bytes, and the largest networks here take/],
    // Told twice, and told by what is no text.
    ['a learning rate twice', altered('"__metadata__":{', '"__metadata__":{"lr":"0.5",'), /is not a whole safetensors file/],
    ['an object in its metadata', altered('"__metadata__":{', '"__metadata__":{"__proto__":{"polluted":1},'), /is not a whole safetensors file/],
    ['a number in its metadata', altered('"__metadata__":{', '"__metadata__":{"constructor":1,'), /is not a whole safetensors file/],
  ];
  for (const [what, content, words] of bad) {
    const { message } = await refusal(() => engine.readWeights(content));
    assert.match(message, words, what);
    assert.ok(message.length < 400 && !/[<>\p{Cc}]/u.test(message), message);
    t.diagnostic(`${what}: ${message}`);
  }
});

test('what a file’s metadata say beside the recipe changes nothing', () => {
  const strange = { __proto__x: '<b>', constructor: '<img src=x>', '<svg onload=alert(1)>': '1' };
  const more = JSON.stringify(strange).slice(1, -1);
  assert.deepEqual(engine.readWeights(altered('"__metadata__":{', `"__metadata__":{"__proto__":"1",${more},`)), engine.readWeights(file));
});

test('the header of a file that the page writes is padded to a multiple of eight bytes, and by no more', () => {
  for (const name of ['a', 'ab', 'abcdefgh']) {
    const bytes = writeSafetensors({}, [{ name, shape: [3], pieces: [Float32Array.of(1, 2), Float32Array.of(3)] }]);
    const size = Number(Buffer.from(bytes).readBigUInt64LE(0));
    const text = Buffer.from(bytes).toString('utf8', 8, 8 + size);
    assert.ok(size % 8 === 0 && size - text.trimEnd().length < 8, `${size} bytes for ${text}`);
    assert.equal(bytes.length, 8 + size + 12);
    assert.deepEqual(readSafetensors(bytes).tensors.get(name)?.values, Float32Array.of(1, 2, 3));
  }
});
