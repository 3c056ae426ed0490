// @ts-check
/** Files that strangers bring: what PyTorch's programs write is read as it is meant, and what is no file of weights is named by its first bytes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readSafetensors } from '../../www/common/safetensors.js';
import { float32 } from '../../www/intake/floats.js';
import { HEAD, kindOf } from '../../www/intake/kinds.js';
import { taken } from '../../www/intake/weights.js';
import { cpu, refusal, trained } from './module.mjs';

const engine = await cpu();

const RECIPE = { d: '2', m: '3', hidden: '4', n: '64', batch: '16', epochs: '1', lr: '0.02', seed: '11' };

const { session } = await trained(engine, RECIPE);
const FILE = new Uint8Array(await session.weightsFile({}));

/** @typedef {{ shape: readonly number[], dtype: string, bytes: Buffer }} Tensor */

/** @param {Record<string, Tensor>} tensors @param {Record<string, string>} [metadata] */
function file(tensors, metadata) {
  let end = 0;
  /** @type {Record<string, unknown>} */
  const header = metadata ? { __metadata__: metadata } : {};
  for (const [name, { shape, dtype, bytes }] of Object.entries(tensors)) header[name] = { dtype, shape, data_offsets: [end, (end += bytes.length)] };
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return new Uint8Array(Buffer.concat([length, text, ...Object.values(tensors).map(({ bytes }) => bytes)]));
}

/** @param {ArrayLike<number>} values @param {number} width @param {(buffer: Buffer, value: number, at: number) => void} write */
function packed(values, width, write) {
  const buffer = Buffer.alloc(values.length * width);
  for (let i = 0; i < values.length; i += 1) write(buffer, values[i], i * width);
  return buffer;
}

/** The numbers of the file, each cut to eight bits so that every type holds it exactly, by dtype. @param {string} dtype @param {ArrayLike<number>} values */
function bytes(dtype, values) {
  if (dtype === 'F64') return packed(values, 8, (buffer, value, at) => buffer.writeDoubleLE(value, at));
  if (dtype === 'F32') return packed(values, 4, (buffer, value, at) => buffer.writeFloatLE(value, at));
  const single = (/** @type {number} */ value) => new Uint32Array(Float32Array.of(value).buffer)[0];
  if (dtype === 'BF16') return packed(values, 2, (buffer, value, at) => buffer.writeUInt16LE(single(value) >>> 16, at));
  return packed(values, 2, (buffer, value, at) => {
    const word = single(value);
    const exponent = ((word >>> 23) & 255) - 112;
    buffer.writeUInt16LE(value === 0 ? 0 : ((word >>> 16) & 0x8000) | (exponent << 10) | ((word >>> 13) & 1023), at);
  });
}

/** Numbers that every type holds. @param {number} value */
const coarse = (value) => Math.round(value * 64) / 64;

const OWN = [...readSafetensors(FILE).tensors].map(([name, { shape, values }]) => /** @type {const} */ ([name, shape, Array.from(values, coarse)]));

/** The networks under other names and in another type. @param {(name: string) => string} naming @param {string} [dtype] @param {Record<string, string>} [metadata] */
const renamed = (naming, dtype = 'F32', metadata) =>
  file(
    Object.fromEntries(
      OWN.flatMap(([name, shape, values]) => (naming(name) ? [[naming(name), { shape: [...shape], dtype, bytes: bytes(dtype, values) }]] : [])),
    ),
    metadata,
  );

const PLAIN = renamed((name) => name);

/** @param {Uint8Array} content @param {string} [name] */
const bring = (content, name = 'a.safetensors') => taken([{ name, bytes: content }], null);

/** @param {import('../../www/intake/weights.js').Taken} found */
function whole(found) {
  assert.ok('whole' in found, JSON.stringify(found));
  assert.deepEqual(engine.readWeights(found.whole.bytes).hidden, 4);
  const { tensors } = readSafetensors(found.whole.bytes);
  for (const [name, , values] of OWN) assert.deepEqual([...(tensors.get(name)?.values ?? [])], values, name);
  return found.whole.words;
}

/** @param {import('../../www/intake/weights.js').Taken} found */
function half(found) {
  assert.ok('half' in found, JSON.stringify(found));
  return found.half;
}

test('what is as the module reads it goes to the module as it is', () => {
  for (const content of [FILE, PLAIN]) {
    const found = bring(content);
    assert.ok('whole' in found && found.whole.bytes === content && found.whole.words.length === 0);
  }
});

test('one common prefix is taken off and said', () => {
  for (const prefix of ['module.', 'model.', '_orig_mod.', 'module._orig_mod.', 'net.', 'lit/model/']) {
    assert.deepEqual(whole(bring(renamed((name) => prefix + name))), [`“${prefix}” was taken off its names`], prefix);
    const recipe = bring(renamed((name) => prefix + name, 'F32', { ...RECIPE, epoch: '5' }));
    assert.equal('whole' in recipe && engine.readWeights(recipe.whole.bytes).recipe?.seed, 11, 'and its recipe stays');
  }
  assert.deepEqual(whole(bring(renamed((name) => name.replace('.net', '._orig_mod.net')))), ['“_orig_mod.” was taken off its names']);
  assert.deepEqual(whole(bring(renamed((name) => name.replace('.net', '')))), ['its names were read as psi.net.0.weight and so on']);
  assert.deepEqual(whole(bring(renamed((name) => name.replace('psi', 'Psi').replace('phi', 'Phi')))), ['its names were read as psi.net.0.weight and so on']);
  assert.deepEqual(whole(bring(renamed((name) => name.replace('psi.', 'psi_net.').replace('phi.', 'phi_net.')))), [
    'its names were read as psi.net.0.weight and so on',
  ]);
});

test('float16, bfloat16 and float64 are read, and what that does to the numbers is said', () => {
  assert.deepEqual(whole(bring(renamed((name) => name, 'F16'))), ['its float16 numbers were widened to float32, which changes none of them']);
  assert.deepEqual(whole(bring(renamed((name) => `module.${name}`, 'BF16'))), [
    '“module.” was taken off its names',
    'its bfloat16 numbers were widened to float32, which changes none of them',
  ]);
  assert.deepEqual(whole(bring(renamed((name) => name, 'F64'))), ['its float64 numbers were taken as float32, which changes none of them']);
  const entries = OWN.map(
    ([name, shape, values]) =>
      /** @type {const} */ ([
        name,
        {
          shape: [...shape],
          dtype: 'F64',
          bytes: bytes(
            'F64',
            values.map((value) => value + 1e-12),
          ),
        },
      ]),
  );
  const rounded = bring(file(Object.fromEntries(entries)));
  assert.deepEqual('whole' in rounded && rounded.whole.words, ['its float64 numbers were rounded to float32']);
  const beyond = { ...Object.fromEntries(entries), 'phi.net.2.bias': { shape: [3], dtype: 'F64', bytes: bytes('F64', [1, 1e300, 2]) } };
  assert.deepEqual(bring(file(beyond)), { refused: '“a.safetensors” cannot be opened: phi.net.2.bias holds 1e+300, which float32 cannot hold.' });
});

test('every half-precision number there is widens to the number that it is', () => {
  const every = new Uint8Array(Uint16Array.from({ length: 65_536 }, (_, i) => i).buffer);
  const { values: halves } = float32('F16', every);
  const { values: brains } = float32('BF16', every);
  for (let i = 0; i < 65_536; i += 1) {
    // By the definition: sign, exponent, fraction.
    const [sign, exponent, fraction] = [i >> 15 ? -1 : 1, (i >> 10) & 31, (i & 1023) / 1024];
    const expected =
      exponent === 31 ? (fraction ? NaN : sign * Infinity) : exponent ? sign * 2 ** (exponent - 15) * (1 + fraction) : sign * 2 ** -14 * fraction;
    assert.ok(Object.is(halves[i], expected), `${i}: ${halves[i]}`);
    // A NaN may come back with other bits.
    if ((i & 0x7f80) === 0x7f80 && (i & 0x7f) !== 0) assert.ok(Number.isNaN(brains[i]), `${i}: ${brains[i]}`);
    else assert.equal(new Uint32Array(brains.buffer, 4 * i, 1)[0], i * 65_536);
  }
  assert.deepEqual([halves[0x3c00], halves[0xc000], halves[0x7bff], halves[1], brains[0x3f80], brains[0xc040]], [1, -2, 65_504, 2 ** -24, 1, -3]);
});

test('Ψ alone and Φ alone say which they are, and together they are whole', () => {
  const alone = (/** @type {'psi' | 'phi'} */ network, dtype = 'F32', prefix = '') =>
    renamed((name) => (name.startsWith(network) ? prefix + name.slice(4) : ''), dtype);
  const [psi, phi] = [half(bring(alone('psi'), 'psi_alone.safetensors')), half(bring(alone('phi'), 'phi_alone.safetensors'))];
  assert.deepEqual([psi.network, phi.network], ['psi', 'phi']);
  const [one, other] = [
    { name: 'psi_alone.safetensors', bytes: alone('psi') },
    { name: 'phi_alone.safetensors', bytes: alone('phi', 'F16', 'module.') },
  ];
  const words = ['“module.” was taken off its names', 'its float16 numbers were widened to float32, which changes none of them'];
  for (const found of [taken([one, other], null), taken([other, one], null), taken([other], psi), taken([one], half(bring(other.bytes, other.name)))])
    assert.deepEqual(whole(found), words);
  // By their tensors' names, whatever the file is called.
  assert.equal(
    half(
      bring(
        renamed((name) => (name.startsWith('phi') ? `model.${name}` : '')),
        'psi.safetensors',
      ),
    ).network,
    'phi',
  );
  // By the other's name, where nothing else says it.
  const unknown = half(bring(alone('phi'), 'b.safetensors'));
  assert.equal(unknown.network, '');
  whole(taken([{ name: 'psi.safetensors', bytes: alone('psi') }], unknown));
  whole(taken([{ name: 'b.safetensors', bytes: alone('phi') }], psi));
  // The layers of a sequence without a class around it.
  assert.equal(
    half(
      bring(
        renamed((name) => (name.startsWith('psi') ? name.slice(8) : '')),
        'psi.safetensors',
      ),
    ).network,
    'psi',
  );
  // The same half again takes the place of the one before.
  assert.equal(half(taken([{ name: 'psi2.safetensors', bytes: alone('psi') }], psi)).name, 'psi2.safetensors');
});

test('two files that make no pair are refused in a sentence', () => {
  const alone = (/** @type {string} */ network) => renamed((name) => (name.startsWith(network) ? name.slice(4) : ''));
  const pair = (/** @type {[string, Uint8Array]} */ ...[a, b]) =>
    taken(
      [
        { name: a, bytes: b },
        { name: 'other-psi.safetensors', bytes: alone('psi') },
      ],
      null,
    );
  assert.deepEqual(pair('psi.safetensors', alone('psi')), { refused: '“psi.safetensors” and “other-psi.safetensors” do not make a pair: both hold Ψ.' });
  assert.deepEqual(pair('whole.safetensors', PLAIN), { refused: '2 files were dropped: one file of weights at a time, or one of Ψ and one of Φ.' });
  assert.match(
    JSON.stringify(
      taken(
        [
          { name: 'a', bytes: alone('psi') },
          { name: 'b', bytes: alone('phi') },
        ],
        null,
      ),
    ),
    /says which is Ψ and which is Φ/,
  );
  const part = renamed((name) => (name.startsWith('psi') && !name.endsWith('2.bias') ? name : ''));
  assert.deepEqual(bring(part), { refused: '“a.safetensors” cannot be opened: it holds Ψ alone, and of that no net.2.bias.' });
});

test('what is broken goes to the module, which refuses it', async () => {
  const header = Buffer.from(PLAIN)
    .subarray(8, 8 + Number(Buffer.from(PLAIN).readBigUInt64LE(0)))
    .toString();
  const under = (/** @type {string} */ text) => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
    return new Uint8Array(Buffer.concat([length, Buffer.from(text), PLAIN.subarray(8 + header.length)]));
  };
  const moved = header.replaceAll('"p', '"module.p');
  const entry = /"module\.psi\.net\.0\.weight":\{[^}]*\},/.exec(moved)?.[0] ?? '';
  assert.ok(whole(bring(under(moved))));
  for (const text of [
    moved.replace(entry, entry + entry),
    moved.replace('"module.psi.net.0.weight"', '"other.psi.net.0.weight"'),
    moved.replace('"module.psi.net.0.weight"', '"module.psi.net.1.weight"'),
    moved.replace('"module.psi.net.0.weight"', '"module.phi.net.0.weight"'),
    moved.replace('[0,32]', '[4,32]'),
    moved.replace('F32', 'I64'),
    moved.replace('F32', 'F8_E4M3'),
    moved.replace('{', '{"__metadata__":{"lr":1},'),
    moved.replace('{', '{"__metadata__":{"lr":"1","lr":"2"},'),
    moved.replace('{', '{"__proto__":{"polluted":1},'),
    `${moved.slice(0, -1)},"module.step":{"dtype":"F32","shape":[0],"data_offsets":[${PLAIN.length - 8 - header.length},${PLAIN.length - 8 - header.length}]}}`,
    '[]',
    'null',
    '{"a":1}',
    '{}',
    '{"__metadata__":null}',
    '{'.repeat(1_000),
    `{"${'a.'.repeat(20_000)}":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`,
  ]) {
    const found = bring(under(text));
    assert.ok('whole' in found, text.slice(0, 100));
    const { message } = await refusal(() => engine.readWeights(found.whole.bytes));
    assert.ok(message.length < 400 && !/[<>\p{Cc}]/u.test(message), message);
  }
  assert.equal(Reflect.get({}, 'polluted'), undefined);
  const short = bring(under(moved.replace('"shape":[4,2]', '"shape":[4,3]')));
  assert.match('refused' in short ? short.refused : '', /is not as long as its shape says/);
});

const ZIPPED = (/** @type {string} */ name) =>
  Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(22), Buffer.from([name.length, 0, 0, 0]), Buffer.from(name), Buffer.alloc(64)]);

const KINDS = /** @type {[string, Buffer, RegExp][]} */ ([
  ['nothing', Buffer.alloc(0), /^it is empty/],
  ['Git LFS', Buffer.from(`version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 492\n`), /^it is a Git LFS pointer, .*git lfs pull/],
  ['git-annex', Buffer.from('/annex/objects/SHA256E-s1--0\n'), /^it is a git-annex pointer/],
  ['HTML', Buffer.from('\ufeff\n<!DOCTYPE html><html><title>404</title>'), /^it is a web page.*download the file itself/],
  ['HTML of another kind', Buffer.from('<!-- a --><HTML lang=en>'), /^it is a web page/],
  ['XML', Buffer.from('<?xml version="1.0"?><Error><Code>AccessDenied</Code>'), /^it is XML, as a server sends it/],
  ['a pickle', Buffer.from('\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.', 'latin1'), /^it is a pickle.*weights_only=True\), "model\.safetensors"\)”$/],
  [
    'torch.save',
    ZIPPED('archive/data.pkl'),
    /^it is a zip archive, as torch\.save writes it.*“import torch, safetensors\.torch” and “safetensors\.torch\.save_file\(torch\.load\("model\.pt"/,
  ],
  ['torch.save of today', ZIPPED('model/.format_version'), /^it is a zip archive, as torch\.save writes it/],
  ['.npz', ZIPPED('arr_0.npy'), /^it is NumPy’s \.npz/],
  ['.keras', ZIPPED('metadata.json'), /^it is a zip archive, as Keras writes it/],
  ['a zip', ZIPPED('readme.md'), /^it is a zip archive: unpack it first/],
  ['gzip', gzipSync('hello'), /^it is packed \(gzip\): unpack it first/],
  ['tar', Buffer.concat([Buffer.alloc(257, 'a'), Buffer.from('ustar\x0000'), Buffer.alloc(300)]), /^it is packed \(tar\)/],
  ['ONNX', Buffer.from('\x08\x08\x12\x07pytorch\x1a\x052.3.0:\x9a\x05', 'latin1'), /^it is ONNX/],
  ['HDF5', Buffer.from('\x89HDF\r\n\x1a\n\0\0\0\0', 'latin1'), /^it is HDF5/],
  ['GGUF', Buffer.from('GGUF\x03\0\0\0'), /^it is GGUF/],
  ['.npy', Buffer.from("\x93NUMPY\x01\0v\0{'descr': '<f4'}", 'latin1'), /^it is NumPy’s \.npy/],
  ['PNG', Buffer.from('\x89PNG\r\n\x1a\n\0\0', 'latin1'), /^it is a picture \(PNG\)/],
  ['JSON', Buffer.from('{"W": [[1, 2], [3, 4]]}'), /^it is JSON/],
  ['an index', Buffer.from('{"metadata": {}, "weight_map": {"a": "b"}}'), /^it is the index of a model in several files/],
  ['a notebook', Buffer.from('{\n "cells": [\n'), /^it is a notebook/],
  ['text', Buffer.from('epoch,mse\n1,0.5\n'), /^it is text/],
  ['UTF-16', Buffer.from('\ufefftext', 'utf16le'), /^it is text/],
  ['long text of many bytes a letter', Buffer.from('ψ('.repeat(1_000)), /^it is text/],
]);

test('what is no file of weights is named by its first bytes, with what to do', () => {
  for (const [what, content, words] of KINDS) {
    const kind = kindOf(content, content.length, 'model.pt') ?? '';
    assert.match(kind, words, what);
    assert.equal(kindOf(content.subarray(0, HEAD), content.length, 'model.pt'), kind, 'the first bytes are enough');
    const found = taken([{ name: 'model.pt', bytes: new Uint8Array(content) }], null);
    assert.ok('refused' in found && found.refused.startsWith(`“model.pt” cannot be opened: it is `) && /[.?]$/.test(found.refused), what);
  }
  assert.match(kindOf(ZIPPED('a/data.pkl'), 100, '"); evil(".pt') ?? '', /torch\.load\("weights\.pt"/);
});

test('a file of weights is not taken for anything else', () => {
  for (const content of [FILE, PLAIN]) assert.equal(kindOf(content, content.length, 'a'), null);
  // Headers whose length begins as a pickle, a program, gzip or ONNX does.
  for (const length of [0x0280, 0x5a4d, 0x8b1f, 0x0808]) {
    const head = Buffer.alloc(16);
    head.writeBigUInt64LE(BigInt(length));
    head.write('{', 8);
    assert.equal(kindOf(head, 100_000, 'a'), null, String(length));
  }
  // Bytes that say nothing are the module's to refuse.
  assert.equal(kindOf(Buffer.from([1, 2, 3, 200, 201, 0, 7, 9, 11]), 9, 'a'), null);
});
