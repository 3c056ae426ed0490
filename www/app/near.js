// @ts-check
/** What stands further down the page, or is folded away: most of a first visit does without it, so it is loaded when it comes near or is opened. */
import { byId } from '../dom/dom.js';

/** @typedef {import('./context.js').Context} Context */

/** @param {Context} context */
export function loadWhenNear(context) {
  const { attempt, lab, sweeps } = context;
  /** @param {() => Promise<unknown>} load */
  const now = (load) => attempt(async () => void (await load()), true);
  whenNear('gelu-plot', () => now(async () => new (await import('../view/compare/gelu-plot.js')).GeluPlot(context)));
  whenNear('inside', () => now(async () => new (await import('../view/inside/inside-section.js')).InsideSection(context)));
  whenNear('errors', () => now(async () => new (await import('../view/errors/errors-section.js')).ErrorsSection(context)));
  whenNear('solving', () => now(async () => new (await import('../view/limits/solve.js')).SolveSection(context)));
  whenNear('takeaway', () => now(async () => new (await import('../view/share/takeaway.js')).Takeaway(context)));
  whenNear('layer', () => now(async () => new (await import('../view/layer/layer-section.js')).LayerSection(context)));
  whenNear('citing', () => now(async () => new (await import('../view/share/cite.js')).Citing()));
  whenNear('sweeps', () => now(sweeps));
  whenNear('taylor', () =>
    now(async () => {
      const { TaylorSection } = await import('../view/limits/taylor-section.js');
      // Without the lab it has nothing to say.
      await lab();
      new TaylorSection(context);
    }),
  );
  whenKept(context, now);
  whenOpened('methods', () => now(async () => new (await import('../view/limits/methods-section.js')).MethodsSection(context)));
  whenOpened('atlas', () => now(async () => new (await import('../view/limits/atlas-section.js')).AtlasSection(context)));
  if (new URLSearchParams(location.search).has('atlas')) byId('atlas', HTMLDetailsElement).open = true;
  const presentation = () => now(async () => new (await import('../view/run/present.js')).Presentation(context));
  if ('present' in document.documentElement.dataset) presentation();
  else byId('present', HTMLButtonElement).addEventListener('click', presentation, { once: true });
  const { trainer, comparison } = context;
  let told = false;
  const come = () => {
    if (told || (trainer.state !== 'done' && !comparison.heldOut)) return;
    told = true;
    void now(async () => (await import('./after.js')).afterRun(context));
  };
  trainer.addEventListener('state', come);
  comparison.addEventListener('evaluated', come);
  const many = () => {
    if (!trainer.ensemble) return;
    trainer.removeEventListener('ensemble', many);
    void now(async () => new (await import('../view/seeds/seeds-section.js')).SeedsSection(context));
  };
  trainer.addEventListener('ensemble', many);
  many();
  const changing = byId('changing', HTMLDetailsElement);
  changing.addEventListener('toggle', () => now(async () => new (await import('../view/run/rate-change.js')).RateChange(context)), { once: true });
}

/** More than a minute of training is worth keeping. */
const WORTH_SECONDS = 60;

/** What is kept is taken care of once there is something of it, or was. @param {Context} context @param {(load: () => Promise<unknown>) => void} now */
function whenKept(context, now) {
  const { runs, trainer } = context;
  /** @type {Promise<import('../view/run/keeping.js').Keeping> | undefined} */
  let begun;
  const keeping = () => (begun ??= import('../view/run/keeping.js').then(({ Keeping }) => new Keeping(context)));
  const value = (/** @type {boolean} */ ownAct) => now(async () => (await keeping()).value(ownAct));
  runs.addEventListener('change', () => now(keeping));
  runs.addEventListener('valued', () => value(true));
  const trained = () => {
    if ((trainer.run?.seconds ?? 0) <= WORTH_SECONDS) return;
    trainer.removeEventListener('progress', trained);
    value(false);
  };
  trainer.addEventListener('progress', trained);
  whenNear('runs-kept', () => now(keeping));
  if (noted()) now(keeping);
}

/** Whether something was kept here, as trace.js notes it. */
function noted() {
  try {
    return [localStorage, sessionStorage].some((place) => 'phi-psi kept' in place);
  } catch {
    return false;
  }
}

/** Does something once, when a part of the page is unfolded. @param {string} id @param {() => void} task */
function whenOpened(id, task) {
  byId(id, HTMLDetailsElement).addEventListener('toggle', task, { once: true });
}

/** Does something once, when an element of the page comes near. @param {string} id @param {() => void} task */
function whenNear(id, task) {
  new IntersectionObserver(
    (entries, observer) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      task();
    },
    { rootMargin: '50% 0px' },
  ).observe(byId(id, Element));
}
