// @ts-check
/**
 * What stands further down the page, or is folded away: most of a first visit does without it, so it is loaded when it comes near or is opened,
 * and where it does not come, when that happens again: browsers that keep a failure to the page's end answer with the same.
 */
import { once } from '../common/once.js';
import { byId } from '../dom/dom.js';

/** @typedef {import('./context.js').Context} Context */

/** @param {Context} context */
export function loadWhenNear(context) {
  const { attempt, lab, sweeps, trainer, comparison } = context;
  /** @param {() => Promise<unknown>} load */
  const now = (load) => attempt(async () => void (await load()), true);
  /** Asks for a part. Where it does not come that is said: at each press, and where nobody pressed anything once. @param {() => Promise<unknown>} load @param {boolean} [pressed] */
  const asking = (load, pressed) => {
    const asked = once(load);
    let told = false;
    return () => {
      if (told && !pressed) return void asked().catch(() => {});
      told = true;
      now(asked);
    };
  };
  /** By the element that comes near. @type {Record<string, () => Promise<unknown>>} */
  const near = {
    'gelu-plot': async () => new (await import('../view/compare/gelu-plot.js')).GeluPlot(context),
    inside: async () => new (await import('../view/inside/inside-section.js')).InsideSection(context),
    errors: async () => new (await import('../view/errors/errors-section.js')).ErrorsSection(context),
    solving: async () => new (await import('../view/limits/solve.js')).SolveSection(context),
    takeaway: async () => new (await import('../view/share/takeaway.js')).Takeaway(context),
    layer: async () => new (await import('../view/layer/layer-section.js')).LayerSection(context),
    citing: async () => new (await import('../view/share/cite.js')).Citing(),
    sweeps,
    taylor: async () => {
      const { TaylorSection } = await import('../view/limits/taylor-section.js');
      // Without the lab it has nothing to say.
      await lab();
      new TaylorSection(context);
    },
    'runs-kept': whenKept(context, now),
  };
  for (const [id, load] of Object.entries(near)) {
    const asked = asking(load);
    const come = (/** @type {IntersectionObserverEntry[]} */ entries) => entries.some(({ isIntersecting }) => isIntersecting) && asked();
    new IntersectionObserver(come, { rootMargin: '50% 0px' }).observe(byId(id, Element));
  }
  /** By the part of the page that is unfolded. @type {Record<string, () => Promise<unknown>>} */
  const unfolded = {
    methods: async () => new (await import('../view/limits/methods-section.js')).MethodsSection(context),
    atlas: async () => new (await import('../view/limits/atlas-section.js')).AtlasSection(context),
    changing: async () => new (await import('../view/run/rate-change.js')).RateChange(context),
  };
  for (const [id, load] of Object.entries(unfolded)) {
    const asked = asking(load, true);
    const part = byId(id, HTMLDetailsElement);
    part.addEventListener('toggle', () => part.open && asked());
  }
  if (new URLSearchParams(location.search).has('atlas')) byId('atlas', HTMLDetailsElement).open = true;
  const presentation = asking(async () => new (await import('../view/run/present.js')).Presentation(context), true);
  if ('present' in document.documentElement.dataset) presentation();
  byId('present', HTMLButtonElement).addEventListener('click', presentation);
  const after = asking(async () => (await import('./after.js')).afterRun(context));
  const come = () => {
    if (trainer.state === 'done' || comparison.heldOut) after();
  };
  trainer.addEventListener('state', come);
  comparison.addEventListener('evaluated', come);
  const seeds = asking(async () => new (await import('../view/seeds/seeds-section.js')).SeedsSection(context));
  const many = () => {
    if (!trainer.ensemble) return;
    trainer.removeEventListener('ensemble', many);
    seeds();
  };
  // Of each run once: an ensemble that trains has news all the time.
  trainer.addEventListener('run', () => trainer.addEventListener('ensemble', many));
  many();
}

/** More than a minute of training is worth keeping. */
const WORTH_SECONDS = 60;

/** What is kept is taken care of once there is something of it, or was. @param {Context} context @param {(load: () => Promise<unknown>) => void} now */
function whenKept(context, now) {
  const { runs, trainer } = context;
  const keeping = once(async () => new (await import('../view/run/keeping.js')).Keeping(context));
  const value = (/** @type {boolean} */ ownAct) => now(async () => (await keeping()).value(ownAct));
  runs.addEventListener('change', () => now(keeping));
  runs.addEventListener('valued', () => value(true));
  const trained = () => {
    if ((trainer.run?.seconds ?? 0) <= WORTH_SECONDS) return;
    trainer.removeEventListener('progress', trained);
    value(false);
  };
  trainer.addEventListener('progress', trained);
  if (noted()) now(keeping);
  return keeping;
}

/** Whether something was kept here, as trace.js notes it. */
function noted() {
  try {
    return [localStorage, sessionStorage].some((place) => 'phi-psi kept' in place);
  } catch {
    return false;
  }
}
