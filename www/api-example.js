// @ts-check
import { openRun } from './api.js';

const run = await openRun({ d: 2, m: 16, hidden: 64, n: 1024, batch: 64, epochs: 5, lr: 0.001, seed: 42 });
for await (const { line } of run.epochs()) show(line);

const { rmse } = await run.compare();
show(`RMSE of one draw: ${rmse.toFixed(5)}`);

const y = await run.predict([1, 0.5, -0.3, 2], [0.7, -1.2]);
show(`Φ(W)·Ψ(x) = ${[...y].map((value) => value.toFixed(4)).join(', ')}`);

const file = await run.weights();
show(`${file.length} bytes of weights for PyTorch; the link: #${await run.link()}`);
run.close();

/** @param {string} line */
function show(line) {
  document.querySelector('#output')?.append(line, '\n');
}
