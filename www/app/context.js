// @ts-check
/**
 * What the parts of the page share, put together once.
 *
 * A part is given the context and nothing else, and subscribes itself in its constructor. What it does on an event is a private method with
 * the event's name: `#state`, `#run`, `#progress`. Events that ask for the same share a method. No part needs to have heard an event before
 * or after another, but where a comment says so.
 */
import { once } from '../common/once.js';
import { pageAnnouncer } from '../dom/announcer.js';
import { drawSoon } from '../dom/dom.js';
import { Runs } from '../run/runs.js';
import { SavedRuns } from '../run/saved-runs.js';
import { Trainer } from '../run/trainer.js';
import { ComparisonSection } from '../view/compare/comparison.js';
import { askedBackend } from '../view/run/backend-line.js';
import { Chart } from '../view/run/chart.js';
import { PageLink } from '../view/run/link.js';
import { Notice } from '../view/run/notice.js';
import { RecipeForm } from '../view/run/recipe-form.js';
import { floors, lab } from './lab.js';

/**
 * @typedef {object} Context
 * @property {Trainer} trainer the run, and the way to its worker
 * @property {Runs} runs those that have ended
 * @property {SavedRuns} saved those that are under way, as they are kept
 * @property {import('../dom/announcer.js').Announcer} announcer what is said aloud
 * @property {RecipeForm} form what is typed
 * @property {(task: () => Promise<void>, byItself?: boolean) => Promise<void>} attempt does what was asked for, or says in words why not;
 *   `byItself` where nobody asked for it: what the page last said then stays
 * @property {Chart} chart the run's curves, which others lay the floor and kept runs behind
 * @property {ComparisonSection} comparison what the weights say, and their held-out error
 * @property {PageLink} link the run as a link
 * @property {() => Promise<import('../run/lab.js').Lab>} lab the lab, loaded when it is first asked for
 * @property {(recipe: { d: number } & Partial<import('../common/protocol.js').Recipe>, most: number) => Promise<readonly number[] | null>} floors the lowest MSE of
 *   each width from 0 to `most` that a recipe's runs can have, as far as it is known
 * @property {() => Promise<import('../view/sweeps/sweeps-section.js').SweepsSection>} sweeps the sweeps, loaded when they are first asked for
 */

/** @returns {Context} */
export function pageContext() {
  // First, since it may have something to say that is not to be read aloud.
  const trainer = new Trainer(askedBackend());
  trainer.addEventListener('state', () => trainer.busy || drawSoon());
  const announcer = pageAnnouncer();
  const form = new RecipeForm({ trainer });
  const { attempt } = new Notice({ trainer, form });
  const chart = new Chart({ trainer });
  const comparison = new ComparisonSection({ trainer, announcer, form, attempt });
  const sweeps = once(async () => new (await import('../view/sweeps/sweeps-section.js')).SweepsSection(context));
  const link = new PageLink({ trainer, form, attempt, sweeps });
  /** @type {Context} */
  const context = {
    trainer,
    runs: new Runs(() => localStorage),
    saved: new SavedRuns(),
    announcer,
    form,
    attempt,
    chart,
    comparison,
    link,
    lab,
    floors,
    sweeps,
  };
  return context;
}
