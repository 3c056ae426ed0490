// @ts-check
/** Imported before browser.mjs: the tests of this file visit the page as it is written, in which one file can be put in another's place. */
process.env.PHI_PSI_VISITED = process.env.PHI_PSI_URL;
