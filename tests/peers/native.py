"""PyTorch and NumPy, natively: one JSON config on each line of stdin, one JSON result on each line of stdout.

    python3 native.py loader|tuned|compile|numpy      OMP_NUM_THREADS: threads
"""

import json
import math
import os
import sys
import time

import numpy as np


def make_data(c):
    rng = np.random.default_rng(1000 + c["seed"])
    W = rng.standard_normal((c["N"], c["d"], c["d"]), dtype=np.float32)
    x = rng.standard_normal((c["N"], c["d"]), dtype=np.float32)
    z = np.matmul(W, x[:, :, None])[:, :, 0]
    erf = np.vectorize(math.erf, otypes=[np.float32])
    return W, x, 0.5 * z * (1 + erf(z / math.sqrt(2)))


def numpy_trainer(c, W, x, y):
    d, m, h, B = c["d"], c["m"], c["h"], c["B"]
    rng = np.random.default_rng(c["seed"])

    def uniform(fan_in, *shape):  # As torch.nn.Linear draws them, weights as [in, out].
        return (rng.uniform(-1, 1, shape) / math.sqrt(fan_in)).astype(np.float32)

    # Ψ's w1, b1, w2, b2, then Φ's.
    P = [p for _ in range(2) for p in (uniform(d, d, h), uniform(d, h), uniform(h, h, m), uniform(h, m))]
    M, V, t = [np.zeros_like(p) for p in P], [np.zeros_like(p) for p in P], 0

    def step(Wb, xb, yb):
        nonlocal t
        Wb = Wb.reshape(-1, d)
        hs = np.maximum(xb @ P[0] + P[1], 0)
        psi = hs @ P[2] + P[3]
        hf = np.maximum(Wb @ P[4] + P[5], 0)
        phi = (hf @ P[6] + P[7]).reshape(B, d, m)
        err = np.matmul(phi, psi[:, :, None])[:, :, 0] - yb
        g = err * np.float32(2 / err.size)
        gpsi = np.matmul(g[:, None, :], phi)[:, 0]
        gphi = (g[:, :, None] * psi[:, None, :]).reshape(-1, m)
        ghs = gpsi @ P[2].T
        ghs[hs <= 0] = 0
        ghf = gphi @ P[6].T
        ghf[hf <= 0] = 0
        G = [xb.T @ ghs, ghs.sum(0), hs.T @ gpsi, gpsi.sum(0), Wb.T @ ghf, ghf.sum(0), hf.T @ gphi, gphi.sum(0)]
        t += 1
        c1, c2 = np.float32(1e-3 / (1 - 0.9**t)), np.float32(1 / (1 - 0.999**t))
        for p, a, v, grad in zip(P, M, V, G):
            a *= np.float32(0.9)
            a += np.float32(0.1) * grad
            v *= np.float32(0.999)
            v += np.float32(0.001) * grad * grad
            p -= c1 * a / (np.sqrt(v * c2) + np.float32(1e-8))
        return float((err * err).mean())

    def batches():
        for idx in np.split(rng.permutation(len(x)), len(x) // B):
            yield W[idx], x[idx], y[idx]

    return step, batches, float, np.mean


def torch_trainer(mode, c, W, x, y):
    import torch
    import torch.nn.functional as F
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    torch.manual_seed(c["seed"])
    W, x, y = (torch.from_numpy(a) for a in (W, x, y))
    d, m, h = c["d"], c["m"], c["h"]

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.psi = nn.Sequential(nn.Linear(d, h), nn.ReLU(), nn.Linear(h, m))
            self.phi = nn.Sequential(nn.Linear(d, h), nn.ReLU(), nn.Linear(h, m))

        def forward(self, W, x):
            phi = self.phi(W.view(-1, d)).view(-1, d, m)
            return torch.bmm(phi, self.psi(x).unsqueeze(-1)).squeeze(-1)

    net = Net()
    # The notebook's loop takes the optimizer as it comes.
    adam = torch.optim.Adam(net.parameters(), lr=1e-3, **({} if mode == "loader" else {"fused": True}))

    def forward_loss(Wb, xb, yb):
        return F.mse_loss(net(Wb, xb), yb)

    if mode == "compile":
        torch._dynamo.reset()
        forward_loss = torch.compile(forward_loss)

    def step(Wb, xb, yb):
        adam.zero_grad()
        loss = forward_loss(Wb, xb, yb)
        loss.backward()
        adam.step()
        return loss.detach()

    def mean(losses):
        return torch.stack(losses).mean().item()

    if mode == "loader":
        loader = DataLoader(TensorDataset(W, x, y), batch_size=c["B"], shuffle=True)
        return step, lambda: loader, lambda loss: loss.item(), mean

    def batches():
        for idx in torch.randperm(len(x)).split(c["B"]):
            yield W[idx], x[idx], y[idx]

    return step, batches, lambda loss: loss.item(), mean


made = {}


def bench(mode, c):
    key = (c["d"], c["N"], c["seed"])
    if made.get("key") != key:
        made.update(key=key, data=make_data(c))
    make = numpy_trainer if mode == "numpy" else lambda *a: torch_trainer(mode, *a)
    step, batches, read, mean = make(c, *made["data"])
    each = c.get("readLoss", "epoch") == "step"

    def run(count):
        done, means = 0, []
        while done < count:
            losses = []
            for batch in batches():
                if done == count:
                    break
                loss = step(*batch)
                losses.append(read(loss) if each else loss)
                done += 1
            means.append(float(np.mean(losses)) if each else float(mean(losses)))
        return means

    run(c.get("warmup", 0))
    began = time.perf_counter()
    means = run(c["steps"])
    seconds = time.perf_counter() - began
    return {"stepsPerSecond": c["steps"] / seconds, "seconds": seconds, "epochLoss": means}


for line in sys.stdin:
    try:
        result = bench(sys.argv[1], json.loads(line))
    except Exception as error:  # Whatever it is, it is a line of the table.
        result = {"error": f"{type(error).__name__}: {error}"[:300]}
    print(json.dumps(result), flush=True)
