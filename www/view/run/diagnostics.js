// @ts-check
/** What somebody who is to help with a run that failed would ask. Loaded when one has. */
import { solveWords } from '../../common/recipe.js';
import { explain } from '../../common/reasons.js';
import { MADE_BY } from '../../shell/build.js';

/** @param {import('../../run/trainer.js').Trainer} trainer */
export function known({ run, verdict, failure }) {
  const backend = verdict ? explain(verdict) : null;
  return [
    failure,
    ...(run
      ? [
          `recipe: ${Object.entries(run.recipe)
            .map(([key, value]) => `${key}=${value}`)
            .join('&')}`,
          `begun from: ${run.source ? `the file “${run.source.name}”` : 'the seed’s weights'}`,
          `reached: epoch ${run.history.length} of ${run.recipe.epochs}, step ${run.step}, ${run.seconds.toFixed(1)} s of training`,
          `checkpoint: ${run.checkpoints.length > 0 ? `epoch ${run.checkpoints.at(-1)?.epoch}` : 'none'}`,
          `on the way: ${[...run.marks.map(({ epoch, words }) => `${words} from epoch ${epoch}`), ...run.solved.map(solveWords)].join(', ') || 'nothing'}`,
        ]
      : []),
    `runs on: ${backend ? `${backend.name}${backend.where}, because ${backend.why}${verdict?.detail ? ` (${verdict.detail})` : ''}` : 'not chosen yet'}`,
    `made by: ${MADE_BY}`,
    `page: ${location.origin}${location.pathname}`,
    `browser: ${navigator.userAgent}`,
  ].join('\n');
}
