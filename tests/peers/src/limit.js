/**
 * No peer but a bound: the steps a second of a training step that were nothing but its matrix products, done by the ordinary
 * algorithm, at the rate at which this browser multiplies and adds four floats at a time (../limit/limit.rs).
 */

const { instance } = await WebAssembly.instantiateStreaming(fetch('limit.wasm'));
const { run, per_turn: perTurn } = instance.exports;

/** Multiply-adds of a step: each network forward, and backward for its two weights and the hidden layer; then Φ·Ψ and its two gradients. */
function multiplyAdds({ d, m, h, B }) {
  const rows = B * (d + 1); // Ψ sees a row for each draw, Φ one for each row of W.
  return rows * (2 * d * h + 3 * h * m) + 3 * B * d * m;
}

/** In pieces, since a wasm call cannot be interrupted and counts in 32 bits. */
function runSteps(config, steps) {
  const turns = Math.ceil((steps * multiplyAdds(config)) / perTurn());
  for (let left = turns; left > 0; left -= 2 ** 24) run(Math.min(left, 2 ** 24), 1, 0);
}

window.bench = async (config) => {
  runSteps(config, config.warmup ?? 0);
  const began = performance.now();
  runSteps(config, config.steps);
  const seconds = (performance.now() - began) / 1000;
  return { stepsPerSecond: config.steps / seconds, seconds, epochLoss: [] };
};
