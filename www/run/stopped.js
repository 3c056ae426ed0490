// @ts-check
import { RefusalError } from './errors.js';

/** The lab stopped before it answered: what it was asked is not to blame, and may be asked again. Apart from the other errors, which a first visit loads. */
export class StoppedError extends RefusalError {}
