// @ts-check
/** The units in words. Pure. */
import { count } from '../../common/figures.js';
import { census, distance, radius, ranked, standing } from './lines.js';

/** @typedef {import('./lines.js').Units} Units */

/** A network, what it is over, and when its weights were looked at. @typedef {{ name: string, over: string, age: string }} Look */

/** How many units there are, and what they are within the circle. @param {Units} units */
export function counted(units) {
  const { bends, on, off, lost } = census(units);
  const where = units.d === 1 ? 'between the marks' : 'inside the circle';
  const rest = `${count(on)} ${on === 1 ? 'stays' : 'stay'} on, ${count(off)} off${lost > 0 ? `, ${count(lost)} not finite` : ''}`;
  return `${count(units.bias.length)} units; ${count(bends)} ${bends === 1 ? 'bends' : 'bend'} ${where}, ${rest}.`;
}

/** Where a unit bends. @param {Units} units @param {number} k */
export function place(units, k) {
  const at = distance(units, k);
  if (!Number.isFinite(at)) return 'nowhere';
  const digits = Math.abs(at) < 100 ? Math.abs(at).toFixed(2) : count(Math.abs(at));
  return at < 0 ? `−${digits}` : digits;
}

/** @param {Units} units @param {number} k */
export function told(units, k) {
  const kind = standing(units, k);
  if (kind === 'lost') return `unit ${k + 1}: not finite`;
  const where = place(units, k);
  const bends = where === 'nowhere' ? 'bends nowhere' : units.d === 1 ? `bends at ${where}` : `bends at ${where} from the centre`;
  const beyond = where === 'nowhere' ? '' : units.d === 1 ? ' beyond the marks and' : ' outside the circle and';
  const stays = kind === 'bends' ? '' : `,${beyond} always ${kind}${beyond && ' within'}`;
  return `unit ${k + 1}: ${bends}${stays}, ${heavy(units.weight[k])}`;
}

/** @param {number} weight */
function heavy(weight) {
  return weight === 1 ? 'the largest weight' : `weight ${share(weight)} of the largest`;
}

/** @param {number} weight */
export function share(weight) {
  return weight === 0 ? '0' : weight < 0.01 ? weight.toExponential(1).replace('-', '−') : weight.toFixed(2);
}

/** Which side of its line a unit is on: to which value's side, or towards which direction. @param {Units} units @param {number} k */
export function towards({ d, first, second }, k) {
  if (d === 1) return first[k] > 0 ? 'above it' : 'below it';
  const norm = Math.hypot(first[k], second[k]);
  if (!(norm > 0)) return 'nowhere';
  return `(${[first[k], second[k]].map((part) => (part / norm).toFixed(2).replace('-', '−')).join(', ')})`;
}

/** The picture as a whole. @param {Units} units @param {Look} look */
export function label(units, { name, over, age }) {
  const [heaviest] = ranked(units);
  const { d } = units;
  const line =
    d === 1
      ? `on the line of ${over} from −3 to 3`
      : `in the plane of ${over}₁ and ${over}₂ from −3 to 3 both ways${d > 2 ? ', the other components at 0' : ''}`;
  const holds = `${d === 1 ? 'the marks at ±' : 'the circle of radius '}${radius(d).toFixed(2)} ${d === 1 ? 'hold' : 'holds'} 95\u00a0% of normal draws`;
  return `Where the hidden units of ${name} bend, ${age}, ${line}; ${holds}. ${counted(units)} The heaviest is ${told(units, heaviest)}. The arrow keys go from unit to unit, the heaviest first.`;
}

/** @param {Units} units @param {readonly number[]} order @param {Look} look @returns {import('../../plot/folded-table.js').Content} */
export function table(units, order, { name, age }) {
  return {
    caption: `The hidden units of ${name} ${age}, the heaviest first, counted from 1 as the rows of its first layer.`,
    rows: order.map((k) => [`unit ${k + 1}`, place(units, k), towards(units, k), share(units.weight[k])]),
  };
}
