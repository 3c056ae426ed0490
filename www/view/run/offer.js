// @ts-check
/**
 * `#offer`: which backend is faster for this recipe on this machine, with the figures, and the button that switches to it.
 *
 * A trial starts when the visitor presses `#trial`, and by itself where it can save time: on WebGPU soon, since trying the CPU is quick and
 * harms nothing; on the CPU when the run has long to go and the page may try WebGPU. Between the two the page chooses by
 * itself only where it has timed both before a run; what runs changes by the visitor's click alone.
 */
import { byId, say } from '../../dom/dom.js';
import { rate, times } from '../../common/figures.js';
import { shape } from '../../common/recipe.js';
import { named, NAMES, obstacle } from '../../common/reasons.js';
import { Trials } from '../../run/trials.js';
import { startAgain } from './controls.js';

/** @typedef {import('../../app/context.js').Context} Context */
/** @typedef {import('../../common/protocol.js').Backend} Backend */
/** @typedef {import('../../common/protocol.js').Recipe} Recipe */
/** @typedef {import('../../common/protocol.js').Verdict} Verdict */

/** Below this factor two short measurements on a machine with other things to do may as well differ by chance. */
const WORTH_SAYING = 1.5;

/** A run's own speed is counted after its first second, in which a GPU compiles its kernels, and known after another. */
const FIRST_SECOND = 1;
const KNOWN_SECONDS = 1;

/** A run on the CPU that has more than this to go makes the page try WebGPU. */
const LONG_SECONDS = 10;

/** Reasons to be on the CPU that leave WebGPU as possible as it was. @type {ReadonlySet<import('../../common/protocol.js').Reason>} */
const MAY_YET = new Set(['asked', 'slower', 'software', 'switched']);

export class Offer {
  #box = byId('offer', HTMLElement);
  #switch = byId('switch', HTMLButtonElement);
  /** Beside the reason why the CPU runs, where that is its speed. */
  #back = byId('switch-back', HTMLButtonElement);
  #button = byId('trial', HTMLButtonElement);
  /** The same words beside the button that asked for them; they are read out once, in the box. */
  #answer = byId('trial-answer', HTMLElement);
  #trials;
  #trainer;
  #form;
  #context;
  /** Recipes whose figures the visitor asked for: those are told also where there is nothing to gain. */
  #asked = new Set();
  /** Recipes and backends that the page has tried by itself. */
  #tried = new Set();
  /** What is to be said instead of figures, and the recipe that it is said of. */
  #message = '';
  #about = '';
  /** Whether a run is what would have to start again. */
  #running = false;
  /** From where the speed of the run is counted. @type {{ step: number, seconds: number } | null} */
  #since = null;
  /** @type {Backend | null} */
  #offered = null;

  /** @param {Context} context */
  constructor(context) {
    const { trainer, form, attempt } = context;
    this.#context = context;
    this.#trainer = trainer;
    this.#trials = new Trials(trainer.rates);
    this.#form = form;
    this.#button.addEventListener('click', () => attempt(() => this.#try()));
    this.#switch.addEventListener('click', () => this.#take(this.#offered));
    this.#back.addEventListener('click', () => this.#take('webgpu'));
    trainer.addEventListener('state', () => this.#state());
    trainer.addEventListener('progress', () => this.#progress());
    form.addEventListener('change', () => this.#change());
    // What has gone back may go on on the other backend.
    for (const news of ['run', 'rewound']) trainer.addEventListener(news, () => (this.#since = null));
    for (const news of ['backend', 'rates']) trainer.addEventListener(news, () => this.#write());
    this.#trials.addEventListener('change', () => this.#write());
  }

  #state() {
    const { state } = this.#trainer;
    const running = state === 'running' || state === 'probing';
    // A run that begins and a trial of the same backend would each slow the other down.
    if (running && !this.#running) {
      this.#message = '';
      this.#trials.cancel();
    }
    this.#running = running;
    this.#consider();
    this.#write();
  }

  #progress() {
    const { run, verdict, moving } = this.#trainer;
    if (!run || !verdict || moving || run.seconds < FIRST_SECOND) return;
    this.#since ??= { step: run.step, seconds: run.seconds };
    const { step, seconds } = this.#since;
    const of = shape(run.recipe);
    // Figures that are on show stay as they are.
    if (run.seconds - seconds >= KNOWN_SECONDS && run.step > step && !this.#told(of)) {
      this.#trainer.rates.learn(of, verdict.backend, (run.step - step) / (run.seconds - seconds));
    }
    this.#consider();
  }

  #change() {
    const { checked } = this.#form;
    // What was typed before the button was pressed is judged after it.
    if (!this.#trials.busy && (!checked || shape(checked.recipe) !== this.#about)) this.#message = '';
    this.#write();
  }

  /** Says what is known of the recipe at hand. */
  #write() {
    const recipe = this.#recipe;
    this.#button.disabled = this.#trials.busy || this.#trainer.opening;
    const { words, faster } = this.#message ? { words: this.#message, faster: null } : this.#judge(recipe);
    this.#offered = faster;
    say(this.#box, words);
    say(this.#answer, this.#message || (recipe && this.#asked.has(shape(recipe))) ? words : '');
    this.#switch.hidden = faster === null;
    this.#switch.disabled = this.#trainer.opening;
    if (faster) this.#switch.textContent = this.#label(faster);
    this.#back.hidden = this.#trainer.verdict?.reason !== 'slower';
    this.#back.disabled = this.#trainer.opening;
    this.#back.textContent = this.#label('webgpu');
  }

  /** @param {Backend} backend */
  #label(backend) {
    return `${this.#interrupts ? 'Start again on' : 'Switch to'} ${NAMES[backend]}`;
  }

  /** The recipe at hand: that of the run that goes on, otherwise the form's. */
  get #recipe() {
    const { run } = this.#trainer;
    return run && this.#interrupts ? run.recipe : (this.#form.checked?.recipe ?? null);
  }

  /** Whether to switch is to give up a run. One that is paused while the form has moved on to another recipe can wait. */
  get #interrupts() {
    const { state, run } = this.#trainer;
    if (!run || run.step === 0) return false;
    const { checked } = this.#form;
    return state === 'running' || (state === 'paused' && checked !== null && shape(checked.recipe) === shape(run.recipe));
  }

  /** What the next run uses as things are; the page's own choice where it has not been made yet. @returns {Backend} */
  get #present() {
    const { verdict, asked, rates, run } = this.#trainer;
    const recipe = this.#recipe;
    const another = recipe !== null && (!run || shape(run.recipe) !== shape(recipe));
    // Which of the two is taken is found out for each recipe anew.
    if (another && asked === 'auto' && (verdict?.reason === 'slower' || verdict?.backend === 'webgpu')) return rates.slower(shape(recipe)) ? 'cpu' : 'webgpu';
    if (verdict) return verdict.backend;
    if (asked !== 'auto') return asked;
    return this.#obstacle || this.#adapter?.software ? 'cpu' : 'webgpu';
  }

  get #adapter() {
    const recipe = this.#recipe;
    return recipe ? this.#trainer.rates.of(shape(recipe)).adapter : null;
  }

  /** Why WebGPU cannot be used, where that is known. @returns {Verdict | null} */
  get #obstacle() {
    const { verdict } = this.#trainer;
    if (verdict?.backend === 'webgpu') return null;
    return verdict && !MAY_YET.has(verdict.reason) ? verdict : this.#trials.unusable;
  }

  /** @param {string} of */
  #told(of) {
    const { cpu, webgpu } = this.#trainer.rates.of(of);
    return cpu !== undefined && webgpu !== undefined;
  }

  /** @param {Recipe | null} recipe @returns {{ words: string, faster: Backend | null }} */
  #judge(recipe) {
    const nothing = { words: '', faster: null };
    if (!recipe || this.#trials.busy) return nothing;
    const of = shape(recipe);
    const asked = this.#asked.has(of);
    const { cpu, webgpu, adapter: tried } = this.#trainer.rates.of(of);
    const adapter = tried ?? this.#trainer.verdict?.adapter;
    const unusable = this.#obstacle;
    if (cpu !== undefined && unusable && asked) {
      return { words: `For this recipe the CPU makes ${rate(cpu)} steps/s here. WebGPU cannot be used: ${obstacle(unusable)}.`, faster: null };
    }
    if (cpu === undefined || webgpu === undefined || unusable) return nothing;

    /** @type {Backend} */
    const faster = cpu > webgpu ? 'cpu' : 'webgpu';
    const factor = Math.max(cpu, webgpu) / Math.min(cpu, webgpu);
    const figures = `For this recipe WebGPU${adapter?.software ? ` (${named(adapter)})` : ''} makes ${rate(webgpu)} steps/s here and the CPU ${rate(cpu)}`;
    if (factor < WORTH_SAYING) return asked ? { words: `${figures}: there is little between them.`, faster: null } : nothing;
    const verdict = `${figures}: ${NAMES[faster]} is ${times(factor)} as fast`;
    if (faster === this.#present) return asked ? { words: `${verdict}, and is what ${this.#trainer.verdict ? 'runs' : 'will run'}.`, faster: null } : nothing;
    const warning = this.#interrupts ? ' Switching starts this run again from its beginning.' : '';
    return { words: `${verdict}.${warning}`, faster };
  }

  /** The visitor asks. */
  async #try() {
    const interrupts = this.#interrupts;
    this.#message = '';
    this.#write();
    const recipe = interrupts ? this.#recipe : (await this.#trainer.check(this.#form.fields)).recipe;
    if (!recipe || this.#trials.busy) return;
    const of = shape(recipe);
    this.#asked.add(of);
    this.#about = of;
    const { cpu, webgpu } = this.#trainer.rates.of(of);
    /** @type {Backend[]} */
    const backends = [];
    if (cpu === undefined) backends.push('cpu');
    if (webgpu === undefined && !this.#obstacle) backends.push('webgpu');
    this.#message = backends.length > 0 ? `Trying this recipe on ${backends.map((backend) => NAMES[backend]).join(' and on ')}…` : '';
    this.#write();
    await this.#measure(recipe, backends, 'webgpu');
  }

  /** The page asks by itself, once for each recipe and backend. */
  #consider() {
    const { run, state, verdict, asked, moving } = this.#trainer;
    if (!run || !verdict || moving || this.#trials.busy || this.#obstacle) return;
    const of = shape(run.recipe);
    /** @type {Backend} */
    const other = verdict.backend === 'cpu' ? 'webgpu' : 'cpu';
    const rates = this.#trainer.rates.of(of);
    if (this.#told(of) || this.#tried.has(`${of} ${other}`)) return;
    const speed = state === 'running' ? rates[verdict.backend] : undefined;
    if (other === 'cpu') {
      if (speed === undefined && state !== 'done') return;
    } else {
      // Who asks for the CPU may have a driver that is better left alone; who has no GPU gains nothing.
      if (verdict.reason !== 'switched') return;
      const left = run.recipe.epochs * run.stepsPerEpoch - run.step;
      if (speed === undefined || left / speed < LONG_SECONDS) return;
    }
    this.#tried.add(`${of} ${other}`);
    /** @type {Backend[]} */
    const backends = [other, verdict.backend];
    const unknown = backends.filter((backend) => rates[backend] === undefined);
    void this.#measure(run.recipe, unknown, asked === 'cpu' ? 'auto' : asked).then((ended) => {
      if (!ended) this.#tried.delete(`${of} ${other}`);
    });
  }

  /**
   * @param {Recipe} recipe @param {Backend[]} backends @param {import('../../common/protocol.js').Asked} asked
   * @returns {Promise<boolean>} whether it came to an end
   */
  async #measure(recipe, backends, asked) {
    const byItself = !this.#message;
    const ending = backends.length > 0 ? await this.#trials.measure(recipe, backends, asked) : { failure: null };
    if (!byItself) {
      if (!ending) this.#message = 'The trial was left, since a run began.';
      else this.#message = ending.failure ? `The trial failed: ${ending.failure.replace(/\.$/, '')}.` : '';
    }
    this.#write();
    return ending !== null;
  }

  /** Takes an offer. @param {Backend | null} backend */
  #take(backend) {
    if (!backend) return;
    const interrupts = this.#interrupts;
    this.#trainer.choose(backend);
    // The button is gone, and the keyboard is not to be lost with it.
    byId(interrupts ? 'pause' : 'train', HTMLButtonElement).focus();
    if (interrupts) void startAgain(this.#context);
  }
}
