// @ts-check
/** The functions that can be learned, in PyTorch and in TeX. Pure. */

/** @typedef {import('../common/protocol.js').Recipe} Recipe */

/** Of z, by the recipe's name; PyTorch's `F` is `torch.nn.functional`. @type {Record<string, { torch: string, tex: string }>} */
const CODE = {
  gelu: { torch: 'F.gelu(z)', tex: '\\mathrm{GELU}(W x)' },
  'gelu-tanh': { torch: 'F.gelu(z, approximate="tanh")', tex: '\\mathrm{GELU}_{\\tanh}(W x)' },
  relu: { torch: 'F.relu(z)', tex: '\\mathrm{ReLU}(W x)' },
  silu: { torch: 'F.silu(z)', tex: '\\mathrm{SiLU}(W x)' },
  tanh: { torch: 'torch.tanh(z)', tex: '\\tanh(W x)' },
  sin: { torch: 'torch.sin(z)', tex: '\\sin(W x)' },
  softplus: { torch: 'F.softplus(z)', tex: '\\ln(1 + e^{W x})' },
  abs: { torch: 'z.abs()', tex: '|W x|' },
  square: { torch: 'z.square()', tex: '(W x)^2' },
};

/** @param {Pick<Recipe, 'target'>} recipe */
export function codeOf({ target = 'gelu' }) {
  return CODE[target];
}
