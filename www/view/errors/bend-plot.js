// @ts-check
/** The error against z = w·x: for each bin of z the median and the middle 80 %. GELU bends at 0, and so do most of the others. */
import { count, signed } from '../../common/figures.js';
import { bands, extent } from '../../common/statistics.js';
import { roundUp } from '../../plot/axis.js';
import { bandArea, bandReading, bandTable } from '../../plot/band-plot.js';
import { FoldedTable } from '../../plot/folded-table.js';
import { linearFrame } from '../../plot/frame.js';
import { Plot } from '../../plot/plot.js';
import { bandWords, widest } from './words.js';

/** @typedef {import('../../plot/plot.js').Nothing} Nothing */
/** @typedef {import('../../plot/plot.js').Picture} Picture */
/** @typedef {import('./words.js').Errors} Errors */

const BINS = 26;

/** The share of the z that the axis reaches to. */
const SHARE = 0.995;

/** Of so few values the middle 80 % would be hearsay. */
const LEAST = 15;

export class BendPlot {
  /** @type {Errors | null} */
  #errors = null;
  #plot = new Plot('bend', 'bend-readout', () => picture(this.#errors), {
    table: new FoldedTable('bend-table', ['z', 'Outputs', 'Median error', '80 % of the errors in']),
  });

  /** @param {Errors | null} errors */
  show(errors) {
    this.#errors = errors;
    this.#plot.draw();
  }
}

/** @param {Errors | null} errors @returns {Picture | Nothing} */
function picture(errors) {
  const reach = errors ? roundUp(Math.max(extent(errors.z, SHARE), 1e-12)) : 1;
  const found = errors ? bands(errors.z, errors.error, { low: -reach, high: reach, bins: BINS, least: LEAST }) : [];
  if (found.length === 0) {
    const empty = errors ? 'Too few draws for this picture.' : 'The errors appear here as a run goes.';
    return { label: 'The error against z: there is nothing to show yet.', empty };
  }
  const bound = roundUp(Math.max(...found.flatMap(({ low, high }) => [-low, high]), 1e-12));
  const wide = bandWords(widest(found));
  const [first, last] = [found[0], found[found.length - 1]];
  return {
    label: `The error against z, in ${count(found.length)} bins from ${signed(first.from)} to ${signed(last.to)}. It is widest where ${wide}. The arrow keys read out single bins.`,
    frame: (plot) => linearFrame(plot, { low: -reach, high: reach, name: 'z = w·x' }, { low: -bound, high: bound, name: 'error y′ − y' }),
    marks: (frame) => bandArea(found, frame),
    readable: (frame) => bandReading(found, frame, bandWords, `widest: ${wide}`),
    table: () => bandTable(found, 'The error by z; bins with few outputs are left out.', signed, count),
  };
}
