/** What `listening` in browser.mjs gives every page that is visited. */
declare const testing: {
  /** Waits until something holds that a change of the element brings: what is awaited so comes right after that change. */
  once(element: Element, holds: () => boolean): Promise<void>;
  /** All that an element says from now on, however short. */
  listen(id: string): string[];
};
