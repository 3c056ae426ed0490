// @ts-check
/** What the page says about the backend: one sentence for each reason. */

/** @typedef {import('./protocol.js').Adapter} Adapter */
/** @typedef {import('./protocol.js').Asked} Asked */
/** @typedef {import('./protocol.js').Reason} Reason */
/** @typedef {import('./protocol.js').Verdict} Verdict */

/** @type {Record<Reason, (detail: string) => string>} */
const BECAUSE = {
  webgpu: () => 'it is there, and three training steps on it agree with the CPU’s',
  asked: () => 'the address of this page asks for it (?backend=cpu)',
  switched: () => 'you switched to it',
  'no-webgpu': () => 'this browser offers no WebGPU',
  'no-adapter': (detail) => `the browser has WebGPU but found no graphics adapter for it${colon(detail)}`,
  silent: () => 'the graphics driver gave no answer within 4 seconds',
  software: () => 'the only WebGPU adapter here is itself a program on the CPU, which would be slower',
  slower: (detail) => `it is faster for this recipe: ${detail}`,
  refused: (detail) => `WebGPU could not be started${colon(detail)}`,
  'self-check': (detail) => `three training steps on WebGPU did not agree with the CPU’s${colon(detail)}`,
  lost: () => 'WebGPU failed during a run, and is tried once more',
  gone: () => 'WebGPU failed; reload the page to try it again',
  wrong: () => 'WebGPU computed wrong numbers during a run; reload the page to try it again',
};

/** @type {Record<import('./protocol.js').Backend, string>} */
export const NAMES = { webgpu: 'WebGPU', cpu: 'the CPU' };

/** Which backend runs, on what, and why. @param {Verdict} verdict */
export function explain({ backend, reason, detail, adapter }) {
  const where = backend === 'webgpu' && adapter ? ` on ${named(adapter)}` : '';
  const seen = backend === 'cpu' && adapter ? ` (the adapter: ${named(adapter)})` : '';
  return { name: NAMES[backend], where, why: `${BECAUSE[reason](detail)}${seen}` };
}

/** Said when a WebGPU that was asked for ends on the CPU. @param {Verdict} verdict @param {boolean} byAddress whether the address asked for it */
export function regret({ reason, detail }, byAddress) {
  return `WebGPU was asked for${byAddress ? ' (?backend=webgpu)' : ''}, but ${BECAUSE[reason](detail)}. The run is on the CPU instead.`;
}

/** Why WebGPU cannot be used, as the end of a sentence. @param {Verdict} verdict */
export function obstacle({ reason, detail }) {
  return BECAUSE[reason](detail);
}

/** @param {Adapter} adapter */
export function named({ vendor, architecture, description, software }) {
  const name = [vendor, architecture, description].filter(Boolean).join(' ') || 'an adapter that does not say its name';
  return software ? `${name}, in software` : name;
}

/** @param {string} detail */
function colon(detail) {
  return detail ? `: ${detail.replace(/\.$/, '')}` : '';
}
