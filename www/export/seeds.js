// @ts-check
/** The runs of many seeds as text and as one file of weights. Pure. */
import { csv } from './csv.js';
import { readSafetensors, writeSafetensors } from '../common/safetensors.js';

/** @typedef {import('../run/ensemble.js').Ensemble} Ensemble */

/** Adam's moments, which a checkpoint has beside the weights. */
const MOMENTS = /^adam\./;

/** A row for each run: what it came to, and the MSE of each epoch. @param {Ensemble} ensemble */
export function seedsCsv({ members, recipe }) {
  const epochs = Array.from({ length: recipe.epochs }, (_, i) => i + 1);
  const head = [
    'seed',
    'epochs',
    'held-out MSE',
    'its standard error',
    'held-out draws',
    'seconds',
    ...epochs.map((epoch) => `train MSE, epoch ${epoch}`),
    ...epochs.map((epoch) => `validation MSE, epoch ${epoch}`),
  ];
  const rows = members.map(({ seed, epochs: done, mses, heldOuts, outcome, seconds }) => [
    seed,
    done,
    ...(outcome ? [outcome.heldOut, outcome.heldOutError, outcome.draws] : ['', '', '']),
    seconds,
    ...epochs.map((epoch) => (epoch <= done ? mses[epoch - 1] : '')),
    ...epochs.map((epoch) => (epoch <= done ? heldOuts[epoch - 1] : '')),
  ]);
  return csv([head, ...rows]);
}

/** JSON has no NaN and no Infinity: they are null. @param {Ensemble} ensemble */
export function seedsJson({ members, recipe }) {
  const runs = members.map(({ seed, epochs, mses, heldOuts, outcome, diverged, seconds }) => ({
    seed,
    heldOut: outcome && { mse: outcome.heldOut, mseError: outcome.heldOutError, draws: outcome.draws },
    trainMse: [...mses.subarray(0, epochs)],
    validationMse: [...heldOuts.subarray(0, epochs)],
    diverged,
    seconds,
  }));
  return `${JSON.stringify({ recipe, runs }, null, 1)}\n`;
}

/**
 * The weights of all runs that have any, in one `.safetensors` file: each tensor with the runs as its leading axis, and their seeds beside them.
 * @param {Ensemble} ensemble
 */
export function allWeights({ members, recipe }) {
  const runs = members.flatMap(({ seed, checkpoint }) => (checkpoint ? { seed, epoch: checkpoint.epoch, ...readSafetensors(checkpoint.bytes) } : []));
  const names = [...runs[0].tensors.keys()].filter((name) => !MOMENTS.test(name));
  const metadata = {
    ...Object.fromEntries(Object.entries(recipe).map(([key, value]) => [key, String(value)])),
    seeds_of_runs: runs.map(({ seed }) => seed).join(','),
    epochs_of_runs: runs.map(({ epoch }) => epoch).join(','),
  };
  const tensors = names.map((name) => {
    const all = runs.map((run) => tensorOf(run, name));
    return { name, shape: [runs.length, ...all[0].shape], pieces: all.map(({ values }) => values) };
  });
  return writeSafetensors(metadata, tensors);
}

/** @param {{ tensors: Map<string, import('../common/safetensors.js').Tensor> }} run @param {string} name */
function tensorOf({ tensors }, name) {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`no tensor is called ${name}`);
  return tensor;
}
