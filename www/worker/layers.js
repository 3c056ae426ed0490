// @ts-check
/** The layers that this worker's modules are to know: each is told to those that are loaded, and to those that come. */

/** @typedef {import('../common/protocol.js').LayerNumbers} LayerNumbers */

/** A module, as far as it knows layers. @typedef {{ holdLayer: (name: string, numbers: any) => void }} Holder */

/** As many as a module holds. */
const MOST = 2;

/** The one that came last goes first. @type {{ name: string, numbers: LayerNumbers }[]} */
let layers = [];

/** @type {Holder[]} */
const modules = [];

/** @param {{ name: string, numbers: LayerNumbers }} layer */
export function hold(layer) {
  layers = [layer, ...layers.filter(({ name }) => name !== layer.name)].slice(0, MOST);
  for (const module of modules) module.holdLayer(layer.name, layer.numbers);
}

/** A module that has been loaded. @param {Holder} module */
export function introduce(module) {
  modules.push(module);
  for (const { name, numbers } of [...layers].reverse()) module.holdLayer(name, numbers);
}
