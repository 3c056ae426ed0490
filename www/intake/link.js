// @ts-check
/**
 * A link without what a chat, a mail program or a page added to it on the way. Nothing that this page writes into a link looks like any of it:
 * there are letters, digits and `=&,:.-` alone. What stands between the keys and the values stays, for the module to refuse. Pure; loaded when
 * a link was refused.
 */
import { quoted } from '../common/quoted.js';
import { ascii } from './ascii.js';

/** More text than the module reads. */
const LONGEST = 96 * 1024;

/** A percent code in a percent code, and so on: so often a link is passed on. */
const MOST_PASSES = 4;

/** Percent codes of what no browser encodes by itself. */
const CODED = /%(?:2[356cde]|3[\dad]|[46][1-9a-f]|[57][\da]|5f)/i;

/** What counts clicks: in campaigns, newsletters and social networks. */
const TRACKING =
  /^(?:utm_\w+|\w*clid|clickid|_?gl|_ga|gad_source|[gw]braid|mc_[ce]id|_hs\w+|hs\w+tracking|mkt_tok|igshid?|igsh|li_fat_id|s_cid|cmpid|vero_\w+|_?openstat|ref(?:_src|_url|errer|erral)?|si|source|share_?id|from|trk\w*|spm|pk_\w+|mtm_\w+|matomo_\w+|oly_\w+|__s|_branch_\w+|wt_\w+|at_\w+|yclid|ysclid|twclid|ttclid|cvid|ocid|ncid|sr_share)$/i;

const ENTITIES = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  equals: '=',
  num: '#',
  period: '.',
  comma: ',',
  colon: ':',
  lowbar: '_',
  shy: '',
};

/** @typedef {{ fragment: string, taken: string[] }} Mended the link, and what was done to it, in words */

/** @param {string} fragment as the address has it @returns {Mended} */
export function mended(fragment) {
  if (fragment.length > LONGEST) return { fragment, taken: [] };
  /** @type {string[]} */
  const taken = [];
  let text = fragment;
  for (const [step, words] of STEPS) {
    const next = step(text);
    const told = next.text === text ? '' : words(next.found ?? '');
    if (told) taken.push(told);
    text = next.text;
  }
  return { fragment: text, taken };
}

/**
 * What is done, in this order, and how it is told.
 * @type {readonly [(text: string) => { text: string, found?: string }, (found: string) => string][]}
 */
const STEPS = [
  [(text) => ({ text: decoded(text), found: CODED.exec(text)?.[0] }), (found) => found && 'percent codes were read as the characters that they stand for'],
  [(text) => ({ text: unescaped(text) }), () => '“&amp;” was read as “&”, as in HTML'],
  [(text) => ({ text: unquoted(text) }), () => '“=3D” was read as “=”, as in mail'],
  [(text) => ({ text: text.replace(/[\p{Cf}]/gu, '') }), () => 'characters that show nothing were taken out'],
  [(text) => ({ text: text.replace(/[\s\u00a0]+/g, '') }), () => 'blanks and line breaks were taken out'],
  [(text) => ({ text: ascii(text) }), () => 'dashes and wide characters were read as plain ones'],
  [(text) => ({ text: text.replace(/\\(?=[^\p{L}\p{N}])/gu, '') }), () => 'backslashes were taken out'],
  [(text) => beginning(text), (found) => `“${found}” was taken off its beginning`],
  [(text) => untracked(text), (found) => `${found} was taken off`],
  [(text) => end(text), (found) => `“${found}” was taken off its end`],
  // What counts clicks may have been added behind a full stop.
  [(text) => untracked(text), (found) => `${found} was taken off`],
];

/** The text as it was before it was put into an address, once or more often. @param {string} text */
function decoded(text) {
  for (let pass = 0; pass < MOST_PASSES; pass += 1) {
    const next = text.replace(/(?:%[\da-f]{2})+/gi, (codes) => {
      try {
        return decodeURIComponent(codes);
      } catch {
        return codes;
      }
    });
    if (next === text) break;
    text = next;
  }
  return text;
}

/** @param {string} text */
function unescaped(text) {
  for (let pass = 0; pass < MOST_PASSES; pass += 1) {
    const next = text.replace(/&(?:#(\d{1,5})|#x([\da-f]{1,4})|([a-z]{2,6}));/gi, (whole, decimal, hex, name) => {
      if (name) return Object.hasOwn(ENTITIES, name.toLowerCase()) ? Reflect.get(ENTITIES, name.toLowerCase()) : whole;
      return String.fromCharCode(decimal ? Number(decimal) : Number.parseInt(hex, 16));
    });
    if (next === text) break;
    text = next;
  }
  // A program that knows no entities has read its semicolon, and then its name, as part of the address.
  return text.replace(/&amp;?(?=[A-Za-z]+=)/g, '&');
}

/** Quoted-printable, where each `=` is its code and lines end in one. @param {string} text */
function unquoted(text) {
  return /^\W*\w+=3D/.test(text) ? text.replace(/=\s*\n/g, '').replaceAll('=3D', '=') : text;
}

/** @param {string} text */
function beginning(text) {
  // A whole address in the fragment of another, and what opens before one.
  const found = /^(?!(?:v|sweep)=)(?:.*#(?=(?:v|sweep)=)|[^\p{L}\p{N}]*)/u.exec(text)?.[0] ?? '';
  return { text: text.slice(found.length), found: quoted(found) };
}

/** @param {string} text */
function end(text) {
  // The rest of a link in Markdown, and a place in the page; else what closes or ends a sentence. An `=` ends a link whose last value is empty.
  const found = /(?:\]\(.*|#[\w-]*)$/.exec(text)?.[0] ?? /(?:<\/\w+>|[^\p{L}\p{N}=])+$/u.exec(text.slice(-64))?.[0] ?? '';
  return { text: text.slice(0, text.length - found.length), found: quoted(found) };
}

/** @param {string} text */
function untracked(text) {
  /** @type {string[]} */
  const names = [];
  // Some add a query behind all that there is.
  const pairs = text.split(/&|\?(?=[\w.-]+=)/).filter((pair) => {
    const [name] = pair.split('=');
    if (!TRACKING.test(name)) return true;
    names.push(name);
    return false;
  });
  return names.length === 0 ? { text } : { text: pairs.join('&'), found: names.map((name) => `“${quoted(name)}”`).join(', ') };
}
