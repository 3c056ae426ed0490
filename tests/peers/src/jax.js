/** jax-js: the whole step (loss, gradients, Adam, running total of the loss) in one jit(). */
import { blockUntilReady, defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { makeBench, shapes } from './driver.js';

const device = new URLSearchParams(location.search).get('backend');
let ready;
async function setup() {
  const found = await init(device);
  if (!found.includes(device)) throw new Error(`no ${device} device`);
  defaultDevice(device);
}

const mlp = (a, w1, b1, w2, b2) => np.dot(nn.relu(np.dot(a, w1).add(b1)), w2).add(b2);

const makeStep = ({ d, m, B }) => {
  function loss(params, W, x, y) {
    const psi = mlp(x, ...params.slice(0, 4)), phi = mlp(W, ...params.slice(4));
    const pred = np.matmul(phi.reshape([B, d, m]), psi.reshape([B, m, 1])).reshape([B, d]);
    return np.square(pred.sub(y)).mean();
  }
  return jit(({ params, mu, nu, count, total }, W, x, y) => {
    const [value, grads] = valueAndGrad(loss)(tree.ref(params), W, x, y);
    count = count.add(1);
    mu = tree.map((u, g) => u.mul(0.9).add(g.mul(0.1)), mu, tree.ref(grads));
    nu = tree.map((v, g) => v.mul(0.999).add(np.square(g).mul(0.001)), nu, grads);
    const c1 = np.reciprocal(np.subtract(1, np.power(0.9, count.ref)));
    const c2 = np.reciprocal(np.subtract(1, np.power(0.999, count.ref)));
    params = tree.map((p, u, v) => p.sub(u.mul(c1.ref).div(np.sqrt(v.mul(c2.ref)).add(1e-8)).mul(1e-3)), params, tree.ref(mu), tree.ref(nu));
    c1.dispose();
    c2.dispose();
    return { params, mu, nu, count, total: total.add(value) };
  });
};
const compiled = new Map();

async function createTrainer(config, init) {
  await (ready ??= setup());
  const { d, m, h, B } = config, key = [d, m, h, B].join();
  if (!compiled.has(key)) compiled.set(key, makeStep(config));
  const trainStep = compiled.get(key);
  const sh = shapes(config);
  let state = {
    params: init.map((p, i) => np.array(p, { shape: sh[i] })),
    mu: sh.map((s) => np.zeros(s)), nu: sh.map((s) => np.zeros(s)), count: np.array(0.0), total: np.array(0.0),
  };
  let waiting;
  return {
    // jax-js queues every kernel on every output until something waits for one, so each step is awaited, as its MNIST demo
    // does: on a GPU the step before, which keeps its queue fed.
    async step(W, x, y) {
      state = trainStep(state, np.array(W, { shape: [B * d, d] }), np.array(x, { shape: [B, d] }), np.array(y, { shape: [B, d] }));
      const previous = waiting, total = state.total.ref;
      waiting = total.blockUntilReady().then(() => total.dispose());
      await (device.startsWith('webg') ? previous : waiting);
    },
    /** Of the steps since the last call. */
    async mean(handles) {
      const total = await state.total.jsAsync();
      state.total = np.array(0.0);
      return total / handles.length;
    },
    done: async () => { await waiting; await blockUntilReady(state); },
    dispose: () => tree.dispose(state),
  };
}

window.bench = makeBench(createTrainer);
