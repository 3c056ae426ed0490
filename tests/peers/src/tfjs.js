/** TensorFlow.js with its core operations: variables, and one tidied optimizer.minimize in each step. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { makeBench, shapes } from './driver.js';

const backend = new URLSearchParams(location.search).get('backend');
async function setup() {
  if (backend === 'cpu') await import('@tensorflow/tfjs-backend-cpu');
  if (backend === 'webgl') await import('@tensorflow/tfjs-backend-webgl');
  if (backend === 'webgpu') await import('@tensorflow/tfjs-backend-webgpu');
  if (backend === 'wasm') (await import('@tensorflow/tfjs-backend-wasm')).setWasmPaths('./');
  tf.enableProdMode();
  if (!await tf.setBackend(backend)) throw new Error(`no ${backend} backend`);
  await tf.ready();
}
let ready;

async function createTrainer(config, params) {
  await (ready ??= setup());
  const { d, m, B } = config;
  const vars = shapes(config).map((s, i) => tf.variable(tf.tensor(params[i], s)));
  const adam = tf.train.adam(1e-3, 0.9, 0.999, 1e-8);
  const mlp = (a, w1, b1, w2, b2) => tf.add(tf.matMul(tf.relu(tf.add(tf.matMul(a, w1), b1)), w2), b2);
  function step(W, x, y) {
    return tf.tidy(() => {
      const tW = tf.tensor2d(W, [B * d, d]), tx = tf.tensor2d(x, [B, d]), ty = tf.tensor2d(y, [B, d]);
      return adam.minimize(() => {
        const psi = mlp(tx, ...vars.slice(0, 4)), phi = mlp(tW, ...vars.slice(4));
        const pred = tf.reshape(tf.matMul(tf.reshape(phi, [B, d, m]), tf.reshape(psi, [B, m, 1])), [B, d]);
        return tf.mean(tf.square(tf.sub(pred, ty)));
      }, true);
    });
  }
  async function mean(handles) {
    const t = handles.length === 1 ? handles[0] : tf.tidy(() => tf.mean(tf.stack(handles)));
    const v = (await t.data())[0];
    tf.dispose([t, handles]);
    return v;
  }
  return {
    step, mean,
    done: async () => { await vars[vars.length - 1].data(); },
    dispose() { tf.dispose(vars); adam.dispose(); },
  };
}

window.bench = makeBench(createTrainer);
