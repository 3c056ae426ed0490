// @ts-check
/** Hands the visitor a file that was made on the page. */

/** A browser that asks where to put the file reads it only when it has been told. */
const KEPT_MS = 60_000;

/** @param {string} name @param {Uint8Array | Blob | string} content @param {string} type its media type */
export function download(name, content, type) {
  const part = /** @type {BlobPart} */ (content); // Bytes that workers share are no part of a file, and none are made here.
  const url = URL.createObjectURL(new Blob([part], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
