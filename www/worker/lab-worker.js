// @ts-check
/**
 * The lab's worker: owns the lab's module, knows no DOM. Whoever no longer wants what it is at terminates it; it holds nothing that
 * could be lost.
 *
 * | page → worker | carries                     | what it does                                                   | answered by                      |
 * |---------------|-----------------------------|----------------------------------------------------------------|----------------------------------|
 * | `layer`       | name, numbers               | hold a layer, under the name that recipes have for it          |                                  |
 * | `floors`      | id, d, most, target         | the lowest MSE of width 0, 1, … most                           | `answer`, `refusal`              |
 * | `atlas`       | id, d, scale, target        | the floors of every width up to a million                      | `answer`, `refusal`              |
 * | `methods`     | id, fields, radius, files   | every method's error by width, for w and x no longer than a radius | `progress`… `answer`, `refusal` |
 * | `copies`      | id, fields, w, x            | what independent copies of each method give at one w and x     | `progress`… `answer`, `refusal`  |
 * | `toy`         | id                          | the sister notebook's toy case                                 | `answer`                         |
 * | `taylor`      | id, d, terms, seed, draws, target | a series, its errors, and the best of its powers               | `answer`, `refusal`              |
 * | `curves`      | id, d, terms, z, target     | the series, the fit and the target at some z                   | `answer`, `refusal`              |
 * | `solve`       | id, fields, weights, draws  | the last layers in closed form                                 | `progress`… `answer`, `refusal`  |
 * | `evaluate`    | id, file, seed, draws, target | the MSE of a file's networks over fresh draws                  | `progress`… `answer`, `refusal`  |
 * | `replace`     | id, layer, hidden, seed     | what can stand in a real layer's place                         | `progress`… `answer`, `refusal`  |
 * | `assumed`     | id, d, scale                | inputs for a layer that has none                               | `answer`                         |
 * | `seen`        | id, fields, weights         | a run's errors on its layer, by what it has seen of it         | `answer`, `refusal`              |
 * | `layer-floors` | id, fields                 | the lowest MSE of width 0, 1, … on what a run's layer keeps back | `answer`, `refusal`            |
 *
 * | worker → page | carries                     | meaning                                                        |
 * |---------------|-----------------------------|----------------------------------------------------------------|
 * | `answer`      | id, value                   | the request's result                                           |
 * | `refusal`     | id, key, message            | the request cannot be met, in a sentence; key names a field, or `draws`, or is empty |
 * | `progress`    | id, done                    | how much of a long request is done, from 0 to 1, ten times a second at most |
 * | `fatal`       | message                     | the worker or its module died: it is of no use                 |
 *
 * One queue. What takes long is done in slices, and what does not is answered between two of them.
 */
import { MISSING_SCRIPT } from '../shell/missing.js';
import { Host } from './host.js';
import { hold } from './layers.js';
import { Paced } from './paced.js';
import { words } from './probe.js';

/** @typedef {import('../common/lab-protocol.js').FromLab} FromLab */
/** @typedef {import('../common/lab-protocol.js').LabModule} LabModule */
/** @typedef {import('../common/lab-protocol.js').ToLab} ToLab */
/** @typedef {import('../common/lab-protocol.js').Work<object>} Work */

const PROGRESS_MS = 100;

/** What takes long and has not begun. @type {{ id: number, opening: () => Work }[]} */
const waiting = [];
/** @type {{ id: number, task: Paced<object>, told: number } | null} */
let present = null;

/** @type {Host<ToLab, FromLab, LabModule>} */
const host = new Host('lab', {
  died: (error) => ({ type: 'fatal', message: words(error) }),
  broken: (error) => ({ type: 'fatal', message: MISSING_SCRIPT.test(words(error)) ? 'its module did not arrive' : words(error) }),
});

host.serve(
  {
    floors: ({ d, most, target }, lab) => lab.floors(d, most, target),
    layer: hold,
    assumed: ({ d, scale }, lab) => lab.assumedInputs(d, scale),
    seen: ({ fields, weights }, lab) => lab.layerErrors(fields, weights),
    'layer-floors': ({ fields }, lab) => lab.layerFloors(fields),
    atlas: ({ d, scale, target }, lab) => lab.atlas(d, scale, target),
    methods: ({ id, fields, radius, files }, lab) => void waiting.push({ id, opening: () => lab.Methods.open(fields, radius, files) }),
    copies: ({ id, fields, w, x }, lab) => void waiting.push({ id, opening: () => lab.Copies.open(fields, w, x) }),
    toy: (_, lab) => lab.taylorToy(),
    taylor: ({ d, terms, seed, draws, target }, lab) => lab.taylor(d, terms, seed, draws, target),
    curves: ({ d, terms, z, target }, lab) => lab.taylorCurves(d, terms, z, target),
    solve: ({ id, fields, weights, draws }, lab) => void waiting.push({ id, opening: () => lab.Solve.open(fields, weights ?? undefined, draws) }),
    evaluate: ({ id, file, seed, draws, target }, lab) => void waiting.push({ id, opening: () => lab.Population.open(file, seed, draws, target) }),
    replace: ({ id, layer, hidden, seed }, lab) => void waiting.push({ id, opening: () => lab.Replacement.open(layer, hidden, seed) }),
  },
  { slice },
);

/** One thing that takes long at a time. */
function slice() {
  if (present) return advance(present);
  const next = waiting.shift();
  return next && host.answer(next.id, () => begin(next.id, next.opening));
}

/** @param {number} id @param {() => Work} opening */
function begin(id, opening) {
  const began = performance.now();
  const task = new Paced(opening());
  task.seconds = (performance.now() - began) / 1000;
  present = { id, task, told: 0 };
}

/** @param {NonNullable<typeof present>} asked */
async function advance(asked) {
  const { id, task } = asked;
  const done = task.advance();
  if (done < 1) {
    const now = performance.now();
    if (now - asked.told < PROGRESS_MS) return;
    asked.told = now;
    return host.post({ type: 'progress', id, done });
  }
  present = null;
  await host.answer(id, () => ({ ...task.work.finish(), seconds: task.seconds }));
  task.work.free();
}
