// @ts-check
/** What is to be drawn while its view is not on show: for a picture that is taken away from another one. */
import { views } from './views.js';

const root = document.documentElement;

/**
 * Does something at once with an element as if the view that it stands in were on show, and drawn; nobody sees it.
 * @template T @param {Element} element @param {() => T} task @returns {T}
 */
export function asIfShown(element, task) {
  const present = root.dataset.view;
  const own = element.closest('.view')?.id.replace('view-', '');
  if (own === undefined || present === undefined || present === 'all' || present === own) return task();
  root.dataset.view = own;
  try {
    views.dispatchEvent(new Event('measure'));
    return task();
  } finally {
    root.dataset.view = present;
  }
}
