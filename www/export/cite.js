// @ts-check
/**
 * How to cite the page, and what it stands on: as lines to be read, and as BibTeX. Pure text, of what the build knows of itself; what is not
 * known (an author, a year, an address) is left out.
 */
import { BUILD } from '../shell/build.js';

/**
 * @typedef {object} Work
 * @property {string} key
 * @property {'misc' | 'article' | 'inproceedings'} kind
 * @property {string} line to be read
 * @property {Record<string, string>} fields as TeX; a web address as it is
 */

/** The page itself. @param {string} address where it stands, or nothing @returns {Work} */
function page(address) {
  const made = `Version ${BUILD.version}${BUILD.commit ? `, commit ${BUILD.commit}` : ''}`;
  const from = BUILD.source ? ` Source: ${BUILD.source}.` : '';
  return {
    key: 'phi-psi',
    kind: 'misc',
    line: `φ·ψ: a GELU layer, split in two. ${made}.${address ? ` ${address}` : ''}${from}`,
    fields: {
      key: 'phi-psi',
      title: '{$\\varphi\\cdot\\psi$: a GELU layer, split in two}',
      version: BUILD.version,
      note: `${made}${BUILD.source ? `. Source: \\url{${BUILD.source}}` : ''}`,
      url: address,
    },
  };
}

/** The notebooks that it began as: one trains Φ and Ψ, its sister expands GELU into a series. @returns {Work} */
function notebooks() {
  const { notebooks: address } = BUILD;
  return {
    key: 'phi-psi-notebooks',
    kind: 'misc',
    line: `Neural φ/ψ Linearization of GELU. Class notebook in PyTorch, with its sister notebook on the Taylor series of GELU by Kronecker powers.${address ? ` ${address}` : ''}`,
    fields: {
      key: 'phi-psi-notebooks',
      title: '{Neural $\\varphi/\\psi$ Linearization of GELU}',
      howpublished: 'Class notebook in PyTorch',
      note: 'With its sister notebook on the Taylor series of GELU by Kronecker powers',
      url: address,
    },
  };
}

/** The floor is Schmidt's theorem on kernels, and Eckart's and Young's on matrices; the line of work is that of scalable kernels. @type {Work[]} */
const PAPERS = [
  {
    key: 'schmidt1907',
    kind: 'article',
    line: 'Erhard Schmidt: Zur Theorie der linearen und nichtlinearen Integralgleichungen, I. Mathematische Annalen 63, 433–476, 1907. doi:10.1007/BF01449770',
    fields: {
      author: 'Schmidt, Erhard',
      title: '{Zur Theorie der linearen und nichtlinearen Integralgleichungen, I}',
      journal: 'Mathematische Annalen',
      volume: '63',
      pages: '433--476',
      year: '1907',
      doi: '10.1007/BF01449770',
    },
  },
  {
    key: 'eckart-young1936',
    kind: 'article',
    line: 'Carl Eckart and Gale Young: The approximation of one matrix by another of lower rank. Psychometrika 1, 211–218, 1936. doi:10.1007/BF02288367',
    fields: {
      author: 'Eckart, Carl and Young, Gale',
      title: 'The approximation of one matrix by another of lower rank',
      journal: 'Psychometrika',
      volume: '1',
      number: '3',
      pages: '211--218',
      year: '1936',
      doi: '10.1007/BF02288367',
    },
  },
  {
    key: 'sehanobish2024',
    kind: 'inproceedings',
    line: 'Arijit Sehanobish, Krzysztof Choromanski, Yunfan Zhao, Avinava Dubey and Valerii Likhosherstov: Scalable Neural Network Kernels. ICLR 2024. arXiv:2310.13225',
    fields: {
      author: 'Sehanobish, Arijit and Choromanski, Krzysztof and Zhao, Yunfan and Dubey, Avinava and Likhosherstov, Valerii',
      title: 'Scalable Neural Network Kernels',
      booktitle: 'International Conference on Learning Representations',
      year: '2024',
      eprint: '2310.13225',
      archiveprefix: 'arXiv',
    },
  },
];

/** The page's own line. @param {string} [address] */
export function citeLine(address = here()) {
  return page(address).line;
}

/** What the page stands on, a line each. */
export function foundations() {
  return [notebooks(), ...PAPERS].map(({ line }) => line);
}

/** The page and what it stands on, an entry each. @param {string} [address] */
export function bibtex(address = here()) {
  return [page(address), notebooks(), ...PAPERS].map(entry).join('\n');
}

/** @param {Work} work */
function entry({ key, kind, fields }) {
  const told = Object.entries(fields).filter(([, value]) => value);
  const wide = Math.max(...told.map(([name]) => name.length));
  return `@${kind}{${key},\n${told.map(([name, value]) => `  ${name.padEnd(wide)} = {${value}},\n`).join('')}}\n`;
}

/** Where the page stands: as the build was told, or as it is visited, unless that leads to this machine. No address has braces, which would end a field. */
function here() {
  if (BUILD.address) return BUILD.address;
  const { protocol = '', hostname = '', origin = '', pathname = '' } = globalThis.location ?? {};
  const own = /^(localhost|127(\.\d+){3}|\[::1\])$|\.(localhost|local)$/.test(hostname);
  return /^https?:$/.test(protocol) && !own ? `${origin}${pathname}` : '';
}
