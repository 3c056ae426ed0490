// @ts-check
/**
 * The views of the page, one at a time. Each has an address of its own (`?view=`), beside the fragment that is the run, so that Back and
 * Forward go from view to view; at `?view=all`, and where no script runs, all stand below one another. early.js puts the first one on show.
 */

const root = document.documentElement;

/** The links in the page's head. */
const links = [...document.querySelectorAll(/** @type {'a'} */ ('.views a'))];

/** What the page is called, which the present view's name goes before. */
const title = document.title;

/** Signals `change` when another view is on show, and `measure` when what has not been on show is to be drawn at once. */
export const views = new EventTarget();

// The printed report is the run's. Here and not below, to be heard before those who draw for paper: what is not on show has no size.
addEventListener('beforeprint', () => print(true));
addEventListener('afterprint', () => print(false));

/** Has the links change the view, and the view follow the address. */
export function wireViews() {
  for (const link of links) {
    link.addEventListener('click', (event) => {
      // What the browser makes of a click with a key is its own affair.
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      showView(nameOf(link.search));
    });
    // By a key: what a finger is on must not go from under it.
    link.addEventListener('focus', () => link.matches(':focus-visible') && bring(link));
  }
  addEventListener('popstate', () => {
    const name = nameOf(location.search);
    // A jump within a view is told by the same event.
    if (name !== root.dataset.view) wear(name);
  });
  wear(root.dataset.view ?? 'run');
}

/** Puts a view on show, by name, and its top into the window. @param {string} name */
function showView(name) {
  if (name === root.dataset.view) return;
  const address = new URL(location.href);
  if (name === 'run') address.searchParams.delete('view');
  else address.searchParams.set('view', name);
  history.pushState(null, '', address);
  wear(name);
  scrollTo({ top: 0, behavior: 'instant' });
}

/** Puts the view on show that an element stands in. @param {Element} element */
export function showViewOf(element) {
  const view = element.closest('.view');
  if (view && root.dataset.view !== 'all') showView(view.id.replace('view-', ''));
}

/** Has a link in sight: on a phone not all of them are, and no browser minds one that half is. @param {HTMLElement} link */
function bring(link) {
  link.parentElement?.scrollTo(link.offsetLeft - 120, 0);
}

/** @param {string} name */
function wear(name) {
  root.dataset.view = name;
  document.title = title;
  for (const link of links) {
    const present = nameOf(link.search) === name;
    link.ariaCurrent = present ? 'page' : null;
    if (!present) continue;
    if (name !== 'run') document.title = `${link.textContent} – ${title}`;
    requestAnimationFrame(() => bring(link));
  }
  views.dispatchEvent(new Event('change'));
}

/** @param {boolean} on */
function print(on) {
  if (root.dataset.view !== 'all') root.dataset.view = on ? 'run' : nameOf(location.search);
}

/** The view that an address names, or the run where it names none that there is; a frame has no other. @param {string} search */
function nameOf(search) {
  if (root.dataset.embed !== undefined) return 'run';
  const name = new URLSearchParams(search).get('view') ?? 'run';
  return name === 'all' || document.getElementById(`view-${name}`) ? name : 'run';
}
