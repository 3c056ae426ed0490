// @ts-check
/** A run in a world of our own with a visitor before it, who does what visitors do when something has happened: goes on, loads the page again, trains anew. */
import assert from 'node:assert/strict';
import { FAULTS } from '../faults.mjs';
import { World } from './world.mjs';

/** @typedef {import('../faults.mjs').Drawn} Drawn */
/** @typedef {import('../../www/common/protocol.js').Fields} Fields */

/** Turns in which a page that was just opened finds what was interrupted. */
const LOOKING = 12;

/** Turns for which storage does not answer well. */
const AILING = 150;

/** Epochs within which a run that is trained is kept, where storage answers well. */
const WITHIN = 90;

/** More than any of these runs is trained, and less than the machine sleeps. */
const MOST_SECONDS = 1_000;

/** Another run, which another tab trains. */
const OTHER = { d: '2', m: '2', hidden: '4', n: '32', batch: '16', epochs: '3', lr: '0.01', seed: '5' };

export class Stage {
  /** How the run was taken up again, and how often it was begun anew. */
  resumed = 0;
  anew = 0;
  world;
  page;
  random;
  #fields;
  /** What is to be done in so many turns. @type {{ turns: number, task: () => unknown }[]} */
  #later = [];
  /** Whether the visitor has paused the run. */
  #paused = false;
  /** Turns since the page was opened. */
  #age = 0;
  /** The run that the list had last. */
  #ended = 0;
  /** Runs that must be in the list at the end, by seed. */
  #listed = new Set(['42']);
  /** Whether a GPU is wrong and nobody has noticed. */
  #wrong = false;
  /** The epoch from which on storage has answered well. */
  #wellSince = 0;
  /** What was damaged where it is kept, by id. @type {Set<unknown>} */
  #damaged = new Set();

  /** @param {import('./world.mjs').Parts} parts @param {Fields} fields @param {boolean} gpu @param {() => number} random */
  constructor(parts, fields, gpu, random) {
    this.world = new World(parts, gpu);
    this.page = this.world.open();
    this.random = random;
    this.#fields = fields;
  }

  /** The worker that trains. */
  get worker() {
    return this.page.worker;
  }

  get #epoch() {
    return this.page.trainer.run?.history.length ?? 0;
  }

  /** Trains, with all that befalls the run on the way; resolves to what the visitor has at the end. @param {readonly Drawn[]} faults */
  async play(faults) {
    const left = [...faults];
    let last = 0;
    for (let turns = 0; left.length > 0 || this.#later.length > 0 || this.page.trainer.state !== 'done'; turns += 1) {
      assert.ok(turns < 100_000, `the run never ends: ${this.page.trainer.state} ${this.page.trainer.failure}`);
      await this.world.turn();
      await this.#serve();
      await this.#attend();
      const [next] = left;
      if (!next || this.#wrong) continue;
      if (next.atOnce ? turns - last < 2 : this.page.trainer.state !== 'running' || this.#epoch < next.at * Number(this.#fields.epochs)) continue;
      left.shift();
      last = turns;
      await FAULTS[next.name].world(this);
    }
    return this.#end();
  }

  /** @param {number} turns @param {() => unknown} task */
  later(turns, task) {
    this.#later.push({ turns, task });
  }

  async #serve() {
    for (const one of this.#later) one.turns -= 1;
    const due = this.#later.filter(({ turns }) => turns <= 0);
    this.#later = this.#later.filter(({ turns }) => turns > 0);
    for (const { task } of due) await task();
  }

  /** What a visitor does. */
  async #attend() {
    const { page, world } = this;
    const { trainer } = page;
    this.#age += 1;
    if (this.#wrong && trainer.run?.verdict?.backend !== 'webgpu') this.#wrong = false;
    if (trainer.state === 'done') this.#list();
    if (trainer.state === 'failed') {
      assert.match(trainer.failure, /^[A-Z].*\.$/, 'it failed in a sentence');
      world.online = true;
      this.reload();
    } else if (trainer.state === 'paused' && !this.#paused && !trainer.opening) trainer.resume();
    else if (trainer.state === 'idle' && !trainer.opening && this.#age === LOOKING) await this.#begin();
  }

  /** Takes up what is offered, or begins anew. */
  async #begin() {
    const { page, world } = this;
    if (page.offered) {
      page.find('resume-interrupted').click();
      await world.until(() => page.trainer.run !== null || page.notice !== '' || page.trainer.state === 'failed', 'the offer');
      if (page.trainer.run) this.resumed += 1;
      if (page.trainer.run || page.trainer.state === 'failed') return;
      assert.ok(this.#damaged.size > 0 && page.notice === 'the checkpoint is damaged', page.notice);
      assert.notEqual(page.offered, '', 'what is refused can be forgotten');
      page.find('forget-interrupted').click();
    } else if (world.storage === 'well' && this.#kept.size > 0) {
      assert.notEqual(page.find('keeping').textContent, '', 'what is kept is offered, or it is said that nothing can be');
      return this.reload();
    }
    this.anew += 1;
    page.trainer.train(this.#fields).catch(() => {}); // Where it is lost the state says so.
    this.#age = LOOKING + 1;
  }

  /** The runs under way that the browser keeps. @returns {Map<unknown, any>} */
  get #kept() {
    return this.world.disk.get('phi-psi runs under way 1') ?? new Map();
  }

  /** As the list does when a run has ended. */
  #list() {
    const { run } = this.page.trainer;
    if (!run || run.number === this.#ended) return;
    this.#ended = run.number;
    const { fields, recipe, seconds, history } = run;
    const ended = new Date(Date.UTC(2026, 0, 2) + this.world.ms).toISOString();
    this.page.runs.keep({ fields, recipe, seconds, history, ended, backend: 'cpu', adapter: '', source: '' });
  }

  /** The page is gone without a word, and opened again. */
  reload() {
    const due = this.world.storage === 'well' && this.page.trainer.state === 'running' && this.#epoch - this.#wellSince > WITHIN;
    if (due) assert.ok(this.#kept.size > 0, `kept at epoch ${this.#epoch}, since ${this.#wellSince}`);
    this.#wellSince = 0;
    this.page.kill();
    this.page = this.world.open();
    this.#age = 0;
    this.#ended = 0;
    this.#paused = false;
    this.#wrong = false;
  }

  /** @param {boolean} hidden */
  hide(hidden) {
    this.world.hidden = hidden;
    this.page.look();
  }

  /** @param {'full' | 'refused'} answer */
  storage(answer) {
    this.world.storage = answer;
    this.later(AILING, () => {
      this.world.storage = 'well';
      this.#wellSince = this.#epoch;
    });
  }

  pause() {
    this.#paused = true;
    this.page.trainer.pause();
    this.later(20, () => (this.#paused = false));
  }

  /** Another tab of the page trains a run of its own to the end. */
  async otherTab() {
    const { world } = this;
    const here = this.page;
    const other = world.open();
    await world.outcome(other.trainer.train(OTHER).catch(() => {}));
    await world.until(() => other.trainer.state === 'done' || other.trainer.state === 'failed', 'the other tab');
    if (other.trainer.state === 'done') {
      this.page = other;
      this.#ended = 0;
      this.#list();
      this.page = here;
      this.#ended = 0;
      if (world.storage === 'well') this.#listed.add(OTHER.seed);
      here.runs.hear(null);
    }
    other.kill();
  }

  /** A bit of every checkpoint that is kept is turned over. */
  damage() {
    for (const [id, { saved }] of this.#kept) {
      saved.checkpoint.bytes[Math.floor(saved.checkpoint.bytes.length / 2)] ^= 1;
      this.#damaged.add(id);
    }
  }

  goWrong() {
    this.worker.wrong = true;
    this.#wrong = this.page.trainer.run?.verdict?.backend === 'webgpu';
  }

  /** Once storage answers well again, all runs that have ended are in the list, and with the next change in that of the next visit. */
  #look() {
    const { runs } = this.page;
    runs.hear(null);
    const seeds = (/** @type {typeof runs} */ { list }) => new Set(list.map(({ recipe }) => String(recipe.seed)));
    assert.deepEqual(seeds(runs), this.#listed);
    runs.pin(runs.list[0].id, true);
    this.page.kill();
    const next = this.world.open();
    assert.deepEqual(seeds(next.runs), this.#listed);
    next.kill();
  }

  /** What there is at the end, of the run and of the list. */
  async #end() {
    const { trainer } = this.page;
    const { run } = trainer;
    assert.ok(run);
    assert.ok(run.seconds < MOST_SECONDS, `${run.seconds} s of training`);
    const bytes = await this.world.outcome(trainer.weights(this.#fields));
    this.#look();
    return {
      bits: { history: run.history.map(({ epoch, mse, line }) => ({ epoch, mse, line })), weights: Buffer.from(bytes).toString('base64') },
      heldOuts: run.history.map(({ heldOut }) => heldOut),
    };
  }
}
