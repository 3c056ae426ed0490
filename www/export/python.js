// @ts-check
/** The notebook's networks in PyTorch, and the lines that load an exported file into them. Visitors read and copy this text. */

import { targetOf } from '../common/targets.js';
import { codeOf } from './target-code.js';

/** @typedef {import('../common/protocol.js').Recipe} Recipe */

/** The notebook's classes, and the one that holds both: its `state_dict` has the file's names. Needs `from torch import nn`. */
export const CLASSES = `class PsiNet(nn.Module):
    """Ψ: x [batch, d] → [batch, m]."""

    def __init__(self, d, m, hidden):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(d, hidden), nn.ReLU(), nn.Linear(hidden, m))

    def forward(self, x):
        return self.net(x)


class PhiNet(nn.Module):
    """Φ: W [batch, d, d] → [batch, d, m], one network for every row of W."""

    def __init__(self, d, m, hidden):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(d, hidden), nn.ReLU(), nn.Linear(hidden, m))

    def forward(self, W):
        batch, d, _ = W.shape
        return self.net(W.reshape(batch * d, d)).reshape(batch, d, -1)


class PhiPsi(nn.Module):
    """y' = Φ(W)·Ψ(x): W [batch, d, d], x [batch, d] → [batch, d]."""

    def __init__(self, d, m, hidden):
        super().__init__()
        self.psi = PsiNet(d, m, hidden)
        self.phi = PhiNet(d, m, hidden)

    def forward(self, W, x):
        return (self.phi(W) * self.psi(x).unsqueeze(1)).sum(-1)`;

/** Reads a layer's file as phi·psi does. Needs `json`, `torch` and `hashlib`. */
export const READ_LAYER = `DTYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I64": torch.int64, "I32": torch.int32, "U8": torch.uint8,
}


def read_layer(path, sha256):
    """Weight [rows, d], bias [rows], inputs [n, d] or None, and all tensors, of a layer's .safetensors file."""
    with open(path, "rb") as file:
        data = file.read()
    assert hashlib.sha256(data).hexdigest().startswith(sha256), f"{path} is another file than the page had"
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    notes, tensors = header.pop("__metadata__", {}), {}
    (named,) = (name for name in header if name.endswith("weight") and name != "head.weight")
    wanted = [named, named[:-6] + "bias", "bias", "inputs", "head.weight", "head.bias", "labels"]
    for name, entry in ((name, header[name]) for name in dict.fromkeys(wanted) if name in header):
        if entry["dtype"] not in DTYPES:
            continue  # labels without a head, which the page does not read
        start, end = (8 + length + at for at in entry["data_offsets"])
        values = torch.frombuffer(bytearray(data[start:end]), dtype=DTYPES[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"])
    weight = tensors[named].float()
    biases = [tensors[name] for name in (named[:-6] + "bias", "bias") if name in tensors]
    bias = biases[0].float() if biases else torch.zeros(len(weight))
    inputs = tensors["inputs"].float() * float(notes.get("inputs_scale", 1)) if "inputs" in tensors else None
    return weight, bias, inputs, tensors`;

/** The layer without its GELU. Needs `torch` and `nn`. */
export const WITHOUT_GELU = `class WithoutGELU(nn.Module):
    """Φ(W)·Ψ(x) in the place of gelu(linear(x)): x [..., d] → [..., rows]. Φ(W) is multiplied out, and Ψ reads x and a 1."""

    def __init__(self, psi, phi):
        super().__init__()
        self.psi = psi
        self.register_buffer("phi", phi)  # [rows, m]

    def forward(self, x):
        return self.psi(torch.cat([x, torch.ones_like(x[..., :1])], -1)) @ self.phi.T`;

/** Numbers in Python, with the digits that a float32 has; Python has no words for what is not finite. @param {ArrayLike<number>} values */
export function floats(values) {
  return `[${Array.from(values, (value) => (Number.isFinite(value) ? Number(value.toPrecision(9)) : `float("${value}")`)).join(', ')}]`;
}

/** Whole numbers in Python, in lines that can be read. @param {ArrayLike<number>} values */
export function whole(values) {
  const lines = [];
  for (let at = 0; at < values.length; at += 20)
    lines.push(
      `    ${Array.from(values)
        .slice(at, at + 20)
        .join(', ')},`,
    );
  return `[\n${lines.join('\n')}\n]`;
}

/**
 * A Python script that loads the file and predicts on one draw.
 * @param {{ name: string, recipe: Pick<Recipe, 'd' | 'm' | 'hidden' | 'target'> }} file its name, the sizes of its networks and what they learned
 */
export function loadingLines({ name, recipe: { d, m, hidden, target } }) {
  const { shown } = targetOf({ target });
  return `# pip install torch safetensors
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F


${CLASSES}


net = PhiPsi(d=${d}, m=${m}, hidden=${hidden})
net.load_state_dict(load_file(${quoted(name)}))

W, x = torch.randn(1, ${d}, ${d}), torch.randn(1, ${d})
with torch.no_grad():
    z = (W @ x.unsqueeze(-1)).squeeze(-1)
    print("Φ(W)·Ψ(x) =", net(W, x))
    print("${`${shown}(Wx)`.padEnd(9)} =", ${codeOf({ target }).torch})
`;
}

/** The text as a Python literal: JSON's escapes are Python's too. @param {string} text */
export function quoted(text) {
  return JSON.stringify(text);
}
