// @ts-check
/** The recorded bits in Chrome; firefox.test.mjs and webkit.test.mjs have them for their browsers. */
import { visitors } from './browser.mjs';
import { recordedBits } from './recorded-bits.mjs';

recordedBits(visitors(), 'Chrome');
