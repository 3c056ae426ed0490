// @ts-check
/** One store of the browser's IndexedDB, opened when it is used and held as long as the browser lets it. */

export class Database {
  #name;
  #store;
  #keyPath;
  /** @type {Promise<IDBDatabase> | undefined} */
  #opened;

  /** @param {string} name with the version of the form that things are kept in: another version has another place @param {string} store @param {string} keyPath */
  constructor(name, store, keyPath) {
    this.#name = name;
    this.#store = store;
    this.#keyPath = keyPath;
  }

  /**
   * Does something, all or nothing; resolves to what the last request came to.
   * @template T
   * @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest<T>} task
   * @returns {Promise<T>}
   */
  async do(mode, task) {
    this.#opened ??= this.#open();
    const opened = this.#opened;
    try {
      const transaction = (await opened).transaction(this.#store, mode);
      return await done(transaction, task(transaction.objectStore(this.#store)));
    } catch (error) {
      // The next one may find it open again.
      if (this.#opened === opened) this.#forget();
      throw error;
    }
  }

  #forget() {
    const opened = this.#opened;
    this.#opened = undefined;
    void opened?.then((database) => database.close()).catch(() => {});
  }

  /** @returns {Promise<IDBDatabase>} */
  #open() {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(this.#name);
      request.onupgradeneeded = () => request.result.createObjectStore(this.#store, { keyPath: this.#keyPath });
      request.onsuccess = () => {
        const { result } = request;
        result.onclose = () => this.#forget();
        result.onversionchange = () => this.#forget();
        resolve(result);
      };
      request.onerror = () => reject(request.error);
    });
  }
}

/** @template T @param {IDBTransaction} transaction @param {IDBRequest<T>} request @returns {Promise<T>} */
function done(transaction, request) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error ?? new Error('the browser gave no reason'));
  });
}
