// @ts-check
/**
 * A scale of colours from blue by nothing to orange, perceptually even: straight lines in OKLab, whose distances are those that are seen.
 * Blue and orange stay apart for those who do not tell red from green, and equal distances from zero are equally light. Pure arithmetic.
 */

/** @typedef {[number, number, number]} Rgb each from 0 to 255 */

/** Lightness, chroma and hue in degrees: what is below zero, zero, and what is above; zero is the card's own colour. */
const THEMES = {
  light: { below: [0.5, 0.135, 262], zero: [0.985, 0, 0], above: [0.5, 0.135, 48] },
  dark: { below: [0.8, 0.1, 262], zero: [0.24, 0, 0], above: [0.8, 0.1, 62] },
};

/** @param {number} share from −1 to 1; what is beyond looks like the end @param {boolean} dark @returns {Rgb} */
export function diverging(share, dark) {
  const { below, zero, above } = THEMES[dark ? 'dark' : 'light'];
  const [from, to] = [lab(zero), lab(share < 0 ? below : above)];
  const way = Math.min(Math.abs(share), 1);
  return rgb(from.map((value, i) => value + way * (to[i] - value)));
}

/** @param {number[]} polar */
function lab([lightness, chroma, hue]) {
  const angle = (hue * Math.PI) / 180;
  return [lightness, chroma * Math.cos(angle), chroma * Math.sin(angle)];
}

/** OKLab → sRGB, by the matrices of Björn Ottosson. @param {number[]} lab @returns {Rgb} */
function rgb([lightness, a, b]) {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    channel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    channel(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    channel(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** @param {number} linear */
function channel(linear) {
  const bent = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
  return Math.round(255 * Math.min(Math.max(bent, 0), 1));
}
