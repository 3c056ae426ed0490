// @ts-check
/** `www/api.d.ts`: what other pages' compilers are told of `www/api.js`, held to the code by tsc here, and by its names when it runs. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { Scripted } from './scripted.mjs';

/** What is told, since a type beside a script stands for it. @typedef {typeof import('../../www/api.js')} Told */
/** @typedef {typeof import('../../www/run/open-run.js') & typeof import('../../www/run/errors.js') & typeof import('../../www/run/trainer.js')} Own */

/** What a class's object offers, without what is private. @template T @typedef {Pick<T, keyof T>} Open */

/** The own types serve wherever the told ones are expected. */
export const serves = {
  openRun: /** @type {(own: Own['openRun']) => (...asked: Parameters<Told['openRun']>) => Promise<Open<import('../../www/api.js').Run>>} */ ((own) => own),
  run: /** @type {(own: import('../../www/run/open-run.js').Run) => Open<import('../../www/api.js').Run>} */ ((own) => own),
  trainer: /** @type {(own: import('../../www/run/trainer.js').Trainer) => Open<import('../../www/api.js').Trainer>} */ ((own) => own),
  refusal: /** @type {(own: import('../../www/run/errors.js').RefusalError) => import('../../www/api.js').RefusalError} */ ((own) => own),
  lost: /** @type {(own: import('../../www/run/errors.js').LostError) => import('../../www/api.js').LostError} */ ((own) => own),
  Trainer: /** @type {(own: ConstructorParameters<Own['Trainer']>) => ConstructorParameters<Told['Trainer']>} */ ((own) => own),
};

/** And the told ones where the own are: nothing is told that is narrower, and of a run nothing is left out. */
export const told = {
  openRun: /** @type {(told: Parameters<Told['openRun']>) => Parameters<Own['openRun']>} */ ((told) => told),
  run: /** @type {(told: Open<import('../../www/api.js').Run>) => Open<import('../../www/run/open-run.js').Run>} */ ((told) => told),
  refusal: /** @type {(told: import('../../www/api.js').RefusalError) => import('../../www/run/errors.js').RefusalError} */ ((told) => told),
  lost: /** @type {(told: import('../../www/api.js').LostError) => import('../../www/run/errors.js').LostError} */ ((told) => told),
};

test('the types tell every name that the script exports, and every part of a run', async () => {
  Object.assign(globalThis, { Worker: Scripted });
  const api = await import('../../www/api.js');
  const types = await readFile(new URL('../../www/api.d.ts', import.meta.url), 'utf8');
  const exported = [...types.matchAll(/^export (?:class|function) (\w+)/gm)].map(([, name]) => name).sort();
  assert.deepEqual(Object.keys(api).sort(), exported);
  for (const kind of /** @type {const} */ (['Run', 'Trainer'])) {
    const body = new RegExp(`^export class ${kind} .*?^}`, 'ms').exec(types)?.[0] ?? '';
    const members = [...body.matchAll(/^ {2}(?:get |set )?(\w+)\(/gm)].map(([, name]) => name).filter((name) => name !== 'constructor');
    const own = Object.getOwnPropertyNames(api[kind].prototype);
    for (const name of members) assert.ok(own.includes(name), `${kind}.${name} is told, and is not there`);
    if (kind === 'Run') assert.deepEqual([...new Set(members)].sort(), own.filter((name) => name !== 'constructor').sort());
  }
});

test('an error has the name that the documentation calls it by', async () => {
  const { LostError, RefusalError } = await import('../../www/run/errors.js');
  const [refusal, lost] = [new RefusalError('d', 'd = 0'), new LostError('The run was closed.')];
  assert.deepEqual([refusal.name, refusal.key, String(refusal)], ['RefusalError', 'd', 'RefusalError: d = 0']);
  assert.deepEqual([lost.name, String(lost)], ['LostError', 'LostError: The run was closed.']);
  assert.ok(refusal instanceof Error && lost instanceof Error);
});
