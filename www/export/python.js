// @ts-check
/** The notebook's networks in PyTorch, and the lines that load an exported file into them. Visitors read and copy this text. */

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

/**
 * A Python script that loads the file and predicts on one draw.
 * @param {{ name: string, recipe: Pick<Recipe, 'd' | 'm' | 'hidden'> }} file its name, and the sizes of its networks
 */
export function loadingLines({ name, recipe: { d, m, hidden } }) {
  return `# pip install torch safetensors
import torch
from safetensors.torch import load_file
from torch import nn


${CLASSES}


net = PhiPsi(d=${d}, m=${m}, hidden=${hidden})
net.load_state_dict(load_file(${quoted(name)}))

W, x = torch.randn(1, ${d}, ${d}), torch.randn(1, ${d})
with torch.no_grad():
    print("Φ(W)·Ψ(x) =", net(W, x))
    print("GELU(Wx)  =", nn.functional.gelu(W @ x.unsqueeze(-1)).squeeze(-1))
`;
}

/** The text as a Python literal: JSON's escapes are Python's too. @param {string} text */
export function quoted(text) {
  return JSON.stringify(text);
}
