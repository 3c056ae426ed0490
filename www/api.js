// @ts-check
/**
 * φ·ψ for other pages: open a run, pull its epochs, ask it, take it away. Its address stays; the types are in `api.d.ts`, beside it.
 *
 *     import { openRun } from './www/api.js';
 *
 *     const run = await openRun({ d: 2, m: 16, hidden: 64, n: 1024, batch: 64, epochs: 30, lr: 0.001, seed: 42 });
 *     for await (const { epoch, mse } of run.epochs()) console.log(epoch, mse);
 *     const { rmse } = await run.compare();
 *     run.close();
 *
 * A run computes in a worker of its own, so the page that holds it stays free. From another origin this needs a host that lets scripts be
 * loaded from there (`Access-Control-Allow-Origin`); `www/api.html` has an example.
 */
export { LostError, RefusalError } from './run/errors.js';
export { openRun, Run } from './run/open-run.js';
export { Trainer } from './run/trainer.js';
