"""Makes the parity cases: the notebook's training loop in PyTorch, recorded step by step.

    python make.py                          every named case, into this folder
    python make.py --only ragged --out DIR  one of them, elsewhere
    python make.py --random 20 --seed 7 --out DIR    other shapes, for GOLDEN_DIR
    python make.py --drift                  how far equivalent runs part, per case
    python make.py --stats 60               mean ± sd of the epoch MSE over seeds

The networks, the loss, the optimiser and the epoch MSE are the notebook's. One thing differs: a DataLoader
hides its shuffle, so the loop here walks `order`, one torch.randperm(n) per epoch, which the case records.
Training runs on one thread; the same PyTorch on the same kind of CPU writes the same bytes again.
Needs torch, numpy and safetensors.
"""

import argparse
import json
import random
import statistics
import struct
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Callable

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn


@dataclass(frozen=True)
class Recipe:
    """What defines a run; the defaults are the notebook's. The seed stays out of the file: the draws are in it."""

    d: int = 2
    m: int = 16
    hidden: int = 64
    n: int = 1024
    batch: int = 64
    epochs: int = 5
    lr: float = 1e-3
    seed: int = field(default=0, compare=False)

    def metadata(self) -> dict[str, str]:
        return {key: str(value) for key, value in asdict(self).items() if key != "seed"}


CASES = {
    "notebook": Recipe(),
    "thirty": Recipe(epochs=30, seed=1),
    "ragged": Recipe(d=3, m=12, hidden=40, n=1000, batch=96, epochs=6, seed=2),
    "wide": Recipe(d=8, m=32, hidden=128, n=512, batch=128, seed=3),
    "tiny": Recipe(d=1, m=1, hidden=3, n=17, batch=5, epochs=4, lr=1e-2, seed=4),
    "single": Recipe(d=2, m=3, hidden=5, n=23, batch=1, epochs=3, seed=5),
    "oversized": Recipe(d=2, m=4, hidden=9, n=50, batch=64, epochs=8, lr=3e-3, seed=6),
}


class PsiNet(nn.Module):
    """Ψ: x [batch, d] → [batch, m]."""

    def __init__(self, d: int, m: int, hidden: int):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(d, hidden), nn.ReLU(), nn.Linear(hidden, m))

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


class PhiNet(nn.Module):
    """Φ: the rows of W [batch, d, d] → [batch, d, m], one network for every row."""

    def __init__(self, d: int, m: int, hidden: int):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(d, hidden), nn.ReLU(), nn.Linear(hidden, m))

    def forward(self, W: Tensor) -> Tensor:
        batch, d, _ = W.shape
        return self.net(W.reshape(batch * d, d)).reshape(batch, d, -1)


# The same contraction Φ(W)·Ψ(x) → [batch, d], three ways; the first makes the cases.
Product = Callable[[Tensor, Tensor], Tensor]
PRODUCTS: dict[str, Product] = {
    "sum": lambda phi, psi: (phi * psi.unsqueeze(1)).sum(-1),
    "einsum": lambda phi, psi: torch.einsum("bdm,bm->bd", phi, psi),
}


@dataclass
class Draws:
    """Everything that a run starts from."""

    W: Tensor  # [n, d, d]
    x: Tensor  # [n, d]
    y: Tensor  # [n, d]
    psi: dict[str, Tensor]
    phi: dict[str, Tensor]
    order: Tensor  # [epochs, n]
    demo_W: Tensor  # [1, d, d]
    demo_x: Tensor  # [1, d]


@dataclass
class Run:
    """Everything that a run leaves behind."""

    losses: list[float]
    epoch_mse: list[float]
    psi: PsiNet
    phi: PhiNet
    demo: dict[str, Tensor]

    def weights(self) -> dict[str, Tensor]:
        return named("psi", self.psi.state_dict()) | named("phi", self.phi.state_dict())


def named(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}.{key}": value for key, value in tensors.items()}


def gelu_layer(W: Tensor, x: Tensor) -> Tensor:
    """y = GELU(Wx) with the exact erf: [batch, d, d], [batch, d] → [batch, d]."""
    return F.gelu(torch.bmm(W, x.unsqueeze(-1)).squeeze(-1))


def draw(recipe: Recipe) -> Draws:
    """Data, then initial weights, then shuffles, then the demo, all from one seed."""
    torch.manual_seed(recipe.seed)
    W, x = torch.randn(recipe.n, recipe.d, recipe.d), torch.randn(recipe.n, recipe.d)
    psi = PsiNet(recipe.d, recipe.m, recipe.hidden).state_dict()
    phi = PhiNet(recipe.d, recipe.m, recipe.hidden).state_dict()
    order = torch.stack([torch.randperm(recipe.n) for _ in range(recipe.epochs)])
    demo_W, demo_x = torch.randn(1, recipe.d, recipe.d), torch.randn(1, recipe.d)
    return Draws(W, x, gelu_layer(W, x), psi, phi, order, demo_W, demo_x)


def train(
    recipe: Recipe,
    draws: Draws,
    dtype: torch.dtype = torch.float32,
    product: Product = PRODUCTS["sum"],
    backwards: bool = False,
    threads: int = 1,
    **adam: bool,
) -> Run:
    """The notebook's loop. All but the first two arguments change only the rounding (`--drift` measures that).

    `backwards` walks each mini-batch from its end; `adam` chooses another of PyTorch's Adam implementations.
    """
    torch.set_num_threads(threads)
    shape = recipe.d, recipe.m, recipe.hidden
    psi, phi = PsiNet(*shape).to(dtype), PhiNet(*shape).to(dtype)
    psi.load_state_dict(draws.psi)
    phi.load_state_dict(draws.phi)
    W, x, y = (tensor.to(dtype) for tensor in (draws.W, draws.x, draws.y))
    optimizer = torch.optim.Adam([*psi.parameters(), *phi.parameters()], lr=recipe.lr, **adam)
    criterion = nn.MSELoss()

    losses, epoch_mse = [], []
    for permutation in draws.order:
        total = 0.0
        for rows in permutation.split(recipe.batch):  # the last one may be ragged
            rows = rows.flip(0) if backwards else rows
            loss = criterion(product(phi(W[rows]), psi(x[rows])), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            total += loss.item() * len(rows)
        epoch_mse.append(total / recipe.n)
    return Run(losses, epoch_mse, psi, phi, compare(psi, phi, product, draws, dtype))


@torch.no_grad()
def compare(psi: PsiNet, phi: PhiNet, product: Product, draws: Draws, dtype: torch.dtype) -> dict[str, Tensor]:
    """The notebook's demo: Wx, Φ(W)·Ψ(x), GELU_tanh(Wx) and the RMSE between the last two."""
    W, x = draws.demo_W.to(dtype), draws.demo_x.to(dtype)
    wx = torch.bmm(W, x.unsqueeze(-1)).reshape(-1)
    approx = product(phi(W), psi(x)).reshape(-1)
    gelu_tanh = F.gelu(wx, approximate="tanh")
    rmse = (approx - gelu_tanh).square().mean().sqrt().reshape(1)
    return {"W": W, "x": x, "wx": wx, "approx": approx, "gelu_tanh": gelu_tanh, "rmse": rmse}


def tensors(draws: Draws, run: Run) -> dict[str, Tensor]:
    """A case as the file names it: float32, and `order` int64."""
    return {
        "data.W": draws.W,
        "data.x": draws.x,
        "data.y": draws.y,
        "order": draws.order,
        **named("init.psi", draws.psi),
        **named("init.phi", draws.phi),
        "losses": torch.tensor(run.losses),
        "epoch_mse": torch.tensor(run.epoch_mse),
        **named("final", run.weights()),
        **named("demo", run.demo),
    }


def write(path: Path, case: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Writes safetensors by hand: the library's writer orders metadata by a hash that is new in each process."""
    header, blocks, end = {"__metadata__": metadata}, [], 0
    # Eight-byte numbers first, so that every tensor lies aligned, as the library does it.
    for name, tensor in sorted(case.items(), key=lambda item: (-item[1].itemsize, item[0])):
        block = tensor.contiguous().numpy().tobytes()
        dtype = {torch.float32: "F32", torch.int64: "I64"}[tensor.dtype]
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [end, end + len(block)]}
        blocks.append(block)
        end += len(block)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blocks))
    back = load_file(path)
    assert back.keys() == case.keys() and all(torch.equal(back[name], case[name]) for name in case)


def random_cases(count: int, seed: int) -> dict[str, Recipe]:
    """Recipes of any small shape, ragged and oversized batches among them."""
    pick = random.Random(seed)
    cases = {}
    for index in range(count):
        n = round(10 ** pick.uniform(0.5, 3.2))
        batch = min(round(10 ** pick.uniform(0, 2.5)), 2 * n)
        steps = -(-n // batch)
        cases[f"random-{seed}-{index}"] = Recipe(
            d=pick.randint(1, 10),
            m=round(2 ** pick.uniform(0, 6)),
            hidden=round(2 ** pick.uniform(0, 7)),
            n=n,
            batch=batch,
            epochs=pick.randint(1, max(1, min(30, 1500 // steps))),
            lr=pick.choice([3e-4, 1e-3, 3e-3]),
            seed=pick.randrange(2**31),
        )
    return cases


# Runs that are the same mathematics as the recorded one, rounded otherwise.
VARIANTS = {
    "float64": {"dtype": torch.float64},
    "einsum": {"product": PRODUCTS["einsum"]},
    "batch backwards": {"backwards": True},
    "Adam foreach": {"foreach": True},  # on the CPU PyTorch's default is the for-loop
    "Adam fused": {"fused": True},
    "2 threads": {"threads": 2},
}
COLUMNS = ["80 losses", "losses", "vs epoch", "epoch MSE", "weights max", "weights L2", "demo approx", "demo RMSE"]


def drift(recipe: Recipe, recorded: Run, other: Run) -> list[float]:
    """How far another run parts from the recorded one, one number per entry of COLUMNS (README.md says what each is)."""

    def apart(a: list[float], b: list[float], scale: list[float]) -> list[float]:
        return [abs(p - q) / s for p, q, s in zip(a, b, scale, strict=True)]

    def pair(key: str) -> tuple[Tensor, Tensor]:
        return recorded.demo[key].double(), other.demo[key].double()

    relative = apart(recorded.losses, other.losses, recorded.losses)
    per_epoch = -(-recipe.n // recipe.batch)
    epoch_of_step = [recorded.epoch_mse[step // per_epoch] for step in range(len(relative))]
    weights = [(a.double(), b.double()) for a, b in zip(recorded.weights().values(), other.weights().values())]
    (approx, approx_other), (rmse, rmse_other) = pair("approx"), pair("rmse")
    return [
        max(relative[:80]),
        max(relative),
        max(apart(recorded.losses, other.losses, [max(pair) for pair in zip(recorded.losses, epoch_of_step)])),
        max(apart(recorded.epoch_mse, other.epoch_mse, recorded.epoch_mse)),
        max(float((a - b).abs().max() / a.abs().max()) for a, b in weights),
        max(float((a - b).norm() / a.norm()) for a, b in weights),
        float((approx - approx_other).abs().max() / approx.abs().max().clamp(min=1)),
        float((rmse - rmse_other).abs() / rmse),
    ]


def print_drift(cases: dict[str, Recipe]) -> None:
    """One markdown row per case and variant."""
    print("| case | against | " + " | ".join(COLUMNS) + " |")
    print("|---|---|" + "---|" * len(COLUMNS))
    for name, recipe in cases.items():
        draws = draw(recipe)
        recorded = train(recipe, draws)
        for variant, options in VARIANTS.items():
            row = drift(recipe, recorded, train(recipe, draws, **options))
            print(f"| {name} | {variant} | " + " | ".join(f"{value:.1e}" for value in row) + " |", flush=True)


def print_stats(seeds: int) -> None:
    """The notebook's run to 30 epochs over many seeds; held-out MSE on 10,000 fresh draws after the last."""
    epochs = [1, 2, 3, 4, 5, 10, 20, 30]
    runs, held_out = [], []
    for seed in range(seeds):
        recipe = Recipe(epochs=epochs[-1], seed=seed)
        run = train(recipe, draw(recipe))
        runs.append(run.epoch_mse)
        with torch.no_grad():
            W, x = torch.randn(10_000, recipe.d, recipe.d), torch.randn(10_000, recipe.d)
            held_out.append(F.mse_loss(PRODUCTS["sum"](run.phi(W), run.psi(x)), gelu_layer(W, x)).item())

    print("| epoch | mean | sd | standard error |\n|---|---|---|---|")
    columns = {str(epoch): [run[epoch - 1] for run in runs] for epoch in epochs} | {"held-out": held_out}
    for label, values in columns.items():
        mean, sd = statistics.mean(values), statistics.stdev(values)
        print(f"| {label} | {mean:.4f} | {sd:.4f} | {sd / seeds**0.5:.5f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=CASES, help="one named case")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, metavar="DIR")
    parser.add_argument("--random", type=int, metavar="K", help="K random cases in place of the named ones")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="which random cases")
    parser.add_argument("--drift", action="store_true", help="print the drift table and write nothing")
    parser.add_argument("--stats", type=int, metavar="SEEDS", help="print the statistics and write nothing")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    if options.stats:
        return print_stats(options.stats)
    cases = random_cases(options.random, options.seed) if options.random else CASES
    if options.only:
        cases = {options.only: CASES[options.only]}
    if options.drift:
        return print_drift(cases)
    options.out.mkdir(parents=True, exist_ok=True)
    for name, recipe in cases.items():
        draws = draw(recipe)
        run = train(recipe, draws)
        path = options.out / f"{name}.safetensors"
        write(path, tensors(draws, run), recipe.metadata())
        print(f"{path.name}: {path.stat().st_size:,} bytes, epoch MSE {' '.join(f'{mse:.4f}' for mse in run.epoch_mse)}")


if __name__ == "__main__":
    main()
