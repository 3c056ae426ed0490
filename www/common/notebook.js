// @ts-check
/** The notebook's run. */
import { KEYS } from './keys.js';

/** The notebook's recipe, in numbers. */
export const NOTEBOOK = /** @type {import('./keys.js').Recipe} */ (
  /** @type {unknown} */ (Object.fromEntries(KEYS.filter(({ optional }) => !optional).map(({ name, notebook }) => [name, Number(notebook)])))
);
