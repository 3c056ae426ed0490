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
  for (const module of modules) give(module, layer);
}

/** A module that has been loaded. @param {Holder} module */
export function introduce(module) {
  modules.push(module);
  for (const layer of [...layers].reverse()) give(module, layer);
}

/** What a module refuses is not there for whoever asks for it, who is told so. @param {Holder} module @param {{ name: string, numbers: LayerNumbers }} layer */
function give(module, { name, numbers }) {
  try {
    module.holdLayer(name, numbers);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
  }
}
