// @ts-check
/** Where the source is to be had, for the footer and for who cites the page: an address of the web, and nothing that names a machine or a person's access. */
import { execFileSync } from 'node:child_process';

/** The address that was given; throws where it is none of the web. @param {string} name of the option @param {string} given or nothing */
export function given(name, given) {
  if (!given) return '';
  const address = web(given);
  if (!address) throw new Error(`--${name} ${JSON.stringify(given)} is no http or https address without a user's name in it`);
  return address;
}

/** Where the checkout was cloned from, if that is on the web for everybody. @param {string} folder */
export function origin(folder) {
  try {
    const remote = execFileSync('git', ['-C', folder, 'remote', 'get-url', 'origin'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const address = web(remote.trim());
    // A name without a dot, or a number, is a machine that others cannot reach, or should not.
    return /^https?:\/\/([\w-]+\.)+[a-z]{2,}(\/|$)/i.test(address) && !/\.(local|localhost|internal)(\/|$)/.test(address) ? address : '';
  } catch {
    // No clone, or no git.
    return '';
  }
}

/** The address as it is opened in a browser; nothing where it is of another kind. @param {string} text */
function web(text) {
  if (!URL.canParse(text)) return '';
  const { protocol, username, password, host, pathname } = new URL(text);
  if (!/^https?:$/.test(protocol) || username || password) return '';
  return `${protocol}//${host}${pathname.replace(/\.git\/?$/, '')}`;
}
