// @ts-check
/** Hears of what befalls a GPU device that a module opens by itself: that it is lost, and errors that nobody else catches. And sees to its reads. */
import { hasten } from './reads.js';

/** The little of WebGPU that is used here.
 * @typedef {{ lost: Promise<{ reason: string, message: string }>, queue: import('./reads.js').Queue, addEventListener(type: 'uncapturederror', listener: (event: { error: { message: string } }) => void): void }} Device
 * @typedef {{ prototype: { requestDevice: (...rest: unknown[]) => Promise<Device> } }} AdapterClass
 */

/** What befell a device, in words for the visitor. */
export class DeviceError extends Error {}

/** From now on `tell` hears of every device that is opened in this worker. @param {(error: DeviceError) => void} tell */
export function watchDevices(tell) {
  const { GPUAdapter } = /** @type {{ GPUAdapter?: AdapterClass }} */ (/** @type {unknown} */ (globalThis));
  if (!GPUAdapter) return;
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (...rest) {
    const device = await requestDevice.apply(this, rest);
    void device.lost.then(({ message }) => tell(new DeviceError(`the GPU was lost${message ? `: ${message}` : ''}`)));
    device.addEventListener('uncapturederror', ({ error }) => tell(new DeviceError(`the GPU reported an error: ${error.message}`)));
    await hasten(device.queue);
    return device;
  };
}
