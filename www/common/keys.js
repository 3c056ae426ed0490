// @ts-check
/** The table of a recipe's keys. Made from `src/recipe/keys.rs` by `cargo xtask write`; a test holds it to that. */

/**
 * @typedef {object} Key
 * @property {keyof Recipe} name
 * @property {'whole' | 'real' | 'choice' | 'rates' | 'solves' | 'layer'} kind
 * @property {number} [least] of a number
 * @property {number} [most] of a number; of rates and solves, how many there may be
 * @property {readonly string[]} [choices] the first is the notebook's
 * @property {string} notebook what the notebook's run has, as text
 * @property {boolean} optional whether it is left out where it is as in the notebook's run
 * @property {boolean} networks whether another value makes other networks, so that weights no longer fit
 * @property {boolean} draws whether another value trains on other draws or in another order
 * @property {boolean} speed whether a step takes another time with another value
 * @property {string} words what it is; of an optional key, what the run does that the notebook's does not
 */

/** A recipe as the validator hands it out; an optional key only where it is not as in the notebook's run.
 * @typedef {{ d: number, m: number, hidden: number, n: number, batch: number, epochs: number, lr: number, seed: number, fresh?: string, schedule?: string, rates?: string, solve?: string, seeds?: number, layer?: string, target?: string }} Recipe */

/** @type {readonly Key[]} */
export const KEYS = [
  { name: 'd', kind: 'whole', least: 1, most: 257, notebook: '2', optional: false, networks: true, draws: true, speed: true, words: 'd, the layer’s width' },
  { name: 'm', kind: 'whole', least: 1, most: 256, notebook: '16', optional: false, networks: true, draws: true, speed: true, words: 'm, features' },
  { name: 'hidden', kind: 'whole', least: 1, most: 1024, notebook: '64', optional: false, networks: true, draws: true, speed: true, words: 'hidden, units in each network' },
  { name: 'n', kind: 'whole', least: 1, most: 1048576, notebook: '1024', optional: false, networks: false, draws: true, speed: true, words: 'n, training draws' },
  { name: 'batch', kind: 'whole', least: 1, most: 1048576, notebook: '64', optional: false, networks: false, draws: true, speed: true, words: 'draws in a mini-batch' },
  { name: 'epochs', kind: 'whole', least: 1, most: 100000, notebook: '5', optional: false, networks: false, draws: false, speed: false, words: 'epochs' },
  { name: 'lr', kind: 'real', least: 1e-7, most: 1, notebook: '0.001', optional: false, networks: false, draws: false, speed: false, words: 'the learning rate' },
  { name: 'seed', kind: 'whole', least: 0, most: 4294967295, notebook: '42', optional: false, networks: false, draws: true, speed: false, words: 'the seed of every draw' },
  { name: 'fresh', kind: 'choice', choices: ['0', '1'], notebook: '0', optional: true, networks: false, draws: true, speed: true, words: 'fresh draws every epoch' },
  { name: 'schedule', kind: 'choice', choices: ['constant', 'cosine'], notebook: 'constant', optional: true, networks: false, draws: false, speed: false, words: 'the learning rate along a cosine' },
  { name: 'rates', kind: 'rates', most: 100, notebook: '', optional: true, networks: false, draws: false, speed: false, words: 'another learning rate' },
  { name: 'solve', kind: 'solves', most: 16, notebook: '', optional: true, networks: false, draws: false, speed: false, words: 'the last layers in closed form' },
  { name: 'seeds', kind: 'whole', least: 1, most: 1024, notebook: '1', optional: true, networks: false, draws: false, speed: false, words: 'seeds' },
  { name: 'layer', kind: 'layer', notebook: '', optional: true, networks: false, draws: true, speed: false, words: 'draws from a layer' },
  { name: 'target', kind: 'choice', choices: ['gelu', 'gelu-tanh', 'relu', 'silu', 'tanh', 'sin', 'softplus', 'abs', 'square'], notebook: 'gelu', optional: true, networks: false, draws: true, speed: false, words: 'in the place of GELU' },
];
