"""Makes case.safetensors: a reduced-rank regression in NumPy, double precision, as src/lab/solve.rs is to find it.

    python make.py

It whitens by eigenvectors, K is whole, and nothing is blocked: another way to the same networks. What is compared is
what they say, since whitened another way the last layers may differ by a rotation. Needs numpy and safetensors.
"""

from math import erf
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

D, M, HIDDEN, ROWS, DRAWS, RIDGE = 3, 4, 10, 150, 70, 1e-4

rng = np.random.default_rng(1)
normal = lambda *shape: rng.standard_normal(shape).astype(np.float32)
bound = 1 / np.sqrt(D)
uniform = lambda *shape: rng.uniform(-bound, bound, shape).astype(np.float32)
gelu = np.vectorize(lambda z: z / 2 * (1 + erf(z / np.sqrt(2))))

case = {"w": normal(ROWS, D), "x": normal(DRAWS, D), "test.w": normal(20, D), "test.x": normal(20, D)}
for net in ("psi", "phi"):
    case[f"{net}.net.0.weight"], case[f"{net}.net.0.bias"] = uniform(HIDDEN, D), uniform(HIDDEN)


def features(net, vectors):
    hidden = vectors.astype(float) @ case[f"{net}.net.0.weight"].T.astype(float) + case[f"{net}.net.0.bias"]
    return np.hstack([np.maximum(hidden, 0), np.ones((len(vectors), 1))])


def whiten(matrix):
    """A matrix T with Tᵀ·(Σ + ridge)·T = 1."""
    sigma = matrix.T @ matrix / len(matrix)
    values, vectors = np.linalg.eigh(sigma)
    return vectors / np.sqrt(values + RIDGE / len(matrix) * np.trace(sigma))


G, H = features("phi", case["w"]), features("psi", case["x"])
K = gelu(case["w"].astype(float) @ case["x"].T.astype(float))
left, right = whiten(G), whiten(H)
U, s, Vt = np.linalg.svd(left.T @ (G.T @ K @ H / K.size) @ right)
A, B = left @ U[:, :M] * s[:M], right @ Vt[:M].T
case["singular_values"] = s[:M]
case["mse"] = np.array([np.mean((G @ A @ B.T @ H.T - K) ** 2)])
case["output"] = features("phi", case["test.w"]) @ A @ B.T @ features("psi", case["test.x"]).T
save_file({key: np.ascontiguousarray(value) for key, value in case.items()}, Path(__file__).parent / "case.safetensors")
print(case["singular_values"], case["mse"])
