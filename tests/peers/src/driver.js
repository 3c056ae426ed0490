/**
 * What all peers in the browser share: the data, the initial parameters and the timed training loop. A peer brings
 * createTrainer(config, params), which resolves to
 *
 *     step(W, x, y)    one training step on a mini-batch; a handle on its loss, or a promise of one
 *     mean(handles)    the mean of those losses, read from the device
 *     done()           resolves when everything asked for is done
 *     dispose()
 */

/** sfc32, and normal numbers by Box and Muller. @param {number} seed */
function generator(seed) {
  let [a, b, c, n] = [seed | 0, 0x9e3779b9 | 0, 0x243f6a88 | 0, 1];
  const next = () => {
    const t = (a + b + n++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 16; i++) next();
  const uniform = () => next() / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}

/** Abramowitz and Stegun 7.1.26, |error| < 1.5e-7. @param {number} x */
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - p * Math.exp(-x * x));
}

function makeData({ d, N, seed }) {
  const { normal } = generator(1000 + seed);
  const W = new Float32Array(N * d * d);
  const x = new Float32Array(N * d);
  const y = new Float32Array(N * d);
  for (let i = 0; i < W.length; i++) W[i] = normal();
  for (let i = 0; i < x.length; i++) x[i] = normal();
  for (let row = 0; row < N * d; row++) {
    const from = Math.floor(row / d) * d;
    let z = 0;
    for (let j = 0; j < d; j++) z += W[row * d + j] * x[from + j];
    y[row] = 0.5 * z * (1 + erf(z / Math.SQRT2));
  }
  return { W, x, y };
}

/** Eight tensors, weights as [in, out], in the order Ψ's w1, b1, w2, b2, then Φ's. */
export function shapes({ d, h, m }) {
  const net = [[d, h], [h], [h, m], [m]];
  return [...net, ...net];
}

/** As torch.nn.Linear draws them. */
function initParams(config) {
  const { uniform } = generator(config.seed);
  return shapes(config).map((shape, i) => {
    const bound = 1 / Math.sqrt(i % 4 < 2 ? config.d : config.h);
    return Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => bound * (2 * uniform() - 1));
  });
}

/** The last data, since each sample asks for the same. */
let made = { key: '' };

function dataFor(config) {
  const key = `${config.d},${config.N},${config.seed}`;
  if (made.key !== key) made = { key, ...makeData(config) };
  return made;
}

function gather(from, width, order, start, count) {
  const to = new Float32Array(count * width);
  for (let i = 0; i < count; i++) {
    const at = order[start + i] * width;
    for (let j = 0; j < width; j++) to[i * width + j] = from[at + j];
  }
  return to;
}

/** `window.bench` for a peer; see ../README.md for what it promises. */
export function makeBench(createTrainer) {
  let firstStepMs;
  return async function bench(config) {
    const asked = performance.now();
    const { d, N, B, seed, steps, warmup = 0, readLoss = 'epoch' } = config;
    const data = dataFor(config);
    const dataMs = performance.now() - asked;
    const trainer = await createTrainer(config, initParams(config));
    const { uniform } = generator(2000 + seed);
    const order = Uint32Array.from({ length: N }, (_, i) => i);
    const epochLoss = [];

    async function run(count) {
      for (let s = 0; s < count; ) {
        for (let i = N - 1; i > 0; i--) {
          const j = Math.floor(uniform() * (i + 1));
          [order[i], order[j]] = [order[j], order[i]];
        }
        const handles = [];
        let sum = 0;
        let n = 0;
        for (let b = 0; b + B <= N && s < count; b += B, s++, n++) {
          const loss = await trainer.step(gather(data.W, d * d, order, b, B), gather(data.x, d, order, b, B), gather(data.y, d, order, b, B));
          if (readLoss === 'step') sum += await trainer.mean([loss]);
          else handles.push(loss);
          if (firstStepMs === undefined) {
            await trainer.done();
            firstStepMs = performance.now() - dataMs; // Since navigation, but for the data.
          }
        }
        epochLoss.push(readLoss === 'step' ? sum / n : await trainer.mean(handles));
      }
      await trainer.done();
    }

    await run(warmup);
    epochLoss.length = 0;
    const began = performance.now();
    await run(steps);
    const seconds = (performance.now() - began) / 1000;
    trainer.dispose();
    return { stepsPerSecond: steps / seconds, seconds, epochLoss, firstStepMs };
  };
}
