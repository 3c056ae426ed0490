// @ts-check
/** What a finger can aim at. */

/** @typedef {import('./browser.mjs').Visitor} Visitor */

/** Every target that a finger can aim at, too small: 44 pixels both ways; a link in a line of text 24, with nothing else within 24 of its middle. @param {Visitor} visitor @returns {Promise<{ seen: number, small: string[] }>} */
export function targets({ page }) {
  return page.evaluate(() => {
    const all = [...document.querySelectorAll(/** @type {'a'} */ ('a[href], button, input, select, textarea, summary, [role=slider], [role=button]'))].filter(
      (element) => {
        const { width, height } = element.getBoundingClientRect();
        // What is off the page until it has the focus is not aimed at.
        return element.checkVisibility({ visibilityProperty: true }) && width > 0 && height > 0 && element.getBoundingClientRect().bottom > 0 - scrollY;
      },
    );
    /** A tick is as large as the words beside it. @param {Element} element */
    const box = (element) =>
      ('labels' in element && /** @type {HTMLInputElement} */ (/** @type {unknown} */ (element)).type === 'checkbox'
        ? (element.closest('label') ?? element)
        : element
      ).getBoundingClientRect();
    /** @param {Element} element */
    const inline = (element) => element.matches('a') && getComputedStyle(element).display === 'inline';
    const boxes = all.map(box);
    const small = all.filter((element, i) => {
      const { width, height, left, top } = boxes[i];
      // Half a pixel may be lost to rounding.
      if (!inline(element)) return width < 43.5 || height < 43.5;
      const [x, y] = [left + width / 2, top + height / 2];
      const near = boxes.some(
        (other, j) => j !== i && Math.hypot(Math.max(other.left - x, 0, x - other.right), Math.max(other.top - y, 0, y - other.bottom)) < 12,
      );
      return height < 23.5 || near;
    });
    return {
      seen: all.length,
      small: small.map(
        (element) =>
          `${element.localName}#${element.id} «${(element.textContent ?? '').trim().slice(0, 30)}» ${Math.round(box(element).width)} × ${Math.round(box(element).height)}`,
      ),
    };
  });
}
