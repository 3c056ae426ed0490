// @ts-check
/** A chart as a file: SVG that looks the same anywhere, and PNG of it. */
import { MADE_BY } from '../../shell/build.js';
import { svg } from '../../dom/dom.js';

/** What the style sheet says of a chart's elements, and a file has to say by itself. */
const LOOKS = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'shape-rendering',
  'opacity',
  'font-family',
  'font-size',
  'font-style',
  'font-weight',
  'text-anchor',
];

/** Room around the chart, in pixels; its labels may reach over its edge. */
const MARGIN = 16;

/** A printed figure wants more pixels than a screen shows. */
const LEAST_SCALE = 2;

/** The width of a letter of the caption, in pixels: rather more than it is. */
const LETTER = 6.6;

/** How far from the left the legend has its words, in pixels. */
const SWATCH = 36;

/** @typedef {{ text: string, width: number, height: number }} Picture */

/**
 * The chart as it is on show, with its legend, without what the pointer has put there.
 * @param {SVGSVGElement} chart @param {Element} legend @param {string} title said by those who read pictures aloud, and shown by some when pointed at @param {readonly string[]} caption the lines below the chart
 * @returns {Picture}
 */
export function picture(chart, legend, title, caption) {
  const box = chart.getBoundingClientRect();
  const keys = [...legend.querySelectorAll('li:not([hidden])')];
  const lines = caption.flatMap((line) => broken(line, box.width));
  const [width, height] = [Math.ceil(box.width) + 2 * MARGIN, Math.ceil(box.height) + (2.5 + keys.length + lines.length) * MARGIN];
  const look = getComputedStyle(chart);
  const made = svg('svg', { width, height, viewBox: `${-MARGIN} ${-MARGIN} ${width} ${height}` });
  const paper = { x: -MARGIN, y: -MARGIN, width, height, fill: background(chart) };
  const text = { x: 0, fill: look.color, 'font-size': 12, 'font-family': look.fontFamily };
  const under = (/** @type {number} */ i) => Math.ceil(box.height) + (1 + i) * MARGIN;
  const named = keys.flatMap((key, i) => keyed(key, { ...text, y: under(i) }));
  const below = lines.map((line, i) => svg('text', { ...text, y: under(keys.length + i) }, line));
  made.append(svg('title', {}, title), svg('desc', {}, `Made by ${MADE_BY}.`), svg('rect', paper), ...styled(chart), ...named, ...below);
  return { text: `${new XMLSerializer().serializeToString(made)}\n`, width, height };
}

/** A line in as many as leave each within a width, parted behind commas. @param {string} line @param {number} width in pixels */
function broken(line, width) {
  const lines = [''];
  for (const part of line.split(/(?<=, )/)) {
    const last = lines.length - 1;
    if (lines[last] && (lines[last] + part).trimEnd().length * LETTER > width) lines.push(part);
    else lines[last] += part;
  }
  return lines.map((one) => one.trimEnd());
}

/** A line of the legend: how the curve is drawn, and what it is. @param {Element} key @param {Record<string, string | number>} text how its words are written */
function keyed(key, text) {
  const line = svg('g', { transform: `translate(0 ${Number(text.y) - 8})` });
  const swatch = key.querySelector('.swatch');
  if (swatch) line.append(...styled(swatch));
  return [line, svg('text', { ...text, x: SWATCH }, key.textContent ?? '')];
}

/** The picture in pixels. @param {Picture} picture @returns {Promise<Blob>} */
export async function png({ text, width, height }) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const scale = Math.max(LEAST_SCALE, devicePixelRatio);
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('This browser makes no PNG of the chart.'))), 'image/png');
  });
}

/** Copies of the children that carry their looks with them. @param {Element} parent @returns {SVGElement[]} */
function styled(parent) {
  /** @type {SVGElement[]} */
  const copies = [];
  for (const child of parent.children) {
    if (!(child instanceof SVGElement) || child.classList.contains('cursor')) continue;
    const copy = /** @type {SVGElement} */ (child.cloneNode(false));
    copy.removeAttribute('class');
    const look = getComputedStyle(child);
    for (const name of LOOKS) copy.setAttribute(name, look.getPropertyValue(name));
    if (child.children.length > 0) copy.append(...styled(child));
    else copy.textContent = child.textContent;
    copies.push(copy);
  }
  return copies;
}

/** The colour that the chart stands on. @param {Element} chart */
function background(chart) {
  for (let element = /** @type {Element | null} */ (chart); element; element = element.parentElement) {
    const { backgroundColor } = getComputedStyle(element);
    if (!/^(transparent|rgba\(.*, 0\))$/.test(backgroundColor)) return backgroundColor;
  }
  return 'white';
}
