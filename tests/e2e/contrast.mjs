// @ts-check

/** WCAG 2: how far two colours, as a style computes them, are apart. @param {string[]} colours */
function contrast(...colours) {
  const [darker, lighter] = colours
    .map((colour) => {
      const [r, g, b] = (/rgba?\((\d+), (\d+), (\d+)/.exec(colour) ?? [])
        .slice(1)
        .map((part) => Number(part) / 255)
        .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    })
    .sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

/** The script of a visit in which it can be asked. */
export const CONTRAST = `globalThis.contrast = ${contrast};`;
