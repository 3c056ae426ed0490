// @ts-check
/**
 * Gives a worker's event loop a turn, so that messages arrive: `await` on a module's promises yields only microtasks. Not a timer: those are
 * throttled in the background and clamped to 4 ms.
 */

const channel = new MessageChannel();
/** @type {(() => void)[]} */
const waiting = [];
channel.port1.onmessage = () => waiting.shift()?.();

export function macrotask() {
  return /** @type {Promise<void>} */ (
    new Promise((resolve) => {
      waiting.push(resolve);
      channel.port2.postMessage(0);
    })
  );
}
