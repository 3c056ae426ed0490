// @ts-check

/** What browsers say of a script that does not come: each has other words for it, none of them for a visitor. */
export const MISSING_SCRIPT = /dynamically imported module|Importing a module script/i;
