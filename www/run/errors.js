// @ts-check
/** The two ways in which a request to a worker ends without an answer. */

/** A request that cannot be met, in a sentence; `key` names the form's field or is empty. */
export class RefusalError extends Error {
  /** @override @type {'RefusalError'} */
  name = 'RefusalError';

  /** @param {string} key @param {string} message */
  constructor(key, message) {
    super(message);
    this.key = key;
  }
}

/** The worker died or was closed before it answered; the message says why. Of a run, `trainer.failure` says why, and the `state` event has told so. */
export class LostError extends Error {
  /** @override @type {'LostError'} */
  name = 'LostError';
}
