"""Φ(W)·Ψ(x) in NumPy and float64, from tensors named as in the file: what float32 predictions are held against."""

import numpy as np


def predict(tensors, W, x):
    """W [draws, d, d], x [draws, d] → [draws, d]."""
    return np.einsum("bdm,bm->bd", mlp(tensors, "phi", W), mlp(tensors, "psi", x))


def mlp(tensors, net, rows):
    inner, inner_bias, outer, outer_bias = (
        tensors[f"{net}.net.{part}"].astype(np.float64) for part in ("0.weight", "0.bias", "2.weight", "2.bias")
    )
    return np.maximum(rows @ inner.T + inner_bias, 0) @ outer.T + outer_bias


def draws(request):
    """The request's draws, as the page was given them."""
    d = request["recipe"]["d"]
    W = np.array(request["W"], np.float32).reshape(-1, d, d)
    return W, np.array(request["x"], np.float32).reshape(-1, d)
