// @ts-check
/** The page's wiring: owns the DOM, through one object for each part of it. Knows no wasm and no worker. */
import { pageAnnouncer } from '../dom/announcer.js';
import { Bound } from '../view/limits/bound.js';
import { Chart } from '../view/run/chart.js';
import { copyText } from '../dom/clipboard.js';
import { changes } from '../common/recipe.js';
import { ComparisonSection } from '../view/compare/comparison.js';
import { byId } from '../dom/dom.js';
import { count } from '../common/figures.js';
import { Gap } from '../view/limits/gap.js';
import { PageLink } from '../view/run/link.js';
import { Log } from '../view/run/log.js';
import { Offer } from '../view/run/offer.js';
import { explain, NAMES, regret } from '../common/reasons.js';
import { Ready } from '../view/run/ready.js';
import { RecipeForm } from '../view/run/recipe-form.js';
import { Report } from '../view/share/report.js';
import { Rescue } from '../view/run/rescue.js';
import { RunsSection } from '../view/run/runs-section.js';
import { Runs } from '../run/runs.js';
import { Share } from '../view/share/share.js';
import { Shortcuts } from '../dom/shortcuts.js';
import { SourceSection } from '../view/run/source.js';
import { SpokenRun } from '../view/run/spoken-run.js';
import { StatusLine } from '../view/run/status-line.js';
import { Table } from '../view/run/table.js';
import { Takeaway } from '../view/share/takeaway.js';
import { choose } from '../dom/theme.js';
import { LostError, RefusalError } from '../run/errors.js';
import { Trainer } from '../run/trainer.js';

/** @typedef {import('../common/protocol.js').Asked} Asked */

const train = byId('train', HTMLButtonElement);
const pause = byId('pause', HTMLButtonElement);
const step = byId('step', HTMLButtonElement);
const reset = byId('reset', HTMLButtonElement);
const notice = byId('notice', HTMLElement);
const copy = byId('copy', HTMLButtonElement);

/** The sweeps, once somebody has seen them or opened a link to one. @type {Promise<import('../view/sweeps/sweeps-section.js').SweepsSection> | undefined} */
let sweeps;

const asked = askedBackend();
const trainer = new Trainer(asked);
const announcer = pageAnnouncer();
const spoken = new SpokenRun(trainer, announcer);
const form = new RecipeForm(
  (fields) => trainer.check(fields),
  () => void startTraining(),
  () => {
    status.update();
    offer.turn();
    ready.turn();
    link.follow();
    source.update();
  },
);
const status = new StatusLine(trainer, () => form.fields.epochs);
const chart = new Chart();
const log = new Log();
const table = new Table();
const gap = new Gap();
const comparison = new ComparisonSection(trainer, () => form.fields, attempt);
const offer = new Offer(trainer, form, attempt, startAgain);
const ready = new Ready(trainer, form);
const link = new PageLink(trainer, form, startTraining, async (fragment) => (await openSweeps()).open(fragment));
const source = new SourceSection(trainer, form, attempt, () => comparison.settle());
const takeaway = new Takeaway(trainer, link, () => comparison.heldOut, attempt);
const bound = new Bound(trainer, comparison, chart, floors);
new Share(link, attempt);
new Report(trainer, link, comparison);
const rescue = new Rescue(trainer, form, attempt);
const runs = new RunsSection(new Runs(() => localStorage), trainer, chart, form.defaults, (fields, words, mse) => link.bring(fields, words, mse));

trainer.addEventListener('state', () => {
  const { state, busy, failure } = trainer;
  status.enter();
  spoken.enter();
  comparison.enter();
  offer.enter();
  link.enter();
  takeaway.enter();
  runs.enter();
  rescue.enter();
  train.disabled = busy;
  step.disabled = busy;
  pause.disabled = state !== 'running' && state !== 'paused';
  pause.textContent = state === 'paused' ? 'Resume' : 'Pause';
  reset.disabled = trainer.opening;
  if (state === 'failed') notice.textContent = failure;
  if (state === 'done') {
    void comparison.settle();
    void attempt(() => bound.update(), true);
  }
});
trainer.addEventListener('run', () => {
  const { run } = trainer;
  if (!run) return;
  show(run);
  comparison.clear();
  bound.clear();
  takeaway.enter();
  runs.clear();
  status.enter();
});
trainer.addEventListener('progress', () => {
  log.update();
  chart.update();
  table.update();
  gap.update();
  status.update();
  spoken.update();
  takeaway.update();
  offer.follow();
  rescue.update();
});
trainer.addEventListener('rewound', () => {
  const { run, news } = trainer;
  if (!run) return;
  if (news) notice.textContent = news;
  show(run);
  status.enter();
});
// Those that the recipe plans, and what comes on the way.
for (const news of ['run', 'recipe', 'rewound']) trainer.addEventListener(news, mark);
trainer.addEventListener('recipe', () => link.follow());
trainer.addEventListener('backend', showBackend);
trainer.addEventListener('source', () => {
  source.update();
  link.follow();
});
comparison.addEventListener('shown', () => announcer.say('comparison', comparison.shown ? `Compared: RMSE ${comparison.shown.rmse.toFixed(5)}` : ''));
comparison.addEventListener('evaluated', () => {
  const { heldOut } = comparison;
  announcer.say('held-out', heldOut ? `RMSE ${heldOut.rmse.toFixed(5)} over ${count(heldOut.draws)} held-out draws` : '');
  if (comparison.measured) runs.learn(comparison.measured);
  void attempt(() => bound.update(), true);
});

// Most of a first visit does without what stands further down: it is loaded when it comes near.
whenNear('errors', async () => {
  const { ErrorsSection } = await import('../view/errors/errors-section.js');
  new ErrorsSection(trainer, comparison);
});
whenNear('solving', async () => {
  const { SolveSection } = await import('../view/limits/solve.js');
  const solving = new SolveSection(trainer, form, lab, attempt, () => comparison.settle());
  trainer.addEventListener('state', () => solving.update());
});
whenNear('sweeps', async () => void (await openSweeps()));
whenNear('taylor', async () => {
  const { TaylorSection } = await import('../view/limits/taylor-section.js');
  new TaylorSection(trainer, comparison, await lab(), attempt);
});

pause.addEventListener('click', () => (trainer.state === 'paused' ? trainer.resume() : trainer.pause()));
step.addEventListener('click', () => attempt(() => toForm(() => trainer.step(form.fields))));
reset.addEventListener('click', startAgain);
byId('changing', HTMLDetailsElement).addEventListener(
  'toggle',
  () =>
    attempt(async () => {
      const { RateChange } = await import('../view/run/rate-change.js');
      new RateChange(trainer, form, attempt);
    }, true),
  { once: true },
);
copy.addEventListener('click', () => copyText(copy, log.text, () => getSelection()?.selectAllChildren(byId('log', HTMLElement))));
choose(byId('theme', HTMLSelectElement));
new Shortcuts(() => localStorage, pressedBy);
status.enter();
addEventListener('load', async () => {
  const { offline } = await import('./offline.js');
  await offline();
});

/** Also by a link to a sweep, wherever it stands. */
function openSweeps() {
  sweeps ??= import('../view/sweeps/sweeps-section.js').then(({ SweepsSection }) => new SweepsSection(trainer, form, link, floors));
  return sweeps;
}

/** @type {Promise<import('../run/lab.js').Lab> | undefined} */
let opened;

/** The lab, which most of a first visit does without as well. */
function lab() {
  opened ??= import('../run/lab.js').then(({ Lab }) => new Lab());
  return opened;
}

/** The lowest MSE of each width from 0 to `most`; null where the lab cannot be had: then nothing is said of it. @param {number} d @param {number} most */
async function floors(d, most) {
  try {
    return [...(await (await lab()).floors(d, most))];
  } catch {
    return null;
  }
}

/** Does something once, when a part of the page comes near. @param {string} id @param {() => Promise<void>} task */
function whenNear(id, task) {
  new IntersectionObserver(
    (entries, observer) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      void attempt(task, true);
    },
    { rootMargin: '50% 0px' },
  ).observe(byId(id, HTMLElement));
}

/** The run's history from its first epoch on, which may have become another. @param {import('../run/trainer.js').Run} run */
function show(run) {
  log.follow(run.history);
  chart.follow(run.history, run.recipe.epochs);
  table.follow(run.history);
  gap.follow(run);
}

function mark() {
  const { run } = trainer;
  const rates = run ? changes(run.recipe).map(({ epoch, lr }) => /** @type {const} */ ({ epoch, kind: 'rate', words: `lr ${lr}` })) : [];
  const moves = run?.marks.map((mark) => /** @type {const} */ ({ ...mark, kind: 'backend' })) ?? [];
  chart.mark([...rates, ...moves]);
}

function startTraining() {
  return attempt(() => toForm(() => trainer.train(form.fields)));
}

/** Does what is asked for with the form's recipe: once the link in the address has filled it in, and not at all if that is refused. @param {() => Promise<void>} task */
async function toForm(task) {
  if (link.opening && !(await link.opening)) return;
  await task();
}

function startAgain() {
  return attempt(async () => {
    // What runs is what the form shows; before any run that is the notebook's recipe.
    form.fill(trainer.run?.fields ?? form.defaults);
    await trainer.replay();
  });
}

/**
 * Does what was asked for, or says in words why not.
 * @param {() => Promise<void>} task
 * @param {boolean} [byItself] whether nobody asked for it: what the page last said then stays
 */
async function attempt(task, byItself = false) {
  if (!byItself) notice.textContent = '';
  try {
    await task();
  } catch (error) {
    if (error instanceof LostError) return; // The state says it.
    notice.textContent = inWords(error);
    // What was pressed may be far below.
    if (!byItself) notice.scrollIntoView({ block: 'nearest' });
    if (error instanceof RefusalError && error.key) form.refuse(error);
  }
}

/** The button that a key presses. @param {string} key */
function pressedBy(key) {
  if (key === 's') return step;
  if (key === 'r') return reset;
  if (key === 'd') return byId('draw', HTMLButtonElement);
  return trainer.state === 'running' || trainer.state === 'paused' ? pause : train;
}

/** A section that does not come is told in each browser's own words, none of them for a visitor. @param {unknown} error */
function inWords(error) {
  const message = error instanceof Error ? error.message : String(error);
  return /dynamically imported module|Importing a module script/i.test(message)
    ? 'A part of this page could not be loaded. Check the connection and reload the page.'
    : message;
}

function showBackend() {
  const { verdict } = trainer;
  const box = byId('backend', HTMLElement);
  if (verdict) {
    box.dataset.backend = verdict.backend;
    box.dataset.reason = verdict.reason;
  } else {
    delete box.dataset.backend;
    delete box.dataset.reason;
  }
  const { name, where, why } = verdict ? explain(verdict) : { name: NAMES.webgpu, where: '', why: 'you switched to it; it starts with the next run' };
  byId('backend-when', HTMLElement).textContent = trainer.moving ? 'The next run is on' : 'Runs on';
  byId('backend-name', HTMLElement).textContent = name + where;
  byId('backend-why', HTMLElement).textContent = `because ${why}.`;
  if (trainer.asked === 'webgpu' && verdict?.backend === 'cpu' && verdict.reason !== 'lost' && verdict.reason !== 'wrong')
    notice.textContent = regret(verdict, asked === 'webgpu');
  offer.update();
}

/** @returns {Asked} */
function askedBackend() {
  const word = new URLSearchParams(location.search).get('backend') ?? 'auto';
  if (word === 'auto' || word === 'webgpu' || word === 'cpu') return word;
  notice.textContent = `The address asks for backend=${word}; the choices are auto, webgpu and cpu. This page goes on with auto.`;
  return 'auto';
}
