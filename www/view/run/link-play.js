// @ts-check
/** The run that a link has start by itself, where it is over in a few seconds. Loaded with the first such link. */
import { duration } from '../../common/figures.js';
import { shape } from '../../common/recipe.js';

/** @typedef {import('../../common/protocol.js').Backend} Backend */
/** @typedef {import('../../common/protocol.js').CheckedRecipe} CheckedRecipe */
/** @typedef {import('../../run/trainer.js').Trainer} Trainer */
/** @typedef {import('../../run/trials.js').Trials} Trials */

/** A run that asks to start by itself may take this long. */
const BRIEF_SECONDS = 5;

/** Arithmetic beyond what a CPU's core does in that time; such a run is not even timed. */
const NEVER_BRIEF_FLOPS = BRIEF_SECONDS * 1e11;

/**
 * Starts the run, or says why it does not start by itself.
 * @param {Trainer} trainer @param {Trials} trials @param {CheckedRecipe} checked
 * @param {object} link
 * @param {(words: string) => void} link.tell says it behind what there is to say of the link
 * @param {() => boolean} link.waits whether the form still holds what the link has brought
 * @param {() => void} link.invite says how it is begun
 * @param {() => void} link.start
 */
export async function play(trainer, trials, checked, { tell, waits, invite, start }) {
  if (trainer.busy) return tell(' It does not start by itself while another run goes on: press Train when that is done.');
  tell(' It asks to start by itself, and is being timed first…');
  const { run, state, source } = trainer;
  const seconds = await estimate(trainer, trials, checked);
  if (!waits()) return;
  // A question leaves the page idle; whoever began, opened or stopped something meanwhile is not overtaken.
  const untouched = trainer.source === source && (trainer.state === 'idle' || (trainer.run === run && trainer.state === state));
  if (trainer.busy || !untouched) return invite();
  if (seconds <= BRIEF_SECONDS) return start();
  const known = Number.isFinite(seconds) ? `it would take about ${duration(seconds)} here` : 'it would take more than a few seconds';
  tell(` It does not start by itself, since ${known}: press Train to run it.`);
}

/** How long a run takes on the backend that it would use, or on the slower one where that is not known yet. @param {Trainer} trainer @param {Trials} trials @param {CheckedRecipe} checked */
async function estimate({ verdict, asked, rates }, trials, { recipe, stepsPerEpoch, flopsPerDraw }) {
  if (flopsPerDraw * recipe.n * recipe.epochs > NEVER_BRIEF_FLOPS) return Infinity;
  const backend = verdict?.backend ?? (asked === 'cpu' ? asked : null);
  /** @type {Backend[]} */
  const backends = backend ? [backend] : ['cpu', 'webgpu'];
  await trials.measure(recipe, backends, asked);
  const measured = rates.of(shape(recipe));
  const known = backends.flatMap((name) => measured[name] ?? []);
  return known.length > 0 ? (stepsPerEpoch * recipe.epochs) / Math.min(...known) : Infinity;
}
