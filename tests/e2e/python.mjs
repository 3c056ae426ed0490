// @ts-check
/**
 * A Python that has `safetensors` and NumPy, and more to test with where it has PyTorch.
 *
 *     PHI_PSI_PYTHON: the interpreter, or NO_PYTHON: why there is none; `cargo xtask test` sets one of them
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {import('node:test').TestContext} TestContext */

const { PHI_PSI_PYTHON: PYTHON, NO_PYTHON: REASON } = process.env;

/** A busy machine imports PyTorch slowly. */
const PATIENCE_MS = 200_000;

/** -B: the scripts' folder stays as git has it. */
const OPTIONS = ['-B', '-X', 'utf8'];

/** Whether there is a Python; if not, the test is skipped with the reason. @param {TestContext} t */
export function hasPython(t) {
  if (!PYTHON) t.skip(REASON ?? 'PHI_PSI_PYTHON names no Python');
  return Boolean(PYTHON);
}

/** Whether it has PyTorch; if not, the test says that a part of it is not run. @param {TestContext} t */
export function hasTorch(t) {
  torch ??=
    execFileSync(PYTHON ?? '', [...OPTIONS, '-c', 'from importlib.util import find_spec; print(find_spec("torch") is not None)'], {
      encoding: 'utf8',
    }).trim() === 'True';
  if (!torch) t.diagnostic('not run: this Python has no torch');
  return torch;
}
/** @type {boolean | undefined} */
let torch;

/** What a script of tests/python answers. @param {string} script @param {object} request @returns {Promise<any>} */
export async function ask(script, request) {
  const path = fileURLToPath(new URL(`../python/${script}`, import.meta.url));
  return JSON.parse(await python([path], { input: JSON.stringify(request) }));
}

/**
 * Runs Python; what it printed, or an error that holds what it complained of.
 * @param {string[]} args @param {{ input?: string, cwd?: string, env?: NodeJS.ProcessEnv }} [circumstances]
 * @returns {Promise<string>}
 */
export function python(args, { input = '', cwd, env } = {}) {
  return new Promise((resolve, reject) => {
    // One thread: networks this small gain nothing from more, and on a busy machine they wait for one another.
    const options = { cwd, env: { ...process.env, OMP_NUM_THREADS: '1', ...env }, timeout: PATIENCE_MS, maxBuffer: 1 << 28 };
    const child = execFile(PYTHON ?? '', [...OPTIONS, ...args], options, (error, printed, complaint) => {
      if (error) reject(new Error(`python ${args[0]} failed (${error.code ?? error.signal}): ${complaint || printed}`));
      else resolve(printed);
    });
    child.stdin?.end(input);
  });
}

/** A folder for the time of one test. @param {TestContext} t */
export async function folder(t) {
  const path = await mkdtemp(join(tmpdir(), 'phi-psi-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}
