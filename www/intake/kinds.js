// @ts-check
/** What a file is that is no file of weights, by its first bytes, and what to do about it. Pure. */

/** So many bytes tell what a file is. */
export const HEAD = 512;

/** How PyTorch’s own file becomes one that is read here: two lines of Python. @param {string} name */
function python(name) {
  const own = /^[\w.-]{1,60}$/.test(name) ? name : 'weights.pt';
  const made = `${own.replace(/\.(?:pt|pth|bin|ckpt|pkl|pickle|zip|safetensors)$/i, '')}.${own.endsWith('.safetensors') ? 'read.' : ''}safetensors`;
  return `Two lines of Python write its state dict as it is read here: “import torch, safetensors.torch” and “safetensors.torch.save_file(torch.load("${own}", map_location="cpu", weights_only=True), "${made}")”`;
}

/** What is packed in some way and may hold anything. @param {string} how */
const packed = (how) => `it is packed (${how}): unpack it first`;

const SAVE = 'save its networks from the program that reads it, with safetensors.torch.save_file';

/** What is found of a file's first bytes, as Latin-1, at which place; any of them. @type {readonly [at: number, found: readonly string[], kind: string][]} */
const BEGINNINGS = [
  [0, ['\x89HDF\r\n\x1a\n'], `it is HDF5, as Keras writes it: ${SAVE}`],
  [0, ['GGUF', 'ggml', 'lmgg', 'tjgg', 'fmgg'], `it is GGUF or its predecessor, which are for language models: ${SAVE}`],
  [
    0,
    ['\x93NUMPY'],
    'it is NumPy’s .npy, which holds one array, and the networks have eight: put them under their names and write them with safetensors.numpy.save_file',
  ],
  [0, ['\x1f\x8b'], packed('gzip')],
  [0, ['BZh'], packed('bzip2')],
  [0, ['\xfd7zXZ\0'], packed('xz')],
  [0, ['\x28\xb5\x2f\xfd'], packed('Zstandard')],
  [0, ['7z\xbc\xaf\x27\x1c'], packed('7-Zip')],
  [0, ['Rar!'], packed('RAR')],
  [257, ['ustar'], packed('tar')],
  [0, ['\x89PNG'], 'it is a picture (PNG), and no file of weights'],
  [0, ['\xff\xd8\xff'], 'it is a picture (JPEG), and no file of weights'],
  [0, ['GIF87a', 'GIF89a'], 'it is a picture (GIF), and no file of weights'],
  [8, ['WEBP', 'WAVE', 'AVI '], 'it is a picture, a sound or a film, and no file of weights'],
  [4, ['ftyp'], 'it is a film or a picture (MP4, HEIF), and no file of weights'],
  [0, ['%PDF-'], 'it is a document (PDF), and no file of weights'],
  [0, ['SQLite format 3'], 'it is a database (SQLite), and no file of weights'],
  [4, ['TFL3'], `it is TensorFlow Lite: ${SAVE}`],
  [0, ['MATLAB 5.0 MAT-file'], 'it is MATLAB’s .mat: read it with scipy.io.loadmat, and write its arrays under their names with safetensors.numpy.save_file'],
  [0, ['PAR1', 'ARROW1'], 'it is a table (Parquet, Arrow), and no file of weights'],
  [0, ['\x7fELF', 'MZ', '\xcf\xfa\xed\xfe', '\xca\xfe\xba\xbe', '\0asm'], 'it is a program, and no file of weights'],
];

/** What may follow ONNX’s version: the producer, its version, the domain, the graph, the imports. */
const ONNX_FIELDS = [0x12, 0x1a, 0x22, 0x3a, 0x42];

/** The beginning of a text, and what it is. @type {readonly [RegExp, string][]} */
const TEXTS = [
  [
    /^version https:\/\/(?:git-lfs\.github|hawser\.github)\.com\/spec\//,
    'it is a Git LFS pointer, a note in a repository that stands for the file: fetch the file itself with git lfs pull, or by the download button on its page',
  ],
  [/^(?:\/annex\/objects\/|\.\.?\/.*\.git\/annex\/)/, 'it is a git-annex pointer, a note that stands for the file: fetch the file itself with git annex get'],
  [/^# xet version/, 'it is a Xet pointer, a note in a repository that stands for the file: download the file itself from its page'],
  [
    /^(?:<!--[\s\S]*?-->\s*)?<(?:!doctype html|html|head|body|script|meta|title)\b/i,
    'it is a web page, most likely the page about the file or one that asks to sign in: download the file itself',
  ],
  [/^<(?:svg)\b/i, 'it is a picture (SVG), and no file of weights'],
  [/^<(?:\?xml|!doctype|\w+)/i, 'it is XML, as a server sends it instead of a file that it does not give: download the file again'],
  [/^\{[\s\S]*"weight_map"/, 'it is the index of a model in several files (JSON), and holds no weights itself'],
  [/^\{[\s\S]*"(?:nbformat|cells)"/, 'it is a notebook (JSON), and no file of weights: run it, and save the networks with safetensors.torch.save_file'],
  [/^[{[]/, 'it is JSON, and no file of weights'],
];

/**
 * What the file is and what to do, as the end of a sentence; null where it may be a file of weights, or nothing tells.
 * @param {Uint8Array} bytes the file, or its first `HEAD` bytes @param {number} size of the whole file
 * @param {string} name the file’s
 */
export function kindOf(bytes, size, name) {
  if (size === 0) return 'it is empty: was it cut off, or is it still on its way?';
  const head = bytes.subarray(0, HEAD);
  if (mayBeWeights(head, size)) return null;
  const latin = String.fromCharCode(...head);
  const found = BEGINNINGS.find(([at, beginnings]) => beginnings.some((beginning) => latin.startsWith(beginning, at)));
  if (found) return found[2];
  if (latin.startsWith('PK\x03\x04') || latin.startsWith('PK\x05\x06')) return zipped(latin, name);
  const [first, second, third] = head;
  if (first === 0x80 && second > 0 && second <= 5)
    return `it is a pickle, as older PyTorch and other Python programs write it, which is a program to be run and not numbers to be read. ${python(name)}`;
  // Protocol buffers: a small version under the number 1, and a field that ONNX has.
  if (first === 8 && second > 0 && second < 32 && ONNX_FIELDS.includes(third))
    return `it is ONNX, which is for running networks and not for training them: ${SAVE}`;
  return told(head);
}

/** Eight bytes of a length that the file has, and then the header’s brace. @param {Uint8Array} head @param {number} size */
function mayBeWeights(head, size) {
  if (head.length < 9 || head[8] !== 0x7b) return false;
  const length = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true);
  return length <= BigInt(size);
}

/** @param {string} latin @param {string} file its name */
function zipped(latin, file) {
  const name = latin.slice(30, 30 + latin.charCodeAt(26) + 256 * latin.charCodeAt(27));
  if (name.endsWith('.npy')) return 'it is NumPy’s .npz: read it with numpy.load, and write its arrays under their names with safetensors.numpy.save_file';
  if (/\/(?:data\.pkl|data\/\d+|version|byteorder|\.\w+|code\/.*|constants\.pkl)$/.test(name))
    return `it is a zip archive, as torch.save writes it, with a program to be run in it. ${python(file)}`;
  if (/^(?:model\.weights\.h5|config\.json|metadata\.json)$/.test(name)) return `it is a zip archive, as Keras writes it: ${SAVE}`;
  return `it is a zip archive: unpack it first. If torch.save wrote it: ${python(file)}`;
}

/** @param {Uint8Array} head */
function told(head) {
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) return 'it is text, and no file of weights';
  // The head may end within a character.
  const text = new TextDecoder()
    .decode(head)
    .replace(/\ufffd{1,3}$/, '')
    .trimStart();
  if (text.includes('\ufffd') || [...text].some((character) => /\p{Cc}/u.test(character) && !/\s/.test(character))) return null;
  return TEXTS.find(([beginning]) => beginning.test(text))?.[1] ?? 'it is text, and no file of weights';
}
