// @ts-check
/** The page as a newcomer and as Firefox see it, once more, with the files that ship. */
import './shipped.mjs';
import './newcomer.test.mjs';
import './firefox.test.mjs';
