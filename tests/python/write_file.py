"""Writes a weights file by NumPy or by PyTorch, and says what it predicts; {path, by, recipe, W, x} on standard input.

`numpy`: random weights. `torch`: the networks of ../golden/make.py, trained there by its loop, saved as their `state_dict`.
"""

import json
import sys
from pathlib import Path

import numpy as np
from networks import draws, predict


def by_numpy(path, recipe, W, x):
    from safetensors.numpy import save_file

    d, m, hidden = recipe["d"], recipe["m"], recipe["hidden"]
    generator = np.random.default_rng(recipe["seed"])
    shapes = {"0.weight": (hidden, d), "0.bias": (hidden,), "2.weight": (m, hidden), "2.bias": (m,)}
    tensors = {
        f"{net}.net.{part}": generator.standard_normal(shape).astype(np.float32) / 2
        for net in ("psi", "phi")
        for part, shape in shapes.items()
    }
    save_file(tensors, path)
    return predict(tensors, W, x)


def by_torch(path, recipe, W, x):
    sys.path.insert(0, str(Path(__file__).parents[1] / "golden"))
    import make
    import torch
    from safetensors.torch import save_file

    case = make.Recipe(**recipe)
    run = make.train(case, make.draw(case))
    save_file(run.weights(), path)
    with torch.no_grad():
        return make.PRODUCTS["sum"](run.phi(torch.from_numpy(W)), run.psi(torch.from_numpy(x))).numpy()


request = json.load(sys.stdin)
write = {"numpy": by_numpy, "torch": by_torch}[request["by"]]
json.dump({"y": write(request["path"], request["recipe"], *draws(request)).flatten().tolist()}, sys.stdout)
