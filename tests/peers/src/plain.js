/** A hand-written step in JavaScript: flat Float32Arrays, nothing allocated in a step. */
import { makeBench } from './driver.js';

const kernels = await import(new URLSearchParams(location.search).get('kernels') === 'tiled' ? './tiled.js' : './loops.js');
const { linear, gradWeight, gradHidden } = kernels;

class Net {
  constructor(params, n, { d, h, m }) {
    Object.assign(this, { params, n, d, h, m });
    const f = (size) => new Float32Array(size);
    this.hid = f(n * h); this.out = f(n * m); this.gOut = f(n * m); this.gHid = f(n * h);
    this.grads = params.map((p) => f(p.length));
  }
  forward(input) {
    const { params: [w1, b1, w2, b2], n, d, h, m } = this;
    this.input = input;
    linear(this.hid, input, w1, b1, n, d, h, true);
    linear(this.out, this.hid, w2, b2, n, h, m, false);
  }
  backward() {
    const { params: [, , w2], grads: [gw1, gb1, gw2, gb2], n, d, h, m } = this;
    gradWeight(gw2, gb2, this.hid, this.gOut, n, h, m);
    gradHidden(this.gHid, this.gOut, w2, this.hid, n, h, m);
    gradWeight(gw1, gb1, this.input, this.gHid, n, d, h);
  }
}

function createTrainer(config, params) {
  const { d, m, B } = config;
  const psi = new Net(params.slice(0, 4), B, config), phi = new Net(params.slice(4), B * d, config);
  const grads = [...psi.grads, ...phi.grads];
  const mom = grads.map((g) => new Float32Array(g.length)), vel = grads.map((g) => new Float32Array(g.length));
  let t = 0;

  function step(W, x, y) {
    psi.forward(x);
    phi.forward(W);
    psi.gOut.fill(0);
    let loss = 0;
    const inv = 1 / (B * d);
    for (let r = 0; r < B * d; r++) {
      const po = Math.floor(r / d) * m, fo = r * m;
      let pred = 0;
      for (let j = 0; j < m; j++) pred += phi.out[fo + j] * psi.out[po + j];
      const e = pred - y[r], g = 2 * e * inv;
      loss += e * e;
      for (let j = 0; j < m; j++) {
        phi.gOut[fo + j] = g * psi.out[po + j];
        psi.gOut[po + j] += g * phi.out[fo + j];
      }
    }
    psi.backward();
    phi.backward();
    t++;
    const c1 = 1e-3 / (1 - 0.9 ** t), c2 = 1 / Math.sqrt(1 - 0.999 ** t);
    for (let i = 0; i < params.length; i++) {
      const p = params[i], g = grads[i], a = mom[i], b = vel[i];
      for (let j = 0; j < p.length; j++) {
        a[j] = 0.9 * a[j] + 0.1 * g[j];
        b[j] = 0.999 * b[j] + 0.001 * g[j] * g[j];
        p[j] -= c1 * a[j] / (Math.sqrt(b[j]) * c2 + 1e-8);
      }
    }
    return loss * inv;
  }
  return { step, mean: async (ls) => ls.reduce((a, b) => a + b) / ls.length, done: async () => {}, dispose() {} };
}

window.bench = makeBench(createTrainer);
