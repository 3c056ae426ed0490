// @ts-check
/**
 * What was built, as it will stand: serves dist/ below a path and holds it to the tests of what ships.
 *
 *     CHROME=google-chrome node tests/smoke.mjs /phi-psi/
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { open } from './e2e/site.mjs';

const [prefix = '/'] = process.argv.slice(2);
const root = fileURLToPath(new URL('..', import.meta.url));
const { PHI_PSI_SHIPPED = `${root}dist`, PHI_PSI_DIST = `${root}target/unbundled` } = process.env;
const site = await open(PHI_PSI_SHIPPED, `/${prefix}/`.replace(/\/+/g, '/'));
console.log(`${PHI_PSI_SHIPPED} as ${site.url}`);
const tests = ['deploy', 'offline', 'newcomer'].map((name) => `${root}tests/e2e/${name}.test.mjs`);
const env = {
  NO_FIREFOX: 'the smoke test is in Chrome',
  ...process.env,
  PHI_PSI_SHIPPED,
  PHI_PSI_DIST,
  PHI_PSI_VISITED: site.url,
  PHI_PSI_SHIPPED_URL: site.url,
};
const node = spawn(process.execPath, ['--test', '--test-reporter=spec', '--test-concurrency=1', ...tests], { stdio: 'inherit', env });
node.on('exit', (code) => {
  site.close();
  process.exitCode = code ?? 1;
});
