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

/** The size of the words below the chart, in pixels. */
const SIZE = 12;

/** How far from the left the legend has its words, in pixels. */
const SWATCH = 36;

/** Tells what is read as one letter, which may be several signs; browsers before 2024 may not have it. */
const LETTERS = 'Segmenter' in Intl ? new Intl.Segmenter() : null;

/** Where a caption may be parted, and where the name of a curve. */
const COMMAS = /(?<=, )/;
const SPACES = /(?<= )/;

/** @typedef {{ text: string, width: number, height: number }} Picture */

/**
 * The chart as it is on show, with its legend, without what the pointer has put there.
 * @param {SVGSVGElement} chart @param {Element} legend @param {string} title said by those who read pictures aloud, and shown by some when pointed at @param {readonly string[]} caption the lines below the chart
 * @returns {Picture}
 */
export function picture(chart, legend, title, caption) {
  const box = chart.getBoundingClientRect();
  const look = getComputedStyle(chart);
  const measure = ruler(look.fontFamily);
  const keys = [...legend.querySelectorAll('li:not([hidden])')].flatMap((key) => keyed(key, box.width, measure));
  const lines = caption.flatMap((line) => broken(line, box.width, COMMAS, measure));
  const [width, height] = [Math.ceil(box.width) + 2 * MARGIN, Math.ceil(box.height) + (2.5 + keys.length + lines.length) * MARGIN];
  const made = svg('svg', { width, height, viewBox: `${-MARGIN} ${-MARGIN} ${width} ${height}` });
  const paper = { x: -MARGIN, y: -MARGIN, width, height, fill: background(chart) };
  const text = { fill: look.color, 'font-size': SIZE, 'font-family': look.fontFamily };
  const below = [...keys, ...lines.map((line) => ({ sample: [], x: 0, line }))].flatMap(({ sample, x, line }, i) => {
    const y = Math.ceil(box.height) + (1 + i) * MARGIN;
    const drawn = svg('g', { transform: `translate(0 ${y - 8})` });
    drawn.append(...sample);
    return [...(sample.length > 0 ? [drawn] : []), svg('text', { ...text, x, y }, line)];
  });
  made.append(svg('title', {}, title), svg('desc', {}, `Made by ${MADE_BY}.`), svg('rect', paper), ...styled(chart), ...below);
  return { text: `${new XMLSerializer().serializeToString(made)}\n`, width, height };
}

/** How wide a text of the picture is, in pixels. @param {string} family the fonts that it is written in @returns {(text: string) => number} */
function ruler(family) {
  const pen = document.createElement('canvas').getContext('2d');
  if (!pen) return (text) => text.length * SIZE;
  pen.font = `${SIZE}px ${family}`;
  return (text) => pen.measureText(text).width;
}

/** A line in as many as leave each within a width. @param {string} line @param {number} width in pixels @param {RegExp} where it may be parted @param {(text: string) => number} measure */
function broken(line, width, where, measure) {
  const lines = [''];
  for (const part of line.split(where)) {
    // One that is longer than a line is cut where that ends.
    for (const piece of measure(part.trimEnd()) > width ? letters(part) : [part]) {
      const last = lines.length - 1;
      if (lines[last] && measure((lines[last] + piece).trimEnd()) > width) lines.push(piece);
      else lines[last] += piece;
    }
  }
  return lines.map((one) => one.trimEnd());
}

/** A text's letters, one by one. @param {string} text */
function letters(text) {
  return LETTERS ? Array.from(LETTERS.segment(text), ({ segment }) => segment) : [...text];
}

/** A key of the legend in lines: how the curve is drawn, before the first of them, and what it is. @param {Element} key @param {number} width in pixels @param {(text: string) => number} measure */
function keyed(key, width, measure) {
  const swatch = key.querySelector('.swatch');
  const sample = swatch ? styled(swatch) : [];
  return broken(key.textContent ?? '', width - SWATCH, SPACES, measure).map((line, i) => ({ sample: i === 0 ? sample : [], x: SWATCH, line }));
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
