// @ts-check
/**
 * What «biased» can mean of an approximation, each with its own figure: the mean error over all W and x, the error at one w and x, and either of
 * them on average over seeds. The series has no seed, so its mean error over W and x is computed and not sampled: of z = w·x, E z^p = E|x|^p · (p − 1)!!,
 * and the mean of what it is a series of comes from the module.
 *
 * Pure.
 */
import { count, error as figure, signed } from '../../common/figures.js';
import { intervalWords } from '../../common/interval.js';
import { percent } from '../../common/ratios.js';
import { mean, meanError } from '../../common/statistics.js';
import { targetOf } from '../../common/targets.js';

/** @typedef {import('../../common/protocol.js').Evaluation} Evaluation */
/** @typedef {import('../../common/protocol.js').Recipe} Recipe */

/** @typedef {import('../../common/lab-protocol.js').Taylor} Series */

/** A series of powers of z. @typedef {{ powers: readonly number[], coefficients: readonly number[] }} Powers */

/** One run of one seed: the mean of its error over W and x, and its error at the point; no number of one that diverged. @typedef {{ mean: number, there: number, diverged?: boolean }} OfSeed */

/** Of GELU's series. */
const MORE_TERMS = ' Of the series offered here, more terms bring the largest error down where z is from −1 to 1, and up where it is from −7 to 7.';

/** Seeds that are trained for a mean over them, and Student's t of seven degrees of freedom: with so few, their spread is a guess too. */
export const SEEDS = 8;
const STUDENT_95 = 2.365;

/** The series' mean error over all W and x. @param {number} d @param {Powers & { population: { mean: number } }} series */
export function seriesMean(d, { powers, coefficients, population }) {
  return powers.reduce((sum, power, i) => sum + coefficients[i] * moment(d, power), 0) - population.mean;
}

/** E z^p of z = w·x. @param {number} d @param {number} power */
function moment(d, power) {
  if (power % 2 === 1) return 0;
  let product = 1;
  for (let j = 0; j < power; j += 2) product *= (d + j) * (j + 1);
  return product;
}

/** Over W and x. @param {number} series its mean error @param {Evaluation | null} learned of the run on show, where it is known */
export function overDraws(series, learned) {
  const own = learned ? ` That of this run’s weights is ${intervalWords(learned.mean, learned.meanError)}, from ${count(learned.draws)} draws.` : '';
  return `Over all W and x: the mean error of the series is ${offBy(series)}; nothing in it is drawn, so that it has no interval.${learned && Number.isFinite(learned.mean) ? own : ''}`;
}

/** How wide the series makes Φ and Ψ, and how wide the learned ones are. @param {Series} series @param {number} m of the learned ones @param {boolean} notebook whether those are the notebook's, and no run's on show @param {string} against why the run on show is not beside it */
export function widthWords({ d, terms, powers, features, monomials }, m, notebook, against) {
  const other = against ? ` This run is not shown beside it: ${against}.` : '';
  return (
    `With ${terms} ${terms === 1 ? 'term' : 'terms'} the powers go up to ${powers.at(-1)}. At d\u00a0=\u00a0${d} that makes Φ and Ψ ${whole(features)} numbers wide, ` +
    `of which ${whole(monomials)} are distinct monomials; the learned ones${notebook ? ' of the notebook' : ''} are m\u00a0=\u00a0${m} wide.${other}`
  );
}

/** A width: beyond twelve digits, how large it is says enough. @param {number} value */
export function whole(value) {
  return value < 1e12 ? count(value) : sized(value);
}

/**
 * At a point.
 * @param {number} z w·x there @param {number} series its error @param {number | null} learned that of the run on show, null where that is not beside the series
 * @param {boolean} [drawn] whether it is a point of the draw on show
 */
export function atPoint(z, series, learned, drawn = learned !== null) {
  const own = learned === null ? '' : ` The weights compared are off by ${signed(learned)} there: of one set of weights that is a fixed number too.`;
  return `At one w and x${drawn ? ', the first of the draw that is compared' : ''}, where z = ${signed(z)}: the series is off by ${offBy(series)}, for every seed.${own}`;
}

/**
 * Over seeds.
 * @param {Recipe} recipe of the first seed @param {readonly OfSeed[]} runs
 * @param {{ z: number, series: number | null, own?: boolean }} point with the series' error there, null where it is of another function; `own` where it is of no draw on
 *   show, but of the first seed's
 */
export function overSeeds(recipe, runs, { z, series, own = false }) {
  const all = Object.entries(recipe).flatMap(([key, value]) => (key === 'seed' ? [] : [`${key}=${value}`]));
  const whose = `Over ${runs.length} seeds from ${recipe.seed} on, of ${all.join(' ')}`;
  const lost = runs.filter(({ mean, there }) => !Number.isFinite(mean + there)).length;
  const diverged = runs.filter((run) => run.diverged).length;
  if (lost > 0) return `${whose}: the error of ${lost} of them is not finite${diverged > 0 ? ` (${diverged} diverged)` : ''}, so that there is no mean.`;
  return (
    `${whose}: the mean error over W and x is on average ${ofSeeds(runs.map(({ mean }) => mean))}. ` +
    `At ${own ? `the first w and x that seed ${recipe.seed} draws, where z = ${signed(z)},` : `the point z = ${signed(z)}`} the error is on average ${ofSeeds(runs.map(({ there }) => there))}${series === null ? '' : `; that of the series is ${offBy(series)} for each of them`}.`
  );
}

/** @param {readonly number[]} values one for each seed */
function ofSeeds(values) {
  return intervalWords(mean(values), meanError(values), STUDENT_95);
}

/**
 * What the series' errors on the held-out outputs amount to.
 * @param {{ median: number, largest: number, taylor: number, draws: number }} held @param {number} d @param {number} zero the MSE of always answering zero, NaN where it is not known
 * @param {string} [target] what it is a series of
 */
export function seriesFinding({ median, largest, taylor, draws }, d, zero, target) {
  if (taylor === 0) return `The series ends, and is ${targetOf({ target }).shown}: it leaves nothing out.`;
  const share = percent((100 * largest ** 2) / (taylor * draws * d));
  const ratio = taylor / zero;
  const than = ratio > 1 ? `${factor(ratio)} times as much as` : `${factor(1 / ratio)} times less than`;
  const against = Number.isFinite(ratio) ? ` That is ${than} always answering zero would have.` : '';
  return (
    `Half of these outputs are within ${sized(median)} of ${targetOf({ target }).shown}, and the worst is off by ${sized(largest)}: it alone makes ${share} of the ` +
    `MSE.${against}${target ? '' : MORE_TERMS}`
  );
}

/** From 8.8e-6 over 26,793 to 3.1e+10. @param {number} value */
export function sized(value) {
  return Math.abs(value) >= 1000 && Math.abs(value) < 1e6 ? count(value) : figure(value);
}

/** The same with the sign of a difference. @param {number} value */
function offBy(value) {
  return value < 0 ? `−${sized(-value)}` : sized(value);
}

/** @param {number} ratio at least 1 */
function factor(ratio) {
  return ratio < 1e6 ? (ratio < 100 ? ratio.toPrecision(3) : count(ratio)) : ratio.toExponential(1);
}
