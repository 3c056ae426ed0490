// @ts-check
/** The layers that this page has at hand, by the names that recipes have for them, and what a worker must know before it is asked. */

/** @typedef {import('../common/protocol.js').LayerNumbers} LayerNumbers */

/** A layer: `title` is what it is called to a reader, its file's name. @typedef {{ name: string, title: string, numbers: LayerNumbers }} Layer */

/** `change` is a signal without a load: one more is at hand. */
class AtHand extends EventTarget {
  /** @type {Map<string, Layer>} */
  #layers = new Map();

  /** @param {string | undefined} name */
  get(name) {
    return name === undefined ? undefined : this.#layers.get(name);
  }

  get all() {
    return [...this.#layers.values()];
  }

  /** @param {Layer} layer */
  add(layer) {
    if (this.#layers.has(layer.name)) return;
    this.#layers.set(layer.name, layer);
    this.dispatchEvent(new Event('change'));
  }
}

export const atHand = new AtHand();

/** What a worker is told before a message that names a layer. @param {object} message @returns {{ key: string, message: any } | undefined} */
export function before(message) {
  const { fields } = /** @type {{ fields?: { layer?: string } }} */ (message);
  const layer = atHand.get(fields?.layer);
  return layer && { key: layer.name, message: { type: 'layer', name: layer.name, numbers: layer.numbers } };
}

/** The same of a worker that trains: the layer is for the run that it opens. @param {import('../common/protocol.js').ToWorker} message */
export function beforeOpening(message) {
  return message.type === 'open' ? before(message) : undefined;
}
