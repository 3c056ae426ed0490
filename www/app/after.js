// @ts-check
/** What there is to say once a run has ended: what it comes to beside its floor, and whether the form is of another. Loaded then. */
import { Bound } from '../view/limits/bound.js';
import { Differs } from '../view/run/differs.js';

/** @param {import('./context.js').Context} context */
export function afterRun(context) {
  new Bound(context);
  new Differs(context);
}
