// @ts-check
/** The name of what the run on show learns, wherever the page's own text has it; sentences that are true of GELU alone stand for GELU alone. */
import { targetOf } from '../../common/targets.js';

/** @typedef {import('../../app/context.js').Context} Context */

export class Learned {
  /** @param {Pick<Context, 'trainer'>} context */
  constructor({ trainer }) {
    trainer.addEventListener('run', () => {
      const recipe = trainer.run?.recipe;
      for (const name of document.querySelectorAll('[data-target-name]')) name.textContent = targetOf(recipe).shown;
      for (const words of document.querySelectorAll('[data-gelu-only]')) words.toggleAttribute('hidden', Boolean(recipe?.target));
      for (const words of document.querySelectorAll('[data-others-only]')) words.toggleAttribute('hidden', !recipe?.target);
    });
  }
}
