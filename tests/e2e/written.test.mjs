// @ts-check
/** The page as a newcomer and as Firefox see it, once more, as it is written. */
import './written.mjs';
import './newcomer.test.mjs';
import './firefox.test.mjs';
