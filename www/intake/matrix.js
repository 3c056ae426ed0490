// @ts-check
/**
 * A W and an x as this page and other tools print them, as the module reads them: numbers between commas, semicolons and brackets. What
 * stands around the numbers (names, calls, types, devices, sizes, labels of rows) is taken off where its form says that it is no number; all
 * else stays, for the module to refuse by name. Pure; loaded when something was typed.
 */
import { quoted } from '../common/quoted.js';
import { ascii, exponents } from './ascii.js';

/** More text than the module reads. */
const LONGEST = 2 << 20;

/** A value behind a name and `=`, or an argument of its own. */
const VALUE = /'[^']*'|"[^"]*"|<[^<>]*>|[\w.]{0,80}\([^()]*\)|\[[^[\]]*\]|[\w.:+-]+/.source;

/** Arguments that describe an array: their values are not in it. */
const DESCRIBING = 'dtype|device|requires_grad|grad_fn|size|shape|layout|weak_type|sharding|fill_value|mask|order|copy|ndmin|names?|memory_format|eltype';

const TYPE = '(?:b?float(?:8|16|32|64)?|half|double|single|[iu]?int\\d*|f[248]|Float(?:16|32|64))';

/**
 * What goes, in this order, and what takes its place.
 * @type {readonly [RegExp, string][]}
 */
const FORMS = [
  // What was asked at a prompt, and the prompt; remarks.
  [/^(?:>>>|julia>|octave:\d+>|In \[\d+\]:|>) ?[A-Za-z_]\w*(?:\([^()]*\))? ?$/gm, ''],
  [/^(?:>>>|julia>|octave:\d+>|In \[\d+\]:|Out\[\d+\]:|>) ?/gm, ''],
  [/(?:^| )(?:#|\/\/|%)[^\n]*$/gm, ''],
  [/^\s*'([^']*)'\s*$/g, '$1'],
  // Julia's and R's headings, and R's labels of rows and columns.
  [/^[ \t]*\d+(?:[×x]\d+)+[ \t][^\n]*:[ \t]*$/gm, ''],
  [/^[ \t]*\d+-element[ \t][^\n]*:[ \t]*$/gm, ''],
  [/\[,\d+\]/g, ' '],
  [/^[ \t]*\[\d+,?\](?=[ \t]+[-\d.])/gm, ''],
  // LaTeX.
  [/\\(?:begin|end)\{[^{}]*\}(?:\{[^{}]*\})?/g, ' '],
  [/\\(?:left|right|bigl|bigr)\b/g, ' '],
  [/\\\\/g, ';'],
  [/[&|]/g, ' '],
  // Old PyTorch, MXNet and Rust's ndarray and candle say of a print what it is of; Node says how long an array is.
  [/\[torch\.\w+ of size [^\]]*\]|^Tensor\[\[[\d, ]*\], \w+\]$|<NDArray[^<>]*>| ?@\w+\(\d+\)|, shape=\[[\d, ]*\], strides=[^\n]*$/gm, ''],
  [/\b\w*Array\(\d+\)\s*(?=\[)/g, ''],
  [/^\s*\(\d+\)\s*(?=\[)/g, ''],
  // Arguments.
  [new RegExp(`,?\\s*\\b(?:${DESCRIBING})\\s*=\\s*(?:${VALUE})`, 'g'), ' '],
  [/,\s*byrow\s*=\s*T(?:RUE)?(?!\w)/g, ' '],
  [/,\s*[A-Za-z_]\w*\s*=\s*(?:'[^']*'|"[^"]*"|<[^<>]*>|True|False|None|true|false)/g, ' '],
  [new RegExp(`,\\s*(?:(?:np|numpy|jnp|jax\\.numpy|torch|tf|mx)\\.\\w+|${TYPE}|'[\\w<>=:]+'|"[\\w<>=:]+")\\s*(?=[,)])`, 'g'), ' '],
  [/\)\s*\.(?:to|cuda|cpu|float|double|numpy|detach|clone|contiguous|requires_grad_|astype|tolist|reshape|view)\([^()=]*\)/g, ')'],
  // Names: of the print, of what it is assigned to, and of what is called.
  [/\b(?:Parameter|Variable) containing:/g, ' '],
  [/<tf\.\w+(?:\s'[^']*')?\s*/g, ' '],
  [/(?:\b(?:const|let|var|new|val|auto|static|float|double)\s+){0,3}\b[A-Za-z_]\w*(?:<[^<>=]*>)?(?:\[\d*\])+\s*=/g, ' '],
  [/^[ \t]*(?:(?:let|const|var|static) )?[A-Za-z_]\w*[ \t]*:[^=\n]*=/gm, ' '],
  [/(?:"\w+"|'\w+'|\b[A-Za-z_]\w*)\s*:\s*(?=\[)/g, ' '],
  [/^[^\n[\]]*=[ \t]*(?=\[)/gm, ' '],
  [/^[^=\n\d[\](){}<>/]*[=≈←→∈]|^[ \t]*[A-Za-z_][\w.'’]*[ \t]*(?:[:=]=?|<-|←)/gm, ' '],
  [/\b(?:new\s+)?(?!nan\b|inf\b|infinity\b|none\b|null\b)[A-Za-z_][\w.:]{0,80}!?(?:\{[^{}]*\})?\s*(?=[([{])/gi, ' '],
  // Numbers.
  [/(\d\.?)(?:_?f(?:32|64)|[fFLdD])(?![\w.+-])/g, '$1'],
  [/(\d\.?)[dDf](?=[+-]?\d)/g, '$1e'],
  [/(?<=\d)_(?=\d)/g, ''],
  // A sentence's or a statement's end; a print in quotes.
  [/([\])}>])\s*[.>]+(?=\s|$)/g, '$1 '],
  [/["`“”«»]/g, ' '],
  [/[{}]/g, ' '],
];

/** `1.0e+03 *` above a matrix, as MATLAB and Octave print it. */
const FACTOR = /(?<=^|[=\n])[ \t]*1(?:\.0*)?e([+-]?\d+)[ \t]*\*/i;

/** A W and an x as typed. @typedef {{ W: string, x: string }} Typed */

/** Both as the module reads them. @param {Typed} typed @returns {Typed} */
export function plainDraw(typed) {
  const { W, x } = apart(typed);
  return { W: plainNumbers(W), x: plainNumbers(x) };
}

/** Where one of the texts holds both, `W = […], x = […]` in either order, each of them for itself. @param {Typed} typed @returns {Typed} */
export function apart(typed) {
  return parted(typed.W) ?? parted(typed.x) ?? typed;
}

/** What is to be added to a refusal of numbers that seem to have decimal commas; nothing of others. @param {string} text */
export function commaHint(text) {
  const decimal = /(?<![\d,])-?\d+,\d+(?![\d,.])(?! ?[,\]])/.exec(ascii(text))?.[0];
  return decimal && !/,\s/.test(text) ? `: a comma stands between two numbers here, so write ${quoted(decimal.replace(',', '.'))} with a point` : '';
}

/** @param {string} text @returns {Typed | null} */
function parted(text) {
  if (text.length > LONGEST) return null;
  const found = [...text.matchAll(/(?<![\w.])["']?(W|x)["']?\s*[:=]\s*/g)];
  if (found.length !== 2 || found[0][1] === found[1][1]) return null;
  const [first, second] = found;
  const parts = [text.slice(first.index + first[0].length, second.index), text.slice(second.index + second[0].length)].map((part) =>
    part.replace(/(?<=[\])])\.\s+[A-Z][^[\]()]*$/, '').replace(/[\s,;.]+$/, ''),
  );
  const [W, x] = first[1] === 'W' ? parts : [parts[1], parts[0]];
  return { W, x };
}

/** @param {string} text */
function plainNumbers(text) {
  if (text.length > LONGEST) return text;
  // Runs of blanks first: with them many of the forms would be tried from each blank to the last.
  const typed = exponents(
    ascii(text)
      .replace(/[^\S\n]+/g, ' ')
      .replace(/ ?\n[ \n]*/g, '\n'),
  );
  const shift = Number(FACTOR.exec(typed)?.[1] ?? 0);
  const plain = FORMS.reduce((rest, [form, put]) => rest.replace(form, put), typed.replace(FACTOR, '\n')).trim();
  return named(shift === 0 ? plain : plain.replace(/\d+\.?\d*(?![\d.eE])/g, (number) => `${number}e${shift}`));
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** What is no number comes first, so that the module names it before it counts. @param {string} plain */
function named(plain) {
  const odd = plain.split(/[\s,;[\]()]+/).find((word) => word && (word.length > 64 || !NUMBER.test(word)));
  return odd === undefined ? plain : `${odd} ${plain}`;
}
