// @ts-check
/**
 * Which build this is, and where its wasm modules are. This file is what a checkout uses that is served as it is; `xtask/bundle.mjs` puts
 * another in its place, with the version, the commit, names that change with the content, and the hashes that what arrives is held to.
 */

/** The parts of a wasm module, from the folder of whoever loads it; `integrity` is what `fetch` takes. @typedef {{ script: string, wasm: string, integrity: string }} Parts */

/** Addresses are empty where they are not known: the page's, its source's, and that of the notebooks that it began as.
 * The built-in layer's name is the beginning of its file's SHA-256.
 * @type {{ shipped: boolean, version: string, commit: string, address: string, source: string, notebooks: string, digits: { file: string, name: string }, modules: Record<'cpu' | 'webgpu' | 'lab', Parts> }} */
export const BUILD = {
  shipped: false,
  version: 'unbuilt',
  commit: '',
  address: '',
  source: '',
  notebooks: '',
  digits: { file: '../layers/digits.safetensors', name: '29b9b995c5e0bd8b' },
  modules: {
    cpu: { script: '../pkg/cpu/phi_psi.js', wasm: '../pkg/cpu/phi_psi_bg.wasm', integrity: '' },
    webgpu: { script: '../pkg/webgpu/phi_psi.js', wasm: '../pkg/webgpu/phi_psi_bg.wasm', integrity: '' },
    lab: { script: '../pkg/lab/phi_psi.js', wasm: '../pkg/lab/phi_psi_bg.wasm', integrity: '' },
  },
};

/** What made a file, in words for the file. */
export const MADE_BY = `phi·psi ${BUILD.version}${BUILD.commit ? ` (${BUILD.commit})` : ''}`;
