// @ts-check
/**
 * A worker of its own that measures how fast a recipe trains on a backend: real steps of that very recipe, in a module of its own, on
 * weights that nobody sees and that end with the worker.
 *
 * | page → worker | carries                     | what it does                                       | answered by                        |
 * |---------------|-----------------------------|----------------------------------------------------|------------------------------------|
 * | `measure`     | asked, recipe, backends     | the only message: measure on each backend, in turn | `measured`, `unusable`, `finished` |
 *
 * | worker → page | carries                     | meaning                                                             |
 * |---------------|-----------------------------|---------------------------------------------------------------------|
 * | `measured`    | backend, rate, adapter      | steps a second, and what WebGPU runs on                             |
 * | `unusable`    | verdict                     | WebGPU cannot be used, and why                                      |
 * | `finished`    |                             | nothing more will come                                              |
 * | `failed`      | message                     | the trial died                                                      |
 */
import { tryBackend } from './backend.js';
import { Host } from './host.js';
import { measure } from './measure.js';
import { words } from './probe.js';
import { kindOf } from './pump.js';

/** @typedef {import('../common/protocol.js').Adapter} Adapter */
/** @typedef {import('../common/protocol.js').Asked} Asked */
/** @typedef {import('../common/protocol.js').Backend} Backend */
/** @typedef {import('../common/protocol.js').Engine} Engine */
/** @typedef {import('../common/protocol.js').FromTrial} FromTrial */
/** @typedef {import('../common/protocol.js').Recipe} Recipe */
/** @typedef {import('../common/protocol.js').ToTrial} ToTrial */

/** @type {Host<ToTrial, FromTrial, Engine>} */
const host = new Host('cpu', { died: (error) => ({ type: 'failed', message: words(error) }) });

host.serve({
  async measure({ asked, recipe, backends }, cpu) {
    for (const backend of backends) {
      if (backend === 'cpu') tell(backend, await measure(cpu, recipe, 'cpu'), null);
      else await measureWebGpu(asked, cpu, recipe);
    }
    host.post({ type: 'finished' });
  },
});

/** @param {Backend} backend @param {number | null} rate @param {Adapter | null} adapter */
function tell(backend, rate, adapter) {
  if (rate !== null) host.post({ type: 'measured', backend, rate, adapter });
}

/** @param {Asked} asked @param {Engine} cpu @param {Recipe} recipe */
async function measureWebGpu(asked, cpu, recipe) {
  const { engine, verdict } = await tryBackend(host, asked, cpu);
  if (verdict.backend === 'cpu') return host.post({ type: 'unusable', verdict });
  const { adapter } = verdict;
  tell('webgpu', await measure(engine, recipe, kindOf('webgpu', adapter)), adapter);
}
