// @ts-check
/**
 * The bench: how fast this machine trains, size by size, on both backends.
 *
 * For a visitor it fills a table, each line in a worker of its own (bench-worker.js), as the page trains in one. For a harness it sets
 * `window.bench`, which times the same modules in the page itself: no message comes between a step and the next either way, and there
 * a harness can count what the page asks of the GPU. `?backend=cpu` (the default) or `webgpu` is the backend of `window.bench`; there
 * `&kernels=card` or `software`, and `&memory=` bytes of a workgroup's, time the kernels of another adapter than the present one.
 */
import { pageAnnouncer } from '../dom/announcer.js';
import { copyText } from '../dom/clipboard.js';
import { loadModule } from '../worker/backend.js';
import { BACKENDS, BenchTable, LABELS, SIZES } from './bench-table.js';
import { byId } from '../dom/dom.js';
import { probe } from '../worker/probe.js';
import { kindOf } from '../worker/pump.js';
import { named, obstacle } from '../common/reasons.js';
import { spawn } from '../shell/spawn.js';
import { TimedRun } from '../worker/timing.js';

/** @typedef {import('./bench-table.js').Line} Line */
/** @typedef {import('./bench-table.js').Size} Size */
/** @typedef {import('../common/protocol.js').FromBench} FromBench */
/** @typedef {import('../common/protocol.js').ToBench} ToBench */
/** @typedef {import('../common/protocol.js').Adapter} Adapter */
/** @typedef {import('../common/protocol.js').Backend} Backend */
/** @typedef {import('../common/protocol.js').Engine} Engine */
/** @typedef {import('../common/protocol.js').Workload} Workload */

/** @typedef {{ engine: Engine, kind: import('../worker/pump.js').Kind }} Loaded */

/** What a harness asks for. @typedef {Workload & { steps: number, warmup?: number }} BenchConfig */

/** What it gets: `epochLoss` over the timed steps, `draws` where N did not fit, `firstStepMs` from navigation to the first step of the
 * first call, its data drawn and (on WebGPU) its pipelines compiled.
 * @typedef {{ stepsPerSecond: number, seconds: number, epochLoss: number[], firstStepMs: number, draws: number }} BenchResult */

/** Software WebGPU takes longer than this for some large steps; nobody should wait for that unawares. */
const PATIENCE_MS = 40_000;

/** How a line of the table ended. @typedef {Exclude<FromBench, { type: 'chosen' | 'first' }> | { type: 'stopped' }} Ending */

harness();
pageAnnouncer();
visit();

/** Sets `window.bench`. */
function harness() {
  const asked = new URLSearchParams(location.search);
  const backend = asked.get('backend');
  // Where the address asks for a backend, somebody waits for it; a visitor's lines have their own.
  let loaded = backend === null ? undefined : load(backend, asked);
  loaded?.catch(() => {}); // Told to whoever calls.
  /** @type {number | undefined} */
  let firstStepMs;

  /** @param {BenchConfig} config @returns {Promise<BenchResult>} */
  async function bench({ steps, warmup = 0, ...workload }) {
    loaded ??= load('cpu', asked);
    firstStepMs ??= await timed(await loaded, workload, async (run) => {
      await run.lap(1);
      return performance.now();
    });
    const first = firstStepMs;
    return timed(await loaded, workload, async (run) => {
      await run.lap(warmup);
      const { seconds, epochLoss } = await run.lap(steps);
      return { stepsPerSecond: steps / seconds, seconds, epochLoss, firstStepMs: first, draws: run.draws };
    });
  }
  Object.assign(window, { bench });
}

/**
 * @template T
 * @param {Loaded} loaded @param {Workload} workload @param {(run: TimedRun) => Promise<T>} work @returns {Promise<T>}
 */
async function timed({ engine, kind }, workload, work) {
  const run = await TimedRun.open(engine, workload, kind);
  try {
    return await work(run);
  } finally {
    run.free();
  }
}

/** A module with its device open. @param {string} backend @param {URLSearchParams} asked @returns {Promise<Loaded>} */
async function load(backend, asked) {
  if (backend !== 'cpu' && backend !== 'webgpu') throw new Error(`backend=${backend}: the choices are cpu and webgpu`);
  let adapter = null;
  if (backend === 'webgpu') {
    // Asked in plain JavaScript first, since the module's own answer may be a trap.
    const finding = await probe('webgpu');
    if (!finding.usable) throw new Error(obstacle({ ...finding, backend: 'cpu' }));
    ({ adapter } = finding);
  }
  /** @type {Engine} */
  const engine = await loadModule(backend);
  await engine.openDevice();
  const [kernels, memory] = [asked.get('kernels'), asked.get('memory')];
  if (kernels || memory) engine.planFor?.(kernels ? kernels === 'software' : adapter?.software === true, memory ? Number(memory) : undefined);
  return { engine, kind: kindOf(backend, adapter) };
}

/** Gives the visitor the table, and a button that fills it. */
function visit() {
  const box = byId('bench', HTMLElement);
  const start = byId('start', HTMLButtonElement);
  const status = byId('status', HTMLElement);
  const remark = byId('remark', HTMLElement);
  const crossover = byId('crossover', HTMLElement);
  const text = byId('text', HTMLElement);
  const copy = byId('copy', HTMLButtonElement);
  const table = new BenchTable();
  /** @type {AbortController | null} */
  let running = null;

  start.addEventListener('click', () => (running ? running.abort() : void run()));
  copy.addEventListener('click', () => void copyText(copy, text.textContent ?? '', () => getSelection()?.selectAllChildren(text)));
  start.disabled = false;

  async function run() {
    const stop = new AbortController();
    running = stop;
    table.clear();
    remark.textContent = crossover.textContent = '';
    start.textContent = 'Stop';
    box.dataset.state = 'running';
    // Backend by backend: where WebGPU is missing, that is known after one line.
    for (const backend of BACKENDS) {
      for (const size of SIZES) {
        if (stop.signal.aborted) break;
        status.textContent = `Timing ${size.name.toLowerCase()} on ${LABELS[backend]} …`;
        const ending = await measure(size, backend, stop.signal);
        write();
        if (ending.type === 'unusable') break;
      }
    }
    running = null;
    start.textContent = 'Run again';
    box.dataset.state = stop.signal.aborted ? 'stopped' : 'done';
    status.textContent = stop.signal.aborted ? 'Stopped.' : 'Done.';
    crossover.textContent = table.verdict();
    write();
  }

  function write() {
    const parts = [table.text(), table.verdict(), remark.textContent, navigator.userAgent];
    text.textContent = parts.filter(Boolean).join('\n');
  }

  /** One line of the table. @param {Size} size @param {Backend} backend @param {AbortSignal} signal @returns {Promise<Ending>} */
  async function measure(size, backend, signal) {
    const show = (/** @type {Line} */ line) => table.show(size, backend, line);
    show({ trouble: '…' });
    const ending = await timeInWorker(backend, size.workload, signal, ({ firstMs, adapter }) => {
      if (adapter?.software)
        remark.textContent = `The only WebGPU adapter here (${named(adapter)}) is itself a program on the CPU: its numbers say nothing of a graphics card.`;
      show({ firstMs, trouble: '…' });
    });
    const { firstMs } = table.line(size, backend);
    switch (ending.type) {
      case 'measured':
        show({ firstMs, rate: ending.rate });
        break;
      case 'unusable':
        remark.textContent = `WebGPU cannot be timed: ${obstacle(ending.verdict)}. The CPU’s numbers stand alone.`;
        for (const each of SIZES) table.show(each, backend, { trouble: 'not usable' });
        break;
      case 'failed':
        show({ firstMs, trouble: ending.message });
        break;
      case 'stopped':
        show({ firstMs, trouble: 'stopped' });
    }
    return ending;
  }
}

/**
 * Times a workload in a worker of its own, which ends with it.
 * @param {Backend} backend @param {Workload} workload @param {AbortSignal} signal
 * @param {(soFar: { firstMs?: number, adapter?: Adapter | null }) => void} tell once the module is there, and once the first step is done
 * @returns {Promise<Ending>}
 */
async function timeInWorker(backend, workload, signal, tell) {
  const began = performance.now();
  const worker = spawn(new URL('../worker/bench-worker.js', import.meta.url));
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  try {
    return await new Promise((/** @type {(ending: Ending) => void} */ resolve) => {
      const fail = (/** @type {string} */ message) => resolve({ type: 'failed', message });
      timer = setTimeout(() => fail(`no result within ${PATIENCE_MS / 1000} s`), PATIENCE_MS);
      signal.addEventListener('abort', () => resolve({ type: 'stopped' }));
      worker.onerror = (event) => {
        event.preventDefault();
        fail(event.message || 'its worker could not be started');
      };
      worker.onmessage = ({ data }) => {
        const message = /** @type {FromBench} */ (data);
        if (message.type === 'chosen') tell({ adapter: message.adapter });
        else if (message.type === 'first') tell({ firstMs: performance.now() - began });
        else resolve(message);
      };
      /** @type {ToBench} */
      const message = { type: 'measure', backend, workload };
      worker.postMessage(message);
    });
  } finally {
    clearTimeout(timer);
    worker.terminate();
  }
}
