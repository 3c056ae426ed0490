// @ts-check
/**
 * Keeps a run from being lost: decides when a checkpoint is worth taking, and holds a GPU to the CPU now and then.
 *
 * A checkpoint has its cost, so the next one is asked for when fifty times that has gone by, and some time on a GPU: a session keeps it as the next epoch ends, and it
 * comes in with that epoch's report. An audit computes the mini-batches that follow a checkpoint once more, on the CPU: three losses, of which
 * the last depend on Adam's steps, are to be those that the GPU reported. What a run goes on from is audited first, and no run is done before the
 * newest that can be audited has been.
 */
import { later } from '../common/later.js';

/** @typedef {import('../common/protocol.js').Checkpoint} Checkpoint */
/** @typedef {import('../common/protocol.js').Report} Report */
/** @typedef {import('../common/protocol.js').Session} Session */

/** An audit computes steps again, and a device that went wrong stays so. */
const LEAST_AUDIT_MS = 1_000;

/** A GPU's checkpoint costs nothing that can be measured here, but what is asked of it has to end there. */
const LEAST_GPU_MS = 250;

/** Losses are single precision and summed in another order on a GPU; a wrong kernel is off by far more. */
const TOLERANCE = 1e-3;

/** What a GPU computed is wrong. */
export class WrongError extends Error {}

/** Whether a device's losses are the CPU's, up to rounding. @param {ArrayLike<number>} ours @param {ArrayLike<number>} theirs */
export function agree(ours, theirs) {
  return (
    ours.length === theirs.length && Array.from(ours).every((loss, i) => Object.is(loss, theirs[i]) || Math.abs(theirs[i] - loss) <= TOLERANCE * Math.abs(loss))
  );
}

/** @param {ArrayLike<number>} losses */
export function list(losses) {
  return Array.from(losses, (loss) => loss.toPrecision(5)).join(', ');
}

export class Keeper {
  #audit;
  #careful;
  /** The newest checkpoint that nobody has taken yet. @type {Checkpoint | null} */
  #kept = null;
  /** The last one that was audited, and that nobody has heard of yet. @type {Checkpoint | null} */
  #audited = null;
  /** The newest one, until the epoch behind it comes in. @type {Checkpoint | null} */
  #newest;
  /** The newest one of which that has come in, with its losses, until it is audited. @type {{ from: Checkpoint, losses: ArrayLike<number> } | null} */
  #open = null;
  /** The epoch of the last checkpoint. */
  #last = -1;
  #due = 0;
  #auditDue = 0;
  /** Whether one has been asked for and has not come in. */
  #asked = false;
  /** The epoch at whose end a solution took the place of the weights. */
  #solved;

  /**
   * @param {((checkpoint: Uint8Array) => Float32Array) | null} audit computes on the CPU what follows a checkpoint; null where the CPU trains
   * @param {number} careful the epoch up to which every one is kept, since a worker has died there
   * @param {Checkpoint | null} [from] what the run goes on from
   */
  constructor(audit, careful, from = null) {
    this.#audit = audit;
    this.#careful = careful;
    this.#newest = from;
    this.#solved = from?.solved ? from.epoch : -1;
  }

  /** Whether the solution at the end of an epoch has taken the place of the weights. @param {number} epoch */
  hasSolved(epoch) {
    return this.#solved === epoch;
  }

  /** A solution has taken the place of the weights: what was kept of this epoch's end is of the time before. @param {Session} session */
  async solved(session) {
    this.#solved = session.epoch;
    this.#newest = null;
    // What was asked of the session before this one does not know.
    this.#asked = false;
    await this.#take(session, session.epoch);
  }

  /** Before more is asked for. @param {Session} session */
  ask(session) {
    if (this.#asked || (performance.now() < this.#due && session.epoch >= this.#careful)) return;
    session.keep();
    this.#asked = true;
  }

  /** The learning rate has changed: what follows the last checkpoint is not what would have followed. */
  change() {
    this.#newest = null;
  }

  /**
   * With each epoch that comes in.
   * @param {Session} session @param {Report} report
   * @throws {WrongError} if its first losses are not what the CPU makes of the checkpoint before
   */
  async follow(session, { epoch, losses, kept }) {
    if (this.#newest?.epoch === epoch - 1) this.#open = { from: this.#newest, losses };
    this.#newest = null;
    if (performance.now() >= this.#auditDue) this.#hold();
    if (!kept) return;
    this.#asked = false;
    await this.#take(session, epoch);
  }

  /**
   * Where the run stops: what can be kept of it is, and of one that is done the last can be audited no later.
   * @param {Session} session
   * @throws {WrongError} as `follow` does
   */
  async settle(session) {
    if (session.done && !session.diverged) this.#hold();
    if (this.#last !== session.epoch) await this.#take(session, session.epoch);
  }

  /** @param {Session} session @param {number} epoch */
  async #take(session, epoch) {
    const began = performance.now();
    const bytes = await session.checkpoint();
    this.#due = later(began, this.#audit ? LEAST_GPU_MS : 0);
    if (!bytes) return;
    this.#last = epoch;
    const solved = this.#solved === epoch;
    this.#kept = { epoch, bytes, solved };
    // A copy, since the page is given the first one's memory.
    if (this.#audit) this.#newest = { epoch, bytes: bytes.slice(), solved };
  }

  /** Holds what can be audited to the CPU. */
  #hold() {
    const open = this.#open;
    this.#open = null;
    if (!open || !this.#audit) return;
    const began = performance.now();
    const ours = this.#audit(open.from.bytes);
    this.#auditDue = later(began, LEAST_AUDIT_MS);
    const { from, losses } = open;
    if (!agree(ours, losses)) throw new WrongError(`epoch ${from.epoch + 1} began with losses ${list(losses)} instead of ${list(ours)}`);
    this.#audited = from;
  }

  /** What is new to the page. @returns {{ checkpoint?: Checkpoint, audited?: Checkpoint }} */
  take() {
    const news = { ...(this.#kept && { checkpoint: this.#kept }), ...(this.#audited && { audited: this.#audited }) };
    this.#kept = null;
    this.#audited = null;
    return news;
  }
}
