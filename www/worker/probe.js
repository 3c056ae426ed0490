// @ts-check
/**
 * Asks the browser, in plain JavaScript, whether WebGPU is really usable, before any module touches the GPU: what may panic in wasm
 * is only an answer here. Absence is a value, never an exception.
 */

/** @typedef {import('../common/protocol.js').Adapter} Adapter */
/** @typedef {import('../common/protocol.js').Asked} Asked */
/** @typedef {import('../common/protocol.js').Reason} Reason */
/** @typedef {{ usable: true, adapter: Adapter } | { usable: false, reason: Reason, detail: string, adapter: Adapter | null }} Finding */

/** The little of WebGPU that the probe uses, declared here because not every checker knows the API.
 * @typedef {{ vendor?: string, architecture?: string, description?: string, isFallbackAdapter?: boolean }} GpuInfo
 * @typedef {{ destroy(): void }} GpuDevice
 * @typedef {{ info?: GpuInfo, isFallbackAdapter?: boolean, requestDevice(descriptor: object): Promise<GpuDevice> }} GpuAdapter
 * @typedef {{ requestAdapter(options: object): Promise<GpuAdapter | null> }} Gpu
 */

/** Some drivers never answer a page that asks for an adapter. */
const ADAPTER_MS = 4_000;
const DEVICE_MS = 30_000;

/** Software adapters that do not say so in `isFallbackAdapter`. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render/i;

/** What `within` rejects with. */
class TimeoutError extends Error {}

/**
 * The promise's outcome, or a TimeoutError if there is none in time.
 * @template T
 * @param {number} ms
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
export function within(ms, promise) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new TimeoutError(`no answer within ${ms / 1000} s`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * @param {Asked} asked `auto` refuses software adapters, since the CPU backend is faster than they are; a forced `webgpu` takes them
 * @returns {Promise<Finding>}
 */
export async function probe(asked) {
  const gpu = /** @type {{ gpu?: Gpu }} */ (/** @type {unknown} */ (navigator)).gpu;
  if (!gpu) return no('no-webgpu');

  let found;
  try {
    found = await within(ADAPTER_MS, gpu.requestAdapter({ powerPreference: 'high-performance' }));
  } catch (error) {
    return error instanceof TimeoutError ? no('silent') : no('no-adapter', words(error));
  }
  if (!found) return no('no-adapter');

  const adapter = describe(found);
  if (adapter.software && asked === 'auto') return no('software', '', adapter);

  try {
    const device = await within(DEVICE_MS, found.requestDevice({}));
    device.destroy();
  } catch (error) {
    return no('refused', words(error), adapter);
  }
  return { usable: true, adapter };
}

/** @param {unknown} error @returns {string} */
export function words(error) {
  return error instanceof Error ? error.message : String(error);
}

/**
 * @param {Reason} reason
 * @param {string} [detail]
 * @param {Adapter | null} [adapter]
 * @returns {Finding}
 */
function no(reason, detail = '', adapter = null) {
  return { usable: false, reason, detail, adapter };
}

/** @param {GpuAdapter} found @returns {Adapter} */
function describe(found) {
  const { vendor = '', architecture = '', description = '', isFallbackAdapter } = found.info ?? {};
  const software = isFallbackAdapter ?? found.isFallbackAdapter ?? false;
  return { vendor, architecture, description, software: software || SOFTWARE.test(`${architecture} ${description}`) };
}
