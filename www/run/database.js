// @ts-check
/** One store of the browser's IndexedDB, opened when it is first used. */

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
    const transaction = (await this.#opened).transaction(this.#store, mode);
    const request = task(transaction.objectStore(this.#store));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? new Error('the browser gave no reason'));
    });
  }

  /** @returns {Promise<IDBDatabase>} */
  #open() {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(this.#name);
      request.onupgradeneeded = () => request.result.createObjectStore(this.#store, { keyPath: this.#keyPath });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }
}
