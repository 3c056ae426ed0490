// @ts-check
/** Imported before browser.mjs: the tests of this file visit what ships. */
const { PHI_PSI_SHIPPED_URL } = process.env;
if (!PHI_PSI_SHIPPED_URL) throw new Error('these tests are run by: cargo xtask test --only e2e');
process.env.PHI_PSI_URL = PHI_PSI_SHIPPED_URL;
