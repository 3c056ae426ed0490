// @ts-check
/** The bench's table: its sizes, its lines, what follows from them, and all of it as text. */
import { byId } from '../dom/dom.js';
import { count, rate } from '../common/figures.js';

/** @typedef {import('../common/protocol.js').Backend} Backend */
/** @typedef {import('../common/protocol.js').Workload} Workload */

/** @typedef {{ name: string, about: string, workload: Workload }} Size */

/** What is known of a line: steps a second, milliseconds from nothing to the first step, or why there is no more.
 * @typedef {{ rate?: number, firstMs?: number, trouble?: string }} Line */

/** The largest has fewer draws than the next: no recipe may have more of that width, and a step costs the same. @type {Size[]} */
export const SIZES = [
  { name: 'Small', about: 'the notebook’s', workload: { d: 2, m: 16, h: 64, B: 64, N: 1024, seed: 1 } },
  { name: 'Medium', about: 'hundreds of times the work a step', workload: { d: 16, m: 64, h: 256, B: 512, N: 8192, seed: 1 } },
  { name: 'Large', about: 'tens of thousands of times the work', workload: { d: 64, m: 128, h: 512, B: 1024, N: 4096, seed: 1 } },
];

/** @type {Backend[]} */
export const BACKENDS = ['cpu', 'webgpu'];

/** @type {Record<Backend, string>} */
export const LABELS = { cpu: 'CPU', webgpu: 'WebGPU' };

/** Measured again, a rate may well differ by this much. */
const EVEN = 1.1;

export class BenchTable {
  /** @type {{ size: Size, lines: Record<Backend, Line>, cells: Record<Backend, HTMLTableCellElement[]> }[]} */
  #groups = [];

  constructor() {
    const table = byId('table', HTMLTableElement);
    for (const size of SIZES) {
      const body = table.createTBody();
      const head = headCell('colgroup', `${size.name}: ${describe(size)}`);
      head.colSpan = 4;
      body.insertRow().append(head);
      const row = (/** @type {Backend} */ backend) => {
        const made = body.insertRow();
        made.append(headCell('row', LABELS[backend]));
        return [made.insertCell(), made.insertCell(), made.insertCell()];
      };
      this.#groups.push({ size, lines: { cpu: {}, webgpu: {} }, cells: { cpu: row('cpu'), webgpu: row('webgpu') } });
    }
    this.clear();
  }

  clear() {
    for (const { size } of this.#groups) for (const backend of BACKENDS) this.show(size, backend, {});
  }

  /** @param {Size} size @param {Backend} backend */
  line(size, backend) {
    return this.#group(size).lines[backend];
  }

  /** @param {Size} size @param {Backend} backend @param {Line} line */
  show(size, backend, line) {
    const { lines, cells } = this.#group(size);
    lines[backend] = line;
    for (const each of BACKENDS) {
      const texts = written(lines, each);
      cells[each].forEach((cell, i) => (cell.textContent = texts[i]));
    }
  }

  /** From which size on which backend is the faster one, in a sentence; empty where both were not measured. */
  verdict() {
    const measured = this.#groups.filter(({ lines }) => lines.cpu.rate && lines.webgpu.rate);
    if (measured.length === 0) return '';
    const factors = measured.map(({ lines }) => ratio(lines) ?? 1);
    const names = measured.map(({ size }) => size.name.toLowerCase());
    const wins = factors.map((factor) => factor > EVEN);
    const first = wins.indexOf(true);
    if (first < 0) return 'WebGPU is not faster than the CPU at any size measured here.';
    if (first === 0 && wins.every(Boolean)) return 'WebGPU is faster than the CPU at every size measured here.';
    if (wins.slice(first).every(Boolean)) return `WebGPU overtakes the CPU between the ${names[first - 1]} size and the ${names[first]} one.`;
    const faster = names.filter((_, i) => wins[i]);
    return `WebGPU is faster than the CPU at the ${faster.join(' and ')} size only.`;
  }

  /** The table as text. */
  text() {
    const rows = [['', 'steps/s', 'first step', '× the CPU']];
    for (const { size, lines } of this.#groups) {
      for (const backend of BACKENDS) rows.push([`${size.name}, ${LABELS[backend]}`, ...written(lines, backend)]);
    }
    const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
    const lines = rows.map((row) =>
      row
        .map((text, i) => (i ? text.padStart(widths[i]) : text.padEnd(widths[i])))
        .join('  ')
        .trimEnd(),
    );
    const sizes = SIZES.map((size) => `${size.name}: ${describe(size)}`);
    return [...lines, '', ...sizes].join('\n').replaceAll('\u00a0', ' ');
  }

  /** @param {Size} size */
  #group(size) {
    const found = this.#groups.find((group) => group.size === size);
    if (!found) throw new Error(`the table has no size ${size.name}`);
    return found;
  }
}

/** @param {Record<Backend, Line>} lines @param {Backend} backend @returns {string[]} */
function written(lines, backend) {
  const { rate: steps, firstMs, trouble = '–' } = lines[backend];
  const factor = backend === 'webgpu' ? ratio(lines) : undefined;
  return [
    steps === undefined ? trouble : rate(steps),
    firstMs === undefined ? '–' : `${count(firstMs)}\u00a0ms`,
    factor === undefined ? '' : String(Number(factor.toPrecision(2))),
  ];
}

/** WebGPU's speed as a multiple of the CPU's. @param {Record<Backend, Line>} lines */
function ratio({ cpu, webgpu }) {
  return cpu.rate && webgpu.rate ? webgpu.rate / cpu.rate : undefined;
}

/** @param {Size} size */
function describe({ about, workload: { d, m, h, B } }) {
  return `d = ${d}, m = ${m}, hidden = ${h}, batch = ${B} (${about})`;
}

/** @param {string} scope @param {string} text */
function headCell(scope, text) {
  const cell = document.createElement('th');
  cell.scope = scope;
  cell.textContent = text;
  return cell;
}
