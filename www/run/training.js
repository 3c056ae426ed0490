// @ts-check
/**
 * One run after the other, on one worker after the other: what is asked for reaches the worker, and what happens there changes the run.
 *
 * The page holds the run itself (`run.js`); the worker is disposable (`channel.js`). When one dies, on whatever, a fresh one goes on from the
 * last checkpoint: on the CPU, if the GPU was the cause, and on the GPU again where that comes back (`comeback.js`). When two die at the same epoch
 * the run has failed, and its last checkpoint is still there to be asked. What may happen when is the table in `life.js`: whatever happens here is
 * first an event there.
 */
import { Rates } from '../common/rates.js';
import { launch } from '../shell/launch.js';
import { beforeOpening } from './at-hand.js';
import { Beat } from './beat.js';
import { Channel } from './channel.js';
import { LostError, RefusalError } from './errors.js';
import { Life } from './life.js';
import { advance, opened, planned, rewind, toOpen, unfinished } from './run.js';
import { diverged, notLoaded, notStarted, rescued, stopped, stoppedTwice } from './sentences.js';

/** @typedef {import('../common/protocol.js').Asked} Asked */
/** @typedef {import('../common/protocol.js').Backend} Backend */
/** @typedef {import('../common/protocol.js').Cause} Cause */
/** @typedef {import('../common/protocol.js').Checkpoint} Checkpoint */
/** @typedef {import('../common/protocol.js').Fields} Fields */
/** @typedef {import('../common/protocol.js').FromWorker} FromWorker */
/** @typedef {import('../common/protocol.js').Opened} Opened */
/** @typedef {import('../common/protocol.js').Solution} Solution */
/** @typedef {import('../common/protocol.js').ToWorker} ToWorker */
/** @typedef {import('../common/protocol.js').Verdict} Verdict */
/** @typedef {import('./run.js').Plan} Plan */
/** @typedef {import('./run.js').Run} Run */
/** @typedef {import('./run.js').Saved} Saved */
/** @typedef {import('./run.js').Source} Source */
/** @typedef {import('./channel.js').Death} Death */

/** What the page is told. @typedef {'state' | 'backend' | 'rates' | 'run' | 'progress' | 'rewound' | 'news'} News */

/** What a worker was given up for, one that says nothing any more among it. @typedef {Cause | 'hung'} Why */

/**
 * How long a worker that trains may say nothing, in ticks of a second. It speaks many times a second, so it is dead, or waits for a GPU
 * that is.
 */
const SILENCE_TICKS = 60;

/** And one that tries a GPU, which it gives up by itself when that does not answer: after two minutes and four seconds in all. */
const PROBING_TICKS = 180;

/** Workers in a row that may die without having done anything. */
const MOST_DEATHS = 3;

/** What no run has a part in: whichever worker there is can answer. @type {ReadonlySet<ToWorker['type']>} */
const ANY_WORKER = new Set(['check', 'read', 'write', 'inspect']);

/** What the trainer stands on: it has no rules of its own about who may ask for what. */
export class Training {
  /** Why the run has failed, in a sentence. */
  failure = '';
  /** @type {Verdict | null} */
  verdict = null;
  /** @type {Run | null} */
  run = null;
  rates = new Rates();
  /** @type {Asked} */
  asked;
  /** How the run was saved just now, or where it could not go back to, in a sentence; empty where nobody needs to know. */
  news = '';
  life = new Life();
  /** What the epochs of a run that trains wait for. */
  beat = new Beat();

  #signal;
  /** @type {Channel<ToWorker, FromWorker>} */
  #channel;
  #lastRun = 0;
  /** The epoch up to which training was last asked for. */
  #until = Infinity;
  /** The epoch up to which the worker was told to go in one go. */
  #leg = Infinity;
  /** Workers that died since one last ended an epoch. */
  #deaths = 0;
  /** Why the run that is ending has failed. */
  #end = '';
  /** What waits for a GPU, once one was lost. @type {import('./comeback.js').Comeback | null} */
  #comeback = null;
  /** The next worker, where one is there already. @type {import('./channel.js').Port | null} */
  #spare = null;

  /** @param {Asked} asked @param {(news: News) => void} signal */
  constructor(asked, signal) {
    this.asked = asked;
    this.#signal = signal;
    const { life } = this;
    this.#channel = new Channel({
      launch: () => this.#launched(),
      greet: () => this.#greet(),
      before: beforeOpening,
      hear: (message) => this.#receive(message),
      died: (death) => this.#mourn(death),
      patience: {
        get ticks() {
          return life.shown === 'probing' ? PROBING_TICKS : SILENCE_TICKS;
        },
        expected: () => life.shown === 'running' || life.shown === 'probing',
      },
    });
    this.#channel.start();
  }

  close() {
    const why = 'The run was closed.';
    this.#stop();
    this.#comeback?.stop();
    this.#channel.close(why);
    this.enter('close', why);
  }

  /** Whether no other run may be asked for. */
  get busy() {
    const { shown, coming } = this.life;
    return shown === 'running' || coming;
  }

  get current() {
    if (!this.run) throw new Error('No run is open.');
    return this.run;
  }

  /** An event that the page is told of. @param {string} event @param {string} [failure] */
  enter(event, failure = '') {
    this.life.on(event);
    this.failure = failure;
    this.#signal('state');
  }

  /** @param {import('./channel.js').Request<ToWorker>} request @returns {Promise<any>} */
  ask(request) {
    return this.#channel.ask(request);
  }

  /** Has the present worker make ready what the recipe's run would need, unless it is about to be left. @param {Fields} fields */
  prepare(fields) {
    if (!this.life.switched) this.#channel.send({ type: 'prepare', fields });
  }

  /** @param {Backend} backend what the next run is to use */
  choose(backend) {
    this.asked = backend;
    this.life.on('switch');
    this.#comeback?.stop();
    this.verdict = backend === 'cpu' ? { backend, reason: 'switched', detail: '', adapter: null } : null;
    this.#signal('backend');
  }

  /** A run that is still on its way is to wait once it is there. */
  pause() {
    if (!this.life.may('pause')) return;
    if (this.life.coming) return this.enter('pause');
    this.life.on('pause');
    if (!this.beat.waiting) return this.#channel.send({ type: 'pause', run: this.current.number });
    // Between two epochs nothing is to be stopped.
    this.beat.drop();
    this.enter('stopped');
  }

  /** Has the epochs from now on begin so many milliseconds apart, or, at 0, as soon as they can. @param {number} ms */
  pace(ms) {
    const paced = this.beat.ms > 0;
    this.beat.ms = ms;
    if (ms === 0) this.beat.now();
    // A worker that was to train to the end stops where it is, and goes on at the pace.
    else if (!paced && this.life.run === 'running' && this.life.holding) this.#interrupt();
  }

  /** Has the worker stop, and the run go on from there. */
  #interrupt() {
    this.#leg = 0;
    this.#channel.send({ type: 'pause', run: this.current.number });
  }

  /** One that is being revived goes on as soon as that is done. */
  resume() {
    const { run, life } = this;
    if (life.coming) this.enter('resume');
    else if (run && unfinished(run) && !this.busy && (life.holding || life.reviving)) this.train(Infinity);
  }

  /**
   * @param {Fields} fields @param {Source | null} wanted @param {Saved | null} [saved] where to go on @param {number} [seeds]
   * @param {Solution | null} [solution] what is due there comes to
   */
  async open(fields, wanted, saved = null, seeds = 1, solution = null) {
    if (this.life.run === 'closed') throw new LostError(this.failure);
    const plan = planned(++this.#lastRun, fields, wanted, seeds, saved);
    if (this.life.may('again')) this.#tryAgain();
    const held = this.life.holding;
    this.enter(this.verdict ? 'open' : 'probe');
    try {
      if (this.life.switched) await this.#move(fields);
      const answer = await this.#askToOpen(plan, saved?.checkpoint ?? null, solution);
      // Closed just now, or failed.
      if (!this.life.opening) throw new LostError(this.failure);
      this.run = opened(plan, answer, this.verdict, saved);
    } catch (error) {
      // Where it was lost the state says so already.
      if (this.life.opening) this.enter('refused');
      if (error instanceof RefusalError) this.#takeBack(held);
      throw error;
    }
    this.life.on('opened');
    this.beat.drop();
    this.#deaths = 0;
    this.#signal('run');
  }

  /** The run on show, which another was to take the place of, has a worker again where it had one. @param {boolean} held whether it had */
  #takeBack(held) {
    const { run, life } = this;
    if (!run || !held || life.holding || life.reviving) return;
    this.news = '';
    this.#goBack(run, run.checkpoints.at(-1) ?? null, run.verdict?.backend !== this.verdict?.backend);
  }

  /** Has the worker open a run: at a checkpoint, or at its beginning. @param {Plan} plan @param {Checkpoint | null} from @param {Solution | null} [solution] @returns {Promise<Opened>} */
  #askToOpen(plan, from, solution = null) {
    return this.#channel.ask(toOpen(plan, from, solution));
  }

  /** A run that begins need not wait for a GPU that was lost: it tries it at once, on a worker of its own. */
  #tryAgain() {
    this.life.on('again');
    this.#comeback?.wait();
    this.verdict = null;
  }

  /** Gives up the present worker for one on the backend that was switched to. @param {Fields} fields */
  async #move(fields) {
    // A recipe that is refused costs nobody the run on show.
    await this.ask({ type: 'check', fields });
    if (!this.life.switched) return;
    this.#stop();
    for (const { message, resolve, reject } of this.#channel.withdraw(({ type }) => !ANY_WORKER.has(type))) {
      if (message.type === 'evaluate') resolve(null);
      else reject(new LostError('The run was started again on another backend.'));
    }
    this.#channel.start();
    this.#channel.repeat();
    this.#signal('backend');
  }

  /** Trains, unless the run was to wait once it is there; a run that is being revived trains as soon as that is done. @param {number} until */
  train(until) {
    this.#until = Math.min(until, this.current.recipe.epochs);
    this.enter('train');
    if (this.life.shown === 'running' && this.life.holding) this.#go();
  }

  /** Has the worker train: to where it was asked to, or, at a pace, up to the end of the next epoch. */
  #go() {
    const { number, history } = this.current;
    this.beat.begin();
    this.#leg = this.beat.ms > 0 ? Math.min(history.length + 1, this.#until) : this.#until;
    this.#channel.send({ type: 'train', run: number, until: this.#leg });
  }

  /** A verdict, once reached, is kept for the page's life, unless it was about one recipe; WebGPU that failed is not tried again. @returns {ToWorker} */
  #greet() {
    const { verdict, asked } = this;
    this.life.on('started');
    return { type: 'hello', asked: verdict && verdict.reason !== 'slower' ? verdict.backend : asked };
  }

  /** The worker that is there, or a fresh one. */
  #launched() {
    const port = this.#spare ?? launch();
    this.#spare = null;
    return port;
  }

  #stop() {
    this.beat.drop();
    this.#channel.stop();
    this.life.on('gone');
  }

  /** @param {import('./channel.js').Unasked<FromWorker>} message */
  #receive(message) {
    switch (message.type) {
      case 'ready':
        return;
      case 'broken':
        return this.#fail(notLoaded(message.message));
      case 'probing':
        // Also a run that is revived may have a backend looked for; it is still what it was.
        return this.life.opening ? this.enter('probe') : undefined;
      case 'backend':
        return this.#settle(message.verdict);
      case 'measured':
        this.rates.learn(message.shape, message.backend, message.rate, message.adapter);
        return this.#signal('rates');
      case 'unfit':
        return this.#replace(message.verdict);
      case 'freed':
        return this.run?.number === message.run ? this.life.on('gone') : undefined;
      case 'progress':
        return this.#advance(message);
      case 'stopped':
        return this.#halt(message);
    }
  }

  /** @param {Death} death */
  #mourn(death) {
    if (death.how === 'thrown') this.#fail(notStarted(death.words));
    else if (death.how === 'silent') this.#recover('nothing was heard of it for a minute', 'hung');
    else this.#recover(death.words, death.cause);
  }

  /** @param {Verdict} verdict */
  #settle(verdict) {
    // What the worker that is about to be left says of its own choice is of no use.
    if (this.life.switched) return;
    const { backend, reason, detail } = this.verdict ?? {};
    // A fresh worker knows only that it was told what to use; the page knows why.
    if (backend === verdict.backend && (verdict.reason === 'asked' || (reason === verdict.reason && detail === verdict.detail))) return;
    this.verdict = verdict;
    // A worker has lost one that no run was on.
    if (verdict.reason === 'lost' && this.life.may('lose')) this.#lose();
    this.#signal('backend');
    if (this.life.opening) this.enter('settle');
  }

  /** The GPU is lost: it is tried again in a while, or by the next run where the script for that does not come any more. */
  #lose() {
    this.life.on('lose');
    if (this.life.gpu !== 'lost') return;
    const wait = async () => {
      const { Comeback } = await import('./comeback.js');
      if (this.life.run === 'closed') return;
      this.#comeback ??= new Comeback(this, PROBING_TICKS);
      this.#comeback.wait();
    };
    wait().catch(() => {});
  }

  /** A GPU that was lost is not to be had any more. @param {string} why @param {string} news */
  forgo(why, news) {
    this.life.on('leave');
    if (this.verdict) this.#settle({ ...this.verdict, reason: 'gone', detail: why });
    this.news = news;
    this.#signal('news');
  }

  /** @param {Extract<FromWorker, { type: 'progress' }>} message */
  #advance(message) {
    if (this.run?.number !== message.run) return;
    advance(this.run, message);
    if (message.reports.length > 0) this.#deaths = 0;
    this.#signal('progress');
    if (message.checkpoint && this.life.gpu === 'ready') this.#return(this.run, message.checkpoint);
  }

  /** The run goes over to the GPU that has come back, at the end of an epoch. @param {Run} run @param {Checkpoint} from */
  #return(run, from) {
    const comeback = this.#comeback;
    if (from.epoch === run.recipe.epochs || !comeback) return;
    this.#stop();
    this.life.on('return');
    this.#spare = comeback.take();
    this.#settle(comeback.verdict);
    // What the CPU has computed needs nobody to confirm it.
    run.audited = from;
    this.news = comeback.news(from);
    this.#goBack(run, from, true);
  }

  /** Training has stopped. @param {Extract<FromWorker, { type: 'stopped' }>} message */
  #halt(message) {
    const { run } = this;
    if (message.run !== run?.number || this.life.opening) return;
    // At a pace the worker stops at each epoch's end, and the run goes on.
    const onTheWay = !message.done && this.life.run === 'running' && this.#leg < this.#until;
    if (!message.diverged) return onTheWay ? this.beat.wait(() => this.#go()) : this.enter(message.done ? 'finished' : 'stopped');
    run.diverged = true;
    const kept = run.checkpoints.at(-1);
    if (!kept) return this.enter('fail', diverged(run));
    // The weights that diverged are of no use to anybody: what is asked from here on is answered by those before.
    this.#stop();
    this.#giveUp(diverged(run));
    void this.#revive(run, kept);
  }

  /** The run will have failed, as soon as a fresh worker has its last weights. @param {string} why */
  #giveUp(why) {
    this.life.on('end');
    this.#end = why;
  }

  /** A worker whose WebGPU module failed to start, or to be made ready, gives way to one on the CPU, which is asked again all that is open. @param {Verdict} verdict */
  #replace(verdict) {
    const { run } = this;
    const onGpu = run?.verdict?.backend === 'webgpu';
    this.#stop();
    this.#settle(verdict);
    if (this.life.opening || !run) return this.#channel.retry();
    this.#goBack(run, run.checkpoints.at(-1) ?? null, onGpu);
  }

  /** The run goes on from a checkpoint on the next worker. @param {Run} run @param {Checkpoint | null} from @param {boolean} moved whether that is on another backend */
  #goBack(run, from, moved) {
    rewind(run, from, this.verdict, moved);
    // Whoever asks at the news asks the next worker.
    void this.#revive(run, from);
    this.#signal('rewound');
  }

  /**
   * The worker is of no use any more: a fresh one takes over from the last checkpoint.
   * @param {string} why @param {Why} cause
   */
  #recover(why, cause) {
    const { run } = this;
    const { opening, reviving } = this.life;
    const wasOnGpu = this.verdict?.backend === 'webgpu';
    // With no run there is nothing to be lost, and the next worker may find the device well.
    if (!run && !opening && wasOnGpu && cause === 'device' && this.#deaths++ < MOST_DEATHS) return this.#forget();
    const futile = reviving || ++this.#deaths > MOST_DEATHS || (opening && !wasOnGpu);
    this.#stop();
    if (wasOnGpu) this.#quit(why, cause);
    if (futile) return this.#fail(stopped(why));
    if (opening || !run) return this.#channel.retry();
    this.#rescue(run, why, cause, wasOnGpu);
  }

  /** The CPU takes the place of the GPU. One that was lost may come back; what hangs or computes wrong numbers is not tried again. @param {string} why @param {Why} cause */
  #quit(why, cause) {
    if (cause === 'wrong' || cause === 'hung') this.life.on('leave');
    else this.#lose();
    const reason = cause === 'wrong' ? 'wrong' : this.life.gpu === 'lost' ? 'lost' : 'gone';
    this.#settle({ backend: 'cpu', reason, detail: why, adapter: this.verdict?.adapter ?? null });
  }

  /** As if nothing had been chosen yet. */
  #forget() {
    this.#stop();
    this.verdict = null;
    this.#channel.retry();
    this.#signal('backend');
  }

  /** Takes the run back to its last checkpoint, and on from there; a run that trained and whose workers die twice at an epoch goes no further. @param {Run} run @param {string} why @param {Why} cause @param {boolean} wasOnGpu */
  #rescue(run, why, cause, wasOnGpu) {
    const epoch = run.history.length + 1;
    const training = this.life.shown === 'running';
    const twice = training && !wasOnGpu && run.history.length <= run.failedAt;
    if (training && !wasOnGpu) run.failedAt = run.history.length;
    const from = (cause === 'wrong' ? run.audited : run.checkpoints.at(-1)) ?? null;
    this.news = training && !twice ? rescued(cause, why, epoch, from, wasOnGpu) : '';
    if (twice) this.#giveUp(stoppedTwice(epoch, why, from));
    this.#goBack(run, from, wasOnGpu);
  }

  /** A fresh worker opens the run where it was left, and is asked again all that is open. @param {Run} run @param {Checkpoint | null} from */
  async #revive(run, from) {
    this.life.on('revive');
    const opened = this.#askToOpen(run, from);
    this.#channel.retry();
    try {
      await opened;
    } catch (error) {
      // Where it was lost once more the state says so.
      if (error instanceof RefusalError) this.#fail(stopped(error.message));
      return;
    }
    if (run === this.run && this.life.reviving) this.#revived();
  }

  /** The run goes on with what it was at; one that waits goes on waiting. */
  #revived() {
    this.life.on('revived');
    switch (this.life.run) {
      case 'running':
        return this.train(this.#until);
      case 'pausing':
        return this.enter('stopped');
      case 'ending':
        return this.enter('fail', this.#end);
    }
  }

  /** Nothing goes on by itself any more. @param {string} failure */
  #fail(failure) {
    this.#stop();
    this.#deaths = 0;
    this.#channel.abandon(new LostError(failure));
    this.enter('fail', failure);
  }
}
