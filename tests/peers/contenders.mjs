// @ts-check
/** Who takes part in `cargo xtask bench`, ours first. */

/**
 * A contender is a page that sets `window.bench`, or a process that reads a config and writes a result, line by line, as JSON.
 * @typedef {object} Contender
 * @property {string} name
 * @property {string} [own] the query of our own www/bench.html
 * @property {string} [page] the query of page.html
 * @property {string[]} [argv]
 * @property {Record<string, string>} [env]
 * @property {boolean} [packages] whether it is made of npm packages
 * @property {boolean} [isolated] served cross-origin isolated, for threads
 * @property {number} [late] milliseconds that everything read from the GPU comes late: what is read should not hold up what is computed
 * @property {boolean} [gpu] runs on whatever adapter the browser has
 * @property {boolean} [extra] takes part only where it is asked for by name
 */

const PYTHON = process.env.PEERS_PYTHON || 'python3';

/** @param {string} name @param {string} page @param {Partial<Contender>} [rest] @returns {Contender} */
const packaged = (name, page, rest) => ({ name, page, packages: true, ...rest });

/** @param {string} name @param {string} mode @param {number} threads @param {Partial<Contender>} [rest] @returns {Contender} */
function native(name, mode, threads, rest) {
  const count = String(threads);
  const env = { OMP_NUM_THREADS: count, OPENBLAS_NUM_THREADS: count, MKL_NUM_THREADS: count };
  return { name, argv: [PYTHON, 'native.py', mode], env, ...rest };
}

export const OURS = { cpu: 'phi·psi CPU', webgpu: 'phi·psi WebGPU' };

/** The bound that is no contender. */
export const LIMIT = 'wasm SIMD multiply-add limit';

/** @type {Contender[]} */
export const CONTENDERS = [
  { name: OURS.cpu, own: 'backend=cpu' },
  { name: OURS.webgpu, own: 'backend=webgpu', gpu: true },
  { name: `${OURS.webgpu}, reads 30 ms late`, own: 'backend=webgpu', gpu: true, late: 30 },
  { name: LIMIT, page: 'c=limit' },
  { name: 'plain JS', page: 'c=plain' },
  { name: 'plain JS, tiled', page: 'c=plain&kernels=tiled' },
  packaged('TensorFlow.js cpu', 'c=tfjs&backend=cpu'),
  packaged('TensorFlow.js wasm', 'c=tfjs&backend=wasm'),
  packaged('TensorFlow.js wasm, threads', 'c=tfjs&backend=wasm', { isolated: true, extra: true }),
  packaged('TensorFlow.js webgl', 'c=tfjs&backend=webgl', { gpu: true }),
  packaged('TensorFlow.js webgpu', 'c=tfjs&backend=webgpu', { gpu: true }),
  packaged('jax-js wasm', 'c=jax&backend=wasm'),
  packaged('jax-js wasm, threads', 'c=jax&backend=wasm', { isolated: true, extra: true }),
  packaged('jax-js webgl', 'c=jax&backend=webgl', { gpu: true, extra: true }),
  packaged('jax-js webgpu', 'c=jax&backend=webgpu', { gpu: true }),
  native('PyTorch, notebook loop', 'loader', 1),
  native('PyTorch, tuned', 'tuned', 1),
  native('PyTorch, tuned, 2 threads', 'tuned', 2, { extra: true }),
  native('PyTorch, compiled', 'compile', 1, { extra: true }),
  native('NumPy', 'numpy', 1),
];

/**
 * Those whose name holds one of the words, ours always among them, since everything is held against ours.
 * @param {string[]} only none for all but the extra ones
 */
export function chosen(only) {
  const named = (/** @type {string} */ name) => only.some((word) => name.toLowerCase().includes(word.toLowerCase()));
  return CONTENDERS.filter(({ name, extra }) => name === OURS.cpu || (only.length ? named(name) : !extra));
}
