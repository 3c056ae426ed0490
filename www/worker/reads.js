// @ts-check
/**
 * Has what is read from a GPU come in as soon as it is there. Firefox looks ten times a second whether a device is done (its bug 1870699), and whenever
 * something is submitted: as long as something is being read, nothing is submitted to it, again and again.
 */

/** The little of WebGPU that is used here. @typedef {{ submit(commands: []): void, onSubmittedWorkDone(): Promise<unknown> }} Queue */

/** Between two empty submissions; a worker's timers come no faster. */
const EVERY_MS = 4;

/** An idle queue that answers later than this waits until the browser looks. */
const PROMPT_MS = 20;

/** Sees to the reads of a new device, where the browser does not tell of them by itself. @param {Queue} queue the device's, idle */
export async function hasten(queue) {
  if ((await prompt(queue)) && (await prompt(queue))) return;
  const { prototype } = GPUBuffer;
  const { mapAsync } = prototype;
  let reads = 0;
  /** @type {ReturnType<typeof setInterval>} */
  let timer;
  const ended = () => {
    reads -= 1;
    if (reads === 0) clearInterval(timer);
  };
  prototype.mapAsync = function (...rest) {
    const mapped = mapAsync.apply(this, rest);
    if (reads === 0) timer = setInterval(() => queue.submit([]), EVERY_MS);
    reads += 1;
    mapped.then(ended, ended);
    return mapped;
  };
}

/** Whether an idle queue says at once that it is done; one that is looked at ten times a second cannot twice in a row. @param {Queue} queue @returns {Promise<boolean>} */
function prompt(queue) {
  return new Promise((resolve) => {
    setTimeout(resolve, PROMPT_MS, false);
    void queue.onSubmittedWorkDone().then(() => resolve(true));
  });
}
