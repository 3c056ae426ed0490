// @ts-check
/** The page as a newcomer sees it, once more, as it is written. */
import '../newcomer.test.mjs';
