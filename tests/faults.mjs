// @ts-check
/**
 * What may befall a run, one line each: how it is brought about in a world of our own (`unit/world.mjs`) and on the page itself (`e2e/browser.mjs`). And
 * how sequences of them are drawn.
 */
/** @typedef {import('./unit/stage.mjs').Stage} Stage */
/** @typedef {import('./e2e/staged.mjs').Staged} Staged */

/**
 * `gpu` is for runs on a GPU alone. `early` strikes in the first half of a run: what is found out by the next audit is found out before the end.
 * @typedef {{ gpu?: true, early?: true, world: (stage: Stage) => unknown, page: (staged: Staged) => Promise<unknown> }} Fault
 */

/** @param {string} words */
const trap = (words) => new WebAssembly.RuntimeError(words);

/** @type {Record<string, Fault>} */
export const FAULTS = {
  'a trap in the module': {
    world: ({ worker }) => (worker.doom = trap('unreachable')),
    page: ({ inWorker }) => inWorker("world.doom = new WebAssembly.RuntimeError('unreachable')"),
  },
  'memory that does not grow': {
    world: ({ worker }) => (worker.doom = new RangeError('WebAssembly.Memory.grow(): Unable to grow instance memory')),
    page: ({ inWorker }) => inWorker("world.doom = new RangeError('WebAssembly.Memory.grow(): Unable to grow instance memory')"),
  },
  'an exception in the worker': {
    world: ({ worker }) => worker.onerror?.({ message: 'a cosmic ray', preventDefault() {} }),
    page: ({ inWorker }) => inWorker("void setTimeout(() => { throw new Error('a cosmic ray'); })"),
  },
  'a rejection nobody hears': {
    world: ({ worker }) => worker.reject(trap('unreachable')),
    page: ({ inWorker }) => inWorker("void Promise.reject(new WebAssembly.RuntimeError('unreachable'))"),
  },
  'a worker killed without a word': {
    world: ({ worker }) => worker.terminate(),
    page: ({ inWorker }) => inWorker('self.close()', { silent: true }),
  },
  'the GPU is lost': {
    gpu: true,
    world: ({ worker }) => worker.devices.at(-1)?.lose(),
    page: ({ inWorker }) => inWorker('devices.at(-1)?.destroy()'),
  },
  'the GPU reports an error': {
    gpu: true,
    world: ({ worker }) => worker.devices.at(-1)?.complain('a driver’s bug'),
    page: ({ inWorker }) =>
      inWorker("void devices.at(-1)?.dispatchEvent(new GPUUncapturedErrorEvent('uncapturederror', { error: new GPUInternalError('a driver’s bug') }))"),
  },
  'the GPU answers nothing': {
    gpu: true,
    world: ({ worker }) => (worker.hangs = true),
    page: ({ inWorker }) => inWorker('void (GPUBuffer.prototype.mapAsync = () => new Promise(() => {}))', { silent: true }),
  },
  'the GPU computes wrong numbers': {
    gpu: true,
    early: true,
    world: (stage) => stage.goWrong(),
    page: (staged) => staged.goWrong(),
  },
  'the tab is hidden and shown': {
    world: (stage) => {
      stage.hide(true);
      stage.later(30, () => stage.hide(false));
    },
    page: async (staged) => {
      await staged.hide(true);
      staged.later(() => staged.hide(false));
    },
  },
  'the clock jumps': {
    world: ({ world, random }) => (world.shifted += (random() - 0.3) * 36_000_000),
    page: ({ inPage, random }) => inPage(`void (world.shifted += ${(random() - 0.3) * 36_000_000})`),
  },
  'the machine sleeps': {
    world: ({ world }) => {
      world.ms += 8 * 3_600_000;
    },
    page: async ({ inPage, inWorker }) => {
      for (const within of [inPage, inWorker]) await within('void (world.slept += 8 * 3_600_000)');
    },
  },
  'the network is lost and comes back': {
    world: (stage) => {
      stage.world.online = false;
      stage.later(60, () => (stage.world.online = true));
    },
    page: async (staged) => {
      staged.network = 'lost';
      staged.later(() => (staged.network = 'well'));
    },
  },
  'storage is full for a while': {
    world: (stage) => stage.storage('full'),
    page: (staged) => staged.storage('full'),
  },
  'storage is refused for a while': {
    world: (stage) => stage.storage('refused'),
    page: (staged) => staged.storage('refused'),
  },
  'another tab trains and writes': {
    world: (stage) => stage.otherTab(),
    page: (staged) => staged.otherTab(),
  },
  'the page is killed and loaded again': {
    world: (stage) => stage.reload(),
    page: (staged) => staged.reload(),
  },
  'paused and resumed': {
    world: (stage) => stage.pause(),
    page: (staged) => staged.pause(),
  },
  'the kept checkpoint is damaged, and the page loaded again': {
    world: (stage) => {
      stage.damage();
      stage.reload();
    },
    page: async (staged) => {
      await staged.damage();
      await staged.reload();
    },
  },
  'two deployments under the open page': {
    world: ({ world }) => (world.deployed += 2),
    page: async (staged) => (staged.network = 'another build'),
  },
};

/** Numbers from 0 to 1 that follow from a seed (mulberry32). @param {number} seed */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A fault, and when it strikes: as a share of the run's epochs, or at once behind the one before. @typedef {{ name: string, at: number, atOnce: boolean }} Drawn */

/** Five faults, in the order in which they strike. @param {() => number} random @param {boolean} gpu @returns {Drawn[]} */
export function drawn(random, gpu) {
  const names = Object.keys(FAULTS).filter((name) => gpu || !FAULTS[name].gpu);
  const some = Array.from({ length: 5 }, () => {
    const name = names[Math.floor(random() * names.length)];
    return { name, at: random() * (FAULTS[name].early ? 0.5 : 0.95), atOnce: random() < 0.25 };
  });
  return some.sort((one, other) => one.at - other.at);
}

/** In words, to be repeated. @param {number} seed @param {readonly Drawn[]} faults */
export function told(seed, faults) {
  return `seed ${seed}: ${faults.map(({ name, at, atOnce }) => `${name} (${atOnce ? 'at once' : at.toFixed(2)})`).join(' → ')}`;
}
