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
import { chooseBackend, loadModule, UnfitError } from './backend.js';
import { measure } from './measure.js';
import { words } from './probe.js';
import { kindOf } from './pump.js';
import { trapping } from './surfacing.js';

/** @typedef {import('../common/protocol.js').Engine} Engine */
/** @typedef {import('../common/protocol.js').FromTrial} FromTrial */
/** @typedef {import('../common/protocol.js').Recipe} Recipe */
/** @typedef {import('../common/protocol.js').ToTrial} ToTrial */

const { trap, trapped } = trapping();

/** @param {FromTrial} message */
function post(message) {
  self.postMessage(message);
}

self.onmessage = async ({ data }) => {
  try {
    await Promise.race([measureEach(/** @type {ToTrial} */ (data)), trap]);
    post({ type: 'finished' });
  } catch (error) {
    post({ type: 'failed', message: words(error) });
  }
};

/** @param {ToTrial} message */
async function measureEach({ asked, recipe, backends }) {
  const cpu = await loadModule('cpu');
  for (const backend of backends) {
    if (backend === 'cpu') tell(backend, await measure(cpu, recipe, 'cpu'), null);
    else await measureWebGpu(asked, cpu, recipe);
  }
}

/** @param {import('../common/protocol.js').Backend} backend @param {number | null} rate @param {import('../common/protocol.js').Adapter | null} adapter */
function tell(backend, rate, adapter) {
  if (rate !== null) post({ type: 'measured', backend, rate, adapter });
}

/** @param {import('../common/protocol.js').Asked} asked @param {Engine} cpu @param {Recipe} recipe */
async function measureWebGpu(asked, cpu, recipe) {
  try {
    const { engine, verdict } = await chooseBackend(asked, cpu, trap, trapped);
    if (verdict.backend === 'cpu') return post({ type: 'unusable', verdict });
    const { adapter } = verdict;
    tell('webgpu', await measure(engine, recipe, kindOf('webgpu', adapter)), adapter);
  } catch (error) {
    if (!(error instanceof UnfitError)) throw error;
    post({ type: 'unusable', verdict: error.verdict });
  }
}
