// @ts-check
/**
 * Loads the wasm modules and chooses between them. The CPU module is always loaded; the WebGPU module only after the probe has
 * succeeded, and it is believed only after three training steps that agree with the CPU's.
 */
import { BUILD } from '../shell/build.js';
import { watchDevices } from './device-watch.js';
import { introduce } from './layers.js';
import { agree, list } from './keeper.js';
import { probe, within, words } from './probe.js';

/** @typedef {import('../common/protocol.js').Asked} Asked */
/** @typedef {import('../common/protocol.js').Engine} Engine */
/** @typedef {import('../common/protocol.js').Verdict} Verdict */

/** The first use of a device compiles its pipelines, which may take a slow machine half a minute. */
const DEVICE_MS = 30_000;
const SELF_CHECK_MS = 60_000;

/**
 * WebGPU was usable by all appearances, and then its module failed. The worker that holds a trapped module is not to be trusted any
 * more: it hands the verdict to the page, which replaces it.
 */
export class UnfitError extends Error {
  /** @param {Verdict} verdict */
  constructor(verdict) {
    super(verdict.detail);
    this.verdict = verdict;
  }
}

/** @template [Module=Engine] @param {'cpu' | 'webgpu' | 'lab'} name @returns {Promise<Module>} */
export async function loadModule(name) {
  const { script, wasm, integrity } = BUILD.modules[name];
  // Both parts are asked for at once; the script alone would ask for the other only when it has come itself.
  const binary = fetched(new URL(wasm, import.meta.url), integrity, name === 'webgpu' ? 'low' : 'auto');
  binary.catch(() => {}); // Where the script fails first, nobody waits for this.
  const module = await import(new URL(script, import.meta.url).href);
  await module.default({ module_or_path: binary });
  introduce(module);
  return module;
}

/**
 * A file that is the one this page was built with. What came cut off, altered, or of another build is asked for once more, past the cache,
 * which may be what keeps it. Holding it to its hash costs compiling while it comes: at 10 Mbit/s that took the CPU module 0.08 s longer in Chrome and
 * 0.03 s in Firefox, the WebGPU module half a second of six.
 * @param {URL} address @param {string} integrity @param {RequestPriority} priority what the page needs at once goes before what it may need
 */
async function fetched(address, integrity, priority) {
  let status = 0;
  for (const cache of /** @type {const} */ (['default', 'reload'])) {
    const response = await fetch(address, { integrity, cache, priority }).catch(() => null);
    if (response?.ok) return response;
    status = response?.status ?? 0;
  }
  const file = address.pathname.split('/').at(-1);
  throw new Error(status ? `the server answered ${status} for ${file}` : `${file} did not arrive, or not as this page was built with it`);
}

/**
 * @param {Asked} asked
 * @param {Engine} cpu
 * @param {Promise<never>} trap rejects when the module dies in a way that leaves its promises unsettled
 * @param {(error: Error) => void} tell hears of what befalls the device, as long as it is used
 * @returns {Promise<{ engine: Engine, verdict: Verdict }>}
 */
export async function chooseBackend(asked, cpu, trap, tell) {
  if (asked === 'cpu') {
    return { engine: cpu, verdict: { backend: 'cpu', reason: 'asked', detail: '', adapter: null } };
  }
  const finding = await probe(asked);
  if (!finding.usable) {
    const { reason, detail, adapter } = finding;
    return { engine: cpu, verdict: { backend: 'cpu', reason, detail, adapter } };
  }
  const { adapter } = finding;
  watchDevices(tell);

  /** @type {(reason: 'refused' | 'self-check', error: unknown) => UnfitError} */
  const unfit = (reason, error) => new UnfitError({ backend: 'cpu', reason, detail: words(error), adapter });

  let engine;
  try {
    engine = await Promise.race([loadModule('webgpu'), trap]);
    await Promise.race([within(DEVICE_MS, engine.openDevice()), trap]);
    // Asked in JavaScript: a browser that names no adapter may still say that it is one in software.
    engine.planFor?.(adapter.software);
  } catch (error) {
    throw unfit('refused', error);
  }
  try {
    const ours = await cpu.selfCheck();
    const theirs = await Promise.race([within(SELF_CHECK_MS, engine.selfCheck()), trap]);
    if (!agree(ours, theirs)) throw new Error(`losses ${list(theirs)} instead of ${list(ours)}`);
  } catch (error) {
    throw unfit('self-check', error);
  }
  return { engine, verdict: { backend: 'webgpu', reason: 'webgpu', detail: '', adapter } };
}

/**
 * The same in a worker that ends with what it finds out: a WebGPU module that failed is only a verdict there.
 * @param {Pick<import('./host.js').Host<any, any, any>, 'guarded' | 'surface'>} host @param {Asked} asked @param {Engine} cpu
 * @returns {Promise<{ engine: Engine, verdict: Verdict }>}
 */
export async function tryBackend(host, asked, cpu) {
  try {
    return await host.guarded((trap) => chooseBackend(asked, cpu, trap, (error) => host.surface(error)));
  } catch (error) {
    if (!(error instanceof UnfitError)) throw error;
    return { engine: cpu, verdict: error.verdict };
  }
}
