// @ts-check
/** «The same as a PyTorch notebook»: a layer without its GELU as a module that takes its place, checked against the page, and the accuracy measured again. */
import { MADE_BY } from '../shell/build.js';
import { base64Lines } from './base64.js';
import { citeLine } from './cite.js';
import { document } from './notebook.js';
import { ofWidth } from './of-width.js';
import { floats, quoted, READ_LAYER, whole, WITHOUT_GELU } from './python.js';

/** @typedef {import('../common/lab-protocol.js').Replaced} Replaced */

/**
 * @typedef {object} Parts
 * @property {string} file what the layer's file is called, and the beginning of its SHA-256
 * @property {string} sha256
 * @property {number} d @property {number} m
 * @property {Replaced} found
 * @property {ArrayLike<number>} x an input, and what the page makes of it in the layer's place
 * @property {ArrayLike<number>} y
 * @property {boolean} inputs whether the file has inputs
 */

/** The text of the `.ipynb` file. @param {Parts} parts */
export function layerNotebook({ file, sha256, d, m, found, x, y, inputs }) {
  const [first] = found.psi;
  const hidden = first.bias.length;
  const rows = found.phi.length / found.width;
  const { phi, weight, bias } = ofWidth(found, m);
  const tensors = [
    ['psi.0.weight', [hidden, d + 1], first.weight],
    ['psi.0.bias', [hidden], first.bias],
    ['psi.2.weight', [m, hidden], weight],
    ['psi.2.bias', [m], bias],
    ['phi', [rows, m], phi],
  ];
  const shapes = tensors.map(([name, shape]) => `    ${quoted(String(name))}: [${/** @type {number[]} */ (shape).join(', ')}],`).join('\n');
  const numbers = /** @type {Float32Array[]} */ (tensors.map(([, , values]) => values));
  const told = Number.isNaN(found.original)
    ? ''
    : ` On the page the network is right on ${Math.round(found.original * found.kept.length)} of ${found.kept.length} inputs kept back with the layer, and on ${Math.round(found.ours[m] * found.kept.length)} without it.`;
  return document([
    {
      id: 'introduction',
      type: 'markdown',
      text: `# A layer without its GELU

$$y = \\mathrm{GELU}(W x + b) \\quad\\to\\quad y' = \\Phi(W)\\,\\Psi(x)$$

\`${file.replaceAll('`', '')}\`, ${rows} rows of ${d} numbers, with Φ(W)Ψ(x) of width ${m} in its place (${hidden} hidden units). Φ(W) is multiplied out, so that what is left takes x alone: a
drop-in for \`gelu(linear(x))\`.${told} Put the layer's file beside this notebook.

Made by ${MADE_BY}. ${citeLine()}`,
    },
    {
      id: 'module',
      type: 'code',
      text: `import base64
import hashlib
import json

import torch
import torch.nn.functional as F
from torch import nn


${WITHOUT_GELU}`,
    },
    {
      id: 'numbers',
      type: 'code',
      text: `NUMBERS = """
${base64Lines(joined(numbers))}
"""
SHAPES = {
${shapes}
}

flat = torch.frombuffer(bytearray(base64.b64decode(NUMBERS)), dtype=torch.float32)
parts = flat.split([torch.Size(shape).numel() for shape in SHAPES.values()])
replaced = WithoutGELU(nn.Sequential(nn.Linear(${d + 1}, ${hidden}), nn.ReLU(), nn.Linear(${hidden}, ${m})), torch.empty(${rows}, ${m}))
replaced.load_state_dict({name: part.reshape(shape) for (name, shape), part in zip(SHAPES.items(), parts)})

x = torch.tensor(${floats(x)}, dtype=torch.float32)
page = torch.tensor(${floats(y)}, dtype=torch.float32)
with torch.no_grad():
    difference = (replaced(x) - page).abs().max().item()
print(f"largest difference from the page: {difference:.1e}")
assert difference < 1e-4 * max(1.0, page.abs().max().item()), "this is not what the page had"`,
    },
    {
      id: 'measured',
      type: 'code',
      text: `${READ_LAYER}


weight, bias, inputs, tensors = read_layer(${quoted(file)}, ${quoted(sha256)})
kept = torch.tensor(${whole(inputs ? found.kept : [])}, dtype=torch.long)  # inputs that Φ and Ψ were not solved on

if inputs is None:
    print("The file has no inputs to measure on.")
else:
    with torch.no_grad():
        original, ours = F.gelu(inputs[kept] @ weight.T + bias), replaced(inputs[kept])
    r2 = 1 - (ours - original).square().sum() / (original - original.mean(0)).square().sum()
    print(f"R² on inputs kept back: {r2.item():.4f}")
    if "head.weight" in tensors and "labels" in tensors:
        head_w = tensors["head.weight"].float()
        head_b = tensors.get("head.bias", torch.zeros(len(head_w))).float()
        labels = tensors["labels"].long()[kept]
        for name, y in [("the layer", original), ("without its GELU", ours)]:
            right = ((y @ head_w.T + head_b).argmax(1) == labels).sum().item()
            print(f"{name}: right on {right} of {len(kept)}")`,
    },
  ]);
}

/** Their bytes behind one another. @param {readonly Float32Array[]} numbers */
function joined(numbers) {
  const bytes = new Uint8Array(numbers.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let end = 0;
  for (const { buffer, byteOffset, byteLength } of numbers) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), end);
    end += byteLength;
  }
  return bytes;
}
