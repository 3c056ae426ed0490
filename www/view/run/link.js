// @ts-check
/**
 * The run as a link: the address's fragment is the recipe, and what may ride along. Opens the link that is in the address, has the address
 * follow the form, and says of a replayed run whether it came out the same. Reads and writes no link itself: the module does.
 *
 * `change` is a signal without a load: `written` is another link, or none.
 */
import { same, typed } from '../../common/recipe.js';
import { byId, say } from '../../dom/dom.js';
import { showViewOf, views } from '../../dom/views.js';
import { atHand } from '../../run/at-hand.js';
import { LostError, RefusalError } from '../../run/errors.js';
import { fitting, outcome } from '../../run/run.js';
import { Trials } from '../../run/trials.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../common/protocol.js').CheckedRecipe} CheckedRecipe */
/** @typedef {import('../../common/protocol.js').Fields} Fields */
/** @typedef {import('../../common/protocol.js').LinkParts} LinkParts */
/** @typedef {import('../../common/protocol.js').OpenedLink} OpenedLink */
/** @typedef {import('../../run/trainer.js').Run} Run */

/** A link that is written: what is in it, its address, why W and x are not in it where they should be, and the file whose weights it cannot hold.
 * @typedef {{ key: string, parts: LinkParts, fragment: string, url: string, omitted: string, source: string | undefined }} Written */

/**
 * A recipe that was brought, what there is to say of it and what to press, the words on the button that leads back to it, and W and x where
 * they came with it.
 * @typedef {{ fields: Fields, words: string, press: string, back: string, W?: string, x?: string }} Brought
 */

/** How a run ends, as the link or the kept run tells it. @typedef {{ fields: Fields, mse: number, told: 'link' | 'kept run' }} Expected */

/** What was brought, and how its run ends where that is known. @typedef {{ brought: Brought, expected: Expected | null }} Left */

/** A link to a sweep: its recipe, what there is to say of it, and what fills it in and, where `leads`, leads to it. @typedef {{ link: OpenedLink, words: string, show: (leads: boolean) => void }} BroughtSweep */

/** Browsers allow a page some hundred changes of its address in half a minute, and nobody reads faster. */
const DEBOUNCE_MS = 400;

/** How a link is refused. */
const REFUSED = 'The link in the address cannot be opened: ';

/** How what was brought is begun. */
const PRESS_TRAIN = ' Press Train to run it.';

/** What starts a run by itself. @typedef {typeof import('./link-play.js').play} Play */

/**
 * What a link says, once all of it was judged, and what starts its run where it asks for that.
 * @typedef {{ fields: Fields, link: OpenedLink | null, checked: CheckedRecipe, sweep: BroughtSweep | null, words: string | null, play: Play | null }} Found
 */

const root = document.documentElement;

export class PageLink extends EventTarget {
  /** The link of what the form holds; null while that is no recipe. @type {Written | null} */
  written = null;
  #box = byId('opened', HTMLElement);
  #notice = byId('notice', HTMLElement);
  #W = byId('typed-W', HTMLTextAreaElement);
  #x = byId('typed-x', HTMLTextAreaElement);
  #back = byId('back-to-link', HTMLButtonElement);
  /** While the address is being read: whether its link could be opened. @type {Promise<boolean> | null} */
  #opening = null;
  #trials;
  #trainer;
  #form;
  #attempt;
  #sweeps;
  #timer = 0;
  #turn = 0;
  /** What the address stands for. */
  #addressed;
  /** What a link or a kept run has brought, while the form holds it. @type {Brought | null} */
  #brought = null;
  /** The address's, as it was last opened or written. */
  #fragment = '';
  /** What was typed while the address has had a link that is refused, or whose reading was lost: until that changes, the link stays. @type {string | null} */
  #refused = null;
  /** Whether that was lost, with the worker. */
  #lost = false;
  /** @type {Expected | null} */
  #expected = null;
  /** What was brought last, where the form has moved on from it. @type {Left | null} */
  #left = null;

  /** @param {Pick<Context, 'trainer' | 'form' | 'attempt' | 'sweeps'>} context */
  constructor({ trainer, form, attempt, sweeps }) {
    super();
    this.#trainer = trainer;
    this.#trials = new Trials(trainer.rates);
    this.#form = form;
    this.#attempt = attempt;
    this.#sweeps = sweeps;
    this.#addressed = this.key;
    this.#back.addEventListener('click', () => this.#goBack());
    byId('typed', HTMLFormElement).addEventListener('input', () => this.#change());
    form.addEventListener('change', () => this.#change());
    for (const news of ['recipe', 'source']) trainer.addEventListener(news, () => this.#change());
    trainer.addEventListener('state', () => this.#state());
    addEventListener('hashchange', () => this.#arrive(false));
    views.addEventListener('change', () => this.#turned());
    this.#arrive(true);
  }

  /** All that the link depends on. */
  get key() {
    return JSON.stringify([this.#parts, this.#source]);
  }

  /** At a change of what the link depends on: soon, the address says the same. */
  #change() {
    if (this.#brought && !same(this.#brought.fields, this.#form.fields)) this.#leave(this.#brought);
    else if (this.#left && same(this.#left.brought.fields, this.#form.fields)) this.#return(this.#left);
    if (this.#opening) return;
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#follow(), DEBOUNCE_MS);
  }

  #state() {
    const { state, opening } = this.#trainer;
    // What is on its way may be refused, or be opened for a question alone.
    if (state === 'running' && !opening) {
      this.#trials.cancel();
      say(this.#box, this.#brought?.words ?? '');
    }
    if (state === 'done') {
      void this.#attempt(() => this.#judge(), true);
      this.#change();
    }
  }

  /**
   * Fills in the recipe of a run that the page has kept.
   * @param {Fields} fields @param {string} words said of it until the form moves on
   * @param {number | null} mse what the run ends with; null where the recipe alone does not say
   */
  bring(fields, words, mse) {
    this.#trials.cancel();
    this.#notice.textContent = '';
    // What the address says comes too late now.
    this.#turn += 1;
    this.#refused = null;
    this.#opening = null;
    this.#expected = mse === null ? null : { fields, mse, told: 'kept run' };
    this.#brought = { fields, words, press: PRESS_TRAIN, back: 'Back to the run that was loaded' };
    this.#keepLeft(null);
    this.#form.fill(fields);
    showViewOf(byId('recipe', HTMLFormElement));
    this.#invite(this.#brought);
    // Where it can be run.
    const train = byId('train', HTMLButtonElement);
    (train.disabled ? byId('d', HTMLInputElement) : train).focus();
  }

  /** The link of what the form holds at this moment; a recipe that is refused has none. @returns {Promise<Written>} */
  async write() {
    // Kept until something changes, so that the next copy has it at hand within the click.
    if (this.written?.key === this.key) return this.written;
    const written = await this.#compose();
    if (written.key === this.key) this.#keep(written);
    return written;
  }

  /** @returns {Promise<Written>} */
  async #compose() {
    const { key } = this;
    const parts = this.#parts;
    const source = this.#source;
    if (parts.W !== undefined && parts.x !== undefined) Object.assign(parts, (await import('../../intake/matrix.js')).plainDraw({ W: parts.W, x: parts.x }));
    let omitted = '';
    const fragment = await this.#trainer.writeLink(parts).catch((error) => {
      if (!(error instanceof RefusalError) || parts.W === undefined) throw error;
      omitted = error.message;
      delete parts.W;
      delete parts.x;
      return this.#trainer.writeLink(parts);
    });
    return { key, parts, fragment, url: address(fragment), omitted, source };
  }

  /** The address of a run, with how it ended; W and x do not ride along. @param {Run} run @returns {Promise<string>} */
  async of(run) {
    return address(await this.#trainer.writeLink({ fields: run.fields, mse: outcome(run) }));
  }

  /** The file whose weights the form's run begins with. */
  get #source() {
    return fitting(this.#trainer.source, this.#form.fields)?.name;
  }

  /** What the visitor has typed, and brought. */
  get #typed() {
    return JSON.stringify([this.#form.fields, this.#W.value, this.#x.value, this.#trainer.source?.name]);
  }

  /** @returns {LinkParts} */
  get #parts() {
    const { fields } = this.#form;
    /** @type {LinkParts} */
    const parts = { fields };
    if (this.#W.value !== this.#W.defaultValue || this.#x.value !== this.#x.defaultValue) {
      parts.W = this.#W.value;
      parts.x = this.#x.value;
    }
    const { run } = this.#trainer;
    const ended = run && same(run.fields, fields) ? outcome(run) : undefined;
    if (ended !== undefined) parts.mse = ended;
    // Of a run that begins elsewhere the link's word would be no word.
    else if (this.#expected && !this.#source && same(this.#expected.fields, fields)) parts.mse = this.#expected.mse;
    return parts;
  }

  async #follow() {
    try {
      await this.write();
    } catch (error) {
      if (error instanceof RefusalError) this.#keep(null);
      return; // A worker that died is told of by the state.
    }
    const { written } = this;
    if (this.#opening) return;
    // While it was written the run may have ended, or more been typed.
    if (written?.key !== this.key) return this.#change();
    if (written.key === this.#addressed || this.#refused === this.#typed) return;
    this.#refused = null;
    this.#addressed = written.key;
    // That link is gone.
    if (this.#notice.textContent?.startsWith(REFUSED)) this.#notice.textContent = '';
    // Replaced and not added, so that Back leads to where the visitor was and not through every digit typed.
    this.#fragment = written.fragment;
    history.replaceState(history.state, '', `#${written.fragment}`);
    forward(written.fragment);
  }

  /** @param {Written | null} written */
  #keep(written) {
    this.written = written;
    this.dispatchEvent(new Event('change'));
  }

  /** Back and Forward lead from view to view with the run as it is, which the address had forgotten; only within a view they lead to another one. */
  #turned() {
    if (location.hash.slice(1) !== this.#fragment) history.replaceState(history.state, '', `#${this.#fragment}`);
  }

  /** @param {boolean} first whether the page has just been loaded */
  #arrive(first) {
    const fragment = location.hash.slice(1);
    // A jump within the page is not a link to a run, and a page without a fragment is the notebook's run already.
    const aim = document.getElementById(fragment);
    if (aim) {
      if (this.#fragment) this.#turned();
      return showViewOf(aim);
    }
    if (fragment === this.#fragment) return;
    this.#fragment = fragment;
    clearTimeout(this.#timer);
    this.#trials.cancel();
    if (!first) this.#notice.textContent = '';
    const turn = ++this.#turn;
    this.#refused = null;
    // What is typed meanwhile is the visitor's, and stays.
    const watched = this.#form.watch();
    const opening = this.#open(fragment, turn, watched.names);
    this.#opening = opening;
    void opening.finally(() => {
      watched.end();
      if (this.#opening !== opening) return;
      this.#opening = null;
      this.#change();
    });
  }

  /** Opens the whole link or nothing of it. @param {string} fragment @param {number} turn @param {ReadonlySet<string>} theirs fields that the visitor types in meanwhile @returns {Promise<boolean>} whether it could be opened */
  async #open(fragment, turn, theirs) {
    const [W, x, view] = [this.#W.value, this.#x.value, root.dataset.view];
    try {
      const { fragment: own, taken, found } = await this.#mend(fragment);
      if (turn !== this.#turn) return false;
      this.#take(found, taken, theirs, W !== this.#W.value || x !== this.#x.value);
      // Who has turned to something else meanwhile stays there.
      found.sweep?.show(this.#brought !== null && view === root.dataset.view);
      if (own !== fragment) history.replaceState(history.state, '', `#${own}`);
      forward(own);
      return true;
    } catch (error) {
      if (turn !== this.#turn) return false;
      this.#lost = error instanceof LostError;
      // What was typed before it could be read is the visitor's, and stays.
      if (!this.#lost || theirs.size === 0) this.#refused = this.#typed;
      if (!this.#lost) {
        // Once its layer has been opened, the link can be.
        if (error instanceof RefusalError && error.key === 'layer') atHand.addEventListener('change', () => this.#again(turn), { once: true });
        this.#notice.textContent = `${REFUSED}${error instanceof Error ? error.message : String(error)}`;
      }
      return false;
    }
  }

  /** The address's link as it is being read, once more where that was lost: whether it could be opened. Null where nothing is being read. */
  read() {
    if (this.#lost) this.#again(this.#turn);
    return this.#opening;
  }

  /** Opens the address's link once more, unless something else has been asked for since. @param {number} turn */
  #again(turn) {
    if (turn !== this.#turn || this.#refused !== this.#typed) return;
    this.#fragment = '';
    this.#arrive(false);
  }

  /** The link as it is, or where that is refused without what was added to it on the way. @param {string} fragment */
  async #mend(fragment) {
    try {
      return { fragment, taken: [], found: await this.#read(fragment) };
    } catch (error) {
      if (error instanceof LostError) throw error;
      const { mended } = await import('../../intake/link.js');
      const own = mended(fragment);
      if (own.fragment === fragment) throw error;
      const found = await this.#read(own.fragment).catch((other) => {
        // What is wrong is told of the link as it came.
        throw other instanceof LostError ? other : error;
      });
      return { ...own, found };
    }
  }

  /** @param {string} fragment @returns {Promise<Found>} */
  async #read(fragment) {
    const sweep = fragment.startsWith('sweep=') ? await (await this.#sweeps()).open(fragment) : null;
    const link = sweep?.link ?? (fragment ? await this.#trainer.readLink(fragment) : null);
    const fields = link ? typed(link.recipe) : this.#form.defaults;
    const checked = await this.#trainer.check(fields);
    const words = link && (sweep?.words ?? (await import('./link-words.js')).describe(link, checked));
    const play = link?.play ? (await import('./link-play.js')).play : null;
    return { fields, link, checked, sweep, words, play };
  }

  /**
   * @param {Found} found @param {string[]} taken what was taken off the link
   * @param {ReadonlySet<string>} theirs fields that are not filled in @param {boolean} demo whether W and x are not either
   */
  #take({ fields, link, checked, sweep, words, play }, taken, theirs, demo) {
    this.#expected = link?.mse === undefined ? null : { fields, mse: link.mse, told: 'link' };
    const told = words && taken.length > 0 ? `The link was mended: ${taken.join('; ')}. ${words}` : words;
    this.#brought = told === null ? null : { fields, words: told, press: sweep ? '' : PRESS_TRAIN, back: 'Back to the link’s run', W: link?.W, x: link?.x };
    this.#keepLeft(null);
    if (!demo) {
      this.#W.value = link?.W ?? this.#W.defaultValue;
      this.#x.value = link?.x ?? this.#x.defaultValue;
    }
    this.#form.fill(fields, theirs);
    // What was typed meanwhile is not in the address yet.
    this.#addressed = same(this.#form.fields, fields) && !demo ? this.key : '';
    // Where the form has moved on meanwhile there is nothing to begin.
    if (play && this.#brought) this.#play(this.#brought, play, checked);
    else if (this.#brought) this.#invite(this.#brought);
    else say(this.#box, '');
  }

  /** Has the run that the link has brought start, if it is over in a few seconds. @param {Brought} brought @param {Play} play @param {CheckedRecipe} checked */
  #play(brought, play, checked) {
    const turn = this.#turn;
    void play(this.#trainer, this.#trials, checked, {
      tell: (words) => say(this.#box, `${brought.words}${words}`),
      waits: () => turn === this.#turn && this.#brought === brought,
      invite: () => this.#invite(brought),
      start: () => void this.#attempt(() => this.#trainer.train(this.#form.fields)),
    });
  }

  /** The link's run has ended: is it the same? */
  async #judge() {
    const { run, verdict } = this.#trainer;
    const expected = this.#expected;
    if (!run || !expected || !same(run.fields, expected.fields)) return;
    const ended = outcome(run);
    if (ended === undefined) return;
    const { compare } = await import('./link-words.js');
    if (run === this.#trainer.run && expected === this.#expected) say(this.#box, compare(ended, expected.mse, verdict?.backend ?? 'cpu', expected.told));
  }

  /** The form has moved on from what was brought, which stays one tap away. @param {Brought} brought */
  #leave(brought) {
    this.#keepLeft({ brought, expected: this.#expected });
    this.#brought = null;
    this.#expected = null;
    this.#trials.cancel();
    say(this.#box, '');
  }

  /** The form holds again what was brought. @param {Left} left */
  #return({ brought, expected }) {
    this.#brought = brought;
    this.#expected = expected;
    this.#keepLeft(null);
    this.#invite(brought);
  }

  /** Fills in again what was brought, W and x with it. */
  #goBack() {
    if (!this.#left) return;
    const { brought } = this.#left;
    if (brought.W !== undefined) this.#W.value = brought.W;
    if (brought.x !== undefined) this.#x.value = brought.x;
    this.#form.fill(brought.fields);
    // The button is gone, and this is what is likely to be pressed next.
    byId('train', HTMLButtonElement).focus({ preventScroll: true });
  }

  /** @param {Left | null} left */
  #keepLeft(left) {
    this.#left = left;
    this.#back.hidden = left === null;
    if (left) this.#back.textContent = left.brought.back;
  }

  /** @param {Brought} brought */
  #invite({ words, press }) {
    const { busy, opening } = this.#trainer;
    say(this.#box, busy && !opening ? words : `${words}${press}`);
  }
}

/** The page's own address with another fragment. No query: the backend is the reader's own affair. @param {string} fragment */
function address(fragment) {
  return `${location.origin}${location.pathname}#${fragment}`;
}

/** The links to the page's views and backends, and from a frame to the whole page, lead to the same run. @param {string} fragment */
function forward(fragment) {
  for (const link of document.querySelectorAll(/** @type {'a'} */ ('.views a, .switch a, #whole-page'))) link.hash = fragment;
}
