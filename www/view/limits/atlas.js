// @ts-check
/** The atlas of floors: what is read out of the floors of every width, and its link. Pure. */
import { count, error as figure } from '../../common/figures.js';
import { percent } from '../../common/ratios.js';
import { keyOf } from '../../common/recipe.js';
import { targetOf } from '../../common/targets.js';

/** @typedef {import('../../common/lab-protocol.js').Atlas} Floors */

/** What floors are of: a target, a scale of w·x, and d. @typedef {{ target: string, scale: number, d: number }} Place */

/** The floors of a place. @typedef {{ place: Place, atlas: Floors }} Course */

/** Shares of the mean square that an accuracy is told for. */
const SHARES = [0.1, 0.01, 1e-3, 1e-4];

/** A knee is where the floor falls by this share of the mean square at least, at one stroke of equal singular values. */
const KNEE = 0.02;

/** The floor of any width: a straight line between two that are known. @param {Floors} floors @param {number} m */
export function floorAt({ widths, floors }, m) {
  const next = widths.findIndex((width) => width >= m);
  // Where nothing is left, more width leaves nothing either.
  if (next < 0) return floors[floors.length - 1] === 0 ? 0 : NaN;
  if (next === 0) return floors[0];
  const share = (m - widths[next - 1]) / (widths[next] - widths[next - 1]);
  return floors[next - 1] + share * (floors[next] - floors[next - 1]);
}

/** The least width whose floor is a share of the mean square or below; null where no width of the atlas has it. @param {Floors} atlas @param {number} share */
export function widthFor({ all, widths, floors }, share) {
  const next = floors.findIndex((floor) => floor <= share * all);
  if (next < 0) return null;
  if (next === 0) return 0;
  const [from, to] = [floors[next - 1], floors[next]];
  return Math.ceil(widths[next - 1] + ((from - share * all) / (from - to)) * (widths[next] - widths[next - 1]) - 1e-9);
}

/** The widths at which a group of equal singular values ends that is a good part of all. @param {Floors} atlas @returns {{ m: number, floor: number }[]} */
export function knees({ all, widths, floors }) {
  return [...widths.entries()].flatMap(([i, m]) => (i > 0 && floors[i - 1] - floors[i] >= KNEE * all ? [{ m, floor: floors[i] }] : []));
}

/** @param {Place} place */
export function placeWords({ target, scale, d }) {
  return `${targetOf({ target }).shown}, d\u00a0=\u00a0${count(d)}${scale === 1 ? '' : `, scale ${scale}`}`;
}

/** What there is to know at a glance. @param {Place} place @param {Floors} atlas */
export function atlasWords(place, atlas) {
  const found = knees(atlas).map(({ m, floor }) => `m\u00a0=\u00a0${count(m)} (${percent(100 * (floor / atlas.all))} left)`);
  const bends = found.length > 0 ? `The floor has its knees at ${found.join(', ')}.` : 'The floor has no knees: no singular value is a good part of all.';
  return `${placeWords(place)}: the mean of y² is ${figure(atlas.all)}, of which the best multiple of w·x has ${percent(100 * atlas.linear)}. ${bends}`;
}

/** The widths that accuracies take, for a table. @param {Floors} atlas */
export function accuracies(atlas) {
  return SHARES.map((share) => {
    const m = widthFor(atlas, share);
    const last = atlas.widths[atlas.widths.length - 1];
    return { share: percent(100 * share), m: m === null ? `more than ${count(Math.min(1e6, last))}` : count(m) };
  });
}

/** The floors of a width, read out. @param {readonly Course[]} courses @param {number} m */
export function readingWords(courses, m) {
  return `m ${count(m)}: ${courses.map(({ place, atlas }) => `${placeWords(place)}, ${told(floorAt(atlas, m))}`).join('; ')}`;
}

/** The same for a table of two. @param {readonly Course[]} courses @param {number} m */
export function floorCells(courses, m) {
  return [count(m), ...[0, 1].map((i) => (courses[i] ? told(floorAt(courses[i].atlas, m)) : '–'))];
}

/** @param {number} floor */
function told(floor) {
  return Number.isFinite(floor) ? (floor === 0 ? '0' : figure(floor)) : 'not known';
}

/** For an address: gelu,1,64;relu,1,64. @param {readonly Place[]} places */
export function written(places) {
  return places.map(({ target, scale, d }) => [target, scale, d].join()).join(';');
}

/** What an address asks for, one or two; null where it cannot be read, of which the form then says nothing. @param {string | null} text @returns {Place[] | null} */
export function read(text) {
  if (!text) return null;
  const places = text.split(';').map((part) => {
    const [target, scale, d, ...more] = part.split(',');
    return { target, scale: Number(scale), d: Number(d), whole: more.length === 0 };
  });
  const known = (/** @type {typeof places[number]} */ { target, scale, d, whole }) =>
    whole && keyOf('target').choices?.includes(target) && scale > 0 && Number.isFinite(scale) && Number.isInteger(d) && d > 0;
  return places.length <= 2 && places.every(known) ? places.map(({ target, scale, d }) => ({ target, scale, d })) : null;
}

/** The floors at widths that a reader of a file can do with. @param {readonly Course[]} courses @returns {(string | number)[][]} */
export function atlasRows(courses) {
  const rows = courses.flatMap(({ place: { target, scale, d }, atlas }) =>
    Array.from(atlas.widths, (m, i) => [target, scale, d, m, Number.isFinite(atlas.floors[i]) ? atlas.floors[i] : '']),
  );
  return [['target', 'scale', 'd', 'm', 'floor'], ...rows];
}
